// Draws that stay while a scale is moved.

import { matrix } from "./matrix.js";
import { stream, WEIGHTS } from "./network.js";

/**
 * The same generator function, which keeps what it returned last.
 * @template {unknown[]} A
 * @template T
 * @param {(...args: A) => Generator<undefined, T>} make
 * @returns {(...args: A) => Generator<undefined, T>}
 */
export function keepLast(make) {
  /** @type {{ key: string, made: T } | undefined} */
  let kept;
  return function* (...args) {
    const key = JSON.stringify(args);
    if (kept?.key !== key) kept = { key, made: yield* make(...args) };
    return kept.made;
  };
}

/**
 * The weights of `sample` for equal widths and N(0, 1).
 * @param {number} width
 * @param {number} depth
 * @param {number} seed
 */
export function* standardWeights(width, depth, seed) {
  const weights = [];
  for (let layer = 1; layer <= depth; layer++) {
    const drawn = stream(seed, WEIGHTS, layer).standardNormal(new Float64Array(width * width));
    weights.push(matrix(width, width, drawn));
    yield;
  }
  return weights;
}
