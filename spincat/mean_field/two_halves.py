r"""Two halves detuned by ±δ that need not mirror each other: six equations for N spins.

Eqs. 22-23, or the exact equations of a product state, with the same state for all spins of a half,
that is `spincat.mean_field.all_spins` for two groups of N/2 spins:
⟨σ⁺⟩ = A₊ exp[i(π/4 + ζ₊)] for the detuning +δ, A₋ exp[i(π/4 - ζ₋)] for -δ, and z₊, z₋.
Equal halves stay equal; with Eqs. 22-23 they obey Eqs. 26-28 up to terms smaller by a factor 1/N.
Whether they stay equal when something disturbs them is what these equations decide; halves that do
mirror each other are in `spincat.mean_field.mirror_halves`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spincat.mean_field import _lsoda, all_spins
from spincat.mean_field._all_spins_kernels import EquationsOfMotion
from spincat.mean_field.mirror_halves import cartesian, polar
from spincat.model.ensemble import SpinEnsemble
from spincat.shared.checks import (
    check_equations,
    check_even,
    check_finite,
    check_memory,
    check_nonnegative,
    check_number,
    check_seed,
    check_times,
    check_tolerance,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Equations, Floats

__all__ = ["fixed_point", "integrate", "jacobian", "rhs", "spins"]

_SIGNS = np.array([1.0, -1.0])
"""Of the detuning, and of ζ in the phase, of the two halves."""


def rhs(
    state: ArrayLike, n_spins: int, eta: float, delta: float, *, equations: Equations = "product"
) -> Floats:
    r"""Time derivative of the two halves, from Eqs. 22-23 or exact in a product state.

    The equations are those of `spincat.mean_field.all_spins`: `paper_rhs` and `product_state_rhs`.

    Parameters
    ----------
    state
        Rows (A, ζ, z) of the halves with detuning +δ and -δ, shape (2, 3).
    n_spins
        Number of spins N of both halves together, even and at least 4.
    eta, delta
        Strength of the drive η/Γ2 and detuning δ/Γ2.
    equations
        "product", the exact equations in a product state, or "paper", Eqs. 22-23.

    Returns
    -------
    Derivatives with respect to Γ2·t, shape (2, 3); those of ζ are infinite where A vanishes.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.

    Examples
    --------
    Two equal halves stay equal:

    >>> rhs([[0.2, 0.1, -0.9], [0.2, 0.1, -0.9]], 10_000, 200.0, 0.05).round(2)
    array([[ 0.71, -0.31,  0.63],
           [ 0.71, -0.31,  0.63]])
    """
    values, motion = _check(state, n_spins, eta, delta, equations)
    u = cartesian(values)
    dx, dy, dz = _rows(_flow(_flat(u), motion)).T
    with np.errstate(divide="ignore", invalid="ignore"):
        d_amplitude = (u[:, 0] * dx + u[:, 1] * dy) / values[:, 0]
        d_zeta = (u[:, 0] * dy - u[:, 1] * dx) / values[:, 0] ** 2
    return np.stack([d_amplitude, d_zeta, dz], axis=-1)


def jacobian(
    state: ArrayLike, n_spins: int, eta: float, delta: float, *, equations: Equations = "product"
) -> Floats:
    """Jacobian of the six equations in (A cos ζ, A sin ζ, z) of the first half, then the second.

    It is that of Eqs. 22-23, or of the exact equations, exact to rounding.  Of its eigenvalues at a
    steady state, three belong to motions that keep the halves equal and three to motions that do
    not.

    Parameters
    ----------
    state, n_spins, eta, delta, equations
        As in :func:`rhs`.

    Returns
    -------
    Array of shape (6, 6) in units of Γ2.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.

    Examples
    --------
    A synchronised state is stable against what keeps the halves equal and what does not:

    >>> state = fixed_point([0.3, 0.9, -0.7], 1000, 20.0, 0.03)
    >>> rates = np.linalg.eigvals(jacobian(state, 1000, 20.0, 0.03))
    >>> rates.size, bool(rates.real.max() < 0)
    (6, True)
    """
    values, motion = _check(state, n_spins, eta, delta, equations)
    return _jacobian(cartesian(values), motion)


def fixed_point(
    state: ArrayLike, n_spins: int, eta: float, delta: float, *, equations: Equations = "product"
) -> Floats:
    """The steady state of Eqs. 22-23, or of the exact equations, that Newton's method finds.

    Parameters
    ----------
    state
        Initial guess, shape (2, 3); equal halves if it has shape (3,).
    n_spins, eta, delta, equations
        As in :func:`rhs`.

    Returns
    -------
    Rows (A, ζ, z), shape (2, 3).

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.
    ConvergenceError
        If the iteration does not converge, or to a state outside the Bloch sphere.

    Examples
    --------
    >>> fixed_point([0.3, 0.9, -0.7], 10_000, 200.0, 0.03).round(3)
    array([[ 0.323,  0.903, -0.704],
           [ 0.323,  0.903, -0.704]])
    """
    values, motion = _check(_both(state), n_spins, eta, delta, equations)
    u = cartesian(values)
    for _ in range(50):
        residual = _rows(_flow(_flat(u), motion)).ravel()
        try:
            step = np.linalg.solve(_jacobian(u, motion), residual).reshape(2, 3)
        except np.linalg.LinAlgError:
            raise ConvergenceError(
                f"no steady state found near {state!r}: singular Jacobian"
            ) from None
        u = u - step
        if np.abs(step).max() < 1e-13:
            break
    result = polar(u)
    if not np.abs(step).max() < 1e-10 or np.any(4 * result[:, 0] ** 2 + result[:, 2] ** 2 > 1):
        raise ConvergenceError(f"no steady state found near {state!r}")
    return result


def integrate(
    state: ArrayLike,
    n_spins: int,
    eta: float,
    delta: float,
    times: ArrayLike,
    *,
    equations: Equations = "product",
    rtol: float = 1e-8,
) -> Floats:
    """Solve Eqs. 22-23 of two halves, or the exact equations, with SciPy's LSODA.

    Parameters
    ----------
    state, n_spins, eta, delta, equations
        As in :func:`rhs`.
    times
        Times Γ2·t at which the state is wanted, increasing, not negative, shape (T,).
    rtol
        Relative tolerance of the solver; the absolute one is a hundredth of it.

    Returns
    -------
    States, shape (T, 2, 3), with ζ between -π and π.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.
    ConvergenceError
        If the solver fails, or needs too many steps.

    Examples
    --------
    Halves that start differently become mirror images of each other:

    >>> start = [[0.2, 0.1, -0.9], [0.2, 0.0, -0.8]]
    >>> integrate(start, 1000, 20.0, 0.03, [0.0, 300.0])[:, :, 1].round(3)
    array([[0.1  , 0.   ],
           [0.906, 0.906]])
    """
    values, motion = _check(state, n_spins, eta, delta, equations)
    grid, rtol = check_times(times), check_tolerance("rtol", rtol)
    start = _flat(cartesian(values))
    later = _lsoda.solve(
        lambda u: _flow(u, motion), start, grid, begin=0.0, rtol=rtol, atol=rtol / 100
    )
    return polar(np.array([_rows(u) for u in later.T]))


def spins(
    state: ArrayLike, n_spins: int, eta: float, delta: float, times: ArrayLike,
    *, equations: Equations = "product", noise: float = 0.0, seed: int = 1,
) -> tuple[Complexes, Floats]:  # fmt: skip
    """Both halves spin by spin: all N of them in :func:`spincat.mean_field.all_spins.integrate`.

    Parameters
    ----------
    state
        Rows (A, ζ, z) of the halves at t = 0, shape (2, 3); equal halves if it has shape (3,).
    n_spins, eta, delta, times, equations
        As in :func:`integrate`.
    noise
        Standard deviation of the complex relative deviation that each ⟨σ⁺⟩ starts with.
    seed
        Seed of the deviations.

    Returns
    -------
    exp(-iπ/4)⟨σ⁺⟩ and ⟨σᶻ⟩, each of shape (T, N), the half with detuning +δ first.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.
    MemoryError
        If so many spins do not fit in memory.
    ConvergenceError
        If the steps become too short, or too many.
    """
    values, _ = _check(_both(state), n_spins, eta, delta, equations)
    grid, n_spins, delta = check_times(times), int(n_spins), float(delta)
    check_memory("n_spins", n_spins, 100.0 * n_spins)
    halves = values[:, 0] * np.exp(1j * (np.pi / 4 + _SIGNS * values[:, 1]))
    sigma, z = (np.repeat(x, n_spins // 2) for x in (halves, values[:, 2]))
    normal = np.random.default_rng(check_seed(seed)).standard_normal((2, n_spins)) / np.sqrt(2)
    sigma = sigma * (1 + check_nonnegative("noise", noise) * (normal[0] + 1j * normal[1]))
    length = np.maximum(1.0, np.sqrt(4 * np.abs(sigma) ** 2 + z**2))  # stay in the sphere
    ensemble = SpinEnsemble(n_spins, eta, detunings=np.repeat(delta * _SIGNS, n_spins // 2))
    sigma, z = all_spins.integrate(ensemble, sigma / length, z / length, grid, equations=equations)
    return sigma * np.exp(-0.25j * np.pi), z


def _both(state: ArrayLike) -> Floats:
    """The rows of both halves, which are equal if there is one."""
    values = check_finite("state", state)
    return np.broadcast_to(values, (2, 3)) if values.shape == (3,) else values


def _flat(u: Floats) -> Floats:
    """The rows (x, y, z) of both halves as (x₊, y₊, x₋, y₋, z₊, z₋)."""
    return np.concatenate([u[:, :2].ravel(), u[:, 2]])


def _rows(u: Floats) -> Floats:
    """The inverse of :func:`_flat`."""
    return np.column_stack([u[:4].reshape(2, 2), u[4:]])


def _flow(u: Floats, motion: EquationsOfMotion) -> Floats:
    """Derivative of :func:`_flat` coordinates, σ = e^{iπ/4}(x ± iy).

    The second half is mirrored on the way in and out, so that the solver sees equal halves equal.
    """
    u, out = u.copy(), np.empty(6)
    u[3] = -u[3]
    motion.derivative((u[:4].view(complex), u[4:]), (out[:4].view(complex), out[4:]))
    out[3] = -out[3]
    return out


def _jacobian(u: Floats, motion: EquationsOfMotion) -> Floats:
    """Derivative of the flow by the rows of u, (2, 3), flattened."""
    x, y, z = u.T
    matrix = motion.jacobian((x + 1j * _SIGNS * y, np.ascontiguousarray(z)))
    matrix[1] *= _SIGNS[:, None, None]  # (3, 2, 3, 2), the variable before the half
    matrix[:, :, 1] *= _SIGNS
    return matrix.transpose(1, 0, 3, 2).reshape(6, 6)


def _check(
    state: ArrayLike, n_spins: int, eta: float, delta: float, equations: Equations
) -> tuple[Floats, EquationsOfMotion]:
    values = check_finite("state", state)
    if values.shape != (2, 3):
        raise ValueError(f"state has shape {values.shape}; allowed: (2, 3), a row for each half")
    check_equations(equations, "paper", "product")
    half = check_even(n_spins) / 2
    # without the phase π/4 of σ the coupling -2iη becomes -2η
    coupling = complex(-2 * check_nonnegative("eta", eta))
    detunings = check_number("delta", delta) * _SIGNS
    return values, EquationsOfMotion(detunings, coupling, equations, np.full(2, half))
