// Words on the page: what is said about an answer.

/** @import { Verdict } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";

/**
 * Text between backticks is code; nothing else is markup.
 * @param {string} text
 */
export const rich = (text) => text.split("`").map((part, i) => (i % 2 ? make("code", {}, part) : part));

/**
 * What is said about an answer, below it: by a word and a sign, not by colour alone.
 * @param {HTMLElement} box
 * @param {HTMLElement} input is described by it
 * @returns {Verdict}
 */
export function makeVerdict(box, input) {
  const id = `${input.id}-verdict`;
  const text = make("p", { class: "il-verdict", id });
  box.append(text);
  /** @type {(state: string, ...parts: (Node | string)[]) => void} */
  const set = (state, ...parts) => {
    box.classList.remove("il-right", "il-wrong");
    if (state) box.classList.add(state);
    text.replaceChildren(...parts);
    if (parts.length) input.setAttribute("aria-describedby", id);
    else input.removeAttribute("aria-describedby");
  };
  return {
    clear: () => set(""),
    remark: (words) => set("", ...rich(words)),
    show(right, explanation) {
      const sign = make("span", { class: "il-sign", "aria-hidden": "true" }, right ? "✓" : "✗");
      const word = make("strong", {}, right ? "Right." : "Not right.");
      set(right ? "il-right" : "il-wrong", sign, word, " ", ...rich(explanation));
      return text.textContent.slice(1);
    },
  };
}
