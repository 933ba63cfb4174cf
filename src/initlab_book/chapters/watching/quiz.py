"""The questions of the chapter "Watching networks train"."""

from initlab_book.quiz import Choose, Estimate, Option, Quiz

quiz = Quiz(
    name="watching",
    title="Five questions on networks in training",
    questions=(
        Choose(
            "A classifier for ten classes has made 200 steps, and its loss has stayed at 2.30. What do you know?",
            (
                Option(
                    "It has diverged",
                    "A loss that diverges grows until it overflows. 2.30 = ln 10 is the price of guessing.",
                ),
                Option(
                    "It does no better than guessing, and its curve does not say why",
                    "2.30 = ln 10. Zero weights, tiny weights, dead units and a tiny rate all look like this. The chart of "
                    "the layers tells them apart.",
                    right=True,
                ),
                Option(
                    "Its learning rate is too small: with a larger one the loss would begin to fall",
                    "It may be. But with SGD and momentum, zero and tiny weights stayed at ln 10 at every rate.",
                ),
            ),
        ),
        Choose(
            "Weights from N(0, 1), eight hidden layers of 50 tanh units. Three quarters of the units are saturated. What is "
            "true before the first step?",
            (
                Option(
                    "The gradient ∂L/∂z in layer 1 is far smaller than at the top",
                    "The slopes alone would make it so. But each layer also multiplies by weights, and 50 × 0.08 = 4 is "
                    "larger than 1.",
                ),
                Option(
                    "The gradient ∂L/∂z in layer 1 is far larger than at the top",
                    "Its size doubles in every layer, and is about a hundred times larger in the end: the units that are not "
                    "saturated make up for the others.",
                    right=True,
                ),
                Option(
                    "Similar images get very different answers",
                    "An image changed by 1 % changes the last hidden layer by two thirds. With Xavier it is 1 %.",
                    right=True,
                ),
                Option(
                    "The first loss is near ln 10",
                    "Scores from 50 units at ±1 have a variance of about 45, and the first loss is above 10.",
                ),
            ),
        ),
        Estimate(
            "Hidden layers of 50 units, weights of variance 0.16, and a mean square of the slope f′ of 0.5. By which factor "
            "does the size (the root mean square) of the gradient grow from one layer to the one below?",
            answer=2,
            unit="times",
            explanation="By (2) the second moment grows 50 × 0.16 × 0.5 = 4 times, the size by its root.",
            wrong=(
                (4, "That is the factor of the second moment. The size is its root."),
                (8, "That is 50 × 0.16. The slope belongs to it, and then take the root."),
                (2.828, "That is the root of 50 × 0.16. The slopes are missing."),
            ),
            otherwise="Multiply width, variance and mean square of the slope. What is that the factor of?",
        ),
        Choose(
            "Every layer of a network has an update-to-weight ratio of 0.001, and it does not learn. What follows?",
            (
                Option(
                    "The rule of thumb says that all is well, so it needs only time",
                    "The sick networks of this chapter did best at ratios like those of the healthy one, and ended with "
                    "a loss many times as large.",
                ),
                Option(
                    "The rate is too large",
                    "In this chapter the healthy networks did best at ratios of 0.002 to 0.04, by optimizer and step. A "
                    "ratio of 0.001 belongs to a smaller rate.",
                ),
                Option(
                    "The rate is hardly off by many powers of ten; look at the other numbers",
                    "That is all a ratio can say. Saturation, dead units, the first loss and the signal are other questions.",
                    right=True,
                ),
            ),
        ),
        Estimate(
            "What should the first loss of a classifier for 100 classes be?",
            answer=4.605,
            within=0.01,
            explanation="It gives each class the probability 1/100, and ln 100 = 4.605.",
            wrong=(
                (2, "That is the logarithm to base 10. The loss has the natural one."),
                (6.644, "That is the logarithm to base 2. The loss has the natural one."),
                (0.01, "That is the probability of each class. The loss is minus its logarithm."),
            ),
            otherwise="A network that knows nothing gives each class the probability 1/100.",
        ),
    ),
)
