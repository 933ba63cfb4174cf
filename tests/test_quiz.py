"""The quiz without a browser: what a quiz may be, what goes into a static page, and the numbers that the quizzes state.

What a reader sees and touches is tested in tests/browser.
"""

import itertools
import json
import pkgutil
import re
from functools import partial

import numpy as np
import pytest
from harness import quiz_says, quizzes

import initlab.quizzes
from initlab import datasets, products, symmetry
from initlab.demos import exploding
from initlab.demos import symmetry as twins_demo
from initlab.demos import why as why_demo
from initlab.initializers import constant, normal, zeros
from initlab.losses import softmax_cross_entropy
from initlab.network import Network, backward, forward, sample
from initlab.quiz import Choose, Estimate, Option, Quiz, static
from initlab.quizzes import exploding as exploding_quiz
from initlab.quizzes import symmetry as symmetry_quiz
from initlab.quizzes import why as why_quiz
from initlab.training import train

ASKED = quizzes()
YES, NO = Option("Yes", "It is.", right=True), Option("No", 'It is not, for a < b & "c" > `d`.')
ESTIMATE = {"text": "How many?", "answer": 12.5, "explanation": "25 / 2.", "otherwise": "Halve it."}
SMALL = Quiz(
    name="small",
    title="Two & two",
    questions=(
        Choose("Is `a < b` </script> <b>bold</b>?", (NO, YES)),
        Choose("Which?", (Option("A", "No."), Option("B", "Yes, B.", right=True), Option("C", "C too.", right=True))),
        Estimate(**ESTIMATE, unit="%", wrong=((25, "That is not halved."),)),
    ),
)


# ---------------------------------------------------------------- what a quiz may be


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Option("", "Why."), "text must not be empty, nor begin or end with a space, got ''"),
        (lambda: Option("Yes", " "), "explanation of 'Yes' must not be empty"),
        (lambda: Option("Yes", None), "explanation of 'Yes' must be a string, got None"),
        (lambda: Option("Yes ", "Why."), "text must not be empty, nor begin or end with a space, got 'Yes '"),
        (lambda: Option("`a", "Why."), "text must close every backtick, got '`a'"),
        (lambda: Option("Yes", "Why.", right=1), "right of 'Yes' must be True or False, got 1"),
        (lambda: Choose("Q?", (YES,)), "options of 'Q?' must be at least 2, got 1"),
        (lambda: Choose("Q?", [YES, NO]), "options of 'Q?' must be a tuple of Option, got ["),
        (lambda: Choose("Q?", (YES, "No")), "options of 'Q?' must be a tuple of Option, got ("),
        (lambda: Choose("Q?", (YES, NO, NO)), "options of 'Q?' must differ from each other, got 'No' twice"),
        (lambda: Choose("Q?", (NO, Option("So", "No."))), "must hold a right one and a wrong one, got 0 right"),
        (lambda: Choose("Q?", (YES, Option("So", "So.", True))), "must hold a right one and a wrong one, got 2 right"),
        (lambda: Choose(3, (YES, NO)), "text must be a string, got 3"),
        (lambda: estimate(answer=float("inf")), "answer of 'How many?' must be a finite number, got inf"),
        (lambda: estimate(answer="12"), "answer of 'How many?' must be a finite number, got '12'"),
        (lambda: estimate(answer=0), "answer of 'How many?' must not be 0, got 0; let the reader choose it instead"),
        (lambda: estimate(within=0), "within of 'How many?' must be a finite number > 0 and <= 0.5, got 0"),
        (lambda: estimate(within=2), "within of 'How many?' must be a finite number > 0 and <= 0.5, got 2"),
        (lambda: estimate(explanation=""), "explanation of 'How many?' must not be empty"),
        (lambda: estimate(otherwise=""), "otherwise of 'How many?' must not be empty"),
        (lambda: estimate(unit=" %"), "unit of 'How many?' must not be empty, nor begin or end with a space"),
        (lambda: estimate(wrong=(25, "No.")), "wrong of 'How many?' must be a tuple of (number, explanation), got 25"),
        (lambda: estimate(wrong=[(25, "No.")]), "wrong of 'How many?' must be a tuple of (number, explanation), got ["),
        (lambda: estimate(wrong=((25, ""),)), "explanation of 25 of 'How many?' must not be empty"),
        (lambda: estimate(wrong=((12.6, "No."),)), "must be further apart than within = 0.02, got 12.5 and 12.6"),
        (lambda: estimate(wrong=((25, "No."), (25.5, "No."))), "must be further apart than within = 0.02, got 25 and"),
        (lambda: Quiz("Small", "T", (Choose("Q?", (YES, NO)),)), "name must be made of small letters and hyphens"),
        (lambda: Quiz("a", "", (Choose("Q?", (YES, NO)),)), "title must not be empty"),
        (lambda: Quiz("a", "T", ()), "questions must be at least 1, got 0"),
        (lambda: Quiz("a", "T", (YES,)), "questions must be a tuple of Choose or Estimate, got ("),
        (lambda: Quiz("a", "T", (Choose("Q?", (YES, NO)),) * 2), "questions must differ from each other, got 'Q?' tw"),
    ],
)
def test_what_is_no_quiz_says_what_is_wrong(make, complaint):
    with pytest.raises((TypeError, ValueError), match=re.escape(complaint)):
        make()


def estimate(**changes):
    return Estimate(**ESTIMATE | changes)


def test_several_right_options_are_asked_for():
    prompts = [question["prompt"] for question in SMALL.spec()["questions"]]
    assert prompts[1:] == ["Which? Choose all that apply.", "How many?"]


# ---------------------------------------------------------------- what goes where


def test_the_widget_carries_the_whole_quiz_and_is_html_only_while_the_book_is_built(monkeypatch):
    monkeypatch.delenv("INITLAB_BOOK", raising=False)
    widget = SMALL.ask()
    assert widget.spec == SMALL.spec()
    bundle, _ = widget._repr_mimebundle_()
    assert bundle.keys() == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert bundle["text/plain"] == static.text(SMALL)
    monkeypatch.setenv("INITLAB_BOOK", "1")
    assert widget._repr_mimebundle_() == {"text/html": static.html(SMALL), "text/plain": static.text(SMALL)}


def test_in_plain_words_a_quiz_is_its_questions():
    assert static.text(SMALL).splitlines()[4:] == [
        "2. Which? Choose all that apply.",
        "   - A",
        "   - B",
        "   - C",
        "3. How many?",
    ]


def test_a_static_page_carries_what_the_widget_carries():
    html = static.html(SMALL)
    data = re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1]
    assert json.loads(data) == json.loads(json.dumps(SMALL.spec()))
    assert html.count("</script>") == 1, "text cannot end the script early"


def test_text_is_never_taken_for_markup():
    fallback = static.html(SMALL).split("<script")[0]
    assert "1. Is <code>a &lt; b</code> &lt;/script&gt; &lt;b&gt;bold&lt;/b&gt;?" in fallback
    assert "for a &lt; b &amp; &quot;c&quot; &gt; <code>d</code>." in fallback
    assert "Two &amp; two" in fallback


def test_without_javascript_every_answer_is_there_and_folded_away():
    fallback = static.html(SMALL).split("<script")[0]
    assert fallback.count("<details><summary>Answer</summary>") == 3
    assert "<p>✗ <strong>No</strong><br>It is not" in fallback
    assert "<p>✓ <strong>12.5 %</strong><br>25 / 2.</p>" in fallback


def test_the_script_is_one_classic_script_without_comments():
    script = static.script()
    assert script.startswith("(() => {")
    for unwanted in ("export ", "import ", "http", "fetch"):
        assert unwanted not in script, unwanted
    assert not re.search(r"^\s*//", script, re.MULTILINE)


def test_the_style_sheet_styles_the_quiz_alone():
    css = static.stylesheet()
    assert "/*" not in css
    assert "initlab-any" not in css
    for selectors in re.findall(r"^\s*([^@{}\n]+)\{", css, re.MULTILINE):
        assert ".initlab-quiz" in selectors, selectors


# ---------------------------------------------------------------- the quizzes of the book


def test_every_quiz_that_was_written_is_asked():
    written = [module.name for module in pkgutil.iter_modules(initlab.quizzes.__path__)]
    asked = [asked.page.removeprefix("book/").replace("-", "_") for asked in ASKED]
    assert sorted(asked) == sorted(written), "a quiz and its chapter have the same name"


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_neither_place_nor_length_gives_an_answer_away(asked):
    single = [q.options for q in asked.quiz.questions if isinstance(q, Choose) and sum(o.right for o in q.options) == 1]
    if len(single) > 1:
        assert len({[o.right for o in options].index(True) for options in single}) > 1, "always in the same place"
        assert any(not max(options, key=lambda o: len(o.text)).right for options in single), "always the longest"


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_an_explanation_is_a_sentence(asked):
    for question in asked.quiz.questions:
        if isinstance(question, Choose):
            explanations = [option.explanation for option in question.options]
        else:
            explanations = [question.explanation, question.otherwise, *(why for _, why in question.wrong)]
        for why in explanations:
            assert re.search(r"[.!?]$", why), why
            assert len(why) >= 30, f"{why!r} explains little"


# ---------------------------------------------------------------- the numbers of "Exploding and vanishing signals"


exploding_says = partial(quiz_says, exploding_quiz.quiz)


def test_twenty_factors_of_1_3():
    question = exploding_quiz.quiz.questions[0]
    assert question.answer == round(1.3**20)
    assert [number for number, _ in question.wrong] == [20 * 1.3, 1 + 20 * 0.3, round(1.3**19, 1), round(1.3**21, 1)]
    exploding_says("1.3²⁰ = 190", "1.3¹⁹ = 146.2", "1.3²¹ = 247.1", "26 is 20 × 1.3")


def test_nine_hidden_layers_get_equally_small_weight_gradients():
    exploding_says("None: all nine get an equally small one", "always eight: 0.5⁸ = 0.0039", "a[8] = 0.5⁸ x")
    x, W, gradient = np.array([1.0, 1.0]), 0.5 * np.eye(2), np.array([1.0, -1.0])
    a = list(itertools.accumulate(range(9), lambda a, _: W @ a, initial=x))
    assert np.allclose(a[8], 0.5**8 * x)
    sizes = []
    for layer in range(9, 0, -1):
        sizes.append(np.linalg.norm(np.outer(gradient, a[layer - 1])) / 2)
        gradient = W.T @ gradient
    assert sizes == pytest.approx([0.5**8] * 9)
    assert round(0.5**8, 4) == 0.0039


def test_a_loss_of_one_half_may_be_a_plateau_or_what_an_explosion_left():
    exploding_says("c = 0.5 looks settled like this at learning rate 0.01, and solves the task at step 4202")
    x, y = exploding.turn(60)
    slow = train(exploding.equal_layers(0.5), x, y, loss="squared_error", learning_rate=0.01, steps=5000).loss
    assert exploding.outcome(slow) == ("solved", 4202)
    assert np.allclose(slow[:1000], 0.5, atol=0.005)
    exploding_says("From c = 1.5 at learning rate 0.00316, the first step shrinks", "falls from 720 to 0.5 and stays")
    thrown = train(exploding.equal_layers(1.5), x, y, loss="squared_error", learning_rate=0.00316, steps=1000)
    assert round(thrown.loss[0]) == 720
    assert np.allclose(thrown.loss[1:], 0.5, atol=0.001)


def test_what_keeps_a_typical_signal():
    lengths = products.stretch(2, 30, seeds=20_000, rng=2)
    exploding_says("a typical signal has shrunk to 0.0002", "After 3 layers of width 2", "about half of its length")
    assert np.median(lengths[:, 30]) == pytest.approx(0.0002, rel=0.1)
    assert np.median(lengths[:, 3]) == pytest.approx(0.5, abs=0.06)
    exploding_says("drifts by about −1/(2n)", "At width 512 a typical signal keeps 97 %")
    assert products.growth_rate(512) == pytest.approx(-1 / 1024, rel=0.01)
    assert round(100 * products.growth_quantile(0.5, 30, 512)) == 97
    exploding_says("At width 2 a gain of 1.335 cancels the drift", "about kept, but the mean square explodes")
    assert products.growth_rate(2, 1.335) == pytest.approx(0, abs=0.001)
    assert 0.8 < np.median(lengths[:, 30]) * 1.335**30 < 1.25
    assert 1.335**60 > 1e7


# ---------------------------------------------------------------- the numbers of "Symmetry"


symmetry_says = partial(quiz_says, symmetry_quiz.quiz)


def symmetry_train(network, x, y, steps=100, **options):
    return train(network, x, y, **{"loss": "softmax_cross_entropy", "learning_rate": 0.3, "steps": steps} | options)


def gradients_at(W, b, V, x, y):
    """Gradients of all arrays of a tanh network with one hidden layer, [W, b, V]."""
    net = Network((W, V), (b, np.zeros(2)), "tanh")
    passed = forward(net, x)
    found = backward(net, passed, softmax_cross_entropy(passed.output, y)[1])
    return [found.dW[0], found.db[0], found.dW[1]]


def test_what_a_hundred_steps_from_zero_change():
    symmetry_says(
        "W[2] = 0 lets no gradient down", "tanh(0) = 0 gives W[2] none", "A tanh network starts with all weights"
    )
    symmetry_says("That is so when the classes are unequal or the batches small", "Their gradient is Σ δᵢ f(0)")
    symmetry_says("That happens with a sigmoid, whose f(0) is ½, and when the classes are unequal")
    x, y = datasets.cross(rng=0)
    moved = {}
    for activation in ("tanh", "sigmoid"):
        start = sample([2, 8, 2], activation, zeros)
        assert (forward(start, x).a[1] == {"tanh": 0, "sigmoid": 1 / 2}[activation]).all()
        for data, options in (("equal", {}), ("unequal", {}), ("small", {"batch_size": 10, "rng": 0})):
            some = slice(0, 97) if data == "unequal" else slice(None)
            end = symmetry_train(start, x[:, some], y[some], **options).network
            assert symmetry.spread(end, 1) < 1e-9  # in lockstep, if at all
            moved[activation, data] = [bool(np.abs(A).max() > 1e-9) for A in (*end.weights, end.biases[1])]
    assert moved["tanh", "equal"] == [False, False, False]
    assert moved["tanh", "unequal"] == moved["tanh", "small"] == [False, False, True]
    assert moved["sigmoid", "equal"] == [False, False, False]
    assert moved["sigmoid", "unequal"] == moved["sigmoid", "small"] == [True, True, True]


def test_what_makes_units_different_that_start_at_one_half():
    x, y = datasets.moons(rng=0)
    half = partial(constant, value=0.5)
    start = sample([2, 8, 2], "tanh", half)

    def apart(network):
        return bool(symmetry.spread(network, 1) > 1e-6)

    def by_rule(step, mask=lambda: np.ones(8)):
        W, b, V = (np.array(A) for A in (start.weights[0], start.biases[0], start.weights[1]))
        for _ in range(20):
            on = mask()
            dW, db, dV = gradients_at(W, b, V * on, x, y)
            for A, dA in zip((W, b, V), step([dW, db, dV * on]), strict=True):
                A -= dA
        return Network((W, V), (b, np.zeros(2)), "tanh")

    mean, square, rng = [0.0] * 3, [0.0] * 3, np.random.default_rng(0)

    def adam(found):
        for i, g in enumerate(found):
            mean[i], square[i] = 0.9 * mean[i] + 0.1 * g, 0.999 * square[i] + 0.001 * g**2
        return [0.01 * m / (np.sqrt(s) + 1e-8) for m, s in zip(mean, square, strict=True)]

    random_biases = sample([2, 8, 2], "tanh", half, bias_initializer=[normal, zeros], rng=0)
    different = {
        "Taking the examples in random order": apart(symmetry_train(start, x, y, batch_size=10, rng=0).network),
        "Dropout": apart(by_rule(lambda found: [0.3 * g for g in found], lambda: rng.random(8) < 0.5)),
        "Adam instead of plain gradient descent": apart(by_rule(adam)),
        "Random biases of the hidden units": apart(symmetry_train(random_biases, x, y).network),
        "A larger learning rate": apart(symmetry_train(start, x, y, learning_rate=1.0).network),
    }
    assert {option.text: option.right for option in symmetry_quiz.quiz.questions[1].options} == different


def test_sixteen_equal_units_are_one_with_sixteen_times_the_weight():
    question = symmetry_quiz.quiz.questions[2]
    symmetry_says("The output adds up 16 equal terms v f(u)", "√16 is right for random signs")
    assert [number for number, _ in question.wrong] == [1, 16**0.5, 1 / 16]
    u, v = np.linspace(-2, 2, 9), 0.7
    assert np.full(16, v) @ np.tanh(np.tile(u, (16, 1))) == pytest.approx(question.answer * v * np.tanh(u))
    signs = np.random.default_rng(0).choice([-1, 1], size=(100_000, 16))
    assert np.sqrt(np.square(signs.sum(axis=1)).mean()) == pytest.approx(4, rel=0.02)


def test_noise_that_grows_tenfold_every_forty_steps():
    question = symmetry_quiz.quiz.questions[3]
    symmetry_says("grows tenfold every 40 steps, and noise of 10⁻⁶ has grown to 1 after 240", "10⁻⁹ need?")
    factor = 10 ** (1 / 40)
    steps = {noise: round(-np.log(noise) / np.log(factor)) for noise in (1e-6, 1e-9)}
    assert 1e-6 * factor**240 == pytest.approx(1)
    assert (steps[1e-6], steps[1e-9]) == (240, question.answer)
    symmetry_says("Nine powers of ten, 40 steps each. A thousandth of the noise costs 120 steps more.")
    assert steps[1e-9] == 9 * 40 == 240 + 120
    assert [number for number, _ in question.wrong] == [1000 * 240, steps[1e-9] - steps[1e-6], steps[1e-6]]


def test_units_that_are_different_and_do_the_work_of_one():
    x, y = datasets.moons(rng=0)
    noise = (1e-12, 0.1)
    symmetry_says("The moons, tanh, weights 0 with noise of 10⁻¹²: after 1000 steps all eight units are different")
    symmetry_says("With noise of 0.1, a hundred billion times as much, the loss after 1000 steps is 0.27 as well.")
    assert noise[1] / noise[0] == pytest.approx(100e9)
    ends = [symmetry_train(twins_demo.noisy(0.0, each), x, y, steps=1000) for each in noise]
    one_unit = symmetry_train(twins_demo.noisy(0.5, 0.0), x, y, steps=1000).loss[-1]
    assert [end.loss[-1] for end in ends] == pytest.approx([one_unit, one_unit], abs=0.002)
    assert [round(end.loss[-1], 2) for end in ends] == [0.27, 0.27]
    symmetry_says("Their weights lie along one line. Their lengths differ, their direction does not.")
    for end in ends:
        assert symmetry.distinct_units(end.network, 1) == 8
        W = end.network.weights[0]
        lengths = np.linalg.norm(W, axis=1)
        assert lengths.max() > 2 * lengths.min()
        unit = W / lengths[:, None]
        assert np.abs(unit @ unit.T).min() > 0.99


# ---------------------------------------------------------------- the numbers of "Why initialization matters"


why_says = partial(quiz_says, why_quiz.quiz)


def right_at(start, rate):
    """The share of new points that are right with each of the five seeds, in the runs of the chapter."""
    return why_demo.runs(start).accuracy[why_demo.RATES.index(rate)]


def test_a_first_loss_of_ln_10_is_that_of_equal_probabilities():
    why_says("for ten classes reports a loss of 2.30 before its first step", "2.30 = ln 10 is the loss", "ln 10 = 2.30")
    x, labels = np.random.default_rng(0).standard_normal((20, 50)), np.arange(50) % 10
    tiny, fitting = (sample([20, 30, 10], "relu", why_demo.he_times(factor), rng=0) for factor in (1e-6, 1))
    loss, _ = softmax_cross_entropy(forward(tiny, x).output, labels)
    assert f"{loss:.2f}" == f"{np.log(10):.2f}" == "2.30"  # "weights are far too small ... has this loss too"
    loss, _ = softmax_cross_entropy(forward(fitting, x).output, labels)
    assert loss == pytest.approx(2.3, abs=1)  # "well chosen weights begin near this loss too"


def test_another_rate_may_be_all_that_a_start_needs():
    why_says("in this chapter scale 0.3 gets 74 % right at rate 0.0316 and more than 99 % at 0.316")
    assert right_at("x0.3", 0.0316).mean() == pytest.approx(0.74, abs=0.005)
    assert right_at("x0.3", 0.316).mean() > 0.99
    why_says("A network that has diverged does not answer 80 % right")
    diverged = [why_demo.runs(start).accuracy[why_demo.runs(start).overflow] for start in why_demo.STARTS]
    assert np.concatenate(diverged).max() < 0.8


def test_halved_weights_divide_the_lowest_gradient_by_32():
    question = why_quiz.quiz.questions[2]
    assert len(why_demo.WIDTHS) == 2 + 5  # five hidden layers and an output layer
    x, _ = why_demo.data()
    net = sample(why_demo.WIDTHS, "relu", why_demo.STARTS["x1"], rng=0)
    half = Network(tuple(W / 2 for W in net.weights), net.biases, "relu")  # the biases are 0
    top = np.ones((2, x.shape[1]))
    whole, halved = (backward(each, forward(each, x), top).dW[0] for each in (net, half))
    assert halved == pytest.approx(question.answer * whole)
    assert question.answer == 0.5**5
    assert [number for number, _ in question.wrong] == [0.5**6, 0.5, 1 / (5 / 0.5)]
    why_says("½⁵ = 1/32 = 0.03125", "½⁶ counts all six matrices")


def test_what_is_true_of_scale_10():
    why_says("At 0.00001 none of the five networks diverges, and all of them learn.")
    runs = why_demo.runs("x10")
    assert not runs.overflow[why_demo.RATES.index(0.00001)].any()
    assert (right_at("x10", 0.00001) > 0.9).all()
    why_says("It begins at 300,000 or more: huge scores, and half of them on the wrong side.")
    assert runs.loss[0].min() > 300_000
    x, y = why_demo.data()
    scores = forward(sample(why_demo.WIDTHS, "relu", why_demo.STARTS["x10"], seeds=why_demo.SEEDS), x).output
    assert np.mean(scores.argmax(axis=1) == y) == pytest.approx(0.5, abs=0.05)
    why_says("It gets about 94 % right on average, where scale 1 gets 99.8 %")
    assert runs.accuracy.mean(axis=1).max() == pytest.approx(0.94, abs=0.01)
    assert why_demo.runs("x1").accuracy.mean(axis=1).max() == pytest.approx(0.998, abs=0.0005)
