// Curves.

/** @import { JsonNumbers, LinesData, LinesSpec, Margins, Plot, Scale, Series } from "./types.d.ts" */

import { round, SHAPES } from "./marks.js";
import { fromJson, number } from "./numbers.js";
import { drawAxes } from "./panel.js";
import { scale, ticks } from "./scales.js";
import { draw, margins } from "./svg.js";

/** @type {(series: Series, x: number, y: number) => string} */
const shape = (series, x, y) => SHAPES[(series.tone + 3) % SHAPES.length](x, y);

/** @type {(low: number | null, high: number | null) => string} */
const interval = (low, high) => `${number(low, 3)} to ${number(high, 3)}`;

/**
 * @param {LinesSpec} spec
 * @returns {Plot<LinesData>}
 */
export function lines(spec) {
  /** @type {number[]} */
  let xs;
  /** @type {Scale} */
  let x;
  /** @type {Scale} */
  let y;
  /** @type {number} */
  let size;
  /** @type {Margins} */
  let m;
  const series = spec.series;
  const keys = series.map((s) => ({
    label: s.label,
    /** @param {Element} svg */
    sample(svg) {
      if (s.style !== "points") draw(svg, "path", { class: `il-line il-${s.style} il-tone${s.tone}`, d: "M0,6H22" });
      if (s.style === "measured" || s.style === "points") {
        draw(svg, "path", { class: `il-mark il-tone${s.tone}`, d: shape(s, 11, 6) });
      }
    },
  }));
  if (spec.band_label) {
    keys.push({
      label: spec.band_label,
      sample: (svg) => draw(svg, "rect", { class: "il-band", x: 0, y: 1, width: 22, height: 10 }),
    });
  }
  /** In a film, what there is up to now: what comes is for the player to show.
   * @type {<T>(values: T[]) => T[]} */
  const past = (values) => (spec.over_time ? values.slice(0, plot.step + 1) : values);
  const curve = (/** @type {Series} */ s) => past(/** @type {JsonNumbers} */ (plot.data.y[s.name]));
  const strands = (/** @type {Series} */ s) => /** @type {JsonNumbers[]} */ (plot.data.y[s.name]).map(past);

  /**
   * Points outside the axes are pulled just beyond the edge, where the clip hides them.
   * @param {number | null} v
   */
  const height = (v) => {
    if (v === null || Number.isNaN(v)) return null;
    if (spec.log && v <= 0) return plot.height + 50;
    return Math.max(-50, Math.min(plot.height + 50, y(v)));
  };

  /** @param {JsonNumbers} values */
  function path(values) {
    let d = "";
    let pen = "M";
    values.forEach((v, i) => {
      const h = height(fromJson(v));
      if (h === null) {
        pen = "M";
        return;
      }
      d += `${pen}${round(x(xs[i]))},${round(h)}`;
      pen = "L";
    });
    return d;
  }

  /**
   * Says where a curve leaves the picture: a reader must not take an overflow for an empty plot.
   * @param {Element} group
   * @param {Series} s
   * @param {{ up: number, down: number }} taken rows that hold a note already
   */
  function exits(group, s, taken) {
    const numbers = curve(s).map(fromJson);
    const [low, high] = spec.y_range;
    /** @type {(i: number, up: boolean) => void} */
    const label = (i, up) => {
      const v = /** @type {number} */ (numbers[i]);
      let note = "";
      if (Number.isNaN(v)) note = `not a number from ${xs[i]}`;
      else if (!Number.isFinite(v)) note = `overflow from ${xs[i]}`;
      else if (spec.log && v <= 0) note = `${v < 0 ? "negative" : "0"} from ${xs[i]}`;
      const at = Math.min(Math.max(x(xs[i]), m.left + 5), size - m.right - 5);
      const edge = up ? m.top + 3 : plot.height - m.bottom - 3;
      const d = up ? `M${at},${edge - 6}l5,8h-10Z` : `M${at},${edge + 6}l5,-8h-10Z`;
      draw(group, "path", { class: `il-mark il-tone${s.tone}`, d });
      if (!note) return;
      const row = taken[up ? "up" : "down"]++;
      const left = at < size / 2;
      const place = { x: left ? at + 9 : at - 9, y: up ? edge + 6 + 14 * row : edge - 2 - 14 * row };
      draw(group, "text", { class: "il-note", ...place, "text-anchor": left ? "start" : "end" }, note);
    };
    /** @param {(v: number) => boolean} test */
    const first = (test) => numbers.findIndex((v) => v !== null && test(v));
    const above = first((v) => v > high);
    const below = first((v) => v < low);
    const nan = first((v) => Number.isNaN(v));
    const infinite = first((v) => v === Infinity);
    const zero = spec.log ? first((v) => v <= 0) : -1;
    if (above >= 0 && above !== infinite) label(above, true);
    if (infinite >= 0) label(infinite, true);
    else if (nan >= 0) label(nan, true);
    if (below >= 0 && below !== zero) label(below, false);
    if (zero >= 0) label(zero, false);
  }

  /**
   * @param {Element} group
   * @param {number} i
   * @param {string} kind a class of its own
   */
  function drawCursor(group, i, kind = "") {
    const at = x(xs[i]);
    draw(group, "line", { class: kind, x1: at, x2: at, y1: m.top - 4, y2: plot.height - m.bottom });
    for (const s of series) {
      if (s.style === "strands") continue;
      const h = height(fromJson(curve(s)[i]));
      if (h !== null && h > 0 && h < plot.height - m.bottom) {
        draw(group, "circle", { class: `il-mark il-tone${s.tone}`, cx: at, cy: h, r: 4.5 });
      }
    }
  }

  /** @type {Plot<LinesData>} */
  const plot = {
    keys,
    data: { y: {} },
    step: 0,
    height: 0,
    grows: spec.over_time,
    values: () => past(xs),
    home() {
      if (spec.over_time) return plot.step;
      const mark = series.find((s) => s.style === "points");
      return mark ? curve(mark).findIndex((v) => v !== null) : xs.length - 1;
    },
    extent: () => past(xs).map((v) => x(v)),
    axis: () => String(plot.data.x || ""),
    axes(group, width) {
      size = width;
      m = margins(width);
      xs = plot.data.x || spec.x;
      x = scale(xs[0], xs[xs.length - 1], m.left, width - m.right, spec.log_x);
      y = scale(...spec.y_range, plot.height - m.bottom, m.top, spec.log);
      drawAxes(group, spec, x, y, ticks(x, Math.max(3, Math.floor(width / 55))), width, plot.height);
      if (spec.guide === null) return;
      const guide = y(spec.guide);
      draw(group, "line", { class: "il-guide", x1: m.left, x2: width - m.right, y1: guide, y2: guide });
    },
    marks(group) {
      // A picture in the picture, in the same coordinates: what leaves the axes is cut off.
      const frame = {
        x: m.left - 5,
        y: m.top - 4,
        width: size - m.left - m.right + 10,
        height: plot.height - m.top - m.bottom + 8,
      };
      const inner = draw(group, "svg", { ...frame, viewBox: Object.values(frame).join(" ") });
      if (plot.data.band) {
        const [low, high] = plot.data.band;
        const upper = [];
        const lower = [];
        for (let i = 0; i < high.length; i += 1) {
          const [top, bottom] = [height(fromJson(high[i])), height(fromJson(low[i]))];
          if (top === null || bottom === null) continue;
          const at = round(x(xs[i]));
          upper.push(`${at},${round(top)}`);
          lower.push(`${at},${round(bottom)}`);
        }
        draw(inner, "path", { class: "il-band", d: `M${upper.concat(lower.reverse()).join("L")}Z` });
      }
      const taken = { up: 0, down: 0 };
      for (const s of series) {
        if (s.style === "strands") {
          draw(inner, "path", { class: `il-line il-strands il-tone${s.tone}`, d: strands(s).map(path).join("") });
          continue;
        }
        const values = curve(s);
        if (s.style !== "points")
          draw(inner, "path", { class: `il-line il-${s.style} il-tone${s.tone}`, d: path(values) });
        if (s.style !== "theory") {
          const every = s.style === "points" ? 1 : Math.max(1, Math.round(xs.length / 10));
          const d = values.map((v, i) => {
            const h = height(fromJson(v));
            return h !== null && i % every === 0 ? shape(s, round(x(xs[i])), round(h)) : "";
          });
          draw(inner, "path", { class: `il-mark il-${s.style} il-tone${s.tone}`, d: d.join("") });
          exits(group, s, taken);
        }
      }
    },
    numbers() {
      /** @type {(name: string, values: JsonNumbers) => ReturnType<Plot["numbers"]>} */
      const rows = (name, values) => values.map((v, i) => [name, xs[i], v]);
      const [low, high] = plot.data.band || [[], []];
      return [
        ...series.flatMap((s) =>
          s.style === "strands"
            ? strands(s).flatMap((strand, i) => rows(`${s.label} ${i + 1}`, strand))
            : rows(s.label, curve(s)),
        ),
        ...rows(`${spec.band_label}, low`, low),
        ...rows(`${spec.band_label}, high`, high),
      ];
    },
    now(group) {
      if (spec.over_time) drawCursor(group, plot.step, "il-now");
    },
    cursor: drawCursor,
    read(i) {
      const values = series.map((s) => {
        if (s.style !== "strands") return number(fromJson(curve(s)[i]));
        const here = strands(s).map((strand) => /** @type {number} */ (fromJson(strand[i])));
        here.sort((a, b) => a - b);
        return interval(here[0], here[here.length - 1]);
      });
      if (spec.band_label) {
        const { band } = plot.data;
        values.push(band ? interval(fromJson(band[0][i]), fromJson(band[1][i])) : "");
      }
      return { at: `${spec.x_label} ${number(xs[i])}`, values };
    },
  };
  return plot;
}
