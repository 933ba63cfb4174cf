// The panels that are text: formulas with their reasons, and code.

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
  const item = (row) => {
    const formula = make("p", { class: "il-formula" });
    formula.innerHTML = row.formula; // MathML from formula.py, never from a reader
    return make("li", {}, formula, make("p", { class: row.marked ? "il-reason il-marked" : "il-reason" }, row.reason));
  };
  let shown = [];
  return sheet(spec, sizes, [lines], ({ rows }) => {
    const now = rows.map((row) => JSON.stringify(row));
    let same = 0; // to typeset a formula takes long: the first lines stay, as far as they are the same
    while (same < now.length && now[same] === shown[same]) same += 1;
    while (list.children.length > same) list.lastChild.remove();
    list.append(...rows.slice(same).map(item));
    shown = now;
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
