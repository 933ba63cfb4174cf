// Six networks that do not train. The reader changes one thing.

import { checkExperiment } from "./experiment.js";

/** @import { Challenge, Experiment, NetworkSettings } from "./lab.d.ts" */

/**
 * @param {Omit<Challenge, "experiment" | "goal">} words
 * @param {object} data
 * @param {object} network
 * @param {number} steps
 * @returns {Challenge}
 */
const challenge = (words, data, network, steps) => ({
  ...words,
  experiment: /** @type {Experiment} */ (checkExperiment({ data, runs: [network] }).experiment),
  goal: { right: 0.9, draws: 4, of: 5, steps },
});

/** @type {Challenge[]} */
export const CHALLENGES = [
  challenge(
    {
      name: "dead",
      title: "Dead at birth",
      story:
        "Somebody started the biases at −2, so that a unit would speak only when it has something to say. Now none of " +
        "them ever does, and the loss does not move.",
      hints: [
        "Look at the share of dead units, layer by layer.",
        "What would let enough of a gradient pass where z < 0? A slope of 0.01 does not.",
      ],
      explanation: "A ReLU that is off for every example has slope 0: it learns nothing, and lets no gradient through.",
      chapter: "watching",
    },
    { set: "moons" },
    {
      hidden: [16, 16, 16],
      activations: "relu",
      initializers: { scheme: "he_normal", scale: 1 },
      biases: [-2, -2, -2, 0],
    },
    400,
  ),
  challenge(
    {
      name: "saturated",
      title: "Loud and deaf",
      story: "Five layers of tanh with normal weights of standard deviation 3. It moves a lot and learns little.",
      hints: [
        "How large is z, if 16 inputs of size 1 meet weights of size 3?",
        "Look at the histograms: where are the activations?",
      ],
      explanation: "Weights of that size saturate tanh in all layers: where a unit is flat, a step hardly moves it.",
      chapter: "watching",
    },
    { set: "circles" },
    { hidden: [16, 16, 16, 16, 16], activations: "tanh", initializers: { scheme: "normal", scale: 3 } },
    400,
  ),
  challenge(
    {
      name: "symmetric",
      title: "Twelve of one mind",
      story: "All weights start at 0.3. The border that the network draws stays straight, however long it trains.",
      hints: ["How many different units does a layer have?", "What makes two equal units part?"],
      explanation: "Equal units get equal gradients and stay equal: only a random start tells them apart.",
      chapter: "symmetry",
    },
    { set: "circles" },
    { hidden: [12, 12], activations: "tanh", initializers: { scheme: "constant", scale: 0.3 } },
    400,
  ),
  challenge(
    {
      name: "exploding",
      title: "Far too sure",
      story:
        "Four layers of 32 ReLUs, standard normal weights. Before the first step the network is sure of its answers, " +
        "of the wrong ones too: the loss is far above that of guessing.",
      hints: [
        "By how much does a layer of 32 units enlarge a signal, if its weights have variance 1?",
        "A huge gradient times which rate is a reasonable step?",
      ],
      explanation:
        "Every layer with 32 inputs multiplied the signal by about √(32/2) = 4, and the gradient as well: no usual step " +
        "fits that.",
      chapter: "he",
    },
    { set: "moons" },
    { hidden: [32, 32, 32, 32], activations: "relu", initializers: { scheme: "normal", scale: 1 } },
    400,
  ),
  challenge(
    {
      name: "unscaled",
      title: "The wrong unit",
      story: "The weights follow Xavier's rule, but the inputs came in another unit, ten times as large.",
      hints: ["Xavier's rule counts on inputs of size 1.", "Which activation does not mind the size of its input?"],
      explanation:
        "Large inputs saturate the first layer, and make the gradient of its weights as large: its steps throw it about.",
      chapter: "watching",
    },
    { set: "circles", scale: 10, standardize: false },
    { hidden: [16, 16, 16], activations: "tanh", initializers: { scheme: "xavier_normal", scale: 1 } },
    400,
  ),
  challenge(
    {
      name: "vanishing",
      title: "Whispers from the top",
      story: "Five layers of sigmoids, Xavier's rule, standardized inputs: all by the book, and nothing happens.",
      hints: [
        "Compare the gradient of layer 1 with that of the last layer.",
        "The sigmoid's slope is ¼ at most. What could make up for it?",
      ],
      explanation:
        "A sigmoid has slope ¼ at most: the gradient fades, layer by layer, and all examples come to look alike.",
      chapter: "limits",
    },
    { set: "circles" },
    { hidden: [12, 12, 12, 12, 12], activations: "sigmoid", initializers: { scheme: "xavier_normal", scale: 1 } },
    600,
  ),
];

/**
 * Whether two lists for the layers differ where both have an entry: hidden layers count from below, and the output layer
 * is the output layer.
 * @param {unknown[]} before
 * @param {unknown[]} after
 * @param {number} outputs how many entries at the end are the output layer's
 */
function listsDiffer(before, after, outputs) {
  const common = Math.min(before.length, after.length) - outputs;
  const part = (/** @type {unknown[]} */ list) =>
    JSON.stringify([list.slice(0, common), outputs ? list.slice(-outputs) : []]);
  if (part(before) !== part(after)) return true;
  const [longer, last] = after.length > before.length ? [after, before[common - 1]] : [[], null];
  return longer.slice(common, longer.length - outputs).some((added) => JSON.stringify(added) !== JSON.stringify(last));
}

/** What one may change in a network, in words. @type {[keyof NetworkSettings, string][]} */
const THINGS = [
  ["hidden", "the hidden layers"],
  ["activations", "the activation"],
  ["initializers", "the initialization"],
  ["biases", "the biases"],
  ["optimizer", "the optimizer"],
  ["rate", "the learning rate"],
  ["momentum", "the momentum"],
  ["batch", "the batch size"],
  ["decay", "the weight decay"],
];

/**
 * What has been changed in a challenge, in words: things that may be changed, and things that may not.
 * @param {Challenge} challenge
 * @param {Experiment} experiment
 */
export function changes({ experiment: given }, experiment) {
  const [before, after] = [given.runs[0], experiment.runs[0]];
  const allowed = THINGS.filter(([name]) => {
    if (name === "activations") return listsDiffer(before[name], after[name], 0);
    if (name === "biases" && before.biased !== after.biased) return true;
    if (name === "initializers" || name === "biases") return listsDiffer(before[name], after[name], 1);
    return JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  }).map(([, words]) => words);
  const { standardize: was, ...data } = given.data;
  const { standardize: is, ...dataNow } = experiment.data;
  if (was !== is) allowed.unshift("the standardizing of the inputs");
  // Points of one's own do not matter while another set is chosen.
  const forbidden =
    JSON.stringify({ ...data, points: [] }) === JSON.stringify({ ...dataNow, points: [] }) ? [] : ["the data"];
  return { allowed, forbidden };
}
