// Examples to look at, and what a network says of them.

import { wholeNumbers } from "./lists.js";

/** @import { Matrix } from "./matrix.js" */

/**
 * The first two examples of every class, by their places.
 * @param {Int32Array} labels
 * @param {number} classes
 */
export const twoOfEach = (labels, classes) =>
  wholeNumbers(0, classes - 1).flatMap((label) => [...labels.keys()].filter((i) => labels[i] === label).slice(0, 2));

/**
 * The pixels of some images, image after image, from 0 to 1 (ink).
 * @param {Matrix} images (pixels, images), ink from 0 to 16
 * @param {number[]} shown their places
 */
export const pixelsOf = ({ rows, cols, data }, shown) =>
  shown.flatMap((image) => Array.from({ length: rows }, (_, pixel) => data[pixel * cols + image] / 16));

/**
 * The class of the largest score of every example, and its probability; null and 0 where the scores are no numbers.
 * @param {Matrix} scores (classes, batch)
 */
export function answers({ rows, cols, data }) {
  return Array.from({ length: cols }, (_, j) => {
    const of = Array.from({ length: rows }, (_, i) => data[i * cols + j]);
    const largest = Math.max(...of);
    const sure = 1 / of.reduce((sum, score) => sum + Math.exp(score - largest), 0);
    return Number.isFinite(sure) ? { says: of.indexOf(largest), sure } : { says: null, sure: 0 };
  });
}
