"""Compiled orbits of the planar flow, by the Runge-Kutta method in the length of the orbit.

Coordinates v = √(4h) tan ζ and w = 1 + z with k = 4h and x = δ/√(4h) have a limit for h → 0.  The
field is multiplied by 1 - w, which leaves the orbits as they are and removes the pole at w = 1.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from spincat.shared.types import Floats

EDGE_V, EDGE_W = 20.0, -1.0
"""Orbits are not followed beyond |v| = 20 or below w = -1."""


@njit(cache=True)
def field(v: float, w: float, k: float, x: float) -> tuple[float, float]:
    """(dv, dw) by the slow time kt, multiplied by 1 - w."""
    return (1 - w) * (x - w * v), 2 * (k * w + x * v + (1 - w) * (k + v * v - w))


@njit(cache=True)
def _direction(v: float, w: float, k: float, x: float, sign: float) -> tuple[float, float]:
    dv, dw = field(v, w, k, x)
    speed = sign * np.sqrt(dv * dv + dw * dw)
    return dv / speed, dw / speed


@njit(cache=True)
def step(v: float, w: float, k: float, x: float, length: float) -> tuple[float, float]:
    r"""Move along the orbit by \|length\|, backward in time if it is negative."""
    sign, s = np.sign(length), abs(length)
    av, aw = _direction(v, w, k, x, sign)
    bv, bw = _direction(v + s / 2 * av, w + s / 2 * aw, k, x, sign)
    cv, cw = _direction(v + s / 2 * bv, w + s / 2 * bw, k, x, sign)
    dv, dw = _direction(v + s * cv, w + s * cw, k, x, sign)
    return v + s / 6 * (av + 2 * bv + 2 * cv + dv), w + s / 6 * (aw + 2 * bw + 2 * cw + dw)


@njit(cache=True)
def orbit(v: float, w: float, k: float, x: float, length: float, out: Floats) -> int:
    """Fill the rows of ``out`` with points of an orbit and return how many are inside 0 < w < 1."""
    for i in range(len(out)):
        out[i, 0], out[i, 1] = v, w
        if w >= 1 or w <= EDGE_W or abs(v) > EDGE_V:
            return i
        v, w = step(v, w, k, x, length)
    return len(out)


@njit(cache=True)
def crossing(
    v: float, w: float, k: float, x: float, length: float, line: float, below: float
) -> float:
    """Follow an orbit to its next crossing of v = ``line`` at w < ``below`` and return w there.

    The crossing must go towards smaller v where ``length`` is negative, larger v where it is
    positive.  -inf if the orbit falls below w = -1 first, inf if it ends in any other way.
    """
    direction = np.sign(length)
    for _ in range(20_000):
        new_v, new_w = step(v, w, k, x, length)
        if new_w < EDGE_W:
            return -np.inf
        if new_w >= 1 or abs(new_v) > EDGE_V:
            return np.inf
        if direction * (v - line) < 0 and direction * (new_v - line) >= 0 and new_w < below:
            low, high = 0.0, 1.0  # fraction of the step, by bisection: it is one smooth arc
            for _ in range(50):
                middle = (low + high) / 2
                new_v, new_w = step(v, w, k, x, length * middle)
                if direction * (new_v - line) < 0:
                    low = middle
                else:
                    high = middle
            return new_w
        v, w = new_v, new_w
    return np.inf


@njit(cache=True)
def arrives(
    v: float, w: float, k: float, x: float, length: float, node_v: float, node_w: float
) -> bool:
    r"""Whether an orbit comes within 2 \|length\| of the node before it leaves 0 < w < 1."""
    for _ in range(50_000):
        if (v - node_v) ** 2 + (w - node_w) ** 2 < 4 * length * length:
            return True
        v, w = step(v, w, k, x, length)
        if not (w < 1 and w > EDGE_W and abs(v) < EDGE_V):
            return False
    return False
