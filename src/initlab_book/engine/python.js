// An experiment of the lab in Python: the code that gives the same numbers.

import { holdsOut } from "./experiment.js";

/** @import { DataSettings, Experiment, LayerInitializer } from "./lab.d.ts" */

/** @typedef {(scale: number) => object} Arguments */

/** @type {Arguments} */
const asFactor = (gain) => (gain === 1 ? {} : { gain });
/** @param {number} variance @param {string} distribution @returns {Arguments} */
const fanIn = (variance, distribution) => (scale) =>
  scale === 1 ? {} : { scale: variance * scale * scale, mode: "fan_in", distribution };

/** The arguments of an initializer, by scheme. @type {Record<string, Arguments>} */
const ARGUMENTS = {
  zeros: () => ({}),
  constant: (value) => ({ value }),
  identity: asFactor,
  normal: (std) => (std === 1 ? {} : { std }),
  uniform: (bound) => ({ low: -bound, high: bound }),
  truncated_normal: (std) => ({ std, low: -2 * std, high: 2 * std }),
  xavier_normal: asFactor,
  xavier_uniform: asFactor,
  he_normal: fanIn(2, "normal"),
  he_uniform: fanIn(2, "uniform"),
  lecun_normal: fanIn(1, "normal"),
  lecun_uniform: fanIn(1, "uniform"),
  orthogonal: asFactor,
};

/** @param {LayerInitializer} how */
function initializerCode({ scheme, scale }) {
  const given = ARGUMENTS[scheme](scale);
  const name = `initializers.${"mode" in given ? "variance_scaling" : scheme}`;
  const words = Object.entries(given).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return words.length ? `partial(${[name, ...words].join(", ")})` : name;
}

/** One for all layers, or a list. @param {string[]} codes */
const forAllLayers = (codes) =>
  codes.length && codes.every((code) => code === codes[0]) ? codes[0] : `[${codes.join(", ")}]`;

/** @param {DataSettings} data */
function dataCode(data) {
  const { set, n, noise, seed, heldOut, scale, standardize, points } = data;
  const lines = [];
  if (set === "own") {
    const rows = [0, 1].map((i) => `[${points.map((point) => point[i]).join(", ")}]`);
    lines.push(`x = np.array([${rows.join(", ")}], float)`);
    lines.push(`y = np.array([${points.map((point) => point[2]).join(", ")}])`);
  } else if (set === "digits") {
    lines.push("x, y = datasets.digits()", `x, y = x[:, :${n}], y[:${n}]`);
  } else lines.push(`x, y = datasets.${set}(${n}, noise=${noise}, rng=${seed})`);
  if (scale !== 1) lines.push(`x = x * ${scale}`);
  if (holdsOut(data)) {
    lines.push(`x, y, new_x, new_y = datasets.split(x, y, held_out=${heldOut}, rng=${seed})`);
    if (standardize) lines.push("x, new_x = datasets.standardize(x, new_x)");
  } else if (standardize) lines.push("x = datasets.standardize(x)");
  return lines;
}

/** A call with an argument on each line. @param {string} name @param {string[]} given */
const callCode = (name, given) => [`    ${name}(`, ...given.map((argument) => `        ${argument},`), "    )"];

/**
 * Code that trains a network of an experiment from every seed, and prints its losses.
 * @param {Experiment} experiment
 * @param {number} run which network
 * @param {number} steps
 */
export function pythonOf({ data, runs, seeds }, run = 0, steps = 200) {
  const { hidden, activations, initializers, biases, biased, optimizer, rate, momentum, batch, decay } = runs[run];
  const [inputs, outputs] = data.set === "digits" ? [64, 10] : [2, 2];
  const held = holdsOut(data);
  const sampled = [
    `[${[inputs, ...hidden, outputs].join(", ")}]`,
    forAllLayers(activations.map((name) => `"${name}"`)),
    forAllLayers(initializers.map(initializerCode)),
  ];
  if (!biased) sampled.push("bias_initializer=None");
  else if (biases.some((b) => b !== 0)) {
    const each = biases.map((value) => initializerCode({ scheme: value ? "constant" : "zeros", scale: value }));
    sampled.push(`bias_initializer=${forAllLayers(each)}`);
  }
  const trained = ["net", "x", "y", 'loss="softmax_cross_entropy"', `learning_rate=${rate}`, `steps=${steps}`];
  if (batch) trained.push(`batch_size=min(${batch}, len(y))`);
  if (optimizer !== "sgd") trained.push(`optimizer="${optimizer}"`);
  else if (momentum) trained.push(`momentum=${momentum}`);
  if (decay) trained.push(`weight_decay=${decay}`);
  trained.push("rng=seed", "snapshots=range(0, 1 + steps, 10)".replace("steps", String(steps)));
  if (held) trained.push("held_out=(new_x, new_y)");
  const body = [
    ...dataCode(data),
    "",
    `for seed in range(${seeds.first}, ${seeds.first + seeds.count}):`,
    ...callCode("net = network.sample", [...sampled, "rng=seed"]),
    ...callCode("run = training.train", trained),
    "    for seen in run.snapshots:",
    `        print(seed, seen.step, seen.loss, seen.accuracy${held ? ", seen.held_out_loss, seen.held_out_accuracy" : ""})`,
  ];
  const head = [];
  if (body.some((line) => line.includes("partial("))) head.push("from functools import partial", "");
  if (data.set === "own") head.push("import numpy as np", "");
  const modules = ["datasets", "initializers", "network", "training"];
  const used = modules.filter((name) => body.some((line) => line.includes(`${name}.`)));
  return [...head, `from initlab import ${used.join(", ")}`, "", ...body, ""].join("\n");
}
