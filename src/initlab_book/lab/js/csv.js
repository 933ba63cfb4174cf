// Points of the reader's own, as text.

/** @import { PointsRead } from "./types.d.ts" */

/**
 * Points from lines like `0.5, -1.2, 0`: x, y and a class, separated by commas, semicolons, tabs or spaces. Two words
 * may name the classes. A first line without numbers is a heading.
 * @param {string} text
 * @param {number} most how many there may be
 * @returns {PointsRead}
 */
export function readPoints(text, most) {
  /** @type {[number, number, number][]} */
  const points = [];
  /** @type {string[]} */
  const classes = [];
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const first = lines.findIndex((line) => line !== "");
  for (const [i, line] of lines.entries()) {
    if (line === "") continue;
    const cells = separated(line);
    const [x, y] = cells.slice(0, 2).map((cell) => (cell === "" ? NaN : Number(cell)));
    if (i === first && Number.isNaN(x) && Number.isNaN(y)) continue;
    if (cells.length !== 3 || !Number.isFinite(x) || !Number.isFinite(y)) {
      return { problem: `Line ${i + 1} is not x, y, class: ${line.slice(0, 40)}` };
    }
    if (!classes.includes(cells[2])) classes.push(cells[2]);
    if (classes.length > 2) return { problem: `Line ${i + 1} names a third class, ${cells[2].slice(0, 20)}.` };
    points.push([x, y, classes.indexOf(cells[2])]);
  }
  if (classes.length < 2) return { problem: "There must be points of two classes." };
  if (points.length > most) return { problem: `There are ${points.length} points; at most ${most} can be used.` };
  if (String(classes) === "1,0") for (const point of points) point[2] = 1 - point[2]; // their own names, as they are
  return { points };
}

/** @param {string} line */
function separated(line) {
  const mark = [";", "\t", ","].find((each) => line.includes(each));
  // Where a semicolon or a tab separates, a comma may stand before decimals.
  const cells = line.split(mark || /\s+/).map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/, "$1")
      .replaceAll("−", "-"),
  );
  return mark === "," ? cells : cells.map((cell) => cell.replace(/^([-+]?\d*),(\d+)$/, "$1.$2"));
}

/**
 * The same, written.
 * @param {[number, number, number][]} points
 */
export const writePoints = (points) => `x,y,class\n${points.map((point) => point.join()).join("\n")}\n`;
