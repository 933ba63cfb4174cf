"""The questions of the chapter "Which call do I write?"."""

from initlab_book.quiz import Choose, Estimate, Option, Quiz

quiz = Quiz(
    name="guide",
    title="Five questions on calls",
    questions=(
        Choose(
            "`nn.Linear(256, 256)` of PyTorch, left as it is, stands behind a ReLU. What does one such layer make of the "
            "second moment of the signal, its biases aside?",
            (
                Option(
                    "It keeps it, because the code says `kaiming_uniform_`",
                    "The name alone says nothing: the slope handed to it is √5, which gives fan_in Var W = 1/3.",
                ),
                Option(
                    "A sixth",
                    "fan_in Var W = 1/3, and the ReLU in front has kept half. He's rule would want six times as much.",
                    right=True,
                ),
                Option(
                    "A half, as with the other frameworks",
                    "That is what Keras and Flax do here, with fan_in Var W = 1. PyTorch draws a third of that.",
                ),
                Option(
                    "Five times as much, because of the gain √5",
                    "√5 is no gain. It is the slope of a leaky ReLU, and the gain that goes with it is 1/√3.",
                ),
            ),
        ),
        Estimate(
            "Behind a ReLU, Flax's default keeps half of the second moment in every layer. What is left of the size of "
            "the signal after ten layers?",
            answer=0.03125,
            within=0.02,
            explanation="The size is the root of the second moment: (1/√2)¹⁰ = 1/32 = 0.03125.",
            wrong=(
                (0.0009766, "½¹⁰ = 0.000977 is the second moment. The size is its root."),
                (0.0001286, "That is PyTorch's default, which keeps a sixth in every layer."),
                (0.05, "A factor is applied ten times; it is not divided by ten."),
            ),
            otherwise="Half of the second moment is 0.707 of the size. Apply that ten times.",
        ),
        Choose(
            "Which of these bring a signal that is too large or too small back to its size, layer after layer?",
            (
                Option(
                    "GELU with its forward gain",
                    "1 is a fixed point there, but one that repels: an error grows by 14 % in every layer.",
                ),
                Option(
                    "SELU with LeCun's rule",
                    "Errors shrink to 78 % in every layer. SELU was made for this.",
                    right=True,
                ),
                Option(
                    "ReLU with He's rule",
                    "ReLU is a straight line on either side of 0: a signal twice as large stays twice as large.",
                ),
                Option(
                    "tanh with its forward gain",
                    "Errors shrink to 46 % in every layer: what is too large runs into the flat parts.",
                    right=True,
                ),
            ),
        ),
        Choose(
            'In Keras you write `Dense(256, activation="gelu", kernel_initializer=...)`. The layer before it ends with a '
            "ReLU. Whose gain does the initializer get?",
            (
                Option(
                    "GELU's: it stands in the same line",
                    "The line says what follows the sum. The weights have to suit what goes into it.",
                ),
                Option(
                    "ReLU's",
                    "Its output is what these weights add up. GELU's gain belongs to the next layer.",
                    right=True,
                ),
                Option(
                    "The product of both",
                    "GELU is made up for in the next layer. Here it would count twice.",
                ),
                Option(
                    "None, gain 1",
                    "That is right for data and behind a normalization. A ReLU has left half of the second moment.",
                ),
            ),
        ),
        Choose(
            "A layer is followed by a normalization layer, and somebody starts it with weights ten times as large. What "
            "changes?",
            (
                Option(
                    "The signal behind the normalization is ten times as large",
                    "The normalization divides by the size of what it gets, so that a factor drops out.",
                ),
                Option(
                    "Nothing at all",
                    "The output does not change. But move a weight by 0.1: the change is now ten times smaller in "
                    "proportion.",
                ),
                Option(
                    "The gradient of these weights is ten times smaller",
                    "The loss is the same function of the direction of the weights, stretched tenfold. So its slope is "
                    "a tenth, and a step of gradient descent turns weights ten times as long a hundred times less.",
                    right=True,
                ),
            ),
        ),
    ),
)
