// Gradient descent, one update at a time, as in initlab/training.py. Divergence is a result: a run that overflows goes on
// as inf and nan.

import { rms } from "./layer_statistics.js";
import { LOSSES } from "./losses.js";
import { matrix, takeColumns } from "./matrix.js";
import { backwardLayers, forward, forwardLayers, makeBuffers } from "./network.js";
import { OPTIMIZERS } from "./optimizers.js";
import { defaultRng, seedSequence } from "./random.js";

/**
 * @import { Targets } from "./losses.js"
 * @import { Matrix } from "./matrix.js"
 * @import { Network } from "./network.js"
 * @import { OptimizerOptions } from "./optimizers.js"
 */

/**
 * How a network is trained.
 * @typedef {object} Training
 * @property {string} loss
 * @property {number} learningRate
 * @property {number} steps number of updates
 * @property {number} [batchSize] examples per update; by default all
 * @property {string} [optimizer] "sgd" (the default), "adam" or "adamw"
 * @property {number} [seed] of the order of the examples
 * @property {readonly number[]} [snapshots] steps to look at, from 0, before the first update, to `steps`
 * @property {[Matrix, Targets]} [heldOut] examples that are not trained on
 */

/**
 * A network on its way, with its loss and accuracy on all examples.
 * @typedef {object} Snapshot
 * @property {number} step number of updates made so far
 * @property {Network} network a copy of it
 * @property {number} loss
 * @property {number | null} accuracy
 * @property {number[]} updateRatio rms of the update of W[l] that is due over the rms of W[l]
 * @property {number} divergedAt the first step, up to this one, whose loss was not finite, or -1
 * @property {number | null} heldOutLoss
 * @property {number | null} heldOutAccuracy
 */

/** The same network in new arrays. @param {Network} network @returns {Network} */
export const copyNetwork = (network) => ({
  ...network,
  weights: network.weights.map(({ rows, cols, data }) => matrix(rows, cols, data.slice())),
  biases: network.biases.map((b) => b && new Float64Array(b)),
});

/**
 * The share of the examples whose largest output is at their class; an output with inf or nan counts as wrong. Null
 * where targets name no classes.
 * @param {Matrix} output
 * @param {Targets} y labels, or a matrix, which is one-hot if it names classes
 */
export function accuracy({ rows, cols, data }, y) {
  if (rows < 2) return null;
  const oneHot = "data" in y ? y.data : null;
  let right = 0;
  for (let j = 0; j < cols; j++) {
    let largest = 0;
    let ones = 0;
    let label = oneHot ? -1 : /** @type {ArrayLike<number>} */ (y)[j];
    let finite = true;
    for (let i = 0, at = j; i < rows; i++, at += cols) {
      if (data[at] > data[largest * cols + j]) largest = i;
      finite &&= Number.isFinite(data[at]);
      if (!oneHot) continue;
      if (oneHot[at] === 1) {
        ones++;
        label = i;
      } else if (oneHot[at] !== 0) return null;
    }
    if (oneHot && ones !== 1) return null;
    if (finite && largest === label) right++;
  }
  return right / cols;
}

/**
 * Loss and accuracy on all examples.
 * @param {Network} network
 * @param {Matrix} x
 * @param {Targets} y
 * @param {string} loss
 */
export function evaluate(network, x, y, loss) {
  const output = forward(network, x);
  return { loss: LOSSES[loss](output, y, matrix(output.rows, output.cols)), accuracy: accuracy(output, y) };
}

/**
 * Batches without end: each pass takes the examples in a new order, as long as there are enough for a batch.
 * @param {Matrix} x
 * @param {Targets} y
 * @param {number} size
 * @param {number} seed
 * @returns {Generator<[Matrix, Targets]>}
 */
function* batches(x, y, size, seed) {
  while (size === x.cols) yield [x, y];
  const rng = defaultRng(seedSequence(seed));
  const xBatch = matrix(x.rows, size);
  const yBatch = "data" in y ? matrix(y.rows, size) : new Int32Array(size);
  for (;;) {
    const order = rng.permutation(x.cols);
    for (let start = 0; start + size <= x.cols; start += size) {
      const some = order.subarray(start, start + size);
      takeColumns(x, some, xBatch);
      if ("data" in y) takeColumns(y, some, /** @type {Matrix} */ (yBatch));
      else for (let j = 0; j < size; j++) /** @type {Int32Array} */ (yBatch)[j] = y[some[j]];
      yield [xBatch, yBatch];
    }
  }
}

/**
 * Gradient descent for all weights and biases. For every step from 0 to `steps` it yields a snapshot where one is to be
 * kept and undefined elsewhere.
 * @param {Network} start is not modified
 * @param {Matrix} x the inputs, one example in each column
 * @param {Targets} y
 * @param {Training & OptimizerOptions} how
 * @returns {Generator<Snapshot | undefined, { network: Network, loss: Float64Array, divergedAt: number }>}
 *   loss: before each update, on the examples of that update
 */
export function* descend(start, x, y, how) {
  const { loss, learningRate, steps, batchSize = x.cols, optimizer = "sgd", seed = 0, snapshots = [], heldOut } = how;
  const network = copyNetwork(start);
  const { weights, biases } = network;
  const depth = weights.length;
  const buffers = makeBuffers(network, batchSize);
  const { scale, update } = OPTIMIZERS[optimizer](learningRate, how);
  const updates = weights.map((W, i) => ({ W: update(W.data.length), b: update(biases[i]?.length ?? 0) }));
  const lossOf = LOSSES[loss];
  const gradient = buffers.da[depth];
  const history = new Float64Array(steps + 1);
  let divergedAt = -1;
  let step = 0;
  for (const [xBatch, yBatch] of batches(x, y, batchSize, seed)) {
    const before = snapshots.includes(step) ? copyNetwork(network) : null;
    /** @type {number[]} */
    const updateRatio = [];
    for (const _ of forwardLayers(network, xBatch, buffers));
    history[step] = lossOf(buffers.a[depth - 1], yBatch, gradient);
    if (divergedAt < 0 && !Number.isFinite(history[step])) divergedAt = step;
    if (scale !== 1) for (let i = 0; i < gradient.data.length; i++) gradient.data[i] *= scale;
    for (const layer of backwardLayers(network, xBatch, buffers, false)) {
      const i = layer - 1;
      const W = weights[i].data;
      const b = biases[i];
      const dW = updates[i].W(W, buffers.dW[i].data);
      if (before) updateRatio.unshift(rms(dW) / rms(W));
      if (step < steps) for (let at = 0; at < W.length; at++) W[at] -= dW[at];
      if (!b) continue;
      const db = updates[i].b(b, /** @type {Float64Array} */ (buffers.db[i]));
      if (step < steps) for (let at = 0; at < b.length; at++) b[at] -= db[at];
    }
    if (before) {
      const seen = evaluate(before, x, y, loss);
      const heldOutSeen = heldOut && evaluate(before, ...heldOut, loss);
      yield {
        step,
        network: before,
        ...seen,
        updateRatio,
        divergedAt,
        heldOutLoss: heldOutSeen?.loss ?? null,
        heldOutAccuracy: heldOutSeen?.accuracy ?? null,
      };
    } else yield;
    if (step++ === steps) break;
  }
  return { network, loss: history, divergedAt };
}
