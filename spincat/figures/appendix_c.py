"""Appendix C: how good the expansions for a small detuning are, and what they leave out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from spincat.figures import describe
from spincat.master_equation import two_halves_response
from spincat.mean_field import phase_locking
from spincat.shared import provenance
from spincat.shared.types import Equations

EQUATIONS: tuple[Equations, ...] = get_args(Equations)
LABELS = {
    "printed": "Eqs. 26–28 as printed",
    "paper": "Eqs. 22–23",
    "product": "exact product state",
}
LINES = {"printed": "--", "paper": "-.", "product": "-"}


def compute_rates(
    spins: Sequence[int] = (100, 10000), drives: Sequence[float] | None = None
) -> xr.Dataset:
    """Restoring rate −K of three sets of mean-field equations, over that which Eq. 29 implies.

    Parameters
    ----------
    spins
        Numbers of spins N, even, at least 4 [1].
    drives
        Drives η, by default 60 up to 600 with equal ratios, above 0 [Gamma_2].

    Returns
    -------
    Dataset over (equations, n_spins, eta) with ``ratio``, NaN where η ≥ N/16.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    etas = np.geomspace(0.1, 600, 60) if drives is None else np.asarray(drives, dtype=float)
    ratio = np.full((len(EQUATIONS), len(spins), len(etas)), np.nan)
    for i, equations in enumerate(EQUATIONS):
        for j, n_spins in enumerate(spins):
            for k in np.flatnonzero(etas < n_spins / 16):
                rate = phase_locking.restoring_rate(equations, n_spins, etas[k])
                ratio[i, j, k] = rate * phase_locking.small_spread(n_spins, etas[k])
    return xr.Dataset(
        {
            "ratio": (
                ("equations", "n_spins", "eta"),
                ratio,
                describe("restoring rate over that of Eq. 29"),
            )
        },
        coords={
            "equations": list(EQUATIONS),
            "n_spins": ("n_spins", list(spins), describe("number of spins N")),
            "eta": ("eta", etas, describe("drive", "Gamma_2")),
        },
        attrs=provenance.attributes(),
    )


def draw_rates(dataset: xr.Dataset) -> Figure:
    """Draw the ratios of :func:`compute_rates` against the drive."""
    figure, axes = plt.subplots()
    for i, equations in enumerate(EQUATIONS):
        for j, n_spins in enumerate(dataset["n_spins"].values):
            row = dataset["ratio"].sel(equations=equations, n_spins=n_spins)
            label = f"{LABELS[equations]}, $N = {n_spins}$"
            axes.semilogx(
                dataset["eta"], row, LINES[equations], color=f"C{i}", lw=1.2 + j, label=label
            )
    axes.axhline(0, color="k", lw=0.8)
    axes.axvspan(0.25, 0.5, color="#e6e6e6", zorder=0)
    axes.set(xlabel=r"$\eta/\Gamma_2$", ylabel=r"$-K$ over that of Eq. 29", ylim=(-1, 1.7))
    figure.legend(loc="outside upper center", ncols=2, fontsize=9)
    return figure


def compute_spreads(
    n_spins: int = 10000,
    densities: Sequence[float] = (0.001, 0.02, 0.05),
    spreads: Sequence[float] | None = None,
) -> xr.Dataset:
    r"""Spread that Eq. 29 gives for the detuning at which the true spread is ζ, over ζ.

    Parameters
    ----------
    n_spins
        Number of spins N, even, at least 4 [1].
    densities
        Drives per spin h = η/N, above 0 and below 1/16 [Gamma_2].
    spreads
        True spreads ζ, by default 40 equally spaced up to 0.8, above 0 and at most pi/2 [rad].

    Returns
    -------
    Dataset over (density, spread) with ``exact`` (the mean-field equations 22-23) and ``cubic``
    (the first correction in ζ for N → ∞), NaN where no steady state has that spread.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    zeta = np.linspace(0.02, 0.8, 40) if spreads is None else np.asarray(spreads, dtype=float)
    exact, cubic = np.full((2, len(densities), len(zeta)), np.nan)
    for i, h in enumerate(densities):
        linear, root = phase_locking.small_spread(n_spins, h * n_spins), np.sqrt(1 - 16 * h)
        cubic[i] = 1 + (5 * root + 3) / (6 * root) * zeta**2
        for j in np.flatnonzero(16 * h < np.cos(zeta) ** 2 - 1e-3):
            state = phase_locking.locked_state("paper", n_spins, h * n_spins, zeta[j])
            exact[i, j] = linear * state.delta / zeta[j]
    dims, name = ("density", "spread"), "spread of Eq. 29 over the true one"
    return xr.Dataset(
        {
            "exact": (dims, exact, describe(name)),
            "cubic": (dims, cubic, describe(f"{name}, to second order in the spread")),
        },
        coords={
            "density": ("density", list(densities), describe("drive per spin h = eta/N")),
            "spread": ("spread", zeta, describe("spread zeta", "rad")),
        },
        attrs=provenance.attributes(n_spins=n_spins),
    )


def draw_spreads(dataset: xr.Dataset) -> Figure:
    """Draw what :func:`compute_spreads` gives against the true spread."""
    figure, axes = plt.subplots()
    for i, h in enumerate(dataset["density"].values):
        row = dataset.sel(density=h)
        axes.plot(row["spread"], row["exact"], color=f"C{i}", label=f"$h = {h:g}$")
        axes.plot(row["spread"], row["cubic"], ":", color=f"C{i}")
    axes.plot([], [], ":", color="k", label=r"to order $\zeta^2$")
    axes.set(xlabel=r"true spread $\zeta$ [rad]", ylabel=r"$\zeta$ of Eq. 29 over the true one")
    axes.set(xlim=(0, float(dataset["spread"].max())), ylim=(0.9, 2.2))
    axes.legend(loc="upper left")
    return figure


def compute_response(
    density: float = 0.05,
    spins: Sequence[int] = (8, 12, 16, 20),
    times: Sequence[float] | None = None,
) -> xr.Dataset:
    r"""Spread per detuning after the detunings are switched on: master equation and mean field.

    Parameters
    ----------
    density
        Drive per spin h = η/N, the same for all N, above 0 and below 1/16 [Gamma_2].
    spins
        Numbers of spins N, even, from 4 to 40 [1].
    times
        Times, by default 25 up to 3·10⁴ with equal ratios, above 0 [1/Gamma_2].

    Returns
    -------
    Dataset over (n_spins, time) with ``quantum`` and ``mean_field`` (the exact product-state
    equations), and the rates ``quantum_rate`` and ``mean_field_rate`` over n_spins.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.
    """
    grid = np.geomspace(1, 3e4, 25) if times is None else np.asarray(times, dtype=float)
    quantum, mean_field = np.empty((2, len(spins), len(grid)))
    rates = np.empty((2, len(spins)))
    for i, n_spins in enumerate(spins):
        eta = density * n_spins
        rates[0, i] = two_halves_response.restoring_rate(n_spins, eta)
        rates[1, i] = phase_locking.restoring_rate("product", n_spins, eta)
        quantum[i] = two_halves_response.spread_response(n_spins, eta, grid)
        mean_field[i] = -np.expm1(-rates[1, i] * grid) / rates[1, i]
    dims, name = ("n_spins", "time"), "spread over detuning"
    return xr.Dataset(
        {
            "quantum": (dims, quantum, describe(f"{name}, master equation", "1/Gamma_2")),
            "mean_field": (dims, mean_field, describe(f"{name}, mean field", "1/Gamma_2")),
            "quantum_rate": ("n_spins", rates[0], describe("slowest decay rate", "Gamma_2")),
            "mean_field_rate": ("n_spins", rates[1], describe("restoring rate", "Gamma_2")),
        },
        coords={
            "n_spins": ("n_spins", list(spins), describe("number of spins N")),
            "time": ("time", grid, describe("time", "1/Gamma_2")),
        },
        attrs=provenance.attributes(density=density),
    )


def draw_response(dataset: xr.Dataset) -> Figure:
    """Draw the spreads of :func:`compute_response` against time."""
    figure, axes = plt.subplots()
    for i, n_spins in enumerate(dataset["n_spins"].values):
        row = dataset.sel(n_spins=n_spins)
        axes.loglog(row["time"], row["quantum"], color=f"C{i}", label=f"$N = {n_spins}$")
        axes.loglog(row["time"], row["mean_field"], "--", color=f"C{i}")
    axes.plot([], [], "k--", label="mean field")
    axes.loglog(dataset["time"], dataset["time"], ":", color="#555555", label="no restoring rate")
    axes.set(xlabel=r"$\Gamma_2 t$", ylabel=r"$\Gamma_2\zeta/\delta$", ylim=(1, 2e4))
    axes.legend(loc="upper left")
    return figure
