// The kinds of questions, each described by the class of its name in quiz.py.

/** @import { Answer, Asked, Choose, Estimate, Question } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { parse } from "./parse.js";
import { makeVerdict, rich } from "./verdict.js";

/** @type {(n: number, one: string, many: string) => string} */
const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;

/** @param {string} id */
const checkButton = (id) => make("button", { type: "submit", class: "il-button", id: `${id}-check` }, "Check");

/**
 * @param {Choose} spec
 * @param {string} id
 * @returns {Asked}
 */
function choose(spec, id) {
  const rights = spec.options.filter((option) => option.right).length;
  const many = rights > 1;
  const choices = spec.options.map((option, i) => {
    const input = make("input", { type: many ? "checkbox" : "radio", name: id, id: `${id}-${i}` });
    const label = make("label", { class: "il-option" }, input, make("span", {}, ...rich(option.text)));
    const box = make("div", { class: "il-choice" }, label);
    return { option, input, box, verdict: makeVerdict(box, input) };
  });
  const button = checkButton(id);
  const row = make("div", { class: "il-row" }, button);
  const summary = makeVerdict(row, button);

  function mark() {
    const chosen = choices.filter(({ input }) => input.checked);
    if (!chosen.length) {
      const problem = many ? "Choose at least one answer first." : "Choose an answer first.";
      summary.remark(problem);
      return { problem };
    }
    const said = chosen.map(({ option, verdict }) => {
      const words = verdict.show(option.right, option.explanation);
      return many ? `${option.text}: ${words}` : words;
    });
    const wrong = chosen.filter(({ option }) => !option.right).length;
    const missing = rights - (chosen.length - wrong);
    if (many) {
      const faults = [];
      if (wrong) faults.push(count(wrong, "choice is wrong", "choices are wrong"));
      if (missing) faults.push(count(missing, "right answer is missing", "right answers are missing"));
      said.unshift(summary.show(!faults.length, faults.length ? `${faults.join(", ")}.` : "That is all of them."));
    }
    return { right: !wrong && !missing, said: said.join(" ") };
  }
  function clear() {
    for (const { verdict } of choices) verdict.clear();
    summary.clear();
  }
  const given = () => choices.flatMap(({ input }, i) => (input.checked ? [i] : []));
  /** @param {Answer} answer */
  function give(answer) {
    for (const i of /** @type {number[]} */ (answer)) choices[i].input.checked = true;
  }
  return { parts: [...choices.map(({ box }) => box), row], button, mark, clear, given, give };
}

/**
 * @param {Estimate} spec
 * @param {string} id
 * @returns {Asked}
 */
function estimate(spec, id) {
  // The keypad for decimals of some telephones has no minus sign and no e.
  const keypad = spec.answer > 0.001 && spec.answer < 1e5 ? "decimal" : "text";
  const input = make("input", { type: "text", id, inputmode: keypad, autocomplete: "off", spellcheck: "false" });
  const button = checkButton(id);
  const row = make("div", { class: "il-row" }, make("label", { for: id }, "Answer"), input, spec.unit, button);
  const verdict = makeVerdict(row, input);

  function mark() {
    const typed = parse(input.value, spec.unit);
    if (typed.problem !== undefined) {
      verdict.remark(typed.problem);
      return { problem: typed.problem };
    }
    /** @param {number} number */
    const near = (number) => Math.abs(typed.value - number) <= spec.within * Math.abs(number);
    const right = near(spec.answer);
    const known = spec.wrong.find(([number]) => near(number));
    return { right, said: verdict.show(right, right ? spec.explanation : known ? known[1] : spec.otherwise) };
  }
  const given = () => input.value;
  /** @param {Answer} answer */
  function give(answer) {
    input.value = /** @type {string} */ (answer);
  }
  return { parts: [row], button, mark, clear: verdict.clear, given, give };
}

/** @type {(question: Question, id: string) => Asked} */
export const ask = (question, id) => (question.kind === "choose" ? choose(question, id) : estimate(question, id));
