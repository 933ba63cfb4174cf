// Histograms of all layers, one above the other.

/** @import { Plot, RidgesData, RidgesSpec, Scale } from "./types.d.ts" */

import { round } from "./marks.js";
import { fromJson, nearest, number } from "./numbers.js";
import { scale, tickLabel, ticks } from "./scales.js";
import { draw, MARGINS } from "./svg.js";

/**
 * @param {RidgesSpec} spec
 * @returns {Plot<RidgesData>}
 */
export function ridges(spec) {
  /** @type {number} */
  let row;
  /** @type {number} */
  let from;
  /** @type {number} */
  let to;
  const floor = () => plot.height - MARGINS.bottom;
  /** @param {number} i */
  const bottom = (i) => floor() - i * row;
  /** @type {Plot<RidgesData>} */
  const plot = {
    keys: [
      {
        label: "root mean square",
        sample: (svg) => draw(svg, "path", { class: "il-bar", d: "M0,11C8,11 7,1 11,1S14,11 22,11Z" }),
      },
      {
        label: spec.log ? "0 or outside" : "outside",
        sample: (svg) => draw(svg, "path", { class: "il-mark il-tone2", d: "M11,1l5,9h-10Z" }),
      },
    ],
    data: { layers: [], counts: new Float32Array(), rms: [], outside: [] },
    step: 0,
    height: 0,
    values: () => plot.data.layers,
    home: () => plot.data.layers.length - 1,
    extent: () => plot.data.layers.map(() => 0),
    nearest: (_, y) =>
      nearest(
        plot.data.layers.map((_, i) => bottom(i) - row / 2),
        y,
      ),
    axis: () => String(plot.data.layers),
    axes(group, width) {
      [from, to] = [24, width - 38]; // left the number of the layer, right the share outside
      row = (floor() - 12) / plot.data.layers.length;
      const [low, high] = spec.log ? spec.x_range.map((exponent) => 10 ** exponent) : spec.x_range;
      /** @type {Scale} */
      const x = scale(low, high, from, to, spec.log);
      for (const tick of ticks(x, Math.max(2, Math.floor(width / 70)))) {
        const at = x(tick);
        const label = tickLabel(tick, x);
        draw(group, "line", { class: "il-grid", x1: at, x2: at, y1: 12, y2: floor() });
        draw(group, "text", { class: "il-tick", x: at, y: floor() + 17, "text-anchor": "middle" }, label);
      }
      plot.data.layers.forEach((layer, i) => {
        const y = bottom(i);
        draw(group, "line", { class: "il-axis", x1: from, x2: to, y1: y, y2: y });
        draw(group, "text", { class: "il-tick", x: from - 6, y: y - 2, "text-anchor": "end" }, String(layer));
      });
      draw(
        group,
        "text",
        { class: "il-label", x: width / 2, y: plot.height - 4, "text-anchor": "middle" },
        spec.x_label,
      );
    },
    marks(group) {
      const { layers, counts, outside } = plot.data;
      const bins = counts.length / layers.length;
      const thick = (to - from) / bins;
      let d = "";
      layers.forEach((_, i) => {
        const y = bottom(i);
        d += `M${from},${round(y)}`;
        for (let k = 0; k < bins; k += 1) {
          d += `V${round(y - 0.9 * row * counts[i * bins + k])}H${round(from + (k + 1) * thick)}`;
        }
        d += `V${round(y)}Z`;
        if (outside[i] >= 1) {
          const at = { x: to + 38, y: y - 2, "text-anchor": "end" };
          draw(group, "text", { class: "il-note il-outside", ...at }, `${Math.round(outside[i])} %`);
        }
      });
      draw(group, "path", { class: "il-bar", d });
    },
    numbers() {
      const { layers, rms, outside } = plot.data;
      return layers.flatMap((layer, i) => [
        ["root mean square", layer, rms[i]],
        [`per cent ${spec.log ? "0 or outside" : "outside"}`, layer, outside[i]],
      ]);
    },
    cursor(group, i) {
      draw(group, "rect", { x: from, y: bottom(i) - row + 1, width: to - from, height: row });
    },
    read(i) {
      const { layers, rms, outside } = plot.data;
      return { at: `layer ${layers[i]}`, values: [number(fromJson(rms[i])), `${number(outside[i])} %`] };
    },
  };
  return plot;
}
