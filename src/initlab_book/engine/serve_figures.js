// The engine of figures: what it is asked, and what it tells.

/** @import { Asked, EnginePort, Question } from "./types.d.ts" */

import { FIGURES } from "./figures.js";
import { jsonable } from "./json.js";
import { serve } from "./serve.js";

const TELL_AFTER = 80; // ms between two deliveries of the frames of a film

/** @param {Asked} asked */
async function computeFigure({ question, slice, tell }) {
  const { figure, settings, data, digits } = /** @type {Question} */ (question);
  if (figure === undefined) return; // it only ends what was asked before
  const compute = FIGURES[figure];
  if (!compute) throw new Error(`no figure of the engine is called ${figure}`);
  const steps = compute(settings, data);
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

/** @param {EnginePort} port */
export const serveFigures = (port) => serve(port, computeFigure);
