// A function of two numbers, with points on it.

/** @import { HeatMapData, HeatMapSpec, Plot, Range, Scale } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { round, SHAPES } from "./marks.js";
import { nearest } from "./numbers.js";
import { scale, tickLabel, ticks } from "./scales.js";
import { draw, margins } from "./svg.js";

// Two inks that can be told apart on light and dark paper alike, and by those who confuse red and green.
const INKS = [
  [58, 134, 201],
  [228, 121, 49],
];

/**
 * The largest square in the middle of the picture.
 * @param {number} width
 * @param {number} height
 */
function square(width, height) {
  const m = margins(width);
  const side = Math.min(width - m.left - m.right, height - m.top - m.bottom);
  const left = m.left + (width - m.left - m.right - side) / 2;
  return { side, left, top: m.top };
}

/** The colour of a share of the second class, and how strong it is. @param {number} level */
const ink = (level) => ({ colour: INKS[level < 0.5 ? 0 : 1], strength: (170 / 255) * Math.abs(2 * level - 1) });

/**
 * What the colours mean.
 * @param {Element} group
 * @param {number} x
 * @param {number} top
 * @param {number} height
 * @param {number} width of the picture
 */
function colourScale(group, x, top, height, width) {
  if (x + 50 > width) return;
  const steps = 20;
  for (let i = 0; i < steps; i += 1) {
    const { colour, strength } = ink((i + 0.5) / steps);
    const y = top + height - ((i + 1) * height) / steps;
    const fill = `rgb(${colour.join(" ")} / ${strength})`;
    draw(group, "rect", { x, y, width: 10, height: height / steps, style: `fill:${fill}` });
  }
  draw(group, "rect", { class: "il-edge", x, y: top, width: 10, height });
  for (const share of [0, 0.5, 1]) {
    draw(group, "text", { class: "il-tick", x: x + 14, y: top + height * (1 - share) + 4 }, `${100 * share} %`);
  }
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
    height: 0,
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
      const { side, left, top } = square(width, plot.height);
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
      colourScale(group, left + side + 14, top, side, width);
      const { points } = plot.data;
      for (const held of [false, true]) {
        spec.classes.forEach((_, k) => {
          const own = points.x.map((_, i) => points.label[i] === k && Boolean(points.heldOut?.[i]) === held);
          const d = points.x.map((v, i) => (own[i] ? SHAPES[k](round(x(v)), round(y(points.y[i]))) : ""));
          if (held && !d.some(Boolean)) return;
          draw(group, "path", { class: `il-mark ${held ? "il-held " : ""}il-tone${k + 1}`, d: d.join("") });
        });
      }
    },
    marks() {
      const { levels } = plot.data;
      const n = Math.sqrt(levels.length);
      if (!image || image.width !== n) {
        canvas.width = canvas.height = n;
        image = new ImageData(n, n);
      }
      for (let i = 0; i < levels.length; i += 1) {
        const { colour, strength } = ink(levels[i]);
        const [red, green, blue] = colour;
        const at = 4 * ((n - 1 - Math.floor(i / n)) * n + (i % n));
        image.data[at] = red;
        image.data[at + 1] = green;
        image.data[at + 2] = blue;
        image.data[at + 3] = 255 * strength; // nothing where it is not a number
      }
      /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
    },
    numbers() {
      const { levels, points } = plot.data;
      const n = Math.sqrt(levels.length);
      /** @type {(k: number, [low, high]: Range) => number} */
      const centre = (k, [low, high]) => low + ((k + 0.5) * (high - low)) / n;
      /** @type {(x: number, y: number) => string} */
      const at = (x, y) => `${x.toPrecision(4)}; ${y.toPrecision(4)}`;
      /** @type {ReturnType<Plot["numbers"]>} */
      const cells = Array.from(levels, (level, i) => [
        `share of ${spec.classes[1]}`,
        at(centre(i % n, spec.x_range), centre(Math.floor(i / n), spec.y_range)),
        Number(level.toFixed(3)),
      ]);
      points.x.forEach((x, i) => {
        cells.push(["class of a point", at(x, points.y[i]), points.label[i]]);
      });
      return cells;
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
