// The self-marking quiz: asks, marks and explains. It knows its host only through `model`, and reads `spec` from it: the
// title and the questions, with right answers and explanations (see quiz.py). What a reader has answered and had checked
// is `answers` there, and stands here again when the quiz is drawn anew; a changed question is another one.

/** @import { Answers, Model } from "./types.d.ts" */

import { keepKeys, make, uniqueId } from "../../host/js/dom.js";
import { ask } from "./questions.js";
import { rich } from "./verdict.js";

const ANNOUNCE_AFTER = 100; // ms between emptying the announcement and filling it, so that the same words count as new

/** @param {{ model: Model, el: HTMLElement }} host */
export function render({ model, el }) {
  const spec = model.get("spec");
  const rights = new Set();
  const kept = model.get("answers") || {};
  /** @type {Answers} */
  const answers = {}; // of these questions: what others were asked is forgotten
  const progress = make("p", { class: "il-progress" });
  const spoken = make("p", { class: "il-spoken", role: "status", "aria-live": "polite" });

  let timer = 0;
  /** @param {string} words */
  function say(words) {
    clearTimeout(timer);
    spoken.textContent = "";
    if (words) timer = setTimeout(() => (spoken.textContent = words.replaceAll("`", "")), ANNOUNCE_AFTER);
  }
  const keep = () => model.set("answers", { ...answers });
  const showProgress = () => (progress.textContent = `${rights.size} of ${spec.questions.length} answered correctly.`);

  const questions = spec.questions.map((question, i) => {
    const { parts, button, mark, clear, given, give } = ask(question, uniqueId());
    button.setAttribute("aria-label", `Check question ${i + 1}`);
    const prompt = make("legend", { class: "il-prompt" }, `${i + 1}. `, ...rich(question.prompt));
    const form = make("form", { class: "il-question", autocomplete: "off" }, make("fieldset", {}, prompt, ...parts));
    const key = JSON.stringify(question);
    function forget() {
      clear();
      rights.delete(i);
      delete answers[key];
      showProgress();
    }
    function check() {
      clear();
      const marked = mark();
      if (marked.right) rights.add(i);
      if (!marked.problem) answers[key] = given();
      showProgress();
      return marked;
    }
    form.addEventListener("input", () => {
      forget();
      keep();
      say("");
    });
    form.addEventListener("reset", forget);
    // A form does this by itself, but for JupyterLab, which takes the browser's own Enter away.
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const marked = check();
      keep();
      // On a phone the option is often out of sight by now, or what is said lies behind the keyboard.
      [...form.querySelectorAll(".il-verdict:not(:empty)")].at(-1)?.scrollIntoView({ block: "nearest" });
      say(marked.problem || `${marked.said} ${progress.textContent}`);
    });
    if (key in kept) {
      give(kept[key]);
      check();
    }
    return form;
  });
  const clearAll = make("button", { type: "button", class: "il-button", "aria-label": "Clear answers" }, "Clear");
  clearAll.addEventListener("click", () => {
    for (const form of questions) form.reset();
    keep();
    say(`All answers are cleared. ${progress.textContent}`);
  });
  const title = make("p", { class: "il-title" }, ...rich(spec.title));
  const name = `Quiz: ${spec.title}`;
  const body = make(
    "div",
    { class: "il-body", role: "group", "aria-label": name },
    title,
    ...questions,
    make("div", { class: "il-foot" }, progress, clearAll),
    spoken,
  );
  keepKeys(body);
  showProgress();
  el.classList.add("initlab-quiz");
  el.replaceChildren(body);
  return () => clearTimeout(timer);
}

export default { render };
