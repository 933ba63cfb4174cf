// The types that figure, quiz and lab share.

import type { LabAnswer, LabQuestion } from "../../engine/lab.d.ts";
import type { Answer, EnginePort, Question } from "../../engine/types.d.ts";

/** Attributes of an element, as `make` sets them. */
export type Attributes = Record<string, string | number | boolean>;

/** The page's end of the line to the engine: a worker, or a port. */
export interface EngineEnd {
  // biome-ignore lint/suspicious/noExplicitAny: what a worker says
  onmessage: ((event: MessageEvent<any>) => void) | null;
  postMessage(question: object): void;
}

/** What an engine computes. */
export type EngineName = "figures" | "lab";

/** The line to the engine. */
export interface Line {
  /** Ask for a figure, or in the lab; a newer question with the same key ends an older one. Returns what asks for more of
   * the same. */
  ask(question: Omit<Question, "id">, answered: (answer: Answer) => void): (more: number, every: number) => void;
  ask(question: Omit<LabQuestion, "id">, answered: (answer: LabAnswer) => void): (more: number, every: number) => void;
  /** End what this key asked for. */
  stop(key: string): void;
  close(): void;
}

declare global {
  interface Window {
    /** The engines whose script is here: what one returns answers the questions of a port. */
    initlabEngines?: Partial<Record<EngineName, () => (port: EnginePort) => void>>;
  }
}
