// Initializers: functions that draw a weight matrix, with the equations of initlab/initializers.py. They return its
// entries, row after row. For one seed all schemes are multiples of the same standard draws.

import { ndtr } from "./activations.js";

/**
 * @import { Generator } from "./random.js"
 * @typedef {(nOut: number, nIn: number, rng: Generator) => Float64Array} Initializer
 * @typedef {"fan_in" | "fan_out" | "fan_avg"} Mode
 * @typedef {"normal" | "uniform"} Distribution
 */

/** All weights equal. @param {{ value: number }} of @returns {Initializer} */
export const constant =
  ({ value }) =>
  (nOut, nIn) =>
    new Float64Array(nOut * nIn).fill(value);

/** All weights 0. */
export const zeros = constant({ value: 0 });

/** W[i, i] = gain, all else 0. @returns {Initializer} */
export const identity =
  ({ gain = 1 } = {}) =>
  (nOut, nIn) =>
    new Float64Array(nOut * nIn).map((_, at) => (at % nIn === Math.floor(at / nIn) ? gain : 0));

/** N(mean, std^2). @returns {Initializer} */
export const normal =
  ({ mean = 0, std = 1 } = {}) =>
  (nOut, nIn, rng) => {
    const W = rng.standardNormal(new Float64Array(nOut * nIn));
    for (let i = 0; i < W.length; i++) W[i] = W[i] * std + mean;
    return W;
  };

/** U[low, high]. @param {{ low: number, high: number }} range @returns {Initializer} */
export const uniform =
  ({ low, high }) =>
  (nOut, nIn, rng) => {
    const centre = high / 2 + low / 2;
    const radius = high / 2 - low / 2;
    const draw = () => Math.min(Math.max((rng.random() * 2 - 1) * radius + centre, low), high);
    return new Float64Array(nOut * nIn).map(draw);
  };

/** The normal distribution's quantile of 0.0227 < p < 0.9773, where its density is not small. @param {number} p */
function quantile(p) {
  let z = 0; // Newton's method, from the middle: it cannot overshoot towards a tail
  for (let i = 0; i < 40; i++) {
    const change = (ndtr(z) - p) * Math.sqrt(2 * Math.PI) * Math.exp(0.5 * z * z);
    z -= change;
    if (Math.abs(change) < 1e-12) break;
  }
  return z;
}

/** N(0, std^2) cut at +-2 std. @param {{ std: number }} of @returns {Initializer} */
export const truncatedNormal =
  ({ std }) =>
  (nOut, nIn, rng) => {
    const draw = () => {
      const u = 1 - rng.random();
      return std * Math.min(Math.max(quantile(u * ndtr(2) + (1 - u) * ndtr(-2)), -2), 2);
    };
    return new Float64Array(nOut * nIn).map(draw);
  };

/**
 * Zero-mean weights of variance scale / n, n the fan that the mode names.
 * @param {{ scale: number, mode: Mode, distribution: Distribution }} how
 * @returns {Initializer}
 */
export const varianceScaling =
  ({ scale, mode, distribution }) =>
  (nOut, nIn, rng) => {
    const n = { fan_in: nIn, fan_out: nOut, fan_avg: nIn / 2 + nOut / 2 }[mode];
    const std = Math.sqrt(scale / n);
    const bound = Math.sqrt(3) * std;
    const draw = {
      normal: normal({ std }),
      uniform: uniform({ low: -bound, high: bound }),
    }[distribution];
    return draw(nOut, nIn, rng);
  };

/** N(0, 2 gain^2 / (n_in + n_out)) */
export const xavierNormal = ({ gain = 1 } = {}) =>
  varianceScaling({ scale: gain * gain, mode: "fan_avg", distribution: "normal" });

/** The variance of `xavierNormal`, uniform. */
export const xavierUniform = ({ gain = 1 } = {}) =>
  varianceScaling({ scale: gain * gain, mode: "fan_avg", distribution: "uniform" });

/** N(0, 2 / ((1 + a^2) n)), a the slope of a leaky ReLU. @param {{ mode?: Mode, negativeSlope?: number }} how */
export const heNormal = ({ mode = "fan_in", negativeSlope = 0 } = {}) =>
  varianceScaling({ scale: 2 / (1 + negativeSlope * negativeSlope), mode, distribution: "normal" });

/**
 * gain times a random matrix with orthonormal rows or columns, whichever are fewer: the Q of a normal matrix A = QR, of
 * which R has a positive diagonal. Gram and Schmidt, twice: once would leave the columns less than orthogonal.
 * @returns {Initializer}
 */
export const orthogonal =
  ({ gain = 1 } = {}) =>
  (nOut, nIn, rng) => {
    const many = Math.max(nOut, nIn);
    const few = Math.min(nOut, nIn);
    const A = rng.standardNormal(new Float64Array(nOut * nIn)); // (many, few)
    const columns = Array.from({ length: few }, (_, j) => new Float64Array(many).map((_, i) => A[i * few + j]));
    const dot = (/** @type {Float64Array} */ u, /** @type {Float64Array} */ v) => {
      let sum = 0;
      for (let i = 0; i < many; i++) sum += u[i] * v[i];
      return sum;
    };
    columns.forEach((v, j) => {
      for (let twice = 0; twice < 2; twice++)
        for (let k = 0; k < j; k++) {
          const q = columns[k];
          const share = dot(q, v);
          for (let i = 0; i < many; i++) v[i] -= share * q[i];
        }
      const length = Math.sqrt(dot(v, v));
      for (let i = 0; i < many; i++) v[i] /= length;
    });
    return A.map((_, at) => {
      const row = Math.floor(at / nIn);
      const col = at % nIn;
      return gain * (nOut >= nIn ? columns[col][row] : columns[row][col]);
    });
  };
