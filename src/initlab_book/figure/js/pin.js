// Boxes of a size of their own.

/**
 * A box whose size is given and contained is laid out alone. Without it, a number that changes would have the browser
 * go through the whole page. (Chromium does so with blocks, not with items of a grid, nor where there is a menu inside.)
 * @param {HTMLElement} box
 * @param {boolean} again although its width is the same
 */
export function pin(box, again = false) {
  const width = box.clientWidth;
  if (!width || (box.pinned === width && !again)) return;
  box.pinned = width;
  box.classList.remove("il-pinned");
  box.style.height = "";
  box.style.height = `${box.offsetHeight}px`;
  box.classList.add("il-pinned");
}

/**
 * The room of what changes its length grows with it, and never shrinks: nothing below moves up and down.
 * @param {HTMLElement} room pinned
 * @param {HTMLElement} content of the room
 */
export function refit(room, content) {
  if (room.pinned !== room.clientWidth || content.offsetHeight > room.clientHeight) pin(room, true);
}
