// What the figures do with lists of numbers.

/** first, ..., last. @param {number} first @param {number} last */
export const wholeNumbers = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** The square root of each. @param {ArrayLike<number>} list */
export const roots = (list) => Array.from(list, Math.sqrt);

/** The last of them. @template T @param {ArrayLike<T>} list */
export const lastOf = (list) => list[list.length - 1];

/** In ascending order. @param {ArrayLike<number>} list */
export const ascending = (list) => Array.from(list).sort((a, b) => a - b);

/** To the nearest whole number, and of two to the even one. @param {number} x */
export function roundHalfEven(x) {
  const up = Math.round(x);
  return up - x === 0.5 && up % 2 ? up - 1 : up;
}
