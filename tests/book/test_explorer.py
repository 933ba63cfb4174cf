"""The Explorer without a browser: demos, frames, the widget's traits, and what goes into a static page.

What a reader sees and touches is tested in tests/browser.
"""

import json
import re

import ipywidgets
import numpy as np
import pytest
import traitlets
from harness import explorers

from initlab_book.figure import (
    Demo,
    Lines,
    Menu,
    Number,
    Series,
    Slider,
    Toggle,
    formula_row,
    histogram_data,
    static,
)
from initlab_book.figure.formula import mathml
from initlab_book.figure.front_end import EXPLORER
from initlab_book.figure.packing import jsonable
from initlab_book.figure.widget import Explorer
from initlab_book.numbers import number
from initlab_book.show import show

DEMOS = list({placed.demo.name: placed.demo for placed in explorers()}.values())


def powers(base, sign, shape, seed):
    y = base ** np.arange(4.0) * (-1 if sign else 1)
    return {"curve": {"y": {"power": y if shape == "power" else y * 0}}}, f"{base} {sign} {shape} {seed} </script>"


SMALL = Demo(
    name="small",
    title="Powers & roots",
    controls=(
        Slider("base", "Base", (0.5, 1.0, 2.0), 1.0),
        Toggle("sign", "Negative", False),
        Menu("shape", "Shape", {"power": "a power", "zero": "nothing"}, "power"),
        Number("seed", "Seed", 3, 0, 9),
    ),
    panels=(Lines("curve", "Curve", "step", (Series("power", "power"),), (0, 8), x=(0, 1, 2, 3)),),
    compute=powers,
)


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ({"base": 3.0}, "base must be a number from 0.5 to 2.0, got 3.0"),
        ({"base": float("nan")}, "base must be a number"),
        ({"base": "1"}, "base must be a number"),
        ({"base": True}, "base must be a number"),
        ({"sign": 1}, "sign must be True or False, got 1"),
        ({"shape": "round"}, "shape must be one of 'power', 'zero', got 'round'"),
        ({"shape": ["power"]}, "shape must be one of"),
        ({"seed": 10}, "seed must be a whole number from 0 to 9, got 10"),
        ({"seed": 2.0}, "seed must be a whole number"),
        ({"sead": 2}, "unknown setting 'sead'; small has base, sign, shape, seed"),
    ],
)
def test_a_setting_that_is_not_allowed_says_what_is(setting, allowed):
    with pytest.raises(ValueError, match=re.escape(allowed)):
        SMALL.frame(**setting)
    with pytest.raises(ValueError, match=re.escape(allowed)):
        Explorer(SMALL, **setting)


def test_settings_are_traits_that_recompute_the_frame():
    figure = Explorer(SMALL, base=2.0)
    assert figure.frame["panels"]["curve"]["y"]["power"] == [1, 2, 4, 8]
    seen = []
    figure.observe(lambda change: seen.append(change.new), "base")
    figure.base = 1.7  # off the grid of the static page
    assert seen == [1.7]
    assert figure.frame == SMALL.frame(base=1.7)
    with pytest.raises(traitlets.TraitError, match="base must be a number from"):
        figure.base = 5


def test_settings_can_be_linked_to_other_widgets():
    figure, other = Explorer(SMALL), ipywidgets.FloatSlider(min=0.5, max=2.0)
    traitlets.link((other, "value"), (figure, "base"))
    other.value = 1.25
    assert figure.frame == SMALL.frame(base=1.25)
    assert ipywidgets.jslink((other, "value"), (figure, "base")).source[0] is other
    assert ipywidgets.HBox([other, figure]).children == (other, figure)


def test_a_setting_may_not_take_the_name_of_a_widget_trait():
    clash = Demo("clash", "Clash", (Slider("layout", "Layout", (0.0, 1.0), 0.0),), (), lambda layout: ({}, ""))
    with pytest.raises(ValueError, match="'layout', which every widget has already"):
        Explorer(clash)


def test_a_figure_is_a_widget_with_a_kernel_and_html_while_the_book_is_built(monkeypatch):
    monkeypatch.delenv("INITLAB_BOOK", raising=False)
    figure = show(SMALL, base=2.0)
    assert isinstance(figure, Explorer)
    assert "text/html" not in figure._repr_mimebundle_()[0]
    monkeypatch.setenv("INITLAB_BOOK", "1")
    bundle = show(SMALL, base=2.0)._repr_mimebundle_()
    assert bundle == {"text/html": static.html(SMALL, base=2.0), "text/plain": SMALL.frame(base=2.0)["text"]}


def test_what_has_no_host_is_refused():
    with pytest.raises(TypeError, match="must be a Demo, a Film, a Quiz or a Lab, got 3"):
        show(3)


def payload(html):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1])


def test_a_static_page_carries_every_frame_of_the_grid_in_order():
    page = payload(static.html(SMALL, sign=True))
    assert page["start"] == {"base": 1.0, "sign": True, "shape": "power", "seed": 3}
    points = list(SMALL.grid())
    assert len(points) == len(page["frames"]) == 3 * 2 * 2
    assert points[1] == {"base": 0.5, "sign": False, "shape": "zero", "seed": 3}  # the last control changes fastest
    for point, frame in zip(points, page["frames"], strict=True):
        assert frame == SMALL.frame(**point) == Explorer(SMALL, **point).frame


def test_a_static_page_without_javascript_has_the_sentence_and_a_table():
    html = static.html(SMALL, base=2.0)
    fallback = html.split("<script")[0]
    assert "2.0 False power 3 &lt;/script&gt;" in fallback
    assert "Powers &amp; roots" in fallback
    assert "<td>3</td><td>8</td>" in fallback


def test_text_cannot_end_the_script_early():
    assert static.html(SMALL).count("</script>") == 2  # the data, and the call of the host


def test_a_static_page_starts_on_its_grid():
    with pytest.raises(ValueError, match=re.escape("no picture for base = 1.3")):
        static.html(SMALL, base=1.3)


def test_numbers_that_json_lacks_become_words():
    frame = jsonable({"y": np.array([np.inf, -np.inf, np.nan, 1.23456]), 3: [None, np.int64(2), True]}, 3)
    assert frame == {"y": ["inf", "-inf", "nan", 1.23], "3": [None, 2, True]}
    json.dumps(frame, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (38.443359375, "38.4"),
        (0.001953125, "0.00195"),
        (1000.4, "1000"),
        (35000, "35,000"),
        (-99999, "−99,999"),
        (12345.6, "12,300"),
        (1e-6, "10⁻⁶"),
        (-1e5, "−10⁵"),
        (123456, "1.23\u00a0×\u00a010⁵"),
        (-2.5e-7, "−2.5\u00a0×\u00a010⁻⁷"),
        (0.5, "0.5"),
        ("inf", "overflow"),
        (float("nan"), "not a number"),
        (0, "0"),
        (None, "–"),
    ],
)
def test_numbers_are_written_for_readers(value, text):
    assert number(value) == text


def test_histograms_lose_no_value():
    data = histogram_data([1], [[3, 6, 0]], below=[1], above=[2], rms=[0.5])
    assert data["counts"].tolist() == [[50, 99, 0]]  # 3/6 of 99, rounded
    assert data["outside"] == pytest.approx(np.array([[100 / 12, 200 / 12]]), abs=0.05)


def test_the_script_is_one_classic_script():
    script = EXPLORER.script()
    assert "export " not in script
    assert "import " not in script
    assert script.startswith("(() => {")
    assert "http" not in script.replace("http://www.w3.org/2000/svg", "")


# ---------------------------------------------------------------- formulas


@pytest.mark.parametrize(
    ("latex", "terms"),
    [
        (r"q", ["q"]),
        (r"-a + b - c", ["−a", "+b", "−c"]),
        (r"= n \left(n - 1\right) \mathbb{E}\left[W_{ij} a_{j}\right] + b", ["=n(n−1)𝔼[Wijaj]", "+b"]),
        (r"\left(a + b\right)^{2}", ["(a+b)2"]),
        (r"\mathrm{Cov}\left(W, V\right)", ["Cov(W,V)"]),
    ],
)
def test_a_formula_is_cut_into_its_terms(latex, terms):
    html = mathml(latex)
    found = re.findall(r'<span class="il-term">(.*?)</span>', html)
    assert [re.sub("<[^>]*>", "", term) for term in found] == terms


def test_a_long_bracket_can_be_broken_before_its_signs_and_factors():
    (term,) = re.findall(r'<span class="il-term">(.*?)</span>', mathml(r"n \left(\mu^{2} + \sigma\right) q"))
    assert [re.sub("<[^>]*>", "", factor) for factor in term.split("<wbr>")] == ["n", "(μ2", "+σ)", "q"]


def test_a_marked_piece_of_a_formula_stands_out():
    row = formula_row([("= q", False), ("+ m^2", True)], "why")
    assert row["formula"].count("il-marked") == 1
    assert row == {"formula": row["formula"], "reason": "why", "marked": False}
