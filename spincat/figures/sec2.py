"""Figures to Sec. II: how strongly the spins are excited, and how good the spin cat is."""

from __future__ import annotations

from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from typing_extensions import Doc

from spincat.figures import COLOURS, PARITIES, describe
from spincat.figures.vocabulary import Eta, H, Hs, Phase, SeveralSpins, Sizes
from spincat.master_equation import dicke
from spincat.model.ensemble import SpinEnsemble
from spincat.model.operators import levels, pair_lowering
from spincat.model.states import spin_cat, spin_coherent
from spincat.shared import provenance
from spincat.shared.declarations import computes
from spincat.shared.types import Complexes, Parity

_MARKERS = "o", "s", "^", "D", "v"


@computes("fraction", "eta", "leading_order", "large_n")
def compute_excitation(
    sizes: Sizes[SeveralSpins] = (20, 60, 180),
    h: Annotated[
        Hs[H], Doc("drives per spin h = η/(NΓ2), by default 13 up to 0.15 with equal ratios")
    ]
    | None = None,
) -> xr.Dataset:
    r"""Excited fraction ⟨n⟩/N of the even steady state of Eqs. 1-2 against h = η/(NΓ2).

    Returns
    -------
    Dataset over (n_spins, h): ``fraction``, the ``eta`` of each point, and over h
    ``leading_order`` 2h and ``large_n`` [1 − √(1−8h)]/2, NaN above h = 1/8.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    x = np.geomspace(1e-3, 0.15, 13) if h is None else np.asarray(h, dtype=float)
    eta = np.outer(sizes, x)
    fraction = [
        [_fraction(size, value) for value in row] for size, row in zip(sizes, eta, strict=True)
    ]
    root = np.sqrt(1 - 8 * np.where(x <= 1 / 8, x, np.nan))
    return xr.Dataset(
        {
            "fraction": (("n_spins", "h"), fraction, describe("excited fraction")),
            "eta": (("n_spins", "h"), eta, describe("drive strength", "Gamma_2")),
            "leading_order": ("h", 2 * x, describe("excited fraction, 2h")),
            "large_n": ("h", (1 - root) / 2, describe("excited fraction, large N")),
        },
        coords={
            "n_spins": list(sizes),
            "h": ("h", x, describe("drive per spin, eta/(N Gamma_2)")),
        },
        attrs=provenance.attributes(phase=0.0),
    )


def draw_excitation(dataset: xr.Dataset) -> Figure:
    """Draw the dataset of :func:`compute_excitation` against η/Γ2 and against η/(NΓ2)."""
    figure, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(7.2, 3.6))
    for index, size in enumerate(dataset["n_spins"].values):
        row = dataset.sel(n_spins=size)
        style = {"marker": _MARKERS[index % len(_MARKERS)], "ms": 5, "color": f"C{index}"}
        left.plot(row["eta"], row["fraction"], label=f"$N = {size}$", **style)
        right.plot(row["h"], row["fraction"], ls="none", **style)
    h = dataset["h"]
    right.plot(h, dataset["leading_order"], ":", color="#555555", label="$2h$")
    right.plot(h, dataset["large_n"], "-", color="black", lw=1.2, label=r"$[1-\sqrt{1-8h}]/2$")
    left.set(xscale="log", yscale="log", ylabel=r"excited fraction $\langle n\rangle/N$")
    left.set_xlabel(r"$\eta/\Gamma_2$")
    right.set(xscale="log", xlabel=r"$h = \eta/(N\Gamma_2)$")
    for axes in (left, right):
        axes.legend()
    return figure


@computes("residual", "residual_leading", "infidelity", "impurity", "infidelity_sine")
def compute_validity(
    eta: Annotated[Eta, Doc("strength η of the two-photon drive, fixed while N grows")] = 0.2,
    phase: Phase = 0.0,
    sizes: Sizes[SeveralSpins] = (20, 40, 80, 160),
) -> xr.Dataset:
    r"""How far the spin cat of tan(θ/2) = \|α\|/√N is from the steady state, against N.

    Returns
    -------
    Dataset with ``residual`` (n_spins) ‖(S₋² − Nα²)\|θ,ϕ⟩‖/N and its ``residual_leading`` order,
    and over (parity, n_spins) ``infidelity`` and ``impurity`` of the steady state, and the
    ``infidelity_sine`` with the cat of sin θ = 2\|α\|/√N (NaN where that has no solution).

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    x = 2 * eta
    ensembles = [SpinEnsemble(size, eta, phase) for size in sizes]
    tables = np.array([[_quality(e, parity) for e in ensembles] for parity in PARITIES])
    dims = ("parity", "n_spins")
    leading = x * np.sqrt(4 * x * x + 8 * x + 1) / np.asarray(sizes)
    return xr.Dataset(
        {
            "residual": ("n_spins", [_residual(e) for e in ensembles], describe("residual")),
            "residual_leading": ("n_spins", leading, describe("residual to order 1/N")),
            "infidelity": (dims, tables[..., 0], describe("1 - F")),
            "impurity": (dims, tables[..., 1], describe("1 - Tr rho^2")),
            "infidelity_sine": (dims, tables[..., 2], describe("1 - F, angle from the sine")),
        },
        coords={"n_spins": list(sizes), "parity": list(PARITIES)},
        attrs=provenance.attributes(eta=eta, phase=phase),
    )


def draw_validity(dataset: xr.Dataset) -> Figure:
    """Draw the dataset of :func:`compute_validity`: the residual, and the infidelities."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.6))
    size = dataset["n_spins"]
    left.loglog(size, dataset["residual"], "o", label="computed")
    left.loglog(size, dataset["residual_leading"], "--", color="black", lw=1.2, label="order $1/N$")
    left.set_ylabel(r"$\|(S_-^2 - N\alpha^2)|\theta,\phi\rangle\|/N$")
    for parity, marker in zip(PARITIES, _MARKERS, strict=False):
        row, colour = dataset.sel(parity=parity), COLOURS[parity]
        right.loglog(size, row["infidelity"], marker=marker, color=colour, label=f"{parity}, tan")
        right.loglog(
            size,
            row["infidelity_sine"],
            marker=marker,
            mfc="white",
            ls="--",
            color=colour,
            label=f"{parity}, sin",
        )
    right.set_ylabel("infidelity $1 - F$ of the spin cat")
    for axes in (left, right):
        axes.set_xlabel("number of spins $N$")
        axes.set_xticks(size.values, [str(value) for value in size.values])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.legend()
    return figure


def _fraction(n_spins: int, eta: float) -> float:
    rho = dicke.steady_state(SpinEnsemble(n_spins, eta), "even")
    return float(np.diag(rho).real @ levels(n_spins, "even") / n_spins)


def _residual(ensemble: SpinEnsemble) -> float:
    size = ensemble.n_spins
    state = spin_coherent(size, ensemble.theta, ensemble.azimuth)
    rest = [
        pair_lowering(size, p) / size @ state[levels(size, p)]
        - ensemble.alpha**2 * state[levels(size, p)]
        for p in PARITIES
    ]
    return float(np.linalg.norm(np.concatenate(rest)))


def _quality(ensemble: SpinEnsemble, parity: Parity) -> tuple[float, float, float]:
    """Infidelity and impurity, and the infidelity of the cat with the angle of the sine."""
    rho = dicke.steady_state(ensemble, parity)
    sine = 2 * abs(ensemble.alpha) / np.sqrt(ensemble.n_spins)
    angles = [ensemble.theta, np.arcsin(sine) if sine <= 1 else np.nan]
    tangent, from_sine = (_fidelity(rho, ensemble, parity, float(angle)) for angle in angles)
    return 1 - tangent, 1 - float(np.vdot(rho, rho).real), 1 - from_sine


def _fidelity(rho: Complexes, ensemble: SpinEnsemble, parity: Parity, theta: float) -> float:
    if np.isnan(theta):
        return float("nan")
    size = ensemble.n_spins
    cat = spin_cat(size, theta, ensemble.azimuth, parity=parity)[levels(size, parity)]
    return float((cat.conj() @ rho @ cat).real)
