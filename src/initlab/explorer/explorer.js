// The interactive figure: draws the frames of a demo as SVG. Plain JavaScript, no build step.
//
// It knows its host only through `model`, the front-end interface of anywidget: get, set, save_changes, on, off.
//   spec    what never changes: title, controls, panels (see demo.py)
//   frame   the numbers to draw and the sentence that describes them
//   and one entry for every setting. Setting it makes the host, sooner or later, change `frame`.

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 250;
const MARGIN = { top: 22, right: 20, bottom: 38, left: 46 };
const ANNOUNCE_AFTER = 600; // ms of rest before a screen reader is told, so that a drag is one message

// ---------------------------------------------------------------- small tools

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function draw(parent, tag, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  parent.append(element);
  return element;
}

// Writing a text that is there already would still cost a layout.
const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };

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

// ---------------------------------------------------------------- what all panels share

// A panel is a box with a title, a legend that also shows the numbers under the cursor, an SVG, and a range input over
// the x axis: the cursor for the keyboard and for screen readers. A kind of panel supplies
//   keys      the legend: [{ label, sample(svg) }]
//   values(), extent()  x of the data, and where that lies in the picture, for the cursor
//   read(i)   what the legend says at position i: { at, values }
//   home()    the position to read where there is no cursor
//   axis()    what the axes depend on besides the width
//   axes, marks, cursor   draw; marks and cursor on every frame
// and is given `data`, its part of the frame.
function panel(spec, plot, pointTo) {
  const box = make("div", { class: spec.wide ? "il-panel il-wide" : "il-panel" });
  const heading = make("p", { class: "il-panel-title" }, spec.title);
  const legend = make("div", { class: "il-legend" });
  const at = make("span", { class: "il-at" });
  legend.append(at);
  const outputs = plot.keys.map((key) => {
    const sample = document.createElementNS(SVG, "svg");
    for (const [k, v] of Object.entries({ class: "il-sample", width: 22, height: 12, "aria-hidden": "true" })) sample.setAttribute(k, v);
    key.sample(sample);
    const output = make("span", { class: "il-value" });
    legend.append(make("span", { class: "il-key" }, sample, key.label, output));
    return output;
  });
  const stage = make("div", { class: "il-stage" });
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true"); // the sentence, the legend and the cursor say the same in words
  svg.setAttribute("height", HEIGHT);
  const probe = make("input", { type: "range", class: "il-probe", min: 0, value: 0, "aria-label": `${spec.title}: read the numbers` });
  stage.append(svg, probe);
  box.append(heading, legend, stage);

  const back = draw(svg, "g");
  const front = draw(svg, "g");
  const cursor = draw(svg, "g", { class: "il-cursor" });
  let width = 0;
  let drawn = "";
  let index = null; // null: no cursor, the legend shows the place that the plot thinks most telling

  function read() {
    const last = plot.values().length - 1;
    if (Number(probe.max) !== last) probe.max = last;
    const shown = index === null ? plot.home() : Math.min(index, last);
    const { at: where, values } = plot.read(shown);
    write(at, where);
    values.forEach((text, i) => write(outputs[i], text));
    if (document.activeElement !== probe) probe.value = shown;
    probe.setAttribute("aria-valuetext", `${where}: ${plot.keys.map((key, i) => `${key.label} ${values[i]}`).join(", ")}`);
    cursor.replaceChildren();
    if (index !== null && width) plot.cursor(cursor, shown);
  }

  function redraw(now) {
    if (!now) return;
    const key = `${now} ${plot.axis()}`; // the axes are redrawn only when they change
    if (key !== drawn) {
      drawn = key;
      width = now;
      svg.setAttribute("width", width);
      svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
      back.replaceChildren();
      plot.axes(back, width);
    }
    front.replaceChildren();
    plot.marks(front);
    read();
  }

  function point(event) {
    const x = event.clientX - svg.getBoundingClientRect().left;
    pointTo(spec, plot.values()[nearest(plot.extent(), x)]);
  }
  const probed = () => pointTo(spec, plot.values()[probe.value]);
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "touch") return; // a lifted finger leaves its reading in place
    if (document.activeElement === probe) probed();
    else pointTo(spec, null);
  });
  probe.addEventListener("input", probed);
  probe.addEventListener("focus", probed);
  probe.addEventListener("blur", () => pointTo(spec, null));

  return {
    spec,
    box,
    stage,
    point(x) { index = x === null ? null : nearest(plot.values(), x); read(); },
    draw(data) {
      plot.data = data;
      redraw(width);
    },
    resize() {
      const now = Math.floor(stage.clientWidth);
      if (now && now !== width) redraw(now);
    },
  };
}

function axes(group, spec, x, y, xTicks, width) {
  const [right, bottom] = [width - MARGIN.right, HEIGHT - MARGIN.bottom];
  for (const tick of ticks(y, 5)) {
    const at = y(tick);
    draw(group, "line", { class: "il-grid", x1: MARGIN.left, x2: right, y1: at, y2: at });
    draw(group, "text", { class: "il-tick", x: MARGIN.left - 6, y: at + 4, "text-anchor": "end" }, tickLabel(tick, y.log));
  }
  for (const tick of xTicks) {
    const at = x(tick);
    draw(group, "line", { class: "il-axis", x1: at, x2: at, y1: bottom, y2: bottom + 4 });
    draw(group, "text", { class: "il-tick", x: at, y: bottom + 17, "text-anchor": "middle" }, tickLabel(tick, x.log));
  }
  draw(group, "line", { class: "il-axis", x1: MARGIN.left, x2: right, y1: bottom, y2: bottom });
  draw(group, "text", { class: "il-label", x: (MARGIN.left + right) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, spec.x_label);
}

// ---------------------------------------------------------------- curves

const SHAPES = [
  (x, y) => `M${x - 3.2},${y}a3.2,3.2 0 1 0 6.4,0a3.2,3.2 0 1 0 -6.4,0Z`,
  (x, y) => `M${x - 3},${y - 3}h6v6h-6Z`,
  (x, y) => `M${x},${y - 4}l4,7h-8Z`,
  (x, y) => `M${x},${y - 4.2}l4.2,4.2l-4.2,4.2l-4.2,-4.2Z`,
];
const shape = (series, x, y) => SHAPES[(series.tone + 3) % SHAPES.length](x, y);
const round = (x) => Math.round(x * 10) / 10;

function lines(spec) {
  let xs, x, y, size;
  const series = spec.series;
  const keys = series.map((s) => ({
    label: s.label,
    sample(svg) {
      if (s.style !== "points") draw(svg, "path", { class: `il-line il-${s.style} il-tone${s.tone}`, d: "M0,6H22" });
      if (s.style === "measured" || s.style === "points") draw(svg, "path", { class: `il-mark il-tone${s.tone}`, d: shape(s, 11, 6) });
    },
  }));
  if (spec.band_label) {
    keys.push({ label: spec.band_label, sample: (svg) => draw(svg, "rect", { class: "il-band", x: 0, y: 1, width: 22, height: 10 }) });
  }

  // Points outside the axes are pulled just beyond the edge, where the clip hides them.
  const height = (v) => {
    if (v === null || Number.isNaN(v)) return null;
    if (spec.log && v <= 0) return HEIGHT + 50;
    return Math.max(-50, Math.min(HEIGHT + 50, y(v)));
  };

  function path(values) {
    let d = "";
    let pen = "M";
    values.forEach((v, i) => {
      const h = height(value(v));
      if (h === null) { pen = "M"; return; }
      d += `${pen}${round(x(xs[i]))},${round(h)}`;
      pen = "L";
    });
    return d;
  }

  // Says where a curve leaves the picture: a reader must not take an overflow for an empty plot.
  function exits(group, s, values, taken) {
    const numbers = values.map(value);
    const [low, high] = spec.y_range;
    const label = (i, up) => {
      let note = "";
      if (Number.isNaN(numbers[i])) note = `not a number from ${xs[i]}`;
      else if (!Number.isFinite(numbers[i])) note = `overflow from ${xs[i]}`;
      else if (spec.log && numbers[i] <= 0) note = `${numbers[i] < 0 ? "negative" : "0"} from ${xs[i]}`;
      const at = Math.min(Math.max(x(xs[i]), MARGIN.left + 5), size - MARGIN.right - 5);
      const edge = up ? MARGIN.top + 3 : HEIGHT - MARGIN.bottom - 3;
      draw(group, "path", { class: `il-mark il-tone${s.tone}`, d: up ? `M${at},${edge - 6}l5,8h-10Z` : `M${at},${edge + 6}l5,-8h-10Z` });
      if (!note) return;
      const row = taken[up ? "up" : "down"]++;
      const left = at < size / 2;
      draw(group, "text", { class: "il-note", x: left ? at + 9 : at - 9, y: up ? edge + 6 + 14 * row : edge - 2 - 14 * row, "text-anchor": left ? "start" : "end" }, note);
    };
    const first = (test) => numbers.findIndex(test);
    const above = first((v) => v > high);
    const below = first((v) => v !== null && v < low);
    const nan = first((v) => Number.isNaN(v));
    const infinite = first((v) => v === Infinity);
    const zero = spec.log ? first((v) => v !== null && v <= 0) : -1;
    if (above >= 0 && above !== infinite) label(above, true);
    if (infinite >= 0) label(infinite, true);
    else if (nan >= 0) label(nan, true);
    if (below >= 0 && below !== zero) label(below, false);
    if (zero >= 0) label(zero, false);
  }

  const plot = {
    keys,
    data: {},
    values: () => xs,
    home() {
      const mark = series.find((s) => s.style === "points");
      return mark ? plot.data.y[mark.name].findIndex((v) => v !== null) : xs.length - 1;
    },
    extent: () => xs.map((v) => x(v)),
    axis: () => String(plot.data.x || ""),
    axes(group, width) {
      size = width;
      xs = plot.data.x || spec.x;
      x = scale(xs[0], xs[xs.length - 1], MARGIN.left, width - MARGIN.right, spec.log_x);
      y = scale(...spec.y_range, HEIGHT - MARGIN.bottom, MARGIN.top, spec.log);
      axes(group, spec, x, y, ticks(x, Math.max(3, Math.floor(width / 55))), width);
      if (spec.guide !== null) draw(group, "line", { class: "il-guide", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(spec.guide), y2: y(spec.guide) });
    },
    marks(group) {
      // A picture in the picture, in the same coordinates: what leaves the axes is cut off.
      const frame = [MARGIN.left - 5, MARGIN.top - 4, size - MARGIN.left - MARGIN.right + 10, HEIGHT - MARGIN.top - MARGIN.bottom + 8];
      const inner = draw(group, "svg", { x: frame[0], y: frame[1], width: frame[2], height: frame[3], viewBox: frame.join(" ") });
      if (plot.data.band) {
        const [low, high] = plot.data.band;
        const there = high.map((v, i) => [x(xs[i]), height(value(v)), height(value(low[i]))]).filter((p) => p[1] !== null && p[2] !== null);
        const d = there.map((p) => `${round(p[0])},${round(p[1])}`).concat(there.reverse().map((p) => `${round(p[0])},${round(p[2])}`));
        draw(inner, "path", { class: "il-band", d: `M${d.join("L")}Z` });
      }
      const taken = { up: 0, down: 0 };
      for (const s of series) {
        const values = plot.data.y[s.name];
        if (s.style === "strands") {
          draw(inner, "path", { class: `il-line il-strands il-tone${s.tone}`, d: values.map(path).join("") });
          continue;
        }
        if (s.style !== "points") draw(inner, "path", { class: `il-line il-${s.style} il-tone${s.tone}`, d: path(values) });
        if (s.style !== "theory") {
          const every = s.style === "points" ? 1 : Math.max(1, Math.round(xs.length / 10));
          const d = values.map((v, i) => [height(value(v)), i]).filter(([h, i]) => h !== null && i % every === 0).map(([h, i]) => shape(s, round(x(xs[i])), round(h)));
          draw(inner, "path", { class: `il-mark il-${s.style} il-tone${s.tone}`, d: d.join("") });
          exits(group, s, values, taken);
        }
      }
    },
    cursor(group, i) {
      const at = x(xs[i]);
      draw(group, "line", { x1: at, x2: at, y1: MARGIN.top - 4, y2: HEIGHT - MARGIN.bottom });
      for (const s of series) {
        if (s.style === "strands") continue;
        const h = height(value(plot.data.y[s.name][i]));
        if (h !== null && h > 0 && h < HEIGHT - MARGIN.bottom) draw(group, "circle", { class: `il-mark il-tone${s.tone}`, cx: at, cy: h, r: 4.5 });
      }
    },
    read(i) {
      const values = series.map((s) => {
        if (s.style !== "strands") return format(value(plot.data.y[s.name][i]));
        const here = plot.data.y[s.name].map((strand) => value(strand[i])).sort((a, b) => a - b);
        return `${format(here[0], 3)} to ${format(here[here.length - 1], 3)}`;
      });
      if (spec.band_label) values.push(plot.data.band ? `${format(value(plot.data.band[0][i]), 3)} to ${format(value(plot.data.band[1][i]), 3)}` : "");
      return { at: `${spec.x_label} ${format(xs[i])}`, values };
    },
  };
  return plot;
}

// ---------------------------------------------------------------- histograms of a few layers, side by side

function histograms(spec) {
  let y, step;
  const left = (i) => MARGIN.left + (i + 0.12) * step;
  const plot = {
    keys: [
      { label: "root mean square", sample: (svg) => draw(svg, "path", { class: "il-bar", d: "M1,11V7H8V3H15V1H20V11Z" }) },
      { label: "outside the picture", sample: (svg) => draw(svg, "path", { class: "il-mark il-tone2", d: "M11,1l5,9h-10Z" }) },
    ],
    data: {},
    values: () => plot.data.layers,
    home: () => plot.data.layers.length - 1,
    extent: () => plot.data.layers.map((_, i) => left(i) + 0.38 * step),
    axis: () => String(plot.data.layers),
    axes(group, width) {
      step = (width - MARGIN.left - MARGIN.right) / plot.data.layers.length;
      y = scale(...spec.y_range, HEIGHT - MARGIN.bottom, MARGIN.top, false);
      axes(group, spec, () => 0, y, [], width);
      plot.data.layers.forEach((layer, i) => {
        draw(group, "text", { class: "il-tick", x: left(i) + 0.38 * step, y: HEIGHT - MARGIN.bottom + 17, "text-anchor": "middle" }, String(layer));
        draw(group, "line", { class: "il-grid", x1: left(i), x2: left(i), y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom });
      });
    },
    marks(group) {
      plot.data.counts.forEach((counts, i) => {
        const thick = (HEIGHT - MARGIN.bottom - MARGIN.top) / counts.length;
        const unit = (0.76 * step) / 99;
        let d = `M${round(left(i))},${HEIGHT - MARGIN.bottom}`;
        counts.forEach((count, k) => {
          d += `H${round(left(i) + count * unit)}V${round(HEIGHT - MARGIN.bottom - (k + 1) * thick)}`;
        });
        draw(group, "path", { class: "il-bar", d: `${d}H${round(left(i))}Z` });
        const [below, above] = plot.data.outside[i];
        const middle = left(i) + 0.38 * step;
        const percent = (share) => (share < 1 ? "<1 %" : `${Math.round(share)} %`);
        if (above) {
          draw(group, "path", { class: "il-mark il-tone2", d: `M${middle},${MARGIN.top - 5}l4,7h-8Z` });
          draw(group, "text", { class: "il-note", x: middle, y: MARGIN.top - 8, "text-anchor": "middle" }, percent(above));
        }
        if (below) {
          draw(group, "path", { class: "il-mark il-tone2", d: `M${middle},${HEIGHT - MARGIN.bottom + 5}l4,-7h-8Z` });
        }
      });
    },
    cursor(group, i) {
      draw(group, "rect", { x: left(i) - 3, y: MARGIN.top, width: 0.76 * step + 6, height: HEIGHT - MARGIN.top - MARGIN.bottom });
    },
    read(i) {
      const [below, above] = plot.data.outside[i];
      return { at: `${spec.x_label} ${plot.data.layers[i]}`, values: [format(value(plot.data.rms[i])), `${format(Math.round((below + above) * 10) / 10)} %`] };
    },
  };
  return plot;
}

const KINDS = { lines, histograms };

// ---------------------------------------------------------------- panels of text: formulas with their reasons, code

// `sizes`, on a static page: the height of its largest frame on pages of different width.
function sheet(spec, sizes, content, fill) {
  const box = make("div", { class: `il-sheet il-${spec.kind}` }, make("p", { class: "il-panel-title" }, spec.title), ...content);
  if (sizes) ["0", "320", "560", "640"].forEach((page, i) => box.style.setProperty(`--il-${page}`, `${sizes[i]}px`));
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
      fill(data);
      if (!sizes) box.style.minHeight = `${box.offsetHeight}px`; // live, the room grows, so that nothing below moves up
    },
  };
}

function formulas(spec, sizes) {
  const list = make("ol");
  // Many lines scroll inside, by keyboard too.
  const lines = make("div", { class: "il-scroll", role: "region", "aria-label": spec.title }, list);
  lines.style.maxHeight = `${spec.most - 31}px`;
  const scrolls = sizes ? sizes.some((size) => size === spec.most) : true;
  if (scrolls) lines.setAttribute("tabindex", 0);
  return sheet(spec, sizes, [lines], ({ rows }) => {
    list.replaceChildren(...rows.map((row) => {
      const formula = make("p", { class: "il-formula" });
      formula.innerHTML = row.formula; // MathML from formula.py, never from a reader
      return make("li", {}, formula, make("p", { class: row.marked ? "il-reason il-marked" : "il-reason" }, row.reason));
    }));
  });
}

function code(spec, sizes) {
  const copy = make("button", { type: "button", class: "il-button il-copy" }, "Copy code");
  const lines = make("code");
  const note = make("p", { class: "il-code-note" });
  const block = make("pre", { tabindex: 0, "aria-label": spec.title }, lines); // long lines scroll, by keyboard too
  copy.addEventListener("click", async () => {
    let done = "Copied";
    try {
      await navigator.clipboard.writeText(lines.textContent);
    } catch { // no clipboard here: leave it to the reader's own keys
      getSelection().selectAllChildren(lines);
      done = "Selected";
    }
    copy.textContent = done;
    setTimeout(() => (copy.textContent = "Copy code"), 2500);
  });
  return sheet(spec, sizes, [make("div", { class: "il-block" }, block, copy), note], (data) => {
    write(lines, data.code);
    write(note, data.note);
  });
}

const SHEETS = { formulas, code };

// ---------------------------------------------------------------- controls

function control(spec, model, live) {
  const id = `il-${Math.random().toString(36).slice(2)}`; // a counter would not do: a notebook loads this module once per figure
  const label = make("label", { for: id }, spec.label);
  const box = make("div", { class: `il-control il-${spec.kind}` }, label);
  const send = (v) => { model.set(spec.name, v); model.save_changes(); };
  let show;
  if (spec.kind === "slider") {
    const output = make("span", { class: "il-output", "aria-hidden": "true" }); // the input says it itself
    const input = make("input", { type: "range", id, min: 0, max: spec.values.length - 1, step: 1 });
    input.addEventListener("input", () => send(spec.values[input.value]));
    show = (v) => {
      input.value = nearest(spec.values, v);
      input.setAttribute("aria-valuetext", format(v));
      output.textContent = format(v);
    };
    box.append(output, input);
  } else if (spec.kind === "menu") {
    const select = make("select", { id });
    // In the order of the values: an object would put keys that look like whole numbers first.
    for (const key of spec.values) select.append(make("option", { value: key }, spec.options[key]));
    select.addEventListener("change", () => send(select.value));
    show = (v) => (select.value = v);
    box.append(select);
  } else if (spec.kind === "toggle") {
    const input = make("input", { type: "checkbox", id });
    input.addEventListener("change", () => send(input.checked));
    show = (v) => (input.checked = v);
    box.prepend(input);
  } else {
    const input = make("input", { type: "number", id, min: spec.low, max: spec.high, step: 1 });
    const commit = () => {
      if (input.checkValidity() && input.value !== "") send(Number(input.value));
      else show(model.get(spec.name));
    };
    input.addEventListener("change", commit);
    input.addEventListener("keydown", (event) => event.key === "Enter" && commit());
    show = (v) => (input.value = v);
    box.append(input);
    box.hidden = !live;
  }
  return { spec, box, show };
}

// ---------------------------------------------------------------- the figure

function render({ model, el }) {
  const spec = model.get("spec");
  const live = !el.dataset.static;
  const start = Object.fromEntries(spec.controls.map((c) => [c.name, model.get(c.name)]));

  const controls = spec.controls.map((c) => control(c, model, live));
  const reset = make("button", { type: "button", class: "il-button il-reset" }, "Reset");
  reset.addEventListener("click", () => {
    for (const [name, v] of Object.entries(start)) model.set(name, v);
    model.save_changes();
  });
  // Panels over the same x move their cursors together.
  const pointTo = (from, x) => panels.filter((p) => p.spec.x_label === from.x_label).forEach((p) => p.point(x));
  const panels = spec.panels.map((p) => (SHEETS[p.kind] ? SHEETS[p.kind](p, (spec.sheets || {})[p.name]) : panel(p, KINDS[p.kind](p), pointTo)));
  const text = make("p", { class: "il-text" });
  const spoken = make("p", { class: "il-spoken", role: "status", "aria-live": "polite" });
  const body = make("div", { class: "il-body", role: "group", "aria-label": `Interactive figure: ${spec.title}` },
    make("div", { class: "il-head" }, make("p", { class: "il-title" }, spec.title), make("div", { class: "il-actions" }, reset)),
    make("div", { class: "il-controls" }, ...controls.map((c) => c.box)),
    make("div", { class: "il-panels" }, ...panels.map((p) => p.box)),
    text, spoken);
  // JupyterLab leaves the keys alone that are pressed in an element with this attribute.
  for (const input of body.querySelectorAll("input, select, button")) input.setAttribute("data-lm-suppress-shortcuts", "true");
  el.classList.add("initlab-explorer");
  el.replaceChildren(body);

  let timer = 0;
  let first = true;
  function update() {
    const frame = model.get("frame");
    spec.panels.forEach((p, i) => panels[i].draw(frame.panels[p.name]));
    text.textContent = frame.text;
    // A static page reserves room for the longest sentence; live, the room grows, so that a drag moves nothing below.
    if (live) text.style.minHeight = `${text.offsetHeight}px`;
    if (first) { first = false; return; }
    clearTimeout(timer);
    timer = setTimeout(() => (spoken.textContent = frame.text), ANNOUNCE_AFTER);
  }
  const shows = controls.map((c) => {
    const show = () => c.show(model.get(c.spec.name));
    show();
    model.on(`change:${c.spec.name}`, show);
    return [`change:${c.spec.name}`, show];
  });
  update();
  model.on("change:frame", update);
  const observer = new ResizeObserver(() => panels.forEach((p) => p.resize()));
  panels.forEach((p) => observer.observe(p.stage));
  panels.forEach((p) => p.resize());

  return () => {
    observer.disconnect();
    clearTimeout(timer);
    model.off("change:frame", update);
    for (const [event, show] of shows) model.off(event, show);
  };
}

export default { render };
