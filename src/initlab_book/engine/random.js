// NumPy's random numbers: the same seed draws the same numbers as numpy.random.default_rng.

import { LETTERS } from "./levels.js";

/**
 * Where streams of random numbers come from.
 * @typedef {{ entropy: number, spawnKey: number[], words: Uint32Array }} Sequence
 * @typedef {ReturnType<typeof defaultRng>} Generator
 */

/** A whole number >= 0 in words of 32 bits, the lowest first. @param {number} n */
function words32(n) {
  const words = [n >>> 0];
  for (let rest = Math.floor(n / 2 ** 32); rest; rest = Math.floor(rest / 2 ** 32)) words.push(rest >>> 0);
  return words;
}

/**
 * NumPy's SeedSequence, and the eight words that it gives to a generator.
 * Source: M. E. O'Neill, https://www.pcg-random.org/posts/developing-a-seed_seq-alternative.html
 * @param {number} entropy the seed, a whole number >= 0
 * @param {number[]} spawnKey what tells this child from others of the seed
 * @returns {Sequence}
 */
export function seedSequence(entropy, spawnKey = []) {
  const given = words32(entropy);
  while (spawnKey.length && given.length < 4) given.push(0);
  given.push(...spawnKey.flatMap(words32));

  let factor = 0x43b0d7e5;
  /** @param {number} word */
  const hash = (word, by = 0x931e8875) => {
    word ^= factor;
    factor = Math.imul(factor, by);
    word = Math.imul(word, factor);
    return word ^ (word >>> 16);
  };
  /** @param {number} into @param {number} word */
  const mix = (into, word) => {
    const mixed = Math.imul(pool[into], 0xca01f9dd) - Math.imul(hash(word), 0x4973f715);
    pool[into] = mixed ^ (mixed >>> 16);
  };
  const pool = [0, 1, 2, 3].map((i) => hash(given[i] ?? 0));
  for (let from = 0; from < 4; from++) for (let into = 0; into < 4; into++) if (into !== from) mix(into, pool[from]);
  for (const word of given.slice(4)) for (let into = 0; into < 4; into++) mix(into, word);
  factor = 0x8b51f9dd;
  return { entropy, spawnKey, words: Uint32Array.from({ length: 8 }, (_, i) => hash(pool[i % 4], 0x58f38ded)) };
}

// The ziggurat of 256 layers of equal area under exp(-x^2/2); the lowest ends at TAIL, and beyond it is the tail.
// NumPy's table of widths, x / 2^52, was itself rounded in many steps: here it is computed, and the last 12 bits are
// then those of the table, two letters each. All else that is computed may err in the last place: of 10^15 draws, one
// would be another.
// Source: J. A. Doornik 2005, "An improved ziggurat method to generate normal random samples".
const TAIL = 3.654152885361009;
const PER_TAIL = 0.27366123732975828;
const AREA = 0.004928673233974655;
const LAST_BITS =
  "l5bGu0thcMC8H3J0XDut1DZ3r1iAH1EvtV6nN06W7qw9Vwimp3VDp3aa-Y7qVGcs1ZYwycop86Iy7zthaLdI8QjDZT3-8ALOImaIeu6sTs-aX8" +
  "AQQLETx_hrXu--FBAeo02IrLQuCfbpMfv7N_cb7ahTmOjXkw6hLVhqJk0D3gqD50RdCkddM28vFdHcYFVitaZPLI94UUtZM9zT44_DCiYLZyE3" +
  "KxO7NShUjrTG7cMfRJ2TQJL77nofZ28VW97FctBDyconWPNHr8KKXuoxm_ksQRJKaShbuImkE9EIXOM2EahbwA0Dknc8VuCi6Dagot0ccFYXKr" +
  "aQA39u8gZHEjul5wkO43Icb2GI4l8K8Ic6ypMh1tFoeCK_eFYLB1lHKrXHN-Zo4XJUDERI0wWT-2BB01lt477zJhus-OaU45kByBPuwkjgku54" +
  "pSuXj17uSjKjhAEKj6SmR1Xa6UoVO8onkCxB5CQb3ZD-5MrqXDIyo0Zz6MI0wUSWerda2x0z";
const widthOf = new Float64Array(256); // of a layer, in units of 2^-52
const heightOf = new Float64Array(256); // exp(-x^2/2) at the end of a layer
const surelyBelow = new Float64Array(256); // draws of 52 bits below this are within the layer above
let zigguratStands = false;

function buildZiggurat() {
  const ends = new Float64Array(256);
  const density = (/** @type {number} */ x) => Math.exp(-0.5 * x * x);
  ends[255] = TAIL;
  for (let i = 254; i > 0; i--) ends[i] = Math.sqrt(-2 * Math.log(AREA / ends[i + 1] + density(ends[i + 1])));
  ends[0] = AREA / density(TAIL);
  const bits = new BigUint64Array(widthOf.buffer);
  for (let i = 0; i < 256; i++) {
    widthOf[i] = ends[i] / 2 ** 52;
    const last = LETTERS.indexOf(LAST_BITS[2 * i]) * 64 + LETTERS.indexOf(LAST_BITS[2 * i + 1]);
    bits[i] += BigInt.asIntN(12, BigInt(last) - bits[i]); // the nearest number that ends so
    heightOf[i] = i ? density(widthOf[i] * 2 ** 52) : 1;
    surelyBelow[i] = i > 1 ? Math.floor((widthOf[i - 1] / widthOf[i]) * 2 ** 52) : 0;
  }
  surelyBelow[0] = Math.floor(TAIL / widthOf[0]);
  zigguratStands = true;
}

const M0 = 0x0cf645; // PCG64's multiplier
const M1 = 0x3d927f;
const M2 = 0x04385d;
const M3 = 0x319769;
const M4 = 0x2d051f;
const M5 = 0x008d83;

const RADIX = 2 ** 22; // products of two digits, and their sums, are exact
const PER_RADIX = 2 ** -22;

/** A number of 128 bits, given as four words, the lowest first, in digits of 22 bits. @param {number[]} words */
const digits22 = ([a, b, c, d]) =>
  Int32Array.of(a, (a >>> 22) | (b << 10), (b >>> 12) | (c << 20), c >>> 2, (c >>> 24) | (d << 8), d >>> 14).map(
    (digit) => digit & (RADIX - 1),
  );

/**
 * NumPy's Generator with its PCG64, the parts of it that `initlab` draws with.
 * Source: M. E. O'Neill 2014, https://www.pcg-random.org/paper.html
 * @param {Sequence} sequence
 */
export function defaultRng({ words }) {
  if (!zigguratStands) buildZiggurat();
  // The state, s <- M s + t modulo 2^128.
  const [w2, w3, w0, w1, w6, w7, w4, w5] = words; // each number of 128 bits: two of 64, the higher first
  const [t0, t1, t2, t3, t4, t5] = digits22([
    (w4 << 1) | 1,
    (w5 << 1) | (w4 >>> 31),
    (w6 << 1) | (w5 >>> 31),
    (w7 << 1) | (w6 >>> 31),
  ]);
  const s = Int32Array.of(t0, t1, t2, t3, t4, t5); // one step from 0
  let carry = 0;
  digits22([w0, w1, w2, w3]).forEach((digit, i) => {
    const sum = s[i] + digit + carry;
    carry = sum >>> 22;
    s[i] = sum & (RADIX - 1);
  });
  const drawn = new Int32Array(2); // the words of the last draw, the lower first
  let upperHalf = 0; // of a draw of which only 32 bits were asked for
  let halfIsLeft = false;

  function step() {
    const s0 = s[0];
    const s1 = s[1];
    const s2 = s[2];
    const s3 = s[3];
    const s4 = s[4];
    let sum = t0 + M0 * s0;
    let over = Math.floor(sum * PER_RADIX);
    s[0] = sum - over * RADIX;
    sum = over + t1 + M0 * s1 + M1 * s0;
    over = Math.floor(sum * PER_RADIX);
    s[1] = sum - over * RADIX;
    sum = over + t2 + M0 * s2 + M1 * s1 + M2 * s0;
    over = Math.floor(sum * PER_RADIX);
    s[2] = sum - over * RADIX;
    sum = over + t3 + M0 * s3 + M1 * s2 + M2 * s1 + M3 * s0;
    over = Math.floor(sum * PER_RADIX);
    s[3] = sum - over * RADIX;
    sum = over + t4 + M0 * s4 + M1 * s3 + M2 * s2 + M3 * s1 + M4 * s0;
    over = Math.floor(sum * PER_RADIX);
    s[4] = sum - over * RADIX;
    sum = over + t5 + M0 * s[5] + M1 * s4 + M2 * s3 + M3 * s2 + M4 * s1 + M5 * s0;
    s[5] = sum & (2 ** 18 - 1);
  }

  step();

  /** Draws 64 bits into `drawn`. */
  function draw() {
    step();
    // The upper 64 bits xor the lower ones, rotated to the right by the uppermost six.
    const a = s[0] ^ (s[1] << 22) ^ ((s[2] >>> 20) | (s[3] << 2) | (s[4] << 24));
    const b = (s[1] >>> 10) ^ (s[2] << 12) ^ ((s[4] >>> 8) | (s[5] << 14));
    const by = s[5] >>> 12;
    const from = by < 32 ? a : b;
    const into = by < 32 ? b : a;
    drawn[0] = by & 31 ? (from >>> by) | (into << -by) : from;
    drawn[1] = by & 31 ? (into >>> by) | (from << -by) : into;
  }

  /** U[0, 1) */
  function random() {
    draw();
    return ((drawn[1] >>> 0) * 2 ** 21 + (drawn[0] >>> 11)) * 2 ** -53;
  }

  /** N(0, 1), where the first draw did not settle it. @param {number} layer @param {number} bits @param {number} x */
  function settle(layer, bits, x) {
    if (layer)
      return (heightOf[layer - 1] - heightOf[layer]) * random() + heightOf[layer] < Math.exp(-0.5 * x * x)
        ? x
        : Number.NaN;
    for (;;) {
      const beyond = -Math.log1p(-random()) * PER_TAIL;
      const y = -Math.log1p(-random());
      if (y + y > beyond * beyond) return Math.floor(bits / 256) % 2 ? -(TAIL + beyond) : TAIL + beyond;
    }
  }

  function normalDraw() {
    for (;;) {
      draw();
      const low = drawn[0];
      const layer = low & 255;
      const bits = (drawn[1] & (2 ** 29 - 1)) * 2 ** 23 + (low >>> 9);
      const x = low & 256 ? -bits * widthOf[layer] : bits * widthOf[layer];
      if (bits < surelyBelow[layer]) return x;
      const settled = settle(layer, bits, x);
      if (!Number.isNaN(settled)) return settled;
    }
  }

  /** Uniform among 0..last, last < 2^31: the first draw of as many bits that is not above it. @param {number} last */
  function upTo(last) {
    const mask = 2 ** (32 - Math.clz32(last)) - 1;
    for (;;) {
      let word = upperHalf;
      if (!halfIsLeft) {
        draw();
        word = drawn[0];
        upperHalf = drawn[1];
      }
      halfIsLeft = !halfIsLeft;
      if ((word & mask) <= last) return word & mask;
    }
  }

  return {
    random,
    /** Fills an array from N(0, 1). @param {Float64Array} out */
    standardNormal(out) {
      for (let i = 0; i < out.length; i++) out[i] = normalDraw();
      return out;
    },
    /** 0..n-1 in a random order. @param {number} n */
    permutation(n) {
      const order = Uint32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = upTo(i);
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    },
  };
}
