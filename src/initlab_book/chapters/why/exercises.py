"""The exercises of the chapter "Why initialization matters"."""

import numpy as np

from initlab_book.exercise import Mistake, Written, Wrong, exercise

first_loss = Written(
    statement=r"""A classifier of ten kinds of digits has just been initialized. Before its first step it reports a
cross-entropy of 7.9. What should it report, and what does the difference tell you?""",
    explanation=r"""A network that knows nothing should give every digit the probability $\tfrac1{10}$, and by (1) its
loss is $\ln 10 = 2.30$. A loss of 7.9 means that the right digit gets, in the geometric mean, a probability of
$e^{-7.9} = 0.0004$: the network is sure of itself, without having seen a thing. Its scores are too large, because its
weights are, or because its inputs were never scaled.""",
)


def _random_weights(answer):
    """What any initializer must do, whatever the size of its weights."""
    shape = (300, 100)
    W, again, other = (answer(shape, np.random.default_rng(seed)) for seed in (0, 0, 1))
    if not isinstance(W, np.ndarray):
        raise Wrong(f"he must return a NumPy array, but it returns {type(W).__name__}.")
    if W.shape != shape:
        hint = " Rows belong to outputs, columns to inputs." if W.shape == shape[::-1] else ""
        raise Wrong(f"he({shape}, rng) returns an array of shape {W.shape}.{hint}")
    if np.ptp(W) == 0:
        raise Wrong("All weights are equal. They must be random.")
    if not np.array_equal(W, again):
        raise Wrong("The same seed gives different weights. Draw from rng, and from nothing else.")
    if np.array_equal(W, other):
        raise Wrong("Every rng gives the same weights. Draw from the rng that you are given.")
    if abs(W.mean()) > 5 * W.std() / np.sqrt(W.size):  # five standard errors
        raise Wrong(f"The weights have mean {W.mean():.3g}. It should be 0.")
    # Beyond two standard deviations lie 4.55 % of a normal distribution, with a standard error of 0.12 % here.
    if abs(np.mean(abs(W) > 2 * W.std()) - 0.0455) > 0.006:
        raise Wrong(
            f"The weights are not normal: {np.mean(abs(W) > 2 * W.std()):.1%} of them lie beyond two standard deviations, "
            "and of normal ones 4.6% do. rng.normal draws them."
        )


@exercise(
    statement=r"""Write He's initializer yourself: normal weights with mean 0 and variance $2/n$, where $n$ is the
number of inputs of a unit. The shape is `(outputs, inputs)`, and `rng` is a NumPy generator.""",
    hint=r"""`rng.normal(mean, std, shape)` wants the standard deviation.""",
    explanation=r"""A variance of $2/n$ is a standard deviation of $\sqrt{2/n}$. Each row of $W$ holds the weights of
one unit, so the number of its inputs is the number of columns.""",
    cases=[lambda shape=shape: (shape, np.random.default_rng(2)) for shape in ((300, 100), (100, 400))],
    require=_random_weights,
    measure=lambda answer, *arguments: np.std(answer(*arguments)),
    gives="draws weights with standard deviation",
    tolerance=0.025,  # 5 / sqrt(2 x 30,000): five standard errors of a standard deviation
    mistakes=[
        Mistake(
            lambda shape, rng: rng.normal(0, 2 / shape[1], shape),
            "2/n is the variance. rng.normal asks for the standard deviation, its square root.",
        ),
        Mistake(
            lambda shape, rng: rng.normal(0, np.sqrt(2 / shape[0]), shape),
            "You have used the number of outputs, shape[0]. The variance depends on the number of inputs.",
        ),
        Mistake(
            lambda shape, rng: rng.normal(0, 2 / shape[0], shape),
            "Two things: 2/n is the variance and rng.normal asks for the standard deviation; and n is the number of "
            "inputs, not of outputs.",
        ),
        Mistake(
            lambda shape, rng: rng.normal(0, np.sqrt(1 / shape[1]), shape),
            "The variance is 1/n: the factor 2 is missing.",
        ),
        Mistake(
            lambda shape, rng: rng.normal(0, np.sqrt(2 / sum(shape)), shape),
            "You have divided by inputs plus outputs. That is Glorot and Bengio's rule; He's takes the inputs alone.",
        ),
        Mistake(
            lambda shape, rng: rng.normal(0, np.sqrt(2) / shape[1], shape),
            "The root must cover the n as well: sqrt(2 / n), not sqrt(2) / n.",
        ),
        Mistake(
            lambda shape, rng: rng.normal(0, 1, shape),
            "These weights have variance 1, whatever the number of inputs.",
        ),
    ],
)
def he(shape, rng):
    """Weights of the given shape, (outputs, inputs)."""
    return rng.normal(0, np.sqrt(2 / shape[1]), shape)


def _scores(scale):
    return scale * np.array([[1.0, -2.0, 0.5, 0.0], [0.0, 3.0, 0.5, 1.0], [-1.0, 0.0, 2.0, 4.0]])


_LABELS = np.array([0, 1, 0, 2])


def _unsafe(scores, labels):
    with np.errstate(all="ignore"):
        p = np.exp(scores) / np.exp(scores).sum(axis=0)
        return -np.mean(np.log(p[labels, np.arange(len(labels))]))


def _log_of_sum(scores, labels):
    with np.errstate(all="ignore"):
        log_p = scores - np.log(np.exp(scores).sum(axis=0))
        return -np.mean(log_p[labels, np.arange(len(labels))])


def _log_sum(scores, axis):
    top = scores.max(axis=axis, keepdims=True)
    return np.log(np.exp(scores - top).sum(axis=axis, keepdims=True)) + top


def _stable(scores, labels):
    return (_log_sum(scores, 0) - scores)[labels, np.arange(len(labels))]


@exercise(
    statement=r"""At scale 10 the scores are of the order of a million, and $e^{1000000}$ is far more than a computer
can hold. Write the loss (1) so that it survives that. `scores` has shape `(classes, examples)`, and the probability of
class $k$ is $P_k = e^{z_k} / \sum_j e^{z_j}$; `labels` holds the right class of each example.""",
    hint=r"""Subtract the largest score of each example from all of its scores: $P$ does not change. Then do not compute
$P$, but $\ln P_k = z_k - \ln \sum_j e^{z_j}$.""",
    explanation=r"""After the subtraction the largest score is 0, so that the sum lies between 1 and the number of
classes, and its logarithm is harmless. Taking the logarithm of a computed $P$ would not be: $e^{-1000000}$ is rounded
to 0.""",
    cases=[
        (_scores(1.0), _LABELS),
        (_scores(0.1), _LABELS),
        (_scores(1e6), _LABELS),
        (_scores(1.0) + 1e4, _LABELS),  # only differences count
        (_scores(1e6), _scores(1e6).argmax(axis=0)),  # all answers right: the loss is 0
    ],
    mistakes=[
        Mistake(
            _log_of_sum,
            "Right for small scores. With scores of a million exp overflows, and the logarithm of infinity is infinite. "
            "Subtract the largest score of each example first, so that no exponent is above 0.",
        ),
        Mistake(
            lambda scores, labels: _log_of_sum(scores - scores.mean(axis=0), labels),
            "You have subtracted the mean. Some exponents are still above 0, and with scores of a million exp overflows. "
            "Subtract the largest score.",
        ),
        Mistake(
            lambda scores, labels: _log_of_sum(scores - scores.max(), labels),
            "You have subtracted the largest score of all examples. For an example whose scores are all far below it, "
            "every exp is rounded to 0. Subtract the largest score of each example: axis=0.",
        ),
        Mistake(
            lambda scores, labels: -(scores - _log_sum(scores, 1))[labels, np.arange(len(labels))].mean(),
            "The sum has run over the examples, axis 1. For each example, P adds up to 1 over the classes: axis 0.",
        ),
        Mistake(
            lambda scores, labels: -(scores - _log_sum(scores, 0))[labels].mean(),
            "log_p[labels] takes whole rows. One entry is wanted for each example: log_p[labels, np.arange(len(labels))].",
        ),
        Mistake(
            _unsafe,
            "Right for small scores. With scores of a million exp overflows, and inf / inf is not a number. Subtract "
            "the largest score of each example first: P does not change.",
        ),
        Mistake(
            lambda scores, labels: _unsafe(scores - scores.max(axis=0), labels),
            "exp no longer overflows. But with scores of a million a P is rounded to 0, and its logarithm is infinite. "
            "Do not compute P: the logarithm of a quotient is a difference of logarithms.",
        ),
        Mistake(
            lambda scores, labels: _stable(scores, labels).sum(),
            "That is the sum over the examples. The loss (1) is their mean.",
        ),
        Mistake(lambda scores, labels: -_stable(scores, labels).mean(), "Only the sign is wrong: a loss is positive."),
        Mistake(
            lambda scores, labels: _stable(scores, labels).mean() / np.log(2),
            "That is the logarithm to base 2. The loss (1) has the natural one, np.log.",
        ),
        Mistake(
            lambda scores, labels: _stable(scores, labels).mean() / len(scores),
            "You have divided by the number of classes as well. The loss (1) is a mean over the examples only.",
        ),
        Mistake(
            lambda scores, labels: _stable(scores, labels),
            "These are the losses of the single examples. Return their mean.",
        ),
    ],
)
def cross_entropy(scores, labels):
    """The mean of -ln p, with p the probability of the right class."""
    scores = scores - scores.max(axis=0)
    log_p = scores - np.log(np.exp(scores).sum(axis=0))
    return -np.mean(log_p[labels, np.arange(len(labels))])


other_activation = Written(
    kind="Experiment",
    statement=r"""Replace ReLU by tanh, and let the variance of scale 1 be $1/n$, without the 2. Is scale 3 still
harder to train than scale 1? Guess first.""",
    hint=r"""`network.sample(chapter.experiments.WIDTHS, "tanh", start, seeds=range(5))` draws five networks, and `training.train` takes
an array of learning rates.""",
    explanation=r"""```python
from functools import partial
from initlab import training

rates = np.array([0.01, 0.0316, 0.1, 0.316])
for scale in (1, 3):
    start = partial(
        initializers.variance_scaling,
        scale=scale**2, mode="fan_in", distribution="normal",
    )
    net = network.sample(chapter.experiments.WIDTHS, "tanh", start, seeds=range(5))
    options = dict(loss="softmax_cross_entropy", steps=1000, batch_size=20, rng=0)
    run = training.train(net, *chapter.experiments.data(), learning_rate=rates[:, None], **options)
    _, right = training.evaluate(
        run.network, *chapter.experiments.new_points(), loss="softmax_cross_entropy"
    )
    print(f"scale {scale}:", *(f"{share:.1%}" for share in right.mean(axis=1)))
```

With tanh, in this network, scale 3 is no trouble: it is better at the two smaller rates and within half a per cent at
the others. Nor is it with momentum, with Adam, or with 32 units a layer: for each there is a rate at which at least
nine draws of ten get 99 %. An activation of tanh is never larger than 1, so weights three times too large cannot make
a signal explode as they do with ReLU. Its gradients can still explode, and with twenty hidden layers they do.""",
)
