"""The questions of the chapter "Deriving Xavier"."""

from initlab_book.quiz import Choose, Estimate, Option, Quiz

quiz = Quiz(
    name="deriving",
    title="Four questions on the derivation",
    questions=(
        Choose(
            "Weights: mean zero, uncorrelated, of one variance, independent of the activations. Biases: zero. What must the "
            "activations be like for E[z²] = n Var(W) E[a²] to hold?",
            (
                Option(
                    "Mean zero and uncorrelated",
                    "Neither is needed. Every product of two different terms carries the mean of a weight, twice, and "
                    "that is zero.",
                ),
                Option(
                    "Mean zero; correlations do not matter",
                    "The mean does not matter either: it is multiplied by the mean of a weight, which is zero.",
                ),
                Option(
                    "Anything with a second moment",
                    "Zero-mean uncorrelated weights make all products of two different terms vanish, whatever the "
                    "activations do. This is why the rule works behind a ReLU, too, with E[a²] for Var a.",
                    right=True,
                ),
            ),
        ),
        Choose(
            "Why does E[z²] = n Var(W) E[a²] no longer hold for sure after the first step of gradient descent?",
            (
                Option(
                    "The weights are no longer normally distributed",
                    "They may not be. But the formula never asked for that: it takes weights that are centred, uncorrelated, of "
                    "one variance and independent of the activations, whatever their distribution.",
                ),
                Option(
                    "Each weight has moved in proportion to the activation that it multiplies",
                    "The step adds a multiple of δ[i] a[j] to W[i, j], so z[i] moves by a sum of n terms of one sign. "
                    "How much that is depends on the rate.",
                    right=True,
                ),
                Option(
                    "It still holds: nothing has been assumed about training",
                    "It has been assumed that weights and activations are independent. After the step they are not.",
                ),
            ),
        ),
        Estimate(
            "A unit has 64 inputs. How many products of two different terms are in the square of its sum?",
            answer=4032,
            within=0.001,
            explanation="64 × 63 = 4032, next to 64 squares. What the products have on average is multiplied by this.",
            wrong=(
                (4096, "64² counts the 64 squares as well. Products of different terms are 64 × 63."),
                (2016, "That counts each pair once. In the square of a sum, a b occurs twice: as a b and as b a."),
                (64, "Those are the squares. Now count the products of two different terms."),
            ),
            otherwise="Each of the 64 terms is multiplied with each of the 63 others.",
        ),
        Choose(
            "Twenty layers of 400 units have weights of variance 1/400. From which mean of a weight on does the common "
            "part of the signal grow from layer to layer?",
            (
                Option(
                    "From one standard deviation",
                    "Much earlier: a unit adds up 400 weights, and their means all have the same sign.",
                ),
                Option(
                    "From a twentieth of a standard deviation",
                    "The average is multiplied by n μ = √n μ/σ = 20 μ/σ in each layer, which is 1 at σ/20.",
                    right=True,
                ),
                Option(
                    "From 1/400 of a standard deviation",
                    "There n μ = √n / n = 1/20: the common part is divided by 20 in each layer.",
                ),
                Option(
                    "Never, as long as the input is centred",
                    "A centred input has no common part, but the first layer makes one: all its units contain μ Σ x.",
                ),
            ),
        ),
    ),
)
