"""The limit N → ∞ of the mean field at fixed h = η/(NΓ2) (Sec. IV.2), without simulation.

The flow of two halves in a plane (`planar_flow`) with the basins of its states (`planar_basins`),
a continuum of spins with any distribution of detunings (`continuum`) and where it ceases to be
synchronised (`critical_linewidths`), and the eigenvalues at finite N that approach these
(`finite_n`).  `rhs`, `jacobian` and `steady_state` stay in their modules: others have them too.
It may import `spincat.mean_field`, `spincat.model` and `spincat.shared`.
"""

from spincat.large_n import continuum, critical_linewidths, finite_n, planar_basins, planar_flow
from spincat.large_n.continuum import collective_rate, unstable_modes
from spincat.large_n.critical_linewidths import (
    critical_linewidth,
    critical_point,
    stays_synchronised,
)
from spincat.large_n.finite_n import halves_rates, hopf_of_halves, spectrum
from spincat.large_n.planar_basins import (
    after_fast_motion,
    basin_edge,
    edge_from,
    homoclinic_linewidth,
    synchronises,
)
from spincat.large_n.planar_flow import (
    hopf_linewidth,
    lyapunov_coefficient,
    saddle_node_linewidth,
    stability_limit,
)

__all__ = [
    "after_fast_motion",
    "basin_edge",
    "collective_rate",
    "continuum",
    "critical_linewidth",
    "critical_linewidths",
    "critical_point",
    "edge_from",
    "finite_n",
    "halves_rates",
    "homoclinic_linewidth",
    "hopf_linewidth",
    "hopf_of_halves",
    "lyapunov_coefficient",
    "planar_basins",
    "planar_flow",
    "saddle_node_linewidth",
    "spectrum",
    "stability_limit",
    "stays_synchronised",
    "synchronises",
    "unstable_modes",
]
