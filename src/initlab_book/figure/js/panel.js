// What all plots share: a box with a title, a legend that also shows the numbers under the cursor, an SVG, and a range
// input over the x axis: the cursor for the keyboard and for screen readers. What is in the SVG is the business of its
// kind: lines.js, histograms.js, heatmap.js, images.js, ridges.js, each described by the class of its name in panels.py.

/** @import { LinesSpec, HistogramsSpec, Panel, Plot, PlotSpec, PointTo, Scale } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { nearest } from "./numbers.js";
import { tickLabel, ticks } from "./scales.js";
import { draw, makeSvg, margins, redrawn, write } from "./svg.js";
import { typeset } from "./typeset.js";

/**
 * @param {PlotSpec} spec
 * @param {Plot} plot
 * @param {PointTo} pointTo
 * @returns {Panel}
 */
export function makePanel(spec, plot, pointTo) {
  const box = make("div", { class: spec.wide ? "il-panel il-wide" : "il-panel" });
  const heading = make("p", { class: "il-panel-title" }, ...typeset(spec.title));
  const legend = make("div", { class: "il-legend" });
  const at = make("span", { class: "il-at" });
  legend.append(at);
  const outputs = plot.keys.map((key) => {
    const sample = makeSvg("svg", { class: "il-sample", width: 22, height: 12, "aria-hidden": "true" });
    key.sample(sample);
    const output = make("span", { class: "il-value" });
    const name = make("span", { class: "il-name" }, ...typeset(key.label));
    legend.append(make("span", { class: "il-key" }, sample, name, output));
    return output;
  });
  const stage = make("div", { class: "il-stage" });
  // The sentence, the legend and the cursor say the same in words.
  const svg = makeSvg("svg", { "aria-hidden": "true" });
  const name = `${spec.title}: read the numbers`;
  const probe = make("input", { type: "range", class: "il-probe", min: 0, value: 0, "aria-label": name });
  stage.append(svg, probe, ...(plot.canvas ? [plot.canvas] : []));
  box.append(heading, legend, stage);

  const back = draw(svg, "g");
  const front = draw(svg, "g");
  const cursor = draw(svg, "g", { class: "il-cursor" });
  let width = 0;
  let ready = false; // there are data
  let drawn = "";
  /** @type {number | null} null: no cursor, the legend shows the place that the plot thinks most telling */
  let index = null;

  function read(hurried = false) {
    const last = plot.values().length - 1;
    if (Number(probe.max) !== last) probe.max = String(last);
    const shown = index === null ? plot.home() : Math.min(index, last);
    const { at: where, values } = plot.read(shown);
    write(at, where);
    outputs.forEach((output, i) => {
      write(output, values[i]);
    });
    const focused = document.activeElement === probe;
    if (!focused && !hurried) probe.value = String(shown);
    if (focused || !hurried) {
      const said = plot.keys.map((key, i) => `${key.label} ${values[i]}`).join(", ");
      probe.setAttribute("aria-valuetext", `${where}: ${said}`);
    }
    redrawn(cursor, () => {
      if (plot.now && width) plot.now(cursor);
      if (index !== null && width) plot.cursor(cursor, shown);
    });
  }

  /**
   * @param {number} now the width
   * @param {boolean} hurried
   */
  function redraw(now, hurried = false) {
    if (!now || !ready) return;
    const key = `${now} ${plot.axis()}`; // the axes are redrawn only when they change
    if (key !== drawn) {
      drawn = key;
      width = now;
      plot.height = stage.clientHeight;
      svg.setAttribute("width", String(width));
      svg.setAttribute("height", String(plot.height));
      svg.setAttribute("viewBox", `0 0 ${width} ${plot.height}`);
      back.replaceChildren();
      plot.axes(back, width);
    }
    redrawn(front, () => plot.marks(front));
    read(hurried);
  }

  /** @param {PointerEvent} event */
  function point(event) {
    const { left, top } = svg.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    pointTo(spec, plot.values()[plot.nearest ? plot.nearest(x, y) : nearest(plot.extent(), x)]);
  }
  const probed = () => pointTo(spec, plot.values()[Number(probe.value)]);
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "touch") return; // a lifted finger leaves its reading in place
    if (document.activeElement === probe) probed();
    else pointTo(spec, null);
  });
  probe.addEventListener("input", probed);
  probe.addEventListener("focus", probed);
  probe.addEventListener("blur", () => pointTo(spec, null));

  return {
    spec,
    box,
    stage,
    point(x) {
      index = x === null ? null : nearest(plot.values(), x);
      read();
    },
    draw(data, step = 0, hurried = false) {
      const known = data === plot.data; // then only the player has moved
      plot.data = data;
      plot.step = step;
      ready = true;
      if (known && !plot.grows) read(hurried);
      else redraw(width, hurried);
    },
    numbers: () => plot.numbers(),
    resize() {
      const now = Math.floor(stage.clientWidth);
      if (now && now !== width) redraw(now);
    },
  };
}

/**
 * @param {Element} group
 * @param {LinesSpec | HistogramsSpec} spec
 * @param {Scale} x
 * @param {Scale} y
 * @param {number[]} xTicks
 * @param {number} width
 * @param {number} height
 */
export function drawAxes(group, spec, x, y, xTicks, width, height) {
  const m = margins(width);
  const [right, bottom] = [width - m.right, height - m.bottom];
  for (const tick of ticks(y, 5)) {
    const at = y(tick);
    draw(group, "line", { class: "il-grid", x1: m.left, x2: right, y1: at, y2: at });
    draw(group, "text", { class: "il-tick", x: m.left - 6, y: at + 4, "text-anchor": "end" }, tickLabel(tick, y));
  }
  for (const tick of xTicks) {
    const at = x(tick);
    draw(group, "line", { class: "il-axis", x1: at, x2: at, y1: bottom, y2: bottom + 4 });
    draw(group, "text", { class: "il-tick", x: at, y: bottom + 17, "text-anchor": "middle" }, tickLabel(tick, x));
  }
  draw(group, "line", { class: "il-axis", x1: m.left, x2: right, y1: bottom, y2: bottom });
  const middle = (m.left + right) / 2;
  draw(group, "text", { class: "il-label", x: middle, y: height - 4, "text-anchor": "middle" }, spec.x_label);
}
