// Small menus: what else can be done with a figure, which of its panels are shown, and what opens from a button.

/** @import { Entry, PanelSpec } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { makeButton } from "./buttons.js";

/**
 * A button that opens a list.
 * @param {string} label
 * @param {string} name for a screen reader
 */
export function makeDropDown(label, name) {
  const list = make("div", { class: "il-entries" });
  const summary = make("summary", { class: "il-button", "aria-label": name, title: name }, label);
  const menu = make("details", { class: "il-drop" }, summary, list);
  const close = () => menu.removeAttribute("open");
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    close();
    summary.focus();
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !menu.contains(relatedTarget)) close();
  });
  /** @param {Event} event */
  const outside = ({ target }) => target instanceof Node && !menu.contains(target) && close();
  document.addEventListener("pointerdown", outside);
  return { menu, list, close, undo: () => document.removeEventListener("pointerdown", outside) };
}

/** @param {Entry[]} entries */
export function makeMenu(entries) {
  const { list, close, ...made } = makeDropDown("⋯", "More: link, picture, numbers");
  for (const [label, act] of entries) {
    const button = makeButton(label, () => {
      if (act(button))
        setTimeout(close, 1500); // it says what it did
      else close();
    });
    list.append(button);
  }
  return made;
}

/**
 * @param {PanelSpec[]} panels
 * @param {Set<string>} off names of those that are not shown; changes with the reader's choice
 * @param {() => void} changed
 */
export function makeChooser(panels, off, changed) {
  const { list, close: _, ...made } = makeDropDown("Panels", "Panels that are shown");
  for (const { name, title } of panels) {
    const box = make("input", { type: "checkbox" });
    box.checked = !off.has(name);
    box.addEventListener("change", () => {
      if (box.checked) off.delete(name);
      else off.add(name);
      changed();
    });
    list.append(make("label", { class: "il-entry" }, box, title));
  }
  return made;
}
