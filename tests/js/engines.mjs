// Every figure of the built book in Firefox and in WebKit: node tests/js/engines.mjs _build/html (make browsers)
//
// What a figure shows must be what its page holds for the settings, in any engine; Chromium is driven by tests/browser.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { FIGURES } from "../../src/initlab_book/engine/figures.js";
import { number } from "../../src/initlab_book/figure/js/numbers.js";

const installed = createRequire(new URL("../../tools/js/package.json", import.meta.url));
const { default: puppeteer } = await import(pathToFileURL(installed.resolve("puppeteer-core")));

const SITE = resolve(process.argv[2] || "_build/html", "book");
const SIZES = [
  [1280, 800],
  [360, 740],
];

const SEED = 5; // of a draw that no page has in store
const STEPS_BY_HAND = 100;

/** What is typed into the front page's figure. */
const TYPED = { width: 50, depth: 80, seed: 3 };

/** What a program in Python prints. */
const python = (program, ...given) => execFileSync("python", ["-c", program, ...given], { encoding: "utf-8" });

/** What Python says of it: the same network, simulated by `initlab`. */
function simulated(start) {
  const program = `import json, sys
from initlab_book.chapters.index.figures import signal
sys.stdout.buffer.write(signal.frame(**json.loads(sys.argv[1]))["text"].encode())`;
  return python(program, JSON.stringify({ ...start, ...TYPED }));
}

/** What a figure says of that draw, computed here; undefined if it computes nothing, or needs more than settings. */
function computed({ name, engine, controls }, start) {
  if (!engine || name === "digits") return undefined;
  const settings = Object.fromEntries(controls.map((c) => [c.name, start[c.name]]));
  const steps = FIGURES[name]({ ...settings, seed: SEED });
  let text;
  for (;;) {
    const { value, done } = steps.next();
    if (value) text = value.text;
    if (done) return text;
  }
}

/**
 * What a page carries for its figures, by their ids: the kinds of their panels, and the sentence of every setting; and
 * the sentence of one that the page has to compute.
 */
function expected(page) {
  const html = readFileSync(resolve(SITE, page), "utf-8");
  const found = html.matchAll(
    /<figure class="initlab-explorer" id="([^"]*)".*?<script type="application\/json">(.*?)<\/script>/gs,
  );
  return Object.fromEntries(
    Array.from(found, ([, id, json]) => {
      const { spec, frames, start } = JSON.parse(json);
      const kinds = spec.panels.map((p) => p.kind);
      const texts = frames?.map((f) => f.text);
      const typed = spec.name === "signal" ? { ...TYPED, text: simulated(start) } : undefined;
      return [id, { film: Boolean(spec.player), kinds, texts, computed: computed(spec, start), typed }];
    }),
  );
}

/** Runs in the page: moves every control of every figure, and returns what is wrong and how much was looked at. */
async function tour(pages, seed) {
  const wrong = [];
  let looked = 0;
  const rest = () => new Promise((then) => setTimeout(then, 30));
  const fire = (input, type) => input.dispatchEvent(new Event(type, { bubbles: true }));
  for (const figure of document.querySelectorAll(".initlab-explorer")) {
    const say = (what) => wrong.push(`${figure.id}: ${what}`);
    const { film, kinds, texts, computed, typed } = pages[figure.id];
    if (!figure.querySelector(".il-text")) {
      say("is not drawn");
      continue;
    }
    figure.querySelector(".il-skip")?.click();
    figure.scrollIntoView();
    await rest();
    const shown = () => figure.querySelector(".il-text").textContent;
    const input = (box) => box.querySelector("input[type=range], input[type=checkbox], select");
    const boxes = [...figure.querySelectorAll(".il-control:not(.il-scrub)")].filter(input);
    const position = () =>
      boxes.reduce((at, box) => {
        const control = input(box);
        const [size, now] = {
          range: [Number(control.max) + 1, Number(control.value)],
          checkbox: [2, Number(control.checked)],
          "select-one": [control.options?.length, control.selectedIndex],
        }[control.type];
        return at * size + now;
      }, 0);
    const check = () => {
      looked += 1;
      if (texts && shown() !== texts[position()]) say(`says “${shown()}” for frame ${position()}`);
      if (!shown()) say("says nothing");
      const drawn = [...figure.querySelectorAll(".il-stage > svg")].filter((svg) => svg.clientWidth);
      for (const svg of drawn) if (/NaN|undefined/.test(svg.outerHTML)) say("draws what is not a number");
      if (kinds.some((kind) => !["formulas", "code"].includes(kind)) && !drawn.length) say("draws nothing");
    };
    check();
    for (const box of boxes) {
      const control = input(box);
      if (control.type === "checkbox") control.click();
      else if (control.type === "range") {
        for (const value of [control.min, control.max]) {
          control.value = value;
          fire(control, "input");
          await rest();
          check();
        }
      } else {
        control.selectedIndex = (control.selectedIndex + 1) % control.options.length;
        fire(control, "change");
      }
      for (let wait = 0; wait < 100 && /Loading/.test(figure.querySelector(".il-status").textContent); wait += 1)
        await rest();
      await rest();
      check();
    }
    if (computed) {
      [...figure.querySelectorAll(".il-actions button")].find((button) => button.textContent === "Reset").click();
      const field = figure.querySelector(".il-seed input");
      field.value = seed;
      fire(field, "change");
      for (let wait = 0; wait < 1000 && shown() !== computed; wait += 1) await rest();
      looked += 1;
      if (shown() !== computed) say(`computes “${shown()}” where it should be “${computed}”`);
    }
    if (typed) {
      [...figure.querySelectorAll(".il-actions button")].find((button) => button.textContent === "Reset").click();
      const { text, ...settings } = typed;
      for (const [name, value] of Object.entries(settings)) {
        const field = [...figure.querySelectorAll("input[type=number], input[type=text]")].find((each) =>
          each.closest(".il-control").textContent.toLowerCase().includes(name),
        );
        field.value = value;
        fire(field, "change");
      }
      for (let wait = 0; wait < 1000 && shown() !== text; wait += 1) await rest();
      looked += 1;
      if (shown() !== text) say(`says “${shown()}” where Python says “${text}”`);
    }
    if (film) {
      const scrub = figure.querySelector(".il-scrub input");
      scrub.value = scrub.max;
      fire(scrub, "input");
      await rest();
      check();
      const before = shown();
      figure.querySelector('[aria-label="One frame back"]').click();
      await rest();
      if (shown() === before) say("has no step back");
      [...figure.querySelectorAll("button")].find((button) => button.textContent === "Compare two").click();
      await rest();
      await rest();
      if (figure.querySelectorAll(".il-side .il-stage > svg").length !== 2 * kinds.length) say("compares nothing");
    }
    const steer = figure.querySelector(".il-steer");
    if (steer.matches(".il-stays") && getComputedStyle(steer).position !== "sticky") say("lets its controls go");
    if (document.scrollingElement.scrollWidth > innerWidth + 1)
      say(`makes the page ${document.scrollingElement.scrollWidth} px wide`);
  }
  for (const lab of document.querySelectorAll(".initlab-lab")) {
    const say = (what) => wrong.push(`${lab.id}: ${what}`);
    const press = (name) => [...lab.querySelectorAll("button")].find((button) => button.textContent === name).click();
    const said = () => [...lab.querySelectorAll(".il-text")].map((text) => text.textContent);
    const until = async (is) => {
      for (let wait = 0; wait < 300 && !is(); wait += 1) await rest();
      return is();
    };
    lab.scrollIntoView();
    press("Compare two");
    const start = [...lab.querySelectorAll("select")].find((menu) =>
      /^Initializer, all.*B$/.test(menu.getAttribute("aria-label")),
    );
    start.value = "he_normal";
    fire(start, "change");
    if (!(await until(() => said().length === 2 && said().every((text) => text.startsWith("Step 0:")))))
      say("begins nothing");
    press("Play");
    if (!(await until(() => said().every((text) => /^Step [1-9]\d\d/.test(text))))) say("trains nothing");
    press("Pause");
    await rest();
    const drawn = [...lab.querySelectorAll(".il-stage > svg")].filter((svg) => svg.clientWidth);
    looked += drawn.length;
    if (drawn.length < 6) say("draws too little");
    for (const svg of drawn) if (/NaN|undefined/.test(svg.outerHTML)) say("draws what is not a number");
    if (document.scrollingElement.scrollWidth > innerWidth + 1)
      say(`makes the page ${document.scrollingElement.scrollWidth} px wide`);
  }
  return { looked, wrong };
}

/** Runs in the page: two networks 2-32-32-32-2, with He's factor and without it, and no points yet. */
async function twoOf32() {
  const lab = document.querySelector(".initlab-lab");
  const named = (label) => lab.querySelector(`[aria-label="${label}"]`);
  const press = (name) => [...lab.querySelectorAll("button")].find((button) => button.textContent === name).click();
  const set = (input, value) => {
    input.value = value;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  set([...lab.querySelectorAll("label")].find((label) => label.textContent === "Data").control, "own");
  press("Clear all");
  for (let k = 0; k < 3; k += 1) named("Remove layer 1 of network A").click();
  set(named("Units, all layers of network A"), 32);
  set(named("Initializer, all layers of network A"), "he_normal");
  press("Compare two");
  set(named("Initializer, all layers of network B"), "lecun_normal");
}

/** Runs in the page: chooses what is drawn, and returns where the board is. */
async function board(tool) {
  const lab = document.querySelector(".initlab-lab");
  [...lab.querySelectorAll("button")].find((button) => button.textContent === tool).click();
  const pad = lab.querySelector(".il-pad");
  pad.closest("details").open = true;
  pad.scrollIntoView({ block: "center", behavior: "instant" });
  await new Promise((then) => setTimeout(then, 100));
  const { left, top, width } = pad.getBoundingClientRect();
  return { left, top, width };
}

/**
 * Runs in the page: plays both networks, then goes back and takes `steps` steps at once. Returns the steps that were
 * shown while it played, what it said in the end, and the code that is said to give the same.
 */
async function played(steps) {
  const lab = document.querySelector(".initlab-lab");
  const press = (name) => [...lab.querySelectorAll("button")].find((button) => button.textContent === name).click();
  const texts = [...lab.querySelectorAll(".il-text")];
  const stepOf = (text) => Number(/^Step (\d+)/.exec(text.textContent)?.[1]);
  const all = async (is) => {
    for (let wait = 0; wait < 1000 && !texts.every((text) => is(stepOf(text))); wait += 1)
      await new Promise((then) => setTimeout(then, 30));
  };
  await all((step) => step === 0);
  const shown = texts.map(() => []);
  const watch = new MutationObserver(() => {
    texts.forEach((text, k) => {
      if (stepOf(text) !== shown[k].at(-1)) shown[k].push(stepOf(text));
    });
  });
  for (const text of texts) watch.observe(text, { childList: true, characterData: true, subtree: true });
  press("Play");
  await all((step) => step >= 200);
  press("Pause");
  watch.disconnect();
  press("Rewind");
  lab.querySelector('[aria-label="Updates a picture"]').value = steps;
  await all((step) => step === 0);
  press("Step");
  await all((step) => step === steps);
  press("The same in Python");
  const codes = [...lab.querySelectorAll("pre")].map((pre) => pre.textContent);
  return { shown, said: texts.map((text) => text.textContent), codes };
}

/** What must show: points drawn by hand, and two networks that train on them beside each other. */
async function byHand(engine) {
  const wrong = [];
  await engine.run(twoOf32);
  for (const [tool, height] of [
    ["class 0", 0.25],
    ["class 1", 0.55],
  ]) {
    const { left, top, width } = await engine.run(board, tool);
    const stroke = Array.from({ length: 25 }, (_, k) => [0.1 + 0.032 * k, height + 0.2 * Math.sin(k / 3)]);
    await engine.drag(stroke.map(([x, y]) => [Math.round(left + x * width), Math.round(top + y * width)]));
  }
  const { shown, said, codes } = await engine.run(played, STEPS_BY_HAND);
  for (const [k, steps] of shown.entries()) {
    if (steps.some((step, i) => i && step !== steps[i - 1] + 5))
      wrong.push(`network ${k} leaves pictures out: ${steps}`);
    const printed = python(codes[k])
      .split("\n")
      .map((line) => line.split(" "));
    const [, , loss, , heldOut] = printed.find(([, step]) => Number(step) === STEPS_BY_HAND);
    const [one, two] = [loss, heldOut].map((v) => number(Number(v), 3));
    const expected = `Step ${STEPS_BY_HAND}: loss ${one} on the training points, ${two} on held-out ones;`;
    if (!said[k].startsWith(expected)) wrong.push(`says “${said[k]}” where Python says “${expected}”`);
    if (!codes[k].includes(["he_normal", "lecun_normal"][k])) wrong.push(`network ${k} starts otherwise`);
  }
  if (said[0] === said[1]) wrong.push("says the same of both networks");
  return { looked: shown.flat().length, wrong };
}

/**
 * A browser: opens a page, runs a function there, and draws with the mouse.
 * @returns {Promise<{
 *   name: string,
 *   open: (url: string, size: number[]) => Promise<void>,
 *   run: (program: (...given: any[]) => Promise<any>, ...given: any[]) => Promise<any>,
 *   drag: (places: number[][]) => Promise<void>,
 *   close: () => Promise<void>,
 * }>}
 */
async function firefox() {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: "/usr/bin/firefox-esr",
    headless: true,
  });
  const page = await browser.newPage();
  return {
    name: `Firefox (${await browser.version()})`,
    async open(url, [width, height]) {
      await page.setViewport({ width, height });
      await page.goto(url, { waitUntil: "load" });
    },
    run: (program, ...given) => page.evaluate(program, ...given),
    async drag([first, ...others]) {
      await page.mouse.move(...first);
      await page.mouse.down();
      for (const place of others) await page.mouse.move(...place);
      await page.mouse.up();
    },
    close: () => browser.close(),
  };
}

/** WebKit speaks the protocol of the W3C, https://www.w3.org/TR/webdriver2/. */
async function webkit() {
  const libraries = readdirSync("/usr/lib").flatMap((machine) =>
    ["4.1", "6.0", "4.0"].map((version) => `/usr/lib/${machine}/webkit2gtk-${version}/MiniBrowser`),
  );
  const binary = libraries.find((path) => existsSync(path));
  if (!binary) throw new Error("MiniBrowser is missing: apt-get install webkit2gtk-driver");
  const port = 4700 + (process.pid % 200);
  const driver = spawn("WebKitWebDriver", [`--port=${port}`], { stdio: "ignore" });
  const ask = async (method, path, body) => {
    const options = { method, body: body && JSON.stringify(body) };
    const { value } = await (await fetch(`http://127.0.0.1:${port}${path}`, options)).json();
    if (value?.error) throw new Error(`${path}: ${value.message || value.error}`);
    return value;
  };
  for (let tries = 0; ; tries += 1) {
    try {
      await ask("GET", "/status");
      break;
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((then) => setTimeout(then, 100));
    }
  }
  const always = { "webkitgtk:browserOptions": { binary, args: ["--automation"] } };
  const made = await ask("POST", "/session", { capabilities: { alwaysMatch: always } });
  const session = `/session/${made.sessionId}`;
  await ask("POST", `${session}/timeouts`, { script: 120000, pageLoad: 120000 });
  return {
    name: `WebKit (${made.capabilities.browserName} ${made.capabilities.browserVersion})`,
    async open(url, [width, height]) {
      await ask("POST", `${session}/window/rect`, { width, height });
      await ask("POST", `${session}/url`, { url });
      const there = "return document.URL === arguments[0] && document.readyState === 'complete'";
      while (!(await ask("POST", `${session}/execute/sync`, { script: there, args: [url] }))) {
        await new Promise((then) => setTimeout(then, 50));
      }
    },
    async run(program, ...args) {
      const script = `const [...args] = arguments; const done = args.pop();
        (${program})(...args).then((value) => done({ value }), (e) => done({ failed: String(e) }));`;
      const { value, failed } = await ask("POST", `${session}/execute/async`, { script, args });
      if (failed) throw new Error(failed);
      return value;
    },
    async drag([first, ...others]) {
      const move = ([x, y]) => ({ type: "pointerMove", duration: 0, x, y });
      const [down, up] = ["pointerDown", "pointerUp"].map((type) => ({ type, button: 0 }));
      const actions = [move(first), down, ...others.map(move), up];
      const mouse = { type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions };
      await ask("POST", `${session}/actions`, { actions: [mouse] });
    },
    async close() {
      await ask("DELETE", session);
      driver.kill();
    },
  };
}

if (!existsSync(SITE)) throw new Error(`${SITE} is missing: build the book first`);
const pages = readdirSync(SITE).filter((name) => name.endsWith(".html"));
let faults = 0;
for (const start of [firefox, webkit]) {
  const engine = await start();
  let looked = 0;
  const report = (width, what, found) => {
    looked += found.looked;
    for (const fault of found.wrong) console.error(`${engine.name}, ${width} px, ${what}: ${fault}`);
    faults += found.wrong.length;
  };
  for (const size of SIZES) {
    for (const page of pages) {
      await engine.open(pathToFileURL(resolve(SITE, page)).href, size);
      report(size[0], page, await engine.run(tour, expected(page), SEED));
    }
  }
  await engine.open(pathToFileURL(resolve(SITE, "lab.html")).href, SIZES[0]);
  report(SIZES[0][0], "points drawn by hand", await byHand(engine));
  console.log(`${engine.name}: ${looked} pictures looked at on ${pages.length} pages in ${SIZES.length} sizes`);
  if (looked < 100) throw new Error("too few pictures: something is not running");
  await engine.close();
}
process.exit(faults ? 1 : 0);
