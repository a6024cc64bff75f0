"""Beyond Fig. 2: where the fidelity goes, whether driving helps, and the initial decay."""

from __future__ import annotations

from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Ge, Gt
from matplotlib.figure import Figure
from typing_extensions import Doc

from spincat.figures import COLOURS, PARITIES, describe
from spincat.figures.vocabulary import (
    Delta,
    Draws,
    Eta,
    ExactDraws,
    FewSpins,
    Intensities,
    Intensity,
    ManyDraws,
    Seed,
    SeveralSpins,
    Sizes,
    Time,
    TimeNumber,
    TMax,
)
from spincat.free import dephasing
from spincat.free.dephasing_limits import short_time_cat_fidelity
from spincat.master_equation import product_space, quasi_dark
from spincat.model import operators
from spincat.model.broadening import Gaussian
from spincat.model.ensemble import SpinEnsemble
from spincat.model.states import purity, spin_cat
from spincat.shared import provenance
from spincat.shared.declarations import computes

ADVANTAGE = "driven", "error", "free", "advantage"
"""Mean fidelity driven, its standard error, the free one, and their difference."""


@computes("weight", "purity")
def compute_total_spin_sectors(
    n_spins: FewSpins = 8,
    eta: Eta = 0.2,
    delta: Delta = 1e-2,
    draws: Draws = 10,
    seed: Seed = 1,
    t_max: TMax = 400.0,
    n_times: TimeNumber = 13,
) -> xr.Dataset:
    """Weight of each total spin and purity of both cats under Eqs. 1-2, for the draws of Fig. 2.

    Returns
    -------
    Dataset with ``weight`` (parity, draw, time, total_spin) and ``purity`` (parity, draw, time).

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range, or N is above 10.
    """
    ensemble, times = SpinEnsemble(n_spins, eta), np.linspace(0, t_max, n_times)
    rows, spins = Gaussian(delta).draw(n_spins, draws, seed), operators.total_spins(n_spins)
    weight = np.empty((len(PARITIES), draws, n_times, len(spins)))
    purities = np.empty(weight.shape[:-1])
    for i, parity in enumerate(PARITIES):
        angles = ensemble.theta, ensemble.azimuth
        cat = spin_cat(n_spins, *angles, parity=parity, basis="product")
        for j, row in enumerate(rows):
            rho = product_space.evolve(cat, row, eta, times, tol=1e-5)
            weight[i, j], purities[i, j] = operators.total_spin_weights(rho), purity(rho)
    dims = "parity", "draw", "time"
    return xr.Dataset(
        {
            "weight": ((*dims, "total_spin"), weight, describe("weight of the total spin")),
            "purity": (dims, purities, describe("purity")),
        },
        coords={
            "parity": list(PARITIES),
            "draw": np.arange(draws),
            "time": ("time", times, describe("time", "1/Gamma_2")),
            "total_spin": ("total_spin", spins, describe("total spin J")),
        },
        attrs=provenance.attributes(
            n_spins=n_spins, eta=eta, delta=delta, draws=draws, seed=seed, t_max=t_max
        ),
    )


def draw_total_spin_sectors(dataset: xr.Dataset) -> Figure:
    """Draw the mean weights of the total spins as stacked areas, and the mean purity."""
    figure, pair = plt.subplots(1, 2, sharey=True, figsize=(7.2, 3.6))
    shades = plt.get_cmap("viridis")(np.linspace(0.1, 0.95, dataset.sizes["total_spin"]))
    for axes, parity in zip(pair, PARITIES, strict=True):
        panel = dataset.sel(parity=parity).mean("draw")
        labels = [f"$J = {spin:g}$" for spin in panel["total_spin"].values]
        axes.stackplot(panel["time"], panel["weight"].T, colors=shades, labels=labels, alpha=0.85)
        axes.plot(panel["time"], panel["purity"], "w", lw=3)
        axes.plot(panel["time"], panel["purity"], "k--", label="purity")
        axes.set(title=f"{parity} cat", xlabel=r"$\Gamma_2 t$", ylim=(0, 1))
        axes.margins(x=0)
    pair[0].set_ylabel("mean weight of the total spin")
    handles, names = pair[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=6, fontsize=9.5)
    return figure


@computes(*ADVANTAGE)
def compute_advantage(
    intensities: Intensities[Intensity] = (0.1, 0.2, 0.4, 0.7, 1.0, 1.6),
    n_spins: FewSpins = 8,
    delta: Delta = 1e-2,
    seed: Seed = 1,
    t_max: TMax = 400.0,
    n_times: Annotated[TimeNumber, Ge(2)] = 41,
    *,
    draws_many: ManyDraws = 200,
    exact_draws: ExactDraws = 6,
) -> xr.Dataset:
    r"""Mean fidelity driven minus free against \|α\|² = 2η/Γ2 and time, for both cats.

    Returns
    -------
    Dataset over (parity, intensity, time): ``driven``, its standard ``error``, ``free`` (exact)
    and the ``advantage``, driven minus free.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range, or N is above 10.
    """
    parts = [
        _advantage(n_spins, x / 2, delta, seed, t_max, n_times, draws_many, exact_draws)
        for x in intensities
    ]
    label = xr.DataArray(list(intensities), dims="intensity", name="intensity")
    dataset = xr.concat(parts, label)
    dataset["intensity"].attrs = describe("|alpha|^2")
    dataset.attrs = provenance.attributes(
        n_spins=n_spins, delta=delta, seed=seed, t_max=t_max, draws_many=draws_many,
        exact_draws=exact_draws,
    )  # fmt: skip
    return dataset


def draw_advantage(dataset: xr.Dataset) -> Figure:
    """Draw the ``advantage`` of :func:`compute_advantage` as a map, blue where driving helps."""
    figure, pair = plt.subplots(1, 2, sharey=True, figsize=(7.2, 3.4))
    limit = max(0.05, float(np.abs(dataset["advantage"]).max()))
    for axes, parity in zip(pair, PARITIES, strict=True):
        panel = dataset["advantage"].sel(parity=parity).transpose("intensity", "time")
        if len(panel) == 1:  # one value is the same all over the height of the map
            value = panel["intensity"].values
            panel = xr.concat([panel, panel], "intensity").assign_coords(
                intensity=np.concatenate([value / 1.1, value * 1.1])
            )
        grid = panel["time"], panel["intensity"], panel
        levels = np.linspace(-limit, limit, 21)
        image = axes.contourf(*grid, levels=levels, cmap="RdBu")
        axes.contour(*grid, levels=[0], colors="k", linewidths=1)
        axes.set(title=f"{parity} cat", xlabel=r"$\Gamma_2 t$", yscale="log")
        axes.grid(False)
    ticks = [x for x in dataset["intensity"].values if x in (0.1, 0.2, 0.4, 1.0, 1.6)]
    pair[0].set_yticks(ticks, [f"{x:g}" for x in ticks])
    pair[0].minorticks_off()
    pair[0].set_ylabel(r"$|\alpha|^2 = 2\eta/\Gamma_2$")
    ends = np.linspace(-limit, limit, 5)
    bar = figure.colorbar(image, ax=pair, label=r"$\overline{F}$ driven $-$ free", ticks=ends)
    bar.ax.set_yticklabels([f"{x:+.2f}" for x in ends])
    return figure


@computes(*ADVANTAGE, "exact_draws")
def compute_sizes(
    sizes: Sizes[FewSpins] = (4, 5, 6, 7, 8, 10),
    eta: Eta = 0.2,
    delta: Delta = 1e-2,
    seed: Seed = 1,
    t_max: TMax = 200.0,
    n_times: TimeNumber = 41,
    *,
    draws_many: ManyDraws = 100,
) -> xr.Dataset:
    """Mean fidelity driven minus free against N and time, for both cats at one η.

    An exact solution takes four times as long for each further spin: from N = 7 on, only some draws
    are solved exactly, and the quasi-dark states carry more of the mean.

    Returns
    -------
    Dataset over (parity, n_spins, time) with ``driven``, ``error``, ``free`` and ``advantage`` as
    from :func:`compute_advantage`, and the number of ``exact_draws`` for each N.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range, or an N is above 10.
    """
    exact = [min({7: 20, 8: 10, 9: 6, 10: 3}.get(n, draws_many), draws_many) for n in sizes]
    parts = [
        _advantage(n, eta, delta, seed, t_max, n_times, draws_many, k)
        for n, k in zip(sizes, exact, strict=True)
    ]
    dataset = xr.concat(parts, xr.DataArray(list(sizes), dims="n_spins", name="n_spins"))
    dataset["n_spins"].attrs = describe("number of spins N")
    dataset["exact_draws"] = "n_spins", exact, describe("draws solved exactly")
    dataset.attrs = provenance.attributes(
        eta=eta, delta=delta, seed=seed, t_max=t_max, draws_many=draws_many
    )
    return dataset


def draw_sizes(dataset: xr.Dataset) -> Figure:
    """Draw the advantage of :func:`compute_sizes` against time, one line with its error per N."""
    figure, pair = plt.subplots(1, 2, sharey=True, figsize=(7.2, 3.4))
    shades = plt.get_cmap("viridis")(np.linspace(0, 0.92, dataset.sizes["n_spins"]))
    for axes, parity in zip(pair, PARITIES, strict=True):
        for n_spins, colour in zip(dataset["n_spins"].values, shades, strict=True):
            row = dataset.sel(parity=parity, n_spins=n_spins)
            label = f"$N = {n_spins}$ ({int(row['exact_draws'])})"
            low, high = row["advantage"] - row["error"], row["advantage"] + row["error"]
            axes.fill_between(row["time"], low, high, color=colour, alpha=0.3, lw=0)
            axes.plot(row["time"], row["advantage"], color=colour, lw=1.2, label=label)
        axes.axhline(0, color="k", lw=0.8)
        axes.set(title=f"{parity} cat", xlabel=r"$\Gamma_2 t$")
    pair[0].set_ylabel(r"$\overline{F}$ driven $-$ free")
    handles, names = pair[0].get_legend_handles_labels()
    title = "(solved exactly)"
    figure.legend(handles, names, loc="outside right center", fontsize=9.5, title=title)
    return figure


@computes("derived", "free", "measured", "limit")
def compute_decay(
    eta: Eta = 0.2,
    sizes: Sizes[SeveralSpins] = (4, 5, 6, 7, 8, 9, 10, 12, 20, 40, 80, 160),
    measured: Annotated[
        Sizes[FewSpins], Doc("those for which μ is also measured with the full master equation")
    ] = (4, 5, 6, 7, 8, 10),
    t_measured: Annotated[Time, Gt(0), Doc("the time at which it is measured")] = 40.0,
) -> xr.Dataset:
    r"""μ of the initial decay F_ss - μδ²t² against N: derived, measured, free, and for N → ∞.

    Returns
    -------
    Dataset over (parity, n_spins): ``derived``, ``free``, ``measured`` (NaN where not asked for),
    and over parity the ``limit`` of Eq. 20.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.
    """
    spins = sorted({*sizes, *measured})
    values = np.full((3, len(PARITIES), len(spins)), np.nan)
    for i, parity in enumerate(PARITIES):
        for j, n in enumerate(spins):
            values[0, i, j] = quasi_dark.decay_coefficient(n, eta, parity)
            values[1, i, j] = quasi_dark.free_decay_coefficient(n, eta, parity)
            if n in measured:
                loss = quasi_dark.measured_decay(n, eta, [t_measured], parity)[0]
                values[2, i, j] = loss[0] / t_measured**2
    alpha = np.sqrt(2 * eta)
    limit = [1 - float(short_time_cat_fidelity(alpha, 1.0, 1.0, parity)) for parity in PARITIES]
    dims = "parity", "n_spins"
    return xr.Dataset(
        {
            name: (dims, value, describe(f"decay coefficient, {name}"))
            for name, value in zip(("derived", "free", "measured"), values, strict=True)
        }
        | {"limit": ("parity", limit, describe("decay coefficient of Eq. 20"))},
        coords={
            "parity": list(PARITIES),
            "n_spins": ("n_spins", spins, describe("number of spins N")),
        },
        attrs=provenance.attributes(eta=eta, t_measured=t_measured),
    )


def draw_decay(dataset: xr.Dataset) -> Figure:
    """Draw μ of :func:`compute_decay` against N, in units of its limit for each parity."""
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    for parity in PARITIES:
        row, colour = dataset.sel(parity=parity), COLOURS[parity]
        n, limit = row["n_spins"], float(row["limit"])
        axes.plot(n, row["derived"] / limit, color=colour, label=f"{parity} cat, driven: derived")
        axes.plot(n, row["measured"] / limit, "o", color=colour, label="driven: measured")
        axes.plot(n, row["free"] / limit, ":", color=colour, label="free")
    axes.axhline(1, color="k", lw=0.8)
    axes.set(xscale="log", xlabel="number of spins $N$")
    axes.set_ylabel(r"$\mu\,/\,\mu(N\to\infty)$")
    axes.legend(ncols=2, fontsize=9.5)
    return figure


def _advantage(
    n_spins: int,
    eta: float,
    delta: float,
    seed: int,
    t_max: float,
    n_times: int,
    draws_many: int,
    exact_draws: int,
) -> xr.Dataset:
    """Driven and free mean fidelities of both cats, over (parity, time)."""
    times, theta = np.linspace(0, t_max, n_times), SpinEnsemble(n_spins, eta).theta
    values = np.empty((4, len(PARITIES), n_times))
    for i, parity in enumerate(PARITIES):
        driven = quasi_dark.mean_fidelity(
            n_spins, eta, delta, times, parity,
            draws=draws_many, exact_draws=exact_draws, seed=seed, tol=1e-3,
        )  # fmt: skip
        free = dephasing.mean_cat_fidelity(n_spins, theta, delta, times, parity)
        values[:, i] = driven.mean, driven.error, free, driven.mean - free
    return xr.Dataset(
        {
            name: (("parity", "time"), value, describe(f"mean fidelity, {name}"))
            for name, value in zip(ADVANTAGE, values, strict=True)
        },
        coords={
            "parity": list(PARITIES),
            "time": ("time", times, describe("time", "1/Gamma_2")),
        },
    )
