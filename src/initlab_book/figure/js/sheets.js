// The panels that are text: formulas with their reasons, and code.

/** @import { CodeData, CodeSpec, FormulaRow, FormulasData, FormulasSpec, Panel, SheetSpec } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { copyButton } from "./buttons.js";
import { write } from "./svg.js";

/** The widths of a page from which the style sheet takes the next height. */
const PAGES = [0, 320, 560, 640];

/**
 * @template Data
 * @param {SheetSpec} spec
 * @param {number[] | undefined} sizes on a static page: the height of its largest frame on pages of different width
 * @param {HTMLElement[]} content
 * @param {(data: Data) => void} fill
 * @returns {Panel}
 */
function makeSheet(spec, sizes, content, fill) {
  const title = make("p", { class: "il-panel-title" }, spec.title);
  const box = make("div", { class: `il-sheet il-${spec.kind}` }, title, ...content);
  sizes?.forEach((height, i) => {
    box.style.setProperty(`--il-${PAGES[i]}`, `${height}px`);
  });
  let shown = "";
  return {
    spec,
    box,
    stage: box,
    point() {},
    resize() {},
    draw(data) {
      const now = JSON.stringify(data);
      if (now === shown) return;
      shown = now;
      fill(/** @type {Data} */ (data));
      if (!sizes) box.style.minHeight = `${box.offsetHeight}px`; // live, the room grows, so that nothing below moves up
    },
  };
}

/**
 * @param {FormulasSpec} spec
 * @param {number[]} [sizes]
 */
export function formulas(spec, sizes) {
  const list = make("ol");
  // Many lines scroll inside, by keyboard too.
  const lines = make("div", { class: "il-scroll", role: "region", "aria-label": spec.title }, list);
  lines.style.maxHeight = `${spec.most - 31}px`;
  const scrolls = sizes ? sizes.some((size) => size === spec.most) : true;
  if (scrolls) lines.setAttribute("tabindex", "0");
  /** @param {FormulaRow} row */
  const item = (row) => {
    const formula = make("p", { class: "il-formula" });
    formula.innerHTML = row.formula; // MathML from formula.py, never from a reader
    return make("li", {}, formula, make("p", { class: row.marked ? "il-reason il-marked" : "il-reason" }, row.reason));
  };
  /** @type {string[]} */
  let shown = [];
  return makeSheet(spec, sizes, [lines], (/** @type {FormulasData} */ { rows }) => {
    const now = rows.map((row) => JSON.stringify(row));
    let same = 0; // to typeset a formula takes long: the first lines stay, as far as they are the same
    while (same < now.length && now[same] === shown[same]) same += 1;
    while (list.children.length > same) list.children[same].remove();
    list.append(...rows.slice(same).map(item));
    shown = now;
  });
}

/**
 * @param {CodeSpec} spec
 * @param {number[]} [sizes]
 */
export function code(spec, sizes) {
  const lines = make("code");
  const note = make("p", { class: "il-code-note" });
  const block = make("pre", { tabindex: 0, "aria-label": spec.title }, lines); // long lines scroll, by keyboard too
  // Where there is no clipboard, leave it to the reader's own keys.
  const select = () => {
    getSelection()?.selectAllChildren(lines);
    return "Selected";
  };
  const copy = copyButton("Copy code", "il-copy", () => lines.textContent, "Copied", select);
  const content = [make("div", { class: "il-block" }, block, copy), note];
  return makeSheet(spec, sizes, content, (/** @type {CodeData} */ data) => {
    write(lines, data.code);
    write(note, data.note);
  });
}
