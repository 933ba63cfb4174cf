// What the parts of the lab make, and what they hand to each other.

import type { DigitImages, Experiment, LabFrame, Problem } from "../../engine/lab.d.ts";
import type { LinesData, PlotSpec, Side } from "../../figure/js/types.d.ts";

/** A point of the reader's own: x, y, class. */
export type Point = [number, number, number];

export type PointsRead = { points: Point[]; problem?: undefined } | { problem: string };

export interface PadHost {
  /** The board shows x and y from -reach to reach. */
  reach: number;
  /** How many points there may be. */
  most: number;
  changed(points: Point[]): void;
  /** Tells a screen reader. */
  say(words: string): void;
}

export interface Pad {
  box: HTMLElement;
  show(points: Point[]): void;
}

export interface NumberLimits {
  low: number;
  high: number;
  whole?: boolean;
  step?: number;
}

/** A setting on the page. */
export interface Field<Value> {
  box: HTMLElement;
  input: HTMLInputElement | HTMLSelectElement;
  show(value: Value): void;
}

/** Changes the experiment: `mutate` gets a copy. */
export type Edit = (mutate: (experiment: Experiment) => void) => void;

/** What the lab knows of its host: anywidget's interface. */
export interface LabModel {
  get(name: "spec"): LabSpec;
  get(name: "experiment"): unknown;
  /** Live: the images, once they have been asked for. */
  get(name: "digits"): Partial<DigitImages>;
  set(name: "experiment", value: Experiment): void;
  set(name: "wants_digits", value: boolean): void;
  save_changes(): void;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
}

/** What never changes, from `Lab.spec`. */
export interface LabSpec {
  name: string;
  title: string;
  /** What it opens with; may leave out what is usual. */
  start: unknown;
  /** The titles of the chapters, by file. */
  chapters: Record<string, string>;
}

/** What a host gives to the lab. */
export interface LabHost {
  model: LabModel;
  el: HTMLElement;
  /** What was wrong with the experiment that a link named. */
  problems?: Problem[];
  /** Only on a page: puts the experiment into the page's address, and returns it. */
  address?(experiment: Experiment): string;
  /** Only on a page: what a link to a chapter has to say. */
  chapter?(name: string): { href: string; target?: string };
  /** Only on a page: the images, when they are first needed. */
  digits?(): Promise<DigitImages>;
}

/** One network as it trains. */
export interface RunState {
  key: string;
  /** The newest frame that is shown. */
  frame: LabFrame | null;
  /** Those that are here and not shown yet. */
  waiting: LabFrame[];
  told: Told;
  more(count: number, every: number): void;
}

/** What is told of a run, frame after frame. */
export interface Told {
  add(frame: LabFrame): void;
  /** The losses so far, and the position of the newest one: up to this very step if they are to be exact. */
  curves(exact: boolean): { at: number; data: LinesData };
  /** The data of the other panels. */
  panels(frame: LabFrame): Record<string, unknown>;
}

/** What is seen of one network. */
export interface RunSide {
  side: Side;
  specs: PlotSpec[];
  /** What the lab sees, in words. */
  list: HTMLElement;
  box: HTMLElement;
  grid: HTMLElement;
}

/** The challenges on the page. */
export interface Trials {
  /** The list of them. */
  box: HTMLElement;
  /** The one that is open. */
  work: HTMLElement;
  /** Another experiment is in the lab. */
  changed(experiment: Experiment): void;
}

declare global {
  interface Window {
    initlabDigits?: DigitImages;
    /** Shows the lab in this element. */
    initlabLab?(el: HTMLElement): void;
  }
}
