import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, nearest, number, power } from "../../src/initlab_book/figure/js/numbers.js";

// tests/book/test_front_end.py compares many thousand numbers with what Python writes.
test("a number is written for readers", () => {
  const written = [
    [38.443359375, "38.44"],
    [0.001953125, "0.001953"],
    [0.0001, "10⁻⁴"],
    [-0.000001, "−10⁻⁶"],
    [9999, "9999"],
    [10000, "10,000"],
    [-35000, "−35,000"],
    [35000.4, "35,000"],
    [99999, "99,999"],
    [99999.5, "10⁵"],
    [123456, "1.235\u00a0×\u00a010⁵"],
    [-2.5e-7, "−2.5\u00a0×\u00a010⁻⁷"],
    [-1.5, "−1.5"],
    [0, "0"],
    [-0, "0"],
    [5e-324, "4.941\u00a0×\u00a010⁻³²⁴"],
    [Infinity, "overflow"],
    [-Infinity, "minus overflow"],
    [NaN, "not a number"],
    [null, "–"],
  ];
  for (const [x, text] of written) assert.equal(number(x), text);
});

test("a tie goes to the even digit", () => {
  const written = [
    [0.125, 2, "0.12"],
    [-0.125, 2, "−0.12"],
    [0.375, 2, "0.38"],
    [8.5, 1, "8"],
    [9.5, 1, "10"],
    [1024.5, 4, "1024"],
    [2 ** -16, 11, "1.5258789062\u00a0×\u00a010⁻⁵"],
  ];
  for (const [x, digits, text] of written) assert.equal(number(x, digits), text);
  assert.equal(number(1.005, 3), "1"); // no tie: as a double it is a little less
  assert.equal(number(1.015, 3), "1.01");
});

test("words of JSON become numbers", () => {
  assert.deepEqual(["inf", "-inf", "nan", 1.5, null].map(fromJson), [Infinity, -Infinity, NaN, 1.5, null]);
});

test("the nearest number, and of two the first", () => {
  assert.equal(nearest([1, 2, 4, 8], 5), 2);
  assert.equal(nearest([1, 2, 4, 8], 3), 1);
  assert.equal(nearest([1, 2, 4, 8], 100), 3);
});

test("a power of ten", () => assert.equal(power(-305), "10⁻³⁰⁵"));
