// What a page and the engine tell each other.

import type { LabAnswer, LabQuestion } from "./lab.d.ts";

/** A picture, computed: the data of every panel, and a sentence that says what they show. */
export interface Computed {
  panels: Record<string, Record<string, unknown>>;
  text: string;
}

/** Computes a figure. It yields nothing where the host may breathe, and the frames of a film; it returns the frame of
 * any other figure. */
// biome-ignore lint/suspicious/noExplicitAny: each figure has its own settings
export type Compute = (settings: any, data: any) => Generator<Computed | undefined, Computed | undefined>;

/** What a page asks: for the picture, or the film, of these settings. Without a figure: to stop. */
export interface Question {
  /** Who asks: an older question of the same is dropped. */
  key: string;
  id: number;
  figure?: string;
  settings: Record<string, unknown>;
  /** What the figure needs besides. */
  data?: unknown;
  /** To how many significant digits numbers are rounded. */
  digits: number;
}

/** What it is told: further frames, or what went wrong. */
export interface Answer {
  frames?: Computed[];
  done?: boolean;
  error?: string;
}

/** The engine's end of the line. */
export interface EnginePort {
  onmessage: ((event: { data: Question | LabQuestion }) => void) | null;
  postMessage(answer: (Answer & { key: string; id: number }) | LabAnswer): void;
}

/** How many frames are owed, and how many updates lie between two. */
export interface Pace {
  owed: number;
  every: number;
  grant(more: number, apart: number): void;
  /** Until more is asked for. */
  rest(): Promise<void>;
}

/** The slices of time in which an answer is worked out. */
export interface Slice {
  begin(): void;
  over(): boolean;
  /** Lets the host do what else it has to do; false: the answer is no longer wanted. */
  goOn(): Promise<boolean>;
}

/** A question, and what working out the answer takes. */
export interface Asked {
  question: Question | LabQuestion;
  pace: Pace;
  slice: Slice;
  /** Whether the answer still is. */
  wanted(): boolean;
  tell(answer: Answer | Partial<LabAnswer>): void;
}
