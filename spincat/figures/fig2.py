"""Fig. 2: cat states under the full master equation; the same draws free, and by quasi-dark states.

What goes beyond the figure of the paper is in `spincat.figures.sec3_2`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Ge, Le, Unit
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from typing_extensions import Doc

from spincat.figures import COLOURS, PARITIES, POINT, describe
from spincat.figures.vocabulary import (
    Delta,
    Deltas,
    Draws,
    Eta,
    ExactDraws,
    FewSpins,
    ManyDraws,
    Seed,
    TimeNumber,
    TMax,
)
from spincat.free import dephasing
from spincat.master_equation import product_space, quasi_dark
from spincat.model.broadening import Gaussian
from spincat.model.ensemble import SpinEnsemble
from spincat.shared import provenance
from spincat.shared.checks import check_memory
from spincat.shared.declarations import computes

NAMES = {
    "fidelity": "fidelity of one draw, driven",
    "quasi_dark_fidelity": "fidelity of one draw, quasi-dark states",
    "free_fidelity": "fidelity of one draw, free",
    "mean_fidelity": "mean fidelity, driven",
    "mean_error": "standard error of the mean fidelity",
    "scatter": "standard deviation of the mean of as many draws",
    "free_mean": "mean fidelity, free",
}


@computes(*NAMES)
def compute(
    n_spins: FewSpins = 8,
    eta: Eta = 0.2,
    deltas: Deltas[Delta] = (1e-3, 1e-2),
    draws: Annotated[Draws, Doc("sets of random detunings that are shown")] = 10,
    seed: Seed = 1,
    t_max: TMax = 400.0,
    n_times: TimeNumber = 101,
    *,
    draws_many: ManyDraws = 1000,
    exact_draws: ExactDraws = 30,
    tol: Annotated[
        float, Ge(1e-10), Le(1e-2), Doc("bound on the error of each exact fidelity"), Unit("1")
    ] = 1e-5,
) -> xr.Dataset:
    """Fidelities of both cats under Eqs. 1-2 for random detunings, and their means.

    The defaults are the paper's.  Of the draws behind the mean, ``exact_draws`` are solved exactly
    at the largest δ, and the others by the quasi-dark states and free evolution
    (`spincat.master_equation.quasi_dark.mean_fidelity`).  These are better guides for a smaller δ:
    fewer are exact there, in proportion, but at least six.

    Returns
    -------
    Dataset over (delta, parity, draw, time) with the fidelities of the shown draws, driven
    (``fidelity``), free (``free_fidelity``) and by the quasi-dark states
    (``quasi_dark_fidelity``); over (delta, parity, time) with the mean ``mean_fidelity``, its
    standard error ``mean_error``, the standard deviation ``scatter`` of a mean of as many draws as
    are shown, and the exact mean ``free_mean`` of the free cat.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range, or N is above 10.
    """
    check_memory("draws", draws, POINT * len(deltas) * len(PARITIES) * draws * n_times)
    theta = SpinEnsemble(n_spins, eta).theta
    times = np.linspace(0, t_max, n_times)
    few, mean = ["delta", "parity", "draw", "time"], ["delta", "parity", "time"]
    shape = len(deltas), len(PARITIES)
    widest = max(deltas, default=0) or 1.0
    exact = [min(max(6, round(exact_draws * d / widest)), exact_draws) for d in deltas]
    values = {name: np.empty((*shape, draws, n_times)) for name in list(NAMES)[:3]}
    values |= {name: np.empty((*shape, n_times)) for name in list(NAMES)[3:]}
    for i, delta in enumerate(deltas):
        rows = Gaussian(delta).draw(n_spins, draws, seed)
        for j, parity in enumerate(PARITIES):
            # the many draws have a seed of their own: the shown ones are an independent sample
            many = quasi_dark.mean_fidelity(
                n_spins, eta, delta, times, parity,
                draws=draws_many, exact_draws=exact[i], seed=seed + 1, tol=tol,
            )  # fmt: skip
            for name, value in {
                "fidelity": product_space.cat_fidelity(rows, eta, times, parity, tol=tol),
                "quasi_dark_fidelity": quasi_dark.quasi_dark_fidelity(rows, eta, times, parity),
                "free_fidelity": dephasing.cat_fidelity(rows, theta, times, parity),
                "mean_fidelity": many.mean,
                "mean_error": many.error,
                "scatter": many.scatter / np.sqrt(draws),
                "free_mean": dephasing.mean_cat_fidelity(n_spins, theta, delta, times, parity),
            }.items():
                values[name][i, j] = value
    return xr.Dataset(
        {
            name: (few if value.ndim == 4 else mean, value, describe(NAMES[name]))
            for name, value in values.items()
        },
        coords={
            "delta": ("delta", list(deltas), describe("linewidth", "Gamma_2")),
            "parity": list(PARITIES),
            "draw": np.arange(draws),
            "time": ("time", times, describe("time", "1/Gamma_2")),
        },
        attrs=provenance.attributes(
            n_spins=n_spins, eta=eta, draws=draws, seed=seed, t_max=t_max,
            draws_many=draws_many, exact_draws=exact, tol=tol,
        ),
    )  # fmt: skip


def draw(dataset: xr.Dataset) -> Figure:
    """Draw Fig. 2: draws thin, their mean dashed, the mean of many solid, the band its scatter."""
    count = dataset.sizes["delta"]
    figure, grid = plt.subplots(
        1, count, sharey=True, squeeze=False, figsize=(max(6.4, 3.6 * count), 3.8)
    )
    for axes, delta in zip(grid.flat, dataset["delta"].values, strict=True):
        for parity in PARITIES:
            panel, colour = dataset.sel(delta=delta, parity=parity), COLOURS[parity]
            time, mean, scatter = panel["time"], panel["mean_fidelity"], panel["scatter"]
            axes.plot(time, panel["fidelity"].T, color=colour, alpha=0.35, lw=0.7)
            axes.fill_between(time, mean - scatter, mean + scatter, color=colour, alpha=0.22, lw=0)
            axes.plot(time, panel["fidelity"].mean("draw"), "--", color=colour, lw=1.4)
            axes.plot(time, mean, color=colour, label=f"{parity} cat")
        axes.set_title(rf"$\delta/\Gamma_2 = {delta:g}$", fontsize=11)
        axes.set(xlabel=r"$\Gamma_2 t$", ylim=(-0.02, 1.02))
    grid[0, 0].set_ylabel("fidelity $F(t)$")
    handles, _ = grid[0, 0].get_legend_handles_labels()
    handles += [
        *plt.plot([], [], "k--", lw=1.4),
        *plt.plot([], [], "k", lw=0.7, alpha=0.5),
        plt.fill_between([], [], color="k", alpha=0.22, lw=0),
    ]
    draws = dataset.attrs["draws"]
    labels = ["even cat, mean", "odd cat, mean", f"mean of {draws} draws", "single draws"]
    labels.append(f"scatter of a {draws}-draw mean")
    figure.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=9.5)
    return figure


def draw_free(dataset: xr.Dataset) -> Figure:
    """Draw the same draws driven (solid) and free (dotted) at the largest δ, even left, odd right.

    Thin lines are the draws, thick ones the means over all detunings.
    """
    figure, pair = _two_panels()
    for axes, parity in zip(pair, PARITIES, strict=True):
        panel, colour = dataset.sel(delta=dataset["delta"].max(), parity=parity), COLOURS[parity]
        time = panel["time"]
        axes.plot(time, panel["fidelity"].T, color=colour, alpha=0.35, lw=0.7)
        axes.plot(time, panel["free_fidelity"].T, ":", color="#555555", alpha=0.5, lw=0.7)
        axes.plot(time, panel["mean_fidelity"], color=colour, label="driven")
        axes.plot(time, panel["free_mean"], ":", color="#222222", label="free")
        axes.set(title=f"{parity} cat", xlabel=r"$\Gamma_2 t$", ylim=(-0.02, 1.02))
        axes.legend()
    pair[0].set_ylabel("fidelity $F(t)$")
    return figure


def draw_quasi_dark(dataset: xr.Dataset) -> Figure:
    """Draw exact curves and those of quasi-dark states (dashed) for the draws at the largest δ."""
    figure, pair = _two_panels()
    for axes, parity in zip(pair, PARITIES, strict=True):
        panel, colour = dataset.sel(delta=dataset["delta"].max(), parity=parity), COLOURS[parity]
        axes.plot(panel["time"], panel["fidelity"].T, color=colour, alpha=0.6, lw=1)
        axes.plot(panel["time"], panel["quasi_dark_fidelity"].T, "--", color="#222222", lw=0.8)
        axes.plot([], [], color=colour, label="master equation")
        axes.plot([], [], "--", color="#222222", lw=0.8, label="quasi-dark states")
        axes.set(title=f"{parity} cat", xlabel=r"$\Gamma_2 t$", ylim=(-0.02, 1.02))
        axes.legend()
    pair[0].set_ylabel("fidelity $F(t)$")
    return figure


def _two_panels() -> tuple[Figure, Sequence[Axes]]:
    figure, grid = plt.subplots(1, 2, sharey=True, figsize=(7.2, 3.4))
    return figure, grid
