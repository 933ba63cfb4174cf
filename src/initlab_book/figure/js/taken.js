// What a reader takes along: the picture and its numbers, as files.

/** @import { Panel, Side } from "./types.d.ts" */

import { make } from "../../host/js/dom.js";
import { draw, makeSvg } from "./svg.js";

const LOOK = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity"];
const TYPE = ["font-size", "font-weight", "font-family", "text-anchor", "paint-order"];
const MARGIN = 16;

/**
 * A copy that needs no style sheet.
 * @param {Element} element
 */
function styled(element) {
  const copy = /** @type {Element} */ (element.cloneNode(true));
  /** @type {(from: Element, to: Element) => void} */
  const dress = (from, to) => {
    const style = getComputedStyle(from);
    const wanted = from.nodeName === "text" ? [...LOOK, ...TYPE] : LOOK;
    to.removeAttribute("class");
    to.setAttribute("style", wanted.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
    for (const [i, child] of [...from.children].entries()) dress(child, to.children[i]);
  };
  dress(element, copy);
  return copy;
}

/**
 * The picture as the reader sees it, as one SVG: titles, legends and plots where they stand.
 * @param {HTMLElement} body
 * @param {string} title
 * @param {string} credit
 */
export function pictureOf(body, title, credit) {
  const frame = body.getBoundingClientRect();
  const parts = /** @type {NodeListOf<HTMLElement>} */ (body.querySelectorAll(".il-panel"));
  const seen = [...parts].filter((panel) => panel.clientWidth);
  const top = Math.min(...seen.map((panel) => panel.getBoundingClientRect().top)) - 60;
  const bottom = Math.max(...seen.map((panel) => panel.getBoundingClientRect().bottom));
  const [width, height] = [Math.ceil(frame.width), Math.ceil(bottom - top + 50)];
  const svg = makeSvg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` });
  const paper = getComputedStyle(body);
  draw(svg, "rect", { width, height, fill: paper.backgroundColor });
  /** @type {(element: HTMLElement, text: string, x: number, y: number) => void} */
  const write = (element, text, x, y) => {
    const { color, fontSize, fontWeight, fontFamily } = getComputedStyle(element);
    const style = `fill:${color};font-size:${fontSize};font-weight:${fontWeight};font-family:${fontFamily}`;
    draw(svg, "text", { x, y, style }, text);
  };
  /** @param {Element} element */
  const place = (element) => {
    const { left, top: at, height: high } = element.getBoundingClientRect();
    return { x: left - frame.left, y: at - top, middle: at - top + high / 2 + 4 };
  };
  write(/** @type {HTMLElement} */ (body.querySelector(".il-title")), title, MARGIN, 28);
  write(/** @type {HTMLElement} */ (parts[0].querySelector(".il-legend")), credit, MARGIN, height - 14);
  for (const panel of seen) {
    const words = /** @type {NodeListOf<HTMLElement>} */ (
      panel.querySelectorAll(".il-panel-title, .il-at, .il-name, .il-value")
    );
    for (const word of words) write(word, word.textContent, place(word).x, place(word).middle);
    const canvas = panel.querySelector("canvas");
    if (canvas) {
      const { x, y } = place(canvas);
      const href = canvas.toDataURL();
      const pixels = "image-rendering:pixelated";
      draw(svg, "image", { x, y, width: canvas.clientWidth, height: canvas.clientHeight, href, style: pixels });
    }
    for (const drawn of panel.querySelectorAll(".il-sample, .il-stage > svg")) {
      const copy = styled(drawn);
      const { x, y } = place(drawn);
      copy.setAttribute("x", String(x));
      copy.setAttribute("y", String(y));
      svg.append(copy);
    }
  }
  return svg;
}

/**
 * @param {SVGSVGElement} svg
 * @param {(file: Blob) => void} then
 */
export function pixelsOf(svg, then) {
  const [width, height] = ["width", "height"].map((name) => Number(svg.getAttribute(name)));
  const image = new Image();
  image.onload = () => {
    const canvas = make("canvas", { width: 2 * width, height: 2 * height });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.drawImage(image, 0, 0, 2 * width, 2 * height);
    canvas.toBlob((file) => file && then(file));
  };
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg.outerHTML)}`;
}

const QUOTE = '"';

/** @param {string | number | null} cell */
function csvCell(cell) {
  const text = String(cell ?? "");
  return /[",\n]/.test(text) ? ["", text.replaceAll(QUOTE, QUOTE + QUOTE), ""].join(QUOTE) : text;
}

/**
 * All numbers that are shown, as CSV: one in a line, with the panel, the curve and the place to which it belongs.
 * @param {Side[]} sides
 */
export function csvOf(sides) {
  /** @type {(panel: Panel, run: number) => string[]} */
  const rows = (panel, run) =>
    panel
      .numbers()
      .map((row) => [...(sides.length > 1 ? [run + 1] : []), panel.spec.title, ...row].map(csvCell).join());
  const head = [...(sides.length > 1 ? ["run"] : []), "panel", "quantity", "at", "value"].join();
  return `${[head, ...sides.flatMap((side, run) => side.panels.flatMap((panel) => rows(panel, run)))].join("\n")}\n`;
}

/**
 * Hand a file to the reader.
 * @param {string} name
 * @param {Blob} file
 */
export function save(name, file) {
  const link = make("a", { href: URL.createObjectURL(file), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
