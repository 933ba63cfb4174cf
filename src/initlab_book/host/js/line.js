// The line to the engine: a worker, or where a page may have none, the engine in the page itself.

/** @import { LabAnswer, LabQuestion } from "../../engine/lab.d.ts" */
/** @import { EngineEnd } from "../../figure/js/types.d.ts" */
/** @import { Line } from "./types.d.ts" */

import { inPage, inWorker, loadEngine } from "../../figure/js/computed.js";

/**
 * @param {string | undefined} src where the engine's script is, if not in the page
 * @returns {Line}
 */
export function openLine(src) {
  /** @type {EngineEnd | undefined} */
  let end;
  let count = 0;
  /** @type {Map<number, { question: LabQuestion, answered: (answer: LabAnswer) => void }>} */
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
  /** @param {LabQuestion} question */
  const tell = (question) => end?.postMessage(/** @type {any} */ (question));
  const ready = loadEngine(src).then(
    () => {
      try {
        const worker = inWorker();
        // An error in a computation is an answer; this one says that there is no worker.
        worker.onerror = () => use(inPage());
        use(worker);
      } catch {
        use(inPage());
      }
    },
    () => {
      for (const { question, answered } of open.values()) {
        answered({ key: question.key, id: question.id, error: "its script could not be loaded." });
      }
    },
  );
  return {
    ask(question, answered) {
      count += 1;
      const id = count;
      for (const [other, asked] of open) if (asked.question.key === question.key) open.delete(other);
      const asked = { question: { ...question, id }, answered };
      open.set(id, asked);
      tell(asked.question);
      return (more, every) => {
        if (open.has(id)) ready.then(() => tell({ key: question.key, id, more, every }));
      };
    },
    stop(key) {
      for (const [id, { question }] of open) if (question.key === key) open.delete(id);
      count += 1;
      tell({ key, id: count });
    },
    close() {
      open.clear();
      ready.then(() => end && "terminate" in end && /** @type {Worker} */ (/** @type {unknown} */ (end)).terminate());
    },
  };
}
