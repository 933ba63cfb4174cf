// Activations: f and f' together, safe from z = -1000 to 1000 and at +-inf, as in initlab/activations.py.

/**
 * An activation: of whole arrays, and of one number.
 * @typedef {object} Activation
 * @property {string} label How a figure calls it.
 * @property {number[]} kinks Where f' jumps. There the slope is the one on the left.
 * @property {(z: Float64Array, out: Float64Array) => Float64Array} f Writes f(z) into out, which may be z itself.
 * @property {(z: Float64Array, a: Float64Array | null, out: Float64Array) => Float64Array} df Writes f'(z) into out,
 *   which may be z or a. a = f(z) is a hint: tanh' is 1 - a^2.
 * @property {(z: number) => number} of f of one number.
 * @property {(z: number) => number} slope f' of one number.
 */

const SQRT_PI = Math.sqrt(Math.PI);
const GELU_TANH = Math.sqrt(2 / Math.PI);

/** The Taylor series of the error function: (2/sqrt(pi)) (-1)^n / (n! (2n + 1)), the first last. @type {number[]} */
const ERF_SERIES = [];
for (let n = 0, term = 2 / SQRT_PI; n < 20; term *= -1 / ++n) ERF_SERIES.unshift(term / (2 * n + 1));

/** The trapezoidal rule of step 1/2: e^(-t^2) and t^2 at t = 1/2, 1, 3/2, ... */
const ERFC_NODES = Array.from({ length: 13 }, (_, k) => ((k + 1) / 2) ** 2);
const ERFC_WEIGHTS = ERFC_NODES.map((square) => Math.exp(-square));

/**
 * 1 - erf(x) for x >= 1, by the trapezoidal rule for (x/pi) e^(-x^2) times the integral of e^(-t^2) / (t^2 + x^2); the
 * last term is what the rule leaves out at the pole t = ix. Source: Chiarella and Reichel 1968,
 * https://doi.org/10.1090/S0025-5718-1968-0223612-3.
 * @param {number} x
 */
function erfcTail(x) {
  const square = x * x;
  if (square > 709.7) return 0;
  let sum = 0.5 / square;
  for (let k = ERFC_NODES.length - 1; k >= 0; k--) sum += ERFC_WEIGHTS[k] / (ERFC_NODES[k] + square);
  return (x / Math.PI) * Math.exp(-square) * sum - (x < 2 * Math.PI ? 2 / Math.expm1(4 * Math.PI * x) : 0);
}

/**
 * The error function.
 * @param {number} x
 */
export function erf(x) {
  if (x >= 1) return 1 - erfcTail(x);
  if (x <= -1) return erfcTail(-x) - 1;
  const square = x * x;
  let sum = 0;
  for (const term of ERF_SERIES) sum = sum * square + term;
  return x * sum;
}

/**
 * The normal distribution function.
 * @param {number} z
 */
export function ndtr(z) {
  const x = z * Math.SQRT1_2;
  if (x >= 1) return 1 - 0.5 * erfcTail(x);
  return x <= -1 ? 0.5 * erfcTail(-x) : 0.5 + 0.5 * erf(x);
}

/**
 * 1 where z > 0, else 0.
 * @param {number} z
 */
const unitStep = (z) => (z > 0 ? 1 : z <= 0 ? 0 : NaN);

/**
 * Accurate in the tails: where e^-z overflows, 1/inf = 0 is right.
 * @param {number} z
 */
const sigmoid = (z) => 1 / (1 + Math.exp(-z));

/**
 * 1 / cosh^2 z, which unlike 1 - tanh^2 z keeps its digits in the tails.
 * @param {number} z
 */
const sech2 = (z) => (1 / Math.cosh(z)) ** 2;

/**
 * z kept within +-limit: beyond it a vanishing factor is 0 already, so that inf * 0 never arises.
 * @param {number} z
 * @param {number} limit
 */
const clipped = (z, limit) => Math.min(Math.max(z, -limit), limit);

/**
 * log(1 + e^z).
 * @param {number} z
 */
const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** @param {number} z */
const geluTanhU = (z) => GELU_TANH * (z + 0.044715 * z ** 3);

/**
 * An activation from f and f' of one number.
 * @param {string} label
 * @param {(z: number) => number} of
 * @param {(z: number) => number} slope
 * @param {{ kinks?: number[], fromOutput?: (a: number) => number } & Partial<Pick<Activation, "f" | "df">>} more
 *   fromOutput: f' computed from a = f(z); f and df: loops of its own, a fifth faster for the whole of training
 * @returns {Activation}
 */
function activation(label, of, slope, { kinks = [], fromOutput, ...own } = {}) {
  return {
    label,
    kinks,
    of,
    slope,
    f(z, out) {
      for (let i = 0; i < z.length; i++) out[i] = of(z[i]);
      return out;
    },
    df(z, a, out) {
      if (a && fromOutput) for (let i = 0; i < a.length; i++) out[i] = fromOutput(a[i]);
      else for (let i = 0; i < z.length; i++) out[i] = slope(z[i]);
      return out;
    },
    ...own,
  };
}

/**
 * max(z, 0) + slope min(z, 0).
 * @param {number} slope for z < 0, from 0 to 1
 */
export const leakyRelu = (slope = 0.01) =>
  activation(
    `leaky ReLU, slope ${slope}`,
    (z) => Math.max(z, z * slope),
    (z) => Math.max(unitStep(z), slope),
    { kinks: slope < 1 ? [0] : [] },
  );

/**
 * scale z for z > 0, else scale alpha (e^z - 1).
 * @param {string} label
 * @param {number} alpha
 * @param {number} scale
 */
const scaledElu = (label, alpha, scale) =>
  activation(
    label,
    (z) => scale * (Math.max(z, 0) + alpha * Math.expm1(Math.min(z, 0))),
    (z) => scale * (z > 0 ? 1 : alpha * Math.exp(z)),
    { kinks: alpha === 1 ? [] : [0] },
  );

const LECUN_SCALE = 1.7159;

/** All activations, by name. @type {Record<string, Activation>} */
export const ACTIVATIONS = {
  identity: activation(
    "none (linear)",
    (z) => z,
    () => 1,
  ),
  relu: activation("ReLU", (z) => Math.max(z, 0), unitStep, {
    kinks: [0],
    f(z, out) {
      for (let i = 0; i < z.length; i++) out[i] = Math.max(z[i], 0);
      return out;
    },
    df(z, _, out) {
      for (let i = 0; i < z.length; i++) out[i] = z[i] > 0 ? 1 : z[i] <= 0 ? 0 : NaN;
      return out;
    },
  }),
  leaky_relu: leakyRelu(),
  elu: scaledElu("ELU", 1, 1),
  selu: scaledElu("SELU", 1.6732632423543772, 1.0507009873554805),
  gelu: activation(
    "GELU",
    (z) => Math.max(z, -40) * ndtr(z),
    (z) => {
      const near = clipped(z, 40);
      return ndtr(near) + (near * Math.exp(-0.5 * near * near)) / Math.sqrt(2 * Math.PI);
    },
  ),
  gelu_tanh: activation(
    "GELU, tanh form",
    (z) => Math.max(z, -40) * sigmoid(2 * geluTanhU(clipped(z, 40))),
    (z) => {
      const near = clipped(z, 40);
      const u = geluTanhU(near);
      return sigmoid(2 * u) + 0.5 * near * sech2(u) * GELU_TANH * (1 + 3 * 0.044715 * near ** 2);
    },
  ),
  silu: activation(
    "SiLU (swish)",
    (z) => Math.max(z, -1000) * sigmoid(z),
    (z) => {
      const near = clipped(z, 1000);
      return sigmoid(near) * (1 + near * sigmoid(-near));
    },
  ),
  mish: activation(
    "Mish",
    (z) => Math.max(z, -1000) * Math.tanh(softplus(z)),
    (z) => {
      const near = clipped(z, 1000);
      return Math.tanh(softplus(near)) + near * sech2(softplus(near)) * sigmoid(near);
    },
  ),
  softplus: activation("softplus", softplus, sigmoid),
  softsign: activation(
    "softsign",
    (z) => {
      const near = clipped(z, Number.MAX_VALUE);
      return near / (1 + Math.abs(near));
    },
    (z) => (1 / (1 + Math.abs(z))) ** 2,
  ),
  tanh: activation("tanh", Math.tanh, sech2, {
    f(z, out) {
      for (let i = 0; i < z.length; i++) out[i] = Math.tanh(z[i]);
      return out;
    },
    df(z, a, out) {
      if (a) for (let i = 0; i < a.length; i++) out[i] = 1 - a[i] * a[i];
      else for (let i = 0; i < z.length; i++) out[i] = sech2(z[i]);
      return out;
    },
  }),
  sigmoid: activation("sigmoid", sigmoid, (z) => sech2(z * 0.5) * 0.25, { fromOutput: (a) => (1 - a) * a }),
  lecun_tanh: activation(
    "LeCun's tanh",
    (z) => LECUN_SCALE * Math.tanh(z * (2 / 3)),
    (z) => LECUN_SCALE * (2 / 3) * sech2(z * (2 / 3)),
  ),
  erf: activation("erf", erf, (z) => (2 / SQRT_PI) * Math.exp(-z * z)),
};
