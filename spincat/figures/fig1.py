"""Fig. 1: free evolution of coherent, even and odd cat states; larger amplitudes; the odd floor."""

from __future__ import annotations

from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Ge
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from typing_extensions import Doc

from spincat.figures import COLOURS, PARITIES, POINT, describe
from spincat.figures.vocabulary import (
    Delta,
    DeltaTime,
    Draws,
    Intensities,
    Intensity,
    Seed,
    Sizes,
    Spins,
    Theta,
    TimeNumber,
    TMax,
)
from spincat.free import dephasing, dephasing_limits
from spincat.model.broadening import Gaussian
from spincat.model.ensemble import SpinEnsemble
from spincat.shared import provenance
from spincat.shared.checks import check_memory
from spincat.shared.declarations import computes
from spincat.shared.types import Floats

STATES = "coherent", "even", "odd"
LABELS = {"coherent": "spin coherent", "even": "even cat", "odd": "odd cat"}


@computes("fidelity", "mean_fidelity")
def compute(
    n_spins: Spins = 200,
    theta: Annotated[Theta, Doc("polar angle θ, by default the paper's 1/√N")] | None = None,
    delta: Delta = 1.0,
    draws: Draws = 10,
    seed: Seed = 1,
    t_max: TMax = 5.0,
    n_times: TimeNumber = 401,
) -> xr.Dataset:
    """Fidelities of the three states for random detunings and their exact means (Eqs. 10, 11, 16).

    Returns
    -------
    Dataset with ``fidelity`` (state, draw, time) and ``mean_fidelity`` (state, time).

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    check_memory("draws", draws, POINT * len(STATES) * draws * n_times)
    theta = float(1 / np.sqrt(n_spins)) if theta is None else theta
    times = np.linspace(0, t_max, n_times)
    detunings = Gaussian(delta).draw(n_spins, draws, seed)
    samples, means = _samples(detunings, theta, times), _means(n_spins, theta, delta, times)
    return xr.Dataset(
        {
            "fidelity": (("state", "draw", "time"), samples, describe("fidelity of one draw")),
            "mean_fidelity": (("state", "time"), means, describe("mean fidelity")),
        },
        coords={
            "state": list(STATES),
            "draw": np.arange(draws),
            "time": ("time", times, {"long_name": "time", "units": "1/Gamma_2"}),
        },
        attrs=provenance.attributes(
            n_spins=n_spins, theta=theta, delta=delta, draws=draws, seed=seed, t_max=t_max
        ),
    )


def draw(dataset: xr.Dataset) -> Figure:
    """Draw the dataset of :func:`compute`: draws as thin lines, means dashed, as in Fig. 1."""
    figure, axes = plt.subplots()
    _draw_states(axes, dataset)
    axes.set(xlabel=r"$\delta\,t$", ylabel="fidelity $F(t)$", ylim=(-0.02, 1.02))
    axes.legend(loc="upper right", bbox_to_anchor=(1.0, 0.55))
    return figure


@computes("fidelity", "mean_fidelity")
def compute_amplitudes(
    intensities: Intensities[Intensity] = (0.25, 1.0, 2.0, 4.0),
    n_spins: Spins = 200,
    delta: Delta = 1.0,
    draws: Draws = 10,
    seed: Seed = 1,
    t_max: TMax = 5.0,
    n_times: TimeNumber = 201,
) -> xr.Dataset:
    """The fidelities of Fig. 1 for several amplitudes, one panel each.

    Returns
    -------
    Dataset with ``fidelity`` and ``mean_fidelity`` as from :func:`compute`, and the further
    dimension intensity.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    check_memory("draws", draws, POINT * len(STATES) * len(intensities) * draws * n_times)
    thetas = [SpinEnsemble(n_spins, intensity / 2).theta for intensity in intensities]
    parts = [compute(n_spins, theta, delta, draws, seed, t_max, n_times) for theta in thetas]
    dataset = xr.concat(parts, xr.DataArray(list(intensities), dims="intensity", name="intensity"))
    dataset.attrs = {k: v for k, v in parts[0].attrs.items() if k != "theta"}
    dataset["intensity"].attrs = describe("|alpha|^2")
    return dataset


def draw_amplitudes(dataset: xr.Dataset) -> Figure:
    """Draw the dataset of :func:`compute_amplitudes`, one panel for each amplitude."""
    count = dataset.sizes["intensity"]
    rows, columns = -(-count // 2), min(count, 2)
    figure, grid = plt.subplots(
        rows, columns, sharex=True, sharey=True, squeeze=False, figsize=(6.4, 2.5 * rows)
    )
    for index, axes in enumerate(grid.flat):
        if index >= count:
            axes.set_axis_off()
            continue
        panel = dataset.isel(intensity=index)
        _draw_states(axes, panel)
        axes.set_title(rf"$|\alpha|^2 = {panel['intensity'].item():g}$", fontsize=11)
    grid[0, 0].set(ylim=(-0.02, 1.02))
    figure.supxlabel(r"$\delta\,t$", fontsize=11)
    figure.supylabel("fidelity $F(t)$", fontsize=11)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


@computes("exact", "leading_order", "sampled", "standard_error")
def compute_floor(
    intensities: Annotated[
        Intensities[Intensity], Doc("values of |α|², by default 33 up to 10 with equal ratios")
    ]
    | None = None,
    sizes: Sizes[Spins] = (8, 50, 200),
    draws: Annotated[Draws, Ge(2), Doc("realisations of the Monte Carlo")] = 200,
    seed: Seed = 1,
    delta_t: Annotated[
        DeltaTime, Doc("time δt of the Monte Carlo, where exp(-δ²t²/2) is negligible")
    ] = 12.0,
) -> xr.Dataset:
    r"""Long-time mean fidelity of the odd cat against \|α\|²: exact, to order 1/N, and sampled.

    Returns
    -------
    Dataset over (n_spins, intensity): ``exact`` (Eq. 16 at t = ∞), ``leading_order``
    (\|α\|⁴/(N sinh²\|α\|²)), ``sampled`` and its ``standard_error``.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    x = np.geomspace(0.01, 10, 33) if intensities is None else np.asarray(intensities, float)
    values = np.empty((4, len(sizes), len(x)))
    for i, n_spins in enumerate(sizes):
        detunings = Gaussian(1.0).draw(n_spins, draws, seed)
        for j, intensity in enumerate(x):
            theta = SpinEnsemble(n_spins, intensity / 2).theta
            sample = dephasing.cat_fidelity(detunings, theta, np.array([delta_t]), "odd")[:, 0]
            values[:, i, j] = (
                dephasing.mean_cat_fidelity(n_spins, theta, 1.0, np.inf, "odd"),
                dephasing_limits.odd_cat_floor(n_spins, np.sqrt(intensity)),
                sample.mean(),
                sample.std(ddof=1) / np.sqrt(draws),
            )
    names = "exact", "leading_order", "sampled", "standard_error"
    return xr.Dataset(
        {
            name: (("n_spins", "intensity"), value, describe(f"odd-cat floor, {name}"))
            for name, value in zip(names, values, strict=True)
        },
        coords={"n_spins": list(sizes), "intensity": ("intensity", x, describe("|alpha|^2"))},
        attrs=provenance.attributes(draws=draws, seed=seed, delta_t=delta_t),
    )


def draw_floor(dataset: xr.Dataset) -> Figure:
    """Draw the dataset of :func:`compute_floor`: exact lines, 1/N dashed, sampled points."""
    figure, axes = plt.subplots()
    for index, n_spins in enumerate(dataset["n_spins"].values):
        row, colour = dataset.sel(n_spins=n_spins), f"C{index}"
        row = row.where(row["intensity"] < n_spins / 2)  # beyond, the spins near the equator
        axes.plot(row["intensity"], row["exact"], color=colour, label=f"$N = {n_spins}$")
        axes.plot(row["intensity"], row["leading_order"], "--", color=colour, lw=1)
        some = row.isel(intensity=slice(0, None, 4))
        axes.errorbar(
            some["intensity"], some["sampled"], some["standard_error"], fmt="o", ms=4, color=colour
        )
    axes.set(xscale="log", yscale="log", xlabel=r"$|\alpha|^2$", ylim=(1e-5, 0.3))
    axes.set_ylabel(r"long-time fidelity of the odd cat")
    axes.plot([], [], "k--", lw=1, label=r"$|\alpha|^4/(N\sinh^2|\alpha|^2)$")
    axes.legend(loc="lower left")
    return figure


def _draw_states(axes: Axes, dataset: xr.Dataset) -> None:
    x = dataset["time"] * dataset.attrs["delta"]
    for state in STATES:
        panel, colour = dataset.sel(state=state), COLOURS[state]
        axes.plot(x, panel["fidelity"].T, color=colour, alpha=0.3, lw=0.8)
        axes.plot(x, panel["mean_fidelity"], "--", color=colour, label=LABELS[state])


def _samples(detunings: Floats, theta: float, times: Floats) -> Floats:
    cats = [dephasing.cat_fidelity(detunings, theta, times, parity) for parity in PARITIES]
    return np.stack([dephasing.coherent_fidelity(detunings, theta, times), *cats])


def _means(n_spins: int, theta: float, delta: float, times: Floats) -> Floats:
    cats = [dephasing.mean_cat_fidelity(n_spins, theta, delta, times, p) for p in PARITIES]
    return np.stack([dephasing.mean_coherent_fidelity(n_spins, theta, delta, times), *cats])
