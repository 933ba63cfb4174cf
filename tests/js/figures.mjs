// For Python: takes a list of [figure, settings] from stdin and prints the names of all figures of the engine, and the
// frame of each that was asked for. Words stand for inf and nan.

import { readFileSync } from "node:fs";
import { FIGURES } from "../../src/initlab_book/engine/figures.js";

function frameOf([name, settings]) {
  const figure = FIGURES[name](settings);
  let step = figure.next();
  while (!step.done) step = figure.next();
  return step.value;
}

const plain = (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v);
const frames = JSON.parse(readFileSync(0, "utf8")).map(frameOf);
process.stdout.write(JSON.stringify({ figures: Object.keys(FIGURES), frames }, plain));
