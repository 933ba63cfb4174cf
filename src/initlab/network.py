"""The layer simulators: sample a network, send signals forward and gradients backward, and look at every layer.

The notation is that of the book, with arrays of shape (units, batch):

    z[l] = W[l] a[l-1] + b[l],    a[l] = f(z[l]),    a[0] = x,

and W[l] of shape (n[l], n[l-1]). Every array may carry leading axes for *runs*: weights (runs, n_out, n_in), inputs
(units, batch) or (runs, units, batch). The equations stay as they are, and an ensemble of networks is one network.

Overflow and underflow are results here, not accidents: they show up as inf, nan or 0, without warnings.
Losses live in `losses`, gradient descent in `training`, initializers in `initializers`, theory for infinitely wide
layers in `gaussian`.
"""

from __future__ import annotations  # numpy.random loads when something is drawn, and not for its types

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from . import activations, losses, threads
from .activations import Activation
from .arguments import Seed, kind_of, numbers, precision, seed_sequence, seed_sequences, sequence, whole
from .initializers import zeros
from .layer_statistics import Bins, BinsArgument, LayerStatistics, Survey, check_bins, join, ones

Initializer = Callable[..., np.ndarray]
"""A function f(shape, *, rng, dtype) that returns an array of that shape."""
OnePerLayer = Initializer | Sequence[Initializer]
"""One initializer for all layers, or one for each."""
Activations = str | Activation | Sequence[str | Activation]
"""f of the hidden layers 1..L-1, named or given: one for all, or one for each. One for each of the layers 1..L may be
given as well; then there is no other for the last layer."""


@dataclass(frozen=True)
class Network:
    """Weights, biases and activations of a fully connected network of L layers; tuples go from layer 1 to layer L.

    Arrays may be given as lists, activations by name; integers become floats. Without leading axes it is one network,
    with them an ensemble.

    Raises
    ------
    ValueError, TypeError
        If there is no layer, shapes do not fit together, an array holds anything but real numbers, or an activation is
        unknown.

    Examples
    --------
    >>> network = Network(weights=([[1.0, -1.0]], [[2.0]]), biases=([0.5], None), activation="relu")
    >>> network.widths, network.runs
    ((2, 1, 1), ())
    """

    weights: tuple[np.ndarray, ...]
    """W[1], ..., W[L], each (..., n_out, n_in)."""
    biases: tuple[np.ndarray | None, ...]
    """b[1], ..., b[L], each (..., n_out), or None for a layer that has none and learns none."""
    activation: Activation | tuple[Activation, ...]
    """f of the hidden layers 1..L-1: one for all, or a tuple with one for each."""
    output_activation: Activation = None  # type: ignore[assignment]  # an Activation as soon as it is made
    """f of the last layer: the identity if none is given, here or as the last of L activations."""

    def __post_init__(self) -> None:
        for name in ("weights", "biases"):
            if isinstance(getattr(self, name), str) or not isinstance(getattr(self, name), Iterable):
                raise TypeError(f"{name} must hold one array per layer, got {getattr(self, name)!r}")
        weights, biases = tuple(self.weights), tuple(self.biases)
        if not weights or len(weights) != len(biases):
            raise ValueError(
                f"weights and biases must hold one array per layer, at least one, got {len(weights)} and {len(biases)}"
            )
        weights = tuple(numbers(f"weights of layer {i}", W) for i, W in enumerate(weights, start=1))
        biases = tuple(b if b is None else numbers(f"biases of layer {i}", b) for i, b in enumerate(biases, start=1))
        floats = [array.dtype for array in (*weights, *biases) if array is not None and array.dtype.kind == "f"]
        dtype = np.result_type(*floats) if floats else np.dtype(np.float64)  # of what was given as integers
        object.__setattr__(self, "weights", tuple(W if W.dtype.kind == "f" else W.astype(dtype) for W in weights))
        object.__setattr__(
            self, "biases", tuple(b if b is None or b.dtype.kind == "f" else b.astype(dtype) for b in biases)
        )
        hidden, last = _hidden_and_last(self.activation, self.output_activation, len(weights))
        object.__setattr__(self, "activation", hidden)
        object.__setattr__(self, "output_activation", last)
        *runs, _, n_in = self.weights[0].shape if self.weights[0].ndim >= 2 else (None, None)
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            fits = W.ndim >= 2 and W.shape[:-2] == tuple(runs) and W.shape[-1] == n_in and 0 not in W.shape[-2:]
            if not fits or (b is not None and b.shape != W.shape[:-1]):
                raise ValueError(
                    f"weights and biases of layer {layer} must have shapes (..., n_out, {n_in}) and (..., n_out), none "
                    "of them 0, with the same leading axes in every layer, "
                    f"got {W.shape} and {b if b is None else b.shape}"
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

    def member(self, at: int | slice | tuple[int | slice, ...]) -> Network:
        """One network of an ensemble, or some of them.

        Parameters
        ----------
        at : int, slice or tuple of them
            Its index in the leading axes.

        Returns
        -------
        Network
            Without the axes that have an int as index; its arrays are views.

        Raises
        ------
        ValueError, TypeError
            If there is no such network, or an index is neither an int nor a slice.
        """
        indices = at if isinstance(at, tuple) else (at,)
        for index in indices:
            if isinstance(index, bool) or not isinstance(index, Integral | slice):
                raise TypeError(f"at must be an int, a slice or a tuple of them, got {at!r}")
        if len(indices) > len(self.runs) or any(
            isinstance(index, Integral) and not -runs <= index < runs
            for index, runs in zip(indices, self.runs, strict=False)
        ):
            raise ValueError(f"at must be an index in the leading axes {self.runs}, got {at!r}")
        biases = (b if b is None else b[at] for b in self.biases)
        return replace(self, weights=tuple(W[at] for W in self.weights), biases=tuple(biases))

    @functools.cached_property
    def activations(self) -> tuple[Activation, ...]:
        """f of layers 1..L."""
        f = self.activation
        return (*((f,) * (self.depth - 1) if isinstance(f, Activation) else f), self.output_activation)


def _hidden_and_last(
    activation: Activations, output_activation: str | Activation | None, depth: int, *, go_on: bool = False
) -> tuple[Activation | tuple[Activation, ...], Activation]:
    """The hidden layers' activation, or a tuple of them if they differ; and that of the last layer, which by default is
    the identity, or with `go_on` that of the layer before."""
    hidden: Activation | tuple[Activation, ...]
    if isinstance(activation, str) or not isinstance(activation, Sequence):
        hidden = activations.get(activation)
    else:
        each = tuple(map(activations.get, activation))
        if len(each) == depth and output_activation is None:
            each, output_activation = each[:-1], each[-1]
        elif len(each) != depth - 1:
            raise ValueError(
                f"activation must be one for all hidden layers or one for each of them ({depth - 1}), or, without an "
                f"output_activation, one for each layer ({depth}), got {len(each)}"
            )
        hidden = each[0] if each and all(f == each[0] for f in each) else each
    if output_activation is not None:
        return hidden, activations.get(output_activation, "output_activation")
    before = hidden if isinstance(hidden, Activation) else (activations.IDENTITY, *hidden)[-1]
    return hidden, before if go_on else activations.IDENTITY


# --- sampling ---------------------------------------------------------------------------------------------------------

_WEIGHTS, _BIASES, _INPUTS, _TOP_GRADIENT = range(4)


def _stream(root: np.random.SeedSequence, kind: int, layer: int = 0) -> np.random.Generator:
    """The generator of one child stream of a seed: what is drawn from it depends on nothing drawn elsewhere."""
    return np.random.default_rng(np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, kind, layer)))


def _check_widths(widths: Sequence[int]) -> tuple[int, ...]:
    if not isinstance(widths, Sequence | np.ndarray) or isinstance(widths, str):
        raise TypeError(f"widths must list n[0], ..., n[L], two or more, such as [784, 100, 10], got {widths!r}")
    if len(widths) < 2:
        raise ValueError(f"widths must list n[0], ..., n[L], two or more, such as [784, 100, 10], got {widths!r}")
    return tuple(whole(f"n[{layer}] in widths", n, at_least=1) for layer, n in enumerate(widths))


def _draw(f: Initializer, name: str, layer: int, shape: tuple[int, ...], **how: Any) -> np.ndarray:
    """What an initializer returns; an error says whose it is."""
    try:
        drawn = numbers("what it returns", f(shape, **how))
        if drawn.shape != shape:
            raise ValueError(f"what it returns must have shape {shape}, got {drawn.shape}")
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name} of layer {layer}, called with shape {shape}: {error}") from error
    return drawn


def _one_per_layer(initializer: OnePerLayer, depth: int, name: str) -> tuple[Initializer, ...]:
    if callable(initializer):
        return (initializer,) * depth
    if isinstance(initializer, Sequence) and not isinstance(initializer, str) and all(map(callable, initializer)):
        if len(initializer) == depth:
            return tuple(initializer)
        raise ValueError(f"{name} must be one callable or one per layer ({depth}), got {len(initializer)}")
    raise TypeError(f"{name} must be a callable f(shape, *, rng, dtype), or one per layer, got {initializer!r}")


def sample(
    widths: Sequence[int],
    activation: Activations,
    initializer: OnePerLayer,
    *,
    bias_initializer: OnePerLayer | None = zeros,
    output_activation: str | Activation | None = None,
    rng: Seed = None,
    seeds: Sequence[int] | None = None,
    dtype: DTypeLike = np.float64,
) -> Network:
    """Draw a network, or with `seeds` an ensemble of them.

    Every layer draws its weights and its biases from separate child streams. The same seed therefore gives *common
    random numbers*: two schemes are compared on the same draws, layer by layer, whatever either of them draws in the
    other layers and however deep the network is.

    Parameters
    ----------
    widths : sequence of int
        n[0], ..., n[L]: the input and then every layer.
    activation : str or Activation, or sequence of them
        f of the hidden layers: one for all, or one for each; or one for each of the layers 1..L.
    initializer : callable or sequence of callable
        For weights: functions `f(shape, *, rng, dtype)`, one for all layers or one for each; shape is (n_out, n_in).
    bias_initializer : callable or sequence of callable, or None
        For biases: likewise, with shape (n_out,). With None the network has no biases.
    output_activation : str or Activation, optional
        f of the last layer. Default: the identity, unless `activation` has one for that layer, too.
    rng : numpy.random.Generator, int or None
        For one network: a generator, a seed, or None for fresh entropy. A generator gives a new network at every call.
    seeds : sequence of int, optional
        Instead of `rng`: draw one network for each seed, along a leading axis. Run i is `sample(..., rng=seeds[i])`.
    dtype : dtype
        float64 or float32.

    Returns
    -------
    Network
        With `seeds` an ensemble, with leading axes (seeds,).

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> from initlab.initializers import he_normal
    >>> network = sample([2, 8, 8, 1], "relu", he_normal, seeds=range(5))
    >>> [W.shape for W in network.weights]
    [(5, 8, 2), (5, 8, 8), (5, 1, 8)]
    """
    widths = _check_widths(widths)
    if seeds is not None and rng is not None:
        raise ValueError(f"give either rng or seeds, not both, got rng={rng!r} and seeds={seeds!r}")
    roots = [seed_sequence(rng)] if seeds is None else seed_sequences(seeds)
    network = _sample(widths, activation, initializer, bias_initializer, output_activation, roots, precision(dtype))
    return network.member(0) if seeds is None else network


def _sample(
    widths: tuple[int, ...],
    activation: Activations,
    initializer: OnePerLayer,
    bias_initializer: OnePerLayer | None,
    output_activation: str | Activation | None,
    roots: list[np.random.SeedSequence],
    dtype: np.dtype,
) -> Network:
    depth = len(widths) - 1
    hidden, last = _hidden_and_last(activation, output_activation, depth)  # checked before anything is drawn

    def draw(kind: int, name: str, given: OnePerLayer, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
        arrays = []
        for layer, (f, shape) in enumerate(zip(_one_per_layer(given, depth, name), shapes, strict=True), start=1):
            array = np.empty((len(roots), *shape), dtype)
            for i, root in enumerate(roots):
                array[i] = _draw(f, name, layer, shape, rng=_stream(root, kind, layer), dtype=dtype)
            arrays.append(array)
        return arrays

    shapes: list[tuple[int, ...]] = [(n_out, n_in) for n_in, n_out in pairwise(widths)]
    weights = draw(_WEIGHTS, "initializer", initializer, shapes)
    biases: list[np.ndarray | None] = [None] * depth
    if bias_initializer is not None:
        biases = [*draw(_BIASES, "bias_initializer", bias_initializer, [shape[:1] for shape in shapes])]
    return Network(tuple(weights), tuple(biases), hidden, last)


def stack(networks: Sequence[Network]) -> Network:
    """One ensemble of networks of the same shape, along a new leading axis.

    Parameters
    ----------
    networks : sequence of Network
        All with the widths, the activations and the leading axes of the first; at least one.

    Returns
    -------
    Network
        With leading axes (networks, ...): `stack(networks).member(i)` is networks[i].

    Raises
    ------
    ValueError, TypeError
        If there is none, or one is not of the same form as the first, or no network.

    Examples
    --------
    >>> from initlab.initializers import he_normal, xavier_normal
    >>> both = stack([sample([2, 8, 1], "relu", rule, seeds=range(5)) for rule in (xavier_normal, he_normal)])
    >>> both.runs
    (2, 5)
    """
    networks = [kind_of("each of the networks", network, Network) for network in sequence("networks", networks)]
    if not networks:
        raise ValueError("networks must hold at least one network, got none")

    def form(network: Network) -> tuple:
        biased = [b is not None for b in network.biases]
        return network.widths, network.activation, network.output_activation, network.runs, biased

    for i, network in enumerate(networks):
        if form(network) != form(networks[0]):
            raise ValueError(f"networks must all be of one form; networks[{i}] differs from networks[0]")
    weights = map(np.stack, zip(*(network.weights for network in networks), strict=True))
    biases = zip(*(network.biases for network in networks), strict=True)
    return replace(
        networks[0], weights=tuple(weights), biases=tuple(None if b[0] is None else np.stack(b) for b in biases)
    )


# --- forward and backward ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Forward:
    """What a forward pass has computed."""

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
def forward(network: Network, x: ArrayLike) -> Forward:
    """Send a batch through the network: z[l] = W[l] a[l-1] + b[l], a[l] = f(z[l]), from a[0] = x.

    Parameters
    ----------
    network : Network
        One network, or an ensemble.
    x : (n[0], batch) or (runs, n[0], batch) array
        The inputs, one example in each column.

    Returns
    -------
    Forward
        z and a of every layer.

    Raises
    ------
    ValueError
        If x does not have n[0] rows.
    TypeError
        If `network` is none, or x holds anything but real numbers.

    Examples
    --------
    >>> network = Network(weights=([[1.0, -1.0]], [[2.0]]), biases=([0.5], None), activation="relu")
    >>> forward(network, np.array([[3.0], [1.0]])).output
    array([[5.]])
    """
    x = check_input(network, x)
    z, a = zip(*forward_layers(network, x), strict=True)
    return Forward(z, (x, *a))


@np.errstate(all="ignore")
def backward(network: Network, forward_pass: Forward, gradient: ArrayLike) -> Backward:
    """Send the gradient of a loss back through the network: exact derivatives, by the chain rule.

        dL/dz[l] = dL/da[l] f'(z[l]),   dL/dW[l] = dL/dz[l] a[l-1]^T,   dL/da[l-1] = W[l]^T dL/dz[l]

    Parameters
    ----------
    network : Network
        One network, or an ensemble.
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
        If the gradient does not have the shape of the output, or the forward pass was another network's.
    TypeError
        If `network` or `forward_pass` is of another kind, or the gradient holds anything but real numbers.

    Examples
    --------
    >>> network = Network(weights=([[1.0, -1.0]], [[2.0]]), biases=([0.5], None), activation="relu")
    >>> seen = backward(network, forward(network, np.array([[3.0], [1.0]])), np.array([[1.0]]))
    >>> seen.dW[0], seen.dx.ravel()
    (array([[6., 2.]]), array([ 2., -2.]))
    """
    kind_of("network", network, Network)
    kind_of("forward_pass", forward_pass, Forward)
    if [a.shape[-2] for a in forward_pass.a] != [*network.widths]:
        widths = [a.shape[-2] for a in forward_pass.a]
        raise ValueError(f"forward_pass must be one of this network, of widths {network.widths}, got one of {widths}")
    if (runs := forward_pass.output.shape[:-2])[-len(network.runs) :] != network.runs and network.runs:
        raise ValueError(f"forward_pass must be one of this network, of runs {network.runs}, got one of {runs}")
    gradient = numbers("gradient", gradient).astype(network.dtype, copy=False)
    if gradient.shape != forward_pass.output.shape:
        expected = forward_pass.output.shape
        raise ValueError(f"gradient must have the shape of the output, {expected}, got {gradient.shape}")
    dz, dW, db, da = zip(*backward_layers(network, forward_pass, gradient), strict=True)
    return Backward(dz[::-1], dW[::-1], db[::-1], da[-1])


@dataclass(frozen=True)
class Buffers:
    """Arrays for a pass to compute in, one for each layer from 1 to L."""

    z: tuple[np.ndarray, ...]
    """For z[1], ..., z[L]."""
    a: tuple[np.ndarray, ...]
    """For a[1], ..., a[L]."""
    dz: tuple[np.ndarray, ...]
    """For dL/dz[1], ..., dL/dz[L]."""
    dW: tuple[np.ndarray, ...]
    """For dL/dW[1], ..., dL/dW[L]."""
    da: tuple[np.ndarray, ...]
    """For dL/da[0], ..., dL/da[L-1]."""

    @classmethod
    def shared(cls, network: Network, runs: tuple[int, ...], batch: int) -> Buffers:
        """One array for each of z, dz, dW and da, used by every layer in turn; only what is needed later is kept.

        What a pass costs beyond its matrix products is memory traffic, and an array used again is still in the cache.

        Parameters
        ----------
        network : Network
            The network of the pass.
        runs : tuple of int
            The leading axes of what is computed.
        batch : int
            The number of examples.

        Returns
        -------
        Buffers
            Views into these arrays, in the shape that each layer needs.
        """
        dtype = network.dtype
        shapes = [(*runs, n, batch) for n in network.widths]
        weight_shapes = [(*runs, *W.shape[-2:]) for W in network.weights]

        def one(shapes: list[tuple[int, ...]]) -> tuple[np.ndarray, ...]:
            array = np.empty(max(map(math.prod, shapes)), dtype)
            return tuple(array[: math.prod(shape)].reshape(shape) for shape in shapes)

        def each(shapes: list[tuple[int, ...]]) -> tuple[np.ndarray, ...]:
            # In one block, which the system can give huge pages: they are much faster to touch for the first time.
            ends = np.cumsum([math.prod(shape) for shape in shapes])
            parts = np.split(np.empty(ends[-1], dtype), ends[:-1])
            return tuple(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))

        z = one if all(f.slope_from_output for f in network.activations) else each
        return cls(z(shapes[1:]), each(shapes[1:]), one(shapes[1:]), one(weight_shapes), one(shapes[:-1]))


def forward_layers(
    network: Network, x: np.ndarray, buffers: Buffers | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """`forward` one layer at a time.

    Parameters
    ----------
    network : Network
        One network, or an ensemble.
    x : (..., n[0], batch) array
        The inputs, one example in each column.
    buffers : Buffers, optional
        Where to compute. Default: in new arrays.

    Yields
    ------
    z, a : (..., n[l], batch) array
        z[l] and a[l], for l = 1..L.
    """
    a = x
    for i, (W, b, f) in enumerate(zip(network.weights, network.biases, network.activations, strict=True)):
        z = np.matmul(W, a, out=None if buffers is None else buffers.z[i])
        if b is not None:
            z += b[..., None]
        a = f.f(z, out=None if buffers is None else buffers.a[i])
        yield z, a


def backward_layers(
    network: Network,
    forward_pass: Forward,
    gradient: np.ndarray,
    buffers: Buffers | None = None,
    *,
    input_gradient: bool = True,
) -> Iterator[tuple[np.ndarray, np.ndarray, Any, Any]]:
    """`backward` one layer at a time, from the top.

    Layer l is done with when it is yielded: a step of gradient descent may change its weights in place.

    Parameters
    ----------
    network : Network
        One network, or an ensemble.
    forward_pass : Forward
        What `forward` returned for this network.
    gradient : (..., n[L], batch) array
        dL/da[L].
    buffers : Buffers, optional
        Where to compute. Default: in new arrays.
    input_gradient : bool
        Whether to compute dL/da[0], too.

    Yields
    ------
    dz, dW, db, da : array or None
        dL/dz[l], dL/dW[l], dL/db[l] and dL/da[l-1], for l = L..1. db is None where a layer has no biases, da where
        it is not asked for.
    """
    batch_of_ones = ones(gradient.shape[-1], gradient.dtype)
    da: np.ndarray | None = gradient
    for i in reversed(range(network.depth)):
        W, f, a, a_below = network.weights[i], network.activations[i], forward_pass.a[i + 1], forward_pass.a[i]
        z = a if f.slope_from_output else forward_pass.z[i]
        dz = f.df(z, a, out=None if buffers is None else buffers.dz[i])
        dz *= da
        dW = np.matmul(dz, a_below.mT, out=None if buffers is None else buffers.dW[i])
        # A sum over the batch; a matrix product is the fastest way to it.
        db = None if network.biases[i] is None else dz @ batch_of_ones
        da = None
        if i > 0 or input_gradient:
            da = np.matmul(W.mT, dz, out=None if buffers is None else buffers.da[i])
        yield dz, dW, db, da


# --- looking at every layer -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Simulation:
    """What `simulate` and `observe` saw; dz is short for dL/dz, and so on."""

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
    """The loss, () or (runs,)."""


def simulate(
    widths: Sequence[int],
    activation: Activations,
    initializer: OnePerLayer,
    *,
    seeds: Sequence[int] = (0,),
    inputs: ArrayLike | None = None,
    batch: int = 256,
    loss: str | losses.Loss = "linear",
    targets: ArrayLike | None = None,
    bins: BinsArgument = None,
    bias_initializer: OnePerLayer | None = zeros,
    output_activation: str | Activation | None = None,
    dtype: DTypeLike = np.float64,
) -> Simulation:
    """Sample a network for every seed, run it forward and backward, and return the statistics of every layer.

    By default the input is N(0, 1) and so is the gradient at the top (a linear loss): the setting of signal-propagation
    theory, in which E[z^2], E[a^2] and E[(dL/dz)^2] of a wide network follow `gaussian.propagate`, and E[(dL/dW)^2] of
    layer l is batch x E[(dL/dz[l])^2] E[a[l-1]^2]. Inputs and top gradients come from separate streams, so that schemes
    are compared on the same draws.

    Parameters
    ----------
    widths : sequence of int
        n[0], ..., n[L]: the input and then every layer.
    activation : str or Activation, or sequence of them
        f of the hidden layers: one for all, or one for each; or one for each of the layers 1..L.
    initializer : callable or sequence of callable
        For weights: functions `f(shape, *, rng, dtype)`, one for all layers or one for each; shape is (n_out, n_in).
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
        Asks for histograms of some of z, a, dz, dW and dx: {"a": (60, -1, 1)} means 60 equal bins from -1 to 1, and
        {"dz": (60, -12, 0, "log")} 60 equal bins of log10 |dz|, from 1e-12 to 1. An int means that many bins of each
        from -5 to 5, and of dW from -5 sqrt(batch) to 5 sqrt(batch).
    bias_initializer : callable or sequence of callable, or None
        For biases: like `initializer`, with shape (n_out,). With None the network has no biases.
    output_activation : str or Activation, optional
        f of the last layer, unless `activation` has one for that layer, too. Default: that of the layer before for
        the linear loss, else the identity.
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

    Examples
    --------
    >>> from initlab.initializers import xavier_normal
    >>> deep = simulate([100] * 6, "tanh", xavier_normal, seeds=range(3))
    >>> deep.a.second_moment.shape  # the input and 5 layers
    (3, 6)

    How alike have two orthogonal inputs become, on the average over 20 networks?

    >>> from initlab.initializers import he_normal
    >>> relu = simulate([500] * 11, "relu", he_normal, seeds=range(20), inputs=np.eye(500)[:, :2])
    >>> relu.a.cosine.mean(axis=0).round(1)[[0, 1, 5, 10]]
    array([0. , 0.3, 0.7, 0.9])
    """
    widths = _check_widths(widths)
    roots, dtype = seed_sequences(seeds), precision(dtype)
    if inputs is None:
        batch = whole("batch", batch, at_least=1)
    else:
        inputs = numbers("inputs", inputs).astype(dtype, copy=False)
        _check_runs("inputs", inputs, 2, len(roots))
        if inputs.shape[-2] != widths[0] or not inputs.shape[-1]:
            n = widths[0]
            raise ValueError(f"inputs must have shape ({n}, batch) or (seeds, {n}, batch), got {inputs.shape}")
        batch = inputs.shape[-1]
    loss = losses.get(loss)
    drawn_gradient = loss is losses.linear and targets is None
    _check_targets(loss, targets)
    depth, go_on = len(widths) - 1, loss is losses.linear
    hidden, last = _hidden_and_last(activation, output_activation, depth, go_on=go_on)
    if targets is not None:
        targets = numbers("targets", targets) if loss in losses.LOSSES.values() else np.asarray(targets)
        target_axes = 1 if loss is losses.softmax_cross_entropy else 2
        _check_runs("targets", targets, target_axes, len(roots))

    checked_bins = check_bins(bins, _QUANTITIES, batch)

    def one(some: slice) -> Simulation:
        network = _sample(widths, hidden, initializer, bias_initializer, last, roots[some], dtype)
        if inputs is None:
            x = _draw_normal(roots[some], _INPUTS, (widths[0], batch), dtype)
        else:
            x = inputs[some] if inputs.ndim == 3 else inputs
        y: ArrayLike | None = targets
        if drawn_gradient:
            y = _draw_normal(roots[some], _TOP_GRADIENT, (widths[-1], batch), dtype)
        elif targets is not None and targets.ndim > target_axes:
            y = targets[some]
        return _observe(network, x, loss, y, checked_bins)

    return _joined(threads.each(one, blocks_of_runs(len(roots), widths, batch)))


@np.errstate(all="ignore")
def observe(
    network: Network,
    x: ArrayLike,
    *,
    loss: str | losses.Loss = "linear",
    targets: ArrayLike | None = None,
    rng: Seed = None,
    bins: BinsArgument = None,
) -> Simulation:
    """Run a given network forward and backward on a batch, and return the statistics of every layer.

    Parameters
    ----------
    network : Network
        One network, or an ensemble.
    x : (n[0], batch) or (runs, n[0], batch) array
        The inputs, one example in each column.
    loss : str or callable
        "linear", "squared_error", "softmax_cross_entropy", or a function (output, targets) -> (loss, gradient).
    targets : array, optional
        What the loss compares the output with. For the linear loss, the gradient at the top; default: N(0, 1).
    rng : numpy.random.Generator, int or None
        What that default is drawn from: a generator, a seed, or None for fresh entropy.
    bins : int or dict, optional
        Asks for histograms of some of z, a, dz, dW and dx: {"a": (60, -1, 1)} means 60 equal bins from -1 to 1, and
        {"dz": (60, -12, 0, "log")} 60 equal bins of log10 |dz|, from 1e-12 to 1. An int means that many bins of each
        from -5 to 5, and of dW from -5 sqrt(batch) to 5 sqrt(batch).

    Returns
    -------
    Simulation
        Arrays of shape (layers,), or (runs, layers) for an ensemble.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; the message names it.

    Examples
    --------
    >>> from initlab.initializers import xavier_normal
    >>> network = sample([100] * 6, "tanh", xavier_normal, rng=0)
    >>> observe(network, np.ones((100, 1)), rng=0).z.second_moment.shape  # 5 layers
    (5,)
    """
    x = check_input(network, x)
    if not x.shape[-1]:
        raise ValueError(f"x must hold at least one example, got shape {x.shape}")
    loss = losses.get(loss)
    _check_targets(loss, targets)
    runs = np.broadcast_shapes(x.shape[:-2], network.runs)
    if targets is None and loss is losses.linear:
        shape = network.widths[-1], x.shape[-1]
        targets = _draw_normal([seed_sequence(rng)], _TOP_GRADIENT, shape, precision(network.dtype))[0]
    checked_bins = check_bins(bins, _QUANTITIES, x.shape[-1])
    # One's own loss may have targets of any kind, and only the loss knows whose they are.
    divisible = len(runs) == 1 and network.runs in ((), runs) and loss in losses.LOSSES.values()
    blocks = blocks_of_runs(runs[0], network.widths, x.shape[-1]) if divisible else []
    if len(blocks) < 2:
        return _observe(network, x, loss, targets, checked_bins)
    inputs, y = np.broadcast_to(x, (*runs, *x.shape[-2:])), np.asarray(targets)
    own_axes = 1 if loss is losses.softmax_cross_entropy else 2

    def one(some: slice) -> Simulation:
        own = network.member(some) if network.runs else network
        return _observe(own, inputs[some], loss, y[some] if y.ndim > own_axes else y, checked_bins)

    return _joined(threads.each(one, blocks))


@np.errstate(all="ignore")
def _observe(
    network: Network, x: np.ndarray, loss: losses.Loss, targets: ArrayLike | None, bins: Mapping[str, Bins]
) -> Simulation:
    """`observe` with checked arguments, in one go."""
    runs = np.broadcast_shapes(x.shape[:-2], network.runs)
    x = np.broadcast_to(x, (*runs, *x.shape[-2:]))
    buffers = Buffers.shared(network, runs, x.shape[-1])
    survey = Survey(bins, alike=("z", "a"))
    survey.see(a=x)
    for z, a in forward_layers(network, x, buffers):
        survey.see(z=z, a=a)
    try:
        value, gradient = loss(a, targets)
    except (TypeError, ValueError) as error:
        if loss in losses.LOSSES.values():
            raise type(error)(f"targets do not fit the loss: {error}") from None
        raise
    for dz, dW, _, da in backward_layers(network, Forward(buffers.z, (x, *buffers.a)), gradient, buffers):
        survey.see(dz=dz, dW=dW)
        dx = da  # that of the lowest layer, in the end
    survey.see(dx=dx)
    return Simulation(
        z=survey.statistics("z"),
        a=survey.statistics("a", first=0),
        dz=survey.statistics("dz", downwards=True),
        dW=survey.statistics("dW", downwards=True),
        dx=survey.statistics("dx", first=0),
        loss=value,
    )


def blocks_of_runs(runs: int, widths: Sequence[int], batch: int) -> list[slice]:
    """How an ensemble is divided among threads: so that an array of a layer is large enough for NumPy not to lose time
    (2^16 values at least), and small enough for a core's cache (2^18 at most, or one run).

    Parameters
    ----------
    runs : int
        The number of runs.
    widths : sequence of int
        n[0], ..., n[L].
    batch : int
        The number of examples.

    Returns
    -------
    list of slice
        One block, or an even number of blocks of almost equal size.
    """
    values = runs * max(widths) * max(batch, *widths)
    return threads.cut(runs, -(-runs // (2 * -(-values // 2**19)))) if values > 2**17 else [slice(0, runs)]


def _joined(parts: Sequence[Simulation]) -> Simulation:
    """Of all runs, from those of some runs each."""
    return Simulation(
        **{name: join([getattr(part, name) for part in parts]) for name in _QUANTITIES},
        loss=np.concatenate([part.loss for part in parts]),
    )


_QUANTITIES = ("z", "a", "dz", "dW", "dx")


def _draw_normal(roots: list[np.random.SeedSequence], kind: int, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """N(0, 1) for every root, (runs, *shape)."""
    return np.stack([_stream(root, kind).standard_normal(shape, dtype=precision(dtype)) for root in roots])


# --- checks -----------------------------------------------------------------------------------------------------------


def check_input(network: Network, x: ArrayLike) -> np.ndarray:
    """A batch, or one for each run, that fits the network.

    Parameters
    ----------
    network : Network
        One network, or an ensemble.
    x : array
        What was given.

    Returns
    -------
    (n[0], batch) or (runs, n[0], batch) array
        The same, in the precision of the network.

    Raises
    ------
    ValueError
        If x is of another shape.
    TypeError
        If `network` is none, or x holds anything but real numbers.
    """
    kind_of("network", network, Network)
    x = numbers("x", x).astype(network.dtype, copy=False)
    if x.ndim < 2 or x.shape[-2] != network.widths[0]:
        n = network.widths[0]
        raise ValueError(f"x must have shape ({n}, batch) or (runs, {n}, batch), got {x.shape}")
    try:
        np.broadcast_shapes(x.shape[:-2], network.runs)
    except ValueError:
        raise ValueError(f"x must be one batch or one for each run, {network.runs}, got shape {x.shape}") from None
    return x


def _check_targets(loss: losses.Loss, targets: ArrayLike | None) -> None:
    if targets is None and loss is not losses.linear and loss in losses.LOSSES.values():
        raise ValueError(f"targets must be given: without any there is no {loss.__name__} loss")


def _check_runs(name: str, array: np.ndarray, own_axes: int, runs: int) -> None:
    if array.ndim not in (own_axes, own_axes + 1) or (array.ndim > own_axes and len(array) != runs):
        raise ValueError(
            f"{name} must have {own_axes} axes, or one more in front with an entry for each of the {runs} seeds, "
            f"got shape {array.shape}"
        )
