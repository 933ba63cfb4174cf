"""The exercises of the chapter "Finding the right scale"."""

import numpy as np

from initlab import gaussian
from initlab_book.exercise import Mistake, Written, exercise

absolute = Written(
    statement=r"""Find the forward and the backward gain of $f(z) = |z|$. Its outputs have a mean far from zero. Does that
matter to the size of a signal?""",
    explanation=r"""$f(z)^2 = z^2$, so $\mathbb{E} f^2 = 1$ and the forward gain is 1. The slopes are $-1$ and $1$, so
$\mathbb{E} f'^2 = 1$, and the backward gain is 1 as well. The mean does not matter to the size, because the weights have mean
zero:

```python
print(gaussian.expectation(np.abs) ** 2)  # the mean squared, of 1
for seed in range(3):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((256, 16))
    for layer in range(20):
        a = np.abs(rng.normal(0, 1 / 16, (256, 256)) @ a)
    print(f"size after 20 layers: {np.sqrt(np.mean(a**2)):.2f}")
```

The mean squared makes up $2/\pi = 0.64$ of the second moment, and the size still stays near 1, up to the luck of a
finite width. To the content it matters: two unrelated inputs have cosine 0.64 after one layer already.""",
)


@exercise(
    statement=r"""$X$ and $Y$ are independent. Write down $\mathrm{Var}(XY)$ in terms of their means and variances.""",
    hint=r"""$\mathrm{Var}(XY) = \mathbb{E}[X^2]\,\mathbb{E}[Y^2] - (\mathbb{E}X\,\mathbb{E}Y)^2$.""",
    explanation=r"""Put $\mathbb{E}[X^2] = \mathrm{Var}X + (\mathbb{E}X)^2$ and the same for $Y$ into
the hint and multiply out: the fourth term, the product of the squared means, cancels.""",
    cases=[(0.0, 2.0, 3.0, 1.0), (1.0, 0.5, -2.0, 3.0), (0.5, 1.0, 0.0, 4.0)],
    mistakes=[
        Mistake(
            lambda mean_x, var_x, mean_y, var_y: var_x * var_y,
            "That holds only if both means are zero. Which terms do the means bring in?",
        ),
        Mistake(
            lambda mean_x, var_x, mean_y, var_y: (var_x + mean_x**2) * (var_y + mean_y**2),
            "That is E[(XY)^2], the second moment. The square of the mean of XY is still to be subtracted.",
        ),
        Mistake(
            lambda mean_x, var_x, mean_y, var_y: var_x * (var_y + mean_y**2),
            "That is right for a weight X of mean zero. Here X may have a mean as well.",
        ),
        Mistake(
            lambda mean_x, var_x, mean_y, var_y: var_x * mean_y**2 + var_y * mean_x**2,
            "The product of the two variances is missing.",
        ),
        Mistake(
            lambda mean_x, var_x, mean_y, var_y: var_x * mean_x**2 + var_y * mean_y**2 + var_x * var_y,
            "Crosswise: the variance of one is multiplied by the squared mean of the other.",
        ),
        Mistake(
            lambda mean_x, var_x, mean_y, var_y: var_x * var_y + var_x * mean_y + var_y * mean_x,
            "The means enter squared.",
        ),
        Mistake(
            lambda mean_x, var_x, mean_y, var_y: var_x + var_y,
            "That is the variance of the sum X + Y. The question was for the product.",
        ),
    ],
)
def product_variance(mean_x, var_x, mean_y, var_y):
    """Var(XY), a number."""
    return var_x * var_y + var_x * mean_y**2 + var_y * mean_x**2


@exercise(
    statement=r"""A layer has `n_in` inputs, `n_out` units and an activation, given by name. Which standard deviation of
its weights does the forward rule ask for, and which the backward rule? Use `gaussian.gain`.""",
    hint=r"""Equations (5), (6) and (7): which gain, and which number of terms in the sum?""",
    explanation=r"""Forward, the sum has `n_in` terms and the gain is that of (5). Backward, the transposed matrix sums over
the `n_out` units, and the gain is that of (6). A tanh layer with 512 inputs and 128 units asks for 0.0704 and for
0.1297: the two rules differ by a factor of 1.84.""",
    cases=[(512, 128, "tanh"), (100, 400, "gelu"), (300, 100, "relu"), (64, 64, "sigmoid")],
    mistakes=[
        Mistake(
            lambda n_in, n_out, activation: (
                gaussian.gain(activation) / np.sqrt(n_out),
                gaussian.gain(activation, "backward") / np.sqrt(n_in),
            ),
            "The widths are exchanged: forward sums over the inputs, backward over the units.",
        ),
        Mistake(
            lambda n_in, n_out, activation: (
                gaussian.gain(activation) / np.sqrt(n_in),
                gaussian.gain(activation) / np.sqrt(n_out),
            ),
            'Backward asks for a gain of its own: gaussian.gain(activation, "backward").',
        ),
        Mistake(
            lambda n_in, n_out, activation: (
                gaussian.gain(activation) / np.sqrt(n_in),
                gaussian.gain(activation, "backward") / np.sqrt(n_in),
            ),
            "Forward is right. Backward, the sum runs over the units: n_out terms.",
        ),
        Mistake(
            lambda n_in, n_out, activation: (1 / np.sqrt(n_in), 1 / np.sqrt(n_out)),
            "Right for a linear layer. The activation asks for a gain as well.",
        ),
        Mistake(
            lambda n_in, n_out, activation: (
                gaussian.gain(activation) / n_in,
                gaussian.gain(activation, "backward") / n_out,
            ),
            "Divide by the root of the width: it is the squares of the terms that add up.",
        ),
        Mistake(
            lambda n_in, n_out, activation: (
                gaussian.gain(activation, "backward") / np.sqrt(n_out),
                gaussian.gain(activation) / np.sqrt(n_in),
            ),
            "Both are right, but in the wrong order: first forward, then backward.",
        ),
    ],
)
def two_stds(n_in, n_out, activation):
    """The forward and the backward standard deviation, a pair."""
    forward = gaussian.gain(activation, "forward") / np.sqrt(n_in)
    backward = gaussian.gain(activation, "backward") / np.sqrt(n_out)
    return forward, backward


@exercise(
    statement=r"""Somebody invents a new activation function `f`. Measure its forward gain from 100,000 normal samples. (The
checker lets you be wrong by 3 per cent, for the luck of the draw.)""",
    hint=r"""Equation (5), with a mean over samples in place of $\mathbb{E}$. `rng` is a NumPy generator.""",
    explanation=r"""The mean of the squares of `f(z)` estimates $\mathbb{E} f^2$. For $f(z) = \sin z$ the gain is 1.521,
for $f(z) = z + 1$ it is $1/\sqrt2 = 0.707$, although the standard deviation of $z + 1$ is 1.""",
    cases=[
        lambda: (np.sin, np.random.default_rng(1)),
        lambda: (lambda z: z + 1, np.random.default_rng(2)),
        lambda: (lambda z: np.maximum(z, 0), np.random.default_rng(3)),
    ],
    tolerance=0.03,
    mistakes=[
        Mistake(
            lambda f, rng: 1 / np.std(f(rng.standard_normal(10**5))),
            "That is one over the standard deviation. The weights have mean zero, so the second moment counts.",
        ),
        Mistake(
            lambda f, rng: 1 / np.mean(f(rng.standard_normal(10**5)) ** 2),
            "That is the square of the gain.",
        ),
        Mistake(
            lambda f, rng: np.sqrt(np.mean(f(rng.standard_normal(10**5)) ** 2)),
            "That is the factor of the activation. The gain has to make up for it: one over that.",
        ),
        Mistake(
            lambda f, rng: 1 / np.mean(np.abs(f(rng.standard_normal(10**5)))),
            "That keeps the mean of the absolute value. Equation (5) asks for the mean of the square.",
        ),
        Mistake(
            lambda f, rng: 1 / np.sqrt(np.mean(f(rng.random(10**5)) ** 2)),
            "z must be normal, N(0, 1): use rng.standard_normal.",
        ),
    ],
)
def measured_gain(f, rng):
    """The gain g of equation (5), a number."""
    z = rng.standard_normal(100_000)
    return 1 / np.sqrt(np.mean(f(z) ** 2))


weights_with_a_mean = Written(
    statement=r"""The weights of a ReLU network with 256 units a layer have standard deviation $\sigma = \sqrt2/16$, which is
right, but also a small mean $\mu = 0.01$, a ninth of $\sigma$. Work out $\mathbb{E}[z^2]$ in a layer whose inputs have
$\mathbb{E}[a^2] = 1$ and $(\mathbb{E}\,a)^2 = 1/\pi$ and are independent. What should it be?""",
    hint=r"""The mixed terms of the square no longer vanish. There are $n(n-1)$ of them.""",
    explanation=r"""Each of the $n$ squares contributes $(\sigma^2 + \mu^2)\,\mathbb{E}[a^2]$, each of the $n(n-1)$ mixed
terms $\mu^2 (\mathbb{E}\,a)^2$. Together $256\,(\sigma^2 + \mu^2) + 256 \cdot 255\, \mu^2/\pi = 2.03 + 2.08 = 4.10$, where
2 would be right. The algebra agrees:

```python
m, mu, n, q, v = sp.symbols("m mu n q v")
W = random("W_j", mean=mu, variance=v, index="j")
a = random("a_j", mean=m, second_moment=q, index="j")
result = E(Total(W * a, "j", n) ** 2)
values = {m: np.pi**-0.5, mu: 0.01, n: 256, q: 1, v: 2 / 256}
print(result, "=", round(float(result.subs(values)), 2))
```

One layer doubles the second moment of $z$. It gets worse: from then on all units share the shift
$\mathbb{E}\,z = n\mu\,\mathbb{E}\,a$. ReLU makes no number smaller, so $\mathbb{E}\,a \ge \mathbb{E}\,z$, and each layer
multiplies the shift by $n\mu = 2.56$ or a little more. After 20 layers the signal is more than a hundred million times too large.
With $\mu = 0$, nothing of the kind happens.""",
)

sigmoid = Written(
    kind="Experiment",
    statement=r"""In the first explorer, the gradients of the sigmoid survived at width 256 and the largest $\sigma$. Find
the gain that keeps them: where does the signal settle, and what does a layer then do to the gradient?""",
    hint=r"""`gaussian.fixed_points("sigmoid", scaled_weight_variance=g**2)[-1]` holds the square of the size at which $z$ settles,
as `q`, and the factor of the squared gradient there, as `chi_1`.""",
    explanation=r"""The backward gain of (6), 4.72, does not do it. It is meant for $z$ of size 1, and with it $z$ settles at
2.92, where the slopes are smaller. A larger gain makes $z$ larger still; but the factor $g^2$ wins in the end.

```python
for g in (1.8462, 4.7226, 8, 10.15, 12):
    point = gaussian.fixed_points("sigmoid", scaled_weight_variance=g**2)[-1]
    print(f"g = {g:7}: z settles at {np.sqrt(point.q):.2f},", end=" ")
    print(f"gradient per layer {np.sqrt(point.chi_1):.3f}")
seen = chapter.experiments.sizes("sigmoid", 256, [10.15 / 16])
print(f"a[1] {seen.a[0, 1]:.2f}, a[20] {seen.a[0, -1]:.2f};", end=" ")
print(f"gradients: top {seen.dz[0, -1]:.3f}, bottom {seen.dz[0, 0]:.3f}")
```

At $g = 10.15$ signal and gradient both keep their size, far from where (5) and (6) point. But $z$ has size
6.76 there, and two thirds of the units sit beyond $|z| = 3$, where the slope is below a fifth of its largest value. The
rules are about sizes. Whether such a network learns is another question.""",
)
