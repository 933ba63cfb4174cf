// The static host: gives explorer.js the model it expects, over what was computed when the book was built.

/** @import { DemoPayload, FilmPayload, Memory, Model } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { copied } from "./buttons.js";
import { computed } from "./computed.js";
import { render } from "./explorer.js";
import { choicesOf, inStore, readAddress, SECOND, writeAddress } from "./settings.js";
import { mayGoWide } from "./sight.js";
import { storedFilms, storedFrames } from "./stored.js";

const EMBED = "embed"; // the page's query that asks for one figure alone: ?embed=explorer-signal

/** @type {(el: HTMLElement, payload: DemoPayload | FilmPayload) => void} */
function show(el, payload) {
  const { spec, start } = payload;
  const settings = { ...start };
  /** @type {Record<string, (() => void)[]>} */
  const listeners = {};
  /** @param {string} event */
  const fire = (event) => {
    for (const listener of listeners[event] || []) listener();
  };
  const stored = "films" in payload ? storedFilms(el, payload, settings, fire) : storedFrames(payload, settings, fire);

  const engine = computed(spec, el, stored.entries, fire);
  /** @param {string} suffix of the settings of one side */
  const ofSide = (suffix) =>
    Object.fromEntries(
      spec.controls.map(({ name }) => [name, settings[spec.compare?.includes(name) ? name + suffix : name]]),
    );
  function save_changes() {
    const names = !spec.player ? ["frame"] : settings.compare ? ["film", "film_2"] : ["film"];
    for (const name of names) {
      const own = ofSide(name === "film_2" ? SECOND : "");
      if (inStore(spec.controls, own)) {
        engine.leave(name);
        stored.want(name);
      } else {
        stored.leave(name);
        engine.want(name, own);
      }
    }
    scheduleAddress();
  }
  /** @param {string} name */
  const get = (name) => (name === "spec" ? spec : name in stored.entries ? stored.entries[name] : settings[name]);
  /** @type {Model} */
  const model = {
    get: /** @type {Model["get"]} */ (get),
    set(name, v) {
      if (name === "running") engine.halt();
      if (name in stored.entries || settings[name] === v) return;
      settings[name] = v;
      fire(`change:${name}`);
    },
    save_changes,
    on(event, listener) {
      listeners[event] ||= [];
      listeners[event].push(listener);
    },
    off(event, listener) {
      listeners[event] = (listeners[event] || []).filter((l) => l !== listener);
    },
  };

  const choices = choicesOf(spec);
  const address = () => writeAddress(el.id, choices, settings);
  let timer = 0;
  /** @type {string | null} what the page's own address says, or need not say because it is the start */
  let last = address();
  function scheduleAddress() {
    // Browsers limit how often a page may change its address.
    clearTimeout(timer);
    if (address() === last) return;
    timer = setTimeout(showAddress, 300);
  }
  function showAddress() {
    clearTimeout(timer);
    last = address();
    history.replaceState(null, "", last);
  }
  function follow() {
    const named = readAddress(location.hash, el.id, choices, spec.aliases);
    if (!named) return false;
    for (const [name, v] of named.settings) model.set(name, v);
    save_changes();
    clearTimeout(timer);
    last = null; // it holds what the link said, not more
    remark(named.problems.join(" "));
    return true;
  }
  /** @param {string} words */
  function remark(words) {
    const note = el.querySelector(".il-remark") || make("p", { class: "il-remark", role: "status" });
    note.textContent = words;
    el.querySelector(".il-head")?.after(note);
  }

  /** @param {string} query */
  const here = (query) => location.href.split(/[?#]/)[0] + query + address();
  const link = () => {
    showAddress();
    return location.href;
  };
  const embedded = () => {
    const src = here(`?${EMBED}=${el.id}`).replaceAll("&", "&amp;");
    const height = Math.ceil(el.getBoundingClientRect().height) + 60;
    return `<iframe src="${src}" title="${spec.title}" width="800" height="${height}" style="border: 0"></iframe>`;
  };
  const alone = new URLSearchParams(location.search).get(EMBED) === el.id;
  el.dataset.static = "true";
  mayGoWide(el);
  render({
    model,
    el,
    memory: memoryOf(el.id),
    open: alone || Boolean(readAddress(location.hash, el.id, choices)),
    entries: [
      ["Copy link", copied(link, "Link copied", "Now in the address bar")],
      ["Embed", copied(embedded, "Code for a page copied", "Not copied: no clipboard here")],
    ],
  });
  const appear = () => {
    if (alone) {
      const source = make("a", { href: here(""), target: "_blank" }, `${document.title}`);
      document.body.prepend(el, make("p", { class: "il-credit" }, source));
    }
    if (follow() && !alone) el.scrollIntoView();
  };
  window.addEventListener("hashchange", () => follow() && el.scrollIntoView());
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", appear);
  else appear();
}

/**
 * What was guessed stays in the reader's own browser, where that is allowed.
 * @param {string} id
 * @returns {Memory}
 */
function memoryOf(id) {
  const key = `initlab-guess ${id}`;
  return {
    get() {
      try {
        return localStorage.getItem(key);
      } catch {
        return null;
      }
    },
    set(guess) {
      try {
        localStorage.setItem(key, guess);
      } catch {} // then it is asked again
    },
  };
}

// Every figure calls for its host as soon as the page has been read that far, before anything is painted: so nothing
// moves, and no room need be reserved.
document.documentElement.dataset.explorer = "here";
if (new URLSearchParams(location.search).has(EMBED)) document.documentElement.dataset.embed = "";
window.initlabFigure = (el) =>
  show(el, JSON.parse(/** @type {HTMLElement} */ (el.querySelector("script")).textContent));

// Tells the style sheet of the page that all of it has been laid out once, at this width: what is out of sight may now be
// left out, which makes a step of a figure a good deal cheaper.
const nextFrame = () => new Promise((then) => requestAnimationFrame(then));
let laidOut = 0;
async function ready() {
  if (document.readyState !== "complete") return; // a window may change its size while the page is still being read
  if (innerWidth === laidOut) return; // on a phone, only the bar of the browser has come or gone
  laidOut = innerWidth;
  const mine = laidOut;
  delete document.documentElement.dataset.figures;
  await document.fonts.ready;
  await nextFrame();
  await nextFrame();
  if (mine === laidOut) document.documentElement.dataset.figures = "ready";
}
addEventListener("load", ready);
addEventListener("resize", ready);
