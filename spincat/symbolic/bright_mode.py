r"""Many broadened spins as a bright mode in a line: the limit of oscillators, and what it loses.

Classes of :math:`N_k = w_kN` equal spins become oscillators b_k for N → ∞ at a fixed number of
excitations, and :math:`a = S_-/\sqrt N = \sum_k\sqrt{w_k}\,b_k`.  One excitation tells everything
about the coupling of a to the other modes, since that is linear: its response, the continued
fraction of which is a chain, and the self-energy, of which a Lorentzian has a constant one.
Γ2 = 1, and x = 2η.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import sympy as sp

from spincat.shared.caching import cached
from spincat.shared.checks import check_choice, check_integer
from spincat.symbolic.holstein_primakoff import LadderOperator, a

N = sp.Symbol("N", positive=True)
n = sp.Symbol("n", positive=True)
"""Number of excitations: of a class, or of all spins."""
w = sp.Symbol("w_k", positive=True)
"""Part of the spins in a class."""
delta, gamma, G = sp.symbols("delta gamma G", positive=True)
"""Width of a line, half width of a Lorentzian, gap of the exchange."""
omega = sp.Symbol("omega")
x = sp.Symbol("x", positive=True)
"""The intensity 2η of the stabilised state."""
kappa, shift = sp.symbols("kappa_1 Delta", real=True)
"""Rate of a loss of single excitations, shift of the mode."""

Line = Literal["gaussian", "uniform", "two_point"]
LONGEST = 8


def class_element() -> sp.Expr:
    """⟨n - 1|S₋/√N|n⟩ within a class of w_k N spins for N → ∞: √w_k times that of an oscillator."""
    element = sp.sqrt(n * (w * N - n + 1) / N)
    return sp.limit(element, N, sp.oo)


def exchange_energy() -> sp.Expr:
    """The part (G/N) n (N - n + 1) of the exchange for N → ∞; the other one is -G a†a."""
    return sp.limit(G / N * n * (N - n + 1), N, sp.oo)


@cache
def hops_squared(line: Line, order: int) -> tuple[sp.Expr, ...]:
    r"""The squares of the first hops of the chain, from the moments of a line.

    .. math::
        t_k^2 = \frac{D_kD_{k-2}}{D_{k-1}^2}, \qquad D_k = \det(m_{i+j})_{i,j\le k} .

    Parameters
    ----------
    line
        ``"gaussian"``, ``"uniform"`` or ``"two_point"``, of standard deviation δ.
    order
        Number of hops, from 1 to 8; after a hop that is zero there is no other.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    check_choice("line", line, ("gaussian", "uniform", "two_point"))
    check_integer("order", order, 1, LONGEST)
    k = sp.Symbol("k", integer=True, nonnegative=True)
    even = {
        "gaussian": delta ** (2 * k) * sp.factorial2(2 * k - 1),
        "uniform": (3 * delta**2) ** k / (2 * k + 1),
        "two_point": delta ** (2 * k),
    }[line]
    moments = [even.subs(k, m // 2) if m % 2 == 0 else sp.S.Zero for m in range(2 * order + 1)]
    minors = [sp.S.One]  # of sizes 0, 1, ...
    for size in range(1, order + 2):
        minors.append(sp.factor(sp.Matrix(size, size, lambda i, j: moments[i + j]).det()))
        if minors[-1] == 0:
            break
    found = [sp.factor(minors[m + 1] * minors[m - 1] / minors[m] ** 2)
             for m in range(1, len(minors) - 1)]  # fmt: skip
    return tuple(found)


def self_energy(response: sp.Expr) -> sp.Expr:
    """Σ = ω - 1/G(ω) of a response in ``omega``: what the other modes add to the frequency."""
    return sp.simplify(omega - 1 / response)


def lorentzian_self_energy() -> sp.Expr:
    """Σ of a Lorentzian, with the response 1/(ω + iγ): no frequency in it, hence no memory."""
    return self_energy(1 / (omega + sp.I * gamma))


@cached()
def gapped_response() -> tuple[sp.Expr, sp.Expr]:
    r"""The response of a with exchange: from the matrix of one excitation, and 1/[ω - Σ(ω - G)].

    In K classes the matrix is :math:`\operatorname{diag}(\delta_k) + G(1 - vv^T)` with
    :math:`v_k = \sqrt{w_k}`, here for two classes.  Any number has
    :math:`1/G_a(\omega) = G + 1/G(\omega - G)`, as the exchange is of rank one but for its shift.
    """
    first, second = sp.symbols("delta_1 delta_2", real=True)
    vector = sp.Matrix([sp.sqrt(w), sp.sqrt(1 - w)])
    matrix = sp.diag(first, second) + G * (sp.eye(2) - vector * vector.T)
    direct = (vector.T * (omega * sp.eye(2) - matrix).inv() * vector)[0]
    distance = omega - G
    bare = w / (distance - first) + (1 - w) / (distance - second)
    return sp.factor(direct), sp.factor(1 / (omega - (distance - 1 / bare)))


def time_bin() -> tuple[sp.Expr, sp.Expr]:
    r"""Kraus operators of a step dt in which a meets a new empty mode of a line without memory.

    With the coupling :math:`\sqrt{2\gamma/dt}`, of one excitation from a to the mode, as it is if Σ
    = -iγ; to first order in dt, for the mode left empty and with one excitation.  They are those
    of a loss of single excitations at the rate 2γ.
    """
    dt = sp.Symbol("dt", positive=True)
    lower, upper = sp.symbols(r"a a^{\dagger}", commutative=False)
    strength = sp.sqrt(2 * gamma * dt)
    # exp(-i strength (a b† + a†b)) on the empty mode, to second order in the strength
    empty = 1 - strength**2 / 2 * upper * lower
    return empty, -sp.I * strength * lower


def loss_and_shift(response: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """(κ₁, Δ) = (-2 Im Σ, Re Σ) of a mode at frequency 0, from G(0), of a line at no distance."""
    sigma = -1 / response
    return sp.simplify(-2 * sp.im(sigma)), sp.simplify(sp.re(sigma))


def amplitude_rate() -> LadderOperator:
    """L†aL - {L†L, a}/2 with L = a² - x, the rate of a by drive and loss: -a†(a² - x)."""
    jump = a @ a - x * LadderOperator({0: sp.S.One})
    back = jump.adjoint()
    square = back @ jump
    half = sp.Rational(1, 2)
    rate: LadderOperator = back @ a @ jump - half * (square @ a) - half * (a @ square)
    return rate.simplify()


@cache
def held_intensity() -> sp.Expr:
    """r² of the steady amplitude a = r e^{iθ} of a' = -a*(a² - x) - (κ₁/2 + iΔ) a."""
    square, double = sp.symbols("r2 theta2", real=True)
    balance = square + kappa / 2 + sp.I * shift - x * sp.exp(-sp.I * double)
    # the modulus of x e^{-2iθ} is x
    rest = sp.expand((balance + x * sp.exp(-sp.I * double)) * (square + kappa / 2 - sp.I * shift))
    return max(sp.solve(sp.expand(rest) - x**2, square), key=lambda s: s.subs(_SAMPLE))


@cache
def vacuum_growth() -> sp.Expr:
    """The larger rate at which a small amplitude grows: positive where an intensity is held."""
    matrix = sp.Matrix([[-kappa / 2 - sp.I * shift, x], [x, -kappa / 2 + sp.I * shift]])
    return max(matrix.eigenvals(), key=lambda rate: sp.re(rate.subs(_SAMPLE)))


_SAMPLE = {x: 2, kappa: sp.Rational(1, 10), shift: sp.Rational(1, 10)}
