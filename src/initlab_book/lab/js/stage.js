// What is seen of a network: the panels of one side, and the data that a frame gives them.

/** @import { Experiment, LabFrame, LayerHistogram } from "../../engine/lab.d.ts" */
/** @import { FilmSpec, LinesSpec, PanelSpec, PlotSpec, PointTo, RidgesSpec, Series, Side } from "../../figure/js/types.d.ts" */
/** @import { Told } from "./types.d.ts" */

import { HISTOGRAMS } from "../../engine/experiment.js";
import { number } from "../../figure/js/numbers.js";
import { makeSide } from "../../figure/js/side.js";

const KEPT = 240; // steps of a curve, at most
/** Room for a sentence. */
const LONGEST =
  "Step 20,000: loss 3.05 × 10⁻⁵ on the training points, 3.05 × 10⁻⁵ on held-out ones; 100 % of the held-out points are right.";
const ROUND_STEPS = [1, 2, 5, 10];

/** @type {(name: string, title: string, x_label: string, series: Series[], rest: Partial<LinesSpec>) => LinesSpec} */
const linesSpec = (name, title, x_label, series, rest) => ({
  kind: "lines",
  name,
  title,
  x_label,
  series,
  y_range: [0, 1],
  x: [0, 1],
  log: false,
  log_x: false,
  guide: null,
  band_label: "",
  over_time: false,
  ...rest,
});
/** @type {(name: string, label: string, tone: number, style?: Series["style"]) => Series} */
const seriesOf = (name, label, tone, style = "measured") => ({ name, label, tone, style });
/** @type {(name: string, title: string, x_label: string, bins: readonly (number | string)[]) => RidgesSpec} */
const ridgesSpec = (name, title, x_label, [, low, high, log]) => ({
  kind: "ridges",
  name,
  title,
  x_label,
  x_range: [Number(low), Number(high)],
  log: log === "log",
});

/** The panels that are not shown until the reader asks for them. */
export const PANELS_AT_REST = ["W", "dz"];
/** On a narrow page. */
export const PANELS_AT_REST_NARROW = ["alike", "ratio", "a", ...PANELS_AT_REST];

/**
 * @param {Experiment} experiment
 * @param {number} chance the loss of guessing
 * @returns {PlotSpec[]}
 */
export function panelsOf({ data, seeds }, chance) {
  const classes = ["class 0", "class 1"];
  const examples = data.set === "digits" ? "images" : "points";
  /** @type {PlotSpec} */
  const answers =
    data.set === "digits"
      ? {
          kind: "images",
          name: "images",
          title: `Two images of each digit${data.heldOut > 0 ? ", held out" : ""}`,
          shape: [8, 8],
        }
      : {
          kind: "heatmap",
          name: "surface",
          title: "Probability of class 1",
          x_label: "x₁ (hollow: held out)",
          x_range: [-2.4, 2.4],
          y_range: [-2.4, 2.4],
          classes,
        };
  return [
    answers,
    linesSpec(
      "loss",
      "Loss",
      "before step",
      [
        seriesOf("train", `training ${examples}`, 1),
        ...(data.heldOut > 0 ? [seriesOf("held", `held-out ${examples}`, 2)] : []),
        ...(seeds.count > 1 ? [seriesOf("others", "training, other draws", 1, "strands")] : []),
      ],
      { log: true, y_range: [1e-4, 10], guide: chance, over_time: true },
    ),
    linesSpec(
      "signal",
      "Size over layers",
      "layer",
      [seriesOf("size", "activations", 1), seriesOf("gradient", "gradient of weights", 2)],
      { log: true, y_range: [1e-8, 1e4] },
    ),
    linesSpec(
      "alike",
      "Alikeness, and idle units",
      "layer",
      [
        seriesOf("alike", "alikeness of examples", 1),
        seriesOf("saturated", "share saturated", 2),
        seriesOf("dead", "share of units dead", 3),
      ],
      { y_range: [-0.5, 1] },
    ),
    linesSpec("ratio", "Update over weights", "layer", [seriesOf("ratio", "update / weights", 4)], {
      log: true,
      y_range: [1e-6, 1],
      guide: 1e-3,
    }),
    ridgesSpec("a", "Activations, layer by layer", "activation", HISTOGRAMS.a),
    ridgesSpec("W", "Weights, layer by layer", "weight", HISTOGRAMS.W),
    ridgesSpec("dz", "Gradients, layer by layer", "|∂L/∂z|", HISTOGRAMS.dz),
  ];
}

/**
 * @param {PanelSpec[]} panels
 * @param {PointTo} pointTo
 * @returns {Side}
 */
export const sideOf = (panels, pointTo) =>
  makeSide(/** @type {FilmSpec} */ (/** @type {unknown} */ ({ panels, longest: LONGEST })), pointTo);

/** What is told of a run, frame after frame. @returns {Told} */
export function makeTold() {
  /** @type {{ step: number, losses: (number | null)[] }[]} training, held out, other draws */
  let kept = [];
  /** @type {typeof kept[number] | null} */
  let newest = null;
  let apart = 1; // two kept steps, at least: so the axes stand still, and no curve has too many points
  /** @type {LabFrame["points"]} */
  let points = null;
  /** @type {LabFrame["images"]} */
  let images = null;
  const last = () => kept[kept.length - 1];
  return {
    add({ step, draws, points: given, images: drawn }) {
      if (given) points = given;
      if (drawn) images = drawn;
      const [first, ...others] = draws;
      newest = { step, losses: [first.loss, first.heldOutLoss, ...others.map(({ loss }) => loss)] };
      if (kept.length && step < last().step + apart) return;
      kept.push(newest);
      if (kept.length <= KEPT) return;
      apart = 2 * (last().step - kept[kept.length - 2].step);
      kept = kept.filter((_, i) => i % 2 === 0);
    },
    curves(exact) {
      const all = exact && newest && newest.step > last().step ? [...kept, newest] : kept;
      const steps = all.map(({ step }) => step);
      const at = steps.length - 1;
      const end = roundAbove(steps[at]);
      // The places of the steps to come, as far as they can be told: the axis need not be drawn anew for them.
      const gap = at > 0 ? steps[at] - steps[at - 1] : end;
      const ahead = [];
      for (let step = steps[at] + gap; step < end; step += gap) ahead.push(step);
      const [train, held, ...others] = all[0].losses.map((_, k) => all.map(({ losses }) => losses[k]));
      return { at, data: { x: [...steps, ...ahead, end], y: { train, held, others } } };
    },
    /** @param {LabFrame} frame */
    panels(frame) {
      const layers = frame.size.map((_, l) => l);
      return {
        surface: { levels: frame.surface?.levels, points },
        images: images && {
          ...images,
          says: frame.answers?.map(({ says }) => says),
          sure: Float32Array.from(frame.answers ?? [], ({ sure }) => sure),
        },
        signal: { x: layers, y: { size: frame.size, gradient: [null, ...frame.weightGradient] } },
        alike: {
          x: layers,
          y: {
            alike: frame.alike.map((v) => (Number.isNaN(v) ? null : v)), // nothing there that could be alike
            saturated: [null, ...frame.saturated.slice(0, -1), null], // the output layer has no activation
            dead: [null, ...frame.dead.slice(0, -1), null],
          },
        },
        ratio: { x: layers, y: { ratio: [null, ...frame.updateRatio] } },
        a: ridgesOf(frame.histograms.a, frame.size.slice(1)),
        W: ridgesOf(frame.histograms.W, frame.weights),
        dz: ridgesOf(frame.histograms.dz, frame.gradient),
      };
    },
  };
}

/** The next round number of steps. @param {number} step */
function roundAbove(step) {
  const power = 10 ** Math.floor(Math.log10(Math.max(step, 50)));
  return power * /** @type {number} */ (ROUND_STEPS.find((m) => m * power > step && m * power >= 50));
}

/** @type {(histograms: LayerHistogram[], rms: number[]) => object} */
function ridgesOf(histograms, rms) {
  const parts = histograms.map(({ counts }) => {
    const most = Math.max(...counts, 1);
    return counts.map((count) => count / most);
  });
  return {
    layers: histograms.map((_, i) => i + 1),
    counts: Float32Array.from(parts.flat()),
    rms,
    outside: histograms.map(({ counts, below, above, nan, zero }) => {
      const out = below + above + nan + zero;
      return (
        (100 * out) /
        Math.max(
          counts.reduce((sum, count) => sum + count, out),
          1,
        )
      );
    }),
  };
}

/**
 * How a run stands, in a sentence.
 * @param {LabFrame} frame
 * @param {Experiment} experiment
 */
export function sentenceOf({ step, draws, divergedAt }, { data }) {
  const examples = data.set === "digits" ? "images" : "points";
  const [first] = draws;
  if (divergedAt >= 0) return `Step ${step}: the run diverged at step ${divergedAt}; its loss is no number any more.`;
  const right = first.heldOutAccuracy ?? first.accuracy;
  const held = first.heldOutLoss !== null;
  let text = `Step ${step}: loss ${number(first.loss, 3)} on the training ${examples}`;
  if (held) text += `, ${number(first.heldOutLoss, 3)} on held-out ones`;
  text += `; ${Math.round(100 * right)} % of the ${held ? "held-out" : "training"} ${examples} are right.`;
  if (draws.length > 1) {
    const all = draws.map((draw) => draw.heldOutAccuracy ?? draw.accuracy).filter((v) => !Number.isNaN(v));
    const [low, high] = [Math.min(...all), Math.max(...all)].map((v) => Math.round(100 * v));
    text += ` Of ${draws.length} draws, the worst has ${low} % right, the best ${high} %.`;
  }
  return text;
}
