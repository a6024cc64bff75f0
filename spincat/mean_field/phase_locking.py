r"""The locked state of two oppositely detuned halves in mean-field theory, without expansions.

The spread ζ is the independent variable: for a given ζ two equations fix A² and z, and the third
gives the detuning that the spread needs.  So nothing is lost where ζ(δ) has two branches.  Three
sets of equations are compared: "printed" (Eqs. 26-28), "paper" (Eqs. 22-23 with the ansatz, nothing
dropped) and "product" (exact for uncorrelated spins).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from spincat.shared.checks import (
    check_equations,
    check_inside,
    check_nonnegative,
    check_number,
    check_positive_integer,
    refusal,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Equations


class LockedState(NamedTuple):
    """A steady state of the two halves."""

    amplitude_squared: float  #: A², of order η/N
    inversion: float  #: z, close to −1
    delta: float  #: detuning δ/Γ2 that gives the spread


def locked_state(equations: Equations, n_spins: int, eta: float, spread: float) -> LockedState:
    r"""Return the steady state of Eqs. 26-28, or of those they stand for, with the phases π/4 ± ζ.

    It is on the branch of the ground state.

    Newton's method starts from N → ∞, where A² cos²ζ = 2h and −z(1+z) cos²ζ = 4h with h = η/N.

    Parameters
    ----------
    equations
        "printed", "paper" or "product".
    n_spins
        Number of spins N, even.
    eta
        Strength of the drive η/Γ2, above 0 and below N cos²ζ/16.
    spread
        ζ in radians, \|ζ\| < π/2.

    Returns
    -------
    A², z and the detuning that gives the spread.

    Raises
    ------
    ValueError
        If a parameter is outside its range.
    ConvergenceError
        If Newton's method does not converge.

    Examples
    --------
    >>> state = locked_state("printed", 10_000, 200.0, 0.2)
    >>> round(state.amplitude_squared, 4), round(state.inversion, 3), round(state.delta, 4)
    (0.0416, -0.908, 0.0015)
    """
    check_equations(equations)
    h, cosine = _check(n_spins, eta, spread)
    n_spins, eta, spread = int(n_spins), float(eta), float(spread)
    rates, jacobian, phase, _ = _compiled(equations)
    # Unknowns of order one: N A² and N (1 + z), which are 2η and 4η for weak drive.
    lower = (1 - np.sqrt(1 - 16 * h / cosine)) / 2
    x = np.array([2 * eta / cosine, n_spins * lower])
    for _ in range(50):
        values = np.ravel(rates(*x, spread, n_spins, eta))
        step = np.linalg.solve(np.asarray(jacobian(*x, spread, n_spins, eta), dtype=float), values)
        x -= step
        if np.all(np.abs(step) <= 1e-13 * np.abs(x)):
            needed = -float(phase(*x, spread, n_spins, eta))
            return LockedState(float(x[0]) / n_spins, float(x[1]) / n_spins - 1, needed)
    raise ConvergenceError(
        f"no {equations} steady state found for n_spins = {n_spins}, eta = {eta}, spread = {spread}"
    )


def restoring_rate(equations: Equations, n_spins: int, eta: float) -> float:
    r"""Return −K in units of Γ2, where Eq. 27 is :math:`\dot\zeta = \delta + K\zeta` near ζ = 0.

    A small detuning gives ζ = δ/(−K) if −K > 0; if −K < 0 the synchronised state is unstable.

    Parameters
    ----------
    equations, n_spins, eta
        As in `locked_state`.

    Returns
    -------
    Rate in units of Γ2, positive if the synchronised state is stable.

    Raises
    ------
    ValueError, ConvergenceError
        As in `locked_state`.

    Examples
    --------
    The ratio to that of Eq. 29:

    >>> round(restoring_rate("printed", 1000, 20.0) * small_spread(1000, 20.0), 3)
    0.982
    """
    state = locked_state(equations, n_spins, eta, 0.0)
    slope, n_spins, eta = _compiled(equations)[3], int(n_spins), float(eta)
    scaled = n_spins * state.amplitude_squared, n_spins * (1 + state.inversion)
    return -float(slope(*scaled, 0.0, n_spins, eta))


def weakest_drive(equations: Equations, n_spins: int, ratio: float = 0.0) -> float | None:
    r"""Return the drive η/Γ2 above which −K exceeds ``ratio`` times that of Eq. 29.

    With ``ratio`` = 0 the synchronised state is unstable below that drive.  For N → ∞ the ratio of
    the rates is 1 − c/16η with c = 4 ("printed"), 8 ("paper") and 0 ("product").

    Parameters
    ----------
    equations, n_spins
        As in `locked_state`.
    ratio
        A number below 1.

    Returns
    -------
        The drive between 0.01 and N/32, or None if −K exceeds the ratio on a grid of 60 drives,
        equally spaced in their logarithm, over all of that range.

    Raises
    ------
    ValueError
        If a parameter is outside its range, or −K is smaller at N/32.

    Examples
    --------
    >>> round(weakest_drive("printed", 1000), 3)
    0.251
    """
    check_equations(equations)
    check_inside("ratio", ratio, check_number("ratio", ratio) < 1, "a number below 1")
    n_spins = check_positive_integer("n_spins", n_spins)

    def excess(eta: float) -> float:
        return restoring_rate(equations, n_spins, eta) * small_spread(n_spins, eta) - ratio

    grid = np.geomspace(0.01, n_spins / 32, 60)
    below = np.flatnonzero([excess(eta) <= 0 for eta in grid])
    if below.size == 0:
        return None
    if below[-1] == grid.size - 1:
        raise ValueError(f"n_spins = {n_spins}; allowed: more spins for ratio = {ratio}")
    return float(brentq(excess, grid[below[-1]], grid[below[-1] + 1], xtol=1e-10))


def small_spread(n_spins: int, eta: float) -> float:
    r"""Return ζ/δ of Eq. 29 in units of 1/Γ2, :math:`(1+\sqrt{1-16h})/(32h^2)` with h = η/N.

    Parameters
    ----------
    n_spins, eta
        As in `locked_state`.

    Returns
    -------
    ζ/δ in radians per unit of δ/Γ2.

    Raises
    ------
    ValueError
        If a parameter is outside its range.

    Examples
    --------
    >>> round(small_spread(1000, 20.0), 2)
    142.55
    """
    h, _ = _check(n_spins, eta, 0.0)
    return float((1 + np.sqrt(1 - 16 * h)) / (32 * h**2))


def _check(n_spins: int, eta: float, spread: float) -> tuple[float, float]:
    """Return h and cos²ζ of parameters for which the state exists at N → ∞."""
    if check_positive_integer("n_spins", n_spins) % 2:
        raise refusal("n_spins", n_spins, "an even number, for two equal halves")
    if not abs(check_number("spread", spread)) < np.pi / 2:
        raise refusal("spread", spread, "-pi/2 to pi/2")
    h, cosine = check_nonnegative("eta", eta) / n_spins, float(np.cos(spread)) ** 2
    if not 0 < h < cosine / 16:
        limit = n_spins * cosine / 16
        raise refusal("eta", eta, f"above 0 and below N cos²ζ/16 = {limit:.6g}")
    return h, cosine


@cache
def _compiled(equations: Equations) -> tuple[Callable[..., np.ndarray], ...]:
    """Compile the two conditions for A and z, their Jacobian, dζ/dt at δ = 0 and its slope."""
    import sympy as sp  # on request only: SymPy takes half a second to import

    from spincat.symbolic import mirror_halves as derive

    a, w = sp.symbols("a w")
    scale = {derive.A: sp.sqrt(a / derive.N), derive.z: -1 + w / derive.N, derive.Gamma_2: 1}
    derived = derive.rates(equations)
    # The second combination is free of the drive, else the two conditions nearly coincide.
    first = derived.amplitude.subs(scale)
    second = (derived.amplitude + derive.z * derived.inversion / 4).subs(scale) * derive.N
    conditions = sp.Matrix([sp.expand(first), sp.expand(second)])
    phase = sp.expand((derived.phase - derive.delta).subs(scale))
    arguments = a, w, derive.zeta, derive.N, derive.eta
    results = conditions, conditions.jacobian([a, w]), phase, sp.diff(phase, derive.zeta)
    return tuple(sp.lambdify(arguments, value, "numpy") for value in results)
