// What a figure does for paper.

/**
 * @param {() => void} before called when a printer asks for the page
 * @param {() => void} after called when it has it
 * @param {(() => void)[]} undo what is to be done when the figure goes
 */
export function aroundPrinting(before, after, undo) {
  window.addEventListener("beforeprint", before);
  window.addEventListener("afterprint", after);
  undo.push(() => {
    window.removeEventListener("beforeprint", before);
    window.removeEventListener("afterprint", after);
  });
}
