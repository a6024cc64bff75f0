r"""SymPy reduction of the mean-field equations of N spins, Eqs. 22-23, at large N.

With η = hN the mean ⟨σ⁺⟩ of all spins relaxes to √(2h) e^{iπ/4} at a rate of order N, whatever the
detunings.  What is left for each spin is the same for Eqs. 22-23 and for the exact equations of a
product state: they differ in a term that is the same for all spins, and that the constraint on the
mean determines anyhow.  Γ2 = 1 and ⟨σ⁺⟩ = e^{iπ/4} s throughout.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from spincat.shared.caching import cached
from spincat.shared.checks import check_equations
from spincat.shared.types import Equations
from spincat.symbolic.spin_rates import Pair, rates_of_spin

N, h = sp.symbols("N h", positive=True)
delta = sp.Symbol("delta_n", real=True)
w = sp.Symbol("w", positive=True)
"""1 + ⟨σᶻ⟩ of the spin."""
s, s_conjugate = sp.symbols("s s^{*}")
"""e^{-iπ/4}⟨σ⁺⟩ of the spin and its conjugate, as independent symbols."""
epsilon, epsilon_conjugate = sp.symbols(r"epsilon \epsilon^{*}")
"""The distance of the mean from the constraint, times N: mean s = √(2h) + ε/N."""
c2, s2 = sp.symbols("c_2 s_2", real=True)
"""Means of w/2 and of ss* over all spins."""
t2, t2_conjugate, rest, rest_conjugate = sp.symbols("t_2 t_2^{*} r r^{*}")
"""Means of s² and of (w/2 - ss*)s over all spins, and their conjugates."""
G, G_conjugate = sp.symbols("G G^{*}")
"""What acts on every spin alike."""
gamma = sp.Symbol("gamma", positive=True)
"""γ = -G/√(2h) of a steady state of a symmetric distribution of detunings."""
a, b = sp.symbols("a b", real=True)
"""Real and imaginary part of s."""


def mean_rate() -> sp.Expr:
    """The part of order N of the rate of a spin, over z: it vanishes if the mean is √(2h)."""
    mean, conjugate = sp.symbols("m m^{*}")
    return sp.factor(sp.expand(_rates(mean, conjugate, "paper")[0]).coeff(N, 1) / (w - 1))


@cached()
def spin_rates(equations: Equations) -> tuple[sp.Expr, sp.Expr]:
    """(ds/dt, dw/dt) of one spin for N → ∞, from Eqs. 22-23 ("paper") or exact ("product")."""
    root = sp.sqrt(2 * h)
    rates = _rates(root + epsilon / N, root + epsilon_conjugate / N, equations)
    slow = []
    for rate in rates:
        powers = sp.expand(rate)
        if powers.coeff(N, 1) != 0:
            raise ArithmeticError("a rate of order N is left")
        slow.append(powers.coeff(N, 0))
    return slow[0], slow[1]


def common_term(equations: Equations) -> sp.Expr:
    """G: the factor of z in ds/dt that does not depend on the state of the spin itself."""
    rate = spin_rates(equations)[0]
    return sp.collect(sp.expand(rate.subs({s: 0, s_conjugate: 0}) / (w - 1)).simplify(), h)


@cached()
def slow_rates(equations: Equations) -> tuple[sp.Expr, sp.Expr]:
    """(ds/dt, dw/dt) written with G, which holds everything that distinguishes the equations."""
    common = common_term(equations)
    swap = {epsilon: epsilon_conjugate, t2: t2_conjugate, rest: rest_conjugate}
    conjugate = common.subs(swap, simultaneous=True)
    solved = {
        epsilon: sp.solve(common - G, epsilon)[0],
        epsilon_conjugate: sp.solve(conjugate - G_conjugate, epsilon_conjugate)[0],
    }
    ds, dw = (sp.expand(rate.subs(solved)) for rate in spin_rates(equations))
    return sp.collect(ds, [G, h]), sp.collect(dw, [G, G_conjugate, h])


@cache
def steady_spin() -> tuple[sp.Expr, sp.Expr]:
    """(s, an expression that vanishes) for a steady spin, with G = -√(2h)γ real."""
    ds, dw = slow_rates("paper")
    real = {G: -sp.sqrt(2 * h) * gamma, G_conjugate: -sp.sqrt(2 * h) * gamma}
    (value,) = sp.solve(ds.subs(real), s)
    (conjugate,) = sp.solve(ds.subs(real).subs({s: s_conjugate, sp.I: -sp.I}), s_conjugate)
    condition = sp.together(dw.subs(real).subs({s: value, s_conjugate: conjugate}))
    (factor,) = (f for f, _ in sp.factor_list(sp.numer(condition))[1] if f.has(gamma) and f.has(w))
    return sp.factor(value), factor


def self_consistency() -> sp.Expr:
    """Re s/√(2h) of a steady spin, whose mean must be 1, in w and γ."""
    value, condition = steady_spin()
    real = 4 * h * w * sp.sqrt(2 * h) * gamma * (1 - w) / (16 * h**2 * w**2 + delta**2)
    if sp.simplify(sp.re(value.rewrite(sp.Add)) - real) != 0:
        raise ArithmeticError("not the real part of s")
    (square,) = sp.solve(condition, delta**2)
    return sp.simplify((real / sp.sqrt(2 * h)).subs(delta**2, square))


@cache
def emission() -> tuple[sp.Expr, sp.Expr]:
    """What :func:`slow_rates` have beside the detuning and G: each spin emits by itself.

    The rest turns the Bloch vector (2s, z) of a spin without changing its length.
    """
    ds, dw = slow_rates("paper")
    still = {G: 0, G_conjugate: 0, delta: 0}
    return sp.factor(ds.subs(still)), sp.factor(dw.subs(still))


@cache
def drift_of_halves() -> tuple[sp.Expr, sp.Expr]:
    r"""(du/dt, z²) of two halves δ_n = ±δ that keep their total spins, s = √(2h)(1 ± iu).

    Spins of one half that are coupled to the others by S₋ only cannot change its total spin N/4.
    So :func:`emission` is left out, 4\|s\|² + z² = 1, and G is what holds the mean at √(2h).
    """
    u = sp.Symbol("u", real=True)
    parts = sp.symbols("G_r G_i", real=True)
    rate = slow_rates("paper")[0] - emission()[0]
    halves = [
        sp.expand(rate.subs({s: sp.sqrt(2 * h) * (1 + sign * sp.I * u), delta: sign * delta,
                             G: parts[0] + sp.I * parts[1]}))
        for sign in (1, -1)
    ]  # fmt: skip
    held = sum(halves).as_real_imag()
    (force,) = sp.solve([sp.expand(part) for part in held], parts, dict=True)
    turning = sp.simplify(halves[0].subs(force) / (sp.I * sp.sqrt(2 * h)))
    return turning, 1 - 8 * h * (1 + u**2)


@cache
def linearised() -> tuple[sp.Matrix, sp.Matrix]:
    """The Jacobian of (a, b, w) of one spin at fixed real G, and the derivatives by Re G, Im G."""
    real, imaginary = sp.symbols("G_r G_i", real=True)
    parts = {
        s: a + sp.I * b, s_conjugate: a - sp.I * b,
        G: real + sp.I * imaginary, G_conjugate: real - sp.I * imaginary,
    }  # fmt: skip
    ds, dw = (sp.expand(rate.subs(parts)) for rate in slow_rates("paper"))
    rates = sp.Matrix([ds.as_real_imag()[0], ds.as_real_imag()[1], sp.expand(dw)])
    steady = {imaginary: 0, real: -sp.sqrt(2 * h) * gamma}
    return (rates.jacobian([a, b, w]).subs(steady), rates.jacobian([real, imaginary]).subs(steady))


@cache
def mirror_breaking() -> tuple[sp.Expr, sp.Expr]:
    """Trace and determinant of what disturbs the mirror symmetry of two halves, δ_n = ±δ.

    A disturbance with opposite a and w in the halves needs equal b, and the mean of b is fixed:
    so b stays zero, which determines the field in quadrature, and a and w are left.
    The values are those at a fixed point, in w and h.
    """
    u = sp.Symbol("u", positive=True)  # tan ζ, with u² = w(1 - w)/(4h) - 1
    root = sp.sqrt(2 * h)
    matrix, fields = (m.subs({a: root, b: root * u, gamma: w**2}) for m in linearised())
    matrix = matrix.subs(delta, 4 * h * w * u)
    slaved = -matrix[1, :] / fields[1, 1]  # the field in quadrature per unit of (a, b, w)
    full = matrix + fields[:, 1] * slaved
    reduced = full.extract([0, 2], [0, 2]).applyfunc(sp.expand)
    reduced = reduced.subs(u**2, w * (1 - w) / (4 * h) - 1)
    return sp.factor(reduced.trace()), sp.factor(reduced.det())


def _rates(mean: sp.Expr, conjugate: sp.Expr, equations: Equations) -> tuple[sp.Expr, sp.Expr]:
    """Eqs. 22-23 with η = hN and the phase π/4 taken out, sums over the other spins inserted."""
    c1, c1_conjugate = mean - s / N, conjugate - s_conjugate / N
    excited = c2 - w / (2 * N)
    flux, q = 2 * c1 * excited, c1 * c1_conjugate + excited / N
    if check_equations(equations, "paper", "product") == "product":
        own = s * s_conjugate
        square = s2 - own / N
        flux = 2 * c1 * (excited - square) - (t2 - s**2 / N) * c1_conjugate
        flux -= 2 / N * (rest - (w / 2 - own) * s / N)
        q -= square / N
    flux += N * c1**2 * c1_conjugate
    swap = {
        s: s_conjugate, s_conjugate: s, epsilon: epsilon_conjugate, epsilon_conjugate: epsilon,
        t2: t2_conjugate, rest: rest_conjugate, mean: conjugate, conjugate: mean,
    }  # fmt: skip
    triple = Pair(flux, sp.expand(flux).subs(swap, simultaneous=True))
    # for s the phase of the drive is -π/2
    d_s, d_w = rates_of_spin(
        Pair(s, s_conjugate), w - 1, Pair(c1, c1_conjugate), triple, q, h * N, turn=-sp.I
    )
    return d_s + sp.I * delta * s, d_w
