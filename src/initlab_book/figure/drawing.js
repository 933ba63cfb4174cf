// Small tools for drawing SVG and writing numbers: elements, formats, scales. Nothing here knows of panels.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 250;
const MARGINS = { top: 22, right: 20, bottom: 38, left: 46 };
const margins = (width) => (width < 240 ? { ...MARGINS, right: 8, left: 34 } : MARGINS);

// ---------------------------------------------------------------- small tools

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function draw(parent, tag, attributes = {}, text = "") {
  if (parent.drawn !== undefined) return drawAgain(parent, tag, attributes, text);
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  parent.append(element);
  return element;
}

// What is drawn in `act` takes the place of what the group held before, element by element: most of them differ in few
// attributes or none, and the browser has that much less to do.
function redrawn(group, act) {
  group.drawn = 0;
  act();
  trim(group);
}

function drawAgain(parent, tag, attributes, text) {
  let element = parent.childNodes[parent.drawn];
  if (!element || element.nodeName !== tag) {
    const made = document.createElementNS(SVG, tag);
    made.given = {};
    if (element) element.replaceWith(made);
    else parent.append(made);
    element = made;
  }
  parent.drawn += 1;
  const { given } = element;
  for (const key in given) if (!(key in attributes)) element.removeAttribute(key);
  for (const key in attributes) if (given[key] !== attributes[key]) element.setAttribute(key, attributes[key]);
  element.given = attributes;
  if (tag === "svg") element.drawn = 0;
  else if (text || element.firstChild) write(element, text);
  return element;
}

function trim(group) {
  while (group.childNodes.length > group.drawn) group.lastChild.remove();
  for (const child of group.childNodes) if (child.drawn !== undefined) trim(child);
}

// Writing a text that is there already would still cost a layout, and a new node costs twice as much as new words.
function write(element, text) {
  const node = element.firstChild;
  if (!node) element.textContent = text;
  else if (node.data !== text) node.data = text;
}

// JSON has no infinity: Python sends words.
const WORDS = { inf: Infinity, "-inf": -Infinity, nan: NaN };
const value = (v) => (typeof v === "string" ? WORDS[v] : v); // null: nothing to show here

const nearest = (numbers, x) => numbers.reduce((best, v, i) => (Math.abs(v - x) < Math.abs(numbers[best] - x) ? i : best), 0);

const superscript = (n) => String(n).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
const minus = (text) => text.replace("-", "−");

// As `number` in demo.py writes it.
function format(x, digits = 4) {
  if (x === null) return "–";
  if (Number.isNaN(x)) return "not a number";
  if (!Number.isFinite(x)) return x > 0 ? "overflow" : "minus overflow";
  if (x === 0) return "0";
  if (Number.isInteger(x) && Math.abs(x) < 1e5) return minus(String(x));
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  if (exponent > -4 && exponent < 5) return minus(String(Number(x.toPrecision(digits))));
  return `${minus(String(Number(mantissa)))} × 10${superscript(Number(exponent))}`;
}

const tickLabel = (x, log) => {
  const power = Math.round(Math.log10(Math.abs(x)));
  return log && (power < -2 || power > 3) ? `10${superscript(power)}` : format(x, 3);
};

// ---------------------------------------------------------------- scales

function scale(low, high, from, to, log) {
  const warp = log ? Math.log10 : (x) => x;
  const [a, b] = [warp(low), warp(high)];
  const at = (x) => from + ((warp(x) - a) / (b - a)) * (to - from);
  return Object.assign(at, { low, high, log });
}

function ticks({ low, high, log }, count) {
  const [a, b] = log ? [Math.log10(low), Math.log10(high)] : [low, high];
  const rough = (b - a) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999);
  if (log) step = Math.max(1, Math.ceil(rough));
  const found = [];
  for (let i = Math.ceil(a / step - 1e-9); i * step <= b + 1e-9; i += 1) found.push(log ? 10 ** (i * step) : i * step);
  return found;
}
