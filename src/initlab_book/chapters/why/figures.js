// The figure of the chapter "Why initialization matters", computed on the page: the frames of figures.py.

import { spiral } from "../../engine/datasets.js";
import { constant, varianceScaling, zeros } from "../../engine/initializers.js";
import { lastOf, wholeNumbers } from "../../engine/lists.js";
import { sample } from "../../engine/network.js";
import { descend, evaluate } from "../../engine/training.js";
import { number } from "../../figure/js/numbers.js";

/**
 * @import { Initializer } from "../../engine/initializers.js"
 * @import { OptimizerOptions } from "../../engine/optimizers.js"
 */

const STARTS_STEPS = 1000;
const CLASSES_LOSS = "softmax_cross_entropy";
const STARTS_RATES = Array.from({ length: 14 }, (_, i) => Number((10 ** (i / 2 - 6)).toPrecision(3)));
/** Steps of which the loss is shown: 0, and thirty in equal ratios. */
const STARTS_SHOWN = [...new Set([0, ...Array.from({ length: 30 }, (_, i) => Math.round(STARTS_STEPS ** (i / 29)))])];

/** He's normal initialization, its standard deviation multiplied by a factor. @param {number} factor */
const heTimes = (factor) => varianceScaling({ scale: 2 * factor ** 2, mode: "fan_in", distribution: "normal" });

/** @type {Record<string, [string, Initializer]>} */
const STARTS = {
  zero: ["All weights 0", zeros],
  constant: ["All weights 0.1", constant({ value: 0.1 })],
  "x0.1": ["Random, scale 0.1", heTimes(0.1)],
  "x0.3": ["Random, scale 0.3", heTimes(0.3)],
  x1: ["Random, scale 1", heTimes(1)],
  x3: ["Random, scale 3", heTimes(3)],
  x10: ["Random, scale 10", heTimes(10)],
};
/** @type {Record<string, [string, OptimizerOptions & { optimizer?: string }]>} */
const STARTS_OPTIMIZERS = {
  sgd: ["plain SGD", {}],
  momentum: ["SGD with momentum", { momentum: 0.9 }],
  adam: ["Adam", { optimizer: "adam" }],
};

/**
 * A run: the loss at the steps that are shown, the share of new points that are right, and whether it overflowed.
 * @typedef {{ loss: number[], accuracy: number, overflow: boolean }} StartRun
 * @typedef {{ start: string, optimizer: string, rate: number, width: number, depth: number, seed: number }} StartSetting
 */

/** What was trained before, as it takes seconds: by all settings but the rate. @type {Map<string, StartRun[][]>} */
const startRuns = new Map();

/**
 * Trains from one start at every learning rate, from five seeds each; of equal weights there is one.
 * @param {StartSetting} setting
 * @returns {Generator<undefined, StartRun[][]>} pauses after every step
 */
function* atEveryRate({ start, optimizer, width, depth, seed }) {
  const { x, y } = spiral({ examples: 200, seed: 0 });
  const fresh = spiral({ examples: 1000, seed: 1 });
  const [, initializer] = STARTS[start];
  const [, options] = STARTS_OPTIMIZERS[optimizer];
  const widths = [2, ...Array(depth).fill(width), 2];
  const last = ["zero", "constant"].includes(start) ? seed : seed + 4;
  const draw = { widths, activation: "relu", initializer };
  const networks = wholeNumbers(seed, last).map((each) => sample({ ...draw, seed: each }));
  const how = { loss: CLASSES_LOSS, steps: STARTS_STEPS, batchSize: 20, seed: 0, snapshots: STARTS_SHOWN, ...options };
  /** @type {StartRun[][]} */
  const every = [];
  for (const learningRate of STARTS_RATES) {
    every.push([]);
    for (const network of networks) {
      const updates = descend(network, x, y, { ...how, learningRate });
      const loss = [];
      let next = updates.next();
      for (; !next.done; next = updates.next()) {
        if (next.value) loss.push(next.value.loss);
        yield;
      }
      const { accuracy } = evaluate(next.value.network, fresh.x, fresh.y, CLASSES_LOSS);
      lastOf(every).push({ loss, accuracy: accuracy ?? 0, overflow: next.value.divergedAt >= 0 });
    }
  }
  return every;
}

/** A share as the book writes it. @param {number} share */
const inPercent = (share) => `${Number((100 * share).toFixed(1))} %`;

/** The range of some values, in words. @param {number[]} values */
function fromTo(values) {
  const [low, high] = [number(Math.min(...values), 3), number(Math.max(...values), 3)];
  return low === high ? low : `${low} to ${high}`;
}

/**
 * One network, seven starts.
 * @param {StartSetting} setting
 */
export function* starts(setting) {
  const { start, optimizer, rate, width, depth, seed } = setting;
  const key = [start, optimizer, width, depth, seed].join();
  const every = startRuns.get(key) ?? (yield* atEveryRate(setting));
  startRuns.set(key, every);

  const away = STARTS_RATES.map((other) => Math.abs(Math.log(other / rate)));
  const at = away.indexOf(Math.min(...away));
  const here = every[at];
  const accuracies = every.map((runs) => runs.map(({ accuracy }) => accuracy));
  const mean = accuracies.map((of) => of.reduce((sum, share) => sum + share, 0) / of.length);
  const panels = {
    loss: { y: { seeds: here.map(({ loss }) => loss) } },
    accuracy: {
      y: {
        mean: mean.map((share) => 100 * share),
        worst: accuracies.map((of) => 100 * Math.min(...of)),
        here: mean.map((share, i) => (i === at ? 100 * share : null)),
      },
    },
  };
  const rest = here.filter(({ overflow }) => !overflow).map(({ loss }) => lastOf(loss));
  const overflows = here.length - rest.length;
  let end = rest.length ? `after ${STARTS_STEPS} steps it is ${fromTo(rest)}` : "all five networks overflow";
  if (rest.length && overflows) end += `, and ${overflows} of 5 networks have overflowed`;
  let right = `${inPercent(mean[at])} are right`;
  if (here.length > 1) right += ` on average, ${inPercent(Math.min(...accuracies[at]))} with the worst seed`;
  const text =
    `${STARTS[start][0]}, ${STARTS_OPTIMIZERS[optimizer][0]}, rate ${number(STARTS_RATES[at], 3)}: the loss starts at ` +
    `${fromTo(here.map(({ loss }) => loss[0]))}; ${end}. Of new points ${right}.`;
  return { panels, text };
}
