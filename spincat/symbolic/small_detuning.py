r"""Appendix C: the steady state of two detuned halves for a small detuning, by expansion.

Everything is in units of Γ2.  At ζ = 0 the equations for A and z do not contain δ, and to first
order in ζ the third one is :math:`\dot\zeta = \delta + K\zeta`, so that :math:`\zeta = -\delta/K`.
The steady state is expanded in 1/N in two ways, which answer different questions: at a fixed drive
η, as in Eq. 48, and at a fixed h = η/N, as in Eqs. 29, 49 and 50.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple, get_args

import sympy as sp

from spincat.symbolic.mirror_halves import A, Gamma_2, N, Rates, delta, eta, z, zeta

Fixed = Literal["eta", "h"]

#: Inverse number of spins, 1/N.
epsilon = sp.Symbol("epsilon", positive=True)
#: Drive per spin, h = η/N, and the root of Eq. 29, s = √(1 − 16h).
h, s = sp.symbols("h s", positive=True)
# Rescaled unknowns, A² and z or N A² and N (1 + z).
_a, _w = sp.symbols("a w")


class Steady(NamedTuple):
    """Coefficients of 1, 1/N, 1/N², … in the steady state at ζ = 0."""

    amplitude_squared: tuple[sp.Expr, ...]  #: of A²
    inversion: tuple[sp.Expr, ...]  #: of z
    slope: tuple[sp.Expr, ...]  #: of K = ∂(dζ/dt)/∂ζ


def linearise(rates: Rates) -> Rates:
    """Return the equations to first order in ζ, in units of Γ2: Eq. 47 without its slips.

    Raises
    ------
    ValueError
        If dA/dt or dz/dt has a term linear in ζ, so that ζ does not separate.
    """
    at = {zeta: 0, Gamma_2: 1}
    for even in (rates.amplitude, rates.inversion):
        if sp.expand(sp.diff(even, zeta).subs(at)) != 0:
            raise ValueError("rates are not even in ζ; allowed: Eqs. 26-28 or their like")
    first = rates.phase.subs(at) + zeta * sp.diff(rates.phase, zeta).subs(at)
    return Rates(
        sp.expand(rates.amplitude.subs(at)),
        sp.expand(first),
        sp.expand(rates.inversion.subs(at)),
    )


def printed_linearised() -> Rates:
    """Return Eq. 47 as the paper prints it (Γ2 = 1)."""
    amplitude = -2 * A**2 + (N - 1) / N * (z * (1 - 2 * eta + (N - 2) * A**2) + z**2)
    phase = delta - z / N * (N + 4 * eta - 2 * N * eta + (N - 2) * A**2 + N * z) * zeta
    bracket = 1 + 2 * N * (eta - 1) - 2 * eta - (N - 2) * (N - 1) * A**2 + z - 2 * N * z
    return Rates(amplitude, phase, 4 * A**2 / N * bracket)


@cache
def steady_state(rates: Rates, fixed: Fixed, order: int) -> Steady:
    r"""Expand the steady state at ζ = 0 in powers of 1/N (Eq. 48; at fixed h Eqs. 29 and 50).

    The drive cancels in :math:`\dot A/A + (z/4)\,\dot z/A^2`.  Without that combination the leading
    orders of the two conditions are the same one, A² = 2η/N.

    Parameters
    ----------
    rates
        Any of `spincat.symbolic.mirror_halves.rates`.
    fixed
        "eta" to hold η fixed; "h" to hold h = η/N, written with s = √(1 − 16h).
    order
        Highest power of 1/N.

    Returns
    -------
        The coefficients up to the power ``order``, functions of η or of s.

    Raises
    ------
    ValueError
        If ``fixed`` is not one of the two.
    """
    if fixed not in get_args(Fixed):
        raise ValueError(f"fixed = {fixed!r}; allowed: 'eta' or 'h'")
    parameter = eta if fixed == "eta" else s
    domain = sp.QQ.frac_field(parameter)
    first, second, slope = _conditions(rates, fixed)
    conditions = [sp.Poly(f, _a, _w, epsilon) for f in (first, second)]
    a, w = (sp.Poly(value, epsilon, domain=domain) for value in _leading(conditions, fixed))
    at = {_a: a.as_expr(), _w: w.as_expr(), epsilon: 0}
    jacobian = sp.Matrix(2, 2, lambda i, j: conditions[i].diff((_a, _w)[j]).as_expr().subs(at))
    for k in range(1, order + 2):
        rest = [_insert(condition, a, w, domain) for condition in conditions]
        step = jacobian.LUsolve(-sp.Matrix([f.coeff_monomial(epsilon**k) for f in rest]))
        a += sp.Poly(step[0] * epsilon**k, epsilon, domain=domain)
        w += sp.Poly(step[1] * epsilon**k, epsilon, domain=domain)
    rate = _insert(sp.Poly(slope, _a, _w, epsilon), a, w, domain)
    powers = range(order + 1)
    if fixed == "eta":  # a and w are N A² and N (1 + z), otherwise A² and z themselves
        a, w = a * epsilon, w * epsilon - 1
    return Steady(
        tuple(sp.factor(a.coeff_monomial(epsilon**k)) for k in powers),
        tuple(sp.factor(w.coeff_monomial(epsilon**k)) for k in powers),
        tuple(sp.factor(rate.coeff_monomial(epsilon ** (k + 1))) for k in powers),
    )


def as_series(coefficients: tuple[sp.Expr, ...]) -> sp.Expr:
    """Return the sum of coefficients times powers of 1/N."""
    return sp.Add(*(value / N**k for k, value in enumerate(coefficients)))


def spread_coefficients(rates: Rates) -> tuple[sp.Expr, sp.Expr]:
    """Return the coefficients of 1 and 1/N in ζ/δ = −1/K at fixed h (Eq. 49), functions of s."""
    zeroth, first = steady_state(rates, "h", 1).slope
    return sp.factor(-1 / zeroth), sp.factor(first / zeroth**2)


def in_h(value: sp.Expr) -> sp.Expr:
    """Write a rational function of s as a + b/√(1 − 16h) with a and b rational in h."""
    root, turned = sp.sqrt(1 - 16 * h), value.subs(s, -s)
    even, odd = sp.cancel((value + turned) / 2), sp.cancel((value - turned) * s / 2)
    return sp.factor(even.subs(s, root)) + sp.factor(odd.subs(s, root)) / root


def slow_conditions(rates: Rates) -> tuple[sp.Expr, sp.Expr]:
    r"""Let N → ∞ at fixed h on the fast constraint A²cos²ζ = 2h; both results are zero when steady.

    Two combinations are free of the fast terms of order N: the one of `steady_state` without the
    drive, and :math:`\dot\zeta + \tan\zeta\,\dot A/A`.
    """
    squared = 2 * h / sp.cos(zeta) ** 2
    scale = {A: sp.sqrt(squared), N: 1 / epsilon, eta: h / epsilon, Gamma_2: 1}
    combinations = (
        (rates.amplitude + z * rates.inversion / 4) * sp.cos(zeta) ** 2,
        rates.phase + sp.tan(zeta) * rates.amplitude,
    )
    inversion, phase = (
        sp.simplify(sp.expand(sp.expand_trig(value.subs(scale))).subs(epsilon, 0))
        for value in combinations
    )
    return inversion, phase


def detuning_series(rates: Rates, order: int) -> sp.Expr:
    """Return the detuning δ that gives a spread ζ, for N → ∞, as a series in ζ; from 22-23."""
    inversion, phase = slow_conditions(rates)
    lower = min(sp.solve(inversion, z), key=lambda root: root.subs({h: 0.01, zeta: 0.1}))
    needed = sp.solve(phase.subs(z, lower), delta)[0].subs(h, (1 - s**2) / 16)
    series = sp.series(needed, zeta, 0, order + 1).removeO()
    return sp.collect(sp.expand(sp.simplify(series)), zeta, sp.factor)


def _conditions(rates: Rates, fixed: Fixed) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """Scale the equations at ζ = 0: dA/dt = 0, the combination without drive, and K/N."""
    linear = linearise(rates)
    slope = sp.diff(linear.phase, zeta) / N
    # times A², since (dz/dt)/A² has a term with 1/A²
    combination = (linear.amplitude + z * linear.inversion / 4) * A**2
    if fixed == "eta":
        scale = {A: sp.sqrt(epsilon * _a), z: -1 + epsilon * _w, N: 1 / epsilon}
        factors = sp.S.One, epsilon**-2
    else:
        scale = {A: sp.sqrt(_a), z: _w, N: 1 / epsilon, eta: (1 - s**2) / 16 / epsilon}
        factors = epsilon, sp.S.One
    first, second = linear.amplitude * factors[0], combination * factors[1]
    values = (sp.expand(value.subs(scale)) for value in (first, second, slope))
    return tuple(values)


def _leading(conditions: list[sp.Poly], fixed: Fixed) -> tuple[sp.Expr, sp.Expr]:
    """Solve for N → ∞; of two roots take the one that is the ground state without drive."""
    equations = [condition.as_expr().subs(epsilon, 0) for condition in conditions]
    for solution in sp.solve(equations, [_a, _w], dict=True):
        a, w = sp.factor(solution[_a]), sp.factor(solution[_w])
        if a != 0 and (fixed == "eta" or w.subs(s, 1) == -1):
            return a, w
    raise ValueError("equations have no synchronised steady state at N → ∞")


def _insert(condition: sp.Poly, a: sp.Poly, w: sp.Poly, domain: sp.Domain) -> sp.Poly:
    """Put two series in 1/N into a polynomial."""
    total = sp.Poly(0, epsilon, domain=domain)
    for (i, j, k), coefficient in condition.terms():
        total += sp.Poly(coefficient * epsilon**k, epsilon, domain=domain) * a**i * w**j
    return total
