// What luck does at finite width, as in initlab/finite_width.py.

import { ACTIVATIONS } from "./activations.js";
import { expectation, lengthSlope, secondMoment } from "./gaussian.js";
import { defaultRng, seedSequence } from "./random.js";

/** @import { Activation } from "./activations.js" */

/** How many standard deviations the upper end of the middle 95 % of a normal distribution lies above its mean. */
export const UPPER_95 = 1.959963984540054;

/**
 * The relative variance of f(z)^2 for z ~ N(0, q): E[f^4] / E[f^2]^2 - 1.
 * @param {Activation} f
 * @param {number} q
 */
function relativeVariance(f, q) {
  const rms = Math.sqrt(secondMoment(f, q));
  return expectation((z) => (f.of(z) / rms) ** 4, q, f.kinks) - 1;
}

/**
 * The walk of ln q from q[1] = 1, to first order in 1/n: q of an infinitely wide network, the variance of ln q, and the
 * relative shift of the mean, E[q] / q - 1, of every layer.
 * @param {string} activation
 * @param {number[]} widths n[1], ..., n[depth]
 * @param {number} scaledWeightVariance n Var(W)
 */
export function spread(activation, widths, scaledWeightVariance) {
  const f = ACTIVATIONS[activation];
  const walk = [{ q: 1, variance: 0, shift: 0 }];
  for (const n of widths.slice(0, -1)) {
    const { q, variance, shift } = walk[walk.length - 1];
    const step = 1e-3 * q;
    const [below, slope, above] = [q - step, q, q + step].map((at) => lengthSlope(f, at, scaledWeightVariance));
    const onward = scaledWeightVariance * secondMoment(f, q);
    const bend = (q * q * (above - below)) / (2 * step) / onward;
    const keep = (slope * q) / onward;
    walk.push({
      q: onward,
      variance: keep ** 2 * variance + relativeVariance(f, q) / n,
      shift: keep * shift + (bend * variance) / 2,
    });
  }
  return walk;
}

/**
 * A quantile of q in every layer, if ln q is taken to be normal.
 * @param {ReturnType<typeof spread>} walk
 * @param {number} deviate that of the standard normal distribution: 0 for the median
 */
export const quantiles = (walk, deviate) =>
  Float64Array.from(
    walk,
    ({ q, variance, shift }) => q * Math.exp(shift - variance / 2 + deviate * Math.sqrt(variance)),
  );

/**
 * q[1] = 1, ..., q[depth] along random networks, without drawing their matrices: one row for each network. Yields
 * between the layers.
 * @param {string} activation
 * @param {number[]} widths n[1], ..., n[depth]
 * @param {{ scaledWeightVariance: number, networks: number, seed: number }} how
 * @returns {Generator<undefined, Float64Array[]>}
 */
export function* sampleLengths(activation, widths, { scaledWeightVariance, networks, seed }) {
  const { f } = ACTIVATIONS[activation];
  const rng = defaultRng(seedSequence(seed));
  const lengths = Array.from({ length: networks }, () => new Float64Array(widths.length).fill(1));
  for (let layer = 1; layer < widths.length; layer++) {
    const z = new Float64Array(widths[layer - 1]);
    for (const q of lengths) {
      const sigma = Math.sqrt(q[layer - 1]);
      rng.standardNormal(z);
      for (let i = 0; i < z.length; i++) z[i] *= sigma;
      q[layer] = (scaledWeightVariance * f(z, z).reduce((sum, a) => sum + a * a, 0)) / z.length;
    }
    yield;
  }
  return lengths;
}
