"""What two detuned halves do inside and outside of the region of Fig. 4, against time."""

from __future__ import annotations

from typing import Annotated

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from annotated_types import Ge, Gt, Unit
from matplotlib.figure import Figure
from typing_extensions import Doc

from spincat.figures import describe
from spincat.figures.vocabulary import Delta, EvenSpins, MeanFieldH, Pairs, TimeNumber, TMax
from spincat.mean_field import mirror_halves, two_halves
from spincat.shared import provenance
from spincat.shared.declarations import computes

POINTS = (0.02, 0.05), (0.02, 0.065), (0.02, 0.07)
"""η/(NΓ2) and δ/Γ2 of a point well inside the region, one close to its edge, and one outside."""

_COLOURS = "#0072b2", "#e69f00", "#d55e00"


@computes("amplitude", "phase_spread", "z", "h", "delta")
def compute_courses(
    n_spins: EvenSpins = 10_000,
    points: Pairs[Annotated[float, Ge(0), Unit("1, Gamma_2")]] = POINTS,
    t_max: Annotated[TMax, Gt(0)] = 100.0,
    n_times: TimeNumber = 2001,
) -> xr.Dataset:
    """A, ζ and z of Eqs. 26-28 against time, from the steady state for δ = 0.

    Returns
    -------
    Dataset with ``amplitude``, ``phase_spread`` and ``z`` over (point, time), and over point
    its ``h`` and ``delta``.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    times = np.linspace(0, t_max, n_times)
    states = np.array(
        [
            mirror_halves.integrate(start, n_spins, h * n_spins, delta, times)
            for h, delta in points
            for start in [mirror_halves.steady_state(n_spins, h * n_spins)]
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
            "h": ("point", [h for h, _ in points], describe("eta / (N Gamma_2)")),
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


@computes("z")
def compute_departure(
    n_spins: EvenSpins = 10_000,
    h: MeanFieldH = POINTS[2][0],
    delta: Annotated[
        Delta, Gt(0), Doc("detuning δ, so large that z passes zero at a time t₀ < 1000")
    ] = POINTS[2][1],
    duration: Annotated[TMax, Gt(0), Doc("length of the window of time around t₀")] = 0.8,
    n_times: Annotated[TimeNumber, Doc("number of times in it")] = 201,
) -> xr.Dataset:
    """z of both halves when they lose synchrony, by Eqs. 26-28 and by all N spins one by one.

    Returns
    -------
    Dataset with ``z`` over (equations, half, time), the last relative to t₀.

    Raises
    ------
    ValueError
        If an argument is outside its range, or z does not pass zero.
    """
    eta = h * n_spins
    start = mirror_halves.steady_state(n_spins, eta)
    coarse = np.linspace(0, 1e3, 20_001)
    course = mirror_halves.integrate(start, n_spins, eta, delta, coarse)[:, 2]
    if course.max() < 0:
        raise ValueError(f"delta = {delta!r}; allowed: outside the synchronised region")
    passing = coarse[np.argmax(course > 0)]
    offsets = np.linspace(-duration / 2, duration / 2, n_times)
    values = {"printed": np.empty((2, n_times))}
    printed = mirror_halves.integrate(start, n_spins, eta, delta, passing + offsets)
    values["printed"][:] = printed[:, 2]
    for name in ("paper", "product"):
        times = passing + offsets
        _, z = two_halves.spins(start, n_spins, eta, delta, times, equations=name)
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
        attrs=provenance.attributes(n_spins=n_spins, h=h, delta=delta, passing=passing),
    )  # fmt: skip


def draw_departure(dataset: xr.Dataset) -> Figure:
    """Draw z of both halves around the loss of synchrony."""
    figure, pair = plt.subplots(1, 2, sharey=True, figsize=(7.2, 3.2))
    titles = {"paper": "Eqs. 22-23", "product": "exact product state"}
    for axes, (name, title) in zip(pair, titles.items(), strict=True):
        axes.plot(
            dataset["time"], dataset["z"].sel(equations="printed", half="+"), color="#555555",
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
