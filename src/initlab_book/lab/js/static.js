// The static host: the experiment is in the page's address.

/** @import { Experiment } from "../../engine/lab.d.ts" */
/** @import { LabModel, LabSpec } from "./types.d.ts" */

import { readExperiment, writeExperiment } from "../../engine/experiment.js";
import { mayGoWide } from "../../figure/js/sight.js";
import { loadScript } from "../../host/js/load.js";
import { render } from "./lab.js";

/** @type {(el: HTMLElement, spec: LabSpec) => void} */
function showLab(el, spec) {
  const start = `#${el.id}?`;
  /** What the address says, if it speaks of the lab. */
  const named = () => {
    if (!location.hash.startsWith(start)) return null;
    let text = location.hash.slice(start.length);
    try {
      text = decodeURIComponent(text);
    } catch {} // a stray per cent sign: it is refused below
    return readExperiment(text);
  };
  /** @type {Record<string, (() => void)[]>} */
  const listeners = {};
  let experiment = named()?.experiment || spec.start;
  /** @type {LabModel} */
  const model = {
    get: /** @type {LabModel["get"]} */ ((/** @type {string} */ name) => (name === "spec" ? spec : experiment)),
    set(_, value) {
      experiment = value;
    },
    save_changes() {},
    on(event, listener) {
      listeners[event] ||= [];
      listeners[event].push(listener);
    },
    off(event, listener) {
      listeners[event] = (listeners[event] || []).filter((l) => l !== listener);
    },
  };
  let last = "";
  /** @param {Experiment} now */
  function address(now) {
    const text = writeExperiment(now);
    if (text !== last) history.replaceState(null, "", start + text);
    last = text;
    return location.href;
  }
  render({
    model,
    el,
    problems: named()?.problems,
    address,
    chapter: (name) => ({ href: `${name}.html` }),
    digits: () => imagesOf(el.dataset.digits),
  });
  mayGoWide(el);
  const appear = () => named() && el.scrollIntoView();
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", appear);
  else appear();
  window.addEventListener("hashchange", () => {
    const given = named();
    if (!given) return;
    appear();
    experiment = given.experiment || experiment;
    for (const listener of listeners["change:experiment"] || []) listener();
  });
}

/**
 * The images of the digits, from a script that is loaded when they are first needed.
 * @param {string | undefined} src
 */
async function imagesOf(src) {
  if (!window.initlabDigits && src) await loadScript(src);
  if (!window.initlabDigits) throw new Error("no digits");
  return window.initlabDigits;
}

// The lab calls for its host as soon as the page has been read that far, before anything is painted: so nothing moves.
window.initlabLab = (el) =>
  showLab(el, JSON.parse(/** @type {HTMLElement} */ (el.querySelector("script")).textContent));
