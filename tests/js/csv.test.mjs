import assert from "node:assert/strict";
import { test } from "node:test";

import { readPoints, writePoints } from "../../src/initlab_book/lab/js/csv.js";

/** @type {[number, number, number][]} */
const POINTS = [
  [0.5, -1.25, 1],
  [2, 0, 0],
];

test("what is written is read", () => {
  assert.deepEqual(readPoints(writePoints(POINTS), 10), { points: POINTS });
});

test("points come in many dresses", () => {
  for (const text of [
    "x,y,class\n0.5,-1.25,1\n2,0,0\n",
    "0.5;-1.25;1\r\n2;0;0",
    "0,5; -1,25; 1\n2; 0; 0",
    "\n0.5\t−1.25\t1\n\n2\t0\t0\n",
    "5e-1 -1.25 1\n  2   0   0",
  ]) {
    assert.deepEqual(readPoints(text, 10).points, POINTS, text);
  }
});

test("two words name the classes, in the order in which they come", () => {
  assert.deepEqual(readPoints('a,b,c\n1,2,"cat"\n3,4,dog\n5,6,cat', 10).points, [
    [1, 2, 0],
    [3, 4, 1],
    [5, 6, 0],
  ]);
});

test("what is wrong is named with its line", () => {
  for (const [text, problem] of [
    ["1,2,0\n3,4\n", "Line 2 is not x, y, class: 3,4"],
    ["1,2,0\nx,y,1", "Line 2 is not x, y, class: x,y,1"],
    ["1,,0\n2,2,1", "Line 1 is not x, y, class: 1,,0"],
    ["1,2,a\n3,4,b\n5,6,c", "Line 3 names a third class, c."],
    ["1,2,0\n3,4,0", "There must be points of two classes."],
    ["", "There must be points of two classes."],
    ["1,2,0\n3,4,1\n5,6,1", "There are 3 points; at most 2 can be used."],
  ]) {
    assert.equal(readPoints(text, 2).problem, problem);
  }
});
