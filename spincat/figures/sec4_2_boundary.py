"""The exact boundary of Sec. IV.2: its lines over Fig. 4, phase portraits, critical linewidths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Ge, Gt, Le, Unit
from joblib import delayed
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from typing_extensions import Doc

from spincat.figures import describe, fig4
from spincat.figures.vocabulary import (
    DeltaMax,
    DeltaNumber,
    DriveNumber,
    EvenSpins,
    H,
    HeldH,
    HMax,
    Hs,
    InitialSpread,
    Seed,
    SeveralSpins,
    Start,
    TMax,
)
from spincat.large_n import planar_basins, planar_flow
from spincat.large_n.critical_linewidths import critical_point, stays_synchronised
from spincat.mean_field import phase_diagram
from spincat.model.broadening import NAMED, Gaussian, Name
from spincat.model.ensemble import SpinEnsemble
from spincat.shared import provenance
from spincat.shared.declarations import computes
from spincat.shared.parallel import shared_out
from spincat.shared.types import Floats

LINES = {
    "saddle_node": ("#d55e00", "-", "no steady state above (saddle-node)"),
    "hopf": ("#0072b2", "-", "unstable above (Hopf)"),
    "homoclinic": ("#56b4e9", ":", "unstable cycle begins (homoclinic)"),
    "basin_edge": ("#222222", "-", "steady state not reached above"),
    "ellipse": ("#cc79a7", "--", "ellipse of the paper (Eq. 30)"),
}
REACHED, LOST = "#0072b2", "#d55e00"
LEFT, RIGHT = -0.5, 1.4
"""Phase spreads between which portraits are drawn."""
POINTS = 100
"""Points by which an orbit is drawn."""
TURN = 600
"""Points after which a branch that winds around a cycle is cut."""


@computes("saddle_node", "hopf", "homoclinic", "basin_edge", "ellipse", "simulated", "phase_spread")
def compute_lines(
    n_spins: EvenSpins = 10_000,
    n_eta: DriveNumber = 30,
    n_delta: Annotated[DeltaNumber, Ge(2), Doc("number of detunings in the map")] = 30,
    h_max: Annotated[HMax, Doc("end of the drives per spin h, left out like zero")] = 0.0625,
    delta_max: Annotated[DeltaMax, Doc("largest detuning δ of the map")] = 0.08,
    t_max: Annotated[TMax, Gt(0), Doc("last time of the simulation")] = phase_diagram.T_MAX,
    initial_state: Start = "identical",
    initial_spread: InitialSpread = 0.0,
) -> xr.Dataset:
    """The exact lines of `spincat.large_n.planar_flow` around Fig. 4, and Eqs. 26-28 at finite N.

    Returns
    -------
    Dataset over h with ``saddle_node``, ``hopf`` and ``homoclinic`` (NaN beyond their end),
    ``basin_edge`` of the initial state, ``ellipse`` and the ``simulated`` edge, and
    ``phase_spread`` over (h, delta).

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    h = np.linspace(0, h_max, n_eta + 2)[1:-1]
    eta, delta = h * n_spins, np.linspace(0, delta_max, n_delta)
    start = fig4.starts(n_spins, eta, initial_state, initial_spread)
    with_hopf = h <= planar_flow.BOGDANOV_TAKENS[0]
    hopf, homoclinic = np.full((2, n_eta), np.nan)
    hopf[with_hopf] = planar_flow.hopf_linewidth(h[with_hopf])
    homoclinic[with_hopf] = planar_basins.homoclinic_linewidth(h[with_hopf])
    curves = {
        "saddle_node": planar_flow.saddle_node_linewidth(h),
        "hopf": hopf,
        "homoclinic": homoclinic,
        "basin_edge": planar_basins.edge_from(h, start),
        "ellipse": phase_diagram.ellipse(eta, n_spins, *fig4.PAPER_ELLIPSE),
        "simulated": phase_diagram.simulated_edge(
            n_spins, eta, t_max=t_max, initial=start, accuracy=1e-5
        ),
    }
    grid = phase_diagram.phase_map(n_spins, eta, delta, t_max=t_max, initial=start[:, None])
    variables: dict[str, object] = {
        name: ("h", line, describe(f"{name.replace('_', ' ')} line", "Gamma_2"))
        for name, line in curves.items()
    }
    variables["phase_spread"] = (
        ("h", "delta"),
        grid["phase_spread"].values,
        describe("phase spread", "rad"),
    )
    return xr.Dataset(
        variables,
        coords={
            "h": ("h", h, describe("drive eta/(N Gamma_2)")),
            "delta": ("delta", delta, describe("detuning", "Gamma_2")),
        },
        attrs=provenance.attributes(
            n_spins=n_spins, n_eta=n_eta, n_delta=n_delta, h_max=h_max, delta_max=delta_max,
            t_max=t_max, initial_state=initial_state, initial_spread=initial_spread,
        ),
    )  # fmt: skip


def draw_lines(dataset: xr.Dataset) -> Figure:
    """Draw the lines over the map of the phase spread, and all of them by the saddle-node line."""
    figure, pair = plt.subplots(1, 2, figsize=(8.2, 4.4), width_ratios=(1, 1))
    h = dataset["h"]
    grid = pair[0].pcolormesh(
        h, dataset["delta"], dataset["phase_spread"].T, rasterized=True, vmin=0, alpha=0.45
    )
    figure.colorbar(grid, ax=pair[0], label=r"simulated phase spread $\zeta$ (rad)")
    for axes, unit in ((pair[0], 1.0), (pair[1], dataset["saddle_node"])):
        for name, (colour, style, label) in LINES.items():
            axes.plot(h, dataset[name] / unit, style, color=colour, label=label)
        axes.plot(
            h, dataset["simulated"] / unit, "o", ms=3.5, mfc="white", color="#222222",
            label=rf"simulated edge, $N = {dataset.attrs['n_spins']}$",
        )  # fmt: skip
        axes.set_xlabel(r"$\eta/(N\Gamma_2)$")
        axes.grid(False)
    pair[0].set(ylabel=r"$\delta/\Gamma_2$", ylim=(0, dataset["delta"].max()))
    pair[1].set(ylabel=r"$\delta$ / saddle-node line", ylim=(0.84, 1.05))
    handles, labels = pair[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize=9.5)
    return figure


@computes("zeta", "z", "kind", "synchronises", "delta")
def compute_portraits(h: Annotated[H, Ge(0.001), Le(0.045)] = 1 / 36) -> xr.Dataset:
    """Orbits of the planar flow at one drive and three detunings.

    The detunings: one tenth below the basin edge ("reached"), a tenth of the way from the
    homoclinic to the Hopf line ("stable, not reached"), 2 % above the saddle-node line ("gone").
    The drive is below that of the Bogdanov-Takens point, where the last two lines meet.

    Returns
    -------
    Dataset over (portrait, curve, point) with ``zeta`` and ``z`` of the orbits, of the stable
    manifold of the saddle, of the unstable cycle and of the steady states, NaN where there is no
    point; ``kind`` (portrait, curve); ``synchronises`` (portrait, curve), whether an orbit ends in
    the steady state; and ``delta`` (portrait).

    Raises
    ------
    ValueError
        If ``h`` is outside its range.
    """
    ends = planar_basins.homoclinic_linewidth(h), planar_flow.hopf_linewidth(h)
    middle = 0.9 * ends[0] + 0.1 * ends[1]
    portraits = {
        "reached": 0.9 * float(planar_basins.basin_edge(h)),
        "stable, not reached": float(middle),
        "gone": 1.02 * float(planar_flow.saddle_node_linewidth(h)),
    }
    families = [_curves(h, delta) for delta in portraits.values()]
    count = max(map(len, families))
    points = np.full((2, len(families), count, POINTS), np.nan)
    kinds = np.full((len(families), count), "none", dtype="<U10")
    reached = np.zeros((len(families), count), dtype=bool)
    for i, family in enumerate(families):
        for j, (kind, curve, good) in enumerate(family):
            points[:, i, j, : len(curve)] = curve.T
            kinds[i, j], reached[i, j] = kind, good
    dims = "portrait", "curve", "point"
    detunings = list(portraits.values())
    return xr.Dataset(
        {
            "zeta": (dims, points[0], describe("phase spread", "rad")),
            "z": (dims, points[1], describe("mean of sigma_z")),
            "kind": (dims[:2], kinds),
            "synchronises": (dims[:2], reached),
            "delta": ("portrait", detunings, describe("detuning", "Gamma_2")),
        },
        coords={"portrait": list(portraits)},
        attrs=provenance.attributes(h=h),
    )


def _curves(h: float, delta: float) -> list[tuple[str, Floats, bool]]:
    """(kind, points, whether it ends in the steady state) of all curves of a portrait."""
    stable = delta < float(planar_flow.stability_limit(h))
    exists = delta <= float(planar_flow.saddle_node_linewidth(h))
    first = np.array([0.0, -(1 + np.sqrt(1 - 16 * h)) / 2])
    seeds = [np.array([a, b]) for a in np.linspace(-0.45, 1.35, 6) for b in (-0.98, -0.6, -0.25)]
    fixed = planar_flow.fixed_points(h, delta) if exists else np.full((2, 2), np.nan)
    curves: list[tuple[str, Floats, bool]] = []
    for kind, start in [*(("orbit", seed) for seed in seeds), ("start", first)]:
        good = stable and bool(planar_basins.synchronises(h, delta, start[0], start[1]))
        path = planar_basins.orbit(h, delta, start, 4.0)
        if good:  # it would circle there
            path = path[: np.argmax(np.hypot(*(path - fixed[0]).T) < 0.01) + 1]
        curves.append((kind, _thin(path), good))
    if exists:
        curves += [("node", fixed[:1], stable), ("saddle", fixed[1:], False)]
        for branch in planar_basins.separatrix(h, delta):
            seen = (branch[:, 0] > LEFT) & (branch[:, 0] < RIGHT) & (branch[:, 1] > -1)
            shown = branch[: np.argmin(seen)] if not seen.all() else branch[:TURN]
            curves.append(("separatrix", _thin(shown), False))
    if stable and delta > float(planar_basins.homoclinic_linewidth(h)):
        curves.append(("cycle", _thin(planar_basins.unstable_cycle(h, delta)), False))
    return curves


def _thin(points: Floats) -> Floats:
    """As many points of a curve as are drawn, the last one included."""
    chosen = np.unique(np.linspace(0, len(points) - 1, POINTS).astype(int))
    return np.asarray(points[chosen])


def draw_portraits(dataset: xr.Dataset) -> Figure:
    """Draw the portraits: orbits that synchronise in blue, those that are lost in vermilion."""
    panels = dataset.sizes["portrait"]
    figure, row = plt.subplots(1, panels, sharex=True, sharey=True, figsize=(8.2, 3.9))
    for axes, name in zip(row, dataset["portrait"].values, strict=True):
        panel = dataset.sel(portrait=name)
        for j in range(dataset.sizes["curve"]):
            _draw_curve(axes, panel.isel(curve=j))
        axes.set(xlabel=r"phase spread $\zeta$ (rad)", xlim=(LEFT, RIGHT), ylim=(-1, 0))
        title = f"{name}\n" + rf"$\delta = {float(panel['delta']):.4f}\,\Gamma_2$"
        axes.set_title(title, fontsize=11)
        axes.grid(False)
    row[0].set_ylabel(r"$z = \langle\sigma^z\rangle$")
    handles = [
        Line2D([], [], color=REACHED, label="synchronises"),
        Line2D([], [], color=LOST, label="is lost at $z = 0$"),
        Line2D([], [], color="k", lw=2.6, label="from the state of identical spins"),
        Line2D([], [], color="#009e73", ls="--", label="stable manifold of the saddle"),
        Line2D([], [], color="#cc79a7", lw=2.2, label="unstable cycle"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=3, fontsize=9.5)
    return figure


def _draw_curve(axes: Axes, curve: xr.Dataset) -> None:
    kind = str(curve["kind"].values)
    zeta, z = (curve[name].dropna("point").values for name in ("zeta", "z"))
    colour = REACHED if bool(curve["synchronises"]) else LOST
    if kind in ("orbit", "start"):
        bold = kind == "start"
        axes.plot(zeta, z, color="k" if bold else colour, lw=2.6 if bold else 0.9, zorder=2 + bold)
        middle = len(zeta) // 3
        if middle and np.hypot(np.ptp(zeta), np.ptp(z)) > 0.15:
            ends = [(zeta[i], z[i]) for i in (middle, middle + 1)]
            arrow = {"arrowstyle": "-|>", "color": "k" if bold else colour, "lw": 0.9}
            axes.annotate("", xy=ends[1], xytext=ends[0], arrowprops=arrow)
        if bold:
            axes.plot(zeta[0], z[0], "s", color="k", ms=6, zorder=4)
    elif kind == "separatrix":
        axes.plot(zeta, z, "--", color="#009e73", lw=1.8, zorder=3)
    elif kind == "cycle":
        axes.plot(zeta, z, color="#cc79a7", lw=2.2, zorder=4)
    elif kind in ("node", "saddle"):
        full = kind == "node" and bool(curve["synchronises"])
        marker = "o" if kind == "node" else "D"
        axes.plot(zeta, z, marker, color="k", mfc="k" if full else "white", ms=6, zorder=5)


@computes("width", "existence", "hopf", "run_width", "synchronised")
def compute_linewidths(
    n_eta: Annotated[DriveNumber, Doc("number of drives for the lines")] = 14,
    n_spins: Annotated[SeveralSpins, Doc("number of spins N of the runs")] = 10_000,
    seed: Annotated[Seed, Doc("seed of their detunings, of which each run draws its own")] = 1,
    h: Annotated[Hs[HeldH], Doc("drives per spin h = η/(NΓ2) of the runs")] = (
        0.01,
        0.0225,
        0.035,
        0.05,
    ),
    factors: Annotated[
        Sequence[Annotated[float, Ge(0), Unit("1")]],
        Doc("linewidths of the runs in units of the critical one"),
    ] = (0.96, 1.02),
) -> xr.Dataset:
    """Critical linewidth of four distributions, and runs of N spins with Gaussian detunings.

    Returns
    -------
    Dataset with ``width``, the ``existence`` of the state up to which it may be unstable, and
    ``hopf``, whether a Hopf bifurcation sets the width, over (distribution, h), and with
    ``run_width`` and ``synchronised`` over (run_h, factor).

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    lines = np.linspace(0, 1 / 16, n_eta + 2)[1:-1]
    names: list[Name] = ["gaussian", "uniform", "lorentzian", "two_point"]
    points = shared_out(delayed(critical_point)(value, name) for name in names for value in lines)
    width, existence = (
        np.reshape([getattr(point, field) for point in points], (len(names), n_eta))
        for field in ("width", "existence")
    )
    hopf = np.reshape([point.bifurcation == "Hopf" for point in points], (len(names), n_eta))
    runs = [[factor * critical_point(x, "gaussian").width for factor in factors] for x in h]
    each = [(x, run_width) for x, row in zip(h, runs, strict=True) for run_width in row]
    stays = shared_out(
        delayed(_stays)(n_spins, x, run_width, seed + i) for i, (x, run_width) in enumerate(each)
    )
    locked = np.reshape(stays, (len(h), len(factors)))
    dims, run = ("distribution", "h"), ("run_h", "factor")
    return xr.Dataset(
        {
            "width": (dims, width, describe("critical linewidth", "Gamma_2")),
            "existence": (dims, existence, describe("end of existence", "Gamma_2")),
            "hopf": (dims, hopf),
            "run_width": (run, np.array(runs), describe("standard deviation", "Gamma_2")),
            "synchronised": (run, locked),
        },
        coords={
            "distribution": list(NAMED),
            "h": ("h", lines, describe("drive eta/(N Gamma_2)")),
            "run_h": ("run_h", list(h), describe("drive eta/(N Gamma_2)")),
            "factor": ("factor", list(factors), describe("linewidth over critical linewidth")),
        },
        attrs=provenance.attributes(n_eta=n_eta, n_spins=n_spins, seed=seed),
    )


def _stays(n_spins: int, h: float, width: float, seed: int) -> bool:
    """Whether spins with Gaussian detunings of that width stay synchronised."""
    slow = (2 * h * (1 - np.sqrt(1 - 16 * h))) ** -1  # 1/(4hw) at δ = 0
    detunings = Gaussian(width).draw(n_spins, 1, seed)[0]
    return stays_synchronised(SpinEnsemble(n_spins, h * n_spins, detunings=detunings), 10 * slow)


def draw_linewidths(dataset: xr.Dataset) -> Figure:
    """Draw the critical linewidths against the drive, and the runs as full and empty circles."""
    figure, axes = plt.subplots(figsize=(6.4, 4.2))
    labels = {
        "gaussian": "Gaussian (standard deviation)",
        "uniform": "uniform (standard deviation)",
        "lorentzian": "Lorentzian (half width)",
        "two_point": r"two halves, $\pm\delta$",
    }
    for (name, label), style in zip(labels.items(), ("-", "--", "-.", ":"), strict=True):
        axes.plot(dataset["h"], dataset["width"].sel(distribution=name), style, label=label)
    for good, fill in ((True, "#222222"), (False, "white")):
        here = dataset["run_width"].where(dataset["synchronised"] == good)
        x = dataset["run_h"].broadcast_like(here)
        text = "synchronised" if good else "lost"
        label = f"{dataset.attrs['n_spins']} spins, Gaussian, {text}"
        axes.plot(
            x.values.ravel(), here.values.ravel(), "o", color="#222222", mfc=fill, label=label
        )
    axes.set(
        xlabel=r"$\eta/(N\Gamma_2)$", ylabel=r"critical linewidth ($\Gamma_2$)", ylim=(0, None)
    )
    axes.legend(fontsize=9.5, ncols=1)
    return figure
