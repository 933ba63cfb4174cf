// What a static page has in store: the frames of all settings, or films, some of them in scripts of their own.

/** @import { DemoPayload, FilmPayload, NoFilm, PackedFilm, Part, Stored, Value } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { position, SECOND } from "./settings.js";

const HERE = /** @type {HTMLScriptElement | null} */ (document.currentScript)?.src;

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
    update() {
      const now = position(spec.controls, settings);
      if (now === shown) return;
      shown = now;
      entries.frame = frames[now];
      fire("change:frame");
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
  const scripts = /** @type {NodeListOf<HTMLScriptElement>} */ (el.querySelectorAll("script[data-part]"));
  const scriptOf = Object.fromEntries([...scripts].map((script) => [script.dataset.part, script]));
  /** @type {Record<string, Promise<Part> | undefined>} */
  const parts = {};
  /** @type {Record<string, PackedFilm>} */
  const known = {};
  /** @type {Record<"film" | "film_2", PackedFilm | NoFilm> & { status: string, running: false, progress: 1 }} */
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
   * @param {string} part
   * @returns {Promise<Part>}
   */
  function load(part) {
    const script = scriptOf[part];
    const { src } = script.dataset;
    if (!src) return Promise.resolve(JSON.parse(script.textContent));
    return new Promise((resolve, reject) => {
      const tag = make("script", { src: new URL(src, HERE).href });
      tag.onload = () => resolve(window.initlabFilms[`${spec.name} ${part}`]);
      tag.onerror = reject;
      document.head.append(tag);
    });
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
  /** @param {"film" | "film_2"} name */
  function want(name) {
    const now = place(name === "film_2");
    const key = keyOf(now);
    if (key === wanted[name]) return;
    wanted[name] = key;
    if (known[key]) {
      show(name, key);
      return;
    }
    say("Loading the runs …");
    fetchFilm(name, now);
  }
  return {
    entries,
    update() {
      want("film");
      if (settings.compare) want("film_2");
    },
  };
}
