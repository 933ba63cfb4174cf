// The static host: the quiz is in the page, and what a reader answered in the browser's storage, with the size that the
// quiz then has: static.py keeps that room when the page is opened again.

/** @import { Model, Quiz } from "./types.d.ts" */

import { forEachOnPage } from "../../host/js/page.js";
import { render } from "./quiz.js";

/** @type {(el: HTMLElement, spec: Quiz) => void} */
function show(el, spec) {
  const place = `initlab-quiz ${spec.name}`;
  const { answers } = JSON.parse(localStorage.getItem(place) || "{}");
  /** @type {Model} */
  const model = {
    get: (/** @type {string} */ name) => (name === "spec" ? spec : answers),
    set(_, answers) {
      const { width, height } = el.getBoundingClientRect();
      localStorage.setItem(place, JSON.stringify({ answers, width, height }));
    },
  };
  render({ model, el });
  el.style.minHeight = "";
}

forEachOnPage("quiz", show);
