// The interactive figure: draws the frames of a demo as SVG. Plain JavaScript, no build step: front_end.py puts the
// modules together, as their imports say.
//
// It knows its host only through `model`, the front-end interface of anywidget: get, set, save_changes, on, off.
//   spec    what never changes: title, controls, panels (see demo.py)
//   frame   the numbers to draw and the sentence that describes them; or
//   film    the frames of a whole run (see film.py), and film_2, that of the second of two sides
//   and one entry for every setting. Setting it makes the host, sooner or later, change `frame` or `film`.

/** @import { Control, Host, MadeControl, PointTo, Side, Value } from "./types.d.ts" */

import { keepKeys, make } from "../../host/js/dom.js";
import { makeButton } from "./buttons.js";
import { makeControl } from "./controls.js";
import { makeFilm } from "./film.js";
import { makeGuess } from "./guess.js";
import { makeChooser, makeDropDown, makeMenu } from "./menu.js";
import { aroundPrinting } from "./paper.js";
import { pin } from "./pin.js";
import { filmSettings, TYPED } from "./settings.js";
import { makeSide } from "./side.js";
import { write } from "./svg.js";
import { csvOf, pictureOf, pixelsOf, save } from "./taken.js";

const ANNOUNCE_AFTER = 600; // ms of rest before a screen reader is told, so that a drag is one message
const BUSY_AFTER = 400; // ms without an answer after which a kernel counts as busy

/** @param {Host} host */
export function render({ model, el, memory, open = false, entries = [] }) {
  const spec = model.get("spec");
  const live = !el.dataset.static;
  const free = live || spec.engine; // a kernel or the engine computes any setting
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
      const made = makeControl({ ...c, name }, model, free);
      const show = () => made.show(model.get(name));
      show();
      on(`change:${name}`, show);
      return made;
    });
  const reset = makeButton("Reset", () => {
    for (const [name, v] of start) model.set(name, v);
    model.save_changes();
  });
  const actions = make("div", { class: "il-actions" }, reset);
  let narrow = false;
  let arrange = () => {}; // puts the numbers to type in where the width of the page wants them
  /** @param {MadeControl[]} controls */
  function rows(controls) {
    const box = make("div", { class: "il-controls" }, ...controls.map((c) => c.box));
    const numbers = controls.filter((c) => free && TYPED.has(c.kind)).map((c) => c.box);
    if (numbers.length) {
      const { menu, list, undo: close } = makeDropDown("Numbers", "Numbers to type in");
      menu.classList.add("il-numbers");
      undo.push(close);
      arrange = () => {
        (narrow ? list : box).append(...numbers);
        if (narrow) reset.after(menu);
        else menu.remove();
      };
    }
    return box;
  }
  const status = make("p", { class: "il-status", role: "status" });
  const steer = make("div", { class: "il-steer" });
  const content = make("div", { class: "il-content" });
  const head = make("div", { class: "il-head" }, make("p", { class: "il-title" }, spec.title), actions);
  const spoken = make("p", { class: "il-spoken", role: "status", "aria-live": "polite" });
  const name = `Interactive figure: ${spec.title}`;
  const body = make("div", { class: "il-body", role: "group", "aria-label": name }, head);
  if (spec.prediction && !open) {
    const guess = makeGuess(spec.prediction, memory, () => {
      body.classList.remove("il-closed");
      resize();
    });
    body.classList.toggle("il-closed", !memory || memory.get() === null);
    body.append(guess);
  }
  body.append(content);

  /** @type {Side[]} */
  const sides = [];
  /** @type {PointTo} panels over the same x move their cursors together */
  const pointTo = (from, x) => {
    for (const { panels } of sides) for (const p of panels) if (p.spec.x_label === from.x_label) p.point(x);
  };
  const resize = () => {
    if (el.clientWidth && el.clientWidth < 480 !== narrow) {
      narrow = !narrow;
      arrange();
    }
    for (const side of sides) {
      for (const p of side.panels) p.resize();
      side.pin();
    }
    for (const box of /** @type {NodeListOf<HTMLElement>} */ (body.querySelectorAll(".il-slider, .il-scrub"))) pin(box);
    // Controls that would hide most of what they change do not stay in sight.
    steer.classList.toggle("il-stays", steer.offsetHeight < 0.55 * innerHeight);
  };
  const observer = new ResizeObserver(resize);
  /** @type {Set<string>} */
  const off = new Set();
  const choose = () => {
    for (const { panels } of sides) for (const p of panels) p.box.hidden = off.has(p.spec.name);
    for (const { parts } of sides) for (const part of parts) part.pinned = undefined;
    resize();
  };
  function addSide() {
    const side = makeSide(spec, pointTo);
    sides.push(side);
    for (const p of side.panels) p.box.hidden = off.has(p.spec.name);
    for (const box of [side.text, ...side.panels.map((p) => p.stage)]) observer.observe(box);
    return side;
  }

  if (spec.panels.length > 4) {
    if (el.clientWidth && el.clientWidth < 480 && spec.narrow?.length) {
      for (const { name } of spec.panels) if (!spec.narrow.includes(name)) off.add(name);
    }
    const chooser = makeChooser(spec.panels, off, choose);
    actions.append(chooser.menu);
    undo.push(chooser.undo);
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
    const stage = { model, live, body, steer, content, actions, status };
    update = makeFilm(spec, { ...stage, sides, offer, rows, on, undo, addSide, resize, drawn });
  } else {
    const side = addSide();
    steer.append(rows(offer(spec.controls)), status);
    content.append(steer, ...side.parts);
    update = () => {
      const frame = model.get("frame");
      side.draw(frame.panels, frame.text);
      drawn();
    };
    on("change:frame", update);
  }
  const report = () => write(status, model.get("status") || "");
  on("change:status", report);
  report();
  if (free) {
    // What has something else to do answers later: say so.
    let waiting = 0;
    const BUSY = live ? "The kernel is busy: the picture will follow." : "Computing: the picture will follow.";
    for (const [name] of start) {
      if (name === spec.player?.name) continue;
      on(`change:${name}`, () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => write(status, BUSY), BUSY_AFTER);
      });
    }
    on("change:answered", () => {
      clearTimeout(waiting);
      if (status.textContent === BUSY) report();
    });
    undo.push(() => clearTimeout(waiting));
  }
  const credit = () => `Initialization Lab: ${document.title.split(" — ")[0]}`;
  const picture = () => pictureOf(body, spec.title, credit());
  const shownSides = () => sides.filter((side) => side.text.offsetParent);
  /** @type {[string, () => void][]} */
  const files = [
    ["Picture (SVG)", () => save(`${spec.name}.svg`, new Blob([picture().outerHTML], { type: "image/svg+xml" }))],
    ["Picture (PNG)", () => pixelsOf(picture(), (file) => save(`${spec.name}.png`, file))],
    ["Numbers (CSV)", () => save(`${spec.name}.csv`, new Blob([csvOf(shownSides())], { type: "text/csv" }))],
  ];
  const screen = () => (document.fullscreenElement === el ? document.exitFullscreen() : el.requestFullscreen());
  const drawable = spec.panels.some((p) => p.kind !== "formulas" && p.kind !== "code");
  const more = makeMenu([...entries, ["Full screen", screen], ...(drawable ? files : [])]);
  actions.append(more.menu);
  undo.push(more.undo);
  body.append(spoken);
  keepKeys(body);
  el.classList.add("initlab-explorer");
  // On a page it is there already, with its number.
  const caption = el.querySelector("figcaption") || make("figcaption", { class: "il-caption" }, spec.caption);
  el.replaceChildren(body, ...(caption.textContent ? [caption] : []));
  update();
  resize();

  // On paper there is nothing to guess.
  let closed = false;
  const opened = () => {
    closed = body.classList.contains("il-closed");
    body.classList.remove("il-closed");
    resize();
  };
  aroundPrinting(opened, () => body.classList.toggle("il-closed", closed), undo);

  return () => {
    observer.disconnect();
    clearTimeout(timer);
    for (const act of undo) act();
  };
}

export default { render };
