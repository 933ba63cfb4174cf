"""The questions of the chapter "He initialization"."""

from initlab_book.quiz import Choose, Estimate, Option, Quiz

quiz = Quiz(
    name="he",
    title="Five questions on ReLU and its rule",
    questions=(
        Estimate(
            "Twenty ReLU layers, weights of variance 1/n. The input has size (root mean square) 1. What size does theory "
            "give the signal in layer 20?",
            answer=2**-10,
            within=0.03,
            explanation="Each layer halves the second moment, so 2⁻²⁰ of it is left, and of the size 2⁻¹⁰ = 0.00098.",
            wrong=(
                (2**-20, "2⁻²⁰ is what is left of the second moment. The size is its square root."),
                (1, "That is what variance 2/n would give."),
                (2**-9.5, "One layer too few: the first layer has a ReLU as well, so there are 20 halves."),
                (0.5, "A half once: but each of the 20 layers has a ReLU."),
            ),
            otherwise="How much of the second moment does one ReLU let through, and how often? Then take the root.",
        ),
        Choose(
            "Behind a ReLU the activations a have mean 0.564 and standard deviation 0.826, so that E[a²] = 1. The next "
            "layer has weights of mean 0 and variance 1/n. What is the variance of z?",
            (
                Option(
                    "1, because E[a²] counts",
                    "Every term Wⱼaⱼ has mean 0 and second moment E[Wⱼ²] E[aⱼ²] = 1/n. The mean of a becomes spread.",
                    right=True,
                ),
                Option(
                    "0.68, because Var a counts",
                    "That would be so if all units saw the mean of a through the same weights. Here every unit weighs it "
                    "differently, and that is spread among the units.",
                ),
                Option(
                    "0.5, because ReLU halves it",
                    "ReLU halves on the way from z to a. This is the way from a to z.",
                ),
                Option(
                    "0.32, because only the mean gets through",
                    "0.32 is the part of E[a²] that comes from the mean, 0.564². The rest comes through as well.",
                ),
            ),
        ),
        Estimate(
            "A leaky ReLU has slope 0.5 for z < 0. By which number is n Var W to be set, so that signals keep their "
            "second moment?",
            answer=1.6,
            within=0.01,
            explanation="By (3) it is 2/(1 + s²) = 2/1.25 = 1.6.",
            wrong=(
                (2, "2 is right for slope 0. Here a quarter of the negative half's second moment gets through, too."),
                (1.3333, "The slope enters squared, for it multiplies z² by 0.5²: 2/(1 + 0.25), not 2/(1 + 0.5)."),
                (0.625, "That is the factor (1 + s²)/2 of a layer. The weights must make up for it: 1/0.625."),
                (1.2649, "That is the gain, √1.6. The question was for n Var W."),
            ),
            otherwise="Of E[z²], the positive half passes whole, and the negative half is multiplied by 0.25.",
        ),
        Choose(
            "ReLU layers of 256 and 64 units take turns. Which variances keep the second moments of signal and gradient, on "
            "average over draws, within a constant factor, however deep the network is?",
            (
                Option(
                    "2 divided by the fan-in",
                    "The signal is kept, and the gradient's factors 1/4 and 4 cancel in pairs.",
                    right=True,
                ),
                Option(
                    "2 divided by the fan-out",
                    "The gradient is kept, and the signal's factors 4 and 1/4 cancel in pairs.",
                    right=True,
                ),
                Option(
                    "2 divided by the mean of the two",
                    "Each pair of layers multiplies by 1.6 · 0.4 = 0.64, forward and backward. That goes on for ever.",
                ),
                Option(
                    "1 divided by the fan-in",
                    "Widths cancel, but each layer has lost its factor of two: 2⁻ᴸ.",
                ),
            ),
        ),
        Choose(
            "A convolution stores its weights as (3, 3, 64, 128): kernel, in, out. He's rule with fan-in is applied as if "
            "they were (out, in, kernel). What happens to E[a²] in this layer?",
            (
                Option(
                    "Nothing: the number of weights is the same",
                    "It is, but the rule divides by a fan: 576 would be right, and it takes 24,576.",
                ),
                Option(
                    "It becomes about 43 times too small",
                    "Read so, the fan-in is 3 · 64 · 128 = 24,576 instead of 3 · 3 · 64 = 576, a factor of 42.7.",
                    right=True,
                ),
                Option(
                    "It becomes twice as large",
                    "This would be fan-in and fan-out swapped, as in a dense layer. The kernel's places are confused, too.",
                ),
                Option(
                    "It becomes nine times too large",
                    "That is what comes of forgetting the kernel. Here 3 · 64 · 128 weights are counted as one unit's.",
                ),
            ),
        ),
    ),
)
