import assert from "node:assert/strict";
import { test } from "node:test";
import { unpack } from "../../src/initlab_book/figure/js/packing.js";

// tests/book/test_front_end.py unpacks films that Python packed.
const SPEC = {
  panels: [{ name: "map", levels: ["levels"] }, { name: "curve" }, { name: "still", levels: ["pixels"] }],
};
const FILM = {
  common: { map: { points: [1, 2] }, marks: { rate: 0.5 } },
  still: { still: { pixels: "A-_" }, curve: { y: [1, 2, 3] }, marks: { gain: 2 } },
  moving: { map: { levels: ["AB", "AA", "B_"] }, curve: { at: [7, 8, 9] } },
  texts: ["one", "two", "three"],
};
const floats = (...values) => new Float32Array(values);

test("a film has its frames again", () => {
  const { length, texts, panels, marks } = unpack(FILM, SPEC);
  assert.equal(length, 3);
  assert.deepEqual(texts, FILM.texts);
  assert.deepEqual(marks, { rate: 0.5, gain: 2 });
  assert.deepEqual(
    panels.curve,
    [7, 8, 9].map((at) => ({ y: [1, 2, 3], at })),
  );
  assert.deepEqual(
    panels.map.map((frame) => frame.levels),
    [floats(0, 1 / 62), floats(0, 1 / 62), floats(1 / 62, 0)], // the last by -1, that is 63 of 64
  );
  assert.ok(panels.map.every((frame) => frame.points === FILM.common.map.points));
});

test("what stands still is the same object in every frame", () => {
  const [first, second, third] = unpack(FILM, SPEC).panels.still;
  assert.deepEqual(first, { pixels: floats(0, 1, NaN) });
  assert.ok(first === second && second === third); // a panel knows by this that it need not be drawn
});

test("nothing need be in common or move", () => {
  const { panels, marks } = unpack({ still: { curve: { y: [1] } }, moving: {}, texts: ["only"] }, SPEC);
  assert.deepEqual(panels, { map: [{}], curve: [{ y: [1] }], still: [{}] });
  assert.deepEqual(marks, {});
});
