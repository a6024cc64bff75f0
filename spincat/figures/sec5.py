"""Figure to Sec. V: a qubit of two even cats at right angles, its overlap and its dephasing."""

from __future__ import annotations

from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Ge, Le
from matplotlib.figure import Figure
from typing_extensions import Doc

from spincat.figures import COLOURS, describe
from spincat.figures.vocabulary import DeltaTime, Draws, Intensities, Intensity, Seed, Spins
from spincat.free import dephasing
from spincat.free.codewords import bosonic_codeword_fidelity, codeword_fidelity, logical_overlap
from spincat.free.dephasing_limits import bosonic_cat_fidelity
from spincat.model.broadening import Gaussian
from spincat.model.ensemble import SpinEnsemble
from spincat.shared import provenance
from spincat.shared.declarations import computes

STATES = ("even cat", "0 mod 4", "2 mod 4")
_LABELS = {
    "even cat": r"$|0_L\rangle$ or $|1_L\rangle$",
    "0 mod 4": r"$|0_L\rangle + |1_L\rangle$",
    "2 mod 4": r"$|0_L\rangle - |1_L\rangle$",
}
_COLOURS = {"even cat": COLOURS["even"], "0 mod 4": "#009e73", "2 mod 4": COLOURS["odd"]}


@computes("overlap", "overlap_limit", "fidelity", "error", "fidelity_limit")
def compute_logical(
    n_spins: Annotated[Spins, Ge(3)] = 200,
    intensities: Annotated[
        Intensities[Annotated[Intensity, Le(100)]],
        Doc(
            "values of |α|², by default 20 up to 8 with equal ratios and π/2, where the logical "
            "states of many spins are orthogonal"
        ),
    ]
    | None = None,
    delta_t: DeltaTime = 1.0,
    draws: Annotated[Draws, Ge(2)] = 50,
    seed: Seed = 1,
) -> xr.Dataset:
    r"""Overlap of the logical states and fidelities at the time δt, against \|α\|².

    Returns
    -------
    Dataset over (intensity): ``overlap``, ``overlap_limit``, and over (state, intensity)
    ``fidelity``, the mean over the draws, its standard ``error``, and ``fidelity_limit``, N → ∞.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    default = np.sort([*np.geomspace(0.05, 8, 20), np.pi / 2])
    x = default if intensities is None else np.asarray(intensities, dtype=float)
    rows = Gaussian(1.0).draw(n_spins, draws, seed)
    samples = np.array([_fidelities(rows, value, delta_t) for value in x])
    limits = np.array([_limits(value, delta_t) for value in x])
    overlaps = [logical_overlap(n_spins, SpinEnsemble(n_spins, value / 2).theta) for value in x]
    state = ("state", "intensity")
    error = samples.std(axis=2, ddof=1) / np.sqrt(draws)
    return xr.Dataset(
        {
            "overlap": ("intensity", overlaps, describe("overlap of the logical states")),
            "overlap_limit": ("intensity", np.cos(x) / np.cosh(x), describe("overlap, large N")),
            "fidelity": (state, samples.mean(axis=2).T, describe("mean fidelity")),
            "error": (state, error.T, describe("standard error")),
            "fidelity_limit": (state, limits.T, describe("mean fidelity, large N")),
        },
        coords={"state": list(STATES), "intensity": ("intensity", x, describe("|alpha|^2"))},
        attrs=provenance.attributes(n_spins=n_spins, delta_t=delta_t, draws=draws, seed=seed),
    )


def draw_logical(dataset: xr.Dataset) -> Figure:
    """Draw the dataset of :func:`compute_logical`."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.4))
    x = dataset["intensity"]
    left.plot(x, dataset["overlap"] ** 2, "o", color="black", ms=4, label=f"N = {_size(dataset)}")
    left.plot(x, dataset["overlap_limit"] ** 2, "-", color="black", lw=1, label="many spins")
    left.set(xscale="log", xlabel=r"$|\alpha|^2$", ylabel=r"$|\langle 0_L|1_L\rangle|^2$")
    for name in STATES:
        row, colour = dataset.sel(state=name), _COLOURS[name]
        right.errorbar(x, row["fidelity"], row["error"], fmt="o", ms=4, color=colour)
        right.plot(x, row["fidelity_limit"], "-", color=colour, lw=1, label=_LABELS[name])
    right.set(xscale="log", xlabel=r"$|\alpha|^2$", ylim=(0, 1))
    right.set_ylabel(rf"mean fidelity at $\delta t = {dataset.attrs['delta_t']:g}$")
    for axes in (left, right):
        axes.legend()
    return figure


def _size(dataset: xr.Dataset) -> int:
    return int(dataset.attrs["n_spins"])


def _fidelities(rows: np.ndarray, intensity: float, delta_t: float) -> list[np.ndarray]:
    theta, times = SpinEnsemble(rows.shape[1], intensity / 2).theta, [delta_t]
    even = dephasing.cat_fidelity(rows, theta, times, "even")[:, 0]
    return [even, *(codeword_fidelity(rows, theta, times, r)[:, 0] for r in (0, 2))]


def _limits(intensity: float, delta_t: float) -> list[float]:
    alpha = np.sqrt(intensity)
    even = float(bosonic_cat_fidelity(alpha, 1.0, delta_t, "even"))
    return [even, *(float(bosonic_codeword_fidelity(alpha, 1.0, delta_t, r)) for r in (0, 2))]
