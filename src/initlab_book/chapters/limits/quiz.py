"""The questions of the chapter "What the rules leave out"."""

from initlab_book.quiz import Choose, Estimate, Option, Quiz

quiz = Quiz(
    name="limits",
    title="Five questions on deep networks",
    questions=(
        Estimate(
            "Tanh with gain 1 and an input of size 1. Roughly what is E[a²] after 200 layers?",
            answer=0.0025,
            within=0.03,
            unit="",
            explanation="1/(2l) = 1/400 = 0.0025. Each layer adds about 2 to 1/λ.",
            wrong=(
                (0.005, "1/l forgets a 2: each layer adds 2 to 1/λ."),
                (0.05, "0.05 is √0.0025, the size. E[a²] is its square."),
                (0.394, "0.394 is what is left after one layer. The next ones take more, more and more slowly."),
            ),
            otherwise="Each layer adds about 2 to 1/λ, where λ = E[z²]. What is 1/λ after 200 of them?",
        ),
        Choose(
            "A network of GELU layers uses exactly the gain that keeps E[z²] = 1. What can still make its signal "
            "explode or die within 50 layers?",
            (
                Option(
                    "Using the same gain in the first layer, for an input of size 1",
                    "No activation comes before the first layer, so it starts at E[z²] = 2.35, not at 1. The slope of 1.144 "
                    "carries it away, to 4,100 in layer 50.",
                    right=True,
                ),
                Option(
                    "A width of 128 instead of infinity",
                    "Each layer's luck pushes the signal off its fixed point, and the later layers magnify it.",
                    right=True,
                ),
                Option(
                    "An input twice as large",
                    "Then E[z²] starts at 4, and what is too large grows further, to 9,100 in layer 50.",
                    right=True,
                ),
                Option(
                    "Nothing: the gain is exact",
                    "It makes a fixed point, but one that repels: small deviations grow by a factor of 1.144 a layer.",
                ),
            ),
        ),
        Choose(
            "With sigmoids and gain 1, E[z²] is 0.265 in every layer from the fourth on. Which of these are true?",
            (
                Option(
                    "The signal is in good health: its size is kept",
                    "The size that is kept is the mean output of ½, which is the same for every input.",
                ),
                Option(
                    "Two different inputs look almost the same after a few layers",
                    "The cosine of two orthogonal inputs is 0.85 after one layer and 0.999 after three.",
                    right=True,
                ),
                Option(
                    "The size of the gradient shrinks by a factor of 4.2 in every layer",
                    "Its second moment is multiplied by χ = 0.0557, that is 1/18.",
                    right=True,
                ),
                Option(
                    "No other gain would help",
                    "With gain 10, χ is 0.986. With it five hidden layers learned the spiral.",
                ),
            ),
        ),
        Estimate(
            "He's rule, 100 ReLU layers of 250 units. About how large is the standard deviation of the logarithm of the "
            "length λ = E[z²]?",
            answer=1.41421356,
            within=0.03,
            unit="",
            explanation="The variance is 5 × 100/250 = 2, so the standard deviation is √2 = 1.41.",
            wrong=(
                (2, "2 is the variance. Take its square root."),
                (0.894, "That is √(2 × 100/250), for linear layers. For ReLU κ is 5."),
                (0.707, "That is for the logarithm of the size √λ. That of the length has twice as much."),
                (0.141, "That is √(5/250), the luck of one layer. Its variance adds up over 100 of them."),
            ),
            otherwise="Add up κ/n over the layers, with κ = 5. Then take the square root.",
        ),
        Choose(
            "A ReLU network made of PyTorch's nn.Linear layers, with nothing said about initialization. What happens "
            "to the second moment of the signal in one layer (biases aside)?",
            (
                Option("It is kept", "That takes n Var W = 2. PyTorch's default is a third."),
                Option("It is halved", "That is so for Keras and Flax, where n Var W = 1 for equal widths."),
                Option("A third is left", "That is what the weights leave. ReLU halves it once more."),
                Option(
                    "A sixth is left",
                    "n Var W = ⅓, and ReLU hands on a half.",
                    right=True,
                ),
            ),
        ),
    ),
)
