// An experiment of the lab: what it may be, how it is checked, and how it is written into a link. See lab.d.ts.

import { ACTIVATIONS } from "./activations.js";
import { roundHalfEven } from "./lists.js";

/** @import { DataSet, Experiment, NetworkSettings, Opened, Problem, Scheme } from "./lab.d.ts" */

export const LAB_VERSION = 1;

export const LIMITS = { layers: 8, units: 64, examples: 1000, points: 500, draws: 10 };

/** The data sets, by name. @type {Record<string, DataSet>} */
export const DATA_SETS = {
  blobs: { label: "two clouds", noise: 0.5, n: 200 },
  circles: { label: "two circles", noise: 0.08, n: 200 },
  moons: { label: "two moons", noise: 0.15, n: 200 },
  cross: { label: "exclusive or", noise: 0.3, n: 200 },
  spiral: { label: "spiral", noise: 0.03, n: 200 },
  digits: { label: "handwritten digits", noise: 0, n: 400 },
  own: { label: "own points", noise: 0, n: 0 },
};

/** The initializers, by their names in initializers.py. @type {Record<string, Scheme>} */
export const SCHEMES = {
  zeros: { label: "zeros", scale: "", usual: 1 },
  constant: { label: "constant", scale: "value", usual: 0.1 },
  identity: { label: "identity", scale: "factor", usual: 1 },
  normal: { label: "normal", scale: "standard deviation", usual: 1 },
  uniform: { label: "uniform", scale: "bound", usual: 0.05 },
  truncated_normal: { label: "truncated normal", scale: "standard deviation", usual: 0.05 },
  xavier_normal: { label: "Xavier, normal", scale: "factor", usual: 1 },
  xavier_uniform: { label: "Xavier, uniform", scale: "factor", usual: 1 },
  he_normal: { label: "He, normal", scale: "factor", usual: 1 },
  he_uniform: { label: "He, uniform", scale: "factor", usual: 1 },
  lecun_normal: { label: "LeCun, normal", scale: "factor", usual: 1 },
  lecun_uniform: { label: "LeCun, uniform", scale: "factor", usual: 1 },
  orthogonal: { label: "orthogonal", scale: "factor", usual: 1 },
};

export const OPTIMIZER_LABELS = { sgd: "SGD", adam: "Adam", adamw: "AdamW" };

/** The bins of a frame's histograms. @satisfies {import("./layer_statistics.js").BinsOf} */
export const HISTOGRAMS = {
  a: /** @type {[number, number, number]} */ ([40, -3, 3]),
  W: /** @type {[number, number, number]} */ ([40, -2, 2]),
  dz: /** @type {[number, number, number, "log"]} */ ([40, -10, 1, "log"]),
};

/** @type {NetworkSettings} */
const USUAL_NETWORK = {
  hidden: [8, 8],
  activations: ["tanh", "tanh"],
  initializers: Array(3).fill({ scheme: "xavier_normal", scale: 1 }),
  biases: [0, 0, 0],
  biased: true,
  optimizer: "sgd",
  rate: 0.03,
  momentum: 0.9,
  batch: 20,
  decay: 0,
};

/** @typedef {Record<string, unknown>} Loose JSON that has not been checked */

/** What a value may be: a test, and words for it. @typedef {[(value: any) => boolean, string]} Allowed */

/** @param {number} low @param {number} high @returns {Allowed} */
const wholeFrom = (low, high) => [
  (v) => Number.isInteger(v) && v >= low && v <= high,
  `a whole number from ${low} to ${high}`,
];
/** @param {number} low @param {number} high @returns {Allowed} */
const numberFrom = (low, high) => [(v) => typeof v === "number" && v >= low && v <= high, `from ${low} to ${high}`];
/** @param {object} names @returns {Allowed} */
const nameIn = (names) => [
  (v) => typeof v === "string" && Object.hasOwn(names, v),
  `one of ${Object.keys(names).join(", ")}`,
];
/** @type {Allowed} */
const trueOrFalse = [(v) => typeof v === "boolean", "true or false"];
/** With fewer examples, a tenth of a class would be none of them. @type {Record<string, number>} */
const LEAST_EXAMPLES = { digits: 100, own: 0 };
/** @type {Allowed} */
const shareHeldOut = [(v) => v === 0 || (v >= 0.1 && v <= 0.9), "0, or from 0.1 to 0.9"];
/** @type {Allowed} */
const threeNumbers = [
  (v) => Array.isArray(v) && v.length === 3 && v.every((w) => Math.abs(w) < 1e6) && (v[2] === 0 || v[2] === 1),
  "[x, y, 0 or 1]",
];
/** @type {Allowed} */
const SEED = wholeFrom(0, 2 ** 32 - 1);
/** @type {Allowed} */
const WIDTH = wholeFrom(1, LIMITS.units);

/** As an error message writes it. @param {unknown} value */
const quoted = (value) => (JSON.stringify(value) ?? "nothing").slice(0, 60);

/** @param {unknown} value @returns {value is Loose} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** Checks a piece of an experiment, and collects what is wrong with it. @param {Problem[]} problems */
function checker(problems) {
  /** @param {string} where @param {string} wrong @param {unknown} taken */
  const complain = (where, wrong, taken) =>
    problems.push({ where, text: `${where} ${wrong}. Taken instead: ${quoted(taken)}.` });
  return {
    complain,
    /**
     * An object with no other entries than the known ones.
     * @param {string} where @param {unknown} value @param {string[]} known
     */
    object(where, value, known) {
      if (value === undefined) return {};
      if (!isObject(value)) {
        complain(where, `must be an object, got ${quoted(value)}`, "defaults");
        return {};
      }
      for (const name of Object.keys(value))
        if (!known.includes(name)) {
          const path = where ? `${where}.${name}` : name;
          problems.push({ where: path, text: `${path} is not known here. It was left out.` });
        }
      return value;
    },
    /** @template T @param {string} where @param {unknown} value @param {T} usual @param {Allowed} allowed @returns {T} */
    one(where, value, usual, [fits, words]) {
      if (value === undefined) return usual;
      if (fits(value)) return /** @type {T} */ (value);
      complain(where, `must be ${words}, got ${quoted(value)}`, usual);
      return usual;
    },
  };
}

/**
 * A network, checked.
 * @param {string} where
 * @param {unknown} given
 * @param {ReturnType<typeof checker>} check
 * @returns {NetworkSettings}
 */
function checkNetwork(where, given, { object, one, complain }) {
  const usual = USUAL_NETWORK;
  const network = object(where, given, Object.keys(usual));
  let hidden = [...usual.hidden];
  if (network.hidden !== undefined) {
    const list = network.hidden;
    if (Array.isArray(list) && list.length <= LIMITS.layers)
      hidden = list.map((n, i) => one(`${where}.hidden[${i}]`, n, 8, WIDTH));
    else
      complain(
        `${where}.hidden`,
        `must list the units of at most ${LIMITS.layers} layers, got ${quoted(list)}`,
        hidden,
      );
  }
  /**
   * @template T
   * @param {"activations" | "initializers" | "biases"} name
   * @param {number} count
   * @param {T} first
   * @param {(where: string, value: unknown) => T} each
   * @returns {T[]}
   */
  const forLayers = (name, count, first, each) => {
    const list = network[name];
    const path = `${where}.${name}`;
    if (!Array.isArray(list)) {
      const all = list === undefined ? first : each(path, list);
      return Array.from({ length: count }, () => (isObject(all) ? { ...all } : all));
    }
    if (list.length !== count)
      complain(path, `must have ${count} entries, one for each layer, got ${list.length}`, first);
    return Array.from({ length: count }, (_, i) => each(`${path}[${i}]`, list[i]));
  };
  const layers = hidden.length + 1;
  return {
    hidden,
    activations: forLayers("activations", layers - 1, "tanh", (path, v) => one(path, v, "tanh", nameIn(ACTIVATIONS))),
    initializers: forLayers("initializers", layers, usual.initializers[0], (path, v) => {
      const how = object(path, v, ["scheme", "scale"]);
      const scheme = one(`${path}.scheme`, how.scheme, "xavier_normal", nameIn(SCHEMES));
      return { scheme, scale: one(`${path}.scale`, how.scale, SCHEMES[scheme].usual, scaleOf(scheme)) };
    }),
    biases: forLayers("biases", layers, 0, (path, v) => one(path, v, 0, numberFrom(-1000, 1000))),
    biased: one(`${where}.biased`, network.biased, usual.biased, trueOrFalse),
    optimizer: one(`${where}.optimizer`, network.optimizer, usual.optimizer, nameIn(OPTIMIZER_LABELS)),
    rate: one(`${where}.rate`, network.rate, usual.rate, numberFrom(0, 1000)),
    momentum: one(`${where}.momentum`, network.momentum, usual.momentum, numberFrom(0, 0.9999)),
    batch: one(`${where}.batch`, network.batch, usual.batch, wholeFrom(0, LIMITS.examples)),
    decay: one(`${where}.decay`, network.decay, usual.decay, numberFrom(0, 10)),
  };
}

/** @param {string} scheme */
const scaleOf = (scheme) => numberFrom(scheme === "constant" ? -1000 : scheme === "identity" ? -1000 : 0.000001, 1000);

/**
 * An experiment from JSON: what is missing takes its default, what is wrong is named.
 * @param {unknown} json
 * @returns {Opened}
 */
export function checkExperiment(json) {
  /** @type {Problem[]} */
  const problems = [];
  const refuse = (/** @type {string} */ text) => ({ experiment: null, problems: [{ where: "", text }] });
  if (!isObject(json)) return refuse("This is not an experiment of the lab.");
  const version = json.version ?? LAB_VERSION;
  if (!Number.isInteger(version) || Number(version) < 1)
    return refuse(`This is not an experiment of the lab: its version is ${quoted(version)}.`);
  if (Number(version) > LAB_VERSION)
    return refuse(
      `This experiment was saved by a newer lab, version ${version}. This one reads version ${LAB_VERSION}: open it ` +
        "on the newest page of the book.",
    );

  const check = checker(problems);
  const { object, one, complain } = check;
  const top = object("", json, ["version", "data", "runs", "seeds"]);
  const given = object("data", top.data, ["set", "n", "noise", "seed", "heldOut", "scale", "standardize", "points"]);
  const set = /** @type {Experiment["data"]["set"]} */ (one("data.set", given.set, "moons", nameIn(DATA_SETS)));
  /** @type {Experiment["data"]["points"]} */
  let points = [];
  if (Array.isArray(given.points)) {
    if (given.points.length > LIMITS.points)
      complain(
        "data.points",
        `may be ${LIMITS.points} points, got ${given.points.length}`,
        `the first ${LIMITS.points}`,
      );
    points = given.points
      .slice(0, LIMITS.points)
      .map((point, i) => one(`data.points[${i}]`, point, [0, 0, 0], threeNumbers));
  } else if (given.points !== undefined) complain("data.points", `must be a list, got ${quoted(given.points)}`, points);
  const usual = DATA_SETS[set];
  let n = one("data.n", given.n, usual.n, wholeFrom(LEAST_EXAMPLES[set] ?? 20, LIMITS.examples));
  if (set === "own") n = points.length;
  else if (set !== "digits" && n % 2) {
    complain("data.n", `must be even, half of them in each class, got ${n}`, n + 1);
    n += 1;
  }
  const seeds = object("seeds", top.seeds, ["first", "count"]);
  let runs = Array.isArray(top.runs) ? top.runs : [{}];
  if (top.runs !== undefined && (!Array.isArray(top.runs) || !runs.length || runs.length > 2)) {
    complain("runs", "must list one network, or two to compare", runs.length > 2 ? "the first two" : "the usual one");
    runs = runs.length ? runs.slice(0, 2) : [{}];
  }
  return {
    experiment: {
      version: 1,
      data: {
        set,
        n,
        noise: one("data.noise", given.noise, usual.noise, numberFrom(0, 3)),
        seed: one("data.seed", given.seed, 0, SEED),
        heldOut: one("data.heldOut", given.heldOut, 0.5, shareHeldOut),
        scale: one("data.scale", given.scale, 1, numberFrom(1e-6, 1e6)),
        standardize: one("data.standardize", given.standardize, true, trueOrFalse),
        points,
      },
      runs: runs.map((network, i) => checkNetwork(`runs[${i}]`, network, check)),
      seeds: {
        first: one("seeds.first", seeds.first, 0, SEED),
        count: one("seeds.count", seeds.count, 1, wholeFrom(1, LIMITS.draws)),
      },
    },
    problems,
  };
}

/** What is to be written of a value, if the rest is filled in again. @param {any} value @param {any} usual @returns {any} */
function differing(value, usual) {
  if (JSON.stringify(value) === JSON.stringify(usual)) return undefined;
  if (!isObject(value)) return value;
  const left = Object.entries(value).flatMap(([name, v]) => {
    const written = differing(v, usual?.[name]);
    return written === undefined ? [] : [[name, written]];
  });
  return left.length ? Object.fromEntries(left) : undefined;
}

/** A list for the layers as one value, where all are alike. @param {any[]} list */
const asOne = (list) =>
  list.length && list.every((v) => JSON.stringify(v) === JSON.stringify(list[0])) ? list[0] : list;

const BRACKETS = { "{": "(", "}": ")", "[": "!", "]": "~" };
const BRACKETS_BACK = Object.fromEntries(Object.entries(BRACKETS).map(([inJson, inLink]) => [inLink, inJson]));

/**
 * An experiment in few characters that a link may contain: JSON without the defaults and the quotation marks, and with
 * other brackets.
 * @param {Experiment} experiment
 */
export function writeExperiment({ version, data, runs, seeds }) {
  const { data: usualData, seeds: usualSeeds } = /** @type {Experiment} */ (
    checkExperiment({ data: { set: data.set } }).experiment
  );
  const networks = runs.map((network) => {
    const lists = { activations: network.activations, initializers: network.initializers, biases: network.biases };
    const usual = checkExperiment({ runs: [{ hidden: network.hidden }] }).experiment?.runs[0];
    const { hidden: _, ...written } = differing(network, usual) ?? {};
    for (const [name, list] of Object.entries(lists)) if (name in written) written[name] = asOne(list);
    return { ...differing({ hidden: network.hidden }, USUAL_NETWORK), ...written };
  });
  const { n, ...rest } = data;
  const json = {
    version,
    data: {
      ...differing({ set: data.set }, { set: "moons" }),
      ...differing(data.set === "own" ? rest : data, usualData),
    },
    runs: runs.length === 1 && !Object.keys(networks[0]).length ? undefined : networks,
    seeds: differing(seeds, usualSeeds),
  };
  if (!Object.keys(json.data).length) /** @type {any} */ (json).data = undefined;
  return JSON.stringify(json)
    .replaceAll('"', "")
    .replace(/[{}[\]]/g, (bracket) => BRACKETS[/** @type {"{"} */ (bracket)]);
}

/**
 * An experiment from a link or a file.
 * @param {string} text
 * @returns {Opened}
 */
export function readExperiment(text) {
  let json = text.trim();
  try {
    if (!json.startsWith("{"))
      json = decodeURIComponent(json) // some programs escape what they need not
        .replace(/[()!~]/g, (bracket) => BRACKETS_BACK[bracket])
        .replace(/([{,:[])([A-Za-z_]\w*)/g, (all, before, word) =>
          /^(true|false|null)$/.test(word) ? all : `${before}"${word}"`,
        );
    return checkExperiment(JSON.parse(json));
  } catch {
    return checkExperiment(null);
  }
}

/** Whether examples are held out: of few own points there may be nothing to hold out. @param {Experiment["data"]} data */
export function holdsOut({ set, heldOut, points }) {
  if (!heldOut || set !== "own") return heldOut > 0;
  const ones = points.filter(([, , label]) => label).length;
  const out = roundHalfEven(heldOut * ones) + roundHalfEven(heldOut * (points.length - ones));
  return out > 0 && out < points.length;
}
