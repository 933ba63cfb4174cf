"""Record what layers of PyTorch, Keras and Flax do, by default and with the code that the book recommends, and what
whole models do that are made by that code.

    python tests/peers/record_frameworks.py             write src/initlab/frameworks.json
    python tests/peers/record_frameworks.py --compare   record into memory, and hold that file against it

It needs the packages in requirements.txt and initlab. Every piece of code runs as it stands in `initlab.recommend`,
with the framework's seed set to 0, and leaves a `layer`, whose weights and biases are recorded; or a `model`, with five
seeds, through which a batch is sent.
"""

import argparse
import json
import os
from importlib.metadata import version
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"

import numpy as np
from record import differences, moments, to_json

import initlab
from initlab import recommend
from initlab.initializers import fans
from initlab_book.chapters.guide import exercises

FILE = Path(initlab.__file__).with_name("frameworks.json")
PACKAGES = ("torch", "keras", "flax", "jax", "numpy")

# (fan_in, fan_out) that are read off the shape as "OI" or "IO" would be wrong for a table of embeddings, whose
# input is one of the rows: its n is the number of features.
DEFAULTS = {
    ("torch", "nn.Linear"): "from torch import nn\nlayer = nn.Linear(1000, 500)",
    ("torch", "nn.Conv2d"): "from torch import nn\nlayer = nn.Conv2d(128, 256, 3)",
    ("torch", "nn.Embedding"): "from torch import nn\nlayer = nn.Embedding(1000, 500)",
    ("keras", "layers.Dense"): "import keras\nlayer = keras.layers.Dense(500)\nlayer.build((None, 1000))",
    ("keras", "layers.Conv2D"): "import keras\nlayer = keras.layers.Conv2D(256, 3)\nlayer.build((None, 9, 9, 128))",
    ("keras", "layers.Embedding"): "import keras\nlayer = keras.layers.Embedding(1000, 500)\nlayer.build()",
    ("flax", "nnx.Linear"): "from flax import nnx\nlayer = nnx.Linear(1000, 500, rngs=nnx.Rngs(0))",
    ("flax", "nnx.Conv"): "from flax import nnx\nlayer = nnx.Conv(128, 256, (3, 3), rngs=nnx.Rngs(0))",
    ("flax", "nnx.Embed"): "from flax import nnx\nlayer = nnx.Embed(1000, 500, rngs=nnx.Rngs(0))",
    ("flax", "linen.Dense"): "import flax.linen as nn\nlayer = nn.Dense(500)",
}
# Layers whose fans the framework misreads, with the fans that they have.
MISREAD = {
    ("keras", "layers.DepthwiseConv2D"): (
        "import keras\n"
        "layer = keras.layers.DepthwiseConv2D(3, depthwise_initializer=keras.initializers.HeNormal())\n"
        "layer.build((None, 32, 32, 512))",
        (9, 9),
    ),
    ("torch", "nn.MultiheadAttention"): ("from torch import nn\nlayer = nn.MultiheadAttention(512, 8)", (512, 512)),
}

SEEDS = range(5)
EXAMPLES = 256


def execute(framework, code, seed=0):
    """The names that the code leaves."""
    if framework == "torch":
        import torch

        torch.manual_seed(seed)
    if framework == "keras":
        import keras

        keras.utils.set_random_seed(seed)
    names = {}
    exec(compile(code.replace("nnx.Rngs(0)", f"nnx.Rngs({seed})"), framework, "exec"), names)
    return names


def run(framework, code):
    """The `layer` that the code makes, and its weights and biases as arrays; None for a layer without biases."""
    layer = execute(framework, code)["layer"]
    return (layer, *parameters(framework, code, layer))


def parameters(framework, code, layer):
    if framework == "keras":
        return (*map(np.asarray, layer.get_weights()), None)[:2]
    if framework == "flax" and "linen" in code:
        import jax

        params = layer.init(jax.random.key(0), np.zeros((1, 1000)))["params"]
        return np.asarray(params["kernel"]), np.asarray(params["bias"])
    if framework == "flax":
        weights = layer.embedding if hasattr(layer, "embedding") else layer.kernel
        biases = getattr(layer, "bias", None)
        return np.asarray(weights[...]), None if biases is None else np.asarray(biases[...])
    weights = layer.in_proj_weight if hasattr(layer, "in_proj_weight") else layer.weight
    biases = getattr(layer, "bias", None)
    return weights.detach().numpy(), None if biases is None else biases.detach().numpy()


def row(framework, code, right_fans=None):
    layer, weights, biases = run(framework, code)
    order = "OI" if framework == "torch" and "Embedding" not in code else "IO"
    groups = getattr(layer, "groups", getattr(layer, "feature_group_count", 1))
    fan_in, fan_out = right_fans or fans(weights.shape, order, groups)
    found = moments(weights)
    return {
        "shape": weights.shape,
        "fan_in": fan_in,
        "fan_out": fan_out,
        "n": found["n"],
        "mean": found["mean"],
        "variance": found["std"] ** 2,
        "kurtosis": found["kurtosis"],
        "low": found["min"],
        "high": found["max"],
        "bias": None if biases is None else [float(biases.min()), float(biases.max())],
    }


def passed(framework, model, x):
    """What a batch of examples, one a row, is behind every layer and every activation of a model."""
    if framework == "torch":
        import torch

        x, layers = torch.from_numpy(x), model
    else:
        layers = model.layers
    found = []
    for layer in layers:
        x = layer(x)
        found.append(np.asarray(x.detach() if framework == "torch" else x, np.float64))
    # Keras has the activation in the layer.
    return found if framework == "keras" else [*found[1::2], found[-1]]


def short(value):
    return float(f"{value:.4g}")


def whole_model(framework, activation):
    """E[a^2] and the mean cosine of two examples in the hidden layers, E[z^2] of the scores, and the first loss with
    labels drawn at random: a list of the seeds each."""
    found = {"size": [], "cosine": [], "scores": [], "loss": []}
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        x, labels = rng.standard_normal((EXAMPLES, 256)).astype(np.float32), rng.integers(10, size=EXAMPLES)
        model = execute(framework, recommend.model(activation, framework), seed)["model"]
        *hidden, scores = passed(framework, model, x)
        unit = [a / np.linalg.norm(a, axis=1, keepdims=True) for a in hidden]
        total = [np.square(u.sum(axis=0)).sum() for u in unit]
        found["size"].append([short(np.square(a).mean()) for a in hidden])
        found["cosine"].append([short((t - EXAMPLES) / (EXAMPLES * (EXAMPLES - 1))) for t in total])
        found["scores"].append(short(np.square(scores).mean()))
        top = scores.max(axis=1)
        log_total = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
        found["loss"].append(short((log_total - scores[np.arange(EXAMPLES), labels]).mean()))
    return {"framework": framework, "activation": activation} | found


def slopes():
    """f(-1) = -s of every leaky ReLU, with its own default."""
    import jax
    import keras
    import torch

    return {
        "torch nn.LeakyReLU": -float(torch.nn.LeakyReLU()(torch.tensor(-1.0))),
        "keras activations.leaky_relu": -float(keras.activations.leaky_relu(np.array(-1.0))),
        "keras layers.LeakyReLU": -float(keras.layers.LeakyReLU()(np.array([-1.0]))[0]),
        "jax nn.leaky_relu": -float(jax.nn.leaky_relu(-1.0)),
    }


def shared():
    """Whether two layers of one shape that are handed one initializer, without a seed, start with the same weights."""
    import keras
    from flax import nnx

    he = keras.initializers.HeNormal()
    dense = [keras.layers.Dense(8, kernel_initializer=he) for _ in range(2)]
    for layer in dense:
        layer.build((None, 8))
    he, rngs = nnx.initializers.he_normal(), nnx.Rngs(0)
    linear = [nnx.Linear(8, 8, kernel_init=he, rngs=rngs) for _ in range(2)]
    return {
        "keras": bool(np.array_equal(*(layer.get_weights()[0] for layer in dense))),
        "flax": bool(np.array_equal(*(layer.kernel[...] for layer in linear))),
    }


def record():
    return {
        "versions": {name: version(name).split("+")[0] for name in PACKAGES},
        "defaults": [{"framework": f, "layer": name, **row(f, code)} for (f, name), code in DEFAULTS.items()],
        "misread": [
            {"framework": f, "layer": name, **row(f, code, right)} for (f, name), (code, right) in MISREAD.items()
        ],
        "slopes": slopes(),
        "shared": shared(),
        "snippets": [
            {"code": recommend.fingerprint(code), "framework": framework, **row(framework, code)}
            for framework, code in [*recommend.every_snippet(), *exercises.CALLS]
        ],
        "models": [
            {"code": recommend.fingerprint(recommend.model(activation, framework))} | whole_model(framework, activation)
            for activation in recommend.ACTIVATIONS
            for framework in recommend.FRAMEWORKS
        ],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compare", action="store_true", help="write nothing; check the recorded file")
    text = to_json(record(), digits=7)
    if not parser.parse_args().compare:
        FILE.write_text(text)
        print(f"{FILE.name}: {len(text) / 1024:.0f} KB")
        return
    # Draws in float32 differ in their last digits from one processor to another, and twenty layers magnify that.
    old, new = json.loads(FILE.read_text()), json.loads(text)
    found = differences(old.pop("models"), new.pop("models"), "models", tolerance=2e-3)
    found += differences(old, new, tolerance=1e-5)
    print(f"{len(found)} differences from {FILE.name}", *found[:20], sep="\n  ")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
