"""The engine: the simulator of `initlab` in JavaScript, so that a page can compute any setting by itself.

It mirrors the modules of `initlab`, one file per idea, and draws the weights that NumPy draws from the same seed. What
a figure computes stands in `figures.js` of its chapter, beside `figures.py`.
"""

from pathlib import Path
from typing import Literal

from ..host.front_end import bundle


def script(name: Literal["figures", "lab"]) -> str:
    """The engine as one classic script that gives a page `initlabEngines.NAME`: a function that the page calls, or
    whose text becomes a worker, since a page that is opened from the disk can load no worker from a file.

    Parameters
    ----------
    name : str
        What it is to compute: a page needs one of the two.
    """
    code = bundle(Path(__file__).parent / f"serve_{name}.js")
    given = f'() => {{\n"use strict";\n{code}return serve{name.title()};\n}}'
    return f"(globalThis.initlabEngines ||= {{}}).{name} = {given};\n"


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
