// What a frame of the lab shows, in words, with the chapter that explains it: the readings of "Watching networks train".

import { number } from "../figure/js/numbers.js";

/** @import { Experiment, Finding, LabFrame } from "./lab.d.ts" */

const FAR = 50; // by what factor two layers may differ and still be called alike

/** @param {number} share */
const inPerCent = (share) => `${Math.round(100 * share)}\u00a0%`;

/** "layer 2", "layers 1 to 4", "layers 1 and 3". @param {number[]} layers counted from 1 */
export function layersInWords(layers) {
  const [first, last] = [layers[0], layers[layers.length - 1]];
  if (layers.length === 1) return `layer ${first}`;
  if (layers.length > 2 && last - first === layers.length - 1) return `layers ${first} to ${last}`;
  return `layers ${layers.slice(0, -1).join(", ")} and ${last}`;
}

/** How many times, as a rough word. @param {number} times */
const timesInWords = (times) => `${number(times, 2)} times`;

/**
 * The layers, counted from 1, of which something is true.
 * @param {number} count
 * @param {(i: number) => boolean} is
 */
const layersWhere = (count, is) => Array.from({ length: count }, (_, i) => i + 1).filter((layer) => is(layer - 1));

/**
 * What is seen in a frame, the gravest first; at least one sentence.
 * @param {LabFrame} frame
 * @param {Experiment} experiment
 * @param {number} run
 * @returns {Finding[]}
 */
export function findings(frame, experiment, run = 0) {
  const { step, divergedAt, size, alike, gradient, weights, saturated, dead, different, units, updateRatio } = frame;
  const { chance } = frame;
  const { activations } = experiment.runs[run];
  const [draw] = frame.draws;
  const hidden = activations.length;
  /** @type {Finding[]} */
  const found = [];
  const ill = (/** @type {string} */ text, /** @type {string} */ chapter) => found.push({ text, chapter, well: false });
  const capital = (/** @type {string} */ text) => text[0].toUpperCase() + text.slice(1);

  if (divergedAt >= 0 || !Number.isFinite(draw.loss)) {
    const when = divergedAt > 0 ? `after ${divergedAt} ${divergedAt > 1 ? "steps" : "step"}` : "before the first step";
    ill(
      `The loss is no finite number any more ${when}: ${divergedAt > 0 ? "steps or weights are" : "the weights are"} far too large.`,
      "exploding",
    );
    return found;
  }

  const empty = layersWhere(hidden, (i) => weights[i] === 0);
  if (empty.length) {
    ill(
      `All weights of ${layersInWords(empty)} are 0: no signal gets through, and no gradient gets below.`,
      "symmetry",
    );
  }
  const twins = layersWhere(hidden, (i) => units[i] > 1 && different[i] === 1 && weights[i] > 0);
  if (twins.length) {
    const single = twins.length > 1 ? "each of these layers is" : "the layer is";
    ill(
      `All units of ${layersInWords(twins)} are equal, and get equal gradients: ${single} a single unit.`,
      "symmetry",
    );
  }

  const off = layersWhere(hidden, (i) => dead[i] > 0.5 && activations[i] !== "identity");
  const all = off.filter((layer) => dead[layer - 1] === 1);
  if (all.length) {
    ill(
      `In ${layersInWords(all)} every unit is dead: its slope is nearly 0 for every example, so that hardly any gradient gets below.`,
      "watching",
    );
  } else if (off.length) {
    const share = Math.max(...off.map((layer) => dead[layer - 1]));
    ill(`Up to ${inPerCent(share)} of the units of ${layersInWords(off)} are dead, for every example.`, "watching");
  }

  const bounded = ["tanh", "sigmoid", "erf", "softsign", "lecun_tanh"];
  const flat = layersWhere(
    hidden,
    (i) => saturated[i] > 0.5 && bounded.includes(activations[i]) && !off.includes(i + 1),
  );
  if (flat.length) {
    const share = inPerCent(Math.max(...flat.map((layer) => saturated[layer - 1])));
    if (flat[0] === 1 && size[0] > 3)
      ill(`Inputs of size ${number(size[0], 2)} saturate the first layer, to ${share}. Standardize them.`, "watching");
    else
      ill(
        `${capital(layersInWords(flat))} ${flat.length > 1 ? "are" : "is"} saturated, up to ${share} of the pairs of unit and example.`,
        "watching",
      );
  } else if (size[0] > 3 || size[0] < 0.3) {
    ill(
      `The inputs have size ${number(size[0], 2)}. The rules for weights count on inputs of size 1: standardize them.`,
      "watching",
    );
  }

  if (step === 0 && draw.loss > chance + Math.max(1, 0.3 * chance)) {
    ill(
      `The first loss is ${number(draw.loss, 3)}. Guessing would cost ${number(chance, 3)}: the scores are too large.`,
      "watching",
    );
  }

  const [lowest, highest] = [gradient[0], gradient[hidden]];
  if (hidden && highest > 0 && !all.length && !empty.length && weights[hidden] > 0) {
    if (FAR * lowest < highest) {
      const much = lowest > 0 ? `it is ${timesInWords(highest / lowest)} smaller than at the top` : "there is none";
      ill(`The gradient fades on its way down: in layer 1 ${much}.`, "exploding");
    } else if (lowest > FAR * highest)
      ill(`The gradient grows on its way down, ${timesInWords(lowest / highest)}.`, "exploding");
  }
  if (hidden && size[0] > 0 && !empty.length) {
    const change = size[hidden] / size[0];
    if (FAR * change < 1 && !all.length)
      ill(`The signal fades: in layer ${hidden} it is ${timesInWords(1 / change)} smaller than the input.`, "scale");
    else if (change > FAR)
      ill(`The signal grows: in layer ${hidden} it is ${timesInWords(change)} larger than the input.`, "scale");
  }
  const one = layersWhere(hidden, (i) => alike[i + 1] > 0.99);
  if (one.length && alike[0] < 0.9 && !all.length && !empty.length)
    ill(
      `From layer ${one[0]} on all examples look alike (cosine ${number(alike[one[0]], 3)}): content is lost.`,
      "limits",
    );

  const moved = Math.max(...updateRatio.map((ratio) => ratio || 0)); // nan: 0 of 0
  if (moved < 1e-5 && draw.accuracy < 0.99 && !empty.length) {
    const how = moved > 1e-12 ? `the weights by ${number(moved, 1)} of their size, or less` : "no weight";
    ill(`A step changes ${how}: the rate is too small, or there is no gradient.`, "watching");
  } else if (moved > 0.5 && moved < Infinity) {
    const by = moved < 10 ? `${inPerCent(moved)} of their size` : `${timesInWords(moved)} their size`;
    ill(`A step changes the weights of a layer by ${by}: the rate is large.`, "watching");
  }

  if (step >= 100 && Math.abs(draw.loss - chance) < 0.01)
    ill(`After ${number(step)} steps the loss is still that of guessing, ${number(chance, 3)}.`, "watching");
  if (draw.heldOutAccuracy !== null && draw.accuracy > 0.95 && draw.accuracy - draw.heldOutAccuracy > 0.1)
    ill(
      `It has learned its ${inPerCent(draw.accuracy)} by heart: of the held-out examples ${inPerCent(draw.heldOutAccuracy)} are right.`,
      "limits",
    );

  if (!found.length)
    found.push({
      text: step
        ? "No layer is dead or saturated, and neither signal nor gradient fades or explodes."
        : "All is well before the first step: neither signal nor gradient fades or explodes.",
      chapter: "watching",
      well: true,
    });
  return found;
}
