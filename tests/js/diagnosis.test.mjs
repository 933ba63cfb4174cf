import assert from "node:assert/strict";
import { test } from "node:test";
import { findings, layersInWords } from "../../src/initlab_book/engine/diagnosis.js";
import { checkExperiment } from "../../src/initlab_book/engine/experiment.js";
import { runLab } from "../../src/initlab_book/engine/run.js";

/** What is said before the first step, and after so many. */
function said(json, steps) {
  const { experiment } = checkExperiment(json);
  for (const frame of runLab(experiment, 0, { every: steps }))
    if (frame?.step === steps) return findings(frame, experiment);
}
const deep = (network) => ({ runs: [{ hidden: [16, 16, 16, 16, 16, 16], ...network }] });
const all = (scheme, scale) => ({ initializers: { scheme, scale } });

const HEALTHY = {
  "tanh, Xavier": {},
  "ReLU, He": deep({ activations: "relu", ...all("he_normal", 1) }),
  "SELU, LeCun": deep({ activations: "selu", ...all("lecun_normal", 1) }),
  "a last layer of zeros": {
    runs: [{ initializers: [...Array(2).fill({ scheme: "xavier_normal" }), { scheme: "zeros" }] }],
  },
};

const SICK = [
  ["all weights zero", all("zeros"), 0, /^All weights of layers 1 and 2 are 0/, "symmetry"],
  ["equal units", all("constant", 0.2), 0, /^All units of layers 1 and 2 are equal/, "symmetry"],
  ["a signal that fades", deep(all("normal", 0.05)), 0, /signal fades: in layer 6/, "scale"],
  ["a signal that grows", deep({ activations: "relu", ...all("normal", 1) }), 0, /signal grows/, "scale"],
  ["a gradient that fades", deep(all("normal", 0.05)), 0, /gradient fades.*smaller than at the top/, "exploding"],
  ["a gradient that grows", deep({ activations: "relu", ...all("normal", 2) }), 0, /gradient grows/, "exploding"],
  ["content lost", deep({ activations: "sigmoid" }), 0, /From layer \d on all examples look alike/, "limits"],
  ["saturated", deep(all("normal", 4)), 0, /Layers 1 to 6 are saturated/, "watching"],
  ["large scores", deep({ activations: "relu", ...all("normal", 1) }), 0, /first loss.*cost 0.693/, "watching"],
  ["an overflow", { hidden: Array(8).fill(64), activations: "relu", ...all("normal", 1) }, 5, /no finite/, "exploding"],
  ["a small rate", { rate: 1e-7 }, 0, /A step changes the weights by.*or less/, "watching"],
  ["a large rate", { rate: 30 }, 0, /the rate is large/, "watching"],
  ["guessing", all("zeros"), 100, /After 100 steps the loss is still that of guessing, 0.693/, "watching"],
];

test("a healthy network is called well", () => {
  for (const [name, json] of Object.entries(HEALTHY)) {
    const [{ well, text }, ...more] = said(json, 0);
    assert.ok(well && !more.length, `${name}: ${text}`);
  }
});

test("what is wrong is seen, with the chapter that explains it", () => {
  for (const [name, json, steps, text, chapter] of SICK) {
    const found = said(json.runs ? json : { runs: [json] }, steps);
    const texts = found.map((each) => each.text).join(" ");
    assert.ok(
      found.some((each) => text.test(each.text) && each.chapter === chapter && !each.well),
      `${name}: ${texts}`,
    );
  }
});

test("inputs that are too large are told apart from weights that are", () => {
  const [{ text }] = said({ data: { standardize: false, scale: 20 } }, 0);
  assert.match(text, /^Inputs of size 20 saturate the first layer/);
});

test("learned by heart", () => {
  const points = Array.from({ length: 40 }, (_, i) => [Math.sin(7 * i * i), Math.cos(5 * i * i), (i >> 1) % 2]);
  const found = said({ data: { set: "own", points }, runs: [{ hidden: [64, 64], rate: 0.1 }] }, 1000);
  assert.match(found.map(({ text }) => text).join(" "), /by heart/);
});

test("layers are listed as one writes them", () => {
  assert.deepEqual([[2], [1, 2], [1, 2, 3], [1, 3, 4]].map(layersInWords), [
    "layer 2",
    "layers 1 and 2",
    "layers 1 to 3",
    "layers 1, 3 and 4",
  ]);
});
