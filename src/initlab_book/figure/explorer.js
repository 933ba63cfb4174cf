// The interactive figure: draws the frames of a demo as SVG. Plain JavaScript, no build step; with drawing.js, panels.js,
// pictures.js, sheets.js and film.js before it, it is one module.
//
// It knows its host only through `model`, the front-end interface of anywidget: get, set, save_changes, on, off.
//   spec    what never changes: title, controls, panels (see demo.py)
//   frame   the numbers to draw and the sentence that describes them; or
//   film    the frames of a whole run (see film.py), and film_2, that of the second of two sides
//   and one entry for every setting. Setting it makes the host, sooner or later, change `frame` or `film`.

const ANNOUNCE_AFTER = 600; // ms of rest before a screen reader is told, so that a drag is one message

// ---------------------------------------------------------------- controls

// A number to type in: sent when it is allowed, put back when it is not.
function typed(attributes, model, name, send) {
  const input = make("input", { type: "number", ...attributes });
  const commit = () => {
    if (input.checkValidity() && input.value !== "") send(Number(input.value));
    else input.value = model.get(name);
  };
  input.addEventListener("change", commit);
  input.addEventListener("keydown", (event) => event.key === "Enter" && commit());
  return input;
}

function control(spec, model, live) {
  const id = `il-${Math.random().toString(36).slice(2)}`; // a counter would not do: a notebook loads this module once per figure
  const label = make("label", { for: id }, spec.label);
  const box = make("div", { class: `il-control il-${spec.kind}` }, label);
  const send = (v) => { model.set(spec.name, v); model.save_changes(); };
  let show;
  let mark = () => {}; // the value that is best for what else is chosen
  if (spec.kind === "slider") {
    const output = make("span", { class: "il-output", "aria-hidden": "true" }); // the input says it itself
    const input = make("input", { type: "range", id, min: 0, max: spec.values.length - 1, step: 1 });
    input.addEventListener("input", () => send(spec.values[input.value]));
    // A kernel takes any number between the ends.
    const ends = { min: spec.values[0], max: spec.values[spec.values.length - 1] };
    const exact = live && typed({ class: "il-exact", step: "any", "aria-label": `${spec.label}, exact`, ...ends }, model, spec.name, send);
    let best;
    const words = (v) => (best === undefined ? format(v) : `${format(v)}, ${v === best ? "the best" : `best ${format(best)}`}`);
    show = (v) => {
      input.value = nearest(spec.values, v);
      input.setAttribute("aria-valuetext", words(v));
      write(output, words(v));
      if (exact) exact.value = v;
    };
    mark = (v) => {
      if (v === best) return;
      best = v;
      show(model.get(spec.name));
    };
    box.append(output, ...(exact ? [exact] : []), input);
  } else if (spec.kind === "menu") {
    const select = make("select", { id });
    // In the order of the values: an object would put keys that look like whole numbers first.
    for (const key of spec.values) select.append(make("option", { value: key }, spec.options[key]));
    select.addEventListener("change", () => send(select.value));
    show = (v) => (select.value = v);
    box.append(select);
  } else if (spec.kind === "toggle") {
    const input = make("input", { type: "checkbox", id });
    input.addEventListener("change", () => send(input.checked));
    show = (v) => (input.checked = v);
    box.prepend(input);
  } else {
    const input = typed({ id, min: spec.low, max: spec.high, step: 1 }, model, spec.name, send);
    show = (v) => (input.value = v);
    box.append(input);
    box.hidden = !live;
  }
  return { name: spec.name, box: spec.kind === "slider" ? make("div", {}, box) : box, show, mark };
}

// ---------------------------------------------------------------- the figure

// A box whose size is given and contained is laid out alone. Without it, a number that changes would have the browser go
// through the whole page. (Chromium does so with blocks, not with items of a grid, nor where there is a menu inside.)
// `again`: although its width is the same.
function pin(box, again = false) {
  const width = box.clientWidth;
  if (!width || (box.pinned === width && !again)) return;
  box.pinned = width;
  box.classList.remove("il-pinned");
  box.style.height = "";
  box.style.height = `${box.offsetHeight}px`;
  box.classList.add("il-pinned");
}

// What one of two sides consists of, and all of a figure that has one: panels and a sentence.
function side(spec, pointTo) {
  const panels = spec.panels.map((p) => (SHEETS[p.kind] ? SHEETS[p.kind](p, (spec.sheets || {})[p.name]) : panel(p, KINDS[p.kind](p), pointTo)));
  const text = make("p", { class: "il-text" });
  const grid = make("div", { class: "il-panels" }, ...panels.map((p) => p.box));
  const words = make("div", { class: "il-words" }, text);
  const grows = panels.some((p) => SHEETS[p.spec.kind]) && !spec.sheets; // live, sheets take what room they need
  return {
    panels,
    text,
    parts: [grid, words],
    boxes: [words, ...panels.map((p) => p.box)], // what can be drawn without the rest
    // The room of the sentence grows with it, and never shrinks: nothing below moves up and down.
    pin() {
      pin(grid);
      if (words.pinned !== words.clientWidth || text.offsetHeight > words.clientHeight) pin(words, true);
    },
    // `only`, while a film plays: the boxes to draw; the rest waits.
    draw(data, said, step, only = null) {
      spec.panels.forEach((p, i) => { if (!only || only.has(panels[i].box)) panels[i].draw(data[p.name], step, Boolean(only)); });
      if (!only || only.has(words)) write(text, said);
      if (grows && grid.pinned) pin(grid, true);
    },
  };
}

function render({ model, el }) {
  const spec = model.get("spec");
  const live = !el.dataset.static;
  const names = [...spec.controls.map((c) => c.name), ...(spec.player ? filmSettings(spec) : [])];
  const start = Object.fromEntries(names.map((name) => [name, model.get(name)]));
  const undo = []; // what is to be done when the figure goes
  const on = (event, listener) => { model.on(event, listener); undo.push(() => model.off(event, listener)); };

  const offer = (list, suffix = "") => list.map((c) => {
    const made = control({ ...c, name: c.name + suffix }, model, live);
    const show = () => made.show(model.get(c.name + suffix));
    show();
    on(`change:${c.name + suffix}`, show);
    return made;
  });
  const rows = (controls) => make("div", { class: "il-controls" }, ...controls.map((c) => c.box));
  const button = (label, act, more = {}) => {
    const made = make("button", { type: "button", class: "il-button", ...more }, label);
    made.addEventListener("click", act);
    return made;
  };
  const actions = make("div", { class: "il-actions" }, button("Reset", () => {
    for (const [name, v] of Object.entries(start)) model.set(name, v);
    model.save_changes();
  }));
  const head = make("div", { class: "il-head" }, make("p", { class: "il-title" }, spec.title), actions);
  const spoken = make("p", { class: "il-spoken", role: "status", "aria-live": "polite" });
  const body = make("div", { class: "il-body", role: "group", "aria-label": `Interactive figure: ${spec.title}` }, head);

  // Panels over the same x move their cursors together.
  const sides = [];
  const pointTo = (from, x) => sides.flatMap((s) => s.panels).filter((p) => p.spec.x_label === from.x_label).forEach((p) => p.point(x));
  const resize = () => {
    sides.forEach((s) => { s.panels.forEach((p) => p.resize()); s.pin(); });
    body.querySelectorAll(".il-slider, .il-scrub").forEach((box) => pin(box));
  };
  const observer = new ResizeObserver(resize);
  function addSide() {
    const made = side(spec, pointTo);
    sides.push(made);
    [made.text, ...made.panels.map((p) => p.stage)].forEach((box) => observer.observe(box));
    return made;
  }

  let timer = 0;
  let first = true;
  function drawn(shown = sides) {
    if (first) { first = false; return; }
    clearTimeout(timer);
    timer = setTimeout(() => write(spoken, shown.map((s) => s.text.textContent).join(" ")), ANNOUNCE_AFTER);
  }
  // JupyterLab leaves the keys alone that are pressed in an element with this attribute.
  const keepKeys = () => body.querySelectorAll("input, select, button").forEach((e) => e.setAttribute("data-lm-suppress-shortcuts", "true"));

  let update;
  if (spec.player) {
    update = screen({ spec, model, live, body, actions, sides, offer, rows, button, on, undo, addSide, resize, drawn, keepKeys });
  } else {
    body.append(rows(offer(spec.controls)), ...addSide().parts);
    update = () => {
      const frame = model.get("frame");
      sides[0].draw(frame.panels, frame.text);
      drawn();
    };
    on("change:frame", update);
  }
  body.append(spoken);
  keepKeys();
  el.classList.add("initlab-explorer");
  el.replaceChildren(body);
  update();
  resize();

  return () => {
    observer.disconnect();
    clearTimeout(timer);
    undo.forEach((f) => f());
  };
}

export default { render };
