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
 * What a button does that copies a text, and says for a moment what it did.
 * @param {() => string} content
 * @param {string} done what it says then
 * @param {string | (() => string)} otherwise what it says where there is no clipboard
 */
export const copied = (content, done, otherwise) => (/** @type {HTMLButtonElement} */ button) => {
  const label = button.textContent;
  const text = content();
  /** @param {string} said */
  const say = (said) => {
    button.textContent = said;
    setTimeout(() => (button.textContent = label), 2500);
  };
  const failed = () => say(typeof otherwise === "string" ? otherwise : otherwise());
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => say(done), failed);
  else failed();
  return true;
};
