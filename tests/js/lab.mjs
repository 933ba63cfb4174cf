// What tests/book/test_lab.py asks of the lab, for Python.

import { CHALLENGES } from "../../src/initlab_book/engine/challenges.js";
import { findings } from "../../src/initlab_book/engine/diagnosis.js";
import { checkExperiment } from "../../src/initlab_book/engine/experiment.js";
import { judge } from "../../src/initlab_book/engine/judge.js";
import { pythonOf } from "../../src/initlab_book/engine/python.js";
import { runLab } from "../../src/initlab_book/engine/run.js";

/** Frames of a run, `every` updates apart, and the code that is said to give the same. */
export function played(json, run, steps, every, digits) {
  const { experiment, problems } = checkExperiment(json);
  const frames = [];
  for (const frame of runLab(experiment, run, { every }, digits)) {
    if (frame) frames.push(frame);
    if (frame && frame.step >= steps) break;
  }
  return { problems, code: pythonOf(experiment, run, steps), frames };
}

/** What the judge says in the end, if a challenge is changed like this. */
export function judged(name, network = {}, data = {}) {
  const challenge = CHALLENGES.find((each) => each.name === name);
  const [given] = challenge.experiment.runs;
  const json = {
    ...challenge.experiment,
    data: { ...challenge.experiment.data, ...data },
    runs: [{ ...given, ...network }],
  };
  const { experiment, problems } = checkExperiment(json);
  if (problems.length) throw new Error(JSON.stringify(problems));
  return [...judge(challenge, experiment)].filter(Boolean).at(-1);
}

/** The share of held-out examples that draws 0 to 9 get right of a challenge as it stands, and what is seen of draw 0. */
export function asItStands(name) {
  const { experiment, goal } = CHALLENGES.find((each) => each.name === name);
  const frames = [];
  for (const frame of runLab({ ...experiment, seeds: { first: 0, count: 10 } }, 0, { every: goal.steps })) {
    if (frame) frames.push(frame);
    if (frame?.step) break;
  }
  return {
    right: frames.at(-1).draws.map((draw) => draw.heldOutAccuracy),
    findings: frames.map((frame) => findings(frame, experiment)),
  };
}

export const challengeNames = () => CHALLENGES.map(({ name }) => name);
