r"""Mean field of identical spins, in three variables: Eq. 24, its relatives, paths and Eq. 25.

The right-hand sides are compiled from the expressions of `spincat.symbolic.identical_spins`, so
that what is integrated is what is derived.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from spincat.mean_field import _lsoda
from spincat.shared.checks import (
    check_equations,
    check_finite,
    check_inside,
    check_nonnegative,
    check_positive_integer,
    check_times,
    refusal,
)
from spincat.shared.types import Equations, Floats

__all__ = ["EQUATIONS", "boson_amplitude", "dipole_amplitude", "rhs", "trajectory"]


EQUATIONS: tuple[Equations, ...] = get_args(Equations)
"""Eq. 24 as printed, Eqs. 22-23 for identical spins, and the exact rates of a product state."""


def rhs(state: ArrayLike, n_spins: int, eta: float, *, equations: Equations = "printed") -> Floats:
    r"""Time derivative of (A, ϕ, z) of identical spins with ⟨σ⁺⟩ = A exp(iϕ), Eq. 24 as printed.

    .. math::
        \dot A = A(-2\eta z\sin2\phi - 2A^2 + NzA^2),\quad \dot\phi = -2\eta zA\cos2\phi,\quad
        \dot z = A^2\left(8\eta\sin2\phi - 4(1+z) - 4NA^2\right) .

    Parameters
    ----------
    state
        (A, ϕ, z) along the last axis: A ≥ 0, ϕ in radians, and ⟨σᶻ⟩, shape (..., 3).
    n_spins, eta
        Number of spins N and strength of the drive η/Γ2.
    equations
        "printed", or those of which Eq. 24 is the limit for large N, but for the factor A in ϕ̇:
        "paper" (Eqs. 22-23) or "product", as in `spincat.symbolic.identical_spins.rates`.

    Returns
    -------
    Derivatives with respect to Γ2·t, shape (..., 3).

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.

    Examples
    --------
    Close to the fixed point of Eq. 25 little is left of terms of order 100:

    >>> rhs([0.2444, np.pi / 4, -0.8606], 10_000, 300.0).round(2) + 0.0
    array([0.54, 0.  , 0.61])
    """
    check_equations(equations)
    values = check_finite("state", state)
    if values.shape[-1:] != (3,) or np.any(values[..., 0] < 0):
        raise refusal("state", state, "A >= 0, phi and z, shape (..., 3)")
    at = *np.moveaxis(values, -1, 0), check_positive_integer("n_spins", n_spins)
    rates = _rates(equations)(*at, check_nonnegative("eta", eta))
    return np.stack(np.broadcast_arrays(*rates), axis=-1)


def trajectory(
    state: ArrayLike,
    n_spins: int,
    eta: float,
    times: ArrayLike,
    *,
    equations: Equations = "printed",
) -> Floats:
    r"""Integrate the mean-field equations of identical spins: Eq. 24, or those it comes from.

    Parameters
    ----------
    state
        A > 0, ϕ and z at the first time, shape (3,).  A phase closer than 1e-304 to ϕ = π/4 counts
        as that far from it.
    n_spins, eta
        Number of spins N and strength of the drive η/Γ2.
    times
        Increasing Γ2 t ≥ 0, the first of which is that of ``state``, shape (T,).
    equations
        "printed" (Eq. 24), "paper" (Eqs. 22-23) or "product".

    Returns
    -------
        A, ϕ and z, shape (3, T), to a relative accuracy of about 1e-8.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    ConvergenceError
        If the integration fails, or needs too many steps.

    Examples
    --------
    One hundred spins come to rest with the phase π/4:

    >>> trajectory([0.3, 0.5, -0.8], 100, 3.0, [0, 50], equations="paper")[:, -1].round(3)
    array([ 0.242,  0.785, -0.865])
    """
    check_equations(equations)
    n_spins, eta = check_positive_integer("n_spins", n_spins), check_nonnegative("eta", eta)
    when, values = check_times(times), check_finite("state", state)
    if values.shape != (3,) or values[0] <= 0:
        raise refusal("state", state, "A > 0, phi and z, shape (3,)")
    amplitude, phase, inversion = values
    rates = _logarithmic_rates(equations)
    deviation = (phase + np.pi / 4) % np.pi - np.pi / 2  # φ - π/4, between -π/2 and π/2
    log_tan = np.clip(np.log(np.abs(np.tan(deviation)) + 1e-320), -700, 700)
    start = [np.log(amplitude), log_tan, inversion]
    log_a, log_tan, z = _lsoda.solve(
        lambda y: rates(*y, n_spins, eta), start, when, begin=float(when[0]), rtol=1e-9, atol=1e-11
    )
    later = phase - deviation + np.sign(deviation) * np.arctan(np.exp(np.minimum(log_tan, 700)))
    return np.array([np.exp(log_a), later, z])


def dipole_amplitude(n_spins: int, eta: ArrayLike) -> Floats:
    r"""Amplitude \|⟨S₋⟩\|/√N = √N A of identical spins in the steady state of Eq. 25.

    .. math::
        \sqrt N A = \sqrt{\tfrac12\left(4\eta - 1 + \sqrt{1 - 16\eta/N}\right)} .

    Parameters
    ----------
    n_spins
        Number of spins N.
    eta
        Strengths of the drive η/Γ2, not negative, of any shape.

    Returns
    -------
    Amplitudes in the shape of ``eta``, NaN where Eq. 25 has no value: beyond η = N/16.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> dipole_amplitude(100, [1.0, 6.0, 7.0]).round(3)
    array([1.399, 3.406,   nan])
    """
    n_spins, values = _check_drives(n_spins, eta)
    with np.errstate(invalid="ignore"):
        root = np.sqrt(1 - 16 * values / n_spins)
        return np.asarray(np.sqrt((4 * values - 1 + root) / 2))


def boson_amplitude(n_spins: int, eta: ArrayLike) -> Floats:
    r"""Amplitude \|⟨a⟩\| of the Holstein-Primakoff boson in the limit of large N.

    It is √(Np), where p ≤ 1/2 is the excitation of a spin with the coherence A² = 2h of Eq. 25 to
    leading order, h = η/N:

    .. math::
        p(1 - p) = 2h , \qquad \sqrt{Np} = \sqrt{\tfrac N2\left(1 - \sqrt{1 - 8h}\right)} .

    Parameters
    ----------
    n_spins, eta
        As in :func:`dipole_amplitude`.

    Returns
    -------
    Amplitudes in the shape of ``eta``, NaN beyond h = 1/8.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> boson_amplitude(100, [1.0, 6.0, 13.0]).round(3)
    array([1.429, 3.734,   nan])
    """
    n_spins, values = _check_drives(n_spins, eta)
    with np.errstate(invalid="ignore"):
        root = np.sqrt(1 - 8 * values / n_spins)
    return np.asarray(np.sqrt(n_spins * (1 - root) / 2))


def _check_drives(n_spins: int, eta: ArrayLike) -> tuple[int, Floats]:
    values = check_finite("eta", eta)
    check_inside("eta", eta, not np.any(values < 0), "numbers of at least 0")
    return check_positive_integer("n_spins", n_spins), values


@cache
def _rates(equations: Equations) -> Callable[..., list[Floats]]:
    """Return d(A, ϕ, z)/dt as a function of (A, ϕ, z, N, η)."""
    import sympy as sp  # on request only: SymPy takes half a second to import

    from spincat.symbolic import identical_spins as symbolic

    rates = symbolic.rates(equations)
    rows = symbolic.A * rates.amplitude, rates.phase, rates.inversion
    arguments = symbolic.A, symbolic.PHI, symbolic.Z, symbolic.N, symbolic.ETA
    compiled: Callable[..., list[Floats]] = sp.lambdify(
        arguments, [row.subs(symbolic.GAMMA, 1) for row in rows], "numpy", cse=True
    )
    return compiled


@cache
def _logarithmic_rates(equations: Equations) -> Callable[..., list[float]]:
    """Return d(ln A, u, z)/dt as a function of (ln A, u, z, N, η), u = ln tan(ϕ - π/4).

    Between two inversions A and ϕ - π/4 fall by many orders of magnitude below any absolute
    tolerance and grow again, and when they do decides what happens next.  Their logarithms have
    smooth rates: with ϕ̇ = b cos 2ϕ, u̇ = -2b and sin 2ϕ = -tanh u.
    """
    import sympy as sp

    from spincat.symbolic import identical_spins as symbolic

    log_a, u, rates = sp.Symbol("log_a"), sp.Symbol("u"), symbolic.rates(equations)
    sine, cosine = sp.sin(2 * symbolic.PHI), sp.cos(2 * symbolic.PHI)
    phase = -2 * sp.cancel(sp.expand(rates.phase) / cosine)
    replaced = {symbolic.GAMMA: 1, symbolic.A: sp.exp(log_a), sine: -sp.tanh(u)}
    expressions = [sp.expand(f).subs(replaced) for f in (rates.amplitude, phase, rates.inversion)]
    arguments = [log_a, u, symbolic.Z, symbolic.N, symbolic.ETA]
    compiled: Callable[..., list[float]] = sp.lambdify(arguments, expressions, "math", cse=True)
    return compiled
