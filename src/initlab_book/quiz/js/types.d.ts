// What a quiz is, as `Quiz.spec` in quiz.py writes it, and what the script makes of it.

export interface Option {
  text: string;
  explanation: string;
  right: boolean;
}

export interface Choose {
  kind: "choose";
  prompt: string;
  options: Option[];
}

export interface Estimate {
  kind: "estimate";
  prompt: string;
  answer: number;
  explanation: string;
  otherwise: string;
  /** The relative distance that counts as equal. */
  within: number;
  unit: string;
  /** Numbers that a misconception leads to, each with its explanation. */
  wrong: [number, string][];
}

export type Question = Choose | Estimate;

export interface Quiz {
  name: string;
  title: string;
  questions: Question[];
}

/** What was typed, or the places of the options chosen. */
export type Answer = string | number[];

/** By the question, all of it, as JSON. */
export type Answers = Record<string, Answer>;

/** All that a quiz wants of its host: the part of anywidget's interface that it needs. */
export interface Model {
  get(name: "spec"): Quiz;
  get(name: "answers"): Answers | undefined;
  set(name: "answers", answers: Answers): void;
}

/** What a reader typed: a number, or what is the matter with it. */
export type Parsed = { value: number; problem?: undefined } | { problem: string };

/** What is to be said of an answer; without an answer, what is the matter. */
export type Marked =
  | { right: boolean; said: string; problem?: undefined }
  | { problem: string; right?: undefined; said?: undefined };

/** A question on the page. */
export interface Asked {
  parts: Element[];
  button: HTMLButtonElement;
  /** Shows what is to be said of the answer, and returns it. */
  mark(): Marked;
  /** Takes the verdicts back. */
  clear(): void;
  given(): Answer;
  /** Puts an answer back. */
  give(answer: Answer): void;
}

/** What is said about an answer, below it. */
export interface Verdict {
  clear(): void;
  remark(words: string): void;
  /** Returns what it says, without the sign: for the ear. */
  show(right: boolean, explanation: string): string;
}
