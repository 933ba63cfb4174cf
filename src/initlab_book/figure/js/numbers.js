// Numbers on their way from Python and to the reader, as in numbers.py.

/** @import { JsonNumber } from "./types.d.ts" */

const WORDS = { inf: Infinity, "-inf": -Infinity, nan: NaN };

/**
 * JSON has no infinity: Python sends words. null: there is no number here.
 * @template {JsonNumber | null} T
 * @param {T} v
 */
export const fromJson = (v) => /** @type {T extends null ? null : number} */ (typeof v === "string" ? WORDS[v] : v);

/**
 * The position of the number nearest to x.
 * @param {number[]} numbers
 * @param {number} x
 */
export const nearest = (numbers, x) =>
  numbers.reduce((best, v, i) => (Math.abs(v - x) < Math.abs(numbers[best] - x) ? i : best), 0);

/**
 * A power of ten.
 * @param {number} exponent
 */
export const power = (exponent) =>
  `10${String(exponent).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)])}`;

/**
 * Whether x lies in the middle between two numbers of so many digits, such as 1.25 between 1.2 and 1.3, and the lower
 * one ends in an even digit. Python takes that one, JavaScript always the larger one.
 * @param {number} x
 * @param {number} digits
 */
function hasEvenTie(x, digits) {
  if (!/5e/.test(x.toExponential(digits))) return false; // cheap, and settles most cases
  const exact = x.toExponential(100).replace(".", "");
  return Number(exact[digits - 1]) % 2 === 0 && /^50*e/.test(exact.slice(digits));
}

/**
 * Five digits and more before the point in groups, as the prose has them: 5000, but 35,000.
 * @param {number} x
 */
const grouped = (x) => String(x).replace(/^(\d{2,})(\d{3})(?=\.|$)/, "$1,$2");

/**
 * A number as the book writes it: 38.4, 0.002, 35,000, 3.05 × 10⁻⁵, 10⁻⁶, overflow. Says the same as `number` in
 * numbers.py. The spaces in it do not break.
 * @param {number | null} x
 * @param {number} digits 1 to 15
 * @returns {string}
 */
export function number(x, digits = 4) {
  if (x === null) return "–";
  if (Number.isNaN(x)) return "not a number";
  if (x < 0) return (x === -Infinity ? "minus " : "−") + number(-x, digits);
  if (x === Infinity) return "overflow";
  if (Number.isInteger(x) && x < 1e5) return grouped(x);
  const rounded = (hasEvenTie(x, digits) ? x * (1 - Number.EPSILON) : x).toExponential(digits - 1);
  const [mantissa, exponent] = rounded.split("e").map(Number);
  if (exponent > -4 && exponent < 5) return grouped(Number(`${mantissa}e${exponent}`));
  return mantissa === 1 ? power(exponent) : `${mantissa}\u00a0×\u00a0${power(exponent)}`;
}
