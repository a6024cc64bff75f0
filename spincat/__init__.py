"""Spin cat states of N two-level spins under inhomogeneous dephasing (arXiv:2403.16491).

Rates are in units of the two-body loss Γ2 and times in units of 1/Γ2 throughout.

``import spincat`` gives every module that the book's page on the package describes; a module is
loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

from spincat.cavity import Cavity
from spincat.ensemble import SpinEnsemble
from spincat.provenance import about

if TYPE_CHECKING:
    from spincat import (
        broadening,
        cavity,
        cavity_dynamics,
        cavity_levels,
        coherence,
        collective,
        continuum,
        critical_linewidth,
        dephasing,
        dephasing_limits,
        ensemble,
        errors,
        few_spins,
        figure_runs,
        figures,
        grids,
        lindblad,
        linear_stability,
        logical_qubit,
        mean_field,
        notebook_pages,
        notebook_runs,
        parameters,
        phase_spread,
        planar_basins,
        planar_flow,
        provenance,
        quantum_spread,
        reduced,
        sectors,
        single_ensemble,
        states,
        sweeps,
        symbolic,
        synchronization,
        two_ensembles,
        two_halves,
        verdicts,
        wigner,
    )

__all__ = [
    "Cavity",
    "SpinEnsemble",
    "__version__",
    "about",
    "broadening",
    "cavity",
    "cavity_dynamics",
    "cavity_levels",
    "coherence",
    "collective",
    "continuum",
    "critical_linewidth",
    "dephasing",
    "dephasing_limits",
    "ensemble",
    "errors",
    "few_spins",
    "figure_runs",
    "figures",
    "grids",
    "lindblad",
    "linear_stability",
    "logical_qubit",
    "mean_field",
    "notebook_pages",
    "notebook_runs",
    "parameters",
    "phase_spread",
    "planar_basins",
    "planar_flow",
    "provenance",
    "quantum_spread",
    "reduced",
    "sectors",
    "single_ensemble",
    "states",
    "sweeps",
    "symbolic",
    "synchronization",
    "two_ensembles",
    "two_halves",
    "verdicts",
    "wigner",
]


def __getattr__(name: str) -> Any:
    """Load a module of the package when it is first asked for."""
    if name in __all__:
        return import_module(f"spincat.{name}")
    raise AttributeError(f"module 'spincat' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
