// The static host: gives explorer.js the model it expects, over frames that were computed when the book was built.

const HERE = document.currentScript && document.currentScript.src;

function host(el) {
  const payload = JSON.parse(el.querySelector("script").textContent);
  const { spec, start } = payload;
  const settings = { ...start };
  const listeners = {};
  const fire = (event) => (listeners[event] || []).forEach((listener) => listener());
  const shown = spec.player ? films(el, payload, settings, fire) : frames(payload, settings, fire);

  function save_changes() {
    shown.update();
    scheduleAddress();
  }
  const model = {
    get: (name) => (name === "spec" ? spec : name in shown ? shown[name] : settings[name]),
    set(name, v) {
      if (settings[name] === v) return;
      settings[name] = v;
      fire(`change:${name}`);
    },
    save_changes,
    on: (event, listener) => (listeners[event] ||= []).push(listener),
    off: (event, listener) => (listeners[event] = (listeners[event] || []).filter((l) => l !== listener)),
  };

  // The address of exactly this picture: page.html#explorer-signal?scale=1.4&activation=relu
  const choices = spec.controls.filter((c) => c.values.length > 1);
  if (spec.player) choices.push(spec.player);
  if (spec.player && spec.compare.length) {
    choices.push({ name: "compare", values: [false, true] });
    for (const c of spec.controls) if (spec.compare.includes(c.name)) choices.push({ ...c, name: c.name + SECOND });
  }
  const named = () => choices.filter((c) => settings.compare || !(c.name === "compare" || c.name.endsWith(SECOND)));
  const address = () => `#${el.id}?${new URLSearchParams(named().map((c) => [c.name, settings[c.name]]))}`;
  let timer = 0;
  let last = address(); // what the page's own address says, or need not say because it is the start
  function scheduleAddress() {
    // Browsers limit how often a page may change its address.
    clearTimeout(timer);
    if (address() === last) return;
    timer = setTimeout(writeAddress, 300);
  }
  function writeAddress() {
    clearTimeout(timer);
    last = address();
    history.replaceState(null, "", last);
  }
  function follow() {
    const [id, query] = location.hash.slice(1).split("?");
    if (id !== el.id || !query) return false;
    for (const [name, text] of new URLSearchParams(query)) {
      const c = choices.find((choice) => choice.name === name);
      // 0.000001 and 1e-6 are the same number
      const known = c && c.values.find((v) => (typeof v === "number" && text ? Number(text) === v : String(v) === text));
      if (known !== undefined) model.set(name, known);
    }
    save_changes();
    clearTimeout(timer);
    last = null; // it holds what the link said, not more
    return true;
  }

  el.dataset.static = "true";
  render({ model, el });
  const link = make("button", { type: "button", class: "il-button il-link" }, "Copy link");
  link.addEventListener("click", async () => {
    writeAddress();
    let done = "Now in the address bar";
    try {
      await navigator.clipboard.writeText(location.href);
      done = "Link copied";
    } catch { /* no clipboard here: the address bar has it */ }
    link.textContent = done;
    setTimeout(() => (link.textContent = "Copy link"), 2500);
  });
  el.querySelector(".il-actions").prepend(link);
  window.addEventListener("hashchange", () => follow() && el.scrollIntoView());
  if (follow()) el.scrollIntoView();
}

// The position of settings in a grid of controls, the last one changing fastest.
const position = (controls, settings) => controls.reduce((at, c) => at * c.values.length + c.values.indexOf(settings[c.name]), 0);

function frames({ spec, frames }, settings, fire) {
  let shown = position(spec.controls, settings);
  return {
    get frame() { return frames[shown]; },
    update() {
      const now = position(spec.controls, settings);
      if (now === shown) return;
      shown = now;
      fire("change:frame");
    },
  };
}

// The start films are in the page; all others come in parts, each in a script that is loaded when it is first needed.
function films(el, { spec, films: start }, settings, fire) {
  const grid = spec.controls.filter((c) => c.name !== spec.part);
  const of = (second) => (second ? { ...settings, ...Object.fromEntries(spec.compare.map((name) => [name, settings[name + SECOND]])) } : settings);
  const place = (second) => `${spec.part ? settings[spec.part] : "all"} ${position(grid, of(second))}`;
  const scripts = Object.fromEntries([...el.querySelectorAll("script[data-part]")].map((script) => [script.dataset.part, script]));
  const parts = {}; // promises
  const known = {};
  const model = { film: start.film, film_2: start.film_2 || {}, status: "", running: false, progress: 1, update };
  const wanted = { film: place(false), film_2: start.film_2 ? place(true) : "" };
  known[wanted.film] = start.film;
  if (start.film_2) known[wanted.film_2] = start.film_2;

  function say(status) {
    model.status = status;
    fire("change:status");
  }
  function load(part) {
    const script = scripts[part];
    if (!script.dataset.src) return Promise.resolve(JSON.parse(script.textContent));
    return new Promise((resolve, reject) => {
      const tag = make("script", { src: new URL(script.dataset.src, HERE).href });
      tag.onload = () => resolve(window.initlabFilms[`${spec.name} ${part}`]);
      tag.onerror = reject;
      document.head.append(tag);
    });
  }
  async function fetch(name, at) {
    const part = at.slice(0, at.lastIndexOf(" "));
    let loaded;
    try {
      loaded = await (parts[part] ||= load(part));
    } catch {
      delete parts[part]; // so that the next choice tries again
      wanted[name] = "";
      say("The runs could not be loaded: choose again to try once more.");
      return;
    }
    known[at] = { common: loaded.common, ...loaded.films[at.slice(part.length + 1)] };
    show(name, at);
  }
  function show(name, at) {
    if (wanted[name] !== at) return; // the reader has gone on
    say("");
    model[name] = known[at];
    fire(`change:${name}`);
  }
  function update() {
    for (const name of settings.compare ? ["film", "film_2"] : ["film"]) {
      const at = place(name !== "film");
      if (at === wanted[name]) continue;
      wanted[name] = at;
      if (known[at]) { show(name, at); continue; }
      say("Loading the runs …");
      fetch(name, at);
    }
  }
  return model;
}

// A deferred script runs when the whole page has been parsed.
for (const el of document.querySelectorAll(".initlab-explorer")) host(el);

// Tells the style sheet of the page that all of it has been laid out once, at this width: what is out of sight may now be
// left out, which makes a step of a figure a good deal cheaper.
const frame = () => new Promise((then) => requestAnimationFrame(then));
let width = 0;
async function ready() {
  if (innerWidth === width) return; // on a phone, only the bar of the browser has come or gone
  const mine = (width = innerWidth);
  delete document.documentElement.dataset.figures;
  await document.fonts.ready;
  await frame();
  await frame();
  if (mine === width) document.documentElement.dataset.figures = "ready";
}
addEventListener("load", ready);
addEventListener("resize", ready);
