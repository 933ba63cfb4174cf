"""The questions of the chapter "Exploding and vanishing signals"."""

from initlab_book.quiz import Choose, Estimate, Option, Quiz

quiz = Quiz(
    name="exploding",
    title="Four questions on growth and decay",
    questions=(
        Estimate(
            "A network has 20 hidden layers, each with the weight matrix W = 1.3 I. How many times as long as the "
            "input is the signal in the last of them?",
            answer=190,
            within=0.03,
            unit="times",
            explanation="1.3²⁰ = 190. A factor that looks harmless was applied twenty times.",
            wrong=(
                (26, "26 is 20 × 1.3, but factors do not add up: each layer multiplies what the last one made."),
                (7, "Adding 30 % of the input twenty times gives 7. Each layer adds 30 % of what reaches it."),
                (146.2, "1.3¹⁹ = 146.2 counts one layer too few: a[1] has grown once already."),
                (247.1, "1.3²¹ = 247.1 counts one layer too many: the input itself is a[0], with no factor."),
            ),
            otherwise="The first layer makes it 1.3 times as long, the second 1.3 × 1.3 times. Go on to the twentieth.",
        ),
        Choose(
            "In the network of ten matrices with W = 0.5 I, which hidden layer gets the smallest weight gradient?",
            (
                Option(
                    "The first, because its gradient has come down through all the others",
                    "That is true of ∂L/∂a[1]. But ∂L/∂W[1] is that times the input, which is still full-sized; the "
                    "last hidden layer meets its large gradient with a signal that has been halved eight times.",
                ),
                Option(
                    "The last, because hardly any signal reaches it",
                    "Its signal is the smallest, a[8] = 0.5⁸ x. But the gradient that meets it there has not shrunk "
                    "yet, and the weight gradient is the product of the two.",
                ),
                Option(
                    "None: all nine get an equally small one",
                    "Layer l gets l − 1 factors from below and 9 − l from above, always eight: 0.5⁸ = 0.0039.",
                    right=True,
                ),
                Option(
                    "One in the middle, which is far from both ends",
                    "Layer 5 gets four factors from below and four from above. That is eight, as in every other layer.",
                ),
            ),
        ),
        Choose(
            "A loss has stood at 0.5 for a thousand steps, and its gradient is tiny. What do we know?",
            (
                Option(
                    "Training is over: it has converged to a minimum",
                    "At a minimum the gradient is small, but the reverse does not hold. In the chapter, g = 0.5 looks "
                    "settled like this at learning rate 0.01, and solves the task at step 4202.",
                ),
                Option(
                    "Not enough: a small signal makes a small gradient too",
                    "This is stagnation. It may be a minimum, or a plateau where the signal has all but vanished; the "
                    "loss curve does not tell them apart. The size of the activations would.",
                    right=True,
                ),
                Option(
                    "The learning rate is too large, so the loss oscillates",
                    "A loss that oscillates goes up and down. This one stands still.",
                ),
                Option(
                    "The signal cannot have exploded at the start",
                    "It can. From g = 1.5 at learning rate 0.00316, the first step shrinks every hidden matrix so "
                    "violently that the loss falls from 720 to 0.5 and stays there.",
                ),
            ),
        ),
        Choose(
            "Random layers of width 2 with gain g = 1 keep the mean square of a signal. Yet after 30 of them a typical "
            "signal has shrunk to 0.0002. What makes a typical signal shrink less?",
            (
                Option(
                    "Wider layers",
                    "Its logarithm drifts by about −1/(2n) a layer. At width 512 a typical signal keeps 97 % of its "
                    "length through 30 layers.",
                    right=True,
                ),
                Option(
                    "A longer input",
                    "The factors of the layers do not depend on the input. A longer one shrinks in proportion.",
                ),
                Option(
                    "Fewer layers",
                    "The drift adds up layer by layer. After 3 layers of width 2 a typical signal still has about half "
                    "of its length.",
                    right=True,
                ),
                Option(
                    "A gain a little above 1",
                    "It lifts the factor of every layer. At width 2 a gain of 1.335 cancels the drift: the typical "
                    "length is about kept, but the mean square explodes.",
                    right=True,
                ),
                Option(
                    "The mean over many draws",
                    "The mean is held up by a few rare networks with enormous signals. Drawing more of them changes "
                    "nothing in a typical one.",
                ),
            ),
        ),
    ),
)
