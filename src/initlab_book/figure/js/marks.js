// The shapes that tell series and classes apart besides their colours.

/** @type {((x: number, y: number) => string)[]} */
export const SHAPES = [
  (x, y) => `M${x - 3.2},${y}a3.2,3.2 0 1 0 6.4,0a3.2,3.2 0 1 0 -6.4,0Z`,
  (x, y) => `M${x - 3},${y - 3}h6v6h-6Z`,
  (x, y) => `M${x},${y - 4}l4,7h-8Z`,
  (x, y) => `M${x},${y - 4.2}l4.2,4.2l-4.2,4.2l-4.2,-4.2Z`,
];

/**
 * To a tenth of a pixel.
 * @param {number} x
 */
export const round = (x) => Math.round(x * 10) / 10;
