// The buttons of a figure.

/** @import { Attributes } from "../../host/js/types.d.ts" */

import { make } from "../../host/js/dom.js";

/**
 * @param {string} label
 * @param {() => void} act
 * @param {Attributes} attributes
 */
export function makeButton(label, act, attributes = {}) {
  const button = make("button", { type: "button", class: "il-button", ...attributes }, label);
  button.addEventListener("click", act);
  return button;
}

/**
 * A button that copies a text, and says for a moment what it did.
 * @param {string} label
 * @param {string} kind a class of its own
 * @param {() => string} content
 * @param {string} copied what it says then
 * @param {() => string} otherwise called where there is no clipboard; returns what it says then
 */
export function copyButton(label, kind, content, copied, otherwise) {
  const button = makeButton(
    label,
    async () => {
      const text = content();
      let done = copied;
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        done = otherwise();
      }
      button.textContent = done;
      setTimeout(() => (button.textContent = label), 2500);
    },
    { class: `il-button ${kind}` },
  );
  return button;
}
