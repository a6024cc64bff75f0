r"""The large-N limit of Eqs. 26-28: a flow of (ζ, z) in a plane, and its boundaries (Sec. IV.2).

With h = η/(NΓ2) fixed and N → ∞ the amplitude follows the constraint A²cos²ζ = 2h within a time of
order 1/(hN), and the phase spread ζ and the inversion z obey

.. math::
    \dot\zeta = \delta\cos^2\zeta - 4h(1+z)\sin\zeta\cos\zeta , \qquad
    \dot z = -8h\left[\frac{4h(1+z) + \delta\tan\zeta}{z} + 1 + z - \frac{4h}{\cos^2\zeta}\right] .

`spincat.symbolic.planar_flow` derives this, and every closed form below.  Eqs. 22-23 and the exact
equations of a product state have the same limit (`spincat.symbolic.slow_spins`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from spincat import _planar_kernels as kernels
from spincat._checks import check_finite, check_number

Floats = NDArray[np.float64]

LARGEST_H = 1 / 16
"""Largest h with a synchronised state, the limit of Eq. 25."""
BOGDANOV_TAKENS = (13 * np.sqrt(2) - 18) / 8, np.sqrt(746 * np.sqrt(2) - 1055)
"""(h, δ/Γ2) where the Hopf line ends on the saddle-node line."""

STEP = 1e-3
"""Length of a step along an orbit; the lines change by less than 1e-9 when it is halved."""
NEARBY = 1e-6
"""Distance from the saddle, relative to that of the fixed points, at which orbits start."""


def rhs(state: ArrayLike, h: float, delta: float) -> Floats:
    """Time derivative of (ζ, z) for N → ∞, the flow that the module displays.

    Parameters
    ----------
    state
        (ζ, z) along the last axis, shape (..., 2), with z < 0.
    h, delta
        Drive η/(NΓ2), 0 ≤ h ≤ 1/16, and detuning δ/Γ2 ≥ 0.

    Returns
    -------
    Derivatives with respect to Γ2·t, shape (..., 2).

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.
    """
    zeta, z = _check_state(state)
    h, delta = _check(h, delta)
    cos, sin = np.cos(zeta), np.sin(zeta)
    d_zeta = cos * (delta * cos - 4 * h * (1 + z) * sin)
    d_z = -8 * h * ((4 * h * (1 + z) + delta * sin / cos) / z + 1 + z - 4 * h / cos**2)
    return np.stack([d_zeta, d_z], axis=-1)


def jacobian(state: ArrayLike, h: float, delta: float) -> Floats:
    """Matrix of the derivatives of :func:`rhs` (rows) by ζ and z (columns), shape (..., 2, 2).

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.
    """
    zeta, z = _check_state(state)
    h, delta = _check(h, delta)
    tan, cos2 = np.tan(zeta), np.cos(zeta) ** 2
    w = 1 + z
    rows = [
        [-delta * np.sin(2 * zeta) - 4 * h * w * np.cos(2 * zeta), -2 * h * np.sin(2 * zeta)],
        [-8 * h / cos2 * (delta / z - 8 * h * tan),
         -8 * h * (4 * h / z - (4 * h * w + delta * tan) / z**2 + 1)],
    ]  # fmt: skip
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def saddle_node_linewidth(h: ArrayLike) -> Floats:
    r"""The largest δ/Γ2 with a steady state: there it merges with a saddle and both vanish.

    .. math::
        \delta_{SN} = 2w\sqrt{h\left[w(1-w) - 4h\right]} , \qquad w = \frac{3+\sqrt{9-128h}}8 .

    Its maximum is 2/27, at h = 1/36.

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
    """
    values = _check_h(h, LARGEST_H)
    return _detuning(values, (3 + np.sqrt(9 - 128 * values)) / 8)


def hopf_linewidth(h: ArrayLike) -> Floats:
    r"""The δ/Γ2 above which the steady state is unstable: a pair of eigenvalues crosses ±iω.

    .. math::
        \delta_{H} = 2w\sqrt{h\left[w(1-w) - 4h\right]} , \qquad w = \frac{\sqrt{25-96h}-1}6 .

    Parameters
    ----------
    h
        η/(NΓ2), from 0 to that of :data:`BOGDANOV_TAKENS`, above which there is no such point.

    Returns
    -------
    δ/Γ2, the shape of ``h``.

    Raises
    ------
    ValueError
        If ``h`` is not finite or outside its range.
    """
    values = _check_h(h, BOGDANOV_TAKENS[0])
    return _detuning(values, (np.sqrt(25 - 96 * values) - 1) / 6)


def stability_limit(h: ArrayLike) -> Floats:
    """The δ/Γ2 up to which there is a stable steady state: Hopf line, then saddle-node line.

    Raises
    ------
    ValueError
        If ``h`` is not finite or outside 0 ≤ h ≤ 1/16.
    """
    values = _check_h(h, LARGEST_H)
    with_hopf = hopf_linewidth(np.minimum(values, BOGDANOV_TAKENS[0]))
    return np.where(values < BOGDANOV_TAKENS[0], with_hopf, saddle_node_linewidth(values))


def lyapunov_coefficient(h: ArrayLike) -> Floats:
    r"""First Lyapunov coefficient at the Hopf bifurcation, in units of Γ2.

    The amplitude r of tan ζ around the steady state obeys ṙ = αr + ar³ close to the bifurcation,
    α being the real part of the eigenvalues.  It is positive: the bifurcation is subcritical.

    Parameters
    ----------
    h
        As in :func:`hopf_linewidth`.

    Raises
    ------
    ValueError
        If ``h`` is not finite or outside its range.
    """
    w = (np.sqrt(25 - 96 * _check_h(h, BOGDANOV_TAKENS[0])) - 1) / 6
    quartic = 32 * w**4 - 63 * w**3 - 38 * w**2 + 127 * w - 48
    above = (1 + w) ** 2 * (3 * w - 2) ** 2 * quartic
    with np.errstate(divide="ignore"):
        return np.asarray(above / (32 * (w - 1) ** 3 * (w**2 - 4 * w + 2)))


def fixed_points(h: float, delta: float) -> Floats:
    """The two steady states (ζ, z): the synchronised one, then the saddle.

    They solve (1 + z)(-z) = 4h/cos²ζ with δ = 4h(1 + z) tan ζ.

    Parameters
    ----------
    h, delta
        Drive 0 < h ≤ 1/16 and detuning 0 ≤ δ/Γ2 ≤ :func:`saddle_node_linewidth`.

    Returns
    -------
    Array of shape (2, 2), a row (ζ, z) for each.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    h, delta = _check(h, delta)
    if h == 0:
        raise ValueError("h = 0; allowed: 0 < h <= 1/16")
    if delta > saddle_node_linewidth(h):
        limit = float(saddle_node_linewidth(h))
        raise ValueError(f"delta = {delta!r}; allowed: at most {limit:.8g} for h = {h:.8g}")
    points = _fixed_points(4 * h, delta / np.sqrt(4 * h))
    return np.array([[np.arctan(v / np.sqrt(4 * h)), w - 1] for v, w in points])


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
    """
    values = _check_h(h, LARGEST_H)
    edges = [np.sqrt(4 * value) * _basin_edge(4 * value) for value in values.ravel()]
    return np.reshape(edges, values.shape)


def homoclinic_linewidth(h: ArrayLike) -> Floats:
    """The δ/Γ2 at which an orbit leads from the saddle back to it, the end of the unstable cycle.

    Between this line and the Hopf line an unstable cycle bounds the basin of the synchronised
    state, below it the stable manifold of the saddle.

    Parameters
    ----------
    h
        As in :func:`hopf_linewidth`.

    Returns
    -------
    δ/Γ2, the shape of ``h``.

    Raises
    ------
    ValueError
        If ``h`` is not finite or outside its range.
    """
    values = _check_h(h, BOGDANOV_TAKENS[0])
    lines = [np.sqrt(4 * value) * _homoclinic(4 * value) for value in values.ravel()]
    return np.reshape(lines, values.shape)


def unstable_cycle(h: float, delta: float) -> Floats:
    """Points (ζ, z) of the unstable cycle around the synchronised state, shape (n, 2), closed.

    Parameters
    ----------
    h, delta
        Drive h and a detuning between :func:`homoclinic_linewidth` and :func:`hopf_linewidth`.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    h, delta = _check(h, delta)
    low, high = float(homoclinic_linewidth(h)), float(hopf_linewidth(h))
    if not low < delta < high:
        raise ValueError(f"delta = {delta!r}; allowed: {low:.8g} < delta < {high:.8g} at this h")
    k, x = 4 * h, delta / np.sqrt(4 * h)
    (v, w), _ = _fixed_points(k, x)
    outside = kernels.crossing(*_manifold(k, x, stable=True), k, x, -STEP, v, w)

    def growth(start: float) -> float:  # of the distance from the node in a backward turn
        return float(kernels.crossing(v - 1e-12, start, k, x, -STEP, v, w)) - start

    turn = brentq(growth, w - 1e-4 * (w - outside), outside, xtol=1e-13)
    points = np.empty((20_000, 2))
    kernels.orbit(v - 1e-12, turn, k, x, -STEP, points)
    again = np.flatnonzero((points[1:-1, 0] > v) & (points[2:, 0] <= v) & (points[2:, 1] < w))
    return _angles(points[: again[0] + 3], k)


def separatrix(h: float, delta: float) -> tuple[Floats, Floats]:
    """Both branches of the stable manifold of the saddle, points (ζ, z) backward in time.

    Parameters
    ----------
    h, delta
        Drive and detuning, as in :func:`fixed_points`.

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
        count = kernels.orbit(*_manifold(k, x, stable=True, side=side), k, x, -STEP, points)
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
    h, delta = _check(h, delta)
    zeta, z = _check_state(state)
    points = np.empty((max(2, int(check_number("length", length) / STEP)), 2))
    start = np.sqrt(4 * h) * np.tan(float(zeta)), 1 + float(z)
    count = kernels.orbit(*start, 4 * h, delta / np.sqrt(4 * h), STEP, points)
    return _angles(points[:count], 4 * h)


def synchronises(h: float, delta: float, zeta: ArrayLike, z: ArrayLike) -> NDArray[np.bool_]:
    """Whether orbits from (ζ, z) end in the synchronised state; the rest reach z = 0.

    Parameters
    ----------
    h, delta
        Drive 0 < h ≤ 1/16 and detuning δ/Γ2.
    zeta, z
        Initial states with -π/2 < ζ < π/2 and -1 ≤ z < 0, of the same shape.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the steady state is not stable.
    """
    h, delta = _check(h, delta)
    if delta >= stability_limit(h):
        raise ValueError(f"delta = {delta!r}; allowed: below {float(stability_limit(h)):.8g}")
    phases, inversions = check_finite("zeta", zeta), check_finite("z", z)
    k, x = 4 * h, delta / np.sqrt(4 * h)
    node = _fixed_points(k, x)[0]
    starts = np.broadcast_arrays(np.sqrt(k) * np.tan(phases), 1 + inversions)
    inside = [
        kernels.arrives(v, w, k, x, 10 * STEP, *node)
        for v, w in zip(starts[0].ravel(), starts[1].ravel(), strict=True)
    ]
    return np.reshape(inside, starts[0].shape)


# -- in the coordinates of the kernels, v = √k tan ζ and w = 1 + z, k = 4h and x = δ/√k


def _detuning(h: Floats, w: Floats) -> Floats:
    """δ at a fixed point, from w; rounding must not make the square negative."""
    return np.asarray(2 * w * np.sqrt(h * np.maximum(w * (1 - w) - 4 * h, 0)))


def _fixed_points(k: float, x: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """(v, w) of the synchronised state and of the saddle."""
    top = (3 + np.sqrt(9 - 32 * k)) / 8  # w of the saddle-node, between the two
    ends = (1 - np.sqrt(1 - 4 * k)) / 2, (1 + np.sqrt(1 - 4 * k)) / 2

    def excess(w: float) -> float:
        return w * w * (w * (1 - w) - k) - x * x

    roots = []
    for end in ends:
        # x and -x must differ in sign: rounding at the ends and at the top is no failure
        if excess(end) >= 0 or excess(top) <= 0:
            roots.append(end if excess(end) >= 0 else top)
        else:
            roots.append(brentq(excess, end, top, xtol=1e-16))
    lower, upper = (float(root) for root in roots)
    return (x / lower if lower else 0.0, lower), (x / upper, upper)


def _manifold(k: float, x: float, *, stable: bool, side: float = 1.0) -> tuple[float, float]:
    """A point near the saddle on its stable or unstable manifold.

    Side 1 is the branch that bends around the synchronised state: towards larger v on the stable
    manifold and smaller w on the unstable one.
    """
    node, (v, w) = _fixed_points(k, x)
    matrix = np.array(
        [
            [-w, -v],
            [2 * (x / (1 - w) + 2 * v), 2 * (k / (1 - w) + (k * w + x * v) / (1 - w) ** 2 - 1)],
        ]
    )
    rates, vectors = np.linalg.eig(matrix)
    vector = vectors[:, np.argmin(rates.real) if stable else np.argmax(rates.real)].real
    vector *= side * (np.sign(vector[0]) if stable else -np.sign(vector[1]))
    distance = NEARBY * np.hypot(v - node[0], w - node[1])
    return v + distance * vector[0], w + distance * vector[1]


def _basin_edge(k: float) -> float:
    initial, top = (1 - np.sqrt(1 - 4 * k)) / 2, _saddle_node(k)

    def gap(x: float) -> float:  # of the manifold above the initial state
        height = kernels.crossing(*_manifold(k, x, stable=True), k, x, -STEP, 0.0, 2.0)
        return float(np.clip(height, -2.0, 2.0)) - initial

    return _root(gap, 0.5 * top, top) if top else 0.0


def _homoclinic(k: float) -> float:
    top = float(hopf_linewidth(k / 4)) / np.sqrt(k) if k else float(np.sqrt(8) / 9)

    def gap(x: float) -> float:  # of the stable manifold above the unstable one
        (v, w), saddle = _fixed_points(k, x)
        length = min(STEP, np.hypot(v - saddle[0], w - saddle[1]) / 200)  # the loop may be small
        stable = kernels.crossing(*_manifold(k, x, stable=True), k, x, -length, v, w)
        unstable = kernels.crossing(*_manifold(k, x, stable=False), k, x, length, v, w)
        return float(np.clip(stable, -2.0, 2.0) - np.clip(unstable, -2.0, 2.0))

    return _root(gap, 0.5 * top, top)


def _root(gap: Callable[[float], float], low: float, top: float) -> float:
    """Where ``gap`` changes sign, or ``top`` if it does not below that."""
    high = top * (1 - 1e-9)
    if gap(high) <= 0:
        return top
    return float(brentq(gap, low, high, xtol=1e-13))


def _saddle_node(k: float) -> float:
    w = (3 + np.sqrt(9 - 32 * k)) / 8
    return float(w * np.sqrt(max(w * (1 - w) - k, 0.0)))


def _angles(points: Floats, k: float) -> Floats:
    return np.stack([np.arctan(points[:, 0] / np.sqrt(k)), points[:, 1] - 1], axis=-1)


def _check_h(h: ArrayLike, largest: float) -> Floats:
    values = check_finite("h", h)
    if values.size and (values.min() < 0 or values.max() > largest):
        raise ValueError(f"h = {h!r}; allowed: 0 <= h <= {largest:.8g}")
    return values


def _check(h: float, delta: float) -> tuple[float, float]:
    detuning = check_number("delta", delta)
    if detuning < 0:
        raise ValueError(f"delta = {delta!r}; allowed: a number of at least 0")
    return float(_check_h(check_number("h", h), LARGEST_H)), detuning


def _check_state(state: ArrayLike) -> tuple[Floats, Floats]:
    values = check_finite("state", state)
    if values.ndim == 0 or values.shape[-1] != 2:
        raise ValueError(f"state has shape {values.shape}; allowed: (..., 2), that is (ζ, z)")
    if values.size and values[..., 1].max() >= 0:
        raise ValueError(f"state has z = {values[..., 1].max()}; allowed: z < 0")
    return values[..., 0], values[..., 1]
