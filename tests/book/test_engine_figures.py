"""The figures that a page computes by itself, in Python and in node, one process, at settings drawn at random."""

import json
import math
import random
import re

import numpy as np
import pytest
from harness import ROOT, explorers
from test_front_end import node

from initlab.gaussian import propagate
from initlab_book.chapters.index.experiments import deep_network, rounding_decides
from initlab_book.figure import Menu, Number, Slider, Widths

NAMES = "signal", "find-the-scale", "three-starts", "random-matrices", "luck", "shapes", "tapers", "rules"
TRAINED = "starts", "two-dimensions", "digits"  # in test_engine_films.py
DEMOS = {placed.demo.name: placed.demo for placed in explorers() if placed.demo.name in NAMES}
CASES = 15
CHAOS = {"activation": "tanh", "gain": 3.0, "width": 20, "depth": 200, "seed": 0}
EXTREMES = (
    ("signal", {"activation": "relu", "gain": 3.0, "width": 512, "depth": 7, "seed": 9999}),
    ("signal", {"activation": "identity", "gain": 0.5, "width": 1, "depth": 200, "seed": 1}),
    ("signal", CHAOS),
    ("random-matrices", {"width": 1, "gain": 0.5, "depth": 100, "seed": 5}),
    ("three-starts", {"activation": "relu", "gain": 4.7226, "width": 1, "seed": 9999}),
)


def drawn(demo, draw):
    """Settings anywhere in the range of the controls: small numbers as often as large ones, sliders half of the time
    off the grid."""
    settings = {}
    for control in demo.controls:
        if isinstance(control, Menu):
            settings[control.name] = draw.choice(control.values)
        elif isinstance(control, Slider):
            between = draw.uniform(control.values[0], control.values[-1])
            between = round(between) if control.whole else between
            settings[control.name] = draw.choice([draw.choice(control.values), between])
        elif isinstance(control, Number):
            low, high = math.log(control.low + 1), math.log(control.high + 1)
            settings[control.name] = min(max(round(math.exp(draw.uniform(low, high)) - 1), control.low), control.high)
        elif isinstance(control, Widths):
            widths = [draw.randint(1, 200) for _ in range(draw.randint(3, 12))]
            settings[control.name] = draw.choice(["", ", ".join(map(str, widths))])
    return settings


def quick(settings):
    """Python takes a second and more where a GELU has to be followed far out, or there are more weights."""
    deep = settings.get("depth", 20)
    return settings.get("width", 1) ** 2 * deep < 300_000 and (settings.get("activation") != "gelu" or deep < 40)


def cases():
    draw = random.Random(0)
    for name, demo in DEMOS.items():
        made = (drawn(demo, draw) for _ in iter(int, 1))
        some = filter(quick, made)
        yield from ((name, next(some)) for _ in range(CASES))
    yield from EXTREMES


def leaves(value, path=()):
    """Every list of numbers in a frame, by where it is."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, (*path, name))
    elif isinstance(value[0], list | tuple | np.ndarray):
        for i, each in enumerate(value):
            yield from leaves(each, (*path, i))
    else:
        yield path, np.array([math.nan if v is None else v for v in value], float)


def rounding(name, settings):
    """By how much rounding may change which panel of a frame, relative to its size.

    What a tanh network makes of a signal: its errors grow as gradients do, but upwards. And the band of narrow
    networks: a difference of slopes is divided by a small step, and multiplied by a variance of up to 1000."""
    if name == "luck":
        return {"sizes": 1e-6}
    if settings.get("activation") != "tanh" or name not in ("signal", "find-the-scale", "three-starts"):
        return {}
    depth = settings.get("depth", 20)
    gain = settings["gain"] if "gain" in settings else settings["std"] * math.sqrt(settings["width"])
    theory = propagate("tanh", scaled_weight_variance=gain**2, depth=depth)
    up = np.concatenate([[0], 1e-13 * np.sqrt(theory.dz[0] / theory.dz * theory.z[0] / theory.z)])
    if name != "signal":
        return dict.fromkeys(DEMOS[name].frame()["panels"], up.max())
    # Cosines are rounded to three digits, and may fall on either side.
    return {"forward": up, "backward": np.full(depth, up.max()), "content": up + 0.001001 * (up > 1e-12)}


@pytest.fixture(scope="module")
def said():
    return json.loads(node(ROOT / "tests" / "js" / "figures.mjs", stdin=json.dumps(list(cases()))))


def test_all_figures_of_the_engine_are_compared(said):
    assert {*DEMOS} == {*NAMES}
    assert {*said["figures"]} == {*NAMES, *TRAINED}
    assert {placed.demo.name for placed in explorers() if placed.demo.engine} == {*NAMES, *TRAINED}


def same(one, other):
    """Whether two texts are the same, but for numbers that lie on the edge between two roundings: 0.6125."""
    number = r"\d+(?:\.\d+)?"
    if re.sub(number, "n", one) != re.sub(number, "n", other):
        return False
    pairs = zip(re.findall(number, one), re.findall(number, other), strict=True)
    return all(a == b or abs(float(a) - float(b)) < 1.01 * 10.0 ** -len(b.partition(".")[2]) for a, b in pairs)


def test_a_text_is_another_if_more_than_a_last_digit_is():
    assert same("by 0.612, and 3", "by 0.613, and 3")
    assert not same("by 0.612, and 3", "by 0.614, and 3")
    assert not same("by 0.612, and 3", "by 0.612, but 3")


def test_frames(said):
    for (name, settings), found in zip(cases(), said["frames"], strict=True):
        where = f"{name} {settings}"
        panels, text = DEMOS[name].compute(**settings)
        expected, got = dict(leaves(panels)), dict(leaves(found["panels"]))
        assert list(got) == list(expected), where
        errors = rounding(name, settings)
        for path, numbers in expected.items():
            error = errors.get(path[0], 0) if "theory" not in path else 0
            near = np.isclose(got[path], numbers, rtol=1e-9 + error, atol=1e-300 + error, equal_nan=True)
            assert near.all(), (where, path, got[path][~near], numbers[~near])
        if any(np.max(error) > 1e-5 for error in errors.values()):
            found["text"], text = (re.sub(r"[\d.,\s⁻⁰¹²³⁴-⁹−×]+", " ", words) for words in (found["text"], text))
        assert same(found["text"], text), where


def test_where_rounding_decides():
    setting = {name: CHAOS[name] for name in ("activation", "width", "depth", "seed")}
    (one, theory, _), (other, *_) = (deep_network(**setting, gain=CHAOS["gain"] * (1 + k * 1e-15)) for k in (0, 1))
    layer = rounding_decides(theory)
    apart = np.abs(one.a.rms[0] / other.a.rms[0] - 1)
    assert apart[: layer // 2].max() < 1e-6
    assert apart[layer - 20 : layer + 60].max() > 1e-3
    for activation in ("relu", "identity", "gelu", "sigmoid"):  # a gradient grows with the signal, or not at all
        assert rounding_decides(propagate(activation, scaled_weight_variance=9.0, depth=100)) is None
