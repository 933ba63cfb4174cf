"""The engine: the simulator of `initlab` in JavaScript, so that a page can compute any setting by itself.

It mirrors the modules of `initlab`, one file per idea, and draws the weights that NumPy draws from the same seed. What
a figure computes stands in `figures.js` of its chapter, beside `figures.py`.
"""

from pathlib import Path

from ..host.front_end import bundle


def script() -> str:
    """The engine as one classic script that gives a page `initlabEngine`: a function that the page calls, or whose
    text becomes a worker, since a page that is opened from the disk can load no worker from a file."""
    code = bundle(Path(__file__).parent / "worker.js")
    return f'window.initlabEngine = () => {{\n"use strict";\n{code}return serve;\n}};\n'


def digits(count: int = 1000) -> dict[str, str]:
    """The first handwritten digits, for the engine: 64 letters for an image, row by row, from A (paper) to Q (ink), and
    a figure for its label.

    Parameters
    ----------
    count : int
        How many.
    """
    from initlab import datasets

    x, y = datasets.digits()
    pixels = (x.T[:count].astype("uint8") + ord("A")).tobytes().decode("ascii")
    return {"pixels": pixels, "labels": "".join(map(str, y[:count]))}
