// A grid of small images, and what a network says of them.

/** @import { ImagesData, ImagesSpec, Plot } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { round } from "./marks.js";
import { nearest } from "./numbers.js";
import { draw } from "./svg.js";

const CAPTION = 17; // pixels under an image

/**
 * @param {ImagesSpec} spec
 * @returns {Plot<ImagesData>}
 */
export function images(spec) {
  const [rows, columns] = spec.shape;
  const canvas = make("canvas", { class: "il-canvas il-ink", "aria-hidden": "true" });
  /** @type {number} */
  let across;
  /** @type {number} */
  let cell;
  /** @type {number} */
  let left;
  /** @type {Float32Array | null} */
  let painted;
  /** @type {(i: number) => [number, number]} */
  const place = (i) => [left + (i % across) * cell, 2 + Math.floor(i / across) * (cell + CAPTION)];
  /** @param {number} i */
  const right = (i) => plot.data.says[i] === plot.data.label[i];

  // The pixels never move within a film: they are painted when they change.
  function paint() {
    const { pixels, label } = plot.data;
    if (painted === pixels) return;
    painted = pixels;
    const down = Math.ceil(label.length / across);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const unit = 4; // canvas pixels to a pixel of an image, so that the height of a caption fits in
    const gap = Math.round((CAPTION / cell) * (columns + 1) * unit);
    canvas.width = across * (columns + 1) * unit;
    canvas.height = down * ((rows + 1) * unit + gap);
    for (let i = 0; i < label.length; i += 1) {
      const x = (i % across) * (columns + 1) * unit;
      const y = Math.floor(i / across) * ((rows + 1) * unit + gap);
      for (let p = 0; p < rows * columns; p += 1) {
        const [row, column] = [Math.floor(p / columns), p % columns];
        context.fillStyle = `rgb(0 0 0 / ${pixels[i * rows * columns + p]})`;
        context.fillRect(x + column * unit + unit / 2, y + row * unit + unit / 2, unit, unit);
      }
    }
    const [width, height] = [across * cell, down * (cell + CAPTION)];
    Object.assign(canvas.style, { left: `${left}px`, top: "2px", width: `${width}px`, height: `${height}px` });
  }

  /** @type {Plot<ImagesData>} */
  const plot = {
    canvas,
    keys: [
      {
        label: "network says",
        sample: (svg) => draw(svg, "text", { x: 11, y: 10, "text-anchor": "middle" }, "7"),
      },
      {
        label: "with probability",
        sample: (svg) => draw(svg, "rect", { class: "il-wrong", x: 4, y: 0, width: 13, height: 11 }),
      },
    ],
    data: { pixels: new Float32Array(), label: [], says: [], sure: new Float32Array() },
    step: 0,
    height: 0,
    values: () => plot.data.label.map((_, i) => i),
    home: () => -1, // no image: all of them
    extent: () => plot.data.label.map((_, i) => place(i)[0] + cell / 2),
    nearest(x, y) {
      const places = plot.data.label.map((_, i) => place(i));
      return nearest(
        places.map(([left, top]) => Math.hypot(left + cell / 2 - x, top + cell / 2 - y)),
        0,
      );
    },
    axis: () => String(plot.data.label),
    axes(_, width) {
      const n = plot.data.label.length;
      across = 1;
      cell = 0;
      for (let k = 1; k <= n; k += 1) {
        const fits = Math.min(width / k, (plot.height - 4) / Math.ceil(n / k) - CAPTION);
        if (fits > cell) [across, cell] = [k, fits];
      }
      left = (width - across * cell) / 2;
      painted = null;
    },
    marks(group) {
      paint();
      const { says } = plot.data;
      const frames = says.map((_, i) => {
        if (right(i)) return "";
        const [x, y] = place(i);
        const [width, height] = [round(cell - 2), round(cell + CAPTION - 3)];
        return `M${round(x + 1)},${round(y + 1)}h${width}v${height}h${round(2 - cell)}Z`;
      });
      draw(group, "path", { class: "il-wrong", d: frames.join("") });
      says.forEach((said, i) => {
        const [x, y] = place(i);
        const at = { x: x + cell / 2, y: y + cell + 11, "text-anchor": "middle" };
        draw(group, "text", { class: "il-says", ...at }, said === null ? "–" : String(said));
      });
    },
    numbers() {
      const { label, says, sure } = plot.data;
      return label.flatMap((own, i) => [
        ["true class", `image ${i + 1}`, own],
        ["network says", `image ${i + 1}`, says[i]],
        ["with probability", `image ${i + 1}`, Number(sure[i].toFixed(3))],
      ]);
    },
    cursor(group, i) {
      const [x, y] = place(i);
      draw(group, "rect", { class: "il-ring", x, y, width: cell, height: cell + CAPTION - 1 });
    },
    read(i) {
      const { label, says, sure } = plot.data;
      if (i < 0) {
        const known = [...sure].filter((p) => !Number.isNaN(p));
        const mean = known.reduce((sum, p) => sum + p, 0) / known.length;
        return {
          at: `all ${label.length}; framed: wrong`,
          values: [
            `${label.filter((_, j) => right(j)).length} right`,
            known.length ? `${Math.round(100 * mean)} %` : "–",
          ],
        };
      }
      return {
        at: `image ${i + 1}: is ${label[i]}`,
        values: [
          says[i] === null ? "–" : String(says[i]),
          Number.isNaN(sure[i]) ? "–" : `${Math.round(100 * sure[i])} %`,
        ],
      };
    },
  };
  return plot;
}
