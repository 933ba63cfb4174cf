// The static host: gives explorer.js the model it expects, over what was computed when the book was built.

/** @import { DemoPayload, FilmPayload, Model } from "./types.d.ts" */

import { forEachOnPage } from "../../host/js/page.js";
import { copyButton } from "./buttons.js";
import { render } from "./explorer.js";
import { choicesOf, readAddress, writeAddress } from "./settings.js";
import { storedFilms, storedFrames } from "./stored.js";

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

  function save_changes() {
    stored.update();
    scheduleAddress();
  }
  /** @param {string} name */
  const get = (name) => (name === "spec" ? spec : name in stored.entries ? stored.entries[name] : settings[name]);
  /** @type {Model} */
  const model = {
    get: /** @type {Model["get"]} */ (get),
    set(name, v) {
      if (settings[name] === v) return;
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
    const named = readAddress(location.hash, el.id, choices);
    if (!named) return false;
    for (const [name, v] of named) model.set(name, v);
    save_changes();
    clearTimeout(timer);
    last = null; // it holds what the link said, not more
    return true;
  }

  el.dataset.static = "true";
  render({ model, el });
  const content = () => {
    showAddress();
    return location.href;
  };
  const link = copyButton("Copy link", "il-link", content, "Link copied", () => "Now in the address bar");
  /** @type {Element} */ (el.querySelector(".il-actions")).prepend(link);
  window.addEventListener("hashchange", () => follow() && el.scrollIntoView());
  if (follow()) el.scrollIntoView();
}

forEachOnPage("explorer", show);

// Tells the style sheet of the page that all of it has been laid out once, at this width: what is out of sight may now be
// left out, which makes a step of a figure a good deal cheaper.
const nextFrame = () => new Promise((then) => requestAnimationFrame(then));
let laidOut = 0;
async function ready() {
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
