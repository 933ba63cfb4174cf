// Films: their frames, unpacked (film.py packs them), the player that goes through them, and one run or two beside it.

const LEVELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"; // as in numbers.py
const NONE = LEVELS.length - 1; // stands for not a number
const LEVEL = Object.fromEntries([...LEVELS].map((letter, i) => [letter, i]));

const numbersOf = (levels) => Float32Array.from(levels, (level) => (level === NONE ? NaN : level / (NONE - 1)));
const levelsOf = (text) => Uint8Array.from(text, (letter) => LEVEL[letter]);

// { length, texts, panels: the data of every panel, a list with one entry per frame, marks }
function unfold(film, spec) {
  const { common = {}, still, moving, texts } = film;
  const panels = {};
  for (const { name, levels = [] } of spec.panels) {
    const same = { ...common[name], ...still[name] };
    for (const key of levels) if (key in same) same[key] = numbersOf(levelsOf(same[key]));
    const changing = Object.entries(moving[name] || {}).map(([key, values]) => {
      if (!levels.includes(key)) return [key, values];
      let now = new Uint8Array(values[0].length);
      return [key, values.map((text) => numbersOf(now = levelsOf(text).map((change, i) => (now[i] + change) % LEVELS.length)))];
    });
    panels[name] = texts.map((_, t) => (changing.length ? { ...same, ...Object.fromEntries(changing.map(([key, values]) => [key, values[t]])) } : same));
  }
  return { length: texts.length, texts, panels, marks: { ...common.marks, ...still.marks } };
}

const FRAME = 180; // ms for which a frame is shown at speed 1
const SPEEDS = { 0.5: "½ ×", 1: "1 ×", 2: "2 ×", 4: "4 ×" };

// Play, pause, step and scrub. `length()` is the number of frames that there are so far; `rested` is called when it
// no longer plays, a moment after the last picture.
function player(spec, model, length, rested) {
  const { values } = spec;
  const id = `il-${Math.random().toString(36).slice(2)}`;
  const button = (label, text, act) => {
    const made = make("button", { type: "button", class: "il-button", "aria-label": label, title: label }, text);
    made.addEventListener("click", act);
    return made;
  };
  const at = () => Math.min(nearest(values, model.get(spec.name)), length() - 1);
  let playing = 0; // a timer: between two frames the page has nothing to do

  function go(to) {
    model.set(spec.name, values[Math.max(0, Math.min(length() - 1, to))]);
  }
  function wait() {
    playing = setTimeout(() => requestAnimationFrame(tick), FRAME / speed.value);
  }
  function tick() {
    if (!playing) return;
    go(at() + 1);
    if (at() < length() - 1) wait();
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
  const play = button("Play or pause", "Play", () => {
    if (playing) { pause(); return; }
    if (at() === length() - 1) go(0);
    write(play, "Pause");
    wait();
  });
  play.removeAttribute("aria-label"); // its text says what it does
  const step = (by) => () => { pause(); go(at() + by); model.save_changes(); };
  const back = button("One frame back", "‹", step(-1));
  const on = button("One frame on", "›", step(1));
  const speed = make("select", { "aria-label": "Speed", class: "il-speed" });
  for (const [key, text] of Object.entries(SPEEDS).sort(([a], [b]) => a - b)) speed.append(make("option", { value: key }, text));
  speed.value = 1;
  const output = make("span", { class: "il-output", "aria-hidden": "true" });
  const scrub = make("input", { type: "range", id, min: 0, max: values.length - 1, step: 1 });
  scrub.addEventListener("input", () => { pause(); go(Number(scrub.value)); });
  scrub.addEventListener("change", () => model.save_changes());

  const box = make("div", { class: "il-player" },
    make("div", { class: "il-buttons" }, play, back, on, speed),
    make("div", {}, make("div", { class: "il-control il-scrub" }, make("label", { for: id }, spec.label), output, scrub)));
  return {
    box,
    at,
    pause,
    plays: () => playing > 0,
    show() {
      const t = at();
      scrub.value = t;
      scrub.setAttribute("aria-valuetext", format(values[t]));
      write(output, format(values[t]));
    },
  };
}

// In a notebook the run is made while the reader watches: how far it is, and a button that stops it.
function progress(model, on) {
  const bar = make("progress", { max: 1, "aria-label": "Training" });
  const stop = make("button", { type: "button", class: "il-button il-stop" }, "Stop training");
  const box = make("div", { class: "il-progress" }, bar, stop);
  stop.addEventListener("click", () => { model.set("running", false); model.save_changes(); });
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

// ---------------------------------------------------------------- the figure

const SECOND = "_2"; // ends the name of a setting of the second side

// What is set besides the controls.
const filmSettings = ({ player, compare }) => [player.name, ...(compare.length ? ["compare", ...compare.map((name) => name + SECOND)] : [])];

// A film on one side or two: the controls that both share, the player, and for each side its own controls and panels.
// Takes the parts and tools of `render` in explorer.js, and returns what draws the figure for the first time.
function screen({ spec, model, live, body, actions, sides, offer, rows, button, on, undo, addSide, resize, drawn, keepKeys }) {
  const films = [];
  const two = () => spec.compare.length > 0 && model.get("compare");
  const length = () => Math.max(1, ...films.filter((f) => f).map((f) => f.length));
  const shared = offer(spec.controls.filter((c) => !spec.compare.includes(c.name)));
  const time = player(spec.player, model, length, show);
  const stage = make("div", { class: "il-sides" });
  const status = make("p", { class: "il-status", role: "status" });
  body.append(rows(shared), time.box, status, stage);
  undo.push(time.pause);

  const near = new Set(); // what is in the window, or nearly
  const watch = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) isIntersecting ? near.add(target) : near.delete(target);
  }, { rootMargin: "100px 0px" });
  undo.push(() => watch.disconnect());

  const settings = [];
  function open(suffix, label) {
    const controls = offer(spec.controls.filter((c) => spec.compare.includes(c.name)), suffix);
    const side = addSide();
    settings.push(controls);
    stage.append(make("div", { class: "il-side", role: "group", "aria-label": label }, rows(controls), ...side.parts));
    side.boxes.forEach((box) => watch.observe(box));
  }
  open("", "First run");

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
      open(SECOND, "Second run");
      keepKeys();
    }
    body.classList.toggle("il-two", Boolean(two()));
    ["film", "film_2"].forEach((name, i) => {
      const film = i && !two() ? {} : model.get(name);
      if (!film.texts) films[i] = null; // not made yet
      else if (!films[i] || films[i].source !== film) {
        films[i] = { ...unfold(film, spec), source: film };
        settings[i].concat(i ? [] : shared).forEach((c) => c.mark(films[i].marks[c.name.replace(SECOND, "")]));
      }
    });
    if (films[0] || films[1]) show();
    resize();
  }
  const report = () => write(status, model.get("status") || "");
  if (spec.compare.length) {
    const compare = button("Compare two", () => {
      model.set("compare", !model.get("compare"));
      model.save_changes();
    }, { "aria-pressed": "false" });
    const pressed = () => compare.setAttribute("aria-pressed", String(Boolean(model.get("compare"))));
    actions.prepend(compare);
    pressed();
    on("change:compare", pressed);
    on("change:compare", load);
  }
  on("change:film", () => { load(); follow(); });
  on("change:film_2", () => { load(); follow(); });
  on(`change:${spec.player.name}`, show);
  on("change:status", report);
  function follow() {
    if (!following) return;
    model.set(spec.player.name, spec.player.values[length() - 1]);
    model.save_changes(); // the kernel sends back what it is told: it must know the newest step, too
  }
  if (live) {
    time.box.append(progress(model, on));
    on("change:running", () => { if (model.get("running")) following = true; });
    const leave = (event) => { if (!event.target.closest(".il-progress")) following = false; };
    time.box.addEventListener("pointerdown", leave);
    time.box.addEventListener("keydown", leave);
  }
  report();
  return load;
}
