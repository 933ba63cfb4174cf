// The fields of the lab's settings. Each shows a value, and hands on what the reader makes of it.

/** @import { Field, NumberLimits } from "./types.d.ts" */

import { number } from "../../figure/js/numbers.js";
import { write } from "../../figure/js/svg.js";
import { make, uniqueId } from "../../host/js/dom.js";

/**
 * A number to type in, from `low` to `high`. What is not allowed is put back, and the reader is told why.
 * @param {string} label
 * @param {NumberLimits} limits
 * @param {(value: number) => void} send
 * @param {string} context what a screen reader is told besides
 * @returns {Field<number> & { rename(label: string): void }}
 */
export function numberField(label, { low, high, whole = false, step }, send, context = "") {
  const id = uniqueId();
  const said = make("span", { class: "il-limits", id: `${id}-limits`, role: "status" });
  const input = make("input", {
    type: "number",
    id,
    step: step || (whole ? 1 : "any"),
    inputmode: "decimal",
    "aria-describedby": said.id,
  });
  const name = make("label", { for: id });
  /** @param {string} words */
  function rename(words) {
    write(name, words);
    if (context) input.setAttribute("aria-label", `${words}, ${context}`);
  }
  rename(label);
  let current = NaN;
  function commit() {
    const value = Number(input.value);
    if (input.value !== "" && value >= low && value <= high && (!whole || Number.isInteger(value))) {
      write(said, "");
      if (value !== current) send(value);
      return;
    }
    const kind = whole ? "a whole number" : "a number";
    write(said, `It must be ${kind} from ${number(low)} to ${number(high)}.`);
    input.value = String(current);
  }
  input.addEventListener("change", commit);
  input.addEventListener("keydown", (event) => event.key === "Enter" && commit());
  return {
    box: make("div", { class: "il-field" }, name, input, said),
    input,
    rename,
    show(value) {
      current = value;
      if (Number(input.value) !== value || input.value === "") input.value = Number.isNaN(value) ? "" : String(value);
    },
  };
}

/**
 * A menu.
 * @param {string} label
 * @param {Record<string, string>} options the words for each value
 * @param {(value: string) => void} send
 * @param {string} context what a screen reader is told besides
 * @returns {Field<string>}
 */
export function menuField(label, options, send, context = "") {
  const id = uniqueId();
  const input = make("select", { id, ...(context ? { "aria-label": `${label}, ${context}` } : {}) });
  for (const [value, words] of Object.entries(options)) input.append(make("option", { value }, words));
  input.addEventListener("change", () => send(input.value));
  return {
    box: make("div", { class: "il-field" }, make("label", { for: id }, label), input),
    input,
    show(value) {
      input.value = value;
    },
  };
}

/**
 * A box to tick.
 * @param {string} label
 * @param {(value: boolean) => void} send
 * @param {string} context what a screen reader is told besides
 * @returns {Field<boolean>}
 */
export function tickField(label, send, context = "") {
  const id = uniqueId();
  const input = make("input", { type: "checkbox", id, ...(context ? { "aria-label": `${label}, ${context}` } : {}) });
  input.addEventListener("change", () => send(input.checked));
  return {
    box: make("div", { class: "il-field il-tick" }, input, make("label", { for: id }, label)),
    input,
    show(value) {
      input.checked = value;
    },
  };
}
