// The figure of the front page, as in figures.py.

import { ACTIVATIONS } from "../../engine/activations.js";
import { keepLast, standardWeights } from "../../engine/draws.js";
import { propagate, propagatePair } from "../../engine/gaussian.js";
import { alikeness, rms } from "../../engine/layer_statistics.js";
import { lastOf, roots, wholeNumbers } from "../../engine/lists.js";
import { matrix, multiply } from "../../engine/matrix.js";
import { INPUTS, stream, TOP_GRADIENT } from "../../engine/network.js";
import { number } from "../../figure/js/numbers.js";

/** What became of a signal: it lives if its size is still within a factor of 100. @param {number} ratio */
function fateOf(ratio) {
  if (ratio < 0.01) return "dies";
  return ratio <= 100 ? "lives" : "explodes";
}

/**
 * The layer from which on rounding decides: where an error, passed on as a gradient is, only upwards, has grown to a
 * thousandth of the signal. 0: nowhere.
 * @param {{ z: Float64Array, dz: Float64Array }} theory
 */
const roundingDecides = ({ z, dz }) =>
  1 + dz.findIndex((v, i) => (dz[0] / v) * (z[0] / z[i]) * Number.EPSILON ** 2 > 1e-3 ** 2);

const to3 = (/** @type {ArrayLike<number>} */ cosines) => Array.from(cosines, (c) => Math.round(1000 * c) / 1000);

const INPUTS_SHOWN = 50;

/** What `simulate` draws for a seed, the weights N(0, 1): the same for every gain. */
const signalDraws = keepLast(
  function* (/** @type {number} */ width, /** @type {number} */ depth, /** @type {number} */ seed) {
    const weights = yield* standardWeights(width, depth, seed);
    const [x, top] = [INPUTS, TOP_GRADIENT].map((kind) =>
      matrix(width, INPUTS_SHOWN, stream(seed, kind).standardNormal(new Float64Array(width * INPUTS_SHOWN))),
    );
    return { weights, x, top };
  },
);

/**
 * A deep network with weights of variance gain^2 / width: root mean squares of a[0..depth] and dL/dz[1..depth], and the
 * mean cosine of a[0..depth].
 * @param {{ activation: string, gain: number, width: number, depth: number, seed: number }} settings
 */
function* deepNetwork({ activation, gain, width, depth, seed }) {
  const { weights, x, top } = yield* signalDraws(width, depth, seed);
  const { f, df } = ACTIVATIONS[activation];
  const std = Math.sqrt(gain ** 2 / width);
  const W = matrix(width, width);
  const scaled = (/** @type {number} */ i) => {
    const standard = weights[i].data;
    for (let at = 0; at < standard.length; at++) W.data[at] = std * standard[at];
    return W;
  };
  const seen = { a: [rms(x.data)], cosine: [alikeness(x).cosine], dz: Array(depth) };
  const slopes = [];
  const a = matrix(width, INPUTS_SHOWN, x.data.slice());
  for (let i = 0; i < depth; i++) {
    const z = multiply(scaled(i), a, matrix(width, INPUTS_SHOWN)).data;
    f(z, a.data);
    slopes.push(df(z, a.data, z));
    seen.a.push(rms(a.data));
    seen.cosine.push(alikeness(a).cosine);
    yield;
  }
  const da = matrix(width, INPUTS_SHOWN, top.data.slice());
  for (let i = depth - 1; i >= 0; i--) {
    const dz = slopes[i];
    for (let at = 0; at < dz.length; at++) dz[at] *= da.data[at];
    seen.dz[i] = rms(dz);
    if (i) multiply(scaled(i), matrix(width, INPUTS_SHOWN, dz), da, true);
    yield;
  }
  return seen;
}

/** @param {{ activation: string, gain: number, width: number, depth: number, seed: number }} settings */
export function* signal(settings) {
  const { activation, gain, depth } = settings;
  const scaledWeightVariance = gain ** 2;
  const { a, cosine, dz } = yield* deepNetwork(settings);
  const theory = propagate(activation, { scaledWeightVariance, depth });
  yield;
  // Straight lines through 0 turn signals of any size alike: one that keeps the size does not overflow.
  const keeping = { identity: 1, relu: 2 }[activation];
  const pair = propagatePair(activation, { scaledWeightVariance: keeping ?? scaledWeightVariance, depth });
  const layers = wholeNumbers(0, depth);
  const cosines = to3(cosine);
  const panels = {
    forward: { x: layers, y: { measured: a, theory: roots(theory.a) } },
    backward: { x: layers.slice(1), y: { measured: dz, theory: roots(theory.dz) } },
    content: { x: layers, y: { measured: cosines, theory: to3(pair) } },
  };
  const backward = dz[0] / lastOf(dz);
  const content = Number.isNaN(lastOf(cosine))
    ? "there is nothing left to compare"
    : `it ${lastOf(cosine) > 0.9 ? "fades" : "lives"}: two unrelated inputs end with a cosine of ${number(lastOf(cosines), 3)}`;
  const decided = roundingDecides(theory);
  const text =
    `${ACTIVATIONS[activation].label}, g = ${number(gain, 3)}. Forward, the signal ${fateOf(lastOf(a) / a[0])}: an ` +
    `input of size 1 has size ${number(lastOf(a), 3)} after ${depth} layers. Backward, the gradient ` +
    `${fateOf(backward)}: on its way from layer ${depth} to layer 1 it is multiplied by ${number(backward, 3)}. ` +
    `Content: ${content}.`;
  const rounding = ` From layer ${decided} on, rounding decides: another computer may end elsewhere.`;
  return { panels, text: decided ? text + rounding : text };
}
