"""Appendix C: how good the expansions for a small detuning are, and what they leave out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, get_args

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Gt, Le
from matplotlib.figure import Figure
from typing_extensions import Doc

from spincat.figures import describe
from spincat.figures.vocabulary import (
    Eta,
    Etas,
    EvenSpins,
    HeldH,
    Hs,
    PhaseSpread,
    Sizes,
    Time,
    Times,
)
from spincat.master_equation import two_halves_response
from spincat.mean_field import phase_locking
from spincat.shared import provenance
from spincat.shared.declarations import computes
from spincat.shared.types import Equations

EQUATIONS: tuple[Equations, ...] = get_args(Equations)
LABELS = {
    "printed": "Eqs. 26–28 as printed",
    "paper": "Eqs. 22–23",
    "product": "exact product state",
}
LINES = {"printed": "--", "paper": "-.", "product": "-"}


@computes("ratio")
def compute_rates(
    sizes: Sizes[EvenSpins] = (100, 10000),
    etas: Annotated[
        Etas[Eta], Doc("strengths η of the drive, by default 60 up to 600 with equal ratios")
    ]
    | None = None,
) -> xr.Dataset:
    """Restoring rate −K of three sets of mean-field equations, over that which Eq. 29 implies.

    Returns
    -------
    Dataset over (equations, n_spins, eta) with ``ratio``, NaN where η ≥ N/16.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    eta = np.geomspace(0.1, 600, 60) if etas is None else np.asarray(etas, dtype=float)
    ratio = np.full((len(EQUATIONS), len(sizes), len(eta)), np.nan)
    for i, equations in enumerate(EQUATIONS):
        for j, n_spins in enumerate(sizes):
            for k in np.flatnonzero(eta < n_spins / 16):
                rate = phase_locking.restoring_rate(equations, n_spins, eta[k])
                ratio[i, j, k] = rate * phase_locking.small_spread(n_spins, eta[k])
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
            "n_spins": ("n_spins", list(sizes), describe("number of spins N")),
            "eta": ("eta", eta, describe("drive", "Gamma_2")),
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


@computes("exact", "cubic")
def compute_spreads(
    n_spins: EvenSpins = 10000,
    h: Hs[HeldH] = (0.001, 0.02, 0.05),
    spreads: Annotated[
        Sequence[Annotated[PhaseSpread, Gt(0), Le(math.pi / 2)]],
        Doc("true spreads ζ, by default 40 equally spaced up to 0.8"),
    ]
    | None = None,
) -> xr.Dataset:
    r"""Spread that Eq. 29 gives for the detuning at which the true spread is ζ, over ζ.

    Returns
    -------
    Dataset over (h, spread) with ``exact`` (the mean-field equations 22-23) and ``cubic``
    (the first correction in ζ for N → ∞), NaN where no steady state has that spread.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    zeta = np.linspace(0.02, 0.8, 40) if spreads is None else np.asarray(spreads, dtype=float)
    exact, cubic = np.full((2, len(h), len(zeta)), np.nan)
    for i, each in enumerate(h):
        linear, root = phase_locking.small_spread(n_spins, each * n_spins), np.sqrt(1 - 16 * each)
        cubic[i] = 1 + (5 * root + 3) / (6 * root) * zeta**2
        for j in np.flatnonzero(16 * each < np.cos(zeta) ** 2 - 1e-3):
            state = phase_locking.locked_state("paper", n_spins, each * n_spins, zeta[j])
            exact[i, j] = linear * state.delta / zeta[j]
    dims, name = ("h", "spread"), "spread of Eq. 29 over the true one"
    return xr.Dataset(
        {
            "exact": (dims, exact, describe(name)),
            "cubic": (dims, cubic, describe(f"{name}, to second order in the spread")),
        },
        coords={
            "h": ("h", list(h), describe("eta / (N Gamma_2)")),
            "spread": ("spread", zeta, describe("spread zeta", "rad")),
        },
        attrs=provenance.attributes(n_spins=n_spins),
    )


def draw_spreads(dataset: xr.Dataset) -> Figure:
    """Draw what :func:`compute_spreads` gives against the true spread."""
    figure, axes = plt.subplots()
    for i, h in enumerate(dataset["h"].values):
        row = dataset.sel(h=h)
        axes.plot(row["spread"], row["exact"], color=f"C{i}", label=f"$h = {h:g}$")
        axes.plot(row["spread"], row["cubic"], ":", color=f"C{i}")
    axes.plot([], [], ":", color="k", label=r"to order $\zeta^2$")
    axes.set(xlabel=r"true spread $\zeta$ [rad]", ylabel=r"$\zeta$ of Eq. 29 over the true one")
    axes.set(xlim=(0, float(dataset["spread"].max())), ylim=(0.9, 2.2))
    axes.legend(loc="upper left")
    return figure


@computes("quantum", "mean_field", "quantum_rate", "mean_field_rate")
def compute_response(
    h: Annotated[HeldH, Doc("drive per spin h = η/(NΓ2), the same for all N")] = 0.05,
    sizes: Sizes[Annotated[EvenSpins, Le(40)]] = (8, 12, 16, 20),
    times: Annotated[
        Times[Annotated[Time, Gt(0)]], Doc("times, by default 25 up to 3·10⁴ with equal ratios")
    ]
    | None = None,
) -> xr.Dataset:
    r"""Spread per detuning after the detunings are switched on: master equation and mean field.

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
    quantum, mean_field = np.empty((2, len(sizes), len(grid)))
    rates = np.empty((2, len(sizes)))
    for i, n_spins in enumerate(sizes):
        eta = h * n_spins
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
            "n_spins": ("n_spins", list(sizes), describe("number of spins N")),
            "time": ("time", grid, describe("time", "1/Gamma_2")),
        },
        attrs=provenance.attributes(h=h),
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
