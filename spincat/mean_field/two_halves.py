r"""Two halves detuned by ±δ that need not mirror each other: six equations for N spins.

Eqs. 22-23, or the exact equations of a product state, with the same state for all spins of a half:
⟨σ⁺⟩ = A₊ exp[i(π/4 + ζ₊)] for the detuning +δ, A₋ exp[i(π/4 - ζ₋)] for -δ, and z₊, z₋.
Equal halves stay equal; with Eqs. 22-23 they obey Eqs. 26-28 up to terms smaller by a factor 1/N.
Whether they stay equal when something disturbs them is what these equations decide.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from spincat.mean_field import all_spins
from spincat.mean_field.mirror_halves import cartesian, check_even, check_times, polar
from spincat.model.ensemble import SpinEnsemble
from spincat.shared.checks import check_finite, check_nonnegative, check_number
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Floats

__all__ = ["fixed_point", "integrate", "jacobian", "rhs", "spins"]

Equations = Literal["product", "paper"]


def rhs(
    state: ArrayLike, n_spins: int, eta: float, delta: float, *, equations: Equations = "product"
) -> Floats:
    r"""Time derivative of the two halves, from Eqs. 22-23 or exact in a product state.

    .. math::
        \dot\sigma = \pm i\delta\sigma - 2i\eta z c_1^* - 2\sigma Q + zT ,\qquad
        \dot z = 8\eta\,\mathrm{Im}(\sigma c_1) - 4(1 + z)Q - 4\,\mathrm{Re}(\sigma T^*) ,

    with c₁ = (1/N)Σσ_j, c₂ = (1/N)Σ(1 + z_j)/2 over all spins but the one whose derivative it is.
    Eqs. 22-23 have T = c₁(2c₂ + N\|c₁\|²), Q = c₂/N + \|c₁\|²; the exact T and Q are those of
    `spincat.mean_field.all_spins.product_state_rhs`.

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
    """
    values, n, eta, delta, exact = _check(state, n_spins, eta, delta, equations)
    u = cartesian(values)
    dx, dy, dz = _flow(np.ascontiguousarray(u.T), n, eta, delta, exact)
    with np.errstate(divide="ignore", invalid="ignore"):
        d_amplitude = (u[:, 0] * dx + u[:, 1] * dy) / values[:, 0]
        d_zeta = (u[:, 0] * dy - u[:, 1] * dx) / values[:, 0] ** 2
    return np.stack([d_amplitude, d_zeta, dz], axis=-1)


def jacobian(
    state: ArrayLike, n_spins: int, eta: float, delta: float, *, equations: Equations = "product"
) -> Floats:
    """Jacobian of the six equations in (A cos ζ, A sin ζ, z) of the first half, then the second.

    By complex steps: the equations are polynomials of these coordinates, so that the result is
    exact to rounding.  Of its eigenvalues at a steady state, three belong to motions that keep the
    halves equal and three to motions that do not.

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
    """
    values, n, eta, delta, exact = _check(state, n_spins, eta, delta, equations)
    return _complex_step(cartesian(values), n, eta, delta, exact)


def fixed_point(
    state: ArrayLike, n_spins: int, eta: float, delta: float, *, equations: Equations = "product"
) -> Floats:
    """The steady state of the six equations that Newton's method finds from ``state``.

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
    """
    start = np.broadcast_to(check_finite("state", state), (2, 3))
    values, n, eta, delta, exact = _check(start, n_spins, eta, delta, equations)
    u = cartesian(values)
    for _ in range(50):
        residual = _flow(np.ascontiguousarray(u.T), n, eta, delta, exact).T.ravel()
        step = np.linalg.solve(_complex_step(u, n, eta, delta, exact), residual).reshape(2, 3)
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
    """Solve the six equations with SciPy's LSODA.

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
        If the solver fails.
    """
    values, n, eta, delta, exact = _check(state, n_spins, eta, delta, equations)
    grid = check_times(times)

    def derivative(_: float, u: Floats) -> Floats:
        return np.asarray(_flow(u.reshape(3, 2), n, eta, delta, exact).ravel())

    start = np.ascontiguousarray(cartesian(values).T).ravel()
    tolerance = {"rtol": check_number("rtol", rtol), "atol": rtol / 100}
    solution = solve_ivp(
        derivative, (0.0, float(grid[-1])), start, method="LSODA", t_eval=grid, **tolerance
    )
    if not solution.success:
        raise ConvergenceError(solution.message)
    return polar(solution.y.T.reshape(len(grid), 3, 2).swapaxes(1, 2))


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
    ConvergenceError
        If the steps become too short.
    """
    start = np.broadcast_to(check_finite("state", state), (2, 3))
    values, *_ = _check(start, n_spins, eta, delta, equations)
    grid, sign = check_times(times), np.array([1.0, -1.0])
    halves = values[:, 0] * np.exp(1j * (np.pi / 4 + sign * values[:, 1]))
    sigma, z = (np.repeat(x, n_spins // 2) for x in (halves, values[:, 2]))
    normal = np.random.default_rng(seed).standard_normal((2, n_spins)) / np.sqrt(2)
    sigma = sigma * (1 + check_nonnegative("noise", noise) * (normal[0] + 1j * normal[1]))
    length = np.maximum(1.0, np.sqrt(4 * np.abs(sigma) ** 2 + z**2))  # stay in the sphere
    ensemble = SpinEnsemble(n_spins, eta, detunings=np.repeat(delta * sign, n_spins // 2))
    sigma, z = all_spins.integrate(ensemble, sigma / length, z / length, grid, equations=equations)
    return sigma * np.exp(-0.25j * np.pi), z


@njit(cache=True)
def _flow(u: NDArray, n: float, eta: float, delta: float, exact: bool) -> NDArray:  # type: ignore[type-arg]
    """Derivative of the rows x, y, z of both halves, shape (3, 2), in the frame turned by π/4.

    σ = e^{iπ/4}(x + iy) here, so that y = A sin ζ in the first half and -A sin ζ in the second;
    the second half is mirrored on the way in and out.  Real arithmetic only, so that complex steps
    give derivatives.
    """
    sign = np.array([1.0, -1.0])
    x, y, z = u[0], u[1] * sign, u[2]
    excited, size2 = (1 + z) / 2, x * x + y * y
    out = np.empty_like(u)
    for m in range(2):
        weight = np.full(2, 0.5)  # of each half in (1/N) times the sum over the other spins
        weight[m] -= 1 / n
        c, s = np.sum(weight * x), np.sum(weight * y)
        c2, square = np.sum(weight * excited), c * c + s * s
        if exact:
            c2 = c2 - np.sum(weight * size2)
        q = square + c2 / n
        tx, ty = (n * square + 2 * c2) * c, (n * square + 2 * c2) * s
        if exact:
            # t2 conj(c1), with t2 = (1/N) sum of (x + iy)²
            re, im = np.sum(weight * (x * x - y * y)), np.sum(weight * 2 * x * y)
            rest = excited - size2
            tx = tx - (re * c + im * s) - 2 / n * np.sum(weight * rest * x)
            ty = ty - (im * c - re * s) - 2 / n * np.sum(weight * rest * y)
        out[0, m] = -sign[m] * delta * y[m] - 2 * eta * z[m] * c - 2 * x[m] * q + z[m] * tx
        out[1, m] = sign[m] * delta * x[m] + 2 * eta * z[m] * s - 2 * y[m] * q + z[m] * ty
        out[2, m] = 8 * eta * (x[m] * c - y[m] * s) - 4 * (1 + z[m]) * q
        out[2, m] -= 4 * (x[m] * tx + y[m] * ty)
    out[1] *= sign
    return out


def _complex_step(u: Floats, n: float, eta: float, delta: float, exact: bool) -> Floats:
    """Jacobian of the flow by the rows of u, (2, 3), flattened."""
    columns = []
    for direction in np.eye(6).reshape(6, 2, 3):
        shifted = np.ascontiguousarray((u + 1e-30j * direction).T)
        columns.append(_flow(shifted, n, eta, delta, exact).T.ravel().imag / 1e-30)
    return np.array(columns).T


def _check(
    state: ArrayLike, n_spins: int, eta: float, delta: float, equations: str
) -> tuple[Floats, float, float, float, bool]:
    values = check_finite("state", state)
    if values.shape != (2, 3):
        raise ValueError(f"state has shape {values.shape}; allowed: (2, 3), a row for each half")
    if equations not in get_args(Equations):
        raise ValueError(f"equations = {equations!r}; allowed: 'product' or 'paper'")
    n = float(check_even(n_spins))
    numbers = check_nonnegative("eta", eta), check_number("delta", delta)
    return values, n, *numbers, equations == "product"
