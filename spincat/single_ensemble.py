"""Mean-field trajectories of identical spins (Eq. 24 and its relatives), in three variables.

The right-hand sides are compiled from the expressions of `spincat.symbolic.identical_spins`, so
that what is integrated is what is derived.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from spincat._checks import check_finite, check_nonnegative, check_positive_integer
from spincat.symbolic import identical_spins as symbolic

Floats = NDArray[np.float64]

EQUATIONS = {
    "printed": symbolic.printed,
    "reduced": symbolic.reduced,
    "product": symbolic.product,
}
"""Eq. 24 as printed, Eqs. 22-23 for identical spins, and the exact rates of a product state."""


def trajectory(
    equations: str, n_spins: int, eta: float, times: ArrayLike, start: tuple[float, float, float]
) -> Floats:
    r"""Integrate the mean-field equations of identical spins.

    Parameters
    ----------
    equations
        "printed" (Eq. 24), "reduced" (Eqs. 22-23) or "product".
    n_spins, eta
        Number of spins N and strength of the drive η/Γ2.
    times
        Increasing Γ2 t ≥ 0, the first of which is that of ``start``, shape (T,).
    start
        A > 0, ϕ and z.

    Returns
    -------
        A, ϕ and z, shape (3, T), to a relative accuracy of about 1e-8.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    RuntimeError
        If the integration fails.
    """
    if equations not in EQUATIONS:
        raise ValueError(f"equations = {equations!r}; allowed: {', '.join(EQUATIONS)}")
    check_positive_integer("n_spins", n_spins)
    check_nonnegative("eta", eta)
    when, (amplitude, phase, inversion) = check_finite("times", times), check_finite("start", start)
    if amplitude <= 0 or when.ndim != 1 or np.any(np.diff(when) <= 0) or when[0] < 0:
        raise ValueError(f"start = {start!r}, times = {times!r}; allowed: A > 0, increasing times")
    rates = _compiled(equations)
    # ln A instead of A, which falls below any absolute tolerance before it grows again
    solution = solve_ivp(
        lambda _, y: rates(*y, n_spins, eta),
        (when[0], when[-1]),
        [np.log(amplitude), phase, inversion],
        t_eval=when,
        method="LSODA",
        rtol=1e-9,
        atol=1e-11,
    )
    if not solution.success:
        raise RuntimeError(f"no convergence: {solution.message}")
    return np.array([np.exp(solution.y[0]), *solution.y[1:]])


@lru_cache
def _compiled(equations: str) -> Callable[..., list[float]]:
    """Return d(ln A, ϕ, z)/dt as a function of (ln A, ϕ, z, N, η)."""
    log_a, rates = sp.Symbol("log_a"), EQUATIONS[equations]()
    expressions = [
        sp.factor_terms(f).subs({symbolic.GAMMA: 1, symbolic.A: sp.exp(log_a)})
        for f in (rates.amplitude, rates.phase, rates.inversion)
    ]
    arguments = [log_a, symbolic.PHI, symbolic.Z, symbolic.N, symbolic.ETA]
    compiled: Callable[..., list[float]] = sp.lambdify(arguments, expressions, "math", cse=True)
    return compiled
