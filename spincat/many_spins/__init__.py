"""Quantum mechanics of Eqs. 1-2 for many spins, from eight to infinitely many.

Three solvers, each exact in a limit of its own, which overlap: classes of equal spins
(`classes`), any detunings as mixtures of few states (`low_rank`), and N → ∞ at fixed amplitude,
where the spins are oscillators (`bright_mode`), with what the stabilisation holds there
(`held_amplitude`) and its limit of small detunings (`zeno`).  All of them have the same variables.
Beside them stand the flips of a qubit in the bright mode (`flips`), and what comes back when the
detunings are reversed (`reversal`).
It may import `spincat.model` and `spincat.shared`.
"""

from spincat.many_spins import (
    bright_mode,
    classes,
    flips,
    held_amplitude,
    low_rank,
    reversal,
    zeno,
)
from spincat.many_spins.bright_mode import evolve_bright_mode
from spincat.many_spins.classes import evolve_classes
from spincat.many_spins.flips import flip_rates
from spincat.many_spins.held_amplitude import held_mode
from spincat.many_spins.low_rank import evolve_low_rank
from spincat.many_spins.reversal import reversed_fidelity
from spincat.many_spins.zeno import evolve_zeno

__all__ = [
    "bright_mode",
    "classes",
    "evolve_bright_mode",
    "evolve_classes",
    "evolve_low_rank",
    "evolve_zeno",
    "flip_rates",
    "flips",
    "held_amplitude",
    "held_mode",
    "low_rank",
    "reversal",
    "reversed_fidelity",
    "zeno",
]
