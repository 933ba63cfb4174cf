r"""The exercises of the chapter "What the rules leave out"."""

import numpy as np

from initlab import gaussian
from initlab_book.exercise import Mistake, Written, exercise

leak = Written(
    statement=r"""Tanh with gain 1 leaks. After how many layers is the *size* of the signal, the root of $\mathbb{E}[a^2]$,
below 0.1? Use $1/(2l)$ first, then compute it.""",
    explanation=r"""The size is below 0.1 when $1/(2l) < 0.01$, that is from $l > 50$ on. In fact:

```python
sizes = gaussian.propagate("tanh", scaled_weight_variance=1.0, depth=60).a ** 0.5
print(f"below 0.1 from layer {np.argmax(sizes < 0.1)} on")
```

It is layer 52. The leak is a little slower at first, since the expansion leaves out higher powers of $\lambda$.""",
)


@exercise(
    statement=r"""A mean can pay for the bend. Which constant $c > 0$ must be added to an activation with mean zero, so that
*one* gain serves $f + c$ in both directions at $\lambda = 1$? Try it with tanh.""",
    hint=r"""Adding $c$ leaves $f'$ alone. What does it do to $\mathbb{E} f^2$ when the mean of $f$ is 0?""",
    explanation=r"""Adding $c$ turns $\mathbb{E} f^2$ into $\mathbb{E} f^2 + c^2$, and leaves $\mathbb{E} f'^2$ alone. They are
equal if $c^2 = \mathbb{E} f'^2 - \mathbb{E} f^2$. For tanh $c = 0.2648$, and the gain that serves both is 1.4674. Its
fixed point even attracts, with slope 0.391:

```python
from initlab.activations import Activation, get

tanh, c = get("tanh"), shift("tanh")
shifted = Activation("shifted", lambda z: tanh.f(z) + c, tanh.df)
for way in ("forward", "backward"):
    print(f"{way}: {gaussian.gain(shifted, way):.4f}")
g = gaussian.gain(shifted)
slope = gaussian.length_slope(shifted, 1.0, scaled_weight_variance=g * g)
print(f"slope {slope:.4f}")
```

It is no free lunch: the mean is the same for every input. As with ReLU, some of the signal says nothing about
the input.""",
    cases=[("tanh",), ("erf",), ("softsign",)],
    mistakes=[
        Mistake(
            lambda activation: gaussian.squared_slope(activation) - gaussian.second_moment(activation),
            "That is c^2: adding c adds c^2 to E f^2.",
        ),
        Mistake(
            lambda activation: np.sqrt(1 - gaussian.second_moment(activation)),
            "That makes E f^2 equal to 1. It has to become equal to E f'^2.",
        ),
        Mistake(
            lambda activation: gaussian.gain(activation) - gaussian.gain(activation, "backward"),
            "The gains are roots of reciprocals. Compare E f^2 and E f'^2 themselves.",
        ),
        Mistake(
            lambda activation: (
                np.sqrt(gaussian.squared_slope(activation)) - np.sqrt(gaussian.second_moment(activation))
            ),
            "Second moments add up, sizes do not: E (f + c)^2 = E f^2 + c^2.",
        ),
    ],
)
def shift(activation):
    """The constant c, a number. Use the functions of gaussian."""
    return np.sqrt(gaussian.squared_slope(activation) - gaussian.second_moment(activation))


@exercise(
    statement=r"""Layers of the widths in the list `widths`, with ReLU and He's rule. Between which two factors does the *size*
of the signal change in about 95 % of all networks? Use (4), and take the logarithm of the length $\lambda$ to be normal. How wide must 50 equal layers
be, so that the size stays within a factor of 2 up and down?""",
    hint=r"""(4) is about $\ln \lambda$, and the size is $\sqrt \lambda$. A normal number is within 1.96 standard deviations of its mean
in 95 % of all cases.""",
    explanation=r"""With $v = 5 \sum 1/n$, $\ln \lambda$ has mean $-v/2$ and standard deviation $\sqrt v$; half of that belongs to
the size. By trial:

```python
for n in (64, 128, 256, 512, 1024):
    low, high = size_band([n] * 50)
    print(f"width {n:4}: {low:.2f} to {high:.2f}")
```

At width 256 it is 0.30 to 2.06, at width 512 0.45 to 1.76, and at width 1024 0.58 to 1.53. So it takes between 512 and
1024 units (about 670); the lower end is the harder one, because the typical size drifts down.""",
    cases=[([128] * 50,), ([1000] * 10,), ([64, 32, 16],)],
    mistakes=[
        Mistake(
            lambda widths: _band(5 * _total(widths), half=1),
            "That is the band of the length. The size is its square root.",
        ),
        Mistake(
            lambda widths: _band(5 * _total(widths), drift=0),
            "The mean of the logarithm is missing: a typical signal shrinks.",
        ),
        Mistake(lambda widths: _band(2 * _total(widths)), "That is for linear layers. For ReLU it is 5, not 2."),
        Mistake(
            lambda widths: np.exp(-5 * _total(widths) / 4 + np.array([-1.96, 1.96]) * 5 * _total(widths) / 2),
            "5 times the sum is the variance of the logarithm. The band needs its root, the standard deviation.",
        ),
        Mistake(lambda widths: np.log(_band(5 * _total(widths))), "Those are logarithms. The factors are asked for."),
        Mistake(lambda widths: _band(5 * _total(widths), sigmas=1), "One standard deviation covers 68 %. Use 1.96."),
    ],
    tolerance=2e-3,  # 2 standard deviations in place of 1.96 are told apart
)
def size_band(widths):
    """The two factors, (low, high)."""
    v = 5 * sum(1 / n for n in widths)
    middle, spread = -v / 4, 1.96 * np.sqrt(v) / 2
    return np.exp(middle - spread), np.exp(middle + spread)


def _total(widths):
    return sum(1 / n for n in widths)


def _band(v, half=0.5, drift=1.0, sigmas=1.96):
    return np.exp(half * (-drift * v / 2 + np.array([-sigmas, sigmas]) * np.sqrt(v)))


@exercise(
    statement=r"""You are handed a plain deep network made of PyTorch's `nn.Linear` layers, weights as they come and biases set to
0, and you may only multiply all weights by one number. Which number makes them keep the signal at $\lambda = 1$, for a given
activation? What is it for ReLU?""",
    hint=r"""The standard deviation of its weights is $1/\sqrt{3n}$. What should it be?""",
    explanation=r"""The weights have $n \operatorname{Var} W = \tfrac13$, a gain of $1/\sqrt 3$. Multiplied by $c$ it is
$c/\sqrt 3$, which has to be the gain of the activation. For ReLU $c = \sqrt 3 \cdot \sqrt 2 = \sqrt 6 = 2.449$.""",
    cases=[("relu",), ("tanh",), ("selu",)],
    mistakes=[
        Mistake(
            lambda activation: gaussian.gain(activation),
            "That is the gain that the weights should have. PyTorch's already have one, 1/sqrt(3).",
        ),
        Mistake(
            lambda activation: 3 * gaussian.gain(activation) ** 2,
            "That is the factor for the variance. The weights themselves get its root.",
        ),
        Mistake(
            lambda activation: 3 * gaussian.gain(activation),
            "1/3 is n Var(W). The gain is its root.",
        ),
        Mistake(
            lambda activation: gaussian.gain(activation) / np.sqrt(3),
            "The wrong way round: PyTorch's weights are too small by 1/sqrt(3).",
        ),
        Mistake(
            lambda activation: np.sqrt(3) * gaussian.gain(activation, "backward"),
            "That serves the gradient. The signal was asked for.",
        ),
    ],
)
def repair(activation):
    """The number to multiply the weights by; use gaussian.gain."""
    return np.sqrt(3) * gaussian.gain(activation)


normalized = Written(
    kind="Think",
    statement=r"""Someone proposes to rescue deep sigmoid networks with the gain 1.8462, which makes $\lambda = 1$ a fixed point. Does
it attract? What is the signal made of there, and what happens to gradients?""",
    explanation=r"""It attracts, with slope 0.106. But 85 % of $\mathbb{E}[a^2]$ is the square of the mean $\tfrac12$, the same for every input, and $\chi = 0.153$:
gradients lose 85 % of their second moment in every layer. A fixed point at the size that the rules ask for is no proof
of health.""",
)
