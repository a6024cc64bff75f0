"""Compiled sums over the detunings of a continuum of spins, for `spincat.large_n.continuum`."""

from __future__ import annotations

import numpy as np
from numba import njit

from spincat.shared.types import Complexes, Floats


@njit(cache=True)
def excitation(delta: float, h: float, gamma: float) -> float:
    """The root w of w(16h²w² + δ²) = 4hγ²(1 - w), the only real one, by Newton from above."""
    cubic, source = 16 * h * h, 4 * h * gamma * gamma
    linear = delta * delta + source
    w = min(1.0, source / linear, (source / cubic) ** (1 / 3))
    for _ in range(100):  # convex and increasing: monotone convergence
        change = (cubic * w**3 + linear * w - source) / (3 * cubic * w * w + linear)
        w -= change
        if abs(change) <= 1e-15 * w:
            break
    return float(w)


@njit(cache=True)
def moment(detunings: Floats, weights: Floats, h: float, gamma: float, width: float) -> float:
    """E[w²] for detunings multiplied by ``width``."""
    total = 0.0
    for i in range(detunings.size):
        total += weights[i] * excitation(width * detunings[i], h, gamma) ** 2
    return total


@njit(cache=True)
def responses(
    detunings: Floats, weights: Floats, h: float, gamma: float, rates: Complexes
) -> tuple[Complexes, Complexes]:
    """Mean response of Re s to Re G and of Im s to Im G at the complex rates λ.

    The entries e·(λ - J)⁻¹·f of each spin by Cramer's rule, J and f as in
    `spincat.symbolic.slow_spins.linearised`.
    """
    common = -np.sqrt(2 * h) * gamma
    in_phase, quadrature = np.zeros_like(rates), np.zeros_like(rates)
    for i in range(detunings.size):
        d = detunings[i]
        w = excitation(d, h, gamma)
        s = -(1 - w) * common / (4 * h * w - 1j * d)
        a, b = s.real, s.imag
        ac, bc, wa, wb = 4 * h * a - common, 4 * h * b, 4 * common - 32 * h * a, -32 * h * b
        for j in range(rates.size):
            # the rows of λ - J are (p, d, ac), (-d, p, bc) and (wa, wb, r)
            p, r = rates[j] + 4 * h * w, rates[j] + 8 * h
            determinant = p * (p * r - bc * wb) - d * (-d * r - bc * wa) + ac * (-d * wb - p * wa)
            # right-hand sides (w - 1, 0, -4a) and (0, w - 1, -4b)
            x = (w - 1) * (p * r - bc * wb) - 4 * a * (d * bc - ac * p)
            y = (w - 1) * (p * r - ac * wa) - 4 * b * (-d * ac - p * bc)
            in_phase[j] += weights[i] * x / determinant
            quadrature[j] += weights[i] * y / determinant
    return in_phase, quadrature
