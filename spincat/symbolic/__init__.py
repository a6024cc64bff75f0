"""The SymPy derivations, one module per topic; each function is one step.

The oscillator behind few excitations (`holstein_primakoff`, Eqs. 3-4) and why drive and loss
stabilise it (`stabilisation`, Eq. 39); free evolution (`dephasing`, Eqs. 9-21); the master equation
from the cavity (`dispersive`, Eqs. 32-33, and `adiabatic_elimination`, Eqs. 35-38); the mean field
in general (`product_state`, Eqs. 40-46), of one spin (`spin_rates`, Eqs. 22-23), of identical spins
(`identical_spins`, Eqs. 24-25) and of two halves (`mirror_halves`, Eqs. 26-28, and
`small_detuning`, Eqs. 47-50), and its limit of many spins (`planar_flow`, `slow_spins`); the
quantum limit of many spins at fixed amplitude (`bright_mode`), for small detunings (`zeno`).  It
may import `spincat.shared` only.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from spincat.symbolic import (
        adiabatic_elimination,
        bright_mode,
        dephasing,
        dispersive,
        holstein_primakoff,
        identical_spins,
        mirror_halves,
        planar_flow,
        product_state,
        slow_spins,
        small_detuning,
        spin_rates,
        stabilisation,
        zeno,
    )

__all__ = [
    "adiabatic_elimination",
    "bright_mode",
    "dephasing",
    "dispersive",
    "holstein_primakoff",
    "identical_spins",
    "mirror_halves",
    "planar_flow",
    "product_state",
    "slow_spins",
    "small_detuning",
    "spin_rates",
    "stabilisation",
    "zeno",
]
__getattr__, __dir__, _ = lazy_loader.attach(__name__, __all__)
