// Films, unpacked: packing.py packs them.

/** @import { ComputedFilm, FilmSpec, PackedFilm, UnpackedFilm } from "./types.d.ts" */

const LEVELS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"; // as in packing.py
const NONE = LEVELS.length - 1; // stands for not a number
const LEVEL = Object.fromEntries([...LEVELS].map((letter, i) => [letter, i]));

/** @param {Uint8Array} levels */
const numbersOf = (levels) => Float32Array.from(levels, (level) => (level === NONE ? NaN : level / (NONE - 1)));
/** @param {string} text */
const levelsOf = (text) => Uint8Array.from(text, (letter) => LEVEL[letter]);

/**
 * Numbers from 0 to 1, from their levels.
 * @param {unknown} text
 */
const unpackLevels = (text) => numbersOf(levelsOf(/** @type {string} */ (text)));

/**
 * The same over time: the first as it is, the others as differences to the one before.
 * @param {string[]} texts
 */
function unpackChanges(texts) {
  let now = new Uint8Array(texts[0].length);
  return texts.map((text) => {
    now = levelsOf(text).map((change, i) => (now[i] + change) % LEVELS.length);
    return numbersOf(now);
  });
}

/**
 * @param {PackedFilm} film
 * @param {Pick<FilmSpec, "panels">} spec
 * @returns {UnpackedFilm}
 */
export function unpack({ common = {}, still, moving, texts }, spec) {
  /** @type {UnpackedFilm["panels"]} */
  const panels = {};
  for (const { name, levels = [] } of spec.panels) {
    const same = { ...common[name], ...still[name] };
    for (const key of levels) if (key in same) same[key] = unpackLevels(same[key]);
    const changing = Object.entries(moving[name] || {}).map(([key, values]) => ({
      key,
      values: levels.includes(key) ? unpackChanges(/** @type {string[]} */ (values)) : values,
    }));
    panels[name] = texts.map((_, t) =>
      changing.length ? { ...same, ...Object.fromEntries(changing.map(({ key, values }) => [key, values[t]])) } : same,
    );
  }
  const marks = /** @type {Record<string, number>} */ ({ ...common.marks, ...still.marks });
  return { length: texts.length, texts, panels, marks };
}

/**
 * The same of frames that were computed here.
 * @param {ComputedFilm} film
 * @param {Pick<FilmSpec, "panels">} spec
 * @returns {UnpackedFilm}
 */
export function unpackFrames({ frames }, spec) {
  const last = frames[frames.length - 1].panels;
  /** @type {UnpackedFilm["panels"]} */
  const panels = {};
  for (const panel of spec.panels) {
    const { name, levels = [] } = panel;
    panels[name] = frames.map((frame) => {
      if ("over_time" in panel && panel.over_time) return last[name]; // it tells all
      const data = { ...frame.panels[name] };
      for (const key of levels) data[key] = unpackLevels(data[key]);
      return data;
    });
  }
  const marks = /** @type {UnpackedFilm["marks"]} */ (last.marks || {});
  return { length: frames.length, texts: frames.map(({ text }) => text), panels, marks };
}
