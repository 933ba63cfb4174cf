// The static host: the quiz is in the page.

// A deferred script runs when the whole page has been parsed.
for (const el of document.querySelectorAll(".initlab-quiz")) {
  const spec = JSON.parse(el.querySelector("script").textContent);
  render({ model: { get: () => spec }, el });
}
