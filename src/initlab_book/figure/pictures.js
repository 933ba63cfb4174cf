// More panels, with pixels or many shapes: heat maps with points on them, small images, ridges.

// ---------------------------------------------------------------- a function of two numbers, with points on it

// Two inks that can be told apart on light and dark paper alike, and by those who confuse red and green.
const INKS = [[58, 134, 201], [228, 121, 49]];

// The largest square in the middle of the picture.
function square(width, m) {
  const side = Math.min(width - m.left - m.right, HEIGHT - m.top - m.bottom);
  const left = m.left + (width - m.left - m.right - side) / 2;
  return { side, left, top: m.top };
}

function heatmap(spec) {
  let x, y, box, m;
  const canvas = make("canvas", { class: "il-canvas", "aria-hidden": "true" });
  let image;
  const share = (i) => {
    const { levels, points } = plot.data;
    const n = Math.sqrt(levels.length);
    const cell = (v, [low, high]) => Math.max(0, Math.min(n - 1, Math.floor((n * (v - low)) / (high - low))));
    return levels[cell(points.y[i], spec.y_range) * n + cell(points.x[i], spec.x_range)];
  };
  const plot = {
    canvas,
    keys: spec.classes.map((label, k) => ({ label, sample: (svg) => draw(svg, "path", { class: `il-mark il-tone${k + 1}`, d: SHAPES[k](11, 6) }) })),
    data: {},
    values: () => plot.data.points.x.map((_, i) => i),
    home: () => -1, // no point: all of them
    extent: () => plot.data.points.x.map((v) => x(v)),
    nearest(atX, atY) {
      const { points } = plot.data;
      return nearest(points.x.map((v, i) => Math.hypot(x(v) - atX, y(points.y[i]) - atY)), 0);
    },
    axis: () => plot.data.points.x.join(" "),
    axes(group, width) {
      m = margins(width);
      box = square(width, m);
      x = scale(...spec.x_range, box.left, box.left + box.side, false);
      y = scale(...spec.y_range, box.top + box.side, box.top, false);
      Object.assign(canvas.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.side}px`, height: `${box.side}px` });
      draw(group, "rect", { class: "il-edge", x: box.left, y: box.top, width: box.side, height: box.side });
      for (const tick of ticks(x, 4)) draw(group, "text", { class: "il-tick", x: x(tick), y: box.top + box.side + 15, "text-anchor": "middle" }, tickLabel(tick));
      for (const tick of ticks(y, 4)) draw(group, "text", { class: "il-tick", x: box.left - 6, y: y(tick) + 4, "text-anchor": "end" }, tickLabel(tick));
      draw(group, "text", { class: "il-label", x: box.left + box.side / 2, y: box.top + box.side + 32, "text-anchor": "middle" }, spec.x_label);
      const { points } = plot.data;
      spec.classes.forEach((_, k) => {
        const d = points.x.map((v, i) => (points.label[i] === k ? SHAPES[k](round(x(v)), round(y(points.y[i]))) : ""));
        draw(group, "path", { class: `il-mark il-tone${k + 1}`, d: d.join("") });
      });
    },
    marks() {
      const { levels } = plot.data;
      const n = Math.sqrt(levels.length);
      if (!image || image.width !== n) {
        canvas.width = canvas.height = n;
        image = new ImageData(n, n);
      }
      for (let i = 0; i < levels.length; i += 1) {
        const [red, green, blue] = INKS[levels[i] < 0.5 ? 0 : 1];
        const at = 4 * ((n - 1 - Math.floor(i / n)) * n + (i % n));
        image.data[at] = red;
        image.data[at + 1] = green;
        image.data[at + 2] = blue;
        image.data[at + 3] = 170 * Math.abs(2 * levels[i] - 1); // nothing where it is not a number
      }
      canvas.getContext("2d").putImageData(image, 0, 0);
    },
    cursor(group, i) {
      draw(group, "circle", { class: "il-ring", cx: x(plot.data.points.x[i]), cy: y(plot.data.points.y[i]), r: 8 });
    },
    read(i) {
      const { label } = plot.data.points;
      if (i < 0) {
        const right = [0, 1].map((k) => label.filter((own, j) => own === k && (k ? share(j) > 0.5 : share(j) < 0.5)).length);
        const all = [0, 1].map((k) => label.filter((own) => own === k).length);
        return { at: "on its own side", values: right.map((n, k) => `${n} of ${all[k]}`) };
      }
      const p = share(i);
      const percent = (v) => (Number.isNaN(v) ? "–" : `${Math.round(100 * v)} %`);
      return { at: `point ${i + 1}, ${spec.classes[label[i]]}`, values: [percent(1 - p), percent(p)] };
    },
  };
  return plot;
}

// ---------------------------------------------------------------- a grid of small images, and what a network says of them

function images(spec) {
  const [rows, columns] = spec.shape;
  const caption = 17; // pixels under an image
  const canvas = make("canvas", { class: "il-canvas il-ink", "aria-hidden": "true" });
  let across, cell, left, painted;
  const place = (i) => [left + (i % across) * cell, 2 + Math.floor(i / across) * (cell + caption)];
  const right = (i) => plot.data.says[i] === plot.data.label[i];
  const plot = {
    canvas,
    keys: [
      { label: "network says", sample: (svg) => draw(svg, "text", { x: 11, y: 10, "text-anchor": "middle" }, "7") },
      { label: "with probability", sample: (svg) => draw(svg, "rect", { class: "il-wrong", x: 4, y: 0, width: 13, height: 11 }) },
    ],
    data: {},
    values: () => plot.data.label.map((_, i) => i),
    home: () => -1,
    extent: () => plot.data.label.map((_, i) => place(i)[0] + cell / 2),
    nearest: (x, y) => nearest(plot.data.label.map((_, i) => Math.hypot(place(i)[0] + cell / 2 - x, place(i)[1] + cell / 2 - y)), 0),
    axis: () => String(plot.data.label),
    axes(group, width) {
      const n = plot.data.label.length;
      across = 1;
      cell = 0;
      for (let k = 1; k <= n; k += 1) {
        const fits = Math.min(width / k, (HEIGHT - 4) / Math.ceil(n / k) - caption);
        if (fits > cell) [across, cell] = [k, fits];
      }
      left = (width - across * cell) / 2;
      painted = null;
    },
    // The pixels never move within a film: they are painted when they change.
    paint() {
      if (painted === plot.data.pixels) return;
      painted = plot.data.pixels;
      const down = Math.ceil(plot.data.label.length / across);
      const context = canvas.getContext("2d");
      const unit = 4; // canvas pixels to a pixel of an image, so that the captions' height fits in
      const gap = Math.round((caption / cell) * (columns + 1) * unit);
      canvas.width = across * (columns + 1) * unit;
      canvas.height = down * ((rows + 1) * unit + gap);
      plot.data.label.forEach((_, i) => {
        const [x, y] = [(i % across) * (columns + 1) * unit, Math.floor(i / across) * ((rows + 1) * unit + gap)];
        for (let p = 0; p < rows * columns; p += 1) {
          context.fillStyle = `rgb(0 0 0 / ${painted[i * rows * columns + p]})`;
          context.fillRect(x + (p % columns) * unit + unit / 2, y + Math.floor(p / columns) * unit + unit / 2, unit, unit);
        }
      });
      Object.assign(canvas.style, { left: `${left}px`, top: "2px", width: `${across * cell}px`, height: `${down * (cell + caption)}px` });
    },
    marks(group) {
      plot.paint();
      const frames = plot.data.says.map((_, i) => [i, ...place(i)]).filter(([i]) => !right(i));
      const d = frames.map(([, x, y]) => `M${round(x + 1)},${round(y + 1)}h${round(cell - 2)}v${round(cell + caption - 3)}h${round(2 - cell)}Z`);
      draw(group, "path", { class: "il-wrong", d: d.join("") });
      plot.data.says.forEach((says, i) => {
        const [x, y] = place(i);
        draw(group, "text", { class: "il-says", x: x + cell / 2, y: y + cell + 11, "text-anchor": "middle" }, says === null ? "–" : String(says));
      });
    },
    cursor(group, i) {
      const [x, y] = place(i);
      draw(group, "rect", { class: "il-ring", x, y, width: cell, height: cell + caption - 1 });
    },
    read(i) {
      const { label, says, sure } = plot.data;
      if (i < 0) {
        const known = [...sure].filter((p) => !Number.isNaN(p));
        const mean = known.reduce((sum, p) => sum + p, 0) / known.length;
        return { at: `all ${label.length}; framed: wrong`, values: [`${label.filter((_, j) => right(j)).length} right`, known.length ? `${Math.round(100 * mean)} %` : "–"] };
      }
      return { at: `image ${i + 1}: is ${label[i]}`, values: [says[i] === null ? "–" : String(says[i]), Number.isNaN(sure[i]) ? "–" : `${Math.round(100 * sure[i])} %`] };
    },
  };
  return plot;
}

// ---------------------------------------------------------------- histograms of all layers, one above the other

function ridges(spec) {
  let x, row, from, to;
  const floor = HEIGHT - MARGINS.bottom;
  const bottom = (i) => floor - i * row;
  const plot = {
    keys: [
      { label: "root mean square", sample: (svg) => draw(svg, "path", { class: "il-bar", d: "M0,11C8,11 7,1 11,1S14,11 22,11Z" }) },
      { label: spec.log ? "0 or outside" : "outside", sample: (svg) => draw(svg, "path", { class: "il-mark il-tone2", d: "M11,1l5,9h-10Z" }) },
    ],
    data: {},
    values: () => plot.data.layers,
    home: () => plot.data.layers.length - 1,
    extent: () => plot.data.layers.map(() => 0),
    nearest: (_, y) => nearest(plot.data.layers.map((_, i) => bottom(i) - row / 2), y),
    axis: () => String(plot.data.layers),
    axes(group, width) {
      [from, to] = [24, width - 38]; // left the number of the layer, right the share outside
      row = (floor - 12) / plot.data.layers.length;
      const [low, high] = spec.log ? spec.x_range.map((power) => 10 ** power) : spec.x_range;
      x = scale(low, high, from, to, spec.log);
      for (const tick of ticks(x, Math.max(2, Math.floor(width / 70)))) {
        draw(group, "line", { class: "il-grid", x1: x(tick), x2: x(tick), y1: 12, y2: floor });
        draw(group, "text", { class: "il-tick", x: x(tick), y: floor + 17, "text-anchor": "middle" }, tickLabel(tick, spec.log));
      }
      plot.data.layers.forEach((layer, i) => {
        draw(group, "line", { class: "il-axis", x1: from, x2: to, y1: bottom(i), y2: bottom(i) });
        draw(group, "text", { class: "il-tick", x: from - 6, y: bottom(i) - 2, "text-anchor": "end" }, String(layer));
      });
      draw(group, "text", { class: "il-label", x: width / 2, y: HEIGHT - 4, "text-anchor": "middle" }, spec.x_label);
    },
    marks(group) {
      const { layers, counts, outside } = plot.data;
      const bins = counts.length / layers.length;
      const thick = (to - from) / bins;
      let d = "";
      layers.forEach((_, i) => {
        d += `M${from},${round(bottom(i))}`;
        for (let k = 0; k < bins; k += 1) d += `V${round(bottom(i) - 0.9 * row * counts[i * bins + k])}H${round(from + (k + 1) * thick)}`;
        d += `V${round(bottom(i))}Z`;
        if (outside[i] >= 1) draw(group, "text", { class: "il-note il-outside", x: to + 38, y: bottom(i) - 2, "text-anchor": "end" }, `${Math.round(outside[i])} %`);
      });
      draw(group, "path", { class: "il-bar", d });
    },
    cursor(group, i) {
      draw(group, "rect", { x: from, y: bottom(i) - row + 1, width: to - from, height: row });
    },
    read: (i) => ({ at: `layer ${plot.data.layers[i]}`, values: [format(value(plot.data.rms[i])), `${format(plot.data.outside[i])} %`] }),
  };
  return plot;
}
