import assert from "node:assert/strict";
import { test } from "node:test";
import { scale, tickLabel, ticks } from "../../src/initlab_book/figure/js/scales.js";

const linear = (low, high) => scale(low, high, 0, 100, false);
const logarithmic = (low, high) => scale(low, high, 0, 100, true);
const labels = (of, count) => ticks(of, count).map((tick) => tickLabel(tick, of));

test("a scale leads from numbers to pixels", () => {
  const x = linear(-1, 3);
  assert.deepEqual([-1, 0, 3, 5].map(x), [0, 25, 100, 150]);
  const y = scale(1e-4, 1e4, 200, 40, true);
  assert.deepEqual([1e-4, 1, 1e4].map(y), [200, 120, 40]);
  assert.deepEqual([y.low, y.high, y.log], [1e-4, 1e4, true]);
});

test("ticks are round numbers within the scale", () => {
  assert.deepEqual(labels(linear(0, 10), 5), ["0", "2", "4", "6", "8", "10"]);
  assert.deepEqual(labels(linear(-3, 3), 4), ["−2", "0", "2"]);
  assert.deepEqual(labels(linear(1, 50), 9), ["10", "20", "30", "40", "50"]);
  assert.deepEqual(labels(linear(0, 0.3), 3), ["0", "0.1", "0.2", "0.3"]);
  assert.deepEqual(labels(linear(0.02, 0.98), 5), ["0.2", "0.4", "0.6", "0.8"]);
});

test("ticks of a logarithmic scale are whole powers of ten", () => {
  assert.deepEqual(labels(logarithmic(1e-3, 1e4), 8), ["0.001", "0.01", "0.1", "1", "10", "100", "1000", "10,000"]);
  assert.deepEqual(labels(logarithmic(1e-30, 1e30), 5), ["10⁻²⁴", "10⁻¹²", "1", "10¹²", "10²⁴"]);
  assert.deepEqual(labels(logarithmic(1e-3, 1e6), 3), ["10⁻³", "1", "10³", "10⁶"]);
});

test("a logarithmic scale of few powers of ten has ticks between them, as far as there is room", () => {
  assert.deepEqual(labels(logarithmic(2, 20), 5), ["2", "5", "10", "20"]);
  assert.deepEqual(labels(logarithmic(20, 1000), 6), ["20", "50", "100", "200", "500", "1000"]);
  assert.deepEqual(labels(logarithmic(20, 1000), 4), ["30", "100", "300", "1000"]);
  assert.deepEqual(labels(logarithmic(20, 1000), 2), ["100", "1000"]);
});

test("no scale gets more than one tick too many", () => {
  for (let low = -5; low < 5; low += 0.37) {
    for (let width = 1e-3; width < 1e6; width *= 3.3) {
      for (const count of [2, 5, 9]) {
        const found = ticks({ low, high: low + width, log: false }, count);
        assert.ok(found.length <= count + 1 && found.length >= count / 2.5 - 1, `${low} ${width} ${count}: ${found}`);
        assert.ok(found.every((tick) => tick >= low - 1e-6 * width && tick <= low + width * (1 + 1e-6)));
      }
    }
  }
});
