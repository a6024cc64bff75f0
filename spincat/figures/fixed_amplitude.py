"""Figures of the chapter on many spins at fixed amplitude."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Ge, Gt, Le, MultipleOf, Unit
from matplotlib.figure import Figure
from scipy.stats import norm
from typing_extensions import Doc

from spincat.figures import describe
from spincat.figures.vocabulary import (
    Delta,
    Eta,
    Intensities,
    Intensity,
    SeveralSpins,
    Sizes,
    TimeNumber,
)
from spincat.many_spins import (
    evolve_bright_mode,
    evolve_classes,
    flip_rates,
    held_mode,
    reversed_fidelity,
)
from spincat.mean_field import SpinGroups
from spincat.mean_field.all_spins import integrate
from spincat.model import SpinEnsemble
from spincat.model.broadening import Broadening, Gaussian, Lorentzian, TwoPoint
from spincat.shared import provenance
from spincat.shared.declarations import computes
from spincat.shared.types import Floats

Reach = Annotated[float, Gt(0), Le(10), Doc("last value of the scaled time"), Unit("1")]

_MERIT = {
    "fidelity": "fidelity with the initial state",
    "purity": "purity",
    "amplitude": "modulus of <S_->/√N, over |α|",
    "pair_modulus": "modulus of <S_-^2>/N, over |α|²",
}


@computes(*_MERIT)
def compute_merit(
    sizes: Sizes[Annotated[SeveralSpins, MultipleOf(2), Le(64)]] = (8, 12, 16, 32),
    eta: Annotated[Eta, Le(2)] = 0.5,
    delta: Annotated[Delta, Gt(0), Doc("detunings ±δ of the halves")] = 0.05,
    reach: Annotated[Reach, Doc("last δt")] = 1.5,
    n_times: Annotated[TimeNumber, Ge(2)] = 16,
) -> xr.Dataset:
    """Four figures of merit of the driven coherent state of two halves, up to N → ∞.

    Returns
    -------
    Dataset over (n_spins, delta_t), the last n_spins infinite: ``fidelity``, ``purity``,
    ``amplitude`` and ``pair_modulus``.

    Raises
    ------
    ValueError, MemoryError, ConvergenceError
        As `spincat.many_spins.classes.evolve_classes`.
    """
    scaled = np.linspace(0, reach, n_times)
    times, halves = scaled / delta, [delta, -delta]
    rows = [
        evolve_classes([n // 2, n // 2], halves, eta, times, "coherent", tol=3e-3) for n in sizes
    ]
    rows.append(evolve_bright_mode(TwoPoint(delta), eta, times, "coherent", tol=3e-3))
    values = {
        "fidelity": [row["fidelity"].values for row in rows],
        "purity": [row["purity"].values for row in rows],
        "amplitude": [np.abs(row["amplitude"].values) / np.sqrt(2 * eta) for row in rows],
        "pair_modulus": [np.abs(row["pair_amplitude"].values) / (2 * eta) for row in rows],
    }
    return xr.Dataset(
        {
            name: (("n_spins", "delta_t"), np.array(value), describe(_MERIT[name]))
            for name, value in values.items()
        },
        coords={
            "n_spins": ("n_spins", [*map(float, sizes), np.inf], describe("number of spins N")),
            "delta_t": ("delta_t", scaled, describe("linewidth times time δt")),
        },
        attrs=provenance.attributes(eta=eta, delta=delta, reach=reach),
    )


def draw_merit(dataset: xr.Dataset) -> Figure:
    """Draw the four figures of merit, a line for each number of spins."""
    figure, panels = plt.subplots(2, 2, figsize=(7.2, 5.2), sharex=True, sharey=True)
    labels = (
        "fidelity $F$",
        "purity",
        r"$|\langle S_-\rangle|/\sqrt{N}|\alpha|$",
        r"$|\langle S_-^2\rangle|/N|\alpha|^2$",
    )
    colours = mpl.colormaps["viridis_r"](np.linspace(0.1, 1, dataset.sizes["n_spins"]))
    for axes, name, label in zip(panels.flat, _MERIT, labels, strict=True):
        for size, colour in zip(dataset["n_spins"].values, colours, strict=True):
            text = rf"$N = {size:g}$" if np.isfinite(size) else r"$N \to \infty$"
            style = "-" if np.isfinite(size) else "--"
            row = dataset[name].sel(n_spins=size)
            axes.plot(dataset["delta_t"], row, style, color=colour, label=text)
        axes.set(ylabel=label, ylim=(-0.02, 1.06))
    for axes in panels[1]:
        axes.set_xlabel(r"$\delta t$")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
    return figure


@computes("fidelity")
def compute_reversal(
    n_spins: Annotated[SeveralSpins, MultipleOf(2), Le(20)] = 16,
    eta: Annotated[Eta, Le(1)] = 0.5,
    delta: Annotated[Delta, Ge(0.01), Doc("detunings ±δ of the halves")] = 0.05,
    reach: Annotated[Reach, Le(3), Doc("last δt, twice that of the reversal")] = 1.5,
    n_times: Annotated[TimeNumber, Ge(2), Le(101)] = 13,
) -> xr.Dataset:
    """Fidelity of the driven odd cat of two halves, with detunings reversed halfway and not.

    Returns
    -------
    Dataset over (way, delta_t): ``fidelity``.

    Raises
    ------
    ValueError
        As `spincat.many_spins.reversal.reversed_fidelity`.
    """
    scaled = np.linspace(0, reach, n_times)
    halves = [n_spins // 2] * 2, [delta, -delta]
    never, half = 2 * reach / delta, reach / delta / 2
    rows = [
        reversed_fidelity(*halves, eta, scaled / delta, "odd", reversal=at) for at in (never, half)
    ]
    return xr.Dataset(
        {"fidelity": (("way", "delta_t"), np.array(rows), describe("fidelity"))},
        coords={
            "way": ["kept", "reversed"],
            "delta_t": ("delta_t", scaled, describe("linewidth times time δt")),
        },
        attrs=provenance.attributes(n_spins=n_spins, eta=eta, delta=delta, reach=reach),
    )


def draw_reversal(dataset: xr.Dataset) -> Figure:
    """Draw the fidelity with and without the reversal."""
    figure, axes = plt.subplots(figsize=(4.6, 3.2))
    for way, colour, text in zip(
        ("kept", "reversed"),
        ("#555555", "#d55e00"),
        ("as they are", "reversed halfway"),
        strict=True,
    ):
        axes.plot(dataset["delta_t"], dataset["fidelity"].sel(way=way), color=colour, label=text)
    axes.axvline(dataset.attrs["reach"] / 2, color="0.7", lw=0.8, zorder=0)
    axes.set(xlabel=r"$\delta t$", ylabel="fidelity $F$", ylim=(-0.02, 1.02))
    axes.legend(title="detunings")
    return figure


GROUPS = 1000
"""Groups of equal spins: their spacing must not show up as a revival."""


@computes("amplitude", "excitations")
def compute_saturation(
    sizes: Sizes[Annotated[SeveralSpins, Ge(1000), MultipleOf(1000)]] = (1000, 10_000, 100_000),
    eta: Annotated[Eta, Ge(0.1)] = 2.0,
    delta: Annotated[Delta, Ge(0.01), Le(1)] = 0.2,
    reach: Annotated[Reach, Le(5), Doc("last κ₁|a|t/√N")] = 4.0,
    n_times: Annotated[TimeNumber, Ge(2), Le(1001)] = 61,
) -> xr.Dataset:
    """Product states of N spins in a Gaussian or Lorentzian line, in the time √N/(κ₁|a|).

    The Lorentzian has the half width δ/2.  There are a thousand groups of equal spins.

    Returns
    -------
    Dataset over (line, n_spins, scaled_time): ``amplitude`` ⟨S₋⟩/√N over the held a, with its
    sign, and ``excitations``, over √N|a|.

    Raises
    ------
    ValueError
        If nothing is held at this drive.
    """
    lines: dict[str, Broadening] = {
        "gaussian": Gaussian(delta),
        "lorentzian": Lorentzian(delta / 2),
    }
    scaled = np.linspace(0, reach, n_times)
    for line in lines.values():
        if not held_mode(line, eta).intensity:
            raise ValueError(f"delta = {delta}; allowed: less, as eta = {eta} holds nothing there")
    values = np.array(
        [[_product_states(line, n, eta, scaled) for n in sizes] for line in lines.values()]
    )
    texts = {"amplitude": "amplitude over the held one", "excitations": "excitations over √N|a|"}
    return xr.Dataset(
        {
            name: (("line", "n_spins", "scaled_time"), values[:, :, k], describe(text))
            for k, (name, text) in enumerate(texts.items())
        },
        coords={
            "line": list(lines),
            "n_spins": ("n_spins", list(sizes), describe("number of spins N")),
            "scaled_time": ("scaled_time", scaled, describe("scaled time κ₁|a|t/√N")),
        },
        attrs=provenance.attributes(eta=eta, delta=delta, reach=reach),
    )


def _product_states(line: Broadening, n_spins: int, eta: float, scaled: Floats) -> Floats:
    """Amplitude and excitations, shape (2, T), from the coherent state on."""
    held = held_mode(line, eta)
    times = scaled * np.sqrt(n_spins / held.intensity) / held.loss
    places = (np.arange(GROUPS) + 0.5) / GROUPS
    quantiles = norm.ppf(places) if isinstance(line, Gaussian) else np.tan(np.pi * (places - 0.5))
    ensemble = SpinGroups(np.full(GROUPS, n_spins // GROUPS), eta, detunings=line.delta * quantiles)
    theta = SpinEnsemble(n_spins, eta).theta
    sigma = np.full(GROUPS, np.sin(theta) / 2 * np.exp(0.25j * np.pi))
    sigma, z = integrate(ensemble, sigma, np.full(GROUPS, -np.cos(theta)), times, tol=1e-4)
    along = np.real(sigma.mean(axis=1) * np.exp(-0.25j * np.pi))
    amplitude = along * np.sqrt(n_spins / held.intensity)
    excitations = n_spins * (1 + z.mean(axis=1)) / 2
    return np.array([amplitude, excitations / np.sqrt(n_spins * held.intensity)])


def draw_saturation(dataset: xr.Dataset) -> Figure:
    """Draw intensity and excitations in scaled time, for both lines."""
    figure, panels = plt.subplots(2, 2, figsize=(7.2, 4.8), sharex=True, sharey="row")
    colours = mpl.colormaps["viridis_r"](np.linspace(0.1, 1, dataset.sizes["n_spins"]))
    for column, line in enumerate(dataset["line"].values):
        for size, colour in zip(dataset["n_spins"].values, colours, strict=True):
            row = dataset.sel(line=line, n_spins=size)
            for axes, name in zip(panels[:, column], ("amplitude", "excitations"), strict=True):
                axes.plot(row["scaled_time"], row[name], color=colour, label=f"$N = {size:,}$")
        panels[0, column].set_title(str(line).capitalize(), fontsize=11)
        panels[1, column].set_xlabel(r"$\kappa_1|a|t/\sqrt{N}$")
    panels[0, 0].set_ylabel(r"$\langle S_-\rangle/\sqrt{N}a$")
    panels[1, 0].set_ylabel(r"excitations$/\sqrt{N}|a|$")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


@computes("bit", "phase")
def compute_flips(
    intensities: Intensities[Annotated[Intensity, Ge(0.1), Le(6)]] = (
        0.5,
        1.0,
        1.5,
        2.0,
        3.0,
        4.0,
        5.0,
    ),
    deltas: Annotated[
        Sequence[Annotated[float, Ge(1e-3), Le(1), Unit("Gamma_2")]],
        Doc("half widths of a Lorentzian line"),
    ] = (0.005, 0.05),
) -> xr.Dataset:
    """Rates of bit and phase flips of the bright mode in a Lorentzian line, N → ∞.

    Returns
    -------
    Dataset over (delta, intensity): ``bit`` and ``phase``.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    values = np.array([[flip_rates(x / 2, 2 * d) for x in intensities] for d in deltas])
    texts = {"bit": "rate of bit flips", "phase": "rate of phase flips"}
    return xr.Dataset(
        {
            name: (("delta", "intensity"), values[..., k], describe(text, "Gamma_2"))
            for k, (name, text) in enumerate(texts.items())
        },
        coords={
            "delta": ("delta", list(deltas), describe("half width of the line", "Gamma_2")),
            "intensity": ("intensity", list(intensities), describe("|α|²")),
        },
        attrs=provenance.attributes(),
    )


def draw_flips(dataset: xr.Dataset) -> Figure:
    """Draw both rates against the intensity."""
    figure, axes = plt.subplots(figsize=(4.8, 3.4))
    styles = ("-", "o"), ("--", "s"), (":", "^"), ("-.", "v")
    for place, width in enumerate(dataset["delta"].values):
        line, marker = styles[place % len(styles)]
        for name, colour in (("phase", "#d55e00"), ("bit", "#0072b2")):
            axes.plot(
                dataset["intensity"], dataset[name].sel(delta=width), line, marker=marker,
                color=colour, label=rf"{name}, $\gamma = {width:g}\,\Gamma_2$",
            )  # fmt: skip
    axes.set(xlabel=r"$|\alpha|^2$", ylabel=r"rate of flips $/\Gamma_2$", yscale="log")
    axes.legend()
    return figure
