"""Fig. 4: where two detuned halves synchronise, the ellipse, and the edge of other starts."""

from __future__ import annotations

from typing import Annotated, get_args

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Ge, Gt
from matplotlib.artist import Artist
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from typing_extensions import Doc

from spincat.figures import describe
from spincat.figures.vocabulary import (
    DeltaMax,
    DeltaNumber,
    DriveNumber,
    EvenSpins,
    HMax,
    InitialSpread,
    InitialState,
    Start,
    TMax,
)
from spincat.mean_field import mirror_halves, phase_diagram
from spincat.shared import provenance
from spincat.shared.checks import check_inside
from spincat.shared.declarations import computes
from spincat.shared.types import Floats

INITIAL_STATES: tuple[InitialState, ...] = get_args(InitialState)
"""The steady state for δ = 0, and almost no coherence close to the ground state."""

PAPER_ELLIPSE = 0.03125, 2.2077
"""The parameters a and b of Eq. 30 that the paper quotes, in units of N."""

_FILL = {"unconverged": "#cccccc", "oscillating": "#56b4e9", "drifting": "#cc79a7"}


@computes(
    "phase_spread",
    "z",
    "amplitude",
    "fate",
    "converged",
    "time_to_converge",
    "edge",
    "ellipse_fit",
    "ellipse_paper",
)
def compute(
    n_spins: EvenSpins = 10_000,
    n_eta: Annotated[
        DriveNumber, Ge(3), Doc("number of drives, equally spaced and without 0")
    ] = 100,
    n_delta: Annotated[
        DeltaNumber, Ge(2), Doc("number of detunings, equally spaced from 0 on")
    ] = 100,
    h_max: HMax = 0.0625,
    delta_max: DeltaMax = 0.08,
    t_max: Annotated[TMax, Gt(0)] = phase_diagram.T_MAX,
    initial_state: Start = "identical",
    initial_spread: InitialSpread = 0.0,
) -> xr.Dataset:
    """Where two halves with detunings ±δ synchronise (Fig. 4), its edge, and ellipses of Eq. 30.

    Returns
    -------
    The dataset of `spincat.mean_field.phase_diagram.phase_map` over (eta, delta)
    with ``phase_spread``, ``z``, ``amplitude``, ``fate``, ``converged`` and ``time_to_converge``;
    ``edge``, ``ellipse_fit`` and ``ellipse_paper`` over eta, and the parameters of the fit in its
    attributes.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    h = np.linspace(0, h_max, n_eta + 1)[1:]
    eta, delta = n_spins * h, np.linspace(0, delta_max, n_delta)
    start = starts(n_spins, eta, initial_state, initial_spread)
    dataset = phase_diagram.phase_map(n_spins, eta, delta, t_max=t_max, initial=start[:, None])
    edge = phase_diagram.simulated_edge(n_spins, eta, t_max=t_max, initial=start)
    known = np.isfinite(edge)
    fit = phase_diagram.fit_ellipse(eta[known], edge[known], n_spins)
    curves = {
        "edge": (edge, "edge of the synchronised region"),
        "ellipse_fit": (phase_diagram.ellipse(eta, n_spins, fit.a, fit.b), "fitted ellipse"),
        "ellipse_paper": (
            phase_diagram.ellipse(eta, n_spins, *PAPER_ELLIPSE), "ellipse of the paper"
        ),
    }  # fmt: skip
    for name, (values, text) in curves.items():
        dataset[name] = "eta", values, describe(text, "Gamma_2")
    dataset.coords["h"] = "eta", h, describe("eta / (N Gamma_2)")
    dataset.attrs |= provenance.attributes() | {
        "n_eta": n_eta, "n_delta": n_delta, "h_max": h_max, "delta_max": delta_max,
        "initial_state": initial_state, "initial_spread": initial_spread,
    } | {f"fit_{name}": float(value) for name, value in fit._asdict().items()}  # fmt: skip
    return dataset


def draw(dataset: xr.Dataset) -> Figure:
    """Draw Fig. 4: ζ where the halves synchronise, white where they end without coherence."""
    figure, axes = plt.subplots(figsize=(6.4, 4.6))
    h, delta = dataset["h"], dataset["delta"]
    image = axes.pcolormesh(h, delta, dataset["phase_spread"].T, rasterized=True, vmin=0)
    figure.colorbar(image, label=r"phase spread $\zeta$ (rad)")
    handles: list[Artist] = [Patch(facecolor="white", edgecolor="k", label="incoherent")]
    for name, colour in _FILL.items():
        here = dataset["fate"] == phase_diagram.FATES.index(name)
        if here.any():
            shade = here.where(here).T
            axes.pcolormesh(h, delta, shade, rasterized=True, cmap=ListedColormap([colour]))
            handles.append(Patch(facecolor=colour, label=name))
    handles += axes.plot(h, dataset["ellipse_paper"], color="#d55e00", label="ellipse, paper")
    handles += axes.plot(h, dataset["ellipse_fit"], "k--", label="ellipse, our fit")
    axes.set(xlabel=r"$\eta/(N\Gamma_2)$", ylabel=r"$\delta/\Gamma_2$", ylim=(0, delta.max()))
    axes.grid(False)
    figure.legend(handles=handles, loc="outside upper center", ncols=3, fontsize=9.5)
    return figure


@computes("edge", "ellipse_fit", "ellipse_paper")
def compute_edges(
    n_spins: EvenSpins = 10_000,
    n_eta: Annotated[
        DriveNumber, Ge(3), Doc("number of drives, equally spaced up to NΓ2/16 and without 0")
    ] = 40,
    t_max: Annotated[TMax, Gt(0)] = phase_diagram.T_MAX,
) -> xr.Dataset:
    r"""The edge of the region for four kinds of initial state, and two ellipses.

    The states: the steady state for δ = 0 ("identical"), the same with a phase spread of 0.5
    ("spread"), almost no coherence close to the ground state ("ground"), and the synchronised
    state at δ one per mille below the edge of the first ("synchronised").

    Returns
    -------
    Dataset with ``edge`` over (start, eta), ``ellipse_fit`` and ``ellipse_paper`` over eta.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    eta = n_spins / 16 * np.linspace(0, 1, n_eta + 1)[1:]
    start: dict[str, Floats] = {name: starts(n_spins, eta, name) for name in INITIAL_STATES}
    start["spread"] = starts(n_spins, eta, spread=0.5)
    edges: dict[str, Floats] = {}
    for name, state in start.items():
        edges[name] = phase_diagram.simulated_edge(n_spins, eta, t_max=t_max, initial=state)
    below = [
        phase_diagram.phase_map(n_spins, [each], [0.999 * edge], t_max=10 * t_max)
        for each, edge in zip(eta, edges["identical"], strict=True)
    ]
    names = "amplitude", "phase_spread", "z"
    last = np.array([[point[name].item() for name in names] for point in below])
    edges["synchronised"] = phase_diagram.simulated_edge(n_spins, eta, t_max=t_max, initial=last)
    fit = phase_diagram.fit_ellipse(eta, edges["identical"], n_spins)
    curves = {"ellipse_fit": (fit.a, fit.b), "ellipse_paper": PAPER_ELLIPSE}
    return xr.Dataset(
        {"edge": (("start", "eta"), np.array(list(edges.values())), describe("edge", "Gamma_2"))}
        | {
            name: (
                "eta", phase_diagram.ellipse(eta, n_spins, *values), describe(name, "Gamma_2")
            )
            for name, values in curves.items()
        },
        coords={
            "start": list(edges),
            "eta": ("eta", eta, describe("strength of the drive", "Gamma_2")),
            "h": ("eta", eta / n_spins, describe("eta / (N Gamma_2)")),
        },
        attrs=provenance.attributes(n_spins=n_spins, t_max=t_max, n_eta=n_eta),
    )  # fmt: skip


def draw_edges(dataset: xr.Dataset) -> Figure:
    """Draw the edge minus both ellipses, and the edges of other starts relative to the first."""
    figure, pair = plt.subplots(1, 2, figsize=(7.2, 3.4))
    h, edge = dataset["h"], dataset["edge"]
    first = edge.sel(start="identical")
    for name, style in (("ellipse_paper", "#d55e00"), ("ellipse_fit", "#222222")):
        label = "paper" if name == "ellipse_paper" else "our fit"
        pair[0].plot(h, 1e3 * (first - dataset[name]), color=style, label=label)
    pair[0].axhline(0, color="#aaaaaa", lw=0.8)
    pair[0].set_ylabel(r"edge minus ellipse ($10^{-3}\,\Gamma_2$)")
    labels = {"spread": r"$\zeta = 0.5$", "ground": "near the ground state",
              "synchronised": "synchronised at slightly smaller δ"}  # fmt: skip
    for (name, label), line in zip(labels.items(), ("--", ":", "-"), strict=True):
        pair[1].plot(h, 100 * (edge.sel(start=name) / first - 1), line, label=label)
    pair[1].set(ylabel="edge above that of Fig. 4 (%)", ylim=(-3, 9))
    for axes in pair:
        axes.set_xlabel(r"$\eta/(N\Gamma_2)$")
        axes.legend(fontsize=9.5)
    return figure


def starts(
    n_spins: int, eta: Floats, initial_state: InitialState = "identical", spread: float = 0.0
) -> Floats:
    """(A, ζ, z) of one of :data:`INITIAL_STATES` with the phase ``spread``, shape (E, 3).

    Raises
    ------
    ValueError
        If the initial state is another one.
    """
    allowed = f"one of {', '.join(INITIAL_STATES)}"
    check_inside("initial_state", initial_state, initial_state in INITIAL_STATES, allowed)
    states = np.array([mirror_halves.steady_state(n_spins, each) for each in eta])
    if initial_state == "ground":
        states[:] = 1e-2, 0.0, -np.sqrt(1 - 4e-4)
    states[:, 1] = spread
    return states
