r"""How slowly the even-odd coherence of identical spins decays: the metastable state of Fig. 3.

The block X of `spincat.master_equation.dicke_amplitude` has one mode whose rate falls exponentially
with N while a state with ⟨a⟩ ≠ 0 is metastable (h < 1/8), to values that no eigenvalue of a matrix
of doubles could show.  It is computed from the singular values of the jump operators instead.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from spincat.master_equation import _krylov
from spincat.master_equation.dicke import generator, shifted_jump
from spincat.shared.caching import cached
from spincat.shared.checks import (
    SMALLEST,
    check_finite,
    check_inside,
    check_nonnegative,
    check_positive_integer,
)
from spincat.shared.types import Floats, Parity

LARGEST_N = 400
"""Largest N, where X has 40,200 elements."""
SHIFT = 0.1
"""Where the resolvent is taken for the slow mode, in Γ2."""


class SlowMode(NamedTuple):
    r"""The slowest mode of the even-odd block, X(t) → c exp(-rt) R."""

    log_rate: float  #: ln r, the natural logarithm of the rate in Γ2
    gap: float  #: rate of the next mode in Γ2, to about 1e-4 of itself
    right: Floats  #: R, shape (even levels, odd levels)
    left: Floats  #: the left mode W, with ∑ W R = 1; c = ∑ W X(0)


@cached(maxsize=8)
def slow_mode(n_spins: int, eta: float) -> SlowMode:
    r"""Return the slowest mode of the even-odd block, its rate to a relative accuracy of 1e-8.

    The eigenvalue of the sparse generator is only good to its rounding errors, about 1e-12 Γ2.
    Instead, with the smallest singular values of both jump operators, B_e v_e = b_e u_e and
    B_o v_o = b_o u_o, and W the left mode,

    .. math::
        r = \tfrac12(b_e - b_o)^2 + b_eb_o(1 - w), \qquad
        w = \frac{u_e^T W u_o}{v_e^T W v_o} ,

    holds exactly.  The B are bidiagonal and -B⁻¹ has no negative entry: inverse iteration never
    subtracts, so b is accurate relative to itself however small, and W enters through w only.

    Parameters
    ----------
    n_spins, eta
        Number of spins 2 ≤ N ≤ 400 and strength of the drive η/Γ2 > 0.

    Returns
    -------
    SlowMode
        The mode with its rate, and the gap to the next one.  For N = 3 the rate is zero: its
        logarithm is that of a rounding error, or -inf.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.
    ConvergenceError
        If the slowest modes are a complex pair (small N or h = η/(NΓ2) far above 1/8).

    Examples
    --------
    >>> mode = slow_mode(20, 1.0)
    >>> round(mode.log_rate, 4), round(mode.gap, 3)
    (-13.8745, 2.289)
    """
    n_spins, eta = check_ladder(n_spins, eta)
    if n_spins < 2 or eta < SMALLEST:
        allowed = f"n_spins >= 2 and eta >= {SMALLEST:g}" if eta else "n_spins >= 2 and eta > 0"
        raise ValueError(f"n_spins = {n_spins}, eta = {eta!r}; allowed: {allowed}")
    log_even, u_even, v_even = _smallest_singular(n_spins, eta, "even")
    log_odd, u_odd, v_odd = _smallest_singular(n_spins, eta, "odd")
    shape, start = (v_even.size, v_odd.size), np.outer(v_even, v_odd).ravel()
    block = generator(n_spins, eta, "even", "odd")
    solve, solve_transposed = _krylov.resolvent(block, SHIFT)
    _, right, second = _krylov.slowest(solve, start, SHIFT)
    _, left, _ = _krylov.slowest(solve_transposed, start, SHIFT)
    right, left = right.reshape(shape), left.reshape(shape)
    left = left / np.sum(left * right)
    w = float((u_even @ left @ u_odd) / (v_even @ left @ v_odd))
    ratio = np.exp(log_odd - log_even)
    bracket = (1 - ratio) ** 2 / 2 + ratio * (1 - w)
    log_rate = 2 * log_even + np.log(bracket) if bracket > 0 else -np.inf
    return SlowMode(float(log_rate), -second, right, left)


def coherence_decay_rate(n_spins: int, eta: float) -> float:
    r"""Return the slowest rate r of the even-odd block in Γ2, to a relative accuracy of 1e-8.

    For N ≥ 4, ⟨a⟩ = 0 in the true steady state, which is reached at this rate.  For N = 3 the even
    and odd blocks are the same matrix, X keeps its trace and r = 0.  Rates below the smallest
    double, about 1e-308, are returned as 0; `slow_mode` has their logarithm.

    Parameters
    ----------
    n_spins, eta
        As in `slow_mode`.

    Returns
    -------
    float
        r/Γ2.

    Raises
    ------
    ValueError, MemoryError, ConvergenceError
        As `slow_mode`.

    Examples
    --------
    >>> f"{coherence_decay_rate(20, 1.0):.4e}"
    '9.4269e-07'
    """
    return float(np.exp(slow_mode(n_spins, eta).log_rate))


def decay_exponent(h: ArrayLike) -> Floats:
    r"""Return Δ(h), with which the slowest rate falls as exp(-NΔ) at fixed h = η/(NΓ2) ≤ 1/8.

    .. math::
        \Delta(h) = 2\operatorname{artanh}m - 2m, \qquad m = \sqrt{1-8h} ,

    derived in `spincat.symbolic.identical_spins`.

    Parameters
    ----------
    h
        Drives per spin η/(NΓ2), any shape.

    Returns
    -------
    Floats
        Shape of ``h``.

    Raises
    ------
    ValueError
        If h is outside 0 < h ≤ 1/8.

    Examples
    --------
    >>> decay_exponent([0.05, 0.1, 0.125]).round(4)
    array([0.5142, 0.068 , 0.    ])
    """
    values = check_finite("h", h)
    inside = bool(np.all((values >= SMALLEST) & (values <= 1 / 8)))
    check_inside("h", h, inside, f"{SMALLEST:g} <= h <= 1/8")
    m = np.sqrt(1 - 8 * values)
    # 2 artanh m = ln[(1 + m)/(1 - m)], without the difference: 1 - m = 8h/(1 + m)
    return np.asarray(np.log1p(m * (1 + m) / (4 * values)) - 2 * m)


def check_ladder(n_spins: int, eta: float) -> tuple[int, float]:
    """Return N and η, or raise unless N is from 1 to `LARGEST_N` and η is not negative."""
    if check_positive_integer("n_spins", n_spins) > LARGEST_N:
        raise MemoryError(f"n_spins = {n_spins}; allowed: n_spins <= {LARGEST_N}")
    return int(n_spins), check_nonnegative("eta", eta)


def _smallest_singular(n_spins: int, eta: float, parity: Parity) -> tuple[float, Floats, Floats]:
    """Return ln s, u and v of B v = s u and Bᵀu = s v for the smallest s, with u < 0 < v.

    (-B⁻¹)_ij = c_i/(|α|²c_j) for i ≤ j, where c solves B c = 0 but for the last row.  All of it is
    positive, so the sums are taken of logarithms and lose nothing, however small s.
    """
    jump = shifted_jump(n_spins, eta, parity)
    log_x = np.log(2 * eta)
    log_c = np.append(0.0, np.cumsum(log_x - np.log(jump.diagonal(1))))
    with np.errstate(divide="ignore"):  # the logarithm of an element that underflows is -inf
        log_v = np.log(np.abs(np.linalg.svd(jump.toarray())[2][-1]))
    for _ in range(4):  # the first guess is good unless s is tiny, and then one step is enough
        log_u, _ = _normalised(np.logaddexp.accumulate(log_v + log_c) - log_c)
        sums = np.logaddexp.accumulate((log_u - log_c)[::-1])[::-1]
        log_v, log_norm = _normalised(log_c - log_x + sums)
    return -log_norm, -np.exp(log_u), np.exp(log_v)


def _normalised(logs: Floats) -> tuple[Floats, float]:
    """Return the logarithms of a vector divided by its norm, and the logarithm of the norm."""
    log_norm = float(np.logaddexp.reduce(2 * logs) / 2)
    return logs - log_norm, log_norm
