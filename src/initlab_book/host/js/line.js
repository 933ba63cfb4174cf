// The line to the engine: a worker, or where a page may have none, the engine in the page itself.

/** @import { EnginePort } from "../../engine/types.d.ts" */
/** @import { EngineEnd, EngineName, Line } from "./types.d.ts" */

import { loadScript } from "./load.js";

/** A worker from the text of an engine: it can be made on a page that was opened from the disk, too. @param {EngineName} name */
function inWorker(name) {
  const code = `(${window.initlabEngines?.[name]})()(self);`;
  return new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
}

/** The same in the page itself, between two pictures. @param {EngineName} name */
function inPage(name) {
  const { port1, port2 } = new MessageChannel();
  window.initlabEngines?.[name]?.()(/** @type {EnginePort} */ (/** @type {unknown} */ (port1)));
  return port2;
}

/**
 * @param {EngineName} name
 * @param {string | undefined} src where the engine's script is, if not in the page
 * @returns {Line}
 */
export function openLine(name, src) {
  /** @type {EngineEnd | undefined} */
  let end;
  let count = 0;
  /** @type {Map<number, { question: any, answered: (answer: any) => void }>} */
  const open = new Map();
  /** @param {EngineEnd} other */
  function use(other) {
    end = other;
    end.onmessage = ({ data }) => {
      const asked = open.get(data.id);
      if (!asked) return; // the reader has gone on
      if (data.error || data.done) open.delete(data.id);
      asked.answered(data);
    };
    for (const { question } of open.values()) tell(question);
  }
  /** @param {object} question */
  const tell = (question) => end?.postMessage(question);
  /** @type {Promise<void> | undefined} */
  let ready;
  function connect() {
    ready ||= (window.initlabEngines?.[name] || !src ? Promise.resolve() : loadScript(src)).then(
      () => {
        try {
          const worker = inWorker(name);
          // An error in a computation is an answer; this one says that there is no worker.
          worker.onerror = () => use(inPage(name));
          use(worker);
        } catch {
          use(inPage(name));
        }
      },
      () => {
        ready = undefined; // so that the next question tries again
        const asked = [...open];
        open.clear();
        for (const [id, { question, answered }] of asked) {
          answered({ key: question.key, id, error: "its script could not be loaded." });
        }
      },
    );
    return ready;
  }
  return {
    ask(question, answered) {
      count += 1;
      const id = count;
      for (const [other, asked] of open) if (asked.question.key === question.key) open.delete(other);
      const asked = { question: { ...question, id }, answered };
      open.set(id, asked);
      if (end) tell(asked.question);
      else connect();
      return (more, every) => {
        if (open.has(id)) connect().then(() => tell({ key: question.key, id, more, every }));
      };
    },
    stop(key) {
      for (const [id, { question }] of open) if (question.key === key) open.delete(id);
      count += 1;
      tell({ key, id: count });
    },
    close() {
      open.clear();
      ready?.then(() => end && "terminate" in end && /** @type {Worker} */ (/** @type {unknown} */ (end)).terminate());
    },
  };
}
