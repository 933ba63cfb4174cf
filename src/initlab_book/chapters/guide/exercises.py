"""The exercises of the chapter "Which call do I write?"."""

import math

import numpy as np

from initlab import gaussian
from initlab_book.exercise import Mistake, Written, exercise


@exercise(
    statement=r"""Keras stores the weights of a convolution as `(height, width, in, out)`. Which variance does He's rule give to
weights of this `shape`? Work it out for the first layer of an image network, `(7, 7, 3, 64)`, before you write code.""",
    hint=r"""The fan-in counts what one output unit adds up: every input channel, at every place that the kernel covers.""",
    explanation=r"""One output adds up $7 \cdot 7 \cdot 3 = 147$ products, so the variance is $2/147 = 0.0136$. In PyTorch
the same weights have the shape `(64, 3, 7, 7)`. Read one order as the other, and you get the length of a sum that
occurs nowhere in the network.""",
    cases=[((7, 7, 3, 64),), ((3, 3, 64, 128),), ((1, 1, 256, 64),), ((5, 5, 1, 8),)],
    mistakes=[
        Mistake(lambda shape: 2 / math.prod(shape[1:]), "That reads the shape as PyTorch's (out, in, height, width)."),
        Mistake(lambda shape: 2 / shape[2], "The kernel is missing: each input channel is read at several places."),
        Mistake(
            lambda shape: 2 / (shape[0] * shape[1] * shape[3]),
            "That is the fan-out. It keeps the gradient; the rule with the fan-in was asked for.",
        ),
        Mistake(lambda shape: 1 / math.prod(shape[:3]), "That is LeCun's variance. He's factor 2 is missing."),
        Mistake(
            lambda shape: math.sqrt(2 / math.prod(shape[:3])),
            "That is the standard deviation. Asked for: the variance.",
        ),
        Mistake(
            lambda shape: 4 / (math.prod(shape[:2]) * (shape[2] + shape[3])),
            "That takes the mean of both fans, as Xavier does. He's rule takes the fan-in.",
        ),
    ],
)
def conv_variance(shape):
    """Var(W), a number."""
    height, width, n_in, _ = shape
    return 2 / (height * width * n_in)


@exercise(
    statement=r"""In a ReLU network of width `n`, all layers have PyTorch's defaults: weights of variance $1/(3n)$, and biases of
the same variance. Where does $q = \mathbb{E}[z^2]$ settle, deep in the network?""",
    hint=r"""One layer turns $q$ into $q' = n\,\mathrm{Var}(W)\,\tfrac{q}{2} + \mathrm{Var}(b)$. Which $q$ does it hand on
unchanged?""",
    explanation=r"""$q = \tfrac{q}{6} + \tfrac{1}{3n}$ has the solution $q = \tfrac{2}{5n}$. So the signal does not die: the
biases hold it up. But what they hold up is the same for every input. What differs between two inputs keeps on
shrinking, by $\chi = 1/6$ a layer.""",
    cases=[(256,), (100,), (10,)],
    mistakes=[
        Mistake(lambda n: 0.0, "That is where it goes without biases. What do they add in every layer?"),
        Mistake(lambda n: 1 / (3 * n), "That is what the biases add in one layer. A sixth of q comes on top of it."),
        Mistake(
            lambda n: 1 / (2 * n), "You forgot that ReLU keeps half: q' = q/3 + 1/(3n) is what a linear network does."
        ),
        Mistake(lambda n: 1 / (5 * n), "That is E[a²], behind the ReLU. Asked for: E[z²], in front of it."),
        Mistake(lambda n: math.sqrt(2 / (5 * n)), "That is the size, the root of q."),
    ],
)
def settles_at(n):
    """q, a number."""
    return 2 / (5 * n)


@exercise(
    statement=r"""A residual network has `blocks` blocks. In each of them the branch adds `share` times the second moment of
what it reads, and has nothing to do with it otherwise. By which factor does the network multiply the *size* of its
signal?""",
    hint=r"""Second moments of independent terms add up: one block multiplies $\mathbb{E}[a^2]$ by $1 + \text{share}$.""",
    explanation=r"""Every block multiplies $\mathbb{E}[a^2]$ by $1 + \text{share}$, and the size is a root. With twenty blocks
and the share 1, that is $2^{10} = 1024$; with the share $1/20$ it is 1.63, and with ever more blocks of ever smaller
shares it comes near $\sqrt{e} = 1.65$.""",
    cases=[(20, 1.0), (20, 0.05), (50, 0.02), (6, 0.5)],
    mistakes=[
        Mistake(
            lambda blocks, share: (1 + share) ** blocks, "That is the second moment. Asked for: the size, its root."
        ),
        Mistake(
            lambda blocks, share: math.sqrt(1 + blocks * share),
            "Every branch adds a share of what it reads, and that has grown: the factors multiply.",
        ),
        Mistake(
            lambda blocks, share: 1 + blocks * share, "The branches are independent: second moments add up, not sizes."
        ),
        Mistake(lambda blocks, share: share ** (blocks / 2), "The shortcut is missing: a block adds to what it gets."),
    ],
)
def stream(blocks, share):
    """The factor, a number."""
    return (1 + share) ** (blocks / 2)


@exercise(
    statement=r"""Your framework has a new activation, and no gain for it. Which $n\,\mathrm{Var}\,W$ keeps
$\mathbb{E}[z^2] = 1$? `gaussian.expectation(g)` is $\mathbb{E}\,g(z)$ for a standard normal $z$; `f` is the
activation.""",
    hint=r"""The next layer has $\mathbb{E}[z'^2] = n\,\mathrm{Var}(W)\,\mathbb{E}[f(z)^2]$.""",
    explanation=r"""It is one over $\mathbb{E}[f(z)^2]$: the second moment, not the variance, since the mean of $f$ travels
on as well. For softsign, $z/(1+|z|)$, that gives

```python
scale_for(lambda z: z / (1 + abs(z)))
```

5.464, a gain of 2.34. `gaussian.fixed_points` then says whether the signal stays there.""",
    cases=[
        (lambda z: z / (1 + np.abs(z)),),
        (lambda z: np.maximum(z, 0),),
        (lambda z: np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0),),
    ],
    mistakes=[
        Mistake(
            lambda f: 1 / (gaussian.expectation(lambda z: f(z) ** 2) - gaussian.expectation(f) ** 2),
            "One over the variance of f. The next layer adds up squares of f, its mean included.",
        ),
        Mistake(
            lambda f: gaussian.expectation(lambda z: f(z) ** 2) ** -0.5, "That is the gain; n Var W is its square."
        ),
        Mistake(
            lambda f: gaussian.expectation(lambda z: f(z) ** 2), "Upside down: what f takes away has to come back."
        ),
        Mistake(
            lambda f: 1 / gaussian.expectation(lambda z: np.abs(f(z))) ** 2,
            "One over the square of E|f|. It is the mean of the squares that counts.",
        ),
    ],
)
def scale_for(f):
    """n Var(W), a number."""
    return 1 / gaussian.expectation(lambda z: f(z) ** 2)


CALLS = (
    ("torch", "from torch import nn\n\nlayer = nn.Linear(256, 256)\nnn.init.normal_(layer.weight, std=2 / 256)"),
    ("torch", "from torch import nn\n\nlayer = nn.Linear(256, 256)\nnn.init.kaiming_uniform_(layer.weight, a=5**0.5)"),
    ("torch", "from torch import nn\n\nlayer = nn.Linear(256, 256)\nnn.init.kaiming_normal_(layer.weight)"),
)
"""The three calls of the exercise that follows; they have been recorded like the code of the figure."""

three_calls = Written(
    kind="Think",
    statement=f"""Each of these calls is meant for a layer behind a ReLU. Which of them give He's variance, and what do the others
give?

```py
layer = nn.Linear(256, 256)
{CALLS[0][1].splitlines()[-1]}  # A
{CALLS[1][1].splitlines()[-1]}  # B
{CALLS[2][1].splitlines()[-1]}  # C
```""",
    hint=r"""The parameter `a` is the slope of a leaky ReLU. Its default is 0.""",
    explanation=r"""Only **C**. Its name for the nonlinearity defaults to `"leaky_relu"` and the slope `a` to 0, which is a ReLU.

**A** takes the variance for a standard deviation: $n\,\mathrm{Var}\,W = 256 \cdot (2/256)^2 = 1/64$, and the signal
keeps $1/\sqrt{128}$ of its size in every layer. It should be `std=(2 / 256) ** 0.5`.

**B** is PyTorch's own default. $\sqrt5$ is not a gain but a slope, and the gain is $\sqrt{2/(1 + 5)}$, so that
$n\,\mathrm{Var}\,W = 1/3$. A ReLU wants six times as much.

We ran them: $n\,\mathrm{Var}\,W$ was 0.0158, 0.334 and 2.02, each within 1 %.""",
)
