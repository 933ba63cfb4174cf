// The challenges: networks that do not train. The reader changes one thing, and the lab judges it by training.

/** @import { Challenge, Experiment, Judgement } from "../../engine/lab.d.ts" */
/** @import { Line } from "../../host/js/types.d.ts" */
/** @import { Trials } from "./types.d.ts" */

import { CHALLENGES, changes } from "../../engine/challenges.js";
import { makeButton } from "../../figure/js/buttons.js";
import { write } from "../../figure/js/svg.js";
import { make } from "../../host/js/dom.js";

/**
 * @param {string} name of the lab: under it the score is kept in the reader's browser
 * @param {Line} line
 * @param {(experiment: Experiment) => void} load
 * @param {() => Experiment} current
 * @param {(words: string) => void} say
 * @param {(chapter: string) => Node} chapterLink
 * @returns {Trials}
 */
export function makeTrials(name, line, load, current, say, chapterLink) {
  const key = `initlab-lab ${name} ${Math.random()}`;
  const kept = scoreOf(`initlab-lab ${name}`);
  const solved = kept.read();
  const score = make("p", { class: "il-score" });
  const clear = makeButton("Clear the score", () => {
    solved.clear();
    kept.write(solved);
    showScore();
    say("The score is cleared.");
  });
  /** @type {Challenge | null} */
  let open = null;
  const cards = CHALLENGES.map((challenge, i) => {
    const mark = make("span", { class: "il-sign" });
    const button = makeButton("Open", () => start(i), { "aria-label": `Open challenge: ${challenge.title}` });
    const head = make("div", { class: "il-card-head" }, make("strong", {}, mark, challenge.title), button);
    return { challenge, mark, button, box: make("li", { class: "il-card" }, head, make("p", {}, challenge.story)) };
  });

  const changed = make("p", { class: "il-changed" });
  const verdict = make("p", { class: "il-verdict", role: "status" });
  const bar = make("progress", { max: 1, value: 0, "aria-label": "Draws that have been trained" });
  bar.hidden = true;
  const judge = makeButton("Judge my change", ask, { class: "il-button il-judge" });
  const hints = make("ul", { class: "il-hints" });
  const hint = makeButton("Hint", () => {
    if (!open) return;
    const next = open.hints[hints.children.length];
    if (next) {
      hints.append(make("li", {}, next));
      say(`Hint: ${next}`);
    }
    hint.disabled = hints.children.length >= open.hints.length;
  });
  const back = makeButton("Back to how it was", () => open && load(open.experiment));
  const leave = makeButton("Leave it", () => {
    line.stop(key);
    rest();
    open = null;
    work.hidden = true;
    press(-1);
    say("You have left the challenge. The network stays as it is.");
  });
  const row = make("div", { class: "il-tools" }, judge, hint, back, leave);
  const heading = make("p", { class: "il-panel-title", tabindex: -1 });
  const story = make("p");
  const work = make(
    "section",
    { class: "il-work", "aria-label": "The challenge that is open" },
    ...[heading, story, changed, row, bar, verdict, hints],
  );
  work.hidden = true;
  /** @param {number} i */
  function press(i) {
    cards.forEach(({ box, button }, j) => {
      box.classList.toggle("il-open", i === j);
      button.setAttribute("aria-pressed", String(i === j));
    });
  }

  /** @param {number} i */
  function start(i) {
    const { challenge } = cards[i];
    line.stop(key);
    rest();
    open = challenge;
    hints.replaceChildren();
    hint.disabled = !challenge.hints.length;
    write(verdict, "");
    write(heading, `Challenge: ${challenge.title}`);
    write(story, challenge.story);
    work.hidden = false;
    press(i);
    load(challenge.experiment);
    heading.focus({ preventScroll: true });
    heading.scrollIntoView({ block: "center" });
    say(`Challenge: ${challenge.title}. ${challenge.story} Change one thing below, then press Judge my change.`);
  }
  function ask() {
    if (!open) return;
    const challenge = open;
    judge.disabled = true;
    bar.hidden = false;
    bar.value = 0;
    write(verdict, "Training …");
    line.ask(
      { key, judge: { challenge: challenge.name, experiment: current() } },
      ({ judgements = [], done, error }) => {
        if (error) write(verdict, `This could not be judged: ${error}`);
        else if (judgements.length) tell(challenge, judgements[judgements.length - 1]);
        if (error || done) rest();
      },
    );
  }
  /** @type {(challenge: Challenge, judgement: Judgement) => void} */
  function tell(challenge, { tried, of, solved: yes, text }) {
    bar.value = of ? tried / of : 0;
    if (yes === null) {
      write(verdict, text);
      return;
    }
    verdict.replaceChildren(`${yes ? "✓" : "✗"} ${text}`);
    if (!yes) return;
    verdict.append(" ", chapterLink(challenge.chapter));
    solved.add(challenge.name);
    kept.write(solved);
    showScore();
  }
  function rest() {
    judge.disabled = false;
    bar.hidden = true;
  }
  function showScore() {
    const mine = cards.filter(({ challenge }) => solved.has(challenge.name));
    write(score, `${mine.length} of ${cards.length} solved.`);
    for (const { challenge, mark } of cards) write(mark, solved.has(challenge.name) ? "✓ " : "");
    clear.disabled = !mine.length;
  }
  showScore();
  const title = make("p", { class: "il-panel-title" }, "Challenges: networks that do not train");
  const rule = "Open one, change one thing in network A, and have it judged: it is trained from several draws.";
  const foot = make("div", { class: "il-tools" }, score, clear);
  const list = make("ul", { class: "il-cards" }, ...cards.map(({ box }) => box));
  return {
    work,
    box: make(
      "section",
      { class: "il-trials", "aria-label": "Challenges" },
      title,
      make("p", { class: "il-soft" }, rule),
      list,
      foot,
    ),
    changed(experiment) {
      if (!open) return;
      if (judge.disabled) {
        line.stop(key);
        rest();
      }
      write(verdict, "");
      const { allowed, forbidden } = changes(open, experiment);
      const all = allowed.length ? `Changed: ${allowed.join(", ")}.` : "Nothing is changed yet.";
      const not = forbidden.length ? ` Not to be changed: ${forbidden.join(", ")}.` : "";
      write(changed, all + not);
    },
  };
}

/**
 * Where the score is kept: in the reader's own browser, where that is allowed.
 * @param {string} place
 */
const scoreOf = (place) => ({
  /** @returns {Set<string>} */
  read() {
    try {
      return new Set(JSON.parse(localStorage.getItem(place) || "[]"));
    } catch {
      return new Set();
    }
  },
  /** @param {Set<string>} solved */
  write(solved) {
    try {
      if (solved.size) localStorage.setItem(place, JSON.stringify([...solved]));
      else localStorage.removeItem(place);
    } catch {} // then it is forgotten with the page
  },
});
