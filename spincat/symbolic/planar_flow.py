r"""SymPy reduction of Eqs. 26-28 to a flow in a plane, and its bifurcations in closed form.

With η = hN and N → ∞ the equations are of two kinds: one combination of A and ζ relaxes at a rate
of order N, everything else moves at a rate of order one.  Each function is one step and returns
what it arrived at; the notebook on the exact boundary calls them in order.  Γ2 = 1 throughout.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from spincat.symbolic import mirror_halves
from spincat.symbolic.mirror_halves import A, N, Rates, delta, eta, z, zeta

h = sp.Symbol("h", positive=True)
"""The drive per spin, η/N."""
y = sp.Symbol("y", real=True)
"""The distance from the fast constraint, times N: A²cos²ζ = 2h + y/N."""
u, w = sp.symbols("u w", positive=True)
"""u = tan ζ and w = 1 + z, in which the flow is rational."""
omega = sp.Symbol("omega", positive=True)
"""The frequency at the Hopf bifurcation."""


def printed_rates() -> Rates:
    """Ȧ/A, dζ/dt and ż/A² as printed in Eqs. 26-28, with η = hN."""
    scale = {eta: h * N, mirror_halves.Gamma_2: 1}
    return Rates(*(rate.subs(scale) for rate in mirror_halves.rates("printed")))


def rational(expression: sp.Expr) -> sp.Expr:
    """Write ζ and z by u = tan ζ and w = 1 + z."""
    circle = {
        sp.sin(2 * zeta): 2 * u / (1 + u**2),
        sp.cos(2 * zeta): (1 - u**2) / (1 + u**2),
        sp.cos(zeta): 1 / sp.sqrt(1 + u**2),
    }
    return sp.expand(expression.subs(circle).subs(z, w - 1))


def fast_part() -> Rates:
    """The coefficients of N in :func:`printed_rates`: all three contain A²cos²ζ - 2h."""
    rates = (sp.expand(rate).coeff(N, 1) for rate in printed_rates())
    return Rates(*(sp.factor(rate) for rate in rates))


@cache
def slow_part() -> Rates:
    """What is left for N → ∞ at fixed distance y from the constraint, in u and w."""
    square = (2 * h + y / N) * (1 + u**2)  # A²
    rates = []
    for rate in printed_rates():
        fraction = sp.cancel(sp.together(rational(rate).subs(A, sp.sqrt(square))))
        above, below = (sp.Poly(part, N) for part in sp.fraction(fraction))
        if above.degree() != below.degree():
            raise ArithmeticError("a rate of order N is left, or none of order one")
        rates.append(sp.factor(above.LC() / below.LC()))
    return Rates(*rates)


@cache
def distance() -> sp.Expr:
    """The y that keeps A²cos²ζ constant: Ȧ/A = tan ζ dζ/dt solved for y."""
    rates = slow_part()
    (solution,) = sp.solve(rates.amplitude - u * rates.phase, y)
    return sp.factor(solution)


@cache
def flow() -> tuple[sp.Expr, sp.Expr]:
    """The planar flow (du/dt, dw/dt): the slow rates at y, with A² = 2h(1 + u²)."""
    rates = slow_part()
    du = sp.cancel((1 + u**2) * rates.phase.subs(y, distance()))
    dw = sp.cancel(2 * h * (1 + u**2) * rates.inversion.subs(y, distance()))
    return sp.expand(du), sp.apart(dw, delta)


@cache
def fixed_points() -> tuple[sp.Expr, sp.Expr]:
    """(δ as a function of u and w, an expression in u and w that vanishes) at a fixed point."""
    du, dw = flow()
    (detuning,) = sp.solve(du, delta)
    condition = sp.numer(sp.together(dw.subs(delta, detuning)))
    (factor,) = (f for f, _ in sp.factor_list(condition)[1] if f.has(w))
    return detuning, factor


@cache
def squared_detuning() -> sp.Expr:
    """δ² as a function of w along the fixed points: u eliminated from :func:`fixed_points`."""
    detuning = fixed_points()[0]
    return sp.factor(sp.expand(detuning**2).subs(u**2, _u_squared()))


def _u_squared() -> sp.Expr:
    (square,) = {root**2 for root in sp.solve(fixed_points()[1], u)}
    return sp.expand(square)


@cache
def trace_and_determinant() -> tuple[sp.Expr, sp.Expr]:
    """Trace and determinant of the Jacobian of the flow at a fixed point, in w and h."""
    jacobian = sp.Matrix(flow()).jacobian([u, w]).subs(delta, fixed_points()[0])
    values = (sp.expand(sp.together(e)) for e in (jacobian.trace(), jacobian.det()))
    trace, determinant = (sp.factor(sp.simplify(e.subs(u**2, _u_squared()))) for e in values)
    return trace, determinant


def saddle_node() -> sp.Expr:
    """w where the determinant vanishes and δ is largest: two fixed points merge there."""
    return max(_roots(trace_and_determinant()[1]), key=lambda root: root.subs(h, 0))


def hopf() -> sp.Expr:
    """w where the trace vanishes."""
    return max(_roots(trace_and_determinant()[0]), key=lambda root: root.subs(h, 0))


def _roots(expression: sp.Expr) -> list[sp.Expr]:
    """Roots in w of the factor of an expression that contains both w and h."""
    factors = [f for f, _ in sp.factor_list(sp.numer(sp.together(expression)))[1] if f.has(h)]
    return [sp.simplify(root) for f in factors if f.has(w) for root in sp.solve(f, w)]


@cache
def bogdanov_takens() -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """(w, h, δ) where trace and determinant vanish together."""
    numerators = [sp.numer(sp.together(e)) for e in trace_and_determinant()]
    for value, strength in sp.solve(numerators, [w, h]):
        if 0 < value < 1 and strength > 0:
            square = squared_detuning().subs({w: value, h: strength})
            return value, sp.simplify(strength), sp.sqrt(sp.radsimp(sp.expand(square)))
    raise ArithmeticError("no point at which trace and determinant vanish")


def largest_detuning() -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """(w, h, δ) at the largest δ at which there is any fixed point, over all h."""
    square = squared_detuning()
    points = sp.solve([sp.diff(square, w), sp.diff(square, h)], [w, h], dict=True)
    values = [(p[w], p[h], sp.sqrt(square.subs(p))) for p in points if w in p and h in p]
    return max((v for v in values if v[2].is_positive), key=lambda v: v[2])


@cache
def lyapunov_coefficient() -> sp.Expr:
    r"""The first Lyapunov coefficient a at the Hopf bifurcation, as a function of w.

    In coordinates X = u - u₀, Y with Ẋ = -ωY + f, Ẏ = ωX + g the amplitude r of a small oscillation
    obeys ṙ = αr + ar³ near the bifurcation, α being half the trace, and

    .. math::
        16a = f_{XXX} + f_{XYY} + g_{XXY} + g_{YYY}
            + \tfrac1\omega\left[f_{XY}(f_{XX} + f_{YY}) - g_{XY}(g_{XX} + g_{YY})
            - f_{XX}g_{XX} + f_{YY}g_{YY}\right] .

    For a > 0 the bifurcation is subcritical: there is an unstable cycle where α < 0.
    """
    detuning, square = fixed_points()[0], trace_and_determinant()[1]
    matrix = sp.Matrix(flow()).jacobian([u, w]).subs(delta, detuning)
    p, q = matrix[0, 0], matrix[0, 1]
    # X = u - u₀, ωY = -p(u - u₀) - q(w - w₀), so that ∂_X and ∂_Y are these combinations
    slope, scale = sp.symbols("slope scale")  # p/q and ω/q

    def derivatives(field: sp.Expr) -> dict[tuple[int, int], sp.Expr]:
        values = {(0, 0): field}
        for i, j in _ORDERS:
            if i:
                before = values[i - 1, j]
                values[i, j] = sp.diff(before, u) - slope * sp.diff(before, w)
            else:
                values[i, j] = -scale * sp.diff(values[i, j - 1], w)
        return {order: value.subs(delta, detuning) for order, value in values.items()}

    of_u, of_w = (derivatives(rate) for rate in flow())
    f, g = of_u, {o: -(p * of_u[o] + q * of_w[o]) / omega for o in of_u}
    total = f[3, 0] + f[1, 2] + g[2, 1] + g[0, 3]
    total += (
        f[1, 1] * (f[2, 0] + f[0, 2]) - g[1, 1] * (g[2, 0] + g[0, 2])
        - f[2, 0] * g[2, 0] + f[0, 2] * g[0, 2]
    ) / omega  # fmt: skip
    (strength,) = sp.solve(sp.numer(sp.together(trace_and_determinant()[0])), h)
    total = sp.cancel(total.subs({slope: p / q, scale: omega / q}).subs(h, strength) / 16)
    squares = [sp.factor(e.subs(h, strength)) for e in (_u_squared(), square)]
    above, below = (_even(part, *squares) for part in sp.fraction(total))
    return sp.factor(above / below)


def _even(polynomial: sp.Expr, u_squared: sp.Expr, omega_squared: sp.Expr) -> sp.Expr:
    """Insert the squares of u and ω in a polynomial that is even in both."""
    terms = sp.Poly(polynomial, u, omega).terms()
    return sum(c * u_squared ** (i // 2) * omega_squared ** (j // 2) for (i, j), c in terms)


_ORDERS = (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (3, 0)
