// Which settings there are, where they lie in the grid, and how they are written in the address of a page.

/** @import { Choice, Control, FilmSpec, Spec, Value } from "./types.d.ts" */

import { nearest, number } from "./numbers.js";

/** The kinds of controls in which something is typed: it has to be computed. */
export const TYPED = new Set(["number", "seed", "widths"]);

/** Ends the name of a setting of the second of two sides. */
export const SECOND = "_2";

/**
 * What is set besides the controls.
 * @param {FilmSpec} spec
 */
export const filmSettings = ({ player, compare }) => [
  player.name,
  ...(compare.length ? ["compare", ...compare.map((name) => name + SECOND)] : []),
];

/**
 * The position of settings in a grid of controls, the last one changing fastest.
 * @param {{ name: string, values: Value[] }[]} controls
 * @param {Record<string, Value>} settings
 */
export const position = (controls, settings) =>
  controls.reduce((at, c) => at * c.values.length + c.values.indexOf(settings[c.name]), 0);

/**
 * Whether the page has a picture of these settings in store.
 * @param {Control[]} controls
 * @param {Record<string, Value>} settings
 */
export const inStore = (controls, settings) =>
  controls.every((c) => /** @type {Value[]} */ (c.values).includes(settings[c.name]));

/**
 * What the engine computes besides what is in store: a range of numbers.
 * @param {Control} control
 * @returns {Pick<Choice, "low" | "high" | "whole" | "most">}
 */
function range(control) {
  if (control.kind === "widths") return { high: control.high, most: control.most };
  if (control.kind === "number" || control.kind === "seed")
    return { low: control.low, high: control.high, whole: true };
  if (control.kind === "slider") {
    return { low: control.values[0], high: control.values[control.values.length - 1], whole: control.whole };
  }
  return {};
}

/**
 * What a reader can choose on a static page.
 * @param {Spec} spec
 * @returns {Choice[]}
 */
export function choicesOf(spec) {
  /** @type {(control: Control) => Choice} */
  const choice = (c) => ({ name: c.name, values: c.values, ...(spec.engine ? range(c) : {}) });
  const choices = spec.controls.filter((c) => spec.engine || c.values.length > 1).map(choice);
  if (!spec.player) return choices;
  choices.push({ name: spec.player.name, values: spec.player.values });
  if (spec.compare.length) choices.push({ name: "compare", values: [false, true] });
  for (const c of spec.controls) {
    if (spec.compare.includes(c.name)) choices.push({ ...choice(c), name: c.name + SECOND });
  }
  return choices;
}

/**
 * Widths as they are kept, "64, 32, 16"; undefined if they are none.
 * @param {string} text
 * @param {{ most?: number, high?: number }} limits
 */
export function readWidths(text, { most = 0, high = 0 }) {
  if (!text.trim()) return "";
  const widths = text.split(",").map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : 0));
  const known = widths.length >= 3 && widths.length <= most && widths.every((n) => n >= 1 && n <= high);
  return known ? widths.join(", ") : undefined;
}

/**
 * The number nearest to a wanted one that a choice allows.
 * @param {Choice} choice
 * @param {number} wanted
 */
function allowed({ values, low, high, whole }, wanted) {
  if (low === undefined || high === undefined) {
    const numbers = values.filter((v) => typeof v === "number");
    return numbers.length ? numbers[nearest(numbers, wanted)] : undefined;
  }
  const within = Math.min(high, Math.max(low, wanted));
  return whole ? Math.round(within) : within;
}

/**
 * The address of exactly this picture: #explorer-signal?scale=1.4&activation=relu
 * @param {string} id
 * @param {{ name: string }[]} choices
 * @param {Record<string, Value>} settings
 */
export function writeAddress(id, choices, settings) {
  const named = choices.filter((c) => settings.compare || !(c.name === "compare" || c.name.endsWith(SECOND)));
  return `#${id}?${new URLSearchParams(named.map((c) => [c.name, String(settings[c.name])]))}`;
}

/**
 * The settings that an address names; null where it names no picture of `id`. For a number that is not among the choices
 * the nearest one is taken, and `problems` says so, as it does of anything else that is unknown.
 * @param {string} address
 * @param {string} id
 * @param {Choice[]} choices
 * @param {Record<string, string>} aliases what settings, or their values, were once called: "gain", or "start=small"
 * @returns {{ settings: [string, Value][], problems: string[] } | null}
 */
export function readAddress(address, id, choices, aliases = {}) {
  const [place, query] = address.slice(1).split("?");
  if (place !== id || !query) return null;
  /** @type {[string, Value][]} */
  const settings = [];
  const problems = [];
  for (const [given, written] of new URLSearchParams(query)) {
    const name = Object.hasOwn(aliases, given) ? aliases[given] : given;
    const pair = `${name}=${written}`;
    const text = Object.hasOwn(aliases, pair) ? aliases[pair].slice(name.length + 1) : written;
    const choice = choices.find((choice) => choice.name === name);
    if (!choice) {
      problems.push(`This figure has no setting “${name}” (any more).`);
      continue;
    }
    // 0.000001 and 1e-6 are the same number
    const known = choice.values.find((v) => (typeof v === "number" && text ? Number(text) === v : String(v) === text));
    if (known !== undefined) {
      settings.push([name, known]);
      continue;
    }
    const widths = choice.most === undefined ? undefined : readWidths(text, choice);
    if (widths !== undefined) {
      settings.push([name, widths]);
      continue;
    }
    const wanted = text ? Number(text) : NaN;
    const near = Number.isNaN(wanted) ? undefined : allowed(choice, wanted);
    if (near !== undefined) {
      settings.push([name, near]);
      if (near !== wanted)
        problems.push(`There is no picture for ${name} = ${text}; this is the nearest, ${number(near)}.`);
    } else problems.push(`There is no picture for ${name} = ${text}; this is another.`);
  }
  return { settings, problems };
}
