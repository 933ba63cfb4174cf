// The panels that are plots: what they share, then curves and histograms; pictures.js has the others. Each is described
// by the class of its name in panels.py.

// ---------------------------------------------------------------- what all panels share

// A panel is a box with a title, a legend that also shows the numbers under the cursor, an SVG, and a range input over
// the x axis: the cursor for the keyboard and for screen readers. A kind of panel supplies
//   keys      the legend: [{ label, sample(svg) }]
//   values(), extent()  x of the data, and where that lies in the picture, for the cursor
//   read(i)   what the legend says at position i: { at, values }
//   home()    the position to read where there is no cursor
//   axis()    what the axes depend on besides the width
//   axes, marks, cursor   draw; marks and cursor on every frame
// and, where it needs to,
//   nearest(x, y)  the position nearest to a place in the picture, where x alone does not tell
//   now(group)     what moves with the player alone
//   canvas         a canvas that lies under the SVG, for pixels
// It is given `data`, its part of the frame, and in a film `step`, the position of the player.
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
    legend.append(make("span", { class: "il-key" }, sample, make("span", { class: "il-name" }, key.label), output));
    return output;
  });
  const stage = make("div", { class: "il-stage" });
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true"); // the sentence, the legend and the cursor say the same in words
  svg.setAttribute("height", HEIGHT);
  const probe = make("input", { type: "range", class: "il-probe", min: 0, value: 0, "aria-label": `${spec.title}: read the numbers` });
  stage.append(svg, probe, ...(plot.canvas ? [plot.canvas] : []));
  box.append(heading, legend, stage);

  const back = draw(svg, "g");
  const front = draw(svg, "g");
  const cursor = draw(svg, "g", { class: "il-cursor" });
  let width = 0;
  let ready = false; // there are data
  let drawn = "";
  let index = null; // null: no cursor, the legend shows the place that the plot thinks most telling

  // `hurried`, while a film plays: what can be read only at rest waits.
  function read(hurried = false) {
    const last = plot.values().length - 1;
    if (Number(probe.max) !== last) probe.max = last;
    const shown = index === null ? plot.home() : Math.min(index, last);
    const { at: where, values } = plot.read(shown);
    write(at, where);
    values.forEach((text, i) => write(outputs[i], text));
    const focused = document.activeElement === probe;
    if (!focused && !hurried) probe.value = shown;
    if (focused || !hurried) probe.setAttribute("aria-valuetext", `${where}: ${plot.keys.map((key, i) => `${key.label} ${values[i]}`).join(", ")}`);
    redrawn(cursor, () => {
      if (plot.now && width) plot.now(cursor);
      if (index !== null && width) plot.cursor(cursor, shown);
    });
  }

  function redraw(now, hurried = false) {
    if (!now || !ready) return;
    const key = `${now} ${plot.axis()}`; // the axes are redrawn only when they change
    if (key !== drawn) {
      drawn = key;
      width = now;
      svg.setAttribute("width", width);
      svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
      back.replaceChildren();
      plot.axes(back, width);
    }
    redrawn(front, () => plot.marks(front));
    read(hurried);
  }

  function point(event) {
    const { left, top } = svg.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    pointTo(spec, plot.values()[plot.nearest ? plot.nearest(x, y) : nearest(plot.extent(), x)]);
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
    draw(data, step, hurried = false) {
      const known = data === plot.data; // then only the player has moved
      plot.data = data;
      plot.step = step;
      ready = true;
      if (known) read(hurried);
      else redraw(width, hurried);
    },
    resize() {
      const now = Math.floor(stage.clientWidth);
      if (now && now !== width) redraw(now);
    },
  };
}

function axes(group, spec, x, y, xTicks, width) {
  const m = margins(width);
  const [right, bottom] = [width - m.right, HEIGHT - m.bottom];
  for (const tick of ticks(y, 5)) {
    const at = y(tick);
    draw(group, "line", { class: "il-grid", x1: m.left, x2: right, y1: at, y2: at });
    draw(group, "text", { class: "il-tick", x: m.left - 6, y: at + 4, "text-anchor": "end" }, tickLabel(tick, y.log));
  }
  for (const tick of xTicks) {
    const at = x(tick);
    draw(group, "line", { class: "il-axis", x1: at, x2: at, y1: bottom, y2: bottom + 4 });
    draw(group, "text", { class: "il-tick", x: at, y: bottom + 17, "text-anchor": "middle" }, tickLabel(tick, x.log));
  }
  draw(group, "line", { class: "il-axis", x1: m.left, x2: right, y1: bottom, y2: bottom });
  draw(group, "text", { class: "il-label", x: (m.left + right) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, spec.x_label);
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
  let xs, x, y, size, m;
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
      const at = Math.min(Math.max(x(xs[i]), m.left + 5), size - m.right - 5);
      const edge = up ? m.top + 3 : HEIGHT - m.bottom - 3;
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
      if (spec.over_time) return plot.step;
      const mark = series.find((s) => s.style === "points");
      return mark ? plot.data.y[mark.name].findIndex((v) => v !== null) : xs.length - 1;
    },
    extent: () => xs.map((v) => x(v)),
    axis: () => String(plot.data.x || ""),
    axes(group, width) {
      size = width;
      m = margins(width);
      xs = plot.data.x || spec.x;
      x = scale(xs[0], xs[xs.length - 1], m.left, width - m.right, spec.log_x);
      y = scale(...spec.y_range, HEIGHT - m.bottom, m.top, spec.log);
      axes(group, spec, x, y, ticks(x, Math.max(3, Math.floor(width / 55))), width);
      if (spec.guide !== null) draw(group, "line", { class: "il-guide", x1: m.left, x2: width - m.right, y1: y(spec.guide), y2: y(spec.guide) });
    },
    marks(group) {
      // A picture in the picture, in the same coordinates: what leaves the axes is cut off.
      const frame = [m.left - 5, m.top - 4, size - m.left - m.right + 10, HEIGHT - m.top - m.bottom + 8];
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
    now(group) {
      if (spec.over_time) plot.cursor(group, plot.step, "il-now");
    },
    cursor(group, i, kind = "") {
      const at = x(xs[i]);
      draw(group, "line", { class: kind, x1: at, x2: at, y1: m.top - 4, y2: HEIGHT - m.bottom });
      for (const s of series) {
        if (s.style === "strands") continue;
        const h = height(value(plot.data.y[s.name][i]));
        if (h !== null && h > 0 && h < HEIGHT - m.bottom) draw(group, "circle", { class: `il-mark il-tone${s.tone}`, cx: at, cy: h, r: 4.5 });
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
  let y, step, m;
  const left = (i) => m.left + (i + 0.12) * step;
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
      m = margins(width);
      step = (width - m.left - m.right) / plot.data.layers.length;
      y = scale(...spec.y_range, HEIGHT - m.bottom, m.top, false);
      axes(group, spec, () => 0, y, [], width);
      plot.data.layers.forEach((layer, i) => {
        draw(group, "text", { class: "il-tick", x: left(i) + 0.38 * step, y: HEIGHT - m.bottom + 17, "text-anchor": "middle" }, String(layer));
        draw(group, "line", { class: "il-grid", x1: left(i), x2: left(i), y1: m.top, y2: HEIGHT - m.bottom });
      });
    },
    marks(group) {
      plot.data.counts.forEach((counts, i) => {
        const thick = (HEIGHT - m.bottom - m.top) / counts.length;
        const unit = (0.76 * step) / 99;
        let d = `M${round(left(i))},${HEIGHT - m.bottom}`;
        counts.forEach((count, k) => {
          d += `H${round(left(i) + count * unit)}V${round(HEIGHT - m.bottom - (k + 1) * thick)}`;
        });
        draw(group, "path", { class: "il-bar", d: `${d}H${round(left(i))}Z` });
        const [below, above] = plot.data.outside[i];
        const middle = left(i) + 0.38 * step;
        const percent = (share) => (share < 1 ? "<1 %" : `${Math.round(share)} %`);
        if (above) {
          draw(group, "path", { class: "il-mark il-tone2", d: `M${middle},${m.top - 5}l4,7h-8Z` });
          draw(group, "text", { class: "il-note", x: middle, y: m.top - 8, "text-anchor": "middle" }, percent(above));
        }
        if (below) {
          draw(group, "path", { class: "il-mark il-tone2", d: `M${middle},${HEIGHT - m.bottom + 5}l4,-7h-8Z` });
        }
      });
    },
    cursor(group, i) {
      draw(group, "rect", { x: left(i) - 3, y: m.top, width: 0.76 * step + 6, height: HEIGHT - m.top - m.bottom });
    },
    read(i) {
      const [below, above] = plot.data.outside[i];
      return { at: `${spec.x_label} ${plot.data.layers[i]}`, values: [format(value(plot.data.rms[i])), `${format(Math.round((below + above) * 10) / 10)} %`] };
    },
  };
  return plot;
}

const KINDS = { lines, histograms, heatmap, images, ridges };
