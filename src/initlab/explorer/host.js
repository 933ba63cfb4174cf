// The static host: gives explorer.js the model it expects, over frames that were computed when the book was built.

function host(el) {
  const { spec, start, frames } = JSON.parse(el.querySelector("script").textContent);
  const settings = { ...start };
  const listeners = {};
  const fire = (event) => (listeners[event] || []).forEach((listener) => listener());

  // Frames lie in grid order, the last control changing fastest.
  const position = (s) => spec.controls.reduce((at, c) => at * c.values.length + c.values.indexOf(s[c.name]), 0);
  let shown = position(settings);

  function save_changes() {
    const now = position(settings);
    if (now === shown) return;
    shown = now;
    fire("change:frame");
    scheduleAddress();
  }
  const model = {
    get: (name) => (name === "spec" ? spec : name === "frame" ? frames[shown] : settings[name]),
    set(name, v) {
      if (settings[name] === v) return;
      settings[name] = v;
      fire(`change:${name}`);
    },
    save_changes,
    on: (event, listener) => (listeners[event] ||= []).push(listener),
    off: (event, listener) => (listeners[event] = (listeners[event] || []).filter((l) => l !== listener)),
  };

  // The address of exactly this picture: page.html#explorer-signal?scale=1.4&activation=relu
  const choices = spec.controls.filter((c) => c.values.length > 1);
  const address = () => `#${el.id}?${new URLSearchParams(choices.map((c) => [c.name, settings[c.name]]))}`;
  let timer = 0;
  function scheduleAddress() {
    // Browsers limit how often a page may change its address.
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(null, "", address()), 300);
  }
  function follow() {
    const [id, query] = location.hash.slice(1).split("?");
    if (id !== el.id || !query) return false;
    for (const [name, text] of new URLSearchParams(query)) {
      const c = choices.find((choice) => choice.name === name);
      // 0.000001 and 1e-6 are the same number
      const known = c && c.values.find((v) => (typeof v === "number" && text ? Number(text) === v : String(v) === text));
      if (known !== undefined) model.set(name, known);
    }
    save_changes();
    clearTimeout(timer);
    return true;
  }

  el.dataset.static = "true";
  render({ model, el });
  const link = make("button", { type: "button", class: "il-button il-link" }, "Copy link");
  link.addEventListener("click", async () => {
    clearTimeout(timer);
    history.replaceState(null, "", address());
    let done = "Now in the address bar";
    try {
      await navigator.clipboard.writeText(location.href);
      done = "Link copied";
    } catch { /* no clipboard here: the address bar has it */ }
    link.textContent = done;
    setTimeout(() => (link.textContent = "Copy link"), 2500);
  });
  el.querySelector(".il-actions").prepend(link);
  window.addEventListener("hashchange", () => follow() && el.scrollIntoView());
  if (follow()) el.scrollIntoView();
}

// A deferred script runs when the whole page has been parsed.
for (const el of document.querySelectorAll(".initlab-explorer")) host(el);
