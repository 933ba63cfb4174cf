"""The exercises of the chapter "Xavier initialization"."""

from itertools import pairwise

import numpy as np

from initlab_book.exercise import Mistake, Written, exercise


@exercise(
    statement=r"""Give the bound $r$ for which $U[-r, r]$ is Glorot and Bengio's rule, for a layer with `n_in` inputs and
`n_out` units. Work it out by hand for the first layer of a digit classifier, 784 inputs and 300 units.""",
    hint=r"""Equation (3). If you have forgotten it: which variance is asked for, and which has $U[-r, r]$?""",
    explanation=r"""$r^2/3 = 2/(n_{\text{in}} + n_{\text{out}})$, so $r = \sqrt{6/(n_{\text{in}} + n_{\text{out}})}$. For 784 and
300 that is $\sqrt{6/1084} = 0.0744$; PyTorch's default would have $1/\sqrt{784} = 0.0357$.""",
    cases=[(784, 300), (256, 256), (10, 1000)],
    mistakes=[
        Mistake(
            lambda n_in, n_out: np.sqrt(2 / (n_in + n_out)),
            "That is the standard deviation. The bound of a uniform distribution is √3 times as large.",
        ),
        Mistake(lambda n_in, n_out: 2 / (n_in + n_out), "That is the variance. From it, find r with r²/3 = Var W."),
        Mistake(lambda n_in, n_out: np.sqrt(3 / n_in), "That is LeCun's rule, 1/n_in, in uniform form."),
        Mistake(
            lambda n_in, n_out: 1 / np.sqrt(n_in), "That is the standard rule (1), with its variance of 1/(3 n_in)."
        ),
        Mistake(
            lambda n_in, n_out: np.sqrt(24 / (n_in + n_out)),
            "The variance of a uniform distribution is (high − low)²/12, and high − low is 2r: that makes r²/3.",
        ),
        Mistake(
            lambda n_in, n_out: np.sqrt(3 / (n_in + n_out)),
            "The average of the two fans is (n_in + n_out)/2. A factor of 2 is missing under the root.",
        ),
    ],
)
def bound(n_in, n_out):
    """The bound r, a number."""
    return np.sqrt(6 / (n_in + n_out))


@exercise(
    statement=r"""A deep linear network has the widths `widths`, from the input to the last layer, and weights by Glorot and
Bengio's rule. By which factor does it multiply the mean square of its input, on average? Try `[64, 256, 64]`, and then a
hundred such blocks.""",
    hint=r"""The factor of the signal, $2\, n_{\text{in}} / (n_{\text{in}} + n_{\text{out}})$, once for every layer. `itertools.pairwise(widths)` gives the pairs
$(n_{\text{in}}, n_{\text{out}})$.""",
    explanation=r"""One block gives $\tfrac25 \cdot \tfrac85 = 0.64$, and a hundred of them $0.64^{100} = 4 \cdot 10^{-20}$:

```python
print(signal_factor([64, 256, 64]), signal_factor([64, 256] * 100 + [64]))
```

With $1/n_{\text{in}}$ the factor would be 1, whatever the widths.""",
    cases=[([64, 256, 64],), ([512, 128, 32],), ([10, 10],), ([32, 64, 128, 256],)],
    mistakes=[
        Mistake(
            lambda widths: np.prod([2 * n_out / (n_in + n_out) for n_in, n_out in pairwise(widths)]),
            "These are the factors of the gradient. A sum over n_in inputs multiplies the signal by n_in Var W.",
        ),
        Mistake(
            lambda widths: 2 * widths[0] / (widths[0] + widths[-1]),
            "Only the first and the last width count there. The factors of this rule do not telescope: multiply them all.",
        ),
        Mistake(
            lambda widths: widths[0] / widths[-1],
            "That is the factor under the rule 1/n_out.",
        ),
        Mistake(
            lambda widths: np.prod([(n_in / n_out) ** 0.5 for n_in, n_out in pairwise(widths)]),
            "That is the factor under the geometric rule, 1/√(n_in n_out).",
        ),
        Mistake(
            lambda widths: np.prod([n_in / (n_in + n_out) for n_in, n_out in pairwise(widths)]),
            "The variance is 2/(n_in + n_out): a factor of 2 is missing in every layer.",
        ),
        Mistake(
            lambda widths: sum(2 * n_in / (n_in + n_out) for n_in, n_out in pairwise(widths)),
            "Factors of successive layers are multiplied, not added.",
        ),
        Mistake(lambda widths: 1.0, "That is the factor under the rule 1/n_in."),
    ],
)
def signal_factor(widths):
    """E[a²] in the last layer divided by E[a²] of the input, a number."""
    factor = 1.0
    for n_in, n_out in pairwise(widths):
        factor *= 2 * n_in / (n_in + n_out)
    return factor


@exercise(
    statement=r"""Find the variance for which a layer multiplies the mean square of the signal by some factor and that of the
gradient by exactly the inverse of it.""",
    hint=r"""The factors are $n_{\text{in}} v$ and $n_{\text{out}} v$. Their product has to be 1.""",
    explanation=r"""$n_{\text{in}} n_{\text{out}} v^2 = 1$ gives $v = 1/\sqrt{n_{\text{in}} n_{\text{out}}}$. The forward factor
is then $\sqrt{n_{\text{in}}/n_{\text{out}}}$. The variance $2/(n_{\text{in}} + n_{\text{out}})$ is never larger, because the
mean of two numbers is at least their geometric mean; that is the leak.""",
    cases=[(100, 300), (64, 256), (50, 50)],
    mistakes=[
        Mistake(
            lambda n_in, n_out: 2 / (n_in + n_out),
            "With this one the two factors add up to 2. Their product is below 1 unless the widths are equal.",
        ),
        Mistake(lambda n_in, n_out: 1 / n_in, "That makes the forward factor 1, and the backward factor n_out/n_in."),
        Mistake(lambda n_in, n_out: 1 / n_out, "That makes the backward factor 1, and the forward factor n_in/n_out."),
        Mistake(
            lambda n_in, n_out: (n_in * n_out) ** -0.25,
            "That is the standard deviation. The variance is its square.",
        ),
        Mistake(
            lambda n_in, n_out: 1 / (n_in * n_out),
            "The product of the two factors is n_in n_out v², with v squared: take a root.",
        ),
        Mistake(
            lambda n_in, n_out: (1 / n_in + 1 / n_out) / 2,
            "That is the mean of the two variances of (2). With it the product of the factors is above 1.",
        ),
    ],
)
def even_variance(n_in, n_out):
    """The variance of a weight, a number."""
    return 1 / np.sqrt(n_in * n_out)


@exercise(
    statement=r"""Glorot and Bengio looked at one more number: the average singular value of the Jacobian `J` of a layer,
about 0.8 under their rule and 0.5 under the standard one. They call it a ratio of *variances* from one layer to the
next. If Xavier keeps things as they are, why 0.8 and not 1? From the singular values of `J`, compute the factor by which
it multiplies the mean square of a random vector with independent entries of mean 0 and variance 1, on average. What is it
for 512 × 512 weights of both rules, the Jacobians of linear layers?""",
    hint=r"""$\mathbb{E}\,|J x|^2$ is the sum of all squared entries of $J$, and that is the sum of all squared singular
values. How many entries has $J x$, and how many has $x$?""",
    explanation=r"""It is the mean of the *squared* singular values: $|x|^2$ has mean $n$, and $|J x|^2$ has the sum of the
squares.

```python
for rule in (chapter.experiments.standard, initializers.xavier_uniform):
    W = rule((512, 512), rng=0)
    sigma = np.linalg.svd(W, compute_uv=False)
    print(f"{variance_ratio(W):.3f}, but the mean of sigma is {sigma.mean():.3f}")
```

That gives 0.333 and 0.999, as (2) says, against means of 0.491 and 0.850. The mean of numbers that spread is less than the
root of their mean square, and singular values spread: some directions are stretched up to two-fold, others flattened to
almost nothing, in every layer anew. In a large square matrix of independent entries they fill a quarter of a circle,
with mean $\frac{8}{3\pi} \sqrt{n \operatorname{Var} W}$: see
[Marchenko and Pastur (1967)](https://doi.org/10.1070/SM1967v001n04ABEH001994). Orthogonal matrices have all of them at 1.""",
    cases=[
        lambda: (np.random.default_rng(0).standard_normal((6, 6)),),
        lambda: (np.diag([2.0, 1.0, 0.0]),),
        lambda: (np.random.default_rng(1).standard_normal((5, 5)) / 3,),
    ],
    mistakes=[
        Mistake(
            lambda J: np.linalg.svd(J, compute_uv=False).mean(),
            "That is the mean singular value, which the paper reports. A mean square asks for the squares.",
        ),
        Mistake(
            lambda J: np.linalg.svd(J, compute_uv=False).mean() ** 2,
            "The square of the mean is not the mean of the squares. Square first.",
        ),
        Mistake(
            lambda J: np.sqrt(np.mean(np.linalg.svd(J, compute_uv=False) ** 2)),
            "That is the factor for the root mean square. The question was for the mean square.",
        ),
        Mistake(
            lambda J: np.sum(J**2),
            "That is E|Jx|², the sum of n squares. The mean square of x is 1, so take the mean of them.",
        ),
        Mistake(
            lambda J: np.mean(J**2),
            "J has n² entries, but Jx has n. Divide the sum of squares by n.",
        ),
        Mistake(
            lambda J: abs(np.linalg.det(J)) ** (1 / len(J)),
            "That is the geometric mean of the singular values, by which volumes shrink.",
        ),
        Mistake(
            lambda J: np.linalg.svd(J, compute_uv=False).max() ** 2,
            "That is the factor in the most stretched direction. Take the average over all of them.",
        ),
    ],
)
def variance_ratio(J):
    """The factor for a square matrix J, a number."""
    return np.mean(np.linalg.svd(J, compute_uv=False) ** 2)


twenty = Written(
    kind="Experiment",
    statement=r"""With twenty tanh layers of 16 units, the standard rule and SGD learned nothing from the spiral, and Adam
learned. Look at a network before its training: how large is the signal in the last hidden layer, and how large are the
gradients of the weights? What does Adam make of them?""",
    explanation=r"""The mean square of the signal in the last hidden layer is about $10^{-10}$: for the output all points are
the same.

```python
from initlab.datasets import spiral

x, y = spiral(200, rng=0)
net = network.sample([2] + [16] * 20 + [2], "tanh", chapter.experiments.standard, rng=0)
seen = network.observe(net, x, targets=y, loss="softmax_cross_entropy")
print(seen.a.second_moment[20])
print(np.sqrt(seen.dW.second_moment))
```

The gradients of the weights have a size of about $10^{-6}$ in every layer. SGD multiplies them by the learning rate, and
500 such steps come to nothing. Adam divides them by their own size first: its steps are as large as the learning rate
says, as long as gradients are well above its $\epsilon$ of $10^{-8}$.""",
)

torch_biases = Written(
    kind="Experiment",
    statement=r"""`nn.Linear` draws its biases by (1) too, instead of setting them to zero. Does that keep the signal alive? Send
two different inputs through fifty such tanh layers of 256 units, and watch the mean square of $z$, and the correlation
between the two.""",
    hint=r"""`network.sample` takes a `bias_initializer`, and `initializers.uniform` takes `low` and `high`.""",
    explanation=r"""The mean square stops falling, and settles at about 0.002:

```python
rule = partial(initializers.uniform, low=-1 / 16, high=1 / 16)
net = network.sample([256] * 51, "tanh", rule, bias_initializer=rule, rng=0)
x = np.random.default_rng(0).standard_normal((256, 2))
passed = network.forward(net, x)
for l in (1, 5, 10, 20, 50):
    z, a = passed.z[l - 1], passed.a[l]
    print(l, np.mean(z**2), np.corrcoef(a[:, 0], a[:, 1])[0, 1])
```

Each layer keeps a third of what arrives and adds the variance of a bias, $1/(3n)$. That balances at
$q = q/3 + 1/(3n)$, so $q = 1/(2n) = 0.00195$. But the biases are the same for every input, and what came from the input
keeps shrinking. In layer 10 the two activations have a correlation above 0.99, and in layer 20 it differs from 1 by
less than $10^{-6}$. The signal lives, and says nothing.""",
)
