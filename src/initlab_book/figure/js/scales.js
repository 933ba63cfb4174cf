// From numbers to pixels, and the numbers beside an axis.

/** @import { Scale } from "./types.d.ts" */

import { number, power } from "./numbers.js";

/**
 * From the numbers between `low` and `high` to the pixels between `from` and `to`.
 * @param {number} low
 * @param {number} high
 * @param {number} from
 * @param {number} to
 * @param {boolean} log
 * @returns {Scale}
 */
export function scale(low, high, from, to, log) {
  /** @type {(x: number) => number} */
  const warp = log ? Math.log10 : (x) => x;
  const [a, b] = [warp(low), warp(high)];
  /** @param {number} x */
  const at = (x) => from + ((warp(x) - a) / (b - a)) * (to - from);
  return Object.assign(at, { low, high, log });
}

/**
 * About `count` round numbers between the ends of a scale.
 * @param {{ low: number, high: number, log: boolean }} scale
 * @param {number} count
 */
export function ticks({ low, high, log }, count) {
  const [a, b] = log ? [Math.log10(low), Math.log10(high)] : [low, high];
  const rough = (b - a) / count;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const round = /** @type {number} */ ([1, 2, 5, 10].map((m) => m * unit).find((s) => s >= rough * 0.999));
  const step = log ? Math.max(1, Math.ceil(rough)) : round;
  const found = [];
  for (let i = Math.ceil(a / step - 1e-9); i * step <= b + 1e-9; i += 1) found.push(log ? 10 ** (i * step) : i * step);
  if (!log || found.length > 2 || low < 1e-3 || high >= 1e5) return found;
  // Less than three powers of ten: what lies between them, too, as much as there is room for.
  const decades = Array.from({ length: Math.ceil(b) - Math.floor(a) + 1 }, (_, i) => 10 ** (Math.floor(a) + i));
  const fits = [
    [1, 2, 5],
    [1, 3],
  ]
    .map((mantissas) => decades.flatMap((decade) => mantissas.map((m) => m * decade)))
    .map((all) => all.filter((x) => x >= low * (1 - 1e-9) && x <= high * (1 + 1e-9)));
  return fits.find((all) => all.length <= count + 1) || found;
}

/**
 * What stands beside a tick. On a logarithmic scale that goes where numbers are written with powers of ten, all ticks are
 * powers: 10⁻⁶, 10⁻³, 1, 10³, never 1000 among them.
 * @param {number} x
 * @param {{ low: number, high: number, log: boolean }} scale
 */
export function tickLabel(x, { low, high, log }) {
  const exponent = Math.round(Math.log10(Math.abs(x)));
  const far = log && (low < 1e-3 || high >= 1e5);
  return far && (exponent < 0 || exponent > 1) ? power(exponent) : number(x, 3);
}
