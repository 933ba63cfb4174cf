"""The questions of the chapter "Symmetry"."""

from initlab_book.quiz import Choose, Estimate, Option, Quiz

quiz = Quiz(
    name="symmetry",
    title="Five questions on twins",
    questions=(
        Choose(
            "A tanh network starts with all weights and biases 0. Its two classes are equally large, and every step uses "
            "all examples. What has changed after a hundred steps?",
            (
                Option(
                    "Nothing at all",
                    "W[2] = 0 lets no gradient down, tanh(0) = 0 gives W[2] none, and the output biases get Σ δᵢ, which "
                    "is 0 when the classes are equal.",
                    right=True,
                ),
                Option(
                    "Only the biases of the output",
                    "That is so when the classes are unequal or the batches small. Here the gradients of the two classes "
                    "cancel, in every step.",
                ),
                Option(
                    "All weights, in lockstep",
                    "That happens with a sigmoid, whose f(0) is ½, and when the classes are unequal. tanh(0) is 0, so the "
                    "output weights have nothing to multiply.",
                ),
                Option(
                    "The weights of the output, but not the hidden ones",
                    "Their gradient is Σ δᵢ f(0), and tanh(0) is 0.",
                ),
            ),
        ),
        Choose(
            "All weights start at 0.5. Which of these make the hidden units different, rounding apart?",
            (
                Option(
                    "Taking the examples in random order",
                    "Both twins see the same examples, in whatever order.",
                ),
                Option(
                    "Dropout",
                    "In a step where one twin is switched off and the other is not, they get different gradients.",
                    right=True,
                ),
                Option(
                    "Adam instead of plain gradient descent",
                    "Adam keeps a history for each weight. Equal gradients make equal histories, and equal steps.",
                ),
                Option(
                    "Random biases of the hidden units",
                    "Then the activations differ, and with them the gradients.",
                    right=True,
                ),
                Option(
                    "A larger learning rate",
                    "Equal gradients times any number are equal.",
                ),
            ),
        ),
        Estimate(
            "A layer of 16 equal units is to be replaced by a single unit with the same output. How many times as large "
            "must the weights be that go out of it?",
            answer=16,
            within=0.01,
            unit="times",
            explanation="The output adds up 16 equal terms v f(u), and 16 v f(u) is one unit with weight 16 v.",
            wrong=(
                (1, "Then the output would be that of one unit of 16. All 16 of them add something to it."),
                (4, "√16 is right for random signs, where most of the sum cancels. Equal terms simply add up."),
                (1 / 16, "The other way round: 16 units have more to say than one, so the one must speak up."),
            ),
            otherwise="Write down the sum over the 16 units, and put f(u) outside the brackets.",
        ),
        Estimate(
            "Equal units sit on a saddle. Noise there grows tenfold every 40 steps, and noise of 10⁻⁶ has grown to 1 after "
            "240 steps. How many steps does noise of 10⁻⁹ need?",
            answer=360,
            within=0.01,
            unit="steps",
            explanation="Nine powers of ten, 40 steps each. A thousandth of the noise costs 120 steps more.",
            wrong=(
                (240_000, "A thousand times as little is not a thousand times as slow: growth is exponential."),
                (120, "Those are the additional steps, for the three powers of ten from 10⁻⁹ to 10⁻⁶."),
                (240, "10⁻⁹ has three more powers of ten to go than 10⁻⁶."),
            ),
            otherwise="Count the powers of ten from 10⁻⁹ to 1.",
        ),
        Choose(
            "The moons, tanh, weights 0 with noise of 10⁻¹²: after 1000 steps all eight units are different, yet the loss stands "
            "where a single unit would leave it. Why?",
            (
                Option(
                    "The noise was too small to break the tie",
                    "The tie is broken, the units are different. With noise of 0.1, a hundred billion times as much, the loss "
                    "after 1000 steps is 0.27 as well.",
                ),
                Option(
                    "The units have grown in the same direction, and do the work of one",
                    "Their weights lie along one line. Their lengths differ, their direction does not.",
                    right=True,
                ),
                Option(
                    "They have become twins again",
                    "Twins have equal weights. These have different ones, which point the same way.",
                ),
            ),
        ),
    ),
)
