r"""A qubit in two even spin cats at right angles (outlook of arXiv:2403.16491, Sec. V).

The logical states \|0_L⟩ ∝ \|θ,0⟩ + \|θ,π⟩ and \|1_L⟩ ∝ \|θ,π/2⟩ + \|θ,3π/2⟩ contain the same
numbers of excitations n, the even ones, with the same weights.  They differ by the sign of the part
with n = 2 (mod 4), so the parts with n = 0 and n = 2 (mod 4) are orthogonal: the codewords.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spincat.free.dephasing import _exponent
from spincat.shared.checks import (
    check_complex,
    check_finite,
    check_integer,
    check_memory,
    check_positive_integer,
    check_theta,
    refusal,
)
from spincat.shared.types import Complexes, Floats

LEGS = 4


def logical_overlap(n_spins: int, theta: float) -> float:
    r"""Overlap ⟨0_L\|1_L⟩ of the two logical states of Sec. V, exact for N spins.

    .. math::
        \langle 0_L|1_L\rangle
        = \frac{2\,\mathrm{Re}\left(\cos^2\frac\theta2 + i\sin^2\frac\theta2\right)^N}
               {1+\cos^N\theta}
        \;\xrightarrow{N\to\infty}\; \frac{\cos|\alpha|^2}{\cosh|\alpha|^2} .

    Parameters
    ----------
    n_spins, theta
        Number of spins N and polar angle θ in [0, π], radians.

    Returns
    -------
    float
        Overlap, real, between -1 and 1.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the states vanish (θ = π, N odd).

    Examples
    --------
    >>> theta = 2 * np.arctan(np.sqrt(np.pi / 2 / 1000))
    >>> round(logical_overlap(1000, theta), 4)  # 0 at |α|² = π/2 for N → ∞
    0.0
    """
    theta = check_theta(theta, check_positive_integer("n_spins", n_spins), "even")
    cross = (np.cos(theta / 2) ** 2 + 1j * np.sin(theta / 2) ** 2) ** n_spins
    return float(2 * cross.real / (1 + np.cos(theta) ** n_spins))


def codeword_fidelity(
    detunings: ArrayLike, theta: float, times: ArrayLike, remainder: int
) -> Floats:
    r"""Fidelity of a codeword, n = r (mod 4), after free evolution, exact per realisation.

    .. math::
        F(t) = \left|\frac{\sum_{n = r\,(4)} [s^n]\,P(s,t)}{\sum_{n = r\,(4)} [s^n]\,P(s,0)}
               \right|^2, \qquad
        P(s,t) = \prod_{m=1}^N\left(\cos^2\tfrac\theta2
               + s\,e^{-i\delta_mt}\sin^2\tfrac\theta2\right) ,

    as in Eq. 15, with the powers of s sorted by their remainder modulo 4 instead of modulo 2.

    Parameters
    ----------
    detunings
        δ_n/Γ2, shape (..., N).
    theta
        Polar angle θ in (0, π), radians.
    times
        Times Γ2·t, shape (T,).
    remainder
        r, one of 0, 1, 2, 3; the even ones are the codewords of Sec. V.

    Returns
    -------
    Floats
        Fidelities of shape (..., T).

    Raises
    ------
    ValueError
        If an argument is outside its range, or N < r, so that there is no such state.

    Examples
    --------
    >>> codeword_fidelity([0.1, -0.2, 0.05, 0.1], 0.9, [0.0, 10.0], remainder=2).round(4)
    array([1.    , 0.0227])
    """
    rows, grid = check_finite("detunings", detunings), check_finite("times", times)
    check_remainder(remainder)
    if rows.ndim == 0 or rows.shape[-1] < max(remainder, 1):
        raise ValueError(f"detunings has shape {rows.shape}; allowed: (..., N) with N >= remainder")
    if grid.ndim != 1:
        raise ValueError(f"times has shape {grid.shape}; allowed: (T,)")
    if not 0 < check_theta(theta, rows.shape[-1]) < np.pi:
        raise ValueError(f"theta = {theta!r}; allowed: 0 < theta < pi")
    check_memory("times", grid.size, 16.0 * 3 * LEGS * grid.size * rows.size / rows.shape[-1])
    parts = _parts(rows, theta, grid)[remainder]
    weight = _parts(np.zeros(rows.shape[-1]), theta, np.zeros(1))[remainder]
    return np.asarray(np.abs(parts / weight) ** 2)


def bosonic_codeword_fidelity(
    alpha: complex, delta: float, times: ArrayLike, remainder: int
) -> Floats:
    r"""Mean fidelity of a codeword over Gaussian detunings for N → ∞ at fixed α.

    .. math::
        \overline{F(t)} = \left[\frac{R_r(gx)}{R_r(x)}\right]^2, \qquad
        R_r(y) = \sum_{n = r\,(4)}\frac{y^n}{n!}, \qquad v = e^{-\delta^2t^2/2},
        \quad x = |\alpha|^2 .

    Parameters
    ----------
    alpha
        Amplitude, \|α\| > 0; the series is summed for \|α\|² ≤ 100.
    delta, times
        Standard deviation δ/Γ2 of the detunings and times Γ2·t, infinity included.
    remainder
        r, one of 0, 1, 2, 3.

    Returns
    -------
    Floats
        Mean fidelities of the shape of ``times``.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> bosonic_codeword_fidelity(1.2, 0.1, [0.0, 10.0, np.inf], remainder=2).round(4)
    array([1.    , 0.1326, 0.    ])
    """
    intensity = abs(check_complex("alpha", alpha)) ** 2
    if not 0 < intensity <= 100:
        raise refusal("alpha", alpha, "0 < abs(alpha)**2 <= 100")
    v = np.exp(-_exponent(delta, times) / 2)
    n = np.arange(check_remainder(remainder), 400, LEGS)
    steps = np.log(intensity) - np.log(np.arange(1, n[-1] + 1))
    log_weight = np.concatenate([[0.0], np.cumsum(steps)])[n]
    weights = np.exp(log_weight - log_weight.max())
    amplitude = (weights * v[..., None] ** n).sum(axis=-1) / weights.sum()
    return np.asarray(amplitude**2)


def check_remainder(remainder: int) -> int:
    """Return ``remainder``, or raise ``ValueError`` unless it is 0, 1, 2 or 3."""
    return check_integer("remainder", remainder, 0, LEGS - 1)


def _parts(detunings: Floats, theta: float, times: Floats) -> Complexes:
    """P(s, t) sorted by powers of s modulo 4, shape (4, ..., T), spin by spin: nothing cancels."""
    parts = np.zeros((LEGS, *detunings.shape[:-1], times.size), dtype=complex)
    parts[0] = 1
    for column in np.moveaxis(detunings, -1, 0):
        excited = np.sin(theta / 2) ** 2 * np.exp(-1j * np.multiply.outer(column, times))
        parts = np.cos(theta / 2) ** 2 * parts + excited * np.roll(parts, 1, axis=0)
    return parts
