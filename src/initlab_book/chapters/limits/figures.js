// A figure of the chapter "What the rules leave out", as in figures.py.

import { quantiles, sampleLengths, spread, UPPER_95 } from "../../engine/finite_width.js";
import { ascending, lastOf, roots, wholeNumbers } from "../../engine/lists.js";
import { number } from "../../figure/js/numbers.js";

/** @type {Record<string, [gain: number, name: string]>} */
const GAINS_AND_NAMES = {
  identity: [1, "none (linear), g = 1"],
  relu: [Math.SQRT2, "ReLU, g = √2"],
  tanh: [5 / 3, "tanh, g = 5/3"],
};

/** @param {{ activation: string, width: number, depth: number, seed: number }} settings */
export function* luck({ activation, width, depth, seed }) {
  const [gain, name] = GAINS_AND_NAMES[activation];
  const widths = Array(depth).fill(width);
  const how = { scaledWeightVariance: gain ** 2, networks: 8, seed };
  const strands = (yield* sampleLengths(activation, widths, how)).map(roots);
  const theory = spread(activation, widths, gain ** 2);
  const [low, median, high] = [-UPPER_95, 0, UPPER_95].map((deviate) => roots(quantiles(theory, deviate)));
  const wide = theory.map(({ q }) => Math.sqrt(q));
  const panels = { sizes: { x: wholeNumbers(1, depth), y: { strands, median, wide }, band: [low, high] } };
  const ends = ascending(strands.map(lastOf));
  const text =
    `${name}, width ${width}: in layer ${depth} theory puts 95 % of the networks between ${number(lastOf(low), 3)} and ` +
    `${number(lastOf(high), 3)}, with median ${number(lastOf(median), 3)}; the eight drawn here lie between ` +
    `${number(ends[0], 3)} and ${number(lastOf(ends), 3)}. An infinitely wide network has ${number(lastOf(wide), 3)}.`;
  return { panels, text };
}
