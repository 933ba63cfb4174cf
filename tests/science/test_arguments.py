"""One convention for arguments: what is no number of the kind is a TypeError, what is not allowed a ValueError."""

import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest

import initlab
from initlab import (
    algebra,
    arguments,
    datasets,
    finite_width,
    gaussian,
    initializers,
    network,
    random_matrices,
    symmetry,
    training,
)

WALK = {"scaled_weight_variance": 1.0}
MOONS = datasets.moons(rng=0)
NETWORK = network.sample([2, 3, 2], "tanh", initializers.xavier_normal, rng=0)
TRAINING = {"loss": "softmax_cross_entropy", "learning_rate": 0.1}

# Everything that draws, by name, with the rest of its arguments.
DRAWS = {
    "normal": lambda rng: initializers.normal((2, 2), rng=rng),
    "uniform": lambda rng: initializers.uniform((2, 2), low=0, high=1, rng=rng),
    "truncated_normal": lambda rng: initializers.truncated_normal((2, 2), rng=rng),
    "orthogonal": lambda rng: initializers.orthogonal((2, 2), rng=rng),
    "variance_scaling": lambda rng: initializers.variance_scaling(
        (2, 2), scale=1, mode="fan_in", distribution="normal", rng=rng
    ),
    "sample": lambda rng: network.sample([2, 2], "tanh", initializers.xavier_normal, rng=rng),
    "observe": lambda rng: network.observe(NETWORK, MOONS[0], rng=rng),
    "train": lambda rng: training.train(NETWORK, *MOONS, steps=1, rng=rng, **TRAINING),  # although all are in the batch
    "descend": lambda rng: next(training.descend(NETWORK, *MOONS, steps=1, batch_size=5, rng=rng, **TRAINING)),
    "sweep": lambda rng: training.sweep(
        NETWORK, *MOONS, rates=[0.1], steps=1, batch_size=5, rng=rng, loss="softmax_cross_entropy"
    ),
    "spiral": lambda rng: datasets.spiral(rng=rng),
    "moons": lambda rng: datasets.moons(rng=rng),
    "cross": lambda rng: datasets.cross(rng=rng),
    "blobs": lambda rng: datasets.blobs(rng=rng),
    "circles": lambda rng: datasets.circles(rng=rng),
    "split": lambda rng: datasets.split(*MOONS, rng=rng),
    "stretch": lambda rng: random_matrices.stretch(2, 3, rng=rng),
    "sample_lengths": lambda rng: finite_width.sample_lengths("tanh", [4, 4], rng=rng, **WALK),
    "measured_shift": lambda rng: finite_width.measured_shift("tanh", [4, 4], seeds=9, rng=rng, **WALK),
    "draw": lambda rng: algebra.simulation.draw(
        algebra.derive_forward(), {"n_in": 4, "sigma_w": 0.5, "q": 1.0}, rng, 10
    ),
    "monte_carlo": lambda rng: algebra.monte_carlo(
        algebra.derive_forward(), {"n_in": 4, "sigma_w": 0.5, "q": 1.0}, rng=rng, draws=10
    ),
}
SEEDS = {
    "sample": lambda seeds: network.sample([2, 2], "tanh", initializers.xavier_normal, seeds=seeds),
    "simulate": lambda seeds: network.simulate([2, 2], "tanh", initializers.xavier_normal, seeds=seeds),
}
# Those that draw nothing, and those that are `variance_scaling` under another name.
DRAW_AS_OTHERS_DO = {"zeros", "constant", "identity", "generator", "seed_sequence"} | {
    f"{rule}_{law}" for rule in ("xavier", "glorot", "he", "kaiming", "lecun") for law in ("normal", "uniform")
}


def test_no_function_that_takes_a_seed_is_missing_here():
    modules = [f"initlab.{module.name}" for module in pkgutil.iter_modules(initlab.__path__)]
    modules += ["initlab.algebra.simulation", "initlab.algebra.depth"]
    found = {
        name
        for module in map(import_module, modules)
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_")
        if "rng" in inspect.signature(function).parameters
    }
    assert found - DRAW_AS_OTHERS_DO == DRAWS.keys()


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize(("rng", "error"), [(-1, ValueError), (1.5, TypeError), ("0", TypeError), (True, TypeError)])
def test_a_seed_is_an_int_that_is_not_negative(name, rng, error):
    with pytest.raises(error, match=f"rng must be a numpy.random.Generator, an int >= 0 or None, got {rng!r}"):
        DRAWS[name](rng)


@pytest.mark.parametrize("name", DRAWS)
def test_every_kind_of_seed_is_taken(name):
    for rng in (0, np.int64(3), 2**70, None, np.random.default_rng(0)):
        DRAWS[name](rng)


@pytest.mark.parametrize("name", SEEDS)
def test_a_sequence_of_seeds_holds_such_ints(name):
    for seeds in ([0, -1], []):
        with pytest.raises(ValueError, match="seeds"):
            SEEDS[name](seeds)
    for seeds in ([0.0], [True], 7, "07"):
        with pytest.raises(TypeError, match="seeds"):
            SEEDS[name](seeds)


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        (lambda n: random_matrices.growth_rate(n), "width must be an int >= 1"),
        (lambda n: random_matrices.lyapunov_exponents(n), "width must be an int >= 1"),
        (lambda n: finite_width.gain_spread("relu", n), "width must be an int >= 1"),
        (lambda n: gaussian.propagate("relu", depth=n, **WALK), "depth must be an int >= 1"),
        (lambda n: gaussian.propagate_layers("relu", [3, n], [1.0]), r"n\[1\] in widths must be an int >= 1"),
        (lambda n: finite_width.spread("relu", [n], **WALK), r"n\[1\] in widths must be an int >= 1"),
        (lambda n: finite_width.sample_lengths("relu", [3], seeds=n, **WALK), "seeds must be an int >= 1"),
        (lambda n: network.sample([2, n], "tanh", initializers.zeros), r"n\[1\] in widths must be an int >= 1"),
        (lambda n: network.simulate([2, 2], "tanh", initializers.zeros, batch=n), "batch must be an int >= 1"),
        (lambda n: network.observe(NETWORK, MOONS[0], bins=n), r"bins .*must be an int >= 1"),
        (
            lambda n: training.train(NETWORK, *MOONS, steps=1, batch_size=n, **TRAINING),
            "batch_size must be an int from",
        ),
        (lambda n: datasets.moons(n), "examples must be an int >= 2"),
        (lambda n: symmetry.units(NETWORK, n), "layer must be an int from 1 to 2"),
    ],
)
def test_a_whole_number_is_an_int_within_its_limits(call, allowed):
    for value, error in ((0, ValueError), (-3, ValueError), (2.0, TypeError), ("2", TypeError), (True, TypeError)):
        with pytest.raises(error, match=f"{allowed}.*got {value!r}"):
            call(value)


def test_the_checks_return_what_is_computed_with():
    assert arguments.whole("n", np.int32(5)) == 5
    assert type(arguments.whole("n", np.int32(5))) is int
    assert type(arguments.finite("x", 2)) is float
    assert arguments.sizes([2, np.int64(3)]) == (2, 3)
    with pytest.raises(ValueError, match="x must be a finite number > 0 and < 1, got 1"):
        arguments.finite("x", 1, above=0, below=1)
    with pytest.raises(ValueError, match="mode must be one of 'a', 'b', got 'c'"):
        arguments.one_of("mode", "c", ("a", "b"))
    with pytest.raises(TypeError, match="mode must be one of 'a', 'b', got 3"):
        arguments.one_of("mode", 3, ("a", "b"))
