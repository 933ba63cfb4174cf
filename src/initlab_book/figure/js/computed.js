// What a page works out by itself: the engine computes pictures and films that are not in store, in a worker.

/** @import { Computed, EnginePort, Question } from "../../engine/types.d.ts" */
/** @import { Asked, EngineEnd, Spec, Value } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { HERE, loader } from "./stored.js";

const DATA = "engine"; // the part of a page that holds what the engine needs besides the settings

/** @type {Promise<(asked: Asked) => () => void> | undefined} one engine for all figures of the page */
let engine;

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
    data ||= load.has(DATA) ? load(DATA) : Promise.resolve();
    const stop = ask(el.dataset.engine, data, {
      key: `${el.id} ${name}`,
      figure: spec.name,
      settings,
      digits: spec.digits,
      frames(frames, done) {
        fire("change:answered");
        if (!spec.player) put(name, frames[0]);
        else {
          film.push(...frames);
          put("progress", film.length / spec.player.values.length);
          put(name, { frames: film.slice() });
        }
        if (done) run(name, false);
      },
      failed(why) {
        asked[name] = undefined; // so that the next setting tries again
        data = undefined;
        run(name, false);
        fire("change:answered");
        put("status", `This could not be computed: ${why}`);
      },
    });
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

/**
 * Ask the engine. What it answers goes to `asked.frames`, in one or more pieces, or to `asked.failed`.
 * @param {string | undefined} src where its script is, if not in the page
 * @param {Promise<unknown>} data
 * @param {Omit<Asked, "data">} asked
 * @returns {() => void} stops it
 */
function ask(src, data, asked) {
  engine ||= loadEngine(src).then(connect);
  let stopped = false;
  let stop = () => {};
  Promise.all([engine, data]).then(
    ([question, data]) => {
      if (!stopped) stop = question({ ...asked, data });
    },
    () => {
      engine = undefined; // so that the next setting tries again
      asked.failed("its script could not be loaded.");
    },
  );
  return () => {
    stopped = true;
    stop();
  };
}

/** @param {string | undefined} src */
export function loadEngine(src) {
  if (window.initlabEngine || !src) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const tag = make("script", { src: new URL(src, HERE).href });
    tag.onload = () => resolve(undefined);
    tag.onerror = reject;
    document.head.append(tag);
  });
}

/** A worker from the text of the engine: it can be made on a page that was opened from the disk, too. */
export function inWorker() {
  const code = `(${window.initlabEngine})()(self);`;
  return new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
}

/** The same in the page itself, between two pictures, where it may have no worker. */
export function inPage() {
  const { port1, port2 } = new MessageChannel();
  window.initlabEngine?.()(/** @type {EnginePort} */ (/** @type {unknown} */ (port1)));
  return port2;
}

function connect() {
  /** @type {Map<number, Asked>} */
  const open = new Map();
  let count = 0;
  /** @type {EngineEnd} */
  let end;
  /** @param {EngineEnd} other */
  function use(other) {
    end = other;
    end.onmessage = ({ data: { id, frames, done, error } }) => {
      const asked = open.get(id);
      if (!asked) return; // the reader has gone on
      if (error || done) open.delete(id);
      if (error) asked.failed(error);
      else asked.frames(frames, done);
    };
  }
  /** @type {(id: number, asked: Asked) => Question} */
  const question = (id, { key, figure, settings, data, digits }) => ({ key, id, figure, settings, data, digits });
  const fallBack = () => {
    use(inPage());
    for (const [id, asked] of open) end.postMessage(question(id, asked));
  };
  try {
    const worker = inWorker();
    use(worker);
    // An error in a computation is an answer; this one says that there is no worker.
    worker.onerror = fallBack;
  } catch {
    fallBack();
  }
  return (/** @type {Asked} */ asked) => {
    count += 1;
    const id = count;
    for (const [other, { key }] of open) if (key === asked.key) open.delete(other);
    open.set(id, asked);
    end.postMessage(question(id, asked));
    return () => {
      if (!open.delete(id)) return;
      count += 1;
      end.postMessage({ key: asked.key, id: count, settings: {}, digits: 0 });
    };
  };
}
