// Optimizers: how a gradient becomes an update of the parameters, with the equations of initlab/optimizers.py.

/**
 * @typedef {(theta: Float64Array, gradient: Float64Array) => Float64Array} Update
 *   what is to be subtracted from theta, perhaps in the gradient's array; there is one for each parameter
 * @typedef {object} Optimizer
 * @property {number} scale what the gradient at the top is multiplied by: all gradients are linear in it
 * @property {(size: number) => Update} update for a parameter of so many entries
 */

/**
 * SGD: g <- g + weightDecay theta, v <- momentum v + rate g, theta <- theta - v.
 * @param {number} rate
 * @returns {Optimizer}
 */
function sgd(rate, { momentum = 0, weightDecay = 0 } = {}) {
  return {
    scale: rate,
    update(size) {
      const v = new Float64Array(momentum ? size : 0);
      return (theta, step) => {
        if (weightDecay) for (let i = 0; i < size; i++) step[i] += rate * weightDecay * theta[i];
        if (!momentum) return step;
        for (let i = 0; i < size; i++) v[i] = v[i] * momentum + step[i];
        return v;
      };
    },
  };
}

/**
 * Adam: m and s are running means of g and g^2, theta <- theta - rate m' / (sqrt(s') + eps), m' = m / (1 - beta_1^t),
 * s' likewise. As AdamW (`decoupled`), weight decay acts on theta directly.
 * @param {number} rate
 * @returns {Optimizer}
 */
function adam(rate, { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, decoupled = false } = {}) {
  const [beta1, beta2] = betas;
  return {
    scale: 1,
    update(size) {
      const m = new Float64Array(size);
      const s = new Float64Array(size);
      let steps = 0;
      return (theta, g) => {
        steps++;
        const root = Math.sqrt(1 - beta2 ** steps);
        const factor = rate * (root / (1 - beta1 ** steps));
        for (let i = 0; i < size; i++) {
          const slope = weightDecay && !decoupled ? g[i] + theta[i] * weightDecay : g[i];
          m[i] = m[i] * beta1 + slope * (1 - beta1);
          s[i] = s[i] * beta2 + slope * slope * (1 - beta2);
          g[i] = (m[i] / (Math.sqrt(s[i]) + eps * root)) * factor;
          if (weightDecay && decoupled) g[i] += theta[i] * (rate * weightDecay);
        }
        return g;
      };
    },
  };
}

/**
 * The optimizers, by name: functions of the learning rate and of what else they take.
 * @typedef {{ momentum?: number, weightDecay?: number, betas?: number[], eps?: number }} OptimizerOptions
 * @type {Record<string, (rate: number, options?: OptimizerOptions) => Optimizer>}
 */
export const OPTIMIZERS = { sgd, adam, adamw: (rate, options) => adam(rate, { ...options, decoupled: true }) };
