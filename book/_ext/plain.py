"""Plain text of a page: what search engines, shared links and the book's own search show of it. A formula in it is
short and readable, 1/√n for $\\tfrac{1}{\\sqrt{n}}$."""

import functools
import re
import unicodedata
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert


def text(*found, omit=lambda node: False):
    """The words of nodes in one line, without what only a page can show: code in blocks, formulas in lines of their
    own, results, figures."""
    words = "".join(word for node in found for word in _words(node, omit))
    return re.sub(r"\s+([,.;:)])", r"\1", " ".join(words.split()))


SHOWN = (
    nodes.raw,
    nodes.math_block,
    nodes.literal_block,
    nodes.doctest_block,
    nodes.rubric,
    nodes.image,
    nodes.comment,
    nodes.Invisible,
)


def _words(node, omit):
    if isinstance(node, nodes.Text):
        yield node.astext()
    elif isinstance(node, nodes.math):
        yield formula(node.astext())
    elif not (isinstance(node, SHOWN) or "cell" in node.get("classes", ()) or omit(node)):
        for child in node.children:
            yield from _words(child, omit)
        if not isinstance(node, nodes.Inline):
            yield " "


@functools.cache
def formula(latex):
    """A formula as a line of Unicode."""
    root = ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", convert(latex)))
    line = re.sub(r"(?<=[(\[]) +", "", " ".join(_linear(root).split()))
    return re.sub(r"(^|[(\[=/] ?|, )([+−]) ", r"\1\2", line)  # the sign of a number


RAISED = str.maketrans("0123456789+−n⊤′", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵀ′")
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SPACED = set("=<>≤≥≈≠≪≫∼~±+−→←↦∝∈")
# What needs no brackets around it: a number, a letter with its index, a root of either, what has brackets.
ONE = re.compile(r"√?(\d[\d.]*|[^\W\d](_\w+)?[⁰-₉ⁿᵀ¹²³]*)|\([^()]*\)|\[[^][]*\]")


def _linear(element):
    parts = [_linear(child) for child in element]
    match element.tag:
        case "mfrac":
            return f"{_group(parts[0])}/{_group(parts[1])}"
        case "msqrt":
            return "√" + _group("".join(parts))
        case "msub" | "munder":
            return parts[0].strip() + _small(parts[1], LOWERED, "_")
        case "msup":
            return parts[0].strip() + _small(parts[1], RAISED, "^")
        case "msubsup" | "munderover":
            return parts[0].strip() + _small(parts[1], LOWERED, "_") + _small(parts[2], RAISED, "^")
        case "mover":
            return parts[0]  # without the hat or bar
        case "mtr":
            return ", ".join(parts) + "; "
        case "mspace":
            return " "
        case "mtext":
            return (element.text or "").replace("\xa0", " ")
        case "mi":
            name = unicodedata.normalize("NFKC", element.text or "")  # ℒ is L
            return f" {name} " if len(name) > 1 else name
        case "mo":
            sign = (element.text or "").replace("-", "−").replace("\u2061", "")
            spaced = sign.isalpha() or (sign in SPACED and element.get("form") != "prefix")
            return f" {sign} " if spaced else sign + " " * (sign in (",", ";"))
        case _:
            return (element.text or "").strip() + "".join(parts)


def _small(part, letters, mark):
    part = part.replace(" ", "")
    small = part.translate(letters)
    if not any(map(str.isascii, small)):
        return small
    return mark + (part if part.isalnum() else _group(part))


def _group(part):
    part = part.strip()
    return part if ONE.fullmatch(part) else f"({part})"
