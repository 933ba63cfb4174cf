// Losses, each a function (output, targets, gradient) that returns the loss and writes dL/d output. Losses to train with
// are means over the batch.

/**
 * @import { Matrix } from "./matrix.js"
 * @typedef {Matrix | ArrayLike<number>} Targets a matrix like the output, or the class of every example
 * @typedef {(output: Matrix, targets: any, gradient: Matrix) => number} Loss
 */

/**
 * The loss of signal propagation, L = sum g a: the gradient is g.
 * @param {Matrix} output
 * @param {Matrix} coefficients g
 * @param {Matrix} gradient
 */
export function linear(output, coefficients, gradient) {
  gradient.data.set(coefficients.data);
  return output.data.reduce((sum, a, i) => sum + a * coefficients.data[i], 0);
}

/**
 * (1 / 2 batch) sum (a - y)^2
 * @param {Matrix} output
 * @param {Matrix} targets
 * @param {Matrix} gradient
 */
export function squaredError(output, targets, gradient) {
  const batch = output.cols;
  let sum = 0;
  for (let i = 0; i < output.data.length; i++) {
    const error = output.data[i] - targets.data[i];
    sum += error * error;
    gradient.data[i] = error / batch;
  }
  return sum / (2 * batch);
}

/**
 * The mean of log sum_k exp(z_k) - z_label, with the largest entry of every column subtracted first.
 * @param {Matrix} output
 * @param {ArrayLike<number>} labels
 * @param {Matrix} gradient
 */
export function softmaxCrossEntropy({ rows, cols, data }, labels, gradient) {
  const p = gradient.data;
  let loss = 0;
  for (let j = 0; j < cols; j++) {
    let largest = -Infinity;
    for (let at = j; at < data.length; at += cols) largest = Math.max(largest, data[at]);
    let total = 0;
    for (let at = j; at < data.length; at += cols) {
      p[at] = Math.exp(data[at] - largest);
      total += p[at];
    }
    const correct = labels[j] * cols + j;
    loss += Math.log(total) - (data[correct] - largest);
    for (let i = 0, at = j; i < rows; i++, at += cols) p[at] /= total * cols;
    p[correct] -= 1 / cols;
  }
  return loss / cols;
}

/** The losses, by name. @type {Record<string, Loss>} */
export const LOSSES = { linear, squared_error: squaredError, softmax_cross_entropy: softmaxCrossEntropy };
