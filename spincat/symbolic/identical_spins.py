r"""Mean field of identical spins: Eqs. 24-25 from Eqs. 22-23, and what decides their fixed point.

With ⟨σ⁺⟩ = A exp(iϕ) and z = ⟨σz⟩ the same for all spins, three sets of equations are compared:
"printed" (Eq. 24), "paper" (Eqs. 22-23) and "product" (the exact derivative of a product state).
"""

from __future__ import annotations

from typing import NamedTuple

import sympy as sp

from spincat.shared.checks import check_equations
from spincat.shared.types import Equations
from spincat.symbolic.spin_rates import rates_of_spin, with_conjugate

A, ETA, GAMMA, H = sp.symbols("A eta Gamma_2 h", positive=True)
PHI, Z = sp.symbols("phi z", real=True)
N = sp.Symbol("N", integer=True, positive=True)


class Rates(NamedTuple):
    r"""Rates of change of the three variables of identical spins."""

    amplitude: sp.Expr  #: Ȧ/A
    phase: sp.Expr  #: ϕ̇
    inversion: sp.Expr  #: ż
    emission: sp.Expr | None  #: Q, a quarter of the rate (in Γ2) at which one spin emits


def rates(equations: Equations) -> Rates:
    r"""Return the rates of identical spins, at any N: Eq. 24, or what Eqs. 22-23 give.

    "printed" is Eq. 24,

    .. math::
        \dot A/A = -2\eta z\sin2\phi - 2\Gamma_2A^2 + N\Gamma_2zA^2, \quad
        \dot\phi = -2\eta zA\cos2\phi, \quad
        \dot z/A^2 = 8\eta\sin2\phi - 4\Gamma_2(1+z) - 4\Gamma_2NA^2 .

    With :math:`c_1 = \frac{N-1}N A e^{i\phi}`, :math:`c_2 = \frac{N-1}{2N}(1+z)`, no detuning,

    .. math::
        \dot\sigma = -2i\eta z c_1^* - 2\Gamma_2\sigma Q + \Gamma_2 zT, \quad
        \dot z = 8\eta\operatorname{Im}(\sigma c_1) - 4\Gamma_2(1+z)Q
            - 4\Gamma_2\operatorname{Re}(\sigma T^*),

    "paper" (Eqs. 22-23) has :math:`Q = c_2/N + |c_1|^2` and :math:`T = c_1(2c_2 + N|c_1|^2)`.  In
    "product", the exact rates, spins that coincide in a sum are counted once: with
    :math:`s_2 = t_2 = \frac{N-1}NA^2`, :math:`Q = |c_1|^2 + (c_2-s_2)/N` and
    :math:`T = N|c_1|^2c_1 + 2c_1(c_2-s_2) - t_2c_1^* - \frac2N(p_1 - s_3)`.

    Parameters
    ----------
    equations
        "printed", "paper" or "product".

    Raises
    ------
    ValueError
        If ``equations`` is none of these.

    Examples
    --------
    >>> rates("printed").phase
    -2*A*eta*z*cos(2*phi)
    """
    if check_equations(equations, "printed", "paper", "product") == "printed":
        return Rates(
            -2 * ETA * Z * sp.sin(2 * PHI) - 2 * GAMMA * A**2 + N * GAMMA * Z * A**2,
            -2 * ETA * Z * A * sp.cos(2 * PHI),
            A**2 * (8 * ETA * sp.sin(2 * PHI) - 4 * GAMMA * (1 + Z) - 4 * GAMMA * N * A**2),
            A**2,
        )
    share = (N - 1) / N
    c_1, c_2 = share * A, share * (1 + Z) / 2  # c_1 without its phase
    if equations == "paper":
        return _split(c_2 / N + c_1**2, share * (2 * c_2 + N * c_1**2))
    s_2 = share * A**2
    third = 2 * (c_2 - s_2) / N
    field = N * share**3 * A**2 + share * (2 * (c_2 - s_2) - s_2) - third
    return _split(c_1**2 + (c_2 - s_2) / N, field)


def _split(emission: sp.Expr, field: sp.Expr) -> Rates:
    """Split Eqs. 22-23 into rates of A, ϕ and z; ``field`` is T/σ, a real number."""
    sigma = A * sp.exp(sp.I * PHI)
    spin, c_1, triple = map(with_conjugate, (sigma, (N - 1) / N * sigma, field * sigma))
    d_sigma, d_z = rates_of_spin(spin, Z, c_1, triple, emission, ETA, gamma=GAMMA)
    amplitude, phase = _parts(d_sigma / sigma)
    return Rates(amplitude, phase, _parts(d_z)[0], sp.factor(emission))


def _parts(expression: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Return the real and the imaginary part of a sum of exponentials in ϕ."""
    parts = sp.powsimp(sp.expand(expression)).rewrite(sp.cos).expand().as_real_imag()
    return sp.expand(parts[0]), sp.expand(parts[1])


def order(expression: sp.Expr, power: int) -> sp.Expr:
    r"""Return the coefficient of :math:`N^k` at fixed h = η/(NΓ2) and fixed A, ϕ, z.

    Parameters
    ----------
    expression
        A rate of `Rates`.
    power
        The power k.
    """
    return sp.factor(sp.expand(sp.expand(expression).subs(ETA, H * N * GAMMA)).coeff(N, power))


def length_rate(rates: Rates) -> sp.Expr:
    r"""Return the rate of the squared length ℓ = 4A² + z² of the Bloch vector.

    For all three sets it is :math:`-8\Gamma_2Q\,[2A^2 + z(1+z)]`, what a spin that emits on its
    own at the rate 4QΓ2 would lose.
    """
    return sp.factor(sp.simplify(8 * A**2 * rates.amplitude + 2 * Z * rates.inversion))


def fixed_points() -> list[dict[sp.Symbol, sp.Expr]]:
    r"""Return the fixed points (A², z) of Eq. 24 with ϕ = π/4 and A ≠ 0, at any N.

    .. math::
        z = -\frac{N-2\pm\sqrt{(N+2)^2 - 16N\eta/\Gamma_2}}{2N}, \qquad
        A^2 = \frac{2\eta/\Gamma_2 - 1 - z}{N},

    which to leading order in 1/N is Eq. 25; the physical one, with the upper sign, comes first.
    """
    square = sp.Symbol("A2")
    printed = rates("printed")
    conditions = [
        sp.expand(f.subs(PHI, sp.pi / 4)).subs(A**2, square)
        for f in (printed.amplitude, sp.expand(printed.inversion / A**2))
    ]
    found = sp.solve(conditions, [square, Z], dict=True)
    return sorted(
        ({A**2: sp.simplify(s[square]), Z: sp.simplify(s[Z])} for s in found),
        key=lambda s: float(s[Z].subs({N: 100, ETA: 1, GAMMA: 1})),
    )


def jacobian(rates: Rates) -> sp.Matrix:
    """Return the matrix of derivatives of (Ȧ, ϕ̇, ż) by (A, ϕ, z)."""
    rows = sp.Matrix([A * rates.amplitude, rates.phase, rates.inversion])
    return rows.jacobian([A, PHI, Z])


def slow_rate() -> sp.Expr:
    r"""Return ż on the line A² = 2h of fixed points of the fast motion.

    .. math::
        \dot z = -8h\Gamma_2\,\frac{4h + z(1+z)}{z} .

    On that line A is constant to leading order, so that 2zż is the rate of the length.
    """
    rate = length_rate(rates("printed")).subs(A, sp.sqrt(2 * H)) / (2 * Z)
    return sp.factor(rate)


def barrier() -> tuple[sp.Expr, sp.Expr]:
    r"""Return the logarithm of the nearly dark state's slope, and the exponent Δ(m) of the rate.

    The recursion of the nearly dark state gives, per excitation and at n = Nq,
    :math:`\ln|c_{n+1}/c_n|^2 = \ln\frac{2h}{q(1-q)}`: a maximum at p, a minimum at 1 - p, where
    p(1-p) = 2h.  The fall between them is NΔ, with :math:`m = 1-2p = \sqrt{1-8h}`,

    .. math::
        \Delta = \int_p^{1-p}\ln\frac{q(1-q)}{2h}\,\mathrm dq = 2\operatorname{artanh}m - 2m .
    """
    q, p, m = sp.symbols("q p m", positive=True)
    slope = sp.log(2 * H / (q * (1 - q)))
    primitive = sp.integrate(sp.log(q), q)  # of ln q; that of ln(1-q) is its mirror image
    area = 2 * (primitive.subs(q, 1 - p) - primitive.subs(q, p))
    area -= (1 - 2 * p) * (sp.log(p) + sp.log(1 - p))  # 2h = p(1-p)
    return slope, sp.simplify(sp.expand(area.subs(p, (1 - m) / 2)))
