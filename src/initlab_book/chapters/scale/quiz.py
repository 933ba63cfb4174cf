"""The questions of the chapter "Finding the right scale"."""

from initlab_book.quiz import Choose, Estimate, Option, Quiz

quiz = Quiz(
    name="scale",
    title="Five questions on the scale of weights",
    questions=(
        Estimate(
            "A ReLU network has 400 units in every layer. Which standard deviation of the weights keeps the size of "
            "its signals?",
            answer=0.0707,
            within=0.02,
            explanation="The gain of ReLU is √2, and σ = √2/√400 = 0.0707.",
            wrong=(
                (0.05, "1/√400 = 0.05 is right for a linear network. ReLU halves the mean square of what it gets."),
                (0.005, "2/400 = 0.005 is the variance of the weights. The standard deviation is its root."),
                (0.00354, "√2/400 divides by n. The squares of 400 terms add up, so the root of n is what counts."),
                (0.1, "2/√400 has the gain squared. It is g² that multiplies the mean square, and g² = 2."),
            ),
            otherwise="The mean square of z is 400 σ² E[a²], and ReLU hands on half of the mean square of z.",
        ),
        Choose(
            "In a tanh network of 20 layers without biases, every layer from the fifth on has activations of the same size, 0.73, and "
            "mean zero. What follows for the gradients?",
            (
                Option(
                    "They grow from layer to layer on their way down",
                    "At every size that a tanh network settles at, the gradient is multiplied by more than 1: for 0.73 "
                    "by 1.17, which is a factor of 19 over the whole network.",
                    right=True,
                ),
                Option(
                    "They keep their size as well",
                    "The size of tanh settles at some value for every gain above 1. At 0.73 the gain is 2, and the "
                    "gradients grow by 17 % in every layer.",
                ),
                Option(
                    "They shrink, because tanh is flat for large arguments",
                    "The flat parts do shrink the slopes. But to hold the size at 0.73 the weights must be large (the "
                    "gain is 2), and they win: the factor is 1.17 in every layer.",
                ),
            ),
        ),
        Choose(
            "For which of these functions does one gain obey both rules, forward and backward, in layers of equal "
            "width?",
            (
                Option("ReLU", "E f² and E f′² are both 1/2, so g = √2 does both.", right=True),
                Option("tanh", "Forward it asks for 1.59, backward for 1.47."),
                Option("GELU", "Forward it asks for 1.53, backward for 1.48. Close, but not the same."),
                Option(
                    "The absolute value |z|",
                    "The square of |z| is that of z, and its slopes are −1 and 1: E f² = E f′² = 1, so g = 1 does both.",
                    right=True,
                ),
            ),
        ),
        Choose(
            "The outputs of a ReLU layer do not have mean zero: about a third of their mean square is the square of "
            "their mean. The weights have mean zero. What does that do to the size of the next preactivations?",
            (
                Option(
                    "It makes them larger, layer by layer, unless biases subtract the mean",
                    "That would happen if the weights had a mean. With zero-mean weights no sum is pushed to one side.",
                ),
                Option(
                    "Nothing: with zero-mean weights only the second moment of the activations counts",
                    "E[z²] = n σ² E[a²]. How much of E[a²] comes from the mean makes no difference to the size. To the "
                    "content it does: a mean makes inputs alike.",
                    right=True,
                ),
                Option(
                    "It makes them smaller, since only the variance of the activations is handed on",
                    "It is the second moment that is handed on. Scaling for the variance gives the gain 1.71 instead of "
                    "1.41, and a signal that is 46 times too large after 20 layers.",
                ),
            ),
        ),
        Estimate(
            "A linear network narrows step by step from 1024 inputs to 64 outputs, and each layer has weights of "
            "variance 1/(number of its inputs). A gradient of size 1 enters at the top. About which size does it have "
            "at the input?",
            answer=0.25,
            within=0.03,
            explanation="Each layer multiplies the square by its outputs over its inputs. The product is 64/1024 = "
            "1/16, whatever lies between, and the size is its root.",
            wrong=(
                (0.0625, "64/1024 = 0.0625 is the factor of the mean square. The size is its root."),
                (4, "Upside down: W transposed sums over the outputs, which are fewer than the inputs."),
                (1, "That is the signal on the way up. This variance is made for it, not for the gradient."),
            ),
            otherwise="In one layer, backward sums have as many terms as the layer has outputs, and each term has "
            "variance 1/(number of inputs).",
        ),
    ),
)
