// A board on which points are drawn: with a mouse, a finger, or the keyboard.

/** @import { Pad, PadHost, Point } from "./types.d.ts" */

import { makeButton } from "../../figure/js/buttons.js";
import { round, SHAPES } from "../../figure/js/marks.js";
import { number } from "../../figure/js/numbers.js";
import { draw, makeSvg, redrawn, write } from "../../figure/js/svg.js";
import { make, uniqueId } from "../../host/js/dom.js";
import { readPoints, writePoints } from "./csv.js";

const SIDE = 260; // of the picture, in its own units
const APART = 0.16; // between two points of a stroke
const STEP = 0.1; // of the cross, with an arrow key
const TOOLS = ["class 0", "class 1", "eraser"];
const ERASER = 2;
/** JupyterLab leaves alone what is pressed here. */
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

/**
 * @param {PadHost} host
 * @returns {Pad}
 */
export function makePad({ reach, most, changed, say }) {
  /** @type {Point[]} */
  let points = [];
  /** @type {[number, number]} where the keyboard is */
  let cross = [0, 0];
  let tool = 0;
  const help = uniqueId();
  const svg = makeSvg("svg", {
    class: "il-pad",
    viewBox: `0 0 ${SIDE} ${SIDE}`,
    tabindex: 0,
    role: "application",
    "aria-label": "Board for your own points",
    "aria-describedby": help,
    ...OWN_KEYS,
  });
  draw(svg, "rect", { class: "il-edge", x: 0.5, y: 0.5, width: SIDE - 1, height: SIDE - 1 });
  const axes = `M${SIDE / 2},0V${SIDE}M0,${SIDE / 2}H${SIDE}`;
  draw(svg, "path", { class: "il-grid", d: axes });
  const marks = draw(svg, "g");
  const cursor = draw(svg, "g", { class: "il-cross" });
  /** @type {(x: number, y: number) => [number, number]} */
  const place = (x, y) => [(SIDE * (x + reach)) / (2 * reach), (SIDE * (reach - y)) / (2 * reach)];

  function paint() {
    redrawn(marks, () => {
      for (const k of [0, 1]) {
        const own = points.filter((point) => point[2] === k);
        const d = own.map(([x, y]) => SHAPES[k](...rounded(place(x, y)))).join("");
        draw(marks, "path", { class: `il-mark il-tone${k + 1}`, d });
      }
    });
    redrawn(cursor, () => {
      if (document.activeElement !== svg) return;
      const [x, y] = rounded(place(...cross));
      draw(cursor, "path", { class: "il-now", d: `M${x - 8},${y}h16M${x},${y - 8}v16` });
    });
    write(count, counted());
  }
  /** @type {(at: [number, number]) => [number, number]} */
  const rounded = ([x, y]) => [round(x), round(y)];
  const counted = () => `${[0, 1].map((k) => `${points.filter((p) => p[2] === k).length} of class ${k}`).join(", ")}`;

  /** @type {(x: number, y: number, within: number) => number} */
  const closest = (x, y, within) => {
    let best = -1;
    let shortest = within;
    points.forEach(([px, py], i) => {
      const distance = Math.hypot(px - x, py - y);
      if (distance < shortest) [best, shortest] = [i, distance];
    });
    return best;
  };
  /** @type {(x: number, y: number, within?: number) => string} what it did */
  function use(x, y, within = 0.2) {
    if (tool === ERASER) {
      const i = closest(x, y, within);
      if (i < 0) return "No point here.";
      points = points.filter((_, j) => j !== i);
      return `Point removed, ${counted()}.`;
    }
    if (points.length >= most) return `There are ${most} points, and no room for more.`;
    points = [...points, [Number(x.toFixed(2)), Number(y.toFixed(2)), tool]];
    return `Point of ${TOOLS[tool]} set, ${counted()}.`;
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  const where = (event) => {
    const { left, top, width } = svg.getBoundingClientRect();
    /** @param {number} v */
    const inside = (v) => Math.max(-reach, Math.min(reach, v));
    return [
      inside(((event.clientX - left) / width) * 2 * reach - reach),
      inside(reach - ((event.clientY - top) / width) * 2 * reach),
    ];
  };
  /** @type {[number, number] | null} the last point of a stroke */
  let last = null;
  svg.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    last = where(event);
    use(...last);
    paint();
  });
  svg.addEventListener("pointermove", (event) => {
    if (!last) return;
    const [x, y] = where(event);
    if (Math.hypot(x - last[0], y - last[1]) < APART) return;
    last = [x, y];
    use(x, y);
    paint();
  });
  const lift = () => {
    if (!last) return;
    last = null;
    changed(points);
  };
  svg.addEventListener("pointerup", lift);
  svg.addEventListener("pointercancel", lift);
  svg.addEventListener("focus", paint);
  svg.addEventListener("blur", paint);
  /** @type {Record<string, [number, number]>} */
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    if (key in ARROWS) {
      const by = event.shiftKey ? 5 * STEP : STEP;
      /** @type {(v: number, way: number) => number} */
      const moved = (v, way) => Number(Math.max(-reach, Math.min(reach, v + way * by)).toFixed(2));
      cross = [moved(cross[0], ARROWS[key][0]), moved(cross[1], ARROWS[key][1])];
      say(`${number(cross[0])}, ${number(cross[1])}`);
    } else if (key === " " || key === "Enter") {
      say(use(...cross));
      changed(points);
    } else if (key === "Delete" || key === "Backspace") {
      const before = tool;
      tool = ERASER;
      say(use(...cross, Infinity));
      tool = before;
      changed(points);
    } else if (key === "0" || key === "1") choose(Number(key));
    else return;
    event.preventDefault();
    event.stopPropagation();
    paint();
  });

  const tools = make("div", { class: "il-tools", role: "group", "aria-label": "What you draw" });
  const buttons = TOOLS.map((label, i) => {
    const button = makeButton(label, () => choose(i));
    tools.append(button);
    return button;
  });
  /** @param {number} i */
  function choose(i) {
    tool = i;
    buttons.forEach((button, j) => {
      button.setAttribute("aria-pressed", String(i === j));
    });
    say(`You draw: ${TOOLS[i]}.`);
  }
  const clear = makeButton("Clear all", () => {
    points = [];
    paint();
    say("All points are gone.");
    changed(points);
  });
  const count = make("span", { class: "il-soft" });
  tools.append(clear);

  const text = make("textarea", {
    rows: 4,
    spellcheck: "false",
    "aria-label": "Points as CSV: x, y, class",
    ...OWN_KEYS,
  });
  const report = make("p", { class: "il-soft", role: "status" });
  const read = makeButton("Use these points", () => {
    const found = readPoints(text.value, most);
    if (found.problem !== undefined) {
      write(report, found.problem);
      return;
    }
    points = found.points;
    write(report, `${points.length} points read.`);
    paint();
    changed(points);
  });
  const open = make("summary", {}, "Points as CSV");
  const fold = make("details", { class: "il-fold" }, open, text, read, report);
  // With the click, and not when it has opened: by then a reader may have begun to write.
  open.addEventListener("click", () => {
    if (!fold.open) text.value = writePoints(points);
  });
  const words =
    "Draw with the mouse or a finger. With the keyboard: arrows move the cross, Space sets a point, Delete removes the nearest, 0 and 1 choose the class.";
  const box = make(
    "div",
    { class: "il-own-points" },
    tools,
    svg,
    count,
    make("p", { class: "il-soft", id: help }, words),
    fold,
  );
  choose(0);
  return {
    box,
    show(given) {
      if (given === points) return;
      points = given;
      paint();
    },
  };
}
