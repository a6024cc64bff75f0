"""What everything is about: the ensemble of Eqs. 1-2, its cavity, its broadening and its states.

Parameters (`ensemble`, `cavity` of Appendix A), distributions of the detunings (`broadening`) and
what a collective mode sees of them (`line`), the states of Eqs. 5-8 and their Wigner functions
(`states`, `wigner`), and the operators that the solvers act with (`operators`).  No dynamics.  It
may import `spincat.shared` only.
"""

from spincat.model import broadening, cavity, ensemble, line, operators, states, wigner
from spincat.model.broadening import Broadening, Gaussian, Lorentzian, TwoPoint, Uniform
from spincat.model.cavity import Cavity
from spincat.model.ensemble import SpinEnsemble
from spincat.model.operators import (
    ladder_lowering,
    levels,
    liouvillian,
    pair_lowering,
    parity_signs,
    photon_lowering,
    product_lowering,
    total_spin_projectors,
    total_spin_squared,
    total_spin_weights,
    total_spins,
)
from spincat.model.states import purity, spin_cat, spin_coherent, trace_distance

__all__ = [
    "Broadening",
    "Cavity",
    "Gaussian",
    "Lorentzian",
    "SpinEnsemble",
    "TwoPoint",
    "Uniform",
    "broadening",
    "cavity",
    "ensemble",
    "ladder_lowering",
    "levels",
    "line",
    "liouvillian",
    "operators",
    "pair_lowering",
    "parity_signs",
    "photon_lowering",
    "product_lowering",
    "purity",
    "spin_cat",
    "spin_coherent",
    "states",
    "total_spin_projectors",
    "total_spin_squared",
    "total_spin_weights",
    "total_spins",
    "trace_distance",
    "wigner",
]
