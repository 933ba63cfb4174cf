// Matrices of float64, row after row, and their products.

/** @typedef {{ rows: number, cols: number, data: Float64Array }} Matrix */

/**
 * A matrix of given entries, or of zeros.
 * @param {number} rows
 * @param {number} cols
 * @param {Float64Array} data
 * @returns {Matrix}
 */
export const matrix = (rows, cols, data = new Float64Array(rows * cols)) => ({ rows, cols, data });

/**
 * out = A B, or A^T B. Two rows of the result and four of B at a time: what is loaded once then serves twice or more.
 * @param {Matrix} A
 * @param {Matrix} B
 * @param {Matrix} out
 */
export function multiply(A, B, out, transposed = false) {
  const a = A.data;
  const b = B.data;
  const c = out.data;
  const n = B.cols;
  const [alongRow, alongSum] = transposed ? [1, A.cols] : [A.cols, 1];
  c.fill(0);
  let i = 0;
  for (; i + 1 < out.rows; i += 2) {
    const first = i * n;
    const second = first + n;
    let at = i * alongRow;
    let k = 0;
    for (; k + 3 < B.rows; k += 4, at += 4 * alongSum) {
      const below = at + alongRow;
      const w0 = a[at];
      const w1 = a[at + alongSum];
      const w2 = a[at + 2 * alongSum];
      const w3 = a[at + 3 * alongSum];
      const v0 = a[below];
      const v1 = a[below + alongSum];
      const v2 = a[below + 2 * alongSum];
      const v3 = a[below + 3 * alongSum];
      for (let j = first, J = second, b0 = k * n, b1 = b0 + n, b2 = b1 + n, b3 = b2 + n; j < second; j++, J++) {
        const x0 = b[b0++];
        const x1 = b[b1++];
        const x2 = b[b2++];
        const x3 = b[b3++];
        c[j] += w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3;
        c[J] += v0 * x0 + v1 * x1 + v2 * x2 + v3 * x3;
      }
    }
    for (; k < B.rows; k++, at += alongSum) {
      const w = a[at];
      const v = a[at + alongRow];
      for (let j = first, J = second, bk = k * n; j < second; j++, J++) {
        const x = b[bk++];
        c[j] += w * x;
        c[J] += v * x;
      }
    }
  }
  for (; i < out.rows; i++)
    for (let k = 0, at = i * alongRow, bk = 0; k < B.rows; k++, at += alongSum) {
      const w = a[at];
      for (let j = i * n; j < (i + 1) * n; j++) c[j] += w * b[bk++];
    }
  return out;
}

/**
 * out = A B^T, likewise with two rows of A and four of B at a time.
 * @param {Matrix} A
 * @param {Matrix} B
 * @param {Matrix} out
 */
export function multiplyByTransposed(A, B, out) {
  const a = A.data;
  const b = B.data;
  const c = out.data;
  const n = A.cols;
  const m = B.rows;
  let i = 0;
  for (; i + 1 < A.rows; i += 2) {
    const first = i * n;
    const second = first + n;
    let at = i * m;
    let j = 0;
    for (; j + 3 < m; j += 4, at += 4) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let t0 = 0;
      let t1 = 0;
      let t2 = 0;
      let t3 = 0;
      for (let k = first, K = second, b0 = j * n, b1 = b0 + n, b2 = b1 + n, b3 = b2 + n; k < second; k++, K++) {
        const w = a[k];
        const v = a[K];
        const x0 = b[b0++];
        const x1 = b[b1++];
        const x2 = b[b2++];
        const x3 = b[b3++];
        s0 += w * x0;
        s1 += w * x1;
        s2 += w * x2;
        s3 += w * x3;
        t0 += v * x0;
        t1 += v * x1;
        t2 += v * x2;
        t3 += v * x3;
      }
      c[at] = s0;
      c[at + 1] = s1;
      c[at + 2] = s2;
      c[at + 3] = s3;
      c[at + m] = t0;
      c[at + m + 1] = t1;
      c[at + m + 2] = t2;
      c[at + m + 3] = t3;
    }
    for (; j < m; j++, at++) {
      let [s, t] = [0, 0];
      for (let k = first, K = second, bj = j * n; k < second; k++, K++, bj++) {
        s += a[k] * b[bj];
        t += a[K] * b[bj];
      }
      c[at] = s;
      c[at + m] = t;
    }
  }
  for (; i < A.rows; i++)
    for (let j = 0, bj = 0; j < m; j++) {
      let s = 0;
      for (let k = i * n; k < (i + 1) * n; k++) s += a[k] * b[bj++];
      c[i * m + j] = s;
    }
  return out;
}

/**
 * Some columns of a matrix.
 * @param {Matrix} A
 * @param {ArrayLike<number>} some which
 * @param {Matrix} out
 */
export function takeColumns({ rows, cols, data }, some, out = matrix(rows, some.length)) {
  for (let i = 0, at = 0; i < rows; i++)
    for (let j = 0; j < some.length; j++) out.data[at++] = data[i * cols + some[j]];
  return out;
}
