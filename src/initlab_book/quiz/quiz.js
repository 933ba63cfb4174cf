// The self-marking quiz: asks, marks and explains. Plain JavaScript, no build step.
//
// It knows its host only through `model`, the front-end interface of anywidget, and reads one thing from it:
//   spec    title and questions, with right answers and explanations (see quiz.py)

const ANNOUNCE_AFTER = 100; // ms between emptying the announcement and filling it, so that the same words count as new

// ---------------------------------------------------------------- small tools

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// Text between backticks is code; nothing else is markup.
const rich = (text) => text.split("`").map((part, i) => (i % 2 ? make("code", {}, part) : part));

const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;

// What is said about an answer, below it: by a word and a sign, not by colour alone. `input` is described by it.
function verdict(box, input) {
  const id = `${input.id}-verdict`;
  const text = make("p", { class: "il-verdict", id });
  box.append(text);
  const set = (state, ...parts) => {
    box.classList.remove("il-right", "il-wrong");
    if (state) box.classList.add(state);
    text.replaceChildren(...parts);
    if (parts.length) input.setAttribute("aria-describedby", id);
    else input.removeAttribute("aria-describedby");
  };
  return {
    clear: () => set(""),
    remark: (words) => set("", ...rich(words)),
    show(right, explanation) {
      const sign = make("span", { class: "il-sign", "aria-hidden": "true" }, right ? "✓" : "✗");
      set(right ? "il-right" : "il-wrong", sign, make("strong", {}, right ? "Right." : "Not right."), " ", ...rich(explanation));
      return text.textContent.slice(1); // for the ear, without the sign
    },
  };
}

// A number as readers type it, or copy it from the page: 38.4, 38,4, −2, 1e-3, 3.05 × 10⁻⁵, 1,024.5, 20 %, 1/32.
function parse(text, unit) {
  const bare = text.trim();
  const typed = (bare.endsWith(unit) ? bare.slice(0, bare.length - unit.length) : bare).trim()
    .replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (c) => "-0123456789"["⁻⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(c)])
    .replaceAll("−", "-")
    .replace(/\s*[×·*x]\s*10\s*\^?\s*/, "e")
    .replace(/(\d)\s(?=\d{3}(\D|$))/g, "$1");
  const fraction = /^([-+]?\d+)\s*[/⁄]\s*([1-9]\d*)$/.exec(typed);
  if (fraction) return { value: fraction[1] / fraction[2] };
  const plain = typed.replaceAll(",", "");
  if (/^[-+]?[1-9]\d{0,2},\d{3}$/.test(typed)) return { problem: `Does the comma separate thousands or decimals? Write ${plain} or ${typed.replace(",", ".")}.` };
  const grouped = /^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(typed);
  const number = grouped ? plain : typed.replace(",", ".");
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(number)) return { value: Number(number) };
  return { problem: bare ? "That is not a number. Write it like 12.5 or 3e-4." : "Type a number first." };
}

// ---------------------------------------------------------------- kinds of questions

// Each returns the elements to show and `mark`, which shows what is to be said of the answer and returns
// { right, said }; without an answer, { problem }. `clear` takes the verdicts back.

function choose(spec, id) {
  const rights = spec.options.filter((option) => option.right).length;
  const many = rights > 1;
  const choices = spec.options.map((option, i) => {
    const input = make("input", { type: many ? "checkbox" : "radio", name: id, id: `${id}-${i}` });
    const box = make("div", { class: "il-choice" }, make("label", { class: "il-option" }, input, make("span", {}, ...rich(option.text))));
    return { option, input, box, verdict: verdict(box, input) };
  });
  const button = make("button", { type: "submit", class: "il-button", id: `${id}-check` }, "Check");
  const row = make("div", { class: "il-row" }, button);
  const summary = verdict(row, button);

  function mark() {
    const chosen = choices.filter(({ input }) => input.checked);
    if (!chosen.length) {
      const problem = many ? "Choose at least one answer first." : "Choose an answer first.";
      summary.remark(problem);
      return { problem };
    }
    const said = chosen.map(({ option, verdict }) => {
      const words = verdict.show(option.right, option.explanation);
      return many ? `${option.text}: ${words}` : words;
    });
    const wrong = chosen.filter(({ option }) => !option.right).length;
    const missing = rights - (chosen.length - wrong);
    if (many) {
      const faults = [];
      if (wrong) faults.push(count(wrong, "choice is wrong", "choices are wrong"));
      if (missing) faults.push(count(missing, "right answer is missing", "right answers are missing"));
      said.unshift(summary.show(!faults.length, faults.length ? `${faults.join(", ")}.` : "That is all of them."));
    }
    return { right: !wrong && !missing, said: said.join(" ") };
  }
  const clear = () => [...choices, { verdict: summary }].forEach((part) => part.verdict.clear());
  return { parts: [...choices.map(({ box }) => box), row], button, mark, clear };
}

function estimate(spec, id) {
  // The keypad for decimals of some telephones has no minus sign and no e.
  const keypad = spec.answer > 0.001 && spec.answer < 1e5 ? "decimal" : "text";
  const input = make("input", { type: "text", id, inputmode: keypad, autocomplete: "off", spellcheck: "false" });
  const button = make("button", { type: "submit", class: "il-button", id: `${id}-check` }, "Check");
  const row = make("div", { class: "il-row" }, make("label", { for: id }, "Answer"), input, spec.unit, button);
  const answer = verdict(row, input);

  function mark() {
    const { value, problem } = parse(input.value, spec.unit);
    if (problem) {
      answer.remark(problem);
      return { problem };
    }
    const near = (number) => Math.abs(value - number) <= spec.within * Math.abs(number);
    const right = near(spec.answer);
    const known = spec.wrong.find(([number]) => near(number));
    return { right, said: answer.show(right, right ? spec.explanation : known ? known[1] : spec.otherwise) };
  }
  return { parts: [row], button, mark, clear: answer.clear };
}

const KINDS = { choose, estimate };

// ---------------------------------------------------------------- the quiz

function render({ model, el }) {
  const spec = model.get("spec");
  const rights = new Set();
  const progress = make("p", { class: "il-progress" });
  const spoken = make("p", { class: "il-spoken", role: "status", "aria-live": "polite" });

  let timer = 0;
  function say(words) {
    clearTimeout(timer);
    spoken.textContent = "";
    if (words) timer = setTimeout(() => (spoken.textContent = words.replaceAll("`", "")), ANNOUNCE_AFTER);
  }
  const showProgress = () => (progress.textContent = `${rights.size} of ${spec.questions.length} answered correctly.`);

  const questions = spec.questions.map((question, i) => {
    const id = `il-${Math.random().toString(36).slice(2)}`; // a counter would not do: a notebook loads this module once per quiz
    const { parts, button, mark, clear } = KINDS[question.kind](question, id);
    button.setAttribute("aria-label", `Check question ${i + 1}`);
    const form = make("form", { class: "il-question", autocomplete: "off" },
      make("fieldset", {}, make("legend", { class: "il-prompt" }, `${i + 1}. `, ...rich(question.prompt)), ...parts));
    form.addEventListener("input", () => {
      clear();
      rights.delete(i);
      showProgress();
      say("");
    });
    // A form does this by itself, but for JupyterLab, which takes the browser's own Enter away.
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clear();
      const { right, said, problem } = mark();
      if (right) rights.add(i);
      showProgress();
      say(problem || `${said} ${progress.textContent}`);
    });
    return form;
  });
  const body = make("div", { class: "il-body", role: "group", "aria-label": `Quiz: ${spec.title}` },
    make("p", { class: "il-title" }, ...rich(spec.title)), ...questions, progress, spoken);
  // JupyterLab leaves the keys alone that are pressed in an element with this attribute.
  for (const input of body.querySelectorAll("input, button")) input.setAttribute("data-lm-suppress-shortcuts", "true");
  showProgress();
  el.classList.add("initlab-quiz");
  el.replaceChildren(body);
  return () => clearTimeout(timer);
}

export default { render };
