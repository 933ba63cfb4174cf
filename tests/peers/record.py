"""Record what PyTorch and JAX do, so that the tests can compare initlab with both without installing either.

    python tests/peers/record.py             write torch.json and jax.json beside this file
    python tests/peers/record.py --compare   record into memory; hold both those files and initlab against it

It needs the packages in requirements.txt and initlab. Parameters (a bound, a standard deviation) are recorded as the
peer computes them, not estimated. Moments come from large seeded draws, with their number n.
"""

import argparse
import inspect
import json
import math
from pathlib import Path
from unittest import mock

import numpy as np

HERE = Path(__file__).parent
OI_SHAPES = [(4, 3), (1, 1), (300, 100), (2, 3, 5), (16, 8, 3, 3), (64, 3, 7, 7), (4, 2, 3, 3, 3)]
IO_SHAPES = [(3, 4), (1, 1), (100, 300), (5, 3, 2), (3, 3, 8, 16), (7, 7, 3, 64), (3, 3, 3, 2, 4)]
# A letter for each axis: O outputs, I inputs, K kernel, B copies.
LAYOUTS = {"KKBO": (3, 3, 64, 2), "BOI": (7, 30, 20), "IOO": (512, 8, 64), "IIO": (8, 64, 512), "OIKB": (4, 3, 5, 2)}
SLOPES = [0.01, 0.2, 0.25, 1.0, -0.5, math.sqrt(5)]
LARGE = (1000, 1000)
Z = [0.0, *(s * z for z in (1e-6, 0.01, 0.1, 0.5, 1, 1.5, 2, 3, 5, 8, 15, 30, 100, 1000) for s in (1, -1))]


def moments(W):
    """Size, mean, standard deviation, kurtosis and range of a draw."""
    W = np.asarray(W, dtype=np.float64).ravel()
    centred = W - W.mean()
    kurtosis = np.mean(centred**4) / np.mean(centred**2) ** 2
    names = ("n", "mean", "std", "kurtosis", "min", "max")
    return dict(zip(names, (W.size, *map(float, (W.mean(), W.std(), kurtosis, W.min(), W.max()))), strict=True))


# PyTorch


def record_torch():
    import torch
    import torch.nn.functional as F
    from torch.nn import init

    def draw(method, call):
        """The arguments, by name, that `call` hands to Tensor.<method>, the last thing an initializer does."""
        names = {"uniform_": ("low", "high"), "normal_": ("mean", "std")}[method]
        with mock.patch.object(torch.Tensor, method) as spy:
            call()
        return [dict(zip(names, map(float, args.args[:2]), strict=True)) for args in spy.call_args_list]

    def parameters(scheme, shape, **kwargs):
        W = torch.empty(shape, dtype=torch.float64)
        method = "normal_" if "normal" in scheme else "uniform_"
        (drawn,) = draw(method, lambda: getattr(init, scheme + "_")(W, **kwargs))
        return {"scheme": scheme, "shape": shape, "kwargs": kwargs, **drawn}

    def sample(scheme, shape, seed=0, **kwargs):
        W = torch.empty(shape, dtype=torch.float64)
        getattr(init, scheme + "_")(W, generator=torch.Generator().manual_seed(seed), **kwargs)
        return W.numpy()

    def default(layer, weight_shape):
        weight, bias = draw("uniform_", layer.reset_parameters)
        return {"layer": type(layer).__name__, "shape": weight_shape, "weight": weight, "bias": bias}

    gains = [("linear", None), ("sigmoid", None), ("tanh", None), ("relu", None), ("selu", None), ("leaky_relu", None)]
    gains += [("leaky_relu", slope) for slope in SLOPES]

    schemes = []
    for shape in OI_SHAPES:
        for kind in ("normal", "uniform"):
            schemes += [parameters(f"xavier_{kind}", shape, gain=gain) for gain in (1.0, 5 / 3)]
            for mode in ("fan_in", "fan_out"):
                schemes += [parameters(f"kaiming_{kind}", shape, mode=mode, a=a) for a in (0.0, *SLOPES)]

    truncated = [
        {"kwargs": kwargs, **moments(sample("trunc_normal", LARGE, **kwargs))}
        for kwargs in (
            {},
            {"std": 0.02},
            {"mean": 0.5, "std": 1.0, "a": -1.0, "b": 1.0},
            {"std": 1.0, "a": 2.0, "b": 3.0},
        )
    ]
    orthogonal = []
    for shape in [(4, 3), (3, 4), (5, 5), (4, 2, 3, 3), (20, 2, 3)]:
        W = sample("orthogonal", shape, gain=2.0).reshape(shape[0], -1)
        orthogonal.append({"shape": shape, "gain": 2.0, "singular_values": np.linalg.svd(W, compute_uv=False).tolist()})
    corner = [float(sample("orthogonal", (3, 3), seed=seed)[0, 0]) for seed in range(2000)]

    activations = {
        "identity": lambda z: z * 1,
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "elu": F.elu,
        "selu": F.selu,
        "gelu": F.gelu,
        "gelu_tanh": lambda z: F.gelu(z, approximate="tanh"),
        "silu": F.silu,
        "mish": F.mish,
        "softplus": lambda z: F.softplus(z, threshold=50),  # the default, 20, replaces f by z where they differ by 2e-9
        "softsign": F.softsign,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "erf": torch.erf,
    }
    values = {}
    for name, f in activations.items():
        z = torch.tensor(Z, dtype=torch.float64, requires_grad=True)
        a = f(z)
        a.sum().backward()
        values[name] = {"f": a.tolist(), "df": z.grad.tolist()}

    return {
        "torch": torch.__version__.split("+")[0],
        "fans": [
            {"shape": s, "layout": "OI", "fans": init._calculate_fan_in_and_fan_out(torch.empty(s))} for s in OI_SHAPES
        ],
        "gains": [{"nonlinearity": n, "param": p, "gain": float(init.calculate_gain(n, p))} for n, p in gains],
        "schemes": schemes,
        "layer_defaults": [
            default(torch.nn.Linear(100, 300), (300, 100)),
            default(torch.nn.Conv2d(8, 16, 3), (16, 8, 3, 3)),
        ],
        "kaiming_uniform_default_slope": inspect.signature(init.kaiming_uniform_).parameters["a"].default,
        "samples": [
            {"scheme": scheme, "shape": LARGE, **moments(sample(scheme, LARGE))}
            for scheme in ("xavier_normal", "xavier_uniform", "kaiming_normal", "kaiming_uniform")
        ],
        "truncated_normal": truncated,
        "orthogonal": orthogonal,
        "orthogonal_corner": moments(corner),
        "z": Z,
        "activations": values,
    }


# JAX


def record_jax():
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    from jax._src.nn.initializers import _compute_fans  # not public, but the only place where JAX says what a fan is
    from jax.nn import initializers as init

    key = jax.random.key(0)
    standard = {
        "normal": lambda shape: jax.random.normal(key, shape, jnp.float64),
        "uniform": lambda shape: jax.random.uniform(key, shape, jnp.float64, -1),
        "truncated_normal": lambda shape: jax.random.truncated_normal(key, -2, 2, shape, jnp.float64),
    }

    def factor(initializer, distribution, shape):
        """What the initializer multiplies the standard draws of the same key by."""
        return float(jnp.median(initializer(key, shape, jnp.float64) / standard[distribution](shape)))

    def named_fans(shape, layout):
        inputs, outputs, copies = ([i for i, axis in enumerate(layout) if axis == letter] for letter in "IOB")
        return _compute_fans(shape, inputs, outputs, copies)

    schemes, scalings = [], []
    for shape in IO_SHAPES:
        for scheme in ("glorot", "he", "lecun"):
            for kind, distribution in (("normal", "truncated_normal"), ("uniform", "uniform")):
                value = factor(getattr(init, f"{scheme}_{kind}")(), distribution, shape)
                schemes.append(
                    {"scheme": f"{scheme}_{kind}", "distribution": distribution, "shape": shape, "factor": value}
                )
        for mode in ("fan_in", "fan_out", "fan_avg"):
            for distribution in standard:
                value = factor(init.variance_scaling(1.7, mode, distribution), distribution, shape)
                scalings.append(
                    {"scale": 1.7, "mode": mode, "distribution": distribution, "shape": shape, "factor": value}
                )

    orthogonal = []
    for shape in [(3, 4), (4, 3), (5, 5), (3, 3, 2, 4), (3, 2, 20)]:
        W = np.asarray(init.orthogonal(2.0)(key, shape, jnp.float64)).reshape(-1, shape[-1])
        orthogonal.append({"shape": shape, "gain": 2.0, "singular_values": np.linalg.svd(W, compute_uv=False).tolist()})
    draw_orthogonal = jax.jit(jax.vmap(lambda k: init.orthogonal()(k, (3, 3), jnp.float64)[0, 0]))

    activations = {
        "identity": jax.nn.identity,
        "relu": jax.nn.relu,
        "leaky_relu": jax.nn.leaky_relu,
        "elu": jax.nn.elu,
        "selu": jax.nn.selu,
        "gelu": lambda z: jax.nn.gelu(z, approximate=False),
        "gelu_tanh": lambda z: jax.nn.gelu(z, approximate=True),
        "silu": jax.nn.silu,
        "mish": jax.nn.mish,
        "softplus": jax.nn.softplus,
        "softsign": jax.nn.soft_sign,
        "tanh": jnp.tanh,
        "sigmoid": jax.nn.sigmoid,
        "erf": jax.scipy.special.erf,
    }
    z = jnp.array(Z)
    values = {name: {"f": f(z).tolist(), "df": jax.vmap(jax.grad(f))(z).tolist()} for name, f in activations.items()}

    samples = []
    for scheme in ("glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform"):
        W = getattr(init, scheme)()(key, LARGE, jnp.float64)
        samples.append({"scheme": scheme, "shape": LARGE, **moments(W)})

    return {
        "jax": jax.__version__,
        "fans": [
            *({"shape": s, "layout": "IO", "fans": _compute_fans(s)} for s in IO_SHAPES),
            *({"shape": s, "layout": layout, "fans": named_fans(s, layout)} for layout, s in LAYOUTS.items()),
        ],
        "schemes": schemes,
        "variance_scaling": scalings,
        "samples": samples,
        "orthogonal": orthogonal,
        "orthogonal_corner": moments(draw_orthogonal(jax.random.split(key, 2000))),
        "z": Z,
        "activations": values,
    }


PEERS = {"torch": record_torch, "jax": record_jax}


def to_json(record, digits=17):
    """JSON with one row of a table per line, so that a change can be read in a diff; floats keep so many digits."""

    def short(value):
        if isinstance(value, dict):
            return {key: short(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [short(item) for item in value]
        return float(f"{value:.{digits}g}") if isinstance(value, float) else value

    record = short(record)

    def rows(value):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return "[\n    " + ",\n    ".join(map(json.dumps, value)) + "\n  ]"
        if isinstance(value, dict) and any(isinstance(v, dict) for v in value.values()):
            return "{\n    " + ",\n    ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()) + "\n  }"
        return json.dumps(value)

    return "{\n  " + ",\n  ".join(f"{json.dumps(k)}: {rows(v)}" for k, v in record.items()) + "\n}\n"


def differences(old, new, where="", tolerance=1e-12):
    """Where two records differ by more than the rounding of one machine against another, as readable lines."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        return [line for k in old for line in differences(old[k], new[k], f"{where}.{k}", tolerance)]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [line for i, (o, n) in pairs for line in differences(o, n, f"{where}[{i}]", tolerance)]
    numbers = isinstance(old, float) and isinstance(new, float)
    if numbers and math.isclose(old, new, rel_tol=tolerance, abs_tol=tolerance):
        return []
    return [] if old == new else [f"{where}: recorded {old!r}, now {new!r}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compare", action="store_true", help="write nothing; check the recorded files and initlab")
    compare = parser.parse_args().compare
    failed = False
    for peer, record in PEERS.items():
        path, text = HERE / f"{peer}.json", to_json(record())
        if not compare:
            path.write_text(text)
            print(f"{path.name}: {len(text) / 1024:.0f} KB")
            continue
        from agreement import CHECKS

        live = json.loads(text)
        found = differences(json.loads(path.read_text()), live)
        failed |= bool(found)
        print(f"{peer} {live[peer]}: {len(found)} differences from {path.name}", *found[:20], sep="\n  ")
        for name, check in CHECKS[peer].items():
            try:
                count = check(live)
                print(f"  {name}: initlab agrees ({count} comparisons)")
            except AssertionError as error:
                failed = True
                print(f"  {name}: initlab DISAGREES\n{error}")
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
