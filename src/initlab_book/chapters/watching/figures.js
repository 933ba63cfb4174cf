// The films of the chapter "Watching networks train", computed on the page: the frames of figures.py.

import { answers, pixelsOf, twoOfEach } from "../../engine/answers.js";
import { blobs, circles, moons, spiral, split, standardize } from "../../engine/datasets.js";
import { diagnose } from "../../engine/diagnostics.js";
import { constant, heNormal, normal, uniform, xavierNormal, zeros } from "../../engine/initializers.js";
import { LETTERS, levelsOfAll } from "../../engine/levels.js";
import { lastOf, roundHalfEven, wholeNumbers } from "../../engine/lists.js";
import { matrix, takeColumns } from "../../engine/matrix.js";
import { forward, sample } from "../../engine/network.js";
import { descend } from "../../engine/training.js";
import { number } from "../../figure/js/numbers.js";

/**
 * @import { Diagnostics } from "../../engine/diagnostics.js"
 * @import { Examples } from "../../engine/datasets.js"
 * @import { Initializer } from "../../engine/initializers.js"
 * @import { Matrix } from "../../engine/matrix.js"
 * @import { Network } from "../../engine/network.js"
 * @import { Snapshot } from "../../engine/training.js"
 *
 * Something to learn.
 * @typedef {Examples & { newX: Matrix, newY: Int32Array, batchSize: number, examples: string, classes: number }} Task
 * @typedef {{ panels: Record<string, any>, text: string }} Frame
 */

const FILM_LOSS = "softmax_cross_entropy";
const SHOWN_STEPS = [0, 1, 2, 4, 7, 11, 16, 22, 30, 40, 52, 66, 82, 100, 120, 145, 170, 200];
/** @type {Record<string, string>} */
const UNIT_NAMES = { tanh: "tanh", relu: "ReLU", sigmoid: "sigmoid" };

/**
 * What is told of one run, step after step: the curves so far, and the sentence of every step.
 * @param {Task} task
 * @param {string} opening
 */
function story(task, opening) {
  const chance = Math.log(task.classes);
  /** @type {Record<string, number[]>} */
  const curves = {};
  return {
    /** The data of a panel over time. @param {string[]} names */
    curve: (...names) => ({
      y: Object.fromEntries(names.map((name) => [name, SHOWN_STEPS.map((_, i) => curves[name][i] ?? null)])),
    }),
    /** @param {Record<string, number>} values */
    add(values) {
      for (const [name, value] of Object.entries(values)) curves[name] = [...(curves[name] ?? []), value];
    },
    /** How well it goes. @param {Snapshot} seen */
    sentence({ step, loss, heldOutLoss, heldOutAccuracy, divergedAt }) {
      const start = `Step ${step}, ${opening}: `;
      if (!Number.isFinite(loss))
        return `${start}the run diverged at step ${divergedAt < 0 ? step : divergedAt}; its loss is no number any more.`;
      const right = heldOutAccuracy ?? 0;
      const text =
        `${start}loss ${number(loss, 3)} on the training ${task.examples}, ${number(heldOutLoss, 3)} on new ones; ` +
        `${roundHalfEven(100 * right)} % of new ${task.examples} are right.`;
      if (loss <= chance - 0.005) return text;
      const share = 1 / task.classes;
      if (right > share + 2 * Math.sqrt(((1 - share) * share) / task.newY.length))
        return `${text} The answers are better than chance, but the loss is not: guessing costs ${number(chance, 3)}.`;
      const among = task.classes === 2 ? "two" : "ten";
      return `${text} That is no better than chance: guessing among ${among} costs ${number(chance, 3)}.`;
    },
  };
}

/** Where the largest of some numbers is. @param {number[]} values */
const atLargest = (values) => values.indexOf(Math.max(...values));

/**
 * The sentence on the layer whose units are worst off, if any is.
 * @param {string} activation
 * @param {Diagnostics} seen
 */
function unitsInWords(activation, { saturated, dead }) {
  const shares = (activation === "relu" ? dead : saturated).slice(0, -1); // the output layer has no f
  const layer = atLargest(shares);
  const what = activation === "relu" ? "ReLU units off for every example" : `${activation} units saturated`;
  return shares[layer] >= 0.005 ? ` Layer ${layer + 1}: ${roundHalfEven(100 * shares[layer])} % of ${what}.` : "";
}

/** @param {string} words */
const capitalized = (words) => words[0].toUpperCase() + words.slice(1);

/**
 * The sentence on how much of the gradient comes down to the first layer.
 * @param {number[]} sizes
 * @param {string} what
 */
function gradientInWords(sizes, what) {
  if (!sizes.every(Number.isFinite)) return "";
  const silent = [...sizes.keys()].filter((i) => sizes[i] === 0).map((i) => i + 1);
  if (silent.length === sizes.length) return ` No layer has a ${what}.`;
  if (silent.length === 1) return ` Layer ${silent[0]} has no ${what}.`;
  if (silent.length) return ` Layers ${silent[0]} to ${lastOf(silent)} have no ${what}.`;
  return ` ${capitalized(what)}: ${number(lastOf(sizes), 2)} in layer ${sizes.length}, ${number(sizes[0], 2)} in layer 1.`;
}

/**
 * Trains, and yields a frame for every step that is shown, and nothing between them.
 * @param {Network} network
 * @param {Task} task
 * @param {number} learningRate
 * @param {(snapshot: Snapshot) => Frame} frame
 */
function* film(network, task, learningRate, frame) {
  const steps = lastOf(SHOWN_STEPS);
  const how = { loss: FILM_LOSS, learningRate, steps, batchSize: task.batchSize, momentum: 0.9, seed: 0 };
  const heldOut = /** @type {[Matrix, Int32Array]} */ ([task.newX, task.newY]);
  for (const snapshot of descend(network, task.x, task.y, { ...how, snapshots: SHOWN_STEPS, heldOut })) {
    yield;
    if (snapshot) yield frame(snapshot);
  }
}

// Points in the plane

const PLANE_DEPTH = 5;
const PLANE_WIDTH = 12;
const PLANE_CELLS = 20;
const PLANE_REACH = 2.4;
/** @type {Record<string, [string, Initializer]>} */
const PLANE_STARTS = {
  zero: ["all weights 0", zeros],
  constant: ["all weights 0.1", constant({ value: 0.1 })],
  small: ["too small: 0.3 × Xavier", xavierNormal({ gain: 0.3 })],
  xavier: ["Xavier", xavierNormal()],
  he: ["He", heNormal()],
  large: ["too large: 4 × Xavier", xavierNormal({ gain: 4 })],
};
/** The best rates of experiments.py. @type {Record<string, Record<string, number>>} */
const PLANE_BEST = {
  "blobs tanh": { constant: 0.2, small: 0.2, xavier: 0.2, he: 0.2, large: 0.03 },
  "blobs relu": { constant: 0.2, small: 0.2, xavier: 0.2, he: 0.03, large: 0.001 },
  "circles tanh": { constant: 0.03, xavier: 0.03, he: 0.03, large: 0.03 },
  "circles relu": { constant: 0.03, xavier: 0.03, he: 0.03, large: 0.005 },
  "moons tanh": { constant: 0.03, small: 0.2, xavier: 0.03, he: 0.03, large: 0.03 },
  "moons relu": { constant: 0.03, xavier: 0.03, he: 0.03, large: 0.001 },
  "spiral tanh": { constant: 0.03, small: 0.2, xavier: 0.03, he: 0.03, large: 0.03 },
  "spiral relu": { constant: 0.2, xavier: 0.03, he: 0.03, large: 0.001 },
};

/** @param {string} data @returns {Task} */
function planeTask(data) {
  const make = { blobs, circles: (/** @type {object} */ how) => circles({ noise: 0.12, ...how }), moons, spiral }[data];
  if (!make) throw new Error(`there is no data set ${data}`);
  const [old, fresh] = [make({ examples: 100, seed: 0 }), make({ examples: 200, seed: 1 })];
  return { ...old, newX: fresh.x, newY: fresh.y, batchSize: 20, examples: "points", classes: 2 };
}

/** The centres of the cells of the plane, in rows from the lowest. */
function planeCells() {
  const cells = matrix(2, PLANE_CELLS * PLANE_CELLS);
  const centre = (/** @type {number} */ i) => ((i + 0.5) / PLANE_CELLS) * 2 * PLANE_REACH - PLANE_REACH;
  for (let i = 0; i < PLANE_CELLS * PLANE_CELLS; i++) {
    cells.data[i] = centre(i % PLANE_CELLS);
    cells.data[i + PLANE_CELLS * PLANE_CELLS] = centre(Math.floor(i / PLANE_CELLS));
  }
  return cells;
}

/** The probability of class 1. @param {Matrix} scores */
const shareOfClass1 = ({ cols, data }) =>
  data.subarray(0, cols).map((score, i) => 1 / (1 + Math.exp(score - data[cols + i])));

/**
 * The film of points in the plane.
 * @param {{ data: string, start: string, activation: string, rate: number, width: number, depth: number, seed: number }} of
 * @returns {Generator<Frame | undefined>}
 */
export function* twoDimensions({ data, start, activation, rate, width, depth, seed }) {
  const task = planeTask(data);
  const [label, initializer] = PLANE_STARTS[start];
  const network = sample({ widths: [2, ...Array(depth).fill(width), 2], activation, initializer, seed });
  const best = width === PLANE_WIDTH && depth === PLANE_DEPTH ? PLANE_BEST[`${data} ${activation}`][start] : undefined;
  const marks = best === undefined ? {} : { marks: { rate: best } };
  const { add, curve, sentence } = story(task, `${label}, ${UNIT_NAMES[activation]}, rate ${number(rate, 3)}`);
  const points = { x: task.x.data.slice(0, task.x.cols), y: task.x.data.slice(task.x.cols), label: task.y };
  const cells = planeCells();

  yield* film(network, task, rate, (snapshot) => {
    const seen = diagnose(snapshot.network, task.x, task.y, { loss: FILM_LOSS });
    const { loss, heldOutLoss } = snapshot;
    add({ train: loss, new: heldOutLoss ?? NaN });
    const panels = {
      surface: { levels: levelsOfAll(shareOfClass1(forward(snapshot.network, cells))), points },
      loss: curve("train", "new"),
      gradient: { y: { now: seen.dW.rms }, x: seen.layers },
      ...marks,
    };
    let text = sentence(snapshot);
    if (Number.isFinite(loss))
      text += gradientInWords(seen.dW.rms, "gradient of weights") + unitsInWords(activation, seen);
    return { panels, text };
  });
}

// Handwritten digits

const DIGIT_DEPTH = 8;
const DIGIT_WIDTH = 50;
const LOOKED_AT = 60; // examples on which activations and gradients are looked at
/** @type {Record<string, [string, Initializer]>} */
const DIGIT_STARTS = {
  zero: ["all weights 0", zeros],
  uniform: ["uniform, −0.05 to 0.05", uniform({ low: -0.05, high: 0.05 })],
  xavier: ["Xavier", xavierNormal()],
  he: ["He", heNormal()],
  normal: ["standard normal", normal()],
};
/** The best rates of experiments.py. @type {Record<string, Record<string, number>>} */
const DIGIT_BEST = {
  tanh: { xavier: 0.01, he: 0.01, normal: 0.05 },
  relu: { xavier: 0.01, he: 0.01 },
  sigmoid: { normal: 0.05 },
};
/** @type {import("../../engine/layer_statistics.js").BinsOf} */
const DIGIT_BINS = { W: [24, -4, 1, "log"], a: [24, -2, 2], dz: [24, -12, 0, "log"] };

/**
 * A thousand digits as the page carries them: a letter for each pixel, digit after digit, and a figure for each label.
 * @typedef {{ pixels: string, labels: string }} DigitData
 * @param {DigitData} data
 */
function digitTask({ pixels, labels }) {
  const y = Int32Array.from(labels, Number);
  const x = matrix(64, y.length);
  for (let at = 0; at < pixels.length; at++)
    x.data[(at % 64) * x.cols + Math.floor(at / 64)] = LETTERS.indexOf(pixels[at]);
  const some = split(x, y, { heldOut: 0.3, seed: 0 });
  const [scaled, newX] = standardize(some.x, some.heldOutX);
  const shown = twoOfEach(some.heldOutY, 10);
  /** @type {Task} */
  const task = { x: scaled, y: some.y, newX, newY: some.heldOutY, batchSize: 32, examples: "digits", classes: 10 };
  return { task, shown, picture: levelsOfAll(pixelsOf(some.heldOutX, shown)) };
}

/**
 * The data of a panel of ridges.
 * @param {import("../../engine/layer_statistics.js").LayerStatistics} statistics
 * @param {number} layers
 */
function ridgesOf({ histograms, rms }, layers) {
  const shown = histograms.slice(0, layers);
  return {
    layers: shown.map((_, i) => i + 1),
    counts: levelsOfAll(shown.flatMap(({ counts }) => counts.map((count) => count / Math.max(...counts, 1)))),
    rms: rms.slice(0, layers),
    outside: shown.map(({ counts, below, above, nan, zero }) => {
      const outside = below + above + zero + nan;
      return roundHalfEven(100 * (outside / (counts.reduce((sum, count) => sum + count, 0) + outside)));
    }),
  };
}

/**
 * The film of the digits.
 * @param {{ activation: string, start: string, rate: number, width: number, depth: number, seed: number }} of
 * @param {DigitData} data
 * @returns {Generator<Frame | undefined>}
 */
export function* digits({ activation, start, rate, width, depth, seed }, data) {
  const { task, shown, picture } = digitTask(data);
  const [name, initializer] = DIGIT_STARTS[start];
  const network = sample({ widths: [64, ...Array(depth).fill(width), 10], activation, initializer, seed });
  const best = width === DIGIT_WIDTH && depth === DIGIT_DEPTH ? DIGIT_BEST[activation][start] : undefined;
  const marks = best === undefined ? {} : { marks: { rate: best } };
  const { add, curve, sentence } = story(task, `${name}, ${UNIT_NAMES[activation]}, rate ${number(rate, 3)}`);
  const first = takeColumns(task.x, wholeNumbers(0, LOOKED_AT - 1));
  const firstY = task.y.subarray(0, LOOKED_AT);
  const shownX = takeColumns(task.newX, shown);
  const label = shown.map((i) => task.newY[i]);

  yield* film(network, task, rate, (snapshot) => {
    const seen = diagnose(snapshot.network, first, firstY, { loss: FILM_LOSS, bins: DIGIT_BINS });
    const said = answers(forward(snapshot.network, shownX));
    const { loss, heldOutLoss, heldOutAccuracy } = snapshot;
    add({ train: loss, new: heldOutLoss ?? NaN, right: 100 * (heldOutAccuracy ?? NaN) });
    const says = said.map((answer) => answer.says);
    const panels = {
      digits: { pixels: picture, label, says, sure: levelsOfAll(said.map(({ sure }) => sure)) },
      loss: curve("train", "new"),
      right: curve("right"),
      weights: ridgesOf(seen.W, depth + 1),
      activations: ridgesOf(seen.a, depth),
      gradients: ridgesOf(seen.dz, depth + 1),
      ...marks,
    };
    let text = sentence(snapshot);
    if (Number.isFinite(loss)) {
      text += ` Of the ${shown.length} shown ${says.filter((k, i) => k !== label[i]).length} are wrong.`;
      text += gradientInWords(seen.dz.rms, "gradient") + unitsInWords(activation, seen);
    }
    return { panels, text };
  });
}
