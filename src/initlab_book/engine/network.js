// The layer simulators: z[l] = W[l] a[l-1] + b[l], a[l] = f(z[l]), a[0] = x, with arrays of shape (units, batch), as in
// initlab/network.py. Overflow and underflow are results: inf, nan or 0.

import { ACTIVATIONS } from "./activations.js";
import { zeros } from "./initializers.js";
import { survey } from "./layer_statistics.js";
import { LOSSES } from "./losses.js";
import { matrix, multiply, multiplyByTransposed } from "./matrix.js";
import { defaultRng, seedSequence } from "./random.js";

/**
 * @import { Activation } from "./activations.js"
 * @import { Initializer } from "./initializers.js"
 * @import { BinsOf, LayerStatistics } from "./layer_statistics.js"
 * @import { Targets } from "./losses.js"
 * @import { Matrix } from "./matrix.js"
 */

/**
 * A fully connected network of L layers; lists go from layer 1 to layer L.
 * @typedef {object} Network
 * @property {number[]} widths n[0], ..., n[L]
 * @property {Matrix[]} weights (n[l], n[l-1])
 * @property {(Float64Array | null)[]} biases
 * @property {Activation[]} activations f of the layers 1..L
 *
 * @typedef {string | Activation} SomeActivation named or given
 *
 * What a network is drawn from.
 * @typedef {object} Draw
 * @property {number[]} widths n[0], ..., n[L]
 * @property {SomeActivation | SomeActivation[]} activation one for all hidden layers, or one for each
 * @property {Initializer | Initializer[]} initializer one for all layers, or one for each
 * @property {Initializer | Initializer[] | null} [biasInitializer] null: no biases
 * @property {SomeActivation} [outputActivation]
 * @property {number} [seed]
 */

export const WEIGHTS = 0;
export const BIASES = 1;
export const INPUTS = 2;
export const TOP_GRADIENT = 3;

/**
 * The generator of one child stream of a seed: what is drawn from it depends on nothing drawn elsewhere.
 * @param {number} seed
 * @param {number} kind
 */
export const stream = (seed, kind, layer = 0) => defaultRng(seedSequence(seed, [kind, layer]));

/** N(0, 1) from a stream of a seed. @param {number} seed @param {number} kind @param {number} rows @param {number} cols */
const standardMatrix = (seed, kind, rows, cols) =>
  matrix(rows, cols, stream(seed, kind).standardNormal(new Float64Array(rows * cols)));

/** @param {SomeActivation} f */
const activationOf = (f) => (typeof f === "string" ? ACTIVATIONS[f] : f);

/**
 * f of every layer; of the last one, unless it is given, `last`.
 * @param {Pick<Draw, "widths" | "activation" | "outputActivation">} draw
 * @param {SomeActivation | undefined} last
 */
function activationsOf({ widths, activation, outputActivation }, last) {
  const depth = widths.length - 1;
  const each = Array.isArray(activation) ? activation : Array(depth - 1).fill(activation);
  return [...each, outputActivation ?? last].slice(0, depth).map((f) => activationOf(f ?? "identity"));
}

/**
 * Draws a network. Every layer draws its weights and its biases from streams of its own.
 * @param {Draw} draw
 * @returns {Network}
 */
export function sample(draw) {
  const { widths, initializer, biasInitializer = zeros, seed = 0 } = draw;
  const layers = widths.slice(1);
  const of = (/** @type {Initializer | Initializer[]} */ given, /** @type {number} */ i) =>
    Array.isArray(given) ? given[i] : given;
  return {
    widths,
    weights: layers.map((n, i) => matrix(n, widths[i], of(initializer, i)(n, widths[i], stream(seed, WEIGHTS, i + 1)))),
    biases: layers.map((n, i) => biasInitializer && of(biasInitializer, i)(n, 1, stream(seed, BIASES, i + 1))),
    activations: activationsOf(draw, "identity"),
  };
}

/**
 * Arrays for a pass to compute in: each has an entry for each layer. What is not needed later shares its memory.
 * @param {Network} network
 * @param {number} batch
 */
export function makeBuffers({ widths, weights, biases }, batch) {
  const above = widths.slice(1);
  const widest = new Float64Array(Math.max(...widths) * batch);
  const other = new Float64Array(widest.length);
  const largest = new Float64Array(Math.max(...weights.map((W) => W.data.length)));
  const within = (/** @type {Float64Array} */ memory, /** @type {number} */ rows, cols = batch) =>
    matrix(rows, cols, memory.subarray(0, rows * cols));
  return {
    z: above.map((n) => matrix(n, batch)),
    a: above.map((n) => matrix(n, batch)),
    dz: above.map((n) => within(widest, n)),
    da: widths.map((n) => within(other, n)),
    dW: weights.map((W) => within(largest, W.rows, W.cols)),
    db: biases.map((b) => b && new Float64Array(b.length)),
  };
}

/** @typedef {ReturnType<typeof makeBuffers>} Buffers */

/**
 * Sends a batch through the network, layer after layer: fills z and a of the buffers.
 * @param {Network} network
 * @param {Matrix} x
 * @param {Buffers} buffers
 * @returns {Generator<number, Matrix>} yields l = 1..L, with which z and a are there; returns a[L]
 */
export function* forwardLayers({ weights, biases, activations }, x, { z, a }) {
  let below = x;
  for (let i = 0; i < weights.length; i++) {
    multiply(weights[i], below, z[i]);
    const b = biases[i];
    if (b) {
      const { rows, cols, data } = z[i];
      for (let row = 0, at = 0; row < rows; row++) for (let j = 0; j < cols; j++) data[at++] += b[row];
    }
    activations[i].f(z[i].data, a[i].data);
    below = a[i];
    yield i + 1;
  }
  return below;
}

/**
 * Sends the gradient back, from the top: dL/dz[l] = dL/da[l] f'(z[l]), dL/dW[l] = dL/dz[l] a[l-1]^T,
 * dL/da[l-1] = W[l]^T dL/dz[l]. A layer is done with when it is yielded: its weights may be changed then.
 * @param {Network} network
 * @param {Matrix} x
 * @param {Buffers} buffers as `forwardLayers` left them, with dL/da[L] as the last da
 * @param {boolean} inputGradient whether to compute dL/dx, too
 * @returns {Generator<number>} yields l = L..1, with which dz, dW, db and da of the layer below are there
 */
export function* backwardLayers({ weights, biases, activations }, x, { z, a, dz, da, dW, db }, inputGradient = true) {
  for (let i = weights.length - 1; i >= 0; i--) {
    const slope = activations[i].df(z[i].data, a[i].data, dz[i].data);
    const above = da[i + 1].data;
    for (let at = 0; at < slope.length; at++) slope[at] *= above[at];
    multiplyByTransposed(dz[i], i ? a[i - 1] : x, dW[i]);
    const sums = db[i];
    if (biases[i] && sums)
      for (let row = 0, at = 0; row < dz[i].rows; row++) {
        let sum = 0;
        for (let j = 0; j < dz[i].cols; j++) sum += slope[at++];
        sums[row] = sum;
      }
    if (i || inputGradient) multiply(weights[i], dz[i], da[i], true);
    yield i + 1;
  }
}

/** The output for a batch. @param {Network} network @param {Matrix} x */
export function forward(network, x) {
  const buffers = makeBuffers(network, x.cols);
  for (const _ of forwardLayers(network, x, buffers));
  return buffers.a[buffers.a.length - 1];
}

/**
 * What `simulate` and `observe` saw; layers 1..L, of a 0..L, of dx 0 only.
 * @typedef {Record<"z" | "a" | "dz" | "dW" | "dx", LayerStatistics> & { loss: number }} Simulation
 */

/**
 * Runs a network forward and backward on a batch, and looks at every layer.
 * @param {Network} network
 * @param {Matrix} x
 * @param {{ loss?: string, targets: Targets, bins?: BinsOf }} how
 * @returns {Generator<undefined, Simulation>} pauses after every layer
 */
export function* observe(network, x, { loss = "linear", targets, bins = {} }) {
  const buffers = makeBuffers(network, x.cols);
  const { see, statistics } = survey(bins, ["z", "a"]);
  see("a", x);
  for (const layer of forwardLayers(network, x, buffers)) {
    see("z", buffers.z[layer - 1]);
    see("a", buffers.a[layer - 1]);
    yield;
  }
  const depth = network.weights.length;
  const value = LOSSES[loss](buffers.a[depth - 1], targets, buffers.da[depth]);
  for (const layer of backwardLayers(network, x, buffers)) {
    see("dz", buffers.dz[layer - 1]);
    see("dW", buffers.dW[layer - 1]);
    yield;
  }
  see("dx", buffers.da[0]);
  return {
    z: statistics("z"),
    a: statistics("a", 0),
    dz: statistics("dz", 1, true),
    dW: statistics("dW", 1, true),
    dx: statistics("dx", 0),
    loss: value,
  };
}

/**
 * Samples a network, runs it forward and backward, and returns the statistics of every layer. By default the input and
 * the gradient at the top are N(0, 1), and the last layer has the activation of the layer before.
 * @param {Draw & { inputs?: Matrix, batch?: number, loss?: string, targets?: Targets, bins?: BinsOf }} setting
 * @returns {Generator<undefined, Simulation>} pauses after every layer
 */
export function* simulate({ inputs, batch = 256, loss = "linear", targets, bins, ...draw }) {
  const { widths, seed = 0 } = draw;
  const network = sample(draw);
  if (loss === "linear") {
    const hidden = Array.isArray(draw.activation) ? draw.activation.at(-1) : draw.activation;
    network.activations = activationsOf(draw, hidden);
  }
  const x = inputs ?? standardMatrix(seed, INPUTS, widths[0], batch);
  const y = targets ?? standardMatrix(seed, TOP_GRADIENT, widths[widths.length - 1], x.cols);
  return yield* observe(network, x, { loss, targets: y, bins });
}
