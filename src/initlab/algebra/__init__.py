r"""A variance algebra whose assumptions can be switched off.

Random quantities carry what is known about them; E, Var and Cov follow from that, as SymPy expressions:

>>> import sympy as sp
>>> v, q, n = sp.symbols("v q n", positive=True)
>>> W, a = random("W_j", mean=0, variance=v, index="j"), random("a_j", second_moment=q, index="j")
>>> Var(W * a), Var(Total(W * a, "j", n))
(q*v, n*q*v)

A derivation is a sequence of such rules, each with the assumptions that it needs. Drop one, and the terms that it had
removed come back; the layer that breaks exactly this assumption can be sampled:

>>> broken = derive_forward(ALL - {"zero-mean weights"})
>>> broken.result
n_in*q*(mu**2 + sigma_w**2)
>>> values = {"n_in": 10, "sigma_w": 0.3, "q": 1.0, "mu": 0.2}
>>> round(broken.predict(**values), 6)
1.3
>>> measured = monte_carlo(broken, values, rng=0)
>>> abs(measured.mean - 1.3) < 3 * measured.standard_error
True
"""

from .assumptions import ALL, ASSUMPTIONS, Assumption
from .depth import linear_network
from .derivation import Compromise, Derivation, Step, compromise, derive_backward, derive_forward, latex, over_layers
from .expectation import Cov, E, Expected, Total, Undetermined, Var, evaluate, random
from .simulation import Estimate, monte_carlo
from .widths import WidthsDerivation, over_widths

__all__ = [
    "ALL",
    "ASSUMPTIONS",
    "Assumption",
    "Compromise",
    "Cov",
    "Derivation",
    "E",
    "Estimate",
    "Expected",
    "Step",
    "Total",
    "Undetermined",
    "Var",
    "WidthsDerivation",
    "compromise",
    "derive_backward",
    "derive_forward",
    "evaluate",
    "latex",
    "linear_network",
    "monte_carlo",
    "over_layers",
    "over_widths",
    "random",
]
