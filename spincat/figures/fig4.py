"""Fig. 4: where two detuned halves synchronise, its ellipse, and what happens outside."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from spincat import mean_field, provenance, synchronization, two_ensembles
from spincat._checks import check_inside, check_number, check_positive_integer
from spincat.ensemble import SpinEnsemble
from spincat.figures import describe

Floats = NDArray[np.float64]

PAPER_ELLIPSE = 0.03125, 2.2077
"""The parameters a and b of Eq. 30 that the paper quotes, in units of N."""

POINTS = (0.02, 0.05), (0.02, 0.065), (0.02, 0.07)
"""η/(NΓ2) and δ/Γ2 of a point well inside the region, one close to its edge, and one outside."""

_COLOURS = "#0072b2", "#e69f00", "#d55e00"
_FILL = {"unconverged": "#cccccc", "oscillating": "#56b4e9", "drifting": "#cc79a7"}


def compute(
    n_spins: int = 10_000,
    n_eta: int = 100,
    n_delta: int = 100,
    drive_max: float = 0.0625,
    delta_max: float = 0.08,
    t_max: float = synchronization.T_MAX,
    initial_spread: float = 0.0,
) -> xr.Dataset:
    """Where two halves with detunings ±δ synchronise (Fig. 4), its edge, and ellipses of Eq. 30.

    Parameters
    ----------
    n_spins
        Number of spins N, the paper's by default, even, at least 4 [1].
    n_eta
        Number of drives, equally spaced and without 0, at least 3 [1].
    n_delta
        Number of detunings, equally spaced from 0 on, at least 1 [1].
    drive_max
        Largest drive per spin η/N, above 0 and at most 1/16 [Gamma_2].
    delta_max
        Largest detuning δ, above 0 [Gamma_2].
    t_max
        Last time, above 0 [1/Gamma_2].
    initial_spread
        Phase spread ζ at first, with A and z of the steady state for δ = 0, from -pi to pi [rad].

    Returns
    -------
    The dataset of `spincat.synchronization.phase_map` over (eta, delta) with ``phase_spread``,
    ``z``, ``amplitude``, ``fate``, ``converged`` and ``time_to_converge``; ``edge``,
    ``ellipse_fit`` and ``ellipse_paper`` over eta, and the parameters of the fit in its attributes.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    check_inside("drive_max", drive_max, 0 < drive_max <= 1 / 16, "above 0 and at most 1/16")
    check_inside("delta_max", delta_max, delta_max > 0, "above 0")
    check_inside("initial_spread", initial_spread, abs(initial_spread) <= np.pi, "from -pi to pi")
    check_inside("n_eta", n_eta, n_eta >= 3, "at least 3, for the fit")
    eta = n_spins * np.linspace(0, drive_max, n_eta + 1)[1:]
    delta = np.linspace(0, delta_max, check_positive_integer("n_delta", n_delta))
    start = starts(n_spins, eta, initial_spread)
    dataset = synchronization.phase_map(n_spins, eta, delta, t_max=t_max, initial=start[:, None])
    edge = synchronization.simulated_edge(n_spins, eta, t_max=t_max, initial=start)
    known = np.isfinite(edge)
    fit = synchronization.fit_ellipse(eta[known], edge[known], n_spins)
    curves = {
        "edge": (edge, "edge of the synchronised region"),
        "ellipse_fit": (synchronization.ellipse(eta, n_spins, fit.a, fit.b), "fitted ellipse"),
        "ellipse_paper": (
            synchronization.ellipse(eta, n_spins, *PAPER_ELLIPSE), "ellipse of the paper"
        ),
    }  # fmt: skip
    for name, (values, text) in curves.items():
        dataset[name] = "eta", values, describe(text, "Gamma_2")
    dataset.attrs |= {
        "n_eta": n_eta, "n_delta": n_delta, "drive_max": drive_max, "delta_max": delta_max,
        "initial_spread": initial_spread,
    } | {f"fit_{name}": float(value) for name, value in fit._asdict().items()}  # fmt: skip
    return dataset


def draw(dataset: xr.Dataset) -> Figure:
    """Draw Fig. 4: ζ where the halves synchronise, white where they end without coherence."""
    figure, axes = plt.subplots(figsize=(6.4, 4.6))
    h, delta = dataset["eta"] / dataset.attrs["n_spins"], dataset["delta"]
    image = axes.pcolormesh(h, delta, dataset["phase_spread"].T, rasterized=True, vmin=0)
    figure.colorbar(image, label=r"phase spread $\zeta$ (rad)")
    handles: list[Artist] = [Patch(facecolor="white", edgecolor="k", label="incoherent")]
    for name, colour in _FILL.items():
        here = dataset["fate"] == synchronization.FATES.index(name)
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


def compute_edges(
    n_spins: int = 10_000, count: int = 40, t_max: float = synchronization.T_MAX
) -> xr.Dataset:
    r"""The edge of the region for four kinds of initial state, and two ellipses.

    The states: the steady state for δ = 0 ("identical"), the same with a phase spread of 0.5
    ("spread"), almost no coherence close to the ground state ("ground"), and the synchronised
    state at δ one per mille below the edge of the first ("synchronised").

    Parameters
    ----------
    n_spins, t_max
        As in :func:`compute`.
    count
        Number of drives, equally spaced up to NΓ2/16 and without 0, at least 3 [1].

    Returns
    -------
    Dataset with ``edge`` over (start, eta), ``ellipse_fit`` and ``ellipse_paper`` over eta.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    eta = n_spins / 16 * np.linspace(0, 1, check_positive_integer("count", count) + 1)[1:]
    start = {"identical": starts(n_spins, eta), "spread": starts(n_spins, eta, 0.5)}
    start["ground"] = np.tile([1e-2, 0.0, -np.sqrt(1 - 4e-4)], (count, 1))
    edges = {}
    for name, state in start.items():
        edges[name] = synchronization.simulated_edge(n_spins, eta, t_max=t_max, initial=state)
    below = [
        synchronization.phase_map(n_spins, [drive], [0.999 * edge], t_max=10 * t_max)
        for drive, edge in zip(eta, edges["identical"], strict=True)
    ]
    names = "amplitude", "phase_spread", "z"
    last = np.array([[point[name].item() for name in names] for point in below])
    edges["synchronised"] = synchronization.simulated_edge(n_spins, eta, t_max=t_max, initial=last)
    fit = synchronization.fit_ellipse(eta, edges["identical"], n_spins)
    curves = {"ellipse_fit": (fit.a, fit.b), "ellipse_paper": PAPER_ELLIPSE}
    return xr.Dataset(
        {"edge": (("start", "eta"), np.array(list(edges.values())), describe("edge", "Gamma_2"))}
        | {
            name: (
                "eta", synchronization.ellipse(eta, n_spins, *values), describe(name, "Gamma_2")
            )
            for name, values in curves.items()
        },
        coords={
            "start": list(edges),
            "eta": ("eta", eta, describe("strength of the drive", "Gamma_2")),
        },
        attrs=provenance.attributes(n_spins=n_spins, t_max=t_max, count=count),
    )  # fmt: skip


def draw_edges(dataset: xr.Dataset) -> Figure:
    """Draw the edge minus both ellipses, and the edges of other starts relative to the first."""
    figure, pair = plt.subplots(1, 2, figsize=(7.2, 3.4))
    h, edge = dataset["eta"] / dataset.attrs["n_spins"], dataset["edge"]
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


def compute_courses(
    n_spins: int = 10_000,
    points: Sequence[tuple[float, float]] = POINTS,
    t_max: float = 100.0,
    n_times: int = 2001,
) -> xr.Dataset:
    """A, ζ and z of Eqs. 26-28 against time, from the steady state for δ = 0.

    Parameters
    ----------
    n_spins
        Number of spins N, even, at least 4 [1].
    points
        Pairs of drive per spin η/N and detuning δ, at least 0 [Gamma_2].
    t_max, n_times
        Γ2·t runs from 0 to ``t_max`` in ``n_times`` equally spaced points.

    Returns
    -------
    Dataset with ``amplitude``, ``phase_spread`` and ``z`` over (point, time), and ``drive`` and
    ``delta`` over point.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    for pair in points:
        check_inside("points", points, len(pair) == 2, "pairs [drive, detuning]")
    times = np.linspace(0, check_number("t_max", t_max), n_times)
    states = np.array(
        [
            two_ensembles.integrate(start, n_spins, h * n_spins, delta, times)
            for h, delta in points
            for start in [two_ensembles.steady_state(n_spins, h * n_spins)]
        ]
    )
    names = {"amplitude": "amplitude A", "phase_spread": "phase spread", "z": "mean of sigma_z"}
    units = "1", "rad", "1"
    return xr.Dataset(
        {
            name: (("point", "time"), states[..., i], describe(text, units[i]))
            for i, (name, text) in enumerate(names.items())
        }
        | {
            "drive": ("point", [h for h, _ in points], describe("drive per spin", "Gamma_2")),
            "delta": ("point", [delta for _, delta in points], describe("detuning", "Gamma_2")),
        },
        coords={"time": ("time", times, describe("time", "1/Gamma_2"))},
        attrs=provenance.attributes(n_spins=n_spins, t_max=t_max),
    )


def draw_courses(dataset: xr.Dataset) -> Figure:
    """Draw amplitude, phase spread and z against time, a colour for each point."""
    figure, row = plt.subplots(1, 3, figsize=(7.2, 3.2))
    labels = "amplitude $A$", r"phase spread $\zeta$ (rad)", r"$\langle\sigma^z\rangle$"
    names = "amplitude", "phase_spread", "z"
    for axes, name, label in zip(row, names, labels, strict=True):
        for i, colour in enumerate(_COLOURS[: dataset.sizes["point"]]):
            course = dataset.isel(point=i)
            delta = course["delta"].item()
            axes.plot(course["time"], course[name], color=colour, label=f"{delta:g}")
        axes.set(xlabel=r"$\Gamma_2 t$", title=label)
        axes.title.set_fontsize(11)
    handles, names_of = row[0].get_legend_handles_labels()
    title = r"$\delta/\Gamma_2$"
    figure.legend(handles, names_of, loc="outside upper center", ncols=3, title=title)
    return figure


def compute_departure(
    n_spins: int = 10_000,
    drive: float = POINTS[2][0],
    delta: float = POINTS[2][1],
    duration: float = 0.8,
    n_times: int = 201,
) -> xr.Dataset:
    """z of both halves when they lose synchrony, by Eqs. 26-28 and by all N spins one by one.

    Parameters
    ----------
    n_spins
        Number of spins N, even, at least 4 [1].
    drive
        Drive per spin η/N, above 0 and at most 1/16 [Gamma_2].
    delta
        Detuning δ, so large that z passes zero at a time t₀ < 1000, above 0 [Gamma_2].
    duration
        Length of the window of time around t₀, above 0 [1/Gamma_2].
    n_times
        Number of times in it, at least 1 [1].

    Returns
    -------
    Dataset with ``z`` over (equations, half, time), the last relative to t₀.

    Raises
    ------
    ValueError
        If an argument is outside its range, or z does not pass zero.
    """
    eta = drive * n_spins
    start = two_ensembles.steady_state(n_spins, eta)
    coarse = np.linspace(0, 1e3, 20_001)
    course = two_ensembles.integrate(start, n_spins, eta, delta, coarse)[:, 2]
    if course.max() < 0:
        raise ValueError(f"delta = {delta!r}; allowed: outside the synchronised region")
    passing = coarse[np.argmax(course > 0)]
    offsets = np.linspace(-duration / 2, duration / 2, n_times)
    values = {"reduced": np.empty((2, n_times))}
    reduced = two_ensembles.integrate(start, n_spins, eta, delta, passing + offsets)
    values["reduced"][:] = reduced[:, 2]
    for name in ("paper", "product"):
        _, z = spins(n_spins, start, eta, delta, passing + offsets, name)
        values[name] = np.array([half.mean(axis=1) for half in np.split(z, 2, axis=1)])
    return xr.Dataset(
        {
            "z": (
                ("equations", "half", "time"), np.array(list(values.values())),
                describe("mean of sigma_z of a half"),
            )
        },
        coords={
            "equations": list(values), "half": ["+", "-"],
            "time": ("time", offsets, describe("time since z passes zero", "1/Gamma_2")),
        },
        attrs=provenance.attributes(n_spins=n_spins, drive=drive, delta=delta, passing=passing),
    )  # fmt: skip


def draw_departure(dataset: xr.Dataset) -> Figure:
    """Draw z of both halves around the loss of synchrony."""
    figure, pair = plt.subplots(1, 2, sharey=True, figsize=(7.2, 3.2))
    titles = {"paper": "Eqs. 22-23", "product": "exact product state"}
    for axes, (name, title) in zip(pair, titles.items(), strict=True):
        axes.plot(
            dataset["time"], dataset["z"].sel(equations="reduced", half="+"), color="#555555",
            lw=4, alpha=0.4, label="Eqs. 26-28",
        )  # fmt: skip
        for half, colour in (("+", "#0072b2"), ("-", "#d55e00")):
            z = dataset["z"].sel(equations=name, half=half)
            axes.plot(dataset["time"], z, color=colour, lw=1.2, label=f"half ${half}\\delta$")
        axes.set(title=f"{title}, all spins", xlabel=r"$\Gamma_2(t - t_0)$")
        axes.title.set_fontsize(11)
    pair[0].set_ylabel(r"$\langle\sigma^z\rangle$")
    handles, labels = pair[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    return figure


def starts(n_spins: int, eta: Floats, spread: float = 0.0) -> Floats:
    """The steady states for δ = 0 with ζ changed to ``spread``, shape (E, 3)."""
    states = np.array([two_ensembles.steady_state(n_spins, drive) for drive in eta])
    states[:, 1] = check_number("initial_spread", spread)
    return states


def spins(
    n_spins: int, state: Floats, eta: float, delta: float, times: Floats,
    equations: mean_field.Equations, noise: float = 0.0, seed: int = 1,
) -> tuple[NDArray[np.complex128], Floats]:  # fmt: skip
    """⟨σ⁺⟩ e^{-iπ/4} and ⟨σᶻ⟩ of N spins integrated one by one, each of shape (T, N).

    The first half has the detuning δ, the second -δ; they start in the ``state`` (A, ζ, z), each
    spin with a relative complex deviation of standard deviation ``noise`` from its ⟨σ⁺⟩.
    """
    sign = np.repeat([1.0, -1.0], n_spins // 2)
    normal = np.random.default_rng(seed).standard_normal((2, n_spins))
    sigma = state[0] * np.exp(1j * (np.pi / 4 + sign * state[1]))
    sigma = sigma * (1 + noise * (normal[0] + 1j * normal[1]) / np.sqrt(2))
    length = np.maximum(1.0, np.sqrt(4 * np.abs(sigma) ** 2 + state[2] ** 2))  # stay in the sphere
    ensemble = SpinEnsemble(n_spins, eta, detunings=delta * sign)
    sigma, z = mean_field.integrate(
        ensemble, sigma / length, state[2] / length, times, equations=equations
    )
    return sigma * np.exp(-0.25j * np.pi), z
