// The engine of the lab: what it is asked, and what it tells.

/** @import { LabQuestion } from "./lab.d.ts" */
/** @import { Asked, EnginePort } from "./types.d.ts" */

import { CHALLENGES } from "./challenges.js";
import { judge } from "./judge.js";
import { runLab } from "./run.js";
import { serve } from "./serve.js";

/** @param {Asked} asked */
async function answerLab(asked) {
  const question = /** @type {LabQuestion} */ (asked.question);
  if (question.lab) await play(question.lab, asked);
  else if (question.judge) await report(question.judge, asked);
}

/**
 * Trains a network of the lab, as many frames as are asked for.
 * @param {NonNullable<LabQuestion["lab"]>} lab
 * @param {Asked} asked
 */
async function play({ experiment, run, digits }, { pace, slice, wanted, tell }) {
  const frames = runLab(experiment, run, pace, digits);
  for (;;) {
    while (pace.owed <= 0) {
      await pace.rest();
      if (!wanted()) return;
      slice.begin();
    }
    const frame = frames.next().value;
    if (frame) {
      pace.owed--;
      tell({ frames: [frame], done: frame.done });
      if (frame.done) return;
    }
    if (slice.over() && !(await slice.goOn())) return;
  }
}

/**
 * Judges what the reader has changed in a challenge.
 * @param {NonNullable<LabQuestion["judge"]>} judged
 * @param {Asked} asked
 */
async function report({ challenge, experiment }, { slice, tell }) {
  const given = CHALLENGES.find(({ name }) => name === challenge);
  if (!given) throw new Error(`no challenge of the lab is called ${challenge}`);
  for (const judgement of judge(given, experiment)) {
    if (judgement) tell({ judgements: [judgement], done: judgement.solved !== null });
    if (slice.over() && !(await slice.goOn())) return;
  }
}

/** @param {EnginePort} port */
export const serveLab = (port) => serve(port, answerLab);
