"""Spin cat states of N two-level spins under inhomogeneous dephasing (arXiv:2403.16491).

Rates are in units of the two-body loss Γ2 and times in units of 1/Γ2 throughout.
"""

__version__ = "0.1.0"

from spincat import broadening, dephasing, dephasing_limits, lindblad, states
from spincat.ensemble import SpinEnsemble
from spincat.provenance import about

__all__ = [
    "SpinEnsemble",
    "__version__",
    "about",
    "broadening",
    "dephasing",
    "dephasing_limits",
    "lindblad",
    "states",
]
