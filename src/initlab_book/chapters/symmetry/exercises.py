"""The exercises of the chapter "Symmetry"."""

import numpy as np

from initlab_book.exercise import Mistake, Written, Wrong, exercise

which_layers = Written(
    statement=r"""A network has two hidden layers, biases 0, tanh. Which of these starts leave it with units that can
never become different? (a) All weights of all layers equal to 0.1. (b) $W^{[1]}$ random, $W^{[2]}$ and $W^{[3]}$ all
0.1. (c) $W^{[1]}$ and $W^{[2]}$ random, $W^{[3]} = 0$. (d) $W^{[1]} = 0$, $W^{[2]}$ and $W^{[3]}$ random.""",
    hint=r"""Two units are twins when *everything* about them is equal: the weights that come in, the bias, and the
weights that go out.""",
    explanation=r"""(a) and (b).

(a) leaves twins in both hidden layers: swapping any two units of a layer changes nothing at all.

(b) The units of layer 1 have different weights coming in: no twins there. The units of layer 2 are twins: each row of
$W^{[2]}$ is 0.1 everywhere, and so is what goes out of them. Layer 2 stays one unit for ever. A single layer of twins
is enough to spoil a network.

(c) has no twins. The output is 0 at first, and so are the gradients of the hidden weights; but the gradient of
$W^{[3]}$ is not, since the activations of layer 2 are not 0, and it differs from unit to unit, since they are not equal.
From the second step on everything moves. Setting the last layer to 0 is a respectable choice, and it makes the loss begin
at exactly $\ln C$.

(d) has no twins either, because the units of layer 1 have different weights going out. All activations are 0 at first
(tanh 0 = 0), but the gradients that come back through $W^{[2]}$ differ from unit to unit, so $W^{[1]}$ moves, and
with it everything else.""",
)


def _three_parts(answer):
    """W, b and V of one unit, each of the right size."""
    parts = answer(*_equal_units(4))
    if not isinstance(parts, (tuple, list)) or len(parts) != 3:
        raise Wrong("Return three arrays, W, b and V, of a single unit.")
    for name, part, size in zip("WbV", parts, (2, 1, 3), strict=True):
        if np.size(part) == 4 * size:
            raise Wrong(f"{name} still has an entry for each of the n units. A single unit is asked for.")
        if np.size(part) != size:
            raise Wrong(
                f"With 2 inputs and 3 outputs {name} of one unit has {size} entries, and yours has {np.size(part)}."
            )


def _collapsed(answer, W, b, V):
    """The three arrays that come back, as one."""
    return np.concatenate([np.ravel(part) for part in answer(W, b, V)])


def _equal_units(n, rng=0):
    rng = np.random.default_rng(rng)
    w, b, v = rng.standard_normal(2), rng.standard_normal(), rng.standard_normal(3)
    return np.tile(w, (n, 1)), np.full(n, b), np.tile(v[:, None], (1, n))


@exercise(
    statement=r"""A hidden layer of $n$ equal units is a layer of one unit in disguise. Show it: from the weights `W`
(shape `(n, inputs)`), the biases `b` (shape `(n,)`) and the weights out `V` (shape `(outputs, n)`) of such a
layer, find those of a single unit that gives the same output for every input and every activation function.""",
    hint=r"""The output is $\sum_j V_{kj} f(w \cdot x + b)$, with the same $f(\dots)$ in every term.""",
    explanation=r"""Every unit has the same activation $f(w \cdot x + b)$. In the output it can be taken out of the sum,
and what remains is the sum of the weights out, $\sum_j V_{kj}$. The weights in stay as they are, because $f(w \cdot x + b)$ does. So $n$ twins are
one unit whose weights out are $n$ times as large.""",
    cases=[lambda n=n: _equal_units(n, rng=n) for n in (2, 8, 16)],
    require=_three_parts,
    measure=_collapsed,
    mistakes=[
        Mistake(
            lambda W, b, V: (W[:1], b[:1], V[:, :1]),
            "The weights out are those of one unit, or their mean. The output has n equal terms: add up what goes out.",
        ),
        Mistake(
            lambda W, b, V: (W.sum(axis=0), b.sum(), V[:, :1]),
            "n f(u) is not f(n u): only what goes *out* may be added up.",
        ),
        Mistake(
            lambda W, b, V: (W.sum(axis=0), b.sum(), V.sum(axis=1)),
            "What goes out may be added up, but what comes in may not: f(n u) is something else than f(u).",
        ),
        Mistake(
            lambda W, b, V: (W[:1], [b.sum()], V.sum(axis=1)),
            "b must stay as it is: it stands inside f, and only what goes out may be added up.",
        ),
    ],
)
def collapse(W, b, V):
    """W, b, V of one unit; shapes (1, inputs), (1,), (outputs, 1)."""
    return W[:1], b[:1], V.sum(axis=1, keepdims=True)


@exercise(
    statement=r"""Near a saddle the difference of two twins is multiplied by $1 + \eta\lambda$ in every step, where
$\eta$ is the learning rate and $\lambda > 0$ says how strongly the loss curves downward there. How many steps does it
take until a difference `noise` has grown to 0.1?""",
    hint=r"""Solve $\text{noise} \cdot (1 + \eta\lambda)^t = 0.1$ for $t$. `np.log1p(z)` is $\ln(1 + z)$.""",
    explanation=r"""Take logarithms: $t = \ln(0.1 / \text{noise}) / \ln(1 + \eta\lambda)$. The noise stands in the
logarithm: to start from a thousandth of it costs the same number of steps each time. Near such a saddle even rounding
errors part twins before long.""",
    cases=[(1e-6, 0.3, 0.2), (1e-12, 0.3, 0.2), (1e-3, 1.0, 0.5)],
    mistakes=[
        Mistake(
            lambda noise, rate, curvature: np.log(0.1 / noise) / (rate * curvature),
            "Nearly: you have taken ln(1 + ηλ) for ηλ, which is right only when ηλ is small.",
        ),
        Mistake(
            lambda noise, rate, curvature: np.log10(0.1 / noise) / np.log1p(rate * curvature),
            "You have mixed the logarithm to base 10 with the natural one.",
        ),
        Mistake(
            lambda noise, rate, curvature: np.log(0.1 / noise) / np.log1p(curvature),
            "The learning rate is missing: one step multiplies by 1 + ηλ.",
        ),
        Mistake(
            lambda noise, rate, curvature: np.log(1 / noise) / np.log1p(rate * curvature),
            "That is the time to grow to 1. The question was for 0.1.",
        ),
        Mistake(
            lambda noise, rate, curvature: 0.1 / noise / (1 + rate * curvature),
            "Growth is exponential: the number of steps stands in the exponent, so a logarithm is needed.",
        ),
        Mistake(
            lambda noise, rate, curvature: -np.log(0.1 / noise) / np.log1p(rate * curvature),
            "The sign: the noise is smaller than 0.1, and the number of steps positive.",
        ),
    ],
)
def steps_to_part(noise, rate, curvature):
    """The number t of steps, which need not be whole."""
    return np.log(0.1 / noise) / np.log1p(rate * curvature)


random_biases = Written(
    kind="Experiment",
    statement=r"""All weights 0.5, but the biases of the hidden units are drawn from $\mathcal{N}(0, 1)$. Are the units
twins? Does the network learn the cross? And if all weights are 0 instead?""",
    hint=r"""`network.sample` has an argument `bias_initializer`: one initializer for each layer.""",
    explanation=r"""```python
from functools import partial

x, y = datasets.cross(rng=0)
for value in (0.5, 0.0):
    net = network.sample(
        [2, 8, 2], "tanh", partial(initializers.constant, value=value),
        bias_initializer=[initializers.normal, initializers.zeros], rng=0,
    )
    run = training.train(
        net, x, y, loss="softmax_cross_entropy", learning_rate=0.3, steps=1000,
    )
    print(f"weights {value}: {symmetry.distinct_units(net, 1)} different units,")
    print(f"    loss after 1000 steps {run.loss[-1]:.3f}")
```

Different biases make different units, whatever the weights are. With weights 0.5 the network learns the cross. With
weights 0 the units are eight different ones as well, and yet the loss stays at $\ln 2$: no unit sees anything of the
input, so every point gets the same scores. With classes of equal size that is a point where all gradients are 0.
Breaking the symmetry is necessary. It is not sufficient.""",
)
