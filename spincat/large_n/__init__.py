"""The limit N → ∞ of the mean field at fixed h = η/(NΓ2) (Sec. IV.2), without simulation.

The flow of two halves in a plane (`planar_flow`) with the basins of its states (`planar_basins`),
a continuum of spins with any distribution of detunings (`continuum`) and where it ceases to be
synchronised (`critical_linewidths`), and the eigenvalues at finite N that approach these
(`finite_n`).  It may import `spincat.mean_field`, `spincat.model` and `spincat.shared`.
"""

from spincat.large_n import continuum, critical_linewidths, finite_n, planar_basins, planar_flow

__all__ = ["continuum", "critical_linewidths", "finite_n", "planar_basins", "planar_flow"]
