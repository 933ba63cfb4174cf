// Small tools for the elements of a page.

/** @import { Attributes } from "./types.d.ts" */

/**
 * An element of HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}

/** An id for an element. A counter would not do: a notebook loads the script once for each thing that it shows. */
export const uniqueId = () => `il-${Math.random().toString(36).slice(2)}`;

/**
 * JupyterLab leaves the keys alone that are pressed in an element with this attribute.
 * @param {Element} box
 */
export function keepKeys(box) {
  for (const input of box.querySelectorAll("input, select, button")) {
    input.setAttribute("data-lm-suppress-shortcuts", "true");
  }
}
