// Small data sets to train on, drawn from a seed, as in initlab/datasets.py: (x, y), x of shape (2, examples), centred
// and scaled to mean square 1 per coordinate, and labels y, 0 and 1 in turn.

import { roundHalfEven } from "./lists.js";
import { matrix, takeColumns } from "./matrix.js";
import { defaultRng, seedSequence } from "./random.js";

/**
 * @import { Matrix } from "./matrix.js"
 * @typedef {{ x: Matrix, y: Int32Array }} Examples
 * @typedef {{ examples?: number, noise?: number, seed?: number }} How
 */

/**
 * Points of both classes, with normal noise, centred and scaled.
 * @param {number} examples an even number
 * @param {number} noise
 * @param {number} seed
 * @param {(i: number, label: number, share: number) => number[]} place of example i, whose class has come to this share
 * @returns {Examples}
 */
function scattered(examples, noise, seed, place) {
  const y = new Int32Array(examples).map((_, i) => i % 2);
  const x = matrix(2, examples, defaultRng(seedSequence(seed)).standardNormal(new Float64Array(2 * examples)));
  for (let i = 0; i < examples; i++) {
    const [first, second] = place(i, y[i], (Math.floor(i / 2) + 0.5) / (examples / 2));
    x.data[i] = first + noise * x.data[i];
    x.data[i + examples] = second + noise * x.data[i + examples];
  }
  for (const row of [x.data.subarray(0, examples), x.data.subarray(examples)]) {
    const mean = row.reduce((sum, v) => sum + v, 0) / examples;
    for (let i = 0; i < examples; i++) row[i] -= mean;
    const size = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / examples);
    for (let i = 0; i < examples; i++) row[i] /= size;
  }
  return { x, y };
}

/** Two arms that wind around each other, so many times around the origin. @param {How & { turns?: number }} how */
export const spiral = ({ examples = 200, turns = 1, noise = 0.03, seed = 0 } = {}) =>
  scattered(examples, noise, seed, (_, label, share) => {
    const radius = Math.sqrt(share);
    const angle = 2 * Math.PI * turns * radius + Math.PI * label;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });

/** Two interlocking half circles. @param {How} how */
export const moons = ({ examples = 100, noise = 0.15, seed = 0 } = {}) =>
  scattered(examples, noise, seed, (_, label, share) => {
    const [across, up] = [Math.cos(Math.PI * share), Math.sin(Math.PI * share)];
    return label ? [1 - across, 0.5 - up] : [across, up];
  });

/** Four clouds at the corners of a square, opposite corners in one class. @param {How} how */
export const cross = ({ examples = 100, noise = 0.3, seed = 0 } = {}) =>
  scattered(examples, noise, seed, (i) => [[1, -1, -1, 1][i % 4], [1, 1, -1, -1][i % 4]]);

/** Two clouds. @param {How} how */
export const blobs = ({ examples = 100, noise = 0.5, seed = 0 } = {}) =>
  scattered(examples, noise, seed, (_, label) => [2 * label - 1, 2 * label - 1]);

/** A circle within a circle. @param {How} how */
export const circles = ({ examples = 100, noise = 0.08, seed = 0 } = {}) =>
  scattered(examples, noise, seed, (_, label, share) => {
    const radius = label ? 0.5 : 1;
    return [radius * Math.cos(2 * Math.PI * share), radius * Math.sin(2 * Math.PI * share)];
  });

/**
 * Holds out a random choice of examples, the same share of every class. Examples stay in their order.
 * @param {Matrix} x
 * @param {ArrayLike<number>} y
 * @param {{ heldOut?: number, seed?: number }} how
 * @returns {Examples & { heldOutX: Matrix, heldOutY: Int32Array }}
 */
export function split(x, y, { heldOut = 0.25, seed = 0 } = {}) {
  const rng = defaultRng(seedSequence(seed));
  const labels = Int32Array.from(y);
  const out = new Set();
  for (const label of [...new Set(labels)].sort((a, b) => a - b)) {
    const ofClass = [...labels.keys()].filter((i) => labels[i] === label);
    const order = rng.permutation(ofClass.length);
    for (const i of order.subarray(0, roundHalfEven(heldOut * ofClass.length))) out.add(ofClass[i]);
  }
  const take = (/** @type {boolean} */ held) => {
    const some = [...labels.keys()].filter((i) => out.has(i) === held);
    return /** @type {const} */ ([takeColumns(x, some), Int32Array.from(some, (i) => labels[i])]);
  };
  const [[trainX, trainY], [heldOutX, heldOutY]] = [take(false), take(true)];
  return { x: trainX, y: trainY, heldOutX, heldOutY };
}

/**
 * Shifts and scales every feature to mean 0 and standard deviation 1 over the examples of x, and the others likewise. A
 * feature that is constant in x becomes 0.
 * @param {Matrix} x
 * @param {Matrix[]} others
 */
export function standardize(x, ...others) {
  const shift = new Float64Array(x.rows);
  const spread = new Float64Array(x.rows);
  for (let i = 0; i < x.rows; i++) {
    const row = x.data.subarray(i * x.cols, (i + 1) * x.cols);
    shift[i] = row.reduce((sum, v) => sum + v, 0) / x.cols;
    shift[i] += row.reduce((sum, v) => sum + (v - shift[i]), 0) / x.cols; // what rounding of the mean left
    spread[i] = row.every((v) => v === row[0])
      ? Infinity
      : Math.sqrt(row.reduce((sum, v) => sum + (v - shift[i]) ** 2, 0) / x.cols);
  }
  return [x, ...others].map(({ rows, cols, data }) =>
    matrix(
      rows,
      cols,
      data.map((v, at) => (v - shift[Math.floor(at / cols)]) / spread[Math.floor(at / cols)]),
    ),
  );
}
