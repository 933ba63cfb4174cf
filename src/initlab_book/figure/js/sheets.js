// The panels that are text: formulas with their reasons, and code.

/** @import { CodeData, CodeSpec, FormulaRow, FormulasData, FormulasSpec, Panel, SheetSpec } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { copied, makeButton } from "./buttons.js";
import { refit } from "./pin.js";
import { write } from "./svg.js";

/**
 * @template Data
 * @param {SheetSpec} spec
 * @param {HTMLElement[]} content
 * @param {(data: Data) => void} fill
 * @returns {Panel}
 */
function makeSheet(spec, content, fill) {
  const sheet = make("div", {}, make("p", { class: "il-panel-title" }, spec.title), ...content);
  const room = make("div", {}, sheet); // to be pinned, which an item of the grid cannot be
  let shown = "";
  return {
    spec,
    box: make("div", { class: `il-sheet il-${spec.kind}` }, room),
    stage: sheet,
    point() {},
    numbers: () => [],
    resize: () => refit(room, sheet),
    draw(data) {
      const now = JSON.stringify(data);
      if (now === shown) return;
      shown = now;
      fill(/** @type {Data} */ (data));
    },
  };
}

/** @param {FormulasSpec} spec */
export function formulas(spec) {
  const list = make("ol");
  /** @param {FormulaRow} row */
  const item = (row) => {
    const formula = make("p", { class: "il-formula" });
    formula.innerHTML = row.formula; // MathML from formula.py, never from a reader
    return make("li", {}, formula, make("p", { class: row.marked ? "il-reason il-marked" : "il-reason" }, row.reason));
  };
  /** @type {string[]} */
  let shown = [];
  return makeSheet(spec, [list], (/** @type {FormulasData} */ { rows }) => {
    const now = rows.map((row) => JSON.stringify(row));
    let same = 0; // to typeset a formula takes long: the first lines stay, as far as they are the same
    while (same < now.length && now[same] === shown[same]) same += 1;
    while (list.children.length > same) list.children[same].remove();
    list.append(...rows.slice(same).map(item));
    shown = now;
  });
}

/** @param {CodeSpec} spec */
export function code(spec) {
  const lines = make("code");
  const note = make("p", { class: "il-code-note" });
  const block = make("pre", { tabindex: 0, "aria-label": spec.title }, lines); // long lines scroll, by keyboard too
  // Where there is no clipboard, leave it to the reader's own keys.
  const select = () => {
    getSelection()?.selectAllChildren(lines);
    return "Selected";
  };
  const toClipboard = copied(() => lines.textContent, "Copied", select);
  const copy = makeButton("Copy code", () => toClipboard(copy), { class: "il-button il-copy" });
  const content = [make("div", { class: "il-block" }, block, copy), note];
  return makeSheet(spec, content, (/** @type {CodeData} */ data) => {
    write(lines, data.code);
    write(note, data.note);
  });
}
