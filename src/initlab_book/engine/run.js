// A run of the lab: networks drawn by `sample` and trained by `descend`, and what is seen of them. See lab.d.ts.

import { answers, pixelsOf, twoOfEach } from "./answers.js";
import { blobs, circles, cross, moons, spiral, split, standardize } from "./datasets.js";
import { diagnose } from "./diagnostics.js";
import { HISTOGRAMS, holdsOut } from "./experiment.js";
import {
  constant,
  identity,
  normal,
  orthogonal,
  truncatedNormal,
  uniform,
  varianceScaling,
  xavierNormal,
  xavierUniform,
  zeros,
} from "./initializers.js";
import { alikeness, rms } from "./layer_statistics.js";
import { matrix, takeColumns } from "./matrix.js";
import { forward, sample } from "./network.js";
import { descend } from "./training.js";

/**
 * @import { Initializer } from "./initializers.js"
 * @import { DataSettings, DigitImages, DrawFrame, Experiment, LabFrame, LayerInitializer } from "./lab.d.ts"
 * @import { Matrix } from "./matrix.js"
 * @import { Network } from "./network.js"
 * @import { Snapshot } from "./training.js"
 */

/** After so many updates a run ends. */
export const LAB_STEPS = 20_000;

const LAB_LOSS = "softmax_cross_entropy";
const SURFACE = 1.5e6; // weights times places at which the plane is looked at
const VIEW = 2.4; // how far the plane is seen at least, from 0

// ---- data

/** @type {Record<string, typeof moons>} */
const PLANE_SETS = { blobs, circles, moons, cross, spiral };

/**
 * Points as the reader knows them, or digits.
 * @param {DataSettings} data
 * @param {DigitImages | undefined} digits
 * @returns {{ x: Matrix, y: Int32Array }}
 */
function examplesOf({ set, n, noise, seed, points }, digits) {
  if (set === "own") {
    if (!points.length) throw new Error("There are no points yet.");
    const x = matrix(2, n, Float64Array.from([...points.map(([x1]) => x1), ...points.map(([, x2]) => x2)]));
    return { x, y: Int32Array.from(points, ([, , label]) => label) };
  }
  if (set !== "digits") return PLANE_SETS[set]({ examples: n, noise, seed });
  if (!digits) throw new Error("The images of the digits are not here.");
  const pixel = (/** @type {number} */ at) => digits.pixels.charCodeAt((at % n) * 64 + Math.floor(at / n)) - 65;
  return {
    x: matrix(
      64,
      n,
      new Float64Array(64 * n).map((_, at) => pixel(at)),
    ),
    y: Int32Array.from(digits.labels.slice(0, n), Number),
  };
}

/** @param {Matrix} x @param {number} by */
const scaled = ({ rows, cols, data }, by) =>
  by === 1
    ? { rows, cols, data }
    : matrix(
        rows,
        cols,
        data.map((v) => v * by),
      );

/** The smallest range that shows VIEW, or all of the values. @param {Float64Array} values @returns {[number, number]} */
function viewOf(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low || 1) / 20;
  if (low < -VIEW || high > VIEW) return [low - margin, high + margin];
  return [-VIEW, VIEW];
}

/**
 * What an experiment trains on, and where the plane is looked at.
 * @param {DataSettings} data
 * @param {DigitImages} [digits]
 */
export function labData(data, digits) {
  const all = examplesOf(data, digits);
  const heldOutIs = /** @type {Set<number>} */ (new Set()); // places in `all`
  let [x, y] = [scaled(all.x, data.scale), all.y];
  /** @type {[Matrix, Int32Array] | undefined} */
  let heldOut;
  if (holdsOut(data)) {
    const parts = split(x, y, { heldOut: data.heldOut, seed: data.seed });
    const which = split(
      matrix(
        1,
        y.length,
        new Float64Array(y.length).map((_, i) => i),
      ),
      y,
      {
        heldOut: data.heldOut,
        seed: data.seed,
      },
    );
    for (const i of which.heldOutX.data) heldOutIs.add(i);
    heldOut = [parts.heldOutX, parts.heldOutY];
    [x, y] = [parts.x, parts.y];
  }
  const prepared = (/** @type {Matrix} */ other) => {
    const unit = scaled(other, data.scale);
    return data.standardize ? standardize(x, unit)[1] : unit;
  };
  const trained = data.standardize ? standardize(x, ...(heldOut ? [heldOut[0]] : [])) : [x, heldOut?.[0]];
  const result = {
    x: /** @type {Matrix} */ (trained[0]),
    y,
    heldOut: heldOut && /** @type {[Matrix, Int32Array]} */ ([trained[1], heldOut[1]]),
    classes: data.set === "digits" ? 10 : 2,
    points: /** @type {LabFrame["points"]} */ (null),
    images: /** @type {LabFrame["images"]} */ (null),
    /** What the images are to the network. */
    seenImages: /** @type {Matrix | null} */ (null),
    /** Cells x cells places of the plane, as the network sees them. */
    plane: /** @type {((cells: number) => { x: [number, number], y: [number, number], places: Matrix }) | null} */ (
      null
    ),
  };
  if (data.set === "digits") {
    const [own, labels] = result.heldOut ?? [result.x, result.y];
    const shown = twoOfEach(labels, 10);
    const places = [...heldOutIs]; // of all images; where none is held out, those that are shown are of all
    const inAll = heldOut ? shown.map((i) => places[i]) : shown;
    const pixels = Float32Array.from(pixelsOf(all.x, inAll));
    result.images = { pixels, label: shown.map((i) => labels[i]) };
    result.seenImages = takeColumns(own, shown);
  } else {
    const [x1, x2] = [all.x.data.subarray(0, all.x.cols), all.x.data.subarray(all.x.cols)];
    const label = [...all.y];
    result.points = { x: [...x1], y: [...x2], label, heldOut: label.map((_, i) => heldOutIs.has(i)) };
    result.plane = (cells) => {
      const [across, up] = [viewOf(x1), viewOf(x2)];
      const centre = (/** @type {[number, number]} */ [low, high], /** @type {number} */ i) =>
        low + ((i + 0.5) / cells) * (high - low);
      const places = matrix(2, cells * cells);
      for (let i = 0; i < cells * cells; i++) {
        places.data[i] = centre(across, i % cells);
        places.data[i + cells * cells] = centre(up, Math.floor(i / cells));
      }
      return { x: across, y: up, places: prepared(places) };
    };
  }
  return result;
}

// ---- networks

/** @typedef {(scale: number) => Initializer} Scaled */

/** The variance of He's rule, or of LeCun's, with a factor. @param {number} variance @returns {Scaled} */
const fanInNormal = (variance) => (scale) =>
  varianceScaling({ scale: variance * scale * scale, mode: "fan_in", distribution: "normal" });
/** @param {number} variance @returns {Scaled} */
const fanInUniform = (variance) => (scale) =>
  varianceScaling({ scale: variance * scale * scale, mode: "fan_in", distribution: "uniform" });

/** What the schemes of an experiment draw. @type {Record<string, Scaled>} */
const DRAWN = {
  zeros: () => zeros,
  constant: (value) => constant({ value }),
  identity: (gain) => identity({ gain }),
  normal: (std) => normal({ std }),
  uniform: (bound) => uniform({ low: -bound, high: bound }),
  truncated_normal: (std) => truncatedNormal({ std }),
  xavier_normal: (gain) => xavierNormal({ gain }),
  xavier_uniform: (gain) => xavierUniform({ gain }),
  he_normal: fanInNormal(2),
  he_uniform: fanInUniform(2),
  lecun_normal: fanInNormal(1),
  lecun_uniform: fanInUniform(1),
  orthogonal: (gain) => orthogonal({ gain }),
};

/** @param {LayerInitializer} how */
const initializerOf = ({ scheme, scale }) => DRAWN[scheme](scale);

/**
 * One draw of a network of an experiment, in training.
 * @param {Experiment["runs"][number]} settings
 * @param {ReturnType<typeof labData>} data
 * @param {number} seed of the weights and of the order of the examples
 * @param {number} steps
 * @param {{ includes(step: number): boolean }} looks the steps at which to look
 */
export function trainee(settings, { x, y, heldOut, classes }, seed, steps, looks) {
  const { hidden, activations, initializers, biases, biased, optimizer, rate, momentum, batch, decay } = settings;
  const network = sample({
    widths: [x.rows, ...hidden, classes],
    activation: activations,
    initializer: initializers.map(initializerOf),
    biasInitializer: biased ? biases.map((value) => constant({ value })) : null,
    seed,
  });
  return descend(network, x, y, {
    loss: LAB_LOSS,
    learningRate: rate,
    steps,
    batchSize: batch ? Math.min(batch, x.cols) : x.cols,
    optimizer,
    momentum,
    weightDecay: decay,
    seed,
    snapshots: /** @type {number[]} */ (looks),
    heldOut,
  });
}

// ---- what is seen

/** How many units of a layer have weights, or a bias, that no other one has. @param {Network} network @param {number} i */
function differentUnits({ weights, biases }, i) {
  const { rows, cols, data } = weights[i];
  const b = biases[i];
  const least = 1e-9 * Math.max(rms(data), 1e-300);
  /** @type {number[]} */
  const different = [];
  for (let row = 0; row < rows; row++) {
    const twin = different.some((other) => {
      if (b && Math.abs(b[row] - b[other]) > least) return false;
      for (let j = 0; j < cols; j++) if (Math.abs(data[row * cols + j] - data[other * cols + j]) > least) return false;
      return true;
    });
    if (!twin) different.push(row);
  }
  return different.length;
}

/** The probability of class 1, of two. @param {Matrix} scores */
const probabilityOfClass1 = ({ cols, data }) =>
  Float32Array.from({ length: cols }, (_, i) => 1 / (1 + Math.exp(data[i] - data[i + cols])));

/**
 * What is seen of a network: a frame without its other draws.
 * @param {Snapshot} snapshot
 * @param {ReturnType<typeof labData>} data
 * @param {number} seed
 * @returns {LabFrame}
 */
export function frameOf(snapshot, { x, y, classes, plane, points, images, seenImages }, seed) {
  const { step, network, updateRatio, divergedAt } = snapshot;
  const seen = diagnose(network, x, y, { loss: LAB_LOSS, bins: HISTOGRAMS, alike: ["a"] });
  const weights = network.weights.reduce((sum, W) => sum + W.data.length, 0);
  const cells = Math.min(Math.max(Math.round(Math.sqrt(SURFACE / weights)), 16), 40);
  const view = plane?.(cells);
  return {
    step,
    done: step === LAB_STEPS,
    draws: [drawOf(snapshot, seed)],
    points: step ? null : points,
    images: step ? null : images,
    answers: seenImages && answers(forward(network, seenImages)),
    divergedAt,
    size: [rms(x.data), ...seen.a.rms],
    alike: [alikeness(x).cosine, ...seen.a.cosine],
    gradient: seen.dz.rms,
    weightGradient: seen.dW.rms,
    weights: seen.W.rms,
    weightMean: seen.W.mean,
    saturated: seen.saturated,
    dead: seen.dead,
    different: network.weights.map((_, i) => differentUnits(network, i)),
    units: network.widths.slice(1),
    updateRatio,
    histograms: { a: seen.a.histograms, W: seen.W.histograms, dz: seen.dz.histograms },
    surface: view ? { cells, levels: probabilityOfClass1(forward(network, view.places)), x: view.x, y: view.y } : null,
    chance: Math.log(classes),
  };
}

/** @param {Snapshot} snapshot @param {number} seed @returns {DrawFrame} */
const drawOf = ({ loss, accuracy, heldOutLoss, heldOutAccuracy }, seed) => ({
  seed,
  loss,
  accuracy: Number(accuracy),
  heldOutLoss,
  heldOutAccuracy,
});

/**
 * Trains a network of an experiment, from every seed.
 * @param {Experiment} experiment
 * @param {number} run which network
 * @param {{ every: number }} pace updates from one frame to the next; it may change on the way
 * @param {DigitImages} [digits]
 * @returns {Generator<LabFrame | undefined, undefined>} yields undefined where the host may breathe
 */
export function* runLab({ data, runs, seeds }, run, pace, digits) {
  const examples = labData(data, digits);
  let due = 0; // when to look next
  const looks = { includes: (/** @type {number} */ step) => step === due || step === LAB_STEPS };
  const draws = Array.from({ length: seeds.count }, (_, i) => ({
    seed: seeds.first + i,
    updates: trainee(runs[run], examples, seeds.first + i, LAB_STEPS, looks),
  }));
  for (let step = 0; step <= LAB_STEPS; step++) {
    /** @type {LabFrame | undefined} */
    let frame;
    for (const { seed, updates } of draws) {
      const snapshot = updates.next().value;
      yield;
      if (!snapshot || !("step" in snapshot)) continue;
      if (frame) frame.draws.push(drawOf(snapshot, seed));
      else frame = frameOf(snapshot, examples, seed);
    }
    if (!frame) continue;
    frame.done ||= frame.draws.every(({ loss }) => Number.isNaN(loss));
    yield frame;
    if (frame.done) return;
    due = step + Math.max(1, Math.round(pace.every));
  }
}
