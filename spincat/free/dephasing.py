"""Free evolution under H₀ = Σ δ_n σᶻ_n / 2 (Sec. III.1): fidelities per realisation and averaged.

Exact at any N and θ: the limits that the paper takes are in `spincat.free.dephasing_limits`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from spincat.free import _dephasing_kernels as kernels
from spincat.model.states import fold, log_cos_power
from spincat.shared.checks import (
    check_finite,
    check_memory,
    check_nonnegative,
    check_parity,
    check_positive_integer,
    check_theta,
)
from spincat.shared.types import Floats, Parity

Detunings = ArrayLike | Iterable[Floats]

_THETA_MIN = 1e-60
"""Below this angle no cat fidelity depends on θ any more, and θ⁴ would leave double precision."""
_CHUNK = 64, 256
"""Spins and times whose cosines are computed at once: they stay in the second-level cache."""


def coherent_fidelity(detunings: Detunings, theta: float, times: ArrayLike) -> Floats:
    r"""Fidelity of a spin coherent state after free evolution, exact per realisation (Eqs. 9-10).

    .. math::
        F(t) = \prod_{n=1}^N\left[1 - \tfrac12(1-\cos\delta_n t)\sin^2\theta\right]

    Each factor is exact to rounding, so that the error of F is about N·10⁻¹⁶.

    Parameters
    ----------
    detunings
        δ_n/Γ2, array of shape (..., N); or an iterable of arrays of shape (N,), one per draw, such
        as :meth:`spincat.model.broadening.Broadening.realisations`, of which one is held at a time.
    theta
        Polar angle θ in [0, π], radians.
    times
        Times Γ2·t, shape (T,); equally spaced times are many times faster than arbitrary ones.

    Returns
    -------
    Floats
        Fidelities of shape (..., T), or (draws, T) for an iterable.

    Raises
    ------
    ValueError
        If an argument is outside its range or not finite.
    MemoryError
        If the fidelities of all draws do not fit in memory.

    Examples
    --------
    >>> coherent_fidelity([0.1, -0.2, 0.05], 0.6, [0.0, 5.0, 10.0]).round(4)
    array([1.    , 0.9041, 0.7035])
    """
    grid = _check_times(times)
    theta = check_theta(theta, 1)
    return _over_draws(detunings, len(grid), lambda row: _coherent_row(row, theta, grid))


def cat_fidelity(detunings: Detunings, theta: float, times: ArrayLike, parity: Parity) -> Floats:
    r"""Fidelity of a spin cat state after free evolution, exact per realisation (Eq. 15).

    .. math::
        F_\pm(t) = \frac{|P(1) \pm P(-1)|^2}{(1 \pm \cos^N\theta)^2}, \qquad
        P(s) = \prod_{n=1}^N\left(\cos^2\tfrac\theta2 + s\,e^{-i\delta_nt}\sin^2\tfrac\theta2\right)

    The even and odd parts of P in s are built up spin by spin and never subtracted: the error of
    F is about N·10⁻¹⁶, for an odd cat too, however small θ.

    Parameters
    ----------
    detunings, theta, times
        As in :func:`coherent_fidelity`.
    parity
        ``"even"`` or ``"odd"``.

    Returns
    -------
    Floats
        Fidelities of shape (..., T), or (draws, T) for an iterable.

    Raises
    ------
    ValueError
        If an argument is outside its range or not finite, or the cat state vanishes
        (an odd cat at θ = 0).
    MemoryError
        If the fidelities of all draws do not fit in memory.

    Examples
    --------
    >>> detunings = [0.1, -0.2, 0.05]
    >>> cat_fidelity(detunings, 0.6, [0.0, 5.0, 10.0], "even").round(4)
    array([1.    , 0.9883, 0.9592])
    >>> cat_fidelity(detunings, 0.6, [0.0, 5.0, 10.0], "odd").round(4)
    array([1.    , 0.6353, 0.1309])
    """
    grid = _check_times(times)
    check_theta(theta, 1)
    check_parity(parity)
    return _over_draws(detunings, len(grid), lambda row: _cat_row(row, theta, grid, parity))


def mean_coherent_fidelity(n_spins: int, theta: float, delta: float, times: ArrayLike) -> Floats:
    r"""Fidelity of a spin coherent state, averaged over Gaussian detunings (Eq. 11).

    .. math::
        \overline{F(t)} = \left[1 - \tfrac12(1-e^{-\delta^2t^2/2})\sin^2\theta\right]^N

    Parameters
    ----------
    n_spins, theta
        Number of spins N and polar angle θ in [0, π], radians.
    delta
        Standard deviation δ/Γ2 of the detunings.
    times
        Times Γ2·t, any shape; may be infinite.

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
    >>> mean_coherent_fidelity(8, 0.6, 0.1, [0.0, 10.0, np.inf]).round(4)
    array([1.    , 0.5956, 0.2493])
    """
    n_spins, u = check_positive_integer("n_spins", n_spins), _exponent(delta, times)
    kappa = np.sin(check_theta(theta, n_spins)) ** 2 / 2
    return np.asarray(np.exp(n_spins * np.log1p(kappa * np.expm1(-u / 2))))


def var_coherent_fidelity(n_spins: int, theta: float, delta: float, times: ArrayLike) -> Floats:
    r"""Variance over Gaussian detunings of the fidelity of a spin coherent state, exact.

    .. math::
        \mathrm{Var}\,F = \overline{F}^2\left[\left(1 + \frac{v}{m^2}\right)^N - 1\right],
        \quad m = \overline{F}^{1/N},
        \quad v = \tfrac18\sin^4\theta\,(1-e^{-\delta^2t^2})^2

    m and v are the mean and the variance of the factor of one spin.  The leading order in
    1/N corrects Eq. 14 of the paper.

    Parameters
    ----------
    n_spins, theta, delta, times
        As in :func:`mean_coherent_fidelity`.

    Returns
    -------
    Floats
        Variances of the shape of ``times``.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> var_coherent_fidelity(8, 0.6, 0.1, [0.0, 10.0, np.inf]).round(5)
    array([0.     , 0.01674, 0.00952])
    """
    n_spins, u = check_positive_integer("n_spins", n_spins), _exponent(delta, times)
    kappa = np.sin(check_theta(theta, n_spins)) ** 2 / 2
    log_mean = np.log1p(kappa * np.expm1(-u / 2))
    log_ratio = np.log1p((kappa * np.expm1(-u)) ** 2 / 2 * np.exp(-2 * log_mean))
    # m^{2N} (r^N - 1) with r >= 1, in factors that do not overflow for thousands of spins
    log_square = n_spins * (2 * log_mean + log_ratio)
    return np.asarray(np.exp(log_square) * -np.expm1(-n_spins * log_ratio))


def mean_cat_fidelity(
    n_spins: int, theta: float, delta: float, times: ArrayLike, parity: Parity
) -> Floats:
    r"""Fidelity of a spin cat state, averaged over Gaussian detunings (Eq. 16).

    .. math::
        \overline{F_\pm} = \frac{A^N + B^N \pm 2\cos^N\theta}{(1\pm\cos^N\theta)^2}, \quad
        \begin{aligned}
        A &= 1 - \tfrac12\left(1 - e^{-\delta^2t^2/2}\right)\sin^2\theta \\
        B &= 1 - \tfrac12\left(1 + e^{-\delta^2t^2/2}\right)\sin^2\theta
        \end{aligned}

    For the odd cat the numerator is rearranged into
    a sum of positive terms, so it keeps its relative accuracy down to the smallest θ.

    Parameters
    ----------
    n_spins, theta, delta, times
        As in :func:`mean_coherent_fidelity`.
    parity
        ``"even"`` or ``"odd"``.

    Returns
    -------
    Floats
        Mean fidelities of the shape of ``times``.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the cat state vanishes (an odd cat at θ = 0).

    Examples
    --------
    >>> mean_cat_fidelity(8, 0.6, 0.1, [0.0, 10.0, np.inf], "even").round(4)
    array([1.    , 0.7583, 0.6291])
    >>> mean_cat_fidelity(8, 0.6, 0.1, [0.0, 10.0, np.inf], "odd").round(4)
    array([1.    , 0.4202, 0.1103])
    """
    n_spins, u = check_positive_integer("n_spins", n_spins), _exponent(delta, times)
    theta, parity = fold(n_spins, check_theta(theta, n_spins, check_parity(parity)), parity)
    theta = max(theta, _THETA_MIN)
    s2, v, c = np.sin(theta) ** 2, np.exp(-u / 2), log_cos_power(n_spins, theta)
    a = n_spins * np.log1p(s2 * np.expm1(-u / 2) / 2)
    with np.errstate(divide="ignore"):  # B = 0 at t = 0 and θ = π/2
        b = n_spins * np.log1p(-s2 * (1 + v) / 2)
    if parity == "even":
        return np.asarray((np.exp(a) + np.exp(b) + 2 * np.exp(c)) / (1 + np.exp(c)) ** 2)
    if s2 > 0.5:  # cosᴺθ is far from 1: nothing cancels in Eq. 16 as it stands
        return np.asarray((np.exp(a) + np.exp(b) - 2 * np.exp(c)) / np.expm1(c) ** 2)
    # A^N + B^N - 2cosᴺθ = (A^{N/2} - B^{N/2})² + 2[(AB)^{N/2} - cosᴺθ], where
    # AB = cos²θ + sin⁴θ(1-v²)/4 = cos²θ exp(2 excess/N)
    excess = n_spins / 2 * np.log1p(-(s2**2) * np.expm1(-u) / 4 / (1 - s2))
    square = np.exp(a) * np.expm1((b - a) / 2) ** 2
    rest = -2 * np.exp((a + b) / 2) * np.expm1(-excess)
    return np.asarray((square + rest) / np.expm1(c) ** 2)


def _coherent_row(detunings: Floats, theta: float, times: Floats) -> Floats:
    kappa, fidelity = np.sin(theta) ** 2 / 2, np.ones(len(times))
    step = _uniform_step(times)
    for block in _blocks(len(times), kernels.BLOCK if step is not None else _CHUNK[1]):
        if step is not None:
            kernels.coherent_uniform(detunings, kappa, times[block][0], step, fidelity[block])
            continue
        for spins in _blocks(len(detunings), _CHUNK[0]):
            cosines, _ = _cos_sin(np.multiply.outer(detunings[spins], times[block]))
            kernels.coherent_block(cosines, kappa, fidelity[block])
    return fidelity


def _cat_row(detunings: Floats, theta: float, times: Floats, parity: Parity) -> Floats:
    n_spins = len(detunings)
    theta, parity = fold(n_spins, check_theta(theta, n_spins, parity), parity)
    theta = max(theta, _THETA_MIN)
    cos2, sin2, odd = np.cos(theta / 2) ** 2, np.sin(theta / 2) ** 2, parity == "odd"
    weight, fidelity = np.empty(1), np.empty(len(times))
    # At t = 0 by the same loop: the rounding of cos2 and sin2 drops out of the ratio.
    kernels.cat_uniform(np.zeros(n_spins), cos2, sin2, 0.0, 0.0, odd, weight)
    step = _uniform_step(times)
    for block in _blocks(len(times), kernels.BLOCK if step is not None else _CHUNK[1]):
        if step is not None:
            t0 = times[block][0]
            kernels.cat_uniform(detunings, cos2, sin2, t0, step, odd, fidelity[block])
            continue
        parts = np.zeros((4, len(fidelity[block])))
        parts[0] = 1
        for spins in _blocks(n_spins, _CHUNK[0]):
            cosines, sines = _cos_sin(np.multiply.outer(detunings[spins], times[block]))
            kernels.cat_block(cosines, sines, cos2, sin2, parts)
        fidelity[block] = np.square(parts[2:] if odd else parts[:2]).sum(axis=0)
    return fidelity / weight


def _cos_sin(phases: Floats) -> tuple[Floats, Floats]:
    if max(phases.max(), -phases.min()) > kernels.MAX_PHASE:
        return np.cos(phases), np.sin(phases)
    cosines, sines = np.empty_like(phases), np.empty_like(phases)
    kernels.cos_sin(phases.ravel(), cosines.ravel(), sines.ravel())
    return cosines, sines


def _over_draws(detunings: Detunings, n_times: int, fidelity: Callable[[Floats], Floats]) -> Floats:
    """Apply ``fidelity`` to one row of N detunings after the other, with a progress bar."""
    rows: Iterable[Floats]
    if isinstance(detunings, Iterable) and not _is_array_like(detunings):
        stream = cast("Iterable[Floats]", detunings)
        rows, total, leading = _checked_rows(stream), operator.length_hint(stream), None
    else:
        array = check_finite("detunings", cast("ArrayLike", detunings))
        if array.ndim == 0 or array.size == 0:
            raise ValueError(f"detunings has shape {array.shape}; allowed: (..., N) with N >= 1")
        rows, leading = array.reshape(-1, array.shape[-1]), array.shape[:-1]
        total = len(rows)
        check_memory("times", n_times, 16.0 * n_times * total)
    # disable=None: silent unless standard error is a terminal
    bar = tqdm(rows, total=total or None, desc="realisations", disable=None, delay=2, leave=False)
    result = [fidelity(np.ascontiguousarray(row)) for row in bar]
    shape = (len(result),) if leading is None else leading
    return np.array(result).reshape(*shape, n_times)


def _is_array_like(detunings: Detunings) -> bool:
    return hasattr(detunings, "__array__") or isinstance(detunings, Sequence)


def _checked_rows(rows: Iterable[Floats]) -> Iterator[Floats]:
    n_spins = None
    for index, row in enumerate(rows):
        array = check_finite(f"detunings of draw {index}", row)
        if array.ndim != 1 or array.size != (n_spins or max(array.size, 1)):
            allowed = f"({n_spins},)" if n_spins else "(N,) with N >= 1"
            raise ValueError(
                f"detunings of draw {index} have shape {array.shape}; allowed: {allowed}"
            )
        n_spins = array.size
        yield array


def _check_times(times: ArrayLike) -> Floats:
    grid = check_finite("times", times)
    if grid.ndim != 1:
        raise ValueError(f"times has shape {grid.shape}; allowed: (T,)")
    return grid


def _exponent(delta: float, times: ArrayLike) -> Floats:
    """u = δ²t², infinite where t is: t = inf asks for the long-time limit."""
    grid = check_finite("times", times, infinite=True)
    delta = check_nonnegative("delta", delta)
    with np.errstate(over="ignore"):  # infinite too
        return np.asarray((delta * grid) ** 2) if delta else np.zeros(grid.shape)


def _uniform_step(times: Floats) -> float | None:
    """The step of equally spaced times, or None if they are not equally spaced to rounding."""
    if len(times) < 2:
        return 0.0
    step = (times[-1] - times[0]) / (len(times) - 1)
    deviation = np.abs(times[0] + step * np.arange(len(times)) - times).max()
    return float(step) if deviation <= 4 * np.finfo(float).eps * np.abs(times).max() else None


def _blocks(length: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, length)) for start in range(0, length, size))
