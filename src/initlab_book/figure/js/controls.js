// The controls, each described by the class of its name in controls.py.

/** @import { Attributes } from "../../host/js/types.d.ts" */
/** @import { Control, ControlParts, MadeControl, Menu, Model, NumberField, Slider, Value, WidthsField } from "./types.d.ts" */

import { make, uniqueId } from "../../host/js/dom.js";
import { makeButton } from "./buttons.js";
import { nearest, number } from "./numbers.js";
import { readWidths } from "./settings.js";
import { write } from "./svg.js";
import { typeset } from "./typeset.js";

/**
 * @param {Control} spec
 * @param {Model} model
 * @param {boolean} free whether any value can be computed, and not only those in store
 * @returns {MadeControl}
 */
export function makeControl(spec, model, free) {
  const id = uniqueId();
  const { name, kind, label } = spec;
  const box = make("div", { class: `il-control il-${kind}` }, make("label", { for: id }, ...typeset(label)));
  const current = () => model.get(name);
  /** @param {Value} v */
  const send = (v) => {
    model.set(name, v);
    model.save_changes();
  };
  const parts = { id, box, free, current, send };
  const common = { name, kind, box, mark() {} };
  if (spec.kind === "slider") return { ...common, ...slider(spec, parts) };
  if (spec.kind === "menu") return { ...common, show: menu(spec, parts) };
  if (spec.kind === "toggle") return { ...common, show: toggle(parts) };
  if (spec.kind === "widths") return { ...common, show: widths(spec, parts) };
  return { ...common, show: field(spec, parts) };
}

/**
 * @param {Slider} spec
 * @param {ControlParts} parts
 */
function slider({ label, values, whole }, { id, box, free, current, send }) {
  const output = make("span", { class: "il-output", "aria-hidden": "true" }); // the input says it itself
  const input = make("input", { type: "range", id, min: 0, max: values.length - 1, step: 1 });
  input.addEventListener("input", () => send(values[Number(input.value)]));
  box.append(output);
  // Then it takes any number between the ends.
  const ends = { min: values[0], max: values[values.length - 1] };
  const attributes = { class: "il-exact", step: whole ? 1 : "any", "aria-label": `${label}, exact`, ...ends };
  const exact = free ? typed(attributes, current, send) : null;
  if (exact) box.append(exact.input);
  box.append(input);
  if (exact) box.append(exact.limits, exact.refusal);
  /** @type {number | undefined} */
  let best;
  /** @param {Value} value */
  function show(value) {
    const v = Number(value);
    const shown = number(v);
    const words = best === undefined ? shown : `${shown}, ${v === best ? "the best" : `best ${number(best)}`}`;
    input.value = String(nearest(values, v));
    input.setAttribute("aria-valuetext", words);
    write(output, exact ? words.slice(shown.length).replace(", ", "") : words); // which says the number already
    if (exact) exact.input.value = String(v);
  }
  /** @param {number | undefined} v */
  function mark(v) {
    if (v === best) return;
    best = v;
    show(current());
  }
  return { box: make("div", {}, box), show, mark };
}

/**
 * @param {Menu} spec
 * @param {ControlParts} parts
 * @returns {(v: Value) => void}
 */
function menu({ values, options }, { id, box, send }) {
  const select = make("select", { id });
  // In the order of the values: an object would put keys that look like whole numbers first.
  for (const value of values) select.append(make("option", { value }, options[value]));
  select.addEventListener("change", () => send(select.value));
  box.append(select);
  return (v) => {
    select.value = String(v);
  };
}

/**
 * @param {ControlParts} parts
 * @returns {(v: Value) => void}
 */
function toggle({ id, box, send }) {
  const input = make("input", { type: "checkbox", id });
  input.addEventListener("change", () => send(input.checked));
  box.prepend(input);
  return (v) => {
    input.checked = Boolean(v);
  };
}

/**
 * @param {NumberField} spec
 * @param {ControlParts} parts
 * @returns {(v: Value) => void}
 */
function field({ kind, low, high }, { id, box, free, current, send }) {
  const { input, limits, refusal } = typed({ id, min: low, max: high, step: 1 }, current, send);
  box.append(limits, input);
  if (kind === "seed")
    box.append(makeButton("Draw again", () => send(current() === high ? low : Number(current()) + 1)));
  box.append(refusal);
  box.hidden = !free;
  return (v) => {
    input.value = String(v);
  };
}

/**
 * @param {WidthsField} spec
 * @param {ControlParts} parts
 * @returns {(v: Value) => void}
 */
function widths({ most, high }, { id, box, free, send }) {
  const about = `3 to ${most} whole numbers from 1 to ${high}, with commas between them`;
  const input = make("input", { id, type: "text", inputmode: "numeric", placeholder: "64, 32, 16", title: about });
  const refusal = make("span", { class: "il-refused", role: "status" });
  input.addEventListener("change", () => {
    const list = readWidths(input.value, { most, high });
    write(refusal, list === undefined ? `Widths are ${about}.` : "");
    if (list !== undefined) send(list);
  });
  box.append(input, refusal);
  box.hidden = !free;
  return (v) => {
    input.value = String(v);
  };
}

/**
 * A number to type in: sent when it is allowed; else put back, and the reader is told why.
 * @param {Attributes} attributes
 * @param {ControlParts["current"]} current
 * @param {ControlParts["send"]} send
 */
function typed(attributes, current, send) {
  const id = uniqueId();
  const input = make("input", { type: "number", "aria-describedby": id, ...attributes });
  const refusal = make("span", { class: "il-refused", role: "status" });
  const kind = attributes.step === 1 ? "whole number" : "number";
  const range = `${number(Number(attributes.min))} to ${number(Number(attributes.max))}`;
  const limits = make("span", { class: "il-limits", id }, range);
  const commit = () => {
    if (input.checkValidity() && input.value !== "") {
      write(refusal, "");
      send(Number(input.value));
      return;
    }
    write(refusal, `${input.value === "" ? "That" : number(Number(input.value))} is no ${kind} from ${range}.`);
    input.value = String(current());
  };
  input.addEventListener("change", commit);
  input.addEventListener("keydown", (event) => event.key === "Enter" && commit());
  return { input, limits, refusal };
}
