"""Quantum mechanics at finite N: solvers of Eqs. 1-2, and of the cavity behind them (Appendix A).

Any detunings in the space of 2^N product states (`product_space`, Fig. 2) or without its fast
motion (`quasi_dark`); identical spins on the ladder of Dicke states (`dicke`) and their amplitude
(`dicke_amplitude`, Fig. 3) with its slow decay (`coherence_decay`); two halves at first order in
their detuning (`two_halves_response`); two-body and four-body loss (`multibody_loss`, Sec. V);
spins and cavity together (`cavity_elimination`, Eqs. 34-35, `cavity_levels`, Eq. 31, and
`cavity_exchange`, unequal spins).
It may import `spincat.free`, `spincat.model` and `spincat.shared`.
"""

from spincat.master_equation import (
    cavity_elimination,
    cavity_exchange,
    cavity_levels,
    coherence_decay,
    dicke,
    dicke_amplitude,
    multibody_loss,
    product_space,
    quasi_dark,
    two_halves_response,
)
from spincat.master_equation.cavity_elimination import eliminated, with_cavity
from spincat.master_equation.cavity_levels import avoided_crossing, driven_spins, pair_decay
from spincat.master_equation.coherence_decay import coherence_decay_rate, decay_exponent, slow_mode
from spincat.master_equation.dicke import nearly_dark_state, steady_state
from spincat.master_equation.dicke_amplitude import (
    amplitude,
    density_matrix,
    quasi_steady_amplitude,
)
from spincat.master_equation.multibody_loss import held_fidelity, held_fidelity_of_classes
from spincat.master_equation.product_space import cat_fidelity, evolve
from spincat.master_equation.quasi_dark import (
    decay_coefficient,
    mean_fidelity,
    quasi_dark_fidelity,
    quasi_dark_state,
)
from spincat.master_equation.two_halves_response import restoring_rate, spread_response

__all__ = [
    "amplitude",
    "avoided_crossing",
    "cat_fidelity",
    "cavity_elimination",
    "cavity_exchange",
    "cavity_levels",
    "coherence_decay",
    "coherence_decay_rate",
    "decay_coefficient",
    "decay_exponent",
    "density_matrix",
    "dicke",
    "dicke_amplitude",
    "driven_spins",
    "eliminated",
    "evolve",
    "held_fidelity",
    "held_fidelity_of_classes",
    "mean_fidelity",
    "multibody_loss",
    "nearly_dark_state",
    "pair_decay",
    "product_space",
    "quasi_dark",
    "quasi_dark_fidelity",
    "quasi_dark_state",
    "quasi_steady_amplitude",
    "restoring_rate",
    "slow_mode",
    "spread_response",
    "steady_state",
    "two_halves_response",
    "with_cavity",
]
