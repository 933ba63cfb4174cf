"""The exercises of the chapter "Exploding and vanishing signals"."""

import numpy as np

from initlab import random_matrices
from initlab_book.exercise import Mistake, Written, exercise

many_layers = Written(
    statement=r"""How many layers of $1.1\, I$ make a signal more than a thousand times as long?""",
    explanation=r"""We need $1.1^l > 1000$, that is $l > \ln 1000 / \ln 1.1 = 72.5$. So 73 layers. Ten per cent is not a
small error if it is repeated.""",
)


@exercise(
    statement=r"""In a deep linear network all hidden matrices are $g\, I$. By which factor does the gradient of the weights
of hidden layer `layer` (from 1 to `hidden`) differ from what it is at $g = 1$?""",
    hint=r"""Equation (3): one factor comes from above, one from below. Count the matrices in each.""",
    explanation=r"""From above come the $L_h - l$ matrices between layer $l$ and the last of the $L_h$ hidden layers, from
below the $l - 1$ matrices between the input and layer $l$. Together they are $L_h - 1$, whatever $l$ is: all but the
matrix itself.""",
    cases=[(1.5, 1, 9), (1.5, 5, 9), (0.5, 9, 9), (0.9, 3, 20)],
    mistakes=[
        Mistake(
            lambda g, layer, hidden: g**hidden,
            "One factor too many. The gradient of a matrix does not contain the matrix itself.",
        ),
        Mistake(
            lambda g, layer, hidden: g ** (hidden - layer),
            "That is what comes from above, the gradient that arrives at the layer. The signal from below is missing.",
        ),
        Mistake(
            lambda g, layer, hidden: g ** (layer - 1),
            "That is what comes from below, the signal. The gradient that arrives from above is missing.",
        ),
        Mistake(
            lambda g, layer, hidden: g ** (hidden - layer + 1),
            "That is what comes from above with one factor too many, and the signal from below is missing.",
        ),
        Mistake(
            lambda g, layer, hidden: g**layer,
            "That is what comes from below with one factor too many, and the gradient that arrives from above is missing.",
        ),
        Mistake(lambda g, layer, hidden: g**8, "Right for nine hidden layers, and for no other number. Use hidden."),
        Mistake(
            lambda g, layer, hidden: g ** (hidden - layer) + g ** (layer - 1),
            "The two factors of equation (3) are multiplied, not added.",
        ),
        Mistake(
            lambda g, layer, hidden: g * (hidden - 1),
            "The factors are multiplied, not added up: a power, not a product with the number of layers.",
        ),
    ],
)
def weight_gradient(g, layer, hidden):
    """The factor, a number; the last layer is an identity."""
    return g ** (hidden - 1)


@exercise(
    statement=r"""Which standard deviation of the weights keeps the mean square of the signal in a linear network with `n`
units in every layer? Work it out for 512 units first.""",
    hint=r"""Equation (4): what is the mean of the factor on the right-hand side?""",
    explanation=r"""By (4) the mean square is kept at $g = 1$, so the standard deviation is $1/\sqrt{512} = 0.0442$. A
fixed value such as 0.01 would shrink the signal to $0.01\,\sqrt{512} = 0.226$ of its size in every layer.""",
    cases=[(512,), (100,), (2,)],
    mistakes=[
        Mistake(lambda n: 1 / n, "1/n is the variance. The standard deviation is its square root."),
        Mistake(lambda n: np.sqrt(2 / n), "A variance of 2/n is meant for ReLU. This network is linear."),
        Mistake(lambda n: np.sqrt(n), "Upside down: the more terms a sum has, the smaller each of them must be."),
        Mistake(lambda n: 1.0, "With weights of variance 1 each layer makes the mean square n times as large."),
        Mistake(
            lambda n: np.exp(-random_matrices.growth_rate(n)) / np.sqrt(n),
            "That keeps the typical signal, for which see the next exercise. The question was for the mean square.",
        ),
    ],
)
def weight_std(n):
    """The standard deviation, a number."""
    return 1 / np.sqrt(n)


@exercise(
    statement=r"""At width $n = 2$ and $g = 1$ a typical signal dies. Which gain makes the *typical* length neither grow nor
shrink? [Sussillo and Abbott (2014)](https://arxiv.org/abs/1412.6558) recommend $g = e^{1/(2n)}$. How good is that at
width 2, and at width 100?""",
    hint=r"""`random_matrices.growth_rate(n)` is the exact drift at $g = 1$, and $g$ adds $\ln g$ to it.""",
    explanation=r"""The exact drift has to be zero, so $\ln g$ must cancel what it is at $g = 1$. Compare:

```python
for n in (2, 100):
    print(f"width {n}: {typical_gain(n):.5f}, approximately {np.exp(1 / (2 * n)):.5f}")
```

At width 2 the exact gain is 1.33457, and the approximation gives 1.28403, which is 4 % too small. At width 100 they
are 1.00503 and 1.00501.""",
    cases=[(2,), (10,), (100,)],
    mistakes=[
        Mistake(
            lambda n: np.exp(1 / (2 * n)),
            "That makes the approximate drift in (5) zero. It is good for wide layers; the exact drift needs another gain.",
        ),
        Mistake(
            lambda n: np.exp(random_matrices.growth_rate(n)),
            "The sign: the gain has to cancel the drift, not to double it.",
        ),
        Mistake(lambda n: -random_matrices.growth_rate(n), "That is ln g. The gain is its exponential."),
        Mistake(
            lambda n: random_matrices.growth_rate(n), "That is the exact drift at g = 1. Which g brings it to zero?"
        ),
        Mistake(lambda n: 1.0, "g = 1 keeps the mean square. The typical length shrinks."),
    ],
)
def typical_gain(n):
    """The gain g, a number."""
    return np.exp(-random_matrices.growth_rate(n))


one_step = Written(
    kind="Experiment",
    statement=r"""From $g = 1.5$ at learning rate 0.00316, the loss falls from 720 to 0.5 and stays there. Show what a
single step has done to the matrices.""",
    explanation=r"""Train for one step, look at every matrix, and multiply all ten:

```python
x, y = chapter.experiments.turn(60)
run = training.train(
    chapter.experiments.equal_layers(1.5),
    x, y, loss="squared_error", learning_rate=0.00316, steps=1,
)
print(f"loss before and after: {run.loss[0]:.0f}, {run.loss[1]:.6f}")
for layer, W in enumerate(run.network.weights, start=1):
    print(f"  layer {layer:2}: length {np.linalg.norm(W):.2f}")
product = np.linalg.multi_dot(run.network.weights[::-1])
print(f"length of the product: {np.linalg.norm(product):.0e}")
```

The hidden matrices, of length $1.5\sqrt2 = 2.12$ at the start, have length 0.07 after the step. Their product has
length $4 \cdot 10^{-12}$, and with it the gradients have vanished. A start that was too large has become one that is
far too small.""",
)

repair = Written(
    kind="Think",
    statement=r"""Someone proposes to repair a deep linear network with $g = 0.5$ by multiplying its output by $2^{L}$. Does
that repair the forward pass? The gradients? Training?""",
    explanation=r"""The output has its size back, as long as nothing underflows on the way. The gradient that enters at
the top is $2^L$ times as large as well, so the gradients of the weights are those of a network with $g = 1$, except for a
factor: a weight half as large gets a gradient twice as large. A step is then four times as long in proportion. Divide
the learning rate by 4, and the network trains exactly like the one with $g = 1$.

Inside, however, the activations of layer $l$ are still $2^l$ times too small, and their gradients $2^l$ times too
large. For a linear network with enough digits that does no harm. Where an activation function is curved, or where numbers
underflow, it is no repair.""",
)
