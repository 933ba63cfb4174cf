// What a static page has in store: the frames of all settings, or films, some of them in scripts of their own.

/** @import { DemoPayload, FilmPayload, NoFilm, PackedFilm, Part, Stored, Value } from "./types.d.ts" */

import { loadScript } from "../../host/js/load.js";
import { position, SECOND } from "./settings.js";

/**
 * What loads a part that stands in the page, or in a script of its own.
 * @param {HTMLElement} el
 * @param {string} name of the figure
 * @returns {((part: string) => Promise<any>) & { has(part: string): boolean }}
 */
export function loader(el, name) {
  const scripts = /** @type {NodeListOf<HTMLScriptElement>} */ (el.querySelectorAll("script[data-part]"));
  const scriptOf = Object.fromEntries([...scripts].map((script) => [script.dataset.part, script]));
  /** @param {string} part */
  const load = (part) => {
    const { src } = scriptOf[part].dataset;
    if (!src) return Promise.resolve(JSON.parse(scriptOf[part].textContent));
    return loadScript(src).then(() => window.initlabFilms[`${name} ${part}`]);
  };
  return Object.assign(load, { has: (/** @type {string} */ part) => part in scriptOf });
}

/**
 * @param {DemoPayload} payload
 * @param {Record<string, Value>} settings
 * @param {(event: string) => void} fire
 * @returns {Stored}
 */
export function storedFrames({ spec, frames }, settings, fire) {
  let shown = position(spec.controls, settings);
  const entries = { frame: frames[shown] };
  return {
    entries,
    want() {
      const now = position(spec.controls, settings);
      if (now === shown) return;
      shown = now;
      entries.frame = frames[now];
      fire("change:answered");
      fire("change:frame");
    },
    leave() {
      shown = -1;
    },
  };
}

/**
 * The start films are in the page; all others come in parts, each in a script that is loaded when it is first needed.
 * @param {HTMLElement} el
 * @param {FilmPayload} payload
 * @param {Record<string, Value>} settings
 * @param {(event: string) => void} fire
 * @returns {Stored}
 */
export function storedFilms(el, { spec, films: start }, settings, fire) {
  const grid = spec.controls.filter((c) => c.name !== spec.part);
  /** @param {boolean} second */
  const place = (second) => {
    const own = Object.fromEntries(spec.compare.map((name) => [name, settings[name + SECOND]]));
    const part = spec.part ? String(settings[spec.part]) : "all";
    return { part, at: position(grid, second ? { ...settings, ...own } : settings) };
  };
  /** @param {{ part: string, at: number }} place */
  const keyOf = ({ part, at }) => `${part} ${at}`;
  const load = loader(el, spec.name);
  /** @type {Record<string, Promise<Part> | undefined>} */
  const parts = {};
  /** @type {Record<string, PackedFilm>} */
  const known = {};
  /** @type {Record<"film" | "film_2", PackedFilm | NoFilm> & { status: string, running: boolean, progress: number }} */
  const entries = { film: start.film, film_2: start.film_2 || {}, status: "", running: false, progress: 1 };
  const wanted = { film: keyOf(place(false)), film_2: start.film_2 ? keyOf(place(true)) : "" };
  known[wanted.film] = start.film;
  if (start.film_2) known[wanted.film_2] = start.film_2;

  /** @param {string} status */
  function say(status) {
    entries.status = status;
    fire("change:status");
  }
  /**
   * @param {"film" | "film_2"} name
   * @param {{ part: string, at: number }} place
   */
  async function fetchFilm(name, { part, at }) {
    /** @type {Part} */
    let loaded;
    try {
      parts[part] ||= load(part);
      loaded = await parts[part];
    } catch {
      delete parts[part]; // so that the next choice tries again
      wanted[name] = "";
      say("The runs could not be loaded: choose again to try once more.");
      return;
    }
    const key = keyOf({ part, at });
    known[key] = { common: loaded.common, ...loaded.films[at] };
    show(name, key);
  }
  /**
   * @param {"film" | "film_2"} name
   * @param {string} key
   */
  function show(name, key) {
    if (wanted[name] !== key) return; // the reader has gone on
    say("");
    entries[name] = known[key];
    fire(`change:${name}`);
  }
  /** @param {string} side */
  function want(side) {
    const name = side === "film" ? side : "film_2";
    const now = place(name === "film_2");
    const key = keyOf(now);
    if (key === wanted[name]) return;
    wanted[name] = key;
    fire("change:answered");
    if (known[key]) {
      show(name, key);
      return;
    }
    say("Loading the runs …");
    fetchFilm(name, now);
  }
  return {
    entries,
    want,
    leave(name) {
      wanted[name === "film" ? name : "film_2"] = "";
    },
  };
}
