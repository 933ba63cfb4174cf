// Figures are drawn for the width that they have on the screen. On paper each is scaled as a whole (print.css), so that it
// fits between the margins, and on one page: nothing is cut, and nothing is drawn anew while the printer waits.
addEventListener("beforeprint", () => {
  for (const figure of document.querySelectorAll(".initlab-explorer")) {
    let { offsetWidth: width, offsetHeight: height } = figure;
    if (width < 560) [width, height] = [2 * width, 0.65 * height]; // panels that stand in one column get two
    figure.style.setProperty("--print-width", `${width}px`);
    figure.style.setProperty("--print-zoom", String(Math.min(1, 650 / width, 720 / height)));
  }
});
