import assert from "node:assert/strict";
import { test } from "node:test";

// A real channel would keep node from ending.
globalThis.MessageChannel = class {
  port1 = { onmessage: () => {} };
  port2 = { postMessage: () => setImmediate(() => this.port1.onmessage()) };
};
const { serveLab } = await import("../../src/initlab_book/engine/serve_lab.js");
const { checkExperiment } = await import("../../src/initlab_book/engine/experiment.js");
const { CHALLENGES } = await import("../../src/initlab_book/engine/challenges.js");

function connected() {
  const told = [];
  const port = { postMessage: (answer) => told.push(answer) };
  serveLab(port);
  const ask = (question) => port.onmessage({ data: { key: "a", ...question } });
  return { told, ask, frames: () => told.flatMap((answer) => answer.frames ?? []) };
}

/** Until something is the case; a second at most. */
async function until(is) {
  for (let i = 0; i < 200 && !is(); i++) await new Promise((then) => setTimeout(then, 5));
}
const quiet = () => new Promise((then) => setTimeout(then, 40));

const { experiment } = checkExperiment({ data: { n: 40 }, runs: [{ hidden: [4] }] });

test("a run tells as many frames as it is asked for, as far apart, and waits", async () => {
  const { ask, frames } = connected();
  ask({ id: 1, lab: { experiment, run: 0 }, more: 2, every: 3 });
  await until(() => frames().length === 2);
  await quiet();
  assert.deepEqual(
    frames().map(({ step }) => step),
    [0, 3],
  );
  ask({ id: 1, more: 2, every: 5 });
  await until(() => frames().length === 4);
  await quiet();
  assert.deepEqual(
    frames().map(({ step }) => step),
    [0, 3, 8, 13],
  );
});

test("a newer question of the same key ends a run, of another key does not", async () => {
  const { ask, told } = connected();
  ask({ id: 1, lab: { experiment, run: 0 }, more: 1e9, every: 1 });
  ask({ key: "b", id: 2, lab: { experiment, run: 0 }, more: 1e9, every: 1 });
  await until(() => told.length > 4);
  ask({ id: 3 });
  const before = told.length;
  await until(() => told.length > before + 4);
  assert.deepEqual([...new Set(told.slice(before).map(({ id }) => id))], [2]);
  ask({ key: "b", id: 4 });
});

test("a resting run that is followed by another one stays silent", async () => {
  const { ask, told } = connected();
  ask({ id: 1, lab: { experiment, run: 0 }, more: 1, every: 1 });
  await until(() => told.length === 1);
  ask({ id: 2, lab: { experiment, run: 0 }, more: 1, every: 1 });
  ask({ id: 1, more: 5, every: 1 });
  await quiet();
  ask({ id: 2, more: 1, every: 1 });
  await until(() => told.length === 3);
  assert.deepEqual(
    told.map(({ id }) => id),
    [1, 2, 2],
  );
});

test("a challenge is judged, and the last word is a verdict", async () => {
  const { ask, told } = connected();
  const { name, experiment: given } = CHALLENGES[0];
  ask({ id: 1, judge: { challenge: name, experiment: given } });
  await until(() => told.at(-1)?.done);
  assert.equal(told.at(-1).judgements[0].solved, false);
});

test("an error is told", async () => {
  const { ask, told } = connected();
  const { experiment: empty } = checkExperiment({ data: { set: "own" } });
  ask({ id: 1, lab: { experiment: empty, run: 0 } });
  ask({ key: "b", id: 2, judge: { challenge: "x", experiment } });
  await until(() => told.length === 2);
  assert.match(told[0].error, /no points yet/);
  assert.match(told[1].error, /no challenge/);
});
