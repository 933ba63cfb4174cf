// The figures of the chapter "Finding the right scale", as in figures.py.

import { ACTIVATIONS } from "../../engine/activations.js";
import { keepLast, standardWeights } from "../../engine/draws.js";
import { propagate } from "../../engine/gaussian.js";
import { alikeness, rms } from "../../engine/layer_statistics.js";
import { lastOf, roots, wholeNumbers } from "../../engine/lists.js";
import { matrix, multiply } from "../../engine/matrix.js";
import { defaultRng, seedSequence } from "../../engine/random.js";
import { number } from "../../figure/js/numbers.js";

const SCALE_DEPTH = 20;
const EXAMPLES = 8;

/** Weights N(0, 1), a batch N(0, 1) of inputs and one of gradients at the top: the same for every scale. */
const scaleDraws = keepLast(function* (/** @type {number} */ width, /** @type {number} */ seed) {
  const weights = yield* standardWeights(width, SCALE_DEPTH, seed);
  const rng = defaultRng(seedSequence(seed));
  const [x, top] = [0, 1].map(() => rng.standardNormal(new Float64Array(width * EXAMPLES)));
  return { weights, x, top };
});

/** The mean cosine of two examples; nan where one of them is 0. @param {import("../../engine/matrix.js").Matrix} a */
function cosineOf(a) {
  for (let j = 0; j < EXAMPLES; j++) if (a.data.every((v, at) => at % EXAMPLES !== j || v === 0)) return Number.NaN;
  return alikeness(a).cosine;
}

/**
 * What 20 layers of standard deviation std make of signals: root mean squares of z[1..20], a[0..20] and dL/dz[1..20],
 * where the gradient that enters at a[20] has size 1, and the mean cosine of a[0..20]. The weights stay N(0, 1), and the
 * activation takes the scale: f(std W a).
 * @param {{ activation: string, width: number, std: number, inputSize?: number, seed: number }} setting
 */
function* sizes({ activation, width, std, inputSize = 1, seed }) {
  const { weights, x, top } = yield* scaleDraws(width, seed);
  const { f, df } = ACTIVATIONS[activation];
  const layerOf = (/** @type {Float64Array} */ data) => matrix(width, EXAMPLES, data);
  let a = layerOf(x.map((v) => v * inputSize));
  const seen = { z: [0], a: [rms(a.data)], cosine: [cosineOf(a)], dz: /** @type {number[]} */ ([]) };
  const slopes = [];
  for (const W of weights) {
    const z = multiply(W, a, layerOf(new Float64Array(width * EXAMPLES))).data;
    for (let i = 0; i < z.length; i++) z[i] *= std;
    seen.z.push(rms(z));
    a = layerOf(f(z, new Float64Array(z.length)));
    slopes.push(df(z, null, z));
    seen.a.push(rms(a.data));
    seen.cosine.push(cosineOf(a));
  }
  yield;
  let da = layerOf(top);
  for (let layer = SCALE_DEPTH; layer > 0; layer--) {
    const dz = slopes[layer - 1]; // times std, it is the gradient of W a
    for (let i = 0; i < dz.length; i++) dz[i] *= da.data[i];
    seen.dz.unshift(rms(dz));
    da = multiply(weights[layer - 1], layerOf(dz.map((v) => v * std)), layerOf(new Float64Array(dz.length)), true);
  }
  return { ...seen, z: seen.z.slice(1) };
}

const FOUND_AT = [0, 1, 2, 5, 8, 11, 14, 17, 20];

/** @param {{ activation: string, width: number, std: number, seed: number }} settings */
export function* findTheScale({ activation, width, std, seed }) {
  const { a, cosine, dz } = yield* sizes({ activation, width, std, seed });
  const panels = {
    forward: { y: { size: FOUND_AT.map((layer) => a[layer]) } },
    backward: { y: { gradient: FOUND_AT.map((layer) => (layer ? dz[layer - 1] : null)) } },
    content: { y: { cosine: FOUND_AT.map((layer) => (Number.isNaN(cosine[layer]) ? null : cosine[layer])) } },
  };
  const alike = Number.isNaN(lastOf(cosine)) ? "undefined" : number(lastOf(cosine), 2);
  const text =
    `Activation ${ACTIVATIONS[activation].label}, width ${width}, σ = ${number(std, 3)}: the activations of layer ` +
    `${SCALE_DEPTH} have size ${number(lastOf(a), 2)}, and the mean cosine of two inputs is ${alike}. The gradient of ` +
    `layer 1 is ${number(dz[0] / lastOf(dz), 2)} times as large as that of layer ${SCALE_DEPTH}.`;
  return { panels, text };
}

const THREE_STARTS = { half: 0.5, one: 1, double: 2 };
const FOLLOWED = [1, ...wholeNumbers(0, 6).map((k) => 2 + 3 * k)];

/** @param {{ activation: string, gain: number, width: number, seed: number }} settings */
export function* threeStarts({ activation, gain, width, seed }) {
  const [half, one, double] = Object.values(THREE_STARTS).map((start) => start / gain);
  const std = gain / Math.sqrt(width);
  const walks = [];
  for (const inputSize of [half, one, double]) walks.push(yield* sizes({ activation, width, std, inputSize, seed }));
  const limits = [half, one, double].map((start) =>
    propagate(activation, { scaledWeightVariance: gain ** 2, depth: SCALE_DEPTH, input: start ** 2 }),
  );
  const picked = (/** @type {number[]} */ list) => FOLLOWED.map((layer) => list[layer - 1]);
  const [z1, z2, z3] = walks.map(({ z }) => z);
  const gradient = walks[1].dz;
  const expected = roots(limits[1].dz);
  const panels = {
    forward: {
      y: { half: picked(z1), one: picked(z2), double: picked(z3), theory: limits.map(({ z }) => picked(roots(z))) },
    },
    backward: { y: { gradient: picked(gradient), limit: picked(expected) } },
  };
  const [end1, end2, end3] = walks.map(({ z }) => number(lastOf(z), 3));
  const text =
    `Activation ${ACTIVATIONS[activation].label}, g = ${number(gain, 5)}: preactivations of size 0.5, 1 and 2 in layer ` +
    `1 have sizes ${end1}, ${end2} and ${end3} in layer ${SCALE_DEPTH}. For the start at 1, the gradient of layer 1 is ` +
    `${number(gradient[0] / lastOf(gradient), 3)} times as large as that of layer ${SCALE_DEPTH} ` +
    `(theory: ${number(expected[0] / lastOf(expected), 3)}).`;
  return { panels, text };
}
