"""Initialization Lab: initializers, layer simulators and the interactive figures of the book.

Only NumPy is imported here. Everything heavier (SciPy, SymPy, Matplotlib, widgets) loads
with the submodule that needs it, the first time that submodule is used.
"""

import importlib

__version__ = "0.1.0"

_SUBMODULES = (
    "activations",
    "agreement",
    "algebra",
    "closed_forms",
    "datasets",
    "demos",
    "diagnostics",
    "exercise",
    "exercises",
    "explorer",
    "finite_width",
    "frameworks",
    "front_end",
    "gaussian",
    "initializers",
    "losses",
    "network",
    "products",
    "quiz",
    "quizzes",
    "recommend",
    "symmetry",
    "training",
)

__all__ = [*_SUBMODULES, "__version__"]


def __getattr__(name):
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; its submodules are {', '.join(_SUBMODULES)}")


def __dir__():
    return sorted(__all__)
