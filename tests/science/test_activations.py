"""Activations: f and f' against 60-digit arithmetic, their limits, kinks and memory, and what a wrong name says."""

import dataclasses
import functools
import subprocess
import sys
import tracemalloc

import mpmath as mp
import numpy as np
import pytest
import sympy

from initlab import closed_forms, datasets, diagnostics, finite_width, gaussian, initializers, losses, network, training
from initlab.activations import ACTIVATIONS, Activation, elu, get, labels, leaky_relu, names

SELU_ALPHA = 1 / mp.sqrt(2 * mp.pi) / (mp.mpf(1) / 2 - mp.sqrt(mp.e) * mp.ncdf(-1))
SELU_SCALE = mp.mpf("1.050700987355480493419334985294")


def _tanh_gelu(z):
    return z * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (z + mp.mpf("0.044715") * z**3))) / 2


# The definitions, for arbitrary precision.
DEFINITIONS = {
    "identity": lambda z: z,
    "relu": lambda z: max(z, mp.mpf(0)),
    "leaky_relu": lambda z: z if z > 0 else z / 100,
    "elu": lambda z: z if z > 0 else mp.expm1(z),
    "selu": lambda z: SELU_SCALE * (z if z > 0 else SELU_ALPHA * mp.expm1(z)),
    "gelu": lambda z: z * mp.erfc(-z / mp.sqrt(2)) / 2,
    "gelu_tanh": _tanh_gelu,
    "silu": lambda z: z / (1 + mp.exp(-z)),
    "mish": lambda z: z * mp.tanh(mp.log1p(mp.exp(z))),
    "softplus": lambda z: mp.log1p(mp.exp(z)),
    "softsign": lambda z: z / (1 + abs(z)),
    "tanh": mp.tanh,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)),
    "lecun_tanh": lambda z: mp.mpf("1.7159") * mp.tanh(2 * z / 3),
    "erf": mp.erf,
}
# All but the first of these are float32 numbers too.
POINTS = np.float32([1e-12, 1e-3, 0.1, 0.5, 1, 1.7, 2.5, 4, 5.3, 8, 12, 20, 30, 39, 60, 100, 300, 700, 1000])
POINTS = np.concatenate([sign * np.array([1e-300, *POINTS]) for sign in (1, -1)])
LIMITS = {  # f(-inf), f(inf), f'(-inf), f'(inf)
    "identity": (-np.inf, np.inf, 1, 1),
    "leaky_relu": (-np.inf, np.inf, 0.01, 1),
    "elu": (-1, np.inf, 0, 1),
    "selu": (-float(SELU_SCALE * SELU_ALPHA), np.inf, 0, float(SELU_SCALE)),
    "softsign": (-1, 1, 0, 0),
    "tanh": (-1, 1, 0, 0),
    "sigmoid": (0, 1, 0, 0),
    "lecun_tanh": (-1.7159, 1.7159, 0, 0),
    "erf": (-1, 1, 0, 0),
} | dict.fromkeys(("relu", "gelu", "gelu_tanh", "silu", "mish", "softplus"), (0, np.inf, 0, 1))

every_activation = pytest.mark.parametrize("name", names())
every_dtype = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])


@functools.cache
def reference(name):
    """f and f' at POINTS, exact when rounded to float64.

    f' is a central difference of relative step 1e-15, off by about (1e-15 z)^2. With 360 digits it survives both the
    step at z = 1e-300 and the loss of 1 - tanh(z)^2 down to the underflow of float64.
    """
    f = DEFINITIONS[name]
    with mp.workdps(360):
        values, slopes = [], []
        for z in map(mp.mpf, map(float, POINTS)):
            step = abs(z) * mp.mpf(10) ** -15
            values.append(float(f(z)))
            slopes.append(float((f(z + step) - f(z - step)) / (2 * step)))
    return np.array(values), np.array(slopes)


def test_every_activation_has_a_definition_and_limits():
    assert set(names()) == set(DEFINITIONS) == set(LIMITS)


@every_activation
def test_values_and_derivatives_are_accurate_to_rounding_out_to_1000(name):
    # A relative error of z by eps changes e^(-z^2/2) by z^2 eps = 900 eps at z = 30, and 1e-300 is next to underflow.
    f, df = reference(name)
    activation = get(name)
    np.testing.assert_allclose(activation.f(POINTS), f, rtol=2e-12, atol=1e-300)
    np.testing.assert_allclose(activation.df(POINTS), df, rtol=2e-12, atol=1e-300)
    near = abs(POINTS) <= 4
    np.testing.assert_allclose(activation.f(POINTS[near]), f[near], rtol=2e-15)
    np.testing.assert_allclose(activation.df(POINTS[near]), df[near], rtol=2e-14)


@every_activation
def test_float32_is_accurate_to_its_own_rounding(name):
    single = abs(POINTS) > 1e-30
    activation, z = get(name), POINTS[single].astype(np.float32)
    for computed, exact in zip((activation.f(z), activation.df(z)), reference(name), strict=True):
        np.testing.assert_allclose(computed, exact[single].astype(np.float32), rtol=5e-5, atol=1e-36)


@every_activation
@every_dtype
def test_limits_are_reached_and_nan_stays_nan_without_a_floating_point_error(name, dtype):
    low, high, slope_low, slope_high = LIMITS[name]
    activation = get(name)
    z = np.array([-np.inf, np.inf, np.nan], dtype=dtype)
    with np.errstate(all="raise"):
        f, df = activation.f(z), activation.df(z)
        activation.f(np.linspace(-1000, 1000, 4001, dtype=dtype))
        activation.df(np.linspace(-1000, 1000, 4001, dtype=dtype))
    np.testing.assert_allclose(f, np.array([low, high, np.nan], dtype=dtype), rtol=2 * np.finfo(dtype).eps)
    np.testing.assert_allclose(df[:2], np.array([slope_low, slope_high], dtype=dtype), rtol=2 * np.finfo(dtype).eps)
    assert np.isnan(df[2]) or name == "identity"  # whose slope is 1 whatever z is


@every_activation
@every_dtype
def test_shape_and_dtype_are_kept(name, dtype):
    activation = get(name)
    for z in (np.ones((3, 0, 2), dtype), np.ones((2, 3), dtype), dtype(1.5)):
        for result in (activation.f(z), activation.df(z)):
            assert (result.shape, result.dtype) == (z.shape, dtype)


@every_activation
def test_integers_and_lists_become_float64(name):
    activation = get(name)
    np.testing.assert_array_equal(activation.f([-1, 0, 2]), activation.f(np.array([-1.0, 0.0, 2.0])))
    np.testing.assert_array_equal(activation.df([-1, 0, 2]), activation.df(np.array([-1.0, 0.0, 2.0])))
    assert activation.f(1) == activation.f(1.0)


@every_activation
def test_out_receives_the_result_and_may_be_z_itself(name):
    activation = get(name)
    rng = np.random.default_rng(0)
    z = rng.normal(scale=3, size=(40, 30))[:, ::2]
    f, df = activation.f(z), activation.df(z)
    for function, expected in ((activation.f, f), (activation.df, df)):
        before, out = z.copy(), np.full(z.shape, np.nan)
        assert function(z, out=out) is out
        np.testing.assert_array_equal(out, expected)
        np.testing.assert_array_equal(z, before)
        assert function(before, out=before) is before
        np.testing.assert_array_equal(before, expected)


@every_activation
def test_the_derivative_from_a_is_that_from_z(name):
    activation = get(name)
    z = np.linspace(-30, 30, 601)
    np.testing.assert_allclose(activation.df(z, activation.f(z)), activation.df(z), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ["identity", "relu", "leaky_relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_inner_loop_activations_allocate_nothing_when_given_out(name, dtype):
    activation = get(name)
    z = np.random.default_rng(0).normal(size=(500, 500)).astype(dtype)
    a, out = activation.f(z), np.empty_like(z)
    tracemalloc.start()
    try:
        activation.f(z, out=out)
        activation.df(z, out=out)
        activation.df(z, a, out=out)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.clear_traces()
        tracemalloc.reset_peak()
        activation.f(z)
        _, with_result = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 0.02 * z.nbytes
    assert with_result >= z.nbytes  # so this test sees NumPy's allocations


@every_activation
def test_the_derivative_jumps_at_the_kinks_and_nowhere_else(name):
    activation = get(name)
    for kink in activation.kinks:
        left, at, right = activation.df(np.array([kink - 1e-9, kink, kink + 1e-9]))
        assert abs(right - left) > 0.1
        assert abs(at - left) < 1e-8
    z = np.linspace(-10, 10, 20_001)
    steps = abs(np.diff(activation.df(z)))
    away = np.all([abs((z[1:] + z[:-1]) / 2 - kink) > 0.001 for kink in activation.kinks] or [z[1:] < np.inf], axis=0)
    assert steps[away].max() < 0.01


def test_relu_has_slope_0_at_0():
    assert get("relu").df(np.zeros(1))[0] == 0


def test_selu_keeps_mean_0_and_variance_1_of_a_standard_normal_input():
    def expect(power):
        f = DEFINITIONS["selu"]
        return mp.quad(lambda z: f(z) ** power * mp.npdf(z), [-mp.inf, -5, 0, 5, mp.inf])

    assert abs(expect(1)) < 1e-12
    assert abs(expect(2) - 1) < 1e-12
    # The check above is of the definition; this ties the code to it.
    assert get("selu").df(np.array([1.0, -1e-20])) == pytest.approx([float(SELU_SCALE), float(SELU_SCALE * SELU_ALPHA)])


def test_lecun_tanh_passes_through_plus_and_minus_1_to_five_digits():
    np.testing.assert_allclose(get("lecun_tanh").f([-1, 1]), [-1, 1], atol=3e-6)


def test_leaky_relu_spans_relu_to_identity():
    z = np.array([-np.inf, -2.0, -0.0, 0.0, 3.0, np.inf])
    for slope, name in ((0, "relu"), (1, "identity")):
        np.testing.assert_array_equal(leaky_relu(slope).f(z), get(name).f(z))
        np.testing.assert_array_equal(leaky_relu(slope).df(z), get(name).df(z))
        assert leaky_relu(slope).kinks == get(name).kinks
    assert leaky_relu(0.3).df(np.float32([-1, 0, 1])).tolist() == np.float32([0.3, 0.3, 1]).tolist()


def test_elu_has_a_kink_unless_alpha_is_1():
    assert elu().kinks == ()
    assert elu(2.0).kinks == (0.0,)
    np.testing.assert_allclose(elu(2.0).f([-1, 1]), [2 * np.expm1(-1), 1])
    np.testing.assert_allclose(elu(2.0).df([-1, 0, 1]), [2 * np.exp(-1), 2, 1])


def test_get_returns_an_activation_unchanged_and_looks_up_names():
    assert get(get("tanh")) is ACTIVATIONS["tanh"]
    mine = Activation("square", lambda z, out=None: z**2, lambda z, a=None, out=None: 2 * z)
    assert get(mine) is mine
    assert all(get(name).name == name for name in names())


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: get("Relu"), ValueError, ["activation", "'Relu'", *map(repr, names())]),
        (lambda: get(None), TypeError, ["activation", "None"]),
        (lambda: get(np.tanh), TypeError, ["activation", "tanh"]),
        (lambda: leaky_relu([0.1]), TypeError, ["negative_slope", "[0.1]", ">= 0"]),
        (lambda: leaky_relu(True), TypeError, ["negative_slope", "True"]),
        (lambda: leaky_relu(float("nan")), ValueError, ["negative_slope", "nan"]),
        (lambda: leaky_relu(-0.1), ValueError, ["negative_slope", "-0.1", ">= 0 and <= 1"]),
        (lambda: leaky_relu(1.5), ValueError, ["negative_slope", "1.5"]),
        (lambda: elu(-1), ValueError, ["alpha", "-1", ">= 0"]),
        (lambda: elu(float("inf")), ValueError, ["alpha", "inf"]),
    ],
)
def test_a_wrong_argument_is_named_with_its_value_and_what_is_allowed(call, error, says):
    with pytest.raises(error) as raised:
        call()
    for part in says:
        assert part in str(raised.value)


def test_importing_activations_and_initializers_does_not_import_scipy():
    code = "import sys, initlab.activations, initlab.initializers; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---------------------------------------------------------------- an activation of one's own


def own(name="mine"):
    """tanh(z) + 0.2 out of two plain functions, as a reader would write it."""
    return Activation(name, lambda z: np.tanh(z) + 0.2, lambda z: 1 - np.tanh(z) ** 2)


def test_two_plain_functions_work_in_every_simulator_and_in_theory():
    f, tanh = own(), get("tanh")
    x, labels = datasets.moons(rng=0)
    deep, known = (network.simulate([64] * 5, g, initializers.xavier_normal, seeds=[0]) for g in (f, tanh))
    assert np.isfinite(deep.a.second_moment).all()
    assert not np.allclose(deep.a.second_moment[0, 1:], known.a.second_moment[0, 1:])
    for dtype in (np.float64, np.float32):
        start = network.sample([2, 8, 8, 2], f, initializers.xavier_normal, rng=0, dtype=dtype)
        run = training.train(start, x, labels, loss="softmax_cross_entropy", learning_rate=0.3, steps=300)
        assert run.network.dtype == dtype
        assert run.loss[-1] < 0.5 < run.loss[0]
        seen = diagnostics.diagnose(run.network, x, labels, loss="softmax_cross_entropy", bins={"a": (4, -1, 1.5)})
        assert seen.a.counts.sum(axis=-1)[0] == 8 * 100
    # The gradient is that of f: an inner slope that is off by 0.2 tanh'' would show.
    there = network.forward(start, x.astype(dtype))
    assert there.a[1] == pytest.approx(np.tanh(there.z[0]) + np.float32(0.2))
    assert gaussian.mean(f) == pytest.approx(0.2)
    assert gaussian.second_moment(f) == pytest.approx(gaussian.second_moment("tanh") + 0.04)
    assert finite_width.sample_lengths(f, [50] * 3, scaled_weight_variance=1.0, rng=0).shape == (1, 3)
    with pytest.raises(ValueError, match="has a known closed form, got 'mine'"):
        closed_forms.closed_form(f, "second_moment")


def test_the_gradient_of_an_own_activation_is_exact():
    f = own()
    net = network.sample([3, 4, 1], f, initializers.xavier_normal, rng=0)
    x, y = np.random.default_rng(0).standard_normal((2, 3, 5))
    y = y[:1]

    def loss(W):
        passed = network.forward(network.Network((W, net.weights[1]), net.biases, f), x)
        return losses.squared_error(passed.output, y)

    passed = network.forward(net, x)
    exact = network.backward(net, passed, losses.squared_error(passed.output, y)[1]).dW[0]
    step = np.zeros((4, 3))
    step[2, 1] = 1e-6
    slope = (loss(net.weights[0] + step)[0] - loss(net.weights[0] - step)[0]) / 2e-6
    assert exact[2, 1] == pytest.approx(slope, rel=1e-6)


def test_a_constant_slope_may_be_a_number_and_integers_are_numbers():
    double = Activation("double", lambda z: 2 * z, lambda z: 2)
    assert double.f([1, 2]).tolist() == [2.0, 4.0]
    assert double.df(np.ones((2, 3))).tolist() == [[2.0] * 3] * 2
    assert double.label == "double"


def test_functions_that_are_none_or_change_the_shape_are_named():
    with pytest.raises(TypeError, match="f of the activation 'odd' must be a function of z, got 3"):
        Activation("odd", 3, lambda z: z)
    flat = Activation("flat", lambda z: z.ravel(), lambda z: z)
    with pytest.raises(ValueError, match=r"f of the activation 'flat' must return .* of z, \(2, 3\), got \(6,\)"):
        flat.f(np.ones((2, 3)))


@pytest.mark.parametrize("name", names())
def test_what_an_activation_says_of_itself_is_so(name):
    f, z = get(name), np.linspace(-6, 6, 1001)
    assert f.odd == np.allclose(f.f(-z), -f.f(z), atol=1e-12)
    if f.slope_from_output:
        assert np.array_equal(f.df(f.f(z), f.f(z)), f.df(z, f.f(z)))
    if f.formula is not None:
        symbol = sympy.Symbol("z", real=True)
        for side, part in zip(f.formula, (z[z < 0], z[z > 0]), strict=True):
            formula = sympy.lambdify(symbol, sympy.sympify(side, locals={"z": symbol}), ["scipy", "numpy"])
            assert np.broadcast_to(formula(part), part.shape) == pytest.approx(f.f(part), rel=1e-12, abs=1e-12)
    assert labels(name) == {name: f.label}


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu"])
def test_the_slope_of_another_activation_is_not_computed_from_its_own_output(name):
    f, z = get(name), np.linspace(-3, 3, 13)
    for shifted in (
        Activation("shifted", lambda z: f.f(z) + 0.2, f.df),  # as the solution of an exercise has it
        dataclasses.replace(f, f=lambda z: f.f(z) + 0.2),
    ):
        assert np.array_equal(shifted.df(z, shifted.f(z)), f.df(z))
        assert not shifted.slope_from_output
    assert dataclasses.replace(f, label="the same").df is f.df


def test_a_function_that_writes_into_z_is_refused():
    def relu(z):
        z[z < 0] = 0
        return z

    mine, z = Activation("mine", relu, lambda z: (z > 0) * 1.0), np.array([-1.0, 2.0])
    with pytest.raises(ValueError, match="f of the activation 'mine' must not write into z"):
        mine.f(z)
    assert z.tolist() == [-1, 2]


@pytest.mark.parametrize("wrong", [np.array([1 + 2j]), ["1", "2"], None])
def test_what_is_no_real_number_is_refused(wrong):
    for function in (get("relu").f, get("gelu").df):
        with pytest.raises(TypeError, match="z must be an array of real numbers"):
            function(wrong)
    with pytest.raises(TypeError, match="what f of the activation 'root' returns must be an array of real numbers"):
        Activation("root", np.emath.sqrt, np.sign).f(np.array([-1.0, 1.0]))


def test_kinks_may_be_a_list_and_formula_must_be_a_pair():
    mine = Activation("mine", np.abs, np.sign, kinks=[0, np.float64(1)])
    assert mine.kinks == (0.0, 1.0)
    hash(mine)  # as a cache needs it
    with pytest.raises(TypeError, match="kinks must be a sequence"):
        Activation("mine", np.abs, np.sign, kinks=0.0)
    with pytest.raises(TypeError, match="each of the kinks must be a finite number, got '0'"):
        Activation("mine", np.abs, np.sign, kinks=("0",))
    with pytest.raises(TypeError, match="formula must be a pair"):
        Activation("mine", np.abs, np.sign, formula="z")


@pytest.mark.parametrize("name", names())
def test_a_slope_may_be_written_over_the_output(name):
    f, z = get(name), np.linspace(-3, 3, 7)
    a = f.f(z)
    expected = f.df(z, a)
    if f.slope_from_output:
        both = a.copy()
        assert np.array_equal(f.df(both, both, out=both), expected)
    assert np.array_equal(f.df(z, a, out=a), expected)
