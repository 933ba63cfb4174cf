// Drawing SVG: elements, and elements again.

/** @import { Attributes } from "../../host/js/types.d.ts" */
/** @import { Margins } from "./types.d.ts" */

const SVG = "http://www.w3.org/2000/svg";

/** @type {Margins} */
export const MARGINS = { top: 20, right: 18, bottom: 38, left: 46 };
/**
 * The margins of a plot of this width.
 * @param {number} width
 */
export const margins = (width) => (width < 240 ? { ...MARGINS, right: 8, left: 40 } : MARGINS);

/**
 * An element of SVG.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes
 */
export function makeSvg(tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const key in attributes) element.setAttribute(key, String(attributes[key]));
  return element;
}

/**
 * Draw an element in a group.
 * @param {Element} parent
 * @param {keyof SVGElementTagNameMap} tag
 * @param {Attributes} attributes
 * @param {string} text
 * @returns {Element}
 */
export function draw(parent, tag, attributes = {}, text = "") {
  if (parent.drawn !== undefined) return drawAgain(parent, parent.drawn, tag, attributes, text);
  const element = makeSvg(tag, attributes);
  if (text) element.textContent = text;
  parent.append(element);
  return element;
}

/**
 * What is drawn in `act` takes the place of what the group held before, element by element: most of them differ in few
 * attributes or none, and the browser has that much less to do.
 * @param {Element} group
 * @param {() => void} act
 */
export function redrawn(group, act) {
  group.drawn = 0;
  act();
  trim(group, group.drawn);
}

/**
 * @param {Element} parent
 * @param {number} at
 * @param {keyof SVGElementTagNameMap} tag
 * @param {Attributes} attributes
 * @param {string} text
 */
function drawAgain(parent, at, tag, attributes, text) {
  let element = /** @type {Element | undefined} */ (parent.childNodes[at]);
  if (!element || element.nodeName !== tag) {
    const made = makeSvg(tag);
    if (element) element.replaceWith(made);
    else parent.append(made);
    element = made;
  }
  parent.drawn = at + 1;
  const { given = {} } = element;
  for (const key in given) if (!(key in attributes)) element.removeAttribute(key);
  for (const key in attributes) {
    if (given[key] !== attributes[key]) element.setAttribute(key, String(attributes[key]));
  }
  element.given = attributes;
  if (tag === "svg") element.drawn = 0;
  else if (text || element.firstChild) write(element, text);
  return element;
}

/**
 * Remove what was not drawn again.
 * @param {Element} group
 * @param {number} drawn
 */
function trim(group, drawn) {
  while (group.childNodes.length > drawn) /** @type {ChildNode} */ (group.lastChild).remove();
  for (const child of group.children) if (child.drawn !== undefined) trim(child, child.drawn);
}

/**
 * Give an element this text. Writing a text that is there already would still cost a layout, and a new node costs twice
 * as much as new words.
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  const node = /** @type {Text | null} */ (element.firstChild);
  if (!node) element.textContent = text;
  else if (node.data !== text) node.data = text;
}
