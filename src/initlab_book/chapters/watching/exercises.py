"""The exercises of the chapter "Watching networks train", and the six networks that its last one asks about."""

from functools import partial
from typing import NamedTuple

import numpy as np

from initlab import datasets
from initlab.initializers import constant, he_normal, normal, xavier_normal, zeros
from initlab.network import Network, sample
from initlab_book.chapters.watching.experiments import split_digits
from initlab_book.exercise import Mistake, Written, Wrong, exercise

first_loss = Written(
    statement=r"""A network for 100 classes reports a loss of 5.2 before its first step. What should it report? How large
is the variance of its scores, by (3)? By which number would you multiply the weights of its last layer to bring the
first loss to within 0.01 of where it should be?""",
    hint=r"""Scores are proportional to the weights of the last layer, and their variance to the square of these.""",
    explanation=r"""It should report $\ln 100 = 4.605$. The excess is 0.595, and by (3) it is $\tfrac v2 \cdot 0.99$, so
that $v = 1.2$. (At this size (3) is not exact any more. It will do.) To bring the excess down to 0.01, $v$ must shrink to
0.02, by a factor of 60, and the weights by $\sqrt{60}$: multiply by 0.13.""",
)


def _z(scale, seed):
    """Preactivations of 40 units for 50 examples; some units have large biases. None is so near to the border that it
    matters whether that is rounded."""
    rng = np.random.default_rng(seed)
    z = scale * rng.standard_normal((40, 50)) + 5 * rng.standard_normal((40, 1)) * (rng.random((40, 1)) < 0.3) + 0.3
    return np.where(abs(abs(z) - 2.18) < 0.03, 2 * np.sign(z), z)


@exercise(
    statement=r"""Compute the share of saturated pairs yourself: given the preactivations `z` of a layer of tanh units, an
array (units, examples), in which share of the pairs is the slope of tanh below 5 % of its largest value?""",
    hint=r"""The slope of tanh is $1 - \tanh^2 z$. Where is it largest?""",
    explanation=r"""The slope is largest at $z = 0$, where it is 1. Below 0.05 means $|a| > \sqrt{0.95} = 0.975$, or
$|z| > 2.18$.""",
    cases=[(_z(1.0, 0),), (_z(2.0, 1),), (_z(3.0, 2),)],
    mistakes=[
        Mistake(
            lambda z: np.mean(np.tanh(z) > np.sqrt(0.95)),
            "You have left out the units near -1. Their slope is as small as that of the units near 1.",
        ),
        Mistake(
            lambda z: np.mean(abs(z) > np.sqrt(0.95)),
            "0.975 is where the activation saturates, a = tanh(z). You compare z itself with it.",
        ),
        Mistake(
            lambda z: np.mean(1 - np.tanh(z) < 0.05), "The slope of tanh is 1 - tanh². In yours the square is missing."
        ),
        Mistake(
            lambda z: np.mean((1 - np.tanh(z) ** 2 < 0.05).all(axis=1)),
            "That is the share of units that are saturated for all examples: the dead ones. Count pairs.",
        ),
        Mistake(
            lambda z: np.mean(1 - np.tanh(z) ** 2 >= 0.05), "That is the share of the pairs that are not saturated."
        ),
        Mistake(
            lambda z: np.sum(1 - np.tanh(z) ** 2 < 0.05), "That is how many pairs there are. Their share was asked."
        ),
        Mistake(
            lambda z: np.mean(abs(np.tanh(z)) > 0.95),
            "That is where a is beyond 0.95. It is the slope that has to be below 0.05.",
        ),
    ],
)
def saturated(z):
    """The share, a number between 0 and 1."""
    slope = 1 - np.tanh(z) ** 2
    return np.mean(slope < 0.05)


sigmoid_gain = Written(
    kind="Experiment",
    statement=r"""The sigmoid did best with standard normal weights, which for 50 units is a gain of $\sqrt{50} = 7.1$. Is that the
best gain? Keep Xavier's rule in the last layer, multiply it by a gain in the hidden ones, and try several gains from 1 to 10 at the
larger rates of the figure.""",
    hint=r"""`partial(initializers.xavier_normal, gain=4)` is an initializer, and `network.sample` takes one for each
layer. `chapter.experiments.digit_task()` has the digits of the figure (`x`, `y`), and in `options` all that `training.train` needs besides the
learning rate.""",
    explanation=r"""```python
task = chapter.experiments.digit_task()
options = task.options | {"snapshots": [200]}
for gain in (1, 2, 4, 6, 10):
    hidden = partial(initializers.xavier_normal, gain=gain)
    net = network.sample(
        [64] + 8 * [50] + [10], "sigmoid",
        8 * [hidden] + [initializers.xavier_normal],
        seeds=range(3), dtype=np.float32,
    )
    run = training.train(
        net, task.x, task.y, learning_rate=np.array([[0.05], [0.2]]), **options
    )
    right = run.snapshots[-1].held_out_accuracy.mean(axis=1)
    print(f"gain {gain:2}:", *(f"{share:.0%}" for share in right))
```

Gains of 1 and 2 stay at chance. Gain 6 does best, with about 90 % right at the better rate. The start has to be far larger
than the rules for tanh and ReLU say: every layer multiplies the size of a gradient by less than ¼ of the gain.""",
)


# ---------------------------------------------------------------- six networks, some of them sick


class Patient(NamedTuple):
    """What `chart` wants to know."""

    network: Network
    x: np.ndarray
    y: np.ndarray
    rate: float


ILLNESSES = (
    "healthy",
    "dead units",
    "equal units",
    "signal vanishes",
    "saturated by its weights",
    "saturated by its inputs",
    "scores too large",
    "rate too small",
    "rate too large",
)


def _network(activation, hidden, output=xavier_normal, biases=zeros, seed=0):
    biases = biases if isinstance(biases, list) else [biases] * 6
    return sample([64, *[50] * 5, 10], activation, [hidden] * 5 + [output], bias_initializer=biases, rng=seed)


def patient(number):
    """One of the six networks, with the examples and the learning rate that it is to be trained with: 1 to 6."""
    data = split_digits()
    x, y = datasets.standardize(data.x), data.y
    off = [zeros, zeros, partial(constant, value=-30.0), zeros, zeros, zeros]
    match number:
        case 1:
            return Patient(_network("tanh", partial(constant, value=0.06), seed=1), x, y, 0.01)
        case 2:
            return Patient(_network("tanh", xavier_normal, seed=2), x, y, 1e-5)
        case 3:
            return Patient(_network("relu", he_normal, biases=off, seed=3), x, y, 0.01)
        case 4:
            return Patient(_network("relu", he_normal, seed=4), x, y, 0.01)
        case 5:
            return Patient(_network("tanh", xavier_normal, output=partial(normal, std=3.0), seed=5), x, y, 0.01)
        case 6:
            return Patient(_network("tanh", xavier_normal, seed=6), data.x, y, 0.01)
    raise ValueError(f"number must be an int from 1 to 6, got {number!r}")


_LOOK_AGAIN = {
    1: "Compare its columns W mean and W rms.",
    2: "Look at the last column, and at the loss after 20 steps.",
    3: "Which is the first layer that is dead for every digit? What can pass it?",
    4: "Lay its chart beside the first one of the chapter. Is there anything in it that would keep it from learning?",
    5: "Compare its first loss with ln 10. Which layer is to blame?",
    6: "Only its first layer is out of the ordinary. What does that layer get that the others do not?",
}
_NOT_THAT = {
    (1, "saturated by its weights"): "Its upper layers are saturated, but that is not what is special about it.",
    (3, "signal vanishes"): "The signal does not fade there, it stops at once.",
    (4, "dead units"): "A ReLU that is off for half of the examples is well. Dead are those that are off for all.",
    (5, "rate too large"): "Its loss falls, from a first value that no rate has a say in.",
    (6, "saturated by its weights"): "Its weights have the size that Xavier's rule gives them.",
}


def _reasons(number, given):
    return " ".join(filter(None, [f"Patient {number}:", _NOT_THAT.get((number, given)), _LOOK_AGAIN[number]]))


def _all_found(answer):
    """Say which patient is to be looked at again."""
    for number in range(1, 7):
        try:
            given = answer(number)
        except Wrong as wrong:
            if not isinstance(wrong.__cause__, LookupError):
                raise
            given = None
        if given is None or given is ...:
            raise Wrong(f"Right up to patient {number - 1}; there is no answer yet for patient {number}.")
        if not isinstance(given, str) or given not in ILLNESSES:
            raise Wrong(f"illness({number}) must return one of the words in exercises.ILLNESSES.")
        if given != illness.solution(number):
            raise Wrong(_reasons(number, given))


def _all_but(number, given):
    """Everything right but one."""
    return Mistake(lambda n: given if n == number else illness.solution(n), _reasons(number, given))


@exercise(
    statement=r"""Six networks are waiting to be examined. `exercises.patient(1)` to `exercises.patient(6)` are what `chart` wants:
a network, examples, labels and a learning rate. In the charts of some of them one thing stands out. Find it,
and let `illness(number)` return one of these words: """
    + ", ".join(f'"{word}"' for word in ILLNESSES)
    + ".",
    hint=r"""`for number in range(1, 7): chart(*exercises.patient(number))` prints all charts. Begin with the first loss and
the one after some steps, then compare the layers with each other, column by column.""",
    explanation=r"""1: the mean of its weights equals their rms, so that they are all the same; the saturation above is only
what such weights do. 2: healthy weights, but a step changes them by a hundred-thousandth. 3: all units of layer 3 are
off for every digit, and nothing gets past it (its biases are −30). 4: healthy; its ReLUs are off for half of the digits, as they should be.
5: the first loss is far above $\ln 10$, because the weights of the last layer are sixteen times too large. 6: inputs of
size 7.8 drive the first layer into saturation, although its weights are right. (Networks 5 and 6 learn all the same. A finding is not
yet a verdict.)""",
    cases=[(number,) for number in range(1, 7)],
    measure=lambda answer, number: ILLNESSES.index(answer(number)),
    require=_all_found,
    mistakes=[
        _all_but(1, "saturated by its weights"),
        _all_but(2, "healthy"),
        _all_but(3, "signal vanishes"),
        _all_but(4, "dead units"),
        _all_but(5, "rate too large"),
        _all_but(6, "saturated by its weights"),
    ],
)
def illness(number):
    """One of the words in exercises.ILLNESSES."""
    return {
        1: "equal units",
        2: "rate too small",
        3: "dead units",
        4: "healthy",
        5: "scores too large",
        6: "saturated by its inputs",
    }[number]
