"""The exercises of the chapter "Deriving Xavier"."""

import numpy as np

from initlab_book.exercise import Mistake, Written, exercise

which_fails = Written(
    statement=r"""Two layers of a network share one weight matrix, $W^{[2]} = W^{[1]}$, with centred, independent entries.
The input is independent of it. In which of the two layers does an assumption of (3) fail, and which one?""",
    hint="What does the second layer's input depend on?",
    explanation=r"""In the second. Its input $a^{[1]} = W^{[1]} x$ is made with the very matrix that it meets again, so
*weights independent of activations* fails. In the first layer all is well.

How much it matters is another question. With $z = W (W x)$, a term comes back only where the same entry of $W$ occurs
twice in a product, and that is one term in $n^2$. For normal weights of variance $1/n$ in linear layers the second
moment is exactly $1 + 2/n^2$ in place of 1: a failed assumption, but a small one. It is worse in recurrent networks,
where the same matrix is applied many times.""",
)


@exercise(
    statement=r"""The weights of a unit have standard deviation `std` and mean `mu`; the activations have second moment
`q` and mean `m`, and everything is independent. What is $\mathbb{E}[z^2]$ for `n` inputs and no bias?""",
    hint="Rule 3: $n$ squares and $n(n-1)$ products of two different terms.",
    explanation=r"""A square has mean $\mathbb{E}[W^2]\,\mathbb{E}[a^2] = (\sigma_w^2 + \mu^2)\, q$, and a product of two
different terms $\mathbb{E}[W]^2\, \mathbb{E}[a]^2 = \mu^2 m^2$. The switchboard says the same with *Weights: mean zero*
and *Activations: mean zero* off.""",
    cases=[(100, 0.1, 0.05, 1.0, 0.5), (10, 0.3, -0.2, 2.0, 1.0), (1, 1.0, 0.5, 1.0, 0.2)],
    mistakes=[
        Mistake(
            lambda n, std, mu, q, m: n * (std**2 + mu**2) * q,
            "The squares are right. Products of two different terms have a mean, too, when both means are not zero.",
        ),
        Mistake(
            lambda n, std, mu, q, m: n * (std**2 + mu**2) * q + n**2 * mu**2 * m**2,
            "Almost: n² counts the n products of a term with itself a second time. Different pairs are n (n − 1).",
        ),
        Mistake(
            lambda n, std, mu, q, m: n * std**2 * q + n * (n - 1) * mu**2 * m**2,
            "The squares are too small: E[W²] is not the variance when the mean is not zero.",
        ),
        Mistake(
            lambda n, std, mu, q, m: n * (std**2 + mu**2) * (q + m**2) + n * (n - 1) * mu**2 * m**2,
            "q is E[a²], the mean is in it already. It is not the variance of a.",
        ),
    ],
)
def second_moment(n, std, mu, q, m):
    """E[z^2] of a unit."""
    squares = n * (std**2 + mu**2) * q
    products = n * (n - 1) * mu**2 * m**2
    return squares + products


@exercise(
    statement=r"""The compromise (5) as Glorot and Bengio draw it: uniformly from $-a$ to $a$. What is $a$, for a layer
with `n_in` inputs and `n_out` outputs?""",
    hint=r"A uniform distribution from $-a$ to $a$ has variance $a^2/3$.",
    explanation=r"""From $a^2/3 = 2/(n_{\mathrm{in}} + n_{\mathrm{out}})$ follows
$a = \sqrt{6/(n_{\mathrm{in}} + n_{\mathrm{out}})}$.""",
    cases=[(100, 100), (784, 300), (3, 1)],
    mistakes=[
        Mistake(
            lambda n_in, n_out: np.sqrt(2 / (n_in + n_out)),
            "That is the standard deviation. A uniform distribution reaches √3 times as far.",
        ),
        Mistake(
            lambda n_in, n_out: np.sqrt(3 / n_in),
            "That is the bound for Var W = 1/n_in, which looks at the forward direction only.",
        ),
        Mistake(
            lambda n_in, n_out: np.sqrt(3 * (1 / n_in + 1 / n_out) / 2),
            "That is the arithmetic mean of 1/n_in and 1/n_out. The compromise (5) is the harmonic mean.",
        ),
        Mistake(
            lambda n_in, n_out: np.sqrt(3 / np.sqrt(n_in * n_out)),
            "That is the geometric mean of 1/n_in and 1/n_out. The compromise (5) is the harmonic mean.",
        ),
    ],
)
def uniform_bound(n_in, n_out):
    """The bound a of the uniform distribution."""
    return np.sqrt(6 / (n_in + n_out))


@exercise(
    statement=r"""Somebody draws weights uniformly from 0 to $b$ instead of from $-b$ to $b$. In a deep
linear network of `n` units a layer, whose weights have variance $1/n$, by how much does each layer multiply the common
part of the signal?""",
    hint=r"""A uniform distribution from 0 to $b$ has mean $b/2$ and variance $b^2/12$. The common part is multiplied by
$n\mu$.""",
    explanation=r"""$b^2/12 = 1/n$ gives $b = \sqrt{12/n}$ and $\mu = b/2 = \sqrt{3/n}$, so the factor is
$n \mu = \sqrt{3n}$: 17 at $n = 100$. The variance is exactly Xavier's, and the network explodes.""",
    cases=[(100,), (3,), (512,)],
    mistakes=[
        Mistake(lambda n: np.sqrt(3 / n), "That is the mean of a weight. The unit adds up n of them."),
        Mistake(lambda n: np.sqrt(n), "That would be a mean of one standard deviation. Here it is √3 of them."),
        Mistake(
            lambda n: np.sqrt(3 * n) / 2,
            "Half of it is missing: for variance b²/12 = 1/n the bound b is √(12/n), and the mean is b/2.",
        ),
        Mistake(lambda n: 3 * n, "That is the factor of the second moment. The common part itself was asked for."),
    ],
)
def common_factor(n):
    """The factor by which a layer multiplies the common part of the signal."""
    b = np.sqrt(12 / n)
    return n * b / 2


harmonic = Written(
    statement=r"""Show that for every choice of $\mathrm{Var}\,W$ between $1/n_{\mathrm{in}}$ and $1/n_{\mathrm{out}}$ one
of the two directions grows and the other shrinks, and that with (5) the sum of the two factors is 2. Is (5) the only
choice with a symmetric property like this?""",
    explanation=r"""With $v = \mathrm{Var}\,W$ the factors are $n_{\mathrm{in}} v$ and $n_{\mathrm{out}} v$. If $v$ lies
strictly between $1/n_{\mathrm{in}}$ and $1/n_{\mathrm{out}}$, one is above 1 and the other below. Their sum is
$(n_{\mathrm{in}} + n_{\mathrm{out}})\, v$, which is 2 for (5).

It is not the only symmetric choice. The arithmetic mean of the two variances makes $1/f + 1/g = 2$ for the factors
$f$ and $g$. And $v = 1/\sqrt{n_{\mathrm{in}} n_{\mathrm{out}}}$, the geometric mean, makes the
*product* of the two factors 1, so that on a logarithmic scale one gains what the other loses. The two differ little
unless the widths differ much: at 512 and 32 units the factors are 1.88 and 0.12 for (5), 4 and 0.25 for the geometric
mean.""",
)
