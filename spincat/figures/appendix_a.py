"""Figures to Appendix A: the avoided crossing, the decay of a pair, the elimination's error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import scipy.linalg
import xarray as xr
from annotated_types import Gt
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from typing_extensions import Doc

from spincat.figures import describe
from spincat.figures.vocabulary import (
    Adiabaticity,
    Eta,
    Mixing,
    Nonlinearity,
    Phase,
    SeveralSpins,
    Sizes,
    TMax,
)
from spincat.master_equation import cavity_elimination, cavity_levels
from spincat.model.ensemble import SpinEnsemble
from spincat.model.states import trace_distance
from spincat.shared import provenance
from spincat.shared.declarations import computes
from spincat.shared.types import Floats

_MARKERS = "o", "s", "^", "D", "v"


@computes("levels", "factor", "position")
def compute_crossing(
    n_spins: SeveralSpins = 2,
    mixing: Annotated[Mixing, Doc("ε = g/ω₀ of the levels that are shown")] = 0.03,
    nonlinearity: Annotated[Nonlinearity, Doc("χ⁽²⁾/ω₀ of these")] = 0.01,
    ratios: Annotated[Sequence[Nonlinearity], Doc("values of χ⁽²⁾/ω₀ at which g₂ is measured")] = (
        0.005,
        0.01,
        0.02,
        0.03,
    ),
    mixings: Annotated[Sequence[Mixing], Doc("values of ε at which g₂ is measured")] = (
        0.0125,
        0.025,
        0.05,
        0.1,
    ),
) -> xr.Dataset:
    r"""The avoided crossing of one photon and one pair in Eq. 31, and the g₂ that it means.

    Returns
    -------
    Dataset with ``levels`` (offset, level) around their mean and the distance offset of the
    cavity from the crossing, both in units of χ⁽²⁾ε²√(2N(N−1)), so that the gap is 2g₂/(χ⁽²⁾ε²);
    and over (nonlinearity, mixing) the ``factor`` g₂/(χ⁽²⁾ε²) and the ``position`` of the crossing.
    """
    found = cavity_levels.avoided_crossing(n_spins, mixing, nonlinearity)
    unit = nonlinearity * mixing**2 * np.sqrt(2 * n_spins * (n_spins - 1))
    offset = np.linspace(-24, 24, 49)
    cavities = found.cavity + unit * offset
    pairs = cavity_levels.crossing_levels(cavities, n_spins, mixing, nonlinearity)
    grid = [[cavity_levels.avoided_crossing(n_spins, e, chi) for e in mixings] for chi in ratios]
    factor = [
        [cell.pair_coupling / (chi * e**2) for cell, e in zip(row, mixings, strict=True)]
        for row, chi in zip(grid, ratios, strict=True)
    ]
    position = [[cell.cavity for cell in row] for row in grid]
    both = "nonlinearity", "mixing"
    shown = (pairs - pairs.mean(axis=1, keepdims=True)) / unit
    return xr.Dataset(
        {
            "levels": (("offset", "level"), shown, describe("energy of the level")),
            "factor": (both, factor, describe("g_2 in units of chi (g/Delta)^2")),
            "position": (both, position, describe("cavity frequency", "omega_0")),
        },
        coords={
            "offset": ("offset", offset, describe("cavity frequency from the crossing")),
            "level": ["lower", "upper"],
            "nonlinearity": ("nonlinearity", list(ratios), describe("chi/omega_0")),
            "mixing": ("mixing", list(mixings), describe("g/omega_0")),
        },
        attrs=provenance.attributes(
            n_spins=n_spins, shown_mixing=mixing, shown_nonlinearity=nonlinearity
        ),
    )


def draw_crossing(dataset: xr.Dataset) -> Figure:
    r"""Draw the dataset of :func:`compute_crossing`: the levels, and the factor in g₂.

    The unit u of the left panel is χ⁽²⁾ε²√(2N(N−1)), and ω_* is where the gap is smallest.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.6))
    offset = dataset["offset"].values
    for level, sign in (("lower", -1), ("upper", 1)):
        colour = "C0" if sign < 0 else "C1"
        left.plot(offset, dataset["levels"].sel(level=level), "o", ms=4, color=colour)
        for factor, style in ((3, "-"), (1, "--")):
            curve = sign * np.hypot(offset / 2, factor)
            left.plot(offset, curve, style, color="black", lw=1.1, zorder=1)
    left.plot([], [], "o", color="#555555", label="Eq. 31")
    left.plot([], [], "-", color="black", lw=1.1, label=r"$g_2 = 3\chi(g/\Delta)^2$")
    left.plot([], [], "--", color="black", lw=1.1, label=r"$g_2 = \chi(g/\Delta)^2$")
    left.set(xlabel=r"$(\omega_c - \omega_*)\,/\,u$", ylabel=r"energy $/\,u$")
    left.legend(fontsize=8, loc="upper center")
    left.set_ylim(-14, 19)
    for marker, ratio in zip(_MARKERS, dataset["nonlinearity"].values, strict=False):
        row = dataset["factor"].sel(nonlinearity=ratio)
        right.plot(dataset["mixing"], row, marker=marker, label=rf"$\chi/\omega_0 = {ratio:g}$")
    for factor, style in ((3, "-"), (1, "--")):
        right.axhline(factor, color="black", ls=style, lw=1.1, zorder=1)
    right.set(xlabel=r"$g/\Delta$", ylabel=r"$g_2\,/\,\chi(g/\Delta)^2$", ylim=(0.8, 3.6))
    right.legend(fontsize=8, loc="center")
    return figure


@computes("population")
def compute_decay(
    mixing: Mixing = 0.03,
    nonlinearity: Nonlinearity = 0.01,
    adiabaticity: Annotated[Adiabaticity, Doc("r = 2g₂/κ with g₂ = 3χ⁽²⁾ε², which fixes κ")] = 0.05,
) -> xr.Dataset:
    r"""Decay of one pair of two spins, under Eq. 31 with κD[a] and under the eliminated models.

    Returns
    -------
    Dataset over (model, excitations, time): ``population`` of 0, 1 and 2 excitations, for "Eq. 31",
    "pair loss" (Eq. 35, with the factor 3), "printed" (Eq. 35 with the g₂ of Eq. 33) and "both"
    (Eq. 35 and the single loss κε²D[S₋]); the time is in units of 1/Γ2 with the factor 3.
    """
    pair_coupling = 3 * nonlinearity * mixing**2
    kappa = 2 * pair_coupling / adiabaticity
    gamma2 = 16 * pair_coupling**2 / kappa
    time = np.linspace(0, 3, 31)
    resonance = cavity_levels.avoided_crossing(2, mixing, nonlinearity)
    full = cavity_levels.pair_decay(time / gamma2, 2, mixing, nonlinearity, kappa, resonance.cavity)
    single = 2 * kappa * mixing**2 / gamma2
    models = {
        "Eq. 31": full,
        "pair loss": _cascade(1.0, 0.0, time),
        "printed": _cascade(1 / 9, 0.0, time),
        "both": _cascade(1.0, single, time),
    }
    population = [values.T for values in models.values()]
    return xr.Dataset(
        {
            "population": (
                ("model", "excitations", "time"),
                population,
                describe("population"),
            )
        },
        coords={
            "model": list(models),
            "excitations": [0, 1, 2],
            "time": ("time", time, describe("time", "1/Gamma_2")),
        },
        attrs=provenance.attributes(
            n_spins=2,
            mixing=mixing,
            nonlinearity=nonlinearity,
            adiabaticity=adiabaticity,
            single_loss=single,
        ),
    )


def draw_decay(dataset: xr.Dataset) -> Figure:
    """Draw the dataset of :func:`compute_decay`: both spins excited, and one of them."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.6))
    styles = {"pair loss": "-", "printed": ":", "both": "--"}
    labels = {
        "pair loss": "pair loss, factor 3",
        "printed": "pair loss, factor 1",
        "both": "pair and single loss",
    }
    for axes, number in ((left, 2), (right, 1)):
        rows = dataset["population"].sel(excitations=number)
        axes.plot(dataset["time"], rows.sel(model="Eq. 31"), "o", ms=4, label="Eq. 31 and loss")
        for index, (model, style) in enumerate(styles.items()):
            colour = f"C{index + 1}"
            axes.plot(
                dataset["time"], rows.sel(model=model), style, color=colour, label=labels[model]
            )
        axes.set(
            xlabel=r"$\Gamma_2t$", ylabel=f"population of {number} excitation" + "s" * (number > 1)
        )
    left.legend(fontsize=8)
    return figure


@computes("error", "bare_ratio")
def compute_elimination(
    eta: Eta = 0.2,
    phase: Phase = 0.0,
    sizes: Sizes[SeveralSpins] = (2, 4, 8, 16),
    adiabaticities: Annotated[Sequence[Adiabaticity], Doc("values of r = g₂N/κ")] = (
        0.04,
        0.08,
        0.16,
        0.32,
    ),
    t_max: Annotated[
        TMax, Gt(0), Doc("last of 16 times of which the worst counts, all spins down at first")
    ] = 3.0,
) -> xr.Dataset:
    r"""Error of Eq. 35 against g₂N/κ: trace distance to the spins of the full cavity model.

    Returns
    -------
    Dataset over (n_spins, adiabaticity): ``error``, and ``bare_ratio`` g₂/κ.
    """
    errors = []
    for size in sizes:
        ensemble = SpinEnsemble(size, eta, phase)
        limit = cavity_elimination.eliminated(ensemble, t_max)
        errors.append(
            [
                trace_distance(
                    cavity_elimination.with_cavity(ensemble, r, t_max, photons=5), limit
                ).max()
                for r in adiabaticities
            ]
        )
    both = "n_spins", "adiabaticity"
    bare = np.divide.outer(1 / np.asarray(sizes), 1 / np.asarray(adiabaticities))
    return xr.Dataset(
        {
            "error": (both, errors, describe("largest trace distance to Eq. 35")),
            "bare_ratio": (both, bare, describe("g_2/kappa")),
        },
        coords={
            "n_spins": list(sizes),
            "adiabaticity": ("adiabaticity", list(adiabaticities), describe("g_2 N/kappa")),
        },
        attrs=provenance.attributes(eta=eta, phase=phase, t_max=t_max),
    )


def draw_elimination(dataset: xr.Dataset) -> Figure:
    """Draw the dataset of :func:`compute_elimination` against g₂/κ and against g₂N/κ."""
    figure, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(7.2, 3.6))
    r = dataset["adiabaticity"]
    for index, size in enumerate(dataset["n_spins"].values):
        row = dataset.sel(n_spins=size)
        style = {"marker": _MARKERS[index % len(_MARKERS)], "color": f"C{index}", "ms": 5}
        left.loglog(row["bare_ratio"], row["error"], label=f"$N = {size}$", **style)
        right.loglog(r, row["error"], **style)
    smallest = dataset["error"].isel(n_spins=0, adiabaticity=0)
    right.loglog(r, float(smallest) * (r / r[0]) ** 2, "--", color="black", label=r"$\propto r^2$")
    left.set(xlabel=r"$g_2/\kappa$", ylabel="largest error of Eq. 35")
    right.set(xlabel=r"$r = g_2N/\kappa$")
    right.set_xticks(r, [f"{value:g}" for value in r.values])
    right.xaxis.set_minor_formatter(NullFormatter())
    left.legend(loc="lower right", fontsize=9)
    right.legend()
    return figure


def _cascade(pair: float, single: float, times: Floats) -> Floats:
    """Populations of 0, 1 and 2 excitations with rates 2 → 0, and 2 → 1 and 1 → 0, from 2."""
    rates = np.array([[0, single, pair], [0, -single, single], [0, 0, -pair - single]])
    return np.array([scipy.linalg.expm(rates * t)[:, 2] for t in times])
