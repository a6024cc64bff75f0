"""Product states of N spins (Sec. IV, Appendices B and C): Eqs. 22-30.

Each spin on its own (`all_spins`, Eqs. 22-23) or groups of equal ones (`spin_groups`), identical
spins (`identical_spins`, Eqs. 24-25), two halves detuned by ±δ that mirror each other
(`mirror_halves`, Eqs. 26-28) or need not (`two_halves`), the steady state in which they lock
(`phase_locking`, Eq. 29), and the map of Fig. 4 (`phase_diagram`, Eq. 30).
It may import `spincat.symbolic`, `spincat.model` and `spincat.shared`.
"""

from spincat.mean_field import (
    all_spins,
    identical_spins,
    mirror_halves,
    phase_diagram,
    phase_locking,
    spin_groups,
    two_halves,
)
from spincat.mean_field.spin_groups import SpinGroups

__all__ = [
    "SpinGroups",
    "all_spins",
    "identical_spins",
    "mirror_halves",
    "phase_diagram",
    "phase_locking",
    "spin_groups",
    "two_halves",
]
