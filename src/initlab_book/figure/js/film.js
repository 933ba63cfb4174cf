// A figure over time, with one run or two side by side.

/** @import { ComputedFilm, FilmSpec, MadeControl, NoFilm, PackedFilm, Stage, UnpackedFilm } from "./types.d.ts" */

import { keepKeys, make } from "../../host/js/dom.js";
import { makeButton } from "./buttons.js";
import { unpack, unpackFrames } from "./packing.js";
import { aroundPrinting } from "./paper.js";
import { makePlayer, makeProgress } from "./player.js";
import { SECOND, TYPED } from "./settings.js";
import { nearby } from "./sight.js";

/**
 * The controls that both sides share, the player, and for each side its own controls and panels.
 * @param {FilmSpec} spec
 * @param {Stage} stage
 * @returns what draws the figure for the first time
 */
export function makeFilm(
  spec,
  { model, live, body, steer, content, actions, status, sides, offer, rows, on, undo, addSide, resize, drawn },
) {
  /** @type {(UnpackedFilm & { source: PackedFilm | ComputedFilm } | null)[]} */
  const films = [];
  const two = () => spec.compare.length > 0 && model.get("compare");
  const length = () => Math.max(1, ...films.map((film) => film?.length || 0));
  const shared = offer(spec.controls.filter((c) => !spec.compare.includes(c.name)));
  const numbers = shared.filter((c) => TYPED.has(c.kind));
  const time = makePlayer(spec.player, model, length, show);
  const stage = make("div", { class: "il-sides" });
  const pair = make("div", { class: "il-pair" });
  steer.append(
    make("div", { class: "il-settings" }, rows(shared.filter((c) => !numbers.includes(c))), pair, rows(numbers)),
    time.box,
    status,
  );
  content.append(steer, stage);
  undo.push(time.pause);

  // Where there is no room for two runs beside each other, the reader swaps them; their axes are the same.
  const swap = make("div", { class: "il-swap", role: "group", "aria-label": "Run that is shown" });
  const LABELS = ["First run", "Second run"];
  const swaps = LABELS.map((label, i) => {
    const button = makeButton(label, () => choose(i));
    swap.append(button);
    return button;
  });
  /** @param {number} chosen */
  function choose(chosen) {
    swaps.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(i === chosen));
    });
    body.dataset.run = String(chosen + 1);
    resize();
    show();
  }

  const { near, watch } = nearby();
  undo.push(() => watch.disconnect());

  /** @type {MadeControl[][]} */
  const settings = [];
  /** @type {(suffix: string, label: string) => void} */
  function open(suffix, label) {
    const controls = offer(
      spec.controls.filter((c) => spec.compare.includes(c.name)),
      suffix,
    );
    const side = addSide();
    settings.push(controls);
    pair.append(make("div", { class: "il-own", role: "group", "aria-label": `${label}: settings` }, rows(controls)));
    const heading = make("p", { class: "il-run", "aria-hidden": "true" }, label);
    stage.append(make("div", { class: "il-side", role: "group", "aria-label": label }, heading, ...side.parts));
    for (const box of side.boxes) watch.observe(box);
  }
  open("", LABELS[0]);

  let following = live; // while a run is being made its newest frame is shown, until the reader goes elsewhere
  // While it plays, what is out of sight waits.
  function show() {
    const t = time.at();
    const shown = sides.slice(0, two() ? 2 : 1);
    shown.forEach((side, i) => {
      const film = films[i];
      if (!film) return;
      const at = Math.min(t, film.length - 1);
      const data = Object.fromEntries(spec.panels.map((p) => [p.name, film.panels[p.name][at]]));
      side.draw(data, film.texts[at], at, time.plays() ? near : null);
    });
    time.show();
    drawn(shown);
  }
  function load() {
    if (two() && sides.length < 2) {
      open(SECOND, LABELS[1]);
      steer.append(swap);
      choose(0);
      keepKeys(body);
    }
    body.classList.toggle("il-two", two());
    loadSide(0, model.get("film"));
    loadSide(1, two() ? model.get("film_2") : {});
    if (films[0] || films[1]) show();
    resize();
  }
  /** @type {(i: number, source: PackedFilm | ComputedFilm | NoFilm) => void} */
  function loadSide(i, source) {
    if (!source.frames && !source.texts)
      films[i] = null; // not made yet
    else if (films[i]?.source !== source) {
      const film = source.frames ? unpackFrames(source, spec) : unpack(source, spec);
      films[i] = { ...film, source };
      for (const c of settings[i].concat(i ? [] : shared)) c.mark(film.marks[c.name.replace(SECOND, "")]);
    }
  }
  if (spec.compare.length) {
    const change = () => {
      model.set("compare", !model.get("compare"));
      model.save_changes();
    };
    const compare = makeButton("Compare two", change, { "aria-pressed": "false" });
    const pressed = () => compare.setAttribute("aria-pressed", String(Boolean(model.get("compare"))));
    actions.prepend(compare);
    pressed();
    on("change:compare", pressed);
    on("change:compare", load);
  }
  function arrived() {
    load();
    follow();
  }
  on("change:film", arrived);
  on("change:film_2", arrived);
  on(`change:${spec.player.name}`, show);
  function follow() {
    if (!following) return;
    model.set(spec.player.name, spec.player.values[length() - 1]);
    model.save_changes(); // the kernel sends back what it is told: it must know the newest step, too
  }
  if (live || spec.engine) {
    time.box.append(makeProgress(model, on));
    on("change:running", () => {
      if (model.get("running")) following = true;
    });
    /** @param {Event} event */
    const leave = ({ target }) => {
      if (!(/** @type {Element} */ (target).closest(".il-progress"))) following = false;
    };
    time.box.addEventListener("pointerdown", leave);
    time.box.addEventListener("keydown", leave);
  }
  // Paper shows a run to its end.
  let before = model.get(spec.player.name);
  const toTheEnd = () => {
    before = model.get(spec.player.name);
    model.set(spec.player.name, spec.player.values[length() - 1]);
  };
  aroundPrinting(toTheEnd, () => model.set(spec.player.name, before), undo);
  return load;
}
