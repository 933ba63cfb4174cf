"""The questions of the chapter "Xavier initialization"."""

from initlab_book.quiz import Choose, Estimate, Option, Quiz

quiz = Quiz(
    name="xavier",
    title="Five questions on Xavier",
    questions=(
        Estimate(
            "A layer has 400 inputs and 200 units. Glorot and Bengio's rule draws its weights uniformly between −r and r. "
            "What is r?",
            answer=0.1,
            within=0.01,
            explanation="r²/3 = 2/(400 + 200), so r = √(6/600) = 0.1.",
            wrong=(
                (0.0577, "√(2/600) = 0.0577 is the standard deviation. The bound is √3 times as large."),
                (0.0866, "√(3/400) = 0.0866 is LeCun's rule, which looks at the inputs only."),
                (0.05, "1/√400 = 0.05 is the old rule, with n Var W = 1/3."),
                (0.0707, "√(3/600) = 0.0707 divides by the sum of the fans instead of their average."),
                (0.01, "6/600 = 0.01 is r². Take the root."),
            ),
            otherwise="The variance of a uniform distribution on −r to r is r²/3, and here it has to be 2/(400 + 200).",
        ),
        Choose(
            "PyTorch's `nn.Linear` calls `kaiming_uniform_` with `a=math.sqrt(5)`. What does it get?",
            (
                Option(
                    "He's rule for ReLU, variance 2/n",
                    "That would be a = 0. With a = √5 the variance is 2/((1 + 5) n).",
                ),
                Option(
                    "Weights with a gain of √5, variance 5/n",
                    "√5 is the slope of a leaky ReLU, not the gain. The gain is √(2/(1 + 5)) = 0.577.",
                ),
                Option(
                    "What Glorot and Bengio call standard, variance 1/(3n)",
                    "2/((1 + 5) n) = 1/(3n): uniform between −1/√n and 1/√n.",
                    right=True,
                ),
                Option(
                    "What Glorot and Bengio call normalized",
                    "That has a bound of √(6/(n_in + n_out)), and PyTorch calls it `xavier_uniform_`.",
                ),
            ),
        ),
        Choose(
            "Ten tanh layers of 256 units under the standard rule, before training. Which of these are about equal in "
            "layer 1 and in layer 10?",
            (
                Option(
                    "The mean square of the weight gradient ∂L/∂W",
                    "Layer l gets 10 − l factors from above and l − 1 from below: nine in every layer.",
                    right=True,
                ),
                Option(
                    "The mean square of the activations",
                    "It falls from 0.21 to 0.000009.",
                ),
                Option(
                    "The mean square of the gradient ∂L/∂z",
                    "It is 1 in layer 10, and 0.00003 in layer 1.",
                ),
                Option(
                    "None of the three, since every layer shrinks what passes through it",
                    "One is: what a layer loses from below it gains from above.",
                ),
            ),
        ),
        Estimate(
            "Linear layers are in turn 100 and 300 units wide. By what factor do two of them, 100 → 300 → 100, multiply "
            "the mean square of the signal under 2/(n_in + n_out)?",
            answer=0.75,
            within=0.01,
            explanation="200/400 × 600/400 = 0.75. Each layer's forward and backward factors add up to 2, so their "
            "product is below 1.",
            wrong=(
                (1, "That would be 1/n_in, or the geometric mean. Here the factors are 200/400 and 600/400."),
                (2, "0.5 and 1.5 add up to 2, but factors of successive layers multiply."),
                (0.5, "200/400 = 0.5 is the first layer alone. The second has its factor of 600/400."),
                (1.5, "600/400 = 1.5 is the second layer alone. The first has its factor of 200/400."),
            ),
            otherwise="Multiply 2 n_in/(n_in + n_out) of the first layer by that of the second.",
        ),
        Choose(
            "What does Xavier do for a network of ten tanh layers?",
            (
                Option(
                    "It keeps the mean square of the activations",
                    "That is so in a linear network. With tanh it falls from 0.39 in layer 1 to 0.05 in layer 10.",
                ),
                Option(
                    "Gradients shrink far less than under the standard rule",
                    "On the way from layer 10 to layer 1 they lose a factor of 12 in mean square, instead of 35,000.",
                    right=True,
                ),
                Option(
                    "On the digits, more new ones were right than from the standard rule",
                    "In each of 60 comparisons after 500 steps, with SGD, momentum and Adam, each rule at its best rate.",
                    right=True,
                ),
                Option(
                    "It is the best scale there is for training it",
                    "That depends on the task. Weights twice as large fitted the spiral faster, and got more new digits wrong.",
                ),
            ),
        ),
    ),
)
