// What a page asks of the engine, and what it is told. It runs in a worker, or where a page may have none, in the page
// itself, beside what else the page does: it works for a few milliseconds at a time and then listens.

/** @import { Asked, EnginePort, Pace, Slice } from "./types.d.ts" */

const SLICE = 12; // ms of work between two breaths

const breaths = new MessageChannel(); // a timer would make every breath 4 ms long
/** @type {(() => void)[]} */
const waiting = [];
breaths.port1.onmessage = () => waiting.shift()?.();
const breathe = () =>
  new Promise((/** @type {(value?: undefined) => void} */ then) => {
    waiting.push(then);
    breaths.port2.postMessage(null);
  });

/** @param {() => boolean} wanted @returns {Slice} */
function slices(wanted) {
  let since = performance.now();
  return {
    begin() {
      since = performance.now();
    },
    over: () => performance.now() - since > SLICE,
    async goOn() {
      await breathe();
      this.begin();
      return wanted();
    },
  };
}

/** How many frames are owed, and how far apart. @param {number} owed @param {number} every @returns {Pace} */
function pacing(owed, every) {
  let wake = () => {};
  return {
    owed,
    every,
    grant(more, apart) {
      this.owed += more;
      this.every = apart;
      wake();
    },
    rest: () =>
      new Promise((/** @type {(value?: undefined) => void} */ then) => {
        wake = then;
      }),
  };
}

/**
 * Answer the questions that come through a port. A newer question with the same key takes the place of an older one.
 * @param {EnginePort} port
 * @param {(asked: Asked) => Promise<void>} answer
 */
export function serve(port, answer) {
  /** @type {Record<string, { id: number, pace: Pace }>} */
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
    try {
      await answer({
        question,
        pace,
        slice: slices(wanted),
        wanted,
        tell: (said) => port.postMessage({ key, id, ...said }),
      });
    } catch (error) {
      port.postMessage({ key, id, error: String(error) });
    }
  };
}
