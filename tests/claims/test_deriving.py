"""The chapter "Deriving Xavier", held to account."""

import itertools
import re
from collections import Counter
from fractions import Fraction
from functools import cache, partial
from math import comb, prod
from statistics import NormalDist

import numpy as np
import pytest
import sympy as sp
from harness import ROOT, quiz_says, read_notebook

from initlab.algebra import ALL, E, Total, compromise, derive_forward, linear_network, random
from initlab.algebra.assumptions import n_in, n_out
from initlab.initializers import lecun_normal, normal
from initlab.network import backward, sample
from initlab.network import forward as run
from initlab.network import simulate as simulate_network
from initlab.training import train
from initlab_book.chapters.deriving import exercises, experiments, figures, quiz

from . import chapter, near, printed, prose_of

says = chapter("deriving")
SIX = [key for key, _ in experiments.SWITCHES.values()]
VALUES = experiments.values(128)
ALIGNED = "weights independent of activations"


@cache
def predicted(*dropped, fan_in=128):
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
    says("We need «three» rules of probability", len(rules()))
    pairs = list(itertools.product(range(experiments.WIDTH), repeat=2))
    says(
        "A layer of «100» units has «100» squares and «9900» products.",
        experiments.WIDTH,
        sum(j == k for j, k in pairs),
        sum(j != k for j, k in pairs),
    )
    lines = [line for line in printed("deriving", cell="rules-code").splitlines() if "terms" in line]
    says("for $n$ from «1» to «4»", int(lines[0].split()[0]), int(lines[-1].split()[0]))
    assert [line.split()[-1] for line in lines] == ["0"] * 4
    assert "Var(X Y)   = m_X**2*v_Y + m_Y**2*v_X + v_X*v_Y" in printed("deriving", cell="rules-code")


def test_the_derivation_takes_half_a_page():
    lines = 3 * len(derive_forward().steps)  # a displayed formula takes the room of three lines
    says("Xavier's rule follows from «half» a page of algebra", near(lines / 40, abs=0.1))


def test_what_the_rule_uses():
    uses = derive_forward().uses
    assert uses == {"zero-mean weights", "independent weights", ALIGNED, "zero biases"}
    assert derive_forward(uses).result == derive_forward().result
    says("«Four» assumptions are used, and they suffice", len(uses))
    says("$\\mathbb{E}[z^2] = n\\, \\mathrm{Var}\\,W\\; \\mathbb{E}[a^2]$ follows from «four» things", len(uses))
    out = printed("deriving", cell="forward-rule")
    assert "one layer: n_in*q*sigma_w**2" in out
    assert "kept when Var W = 1/n_in" in out
    says("the one that makes this factor «1»", float(n_in * derive_forward().preserving()))


# ---------------------------------------------------------------- the switchboard


def test_the_amounts_of_the_table():
    broken = experiments.BROKEN
    says("mean $\\mu = «0.2»\\, \\sigma_w$", broken["mu"])
    says("mean $m = «0.5»$, while $q$ stays «1»", broken["m"], VALUES["q"])
    says("any two weights of the unit have correlation $\\rho = «0.02»$", broken["rho"])
    says("any two have correlation $r = «0.1»$", broken["r"])
    says("each weight has correlation «0.1» with the activation that it multiplies", broken["c"])
    says("standard deviation $\\sigma_b = «0.5»$", broken["sigma_b"])
    says("the marks are «2000» units", experiments.DRAWS)
    says("«Six» switches, each on while its assumption holds.", len(SIX))
    says("For how many of the «six» does a term come back", len(SIX))


def test_a_dropped_assumption_leaves_a_covariance():
    says(
        "Nothing is lost when one is dropped: the mean, the covariance or the bias that it had removed stays in the "
        "result."
    )
    (step,) = [step for step in derive_forward(ALL - {ALIGNED}).steps if step.without]
    assert "E of a product" in step.reasons
    assert "Cov" in str(step.after)
    assert "Cov" not in str(step.before)


def test_three_of_the_six_change_nothing_alone():
    alone = {key: predicted(key) for key in SIX}
    same = {key for key, size in alone.items() if size == pytest.approx(1)}
    assert same == {"zero-mean activations", "uncorrelated activations", "independent weights"}
    says("«Three» of the «six» change nothing when dropped alone", len(same), len(SIX))
    says("Each of these «three» leaves a product of two factors", len(same))
    says("The other «three» are not alike", len(SIX) - len(same))
    biases, mean = (
        np.array([predicted(key, fan_in=n) - 1 for n in experiments.FAN_INS]) for key in ("zero biases", SIX[0])
    )
    assert biases == pytest.approx(experiments.BROKEN["sigma_b"] ** 2)
    says("$\\mathbb{E}[W^2] = \\sigma_w^2 + \\mu^2$; here that is «four per cent», at every width.", mean)


def test_a_mean_of_the_weights_meets_a_mean_of_the_activations():
    both, alone = predicted("zero-mean weights", "zero-mean activations"), predicted("zero-mean weights")
    says("at $n = «128»$ it alone is more than all the rest", experiments.FAN_INS[-1])
    assert both - alone > alone


def test_aligned_weights_are_the_worst():
    worst = {n: max(SIX, key=partial(predicted, fan_in=n)) for n in (*range(1, 31), 64, 128, 1000)}
    first = next(n for n in worst if worst[n] == ALIGNED)
    assert {worst[n] for n in worst if n >= first} == {ALIGNED}
    says("are the worst of the «six» from about «25» inputs on", len(SIX), near(first, abs=1))
    double = next(n for n in range(1, 1000) if predicted(ALIGNED, fan_in=n) >= 2)
    says(
        "A correlation of «0.1» «doubles» $\\mathbb{E}[z^2]$ at about $n = «100»$",
        experiments.BROKEN["c"],
        predicted(ALIGNED, fan_in=double),
        near(double, rel=0.05),
    )


def test_one_step_of_gradient_descent_moves_each_weight_in_proportion_to_its_activation():
    says("$z_i$ by $-\\eta\\, \\delta_i \\sum_j a_j^2$, a sum of $n$ terms of one sign")
    net = sample([5, 4, 3], "tanh", lecun_normal, rng=0)
    x = np.random.default_rng(1).standard_normal((5, 1))
    pass_up = run(net, x)
    down = backward(net, pass_up, np.ones((3, 1)))
    moved = (net.weights[1] - 0.1 * down.dW[1]) @ pass_up.a[1]
    expected = net.weights[1] @ pass_up.a[1] - 0.1 * down.dz[1] * np.square(pass_up.a[1]).sum()
    assert moved == pytest.approx(expected)


def after_the_best_step(outputs, examples, seed):
    """E[z^2] / (n E[W^2] E[a^2]), mean of five layers of 100 units, after the one step that lowers the loss most."""
    rng = np.random.default_rng(seed)
    net = sample([100] * 6 + [outputs], "tanh", lecun_normal, bias_initializer=None, rng=rng)
    x, y = rng.standard_normal((100, examples)), rng.standard_normal((outputs, examples))
    step = train(net, x, y, loss="squared_error", learning_rate=np.logspace(-4, 1, 41), steps=1)
    best = step.network.member(int(np.nanargmin(step.loss[1])))
    z, a = run(best, x).z[:5], run(best, x).a[:5]
    squares = [[np.square(part).mean() for part in parts] for parts in zip(z, best.weights, a, strict=False)]
    return np.mean([z / (100 * W * a) for z, W, a in squares])


def test_after_one_step_the_rule_may_be_off_by_little_or_much():
    little = np.mean([after_the_best_step(10, 20, seed) for seed in range(4)])
    much = max(after_the_best_step(100, 1, seed) for seed in range(8))
    assert 0.03 < little - 1 < 0.2
    says("from a few per cent to a factor of «twenty» in small tanh networks that we tried", near(much, rel=0.25))


def test_pairs_that_do_harm():
    extra = {
        pair: predicted(*pair) - 1 - sum(predicted(key) - 1 for key in pair) for pair in itertools.combinations(SIX, 2)
    }
    harmful = [set(pair) for pair, more in extra.items() if more > 1e-9]
    assert len(harmful) == 4
    for pair in harmful:
        assert pair & {"zero-mean weights", "independent weights"}
        assert pair & {"zero-mean activations", "uncorrelated activations"}
        assert predicted(*sorted(pair)) - 1 > 5 * max(*(predicted(key) - 1 for key in pair), 0.04)
    says("That makes «four» pairs; in two of them, those of the correlated weights, each member alone", len(harmful))
    idle = [pair for pair in harmful if all(predicted(key) == pytest.approx(1) for key in pair)]
    assert len(idle) == 2
    assert all("independent weights" in pair for pair in idle)
    says(
        "(All other pairs simply add up; but a mean of the activations weakens the term of the weights that know them.)"
    )
    assert [set(pair) for pair, more in extra.items() if more < -1e-9] == [{"zero-mean activations", ALIGNED}]

    lines = printed("deriving", cell="pairs-code").splitlines()
    says("Let us put numbers to the «four».", len(lines))
    for line in lines:
        theory, drawn, error = map(float, re.search(r"both ([\d.]+);  drawn ([\d.]+) \+- ([\d.]+)", line).groups())
        assert abs(drawn - theory) < 4 * error


def test_the_formulas_hold_for_all_sets_of_assumptions():
    sets = list(figures.switchboard.grid())

    def largest_of_all(probability):
        """What the largest of as many normal values, without their signs, stays below with this probability."""
        return NormalDist().inv_cdf((1 + probability ** (1 / len(sets))) / 2)

    says("There are «64» ways to set the «six» switches", len(sets), len(SIX))
    says(
        "the largest of «64» should not be much above «3»",
        len(sets),
        near([largest_of_all(p) for p in (0.75, 0.9)], rel=0.1),
    )
    largest = float(printed("deriving", cell="all-sets-code").split("distance: ")[1].split()[0])
    assert largest_of_all(0.001) < largest < largest_of_all(0.999)


# ---------------------------------------------------------------- variance, backward, compromise


def test_the_variance_sees_the_second_moment_of_the_activations():
    out = printed("deriving", cell="variance-code")
    assert "Var z = n_in*q*sigma_w**2" in out
    says("With rule «2» and centred weights the unit has mean zero", rules()["The mean of a product"])
    mean = derive_forward(ALL - {"zero-mean activations"}, statistic="mean")
    assert mean.result == 0
    assert "E of a product" in {step.rule for step in mean.steps}
    says("The first line has $q = \\mathbb{E}[a^2]$ on the right, not $\\mathrm{Var}\\, a = q - m^2$.")


def widths(outputs):
    """The widths of the networks whose gradients the chapter measures, as its cell has them."""
    return eval(re.search(r"\[\d+\] \* \d+ \+ \[outputs\]", code("gradients-code"))[0], {"outputs": outputs})


def measured_gradients():
    """{(loss, outputs): {layer: (mean, error)}}, from what the chapter prints."""
    _, head, *rows = printed("deriving", cell="gradients-code").splitlines()
    layers = [int(layer) for layer in re.findall(r"layer (\d+)", head)]
    measured = {}
    for row in rows:
        loss, outputs, numbers = row.split(maxsplit=2)
        pairs = [(float(mean), float(error)) for mean, error in re.findall(r"([\d.]+) \+- ([\d.]+)", numbers)]
        measured[loss, int(outputs)] = dict(zip(layers, pairs, strict=True))
    return measured


def exact_gradients(n, outputs, matrices):
    """E[delta^2] with k = 1, 2, ... matrices above a layer, for inputs and targets of variance 1, exact at width n.

    J is the product of k matrices, with entries of variance 1/n, the last of them (outputs, n). Then the gradient is
    J^T J z - J^T t; `fourth` is E tr(J^T J J^T J) / n, and `square` is E (tr J^T J)^2 / n^2.
    """
    part = outputs / n
    fourth, square = part * (1 + 1 / n + part), part**2 + 2 * part / n**2
    for _ in range(matrices):
        yield fourth + part
        fourth, square = (1 + 1 / n) * fourth + square, square + 2 / n**2 * fourth


def fuss_catalan(k, moment=2):
    """A moment of the squares of the singular values of a product of k wide matrices."""
    return Fraction(comb((k + 1) * moment, moment), k * moment + 1)


def test_the_networks_whose_gradients_are_measured():
    measured = measured_gradients()
    many, few = max(outputs for _, outputs in measured), min(outputs for _, outputs in measured)
    assert few == 1
    says("«ten» linear layers of «100» units, variance $1/n$", len(widths(many)) - 1, widths(many)[:-1])
    says("with «100» outputs and with one", many)
    says("In which of the «three» cases will the networks agree?", len(measured))


def test_gradients_that_owe_little_to_the_forward_pass_follow_the_rule():
    says("The random gradient agrees, and so does the squared error of a single output.")
    for case in (("linear", 100), ("squared_error", 1)):
        for mean, error in measured_gradients()[case].values():
            assert abs(mean - 1) < 0.02 + 4 * error


def test_the_squared_error_of_many_outputs_does_not():
    measured = {layer: mean for layer, (mean, _) in measured_gradients()["squared_error", 100].items()}
    last = len(widths(100)) - 2
    says(
        "With «100» outputs the squared error does not: its gradient *grows* on the way down, almost «fourfold» over "
        "«eight» layers.",
        widths(100)[-1],
        near(measured[1], rel=0.06),
        last - min(measured),
    )
    assert measured[1] < 4
    net = sample(widths(100), "identity", lecun_normal, seeds=range(20))
    rng = np.random.default_rng(0)
    output = run(net, rng.standard_normal((100, 20))).output
    targets = rng.standard_normal((100, 200))
    share = np.square(output).mean() / (np.square(output).mean() + np.square(targets).mean())
    says("«Half» of that gradient is the output itself", near(share, rel=0.08))
    says(
        "In wide linear layers, with targets of variance «1» and as many outputs as units",
        near(targets.var(), rel=0.03),
    )


def test_the_straight_line_of_the_gradients():
    depth = len(widths(100)) - 1
    last = depth - 1
    size = {layer: fuss_catalan(depth - layer) + 1 for layer in range(1, depth)}
    top = [float(size[layer] + layer) for layer in size]
    says("the growth is $(«12» - l)/«3»$ at layer $l$: a straight line", top, float(size[last]))
    says("Where («12» − l)/«3» comes from", top, float(size[last]))
    says("Let $J$ be the product of the $k = «10» - l$ matrices", depth)
    says("which is $k + 1$ (a Fuss-Catalan number, see [Penson and Życzkowski «2011»]", year_of("penson2011product"))
    says("for one matrix, «2»)", float(fuss_catalan(1)))
    assert [fuss_catalan(k) for k in range(1, 10)] == [k + 1 for k in range(1, 10)]
    says(
        "With targets of variance «1» the sum is $k + 2 = «12» - l$, and in the last hidden layer, $l = «9»$, it is "
        "«3».",
        [float(size[layer] - fuss_catalan(depth - layer)) for layer in size],
        top,
        last,
        float(size[last]),
    )
    says(
        "for others as the ratio of *neighbouring* layers, which is close to «1» far from the output",
        near(float(size[1] / size[2]), rel=0.1),
    )
    k = sp.Symbol("k")
    assert sp.limit((k + 3) / (k + 2), k, sp.oo) == 1

    wide = list(exact_gradients(10**7, 10**7, last))
    assert wide == pytest.approx([float(size[layer]) for layer in reversed(size)], rel=1e-5)
    for k in (1, 2, 3):  # the moments of wide matrices that were drawn
        J = np.linalg.multi_dot([np.eye(400), *(lecun_normal((400, 400), rng=i) for i in range(k)), np.eye(400)])
        assert np.square(J.T @ J).sum() / 400 == pytest.approx(k + 1, rel=0.06)


def test_the_growth_at_width_100():
    n, last = widths(100)[0], len(widths(100)) - 2
    exact = list(exact_gradients(n, n, last))
    says("At width «100» the measured growth is a few per cent above that.", n)
    for layer, (mean, error) in measured_gradients()["squared_error", 100].items():
        assert abs(mean - exact[last - layer] / exact[0]) < 0.02 + 4 * error
        assert 0 < mean / ((12 - layer) / 3) - 1 < 0.08


def test_the_growth_with_fewer_outputs():
    says("With $m$ outputs instead of $n$ it is $1 + (9 - l)\\, m/(2n + m)$")
    n = 10**6
    for outputs in (1, 10**5, 3 * 10**5, n):
        exact = list(exact_gradients(n, outputs, 9))
        for layer in range(1, 10):
            assert exact[9 - layer] / exact[0] == pytest.approx(1 + (9 - layer) * outputs / (2 * n + outputs), rel=1e-4)
    targets = np.random.default_rng(1).standard_normal((30, 20))
    drawn = simulate_network(
        widths(30), "identity", lecun_normal, loss="squared_error", targets=targets, seeds=range(60), batch=20
    ).dz.second_moment
    exact = list(exact_gradients(100, 30, 9))
    ratios = drawn[:, 0] / drawn[:, 8]
    assert abs(ratios.mean() - exact[8] / exact[0]) < 0.05 + 4 * ratios.std() / np.sqrt(60)


def test_the_activation_that_is_nearly_linear():
    assert "missing: linear activation" in printed("deriving", cell="linear-code")
    z = sp.Symbol("z", real=True)
    slope = sp.diff(sp.tanh(z), z)
    (linear,) = sp.solveset(sp.Eq(slope, 1), z, sp.S.Reals)
    says(
        "with $f(0) = «0»$ and $f'(0) = «1»$: true of tanh near «0»",
        float(sp.tanh(0)),
        float(slope.subs(z, 0)),
        float(linear),
    )


def test_the_compromise():
    rule = compromise()
    both = float(sp.simplify(rule.forward + rule.backward))
    says("The two factors add up to «2», so one is as far above «1» as the other is below.", both, both / 2)
    says("At equal widths both are «1».", [float(f.subs(n_in, n_out)) for f in (rule.forward, rule.backward)])
    layer = {n_in: 512, n_out: 32}
    says(
        "from 512 to 32 units the signal grows to «1.88» and the gradient shrinks to «0.12»",
        float(rule.forward.subs(layer)),
        float(rule.backward.subs(layer)),
    )
    products = [
        float((rule.forward * rule.backward).subs({n_in: a, n_out: b}))
        for a, b in itertools.product((1, 2, 3, 10, 32, 512), repeat=2)
    ]
    says("and their product is never more than «1»", max(products))
    shortfall = ((n_in - n_out) / (n_in + n_out)) ** 2
    assert sp.simplify(1 - rule.forward * rule.backward - shortfall) == 0


# ---------------------------------------------------------------- twenty layers


def test_a_mean_in_twenty_layers():
    n, std, depth = experiments.WIDTH, experiments.WIDTH**-0.5, experiments.DEPTH
    says("in one layer, and in «twenty»", depth)
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
    assert ends[0.2] > max(figures.twenty_layers.panels[0].y_range)  # the curves leave the picture


def test_where_the_common_part_begins_to_grow():
    n, std = experiments.WIDTH, experiments.WIDTH**-0.5
    says(
        "At «100» units a mean of $0.1\\, \\sigma_w$ is exactly where this factor reaches «1».", n, n * float(0.1 * std)
    )
    says(
        "Below it the common part stays a small share of the signal; above, it grows and sets the pace for all the "
        "rest."
    )
    for mean in (0.05, 0.09):
        deep = linear_network(300, n, sigma_w=std, mu=mean * std)
        assert (deep.s / deep.q).max() < 0.05
    for mean in (0.11, 0.15, 0.2):
        deep = linear_network(300, n, sigma_w=std, mu=mean * std)
        rest = deep.q - deep.s
        paces = [part[-1] / part[-2] for part in (deep.q, deep.s, rest)]
        assert paces == pytest.approx([paces[0]] * 3)
        assert paces[0] == pytest.approx((n * mean * std) ** 2, rel=0.05)
        assert paces[0] > 1


@pytest.mark.parametrize("mean", [0.05, 0.1])
def test_drawn_networks_follow_the_theory_of_depth(mean):
    n, std = experiments.WIDTH, experiments.WIDTH**-0.5
    deep = simulate_network([n] * 11, "identity", partial(normal, mean=mean * std, std=std), seeds=range(200), batch=5)
    size = deep.a.second_moment
    theory = linear_network(10, n, sigma_w=std, mu=mean * std).q
    errors = (size.mean(axis=0) - theory) / (size.std(axis=0) / np.sqrt(200) + 1e-12)
    assert abs(errors).max() < 4


def test_what_is_common_to_all_units():
    rows = [row.split() for row in printed("deriving", cell="common-code").splitlines()[1:]]
    size = {float(row[1]): float(row[2]) for row in rows}
    share = {float(row[1]): float(row[3].rstrip("%")) / 100 for row in rows}
    assert size[0.2] < 1
    says("with tanh and a mean of 0.2 the signal does not explode")
    says(
        "At a mean of 0.2, «nine tenths» of what is left is the same in all units. The layer has «a hundred» units",
        near(share[0.2], abs=0.02),
        experiments.WIDTH,
    )
    assert share[0.0] == pytest.approx(0.01, abs=0.005)
    says("(The one per cent at mean 0 is what «a hundred» independent units give, $1/n$.)", 1 / share[0.0])


def test_two_inputs_give_the_same_numbers():
    mean = 0.2
    differences, signs, rest = [], [], []
    for seed in range(16):
        net = sample(
            [100] * 21, "tanh", partial(normal, mean=mean / 10, std=1 / 10), output_activation="tanh", rng=seed
        )
        output = run(net, np.random.default_rng(seed).standard_normal((100, 200))).output
        sign = np.sign(output.mean(axis=0))
        one, other = np.split(output * sign, 2, axis=1)
        differences.append(np.linalg.norm(one - other, axis=0) / np.linalg.norm(one, axis=0))
        signs.append(sign)
        rest.append(1 - np.square(output.mean(axis=0)).mean() / np.square(output).mean())
    assert np.quantile(differences, 0.95) < 0.001
    assert np.max(differences) < 0.1
    assert 0.3 < np.mean(np.array(signs) > 0) < 0.7
    says(
        "The other «tenth» tells no more: two different inputs give the same «hundred» numbers, up to one common sign.",
        near(1 / np.mean(rest), rel=0.25),
        len(output),
    )
    says("caught from a mean of «a fifth» of a standard deviation", mean)


def test_theory_follows_two_numbers():
    number = rules()
    says("by rules «1» to «3» once more", min(number.values()), max(number.values()))
    says(
        "(for $s$, the product of the sums of *two* units $i$ and $i'$ has $n$ terms with equal $j$ and $n(n-1)$ others"
    )
    for line in printed("deriving", cell="depth-code").splitlines():
        by_hand, by_library = re.search(r"= (\S+) after 20 layers \((\S+)\)", line).groups()
        assert by_hand == by_library
    m, q, mu = sp.symbols("m q mu", positive=True)
    a = random("a_j", mean=m, second_moment=q, index="j")
    both_units = mu**2 * E(Total(a, "j", n_in) ** 2)  # E of the product of the sums of two units, when s is m^2
    values = {n_in: 50, m: 0.3, q: 1.2, mu: 0.02}
    deep = linear_network(1, 50, sigma_w=0.1, mu=0.02, q=1.2, s=0.3**2)
    assert deep.s[1] == pytest.approx(float(both_units.subs(values)))


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
    says("Rule «3»: $n$ squares and $n(n-1)$ products of two different terms.", rules()["A square of a sum"])
    says(
        "so the factor is $n \\mu = \\sqrt{3n}$: «17» at $n = «100»$",
        exercises.common_factor.solution(experiments.WIDTH),
        experiments.WIDTH,
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
