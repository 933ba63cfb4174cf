// What Python and the script tell each other: the controls, panels and frames of controls.py, panels.py, demo.py and
// film.py, as JSON carries them, and what the modules here make of them.

import type { Computed } from "../../engine/types.d.ts";
import type { Attributes } from "../../host/js/types.d.ts";

// ---- controls

/** The value of a control. */
export type Value = number | string | boolean;

interface Named {
  name: string;
  label: string;
}

export interface Slider extends Named {
  kind: "slider";
  values: number[];
  /** Whether it takes whole numbers only. */
  whole: boolean;
}

export interface Menu extends Named {
  kind: "menu";
  values: string[];
  /** The words for each value. */
  options: Record<string, string>;
}

export interface Toggle extends Named {
  kind: "toggle";
  values: boolean[];
}

export interface NumberField extends Named {
  /** Of a seed: with a button that draws again. */
  kind: "number" | "seed";
  values: number[];
  low: number;
  high: number;
}

export interface WidthsField extends Named {
  kind: "widths";
  values: string[];
  most: number;
  high: number;
}

export type Control = Slider | Menu | Toggle | NumberField | WidthsField;

export interface Player extends Named {
  kind: "player";
  /** The steps. */
  values: number[];
}

// ---- panels

/** A number as JSON carries it: what it lacks, as a word. */
export type JsonNumber = number | "inf" | "-inf" | "nan";

/** null: nothing to show here. */
export type JsonNumbers = (JsonNumber | null)[];

export type Range = [number, number];

export interface Series {
  name: string;
  label: string;
  style: "measured" | "theory" | "points" | "strands";
  tone: number;
}

interface Panelled {
  name: string;
  title: string;
  x_label?: string;
  wide?: boolean;
  /** The entries of its data that are packed as levels. */
  levels?: string[];
}

export interface LinesSpec extends Panelled {
  kind: "lines";
  x_label: string;
  series: Series[];
  y_range: Range;
  x: number[];
  log: boolean;
  log_x: boolean;
  guide: number | null;
  band_label: string;
  over_time: boolean;
}

export interface LinesData {
  /** A curve for each series; of strands, a list of curves. */
  y: Record<string, JsonNumbers | JsonNumbers[]>;
  band?: [JsonNumbers, JsonNumbers];
  x?: number[];
}

export interface HistogramsSpec extends Panelled {
  kind: "histograms";
  x_label: string;
  y_range: Range;
}

export interface HistogramsData {
  layers: number[];
  /** 0 to 99, by layer and bin. */
  counts: number[][];
  /** Per cent below and above, by layer. */
  outside: [number, number][];
  rms: JsonNumber[];
}

export interface HeatMapSpec extends Panelled {
  kind: "heatmap";
  x_label: string;
  x_range: Range;
  y_range: Range;
  classes: string[];
}

export interface HeatMapData {
  /** A square array, row 0 at the bottom. */
  levels: Float32Array;
  points: { x: number[]; y: number[]; label: number[]; heldOut?: boolean[] };
}

export interface ImagesSpec extends Panelled {
  kind: "images";
  /** Rows and columns of pixels. */
  shape: [number, number];
}

export interface ImagesData {
  /** Images one after another. */
  pixels: Float32Array;
  label: number[];
  says: (number | null)[];
  sure: Float32Array;
}

export interface RidgesSpec extends Panelled {
  kind: "ridges";
  x_label: string;
  x_range: Range;
  log: boolean;
}

export interface RidgesData {
  layers: number[];
  /** Layers one after another. */
  counts: Float32Array;
  rms: JsonNumber[];
  outside: number[];
}

export interface FormulasSpec extends Panelled {
  kind: "formulas";
}

export interface FormulaRow {
  /** MathML. */
  formula: string;
  reason: string;
  marked: boolean;
}

export interface FormulasData {
  rows: FormulaRow[];
}

export interface CodeSpec extends Panelled {
  kind: "code";
}

export interface CodeData {
  code: string;
  note: string;
}

export type PlotSpec = LinesSpec | HistogramsSpec | HeatMapSpec | ImagesSpec | RidgesSpec;
export type SheetSpec = FormulasSpec | CodeSpec;
export type PanelSpec = PlotSpec | SheetSpec;

// ---- figures

/** A question to be answered before the picture is shown, from prediction.py. */
export interface Prediction {
  question: string;
  /** The answers to choose from; none: a number is asked for. */
  options: string[];
  /** Stands after the number. */
  unit: string;
  /** What comes out, and why. */
  outcome: string;
}

/** What never changes, from `Demo.spec`. */
export interface DemoSpec {
  name: string;
  title: string;
  controls: Control[];
  panels: PanelSpec[];
  /** What stands below it: what is computed, on what. */
  caption: string;
  /** What settings, or their values, were once called: links to them keep working. */
  aliases: Record<string, string>;
  /** What the reader is asked before the picture is shown. */
  prediction: Prediction | null;
  /** On a static page: the longest sentence of all. */
  longest?: string;
  /** To how many significant digits numbers are rounded. */
  digits: number;
  /** Whether the engine computes what is not in store. */
  engine: boolean;
  player?: undefined;
  narrow?: undefined;
  compare?: undefined;
}

/** The same of a film, from `Film.spec`. */
export interface FilmSpec extends Omit<DemoSpec, "player" | "narrow" | "compare"> {
  player: Player;
  /** The panels that a narrow page shows at first; none: all. */
  narrow: string[];
  /** The menu by which the films are parted. */
  part: string | null;
  /** The controls that each of two sides has for itself. */
  compare: string[];
}

export type Spec = DemoSpec | FilmSpec;

/** The data of panels, by panel and key. */
export type PanelData = Record<string, Record<string, unknown>>;

/** One picture: the data of every panel, and a sentence that says what they show. */
export interface Frame {
  panels: PanelData;
  text: string;
}

/** The frames of a run, as `Film.pack` packs them. */
export interface PackedFilm {
  /** What all films of a part share. */
  common?: PanelData;
  /** What stays the same in every frame. */
  still: PanelData;
  /** What changes, a list with its value in every frame; levels as differences. */
  moving: Record<string, Record<string, unknown[]>>;
  texts: string[];
  frames?: undefined;
}

/** The frames of a run, as the engine makes them. */
export interface ComputedFilm {
  frames: Computed[];
  texts?: undefined;
}

/** What stands for a film that is not made yet. */
export interface NoFilm {
  frames?: undefined;
  texts?: undefined;
}

/** The frames of a run. */
export interface UnpackedFilm {
  length: number;
  texts: string[];
  /** The data of every panel, frame by frame. */
  panels: Record<string, Record<string, unknown>[]>;
  /** The values that are best for what else is chosen, by control. */
  marks: Record<string, number | undefined>;
}

/** How a figure knows its host: anywidget's interface. Setting a value makes the host change `frame` or `film`. */
export interface Model {
  get(name: "spec"): Spec;
  get(name: "frame"): Frame;
  get(name: "film" | "film_2"): PackedFilm | ComputedFilm | NoFilm;
  get(name: "status"): string | undefined;
  get(name: "progress"): number;
  get(name: "running" | "compare"): boolean;
  get(name: string): Value;
  set(name: string, value: Value): void;
  save_changes(): void;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
}

// ---- what a static page carries

export interface DemoPayload {
  spec: DemoSpec;
  start: Record<string, Value>;
  /** In the order of the grid. */
  frames: Frame[];
}

export interface FilmPayload {
  spec: FilmSpec;
  start: Record<string, Value>;
  /** The films to start with. */
  films: { film: PackedFilm; film_2?: PackedFilm };
}

/** The films of one choice of `FilmSpec.part`. */
export interface Part {
  common: PanelData;
  /** In the order of the grid of the other controls. */
  films: PackedFilm[];
}

/** The entries of a static model that are no settings, and what brings them up to date with the settings. */
export interface Stored {
  entries: Record<string, unknown>;
  /** Show the frame or film of this name that belongs to the settings. */
  want(name: string): void;
  /** Something else is shown under this name. */
  leave(name: string): void;
}

/** Something that a reader can choose on a page: one of some values, or with an engine, any number from a range. */
export interface Choice {
  name: string;
  values: Value[];
  low?: number;
  high?: number;
  whole?: boolean;
  /** Of widths: how many there may be. */
  most?: number;
}

declare global {
  interface Window {
    /** Where the script of a part puts it. */
    initlabFilms: Record<string, Part>;
    /** Shows the figure in this element. */
    initlabFigure(el: HTMLElement): void;
  }

  interface Element {
    /** Of what is drawn again: how many of its children stand. */
    drawn?: number;
    /** The attributes that it was last given. */
    given?: Attributes;
  }

  interface HTMLElement {
    /** The width at which its height was taken. */
    pinned?: number;
  }
}

// ---- what the modules here make

/** From a number to its place in pixels. */
export interface Scale {
  (x: number): number;
  low: number;
  high: number;
  log: boolean;
}

/** The margins of a plot, in pixels. */
export interface Margins {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

/** What a kind of panel draws, see panel.js. */
export interface Plot<Data = unknown> {
  /** The legend. */
  keys: { label: string; sample(svg: Element): void }[];
  /** Its part of the frame. */
  data: Data;
  /** In a film, the position of the player. */
  step: number;
  /** The height of the picture, in pixels. */
  height: number;
  /** Whether it shows more with every step of the player. */
  grows?: boolean;
  /** Lies under the SVG, for pixels. */
  canvas?: HTMLCanvasElement;
  /** The x of the data, for the cursor. */
  values(): number[];
  /** Where these lie in the picture. */
  extent(): number[];
  /** The position nearest to a place in the picture, where x alone does not tell. */
  nearest?(x: number, y: number): number;
  /** What the legend says at position i. */
  read(i: number): { at: string; values: string[] };
  /** The position to read where there is no cursor. */
  home(): number;
  /** What the axes depend on besides the width. */
  axis(): string;
  axes(group: Element, width: number): void;
  /** All numbers that it shows: quantity, where, and value. */
  numbers(): [string, JsonNumber | string, JsonNumber | null][];
  /** Draws every frame, as do `cursor` and `now`. */
  marks(group: Element): void;
  cursor(group: Element, i: number): void;
  /** What moves with the player alone. */
  now?(group: Element): void;
}

/** A panel on the page. */
export interface Panel {
  spec: PanelSpec;
  box: HTMLElement;
  /** The part whose width decides how it is drawn. */
  stage: HTMLElement;
  /** Moves its cursor to x; null: away. */
  point(x: number | null): void;
  /** All numbers that it shows: quantity, where, and value. */
  numbers(): ReturnType<Plot["numbers"]>;
  /** `hurried`, while a film plays: what can be read only at rest waits. */
  draw(data: unknown, step?: number, hurried?: boolean): void;
  resize(): void;
}

/** Tells all panels over the same x where the cursor is. */
export type PointTo = (from: PanelSpec, x: number | null) => void;

/** What a control is made with. */
export interface ControlParts {
  id: string;
  box: HTMLElement;
  /** Whether any value can be computed, and not only those in store. */
  free: boolean;
  /** Its value now. */
  current(): Value;
  send(value: Value): void;
}

/** A control on the page. */
export interface MadeControl {
  name: string;
  kind: Control["kind"];
  box: HTMLElement;
  show(value: Value): void;
  /** Names the value that is best for what else is chosen. */
  mark(value: number | undefined): void;
}

/** One of two sides, or all of a figure that has one: panels and a sentence. */
export interface Side {
  panels: Panel[];
  text: HTMLElement;
  parts: HTMLElement[];
  /** What can be drawn without the rest. */
  boxes: HTMLElement[];
  pin(): void;
  /** `only`, while a film plays: the boxes to draw; the rest waits. */
  draw(data: PanelData, said: string, step?: number, only?: Set<Element> | null): void;
}

/** Where a page keeps what a reader guessed. */
export interface Memory {
  get(): string | null;
  set(guess: string): void;
}

/** An entry of a menu: its words, and what it does; true: the button then says what it did. */
export type Entry = [string, (button: HTMLButtonElement) => unknown];

/** What a host gives to a figure. */
export interface Host {
  model: Model;
  el: HTMLElement;
  /** Only on a page. */
  memory?: Memory;
  /** Whether the picture is shown at once, whatever there is to guess. */
  open?: boolean;
  /** Further entries of its menu. */
  entries?: Entry[];
}

/** The parts and tools of `render` in explorer.js that a film is made with. */
export interface Stage {
  model: Model;
  live: boolean;
  body: HTMLElement;
  /** The controls, which stay in sight. */
  steer: HTMLElement;
  /** All that is below the title. */
  content: HTMLElement;
  actions: HTMLElement;
  status: HTMLElement;
  sides: Side[];
  offer(controls: Control[], suffix?: string): MadeControl[];
  rows(controls: MadeControl[]): HTMLElement;
  on(event: string, listener: () => void): void;
  undo: (() => void)[];
  addSide(): Side;
  resize(): void;
  drawn(shown?: Side[]): void;
}
