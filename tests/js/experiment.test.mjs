import assert from "node:assert/strict";
import { test } from "node:test";
import { checkExperiment, readExperiment, writeExperiment } from "../../src/initlab_book/engine/experiment.js";

const escaped = (letter) => `%${letter.charCodeAt(0).toString(16)}`;
const he = { scheme: "he_normal", scale: 1 };

test("what is missing takes its default", () => {
  const { experiment, problems } = checkExperiment({ data: { set: "spiral" }, runs: [{ hidden: [3, 4, 5] }] });
  assert.deepEqual(problems, []);
  assert.equal(experiment.data.noise, 0.03);
  assert.deepEqual(experiment.runs[0].activations, ["tanh", "tanh", "tanh"]);
  assert.equal(experiment.runs[0].initializers.length, 4);
});

test("one value may stand for all layers", () => {
  const { experiment } = checkExperiment({ runs: [{ hidden: [3, 4], initializers: he, activations: "relu" }] });
  assert.deepEqual(experiment.runs[0].initializers, [he, he, he]);
  assert.deepEqual(experiment.runs[0].activations, ["relu", "relu"]);
});

test("what is wrong is named with what is allowed", () => {
  const wrong = {
    data: { set: "moon", n: 31, colour: 3, points: [[1, 2]] },
    runs: [{ rate: -1, hidden: [100], activations: ["relu", "tanh"], initializers: { scheme: "x" } }, {}, {}],
    seeds: { count: 0 },
  };
  const { experiment, problems } = checkExperiment(wrong);
  const said = Object.fromEntries(problems.map(({ where, text }) => [where, text]));
  assert.equal(experiment.data.n, 32);
  assert.equal(experiment.runs.length, 2);
  assert.match(said["data.set"], /one of blobs, circles.*"moon".*"moons"/);
  assert.match(said["data.colour"], /left out/);
  assert.match(said["runs[0].rate"], /from 0 to 1000, got -1/);
  for (const where of ["data.n", "data.points[0]", "runs[0].hidden[0]", "runs[0].activations", "runs", "seeds.count"])
    assert.ok(said[where], where);
  assert.match(said["runs[0].initializers.scheme"], /orthogonal/);
});

test("a newer version says why it cannot be opened", () => {
  const { experiment, problems } = readExperiment("(version:2)");
  assert.equal(experiment, null);
  assert.match(problems[0].text, /newer lab, version 2/);
});

test("what is no experiment is none", () => {
  for (const text of ["", "(", "{", "5", "(version:x)", "null", "![", "%20", "%"])
    assert.equal(readExperiment(text).experiment, null, text);
});

test("an experiment is the same after a link and after a file", () => {
  const some = [
    {},
    { data: { set: "own", points: [[-1.25, 0.5, 1], [1e-7, 2, 0]], standardize: false } }, // biome-ignore format: points
    { data: { set: "digits", seed: 3, heldOut: 0 }, seeds: { first: 7, count: 3 } },
    { runs: [{}, { hidden: [], optimizer: "adam", rate: 0.001 }] },
    {
      runs: [{ hidden: [5, 6], initializers: [he, { scheme: "zeros" }, he], biases: -3, activations: ["relu", "elu"] }],
    },
  ];
  for (const json of some) {
    const { experiment, problems } = checkExperiment(json);
    assert.deepEqual(problems, []);
    const link = writeExperiment(experiment);
    assert.match(link, /^[\w()!~:,.+-]*$/);
    assert.deepEqual(readExperiment(link), { experiment, problems: [] });
    assert.deepEqual(readExperiment(link.replace(/[^\w]/g, escaped)), { experiment, problems: [] });
    assert.deepEqual(readExperiment(JSON.stringify(experiment)), { experiment, problems: [] });
  }
  assert.equal(writeExperiment(checkExperiment({}).experiment), "(version:1)");
  assert.ok(writeExperiment(checkExperiment(some[3]).experiment).length < 60);
});
