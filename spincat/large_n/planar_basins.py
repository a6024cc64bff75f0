r"""Basins of the planar flow: which initial states synchronise, and the orbits between (Sec. IV.2).

The basin of the synchronised state of `spincat.large_n.planar_flow` is bounded by the stable
manifold of the saddle, or by an unstable cycle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from spincat.large_n import _planar_kernels as kernels
from spincat.large_n import _planar_orbits as orbits
from spincat.large_n.planar_flow import (
    BOGDANOV_TAKENS,
    LARGEST_H,
    SMALLEST_H,
    check_driven,
    check_h,
    check_point,
    check_state,
    fixed_points,
    hopf_linewidth,
    stability_limit,
)
from spincat.shared.checks import check_finite, check_inside, check_number
from spincat.shared.types import Floats

__all__ = [
    "after_fast_motion",
    "basin_edge",
    "edge_from",
    "homoclinic_linewidth",
    "orbit",
    "separatrix",
    "synchronises",
    "unstable_cycle",
]


def after_fast_motion(h: float, state: ArrayLike) -> Floats:
    r"""The point (ζ, z) of the plane to which (A, ζ, z) falls within a time of order 1/(hN).

    The parts of order N of Eqs. 26-28 leave two quantities as they are,

    .. math::
        y = A\sin\zeta , \qquad L^2 = 4A^2\cos^2\zeta + z^2 ,

    and turn (2A cos ζ, z) on its circle towards 2A cos ζ = ±√(8h) with z < 0, or towards
    A cos ζ = 0 with z > 0, where the coherence is lost.  The two signs are the two components of
    the cat; the point is that of the one with A cos ζ > 0.

    Parameters
    ----------
    h
        Drive 0 < h ≤ 1/16.
    state
        (A, ζ, z) along the last axis, shape (..., 3).

    Returns
    -------
    Array of shape (..., 2), NaN where the coherence is lost.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.

    Examples
    --------
    >>> after_fast_motion(0.02, [0.1, 0.5, -0.9]).round(3)
    array([ 0.235, -0.825])
    """
    values = check_finite("state", state)
    if values.ndim == 0 or values.shape[-1] != 3:
        raise ValueError(f"state has shape {values.shape}; allowed: (..., 3), that is (A, ζ, z)")
    h = check_point(h, 0.0)[0]
    amplitude, zeta, z = np.moveaxis(values, -1, 0)
    x, y = amplitude * np.cos(zeta), amplitude * np.sin(zeta)
    left = 4 * x**2 + z**2 - 8 * h  # the square of z where it ends
    falls = (x**2 > 2 * h) | ((z < 0) & (x != 0) & (left > 0))
    end = -np.sqrt(np.where(falls, left, np.nan))
    spread = np.arctan(np.sign(x) * y / np.sqrt(2 * h)) if h else np.zeros_like(y)
    return np.stack([np.where(falls, spread, np.nan), end], axis=-1)


def edge_from(h: ArrayLike, state: ArrayLike) -> Floats:
    """The largest δ/Γ2 at which (A, ζ, z) moves to the synchronised state, by bisection.

    Parameters
    ----------
    h
        Drives 0 < η/(NΓ2) ≤ 1/16, shape (E,).
    state
        Initial (A, ζ, z) for each drive, shape (E, 3) or (3,).

    Returns
    -------
    δ/Γ2, shape (E,): the limit of stability where the state synchronises up to that, NaN where it
    does not even for δ = 0.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.

    Examples
    --------
    >>> edge_from([0.01, 0.02], [0.01, 0.0, -0.9]).round(4)
    array([0.0531, 0.0664])
    """
    values, states = check_h(h, LARGEST_H), check_finite("state", state)
    check_inside("h", h, bool(np.all(values >= SMALLEST_H)), f"{SMALLEST_H:g} <= h <= 1/16")
    edges = []
    if values.ndim > 1 or states.shape not in ((3,), (values.size, 3)):
        raise ValueError(
            f"h has shape {values.shape} and state {states.shape}; "
            "allowed: (E,), and (3,) or (E, 3)"
        )
    starts = np.broadcast_to(states, (values.size, 3))
    for value, start in zip(np.atleast_1d(values), starts, strict=True):
        zeta, z = after_fast_motion(value, start)
        low, high = 0.0, float(stability_limit(value)) * (1 - 1e-9)
        if np.isnan(z) or not synchronises(value, low, zeta, z):
            edges.append(np.nan)
            continue
        while high - low > 1e-8:
            middle = (low + high) / 2
            low, high = (middle, high) if synchronises(value, middle, zeta, z) else (low, middle)
        edges.append(high)
    return np.array(edges)


def basin_edge(h: ArrayLike) -> Floats:
    r"""The largest δ/Γ2 at which the steady state for δ = 0 moves to the synchronised one.

    At this δ the initial state, ζ = 0 and 1 + z = [1 - √(1 - 16h)]/2, lies on the stable manifold
    of the saddle.  From h ≈ 0.0573 on it is in the basin as long as there is one, and the edge is
    the saddle-node line.

    Parameters
    ----------
    h
        η/(NΓ2), from 0 to 1/16, any shape.

    Returns
    -------
    δ/Γ2, the shape of ``h``.

    Raises
    ------
    ValueError
        If ``h`` is not finite or outside its range.

    Examples
    --------
    >>> basin_edge([0.01, 0.02]).round(4)
    array([0.0531, 0.0663])
    """
    values = check_h(h, LARGEST_H)
    edges = [np.sqrt(4 * value) * orbits.basin_edge(4 * value) for value in values.ravel()]
    return np.reshape(edges, values.shape)


def homoclinic_linewidth(h: ArrayLike) -> Floats:
    """The δ/Γ2 at which an orbit leads from the saddle back to it, the end of the unstable cycle.

    Between this line and the Hopf line an unstable cycle bounds the basin of the synchronised
    state, below it the stable manifold of the saddle.

    Parameters
    ----------
    h
        As in `spincat.large_n.planar_flow.hopf_linewidth`.

    Returns
    -------
    δ/Γ2, the shape of ``h``.

    Raises
    ------
    ValueError
        If ``h`` is not finite or outside its range.

    Examples
    --------
    >>> homoclinic_linewidth([0.01, 0.02]).round(4)
    array([0.0551, 0.0687])
    """
    values = check_h(h, BOGDANOV_TAKENS[0])
    lines = [np.sqrt(4 * value) * orbits.homoclinic(4 * value) for value in values.ravel()]
    return np.reshape(lines, values.shape)


def unstable_cycle(h: float, delta: float) -> Floats:
    """Points (ζ, z) of the unstable cycle around the synchronised state, shape (n, 2), closed.

    Parameters
    ----------
    h, delta
        Drive h and a detuning between :func:`homoclinic_linewidth` and the Hopf line.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    h, delta = check_driven(h, delta)
    low, high = float(homoclinic_linewidth(h)), float(hopf_linewidth(h))
    if not low < delta < high:
        raise ValueError(f"delta = {delta!r}; allowed: {low:.8g} < delta < {high:.8g} at this h")
    k, x = 4 * h, delta / np.sqrt(4 * h)
    (v, w), _ = orbits.fixed_points(k, x)
    outside = kernels.crossing(*orbits.manifold(k, x, stable=True), k, x, -orbits.STEP, v, w)

    def growth(start: float) -> float:  # of the distance from the node in a backward turn
        return float(kernels.crossing(v - 1e-12, start, k, x, -orbits.STEP, v, w)) - start

    turn = brentq(growth, w - 1e-4 * (w - outside), outside, xtol=1e-13)
    points = np.empty((20_000, 2))
    kernels.orbit(v - 1e-12, turn, k, x, -orbits.STEP, points)
    again = np.flatnonzero((points[1:-1, 0] > v) & (points[2:, 0] <= v) & (points[2:, 1] < w))
    return _angles(points[: again[0] + 3], k)


def separatrix(h: float, delta: float) -> tuple[Floats, Floats]:
    """Both branches of the stable manifold of the saddle, points (ζ, z) backward in time.

    Parameters
    ----------
    h, delta
        Drive and detuning, as in `spincat.large_n.planar_flow.fixed_points`.

    Returns
    -------
    The branch that runs towards larger ζ, and the other one, each of shape (n, 2).

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    fixed_points(h, delta)
    k, x = 4 * float(h), delta / np.sqrt(4 * float(h))
    branches = []
    for side in (1.0, -1.0):
        points = np.empty((20_000, 2))
        count = kernels.orbit(
            *orbits.manifold(k, x, stable=True, side=side), k, x, -orbits.STEP, points
        )
        branches.append(_angles(points[:count], k))
    return branches[0], branches[1]


def orbit(h: float, delta: float, state: ArrayLike, length: float = 10.0) -> Floats:
    """Points (ζ, z) of the orbit through ``state``, at equal distances in (√(4h) tan ζ, z).

    Parameters
    ----------
    h, delta
        Drive 0 < h ≤ 1/16 and detuning δ/Γ2.
    state
        (ζ, z) with z < 0, shape (2,).
    length
        Where to stop, unless the orbit reaches z = 0 before.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    h, delta = check_driven(h, delta)
    zeta, z = check_state(state)
    if zeta.ndim:
        raise ValueError(f"state has shape {(*zeta.shape, 2)}; allowed: (2,)")
    check_inside("length", length, 0 < check_number("length", length) <= 1e4, "0 < length <= 1e4")
    points = np.empty((max(2, int(length / orbits.STEP)), 2))
    start = np.sqrt(4 * h) * np.tan(float(zeta)), 1 + float(z)
    count = kernels.orbit(*start, 4 * h, delta / np.sqrt(4 * h), orbits.STEP, points)
    return _angles(points[:count], 4 * h)


def synchronises(h: float, delta: float, zeta: ArrayLike, z: ArrayLike) -> NDArray[np.bool_]:
    """Whether orbits from (ζ, z) end in the synchronised state; the rest reach z = 0.

    Parameters
    ----------
    h, delta
        Drive 0 < h ≤ 1/16 and detuning δ/Γ2.
    zeta, z
        Initial states with -π/2 < ζ < π/2 and -1 ≤ z < 0, of the same shape.

    Returns
    -------
    True or False for each state, in their shape.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the steady state is not stable.

    Examples
    --------
    >>> synchronises(0.02, 0.05, zeta=[0.0, 1.2], z=[-0.9, -0.3])
    array([ True, False])
    """
    h, delta = check_driven(h, delta)
    if delta >= stability_limit(h):
        raise ValueError(f"delta = {delta!r}; allowed: below {float(stability_limit(h)):.8g}")
    phases, inversions = check_finite("zeta", zeta), check_finite("z", z)
    k, x = 4 * h, delta / np.sqrt(4 * h)
    node, saddle = orbits.fixed_points(k, x)
    # an orbit counts as arrived within two steps of the node, which the saddle may be close to
    length = min(10 * orbits.STEP, np.hypot(node[0] - saddle[0], node[1] - saddle[1]) / 50)
    try:
        starts = np.broadcast_arrays(np.sqrt(k) * np.tan(phases), 1 + inversions)
    except ValueError:
        raise ValueError(
            f"zeta and z have shapes {phases.shape} and {inversions.shape}; allowed: one shape"
        ) from None
    inside = [
        kernels.arrives(v, w, k, x, length, *node)
        for v, w in zip(starts[0].ravel(), starts[1].ravel(), strict=True)
    ]
    return np.reshape(inside, starts[0].shape)


def _angles(points: Floats, k: float) -> Floats:
    return np.stack([np.arctan(points[:, 0] / np.sqrt(k)), points[:, 1] - 1], axis=-1)
