// A function of two numbers, with points on it.

/** @import { HeatMapData, HeatMapSpec, Margins, Plot, Range, Scale } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { round, SHAPES } from "./marks.js";
import { nearest } from "./numbers.js";
import { scale, tickLabel, ticks } from "./scales.js";
import { draw, HEIGHT, margins } from "./svg.js";

// Two inks that can be told apart on light and dark paper alike, and by those who confuse red and green.
const INKS = [
  [58, 134, 201],
  [228, 121, 49],
];

/**
 * The largest square in the middle of the picture.
 * @param {number} width
 * @param {Margins} m
 */
function square(width, m) {
  const side = Math.min(width - m.left - m.right, HEIGHT - m.top - m.bottom);
  const left = m.left + (width - m.left - m.right - side) / 2;
  return { side, left, top: m.top };
}

/**
 * @param {HeatMapSpec} spec
 * @returns {Plot<HeatMapData>}
 */
export function heatmap(spec) {
  /** @type {Scale} */
  let x;
  /** @type {Scale} */
  let y;
  const canvas = make("canvas", { class: "il-canvas", "aria-hidden": "true" });
  /** @type {ImageData | undefined} */
  let image;
  /** @param {number} i */
  const share = (i) => {
    const { levels, points } = plot.data;
    const n = Math.sqrt(levels.length);
    /** @type {(v: number, range: Range) => number} */
    const cell = (v, [low, high]) => Math.max(0, Math.min(n - 1, Math.floor((n * (v - low)) / (high - low))));
    return levels[cell(points.y[i], spec.y_range) * n + cell(points.x[i], spec.x_range)];
  };
  /** @type {Plot<HeatMapData>} */
  const plot = {
    canvas,
    keys: spec.classes.map((label, k) => ({
      label,
      sample: (svg) => draw(svg, "path", { class: `il-mark il-tone${k + 1}`, d: SHAPES[k](11, 6) }),
    })),
    data: { levels: new Float32Array(), points: { x: [], y: [], label: [] } },
    step: 0,
    values: () => plot.data.points.x.map((_, i) => i),
    home: () => -1, // no point: all of them
    extent: () => plot.data.points.x.map((v) => x(v)),
    nearest(atX, atY) {
      const { points } = plot.data;
      return nearest(
        points.x.map((v, i) => Math.hypot(x(v) - atX, y(points.y[i]) - atY)),
        0,
      );
    },
    axis: () => plot.data.points.x.join(" "),
    axes(group, width) {
      const { side, left, top } = square(width, margins(width));
      const bottom = top + side;
      x = scale(...spec.x_range, left, left + side, false);
      y = scale(...spec.y_range, bottom, top, false);
      Object.assign(canvas.style, { left: `${left}px`, top: `${top}px`, width: `${side}px`, height: `${side}px` });
      draw(group, "rect", { class: "il-edge", x: left, y: top, width: side, height: side });
      for (const tick of ticks(x, 4)) {
        const at = { x: x(tick), y: bottom + 15, "text-anchor": "middle" };
        draw(group, "text", { class: "il-tick", ...at }, tickLabel(tick, x));
      }
      for (const tick of ticks(y, 4)) {
        const at = { x: left - 6, y: y(tick) + 4, "text-anchor": "end" };
        draw(group, "text", { class: "il-tick", ...at }, tickLabel(tick, y));
      }
      const under = { x: left + side / 2, y: bottom + 32, "text-anchor": "middle" };
      draw(group, "text", { class: "il-label", ...under }, spec.x_label);
      const { points } = plot.data;
      spec.classes.forEach((_, k) => {
        const d = points.x.map((v, i) => (points.label[i] === k ? SHAPES[k](round(x(v)), round(y(points.y[i]))) : ""));
        draw(group, "path", { class: `il-mark il-tone${k + 1}`, d: d.join("") });
      });
    },
    marks() {
      const { levels } = plot.data;
      const n = Math.sqrt(levels.length);
      if (!image || image.width !== n) {
        canvas.width = canvas.height = n;
        image = new ImageData(n, n);
      }
      for (let i = 0; i < levels.length; i += 1) {
        const [red, green, blue] = INKS[levels[i] < 0.5 ? 0 : 1];
        const at = 4 * ((n - 1 - Math.floor(i / n)) * n + (i % n));
        image.data[at] = red;
        image.data[at + 1] = green;
        image.data[at + 2] = blue;
        image.data[at + 3] = 170 * Math.abs(2 * levels[i] - 1); // nothing where it is not a number
      }
      /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
    },
    cursor(group, i) {
      draw(group, "circle", { class: "il-ring", cx: x(plot.data.points.x[i]), cy: y(plot.data.points.y[i]), r: 8 });
    },
    read(i) {
      const { label } = plot.data.points;
      if (i < 0) {
        const right = [0, 1].map(
          (k) => label.filter((own, j) => own === k && (k ? share(j) > 0.5 : share(j) < 0.5)).length,
        );
        const all = [0, 1].map((k) => label.filter((own) => own === k).length);
        return { at: "on its own side", values: right.map((n, k) => `${n} of ${all[k]}`) };
      }
      const p = share(i);
      /** @param {number} v */
      const percent = (v) => (Number.isNaN(v) ? "–" : `${Math.round(100 * v)} %`);
      return { at: `point ${i + 1}, ${spec.classes[label[i]]}`, values: [percent(1 - p), percent(p)] };
    },
  };
  return plot;
}
