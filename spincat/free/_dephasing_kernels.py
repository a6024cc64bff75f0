"""Compiled loops of `dephasing`: products over spins, kept for a block of times at once.

On equally spaced times the phases e^{-iδt} of a block are an outer product of two short tables
(t = t0 + (32 m + l) dt), each filled by repeated doubling from one sine and one cosine: the
cost of a trigonometric function is paid twice per spin and block instead of once per time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from spincat.shared.types import Floats

LANES = 32
"""Times that share one entry of the coarse table; a multiple of every vector width."""
BLOCK = LANES * LANES
"""Times per block: the accumulators of a block stay in the first-level cache."""


@njit(cache=True, fastmath={"contract", "nsz"})
def _powers(re: Floats, im: Floats, count: int, c0: float, s0: float, c: float, s: float) -> None:
    """Fill entries 0..count-1 with (c0 + i s0)(c + i s)^k, doubling the filled part."""
    re[0], im[0] = c0, s0
    filled = 1
    while filled < count:
        for k in range(min(filled, count - filled)):
            re[filled + k] = re[k] * c - im[k] * s
            im[filled + k] = re[k] * s + im[k] * c
        c, s = c * c - s * s, 2 * c * s
        filled *= 2


@njit(cache=True, fastmath={"contract", "nsz"})
def _tables(
    d: float, t0: float, dt: float, rows: int, vr: Floats, vi: Floats, wr: Floats, wi: Floats
) -> None:
    """e^{-id(t0 + 32 m dt)} into v and e^{-id l dt} into w."""
    c, s = np.cos(d * dt), -np.sin(d * dt)
    _powers(wr, wi, LANES, 1.0, 0.0, c, s)
    half = LANES // 2
    c, s = wr[half] * wr[half] - wi[half] * wi[half], 2 * wr[half] * wi[half]
    _powers(vr, vi, rows, np.cos(d * t0), -np.sin(d * t0), c, s)


@njit(cache=True, fastmath={"contract", "nsz"})
def coherent_uniform(detunings: Floats, kappa: float, t0: float, dt: float, out: Floats) -> None:
    """Multiply ``out`` by ∏_n [1 - κ(1 - cos δ_n t)] at t = t0 + k dt, k < out.size <= BLOCK."""
    rows = (out.size + LANES - 1) // LANES
    vr, vi, wr, wi = np.empty(rows), np.empty(rows), np.empty(LANES), np.empty(LANES)
    product = np.ones((rows, LANES))
    for d in detunings:
        _tables(d, t0, dt, rows, vr, vi, wr, wi)
        for m in range(rows):
            a, b = kappa * vr[m], kappa * vi[m]
            for lane in range(LANES):
                product[m, lane] *= (1 - kappa) + (a * wr[lane] - b * wi[lane])
    out *= product.ravel()[: out.size]


@njit(cache=True, fastmath={"contract", "nsz"})
def cat_uniform(
    detunings: Floats, cos2: float, sin2: float, t0: float, dt: float, odd: bool, out: Floats
) -> None:
    r"""Write \|even or odd part\|² of ∏_n (cos2 + sin2 e^{-iδ_n t}) at t = t0 + k dt to ``out``.

    Even and odd means the number of factors that contribute e^{-iδt}: the number of excitations.
    """
    rows = (out.size + LANES - 1) // LANES
    vr, vi, wr, wi = np.empty(rows), np.empty(rows), np.empty(LANES), np.empty(LANES)
    er, ei = np.ones((rows, LANES)), np.zeros((rows, LANES))
    fr, fi = np.zeros((rows, LANES)), np.zeros((rows, LANES))
    for d in detunings:
        _tables(d, t0, dt, rows, vr, vi, wr, wi)
        for m in range(rows):
            a, b = sin2 * vr[m], sin2 * vi[m]
            for lane in range(LANES):
                qr = a * wr[lane] - b * wi[lane]
                qi = a * wi[lane] + b * wr[lane]
                xr, xi, yr, yi = er[m, lane], ei[m, lane], fr[m, lane], fi[m, lane]
                er[m, lane] = cos2 * xr + (qr * yr - qi * yi)
                ei[m, lane] = cos2 * xi + (qr * yi + qi * yr)
                fr[m, lane] = cos2 * yr + (qr * xr - qi * xi)
                fi[m, lane] = cos2 * yi + (qr * xi + qi * xr)
    part = fr * fr + fi * fi if odd else er * er + ei * ei
    out[:] = part.ravel()[: out.size]


_ROUND = 1.5 * 2.0**52
"""Adding and subtracting it rounds to the nearest integer, in vector registers too."""
# pi/2 in three parts whose products with an integer below 2^20 are exact (Cody and Waite).
_HALF_PI = 1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624879595063154e-21
MAX_PHASE = 2.0**19
"""Largest phase that :func:`cos_sin` reduces without loss of accuracy."""


@njit(cache=True, fastmath={"contract", "nsz"})
def cos_sin(phases: Floats, cosines: Floats, sines: Floats) -> None:
    """Cosines and sines of flat ``phases`` below MAX_PHASE, to two units in the last place.

    Without a branch or a call the loop runs in vector registers, several times faster than the
    library functions: reduction to [-pi/4, pi/4], Taylor series there, exchange by quadrant.
    """
    part_1, part_2, part_3 = _HALF_PI
    for i in range(phases.size):
        k = (phases[i] * (2 / np.pi) + _ROUND) - _ROUND
        r = ((phases[i] - k * part_1) - k * part_2) - k * part_3
        z = r * r
        s = -1 / 6 + z * (1 / 120 + z * (-1 / 5040 + z * (1 / 362880 + z * (-1 / 39916800))))
        s = r + r * z * (s + z**5 * (1 / 6227020800 - z / 1307674368000))
        c = 1 / 24 + z * (-1 / 720 + z * (1 / 40320 + z * (-1 / 3628800 + z / 479001600)))
        c = (1 - z / 2) + z * z * (c - z**5 * (1 / 87178291200 - z / 20922789888000))
        quadrant = k - 4 * ((k * 0.25 - 0.375 + _ROUND) - _ROUND)  # k modulo 4
        odd = quadrant == 1 or quadrant == 3
        cosine, sine = (s if odd else c), (c if odd else s)
        cosines[i] = -cosine if quadrant == 1 or quadrant == 2 else cosine
        sines[i] = -sine if quadrant >= 2 else sine


@njit(cache=True, fastmath={"contract", "nsz"})
def coherent_block(cosines: Floats, kappa: float, out: Floats) -> None:
    """Multiply ``out`` (T,) by ∏_n [1 - κ(1 - cosines)]; ``cosines`` has shape (spins, T)."""
    for n in range(cosines.shape[0]):
        for k in range(out.size):
            out[k] *= (1 - kappa) + kappa * cosines[n, k]


@njit(cache=True, fastmath={"contract", "nsz"})
def cat_block(cosines: Floats, sines: Floats, cos2: float, sin2: float, parts: Floats) -> None:
    """Multiply the spins of ``cosines`` (spins, T) into ``parts`` (4, T): even re, im, odd re, im.

    ``sines`` are those of δt, so each phase is cosines - i sines.
    """
    for n in range(cosines.shape[0]):
        for k in range(parts.shape[1]):
            qr, qi = sin2 * cosines[n, k], -sin2 * sines[n, k]
            xr, xi, yr, yi = parts[0, k], parts[1, k], parts[2, k], parts[3, k]
            parts[0, k] = cos2 * xr + (qr * yr - qi * yi)
            parts[1, k] = cos2 * xi + (qr * yi + qi * yr)
            parts[2, k] = cos2 * yr + (qr * xr - qi * xi)
            parts[3, k] = cos2 * yi + (qr * xi + qi * xr)
