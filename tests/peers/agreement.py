"""Comparisons of initlab with a record of PyTorch or of JAX, used on the recorded files and on live peers alike.

Each check takes a record (see record.py), raises AssertionError where initlab disagrees, and returns how many
comparisons it made.
"""

import math

import numpy as np

from initlab import activations, initializers
from initlab.gaussian import gain, torch_gain_table

STANDARD = {
    "normal": lambda shape: initializers.normal(shape, rng=0),
    "uniform": lambda shape: initializers.uniform(shape, low=-1, high=1, rng=0),
    "truncated_normal": lambda shape: initializers.truncated_normal(shape, rng=0),
}
# JAX's names, with its default distribution: *_normal is truncated there.
JAX_SCHEMES = {"glorot": (1.0, "fan_avg"), "he": (2.0, "fan_in"), "lecun": (1.0, "fan_in")}


def factor(initializer, shape, law, **kwargs):
    """What an initializer of initlab multiplies the standard draws of the same seed by: its std or its bound."""
    ratio = initializer(shape, rng=0, **kwargs) / STANDARD[law](shape)
    np.testing.assert_allclose(ratio, np.median(ratio), rtol=1e-14)
    return np.median(ratio)


def same_law(recorded, W, edge_density=0.0):
    """The moments of two independent draws of n values agree within 5 standard errors of their difference.

    For n draws of standard deviation s and kurtosis k, the standard error of the mean is s / sqrt(n), that of the
    standard deviation s sqrt((k - 1) / (4n)), and that of the kurtosis sqrt(24/n) for a normal, less for our bounded
    laws. Where the law ends at a bound, with the given density (per standard deviation) there, the extremes of both
    draws lie within 20 / (n density) standard deviations of it, except with probability e^-20.
    """
    W = W.ravel()
    n, std, kurtosis = (recorded[key] for key in ("n", "std", "kurtosis"))
    assert W.size == n
    error = 5 * math.sqrt(2 / n)
    np.testing.assert_allclose(W.mean(), recorded["mean"], atol=error * std)
    np.testing.assert_allclose(W.std(), std, atol=error * std * math.sqrt((kurtosis - 1) / 4))
    centred = W - W.mean()
    np.testing.assert_allclose(np.mean(centred**4) / W.var() ** 2, kurtosis, atol=error * math.sqrt(24))
    if edge_density:
        np.testing.assert_allclose(W.min(), recorded["min"], atol=20 / (n * edge_density) * std)
        np.testing.assert_allclose(W.max(), recorded["max"], atol=20 / (n * edge_density) * std)


# Densities, per standard deviation of the law, at its bounds
UNIFORM_EDGE = 1 / (2 * math.sqrt(3))
TRUNCATED_EDGE = math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)) * initializers.TRUNCATED_STD


def fans(record):
    for row in record["fans"]:
        assert list(initializers.fans(row["shape"], row["layout"])) == row["fans"], row
    return len(record["fans"])


def values_and_derivatives(record, *, at_kinks):
    """At a kink PyTorch takes the slope on the left, as we do; JAX takes that on the right for leaky ReLU."""
    z = np.array(record["z"], dtype=np.float64)
    count = 0
    for name, recorded in record["activations"].items():
        activation = activations.get(name)
        smooth = ~np.isin(z, activation.kinks) | at_kinks
        # The peers lose the digits of small tails, by formulas such as z (1 + erf) / 2: hence an absolute tolerance.
        np.testing.assert_allclose(activation.f(z), recorded["f"], rtol=2e-14, atol=2e-14, err_msg=name)
        df = np.array(recorded["df"])[smooth]
        np.testing.assert_allclose(activation.df(z[smooth]), df, rtol=2e-14, atol=2e-14, err_msg=name)
        count += z.size + df.size
    return count


def orthogonal(record, layout):
    for row in record["orthogonal"]:
        shape, gain = row["shape"], row["gain"]
        W = initializers.orthogonal(shape, gain=gain, layout=layout, rng=0)
        W = W.reshape(shape[0], -1) if layout == "OI" else W.reshape(-1, shape[-1])
        np.testing.assert_allclose(np.linalg.svd(W, compute_uv=False), row["singular_values"], rtol=1e-12)
    return len(record["orthogonal"])


def orthogonal_corner(record):
    corner = np.array([initializers.orthogonal((3, 3), rng=seed)[0, 0] for seed in range(2000)])
    same_law(record["orthogonal_corner"], corner, UNIFORM_EDGE)
    return 5


# PyTorch


def torch_gains(record):
    """Our table of its gains is right. Those for (leaky) ReLU are ours; those for tanh, sigmoid and SELU keep neither
    E[a^2] nor gradients."""
    table = {row.activation: row for row in torch_gain_table()}
    recorded = {row["nonlinearity"]: row["gain"] for row in record["gains"] if row["param"] is None}
    assert {name.replace("identity", "linear") for name in table} == recorded.keys()
    for row in record["gains"]:
        name, slope = row["nonlinearity"], row["param"]
        if name in ("relu", "leaky_relu"):
            slope = {"relu": 0.0, "leaky_relu": 0.01}[name] if slope is None else slope
            std = factor(initializers.he_normal, (7, 4), "normal", negative_slope=slope)
            np.testing.assert_allclose(std * math.sqrt(4), row["gain"], rtol=1e-14)
            if 0 <= slope <= 1:
                for direction in ("forward", "backward"):
                    computed = gain(activations.leaky_relu(slope), direction)
                    np.testing.assert_allclose(computed, row["gain"], rtol=1e-12)
        if row["param"] is None:
            ours = table[name.replace("linear", "identity")]
            np.testing.assert_allclose(ours.torch, row["gain"], rtol=1e-15, err_msg=name)
            agree = name in ("linear", "relu", "leaky_relu")
            for computed in (ours.forward, ours.backward):
                assert math.isclose(computed, row["gain"], rel_tol=1e-12) == agree, row
    return len(record["gains"])


def torch_schemes(record):
    for row in record["schemes"]:
        kwargs = dict(row["kwargs"])
        if "a" in kwargs:
            kwargs["negative_slope"] = kwargs.pop("a")
        distribution = "normal" if "normal" in row["scheme"] else "uniform"
        spread = factor(getattr(initializers, row["scheme"]), row["shape"], distribution, **kwargs)
        expected = {"normal": (0.0, row.get("std")), "uniform": (-spread, row.get("high"))}[distribution]
        np.testing.assert_allclose(spread, expected[1], rtol=1e-14, err_msg=str(row))
        np.testing.assert_allclose(row["mean" if distribution == "normal" else "low"], expected[0], rtol=1e-14)
    return len(record["schemes"])


def torch_layer_defaults(record):
    """The default of its layers is He's uniform with a = sqrt(5): U[-1/sqrt(fan_in), 1/sqrt(fan_in)], biases too."""
    for row in record["layer_defaults"]:
        bound = 1 / math.sqrt(initializers.fans(row["shape"])[0])
        ours = factor(initializers.he_uniform, row["shape"], "uniform", negative_slope=math.sqrt(5))
        np.testing.assert_allclose([row["weight"]["high"], -row["weight"]["low"], ours], bound, rtol=1e-14)
        np.testing.assert_allclose([row["bias"]["high"], -row["bias"]["low"]], bound, rtol=1e-14)
    return len(record["layer_defaults"])


def torch_samples(record):
    for row in record["samples"]:
        W = getattr(initializers, row["scheme"])(row["shape"], rng=1)
        same_law(row, W, UNIFORM_EDGE if "uniform" in row["scheme"] else 0)
    return len(record["samples"])


def torch_truncated_normal(record):
    """Bounds are values of the weights, not multiples of std."""
    for row in record["truncated_normal"]:
        kwargs = {{"a": "low", "b": "high"}.get(key, key): value for key, value in row["kwargs"].items()}
        same_law(row, initializers.truncated_normal(row["n"], rng=1, **kwargs))
    return len(record["truncated_normal"])


# JAX


def jax_schemes(record):
    for row in record["schemes"]:
        scale, mode = JAX_SCHEMES[row["scheme"].split("_")[0]]
        kwargs = {"scale": scale, "mode": mode, "distribution": row["distribution"], "layout": "IO"}
        spread = factor(initializers.variance_scaling, row["shape"], row["distribution"], **kwargs)
        np.testing.assert_allclose(spread, row["factor"], rtol=1e-14, err_msg=str(row))
        if row["distribution"] == "uniform":
            named = factor(getattr(initializers, row["scheme"]), row["shape"], "uniform", layout="IO")
            np.testing.assert_allclose(named, row["factor"], rtol=1e-14, err_msg=str(row))
    return len(record["schemes"])


def jax_variance_scaling(record):
    for row in record["variance_scaling"]:
        kwargs = {key: row[key] for key in ("scale", "mode", "distribution")}
        spread = factor(initializers.variance_scaling, row["shape"], row["distribution"], layout="IO", **kwargs)
        np.testing.assert_allclose(spread, row["factor"], rtol=1e-14, err_msg=str(row))
    return len(record["variance_scaling"])


def jax_samples(record):
    for row in record["samples"]:
        scheme, kind = row["scheme"].split("_")
        scale, mode = JAX_SCHEMES[scheme]
        distribution, edge = {"normal": ("truncated_normal", TRUNCATED_EDGE), "uniform": ("uniform", UNIFORM_EDGE)}[
            kind
        ]
        kwargs = {"scale": scale, "mode": mode, "distribution": distribution, "layout": "IO"}
        same_law(row, initializers.variance_scaling(row["shape"], rng=1, **kwargs), edge)
    return len(record["samples"])


CHECKS = {
    "torch": {
        "fans": fans,
        "gains": torch_gains,
        "schemes": torch_schemes,
        "layer defaults": torch_layer_defaults,
        "samples": torch_samples,
        "truncated normal": torch_truncated_normal,
        "orthogonal": lambda record: orthogonal(record, "OI"),
        "orthogonal law": orthogonal_corner,
        "activations": lambda record: values_and_derivatives(record, at_kinks=True),
    },
    "jax": {
        "fans": fans,
        "schemes": jax_schemes,
        "variance scaling": jax_variance_scaling,
        "samples": jax_samples,
        "orthogonal": lambda record: orthogonal(record, "IO"),
        "orthogonal law": orthogonal_corner,
        "activations": lambda record: values_and_derivatives(record, at_kinks=False),
    },
}
