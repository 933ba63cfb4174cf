"""Whatever is wrong with an argument, the error names it, and says what is allowed.

`CALLS` holds every public function and method of `MODULES`, with a value for each parameter that is allowed and the
kind that it is of. A kind lists what is not allowed, and which error that is: a TypeError for what is of another kind,
a ValueError for a value. A function or a parameter that is missing in the table is found. `INNER` are those that are
given what others have checked, in their loops.
"""

import inspect
import math
import re
from functools import partial
from types import FunctionType, ModuleType
from typing import NamedTuple

import numpy as np
import pytest
import sympy

from initlab import (
    activations,
    agreement,
    closed_forms,
    datasets,
    diagnostics,
    finite_width,
    frameworks,
    gaussian,
    initializers,
    layer_statistics,
    losses,
    network,
    optimizers,
    random_matrices,
    recommend,
    symmetry,
    threads,
    training,
)
from initlab.network import sample

MODULES = [each for each in list(globals().values()) if isinstance(each, ModuleType) and each.__package__ == "initlab"]
INNER = {
    network.forward_layers,
    network.backward_layers,
    network.blocks_of_runs,
    network.check_input,
    training.check_data,
    losses.check_labels,
    losses.unchecked,
    layer_statistics.moments,
    layer_statistics.rms,
    layer_statistics.join,
    layer_statistics.Survey.see,
    layer_statistics.Survey.statistics,
    optimizers.Optimizer.scale,
    optimizers.Optimizer.update,
    optimizers.SGD.scale,
    optimizers.SGD.update,
    optimizers.Adam.scale,
    optimizers.Adam.update,
}


class Kind(NamedTuple):
    """What a parameter can be, said by what it cannot be."""

    values: tuple = ()
    """Not allowed: a ValueError."""
    types: tuple = ()
    """Of another kind: a TypeError."""


def whole(at_least):
    """An int."""
    return Kind((at_least - 1, -7, np.int64(-7)), (2.0, np.float64(3), math.nan, "2", True, None, [2], 2j))


def number(*wrong):
    """A finite number, but for some that are wrong."""
    return Kind((math.nan, math.inf, -math.inf, np.float32("nan"), *wrong), ("1", True, np.True_, None, [1.0], 1j))


def name(*wrong):
    """One of a few strings."""
    return Kind(("nothing", "", *wrong), (3, None, ["relu"], ("relu",), {"relu": 1}, True))


def array(*wrong, types=()):
    """An array of numbers."""
    return Kind(([[1.0, 2.0], [3.0]], *wrong), ("abc", None, [1j, 2j], object(), [None], *types))


ANY, POSITIVE, NOT_NEGATIVE = number(), number(0, -1.5), number(-1e-9, -1.5)
PROBABILITY = number(0, 1, -0.5, 2)
COUNT, INDEX = whole(1), whole(0)
ACTIVATION = name()
SEED = Kind((-1,), (1.5, "0", True, np.random, [1]))
DTYPE = Kind((), (int, "complex64", None, "double precision", bool, 3.5))
SHAPE = Kind(((3, -1), -2), ((3, 2.0), "32", (True, 2), None, 2.5, {3, 2}))
MATRIX_SHAPE = Kind((*SHAPE.values, (), (3,), 3), SHAPE.types)
LAYOUT = Kind(("oi", "OIHW", "", "II", "I"), (None, 3, ["O", "I"], True))
FANS = Kind(((0, 3), (3, -1), (math.nan, 3), (3, math.inf)), (5, "34", (3,), (3, 4, 5), ("3", "4"), (None, None)))
WIDTHS = Kind(([], [3, 0], [3, -2]), (5, "33", None, [3, 2.0], ["3"], [True, 3], [None], {3, 4}))
VARIANCES = Kind(([0.1], [], [0.1] * 3, [0.1, -0.1], [0.1, math.nan], [0.1, math.inf]), (0.1, "12", None, ["0.1", 0.1]))
LABELS = Kind(([0, 1], [[0, 1], [0]]), ([0.0] * 10, "01", None, [None] * 10))
OBJECT = Kind((), (None, 3, "relu", [[1.0]], np.eye(2)))

X, Y = datasets.moons(10, rng=0)
TWINS = sample([2, 3, 2], "tanh", partial(initializers.constant, value=0.5))
FEATURES = array(X[:, :0], X[0], X[None], X * math.nan, types=(X > 0,))

RANDOM = {"rng": (0, SEED), "dtype": (np.float32, DTYPE)}
DRAWS_NOTHING = {**RANDOM, "rng": (None, Kind())}
ANY_SHAPE = {"shape": ((2, 3), SHAPE), **RANDOM}
MATRIX = {"shape": ((4, 3), MATRIX_SHAPE), "layout": ("OI", LAYOUT), **RANDOM}
BY_FANS = {**MATRIX, "groups": (1, Kind((*COUNT.values, 3), COUNT.types)), "fans": ((3, 4), FANS)}
MODE = {"mode": ("fan_in", name())}
XAVIER = {**BY_FANS, "gain": (1.0, POSITIVE)}
HE = {**BY_FANS, **MODE, "negative_slope": (0.0, ANY)}
POINTS = {"examples": (10, Kind((*whole(2).values, 3), whole(2).types)), "noise": (0.1, NOT_NEGATIVE), "rng": (0, SEED)}
MEASURED = array([], [[1.0]], [[1.0, math.nan], [2.0, 1.0]], [[1.0, 2.0], [1.0, 3.0]])
Q = {"activation": ("relu", ACTIVATION), "q": (1.0, POSITIVE)}
WALK = {**Q, "widths": ([3, 4], WIDTHS), "scaled_weight_variance": (2.0, POSITIVE)}
MATRICES = {"width": (3, COUNT), "gain": (1.5, POSITIVE)}
LAYER = {"layer": (1, Kind((0, 3, -1), COUNT.types))}
FAN = {"fan_in": (3, POSITIVE), "fan_out": (4, POSITIVE)}

VARIANCE = number(-1e-9, -1.5)
LENGTH = Kind((math.nan, -1e-9, -math.inf), number().types)  # 0 and inf are allowed
FIXED = {"scaled_weight_variance": (2.0, VARIANCE), "bias_variance": (0.0, VARIANCE)}
PAIR = {
    "activation": ("relu", ACTIVATION),
    "c": (0.5, number(1.5, -1.1)),
    "q": (1.0, Kind((*POSITIVE.values, (1.0, 0.0), (1.0,), (1.0, 2.0, 3.0)), (*number().types[:4], (1.0, "1")))),
    **FIXED,
}
FS = Kind(("nothing", "", ["relu"], ["relu", "nothing"]), (3, None, {"relu": 1}, True))
EACH = Kind((-0.1, math.nan, [0.1], [0.1, -0.1], [0.1, math.inf]), ("12", None, ["0.1", 0.1], {0.1, 0.2}))
TOP = {"input": (1.0, NOT_NEGATIVE), "top_gradient": (1.0, NOT_NEGATIVE)}

NET = sample([2, 3, 2], "tanh", initializers.he_normal, rng=0)
PASSED = network.forward(NET, X)
NETWORK = {"network": (NET, OBJECT)}
DRAWN_BY = Kind(([initializers.zeros],), (3, "zeros", [None, None], np.eye(2)))
SEEDS = Kind(([], [-1]), (5, "01", [1.5], ["0"], 1.5, [True]))
SAMPLE = {
    "widths": ([2, 3, 2], Kind((*WIDTHS.values, [3]), (5, "33", None, [3, 2.0], ["3", "3"], [True, 3], {3, 4}))),
    "activation": ("tanh", Kind(("nothing", "", ["relu"] * 3, ["relu", "nothing"]), (3, None, True, [3]))),
    "initializer": (initializers.he_normal, Kind(DRAWN_BY.values, (None, *DRAWN_BY.types))),
    "bias_initializer": (initializers.zeros, DRAWN_BY),
    "output_activation": (None, ACTIVATION),
    "dtype": (np.float64, Kind((), (*DTYPE.types, np.float16))),
}
LOSS = Kind(("nothing", ""), (3, None, ["linear"], True))
X_OF_NET = array(X[0], X[:1], X[:, :0], types=(X.astype(str), X + 1j))
X_TO_LEARN = Kind((*X_OF_NET.values, X[None]), X_OF_NET.types)
LABELS_OF_NET = Kind(([0, 1], [[0] * 10] * 2, [2] * 10, [-1] * 10), ([0.5] * 10, ["a"] * 10, None, [None] * 10))
TARGETS = array([[1.0] * 10], [1.0] * 10)
BINS = Kind(
    (0, -1, {"b": (3, 0, 1)}, {"a": (3, 1, 0)}, {"a": 3}, {"a": (0, 0, 1)}, {"a": (3, 0)}), (2.5, "3", True, [3])
)
LEARN = {
    **NETWORK,
    "x": (X, X_TO_LEARN),
    "y": (Y, LABELS_OF_NET),
    "loss": ("softmax_cross_entropy", LOSS),
    "steps": (2, INDEX),
    "batch_size": (5, Kind((0, -1, 11), (2.5, "5", True, [5]))),
    "momentum": (0.0, number(1, -0.1)),
    "weight_decay": (0.0, NOT_NEGATIVE),
    "betas": ((0.9, 0.999), Kind(((1, 0.9), (0.9, -0.1), (0.9, math.nan)), (0.9, (0.9,), "12", None, ("0", "1")))),
    "eps": (1e-8, POSITIVE),
    "rng": (0, SEED),
    "optimizer": ("sgd", name("rmsprop")),
}
RATES = Kind((-0.1, math.nan, math.inf, [0.1, -0.1], [[1.0], [1.0, 2.0]]), ("0.1", None, True, ["0.1"], 1j, object()))
DESCEND = {
    **LEARN,
    "learning_rate": (0.1, RATES),
    "snapshots": ([0, 2], Kind(([-1], [3]), (1, None, "01", [0.5], [True]))),
    "held_out": ((X, Y), Kind(((X, Y[:3]), (X[:1], Y)), ((X,), 0.5, "ab", (X, "a"), (None, Y)))),
}

# {function: {parameter: (a value that is allowed, its kind)}}
CALLS = {
    activations.get: {"activation": ("relu", ACTIVATION), "name": ("activation", Kind())},
    activations.names: {},
    activations.labels: {"names": ("relu", ACTIVATION)},
    activations.leaky_relu: {"negative_slope": (0.1, number(-0.1, 1.1))},
    activations.elu: {"alpha": (0.5, NOT_NEGATIVE)},
    agreement.z_scores: {
        "measured": ([[1.0, 2.0], [3.0, 5.0]], MEASURED),
        "predicted": ([1.0, 2.0], array([1.0, 2.0, 3.0], math.nan)),
    },
    agreement.agreement: {"z": ([0.5, 1.0], Kind(([], [math.nan], math.inf), array().types)), "seeds": (5, whole(2))},
    agreement.critical: {"cells": (5, COUNT), "seeds": (5, whole(2)), "p_value": (0.01, number(0, 1.5, -1))},
    closed_forms.closed_form: {"activation": ("relu", name("mish")), "what": ("mean", name("fourth_moment"))},
    datasets.spiral: {**POINTS, "turns": (1.0, POSITIVE)},
    datasets.moons: POINTS,
    datasets.cross: POINTS,
    datasets.blobs: POINTS,
    datasets.circles: POINTS,
    datasets.digits: {},
    datasets.split: {"x": (X, FEATURES), "y": (Y, LABELS), "held_out": (0.3, PROBABILITY), "rng": (0, SEED)},
    datasets.standardize: {"x": (X, FEATURES), "others": (X, Kind((*FEATURES.values, X[:1]), FEATURES.types))},
    diagnostics.diagnose: {**{key: LEARN[key] for key in ("network", "x", "y", "loss")}, "bins": (3, BINS)},
    finite_width.relative_variance: {**Q, "q": (1.0, number(0, -1.0))},
    finite_width.gain_spread: {
        "activation": ("relu", ACTIVATION),
        "width": (3, COUNT),
        "direction": ("forward", name("up")),
    },
    finite_width.spread: WALK,
    finite_width.spread("relu", [3, 4], scaled_weight_variance=2.0).quantile: {"p": (0.5, PROBABILITY)},
    finite_width.sample_lengths: {
        **WALK,
        "q": (1.0, NOT_NEGATIVE),
        "scaled_weight_variance": (2.0, NOT_NEGATIVE),
        "seeds": (2, COUNT),
        "rng": (0, SEED),
    },
    finite_width.measured_shift: {**WALK, "seeds": (5, whole(2)), "rng": (0, SEED)},
    finite_width.band: {
        "activation": ("relu", ACTIVATION),
        "widths": ([3, 4, 5], WIDTHS),
        "weight_variances": ([0.1, 0.2], VARIANCES),
    },
    frameworks.RULES["torch", "nn.Linear"].variance: FAN,
    frameworks.RULES["torch", "nn.Linear"].bias_variance: {"fan_in": FAN["fan_in"]},
    gaussian.expectation: {
        "g": (np.square, Kind((), (None, 3, "relu", np.eye(2)))),
        "q": (1.0, LENGTH),
        "kinks": ([0.5], Kind(([math.nan], [math.inf]), (0.5, "0", None, ["0"], [None], {0.5}))),
    },
    **{
        moment: {"activation": ("relu", ACTIVATION), "q": (1.0, LENGTH)}
        for moment in (gaussian.mean, gaussian.second_moment, gaussian.fourth_moment, gaussian.squared_slope)
    },
    gaussian.gain: {"activation": ("relu", ACTIVATION), "direction": ("forward", name("up"))},
    gaussian.critical_gain: {"activation": ("sigmoid", name("relu"))},
    gaussian.torch_gain_table: {},
    gaussian.length_map: {"activation": ("relu", ACTIVATION), "q": (1.0, LENGTH), **FIXED},
    gaussian.length_slope: {
        "activation": ("relu", ACTIVATION),
        "q": (1.0, NOT_NEGATIVE),
        "scaled_weight_variance": (2.0, VARIANCE),
    },
    gaussian.chi: {
        "activation": ("relu", ACTIVATION),
        "q": (1.0, LENGTH),
        "scaled_weight_variance": (2.0, VARIANCE),
    },
    gaussian.fixed_points: {
        "activation": ("tanh", ACTIVATION),
        "scaled_weight_variance": (2.0, number(-1.5, 1e300)),
        "bias_variance": (0.1, number(-1.5, 1e-300, 1e300)),
    },
    gaussian.critical_line: {
        "activation": ("tanh", ACTIVATION),
        "bias_variance": (0.1, number(-1.5, 1e-300, 1e300)),
    },
    gaussian.correlation_map: PAIR,
    gaussian.correlation_slope: PAIR,
    gaussian.fixed_correlations: {
        "activation": ("relu", ACTIVATION),
        "q": (1.0, Kind(POSITIVE.values, (*POSITIVE.types, (1.0, 2.0)))),
        **FIXED,
    },
    gaussian.propagate: {"activation": ("relu", FS), **FIXED, "depth": (2, COUNT), **TOP},
    gaussian.propagate_layers: {
        "activation": ("relu", FS),
        "widths": ([3, 4, 5], Kind((*WIDTHS.values, [3]), WIDTHS.types)),
        "weight_variances": ([0.1, 0.2], EACH),
        "bias_variances": (0.1, EACH),
        **TOP,
    },
    gaussian.propagate_pair: {
        "activation": (["relu", "tanh"], FS),
        "scaled_weight_variance": ([0.1, 0.2], EACH),
        "bias_variance": (0.1, EACH),
        "depth": (2, COUNT),
        "cosine": (0.5, number(1.5, -1.1)),
        "inputs": ((1.0, 2.0), Kind(((1.0,), (1.0, -1.0), (1.0, math.inf)), (1.0, "12", None, (1.0, "1")))),
    },
    initializers.zeros: {**ANY_SHAPE, **DRAWS_NOTHING},
    initializers.constant: {**ANY_SHAPE, **DRAWS_NOTHING, "value": (0.5, ANY)},
    initializers.identity: {
        **DRAWS_NOTHING,
        "shape": ((2, 3), Kind((*SHAPE.values, 3, (3,), (3, 3, 3)), SHAPE.types)),
        "gain": (1.5, ANY),
    },
    initializers.normal: {**ANY_SHAPE, "mean": (0.5, ANY), "std": (1.0, NOT_NEGATIVE)},
    initializers.uniform: {**ANY_SHAPE, "low": (-1.0, number(2, 3)), "high": (2.0, number(-1, -2))},
    initializers.truncated_normal: {
        **ANY_SHAPE,
        "mean": (0.5, ANY),
        "std": (1.0, POSITIVE),
        "low": (-1.0, number(2, 3)),
        "high": (2.0, number(-1, -2)),
    },
    initializers.fans: {key: BY_FANS[key] for key in ("shape", "layout", "groups")},
    initializers.fan_of: {**MODE, "fan_in": (sympy.Symbol("n"), NOT_NEGATIVE), "fan_out": (4, NOT_NEGATIVE)},
    initializers.variance_scaling: {
        **BY_FANS,
        **MODE,
        "scale": (2.0, POSITIVE),
        "distribution": ("normal", name("gauss")),
    },
    initializers.xavier_normal: XAVIER,
    initializers.xavier_uniform: XAVIER,
    initializers.he_normal: HE,
    initializers.he_uniform: HE,
    initializers.lecun_normal: BY_FANS,
    initializers.lecun_uniform: BY_FANS,
    initializers.orthogonal: {**MATRIX, "gain": (1.5, POSITIVE)},
    layer_statistics.check_bins: {
        "bins": (3, BINS),
        "quantities": (["a", "z"], Kind()),
        "batch": (10, Kind()),
    },
    losses.linear: {"output": (NET.weights[0], array([1.0])), "coefficients": (NET.weights[0], array([[1.0]]))},
    losses.squared_error: {"output": (NET.weights[0], array([1.0])), "targets": (NET.weights[0], array([[1.0]]))},
    losses.softmax_cross_entropy: {
        "output": (PASSED.output, array([1.0], np.ones((2, 0)))),
        "labels": (Y, Kind((*LABELS_OF_NET.values, [[0], [0, 1]]), LABELS_OF_NET.types)),
    },
    losses.get: {"loss": ("linear", LOSS)},
    network.sample: {**SAMPLE, "rng": (None, SEED), "seeds": (None, SEEDS)},
    network.stack: {"networks": ([NET, TWINS], Kind(([],), (3, NET, None, "ab", [NET, 3])))},
    network.forward: {**NETWORK, "x": (X, array(X[0], X[:1], types=X_OF_NET.types[-2:]))},
    network.backward: {
        **NETWORK,
        "forward_pass": (
            PASSED,
            Kind((network.forward(sample([2, 4, 2], "relu", initializers.zeros), X),), OBJECT.types),
        ),
        "gradient": (PASSED.output, array([1.0], X[:, :3])),
    },
    network.simulate: {
        **SAMPLE,
        "seeds": ((0, 1), SEEDS),
        "inputs": (None, X_OF_NET),
        "batch": (10, COUNT),
        "loss": ("linear", LOSS),
        "targets": (None, TARGETS),
        "bins": (3, BINS),
    },
    network.observe: {
        **NETWORK,
        "x": (X, X_OF_NET),
        "loss": ("linear", LOSS),
        "targets": (None, TARGETS),
        "rng": (0, SEED),
        "bins": (3, BINS),
    },
    network.stack([NET, NET]).member: {"at": (1, Kind((2, -3, (0, 0)), (1.0, "0", None, True, [0])))},
    optimizers.get: {key: LEARN[key] for key in ("optimizer", "momentum", "weight_decay", "betas", "eps")},
    random_matrices.growth_rate: MATRICES,
    random_matrices.growth_variance: {"width": (3, COUNT)},
    random_matrices.growth_quantile: {
        **MATRICES,
        "p": (0.5, number(0, 1, 0.0009, 0.9991)),
        "layers": ([1, 2], Kind((-1, [1, -2], [[1], [2, 3]]), (2.0, [1.5], "3", True, None))),
    },
    random_matrices.lyapunov_exponents: MATRICES,
    random_matrices.stretch: {**MATRICES, "layers": (2, INDEX), "seeds": (2, COUNT), "rng": (0, SEED)},
    recommend.recommend: {
        "activation": ("relu", name("mish", "sigmoid")),
        "place": ("hidden", name("middle")),
        "layer": ("dense", Kind((*name("table").values,), tuple(x for x in name().types if x is not None))),
        "framework": ("torch", name("caffe")),
    },
    recommend.model: {"activation": ("relu", name("mish")), "framework": ("torch", name())},
    recommend.every_advice: {},
    recommend.recommend("relu").variance: FAN,
    recommend.fingerprint: {"code": ("print(1)", Kind((), (3, None, b"print(1)", ["print"])))},
    recommend.every_snippet: {},
    threads.available: {},
    threads.each: {"function": (abs, Kind((), (None, 3, "abs"))), "items": ([1, 2], Kind((), (3, None, {1, 2})))},
    threads.team: {"most": (2, Kind())},
    threads.cut: {"length": (10, INDEX), "size": (3, COUNT)},
    training.train: {**DESCEND, "progress": (False, Kind((), (None, 3, "yes")))},
    training.descend: DESCEND,
    training.sweep: {
        **LEARN,
        "rates": ([0.1, 0.2], Kind(([], [-0.1], [math.nan], [0.1, math.inf]), (0.1, "0.1", None, ["0.1"], [True]))),
    },
    training.evaluate: {key: LEARN[key] for key in ("network", "x", "y", "loss")},
    training.accuracy: {
        "output": (PASSED.output, array([1.0])),
        "y": (Y, array([0, 1])),
    },
    symmetry.units: {"network": (TWINS, OBJECT), **LAYER},
    symmetry.distinct_units: {"network": (TWINS, OBJECT), **LAYER, "tolerance": (0.1, NOT_NEGATIVE)},
    symmetry.unit_spread: {"network": (TWINS, OBJECT), **LAYER},
    symmetry.twin_differences: {
        "network": (TWINS, OBJECT),
        "x": (X, array(X[0], X[:1])),
        "labels": (Y, LABELS),
        "learning_rate": (0.1, NOT_NEGATIVE),
        "steps": (2, INDEX),
    },
}


def call(f, changed):
    """Call with the values that are allowed, but for those that are changed."""
    arguments = {key: good for key, (good, _) in CALLS[f].items()} | changed
    if "fans" in arguments and f is not initializers.fans and "fans" not in changed:
        del arguments["fans"]  # not beside a layout or groups
    order = inspect.signature(f).parameters
    positional = [arguments.pop(key) for key in order if order[key].kind is not inspect.Parameter.KEYWORD_ONLY]
    return f(*positional, **arguments)


def public(module):
    """{name: function} of the public functions and methods of a module."""
    own = [x for key, x in vars(module).items() if key[0] != "_" and getattr(x, "__module__", "") == module.__name__]
    functions = [x for x in own if isinstance(x, FunctionType)]
    for cls in (x for x in own if isinstance(x, type)):
        functions += [x for key, x in vars(cls).items() if key[0] != "_" and isinstance(x, FunctionType)]
    return {f"{module.__name__}.{f.__qualname__}": f for f in functions}


PUBLIC = {key: f for module in MODULES for key, f in public(module).items() if f not in INNER}
NAMES = {f: f"{f.__module__}.{f.__qualname__}" for f in CALLS}


def test_every_function_and_every_parameter_is_in_the_table():
    assert set(NAMES.values()) == PUBLIC.keys()
    for f, parameters in CALLS.items():
        assert parameters.keys() == inspect.signature(f).parameters.keys(), NAMES[f]


@pytest.mark.parametrize("f", CALLS, ids=NAMES.get)
def test_what_is_allowed_is_taken(f):
    call(f, {})


@pytest.mark.parametrize("f", CALLS, ids=NAMES.get)
def test_what_is_not_allowed_is_named_with_its_value_and_what_is_allowed(f):
    complaints = [
        f"{parameter}={value!r}: {complaint}"
        for parameter, (_, kind) in CALLS[f].items()
        for error, wrong in ((ValueError, kind.values), (TypeError, kind.types))
        for value in wrong
        if (value is not None or inspect.signature(f).parameters[parameter].default is not None)
        and (complaint := answer(f, parameter, value, error))
    ]
    assert not complaints, "\n".join(complaints)


def answer(f, parameter, value, error):
    """What is wrong with the answer to a value that is not allowed; "" if nothing is."""
    try:
        result = call(f, {parameter: value})
    except Exception as raised:
        message = str(raised)
        if type(raised) is not error:
            return f"raises {raised!r}, and no {error.__name__}"
        if not re.search(rf"\b{parameter}\b", message):
            return f"is not named: {message}"
        if "must" not in message or "got" not in message:
            return f"is not told what is allowed: {message}"
        if np.isscalar(value) and not any(text in message for text in (repr(value), type(value).__name__, "array")):
            return f"is not told what it was: {message}"
        return ""
    return f"is taken, and gives {result!r}"
