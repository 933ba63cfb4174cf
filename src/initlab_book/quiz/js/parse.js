// What readers type.

/** @import { Parsed } from "./types.d.ts" */

/**
 * A number as readers type it, or copy it from the page: 38.4, 38,4, −2, 1e-3, 3.05 × 10⁻⁵, 1,024.5, 20 %, 1/32.
 * @param {string} text
 * @param {string} unit
 * @returns {Parsed}
 */
export function parse(text, unit) {
  const bare = text.trim();
  const typed = (bare.endsWith(unit) ? bare.slice(0, bare.length - unit.length) : bare)
    .trim()
    .replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (c) => "-0123456789"["⁻⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(c)])
    .replaceAll("−", "-")
    .replace(/\s*[×·*x]\s*10\s*\^?\s*/, "e")
    .replace(/(\d)\s(?=\d{3}(\D|$))/g, "$1");
  const fraction = /^([-+]?\d+)\s*[/⁄]\s*([1-9]\d*)$/.exec(typed);
  if (fraction) return { value: Number(fraction[1]) / Number(fraction[2]) };
  const plain = typed.replaceAll(",", "");
  if (/^[-+]?[1-9]\d{0,2},\d{3}$/.test(typed)) {
    return { problem: `Does the comma separate thousands or decimals? Write ${plain} or ${typed.replace(",", ".")}.` };
  }
  const grouped = /^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(typed);
  const number = grouped ? plain : typed.replace(",", ".");
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(number)) return { value: Number(number) };
  return { problem: bare ? "That is not a number. Write it like 12.5 or 3e-4." : "Type a number first." };
}
