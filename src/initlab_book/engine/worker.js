// What a page asks of the engine, and what it is told. It runs in a worker, or where a page may have none, in the page
// itself, beside what else the page does: it works for a few milliseconds at a time and then listens.

/**
 * @import { LabAnswer, LabQuestion } from "./lab.d.ts"
 * @import { Answer, EnginePort, Question } from "./types.d.ts"
 */

import { CHALLENGES } from "./challenges.js";
import { FIGURES } from "./figures.js";
import { jsonable } from "./json.js";
import { judge } from "./judge.js";
import { runLab } from "./run.js";

const SLICE = 12; // ms of work between two breaths
const TELL_AFTER = 80; // ms between two deliveries of the frames of a film

const breaths = new MessageChannel(); // a timer would make every breath 4 ms long
/** @type {(() => void)[]} */
const waiting = [];
breaths.port1.onmessage = () => waiting.shift()?.();
const breathe = () =>
  new Promise((/** @type {(value?: undefined) => void} */ then) => {
    waiting.push(then);
    breaths.port2.postMessage(null);
  });

/** The slices in which an answer is worked out. @param {() => boolean} wanted whether it still is */
function slices(wanted) {
  let since = performance.now();
  return {
    begin() {
      since = performance.now();
    },
    over: () => performance.now() - since > SLICE,
    /** Lets the host do what else it has to do; false: the answer is no longer wanted. */
    async goOn() {
      await breathe();
      this.begin();
      return wanted();
    },
  };
}

/**
 * Answer the questions that come through a port. A newer question with the same key takes the place of an older one.
 * @param {EnginePort} port
 */
export function serve(port) {
  /** @type {Record<string, { id: number, pace: ReturnType<typeof pacing> }>} */
  const latest = {};
  port.onmessage = async ({ data: question }) => {
    const { key, id } = question;
    const { more = 1, every = 1 } = "more" in question ? question : {};
    const last = latest[key];
    if (last?.id === id) return last.pace.grant(more, every); // it asks for more of the same
    if (last && id < last.id) return; // it came too late
    const pace = pacing(more, every);
    latest[key] = { id, pace };
    last?.pace.grant(0, 1); // that it may see that it is over
    const wanted = () => latest[key].id === id;
    const tell = (/** @type {Answer | Partial<LabAnswer>} */ answer) => port.postMessage({ key, id, ...answer });
    try {
      if ("lab" in question && question.lab) await play(question.lab, pace, wanted, tell);
      else if ("judge" in question && question.judge) await report(question.judge, wanted, tell);
      else if ("figure" in question && question.figure !== undefined) await work(question, wanted, tell);
    } catch (error) {
      port.postMessage({ key, id, error: String(error) });
    }
  };
}

/** How many frames of a run are owed, and how far apart. @param {number} owed @param {number} every */
function pacing(owed, every) {
  let wake = () => {};
  return {
    owed,
    every,
    /** @param {number} more @param {number} apart */
    grant(more, apart) {
      this.owed += more;
      this.every = apart;
      wake();
    },
    /** Until more is asked for. */
    rest: () =>
      new Promise((/** @type {(value?: undefined) => void} */ then) => {
        wake = then;
      }),
  };
}

/**
 * Trains a network of the lab, as many frames as are asked for.
 * @param {NonNullable<LabQuestion["lab"]>} lab
 * @param {ReturnType<typeof pacing>} pace
 * @param {() => boolean} wanted
 * @param {(answer: Partial<LabAnswer>) => void} tell
 */
async function play({ experiment, run, digits }, pace, wanted, tell) {
  const frames = runLab(experiment, run, pace, digits);
  const slice = slices(wanted);
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
 * @param {() => boolean} wanted
 * @param {(answer: Partial<LabAnswer>) => void} tell
 */
async function report({ challenge, experiment }, wanted, tell) {
  const given = CHALLENGES.find(({ name }) => name === challenge);
  if (!given) throw new Error(`no challenge of the lab is called ${challenge}`);
  const slice = slices(wanted);
  for (const judgement of judge(given, experiment)) {
    if (judgement) tell({ judgements: [judgement], done: judgement.solved !== null });
    if (slice.over() && !(await slice.goOn())) return;
  }
}

/**
 * @param {Question} question
 * @param {() => boolean} wanted
 * @param {(answer: Answer) => void} tell
 */
async function work({ figure, settings, data, digits }, wanted, tell) {
  const compute = FIGURES[/** @type {string} */ (figure)];
  if (!compute) throw new Error(`no figure of the engine is called ${figure}`);
  const steps = compute(settings, data);
  const slice = slices(wanted);
  let frames = [];
  let told = performance.now();
  for (;;) {
    const { value, done } = steps.next();
    if (value) frames.push({ panels: jsonable(value.panels, digits), text: value.text });
    const now = performance.now();
    if (done || (frames.length && now - told > TELL_AFTER)) {
      tell({ frames, done: Boolean(done) });
      frames = [];
      told = now;
    }
    if (done) return;
    if (slice.over() && !(await slice.goOn())) return;
  }
}
