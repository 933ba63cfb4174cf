// Numbers in letters, as in figure/packing.py.

import { roundHalfEven } from "./lists.js";

/** Of 64 letters each stands for a number from 0 to 63. */
export const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Numbers from 0 to 1 in 63 levels, a letter each; the last letter is for nan. @param {Iterable<number>} values */
export const levelsOfAll = (values) =>
  Array.from(values, (v) => LETTERS[Number.isNaN(v) ? 63 : roundHalfEven(62 * v)]).join("");
