// What the lab's page and the engine tell each other.

// ---- an experiment: plain JSON, the state of the lab

export interface DataSettings {
  set: "blobs" | "circles" | "moons" | "cross" | "spiral" | "digits" | "own";
  /** Examples, held-out ones included. Of own points: as many as there are. */
  n: number;
  /** Standard deviation, where the set has noise. */
  noise: number;
  seed: number;
  /** The share that is held out, from 0 to 0.9. */
  heldOut: number;
  /** Inputs are multiplied by this: the unit in which they were measured. */
  scale: number;
  /** Whether they are shifted and scaled to mean 0 and standard deviation 1 then. */
  standardize: boolean;
  /** Own points: [x, y, label 0 or 1]. Kept, and not used, while another set is chosen. */
  points: [number, number, number][];
}

export interface LayerInitializer {
  /** A name in SCHEMES. */
  scheme: string;
  /** What SCHEMES[scheme].scale says: a factor, a standard deviation, a value or a bound. */
  scale: number;
}

export interface NetworkSettings {
  /** Units of the hidden layers, up to 8 of 1 to 64. */
  hidden: number[];
  /** Of the hidden layers: names in ACTIVATIONS. */
  activations: string[];
  /** Of all layers, the output layer last. */
  initializers: LayerInitializer[];
  /** What the biases of each layer, the output layer last, start at. */
  biases: number[];
  /** Whether there are biases at all. Without them, what they start at is kept, and not used. */
  biased: boolean;
  optimizer: "sgd" | "adam" | "adamw";
  rate: number;
  /** Of SGD. */
  momentum: number;
  /** Examples per update; 0: all. */
  batch: number;
  /** Weight decay. */
  decay: number;
}

export interface Experiment {
  version: 1;
  data: DataSettings;
  /** One network, or two to compare, on the same data and the same draws. */
  runs: NetworkSettings[];
  /** Draws of the weights and of the order of the examples: seeds first, first + 1, ... */
  seeds: { first: number; count: number };
}

/** Something in a text or a file that is not an experiment's. */
export interface Problem {
  /** Such as "runs[0].rate"; "" of the whole. */
  where: string;
  /** A sentence: what is wrong, what is allowed, and what was taken instead. */
  text: string;
}

/** experiment: null where it cannot be opened at all, such as one of a newer version. */
export interface Opened {
  experiment: Experiment | null;
  problems: Problem[];
}

// experiment.js: checkExperiment(json: unknown): Opened            what is missing takes its default; one value may
//                                                                  stand for all layers
//                writeExperiment(experiment: Experiment): string   for a link, short, needs no escaping
//                readExperiment(text: string): Opened              of a link or of a file (JSON)
//                SCHEMES: Record<string, Scheme>, DATA_SETS: Record<string, DataSet>, OPTIMIZER_LABELS, LIMITS
//                (ACTIVATIONS in activations.js has the labels of the activations)

export interface Scheme {
  label: string;
  /** What `scale` is called; "" where the scheme has none. */
  scale: string;
  /** Its default. */
  usual: number;
}

export interface DataSet {
  label: string;
  noise: number;
  n: number;
}

// ---- a run

/** How one draw stands. */
export interface DrawFrame {
  seed: number;
  loss: number;
  accuracy: number;
  heldOutLoss: number | null;
  heldOutAccuracy: number | null;
}

export interface LayerHistogram {
  /** By bin. */
  counts: number[];
  below: number;
  above: number;
  nan: number;
  /** Values that have no logarithm. */
  zero: number;
}

/** What is seen after so many updates. Numbers may be inf or nan. All but `draws` is of the first draw. */
export interface LabFrame {
  step: number;
  /** Whether it is the last one that there will be. */
  done: boolean;
  draws: DrawFrame[];
  /** The first step whose loss was not finite, or -1. */
  divergedAt: number;
  /** Over layers 0..L, where 0 is the input. */
  size: number[];
  alike: number[];
  /** Over layers 1..L: rms of dL/dz, of dL/dW and of W, and the mean of W. */
  gradient: number[];
  weightGradient: number[];
  weights: number[];
  weightMean: number[];
  /** Over layers 1..L: shares of pairs of unit and example, and of units. */
  saturated: number[];
  dead: number[];
  /** How many different units a layer has, and how many there are. */
  different: number[];
  units: number[];
  /** rms of an update over rms of the weights. */
  updateRatio: number[];
  /** By layer 1..L; the bins are those of HISTOGRAMS in experiment.js. */
  histograms: { a: LayerHistogram[]; W: LayerHistogram[]; dz: LayerHistogram[] };
  /** Probability of class 1 in cells x cells places, row 0 at the bottom; null for digits. */
  surface: { cells: number; levels: Float32Array; x: [number, number]; y: [number, number] } | null;
  /** With the first frame only: the points as the reader knows them, and which are held out; null for digits. */
  points: { x: number[]; y: number[]; label: number[]; heldOut: boolean[] } | null;
  /** Of digits, with the first frame only: two of each class, held out if any are; 64 pixels each, from 0 to 1 (ink). */
  images: { pixels: Float32Array; label: number[] } | null;
  /** Of each of them: the class that it is taken for, with its probability; null and 0 where the scores are no numbers. */
  answers: { says: number | null; sure: number }[] | null;
  /** The loss of guessing, ln C. */
  chance: number;
}

//                HISTOGRAMS: { a: [bins, low, high], W: ..., dz: [bins, low, high, "log"] }
// run.js:        runLab(experiment, run, pace: { every: number }, digits?): Generator<LabFrame | undefined>
//                  undefined where the host may breathe; a frame at step 0, and then after `every` updates, read anew
//                  each time
// diagnosis.js:  findings(frame: LabFrame, experiment: Experiment, run = 0): Finding[]
// python.js:     pythonOf(experiment, run = 0): string
// challenges.js: CHALLENGES: Challenge[], changes(challenge, experiment): { allowed: string[], forbidden: string[] }
//                  what was changed, in words
// judge.js:      judge(challenge, experiment): Generator<Judgement | undefined>

export interface Finding {
  text: string;
  /** The file of the chapter that explains it, such as "watching". */
  chapter: string;
  /** Whether all is well with it. */
  well: boolean;
}

export interface Challenge {
  name: string;
  title: string;
  story: string;
  experiment: Experiment;
  hints: string[];
  /** Told when it is solved, with the chapter that says more. */
  explanation: string;
  chapter: string;
  /** It is solved where so many of so many draws come to this share of held-out examples right after so many steps. */
  goal: { right: number; draws: number; of: number; steps: number };
}

export interface Judgement {
  /** Draws that have been trained. */
  tried: number;
  of: number;
  /** The share of held-out examples that are right, of each of them. */
  right: number[];
  /** null: not known yet. */
  solved: boolean | null;
  /** In words, with the reason. */
  text: string;
}

// ---- through the port of the engine (serve_lab.js)

/** The images of the digits, from the page: 64 letters A (paper) to Q (ink) each, row by row; a figure for each. */
export interface DigitImages {
  pixels: string;
  labels: string;
}

/**
 * A new `key`'s question begins; an older one of the same key ends, as for figures.
 * `lab`: begin a run, and tell `more` frames of it. `more` alone, with the same id: so many more, so far apart. A run
 * that owes no frame waits: to pause is not to ask.
 */
export interface LabQuestion {
  key: string;
  id: number;
  lab?: { experiment: Experiment; run: number; digits?: DigitImages };
  more?: number;
  /** Updates between two frames. */
  every?: number;
  judge?: { challenge: string; experiment: Experiment };
}

/** What the page is told: frames of a run, or how far a judgement is. `done`: there is no more. */
export interface LabAnswer {
  key: string;
  id: number;
  frames?: LabFrame[];
  judgements?: Judgement[];
  done?: boolean;
  error?: string;
}
