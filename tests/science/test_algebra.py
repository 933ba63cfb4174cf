"""Claims about the variance algebra: its rules are exact, and a dropped assumption brings its terms back."""

import pickle
import subprocess
import sys
from fractions import Fraction
from functools import cache, partial
from itertools import chain, combinations, pairwise, product
from math import prod

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from initlab import algebra, gaussian, network
from initlab.activations import leaky_relu
from initlab.agreement import z_scores
from initlab.algebra import (
    ALL,
    ASSUMPTIONS,
    Cov,
    E,
    Expected,
    Total,
    Undetermined,
    Var,
    derive_backward,
    derive_forward,
    random,
)
from initlab.algebra.assumptions import (
    BACKWARD,
    FORWARD,
    c,
    kappa,
    m,
    mu,
    n_in,
    n_out,
    p,
    q,
    r,
    rho,
    s,
    sigma_b,
    sigma_w,
)
from initlab.algebra.simulation import draw
from initlab.initializers import normal, orthogonal, variance_scaling

n = sp.Symbol("n", integer=True, positive=True)


def equal(left, right):
    difference = sp.expand(left - right)
    return difference == 0 or sp.simplify(difference) == 0


def subsets(keys):
    keys = sorted(keys)
    return [frozenset(some) for some in chain.from_iterable(combinations(keys, k) for k in range(len(keys) + 1))]


# --- E, Var, Cov ------------------------------------------------------------------------------------------------------


def test_variance_of_a_product_of_independents_has_three_terms():
    mx, vx, my, vy = sp.symbols("mx vx my vy")
    X, Y = random("X", mean=mx, variance=vx), random("Y", mean=my, variance=vy)
    assert equal(Var(X * Y), vx * vy + vx * my**2 + vy * mx**2)


def test_variance_of_a_sum_has_the_covariances_of_all_pairs():
    C = random("C", mean=0, variance=1)
    e = random("e_j", mean=0, variance=1, index="j")
    common = sp.Symbol("common", positive=True)
    X = sp.sqrt(common) * C + sp.sqrt(1 - common) * e
    assert equal(Var(Total(X, "j", n)), n + n * (n - 1) * common)


def test_what_is_not_known_stays():
    X, Y = random("X", mean=0), random("Y", second_moment=q)
    assert E(X**2 * Y**2 + X * Y) == q * Expected(X**2)
    assert Var(Y) == q - Expected(Y) ** 2
    assert E(sp.exp(X) * Y**2) == q * Expected(sp.exp(X))


def test_only_quantities_without_a_common_source_split():
    W, a = random("W", mean=0, own=("W", "data")), random("a", mean=0, own=("data",))
    b = random("b", mean=sp.Symbol("beta"))
    assert E(W * a) == Cov(W, a) == Expected(W * a)
    assert E(W * a * b) == sp.Symbol("beta") * Expected(W * a)


def test_a_symmetric_distribution_has_no_odd_central_moments():
    X = random("X", mean=mu, symmetric=True)
    for k in (1, 3, 5, 7):
        assert E((X - mu) ** k) == 0
    assert E((random("Y", mean=mu) - mu) ** 3) != 0  # nothing is known of it


@pytest.mark.parametrize("mean", [0, sp.Rational(1, 2)])
def test_a_normal_distribution_has_all_moments(mean):
    X = random("X", mean=mean, variance=2, normal=True)
    for k in range(1, 9):
        assert float(E(X**k)) == pytest.approx(gaussian.expectation(lambda z, k=k: (z + float(mean)) ** k, 2.0))


rationals = st.fractions(-3, 3, max_denominator=4)
distributions = st.lists(
    st.tuples(rationals, st.integers(1, 4)), min_size=1, max_size=3, unique_by=lambda point: point[0]
)
polynomials = st.dictionaries(
    st.tuples(*[st.integers(0, 2)] * 3), rationals.filter(bool), min_size=1, max_size=4
)  # coefficients by exponents


def probabilities(distribution):
    total = sum(weight for _, weight in distribution)
    return [(value, Fraction(weight, total)) for value, weight in distribution]


def expectation_by_enumeration(f, distributions):
    """E[f] of independent quantities with finitely many values: a sum over all combinations of them."""
    points = product(*map(probabilities, distributions))
    return sum(prod(chance for _, chance in point) * f(*(value for value, _ in point)) for point in points)


def with_moments(name, distribution, highest, **more):
    moments = {k: expectation_by_enumeration(lambda x, k=k: x**k, [distribution]) for k in range(1, highest + 1)}
    return random(name, moments=moments, **more)


def polynomial(coefficients, variables):
    terms = (value * prod(x**k for x, k in zip(variables, key, strict=True)) for key, value in coefficients.items())
    return sum(terms, start=Fraction(0))


@settings(max_examples=60, deadline=None)
@given(polynomials, polynomials, st.tuples(*[distributions] * 3))
def test_expectations_of_polynomials_are_exact(f, g, laws):
    X = [with_moments(name, law, 4) for name, law in zip("XYZ", laws, strict=True)]
    f_of_X, g_of_X = (polynomial({k: sp.Rational(v) for k, v in h.items()}, X) for h in (f, g))
    mean_f, mean_g, mean_fg, mean_ff = (
        expectation_by_enumeration(lambda *x, h=h: prod(polynomial(each, x) for each in h), laws)
        for h in ([f], [g], [f, g], [f, f])
    )
    assert E(f_of_X) == sp.Rational(mean_f)
    assert Var(f_of_X) == sp.Rational(mean_ff - mean_f**2)
    assert Cov(f_of_X, g_of_X) == sp.Rational(mean_fg - mean_f * mean_g)


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[rationals] * 4), st.integers(1, 3), st.integers(1, 3), st.tuples(*[distributions] * 3))
def test_moments_of_sums_of_n_terms_are_exact(coefficients, power, terms, laws):
    """E of (c0 + c1 B + c2 sum X_j Y_j + c3 sum X_j)^power, first for a symbolic n and then n = terms."""
    law_of_X, law_of_Y, law_of_B = (law[:2] for law in laws)
    X, Y = with_moments("X_j", law_of_X, 3, index="j"), with_moments("Y_j", law_of_Y, 3, index="j")
    B = with_moments("B", law_of_B, 3)
    c0, c1, c2, c3 = map(sp.Rational, coefficients)
    symbolic = E((c0 + c1 * B + c2 * Total(X * Y, "j", n) + c3 * Total(X, "j", n)) ** power)

    def f(b, *xy):
        x, y = xy[:terms], xy[terms:]
        sums = (1, b, sum(x * y for x, y in zip(x, y, strict=True)), sum(x))
        return sum(c * value for c, value in zip(coefficients, sums, strict=True)) ** power

    laws = [law_of_B, *[law_of_X] * terms, *[law_of_Y] * terms]
    assert symbolic.subs(n, terms) == sp.Rational(expectation_by_enumeration(f, laws))


@pytest.mark.parametrize("terms", [1, 2, 3, 4])
@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_sums_of_a_symbolic_number_of_terms_agree_with_sums_written_out(terms, power):
    """With a part C that all terms share, so that they are not independent."""
    C, X = random("C", mean=mu, symmetric=True), random("X_j", index="j")
    symbolic = E((Total(C + X, "j", n) - Total(C * X, "j", n)) ** power)
    written_out = Total(C + X, "j", terms).written_out() - Total(C * X, "j", terms).written_out()
    assert equal(symbolic.subs(n, terms), E(written_out**power))


def test_results_are_ordinary_sympy_expressions():
    W = random("W_ij", mean=0, variance=sigma_w**2, index="j")
    a = random("a_j", second_moment=q, index="j")
    z = Total(W * a, "j", n_in)
    assert sp.latex(z) == r"\sum_{j=1}^{n_{in}} W_{ij} a_{j}"
    assert sp.latex(Expected(z**2)) == r"\mathbb{E}\left[\left(\sum_{j=1}^{n_{in}} W_{ij} a_{j}\right)^{2}\right]"
    assert sp.solve(Var(z) - q, sigma_w**2) == [1 / n_in]
    assert sp.lambdify((n_in, sigma_w, q), Var(z))(4, 3, 2) == 72
    assert pickle.loads(pickle.dumps(E(z**4))) == E(z**4)


def test_a_quantity_is_known_by_its_name_and_by_what_is_stated_of_it():
    assert random("W", mean=0) == random("W", mean=0)
    assert random("W", mean=0) != random("W", mean=1)
    assert random("W", variance=sp.Symbol("v")) != random("W", variance=sp.Symbol("v", positive=True))


def test_contradictory_statements_are_refused():
    with pytest.raises(ValueError, match="W: give variance or second_moment"):
        random("W", variance=1, second_moment=1)
    with pytest.raises(ValueError, match="index must be a letter in the subscript of the name"):
        random("W_ij", index="k")


def test_a_sum_and_its_own_terms_are_not_independent():
    mean, v = sp.symbols("mu v", positive=True)
    a = random("a_j", mean=mean, variance=v, index="j")
    T = Total(a, "j", n)
    for term in (a, a.at("k"), a.at("1")):
        assert sp.simplify(Cov(T, term) - v) == 0
        assert sp.simplify(Var(term - T / n) - (v - v / n)) == 0
        assert sp.simplify(E(T * term) - (v + n * mean**2)) == 0
    assert Var(T - Total(a.at("k"), "k", n)) == 0
    assert sp.simplify(Cov(T**2, a.at("1")) - (E(T**2 * a.at("1")) - E(T**2) * mean)) == 0
    assert E(T / a.at("1")) == sp.expand(1 + (n - 1) * mean * Expected(1 / a))
    assert E(Total(a * a.at("1"), "j", n)) == sp.expand(v + mean**2 + (n - 1) * mean**2)


def test_what_cannot_be_settled_is_undetermined_or_stays_as_it_is():
    a = random("a_j", mean=1, variance=1, index="j")
    T = Total(a, "j", n)
    with pytest.raises(Undetermined, match="sums of different length"):
        E(T * Total(a, "j", n_in))
    with pytest.raises(Undetermined, match="which of the terms 1, k are the same"):
        E(T * a.at("1") * a.at("k"))
    with pytest.raises(Undetermined, match="whether a sum of n terms has the terms 3"):
        E(T * a.at("3"))
    with pytest.raises(Undetermined, match="whether a sum of 1 terms has the terms k, l"):
        E(Total(a, "j", 1) * a.at("k") * a.at("l"))
    for unknown in (sp.exp(T), 1 / T, sp.sqrt(T), T / Total(a.at("k") ** 2, "k", n)):
        for factor in (1, a.at("1"), a.at("k")):
            assert E(unknown * factor).has(Expected)
    assert E(Total(a * T, "j", n)) == E(T**2)
    assert E(a.at("1") * a.at("k")).has(Expected)  # k may be 1
    m = sp.Symbol("m")  # of which nothing is known
    assert sp.expand(E(Total(a, "j", m) ** 2) - (m + m**2)) == 0
    with pytest.raises(Undetermined, match="whether a sum of m terms has the terms 1"):
        E(Total(a, "j", m) * a.at("1"))
    assert E(a.at("k") * a.at("l")) == E(a.at("1") * a.at("2")) == 1
    assert E(Total(a, "j", 2) * a.at("3")) == 2  # known to be none of the two


@pytest.mark.parametrize(
    ("law", "says"),
    [
        ({"variance": -1}, "variance must be >= 0, got -1"),
        ({"mean": 2, "second_moment": 1}, r"E\[X\^2\] must be >= E\[X\]\^2, got E\[X\] = 2, E\[X\^2\] = 1"),
        ({"moments": {4: -1}}, r"E\[X\^4\] must be >= 0"),
        ({"mean": 0, "variance": 1, "moments": {3: 0, 4: 0.5}}, r"E\[X\^4\] must be >= E\[X\^2\]\^2"),
        ({"mean": 0, "variance": 1, "moments": {3: 2, 4: 4}}, "no distribution"),
        ({"mean": 0, "variance": 1, "moments": {3: 1, 4: 5}, "symmetric": True}, "symmetric.*got 1"),
        ({"mean": 0, "variance": 1, "moments": {4: 4}, "normal": True}, r"normal .* has E\[X\^4\] = 3, got 4"),
        ({"mean": sp.oo}, "real and finite, got oo"),
        ({"mean": sp.I}, "real and finite, got I"),
        ({"variance": sp.nan}, "real and finite, got nan"),
        ({"mean": 1, "moments": {1: 2}}, "second time, got 2"),
        ({"variance": 1, "moments": {2: 2}}, "got both"),
    ],
)
def test_laws_that_no_distribution_has_are_refused(law, says):
    with pytest.raises(ValueError, match=says):
        random("X", **law)


@pytest.mark.parametrize("law", [{"mean": "1"}, {"variance": [1]}, {"mean": True}, {"moments": {1.5: 1}}])
def test_a_moment_of_another_kind_is_refused(law):
    with pytest.raises(TypeError, match=r"must be"):
        random("X", **law)


def test_names_indices_and_lengths_are_checked():
    a = random("a_1j", index="j")
    assert a.at("1").at("k") == a.at("k")
    for call, error, says in (
        (lambda: random(["X"]), TypeError, r"name must be a string, got \['X'\]"),
        (lambda: a.at(1), TypeError, "index must be a letter.*got 1"),
        (lambda: a.at("j'"), ValueError, "index must be a letter"),
        (lambda: a.at("-1"), ValueError, "index must be a letter"),
        (lambda: random("X").at("k"), ValueError, "X has no index"),
        (lambda: Total(a, "j", -1), ValueError, "n must be a whole number >= 0, got -1"),
        (lambda: Total(a, "j", 1.5), ValueError, "n must be a whole number >= 0, got 1.5"),
        (lambda: Total(a, "1", 3), ValueError, "index of a sum must be a letter, got '1'"),
    ):
        with pytest.raises(error, match=says):
            call()


def test_a_sum_of_equal_numbers_is_a_multiple():
    assert Total(q, "j", n) == n * q


def test_no_number_comes_out_of_what_is_not_known():
    with pytest.raises(Undetermined, match=r"E\[X\*\*4\] must be known"):
        algebra.evaluate(E(random("X", mean=0, variance=1) ** 4), {})
    with pytest.raises(Undetermined, match="v must have a value"):
        algebra.evaluate(Var(random("X", variance=sp.Symbol("v"))), {"q": 1})


# --- derivations ------------------------------------------------------------------------------------------------------

TOGGLES = frozenset(
    {
        "zero-mean weights",
        "uncorrelated weights",
        "equal variances",
        "weights independent of activations",
        "zero-mean activations",
        "uncorrelated activations",
        "zero biases",
    }
)
WEIGHTS = {"zero-mean weights", "uncorrelated weights", "equal variances", "weights independent of activations"}


@cache
def derived(dropped, statistic="second moment"):
    return derive_forward(ALL - dropped, statistic=statistic)


def test_the_textbook_derivation():
    assert derived(frozenset()).result == n_in * sigma_w**2 * q
    assert derive_forward(statistic="mean").result == 0
    assert derive_forward(statistic="variance").result == n_in * sigma_w**2 * q


def test_mean_zero_weights_make_the_mean_of_the_activations_irrelevant():
    irrelevant = frozenset({"zero-mean activations", "uncorrelated activations"})
    for dropped in subsets(irrelevant):
        assert derived(dropped).result == derived(dropped, "variance").result == n_in * sigma_w**2 * q
        assert derived(dropped, "mean").result == 0
    assert not derived(frozenset()).uses & irrelevant


def test_the_second_moment_counts_and_not_the_variance():
    """Var(W a) = Var W (Var a + (E a)^2): two activations with the same variance, of which one has a mean."""
    W = random("W_j", mean=0, variance=sigma_w**2, index="j")
    centred, shifted = (random("a_j", mean=mean, variance=1, index="j") for mean in (0, m))
    assert equal(Var(Total(W * centred, "j", n)), n * sigma_w**2)
    assert equal(Var(Total(W * shifted, "j", n)), n * sigma_w**2 * (1 + m**2))


def test_a_mean_of_the_weights_brings_correlations_back():
    dropped = frozenset({"zero-mean weights", "zero-mean activations", "uncorrelated activations"})
    pairs = n_in * (n_in - 1) * mu**2 * (m**2 + r * (q - m**2))
    assert equal(derived(dropped).result, n_in * (sigma_w**2 + mu**2) * q + pairs)


def test_equal_weights_in_a_row_see_the_sum_of_the_activations():
    """rho = 1 means W_ij = W_i, and E z^2 = Var W E[(sum_j a_j)^2]."""
    dropped = frozenset({"uncorrelated weights", "zero-mean activations", "uncorrelated activations"})
    a = FORWARD.model(ALL - dropped)[1]
    assert equal(derived(dropped).result.subs(rho, 1), sigma_w**2 * E(Total(a, "j", n_in) ** 2))


def test_activations_need_not_be_identically_distributed():
    """q is then the average of their second moments."""
    W = random("W_j", mean=0, variance=sigma_w**2, index="j")
    second_moments = sp.symbols("q_1:4")
    z = sum(W.at(str(j)) * random(f"x{j}", second_moment=q_j) for j, q_j in enumerate(second_moments))
    assert equal(E(z**2), derived(frozenset()).result.subs({n_in: 3, q: sum(second_moments) / 3}))


def test_unequal_variances_count_through_their_covariance_with_what_they_meet():
    """Eight independent centred weights with variances 0.1 ... 2, for activations 1 ... 8."""
    variances, activations = np.geomspace(0.1, 2, 8), np.arange(1.0, 9)
    weights = [random(f"W{j}", mean=0, variance=v) for j, v in enumerate(variances)]
    z = sum(W * a for W, a in zip(weights, activations, strict=True))
    average, size = variances.mean(), np.square(activations).mean()
    share = np.mean(variances * activations**2) / (average * size) - 1
    dropped = derived(frozenset({"equal variances"}))
    assert equal(dropped.result, n_in * sigma_w**2 * q * (1 + kappa))
    assert dropped.predict(n_in=8, sigma_w=average**0.5, q=size, kappa=share) == pytest.approx(float(E(z**2)))
    assert derived(frozenset()).predict(n_in=8, sigma_w=average**0.5, q=size) < 0.8 * float(E(z**2))


def test_orthogonal_weights_are_uncorrelated_and_that_is_enough():
    """The entries of a Haar-distributed orthogonal matrix are dependent: E[W_1^2 W_2^2] is not E[W_1^2] E[W_2^2]."""
    n, draws = 8, 5_000
    W = np.stack([orthogonal((n, n), rng=rng)[0] for rng in np.random.default_rng(0).spawn(draws)])
    a = np.linspace(-1, 3, n)
    products = n**2 * np.square(W[:, 0] * W[:, 1])
    assert products.mean() + 5 * products.std() / draws**0.5 < 1
    z2 = np.square(W @ a)
    predicted = derived(frozenset()).predict(n_in=n, sigma_w=n**-0.5, q=np.square(a).mean())
    assert abs(z2.mean() - predicted) < 5 * z2.std() / draws**0.5


def test_correlated_weights_do_no_harm_to_centred_uncorrelated_activations():
    assert derived(frozenset({"uncorrelated weights"})).result == n_in * sigma_w**2 * q
    harm = derived(frozenset({"uncorrelated weights", "zero-mean activations"})).result
    assert equal(harm, n_in * sigma_w**2 * (q + (n_in - 1) * rho * m**2))


def test_what_a_covariance_owes_to_an_assumption_is_said():
    """Weights that know their inputs have Cov(W^2, a^2), in which the means of both matter."""
    derivation = derived(frozenset({"weights independent of activations"}))
    assert {"zero-mean weights", "zero-mean activations"} <= set(derivation.steps[-1].uses)


def test_biases_add_their_variance():
    assert derived(frozenset({"zero biases"})).result == n_in * sigma_w**2 * q + sigma_b**2


def test_weights_that_know_their_inputs_push_in_one_direction():
    dropped = frozenset({"weights independent of activations"})
    assert equal(derived(dropped, "mean").result, n_in * c * sigma_w * sp.sqrt(q))
    assert equal(derived(dropped).result, n_in * sigma_w**2 * q * (1 + (n_in + 1) * c**2))


@cache
def moments_of_the_sum(W, a):
    z = Total(W * a, "j", n_in)
    return E(z), E(z**2)


def test_up_to_two_dropped_assumptions_and_all_of_them_give_the_moments_of_their_layer():
    """The rules know nothing of the model but a few covariances; here the moments are expanded outright. Two such
    expressions that agree at five random points are equal. (Simulation tests all combinations, below.)"""
    symbols = [n_in, sigma_w, q, mu, m, rho, r, c, kappa, sigma_b]
    points = np.random.default_rng(0).uniform(0.1, 0.5, (5, len(symbols)))
    points[:, [0, 2]] += [2, 1]  # so that m^2 < q
    for dropped in (some for some in subsets(TOGGLES) if len(some) <= 2 or some == TOGGLES):
        mean, second_moment = moments_of_the_sum(*FORWARD.model(ALL - dropped))
        second_moment += sigma_b**2 if "zero biases" in dropped else 0
        results = [derived(dropped, statistic).result for statistic in ("mean", "second moment", "variance")]
        expanded = (mean, second_moment, second_moment - mean**2)
        values = sp.lambdify(symbols, [*results, *expanded])
        for point in points:
            assert values(*point)[:3] == pytest.approx(values(*point)[3:], abs=1e-12), dropped


def test_a_dropped_assumption_costs_nothing_when_its_parameter_is_zero():
    everything = derive_forward(ALL - TOGGLES)
    for key in TOGGLES:
        parameter = ASSUMPTIONS[key].parameter
        assert equal(everything.result.subs(parameter, 0), derive_forward(ALL - TOGGLES | {key}).result), key


def test_every_step_says_what_it_needs():
    for dropped in subsets(TOGGLES):
        derivation = derived(dropped)
        assert derivation.uses <= ALL - dropped
        assert derivation.without <= dropped
        for before, after in zip(derivation.steps, derivation.steps[1:], strict=False):
            assert before.after == after.before
        assert all(step.before != step.after for step in derivation.steps)


def test_what_a_derivation_does_not_use_can_be_dropped():
    for dropped in subsets(TOGGLES):
        derivation = derived(dropped)
        assert derive_forward(derivation.uses).result == derivation.result, dropped


def test_a_derivation_prints_as_aligned_lines_with_their_reasons():
    lines = derive_forward(ALL - {"zero biases"}).latex().splitlines()
    assert lines[0] == r"\begin{aligned}"
    assert lines[1].startswith(r"\mathbb{E}\left[z_{i}^{2}\right] &= \mathbb{E}\left[\left(\sum_{j=1}^{")
    assert lines[-2].startswith(r"&= n_{\mathrm{in}} q \sigma_{w}^{2} + \sigma_{b}^{2} && ")
    assert lines[-2].endswith(r"\text{notation}\end{array}}")
    assert any(r"\text{E of a product} \\ \text{uncorrelated weights}" in line for line in lines)


def test_a_derivation_says_which_assumption_brought_a_term_back():
    steps = derive_forward(ALL - {"uncorrelated weights"}).steps
    (back,) = [step for step in steps if step.without]
    assert back.reasons == ("E of a product", "without: uncorrelated weights")
    assert "Cov(W_ij, W_ik)" in str(back.after)
    assert "Cov" not in str(back.before)


# --- activations ------------------------------------------------------------------------------------------------------


def test_relu_halves_the_second_moment_only_for_symmetric_z():
    assert derive_forward(activation="relu").result == n_in * sigma_w**2 * q / 2
    for key in ("symmetric weights", "zero-mean weights", "weights independent of activations"):
        derivation = derive_forward(ALL - {key}, activation="relu")
        assert derivation.result.atoms(Expected)  # E[z |z|] / 2 is back
        with pytest.raises(Undetermined, match=rf"E\[z_i\*Abs\(z_i\)\] is not determined .* missing: .*{key}"):
            derivation.predict(n_in=10, sigma_w=1, q=1)


def test_skewed_weights_really_break_the_half():
    skewed = derive_forward(ALL - {"symmetric weights"}, activation="relu")
    values = {"n_in": 3, "sigma_w": 1.0, "q": 1.0}
    W, a, b = draw(skewed, values, rng=0, draws=100_000)
    z = np.einsum("ij,ij->i", W, np.abs(a)) + b  # positive inputs, so that their signs do not hide the skewness
    half, odd = z**2 / 2, z * np.abs(z) / 2
    difference = np.maximum(z, 0) ** 2 - half
    assert difference.mean() > 5 * difference.std() / np.sqrt(len(z))
    assert difference == pytest.approx(odd)


def test_a_leaky_relu_lies_between_relu_and_identity():
    leaky = derive_forward(activation="leaky_relu").result
    assert equal(leaky, (1 + s**2) / 2 * n_in * sigma_w**2 * q)
    assert leaky.subs(s, 0) == derive_forward(activation="relu").result
    assert leaky.subs(s, 1) == derive_forward(activation="identity").result


def test_tanh_keeps_the_second_moment_only_as_far_as_it_is_linear():
    assert derive_forward(activation="f").result == n_in * sigma_w**2 * q
    bent = derive_forward(ALL - {"linear activation"}, activation="f")
    assert str(bent.result) == "E[f(z_i)**2]"
    with pytest.raises(Undetermined, match="missing: linear activation"):
        bent.predict(n_in=1, sigma_w=1, q=1)


def test_over_layers_the_factors_multiply():
    deep = algebra.over_layers(derive_forward(activation="relu"))
    assert deep.predict(n_in=100, sigma_w=0.1, q=1, L=30) == pytest.approx(2.0**-30)
    assert deep.predict(n_in=100, sigma_w=np.sqrt(0.02), q=3, L=30) == pytest.approx(3)


@pytest.mark.parametrize("scaled_weight_variance", [1.0, 2.0, 2.5])
def test_over_layers_biases_add_up_as_in_gaussian_theory(scaled_weight_variance):
    deep = algebra.over_layers(derive_forward(ALL - {"zero biases"}, activation="relu"))
    predicted = deep.predict(n_in=50, sigma_w=np.sqrt(scaled_weight_variance / 50), q=1.5, sigma_b=0.3, L=7)
    theory = gaussian.propagate(
        "relu", scaled_weight_variance=scaled_weight_variance, bias_variance=0.09, depth=7, input=1.5
    )
    assert predicted == pytest.approx(theory.a[-1])


def test_the_rule_for_many_layers_is_exact_at_any_width():
    widths, std = [6] * 5, 0.6
    options = {"bias_initializer": lambda shape, **how: normal(shape, std=0.3, **how), "output_activation": "relu"}
    net = network.sample(
        widths, "relu", lambda shape, **how: normal(shape, std=std, **how), seeds=range(10_000), **options
    )
    output = network.forward(net, np.ones((6, 1))).output
    sample = np.square(output).mean(axis=(1, 2))
    deep = algebra.over_layers(derive_forward(ALL - {"zero biases"}, activation="relu"))
    predicted = deep.predict(n_in=6, sigma_w=std, q=1, sigma_b=0.3, L=4)
    assert abs(sample.mean() - predicted) < 5 * sample.std() / np.sqrt(len(sample))


@pytest.mark.parametrize("key", sorted(WEIGHTS))
def test_over_layers_the_second_moment_is_not_enough_without_what_the_weights_must_be(key):
    with pytest.raises(Undetermined, match=f"missing: .*{key}"):
        algebra.over_layers(derive_forward(ALL - {key}, activation="identity"))


# --- many linear layers, weights with a mean or a common part ---------------------------------------------------------


def test_one_layer_of_a_linear_network_is_the_derivation_of_one_layer():
    """With s = m^2 + r (q - m^2), which is E[a_j a_k] of activations of mean m and correlation r."""
    values, of_weights = VALUES, {"zero-mean weights", "uncorrelated weights", "zero biases"}
    for dropped in subsets(of_weights | {"zero-mean activations", "uncorrelated activations"}):
        broken = {str(ASSUMPTIONS[key].parameter) for key in dropped}
        known = {name: value if name in broken else 0.0 for name, value in values.items()}
        deep = algebra.linear_network(
            1,
            values["n_in"],
            **{name: known[name] for name in ("mu", "rho", "sigma_b")},
            sigma_w=values["sigma_w"],
            q=values["q"],
            s=known["m"] ** 2 + known["r"] * (values["q"] - known["m"] ** 2),
        )
        assert deep.q[1] == pytest.approx(derived(dropped).predict(**values)), dropped


def test_units_of_a_linear_network_share_the_square_of_the_sum_of_what_they_see():
    a = random("a_j", mean=m, second_moment=q, index="j")
    known = {n: 7, m: 0.4, q: 1.3}
    expected = 0.3**2 * float(E(Total(a, "j", n) ** 2).subs(known))
    assert algebra.linear_network(1, 7, sigma_w=0.5, mu=0.3, q=1.3, s=0.4**2).s[1] == pytest.approx(expected)


def test_drawn_linear_networks_have_the_second_moments_of_theory():
    units, draws, std, mean, common, bias = 5, 40_000, 0.4, 0.2, 0.3, 0.5
    rng = np.random.default_rng(0)
    a = rng.standard_normal((draws, units))
    theory = algebra.linear_network(3, units, sigma_w=std, mu=mean, rho=common, sigma_b=bias)
    for layer in (1, 2, 3):
        shared, own = rng.standard_normal((draws, units, 1)), rng.standard_normal((draws, units, units))
        W = mean + std * (np.sqrt(common) * shared + np.sqrt(1 - common) * own)
        a = np.einsum("dij,dj->di", W, a) + bias * rng.standard_normal((draws, units))
        squares = np.square(a).sum(axis=1)
        q_drawn, s_drawn = squares / units, (a.sum(axis=1) ** 2 - squares) / (units * (units - 1))
        for sample, expected in ((q_drawn, theory.q[layer]), (s_drawn, theory.s[layer])):
            assert abs(sample.mean() - expected) < 5 * sample.std() / np.sqrt(draws), layer
        assert theory.s[layer] > 10 * s_drawn.std() / np.sqrt(draws)  # enough to see


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rho": 1.5}, "rho must be a finite number >= 0 and <= 1, got 1.5"),
        ({"rho": -0.1}, "rho must be a finite number >= 0"),
        ({"sigma_w": -1.0}, "sigma_w must be a finite number >= 0"),
        ({"sigma_b": np.inf}, "sigma_b must be a finite number >= 0"),
        ({"q": np.nan}, "q must be a finite number >= 0"),
        ({"mu": np.nan}, "mu must be a finite number"),
        ({"s": np.inf}, "s must be a finite number"),
    ],
)
def test_a_linear_network_that_cannot_exist_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        algebra.linear_network(2, 10, **{"sigma_w": 0.3} | wrong)


# --- layers of different widths ---------------------------------------------------------------------------------------

DIRECTIONS = {"forward": derive_forward, "backward": derive_backward}
MODES = ("fan_in", "fan_out", "fan_avg")
some_widths = st.lists(st.integers(1, 1000), min_size=3, max_size=8)


def variance_of(mode, n_below, n_here):
    """Half of the variance of He's rule, an exact fraction."""
    fans = {"fan_in": Fraction(n_below), "fan_out": Fraction(n_here), "fan_avg": Fraction(n_below + n_here, 2)}
    return 1 / fans[mode]


@cache
def he_over_widths(direction, mode):
    return algebra.over_widths(DIRECTIONS[direction](activation="relu"), mode)


def exact_moments(direction, mode, widths):
    """All second moments for He's rule, starting from 1. One layer multiplies by fan sigma_w^2 / 2."""
    moments, layers = [Fraction(1)], list(pairwise(widths))
    for n_below, n_here in layers if direction == "forward" else layers[:0:-1]:
        fan = n_below if direction == "forward" else n_here
        moments.append(moments[-1] * fan * variance_of(mode, n_below, n_here))
    return moments if direction == "forward" else moments[::-1]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("direction", DIRECTIONS)
@settings(deadline=None, max_examples=10)
@given(widths=some_widths)
def test_over_widths_every_layer_has_its_own_factor(direction, mode, widths):
    deep = he_over_widths(direction, mode)
    exact = exact_moments(direction, mode, widths)
    assert deep.predict(widths) == pytest.approx([float(moment) for moment in exact])
    end = deep.result.subs({q: 1, p: 1, algebra.assumptions.L: len(widths) - 1}).doit()
    numbers = {algebra.widths.Width(i): sp.Integer(n) for i, n in enumerate(widths)}
    assert end.subs(numbers) == sp.Rational(exact[-1 if direction == "forward" else 0])


def test_fan_in_telescopes_backward_and_fan_out_forward():
    first, last = (algebra.widths.Width(i) for i in (0, algebra.assumptions.L))
    for activation in ("relu", "leaky_relu"):
        signal, gradient = (d(activation=activation) for d in (derive_forward, derive_backward))
        for convolution in (False, True):  # the receptive fields cancel

            def result(layer, mode, convolution=convolution):
                return algebra.over_widths(layer, mode, convolution=convolution).result

            assert result(signal, "fan_in") == q
            assert result(gradient, "fan_out") == p
            assert equal(result(gradient, "fan_in"), p * last / algebra.widths.Width(1))
            assert equal(result(signal, "fan_out"), q * first / last)
            assert result(signal, "fan_avg").has(sp.Product)


def test_equal_widths_give_back_the_rule_for_equal_layers():
    for layer in (derive_forward(activation="leaky_relu"), derive_backward(activation="leaky_relu")):
        for mode in MODES:
            assert algebra.over_widths(layer, mode).predict([7] * 5, s=0.3) == pytest.approx(1)
        fan = {layer.direction.n: 7, sigma_w: 0.5, s: 0.3, layer.direction.second_moment: 1}
        deep = algebra.over_widths(layer)
        length = sp.Integer(4)
        product_ = deep.result.subs(algebra.assumptions.L, length).doit()
        numbers = {algebra.widths.Width(i): 7 for i in range(5)} | {algebra.widths.Std(i): 0.5 for i in range(5)}
        power = 4 if layer.direction.name == "forward" else 3
        assert float(product_.subs(numbers).subs(fan)) == pytest.approx(float(layer.result.subs(fan)) ** power)


@pytest.mark.parametrize("mode", MODES)
def test_real_networks_of_different_widths_follow_the_product(mode):
    widths, slope = [12, 30, 20, 40, 24], 0.2
    scheme = partial(variance_scaling, scale=2 / (1 + slope**2), mode=mode, distribution="uniform")
    deep = network.simulate(widths, leaky_relu(slope), scheme, seeds=range(1000), batch=1)
    signal, gradient = (
        algebra.over_widths(d(activation="leaky_relu"), mode).predict(widths, s=slope)
        for d in (derive_forward, derive_backward)
    )
    z = (
        z_scores(deep.a.second_moment[:, 1:], signal[1:]),
        z_scores(deep.dz.second_moment, gradient * (1 + slope**2) / 2),
    )
    assert np.abs(z).max() < 5


def test_real_convolutions_follow_their_channels():
    """A ring of pixels, so that every one has all of its neighbours."""
    channels, kernels, pixels, runs = [6, 10, 4, 8], [3, 1, 5], 7, 2000
    rng = np.random.default_rng(0)
    a, filters, passed = rng.standard_normal((runs, channels[0], pixels)), [], []
    for c_in, c_out, k in zip(channels, channels[1:], kernels, strict=False):
        W = np.sqrt(2 / (k * c_in)) * rng.standard_normal((runs, c_out, c_in, k))
        z = sum(W[..., i] @ np.roll(a, i, axis=-1) for i in range(k))
        filters.append(W)
        passed.append(z > 0)
        a = np.maximum(z, 0)
    signal, gradients = [np.square(a).mean(axis=(1, 2))], []
    dz = rng.standard_normal(a.shape) * passed[-1]
    for W, mask in zip(filters[:0:-1], passed[-2::-1], strict=True):
        gradients.append(np.square(dz).mean(axis=(1, 2)))
        dz = mask * sum(W[..., i].mT @ np.roll(dz, -i, axis=-1) for i in range(W.shape[-1]))
    gradients.append(np.square(dz).mean(axis=(1, 2)))
    deep = [algebra.over_widths(d(activation="relu"), "fan_in", convolution=True) for d in DIRECTIONS.values()]
    measured = np.array(signal + gradients[::-1]).T
    predicted = [deep[0].predict(channels)[-1], *deep[1].predict(channels) / 2]
    assert np.abs(z_scores(measured, predicted)).max() < 5
    assert predicted[1] == pytest.approx(channels[-1] / channels[1] / 2)


def test_over_widths_refuses_what_it_cannot_know():
    with pytest.raises(ValueError, match="must have an activation"):
        algebra.over_widths(derive_forward())
    with pytest.raises(ValueError, match="mode must be one of"):
        algebra.over_widths(derive_forward(activation="relu"), "fan_average")
    for key in ("zero-mean weights", "zero biases"):
        with pytest.raises(Undetermined, match=f"missing: .*{key}"):
            algebra.over_widths(derive_forward(ALL - {key}, activation="identity"), "fan_in")
    with pytest.raises(Undetermined, match=r"sigma_w\[l\] must be known"):
        algebra.over_widths(derive_forward(activation="relu")).predict([2, 3, 4])


def test_a_derivation_over_widths_shows_how_it_telescopes():
    deep = algebra.over_widths(derive_backward(activation="relu"), "fan_in")
    assert [step.rule for step in deep.steps] == ["one layer", "L - 1 layers", "the fan-in rule", "telescoping"]
    assert "independent gradients" in deep.uses
    assert str(deep.result) == "p*n[L]/n[1]"
    assert r"\prod_{l=2}^{L} \frac{n^{[l]}}{n^{[l - 1]}}" in deep.latex()


# --- backward, and the rules ------------------------------------------------------------------------------------------


def test_backward_is_forward_with_fan_out():
    renamed = {n_in: n_out, q: p}
    assert derive_backward().result == derive_forward().result.xreplace(renamed)
    assert derive_backward(activation="relu").result == derive_forward(activation="relu").result.xreplace(renamed)


def test_backward_needs_gradients_that_are_independent_of_what_went_forward():
    assert "independent gradients" in derive_backward(activation="relu").uses
    left = derive_backward(ALL - {"independent gradients"}, activation="relu")
    assert "Cov(g_j**2, f'(z_j)**2)" in str(left.result)
    with pytest.raises(Undetermined, match="missing: independent gradients"):
        left.predict(n_out=1, sigma_w=1, p=1, c_delta=0)


def test_backward_through_another_activation_leaves_its_mean_squared_slope():
    result = derive_backward(ALL - {"linear activation"}, activation="f").result
    assert str(result) == "n_out*p*sigma_w**2*E[f'(z_j)**2]"
    assert r"f'\left(z_{j}\right)^{2}" in sp.latex(result)


def test_the_conditions_of_the_rules():
    assert derive_forward().preserving() == 1 / n_in  # Xavier, LeCun
    assert derive_backward().preserving() == 1 / n_out
    assert derive_forward(activation="relu").preserving() == 2 / n_in  # He
    assert derive_backward(activation="relu").preserving() == 2 / n_out
    assert equal(derive_forward(activation="leaky_relu").preserving(), 2 / ((1 + s**2) * n_in))


def test_biases_and_means_take_their_part_of_the_variance():
    assert equal(derive_forward(ALL - {"zero biases"}).preserving(), (1 - sigma_b**2 / q) / n_in)
    assert equal(derive_forward(ALL - {"zero-mean weights"}).preserving(), 1 / n_in - mu**2)


def test_glorots_compromise_is_the_harmonic_mean():
    compromise = algebra.compromise()
    assert equal(compromise.variance, 2 / (n_in + n_out))
    assert equal(compromise.variance, 2 / (1 / (1 / n_in) + 1 / (1 / n_out)))
    assert equal(compromise.forward + compromise.backward, 2)  # what one direction gains, the other loses
    assert compromise.forward.subs(n_out, n_in) == compromise.backward.subs(n_out, n_in) == 1
    assert compromise.forward.subs({n_in: 300, n_out: 100}) == sp.Rational(3, 2)


def test_a_condition_that_nothing_determines_is_refused():
    with pytest.raises(Undetermined, match="does not determine Var W"):
        derive_forward(statistic="mean").preserving()
    with pytest.raises(Undetermined, match="missing: linear activation"):
        derive_forward(ALL - {"linear activation"}, activation="f").preserving()


def test_real_gradients_in_a_real_network_follow_the_backward_rule():
    """ReLU, 2 layers of 30 and 20 units, gradients of a random linear function of the output."""
    net = network.sample([15, 30, 20], "relu", lambda shape, **how: normal(shape, std=0.3, **how), seeds=range(2000))
    rng = np.random.default_rng(0)
    passed = network.forward(net, rng.standard_normal((15, 1)))
    back = network.backward(net, passed, rng.standard_normal(passed.output.shape))
    sample = np.square(back.dz[0]).mean(axis=(1, 2))
    predicted = derive_backward(activation="relu").predict(n_out=20, sigma_w=0.3, p=1)
    assert abs(sample.mean() - predicted) < 5 * sample.std() / np.sqrt(len(sample))


# --- Monte Carlo ------------------------------------------------------------------------------------------------------

VALUES = {
    "n_in": 6, "n_out": 6, "sigma_w": 0.5, "q": 1.5, "p": 1.5, "mu": -0.2, "rho": 0.3, "c": 0.4, "c_delta": 0.4,
    "m": 0.7, "m_delta": 0.7, "r": 0.25, "r_delta": 0.25, "sigma_b": 0.6, "s": 0.2,
    "kappa": 0.35,
}  # fmt: skip
DRAWS = 40_000


def agrees(derivation, seed, values=VALUES, draws=DRAWS):
    measured = algebra.monte_carlo(derivation, values, rng=seed, draws=draws)
    return abs(measured.mean - derivation.predict(**values)) <= 5 * measured.standard_error + 1e-12


@pytest.mark.parametrize("statistic", ["second moment", "mean", "variance"])
def test_simulation_agrees_with_every_combination_of_assumptions(statistic):
    """All 256 for the second moment, because the weights are symmetric or skewed."""
    skewed = {"symmetric weights"} if statistic == "second moment" else set()
    for seed, dropped in enumerate(subsets(TOGGLES | skewed)):
        assert agrees(derived(dropped, statistic), seed, draws=DRAWS // 4), dropped


@pytest.mark.parametrize("activation", ["identity", "relu", "leaky_relu"])
def test_simulation_agrees_behind_an_activation(activation):
    for seed, dropped in enumerate(subsets(TOGGLES - {"zero-mean weights", "weights independent of activations"})):
        assert agrees(derive_forward(ALL - dropped, activation=activation), seed), dropped


def test_simulation_agrees_backward():
    toggles = {
        BACKWARD.independent,
        BACKWARD.zero_mean,
        BACKWARD.uncorrelated,
        "zero-mean weights",
        "uncorrelated weights",
    }
    for seed, dropped in enumerate(subsets(toggles)):
        assert agrees(derive_backward(ALL - dropped), seed), dropped


@pytest.mark.parametrize("key", sorted(TOGGLES & derived(frozenset()).uses))
def test_simulation_notices_a_dropped_assumption(key):
    """The test has teeth: what holds under the assumption is wrong by more than 5 standard errors without it."""
    values = VALUES | {"m": 0.9}
    together = {"uncorrelated weights": {"zero-mean activations"}}.get(key, set())
    measured = algebra.monte_carlo(derive_forward(ALL - {key} - together), values, rng=0, draws=DRAWS)
    assert abs(measured.mean - derive_forward(ALL - together).predict(**values)) > 5 * measured.standard_error


def test_the_model_breaks_exactly_what_it_says():
    """Means, variances and correlations of the sampled layer, all assumptions dropped."""
    everything = derive_forward(ALL - TOGGLES)
    W, a, b = draw(everything, VALUES, rng=1, draws=200_000)
    sample = np.corrcoef(np.stack([W[:, 0], W[:, 1], a[:, 0], a[:, 1], b]))
    v = VALUES
    expected = np.eye(5)
    expected[0, 1], expected[2, 3] = v["rho"], v["r"]
    expected[0, 2] = expected[1, 3] = v["c"]
    expected = np.maximum(expected, expected.T)
    assert sample == pytest.approx(expected, abs=5 / np.sqrt(200_000))
    assert W.mean() == pytest.approx(v["mu"], abs=0.005)
    assert W.std() == pytest.approx(v["sigma_w"], abs=0.005)
    assert a.mean() == pytest.approx(v["m"], abs=0.01)
    assert np.square(a).mean() == pytest.approx(v["q"], rel=0.01)
    assert b.std() == pytest.approx(v["sigma_b"], abs=0.005)


def test_the_same_seed_gives_the_same_estimate():
    assert algebra.monte_carlo(derive_forward(), VALUES, rng=3) == algebra.monte_carlo(derive_forward(), VALUES, rng=3)


# --- errors -----------------------------------------------------------------------------------------------------------


def test_unknown_assumptions_and_values_are_named():
    with pytest.raises(ValueError, match=r"unknown: \['zero mean weights'\]"):
        derive_forward({"zero mean weights"})
    with pytest.raises(TypeError, match="assume must be a set of assumptions, got the string"):
        derive_forward("zero-mean weights")
    with pytest.raises(ValueError, match="got n"):
        derive_forward().predict(n=3)
    with pytest.raises(ValueError, match="activation must be one of"):
        derive_forward(activation="tanh")
    with pytest.raises(ValueError, match=r"statistic \(with an activation\) must be one of 'second moment'"):
        derive_forward(activation="relu", statistic="mean")
    with pytest.raises(ValueError, match="layer must have an activation"):
        algebra.over_layers(derive_forward())


def test_a_missing_value_is_named():
    with pytest.raises(Undetermined, match="mu, q must have a value"):
        derive_forward(ALL - {"zero-mean weights"}).predict(n_in=3, sigma_w=1)
    with pytest.raises(Undetermined, match="a value is missing for mu"):
        algebra.monte_carlo(derive_forward(ALL - {"zero-mean weights"}), {"n_in": 3, "sigma_w": 1, "q": 1})
    with pytest.raises(Undetermined, match="s must have a value"):
        algebra.monte_carlo(derive_forward(activation="leaky_relu"), {"n_in": 3, "sigma_w": 1, "q": 1})


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("zero-mean activations", {"m": 2.0}),
        ("uncorrelated weights", {"rho": 1.5}),
        ("weights independent of activations", {"c": 1.01}),
    ],
)
def test_a_layer_that_cannot_exist_is_refused(key, values):
    with pytest.raises(ValueError, match=r"must hold for such a layer|must be a finite number"):
        algebra.monte_carlo(derive_forward(ALL - {key}), VALUES | values)


LAYER = {"n_in": 6, "sigma_w": 0.5, "q": 1.5}


@pytest.mark.parametrize(
    ("dropped", "values", "error", "says"),
    [
        ({"uncorrelated weights"}, {"rho": -0.5}, ValueError, "rho must be .*>= 0 and <= 1, got -0.5"),
        ({"uncorrelated weights"}, {"rho": 1.5}, ValueError, "rho must be .*<= 1, got 1.5"),
        ({"uncorrelated activations", "zero-mean weights"}, {"r": -0.5, "mu": 1}, ValueError, "r must be.*got -0.5"),
        ({"zero-mean activations"}, {"m": 2}, ValueError, r"\|m\| <= sqrt\(q\).*must hold for such a layer"),
        ({"weights independent of activations"}, {"c": 2}, ValueError, "c must be.*got 2"),
        (
            {"weights independent of activations", "uncorrelated weights"},
            {"c": 0.9, "rho": 0.9},
            ValueError,
            r"c\^2 <= \(1 - rho\)",
        ),
        (set(), {"n_in": -3}, ValueError, "n_in must be an int >= 1, got -3"),
        (set(), {"n_in": 2.5}, TypeError, "n_in must be an int >= 1, got 2.5"),
        (set(), {"sigma_w": -1}, ValueError, "sigma_w must be.*>= 0, got -1"),
        (set(), {"sigma_w": "1"}, TypeError, "sigma_w must be.*got '1'"),
        (set(), {"q": -1}, ValueError, "q must be.*got -1"),
        (set(), {"q": float("nan")}, ValueError, "q must be.*got nan"),
        ({"zero-mean weights"}, {"mu": float("inf")}, ValueError, "mu must be a finite number, got inf"),
    ],
)
def test_no_number_is_predicted_for_a_layer_that_cannot_exist(dropped, values, error, says):
    with pytest.raises(error, match=says):
        derive_forward(ALL - dropped).predict(**LAYER | values)


def test_what_an_assumption_excludes_may_have_any_value():
    assert derive_forward().predict(**LAYER, m=7, c=1, rho=1) == derive_forward().predict(**LAYER)


@pytest.mark.parametrize(
    ("widths", "values", "error", "says"),
    [
        ([3, 0, 2], {}, ValueError, r"n\[1\] in widths must be an int >= 1, got 0"),
        ([3, 2.5], {}, TypeError, r"n\[1\] in widths.*got 2.5"),
        ("abc", {}, TypeError, "widths must list.*'abc'"),
        ([3], {}, ValueError, "widths must list.*two or more"),
        ([3, 3], {"q": -1}, ValueError, "q must be.*got -1"),
        ([3, 3], {"foo": 1}, ValueError, "values must be of q and s, got foo"),
    ],
)
def test_widths_that_cannot_be_are_refused(widths, values, error, says):
    with pytest.raises(error, match=says):
        he_over_widths("forward", "fan_in").predict(widths, **values)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: algebra.linear_network(-3, 4, sigma_w=1), ValueError, "depth must be an int >= 0, got -3"),
        (lambda: algebra.linear_network(3, 0, sigma_w=1), ValueError, "n must be an int >= 1, got 0"),
        (lambda: algebra.linear_network(3, 4, sigma_w=1, rho=1.5), ValueError, "rho must be .*<= 1, got 1.5"),
        (lambda: algebra.linear_network(3, 4, sigma_w=1, q=2, s=3), ValueError, "s must be .*<= 2.0, got 3"),
        (lambda: algebra.linear_network(3, 3, sigma_w=1, q=2, s=-1.5), ValueError, "s must be .*>= -1.0.*got -1.5"),
        (lambda: algebra.monte_carlo("x", VALUES), TypeError, "derivation must be a Derivation, got a str"),
        (lambda: algebra.monte_carlo(derive_forward(), None), TypeError, "values must be a dict.*got None"),
        (
            lambda: algebra.monte_carlo(derive_forward(), VALUES, draws=1),
            ValueError,
            "draws must be an int >= 2, got 1",
        ),
        (lambda: algebra.monte_carlo(derive_forward(), VALUES, draws="3"), TypeError, "draws must be an int"),
        (lambda: algebra.over_layers("x"), TypeError, "layer must be a Derivation, got a str"),
        (lambda: algebra.over_widths(None, "fan_in"), TypeError, "layer must be a Derivation, got a NoneType"),
        (lambda: algebra.evaluate(n, 3), TypeError, "values must be a dict of numbers by name, got 3"),
        (lambda: Var(sp.I * random("X", variance=1)), ValueError, r"must be real and finite, got I\*X"),
        (lambda: E(sp.oo * random("X", mean=1)), ValueError, r"must be real and finite, got oo"),
        (lambda: E(sp.nan), ValueError, "must be real and finite, got nan"),
    ],
)
def test_arguments_of_another_kind_are_named(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_there_is_no_sampler_where_the_model_says_too_little():
    with pytest.raises(ValueError, match="there is no sampler for the activation 'f' forward"):
        algebra.monte_carlo(derive_forward(activation="f"), VALUES)
    with pytest.raises(ValueError, match="there is no sampler for the activation 'relu' backward"):
        algebra.monte_carlo(derive_backward(activation="relu"), VALUES)
    with pytest.raises(ValueError, match="there is a sampler for one layer only"):
        algebra.monte_carlo(algebra.over_layers(derive_forward(activation="relu")), VALUES)


def test_every_assumption_says_what_it_buys_and_what_holds_without_it():
    for key, assumption in ASSUMPTIONS.items():
        assert assumption.key == key
        assert all(text.endswith(".") for text in (assumption.sentence, assumption.buys, assumption.otherwise))


def test_sympy_loads_only_with_the_algebra():
    code = "import sys, initlab; assert 'sympy' not in sys.modules; initlab.algebra.E; assert 'sympy' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
