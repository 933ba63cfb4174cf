"""The layer simulators: sample a network, send signals forward and gradients backward, and look at every layer.

The notation is that of the book, with arrays of shape (units, batch):

    z[l] = W[l] a[l-1] + b[l],    a[l] = f(z[l]),    a[0] = x,

and W[l] of shape (n[l], n[l-1]). Every array may carry leading axes for *runs*: weights (runs, n_out, n_in), inputs
(units, batch) or (runs, units, batch). The equations stay as they are, and an ensemble of networks is one network.

Overflow and underflow are results here, not accidents: they show up as inf, nan or 0, without warnings.
Losses and SGD live in `training`, initializers in `initializers`, theory for infinitely wide layers in `gaussian`.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise, repeat

import numpy as np

from . import activations, losses
from .activations import Activation
from .initializers import zeros


@dataclass(frozen=True)
class Network:
    """Weights, biases and activations of a fully connected network of L layers; tuples go from layer 1 to layer L.

    Activations may be given by name. Without leading axes it is one network, with them an ensemble.
    """

    weights: tuple[np.ndarray, ...]
    """W[1], ..., W[L], each (..., n_out, n_in)."""
    biases: tuple[np.ndarray | None, ...]
    """b[1], ..., b[L], each (..., n_out), or None for a layer that has none and learns none."""
    activation: Activation
    """f of the hidden layers 1..L-1."""
    output_activation: Activation = "identity"
    """f of the last layer."""

    def __post_init__(self):
        object.__setattr__(self, "weights", tuple(map(np.asarray, self.weights)))
        object.__setattr__(self, "biases", tuple(b if b is None else np.asarray(b) for b in self.biases))
        for name in ("activation", "output_activation"):
            object.__setattr__(self, name, activations.get(getattr(self, name)))
        if not self.weights or len(self.weights) != len(self.biases):
            raise ValueError(
                "weights and biases must hold one array per layer, at least one, "
                f"got {len(self.weights)} and {len(self.biases)}"
            )
        *runs, _, n_in = self.weights[0].shape if self.weights[0].ndim >= 2 else (None, None)
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            fits = W.ndim >= 2 and W.shape[:-2] == tuple(runs) and W.shape[-1] == n_in
            if not fits or (b is not None and b.shape != W.shape[:-1]):
                raise ValueError(
                    f"weights and biases of layer {layer} must have shapes (..., n_out, {n_in}) and (..., n_out), with "
                    f"the same leading axes in every layer, got {W.shape} and {b if b is None else b.shape}"
                )
            n_in = W.shape[-2]

    @property
    def depth(self) -> int:
        """The number of layers L."""
        return len(self.weights)

    @property
    def runs(self) -> tuple[int, ...]:
        """The leading axes: () for one network, (runs,) for an ensemble."""
        return self.weights[0].shape[:-2]

    @property
    def dtype(self) -> np.dtype:
        """The precision of weights and biases."""
        return np.result_type(*self.weights, *(b for b in self.biases if b is not None))

    @property
    def widths(self) -> tuple[int, ...]:
        """n[0], ..., n[L]."""
        return (self.weights[0].shape[-1], *(W.shape[-2] for W in self.weights))

    def member(self, at):
        """One network of an ensemble; `at` is its index in the leading axes."""
        biases = (b if b is None else b[at] for b in self.biases)
        return replace(self, weights=tuple(W[at] for W in self.weights), biases=tuple(biases))

    @functools.cached_property
    def activations(self) -> tuple[Activation, ...]:
        """f of layers 1..L."""
        return (self.activation,) * (self.depth - 1) + (self.output_activation,)

    @functools.cached_property
    def _needs_z(self) -> tuple[bool, ...]:
        """Whether the backward pass needs z of layers 1..L, or a will do."""
        return tuple(f not in _SLOPE_FROM_OUTPUT for f in self.activations)


# --- sampling ---------------------------------------------------------------------------------------------------------

_WEIGHTS, _BIASES, _INPUTS, _TOP_GRADIENT = range(4)


def _stream(root, kind, layer=0):
    """The generator of one child stream of a seed: what is drawn from it depends on nothing drawn elsewhere."""
    return np.random.default_rng(np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, kind, layer)))


def _root(rng):
    if isinstance(rng, np.random.Generator):
        return rng.bit_generator.seed_seq.spawn(1)[0]
    if rng is None or (isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0):
        return np.random.SeedSequence(rng)
    raise TypeError(f"rng must be a numpy.random.Generator, an int >= 0 or None, got {rng!r}")


def _roots(seeds):
    if isinstance(seeds, (str, int, np.integer)) or not hasattr(seeds, "__iter__"):
        raise TypeError(f"seeds must be a sequence of ints, such as range(10) or [7], got {seeds!r}")
    seeds = list(seeds)
    if not seeds:
        raise ValueError("seeds must hold at least one seed, got none")
    return [_root(seed) for seed in seeds]


def _check_widths(widths):
    if not isinstance(widths, (Sequence, np.ndarray)) or isinstance(widths, str) or len(widths) < 2:
        raise ValueError(f"widths must list n[0], ..., n[L], two or more, such as [784, 100, 10], got {widths!r}")
    for n in widths:
        if not isinstance(n, (int, np.integer)) or isinstance(n, bool):
            raise TypeError(f"widths must be positive ints, got {n!r} in {list(widths)!r}")
        if n <= 0:
            raise ValueError(f"widths must be positive ints, got {n!r} in {list(widths)!r}")
    return tuple(int(n) for n in widths)


def _one_per_layer(initializer, depth, name):
    if callable(initializer):
        return (initializer,) * depth
    if isinstance(initializer, Sequence) and not isinstance(initializer, str) and all(map(callable, initializer)):
        if len(initializer) == depth:
            return tuple(initializer)
        raise ValueError(f"{name} must be one callable or one per layer ({depth}), got {len(initializer)}")
    raise TypeError(f"{name} must be a callable f(shape, *, rng, dtype), or one per layer, got {initializer!r}")


def sample(
    widths,
    activation,
    initializer,
    *,
    bias_initializer=zeros,
    output_activation="identity",
    rng=None,
    seeds=None,
    dtype=np.float64,
):
    """Draw a network, or with `seeds` an ensemble of them.

    Every layer draws its weights and its biases from child streams of their own. The same seed therefore gives
    *common random numbers*: two schemes are compared on the same draws, layer by layer, whatever either of them draws
    in the other layers and however deep the network is.

    Parameters
    ----------
    widths : sequence of int
        n[0], ..., n[L]: the input and then every layer.
    activation, output_activation : str or Activation
        f of the hidden layers, and of the last layer.
    initializer, bias_initializer : callable or sequence of callable
        f(shape, *, rng, dtype), one for all layers or one for each; shape is (n_out, n_in), and (n_out,) for biases.
        With bias_initializer=None the network has no biases.
    rng : numpy.random.Generator, int or None
        Source of one network. A generator gives a new network at every call.
    seeds : sequence of int, optional
        Instead of `rng`: draw one network for each seed, along a leading axis. Run i is `sample(..., rng=seeds[i])`.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    >>> from initlab.initializers import he_normal
    >>> network = sample([2, 8, 8, 1], "relu", he_normal, seeds=range(5))
    >>> [W.shape for W in network.weights]
    [(5, 8, 2), (5, 8, 8), (5, 1, 8)]
    """
    widths = _check_widths(widths)
    if seeds is not None and rng is not None:
        raise ValueError(f"give either rng or seeds, not both, got rng={rng!r} and seeds={seeds!r}")
    roots = [_root(rng)] if seeds is None else _roots(seeds)
    network = _sample(widths, activation, initializer, bias_initializer, output_activation, roots, dtype)
    return network.member(0) if seeds is None else network


def _sample(widths, activation, initializer, bias_initializer, output_activation, roots, dtype):
    depth = len(widths) - 1
    weight_initializers = _one_per_layer(initializer, depth, "initializer")
    bias_initializers = (None,) * depth
    if bias_initializer is not None:
        bias_initializers = _one_per_layer(bias_initializer, depth, "bias_initializer")

    def draw(kind, layer, f, shape):
        return f if f is None else np.stack([f(shape, rng=_stream(root, kind, layer), dtype=dtype) for root in roots])

    shapes = [(n_out, n_in) for n_in, n_out in pairwise(widths)]
    layers = range(1, depth + 1)
    return Network(
        tuple(map(draw, repeat(_WEIGHTS), layers, weight_initializers, shapes)),
        tuple(map(draw, repeat(_BIASES), layers, bias_initializers, [shape[:1] for shape in shapes])),
        activation,
        output_activation,
    )


# --- forward and backward ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Forward:
    """What a forward pass leaves behind."""

    z: tuple[np.ndarray, ...]
    """Preactivations z[1], ..., z[L], each (..., n[l], batch)."""
    a: tuple[np.ndarray, ...]
    """The input a[0] = x and the activations a[1], ..., a[L], each (..., n[l], batch)."""

    @property
    def output(self) -> np.ndarray:
        """a[L]."""
        return self.a[-1]


@dataclass(frozen=True)
class Backward:
    """Gradients of the loss L; dz is short for dL/dz. Tuples go from layer 1 to layer L."""

    dz: tuple[np.ndarray, ...]
    """dL/dz[l], each (..., n[l], batch)."""
    dW: tuple[np.ndarray, ...]
    """dL/dW[l], each (..., n[l], n[l-1]), summed over the batch."""
    db: tuple[np.ndarray | None, ...]
    """dL/db[l], each (..., n[l]), summed over the batch; None where a layer has no biases."""
    dx: np.ndarray | None
    """dL/dx, (..., n[0], batch)."""


@np.errstate(all="ignore")
def forward(network, x):
    """Send a batch through the network: z[l] = W[l] a[l-1] + b[l], a[l] = f(z[l]), from a[0] = x.

    Parameters
    ----------
    network : Network
    x : (n[0], batch) or (runs, n[0], batch) array

    Returns
    -------
    Forward

    Raises
    ------
    ValueError
        If x does not have n[0] rows.
    """
    x = _check_input(network, x)
    z, a = zip(*_forward_layers(network, x), strict=True)
    return Forward(z, (x, *a))


@np.errstate(all="ignore")
def backward(network, forward_pass, gradient):
    """Send the gradient of a loss back through the network: exact derivatives, by the chain rule.

        dL/dz[l] = dL/da[l] f'(z[l]),   dL/dW[l] = dL/dz[l] a[l-1]^T,   dL/da[l-1] = W[l]^T dL/dz[l]

    Parameters
    ----------
    network : Network
    forward_pass : Forward
        What `forward` returned for this network.
    gradient : (..., n[L], batch) array
        dL/da[L], the derivative of the loss with respect to the output; the functions in `losses` return it.

    Returns
    -------
    Backward
        Weight and bias gradients are sums over the batch: for a mean, `gradient` carries the factor 1 / batch.

    Raises
    ------
    ValueError
        If the gradient does not have the shape of the output.
    """
    gradient = np.asarray(gradient)
    if gradient.shape != forward_pass.output.shape:
        expected = forward_pass.output.shape
        raise ValueError(f"gradient must have the shape of the output, {expected}, got {gradient.shape}")
    dz, dW, db, da = zip(*_backward_layers(network, forward_pass, gradient), strict=True)
    return Backward(dz[::-1], dW[::-1], db[::-1], da[-1])


# The slope of these can be read off the output alone: f.df(a, a) = f.df(z, a). Then z need not be kept.
_SLOPE_FROM_OUTPUT = tuple(map(activations.get, ("identity", "relu", "leaky_relu", "tanh", "sigmoid")))


@dataclass(frozen=True)
class _Buffers:
    """Arrays to compute in, one for each layer from 1 to L; None stands for a new array."""

    z: Sequence
    a: Sequence
    dz: Sequence
    dW: Sequence
    da: Sequence
    """dL/da[0], ..., dL/da[L-1]."""

    @classmethod
    def new(cls, depth):
        """New arrays for all results."""
        return cls(*[(None,) * depth] * len(fields(cls)))

    @classmethod
    def shared(cls, network, runs, batch):
        """One array for each of z, dz, dW and da, in turn used by every layer; only what is needed later is kept.

        What a pass costs beyond its matrix products is memory traffic, and an array used again is still in the cache.
        """
        dtype = network.dtype
        shapes = [(*runs, n, batch) for n in network.widths]
        weight_shapes = [(*runs, *W.shape[-2:]) for W in network.weights]

        def one(shapes):
            array = np.empty(max(map(math.prod, shapes)), dtype)
            return [array[: math.prod(shape)].reshape(shape) for shape in shapes]

        def each(shapes):
            # In one block, which the system can give huge pages: they are much faster to touch for the first time.
            ends = np.cumsum([math.prod(shape) for shape in shapes])
            parts = np.split(np.empty(ends[-1], dtype), ends[:-1])
            return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]

        z = each if any(network._needs_z) else one
        return cls(z(shapes[1:]), each(shapes[1:]), one(shapes[1:]), one(weight_shapes), one(shapes[:-1]))


def _forward_layers(network, x, buffers=None):
    """Yield z[l], a[l] for l = 1..L."""
    buffers = buffers or _Buffers.new(network.depth)
    a = x
    for W, b, f, z_out, a_out in zip(
        network.weights, network.biases, network.activations, buffers.z, buffers.a, strict=True
    ):
        z = np.matmul(W, a, out=z_out)
        if b is not None:
            z += b[..., None]
        a = f.f(z, out=a_out)
        yield z, a


def _backward_layers(network, forward_pass, gradient, buffers=None, input_gradient=True):
    """Yield dL/dz[l], dL/dW[l], dL/db[l], dL/da[l-1] for l = L..1. Layer l is done with when it is yielded: a step of
    gradient descent may change its weights in place."""
    buffers = buffers or _Buffers.new(network.depth)
    ones = _ones(gradient.shape[-1], gradient.dtype)
    da = gradient
    for i in reversed(range(network.depth)):
        W, f, a, a_below = network.weights[i], network.activations[i], forward_pass.a[i + 1], forward_pass.a[i]
        z = forward_pass.z[i] if network._needs_z[i] else a
        dz = f.df(z, a, out=buffers.dz[i])
        dz *= da
        dW = np.matmul(dz, a_below.mT, out=buffers.dW[i])
        db = None if network.biases[i] is None else dz @ ones  # sums over the batch, as fast as a matrix product
        da = np.matmul(W.mT, dz, out=buffers.da[i]) if i > 0 or input_gradient else None
        yield dz, dW, db, da


# --- statistics of every layer ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LayerStatistics:
    """Statistics of one quantity in every layer, over its units and the batch (dW: over the weights).

    Every array has shape (layers,), or (seeds, layers) for an ensemble; `counts` has one axis more, for the bins.
    """

    layers: np.ndarray
    """The number l of each layer listed here, to plot against."""
    mean: np.ndarray
    variance: np.ndarray
    """E[v^2] - E[v]^2."""
    second_moment: np.ndarray
    """E[v^2], which zero-mean weights pass on from layer to layer. It is the variance only where the mean is 0."""
    edges: np.ndarray | None = None
    """(bins + 1,): the edges of the histogram, the same for every layer and seed, or None if none was asked for."""
    counts: np.ndarray | None = None
    """(..., layers, bins): values in [edges[i], edges[i+1]), the last bin including its upper edge."""
    below: np.ndarray | None = None
    """Values below the first edge, -inf included."""
    above: np.ndarray | None = None
    """Values above the last edge, +inf included."""
    nan: np.ndarray | None = None
    """Values that are not a number. Every value is counted in exactly one of counts, below, above and nan."""


@dataclass(frozen=True)
class Simulation:
    """What `simulate` and `observe` saw. dz is short for dL/dz, and so on."""

    z: LayerStatistics
    """Preactivations, layers 1..L."""
    a: LayerStatistics
    """Activations, layers 0..L; layer 0 is the input."""
    dz: LayerStatistics
    """Gradients with respect to z, layers 1..L."""
    dW: LayerStatistics
    """Gradients with respect to the weights, layers 1..L, each summed over the batch."""
    dx: LayerStatistics
    """The gradient with respect to the input: layer 0 only."""
    loss: np.ndarray
    """The loss of each seed."""


def simulate(
    widths,
    activation,
    initializer,
    *,
    seeds=(0,),
    inputs=None,
    batch=256,
    loss="linear",
    targets=None,
    bins=None,
    bias_initializer=zeros,
    output_activation=None,
    dtype=np.float64,
):
    """Sample a network for every seed, run it forward and backward, and return the statistics of every layer.

    By default the input is N(0, 1) and so is the gradient at the top (a linear loss): the setting of signal-propagation
    theory, in which E[z^2], E[a^2] and E[(dL/dz)^2] of a wide network follow `gaussian.propagate`, and E[(dL/dW)^2] of
    layer l is batch x E[(dL/dz[l])^2] E[a[l-1]^2]. Inputs and top gradients come from streams of their own, so schemes
    are compared on the same draws.

    Parameters
    ----------
    widths, activation, initializer, bias_initializer
        As in `sample`.
    seeds : sequence of int
        One network for each.
    inputs : (n[0], batch) or (seeds, n[0], batch) array, optional
        Default: N(0, 1), drawn anew for every seed.
    batch : int
        The number of examples when `inputs` is not given.
    loss : str or callable
        "linear", "squared_error", "softmax_cross_entropy", or a function (output, targets) -> (loss, gradient).
    targets : array, optional
        What the loss compares the output with. For the linear loss, the gradient at the top; default: N(0, 1).
    bins : int or dict, optional
        Asks for histograms. A dict gives bins and range by quantity, {"a": (60, -1, 1), "dz": (60, -3, 3)}; an int
        means that many bins from -5 to 5 for z, a, dz and dx, and from -5 sqrt(batch) to 5 sqrt(batch) for dW.
    output_activation : str or Activation, optional
        f of the last layer. Default: that of the other layers for the linear loss, else the identity.
    dtype : dtype
        float64 or float32.

    Returns
    -------
    Simulation
        Arrays of shape (seeds, layers).

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    >>> from initlab.initializers import xavier_normal
    >>> deep = simulate([100] * 6, "tanh", xavier_normal, seeds=range(3))
    >>> deep.a.second_moment.shape  # the input and 5 layers
    (3, 6)
    """
    widths = _check_widths(widths)
    roots = _roots(seeds)
    if inputs is None:
        if not isinstance(batch, (int, np.integer)) or isinstance(batch, bool) or batch <= 0:
            raise ValueError(f"batch must be an int > 0, got {batch!r}")
    else:
        inputs = np.asarray(inputs, dtype=dtype)
        _check_runs("inputs", inputs, 2, len(roots))
        batch = inputs.shape[-1]
    loss = losses.get(loss)
    drawn_gradient = loss is losses.linear and targets is None
    if output_activation is None:
        output_activation = activation if loss is losses.linear else "identity"
    if targets is not None:
        targets = np.asarray(targets)
        target_axes = 1 if loss is losses.softmax_cross_entropy else 2
        _check_runs("targets", targets, target_axes, len(roots))

    # As many seeds at once as keep one array of a layer near 1 MB: large enough for NumPy, small enough for the cache.
    together = max(1, 2**18 // (max(widths) * max(batch, *widths)))
    parts = []
    for start in range(0, len(roots), together):
        some = slice(start, start + together)
        network = _sample(widths, activation, initializer, bias_initializer, output_activation, roots[some], dtype)
        if inputs is None:
            x = _draw_normal(roots[some], _INPUTS, (widths[0], batch), dtype)
        else:
            x = inputs[some] if inputs.ndim == 3 else inputs
        if drawn_gradient:
            y = _draw_normal(roots[some], _TOP_GRADIENT, (widths[-1], batch), dtype)
        else:
            y = targets[some] if targets is not None and targets.ndim > target_axes else targets
        parts.append(observe(network, x, loss=loss, targets=y, bins=bins))
    return _join(parts)


@np.errstate(all="ignore")
def observe(network, x, *, loss="linear", targets=None, rng=None, bins=None):
    """Run a given network forward and backward on a batch, and return the statistics of every layer.

    Parameters
    ----------
    network : Network
    x : (n[0], batch) or (runs, n[0], batch) array
    loss, targets, bins
        As in `simulate`.
    rng : numpy.random.Generator, int or None
        Source of the top gradient of the linear loss when `targets` does not give it.

    Returns
    -------
    Simulation
        Arrays of shape (layers,), or (runs, layers) for an ensemble.
    """
    x = _check_input(network, np.asarray(x, network.dtype))
    loss = losses.get(loss)
    bins = _check_bins(bins, x.shape[-1])
    runs = np.broadcast_shapes(x.shape[:-2], network.runs)
    x = np.broadcast_to(x, (*runs, *x.shape[-2:]))
    buffers = _Buffers.shared(network, runs, x.shape[-1])
    seen = {name: [] for name in _QUANTITIES}

    def see(**quantities):
        for name, values in quantities.items():
            seen[name].append(_summary(values, bins[name]))

    see(a=x)
    for z, a in _forward_layers(network, x, buffers):
        see(z=z, a=a)
    if loss is losses.linear and targets is None:
        targets = _draw_normal([_root(rng)], _TOP_GRADIENT, a.shape[-2:], a.dtype)[0]
    value, gradient = loss(a, targets)
    forward_pass = Forward(buffers.z, (x, *buffers.a))
    for dz, dW, _, da in _backward_layers(network, forward_pass, gradient, buffers):
        see(dz=dz, dW=dW)
        dx = da  # that of the lowest layer, in the end
    see(dx=dx)

    return Simulation(
        z=_statistics(1, seen["z"], bins["z"]),
        a=_statistics(0, seen["a"], bins["a"]),
        dz=_statistics(1, seen["dz"][::-1], bins["dz"]),
        dW=_statistics(1, seen["dW"][::-1], bins["dW"]),
        dx=_statistics(0, seen["dx"], bins["dx"]),
        loss=value,
    )


def _draw_normal(roots, kind, shape, dtype):
    """N(0, 1) for every root, (runs, *shape)."""
    return np.stack([_stream(root, kind).standard_normal(shape, dtype=dtype) for root in roots])


def _moments(values):
    """Mean, variance and second moment over the last two axes, in float64.

    Sums over one row at a time are fast and, short as rows are, accurate in float32; the row sums are added in float64.
    Where that cannot be trusted (squares that overflow or underflow, a spread far below the mean), count again slowly.
    """
    size, columns = values.shape[-2] * values.shape[-1], values.shape[-1]
    mean = np.add.reduce(values @ _ones(columns, values.dtype), axis=-1, dtype=np.float64) / size
    second = np.add.reduce(np.vecdot(values, values), axis=-1, dtype=np.float64) / size
    variance = second - mean * mean
    smallest, least_spread = _trust(values.dtype)
    trusted = (second > smallest) & (variance > least_spread * second)
    if not np.all(trusted):
        mean, variance, second = (np.array(moment) for moment in (mean, variance, second))
        for run in zip(*np.nonzero(np.atleast_1d(~trusted)), strict=True):
            run = run if values.ndim > 2 else ()
            v = values[run].astype(np.float64)
            mean[run], second[run] = v.mean(), np.square(v).mean()
            v -= mean[run]
            variance[run] = np.square(v, out=v).mean()
    return mean, variance, second


@functools.lru_cache
def _trust(dtype):
    limits = np.finfo(dtype)
    return float(limits.tiny / limits.eps), float(1e5 * limits.eps)


@functools.lru_cache(maxsize=8)
def _ones(n, dtype):
    return np.ones(n, dtype)


def _summary(values, bins):
    """Moments and, if asked for, bin counts of one quantity in one layer: a tuple of arrays by run."""
    moments = _moments(values)
    return moments if bins is None else (*moments, _histogram(values, moments[0], *bins))


def _statistics(first, summaries, bins):
    """Put the summaries of layers first, first + 1, ... side by side."""
    layers = np.arange(first, first + len(summaries))
    mean, variance, second, *histogram = zip(*summaries, strict=True)
    moments = (np.stack(moment, axis=-1) for moment in (mean, variance, second))
    if bins is None:
        return LayerStatistics(layers, *moments)
    return LayerStatistics(layers, *moments, **_by_name(histogram[0], bins))


def _by_name(histograms, bins):
    """The parts of what `_histogram` returned for one layer after the other."""
    count, low, high = bins
    counts = np.stack(histograms, axis=-2)  # (runs..., layers, bins + 3): nan, below, the bins, above
    return {
        "edges": np.linspace(low, high, count + 1),
        "counts": counts[..., 2:-1],
        "below": counts[..., 1],
        "above": counts[..., -1],
        "nan": counts[..., 0],
    }


def _join(simulations):
    """One Simulation of all seeds from those of some seeds each."""

    def join(parts):
        first = parts[0]
        if isinstance(first, LayerStatistics):
            shared = {name: getattr(first, name) for name in ("layers", "edges")}
            rest = (f.name for f in fields(first) if f.name not in shared)
            return LayerStatistics(**shared, **{name: join([getattr(part, name) for part in parts]) for name in rest})
        return None if first is None else np.concatenate(parts)

    return Simulation(*(join([getattr(s, f.name) for s in simulations]) for f in fields(Simulation)))


# --- histograms -------------------------------------------------------------------------------------------------------


def _histogram(values, mean, bins, low, high):
    """Counts of values (..., rows, columns): nan, below, each bin, above, along a last axis of bins + 3.

    `mean` says where to look for nan: nowhere when it is finite.
    """
    counts = np.empty((*values.shape[:-2], bins + 3), np.int64)
    for run in np.ndindex(values.shape[:-2]):
        v = values[run].ravel()
        missing = 0 if np.isfinite(mean[run]) else np.count_nonzero(np.isnan(v))
        if missing:
            v = v[~np.isnan(v)]
        counts[run] = missing, *_count(v, bins, low, high)
    return counts


def _count(values, bins, low, high):
    """Counts of flat values: below, each of `bins` equal bins from low to high, above.

    np.histogram looks up an edge for every value. With equal bins one multiplication finds the bin, so a value within
    rounding of an inner edge may be counted on its other side. The outer edges are exact.
    """
    if values.dtype == np.float32 and not _float32_resolves(bins, low, high):
        values = values.astype(np.float64)
    low, high, scale = map(values.dtype.type, (low, high, bins / (high - low)))
    size = bins + 2  # 0: below; 1..bins; bins + 1: above
    index = np.empty(values.size, np.uint8 if size <= 256 else np.intp)
    work = np.empty(min(values.size, _BLOCK), values.dtype)
    for start in range(0, values.size, _BLOCK):
        v = values[start : start + _BLOCK]
        position = np.subtract(v, low, out=work[: v.size])
        position *= scale
        position += 1
        np.clip(position, 0, bins + 1, out=position)
        index[start : start + _BLOCK] = position
    counts = _bincount(index, size)
    # Where the outermost bins are not empty, settle what rounding may have moved across the outer edges.
    if counts[1]:
        below = np.count_nonzero(values < low)
        counts[:2] = below, counts[0] + counts[1] - below
    if counts[-2:].any():
        above = np.count_nonzero(values > high)
        counts[-2:] = counts[-2] + counts[-1] - above, above
    return counts


def _float32_resolves(bins, low, high):
    """Whether float32 can tell the bins apart, by a wide margin."""
    width = (high - low) / bins
    return 1e-30 < width < 1e30 and width > 1e-5 * max(abs(low), abs(high))


_BLOCK = 2**16  # values, few enough to stay in a core's cache while several operations follow one another


def _bincount(index, size):
    """np.bincount, for many bytes twice as fast: two neighbours are one 16-bit number, counted in a table of pairs."""
    if index.dtype != np.uint8 or index.size < 512 * size:
        return np.bincount(index, minlength=size)
    even = index.size // 2 * 2
    pairs = np.bincount(index[:even].view(np.uint16), minlength=size * 256).reshape(size, 256)
    return pairs.sum(axis=0)[:size] + pairs.sum(axis=1) + np.bincount(index[even:], minlength=size)


# --- checks -----------------------------------------------------------------------------------------------------------


def _check_input(network, x):
    x = np.asarray(x)
    if x.ndim < 2 or x.shape[-2] != network.widths[0]:
        n = network.widths[0]
        raise ValueError(f"x must have shape ({n}, batch) or (runs, {n}, batch), got {x.shape}")
    return x


def _check_runs(name, array, own_axes, runs):
    if array.ndim not in (own_axes, own_axes + 1) or (array.ndim > own_axes and len(array) != runs):
        raise ValueError(
            f"{name} must have {own_axes} axes, or one more in front with an entry for each of the {runs} seeds, "
            f"got shape {array.shape}"
        )


_QUANTITIES = ("z", "a", "dz", "dW", "dx")


def _check_bins(bins, batch):
    """The histogram (bins, low, high) of every quantity, or None."""
    if bins is None or isinstance(bins, Mapping):
        bins = dict(bins or {})
    else:
        bins = {name: (bins, -5.0, 5.0) for name in _QUANTITIES} | {"dW": (bins, -5 * batch**0.5, 5 * batch**0.5)}
    for name, histogram in bins.items():
        if name not in _QUANTITIES:
            raise ValueError(f"bins must name some of {', '.join(_QUANTITIES)}, got {name!r}")
        if not _makes_bins(histogram):
            raise ValueError(
                "bins must be an int > 0, or (bins, low, high) for each quantity, with finite low < high not too close "
                f"together to hold so many bins, got {histogram!r} for {name!r}"
            )
    return dict.fromkeys(_QUANTITIES) | bins


def _makes_bins(histogram):
    """Whether it is (bins, low, high) as `_histogram` wants it."""
    try:
        count, low, high = histogram
        good = isinstance(count, (int, np.integer)) and not isinstance(count, bool) and count > 0
        return good and -1e300 < low < high < 1e300 and (high - low) / count > 1e-12 * max(abs(low), abs(high))
    except (TypeError, ValueError):
        return False
