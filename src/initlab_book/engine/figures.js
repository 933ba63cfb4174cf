// The figures that a page computes by itself, by the names of their demos.

/** @import { Compute } from "./types.d.ts" */

import { randomMatrices } from "../chapters/exploding/figures.js";
import { shapes } from "../chapters/he/figures.js";
import { signal } from "../chapters/index/figures.js";
import { luck } from "../chapters/limits/figures.js";
import { findTheScale, threeStarts } from "../chapters/scale/figures.js";
import { digits, twoDimensions } from "../chapters/watching/figures.js";
import { starts } from "../chapters/why/figures.js";
import { rules, tapers } from "../chapters/xavier/figures.js";

/** @type {Record<string, Compute>} */
export const FIGURES = {
  signal,
  starts,
  "random-matrices": randomMatrices,
  "find-the-scale": findTheScale,
  "three-starts": threeStarts,
  rules,
  tapers,
  shapes,
  luck,
  "two-dimensions": twoDimensions,
  digits,
};
