"""Mean-field trajectories of identical spins (Eq. 24 and its relatives), in three variables.

The right-hand sides are compiled from the expressions of `spincat.symbolic.identical_spins`, so
that what is integrated is what is derived.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp

from spincat.shared.checks import check_finite, check_nonnegative, check_positive_integer
from spincat.shared.types import Floats
from spincat.symbolic import identical_spins as symbolic

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
        A > 0, ϕ and z.  A phase closer than 1e-304 to ϕ = π/4 counts as that far from it.

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
    deviation = (phase + np.pi / 4) % np.pi - np.pi / 2  # φ - π/4, between -π/2 and π/2
    log_tan = np.clip(np.log(np.abs(np.tan(deviation)) + 1e-320), -700, 700)
    solution = solve_ivp(
        lambda _, y: rates(*y, n_spins, eta),
        (when[0], when[-1]),
        [np.log(amplitude), log_tan, inversion],
        t_eval=when,
        method="LSODA",
        rtol=1e-9,
        atol=1e-11,
    )
    if not solution.success:
        raise RuntimeError(f"no convergence: {solution.message}")
    log_a, log_tan, z = solution.y
    later = phase - deviation + np.sign(deviation) * np.arctan(np.exp(np.minimum(log_tan, 700)))
    return np.array([np.exp(log_a), later, z])


@lru_cache
def _compiled(equations: str) -> Callable[..., list[float]]:
    """Return d(ln A, u, z)/dt as a function of (ln A, u, z, N, η), u = ln tan(ϕ - π/4).

    Between two inversions A and ϕ - π/4 fall by many orders of magnitude below any absolute
    tolerance and grow again, and when they do decides what happens next.  Their logarithms have
    smooth rates: with ϕ̇ = b cos 2ϕ, u̇ = -2b and sin 2ϕ = -tanh u.
    """
    log_a, u, rates = sp.Symbol("log_a"), sp.Symbol("u"), EQUATIONS[equations]()
    sine, cosine = sp.sin(2 * symbolic.PHI), sp.cos(2 * symbolic.PHI)
    phase = -2 * sp.cancel(sp.expand(rates.phase) / cosine)
    replaced = {symbolic.GAMMA: 1, symbolic.A: sp.exp(log_a), sine: -sp.tanh(u)}
    expressions = [sp.expand(f).subs(replaced) for f in (rates.amplitude, phase, rates.inversion)]
    arguments = [log_a, u, symbolic.Z, symbolic.N, symbolic.ETA]
    compiled: Callable[..., list[float]] = sp.lambdify(arguments, expressions, "math", cse=True)
    return compiled
