"""Quantum mechanics at finite N: solvers of Eqs. 1-2, and of the cavity behind them (Appendix A).

Any detunings in the space of 2^N product states (`product_space`, Fig. 2) or without its fast
motion (`quasi_dark`); identical spins on the ladder of Dicke states (`dicke`) and their amplitude
(`dicke_amplitude`, Fig. 3); two halves at first order in their detuning (`two_halves_response`);
two-body and four-body loss (`multibody_loss`, Sec. V); spins and cavity together
(`cavity_elimination`, Eqs. 34-35, and `cavity_levels`, Eq. 31).
It may import `spincat.free`, `spincat.model` and `spincat.shared`.
"""

from spincat.master_equation import (
    cavity_elimination,
    cavity_levels,
    dicke,
    dicke_amplitude,
    multibody_loss,
    product_space,
    quasi_dark,
    two_halves_response,
)

__all__ = [
    "cavity_elimination",
    "cavity_levels",
    "dicke",
    "dicke_amplitude",
    "multibody_loss",
    "product_space",
    "quasi_dark",
    "two_halves_response",
]
