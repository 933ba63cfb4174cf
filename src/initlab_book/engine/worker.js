// What a page asks of the engine, and what it is told. It runs in a worker, or where a page may have none, in the page
// itself, beside what else the page does: it works for a few milliseconds at a time and then listens.

/** @import { Answer, EnginePort, Question } from "./types.d.ts" */

import { FIGURES } from "./figures.js";
import { jsonable } from "./json.js";

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

/**
 * Answer the questions that come through a port. A newer question with the same key takes the place of an older one.
 * @param {EnginePort} port
 */
export function serve(port) {
  /** @type {Record<string, number>} */
  const latest = {};
  port.onmessage = async ({ data }) => {
    const { key, id } = data;
    latest[key] = id;
    if (data.figure === undefined) return; // it was only told to stop
    try {
      await work(
        data,
        () => latest[key] === id,
        (answer) => port.postMessage({ key, id, ...answer }),
      );
    } catch (error) {
      port.postMessage({ key, id, error: String(error) });
    }
  };
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
  let frames = [];
  let since = performance.now();
  let told = since;
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
    if (now - since > SLICE) {
      await breathe();
      if (!wanted()) return;
      since = performance.now();
    }
  }
}
