"""The static host: a quiz as a piece of HTML that needs no kernel, no server and no other host.

The page carries the quiz as JSON; `static.js` hands it to the same `quiz.js` that the widget uses. Until the script
runs, and if it never does, the questions stand there with their answers folded away.
"""

import re
from html import escape

from ..host.front_end import Still, json_script
from ..numbers import number
from .quiz import Choose, Estimate, Quiz

# A quiz with its answers is higher than one without: nothing below it moves when they come back.
_ROOM = (
    "(({width, height}, el) => {if (width === el.getBoundingClientRect().width) el.style.minHeight = `${height}px`})"
    '(JSON.parse(localStorage.getItem("initlab-quiz %s") || "{}"), document.currentScript.parentElement)'
)


def still(quiz: Quiz) -> Still:
    """What a page of the book carries of a quiz."""
    return Still(html(quiz), quiz.text())


def html(quiz: Quiz) -> str:
    """The HTML of one quiz. Its parts are as high as those that `quiz.js` puts in their place."""
    questions = "".join(_question(i, question) for i, question in enumerate(quiz.questions, start=1))
    return (
        f'<div class="initlab-quiz" id="quiz-{quiz.name}"><div class="il-body">'
        f'<p class="il-title">{_rich(quiz.title)}</p>{questions}'
        f'<div class="il-foot"><p class="il-progress">The answers are folded away.</p></div></div>'
        f"{json_script(quiz.spec())}<script>{_ROOM % quiz.name}</script></div>"
    )


def _question(i: int, question: Choose | Estimate) -> str:
    if isinstance(question, Estimate):
        options = ""
        answers = _answer("✓", f"{number(question.answer, 4)} {question.unit}".strip(), question.explanation)
    else:
        options = "".join(f'<li class="il-choice il-option">{_rich(option.text)}</li>' for option in question.options)
        options = f"<ul>{options}</ul>"
        answers = "".join(_answer("✓" if o.right else "✗", o.text, o.explanation) for o in question.options)
    return (
        f'<div class="il-question"><p class="il-prompt">{i}. {_rich(question.prompt)}</p>'
        f"{options}<details><summary>Answer</summary>{answers}</details></div>"
    )


def _answer(mark: str, words: str, explanation: str) -> str:
    return f"<p>{mark} <strong>{_rich(words)}</strong><br>{_rich(explanation)}</p>"


def _rich(words: str) -> str:
    """HTML of a text: what stands between backticks is code, nothing else is markup."""
    return re.sub("`(.*?)`", r"<code>\1</code>", escape(words))
