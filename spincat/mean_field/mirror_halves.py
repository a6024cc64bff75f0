r"""Two halves detuned by ±δ that mirror each other, Eqs. 26-28: three equations for N spins.

The ansatz ⟨σ⁺⟩ = A exp[i(π/4 ± ζ)], the same z in both halves, turns the mean-field equations of N
spins into three for the state (A, ζ, z): amplitude, phase spread in radians, and ⟨σᶻ⟩ (Sec. IV.2).
Right-hand side and Jacobian are compiled from `spincat.symbolic.mirror_halves`; the steps in time
take a form of their own, polynomials in Cartesian coordinates.  What happens if the halves need not
mirror each other is in `spincat.mean_field.two_halves`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from spincat.mean_field import _mirror_halves_kernels as kernels
from spincat.shared.checks import (
    check_even,
    check_finite,
    check_nonnegative,
    check_number,
    check_times,
    check_tolerance,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Floats

__all__ = ["integrate", "jacobian", "rhs", "steady_state"]


RTOL = 1e-7
"""Default of the error allowed in each component of the state per step."""
MOST_STEPS = kernels.MOST_STEPS


def rhs(state: ArrayLike, n_spins: int, eta: float, delta: float) -> Floats:
    r"""Time derivative of (A, ζ, z), Eqs. 26-28 as printed.

    They are those of the amplitude (Eq. 26), of the phase spread (Eq. 27) and of the inversion
    (Eq. 28), in this order:

    .. math::
        \dot A &= A\left[-2\eta z a + z b G - 2A^2\cos^2\zeta\right] ,\\
        \dot\zeta &= \delta + z\sin2\zeta\left[\eta\left(1 - \tfrac2N\right) - \tfrac12G\right] ,\\
        \dot z &= A^2\left[8\eta a - 4bG - 4(1 + z)\cos^2\zeta\right] ,\\
        a &= \cos^2\zeta - \tfrac1N\cos2\zeta ,\quad b = \cos^2\zeta - \tfrac1N ,\quad
        G = 1 + z + (N - 2)A^2\cos^2\zeta .

    Parameters
    ----------
    state
        (A, ζ, z) along the last axis, shape (..., 3).
    n_spins
        Number of spins N, even and at least 4.
    eta, delta
        Strength of the drive η/Γ2 and detuning δ/Γ2 of the first half.

    Returns
    -------
    Derivatives with respect to Γ2·t, shape (..., 3).

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.

    Examples
    --------
    >>> rhs([0.2, 0.1, -0.9], 10_000, 200.0, 0.05).round(3)
    array([ 0.691, -0.297,  0.612])
    """
    values, n, eta, delta = _check(state, n_spins, eta, delta)
    derivatives = _compiled()[0](*np.moveaxis(values, -1, 0), n, eta, delta)
    return np.stack(np.broadcast_arrays(*derivatives), axis=-1)


def jacobian(state: ArrayLike, n_spins: int, eta: float, delta: float) -> Floats:
    r"""Matrix of the derivatives of Eqs. 26-28 (rows) by A, ζ and z (columns), in closed form.

    Parameters
    ----------
    state, n_spins, eta, delta
        As in :func:`rhs`.

    Returns
    -------
    Array of shape (..., 3, 3) in units of Γ2.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.

    Examples
    --------
    At δ = 0 the spread decays at the rate that Eq. 29 implies, here 0.0070:

    >>> jacobian(steady_state(1000, 20.0), 1000, 20.0, 0.0)[1].round(4) + 0.0
    array([ 0.    , -0.0069,  0.    ])
    """
    values, n, eta, delta = _check(state, n_spins, eta, delta)
    entries = _compiled()[1](*np.moveaxis(values, -1, 0), n, eta, delta)
    matrix = np.stack(np.broadcast_arrays(*entries), axis=-1)
    return matrix.reshape(*values.shape, 3)


def steady_state(n_spins: int, eta: float) -> Floats:
    r"""The synchronised steady state (A, 0, z) of Eqs. 26-28 for δ = 0, not expanded in 1/N.

    With p = 1 - 1/N, A² = -z(1 + z)/2 and z is the smaller root of

    .. math::
        \tfrac{p}{2}(N - 2)\left(z^2 + z\right) - (1 + p)(1 + z) + 2p\eta = 0 ,

    for N → ∞ those of Eq. 25, z = -[1 + √(1 - 16η/N)]/2.

    Raises
    ------
    ValueError
        If an argument is outside its range; there is no such state beyond η/Γ2 ≈ N/16.

    Examples
    --------
    >>> steady_state(10_000, 200.0).round(4)
    array([ 0.2   ,  0.    , -0.9123])
    """
    n, eta = float(check_even(n_spins)), check_nonnegative("eta", eta)
    p = 1 - 1 / n
    # divided by p (N - 2)/2: z² + (1 - k)z - k + m = 0, that is w² - (1 + k)w + m = 0, w = 1 + z
    k, m = 2 * (1 + p) / (p * (n - 2)), 4 * eta / (n - 2)
    root = (1 + k) ** 2 - 4 * m
    if root < 0:
        limit = (1 + k) ** 2 * (n - 2) / 16
        raise ValueError(f"eta = {eta!r}; allowed: at most {limit:.6g} for n_spins = {n_spins}")
    w = 2 * m / (1 + k + np.sqrt(root))  # the smaller root, without cancellation
    return np.array([np.sqrt(w * (1 - w) / 2), 0.0, w - 1])


def integrate(
    state: ArrayLike,
    n_spins: int,
    eta: float,
    delta: float,
    times: ArrayLike,
    *,
    rtol: float = RTOL,
) -> Floats:
    """Solve Eqs. 26-28 by linearly implicit steps, whose length does not depend on N.

    Parameters
    ----------
    state
        (A, ζ, z) at t = 0, shape (3,).
    n_spins, eta, delta
        As in :func:`rhs`.
    times
        Times Γ2·t at which the state is wanted, increasing, not negative, shape (T,).
    rtol
        Error allowed per step in A cos ζ, A sin ζ and z, 1e-12 to 1e-2.

    Returns
    -------
    States (A, ζ, z), shape (T, 3).  A is not negative, and ζ is continued through ±π, which is
    right if it changes by less than π between two times.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.
    ConvergenceError
        If the steps become too short, or too many.

    Examples
    --------
    Inside the region of Fig. 4 the halves come to rest with phases that differ by 2ζ:

    >>> start = steady_state(10_000, 200.0)
    >>> integrate(start, 10_000, 200.0, 0.03, [0.0, 300.0])[:, 1].round(3)
    array([0.   , 0.903])
    """
    start, n, eta, delta = _check(state, n_spins, eta, delta)
    if start.shape != (3,):
        raise ValueError(f"state has shape {start.shape}; allowed: (3,)")
    grid, rtol = check_times(times), check_tolerance("rtol", rtol)
    out = np.empty((len(grid), 3))
    x, y, z = cartesian(start).tolist()
    if not kernels.trajectory((x, y, z), n, eta, delta, grid, rtol, out, MOST_STEPS):
        raise ConvergenceError(
            f"no step at eta = {eta:g}, delta = {delta:g} is short enough, or times up to "
            f"{grid[-1]:g} need more than {MOST_STEPS} steps"
        )
    result = polar(out)
    result[:, 1] = np.unwrap(result[:, 1])
    return result


@cache
def _compiled() -> tuple[Callable[..., list[Floats]], Callable[..., list[Floats]]]:
    """d(A, ζ, z)/dt and its derivatives, row by row, as functions of (A, ζ, z, N, η, δ)."""
    import sympy as sp  # on request only: SymPy takes half a second to import

    from spincat.symbolic import mirror_halves as symbolic

    amplitude, zeta, z = symbolic.A, symbolic.zeta, symbolic.z
    rates = symbolic.rates("printed")
    rows = sp.Matrix([amplitude * rates.amplitude, rates.phase, amplitude**2 * rates.inversion])
    rows = rows.subs(symbolic.Gamma_2, 1)
    arguments = amplitude, zeta, z, symbolic.N, symbolic.eta, symbolic.delta
    rhs, jacobian = (
        sp.lambdify(arguments, list(expressions), "numpy", cse=True)
        for expressions in (rows, rows.jacobian([amplitude, zeta, z]))
    )
    return rhs, jacobian


def cartesian(state: Floats) -> Floats:
    """The coordinates (A cos ζ, A sin ζ, z) of (A, ζ, z), along the last axis."""
    amplitude, zeta, z = np.moveaxis(state, -1, 0)
    return np.stack([amplitude * np.cos(zeta), amplitude * np.sin(zeta), z], axis=-1)


def polar(state: Floats) -> Floats:
    """The state (A, ζ, z) of (A cos ζ, A sin ζ, z), -π < ζ <= π, along the last axis."""
    x, y, z = np.moveaxis(state, -1, 0)
    return np.stack([np.hypot(x, y), np.arctan2(y, x), z], axis=-1)


def _check(
    state: ArrayLike, n_spins: int, eta: float, delta: float
) -> tuple[Floats, float, float, float]:
    """The state as an array, and N, η and δ as floats; Eqs. 26-28 know no other numbers."""
    values = check_finite("state", state)
    if values.shape[-1:] != (3,):
        raise ValueError(f"state has shape {values.shape}; allowed: (..., 3), A, zeta and z")
    n = float(check_even(n_spins))
    return values, n, check_nonnegative("eta", eta), check_number("delta", delta)
