// The interactive figure: draws the frames of a demo as SVG. Plain JavaScript, no build step: front_end.py puts the
// modules together, as their imports say.
//
// It knows its host only through `model`, the front-end interface of anywidget: get, set, save_changes, on, off.
//   spec    what never changes: title, controls, panels (see demo.py)
//   frame   the numbers to draw and the sentence that describes them; or
//   film    the frames of a whole run (see film.py), and film_2, that of the second of two sides
//   and one entry for every setting. Setting it makes the host, sooner or later, change `frame` or `film`.

/** @import { Control, MadeControl, Model, PointTo, Side, Value } from "./types.d.ts" */

import { keepKeys, make } from "../../host/js/dom.js";
import { makeButton } from "./buttons.js";
import { makeControl } from "./controls.js";
import { makeFilm } from "./film.js";
import { filmSettings } from "./settings.js";
import { makeSide, pin } from "./side.js";
import { write } from "./svg.js";

const ANNOUNCE_AFTER = 600; // ms of rest before a screen reader is told, so that a drag is one message

/** @param {{ model: Model, el: HTMLElement }} host */
export function render({ model, el }) {
  const spec = model.get("spec");
  const live = !el.dataset.static;
  const names = [...spec.controls.map((c) => c.name), ...(spec.player ? filmSettings(spec) : [])];
  /** @type {[string, Value][]} */
  const start = names.map((name) => [name, model.get(name)]);
  /** @type {(() => void)[]} */
  const undo = []; // what is to be done when the figure goes
  /** @type {(event: string, listener: () => void) => void} */
  const on = (event, listener) => {
    model.on(event, listener);
    undo.push(() => model.off(event, listener));
  };

  /** @param {Control[]} list */
  const offer = (list, suffix = "") =>
    list.map((c) => {
      const name = c.name + suffix;
      const made = makeControl({ ...c, name }, model, live);
      const show = () => made.show(model.get(name));
      show();
      on(`change:${name}`, show);
      return made;
    });
  /** @param {MadeControl[]} controls */
  const rows = (controls) => make("div", { class: "il-controls" }, ...controls.map((c) => c.box));
  const reset = makeButton("Reset", () => {
    for (const [name, v] of start) model.set(name, v);
    model.save_changes();
  });
  const actions = make("div", { class: "il-actions" }, reset);
  const head = make("div", { class: "il-head" }, make("p", { class: "il-title" }, spec.title), actions);
  const spoken = make("p", { class: "il-spoken", role: "status", "aria-live": "polite" });
  const name = `Interactive figure: ${spec.title}`;
  const body = make("div", { class: "il-body", role: "group", "aria-label": name }, head);

  /** @type {Side[]} */
  const sides = [];
  /** @type {PointTo} panels over the same x move their cursors together */
  const pointTo = (from, x) => {
    for (const { panels } of sides) for (const p of panels) if (p.spec.x_label === from.x_label) p.point(x);
  };
  const resize = () => {
    for (const side of sides) {
      for (const p of side.panels) p.resize();
      side.pin();
    }
    for (const box of /** @type {NodeListOf<HTMLElement>} */ (body.querySelectorAll(".il-slider, .il-scrub"))) pin(box);
  };
  const observer = new ResizeObserver(resize);
  function addSide() {
    const side = makeSide(spec, pointTo);
    sides.push(side);
    for (const box of [side.text, ...side.panels.map((p) => p.stage)]) observer.observe(box);
    return side;
  }

  let timer = 0;
  let first = true;
  function drawn(shown = sides) {
    if (first) {
      first = false;
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(() => write(spoken, shown.map((s) => s.text.textContent).join(" ")), ANNOUNCE_AFTER);
  }

  let update;
  if (spec.player) {
    update = makeFilm(spec, { model, live, body, actions, sides, offer, rows, on, undo, addSide, resize, drawn });
  } else {
    const side = addSide();
    body.append(rows(offer(spec.controls)), ...side.parts);
    update = () => {
      const frame = model.get("frame");
      side.draw(frame.panels, frame.text);
      drawn();
    };
    on("change:frame", update);
  }
  body.append(spoken);
  keepKeys(body);
  el.classList.add("initlab-explorer");
  el.replaceChildren(body);
  update();
  resize();

  return () => {
    observer.disconnect();
    clearTimeout(timer);
    for (const act of undo) act();
  };
}

export default { render };
