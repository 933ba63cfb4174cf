"""The questions of the chapter "Why initialization matters"."""

from initlab_book.quiz import Choose, Estimate, Option, Quiz

quiz = Quiz(
    name="why",
    title="Five questions on starts",
    questions=(
        Choose(
            "A new classifier for ten classes reports a loss of 2.30 before its first step. What does that tell you?",
            (
                Option(
                    "The weights have the right scale, and training can begin",
                    "A network whose weights are far too small gives all classes the same score, and has this loss too. "
                    "Look at the signal and at the gradient as well.",
                ),
                Option(
                    "The network does not claim to know anything yet",
                    "2.30 = ln 10 is the loss of giving each of ten classes the same probability. That is as it should "
                    "be, but it does not say that the network can learn.",
                    right=True,
                ),
                Option(
                    "It has guessed right in 2.30 of ten cases",
                    "The loss is a mean of −ln P, not a number of cases. Equal probabilities give ln 10 = 2.30.",
                ),
                Option(
                    "The weights are too small",
                    "They may be. But well chosen weights begin near this loss too, so it cannot tell the two apart.",
                ),
            ),
        ),
        Choose(
            "You train two initializations at learning rate 0.01. The first reaches 99 %, the second 80 %. What follows?",
            (
                Option(
                    "The first initialization is better",
                    "At this rate it is. The second may only need another rate: in the figure, with plain SGD, scale 0.3 gets "
                    "74 % right at rate 0.0316 and more than 99 % at 0.316.",
                ),
                Option(
                    "The second one diverges",
                    "A network that has diverged does not answer 80 % right. It may just be slow at this rate.",
                ),
                Option(
                    "Nothing about the two initializations yet",
                    "Rate and scale are mixed up here, one draw may be luck, and another optimizer may judge otherwise. Give "
                    "each the rate that suits it best, and several draws.",
                    right=True,
                ),
            ),
        ),
        Estimate(
            "A ReLU network has five hidden layers and an output layer, no biases. All its weights are halved, and the "
            "gradient at its output stays the same. The gradient of the weights of the first layer becomes how many "
            "times as large?",
            answer=1 / 32,
            within=0.03,
            unit="times",
            explanation="On its way down it passes the five matrices above the first: ½⁵ = 1/32 = 0.03125.",
            wrong=(
                (1 / 64, "½⁶ counts all six matrices. The first one lies below: it does not touch its own gradient."),
                (
                    0.5,
                    "That is one factor of ½. The gradient passes five matrices on its way, and each of them halves it.",
                ),
                (1 / 10, "1/10 would be ½ divided by 5. Five factors of ½ are multiplied: ½⁵."),
            ),
            otherwise="How many matrices lie between the output and the first layer? Each of them contributes a factor ½.",
        ),
        Choose(
            "Which of these are true of the figure's networks of scale 10, trained by plain SGD?",
            (
                Option(
                    "They diverge at every learning rate",
                    "They do at large ones. At 0.00001 none of the five networks diverges, and all of them learn.",
                ),
                Option(
                    "Their loss begins far above ln 2",
                    "It begins at 300,000 or more: huge scores, and half of them on the wrong side.",
                    right=True,
                ),
                Option(
                    "They answer worse on new points, even at their best rate",
                    "They get about 94 % right on average, where scale 1 gets 99.8 %: their borders are ragged.",
                    right=True,
                ),
                Option(
                    "Their units stay equal to each other",
                    "Their weights are random, so their units differ from the start.",
                ),
            ),
        ),
        Choose(
            "You replace SGD by Adam, and change nothing else. Which of these can that mend?",
            (
                Option(
                    "Gradients of the lower layers a thousand times smaller than those of the upper ones",
                    "Adam divides every step by the running size of its own gradient, so all layers move about as far.",
                    right=True,
                ),
                Option(
                    "Units that start with equal weights",
                    "Equal units get equal gradients, and what Adam makes of equal gradients is equal steps.",
                ),
                Option(
                    "A layer of ReLU units that are all off, for every input",
                    "No gradient comes through it, and a gradient of 0 makes a step of 0. The layers above see the same "
                    "for every input.",
                ),
                Option(
                    "A forward pass that overflows",
                    "There is no gradient then, and so no step.",
                ),
            ),
        ),
    ),
)
