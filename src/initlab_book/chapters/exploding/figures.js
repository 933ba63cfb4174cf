// A figure of the chapter "Exploding and vanishing signals", as in figures.py.

import { keepLast } from "../../engine/draws.js";
import { UPPER_95 } from "../../engine/finite_width.js";
import { ascending, lastOf, wholeNumbers } from "../../engine/lists.js";
import { growthQuantile, growthRate, stretch } from "../../engine/random_matrices.js";
import { number } from "../../figure/js/numbers.js";

/** Lengths along eight random networks with g = 1. */
const strandsOf = keepLast((/** @type {number} */ width, /** @type {number} */ depth, /** @type {number} */ seed) =>
  stretch(width, depth, { products: 8, seed }),
);

/** @param {{ width: number, gain: number, depth: number, seed: number }} settings */
export function* randomMatrices({ width, gain, depth, seed }) {
  const layers = wholeNumbers(0, depth);
  const equal = layers.map((l) => gain ** l);
  // The same draws at every gain.
  const strands = (yield* strandsOf(width, depth, seed)).map((lengths) =>
    equal.map((factor, l) => lengths[l] * factor),
  );
  const [low, median, high] = [-UPPER_95, 0, UPPER_95].map((deviate) =>
    layers.map((l) => growthQuantile(deviate, l, width, gain)),
  );
  const panels = { lengths: { x: layers, y: { strands, median, equal }, band: [low, high] } };
  const ends = ascending(strands.map(lastOf));
  const text =
    `Width ${width}, g = ${number(gain, 3)}: after ${depth} layers theory puts the median length at ` +
    `${number(lastOf(median), 3)} (95 % of networks between ${number(lastOf(low), 3)} and ${number(lastOf(high), 3)}); ` +
    `the eight drawn here end between ${number(ends[0], 3)} and ${number(lastOf(ends), 3)}. Equal matrices g I would ` +
    `give exactly ${number(lastOf(equal), 3)}. Per layer, the logarithm drifts by ` +
    `${number(growthRate(width, gain), 3)}.`;
  return { panels, text };
}
