"""The quiz: a few questions at the end of a chapter that mark themselves and explain every answer.

A `Quiz` is data (`quiz.py`). `quiz.js` asks the questions and marks the answers in both hosts: in a notebook as a
widget (`widget.py`), on the static page from the same data inside the page (`static.py`, `static.js`). No kernel is
asked, and nothing is sent anywhere; the static page keeps what was answered in the reader's browser.
"""

from .quiz import Choose, Estimate, Option, Quiz

__all__ = ["Choose", "Estimate", "Option", "Quiz"]
