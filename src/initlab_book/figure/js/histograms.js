// Histograms of a few layers, side by side.

/** @import { HistogramsData, HistogramsSpec, Margins, Plot, Scale } from "./types.d.ts" */

import { round } from "./marks.js";
import { fromJson, number } from "./numbers.js";
import { drawAxes } from "./panel.js";
import { scale } from "./scales.js";
import { draw, margins } from "./svg.js";

/** @type {(share: number) => string} */
const percent = (share) => (share < 1 ? "<1 %" : `${Math.round(share)} %`);

/**
 * @param {HistogramsSpec} spec
 * @returns {Plot<HistogramsData>}
 */
export function histograms(spec) {
  /** @type {Scale} */
  let y;
  /** @type {number} */
  let step;
  /** @type {Margins} */
  let m;
  /** @param {number} i */
  const left = (i) => m.left + (i + 0.12) * step;
  /** @type {Plot<HistogramsData>} */
  const plot = {
    keys: [
      {
        label: "root mean square",
        sample: (svg) => draw(svg, "path", { class: "il-bar", d: "M1,11V7H8V3H15V1H20V11Z" }),
      },
      {
        label: "outside the picture",
        sample: (svg) => draw(svg, "path", { class: "il-mark il-tone2", d: "M11,1l5,9h-10Z" }),
      },
    ],
    data: { layers: [], counts: [], outside: [], rms: [] },
    step: 0,
    height: 0,
    values: () => plot.data.layers,
    home: () => plot.data.layers.length - 1,
    extent: () => plot.data.layers.map((_, i) => left(i) + 0.38 * step),
    axis: () => String(plot.data.layers),
    axes(group, width) {
      m = margins(width);
      step = (width - m.left - m.right) / plot.data.layers.length;
      y = scale(...spec.y_range, plot.height - m.bottom, m.top, false);
      drawAxes(group, spec, y, y, [], width, plot.height);
      const bottom = plot.height - m.bottom;
      plot.data.layers.forEach((layer, i) => {
        const at = { x: left(i) + 0.38 * step, y: bottom + 17, "text-anchor": "middle" };
        draw(group, "text", { class: "il-tick", ...at }, String(layer));
        draw(group, "line", { class: "il-grid", x1: left(i), x2: left(i), y1: m.top, y2: bottom });
      });
    },
    marks(group) {
      plot.data.counts.forEach((counts, i) => {
        const thick = (plot.height - m.bottom - m.top) / counts.length;
        const unit = (0.76 * step) / 99;
        let d = `M${round(left(i))},${plot.height - m.bottom}`;
        counts.forEach((count, k) => {
          d += `H${round(left(i) + count * unit)}V${round(plot.height - m.bottom - (k + 1) * thick)}`;
        });
        draw(group, "path", { class: "il-bar", d: `${d}H${round(left(i))}Z` });
        const [below, above] = plot.data.outside[i];
        const middle = left(i) + 0.38 * step;
        if (above) {
          draw(group, "path", { class: "il-mark il-tone2", d: `M${middle},${m.top - 5}l4,7h-8Z` });
          draw(group, "text", { class: "il-note", x: middle, y: m.top - 8, "text-anchor": "middle" }, percent(above));
        }
        if (below) {
          draw(group, "path", { class: "il-mark il-tone2", d: `M${middle},${plot.height - m.bottom + 5}l4,-7h-8Z` });
        }
      });
    },
    numbers() {
      const { layers, rms, outside, counts } = plot.data;
      const [low, high] = spec.y_range;
      return layers.flatMap((layer, i) => {
        const wide = (high - low) / counts[i].length;
        /** @type {ReturnType<Plot["numbers"]>} */
        const rows = [
          ["root mean square", layer, rms[i]],
          ["per cent below", layer, outside[i][0]],
          ["per cent above", layer, outside[i][1]],
        ];
        counts[i].forEach((count, k) => {
          rows.push([
            `layer ${layer}, share of the fullest bin`,
            Number((low + (k + 0.5) * wide).toPrecision(6)),
            count / 99,
          ]);
        });
        return rows;
      });
    },
    cursor(group, i) {
      draw(group, "rect", { x: left(i) - 3, y: m.top, width: 0.76 * step + 6, height: plot.height - m.top - m.bottom });
    },
    read(i) {
      const [below, above] = plot.data.outside[i];
      return {
        at: `${spec.x_label} ${plot.data.layers[i]}`,
        values: [number(fromJson(plot.data.rms[i])), `${number(Math.round((below + above) * 10) / 10)} %`],
      };
    },
  };
  return plot;
}
