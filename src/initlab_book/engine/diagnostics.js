// A check-up of a network: one forward and one backward pass, and what is seen in every layer.

import { survey } from "./layer_statistics.js";
import { LOSSES } from "./losses.js";
import { backwardLayers, forwardLayers, makeBuffers } from "./network.js";
import { accuracy } from "./training.js";

/**
 * @import { Activation } from "./activations.js"
 * @import { BinsOf, LayerStatistics } from "./layer_statistics.js"
 * @import { Targets } from "./losses.js"
 * @import { Matrix } from "./matrix.js"
 * @import { Network } from "./network.js"
 */

/** A unit is saturated where its slope is below this share of the greatest slope that its activation has. */
const FLAT = 0.05;

/** @type {Map<Activation, number>} */
const greatestSlopes = new Map();

/** The greatest |f'(z)|: 1 for tanh and ReLU, 1/4 for the sigmoid, 1.13 for GELU. @param {Activation} f */
function greatestSlope(f) {
  let greatest = greatestSlopes.get(f) ?? 0;
  if (!greatest) {
    const z = new Float64Array(40_001).map((_, i) => (i - 20_000) / 1000);
    for (const slope of f.df(z, null, z)) greatest = Math.max(greatest, Math.abs(slope));
    greatestSlopes.set(f, greatest);
  }
  return greatest;
}

/**
 * The share of pairs of a unit and an example where the slope is nearly 0, and of units where it always is.
 * @param {Matrix} slope
 * @param {number} greatest
 */
function flat({ rows, cols, data }, greatest) {
  let [pairs, units] = [0, 0];
  for (let i = 0, at = 0; i < rows; i++) {
    let count = 0;
    for (let j = 0; j < cols; j++, at++) {
      if (Number.isNaN(data[at])) return [NaN, NaN];
      if (Math.abs(data[at]) < FLAT * greatest || data[at] === 0) count++;
    }
    pairs += count;
    if (count === cols) units++;
  }
  return [pairs / (rows * cols), units / rows];
}

/**
 * What was seen: lists of layers 1..L. The losses are means over the examples.
 * @typedef {object} Diagnostics
 * @property {number[]} layers
 * @property {number} loss
 * @property {number | null} accuracy
 * @property {LayerStatistics} W
 * @property {LayerStatistics} a
 * @property {LayerStatistics} dz
 * @property {LayerStatistics} dW
 * @property {number[]} saturated share of pairs of a unit and an example where |f'| is below 5 % of its greatest value
 * @property {number[]} dead share of units that are saturated for all examples
 * @property {number[]} gradientRatio rms of dW over rms of W
 */

/**
 * Sends examples through a network and the gradient of their loss back, and looks at every layer.
 * @param {Network} network
 * @param {Matrix} x
 * @param {Targets} y
 * @param {{ loss: string, bins?: BinsOf, alike?: string[] }} how alike: of which to measure how alike the examples are
 * @returns {Diagnostics}
 */
export function diagnose(network, x, y, { loss, bins = {}, alike = [] }) {
  const { weights, activations } = network;
  const depth = weights.length;
  const buffers = makeBuffers(network, x.cols);
  const { z, a, dz, dW, da } = buffers;
  const { see, statistics } = survey(bins, alike);
  /** @type {number[][]} */
  const shares = [];
  for (const layer of forwardLayers(network, x, buffers)) {
    const i = layer - 1;
    see("W", weights[i]);
    see("a", a[i]);
    activations[i].df(z[i].data, a[i].data, dz[i].data);
    shares.push(flat(dz[i], greatestSlope(activations[i])));
  }
  const value = LOSSES[loss](a[depth - 1], y, da[depth]);
  for (const layer of backwardLayers(network, x, buffers, false)) {
    see("dz", dz[layer - 1]);
    see("dW", dW[layer - 1]);
  }
  const found = {
    W: statistics("W"),
    a: statistics("a"),
    dz: statistics("dz", 1, true),
    dW: statistics("dW", 1, true),
  };
  return {
    layers: found.W.layers,
    loss: value,
    accuracy: accuracy(a[depth - 1], y),
    ...found,
    saturated: shares.map(([pairs]) => pairs),
    dead: shares.map(([, units]) => units),
    gradientRatio: found.dW.rms.map((size, i) => size / found.W.rms[i]),
  };
}
