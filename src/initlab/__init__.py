"""Initialization Lab: initializers, layer simulators and variance algebra, the science behind the book.

Arguments are checked everywhere: one of the wrong type is a TypeError, a value that is not allowed a ValueError, and
the message names the argument, the value and what is allowed.

Only NumPy is imported here. SciPy, SymPy and scikit-learn load with the function that needs them, when it is first
called. What is drawn, asked and checked in the notebooks is in `initlab_book`.
"""

import importlib
from types import ModuleType

__version__ = "0.1.0"

_SUBMODULES = (
    "activations",
    "agreement",
    "algebra",
    "arguments",
    "closed_forms",
    "datasets",
    "diagnostics",
    "finite_width",
    "frameworks",
    "gaussian",
    "initializers",
    "layer_statistics",
    "losses",
    "network",
    "optimizers",
    "random_matrices",
    "recommend",
    "symmetry",
    "threads",
    "training",
)

__all__ = [*_SUBMODULES, "__version__"]


def __getattr__(name: str) -> ModuleType:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; its submodules are {', '.join(_SUBMODULES)}")


def __dir__() -> list[str]:
    return sorted(__all__)
