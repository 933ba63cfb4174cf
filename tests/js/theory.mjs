// For Python: takes a list of [what, ...arguments] from stdin and prints what `asked[what]` returns for each. JSON has
// no infinity: words stand for it, both ways.

import { readFileSync } from "node:fs";
import { ACTIVATIONS } from "../../src/initlab_book/engine/activations.js";
import { quantiles, sampleLengths, spread } from "../../src/initlab_book/engine/finite_width.js";
import { gain, propagate, propagatePair } from "../../src/initlab_book/engine/gaussian.js";
import { growthQuantile, growthRate, growthVariance, stretch } from "../../src/initlab_book/engine/random_matrices.js";
import { fromJson } from "../../src/initlab_book/figure/js/numbers.js";

/** What a generator returns in the end. @param {Generator} generator */
function inTheEnd(generator) {
  let step = generator.next();
  while (!step.done) step = generator.next();
  return step.value;
}

const asked = {
  /** f, f' with a hint and without, in place, and all of it again for single numbers. */
  activation(name, words) {
    const z = Float64Array.from(words, fromJson);
    const { f, df, of, slope } = ACTIVATIONS[name];
    const a = f(z, new Float64Array(z.length));
    const results = { f: a, df: df(z, null, z.slice()), hinted: df(z, a, a.slice()) };
    const same = z.slice();
    return { ...results, in_place: f(same, same), of: z.map(of), slope: z.map(slope) };
  },
  gains: (name) => [gain(name), gain(name, "backward")],
  propagate,
  pair: propagatePair,
  spread(name, widths, scaledWeightVariance, deviates) {
    const walk = spread(name, widths, scaledWeightVariance);
    return [walk.map(({ q }) => q), ...deviates.map((deviate) => quantiles(walk, deviate))];
  },
  sample: (...args) => inTheEnd(sampleLengths(...args)),
  growth: (width, factor, deviates, layers) => [
    growthRate(width, factor),
    growthVariance(width),
    ...deviates.map((deviate) => layers.map((l) => growthQuantile(deviate, l, width, factor))),
  ],
  stretch: (...args) => inTheEnd(stretch(...args)),
};

const plain = (_, v) =>
  ArrayBuffer.isView(v) ? Array.from(v, String) : Number.isFinite(v) || typeof v !== "number" ? v : String(v);
const results = JSON.parse(readFileSync(0, "utf8")).map(([what, ...args]) => asked[what](...args));
process.stdout.write(JSON.stringify(results, plain));
