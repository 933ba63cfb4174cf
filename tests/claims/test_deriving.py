"""The chapter "Deriving Xavier", held to account."""

import itertools
from functools import cache, partial

import numpy as np
import pytest
import sympy as sp
from harness import quiz_says

from initlab.algebra import ALL, compromise, forward, linear_network
from initlab.demos import deriving
from initlab.exercises import deriving as exercises
from initlab.initializers import lecun_normal, normal
from initlab.network import backward, sample
from initlab.network import forward as run
from initlab.network import simulate as simulate_network
from initlab.quizzes.deriving import quiz

from . import chapter, near, printed

says = chapter("deriving")
SIX = [key for key, _ in deriving.SWITCHES.values()]
VALUES = deriving.values(128)


@cache
def predicted(*dropped, fan_in=128):
    return forward(ALL - set(dropped)).predict(**deriving.values(fan_in))


# ---------------------------------------------------------------- the derivation


def test_squares_and_products():
    says(
        "A layer of «100» units has «100» squares and «9900» products.",
        100,
        sum(j == k for j, k in itertools.product(range(100), repeat=2)),
        sum(j != k for j, k in itertools.product(range(100), repeat=2)),
    )
    lines = [line for line in printed("deriving", cell="rules-code").splitlines() if "terms" in line]
    says("We need «three» rules of probability", 3)
    says("for $n$ from «1» to «4»", *(int(line.split()[0]) for line in (lines[0], lines[-1])))
    assert [line.split()[-1] for line in lines] == ["0"] * 4
    assert "Var(X Y)   = m_X**2*v_Y + m_Y**2*v_X + v_X*v_Y" in printed("deriving", cell="rules-code")


def test_what_the_rule_needs():
    needed = {"zero-mean weights", "independent weights", "weights independent of activations", "zero biases"}
    assert forward().uses == needed
    says("«Four» assumptions are needed.", len(forward().uses))
    says("$\\mathbb{E}[z^2] = n\\, \\mathrm{Var}\\,W\\; \\mathbb{E}[a^2]$ needs four things")
    assert len(needed) == 4
    out = printed("deriving", cell="forward-rule")
    assert "one layer: n_in*q*sigma_w**2" in out
    assert "kept when Var W = 1/n_in" in out
    says("the one that makes this factor «1»", 1)


# ---------------------------------------------------------------- the switchboard


def test_the_amounts_of_the_table():
    broken = deriving.BROKEN
    says("mean $\\mu = «0.2»\\, \\sigma_w$", broken["mu"])
    says("mean $m = «0.5»$, while $q$ stays «1»", broken["m"], VALUES["q"])
    says("any two weights of the unit have correlation $\\rho = «0.02»$", broken["rho"])
    says("any two have correlation $r = «0.1»$", broken["r"])
    says("each weight has correlation «0.1» with the activation that it multiplies", broken["c"])
    says("standard deviation $\\sigma_b = «0.5»$", broken["sigma_b"])
    says("the marks are «2000» units", deriving.DRAWS)
    says("«Six» switches, each on while its assumption holds.", len(SIX))
    says("For how many of the «six» does a term come back", len(SIX))


def test_three_of_the_six_change_nothing_alone():
    alone = {key: predicted(key) for key in SIX}
    same = {key for key, size in alone.items() if size == pytest.approx(1)}
    assert same == {"zero-mean activations", "uncorrelated activations", "independent weights"}
    says("«Three» of the «six» change nothing when dropped alone", len(same), len(SIX))
    says("Each of these «three» leaves a product of two factors", len(same))
    says("The other «three» are not alike", len(SIX) - len(same))
    for fan_in in deriving.FAN_INS:
        assert predicted("zero biases", fan_in=fan_in) == pytest.approx(1 + deriving.BROKEN["sigma_b"] ** 2)
        says(
            "$n \\mu^2 q$, which here is «four per cent», at every width",
            predicted("zero-mean weights", fan_in=fan_in) - 1,
        )


def test_a_mean_of_the_weights_meets_a_mean_of_the_activations():
    both, alone = predicted("zero-mean weights", "zero-mean activations"), predicted("zero-mean weights")
    says("at $n = «128»$ it alone is more than all the rest", deriving.FAN_INS[-1])
    assert both - alone > alone


def test_aligned_weights_are_the_worst():
    key = "weights independent of activations"
    says("are the worst of the «six»", len(SIX))
    assert max(SIX, key=predicted) == key
    double = next(n for n in range(1, 1000) if predicted(key, fan_in=n) >= 2)
    says(
        "A correlation of «0.1» «doubles» $\\mathbb{E}[z^2]$ at about $n = «100»$",
        deriving.BROKEN["c"],
        2,
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


def test_four_pairs_that_do_harm():
    says("That makes «four» pairs", 4)
    for first, second in itertools.product(
        ("zero-mean weights", "independent weights"), ("zero-mean activations", "uncorrelated activations")
    ):
        alone = [predicted(key) - 1 for key in (first, second)]
        assert predicted(first, second) - 1 > 5 * max(*alone, 0.04)
    out = printed("deriving", cell="pairs-code").splitlines()
    assert len(out) == 4
    for line in out:
        theory, drawn, error = (
            float(part)
            for part in line.replace(";", "").split("both ")[1].replace("drawn", "").replace("+-", "").split()
        )
        assert abs(drawn - theory) < 4 * error


def test_the_formulas_hold_for_all_sets_of_assumptions():
    sets = list(deriving.switchboard.grid())
    says("There are «64» ways to set the «six» switches", len(sets), len(SIX))
    says("the largest of «64» should not be much above «3»", len(sets), near(3, rel=0.2))
    largest = float(printed("deriving", cell="all-sets-code").split("distance: ")[1].split()[0])
    assert 1.5 < largest < 4  # the largest of 64 normal values lies there with a probability of 99.6 %
    assert 2 * 64 * 3.2e-5 < 0.005


# ---------------------------------------------------------------- variance, backward, compromise


def test_the_variance_sees_the_second_moment_of_the_activations():
    out = printed("deriving", cell="variance-code")
    assert "Var z = n_in*q*sigma_w**2" in out
    says("With rule «2» and centred weights", 2)
    says("The first line has $q = \\mathbb{E}[a^2]$ on the right, not $\\mathrm{Var}\\, a = q - m^2$.")


@cache
def gradients(loss, outputs, seeds=400):
    """E[delta^2] of the hidden layers over that of the last, (seeds, 9)."""
    targets = np.random.default_rng(1).standard_normal((outputs, 20)) if loss != "linear" else None
    deep = simulate_network(
        [100] * 10 + [outputs], "identity", lecun_normal, loss=loss, targets=targets, seeds=range(seeds), batch=20
    )
    return deep.dz.second_moment[:, :9] / deep.dz.second_moment[:, [8]]


def test_gradients_that_owe_little_to_the_forward_pass_follow_the_rule():
    says("«ten» linear layers of «100» units", 10, 100)
    says("with «100» outputs and with one", 100)
    says("In which of the «three» cases will the networks agree?", 3)
    for case in (("linear", 100), ("squared_error", 1)):
        size = gradients(*case)[:, [0, 3, 6]]
        assert abs(size.mean(axis=0) - 1).max() < 0.02 + 4 * (size.std(axis=0) / 20).max()


def test_the_squared_error_of_many_outputs_does_not():
    size = gradients("squared_error", 100).mean(axis=0)
    says(
        "With «100» outputs the squared error does not: its gradient *grows* on the way down, almost «fourfold» over "
        "«eight» layers.",
        100,
        near(size[0], rel=0.1),
        8,
    )
    output = simulate_network([100] * 11, "identity", lecun_normal, seeds=range(100), batch=20).a.second_moment[:, 10]
    says("«Half» of that gradient is the output itself", near(output.mean() / (output.mean() + 1), rel=0.05))
    says("In a wide linear network of «ten» layers the growth is $(«12» - l)/«3»$ at layer $l$", 10, 12, 3)
    says("Let $J$ be the product of the $k = «10» - l$ matrices", 10)
    says("(a Fuss-Catalan number; for one matrix, «2»)", sp.catalan(2))
    says(
        "$k + 2 = «12» - l$, and in the last hidden layer, $l = «9»$, it is «3».",
        12,
        9,
        3,
    )
    line = (12 - np.arange(1, 10)) / 3
    says("At width «100» the measured growth is a few per cent above that.", 100)
    assert (0 < size[:8] / line[:8] - 1).all()
    assert (size[:8] / line[:8] - 1 < 0.08).all()
    for k in (1, 2, 3):  # moments of products of k wide matrices
        J = np.linalg.multi_dot([np.eye(600), *(lecun_normal((600, 600), rng=i) for i in range(k)), np.eye(600)])
        assert np.square(J.T @ J).sum() / 600 == pytest.approx(k + 1, rel=0.06)


def test_without_a_linear_activation_the_derivation_says_what_is_missing():
    assert "missing: linear activation" in printed("deriving", cell="linear-code")
    says("with $f'(0) = «1»$: true of tanh near «0»", sp.diff(sp.tanh(sp.Symbol("z"))).subs("z", 0), 0)


def test_the_compromise():
    rule = compromise()
    says("The two factors add up to «2»", float(sp.simplify(rule.forward + rule.backward)))
    equal = {sp.Symbol(name, integer=True, positive=True): 64 for name in ("n_in", "n_out")}
    says("At equal widths both are «1».", [float(f.subs(equal)) for f in (rule.forward, rule.backward)])


# ---------------------------------------------------------------- twenty layers


def test_a_mean_in_twenty_layers():
    n, std = deriving.WIDTH, deriving.WIDTH**-0.5
    depth = deriving.DEPTH
    says("in one layer, and in «twenty»", depth)
    says("## «Twenty» layers", depth)
    one = forward(ALL - {"zero-mean weights"}).predict(n_in=n, sigma_w=std, q=1, mu=std / 10) - 1
    says(
        "At $n = «100»$, a mean of «a tenth» of a standard deviation adds one per cent to $\\mathbb{E}[z^2]$",
        n,
        0.1,
    )
    assert one == pytest.approx(0.01)
    ends = {mean: linear_network(depth, n, sigma_w=std, mu=mean * std).q[-1] for mean in (0.1, 0.2)}
    says(
        "«Twenty» linear layers of «100» units, weights of variance «1»/«100» and a mean of «0.1» standard deviations",
        depth, n, 1, 1 / std**2, 0.1,
    )  # fmt: skip
    says("«20» per cent, a factor of «4», or a factor of a million? And at a mean of «0.2»?", 20, 4, 0.2)
    says("A factor of «3.75» at a mean of «0.1»; at «0.2» it is $«2 \\cdot 10^{10}»$.", ends[0.1], 0.1, 0.2, ends[0.2])
    says(
        "At «100» units a mean of $«0.1»\\, \\sigma_w$ is exactly where this factor reaches «1».", n, 0.1, 0.1 * n * std
    )
    below, above = (linear_network(200, n, sigma_w=std, mu=mean * std).s[-1] for mean in (0.09, 0.11))
    assert below < 0.05
    assert above > 1e6


@pytest.mark.parametrize("mean", [0.05, 0.1])
def test_drawn_networks_follow_the_theory_of_depth(mean):
    n, std = deriving.WIDTH, deriving.WIDTH**-0.5
    deep = simulate_network([n] * 11, "identity", partial(normal, mean=mean * std, std=std), seeds=range(400), batch=5)
    size = deep.a.second_moment
    theory = linear_network(10, n, sigma_w=std, mu=mean * std).q
    errors = (size.mean(axis=0) - theory) / (size.std(axis=0) / np.sqrt(400) + 1e-12)
    assert abs(errors).max() < 4


def test_what_is_common_to_all_units():
    rows = printed("deriving", cell="common-code").splitlines()[1:]
    share = {float(row.split()[1]): float(row.split()[3].rstrip("%")) / 100 for row in rows}
    says(
        "At a mean of «0.2», «nine tenths» of what is left is the same in all units. The layer has a hundred units",
        0.2,
        near(share[0.2], abs=0.02),
    )
    assert deriving.WIDTH == 100
    assert share[0.0] < 0.03


# ---------------------------------------------------------------- exercises and quiz


def test_shared_weights_change_little():
    says("For linear layers of variance $1/n$ the second moment is $1 + O(1/n)$")
    for n in (10, 40):
        W = np.random.default_rng(n).standard_normal((20_000 * 10 // n, n, n)) / np.sqrt(n)
        z = np.einsum("sij,sj->si", W @ W, np.random.default_rng(0).standard_normal((len(W), n)))
        size = np.square(z).mean(axis=1)
        assert size.mean() - 1 < 4 / n + 4 * size.std() / np.sqrt(len(size))


def test_numbers_of_the_exercises():
    says("so the factor is $n \\mu = \\sqrt{3n}$: «17» at $n = «100»$", exercises.common_factor.solution(100), 100)
    v, g = 2 / (512 + 32), 1 / np.sqrt(512 * 32)
    says(
        "at «512» and «32» units the factors are «1.88» and «0.12» for (5), «4» and «0.25» for the geometric mean",
        512, 32, 512 * v, 32 * v, 512 * g, 32 * g,
    )  # fmt: skip
    says("the sum of the two factors is «2»", 512 * v + 32 * v)
    says("which is «2» for (5)", 512 * v + 32 * v)
    says("makes the *product* of the two factors «1»", 512 * g * 32 * g)
    says("uniformly from «0» to $b$ instead of from $-b$ to $b$", 0)


def test_numbers_of_the_quiz():
    assert quiz.questions[2].answer == 64 * 63
    assert [number for number, _ in quiz.questions[2].wrong] == [64**2, 64 * 63 / 2, 64]
    quiz_says(quiz, "64 × 63 = 4032, next to 64 squares", "A correlation of 0.1 doubles E[z²] at about 100 inputs")
    assert predicted("weights independent of activations", fan_in=100) == pytest.approx(2, rel=0.05)
    quiz_says(quiz, "√n μ/σ = 20 μ/σ in each layer, which is 1 at σ/20", "There n μ = √n / n = 1/20")
    assert np.sqrt(400) * (1 / 20) == pytest.approx(1)
    assert np.sqrt(400) / 400 == pytest.approx(1 / 20)
