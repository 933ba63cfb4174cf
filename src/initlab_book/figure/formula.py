"""Formulas as MathML, which every browser typesets by itself: on a page of the site and in a live notebook alike."""

import itertools
import re
from collections.abc import Iterable
from functools import cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

_SIGNS = {"+", "−", "-", "="}
_DEFAULTS = {"stretchy", "fence", "form", "display"}  # what browsers assume of a bracket, and of <math>


@cache
def mathml(latex: str, mark: bool = False) -> str:
    """A formula in LaTeX as HTML: one <math> for each factor, so that a long line can be broken.

    A term, with the sign before it, is a `span` of class "il-term": lines break between terms and, only where a term
    is longer than a line, between its factors.

    Parameters
    ----------
    latex : str
        The formula.
    mark : bool
        Whether to let the formula stand out (class "il-marked").

    Examples
    --------
    >>> print(mathml("q + 1").replace("> <", ">\\n<"))
    <span class="il-term"><math><mi>q</mi></math></span>
    <span class="il-term"><math><mo form="infix">+</mo><mn>1</mn></math></span>
    """
    from latex2mathml.converter import convert

    root = ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", convert(latex)))
    _simplify(root)
    row = list(root)
    if len(row) == 1 and row[0].tag == "mrow":
        row = list(row[0])
    terms: list[list[Element]] = [[]]
    for child in row:
        if _is_sign(child) and terms[-1]:
            terms.append([])
        terms[-1].append(child)
    _space(term[0] for term in terms[1:])
    style = "il-term il-marked" if mark else "il-term"
    return " ".join(f'<span class="{style}">{_factors(term)}</span>' for term in terms)


def _simplify(element: Element) -> None:
    """Leave out what a browser assumes anyway and groups of one; write upright letters as one name."""
    for child in element:
        _simplify(child)
    for name in _DEFAULTS & set(element.attrib):
        del element.attrib[name]
    for i, child in enumerate(element):
        if child.tag != "mrow":
            continue
        if len(child) == 1:
            element[i] = child[0]
        elif all(letter.get("mathvariant") == "normal" for letter in child):
            element[i] = Element("mi")
            element[i].text = "".join(child.itertext())


def _factors(term: list[Element]) -> str:
    """The factors of a term, each as <math>. A sign stays with what it belongs to, and so do names and brackets."""
    groups: list[list[Element]] = []
    for child in itertools.chain.from_iterable(map(_opened, term)):
        last = groups[-1][-1] if groups else None
        follows = child.tag == "mo" and not _is_sign(child) and child.text != "("
        if last is not None and (follows or (last.tag == "mo" and last.text != ")") or _is_name(last)):
            groups[-1].append(child)
        else:
            groups.append([child])
    return "<wbr>".join(f"<math>{''.join(map(_html, group))}</math>" for group in groups)


def _opened(child: Element) -> list[Element]:
    """A sum in brackets as what it consists of, so that a line can be broken in it."""
    if child.tag != "mrow" or child[0].text != "(" or not any(map(_is_sign, child[2:])):
        return [child]
    _space(filter(_is_sign, child[2:]))
    return list(child)


def _space(signs: Iterable[Element]) -> None:
    """Give signs space on both sides, though they come to stand first."""
    for sign in signs:
        if sign.tag == "mo":
            sign.set("form", "infix")


def _is_sign(element: Element) -> bool:
    return element.tag == "mo" and element.text in _SIGNS


def _is_name(element: Element) -> bool:
    """Whether it is the name of a function, whose brackets follow: E, Var, Cov, f."""
    return element.tag == "mi" and element.text in {"𝔼", "Var", "Cov", "f"}


def _html(element: Element) -> str:
    return ElementTree.tostring(element, encoding="unicode")


# ---------------------------------------------------------------- how much room a formula takes

_EM = 18.5
_WIDE = {"W": 1.0, "m": 0.9, "∑": 1.2, "𝔼": 0.7, "[": 0.35, "]": 0.35, "(": 0.42, ")": 0.42, ",": 0.5}
