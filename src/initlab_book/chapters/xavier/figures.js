// Two figures of the chapter "Xavier initialization", as in figures.py. The third reads committed results.

import { ACTIVATIONS } from "../../engine/activations.js";
import { propagate } from "../../engine/gaussian.js";
import { normal, orthogonal, varianceScaling, xavierUniform } from "../../engine/initializers.js";
import { lastOf, roundHalfEven, wholeNumbers } from "../../engine/lists.js";
import { matrix } from "../../engine/matrix.js";
import { simulate } from "../../engine/network.js";
import { growthRate, growthVariance } from "../../engine/random_matrices.js";
import { number } from "../../figure/js/numbers.js";

/**
 * @import { Initializer } from "../../engine/initializers.js"
 * @import { Histogram } from "../../engine/layer_statistics.js"
 */

const XAVIER_DEPTH = 10;

// ---------------------------------------------------------------- five rules

/** Initializer, n Var W for equal widths, and label. @type {Record<string, [Initializer, number, string]>} */
const RULES = {
  standard: [varianceScaling({ scale: 1 / 3, mode: "fan_in", distribution: "uniform" }), 1 / 3, "standard, 1/(3n)"],
  xavier: [xavierUniform(), 1, "Xavier, 1/n"],
  orthogonal: [orthogonal(), 1, "orthogonal, 1/n"],
  double: [xavierUniform({ gain: 2 }), 4, "Xavier × 2, 4/n"],
  fourfold: [xavierUniform({ gain: 4 }), 16, "Xavier × 4, 16/n"],
};
const HISTOGRAMS_AT = [1, 4, 7, 10];

/** The data of a panel of histograms. @param {{ histograms: Histogram[], rms: number[] }} seen @param {number} first */
function histogramData({ histograms, rms }, first) {
  const shown = HISTOGRAMS_AT.map((layer) => histograms[layer - first]);
  return {
    layers: HISTOGRAMS_AT,
    counts: shown.map(({ counts }) => counts.map((n) => roundHalfEven((99 * n) / Math.max(...counts, 1)))),
    outside: shown.map(({ counts, below, above }) => {
      const total = counts.reduce((sum, n) => sum + n, below + above);
      return [below, above].map((n) => roundHalfEven(10 * ((100 * n) / total)) / 10);
    }),
    rms: HISTOGRAMS_AT.map((layer) => rms[layer - first]),
  };
}

/** @param {{ rule: string, activation: string, width: number, seed: number }} settings */
export function* rules({ rule, activation, width, seed }) {
  const [initializer, scaledWeightVariance, label] = RULES[rule];
  const batch = 256;
  const seen = yield* simulate({
    widths: Array(XAVIER_DEPTH + 1).fill(width),
    activation,
    initializer,
    seed,
    batch,
    bins: { a: [21, -1.5, 1.5], dz: [21, -2.5, 2.5] },
  });
  const theory = propagate(activation, { scaledWeightVariance, depth: XAVIER_DEPTH });
  const a = seen.a.secondMoment.slice(1);
  const dz = seen.dz.secondMoment;
  const dW = seen.dW.secondMoment.map((m) => m / batch);
  const curves = { a, dz, dW, theory_a: Array.from(theory.a).slice(1), theory_dz: Array.from(theory.dz) };
  const panels = { moments: { y: curves }, signal: histogramData(seen.a, 0), gradient: histogramData(seen.dz, 1) };
  const text =
    `${label}; activation: ${ACTIVATIONS[activation].label}. From layer 1 to 10 the mean square of the activations ` +
    `goes from ${number(a[0], 3)} to ${number(lastOf(a), 3)}. From layer 10 down to 1 that of the gradient goes from ` +
    `${number(lastOf(dz), 3)} to ${number(dz[0], 3)}. That of the weight gradients lies between ` +
    `${number(Math.min(...dW), 3)} and ${number(Math.max(...dW), 3)}.`;
  return { panels, text };
}

// ---------------------------------------------------------------- widths that change

const TAPER_LAYERS = wholeNumbers(0, XAVIER_DEPTH);

/** @type {Record<string, [label: string, widths: number[]]>} */
const TAPERS = {
  equal: ["128 units in each layer", TAPER_LAYERS.map(() => 128)],
  narrow: ["narrowing, 512 to 32", TAPER_LAYERS.map((l) => Math.round(512 * 2 ** (-0.4 * l)))],
  wide: ["widening, 32 to 512", TAPER_LAYERS.map((l) => Math.round(32 * 2 ** (0.4 * l)))],
  zigzag: ["in turn 64 and 256", TAPER_LAYERS.map((l) => (l % 2 ? 256 : 64))],
};

/** @type {Record<string, [label: string, variance: (nIn: number, nOut: number) => number]>} */
const VARIANCES = {
  in: ["1/n_in", (nIn) => 1 / nIn],
  out: ["1/n_out", (_, nOut) => 1 / nOut],
  xavier: ["2/(n_in + n_out)", (nIn, nOut) => 2 / (nIn + nOut)],
  geometric: ["1/√(n_in n_out)", (nIn, nOut) => (nIn * nOut) ** -0.5],
};

/**
 * The middle 95 % of networks: each layer multiplies a mean square by chi^2/n, so its log is a random walk.
 * @param {number[]} mean
 * @param {number[]} widths
 */
function bandAround(mean, widths) {
  const low = [mean[0]];
  const high = [mean[0]];
  let drift = 0;
  let variance = 0;
  for (const [i, n] of widths.entries()) {
    drift += growthRate(n);
    variance += growthVariance(n);
    const reach = 1.96 * Math.sqrt(variance);
    low.push(mean[i + 1] * Math.exp(2 * (drift - reach)));
    high.push(mean[i + 1] * Math.exp(2 * (drift + reach)));
  }
  return [low, high];
}

/** @param {{ shape: string, rule: string, seed: number, widths: string }} settings */
export function* tapers({ shape, rule, seed, widths: own }) {
  const [shapeLabel, widths] = own ? [own, own.split(",").map(Number)] : TAPERS[shape];
  const [label, varianceOf] = VARIANCES[rule];
  const outs = widths.slice(1);
  const variances = outs.map((nOut, i) => varianceOf(widths[i], nOut));
  const seen = yield* simulate({
    widths,
    activation: "identity",
    initializer: variances.map((variance) => normal({ std: Math.sqrt(variance) })),
    seed,
    inputs: matrix(widths[0], 1, new Float64Array(widths[0]).fill(1)),
    targets: matrix(lastOf(widths), 1, new Float64Array(lastOf(widths)).fill(1)),
  });
  // Expected: n_in Var W a layer on the way up, n_out Var W on the way down.
  const forward = [1];
  for (const [i, variance] of variances.entries()) forward.push(forward[i] * widths[i] * variance);
  const backward = [1];
  for (let l = variances.length - 1; l > 0; l--) backward.unshift(backward[0] * outs[l] * variances[l]);
  const down = bandAround([...backward].reverse(), widths.slice(1, -1).reverse());
  const a = seen.a.secondMoment;
  const dz = seen.dz.secondMoment;
  const layers = wholeNumbers(0, outs.length);
  const panels = {
    forward: { x: layers, y: { measured: a, theory: forward }, band: bandAround(forward, outs) },
    backward: { x: layers.slice(1), y: { measured: dz, theory: backward }, band: down.map((edge) => edge.reverse()) },
    widths: { x: layers, y: { n: widths } },
  };
  const text =
    `Widths: ${shapeLabel}. Variance ${label}: on average, all layers together multiply the mean square of the signal by ` +
    `${number(lastOf(forward), 3)}, and those above layer 1, on the way down, that of the gradient by ` +
    `${number(backward[0], 3)}. In the network drawn here it is ${number(lastOf(a), 3)} and ${number(dz[0], 3)}.`;
  return { panels, text };
}
