// One of two sides, or all of a figure that has one: panels and a sentence.

/** @import { Panel, PanelSpec, PointTo, Side, Spec } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { heatmap } from "./heatmap.js";
import { histograms } from "./histograms.js";
import { images } from "./images.js";
import { lines } from "./lines.js";
import { makePanel } from "./panel.js";
import { pin, refit } from "./pin.js";
import { ridges } from "./ridges.js";
import { code, formulas } from "./sheets.js";
import { write } from "./svg.js";

/**
 * @param {PanelSpec} spec
 * @param {PointTo} pointTo
 * @returns {Panel}
 */
function panelOf(spec, pointTo) {
  if (spec.kind === "lines") return makePanel(spec, lines(spec), pointTo);
  if (spec.kind === "histograms") return makePanel(spec, histograms(spec), pointTo);
  if (spec.kind === "heatmap") return makePanel(spec, heatmap(spec), pointTo);
  if (spec.kind === "images") return makePanel(spec, images(spec), pointTo);
  if (spec.kind === "ridges") return makePanel(spec, ridges(spec), pointTo);
  return spec.kind === "formulas" ? formulas(spec) : code(spec);
}

/**
 * @param {Spec} spec
 * @param {PointTo} pointTo
 * @returns {Side}
 */
export function makeSide(spec, pointTo) {
  const panels = spec.panels.map((p) => panelOf(p, pointTo));
  const text = make("p", { class: "il-text" });
  const words = make("div", { class: "il-words" }, text);
  // The longest sentence of the page stands where every other will, unseen: it reserves the room that they need.
  if (spec.longest) words.append(make("p", { class: "il-longest", "aria-hidden": "true" }, spec.longest));
  const grid = make("div", { class: "il-panels" }, ...panels.map((p) => p.box));
  const plots = grid.querySelectorAll(".il-stage").length;
  grid.dataset.plots = String(plots);
  return {
    panels,
    text,
    parts: [words, grid],
    boxes: [words, ...panels.map((p) => p.box)],
    pin() {
      if (plots === panels.length) pin(grid); // sheets take what room they need
      refit(words, text);
    },
    draw(data, said, step = 0, only = null) {
      for (const p of panels) if (!only || only.has(p.box)) p.draw(data[p.spec.name], step, Boolean(only));
      if (!only || only.has(words)) write(text, said);
    },
  };
}
