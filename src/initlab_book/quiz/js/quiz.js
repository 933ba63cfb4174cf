// The self-marking quiz: asks, marks and explains. It knows its host only through `model`, and reads one thing from it,
// `spec`: the title and the questions, with right answers and explanations (see quiz.py).

/** @import { Model } from "./types.d.ts" */

import { keepKeys, make, uniqueId } from "../../host/js/dom.js";
import { ask } from "./questions.js";
import { rich } from "./verdict.js";

const ANNOUNCE_AFTER = 100; // ms between emptying the announcement and filling it, so that the same words count as new

/** @param {{ model: Model, el: HTMLElement }} host */
export function render({ model, el }) {
  const spec = model.get("spec");
  const rights = new Set();
  const progress = make("p", { class: "il-progress" });
  const spoken = make("p", { class: "il-spoken", role: "status", "aria-live": "polite" });

  let timer = 0;
  /** @param {string} words */
  function say(words) {
    clearTimeout(timer);
    spoken.textContent = "";
    if (words) timer = setTimeout(() => (spoken.textContent = words.replaceAll("`", "")), ANNOUNCE_AFTER);
  }
  const showProgress = () => (progress.textContent = `${rights.size} of ${spec.questions.length} answered correctly.`);

  const questions = spec.questions.map((question, i) => {
    const { parts, button, mark, clear } = ask(question, uniqueId());
    button.setAttribute("aria-label", `Check question ${i + 1}`);
    const prompt = make("legend", { class: "il-prompt" }, `${i + 1}. `, ...rich(question.prompt));
    const form = make("form", { class: "il-question", autocomplete: "off" }, make("fieldset", {}, prompt, ...parts));
    form.addEventListener("input", () => {
      clear();
      rights.delete(i);
      showProgress();
      say("");
    });
    // A form does this by itself, but for JupyterLab, which takes the browser's own Enter away.
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clear();
      const marked = mark();
      if (marked.right) rights.add(i);
      showProgress();
      say(marked.problem || `${marked.said} ${progress.textContent}`);
    });
    return form;
  });
  const title = make("p", { class: "il-title" }, ...rich(spec.title));
  const name = `Quiz: ${spec.title}`;
  const body = make(
    "div",
    { class: "il-body", role: "group", "aria-label": name },
    title,
    ...questions,
    progress,
    spoken,
  );
  keepKeys(body);
  showProgress();
  el.classList.add("initlab-quiz");
  el.replaceChildren(body);
  return () => clearTimeout(timer);
}

export default { render };
