"""Orbits of the planar flow that begin or end at its saddle, for `spincat.large_n.planar_basins`.

In the coordinates of the kernels: v = √k tan ζ and w = 1 + z, with k = 4h and x = δ/√k.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from spincat.large_n import _planar_kernels as kernels
from spincat.shared.types import Floats

STEP = 1e-3
"""Length of a step along an orbit; the lines change by less than 1e-8 when it is halved."""
NEARBY = 1e-6
"""Distance from the saddle, relative to that of the fixed points, at which orbits start."""


def fixed_points(k: float, x: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """(v, w) of the synchronised state and of the saddle."""
    top = float(saddle_node(k))  # between the two
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


def manifold(k: float, x: float, *, stable: bool, side: float = 1.0) -> tuple[float, float]:
    """A point near the saddle on its stable or unstable manifold.

    Side 1 is the branch that bends around the synchronised state: towards larger v on the stable
    manifold and smaller w on the unstable one.
    """
    node, (v, w) = fixed_points(k, x)
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


def basin_edge(k: float) -> float:
    """x at which the stable manifold of the saddle passes through the steady state for x = 0."""
    initial = (1 - np.sqrt(1 - 4 * k)) / 2
    top = float(detuning(saddle_node(k), k))

    def gap(x: float) -> float:  # of the manifold above the initial state
        height = kernels.crossing(*manifold(k, x, stable=True), k, x, -STEP, 0.0, 2.0)
        return float(np.clip(height, -2.0, 2.0) - initial)

    return _root(gap, 0.5 * top, top) if top else 0.0


def homoclinic(k: float) -> float:
    """x at which stable and unstable manifold of the saddle are one orbit."""
    top = float(detuning(hopf(k), k))

    def gap(x: float) -> float:  # of the stable manifold above the unstable one
        (v, w), saddle = fixed_points(k, x)
        length = min(STEP, np.hypot(v - saddle[0], w - saddle[1]) / 200)  # the loop may be small
        stable = kernels.crossing(*manifold(k, x, stable=True), k, x, -length, v, w)
        unstable = kernels.crossing(*manifold(k, x, stable=False), k, x, length, v, w)
        return float(np.clip(stable, -2.0, 2.0) - np.clip(unstable, -2.0, 2.0))

    return _root(gap, 0.5 * top, top)


def _root(gap: Callable[[float], float], low: float, top: float) -> float:
    """Where ``gap`` changes sign, or ``top`` if it does not below that."""
    high = top * (1 - 1e-9)
    if gap(high) <= 0:
        return top
    return float(brentq(gap, low, high, xtol=1e-13))


def saddle_node(k: float | Floats) -> Floats:
    """w of the fixed point at the saddle-node."""
    return np.asarray((3 + np.sqrt(9 - 32 * k)) / 8)


def hopf(k: float | Floats) -> Floats:
    """w of the fixed point at the Hopf bifurcation."""
    return np.asarray((np.sqrt(25 - 24 * k) - 1) / 6)


def detuning(w: Floats, k: float | Floats) -> Floats:
    """x of the fixed point with this w; rounding must not make the square negative."""
    return np.asarray(w * np.sqrt(np.maximum(w * (1 - w) - k, 0.0)))
