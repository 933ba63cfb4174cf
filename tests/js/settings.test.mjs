import assert from "node:assert/strict";
import { test } from "node:test";
import {
  choicesOf,
  filmSettings,
  position,
  readAddress,
  writeAddress,
} from "../../src/initlab_book/figure/js/settings.js";

const CONTROLS = [
  { kind: "slider", name: "scale", values: [0.000001, 0.5, 1] },
  { kind: "menu", name: "rule", values: ["he", "1/n & more"] },
  { kind: "toggle", name: "sign", values: [false, true] },
  { kind: "number", name: "seed", values: [3] },
];
const DEMO = { controls: CONTROLS };
const FILM = { controls: CONTROLS, player: { name: "step", values: [0, 1, 2] }, compare: ["scale"] };
const START = { scale: 0.5, rule: "he", sign: false, seed: 3, step: 2, compare: false, scale_2: 1 };
const names = (spec) => choicesOf(spec).map((choice) => choice.name);

test("the last control changes fastest", () => {
  const found = [];
  for (const scale of CONTROLS[0].values) {
    for (const rule of CONTROLS[1].values) {
      for (const sign of [false, true]) found.push(position(CONTROLS, { scale, rule, sign, seed: 3 }));
    }
  }
  assert.deepEqual(
    found,
    found.map((_, i) => i),
  );
});

test("a reader can choose what has more than one value, the step, and the second side", () => {
  assert.deepEqual(names(DEMO), ["scale", "rule", "sign"]);
  assert.deepEqual(names(FILM), ["scale", "rule", "sign", "step", "compare", "scale_2"]);
  assert.deepEqual(names({ ...FILM, compare: [] }), ["scale", "rule", "sign", "step"]);
  assert.deepEqual(filmSettings(FILM), ["step", "compare", "scale_2"]);
  assert.deepEqual(filmSettings({ ...FILM, compare: [] }), ["step"]);
});

test("an address names the picture", () => {
  assert.equal(writeAddress("explorer-x", choicesOf(DEMO), START), "#explorer-x?scale=0.5&rule=he&sign=false");
  assert.equal(
    writeAddress("x", choicesOf(FILM), { ...START, rule: "1/n & more" }),
    "#x?scale=0.5&rule=1%2Fn+%26+more&sign=false&step=2", // one side: nothing of the other
  );
  assert.equal(
    writeAddress("x", choicesOf(FILM), { ...START, compare: true }),
    "#x?scale=0.5&rule=he&sign=false&step=2&compare=true&scale_2=1",
  );
});

test("what was written can be read", () => {
  const choices = choicesOf(FILM);
  for (const rule of CONTROLS[1].values) {
    const settings = { ...START, rule, scale: 0.000001, compare: true };
    const { seed, ...named } = settings;
    assert.deepEqual(
      Object.fromEntries(readAddress(writeAddress("x", choices, settings), "x", choices).settings),
      named,
    );
  }
});

test("an address is read as far as it makes sense", () => {
  const read = (address, aliases) => readAddress(address, "x", choicesOf(FILM), aliases);
  assert.deepEqual(read("#x?scale=1e-6"), { settings: [["scale", 0.000001]], problems: [] });
  assert.deepEqual(read("#x?scale=1.0&rule=xavier&nothing=1&sign=true"), {
    settings: [
      ["scale", 1],
      ["sign", true],
    ],
    problems: [
      "There is no picture for rule = xavier; this is another.",
      "This figure has no setting “nothing” (any more).",
    ],
  });
  assert.deepEqual(read("#x?step=").settings, []); // not 0
  assert.deepEqual(read("#x?scale=0.62"), {
    settings: [["scale", 0.5]],
    problems: ["There is no picture for scale = 0.62; this is the nearest, 0.5."],
  });
  const aliases = { size: "scale", "rule=kaiming": "rule=he" };
  assert.deepEqual(read("#x?size=1&rule=kaiming", aliases), {
    settings: [
      ["scale", 1],
      ["rule", "he"],
    ],
    problems: [],
  });
  for (const elsewhere of ["", "#", "#x", "#x?", "#y?scale=1", "#section"]) assert.equal(read(elsewhere), null);
});
