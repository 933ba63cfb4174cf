"""The instrument of the chapter "The lab", as it opens."""

from initlab_book.lab import Lab

DEPTH, WIDTH = 6, 16

lab = Lab(
    name="networks",
    title="Build a network, draw it, train it",
    text=(
        "Here a script lets you build a network, draw its weights and train it: without JavaScript there is only the "
        "table of what it opens with, a network of six hidden layers that tells two moons apart, or fails to."
    ),
    experiment={
        "version": 1,
        "data": {
            "set": "moons",
            "n": 200,
            "noise": 0.15,
            "seed": 0,
            "heldOut": 0.5,
            "scale": 1,
            "standardize": True,
            "points": [],
        },
        "runs": [
            {
                "hidden": [WIDTH] * DEPTH,
                "activations": ["relu"] * DEPTH,
                "initializers": [{"scheme": "normal", "scale": 0.1}] * (DEPTH + 1),
                "biases": [0] * (DEPTH + 1),
                "biased": True,
                "optimizer": "sgd",
                "rate": 0.03,
                "momentum": 0.9,
                "batch": 20,
                "decay": 0,
            }
        ],
        "seeds": {"first": 0, "count": 1},
    },
    chapters={
        "deriving": "Deriving Xavier",
        "exploding": "Exploding and vanishing signals",
        "guide": "Which call do I write?",
        "he": "He initialization",
        "limits": "What the rules leave out",
        "scale": "Finding the right scale",
        "symmetry": "Symmetry",
        "watching": "Watching networks train",
        "why": "Why initialization matters",
        "xavier": "Xavier initialization",
    },
)
