// The mathematics in a label: letters that stand for numbers are italic, and the layer is raised.

import { make } from "../../host/js/dom.js";

const FORMULA = /∂L\/∂[zWx]|\b[az](?=\[l\])|\[l\]|(?<![\p{L}’])[gnσz](?![\p{L}’])/gu;

/**
 * The text in pieces, for an element.
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function typeset(text) {
  const pieces = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(FORMULA)) {
    pieces.push(text.slice(end, index), make(found === "[l]" ? "sup" : "i", {}, found));
    end = index + found.length;
  }
  return [...pieces, text.slice(end)].filter((piece) => piece);
}
