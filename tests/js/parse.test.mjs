import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "../../src/initlab_book/quiz/js/parse.js";

test("numbers as readers type them", () => {
  const typed = {
    12: 12,
    " 38.4 ": 38.4,
    "38,4": 38.4,
    ".5": 0.5,
    "5.": 5,
    "+2": 2,
    "−2": -2,
    "-2": -2,
    "1e-3": 1e-3,
    "1E3": 1e3,
    "3.05 × 10⁻⁵": 3.05e-5,
    "3.05·10^-5": 3.05e-5,
    "3x10^2": 300,
    "2*10⁴": 2e4,
    "1,024.5": 1024.5,
    "1,234,567": 1234567,
    "1 234 567": 1234567,
    "0,125": 0.125,
    "1234,567": 1234.567,
    "1/32": 1 / 32,
    "-1 ⁄ 4": -0.25,
    "20 %": 20,
    "20%": 20,
  };
  for (const [text, value] of Object.entries(typed)) assert.deepEqual(parse(text, "%"), { value }, text);
});

test("a unit may be left out, and another one is no number", () => {
  assert.deepEqual(parse("12 layers", "layers"), { value: 12 });
  assert.deepEqual(parse("12", "layers"), { value: 12 });
  assert.deepEqual(parse("12", ""), { value: 12 });
  assert.match(parse("12 %", "layers").problem, /^That is not a number/);
});

test("what cannot be told is asked for", () => {
  const both = "Does the comma separate thousands or decimals? Write 1234 or 1.234.";
  assert.deepEqual(parse("1,234", ""), { problem: both });
  for (const text of ["", "  "]) assert.deepEqual(parse(text, "%"), { problem: "Type a number first." });
  for (const text of ["abc", "1.2.3", "1e", "--2", "1/0", "1e3.5", "Infinity", "%"]) {
    assert.deepEqual(parse(text, "%"), { problem: "That is not a number. Write it like 12.5 or 3e-4." }, text);
  }
});
