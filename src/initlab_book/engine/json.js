// Frames as JSON carries them: packing.py makes the same of what Python computes.

/**
 * Plain lists and numbers, rounded to so many significant digits; what JSON lacks, as words.
 * @param {any} value
 * @param {number} digits
 * @returns {any}
 */
export function jsonable(value, digits) {
  if (typeof value === "number") {
    if (Number.isFinite(value)) return Number(value.toPrecision(digits));
    return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  }
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    return Array.from(/** @type {ArrayLike<any>} */ (value), (item) => jsonable(item, digits));
  }
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonable(item, digits)]));
}
