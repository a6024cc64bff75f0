"""Fig. 3: the amplitude of identical spins against the drive, and Wigner functions."""

from __future__ import annotations

import math
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Ge, Gt, Le, Unit
from matplotlib.figure import Figure
from typing_extensions import Doc

from spincat.figures import describe
from spincat.figures.vocabulary import DriveNumber, Eta, EtaMax, Etas, Spins, Time, Times
from spincat.master_equation import coherence_decay, dicke_amplitude
from spincat.mean_field import identical_spins
from spincat.model.states import purity
from spincat.model.wigner import wigner
from spincat.shared import provenance
from spincat.shared.declarations import computes

ORANGE, BLUE, GREEN, BLACK = "#d55e00", "#0072b2", "#009e73", "#000000"


@computes(
    "amplitude",
    "dipole",
    "quasi_steady",
    "quasi_steady_dipole",
    "rate",
    "mean_field",
    "sphere",
    "sphere_dipole",
)
def compute(
    n_spins: Annotated[Spins, Ge(3), Le(400)] = 100,
    eta_max: Annotated[
        EtaMax, Gt(0), Doc("largest drive η, which the levels of few spins limit")
    ] = 15.0,
    times: Times[Time] = (1e2, 1e3, 1e4, 1e5),
    n_eta: Annotated[DriveNumber, Doc("number of drives, equally spaced and without 0")] = 60,
) -> xr.Dataset:
    r"""Amplitude \|⟨a⟩\| of identical spins after several times against η (top of Fig. 3).

    Returns
    -------
    Dataset with ``amplitude`` and ``dipole`` (time, eta), and over eta their metastable values
    ``quasi_steady`` and ``quasi_steady_dipole``, the ``rate`` r, ``mean_field`` (Eq. 25), and the
    limits of large N, ``sphere`` for \|⟨a⟩\| and ``sphere_dipole``.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.
    """
    most = dicke_amplitude.largest_drive(n_spins)
    if not 0 < eta_max <= most:
        shown = math.floor(1000 * most) / 1000  # not above the limit itself
        raise ValueError(
            f"eta_max = {eta_max!r}; allowed for n_spins = {n_spins}: above 0 and at most {shown:g}"
        )
    etas = np.linspace(0, eta_max, n_eta + 1)[1:]
    both: tuple[dicke_amplitude.Observable, ...] = ("boson", "dipole")
    evolved = np.empty((2, len(times), n_eta))
    quasi, rate = np.empty((2, n_eta)), np.empty(n_eta)
    for i, eta in enumerate(etas.tolist()):
        x = dicke_amplitude.coherences(n_spins, eta, times)
        evolved[:, :, i] = [np.abs(dicke_amplitude.expectation(x, n_spins, o)) for o in both]
        quasi[:, i] = [dicke_amplitude.quasi_steady_amplitude(n_spins, eta, o) for o in both]
        rate[i] = coherence_decay.coherence_decay_rate(n_spins, eta)
    dipole_limit = np.where(8 * etas <= n_spins, np.sqrt(2 * etas), np.nan)
    curves = {
        "quasi_steady": (quasi[0], describe("metastable |<a>|")),
        "quasi_steady_dipole": (quasi[1], describe("metastable |<S_->| / sqrt(N)")),
        "rate": (rate, describe("slowest rate of the coherences", "Gamma_2")),
        "mean_field": (
            identical_spins.dipole_amplitude(n_spins, etas),
            describe("sqrt(N) A of Eq. 25"),
        ),
        "sphere": (
            identical_spins.boson_amplitude(n_spins, etas),
            describe("|<a>|, N to infinity"),
        ),
        "sphere_dipole": (dipole_limit, describe("|<S_->| / sqrt(N), N to infinity")),
    }
    pairs = {
        "amplitude": (evolved[0], describe("|<a>|")),
        "dipole": (evolved[1], describe("|<S_->| / sqrt(N)")),
    }
    return xr.Dataset(
        {name: ("eta", *curve) for name, curve in curves.items()}
        | {name: (("time", "eta"), *pair) for name, pair in pairs.items()},
        coords={
            "eta": ("eta", etas, describe("drive", "Gamma_2")),
            "time": ("time", np.asarray(times, dtype=float), describe("time", "1/Gamma_2")),
        },
        attrs=provenance.attributes(n_spins=n_spins, eta_max=eta_max, n_eta=n_eta),
    )


def draw(dataset: xr.Dataset) -> Figure:
    r"""Draw the top of Fig. 3: \|⟨a⟩\| of identical spins after several times, and Eq. 25."""
    figure, axes = plt.subplots(figsize=(6.4, 4.0))
    shades = plt.get_cmap("viridis")(np.linspace(0.85, 0.1, dataset.sizes["time"]))
    for time, shade in zip(dataset["time"].values, shades, strict=True):
        label = rf"$\Gamma_2 t = 10^{{{np.log10(time):g}}}$"
        axes.plot(dataset["eta"], dataset["amplitude"].sel(time=time), color=shade, label=label)
    axes.plot(dataset["eta"], dataset["quasi_steady"], ":", color=BLACK, label="metastable")
    axes.plot(dataset["eta"], dataset["mean_field"], "--", color=ORANGE, label="mean field, Eq. 25")
    axes.set(xlabel=r"$\eta/\Gamma_2$", ylabel=r"$|\langle a\rangle|$")
    axes.legend(fontsize=9.5)
    return figure


def draw_observables(dataset: xr.Dataset) -> Figure:
    """Draw the metastable ⟨a⟩ and √N⟨σ⁻⟩ of identical spins, their limits and Eq. 25."""
    figure, axes = plt.subplots(figsize=(6.4, 4.0))
    eta, names = dataset["eta"], (r"$|\langle a\rangle|$", r"$\sqrt{N}|\langle\sigma^-\rangle|$")
    axes.plot(eta, dataset["quasi_steady"], color=BLUE, label=names[0])
    axes.plot(eta, dataset["quasi_steady_dipole"], color=GREEN, label=names[1])
    axes.plot(eta, dataset["sphere"], ":", color=BLACK, label=r"limits for $N\to\infty$")
    axes.plot(eta, dataset["sphere_dipole"], ":", color=BLACK)
    axes.plot(eta, dataset["mean_field"], "--", color=ORANGE, label=r"$\sqrt{N}A$, Eq. 25")
    axes.set(xlabel=r"$\eta/\Gamma_2$", ylabel="metastable amplitude")
    axes.legend(fontsize=9.5)
    return figure


@computes("wigner", "purity")
def compute_wigner(
    n_spins: Annotated[Spins, Ge(2), Le(400)] = 100,
    etas: Etas[Eta] = (5.0, 12.0),
    time: Annotated[Time, Doc("evolution time")] = 1e4,
    n_grid: Annotated[int, Ge(2), Le(2000), Doc("points along each axis"), Unit("1")] = 81,
) -> xr.Dataset:
    """Wigner functions of ρ(t) from the initial state of Fig. 3 (bottom of Fig. 3).

    Returns
    -------
    Dataset with ``wigner`` (eta, y, x) and the ``purity`` Tr ρ² (eta).

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.
    """
    grid = np.linspace(-0.9, 0.9, n_grid) * np.sqrt(n_spins)
    states = [dicke_amplitude.density_matrix(n_spins, eta, [time])[0] for eta in etas]
    pictures = np.array([wigner(rho, grid, grid) for rho in states])
    return xr.Dataset(
        {
            "wigner": (("eta", "y", "x"), pictures, describe("Wigner function")),
            "purity": ("eta", purity(states), describe("purity")),
        },
        coords={
            "eta": ("eta", list(etas), describe("drive", "Gamma_2")),
            "x": ("x", grid, describe("Re beta")),
            "y": ("y", grid, describe("Im beta")),
        },
        attrs=provenance.attributes(n_spins=n_spins, evolution_time=time),
    )


def draw_wigner(dataset: xr.Dataset) -> Figure:
    """Draw the Wigner functions of `compute_wigner`, each on its own scale of colours."""
    count = dataset.sizes["eta"]
    figure, panels = plt.subplots(1, count, sharey=True, squeeze=False, figsize=(3.6 * count, 3.2))
    for axes, eta in zip(panels[0], dataset["eta"].values, strict=True):
        picture = dataset["wigner"].sel(eta=eta)
        limit = float(np.abs(picture).max())
        levels = np.linspace(-limit, limit, 40)  # none at 0, where nothing happens
        image = axes.contourf(dataset["x"], dataset["y"], picture, levels=levels, cmap="RdBu")
        axes.set(title=rf"$\eta/\Gamma_2 = {eta:g}$", xlabel=r"Re $\beta$", aspect="equal")
        axes.grid(False)
        bar = figure.colorbar(image, ax=axes, ticks=[-limit, 0, limit], shrink=0.85)
        bar.ax.set_yticklabels([f"{x:.2f}" for x in (-limit, 0, limit)])
    panels[0, 0].set_ylabel(r"Im $\beta$")
    return figure
