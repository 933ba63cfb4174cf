"""The exercises of the chapter "He initialization"."""

import numpy as np

from initlab_book.exercise import Mistake, Written, exercise


@exercise(
    statement=r"""Which standard deviation does He's rule give to the weights of a layer with `fan_in` inputs a unit, behind
leaky ReLUs of slope `slope`?""",
    hint=r"""Equation (3) is about the variance.""",
    explanation=r"""By (3) the variance is $2 / ((1 + s^2)\, n)$, and the standard deviation its root. For ReLU and 256
inputs this is $\sqrt{2/256} = 0.0884$.""",
    cases=[(256, 0.0), (256, 0.25), (100, 1.0), (9, 0.5)],
    mistakes=[
        Mistake(lambda n, s: 2 / ((1 + s**2) * n), "That is the variance. The standard deviation is its square root."),
        Mistake(lambda n, s: np.sqrt(2 / n), "That is right for slope 0. The slope lets a part of the signal through."),
        Mistake(lambda n, s: np.sqrt(2 / ((1 + s) * n)), "The second moment feels the square of the slope, s^2."),
        Mistake(lambda n, s: np.sqrt((1 + s**2) / (2 * n)), "Upside down: the weights must make up for the loss."),
        Mistake(lambda n, s: np.sqrt(1 / n), "That is Xavier's rule. It is right for slope 1 only."),
        Mistake(lambda n, s: np.sqrt(1 / ((1 + s**2) * n)), "The factor of two is missing: (1 + s^2)/2 gets through."),
    ],
)
def he_std(fan_in, slope):
    """The standard deviation, a number."""
    return np.sqrt(2 / ((1 + slope**2) * fan_in))


@exercise(
    statement=r"""ReLU layers have the widths `widths` $= n^{[0]}, \dots, n^{[L]}$, and weights by He's *fan-in* rule. By which
factor does $\mathbb{E}[\delta^2]$ change between layer $L$ and layer 1?""",
    hint=r"""Equation (5). Which of the widths is $n^{[1]}$?""",
    explanation=r"""By (5) the factor is $n^{[L]}/n^{[1]}$; all widths in between cancel, and the width of the input,
$n^{[0]}$, does not come in at all. Compare with the product of all factors that `algebra` multiplies:

```python
back = algebra.derive_backward(activation="relu")
widths = [784, 300, 100, 50, 10]
print(algebra.over_widths(back, "fan_in").predict(widths)[0])
print(gradient_factor(widths))
```""",
    cases=[([784, 300, 100, 50, 10],), ([10, 20, 30, 40],), ([64, 256, 64, 256, 128],)],
    mistakes=[
        Mistake(lambda n: n[-1] / n[0], "The gradient of layer 1 has not passed W[1], so that n[0] plays no part."),
        Mistake(lambda n: n[1] / n[-1], "Upside down. Towards a wider layer each unit gets a smaller gradient."),
        Mistake(lambda n: n[0] / n[-1], "That is the signal under the fan-out rule, equation (5) seen in a mirror."),
        Mistake(lambda n: 1.0, "The fan-in rule keeps the signal. The gradient changes with the widths, once."),
        Mistake(lambda n: (n[-1] / n[1]) ** 0.5, "That is the factor of the size. The second moment is its square."),
        Mistake(
            lambda n: n[-1] / n[1] * 0.5 ** (len(n) - 2),
            "The rule's factor 2 has already made up for the halves of the ReLUs.",
        ),
    ],
)
def gradient_factor(widths):
    """E[delta^2] of layer 1, divided by that of layer L."""
    return widths[-1] / widths[1]


@exercise(
    statement=r"""In a *grouped* convolution the channels are split into `groups` equal parts, and an output channel sees
only the input channels of its own part. What are its true fan-in and fan-out, for `c` input channels, `d` output
channels and a kernel of $k \times k$ positions? (Stride 1.)""",
    hint=r"""How many numbers does one output add up? And in how many outputs does one input take part?""",
    explanation=r"""One output adds up $k^2$ positions in $c/\text{groups}$ channels; one input takes part in $k^2$ positions
of $d/\text{groups}$ channels. PyTorch stores the weights as $(d, c/\text{groups}, k, k)$, and from this shape a rule reads
the right fan-in, but `groups` times the true fan-out:

```python
groups = 256  # a depthwise convolution: every channel on its own
print(fans((256, 256 // groups, 3, 3)), grouped_fans(256, 256, 3, groups))
```

So for a depthwise convolution `mode="fan_out"` makes the variance 256 times too small.""",
    cases=[(256, 256, 3, 256), (64, 128, 3, 4), (6, 9, 5, 3), (16, 32, 1, 1)],
    mistakes=[
        Mistake(
            lambda c, d, k, groups: (c // groups * k**2, d * k**2),
            "That is what the shape says. But an input feeds only the outputs of its own group.",
        ),
        Mistake(lambda c, d, k, groups: (c * k**2, d * k**2), "That is right for one group. The groups see less."),
        Mistake(
            lambda c, d, k, groups: (c * k**2, d // groups * k**2),
            "The fan-out is right. But a unit adds up only the input channels of its own group.",
        ),
        Mistake(
            lambda c, d, k, groups: (d // groups * k**2, c // groups * k**2),
            "Swapped: the fan-in counts inputs, the fan-out counts outputs.",
        ),
        Mistake(
            lambda c, d, k, groups: (c // groups, d // groups),
            "The kernel is missing: every channel comes in at k * k positions.",
        ),
        Mistake(
            lambda c, d, k, groups: (c // groups * k, d // groups * k),
            "The kernel has k * k positions, not k.",
        ),
    ],
)
def grouped_fans(c, d, k, groups):
    """(fan_in, fan_out)"""
    return c // groups * k**2, d // groups * k**2


dropout = Written(
    statement=r"""Dropout sets every activation to zero with probability $1 - r$ during training, and multiplies the others
by $1/r$, so that their mean is kept. What does it do to $\mathbb{E}[a^2]$? Which variance of the weights keeps the signal
of a ReLU network with dropout in every layer?""",
    explanation=r"""An activation is $a/r$ with probability $r$ and else 0. The second moment is
$r \cdot \mathbb{E}[a^2]/r^2 = \mathbb{E}[a^2]/r$: dropout makes it larger. So (2) becomes $\tfrac12\, n\, \sigma_w^2 / r = 1$,
and $\sigma_w^2 = 2r/n$. With $r = 0.5$ this happens to be Xavier's $1/n$. With $2/n$ instead, the second moment would
double in every layer. [Pretorius and others (2018)](https://arxiv.org/abs/1811.00293) derive it.""",
)

half_precision = Written(
    statement=r"""The smallest positive number in half precision (float16) is about $6 \cdot 10^{-8}$. In which ReLU layer
does the size of a signal fall below it, with variance $1/n$ and an input of size 1?""",
    explanation=r"""The size after $l$ layers is $2^{-l/2}$. It is below $6 \cdot 10^{-8} = 2^{-24}$ when $l > 48$: in layer
49. (The largest activations last a few layers longer. Then there is nothing but zeros.)""",
)

measure = Written(
    kind="Experiment",
    statement=r"""Is the half exact in narrow layers, too? Take networks with layers of 8 units, uniform weights of He's variance, and
average over 2000 of them.""",
    explanation=r"""It is: (1) needs symmetry and nothing else.

```python
from initlab.initializers import he_uniform

deep = network.simulate(
    [8] * 6, "relu", he_uniform, seeds=range(2000), batch=1
)
error = deep.a.second_moment.std(axis=0) / 2000**0.5
for l in range(1, 6):
    mean = deep.a.second_moment[:, l].mean()
    print(f"layer {l}: {mean:.3f}, standard error {error[l]:.3f}")
```

All five means lie within two standard errors of 1. But look at the standard errors: the spread between networks
grows from layer to layer. The mean is kept; a single narrow network is not typical of it.""",
)
