// Products of random matrices, as in initlab/random_matrices.py.

import { defaultRng, seedSequence } from "./random.js";

/**
 * Derivatives of the digamma function psi minus the logarithm (order 0), and of psi itself (orders 1, 2 and 3), by
 * their asymptotic series in 1/x from x = 20 on, and by recurrence below.
 * @param {number} order
 * @param {number} x
 */
function polygamma(order, x) {
  const sign = order % 2 ? 1 : -1; // of all terms
  let sum = 0;
  let factorial = 1;
  for (let k = 2; k <= order; k++) factorial *= k;
  let at = x;
  for (; at < 20; at++) sum += (sign * factorial) / at ** (order + 1);
  if (order === 0) sum += Math.log(at / x) - 0.5 / at;
  else sum += sign * (factorial / order / at ** order + (0.5 * factorial) / at ** (order + 1));
  // B[2k] (2k + order - 1)! / (2k)! / x^(2k + order)
  for (const [i, bernoulli] of [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730].entries()) {
    let falling = bernoulli;
    const even = 2 * i + 2;
    if (order === 0) falling /= even;
    for (let k = even + 1; k < even + order; k++) falling *= k;
    sum += (sign * falling) / at ** (even + order);
  }
  return sum;
}

/**
 * The expected growth of ln |h| per layer, ln g + (psi(n/2) - ln(n/2)) / 2: the largest Lyapunov exponent.
 * @param {number} width
 * @param {number} gain
 */
export const growthRate = (width, gain = 1) => Math.log(gain) + polygamma(0, width / 2) / 2;

/**
 * The variance that ln |h| gains per layer.
 * @param {number} width
 */
export const growthVariance = (width) => polygamma(1, width / 2) / 4;

/**
 * A quantile of |h[l]| / |h[0]| after l layers, by the Cornish-Fisher expansion up to the fourth cumulant of ln |h|.
 * @param {number} deviate the quantile of the standard normal distribution: 0 for the median
 * @param {number} layers
 * @param {number} width
 * @param {number} gain
 */
export function growthQuantile(deviate, layers, width, gain) {
  if (layers === 0) return 1;
  const [variance, third, fourth] = [2, 3, 4].map((k) => (layers * polygamma(k - 1, width / 2)) / 2 ** k);
  const skewness = third / variance ** 1.5;
  const kurtosis = fourth / variance ** 2;
  const z = deviate;
  const w =
    z +
    ((z ** 2 - 1) * skewness) / 6 +
    ((z ** 3 - 3 * z) * kurtosis) / 24 -
    ((2 * z ** 3 - 5 * z) * skewness ** 2) / 36;
  return Math.exp(layers * growthRate(width, gain) + w * Math.sqrt(variance));
}

/**
 * |h[l]| / |h[0]|, l = 0..layers, along products of Gaussian matrices with g = 1: one row for each. Yields between the
 * layers.
 * @param {number} width
 * @param {number} layers
 * @param {{ products: number, seed: number }} how
 * @returns {Generator<undefined, Float64Array[]>}
 */
export function* stretch(width, layers, { products, seed }) {
  const rng = defaultRng(seedSequence(seed));
  const lengths = Array.from({ length: products }, () => new Float64Array(layers + 1).fill(1));
  const vectors = lengths.map(() => new Float64Array(width).fill(1, 0, 1)); // of length 1
  const row = new Float64Array(width);
  const next = new Float64Array(width);
  const logs = new Float64Array(products);
  for (let layer = 1; layer <= layers; layer++) {
    for (const [i, h] of vectors.entries()) {
      let square = 0;
      for (let unit = 0; unit < width; unit++) {
        rng.standardNormal(row);
        let sum = 0;
        for (let k = 0; k < width; k++) sum += row[k] * h[k];
        next[unit] = sum / Math.sqrt(width);
        square += next[unit] ** 2;
      }
      const length = Math.sqrt(square);
      for (let unit = 0; unit < width; unit++) h[unit] = next[unit] / length;
      logs[i] += Math.log(length);
      lengths[i][layer] = Math.exp(logs[i]);
      yield;
    }
  }
  return lengths;
}
