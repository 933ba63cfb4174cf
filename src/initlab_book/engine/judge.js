// Judges what the reader has changed in a challenge, by training it.

import { changes } from "./challenges.js";
import { findings } from "./diagnosis.js";
import { frameOf, labData, trainee } from "./run.js";

/** @import { Challenge, Experiment, Judgement } from "./lab.d.ts" */

/** "a", "a and b", "a, b and c". @param {string[]} words */
const listed = (words) => [words.slice(0, -1).join(", "), ...words.slice(-1)].filter(Boolean).join(" and ");

/**
 * Whether exactly one thing was changed, and whether that makes the network learn.
 * @param {Challenge} challenge
 * @param {Experiment} experiment
 * @returns {Generator<Judgement | undefined, undefined>} yields undefined where the host may breathe
 */
export function* judge(challenge, experiment) {
  const { right: enough, draws, of, steps } = challenge.goal;
  const { allowed, forbidden } = changes(challenge, experiment);
  /** @type {number[]} */
  const right = [];
  const verdict = (/** @type {boolean | null} */ solved, /** @type {string} */ text) => ({
    tried: right.length,
    of,
    right: [...right],
    solved,
    text,
  });
  if (forbidden.length) {
    yield verdict(false, "The data have to stay as they are: all that you may do to them is to standardize them.");
    return;
  }
  if (allowed.length !== 1) {
    const many = `You have changed ${allowed.length} things: ${listed(allowed)}. Change one only.`;
    yield verdict(false, allowed.length ? many : "Nothing has been changed yet.");
    return;
  }

  const data = labData(experiment.data);
  const changed = `You have changed ${allowed[0]}`;
  let reason = "";
  yield verdict(null, `${changed}. Training ${of} draws.`);
  for (let seed = 0; seed < of; seed++) {
    const looks = { includes: (/** @type {number} */ step) => step === steps };
    for (const snapshot of trainee(experiment.runs[0], data, seed, steps, looks)) {
      yield;
      if (!snapshot) continue;
      right.push(snapshot.heldOutAccuracy ?? 0);
      if (reason || right[seed] >= enough) continue;
      const [finding] = findings(frameOf(snapshot, data, seed), experiment);
      reason = finding.well ? "" : ` Draw ${seed + 1} at the end: ${finding.text}`;
    }
    if (right.length < of) yield verdict(null, `${changed}. Draw ${seed + 1} of ${of} is trained.`);
  }
  const good = right.filter((share) => share >= enough).length;
  const counted = `${good} of ${of} draws get at least ${Math.round(100 * enough)}\u00a0% of the held-out points right`;
  if (good >= draws) yield verdict(true, `Solved. ${changed}, and ${counted}. ${challenge.explanation}`);
  else yield verdict(false, `Not yet. ${changed}, and ${counted}; it takes ${draws}.${reason}`);
}
