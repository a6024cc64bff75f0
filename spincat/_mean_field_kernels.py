r"""Compiled loops of `spincat.mean_field`: right-hand sides and linear solves in O(N).

Spin m feels the others through four sums over j ≠ m (σ = ⟨σ⁺⟩, P = (1 + ⟨σᶻ⟩)/2),

.. math::
    c = \tfrac1N\sum\sigma_j,\quad e = \tfrac1N\sum v_j,\quad t = \tfrac1N\sum\sigma_j^2,\quad
    q = \tfrac1N\sum v_j\sigma_j,\qquad v_j = P_j - |\sigma_j|^2 ,

each the sum over all spins without the own term.  They combine to a field F and a rate Q,

.. math::
    F = (N|c|^2 + 2e)\,c + (d - t)\,c^* - \tfrac2N q,\quad Q = |c|^2 + e/N,\quad
    \dot\sigma = (i\delta - 2Q)\sigma + zF,\quad
    \dot z = -4Q(1+z) - 4\,\mathrm{Re}(\sigma^*F) ,

with d = -2iηe^{iφ}.  The printed Eqs. 22-23 are the same with v = P, t = q = 0: ``exact`` = False.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

N_SUMS = 7
"""Real numbers in the sums: Re c, Im c, e, Re t, Im t, Re q, Im q."""


@njit(cache=True, fastmath=True)
def _own_terms(x: float, y: float, z: float, exact: bool) -> tuple[float, ...]:
    """What the spin with σ = x + iy adds to N times the sums."""
    v = (1 + z) / 2
    if not exact:
        return x, y, v, 0.0, 0.0, 0.0, 0.0
    v -= x * x + y * y
    return x, y, v, x * x - y * y, 2 * x * y, v * x, v * y


@njit(cache=True, fastmath=True)
def totals(sigma: Complexes, z: Floats, exact: bool) -> Floats:
    """The sums over all spins, not divided by N, shape (7,)."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = 0.0
    for m in range(sigma.size):
        g = _own_terms(sigma[m].real, sigma[m].imag, z[m], exact)
        s0 += g[0]
        s1 += g[1]
        s2 += g[2]
        s3 += g[3]
        s4 += g[4]
        s5 += g[5]
        s6 += g[6]
    return np.array([s0, s1, s2, s3, s4, s5, s6])


@njit(cache=True, fastmath=True)
def derivative(
    sigma: Complexes, z: Floats, detunings: Floats, drive: complex, sums: Floats, exact: bool,
    dsigma: Complexes, dz: Floats,
) -> None:  # fmt: skip
    """Write the time derivatives to ``dsigma`` and ``dz``; ``sums`` are those of ``totals``."""
    n = sigma.size
    s0, s1, s2, s3, s4, s5, s6 = sums
    dr, di, inv = drive.real, drive.imag, 1.0 / n
    for m in range(n):
        x, y, zm = sigma[m].real, sigma[m].imag, z[m]
        g = _own_terms(x, y, zm, exact)
        cr, ci, e = (s0 - g[0]) * inv, (s1 - g[1]) * inv, (s2 - g[2]) * inv
        br, bi = dr - (s3 - g[3]) * inv, di - (s4 - g[4]) * inv
        square = cr * cr + ci * ci
        a, q2 = n * square + 2 * e, 2 * inv * inv
        fr = a * cr + br * cr + bi * ci - q2 * (s5 - g[5])
        fi = a * ci + bi * cr - br * ci - q2 * (s6 - g[6])
        rate = 2 * (square + e * inv)
        dr_m = -rate * x - detunings[m] * y + zm * fr
        di_m = -rate * y + detunings[m] * x + zm * fi
        dsigma[m] = complex(dr_m, di_m)
        dz[m] = -2 * rate * (1 + zm) - 4 * (x * fr + y * fi)
