"""Figures on many spins: two halves and random detunings from eight spins to infinitely many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Ge, Gt, Le, MultipleOf, Unit
from matplotlib.figure import Figure
from typing_extensions import Doc

from spincat.figures import COLOURS, PARITIES, describe
from spincat.figures.vocabulary import (
    Delta,
    Deltas,
    Draws,
    Eta,
    Seed,
    SeveralSpins,
    Sizes,
    TimeNumber,
    TMax,
)
from spincat.many_spins import (
    evolve_bright_mode,
    evolve_classes,
    evolve_low_rank,
    evolve_zeno,
    held_mode,
)
from spincat.model.broadening import NAMED, Broadening, Gaussian, Lorentzian, TwoPoint, Uniform
from spincat.shared import provenance
from spincat.shared.declarations import computes
from spincat.shared.types import Parity

Gap = Annotated[float, Doc("exchange gap G of the dark excitations"), Unit("Gamma_2")]
InitialState = Annotated[
    Literal["even", "odd", "coherent"], Doc("initial state, a cat or coherent"), Unit("1")
]
Tolerance = Annotated[float, Ge(1e-8), Le(1e-2), Doc("error of the weights"), Unit("1")]

LINES: dict[str, Callable[[float], Broadening]] = {
    "gaussian": Gaussian,
    "uniform": Uniform,
    "lorentzian": Lorentzian,
}
"""The lines with a density; two points have a dark mode in resonance instead."""

WIDTHS = tuple(float(f"{delta:.3g}") for delta in np.geomspace(0.02, 8, 60))

_NAMES = {
    "fidelity": "fidelity with the initial state",
    "purity": "purity",
    "symmetric_weight": "weight without dark excitations",
    "excitations": "mean number of excitations",
    "pair_modulus": "modulus of <S_-^2>/N",
    "error": "error of the weights",
}


@computes(*_NAMES)
def compute_halves(
    sizes: Sizes[Annotated[SeveralSpins, MultipleOf(2), Le(200)]] = (8, 16, 32, 64),
    eta: Annotated[Eta, Le(4)] = 0.2,
    delta: Annotated[Delta, Gt(0), Doc("detunings ±δ of the halves")] = 0.01,
    state: InitialState = "odd",
    gap: Gap = 0.0,
    t_max: Annotated[TMax, Gt(0)] = 200.0,
    n_times: Annotated[TimeNumber, Ge(2)] = 41,
    *,
    tol: Tolerance = 1e-5,
) -> xr.Dataset:
    """Two halves of N spins with detunings ±δ, and their limit N → ∞, under the master equation.

    Returns
    -------
    Dataset over (n_spins, time), the last n_spins infinite: ``fidelity``, ``purity``,
    ``symmetric_weight``, ``excitations``, ``pair_modulus`` and ``error``.

    Raises
    ------
    ValueError, MemoryError, ConvergenceError
        As `spincat.many_spins.classes.evolve_classes`.
    """
    times = np.linspace(0, t_max, n_times)
    rows = [
        evolve_classes([n // 2, n // 2], [delta, -delta], eta, times, state, gap=gap, tol=tol)
        for n in sizes
    ]
    rows.append(evolve_bright_mode(TwoPoint(delta), eta, times, state, gap=gap, tol=tol))
    return _joined(
        rows, [*map(float, sizes), np.inf],
        provenance.attributes(eta=eta, delta=delta, state=state, gap=gap, t_max=t_max, tol=tol),
    )  # fmt: skip


@computes(*_NAMES)
def compute_draws(
    sizes: Sizes[Annotated[SeveralSpins, Le(20)]] = (8, 10, 12),
    eta: Annotated[Eta, Le(4)] = 0.2,
    delta: Delta = 0.01,
    state: InitialState = "even",
    gap: Gap = 0.0,
    draws: Draws = 1,
    seed: Seed = 1,
    t_max: Annotated[TMax, Gt(0)] = 200.0,
    n_times: Annotated[TimeNumber, Ge(2)] = 21,
    *,
    tol: Tolerance = 1e-4,
) -> xr.Dataset:
    """Ensembles of unequal spins, more than a density matrix allows: means over random detunings.

    Returns
    -------
    Dataset over (n_spins, time), means over the draws: ``fidelity``, ``purity``,
    ``symmetric_weight``, ``excitations``, ``pair_modulus`` and ``error``, the largest.

    Raises
    ------
    ValueError, MemoryError, ConvergenceError
        As `spincat.many_spins.low_rank.evolve_low_rank`.
    """
    times = np.linspace(0, t_max, n_times)
    rows = []
    for n_spins in sizes:
        detunings = Gaussian(delta).draw(n_spins, draws, seed)
        every = evolve_low_rank(detunings, eta, times, state, gap=gap, tol=tol)
        rows.append(every.mean("draw").assign(error=every["error"].max("draw")))
    return _joined(
        rows, [*map(float, sizes)],
        provenance.attributes(
            eta=eta, delta=delta, state=state, gap=gap, draws=draws, seed=seed, t_max=t_max, tol=tol
        ),
    )  # fmt: skip


def _joined(
    rows: Sequence[xr.Dataset], sizes: Sequence[float], attrs: dict[str, object]
) -> xr.Dataset:
    """One dataset of several sizes, in real numbers, as files hold no others."""
    values = {
        name: np.array([
            np.abs(row["pair_amplitude"]) if name == "pair_modulus" else row[name] for row in rows
        ])
        for name in _NAMES
    }  # fmt: skip
    return xr.Dataset(
        {
            name: (("n_spins", "time"), value, describe(_NAMES[name]))
            for name, value in values.items()
        },
        coords={
            "n_spins": ("n_spins", list(sizes), describe("number of spins N")),
            "time": ("time", rows[0]["time"].values, describe("time", "1/Gamma_2")),
        },
        attrs=attrs,
    )


_PANELS = {"fidelity": "fidelity $F$", "purity": "purity"}


def draw_sizes(dataset: xr.Dataset) -> Figure:
    """Draw fidelity and purity against time, a line for each number of spins."""
    figure, pair = plt.subplots(1, 2, figsize=(7.2, 3.4), sharex=True)
    colours = mpl.colormaps["viridis_r"](np.linspace(0.1, 1, dataset.sizes["n_spins"]))
    for axes, name, label in zip(
        pair, ("fidelity", "purity"), ("fidelity $F$", "purity"), strict=True
    ):
        for size, colour in zip(dataset["n_spins"].values, colours, strict=True):
            text = rf"$N = {size:g}$" if np.isfinite(size) else r"$N \to \infty$"
            row = dataset[name].sel(n_spins=size)
            style = "-" if np.isfinite(size) else "--"
            axes.plot(dataset["time"], row, style, color=colour, label=text)
        axes.set(xlabel=r"$\Gamma_2 t$", ylabel=label, ylim=(-0.02, 1.02))
    figure.legend(*pair[0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
    return figure


@computes("loss", "shift", "intensity")
def compute_held(
    eta: Eta = 2.0,
    deltas: Deltas[Annotated[Delta, Gt(0)]] = WIDTHS,
    gap: Gap = 0.0,
) -> xr.Dataset:
    """Loss, shift and held intensity of the collective mode, against the linewidth, N → ∞.

    Returns
    -------
    Dataset over (line, delta): ``loss`` κ₁, ``shift`` and ``intensity``.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    values = np.array([[held_mode(line(d), eta, gap) for d in deltas] for line in LINES.values()])
    texts = {
        "loss": ("rate of the loss of single excitations", "Gamma_2"),
        "shift": ("shift of the collective mode", "Gamma_2"),
        "intensity": ("held intensity", "1"),
    }
    return xr.Dataset(
        {
            name: (("line", "delta"), values[..., i], describe(*text))
            for i, (name, text) in enumerate(texts.items())
        },
        coords={
            "line": list(LINES),
            "delta": ("delta", np.asarray(deltas, float), describe("width of the line", "Gamma_2")),
        },
        attrs=provenance.attributes(eta=eta, gap=gap),
    )


def draw_held(dataset: xr.Dataset) -> Figure:
    """Draw loss and held intensity against the linewidth, a line for each shape."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4), sharex=True)
    colours = "#0072b2", "#009e73", "#d55e00"
    for name, colour in zip(dataset["line"].values, colours, strict=True):
        row = dataset.sel(line=name)
        left.plot(dataset["delta"], row["loss"], color=colour, label=name.capitalize())
        right.plot(dataset["delta"], row["intensity"], color=colour)
    left.set(xscale="log", yscale="log", xlabel=r"$\delta/\Gamma_2$")
    left.set_ylabel(r"loss $\kappa_1/\Gamma_2$")
    least = dataset["loss"].where(dataset["loss"] > 1e-6).min().item()
    if np.isfinite(least):
        left.set_ylim(bottom=max(least, 1e-4) / 2)
    right.set(xlabel=r"$\delta/\Gamma_2$", ylabel=r"held $|\langle a\rangle|^2$")
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


_WAYS = "master equation", "limit", "first correction"


@computes("fidelity")
def compute_zeno(
    line: Annotated[
        Literal["two_point", "gaussian", "uniform"], Doc("shape of the line"), Unit("1")
    ] = "two_point",
    eta: Annotated[Eta, Le(4)] = 0.2,
    delta: Annotated[Delta, Gt(0), Doc("width of the line, below Γ2")] = 0.05,
    gap: Gap = 0.0,
    delta_t: Annotated[float, Gt(0), Doc("linewidth times the last time, δt"), Unit("1")] = 3.0,
    n_times: Annotated[TimeNumber, Ge(2)] = 41,
    *,
    tol: Tolerance = 1e-4,
) -> xr.Dataset:
    """Fidelity of both cats for N → ∞, by the master equation and in the limit of small detunings.

    Returns
    -------
    Dataset over (parity, way, time): ``fidelity``.

    Raises
    ------
    ValueError, MemoryError, ConvergenceError
        As `spincat.many_spins.bright_mode.evolve_bright_mode`.
    """
    times, broadening = np.linspace(0, delta_t / delta, n_times), NAMED[line](delta)

    def ways(parity: Parity) -> list[xr.DataArray]:
        full = evolve_bright_mode(broadening, eta, times, parity, gap=gap, tol=tol)
        limits = (
            evolve_zeno(broadening, eta, times, parity, gap=gap, correction=more, tol=tol)
            for more in (False, True)
        )
        return [full["fidelity"], *(limit["fidelity"] for limit in limits)]

    return xr.Dataset(
        {
            "fidelity": (
                ("parity", "way", "time"), np.array([ways(parity) for parity in PARITIES]),
                describe("fidelity with the initial state"),
            )
        },
        coords={
            "parity": list(PARITIES), "way": list(_WAYS),
            "time": ("time", times, describe("time", "1/Gamma_2")),
        },
        attrs=provenance.attributes(line=line, eta=eta, delta=delta, gap=gap, tol=tol),
    )  # fmt: skip


def draw_zeno(dataset: xr.Dataset) -> Figure:
    """Draw the fidelities of both cats, a panel for each."""
    figure, pair = plt.subplots(1, 2, figsize=(7.2, 3.4), sharey=True)
    for axes, parity in zip(pair, PARITIES, strict=True):
        styles = ("-", "black", 1.2), ("--", COLOURS[parity], 1.6), (":", COLOURS[parity], 2.4)
        for way, (style, colour, width) in zip(_WAYS, styles, strict=True):
            row = dataset["fidelity"].sel(parity=parity, way=way)
            scaled = dataset["time"] * dataset.attrs["delta"]
            axes.plot(scaled, row, style, color=colour, lw=width, label=way)
        axes.set(xlabel=r"$\delta t$", title=f"{parity} cat", ylim=(-0.02, 1.02))
        axes.title.set_fontsize(11)
        axes.legend()
    pair[0].set_ylabel("fidelity $F$")
    return figure
