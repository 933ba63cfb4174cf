// A question that the reader answers before the picture is shown. See prediction.py.

/** @import { Memory, Prediction } from "./types.d.ts" */

import { make, uniqueId } from "../../host/js/dom.js";
import { makeButton } from "./buttons.js";

/**
 * @param {Prediction} spec
 * @param {Memory | undefined} memory where the guess is kept, if it can be
 * @param {() => void} reveal shows the picture
 */
export function makeGuess({ question, options, unit, outcome }, memory, reveal) {
  const id = uniqueId();
  const asked = make("p", { class: "il-question", id }, make("strong", {}, "Predict. "), question);
  const reply = make("div", { class: "il-reply" });
  const box = make("div", { class: "il-guess", role: "group", "aria-labelledby": id }, asked, reply);
  const said = make("div", { class: "il-outcome", role: "status" });

  /** @param {string} guess empty: none */
  function answered(guess) {
    const guessed = guess ? make("p", {}, "Your guess: ", make("strong", {}, guess)) : "";
    const ask = makeButton("What comes out?", () => {
      said.replaceChildren(make("p", {}, outcome));
      ask.remove();
    });
    reply.replaceChildren(...(guessed ? [guessed] : []), ask, said);
    return ask;
  }
  /** @param {string} guess */
  function commit(guess) {
    memory?.set(guess);
    const ask = answered(guess);
    reveal();
    ask.focus({ preventScroll: true });
  }
  function offer() {
    const skip = makeButton("Skip", () => commit(""), { class: "il-button il-skip" });
    if (options.length) {
      reply.append(...options.map((option) => makeButton(option, () => commit(option))), skip);
      return;
    }
    const input = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", "aria-labelledby": id });
    const send = () => input.value.trim() && commit(`${input.value.trim()} ${unit}`.trim());
    input.addEventListener("keydown", (event) => event.key === "Enter" && send());
    reply.append(input, unit, makeButton("This is my guess", send), skip);
  }
  const before = memory?.get();
  if (typeof before === "string") answered(before);
  else offer();
  return box;
}
