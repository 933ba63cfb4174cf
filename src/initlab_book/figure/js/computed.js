// What a page works out by itself: the engine computes pictures and films that are not in store, in a worker.

/** @import { Computed } from "../../engine/types.d.ts" */
/** @import { Line } from "../../host/js/types.d.ts" */
/** @import { Spec, Value } from "./types.d.ts" */

import { openLine } from "../../host/js/line.js";
import { loader } from "./stored.js";

const DATA = "engine"; // the part of a page that holds what the engine needs besides the settings

/** @type {Line | undefined} one engine for all figures of the page */
let line;

/**
 * The pictures and films of a figure that the engine computes.
 * @param {Spec} spec
 * @param {HTMLElement} el
 * @param {Record<string, unknown>} entries where they are put
 * @param {(event: string) => void} fire
 */
export function computed(spec, el, entries, fire) {
  const load = loader(el, spec.name);
  /** @type {Promise<unknown> | undefined} what the engine needs besides the settings */
  let data;
  /** @type {Record<string, { key: string, stop: () => void } | undefined>} what is being computed, or was last */
  const asked = {};
  /** @type {(name: string, value: unknown) => void} */
  const put = (name, value) => {
    entries[name] = value;
    fire(`change:${name}`);
  };
  const running = new Set();
  /** @type {(name: string, on: boolean) => void} */
  const run = (name, on) => {
    if (on) running.add(name);
    else running.delete(name);
    if (spec.player) put("running", running.size > 0);
  };
  /** @param {string} name */
  function leave(name) {
    if (!asked[name]) return;
    asked[name].stop();
    asked[name] = undefined;
    run(name, false);
  }
  /** @type {(name: string, settings: Record<string, Value>) => void} */
  function want(name, settings) {
    const key = JSON.stringify(settings);
    if (asked[name]?.key === key) return;
    leave(name);
    put("status", "");
    /** @type {Computed[]} */
    const film = [];
    line ||= openLine("figures", el.dataset.engine);
    const engine = line;
    const question = { key: `${el.id} ${name}`, figure: spec.name, settings, digits: spec.digits };
    /** @param {string} why */
    function failed(why) {
      asked[name] = undefined; // so that the next setting tries again
      data = undefined;
      run(name, false);
      fire("change:answered");
      put("status", `This could not be computed: ${why}`);
    }
    let stopped = false;
    const stop = () => {
      stopped = true;
      engine.stop(question.key);
    };
    data ||= load.has(DATA) ? load(DATA) : Promise.resolve();
    data.then(
      (data) => {
        if (stopped) return;
        engine.ask({ ...question, data }, ({ frames = [], done, error }) => {
          if (error) {
            failed(error);
            return;
          }
          fire("change:answered");
          if (!spec.player) put(name, frames[0]);
          else {
            film.push(...frames);
            put("progress", film.length / spec.player.values.length);
            put(name, { frames: film.slice() });
          }
          if (done) run(name, false);
        });
      },
      () => stopped || failed("what it needs could not be loaded."),
    );
    asked[name] = { key, stop };
    run(name, true);
  }
  /** Stop what is being made: what there is of it stays. */
  function halt() {
    if (!running.size) return;
    for (const name of running) asked[name]?.stop();
    running.clear();
    put("running", false);
    const made = Math.round(Number(entries.progress) * (spec.player?.values.length || 0));
    const at = spec.player?.values[Math.max(made - 1, 0)];
    put("status", `Stopped at ${spec.player?.label.toLowerCase()} ${at}.`);
  }
  return { want, leave, halt };
}
