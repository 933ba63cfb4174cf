"""The chapter "Deriving Xavier", held to account."""

import itertools
import re
from collections import Counter
from fractions import Fraction
from functools import cache, partial
from math import prod

import numpy as np
import pytest
import sympy as sp
from harness import ROOT, quiz_says, read_notebook

from initlab.algebra import ALL, compromise, derive_forward, linear_network
from initlab.algebra.assumptions import n_in, n_out
from initlab.algebra.simulation import draw
from initlab.initializers import lecun_normal, normal, orthogonal
from initlab.losses import squared_error
from initlab.network import backward, sample, simulate
from initlab.network import forward as run
from initlab.training import train
from initlab_book.chapters.deriving import exercises, experiments, quiz

from . import chapter, near, printed, prose_of, table

says = chapter("deriving")
SWITCHED = [key for key, _ in experiments.SWITCHES.values()]
VALUES = experiments.values(64)
ALIGNED = "weights independent of activations"
WIDTH = 100


@cache
def predicted(*dropped, fan_in=64):
    return derive_forward(ALL - set(dropped)).predict(**experiments.values(fan_in))


def rules():
    """The rules of probability as the chapter numbers them, {title: number}."""
    return {title: int(number) for number, title in re.findall(r"\b(\d)\. \*\*(.+?)\*\*", prose_of("deriving"))}


def code(cell):
    (source,) = ("".join(each["source"]) for each in read_notebook("book/deriving")["cells"] if each["id"] == cell)
    return source


def year_of(work):
    bibliography = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    return int(re.search(rf"{{{work},.*?year\s*=\s*{{(\d+)}}", bibliography, re.DOTALL)[1])


# ---------------------------------------------------------------- the derivation


def test_squares_and_products():
    says("«Three» rules of probability are enough.", len(rules()))
    pairs = list(itertools.product(range(WIDTH), repeat=2))
    says(
        "A sum of «100» terms has «100» squares and «9900» products.",
        WIDTH,
        sum(j == k for j, k in pairs),
        sum(j != k for j, k in pairs),
    )
    assert table("deriving", "rules-code") == [[terms, 0] for terms in (1, 2, 3, 4)]
    says("We check (2) against the plain expansion")


def test_the_derivation_takes_half_a_page():
    lines = 3 * len(derive_forward().steps)  # a displayed formula takes the room of three lines
    says("Xavier's rule follows from «half» a page of algebra", near(lines / 40, abs=0.1))


def test_what_the_rule_uses():
    uses = derive_forward().uses
    assert uses == {"zero-mean weights", "uncorrelated weights", "equal variances", ALIGNED, "zero biases"}
    assert derive_forward(uses).result == derive_forward().result
    says(
        "«Five» assumptions are used, and they suffice: weights that are centred, uncorrelated, of equal variance and "
        "independent of the activations, and no biases.",
        len(uses),
    )
    out = printed("deriving", cell="forward-rule")
    assert ["E[z²] of one layer", "n_in*q*sigma_w**2"] in table("deriving", "forward-rule")
    assert ["kept when Var W is", "1/n_in"] in table("deriving", "forward-rule")
    assert set(re.findall(r"  - (.+)", out)) == uses
    says("The variance that keeps it makes this factor «1»", float(n_in * derive_forward().preserving()))


def test_orthogonal_weights_are_dependent_and_uncorrelated():
    """tests/science holds (3) to them, too."""
    says("the entries of a random orthogonal matrix are not, but they are uncorrelated, and (3) holds for them exactly")
    n = 6
    W = np.stack([orthogonal((n, n), rng=rng) for rng in np.random.default_rng(0).spawn(4000)])
    one, other = W[:, 0, 0], W[:, 0, 1]
    error = 1 / n / np.sqrt(len(W))
    assert abs(np.mean(one * other)) < 4 * error
    assert np.mean(one**2 * other**2) < 0.9 / n**2
    x = np.arange(1.0, n + 1)
    assert np.square(W @ x).mean(axis=1) == pytest.approx(np.square(x).mean())


# ---------------------------------------------------------------- the switchboard


def test_the_amounts_of_the_table():
    broken = experiments.BROKEN
    says("mean $\\mu = «0.2»\\, \\sigma_w$", broken["mu"])
    says("mean $m = «0.5»$, while $q$ stays «1»", broken["m"], VALUES["q"])
    says("any two have correlation $\\rho = «0.02»$", broken["rho"])
    root = np.sqrt(broken["kappa"])
    says(
        "half of the weights and their activations have «1.5» times the average variance, the others «0.5» times",
        1 + root,
        1 - root,
    )
    W, _, _ = draw(derive_forward(ALL - {"equal variances"}), VALUES, rng=0, draws=20_000)
    kurtosis = np.mean(W**4) / np.mean(W**2) ** 2  # 3 for normal weights of one variance
    assert kurtosis == pytest.approx(3 * (1 + broken["kappa"]), rel=0.02)
    says("any two have correlation $r = «0.1»$", broken["r"])
    says("each weight has correlation «0.1» with the activation that it multiplies", broken["c"])
    says("standard deviation $\\sigma_b = «0.5»$", broken["sigma_b"])
    says("the marks are «2000» units", experiments.DRAWS)


def test_a_dropped_assumption_leaves_a_covariance():
    says("what they had removed comes back")
    (step,) = [step for step in derive_forward(ALL - {ALIGNED}).steps if step.without]
    assert "E of a product" in step.reasons
    assert "Cov" in str(step.after)
    assert "Cov" not in str(step.before)


def test_three_of_the_seven_change_nothing_alone():
    alone = {key: predicted(key) for key in SWITCHED}
    same = {key for key, size in alone.items() if size == pytest.approx(1)}
    assert same == {"zero-mean activations", "uncorrelated activations", "uncorrelated weights"}
    says("«Three» change nothing when dropped alone", len(same))
    says("The other «four»:", len(SWITCHED) - len(same))
    grown = {key: np.array([predicted(key, fan_in=n) - 1 for n in experiments.FAN_INS]) for key in SWITCHED}
    assert grown["zero biases"] == pytest.approx(experiments.BROKEN["sigma_b"] ** 2)
    says("- **Biases** add $\\sigma_b^2$, whatever the width.")
    says(
        "**Unequal variances** count when large weights meet large activations. Here that adds «a quarter».",
        grown["equal variances"],
    )
    says("$\\mathbb{E}[W^2] = \\sigma_w^2 + \\mu^2$: «four per cent», at every width.", grown["zero-mean weights"])


def test_aligned_weights_are_the_worst():
    worst = {n: max(SWITCHED, key=partial(predicted, fan_in=n)) for n in (*range(1, 31), 64, 128, 1000)}
    first = next(n for n in worst if worst[n] == ALIGNED)
    assert {worst[n] for n in worst if n >= first} == {ALIGNED}
    says("are the worst from about «25» inputs on", near(first, abs=1))
    double = next(n for n in range(1, 1000) if predicted(ALIGNED, fan_in=n) >= 2)
    says(
        "a correlation of «0.1» «doubles» $\\mathbb{E}[z^2]$ at about $n = «100»$",
        experiments.BROKEN["c"],
        predicted(ALIGNED, fan_in=double),
        near(double, rel=0.05),
    )


def test_one_step_of_gradient_descent_moves_each_weight_in_proportion_to_its_activation():
    says("it adds $-\\eta\\, \\delta_i a_j$ to $W_{ij}$")
    net = sample([5, 4, 3], "tanh", lecun_normal, rng=0)
    x, y = np.random.default_rng(1).standard_normal((5, 1)), np.ones((3, 1))
    step = train(net, x, y, loss="squared_error", learning_rate=0.1, steps=1).network
    pass_up = run(net, x)
    _, gradient = squared_error(pass_up.output, y)
    delta = backward(net, pass_up, gradient).dz[1]
    assert step.weights[1] - net.weights[1] == pytest.approx(-0.1 * delta @ pass_up.a[1].T)


def test_pairs_that_do_harm():
    extra = {
        pair: predicted(*pair) - 1 - sum(predicted(key) - 1 for key in pair)
        for pair in itertools.combinations(SWITCHED, 2)
    }
    harmful = [set(pair) for pair, more in extra.items() if more > 0.01]
    says(
        "«Four» pairs bring such a term back, a mean or correlation of the weights with a mean or correlation of the "
        "activations.",
        len(harmful),
    )
    for pair in harmful:
        assert pair & {"zero-mean weights", "uncorrelated weights"}
        assert pair & {"zero-mean activations", "uncorrelated activations"}
    alone = ("zero-mean activations", "uncorrelated weights")
    says("*Weights: uncorrelated* and *Activations: mean zero*, each harmless alone,")
    assert [predicted(key) for key in alone] == pytest.approx([1, 1])
    says(
        "$n(n-1)\\, \\rho\\, \\sigma_w^2\\, m^2$ comes back, about «0.31» at $n = «64»$",
        near(extra[alone], abs=0.006),
        experiments.FAN_INS[-1],
    )


# ---------------------------------------------------------------- variance, backward, compromise


def test_the_variance_sees_the_second_moment_of_the_activations():
    assert table("deriving", "variance-code") == [["n_in*q*sigma_w**2"]]
    mean = derive_forward(ALL - {"zero-mean activations"}, statistic="mean")
    assert mean.result == 0
    assert "E of a product" in {step.rule for step in mean.steps}
    says("This is $q = \\mathbb{E}[a^2]$, not $\\mathrm{Var}\\, a = q - m^2$ with $m = \\mathbb{E}[a]$.")


def widths(outputs):
    """The widths of the networks whose gradients the chapter measures, as its cell has them."""
    return eval(re.search(r"\[\d+\] \* \d+ \+ \[outputs\]", code("gradients-code"))[0], {"outputs": outputs})


def measured_gradients():
    """{(loss, outputs): {layer: (mean, error)}}, from what the chapter prints."""
    layers = [int(layer) for layer in re.findall(r"layer (\d+)", printed("deriving", cell="gradients-code"))]
    measured = {}
    for loss, outputs, *numbers in table("deriving", "gradients-code"):
        pairs = [tuple(map(float, each.split(" ± "))) for each in numbers]
        measured[loss, int(outputs)] = dict(zip(layers, pairs, strict=True))
    return measured


def test_the_networks_whose_gradients_are_measured():
    measured = measured_gradients()
    many, few = max(outputs for _, outputs in measured), min(outputs for _, outputs in measured)
    assert few == 1
    says("in «ten» linear layers of «100» units, variance $1/n$", len(widths(many)) - 1, widths(many)[:-1])
    says("with «100» outputs and with one", many)
    says("Which of the «three» will agree?", len(measured))


def test_gradients_that_owe_little_to_the_forward_pass_follow_the_rule():
    says("The random gradient agrees, and so, nearly, does the squared error of a single output.")
    for case in (("linear", 100), ("squared_error", 1)):
        for mean, error in measured_gradients()[case].values():
            assert abs(mean - 1) < 0.02 + 4 * error


def test_the_squared_error_of_many_outputs_does_not():
    measured = {layer: mean for layer, (mean, _) in measured_gradients()["squared_error", 100].items()}
    last = len(widths(100)) - 2
    says(
        "With «100» outputs the gradient *grows* on the way down, almost «fourfold» over «eight» layers.",
        widths(100)[-1],
        near(measured[1], rel=0.06),
        last - min(measured),
    )
    assert measured[1] < 4
    net = sample(widths(100), "identity", lecun_normal, seeds=range(20))
    rng = np.random.default_rng(0)
    output = run(net, rng.standard_normal((100, 20))).output
    targets = rng.standard_normal((100, 200))
    says("its gradient is the output minus a random target of the same size.")
    assert np.square(output).mean() == pytest.approx(np.square(targets).mean(), rel=0.1)
    share = np.square(output).mean() / (np.square(output).mean() + np.square(targets).mean())
    says("«Half» of it is the output itself", near(share, rel=0.08))


def test_the_gradient_of_the_squared_error_grows_along_a_straight_line():
    """Exactly, at infinite width: of the product of k matrices the mean square of the squared singular values is k + 1
    (a Fuss-Catalan number, Penson and Zyczkowski 2011), and the target adds 1."""
    line = {layer: (12 - layer) / 3 for layer in range(1, 10)}
    says(
        "The growth is a straight line, not an exponential: «a third» from layer 9 to layer 8, «a tenth» from layer 2 "
        "to layer 1.",
        line[8] / line[9] - 1,
        line[1] / line[2] - 1,
    )
    measured = measured_gradients()["squared_error", 100]
    for layer, (mean, error) in measured.items():
        assert abs(mean / line[layer] - 1) < 0.05 + 4 * error / mean
    for k in (1, 2, 3):
        J = np.linalg.multi_dot([np.eye(400), *(lecun_normal((400, 400), rng=i) for i in range(k)), np.eye(400)])
        assert np.square(J.T @ J).sum() / 400 == pytest.approx(k + 1, rel=0.06)


def test_the_activation_that_is_nearly_linear():
    assert "missing: linear activation" in printed("deriving", cell="linear-code")
    z = sp.Symbol("z", real=True)
    slope = sp.diff(sp.tanh(z), z)
    (linear,) = sp.solveset(sp.Eq(slope, 1), z, sp.S.Reals)
    says("with $f'(0) = «1»$ like tanh near «0»", float(slope.subs(z, 0)), float(linear))


def test_the_compromise():
    rule = compromise()
    both = float(sp.simplify(rule.forward + rule.backward))
    says("The two factors add up to «2»: one is as far above «1» as the other is below.", both, both / 2)
    layer = {n_in: 512, n_out: 32}
    says(
        "From 512 to 32 units the signal grows to «1.88» and the gradient shrinks to «0.12»",
        float(rule.forward.subs(layer)),
        float(rule.backward.subs(layer)),
    )


# ---------------------------------------------------------------- twenty layers


def twenty():
    """{mean of a weight / its std: (E[a^2] linear, E[a^2] tanh, |cosine|)}, as the chapter prints them."""
    return {row[0]: row[1:] for row in table("deriving", "twenty-code")}


def test_a_mean_in_twenty_layers():
    n, std, depth = WIDTH, WIDTH**-0.5, 20
    says("in one layer and in «twenty»", depth)
    says("## «Twenty» layers", depth)
    one = derive_forward(ALL - {"zero-mean weights"}).predict(n_in=n, sigma_w=std, q=1, mu=0.1 * std) - 1
    says("At $n = «100»$, a mean of a tenth of a standard deviation adds one per cent to $\\mathbb{E}[z^2]$", n)
    assert one == pytest.approx(0.01)
    ends = {mean: linear_network(depth, n, sigma_w=std, mu=mean * std).q[-1] for mean in (0.1, 0.2)}
    says(
        "«Twenty» linear layers of «100» units, weights of variance 1/«100» and a mean of 0.1 standard deviations",
        depth,
        n,
        1 / std**2,
    )
    says("«20 per cent», a factor of 4, or a factor of a million? And at a mean of 0.2?", depth * one)
    assert min((1.2, 4, 1_000_000), key=lambda factor: abs(np.log(factor / ends[0.1]))) == 4
    says("A factor of «3.75» at a mean of 0.1; at 0.2 it is $«2 \\cdot 10^{10}»$", ends[0.1], ends[0.2])
    assert twenty()[0.1][0] == pytest.approx(ends[0.1], rel=0.01)


def test_where_the_common_part_begins_to_grow():
    n, std = WIDTH, WIDTH**-0.5
    says("at «100» units a mean of $0.1\\, \\sigma_w$ is exactly where the factor reaches «1»", n, n * float(0.1 * std))
    says("with weights of variance $1/n$, a mean becomes fatal where $n \\mu$ exceeds 1: with linear layers the signal")
    for mean in (0.05, 0.09):
        deep = linear_network(300, n, sigma_w=std, mu=mean * std)
        assert (deep.s / deep.q).max() < 0.05
    for mean in (0.11, 0.15, 0.2):
        deep = linear_network(300, n, sigma_w=std, mu=mean * std)
        paces = [part[-1] / part[-2] for part in (deep.q, deep.s)]
        assert paces == pytest.approx([(n * mean * std) ** 2] * 2, rel=0.05)
        assert paces[0] > 1


@pytest.mark.parametrize("mean", [0.05, 0.1])
def test_drawn_networks_follow_the_theory_of_depth(mean):
    n, std = WIDTH, WIDTH**-0.5
    deep = simulate([n] * 11, "identity", partial(normal, mean=mean * std, std=std), seeds=range(200), batch=5)
    size = deep.a.second_moment
    theory = linear_network(10, n, sigma_w=std, mu=mean * std).q
    errors = (size.mean(axis=0) - theory) / (size.std(axis=0) / np.sqrt(200) + 1e-12)
    assert abs(errors).max() < 4


def test_two_inputs_end_in_one_direction():
    for width in (WIDTH, 3 * WIDTH):  # at a mean of twice the critical one, 1/sqrt(n)
        deep = simulate(
            [width] * 21, "tanh", partial(normal, mean=2 / width, std=width**-0.5), seeds=range(16), batch=10
        )
        net = sample([width] * 21, "tanh", partial(normal, mean=2 / width, std=width**-0.5), rng=0)
        a = run(net, np.random.default_rng(0).standard_normal((width, 40))).a[-2]
        a = a / np.linalg.norm(a, axis=0)
        signs = np.sign(a.T @ a)
        assert np.quantile(np.abs(a.T @ a), 0.05) > 0.99
        assert 0.2 < np.mean(signs > 0) < 0.8
        assert 0.2 < deep.a.second_moment[:, -1].mean() < 1
    says("With tanh and a mean of 0.2 the size looks healthy, but two unrelated inputs end in the same direction")
    _, size, cosine = twenty()[0.2]
    assert size > 0.5
    assert cosine == 1
    says("caught from «a fifth» of a standard deviation", max(twenty()))
    says("«a hundred» units, and one thing to say", WIDTH)
    says("Beside it, «eight» tanh networks say how alike two inputs have become", len(range(8)))
    assert "seeds=range(8)" in code("twenty-code")


# ---------------------------------------------------------------- exercises, quiz, works


def second_moment_of_two_layers(n, shared):
    """E[z_i^2] of z = V W x for x = (1, ..., 1), exact: W has normal entries of variance 1/n, and V is W or another."""

    def mean_of_product(entries):
        counts = Counter(entries).values()
        if any(count % 2 for count in counts):
            return Fraction(0)
        return prod((Fraction(prod(range(1, count, 2)), n ** (count // 2)) for count in counts), start=Fraction(1))

    upper = "W" if shared else "V"
    total = Fraction(0)
    for i in range(n):
        terms = [((upper, i, j), ("W", j, k)) for j in range(n) for k in range(n)]
        total += sum(mean_of_product([*one, *other]) for one, other in itertools.product(terms, repeat=2))
    return total / n


def test_shared_weights_change_little():
    n = 4
    terms = [[(0, j), (j, k)] for j in range(n) for k in range(n)]
    most = [max(Counter(term).values()) for term in terms]
    says("where the same entry of $W$ occurs «twice» in a product, and that is one term in $n^2$", max(most))
    assert most.count(2) * n**2 == len(terms)
    for n in (1, 2, 3):
        assert second_moment_of_two_layers(n, shared=True) == 1 + Fraction(2, n**2)
    says(
        "the second moment is exactly $1 + 2/n^2$ in place of «1»",
        [float(second_moment_of_two_layers(n, shared=False)) for n in (1, 2, 3)],
    )


def test_numbers_of_the_exercises():
    says("Rule «3»: $n$ squares and $n(n-1)$ products of two different terms.", rules()["The square of a sum"])
    says(
        "so the factor is $n \\mu = \\sqrt{3n}$: «17» at $n = «100»$",
        exercises.common_factor.solution(WIDTH),
        WIDTH,
    )


def test_a_uniform_distribution_from_zero():
    x, b = sp.symbols("x b", positive=True)
    low = 0
    mean, square = (sp.integrate(x**power / (b - low), (x, low, b)) for power in (1, 2))
    assert sp.simplify(mean - b / 2) == 0
    twelve = float(b**2 / sp.simplify(square - mean**2))
    says("Somebody draws weights uniformly from 0 to $b$ instead of from $-b$ to $b$.")
    says("A uniform distribution from 0 to $b$ has mean $b/2$ and variance $b^2/«12»$.", twelve)
    says("$b^2/«12» = 1/n$ gives $b = \\sqrt{«12»/n}$ and $\\mu = b/2 = \\sqrt{3/n}$", twelve, twelve)


def test_compromises_at_unlike_widths():
    a, b = 512, 32
    v, g, arithmetic = 2 / (a + b), 1 / np.sqrt(a * b), (1 / a + 1 / b) / 2
    says(
        "at 512 and 32 units the factors are «1.88» and «0.12» for (5), «4» and «0.25» for the geometric mean",
        a * v,
        b * v,
        a * g,
        b * g,
    )
    says("the sum of the two factors is «2»", a * v + b * v)
    says("which is «2» for (5)", a * v + b * v)
    says(
        "The arithmetic mean of the two variances makes $1/f + 1/g = «2»$", 1 / (a * arithmetic) + 1 / (b * arithmetic)
    )
    says("makes the *product* of the two factors «1»", a * g * b * g)
    says("strictly between $1/n_{\\mathrm{in}}$ and $1/n_{\\mathrm{out}}$, one is above 1 and the other below.")
    for between in np.linspace(1 / a, 1 / b, 9)[1:-1]:
        assert a * between > 1 > b * between


def test_numbers_of_the_quiz():
    assert quiz.questions[2].answer == 64 * 63
    assert [number for number, _ in quiz.questions[2].wrong] == [64**2, 64 * 63 / 2, 64]
    quiz_says(quiz, "64 × 63 = 4032, next to 64 squares")
    quiz_says(quiz, "√n μ/σ = 20 μ/σ in each layer, which is 1 at σ/20", "There n μ = √n / n = 1/20")
    assert np.sqrt(400) * (1 / 20) == pytest.approx(1)
    assert np.sqrt(400) / 400 == pytest.approx(1 / 20)


def test_the_works_to_read():
    says(
        "the forward direction of it, «twelve» years earlier",
        year_of("glorot2010understanding") - year_of("lecun1998efficient"),
    )
