r"""SymPy derivation of Sec. III.1, Eqs. 9-21, from the state of one spin and H₀ = δ_n σᶻ/2.

Each function is one step and returns what it arrived at; the notebook of the section calls them
in order.  H₀ and the coherent states are products over spins, so everything starts from overlaps
of one spin, and the average over independent detunings of a product is an N-th power.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from spincat.shared.checks import check_parity
from spincat.shared.types import Parity

theta, phi = sp.symbols("theta phi", real=True)
delta_n = sp.Symbol("delta_n", real=True)
delta, t = sp.symbols("delta t", positive=True)
C = sp.Symbol(r"(\cos\theta)", positive=True)
"""cos θ of an angle below π/2; as a symbol it keeps every expression a polynomial."""
N = sp.Symbol("N", positive=True)
"""The number of spins, as a real variable: limits and series in 1/N are taken in it."""
x = sp.Symbol("x", positive=True)
r"""The intensity x = \|α\|² = N tan²(θ/2)."""
v = sp.Symbol("v", positive=True)
"""v = exp(-δ²t²/2), the average of cos δ_n t."""


def single_spin_state(azimuth: sp.Expr = phi) -> sp.Matrix:
    r"""One factor of Eq. 5, cos(θ/2)\|g> + e^{iϕ} sin(θ/2)\|e>, as the components (e, g)."""
    return sp.Matrix([sp.exp(sp.I * azimuth) * sp.sin(theta / 2), sp.cos(theta / 2)])


def evolution() -> sp.Matrix:
    """exp(-iδ_n σᶻ t/2) of one spin in the basis (e, g), by exponentiating the matrix."""
    return sp.Matrix((-sp.I * delta_n * t / 2 * sp.diag(1, -1)).exp())


def overlap_factor(shift: sp.Expr = sp.S.Zero) -> sp.Expr:
    r"""<θ, ϕ+shift\| exp(-iH₀t) \|θ, ϕ> of one spin: a factor of Eq. 9, at π of its cross term."""
    bra = single_spin_state(phi + shift).applyfunc(sp.conjugate).T
    return sp.powsimp(sp.expand((bra * evolution() * single_spin_state())[0]), force=True)


def correlation(bra: sp.Expr, ket: sp.Expr) -> sp.Expr:
    """bra* · ket of two overlap factors, as a polynomial in cos θ, cos δ_n t and sin δ_n t."""
    halves = {sp.cos(theta / 2): sp.sqrt((1 + C) / 2), sp.sin(theta / 2): sp.sqrt((1 - C) / 2)}
    value = sp.expand(sp.conjugate(bra) * ket).subs(halves)
    value = sp.expand(sp.expand(value).rewrite(sp.cos))
    return sp.collect(value, [sp.cos(delta_n * t), sp.sin(delta_n * t)], sp.factor)


@cache
def harmonic_average() -> tuple[sp.Symbol, sp.Expr]:
    """m and E[exp(i m δ_n t)] over δ_n ~ Normal(0, δ²), by integrating against the density."""
    m = sp.Symbol("m", real=True)
    density = sp.exp(-(delta_n**2) / (2 * delta**2)) / (sp.sqrt(2 * sp.pi) * delta)
    integrand = sp.exp(sp.I * m * delta_n * t) * density
    return m, sp.simplify(sp.integrate(integrand, (delta_n, -sp.oo, sp.oo)))


def gaussian_average(expression: sp.Expr) -> sp.Expr:
    """E[expression] over δ_n, harmonic by harmonic, written with v = exp(-δ²t²/2)."""
    m, average = harmonic_average()
    result = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(expression.rewrite(sp.exp))):
        constant, harmonic = term.as_independent(delta_n)
        order = sp.simplify(sp.log(harmonic).expand(force=True) / (sp.I * delta_n * t))
        result += constant * average.subs(m, order)
    return sp.factor(sp.expand(result.subs(delta**2, -2 * sp.log(v) / t**2)))


def mean_coherent() -> sp.Expr:
    """Eq. 11: the average of one factor to the power N, because detunings are independent."""
    c = overlap_factor()
    return gaussian_average(correlation(c, c)) ** N


def mean_cat(parity: Parity) -> sp.Expr:
    r"""Eq. 16: the average of \|∏c_n ± ∏d_n\|², expanded, over (1 ± cosᴺθ)².

    c_n and d_n are the overlap factors with shift 0 and π.  E[∏ c_n* d_n] is real, so the two
    interference terms are equal.
    """
    sign = 1 if check_parity(parity) == "even" else -1
    c, d = overlap_factor(), overlap_factor(sp.pi)
    direct, crossed, mixed = (
        gaussian_average(correlation(*pair)) for pair in ((c, c), (d, d), (c, d))
    )
    return (direct**N + crossed**N + sign * 2 * mixed**N) / (1 + sign * C**N) ** 2


def variance_coherent() -> sp.Expr:
    """Var F = E[f²]^N - E[f]^{2N} with f the factor of one spin in Eq. 10."""
    c = overlap_factor()
    f = correlation(c, c)
    return gaussian_average(f**2) ** N - gaussian_average(f) ** (2 * N)


def at_intensity(expression: sp.Expr) -> sp.Expr:
    """Insert tan²(θ/2) = x/N: cos θ = (1 - x/N)/(1 + x/N)."""
    return expression.subs(C, (N - x) / (N + x))


def bosonic_series(expression: sp.Expr, order: int = 0) -> sp.Expr:
    """Coefficient of N^(-order) at fixed x: order 0 is the limit N → ∞.

    Powers base^N are written exp(N log base), and the exponents are expanded in 1/N.
    """
    eps = sp.Symbol("varepsilon", positive=True)  # 1/N

    def expand_power(power: sp.Expr) -> sp.Expr:
        base, exponent = sp.factor(power.base.subs(N, 1 / eps)), power.exp.subs(N, 1 / eps)
        return sp.exp(sp.series(exponent * sp.log(base), eps, 0, order + 1).removeO())

    written = at_intensity(expression).replace(lambda e: e.is_Pow and e.exp.has(N), expand_power)
    series = sp.series(written.subs(N, 1 / eps), eps, 0, order + 1).removeO()
    return sp.simplify(series.coeff(eps, order))


def hyperbolic(expression: sp.Expr) -> sp.Expr:
    """Factor, then use e^{2k} + 1 = 2e^k cosh k and e^{2k} - 1 = 2e^k sinh k on each factor.

    ``expression`` is rational in e^{2x} and e^{2gx}.
    """
    w, y = sp.symbols("w y", positive=True)
    rational = sp.expand_power_exp(sp.expand(sp.powsimp(sp.expand(expression))))
    factored = sp.factor(rational.subs({sp.exp(2 * x): w, sp.exp(2 * v * x): y}))
    squares = (w, x), (y, v * x), (y**2, 2 * v * x)  # u = e^{2k}
    halves = {u + 1: 2 * sp.sqrt(u) * sp.cosh(k) for u, k in squares}
    halves |= {u - 1: 2 * sp.sqrt(u) * sp.sinh(k) for u, k in squares}
    return sp.powsimp(factored.xreplace(halves).subs({w: sp.exp(2 * x), y: sp.exp(2 * v * x)}))


def in_time(expression: sp.Expr) -> sp.Expr:
    """Insert v = exp(-δ²t²/2)."""
    return expression.subs(v, sp.exp(-(delta**2) * t**2 / 2))


def short_time(expression: sp.Expr) -> sp.Expr:
    """The expression in v, as a function of time to order t²."""
    return sp.simplify(sp.series(in_time(expression), t, 0, 3).removeO())
