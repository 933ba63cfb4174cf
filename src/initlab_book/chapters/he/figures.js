// The figure of the chapter "He initialization", as in figures.py.

import { keepLast } from "../../engine/draws.js";
import { quantiles, spread, UPPER_95 } from "../../engine/finite_width.js";
import { varianceScaling } from "../../engine/initializers.js";
import { ascending, lastOf, roots, wholeNumbers } from "../../engine/lists.js";
import { simulate } from "../../engine/network.js";
import { number } from "../../figure/js/numbers.js";

const HE_LAYERS = wholeNumbers(0, 30);

/** @type {Record<string, [name: string, widths: number[]]>} */
const HE_SHAPES = {
  equal: ["equal: 64", HE_LAYERS.map(() => 64)],
  taper: ["narrowing: 256 to 32", HE_LAYERS.map((l) => Math.round(256 * 8 ** (-l / 30)))],
  widen: ["widening: 32 to 256", HE_LAYERS.map((l) => Math.round(32 * 8 ** (l / 30)))],
  bottleneck: ["in turn: 128, 32", HE_LAYERS.map((l) => (l % 2 ? 32 : 128))],
};

/** @type {Record<string, [name: string, fan: (nIn: number, nOut: number) => number]>} */
const HE_MODES = {
  fan_in: ["He, fan-in: 2/n[l−1]", (nIn) => nIn],
  fan_out: ["He, fan-out: 2/n[l]", (_, nOut) => nOut],
  fan_avg: ["mean of the two fans", (nIn, nOut) => (nIn + nOut) / 2],
};

/**
 * E[a^2] of layers 0..L and E[(dL/dz)^2] of layers 1..L with He's variance 2/fan, for input and top gradient N(0, 1).
 * @param {string} mode
 * @param {number[]} widths
 */
function heMoments(mode, widths) {
  const fans = widths.slice(1).map((nOut, i) => HE_MODES[mode][1](widths[i], nOut));
  const signal = [1];
  for (const [i, fan] of fans.entries()) signal.push((signal[i] * widths[i]) / fan);
  const gradient = [0.5]; // the last ReLU lets half of the top gradient through
  for (let l = fans.length - 1; l > 0; l--) gradient.unshift((gradient[0] * widths[l + 1]) / fans[l]);
  return { signal, gradient };
}

/** Sizes of a and dL/dz of four networks over those of theory: the same for every mode. */
const luckOf = keepLast(function* (/** @type {string} */ shape, /** @type {number} */ seed) {
  const widths = HE_SHAPES[shape][1];
  const initializer = varianceScaling({ scale: 2, mode: "fan_in", distribution: "normal" });
  const { signal, gradient } = heMoments("fan_in", widths);
  const networks = [];
  for (let i = 0; i < 4; i++) {
    const draw = { widths, activation: "relu", initializer, biasInitializer: null, seed: seed + i };
    const { a, dz } = yield* simulate({ ...draw, batch: 1 });
    const forward = roots(a.secondMoment.map((m, l) => m / signal[l] / a.secondMoment[0]));
    networks.push({ forward, backward: roots(dz.secondMoment.map((m, l) => m / gradient[l])) });
  }
  return networks;
});

/**
 * Between which multiples of its root mean square the size of a lies in 95 % of ReLU networks, from the input to the
 * last layer of these widths. Backward, the gradient takes the same walk, from the top.
 * @param {number[]} widths
 */
function sizeQuantiles(widths) {
  const theory = spread("relu", [...widths, 1], 2);
  return [-UPPER_95, UPPER_95].map((deviate) => roots(quantiles(theory, deviate)));
}

/** @param {{ shape: string, mode: string, seed: number }} settings */
export function* shapes({ shape, mode, seed }) {
  const [name, widths] = HE_SHAPES[shape];
  const moments = heMoments(mode, widths);
  const [signal, gradient] = [roots(moments.signal), roots(moments.gradient)];
  const networks = yield* luckOf(shape, seed);
  const up = sizeQuantiles(widths.slice(1));
  const down = sizeQuantiles(widths.slice(1).reverse()).map((edge) => edge.slice(1).reverse());
  const times = (/** @type {number[]} */ u, /** @type {number[]} */ v) => u.map((x, i) => x * v[i]);
  const strands = networks.map(({ forward }) => times(signal, forward));
  const panels = {
    forward: { y: { strands, theory: signal }, band: up.map((edge) => times(signal, edge)) },
    backward: {
      x: HE_LAYERS.slice(1),
      y: { strands: networks.map(({ backward }) => times(gradient, backward)), theory: gradient },
      band: down.map((edge) => times(gradient, edge)),
    },
  };
  const ends = ascending(strands.map(lastOf));
  const text =
    `Widths ${name}; ${HE_MODES[mode][0]}. In theory the size of the signal goes from 1 to ` +
    `${number(lastOf(signal), 3)} on its way up, and that of the gradient is multiplied by ` +
    `${number(gradient[0] / lastOf(gradient), 3)} on its way down from layer 30 to layer 1. The signals of these four ` +
    `networks end between ${number(ends[0], 3)} and ${number(lastOf(ends), 3)}.`;
  return { panels, text };
}
