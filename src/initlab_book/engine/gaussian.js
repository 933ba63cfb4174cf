// Gaussian expectations: what an infinitely wide layer does to a signal, as in initlab/gaussian.py.

import { ACTIVATIONS } from "./activations.js";

/** @import { Activation } from "./activations.js" */

const REACH = 13; // in standard deviations; the normal density beyond is below 1e-37

/** Gauss and Legendre's nodes and weights for one panel: the zeros of the polynomial of degree 24, by Newton's steps. */
const PANEL = Array.from({ length: 24 }, (_, k) => {
  let x = Math.cos((Math.PI * (k + 0.75)) / 24.5);
  let slope = 0;
  for (let step = 0; step < 6; step++) {
    let [before, p] = [0, 1];
    for (let n = 1; n <= 24; n++) [before, p] = [p, ((2 * n - 1) * x * p - (n - 1) * before) / n];
    slope = (24 * (x * p - before)) / (x * x - 1);
    x -= p / slope;
  }
  return { node: x, weight: 2 / ((1 - x * x) * slope * slope) };
});

/**
 * E[g(z)] for z ~ N(0, q), by quadrature: the line is cut at 0, at the kinks of g and at +-s/2, +-s, +-2s, ..., s the
 * smaller of 1 and sqrt(q).
 * @param {(z: number) => number} g
 * @param {number} q the limits 0 and inf are included
 * @param {number[]} kinks
 */
export function expectation(g, q, kinks = []) {
  if (q === 0) return g(0);
  if (q === Infinity) return (g(-Infinity) + g(Infinity)) / 2;
  const sigma = Math.sqrt(q);
  const edges = [-REACH, 0, REACH];
  for (let cut = Math.min(1, 1 / sigma) / 2; cut < REACH; cut *= 2) edges.push(cut, -cut);
  edges.push(...kinks.map((k) => k / sigma).filter((u) => u && Math.abs(u) < REACH));
  edges.sort((a, b) => a - b);
  let sum = 0;
  for (let i = 1; i < edges.length; i++) {
    const half = (edges[i] - edges[i - 1]) / 2;
    const middle = edges[i - 1] + half;
    for (const { node, weight } of PANEL) {
      const u = middle + half * node;
      sum += half * weight * Math.exp(-0.5 * u * u) * g(sigma * u);
    }
  }
  return sum / Math.sqrt(2 * Math.PI);
}

/**
 * E[f(z)^2] for z ~ N(0, q).
 * @param {Activation} f
 * @param {number} q
 */
export const secondMoment = (f, q) => expectation((z) => f.of(z) ** 2, q, f.kinks);

/**
 * E[f'(z)^2] for z ~ N(0, q).
 * @param {Activation} f
 * @param {number} q
 */
export const squaredSlope = (f, q) => expectation((z) => f.slope(z) ** 2, q, f.kinks);

/**
 * The slope of the length map q -> q' at q > 0: n Var(W) E[z f(z) f'(z)] / q.
 * @param {Activation} f
 * @param {number} q
 * @param {number} scaledWeightVariance
 */
export const lengthSlope = (f, q, scaledWeightVariance) =>
  scaledWeightVariance * expectation((z) => f.of(z) * f.slope(z) * (z / q), q, f.kinks);

/**
 * The standard deviation of the weights, times sqrt(n), that makes up for the activation: 1 / sqrt(E f(z)^2), or
 * backward 1 / sqrt(E f'(z)^2), z ~ N(0, 1).
 * @param {string} activation
 * @param {"forward" | "backward"} direction
 */
export const gain = (activation, direction = "forward") =>
  (direction === "forward" ? secondMoment : squaredSlope)(ACTIVATIONS[activation], 1) ** -0.5;

/**
 * Second moments of an infinitely wide network of equal layers, layer by layer.
 *
 * Forward q[l] = n Var(W) E[a[l-1]^2] and E[a[l]^2] = E[f(z)^2], z ~ N(0, q[l]);
 * backward E[(dL/dz[l])^2] = n Var(W) E[f'(z[l])^2] E[(dL/dz[l+1])^2].
 * @param {string} activation
 * @param {{ scaledWeightVariance: number, depth: number, input?: number }} how input: E[x^2]
 * @returns {{ z: Float64Array, a: Float64Array, dz: Float64Array }} of layers 1..depth, a from layer 0 on
 */
export function propagate(activation, { scaledWeightVariance, depth, input = 1 }) {
  const f = ACTIVATIONS[activation];
  const z = new Float64Array(depth);
  const a = Float64Array.of(input, ...z);
  const dz = new Float64Array(depth);
  for (let layer = 0; layer < depth; layer++) {
    const q = scaledWeightVariance * a[layer];
    z[layer] = q;
    const settled = layer > 0 && q === z[layer - 1]; // then nothing changes any more
    a[layer + 1] = settled ? a[layer] : secondMoment(f, q);
    dz[layer] = settled ? dz[layer - 1] : squaredSlope(f, q);
  }
  for (let layer = depth - 2; layer >= 0; layer--) dz[layer] *= scaledWeightVariance * dz[layer + 1];
  return { z, a, dz };
}

const isComputable = (/** @type {number} */ q) => q >= 1e-290 && q <= 1e290;

/**
 * E[f(z1) f(z2)] for z1, z2 ~ N(0, q) of correlation c. Straight lines through 0 have the arc-cosine kernel of Cho and
 * Saul 2009, GELU that of Tsuchida et al. 2021 (https://arxiv.org/abs/2002.08517). For all others it is the trapezoidal
 * rule in two directions, which is for bounded f that are smooth (tanh, the sigmoid): its error vanishes exponentially.
 * @param {string} activation
 * @param {number} q
 * @param {number} c
 */
export function productMoment(activation, q, c) {
  const f = ACTIVATIONS[activation];
  const r = Math.sqrt((1 - c) * (1 + c));
  const slopes = { identity: 1, leaky_relu: 0.01, relu: 0 }[activation];
  if (slopes !== undefined) {
    const angle = Math.atan2(r, c);
    return q * (slopes * c + ((1 - slopes) ** 2 * (r + (Math.PI - angle) * c)) / (2 * Math.PI));
  }
  if (activation === "gelu") {
    const p = 1 / (1 + q);
    const t = c * (1 - p); // c q / (1 + q)
    const tilted = (1 - p) * (1 + c * c * (2 * p - 1));
    return q * (c / 4 + (c * Math.asin(t) + tilted / Math.sqrt((1 - t) * (1 + t))) / (2 * Math.PI));
  }
  const sigma = Math.sqrt(q);
  const step = 0.42 / Math.max(1, sigma); // tanh has poles at +-i pi/2
  const ends = Math.ceil(6.8 / step);
  const density = Float64Array.from({ length: ends + 1 }, (_, k) => Math.exp(-0.5 * (k * step) ** 2));
  let sum = 0;
  for (let i = -ends; i <= ends; i++) {
    let over = 0;
    for (let j = -ends; j <= ends; j++) over += density[Math.abs(j)] * f.of(sigma * step * (c * i + r * j));
    sum += density[Math.abs(i)] * f.of(sigma * step * i) * over;
  }
  return (sum * step * step) / (2 * Math.PI);
}

/**
 * How alike two inputs of mean square 1 are in an infinitely wide network: the cosine of the two activations in layers
 * 0..depth; nan from where on one of them is 0, or has over- or underflowed.
 * @param {string} activation
 * @param {{ scaledWeightVariance: number, depth: number, cosine?: number }} how cosine: of the two inputs
 */
export function propagatePair(activation, { scaledWeightVariance, depth, cosine = 0 }) {
  const cosines = new Float64Array(depth + 1).fill(Number.NaN);
  cosines[0] = cosine;
  let moment = 1;
  for (let layer = 1; layer <= depth; layer++) {
    const q = scaledWeightVariance * moment;
    if (!isComputable(q)) break;
    moment = secondMoment(ACTIVATIONS[activation], q);
    if (!isComputable(moment)) break;
    const c = productMoment(activation, q, cosines[layer - 1]) / moment;
    cosines[layer] = Math.min(Math.max(c, -1), 1);
  }
  return cosines;
}
