// The lab: any network, built, trained and watched. It knows its host only through `model`, the front-end interface of
// anywidget: `spec` never changes (see lab.py), `experiment` is what is built and trained (see engine/lab.d.ts).

/** @import { DigitImages, Experiment, LabAnswer, Opened } from "../../engine/lab.d.ts" */
/** @import { Entry, PlotSpec, PointTo } from "../../figure/js/types.d.ts" */
/** @import { LabHost, LabModel, RunSide, RunState } from "./types.d.ts" */

import { findings } from "../../engine/diagnosis.js";
import { checkExperiment, readExperiment } from "../../engine/experiment.js";
import { pythonOf } from "../../engine/python.js";
import { copied, makeButton } from "../../figure/js/buttons.js";
import { makeChooser, makeMenu } from "../../figure/js/menu.js";
import { code } from "../../figure/js/sheets.js";
import { nearby } from "../../figure/js/sight.js";
import { write } from "../../figure/js/svg.js";
import { csvOf, pictureOf, pixelsOf, save } from "../../figure/js/taken.js";
import { keepKeys, make } from "../../host/js/dom.js";
import { openLine } from "../../host/js/line.js";
import { LETTERS_OF_RUNS, makeDataPart, makeDrawsPart, makeNetworkPart } from "./setup.js";
import { makeTold, PANELS_AT_REST, PANELS_AT_REST_NARROW, panelsOf, sentenceOf, sideOf } from "./stage.js";
import { makeTrials } from "./trials.js";

const SPEEDS_OF_LAB = [1, 2, 5, 10, 20, 50, 100]; // updates between two pictures
const ANNOUNCE_LAB_AFTER = 500; // ms of rest before a screen reader is told
const ADDRESS_AFTER = 300; // ms
const OF_THE_REST = 3; // while it plays, one panel of so many is drawn with a picture, besides surface and losses
const FINDINGS_EVERY = 400; // ms, while it plays

/**
 * Live, the kernel sends the images of the digits when they are first asked for.
 * @param {LabModel} model
 * @returns {Promise<DigitImages>}
 */
const sentDigits = (model) =>
  new Promise((resolve) => {
    const arrived = () => {
      const images = model.get("digits");
      if (!images.pixels) return;
      model.off("change:digits", arrived);
      resolve(/** @type {DigitImages} */ (images));
    };
    model.on("change:digits", arrived);
    arrived();
    model.set("wants_digits", true);
    model.save_changes();
  });

/**
 * Live, the chapters are notebooks beside this one: JupyterLab opens them in another tab of the browser.
 * @type {NonNullable<LabHost["chapter"]>}
 */
const besideThis = (name) => ({ href: `${name}.ipynb`, target: "_blank" });

/** @param {LabHost} host */
export function render({ model, el, problems, address, chapter = besideThis, digits = () => sentDigits(model) }) {
  const spec = model.get("spec");
  /** @type {(() => void)[]} */
  const undo = []; // what is to be done when the lab goes
  const line = openLine("lab", el.dataset.engine);
  undo.push(line.close);

  // ---- what a screen reader is told

  const spoken = make("p", { class: "il-spoken", role: "status", "aria-live": "polite" });
  let speaking = 0;
  /** @param {string} words */
  function say(words) {
    clearTimeout(speaking);
    speaking = setTimeout(() => write(spoken, words), ANNOUNCE_LAB_AFTER);
  }
  undo.push(() => clearTimeout(speaking));

  // ---- the experiment

  const remark = make("p", { class: "il-remark", role: "status" });
  /** @param {Opened} opened */
  function remarkOn({ problems }) {
    write(remark, problems.map(({ text }) => text).join(" "));
  }
  const first = checkExperiment(model.get("experiment"));
  const usual = /** @type {Experiment} */ (checkExperiment(spec.start).experiment);
  let experiment = first.experiment || usual;
  let addressing = 0;
  undo.push(() => clearTimeout(addressing));
  /** @param {Experiment} next */
  function take(next) {
    experiment = next;
    model.set("experiment", next);
    model.save_changes();
    clearTimeout(addressing);
    addressing = setTimeout(() => address?.(next), ADDRESS_AFTER); // browsers limit how often it may change
    showExperiment();
  }
  /** @param {Opened} opened */
  function openedAs(opened) {
    if (opened.experiment) take(opened.experiment);
    remarkOn(opened);
  }
  /** @param {(experiment: Experiment) => void} mutate */
  function edit(mutate) {
    const next = structuredClone(experiment);
    mutate(next);
    openedAs(checkExperiment(next));
  }
  const changedOutside = () => {
    const given = model.get("experiment");
    if (JSON.stringify(given) === JSON.stringify(experiment)) return;
    openedAs(checkExperiment(given));
  };
  model.on("change:experiment", changedOutside);
  undo.push(() => model.off("change:experiment", changedOutside));

  // ---- its settings

  const dataPart = makeDataPart(edit, say);
  const drawsPart = makeDrawsPart(edit);
  const networks = LETTERS_OF_RUNS.map((_, run) => makeNetworkPart(run, edit, say));
  const left = make("div", { class: "il-setup-side" }, dataPart.box, drawsPart.box);
  const right = make("div", { class: "il-networks" }, ...networks.map(({ box }) => box));
  const setup = make("div", { class: "il-setup" }, left, right);

  /** @type {Experiment["runs"][number] | undefined} the second network, while it is not compared */
  let second;
  const compare = makeButton("Compare two", () =>
    edit(({ runs }) => {
      if (runs.length > 1) second = runs.pop();
      else runs.push(second || structuredClone(runs[0]));
    }),
  );

  // ---- the runs

  /** @type {RunState[]} */
  let states = [];
  let playing = false;
  let drawing = 0;
  let due = 0; // pictures that have been asked for and are not shown
  const runKey = `${el.id} ${Math.random()} run`;
  const play = makeButton("Play", () => (playing ? pause() : playOn()), { title: "Play or pause" });
  const step = makeButton("Step", () => {
    if (playing) pause();
    else if (!over()) ask(); // each press counts, also before the last picture is here
  });
  const rewind = makeButton(
    "Rewind",
    () => {
      pause();
      begin();
      say("Back at step 0, from the same draw.");
    },
    { title: "Back to the same draw" },
  );
  const again = makeButton("Draw again", () =>
    edit(({ seeds }) => (seeds.first = (seeds.first + seeds.count) % 2 ** 32)),
  );
  const speed = make("select", { "aria-label": "Updates a picture", class: "il-speed" });
  for (const each of SPEEDS_OF_LAB) speed.append(make("option", { value: each }, `${each} a picture`));
  speed.value = "5";
  const every = () => Number(speed.value);
  const clock = make("span", { class: "il-output" }, "step 0");
  const status = make("p", { class: "il-status", role: "status" });

  const over = () => states.length > 0 && states.every(({ frame }) => frame?.done);
  function playOn() {
    if (over()) begin();
    playing = true;
    write(play, "Pause");
    next();
  }
  function pause() {
    if (!playing) return;
    playing = false;
    write(play, "Play");
    rested();
  }
  /** Ask every run for one more picture. */
  function ask() {
    due += 1;
    for (const state of states) if (!state.frame?.done) state.more(1, every());
  }
  /** While it plays, one picture is asked for ahead. */
  function next() {
    while (due < 2 && !over()) ask();
  }
  /** Begin anew, from the same draws. */
  function begin() {
    cancelAnimationFrame(drawing);
    for (const { key } of states) line.stop(key);
    drawing = 0;
    due = 1;
    for (const { list } of sides) list.style.minHeight = "";
    write(status, "");
    const drawn = experiment;
    const started = drawn.runs.map((_, run) => {
      const key = `${runKey} ${run}`;
      /** @type {RunState} */
      const state = { key, frame: null, waiting: [], told: makeTold(), more() {} };
      return state;
    });
    states = started;
    const images = drawn.data.set === "digits" ? digits() : Promise.resolve(undefined);
    images.then(
      (pictures) => {
        if (states !== started) return;
        started.forEach((state, run) => {
          const lab = { experiment: drawn, run, digits: pictures };
          state.more = line.ask({ key: state.key, lab, more: due, every: every() }, (answer) => {
            if (states === started) arrived(state, answer);
          });
        });
      },
      () => failed("the images of the digits could not be loaded."),
    );
  }
  /** @param {string} why */
  function failed(why) {
    playing = false;
    write(play, "Play");
    write(status, `This could not be computed: ${why.replace(/^Error: /, "")}`);
  }
  /** @type {(state: RunState, answer: LabAnswer) => void} */
  function arrived(state, { frames = [], error }) {
    if (error) {
      failed(error);
      return;
    }
    state.waiting.push(...frames);
    drawing ||= requestAnimationFrame(show);
  }
  /** The next picture, if it is here: all runs move together. */
  function show() {
    drawing = 0;
    if (states.some((each) => !each.frame?.done && !each.waiting.length)) return;
    due = Math.max(due - 1, 0);
    for (const each of states) {
      const frame = each.waiting.shift();
      if (!frame) continue;
      each.frame = frame;
      each.told.add(frame);
    }
    if (playing) {
      if (over()) pause();
      else next(); // the engine goes on while this is drawn
    }
    draw();
    if (states.some((each) => each.waiting.length)) drawing ||= requestAnimationFrame(show);
  }

  // ---- what is seen

  /** @type {RunSide[]} */
  let sides = [];
  /** @type {PlotSpec[]} */
  let panels = [];
  let shape = "";
  const stage = make("div", { class: "il-sides" });
  /** @type {PointTo} panels over the same x move their cursors together */
  const pointTo = (from, x) => {
    for (const { side } of sides)
      for (const p of side.panels) if (!p.box.hidden && p.spec.x_label === from.x_label) p.point(x);
  };
  const resize = () => {
    for (const { side } of sides) {
      for (const p of side.panels) p.resize();
      side.pin();
    }
    steer.classList.toggle("il-stays", steer.offsetHeight < 0.4 * innerHeight);
  };
  const observer = new ResizeObserver(resize);
  const { near, watch } = nearby(); // while it plays, the panels elsewhere wait
  undo.push(
    () => observer.disconnect(),
    () => watch.disconnect(),
  );
  const room = el.clientWidth || Infinity; // a notebook does not know it yet
  const narrow = room < 480;
  /** @type {Set<string>} */
  const off = new Set(narrow ? PANELS_AT_REST_NARROW : PANELS_AT_REST);
  const choose = () => {
    for (const { side, grid } of sides) {
      for (const p of side.panels) p.box.hidden = off.has(p.spec.name);
      grid.dataset.plots = String(side.panels.filter((p) => !p.box.hidden).length);
      for (const part of side.parts) part.pinned = undefined;
    }
    draw(true);
    resize();
  };
  const chooserPlace = make("span");
  let undoChooser = () => {};
  undo.push(() => undoChooser());

  /** New panels, where the old ones do not fit what is to be seen. */
  function build() {
    const { data, runs, seeds } = experiment;
    const now = JSON.stringify([data.set === "digits", data.heldOut > 0, runs.length, seeds.count > 1]);
    if (now === shape) return;
    shape = now;
    sized = false;
    observer.disconnect();
    watch.disconnect();
    near.clear();
    panels = panelsOf(experiment, data.set === "digits" ? Math.log(10) : Math.log(2));
    sides = runs.map((_, run) => {
      const own = structuredClone(panels);
      const side = sideOf(own, pointTo);
      const list = make("ul", { class: "il-findings" });
      const [words, grid] = side.parts;
      const label = runs.length > 1 ? `Network ${LETTERS_OF_RUNS[run]}` : "The network";
      const heading = make("p", { class: "il-run" }, label);
      const box = make("section", { class: "il-side", "aria-label": label }, heading, words, list, grid);
      for (const p of side.panels) {
        p.box.hidden = off.has(p.spec.name);
        observer.observe(p.stage);
        watch.observe(p.box);
      }
      grid.dataset.plots = String(side.panels.filter((p) => !p.box.hidden).length);
      return { side, specs: own, list, box, grid };
    });
    stage.replaceChildren(...sides.map(({ box }) => box));
    body.classList.toggle("il-two", runs.length > 1);
    undoChooser();
    const chooser = makeChooser(panels, off, choose);
    undoChooser = chooser.undo;
    chooserPlace.replaceChildren(chooser.menu);
    keepKeys(body);
  }
  let found = 0;
  let turn = 0;
  let sized = false;
  /** @param {boolean} all also what may wait while it plays */
  function draw(all = !playing) {
    turn = (turn + 1) % OF_THE_REST;
    const now = performance.now();
    const telling = all || now - found > FINDINGS_EVERY;
    if (telling) found = now;
    states.forEach((state, run) => {
      const { frame, told } = state;
      const shown = sides[run];
      if (!frame || !shown) return;
      if (frame.surface) {
        const heat = shown.specs.find(({ kind }) => kind === "heatmap");
        if (heat?.kind === "heatmap") [heat.x_range, heat.y_range] = [frame.surface.x, frame.surface.y];
      }
      const data = told.panels(frame);
      const losses = told.curves(all);
      shown.side.panels.forEach((p, i) => {
        if (p.box.hidden || !(all || near.has(p.box))) return;
        if (p.spec.name === "loss") p.draw(losses.data, losses.at, !all);
        else if (all || i < 2 || i % OF_THE_REST === turn) p.draw(data[p.spec.name], 0, !all);
      });
      write(shown.side.text, sentenceOf(frame, experiment));
      if (telling) showFindings(shown.list, run);
    });
    if (telling) level();
    if (!sized) resize(); // what has data now has to be told how wide it is
    const [{ frame } = { frame: null }] = states;
    sized = frame !== null;
    if (frame) write(clock, `step ${frame.step}`);
    step.disabled = over();
    if (!playing) rested();
  }
  /** @type {(list: HTMLElement, run: number) => void} */
  function showFindings(list, run) {
    const { frame } = states[run];
    if (!frame) return;
    const seen = findings(frame, experiment, run);
    const key = JSON.stringify(seen);
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    list.replaceChildren(
      ...seen.map(({ text, chapter: file, well }) => {
        const words = make("span", {}, text);
        return make("li", { class: well ? "il-well" : "il-ill" }, words, " ", chapterLink(file));
      }),
    );
  }
  /** The findings keep the room that they once took in a run, so that nothing below moves up and down; beside each
   * other, those of two networks end at the same height, and their pictures line up. */
  function level() {
    const beside = sides.every(({ box }) => box.offsetTop === sides[0].box.offsetTop);
    const heights = sides.map(({ list }) => list.offsetHeight);
    const end = Math.max(...sides.map(({ list }, i) => list.offsetTop + heights[i]));
    sides.forEach(({ list }, i) => {
      list.style.minHeight = `${beside ? end - list.offsetTop : heights[i]}px`;
    });
  }
  /** @param {string} file */
  const chapterLink = (file) => make("a", chapter(file), spec.chapters[file]);
  /** It stands still: a screen reader is told how. At the start there is nothing to tell. */
  function rested() {
    if (!states[0]?.frame?.step) return;
    const told = sides.map(({ box, side, list }) => {
      const label = sides.length > 1 ? `${box.getAttribute("aria-label")}: ` : "";
      const seen = [...list.querySelectorAll("li > span")].map((each) => each.textContent);
      return `${label}${side.text.textContent} ${seen.join(" ")}`;
    });
    say(told.join(" "));
  }

  function showExperiment() {
    dataPart.show(experiment);
    drawsPart.show(experiment);
    for (const network of networks) network.show(experiment);
    compare.setAttribute("aria-pressed", String(experiment.runs.length > 1));
    setup.classList.toggle("il-two", experiment.runs.length > 1);
    trials.changed(experiment);
    showPython();
    build();
    keepKeys(body);
    begin();
  }

  // ---- what a reader takes along

  const python = make("div", { class: "il-python" });
  python.hidden = true;
  function showPython() {
    if (python.hidden) return;
    python.replaceChildren(
      ...experiment.runs.map((_, run) => {
        const title = experiment.runs.length > 1 ? `Network ${LETTERS_OF_RUNS[run]} in Python` : "The same in Python";
        const sheet = code({ kind: "code", name: `python-${run}`, title });
        sheet.draw({ code: pythonOf(experiment, run), note: "" });
        return sheet.box;
      }),
    );
    keepKeys(python);
  }
  const file = make("input", { type: "file", accept: ".json,application/json", hidden: "" });
  file.addEventListener("change", async () => {
    const [chosen] = file.files || [];
    if (chosen) openedAs(readExperiment(await chosen.text()));
    file.value = "";
  });
  const written = () => new Blob([`${JSON.stringify(experiment, null, 1)}\n`], { type: "application/json" });
  const credit = () => `Initialization Lab: ${document.title.split(" — ")[0]}`;
  const picture = () => pictureOf(body, spec.title, credit());
  const csv = () => csvOf(sides.map(({ side }) => side));
  /** @type {Entry[]} */
  const links = address
    ? [["Copy link", copied(() => address(experiment), "Link copied", "Now in the address bar")]]
    : [];
  const more = makeMenu([
    ...links,
    [
      "The same in Python",
      () => {
        python.hidden = !python.hidden;
        showPython();
        if (!python.hidden) python.scrollIntoView({ block: "nearest" });
      },
    ],
    ["Save to a file", () => save(`${spec.name}.json`, written())],
    ["Open a file", () => file.click()],
    ["Picture (SVG)", () => save(`${spec.name}.svg`, new Blob([picture().outerHTML], { type: "image/svg+xml" }))],
    ["Picture (PNG)", () => pixelsOf(picture(), (pixels) => save(`${spec.name}.png`, pixels))],
    ["Numbers (CSV)", () => save(`${spec.name}.csv`, new Blob([csv()], { type: "text/csv" }))],
  ]);
  undo.push(more.undo);

  // ---- put together

  const reset = makeButton("Reset", () => {
    pause();
    remarkOn({ experiment: null, problems: [] });
    take(structuredClone(usual));
  });
  const actions = make("div", { class: "il-actions" }, compare, reset, chooserPlace, more.menu);
  const head = make("div", { class: "il-head" }, make("p", { class: "il-title" }, spec.title), actions);
  const buttons = make("div", { class: "il-buttons" }, play, step, rewind, again, speed);
  const steer = make("div", { class: "il-steer" }, make("div", { class: "il-lab-player" }, buttons, clock), status);
  const trials = makeTrials(
    spec.name,
    line,
    (given) => take(structuredClone(given)),
    () => experiment,
    say,
    chapterLink,
  );
  const body = make(
    "div",
    { class: "il-body", role: "group", "aria-label": `Lab: ${spec.title}` },
    head,
    remark,
    trials.work,
    setup,
    steer,
    stage,
    python,
    trials.box,
    file,
    spoken,
  );
  el.classList.add("initlab-lab");
  el.replaceChildren(body);
  // Where there is little room, what is rarely changed is folded: its heading says what is set.
  const folded = narrow ? setup.querySelectorAll("details") : room < 760 ? [dataPart.box, drawsPart.box] : [];
  for (const part of folded) part.removeAttribute("open");
  showExperiment();
  remarkOn(problems ? { experiment: null, problems } : first);
  // Out of sight, nothing plays.
  const onStage = new IntersectionObserver(([{ isIntersecting }]) => !isIntersecting && pause());
  onStage.observe(body);
  undo.push(
    () => onStage.disconnect(),
    () => cancelAnimationFrame(drawing),
    () => {
      states = [];
    },
  );
  return () => {
    for (const act of undo) act();
  };
}

export default { render };
