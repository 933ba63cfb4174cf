// What the reader sets: the data, the draws, and one network or two.

/** @import { DataSettings, Experiment, LayerInitializer, NetworkSettings } from "../../engine/lab.d.ts" */
/** @import { Edit } from "./types.d.ts" */

import { ACTIVATIONS } from "../../engine/activations.js";
import { DATA_SETS, LIMITS, OPTIMIZER_LABELS, SCHEMES } from "../../engine/experiment.js";
import { makeButton } from "../../figure/js/buttons.js";
import { number } from "../../figure/js/numbers.js";
import { write } from "../../figure/js/svg.js";
import { make } from "../../host/js/dom.js";
import { menuField, numberField, tickField } from "./fields.js";
import { makePad } from "./pad.js";

export const LETTERS_OF_RUNS = ["A", "B"];
const SEEDS = { low: 0, high: 2 ** 32 - 1, whole: true };
const REACH = 2.4; // of the board: as far as points of the sets lie

/** @param {Record<string, { label: string }>} table */
const labelsOf = (table) => Object.fromEntries(Object.entries(table).map(([name, { label }]) => [name, label]));
const SCHEME_LABELS = labelsOf(SCHEMES);
const ACTIVATION_LABELS = labelsOf(ACTIVATIONS);
const DATA_LABELS = labelsOf(DATA_SETS);

/**
 * A part of the settings that can be folded; its heading says in short what is set.
 * @param {string} title
 * @param {HTMLElement[]} content
 */
function makePart(title, ...content) {
  const short = make("span", { class: "il-soft" });
  const heading = make("summary", {}, make("strong", {}, title), " ", short);
  const box = make("details", { class: "il-part", open: "" }, heading, make("div", { class: "il-fields" }, ...content));
  return { box, short };
}

/**
 * @param {Edit} edit
 * @param {(words: string) => void} say
 */
export function makeDataPart(edit, say) {
  /** @type {<Name extends keyof DataSettings>(name: Name) => (value: DataSettings[Name]) => void} */
  const set = (name) => (value) => edit(({ data }) => (data[name] = value));
  const kind = menuField("Data", DATA_LABELS, (value) =>
    edit(({ data }) => {
      data.set = /** @type {DataSettings["set"]} */ (value);
      Object.assign(data, { n: DATA_SETS[value].n, noise: DATA_SETS[value].noise });
      if (value === "own" && !data.points.length) data.points = startingPoints();
    }),
  );
  const n = numberField("Examples", { low: 10, high: LIMITS.examples, whole: true, step: 2 }, set("n"));
  const noise = numberField("Noise", { low: 0, high: 3 }, set("noise"));
  const heldOut = numberField("Held-out share", { low: 0, high: 0.9, step: 0.05 }, set("heldOut"));
  const scale = numberField("Inputs times", { low: 1e-6, high: 1e6 }, set("scale"));
  const standardize = tickField("standardize inputs", set("standardize"));
  const seed = numberField("Seed of the data", SEEDS, set("seed"));
  const pad = makePad({ reach: REACH, most: LIMITS.points, changed: set("points"), say });
  const part = makePart("Data", kind.box, pad.box, n.box, noise.box, heldOut.box, scale.box, standardize.box, seed.box);
  return {
    box: part.box,
    /** @param {Experiment} experiment */
    show({ data }) {
      const own = data.set === "own";
      kind.show(data.set);
      n.show(data.n);
      noise.show(data.noise);
      heldOut.show(data.heldOut);
      scale.show(data.scale);
      standardize.show(data.standardize);
      seed.show(data.seed);
      pad.box.hidden = !own;
      n.box.hidden = own;
      noise.box.hidden = own || data.set === "digits";
      pad.show(data.points);
      write(part.short, `${DATA_SETS[data.set].label}, ${data.n} examples`);
    },
  };
}

/** Two small heaps, to begin with. @returns {DataSettings["points"]} */
function startingPoints() {
  return Array.from({ length: 24 }, (_, i) => {
    const angle = 2.4 * i; // the golden angle: evenly spread
    const radius = 0.14 * Math.sqrt(i);
    const side = i % 2 ? 1 : -1;
    /** @param {number} v */
    const rounded = (v) => Number(v.toFixed(2));
    return [rounded(side + radius * Math.cos(angle)), rounded(side * 0.6 + radius * Math.sin(angle)), i % 2];
  });
}

/** @param {Edit} edit */
export function makeDrawsPart(edit) {
  const first = numberField("Seed of the first draw", SEEDS, (value) => edit(({ seeds }) => (seeds.first = value)));
  const limits = { low: 1, high: LIMITS.draws, whole: true };
  const count = numberField("Draws at once", limits, (value) => edit(({ seeds }) => (seeds.count = value)));
  const part = makePart("Draws", first.box, count.box);
  return {
    box: part.box,
    /** @param {Experiment} experiment */
    show({ seeds }) {
      first.show(seeds.first);
      count.show(seeds.count);
      const last = seeds.first + seeds.count - 1;
      write(part.short, seeds.count > 1 ? `seeds ${seeds.first} to ${last}` : `seed ${seeds.first}`);
    },
  };
}

/**
 * The settings of one network: those of all layers, every layer by itself, and how it is trained.
 * @param {number} run
 * @param {Edit} edit
 * @param {(words: string) => void} say
 */
export function makeNetworkPart(run, edit, say) {
  const letter = LETTERS_OF_RUNS[run];
  /** @type {(mutate: (network: NetworkSettings) => void) => void} */
  const change = (mutate) => edit(({ runs }) => mutate(runs[run]));
  /** @type {<Name extends keyof NetworkSettings>(name: Name) => (value: NetworkSettings[Name]) => void} */
  const set = (name) => (value) => change((network) => (network[name] = value));

  const where = `network ${letter}`;
  const withBiases = tickField("with biases", set("biased"), where);
  const all = makeLayer("All layers", `all layers of ${where}`, {
    beside: withBiases.box,
    units: (value) => change((network) => network.hidden.fill(value)),
    activation: (value) => change((network) => network.activations.fill(value)),
    initializer: (value) =>
      change((network) => (network.initializers = network.initializers.map(() => ({ ...value })))),
    bias: (value) => change((network) => network.biases.fill(value)),
  });
  const layers = make("div", { class: "il-layers", role: "group", "aria-label": `Layers of network ${letter}` });
  const add = makeButton("Add a layer", () => {
    change((network) => {
      const { hidden, activations, initializers, biases } = network;
      const last = hidden.length - 1;
      hidden.push(last < 0 ? 8 : hidden[last]);
      activations.push(last < 0 ? "tanh" : activations[last]);
      initializers.splice(hidden.length - 1, 0, { ...initializers[Math.max(last, 0)] });
      biases.splice(hidden.length - 1, 0, biases[Math.max(last, 0)]);
    });
    say("A hidden layer was added.");
  });
  /** @param {number} k */
  function remove(k) {
    change((network) => {
      for (const list of [network.hidden, network.activations, network.initializers, network.biases]) list.splice(k, 1);
    });
    say(`Hidden layer ${k + 1} was removed.`);
    add.focus();
  }
  const optimizer = menuField(
    "Optimizer",
    OPTIMIZER_LABELS,
    (value) => change((network) => (network.optimizer = /** @type {NetworkSettings["optimizer"]} */ (value))),
    where,
  );
  const rate = numberField("Rate", { low: 0, high: 1000 }, set("rate"), where);
  const momentum = numberField("Momentum", { low: 0, high: 0.9999 }, set("momentum"), where);
  const batch = numberField("Batch (0: all)", { low: 0, high: LIMITS.examples, whole: true }, set("batch"), where);
  const decay = numberField("Weight decay", { low: 0, high: 10 }, set("decay"), where);
  const training = make("div", { class: "il-fields" }, optimizer.box, rate.box, momentum.box, batch.box, decay.box);
  const single = make("details", { class: "il-fold" }, make("summary", {}, "Layer by layer"), layers, add);
  const part = makePart(`Network ${letter}`, make("div", { class: "il-all" }, all.box), single, training);

  /** @type {ReturnType<typeof makeLayer>[]} */
  let columns = [];
  /** @param {number} hidden */
  function build(hidden) {
    columns = Array.from({ length: hidden + 1 }, (_, k) => {
      const output = k === hidden;
      const name = output ? "Output" : `Layer ${k + 1}`;
      return makeLayer(name, `${name.toLowerCase()} of network ${letter}`, {
        ...(output
          ? {}
          : {
              units: (value) => change((network) => (network.hidden[k] = value)),
              activation: (value) => change((network) => (network.activations[k] = value)),
              remove: () => remove(k),
            }),
        initializer: (value) => change((network) => (network.initializers[k] = value)),
        bias: (value) => change((network) => (network.biases[k] = value)),
      });
    });
    layers.replaceChildren(...columns.map(({ box }) => box));
    add.disabled = hidden >= LIMITS.layers;
  }
  return {
    box: part.box,
    /** @param {Experiment} experiment */
    show({ runs }) {
      const network = runs[run];
      part.box.hidden = !network;
      if (!network) return;
      const { hidden, activations, initializers, biases, biased } = network;
      if (columns.length !== hidden.length + 1) build(hidden.length);
      columns.forEach((column, k) => {
        column.show(hidden[k], activations[k], initializers[k], biased ? biases[k] : null);
      });
      all.show(alike(hidden), alike(activations), alikeInitializer(initializers), biased ? alike(biases) : null);
      optimizer.show(network.optimizer);
      rate.show(network.rate);
      momentum.show(network.momentum);
      momentum.box.hidden = network.optimizer !== "sgd";
      batch.show(network.batch);
      decay.show(network.decay);
      withBiases.show(biased);
      const { scheme, scale } = alikeInitializer(initializers) || { scheme: "", scale: NaN };
      const start = scheme
        ? `${SCHEMES[scheme].label}${SCHEMES[scheme].scale ? ` ${number(scale)}` : ""}`
        : "mixed start";
      const f = alike(activations);
      const name = f ? ACTIVATIONS[f].label : hidden.length ? "mixed" : "no hidden layer";
      write(
        part.short,
        `${hidden.join("-") || "–"}, ${name}, ${start}${biased ? "" : ", no biases"}, ${OPTIMIZER_LABELS[network.optimizer]}`,
      );
    },
  };
}

/** What all of them are, or undefined. @template T @param {T[]} list */
const alike = (list) => (list.every((v) => v === list[0]) ? list[0] : undefined);
/** @param {LayerInitializer[]} list */
const alikeInitializer = (list) =>
  list.every((v) => v.scheme === list[0].scheme && v.scale === list[0].scale) ? list[0] : undefined;

/**
 * The settings of a layer, or of all layers together.
 * @param {string} title
 * @param {string} context
 * @param {{
 *   units?: (value: number) => void,
 *   activation?: (value: string) => void,
 *   initializer: (value: LayerInitializer) => void,
 *   bias: (value: number) => void,
 *   remove?: () => void,
 *   beside?: HTMLElement,
 * }} act
 */
function makeLayer(title, context, act) {
  /** @type {LayerInitializer | undefined} */
  let initializer;
  const units = act.units && numberField("Units", { low: 1, high: LIMITS.units, whole: true }, act.units, context);
  const mixed = { "": "mixed" };
  const activation =
    act.activation && menuField("Activation", { ...ACTIVATION_LABELS, ...mixed }, act.activation, context);
  const scheme = menuField(
    "Initializer",
    { ...SCHEME_LABELS, ...mixed },
    (value) => act.initializer({ scheme: value, scale: SCHEMES[value].usual }),
    context,
  );
  const scale = numberField(
    "Scale",
    { low: -1000, high: 1000 },
    (value) => act.initializer({ scheme: /** @type {LayerInitializer} */ (initializer).scheme, scale: value }),
    context,
  );
  const bias = numberField("Biases", { low: -1000, high: 1000 }, act.bias, context);
  const head = make("div", { class: "il-layer-head" }, make("strong", {}, title), act.beside ?? "");
  if (act.remove) {
    const label = `Remove ${context}`;
    head.append(makeButton("×", act.remove, { class: "il-button il-remove", "aria-label": label, title: label }));
  }
  const fields = [units, activation, scheme, scale, bias].filter((field) => field !== undefined);
  const box = make("div", { class: "il-layer", role: "group", "aria-label": title }, head, ...fields.map((f) => f.box));
  for (const menu of [activation, scheme]) {
    // Layers may differ, but nobody can choose "mixed".
    const option = menu?.input.querySelector('option[value=""]');
    if (option instanceof HTMLOptionElement) option.disabled = option.hidden = true;
  }
  return {
    box,
    /** @type {(units: number | undefined, activation: string | undefined, start: LayerInitializer | undefined, bias: number | undefined | null) => void} null: there are none */
    show(n, f, start, b) {
      initializer = start;
      units?.show(n ?? NaN);
      activation?.show(f ?? "");
      scheme.show(start?.scheme ?? "");
      const called = start && SCHEMES[start.scheme].scale;
      scale.box.hidden = !called;
      if (start) scale.show(start.scale);
      if (called) scale.rename(called.replace(/^./, (c) => c.toUpperCase()));
      bias.box.hidden = b === null;
      bias.show(b ?? NaN);
    },
  };
}
