"""Product states of N spins (Sec. IV, Appendices B and C): Eqs. 22-30.

Each spin on its own (`all_spins`, Eqs. 22-23) or groups of equal ones (`spin_groups`), identical
spins (`identical_spins`, Eqs. 24-25), two halves detuned by ±δ that mirror each other
(`mirror_halves`, Eqs. 26-28) or need not (`two_halves`), the steady state in which they lock
(`phase_locking`, Eq. 29), and the map of Fig. 4 (`phase_diagram`, Eq. 30).
`rhs`, `jacobian`, `integrate` and `steady_state` stay in their modules, because several have them.
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
from spincat.mean_field.all_spins import paper_rhs, product_state_rhs
from spincat.mean_field.identical_spins import boson_amplitude, dipole_amplitude
from spincat.mean_field.phase_diagram import ellipse, fit_ellipse, phase_map, simulated_edge
from spincat.mean_field.phase_locking import (
    locked_state,
    restoring_rate,
    small_spread,
    weakest_drive,
)
from spincat.mean_field.spin_groups import SpinGroups

__all__ = [
    "SpinGroups",
    "all_spins",
    "boson_amplitude",
    "dipole_amplitude",
    "ellipse",
    "fit_ellipse",
    "identical_spins",
    "locked_state",
    "mirror_halves",
    "paper_rhs",
    "phase_diagram",
    "phase_locking",
    "phase_map",
    "product_state_rhs",
    "restoring_rate",
    "simulated_edge",
    "small_spread",
    "spin_groups",
    "two_halves",
    "weakest_drive",
]
