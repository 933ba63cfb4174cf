// The player of a film.

/** @import { Model, Player } from "./types.d.ts" */

import { make, uniqueId } from "../../host/js/dom.js";
import { makeButton } from "./buttons.js";
import { nearest, number } from "./numbers.js";
import { write } from "./svg.js";

const FRAME = 180; // ms for which a frame is shown at speed 1
const SPEEDS = { 0.5: "½ ×", 1: "1 ×", 2: "2 ×", 4: "4 ×" };

/**
 * Play, pause, step and scrub.
 * @param {Player} spec
 * @param {Model} model
 * @param {() => number} length the number of frames that there are so far
 * @param {() => void} rested called when it no longer plays, a moment after the last picture
 */
export function makePlayer(spec, model, length, rested) {
  const { values } = spec;
  const id = uniqueId();
  const at = () => Math.min(nearest(values, Number(model.get(spec.name))), length() - 1);
  let playing = 0; // a timer: between two frames the page has nothing to do

  /** @param {number} to */
  function go(to) {
    model.set(spec.name, values[Math.max(0, Math.min(length() - 1, to))]);
  }
  function wait() {
    playing = setTimeout(() => requestAnimationFrame(tick), FRAME / Number(speed.value));
  }
  function tick() {
    if (!playing) return;
    go(at() + 1);
    // Where it has caught up with a run that is still being made, it waits for more.
    if (at() < length() - 1 || model.get("running")) wait();
    else pause();
  }
  function pause() {
    if (!playing) return;
    clearTimeout(playing);
    playing = 0;
    write(play, "Play");
    model.save_changes(); // only now: while it plays, neither the address nor the kernel needs to follow
    setTimeout(rested, FRAME);
  }
  function playOrPause() {
    if (playing) {
      pause();
      return;
    }
    if (at() === length() - 1) go(0);
    write(play, "Pause");
    wait();
  }
  const play = makeButton("Play", playOrPause, { title: "Play or pause" });
  /** @type {(name: string, text: string, by: number) => HTMLButtonElement} */
  const step = (name, text, by) => {
    const act = () => {
      pause();
      go(at() + by);
      model.save_changes();
    };
    return makeButton(text, act, { "aria-label": name, title: name });
  };
  const back = step("One frame back", "‹", -1);
  const on = step("One frame on", "›", 1);
  const speed = make("select", { "aria-label": "Speed", class: "il-speed" });
  for (const [value, text] of Object.entries(SPEEDS).sort(([a], [b]) => Number(a) - Number(b))) {
    speed.append(make("option", { value }, text));
  }
  speed.value = "1";
  const output = make("span", { class: "il-output", "aria-hidden": "true" });
  const scrub = make("input", { type: "range", id, min: 0, max: values.length - 1, step: 1 });
  scrub.addEventListener("input", () => {
    pause();
    go(Number(scrub.value));
  });
  scrub.addEventListener("change", () => model.save_changes());

  const slider = make("div", { class: "il-control il-scrub" }, make("label", { for: id }, spec.label), output, scrub);
  const box = make(
    "div",
    { class: "il-player" },
    make("div", { class: "il-buttons" }, play, back, on, speed),
    make("div", {}, slider),
  );
  return {
    box,
    at,
    pause,
    plays: () => playing > 0,
    show() {
      const t = at();
      scrub.value = String(t);
      scrub.setAttribute("aria-valuetext", number(values[t]));
      write(output, number(values[t]));
    },
  };
}

/**
 * In a notebook the run is made while the reader watches: how far it is, and a button that stops it.
 * @param {Model} model
 * @param {(event: string, listener: () => void) => void} on
 */
export function makeProgress(model, on) {
  const bar = make("progress", { max: 1, "aria-label": "Training" });
  const halt = () => {
    model.set("running", false);
    model.save_changes();
  };
  const stop = makeButton("Stop training", halt, { class: "il-button il-stop" });
  const box = make("div", { class: "il-progress" }, bar, stop);
  const update = () => {
    bar.value = model.get("progress");
    box.classList.toggle("il-idle", !model.get("running"));
    stop.disabled = !model.get("running");
  };
  on("change:progress", update);
  on("change:running", update);
  update();
  return box;
}
