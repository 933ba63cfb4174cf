// Statistics of one quantity in every layer: moments, how alike the examples are, and a histogram if asked for.

/**
 * @import { Matrix } from "./matrix.js"
 * @typedef {readonly [count: number, low: number, high: number, scale?: "log"]} Bins
 *   equal bins of v, or of log10 |v|
 * @typedef {Record<string, Bins>} BinsOf the histograms asked for, by quantity
 */

/**
 * Statistics of a quantity over units and batch, an entry for each layer.
 * @typedef {object} LayerStatistics
 * @property {number[]} layers the number l of each layer
 * @property {number[]} mean E[v]
 * @property {number[]} variance E[v^2] - E[v]^2
 * @property {number[]} secondMoment E[v^2]
 * @property {number[]} rms sqrt(E[v^2])
 * @property {number[]} cosine mean cosine of the angle between two examples; empty for gradients and weights
 * @property {number[]} correlation the same without the mean over the units
 * @property {Histogram[]} histograms empty where none was asked for
 */

/** @param {Float64Array} values */
export function moments(values) {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i];
    squares += values[i] * values[i];
  }
  const mean = sum / values.length;
  let spread = 0; // about the mean, as the difference E[v^2] - E[v]^2 may be nothing but rounding
  for (let i = 0; i < values.length; i++) spread += (values[i] - mean) * (values[i] - mean);
  return { mean, variance: spread / values.length, secondMoment: squares / values.length };
}

/** Root mean square. @param {Float64Array} values */
export function rms(values) {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  return Math.sqrt(squares / values.length);
}

/**
 * The mean, over all pairs of different columns, of the cosine of the angle between them; columns of zeros are left out.
 * @param {Matrix} values each column of at most 1 in size
 * @param {number} least up to which size entries are 0, but for rounding
 */
function meanCosine({ rows, cols, data }, least) {
  const length = new Float64Array(cols);
  const peak = new Float64Array(cols);
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < cols; j++, at++) {
      length[j] += data[at] * data[at];
      peak[j] = Math.max(peak[j], Math.abs(data[at]));
    }
  let count = 0;
  for (let j = 0; j < cols; j++) {
    length[j] = length[j] === 0 || peak[j] < least ? Infinity : Math.sqrt(length[j]);
    if (length[j] !== Infinity) count++;
  }
  let square = 0; // of the sum of the unit vectors: the cosines of all pairs, and of each column with itself
  for (let i = 0, at = 0; i < rows; i++) {
    let total = 0;
    for (let j = 0; j < cols; j++) total += data[at++] / length[j];
    square += total * total;
  }
  return count > 1 ? Math.min(Math.max((square - count) / (count * (count - 1)), -1), 1) : NaN;
}

/**
 * How alike the examples are: the mean cosine of two columns, also of what is left without their means over the rows.
 * @param {Matrix} values
 */
export function alikeness({ rows, cols, data }) {
  const peak = new Float64Array(cols);
  for (let at = 0; at < data.length; ) for (let j = 0; j < cols; j++) peak[j] = Math.max(peak[j], Math.abs(data[at++]));
  for (let j = 0; j < cols; j++) if (!(peak[j] > 0)) peak[j] = 1;
  const scaled = { rows, cols, data: new Float64Array(rows * cols) }; // squares of huge and tiny numbers lose them
  const mean = new Float64Array(cols);
  for (let at = 0; at < data.length; )
    for (let j = 0; j < cols; j++, at++) {
      scaled.data[at] = data[at] / peak[j];
      mean[j] += scaled.data[at] / rows;
    }
  const cosine = meanCosine(scaled, 0);
  for (let at = 0; at < data.length; ) for (let j = 0; j < cols; j++) scaled.data[at++] -= mean[j];
  return { cosine, correlation: meanCosine(scaled, 1e-12) };
}

/**
 * Counts: every value is in exactly one of them. The last bin includes its upper edge.
 * @typedef {{ counts: number[], below: number, above: number, nan: number, zero: number }} Histogram
 *   zero: values that have no logarithm, on a log scale
 * @param {Float64Array} values
 * @param {Bins} bins
 * @returns {Histogram}
 */
export function histogram(values, [count, low, high, scale]) {
  const counts = new Array(count).fill(0);
  const perUnit = count / (high - low);
  let [below, above, nan, zero] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const v = scale ? Math.log10(Math.abs(values[i])) : values[i];
    if (v >= low && v <= high) counts[Math.min(Math.floor((v - low) * perUnit), count - 1)]++;
    else if (v > high) above++;
    else if (scale && values[i] === 0) zero++;
    else if (v < low) below++;
    else nan++;
  }
  return { counts, below, above, nan, zero };
}

/**
 * What is seen of some quantities, layer by layer.
 * @param {BinsOf} bins
 * @param {string[]} alike the quantities of which to measure how alike the examples are
 */
export function survey(bins, alike = []) {
  /** @type {Record<string, LayerStatistics>} */
  const seen = {};
  return {
    /** Takes in the next layer. @param {string} name @param {Matrix} values */
    see(name, values) {
      seen[name] ??= {
        layers: [],
        mean: [],
        variance: [],
        secondMoment: [],
        rms: [],
        cosine: [],
        correlation: [],
        histograms: [],
      };
      const found = seen[name];
      const { mean, variance, secondMoment } = moments(values.data);
      found.mean.push(mean);
      found.variance.push(variance);
      found.secondMoment.push(secondMoment);
      found.rms.push(Math.sqrt(secondMoment));
      if (alike.includes(name)) {
        const { cosine, correlation } = alikeness(values);
        found.cosine.push(cosine);
        found.correlation.push(correlation);
      }
      if (bins[name]) found.histograms.push(histogram(values.data, bins[name]));
    },
    /**
     * @param {string} name
     * @param {number} first the number of the lowest layer
     * @param {boolean} downwards whether the layers came from the highest to the lowest
     */
    statistics(name, first = 1, downwards = false) {
      const found = seen[name];
      found.layers = found.mean.map((_, i) => first + i);
      if (downwards) for (const list of Object.values(found)) if (list !== found.layers) list.reverse();
      return found;
    },
  };
}
