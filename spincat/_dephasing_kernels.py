"""Compiled loops of `spincat.dephasing`: products over spins, kept for a block of times at once.

On equally spaced times the phases e^{-iδt} of a block are an outer product of two short tables
(t = t0 + (32 m + l) dt), each filled by repeated doubling from one sine and one cosine: the
cost of a trigonometric function is paid twice per spin and block instead of once per time.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

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
