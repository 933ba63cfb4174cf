// Calls the engine for Python: takes a list of {call, ...arguments} from stdin, as JSON, and prints what they return, as
// JSON with inf and nan as Python writes them.

import { readFileSync } from "node:fs";

const folder = "../../src/initlab_book/engine";
const [datasets, initializers, { diagnose }, { matrix }, { sample, simulate }, random, { descend }] = await Promise.all(
  ["datasets", "initializers", "diagnostics", "matrix", "network", "random", "training"].map(
    (name) => import(`${folder}/${name}.js`),
  ),
);

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const camelKeys = (options) => Object.fromEntries(Object.entries(options).map(([name, v]) => [camel(name), v]));
const toMatrix = (rows) => rows && matrix(rows.length, rows[0].length, Float64Array.from(rows.flat()));
const targetsOf = (y) => (Array.isArray(y?.[0]) ? toMatrix(y) : y);
const initializer = ([name, options]) =>
  name === "zeros" ? initializers.zeros : initializers[camel(name)](camelKeys(options));
const drawOf = ({ initializer: given, bias_initializer: biases, ...draw }) => ({
  ...draw,
  initializer: Array.isArray(given[0]) ? given.map(initializer) : initializer(given),
  biasInitializer: biases && initializer(biases),
});

function end(generator) {
  for (;;) {
    const { done, value } = generator.next();
    if (done) return value;
  }
}

const calls = {
  draws({ seed, key, count, order }) {
    const rng = random.defaultRng(random.seedSequence(seed, key));
    return [rng.random(), rng.permutation(order), rng.standardNormal(new Float64Array(count)), rng.random()];
  },
  initializer: ({ given, shape: [rows, cols], seed }) =>
    initializer(given)(rows, cols, random.defaultRng(random.seedSequence(seed))),
  simulate: ({ inputs, targets, draw, ...options }) =>
    end(simulate({ ...drawOf(draw), inputs: toMatrix(inputs), targets: targetsOf(targets), ...options })),
  train({ draw, x, y, held_out: [heldOutX, heldOutY], options }) {
    const network = sample(drawOf(draw));
    const heldOut = [toMatrix(heldOutX), targetsOf(heldOutY)];
    const updates = descend(network, toMatrix(x), targetsOf(y), { ...camelKeys(options), heldOut });
    const seen = [...Array(options.steps + 1)].map(() => updates.next().value).filter(Boolean);
    return { ...updates.next().value, seen };
  },
  diagnose: ({ draw, x, y, loss, bins }) => diagnose(sample(drawOf(draw)), toMatrix(x), targetsOf(y), { loss, bins }),
  dataset: ({ name, options }) => datasets[name](options),
  async film({ chapter, name, settings, data }) {
    const { [name]: film } = await import(`../../src/initlab_book/chapters/${chapter}/figures.js`);
    return [...film(settings, data)].filter(Boolean);
  },
  async figure({ chapter, name, settings }) {
    const { [name]: figure } = await import(`../../src/initlab_book/chapters/${chapter}/figures.js`);
    return end(figure(settings));
  },
  split: ({ x, y, held_out: heldOut, seed }) => datasets.split(toMatrix(x), y, { heldOut, seed }),
  standardize: ({ x, other }) => datasets.standardize(toMatrix(x), toMatrix(other)),
};

const plain = (_, v) => {
  if (ArrayBuffer.isView(v)) return [...v];
  return typeof v === "number" && !Number.isFinite(v) ? `@${v}` : v;
};
const cases = JSON.parse(readFileSync(0, "utf8"));
const results = await Promise.all(cases.map(({ call, ...of }) => calls[call](of)));
process.stdout.write(JSON.stringify(results, plain).replace(/"@(.*?)"/g, "$1"));
