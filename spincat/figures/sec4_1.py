"""Beyond Fig. 3: how long the amplitude lives, and where the mean field departs from the spins."""

from __future__ import annotations

from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Ge, Gt
from matplotlib.figure import Figure
from typing_extensions import Doc

from spincat.figures import PARITIES, describe
from spincat.figures.fig3 import BLACK, BLUE, GREEN, ORANGE
from spincat.figures.vocabulary import (
    Hs,
    MeanFieldH,
    SeveralSpins,
    Sizes,
    SphereH,
    Spins,
    TimeNumber,
    TMax,
)
from spincat.master_equation import coherence_decay, dicke_amplitude
from spincat.master_equation.dicke import steady_block
from spincat.mean_field import identical_spins
from spincat.model import states
from spincat.model.operators import levels
from spincat.shared import provenance
from spincat.shared.declarations import computes
from spincat.shared.types import Complexes, Floats

SHADES = "#56b4e9", "#0072b2", "#004064", "#000000"


@computes("log10_rate", "eta", "exponent")
def compute_rates(
    sizes: Sizes[Annotated[Spins, Ge(4)]] = (25, 50, 100, 200),
    h: Hs[SphereH] = (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.11, 0.12),
) -> xr.Dataset:
    """Slowest rate of the coherences against N and h = η/(NΓ2).

    Returns
    -------
    Dataset with ``log10_rate`` and ``eta`` (n_spins, h) and the ``exponent`` Δ (h).

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.
    """
    etas = np.outer(sizes, h)
    logs = [
        [coherence_decay.slow_mode(n, eta).log_rate / np.log(10) for eta in row]
        for n, row in zip(sizes, etas.tolist(), strict=True)
    ]
    dims = "n_spins", "h"
    exponent = coherence_decay.decay_exponent(h)
    return xr.Dataset(
        {
            "log10_rate": (dims, np.array(logs), describe("log10 of the rate in Gamma_2")),
            "eta": (dims, etas, describe("drive", "Gamma_2")),
            "exponent": ("h", exponent, describe("exponent of the rate per spin")),
        },
        coords={
            "n_spins": ("n_spins", list(sizes), describe("number of spins N")),
            "h": ("h", list(h), describe("eta / (N Gamma_2)")),
        },
        attrs=provenance.attributes(),
    )


def draw_rates(dataset: xr.Dataset) -> Figure:
    """Draw the rates of `compute_rates` against η, and -ln(r)/N against h with its limit Δ."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.6))
    for n_spins, colour in zip(dataset["n_spins"].values, SHADES, strict=False):
        row = dataset.sel(n_spins=n_spins)
        left.plot(row["eta"], row["log10_rate"], "o-", ms=3, color=colour, label=f"$N={n_spins}$")
        scaled = -row["log10_rate"] * np.log(10) / n_spins
        right.plot(row["h"], scaled, "o-", ms=3, color=colour)
    right.plot(dataset["h"], dataset["exponent"], "--", color=ORANGE, label=r"$\Delta(h)$")
    left.set(xlabel=r"$\eta/\Gamma_2$", ylabel=r"$\log_{10}(r/\Gamma_2)$", xscale="log")
    right.set(xlabel=r"$h = \eta/(N\Gamma_2)$", ylabel=r"$-\ln(r/\Gamma_2)/N$")
    left.legend(fontsize=9.5)
    right.legend(fontsize=9.5)
    return figure


@computes("quantum", "mean_field", "sphere")
def compute_inversion(
    sizes: Sizes[Annotated[Spins, Ge(3)]] = (25, 50, 100),
    h: Hs[SphereH] = (0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.11, 0.12),
) -> xr.Dataset:
    """⟨σz⟩ of the metastable state against h, from both parity blocks, and the two limits.

    Returns
    -------
    Dataset with ``quantum`` (n_spins, h), and ``mean_field`` (Eq. 25) and ``sphere`` on a denser
    line of h.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.
    """
    quantum = np.empty((len(sizes), len(h)))
    for i, n_spins in enumerate(sizes):
        for j, eta in enumerate((n_spins * np.asarray(h)).tolist()):
            pure, excited = dicke_amplitude.initial_amplitudes(n_spins, eta), 0.0
            for first, parity in enumerate(PARITIES):
                weight = np.sum(pure[first::2] ** 2)
                rho = steady_block(n_spins, eta, parity)
                excited += float(weight * (np.diag(rho) @ levels(n_spins, parity)))
            quantum[i, j] = 2 * excited / n_spins - 1
    line = np.linspace(0, 1 / 8, 201)  # holds 1/16 as well, where the mean field ends
    with np.errstate(invalid="ignore"):
        mean_field, sphere = -(1 + np.sqrt(1 - 16 * line)) / 2, -np.sqrt(1 - 8 * line)
    return xr.Dataset(
        {
            "quantum": (("n_spins", "h"), quantum, describe("<sigma_z>, quantum")),
            "mean_field": ("line", mean_field, describe("<sigma_z>, Eq. 25")),
            "sphere": ("line", sphere, describe("<sigma_z>, Bloch vector of length 1")),
        },
        coords={
            "n_spins": ("n_spins", list(sizes), describe("number of spins N")),
            "h": ("h", list(h), describe("eta / (N Gamma_2)")),
            "line": ("line", line, describe("eta / (N Gamma_2)")),
        },
        attrs=provenance.attributes(),
    )


@computes("quantum", "product", "quantum_inversion", "product_inversion")
def compute_length(
    sizes: Sizes[SeveralSpins] = (25, 50, 100),
    h: MeanFieldH = 0.05,
    t_max: Annotated[TMax, Gt(1e-3)] = 30.0,
    n_times: Annotated[
        TimeNumber, Ge(2), Doc("number of times from 1e-3 on, with equal ratios")
    ] = 40,
) -> xr.Dataset:
    """Squared length of ⟨σ⟩ of one spin against time, quantum and for product states.

    The start is the spin coherent state with A² = 2h, a fixed point of the leading order in 1/N.

    Returns
    -------
    Dataset with 1 - ℓ as ``quantum`` and ``product`` (n_spins, time), and the inversions
    ``quantum_inversion`` and ``product_inversion``.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.
    """
    times = np.geomspace(1e-3, t_max, n_times)
    inversion, amplitude = -np.sqrt(1 - 8 * h), np.sqrt(2 * h)
    values = np.empty((4, len(sizes), n_times))
    for i, n_spins in enumerate(sizes):
        start = states.spin_coherent(n_spins, float(np.arccos(-inversion))).real
        rho = dicke_amplitude.density_matrix(n_spins, h * n_spins, times, start)
        values[0, i], values[1, i] = _bloch(rho)
        origin = (float(amplitude), np.pi / 4, float(inversion))
        later = identical_spins.trajectory(
            origin, n_spins, h * n_spins, np.append(0, times), equations="product"
        )[:, 1:]
        values[2, i], values[3, i] = 1 - 4 * later[0] ** 2 - later[2] ** 2, later[2]
    names = "quantum", "quantum_inversion", "product", "product_inversion"
    long = "1 - length squared, ", "<sigma_z>, "
    return xr.Dataset(
        {
            name: (("n_spins", "time"), value, describe(long[k % 2] + name.split("_")[0]))
            for k, (name, value) in enumerate(zip(names, values, strict=True))
        },
        coords={
            "n_spins": ("n_spins", list(sizes), describe("number of spins N")),
            "time": ("time", times, describe("time", "1/Gamma_2")),
        },
        attrs=provenance.attributes(h=h, t_max=t_max),
    )


def draw_inversion(dataset: xr.Dataset) -> Figure:
    """Draw ⟨σz⟩ of `compute_inversion` against h with the two limits."""
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    for n_spins, colour in zip(dataset["n_spins"].values, SHADES, strict=False):
        label = f"quantum, $N={n_spins}$"
        axes.plot(dataset["h"], dataset["quantum"].sel(n_spins=n_spins), "o", ms=4,
                  color=colour, label=label)  # fmt: skip
    axes.plot(dataset["line"], dataset["sphere"], color=GREEN, label=r"$-\sqrt{1-8h}$")
    axes.plot(dataset["line"], dataset["mean_field"], "--", color=ORANGE, label="Eq. 25")
    axes.set(xlabel=r"$h = \eta/(N\Gamma_2)$", ylabel=r"$\langle\sigma^z\rangle$")
    axes.legend(fontsize=9.5)
    return figure


def draw_length(dataset: xr.Dataset) -> Figure:
    """Draw 1 - ℓ of `compute_length` against time."""
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    for n_spins, colour in zip(dataset["n_spins"].values, SHADES, strict=False):
        row = dataset["quantum"].sel(n_spins=n_spins)
        axes.plot(dataset["time"], row, color=colour, label=f"quantum, $N={n_spins}$")
    last = dataset["product"].isel(n_spins=-1)
    axes.plot(dataset["time"], last, "--", color=ORANGE, label="product state")
    axes.set(xscale="log", yscale="log", xlabel=r"$\Gamma_2 t$")
    axes.set_ylabel(r"$1 - |\langle\vec\sigma\rangle|^2$")
    axes.legend(fontsize=9.5)
    return figure


@computes("inversion", "length")
def compute_beyond(
    n_spins: SeveralSpins = 100,
    h: Hs[SphereH] = (0.055, 0.08),
    t_max: Annotated[TMax, Gt(0)] = 60.0,
    n_times: Annotated[TimeNumber, Ge(2)] = 601,
) -> xr.Dataset:
    """Mean-field trajectories within and beyond the range h ≤ 1/16 of Eq. 25.

    They start at A² = 2h on the unit sphere, with a phase 0.01 away from π/4.

    Returns
    -------
    Dataset with ``inversion`` z and ``length`` ℓ over (equations, h, time).

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    times, names = np.linspace(0, t_max, n_times), list(identical_spins.EQUATIONS)
    values = np.empty((2, len(names), len(h), n_times))
    for i, name in enumerate(names):
        for j, each in enumerate(h):
            start = (float(np.sqrt(2 * each)), np.pi / 4 + 0.01, float(-np.sqrt(1 - 8 * each)))
            case = start, n_spins, each * n_spins, times
            a, _, z = identical_spins.trajectory(*case, equations=name)
            values[:, i, j] = z, 4 * a**2 + z**2
    dims = "equations", "h", "time"
    return xr.Dataset(
        {
            "inversion": (dims, values[0], describe("<sigma_z>")),
            "length": (dims, values[1], describe("squared length of the Bloch vector")),
        },
        coords={
            "equations": names,
            "h": ("h", list(h), describe("eta / (N Gamma_2)")),
            "time": ("time", times, describe("time", "1/Gamma_2")),
        },
        attrs=provenance.attributes(n_spins=n_spins, t_max=t_max),
    )


def draw_beyond(dataset: xr.Dataset) -> Figure:
    """Draw ⟨σz⟩ of `compute_beyond`, one panel for each drive."""
    figure, grid = plt.subplots(
        1, dataset.sizes["h"], sharey=True, squeeze=False, figsize=(7.2, 3.4)
    )
    panels = grid[0]
    styles = {"printed": (ORANGE, "-"), "paper": (BLUE, "-"), "product": (BLACK, ":")}
    labels = {"printed": "Eq. 24", "paper": "Eqs. 22-23", "product": "product state"}
    for axes, h in zip(panels, dataset["h"].values, strict=True):
        for name, (colour, line) in styles.items():
            row = dataset["inversion"].sel(equations=name, h=h)
            axes.plot(dataset["time"], row, line, color=colour, lw=1.2, label=labels[name])
        axes.set(title=f"$h = {h:g}$", xlabel=r"$\Gamma_2 t$")
    panels[0].set_ylabel(r"$\langle\sigma^z\rangle$")
    panels[0].legend(fontsize=9.5)
    return figure


def _bloch(rho: Complexes) -> tuple[Floats, Floats]:
    """Return 1 - ℓ and ⟨σz⟩ of one spin in symmetric states ρ, shape (T, N + 1, N + 1)."""
    n_spins = rho.shape[-1] - 1
    n = np.arange(n_spins + 1)
    z = 2 * np.diagonal(rho, axis1=1, axis2=2).real @ n / n_spins - 1
    elements = np.sqrt(n[1:] * (n_spins - n[:-1]))
    lowered = np.diagonal(rho, -1, axis1=1, axis2=2) @ elements / n_spins
    return np.asarray(1 - 4 * np.abs(lowered) ** 2 - z**2), np.asarray(z)
