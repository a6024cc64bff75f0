r"""The quantum Zeno limit of many spins: two cats, dark modes, and what leaks in between.

A state of the bright mode is an entire function, :math:`\sum_nc_nz^n/\sqrt{n!}`, on which a is d/dz
and a† is z (Bargmann).  A coherent state is :math:`e^{\beta z}`, and the cats of ±α, α = √x, are

.. math::
    C_+ = \frac{\cosh\alpha z}{\sqrt{\cosh x}} , \qquad C_- = \frac{\sinh\alpha z}{\sqrt{\sinh x}} ,

and the jump operator L = a² - x is a second derivative that gives zero on both of them.  A line of
detunings enters by its characteristic function φ(t) = E[cos δt], the free response of the bright
mode.  With the Laplace transform :math:`\hat f(s)` of a function f,

.. math::
    D[f](t) = \mathcal L^{-1}\left[\frac{1}{s^2\hat f(s)}\right] , \qquad
    \int_0^t f(t-\tau)\,D[f](\tau)\,d\tau = t ,

describes how many excitations dark modes get from a source that stays as it is.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import sympy as sp

from spincat.shared.checks import check_parity
from spincat.shared.types import Parity

#: Intensity x of the cats, argument of Bargmann's functions, time, hop to the first dark mode.
x, z, t, hop = sp.symbols("x z t t_1", positive=True)
#: Width of a line, the variable of Laplace transforms, and that of integrals from -1 to 1.
delta, s, u = sp.symbols("delta s u", positive=True)
#: The first dark mode and its adjoint.
B, B_DAGGER = sp.symbols(r"b b^{\dagger}", commutative=False)


class Cats(NamedTuple):
    """The even and the odd cat as functions of z, normalised."""

    even: sp.Expr
    odd: sp.Expr


def cats() -> Cats:
    """Return C₊ and C₋."""
    root = sp.sqrt(x)
    return Cats(sp.cosh(root * z) / sp.sqrt(sp.cosh(x)), sp.sinh(root * z) / sp.sqrt(sp.sinh(x)))


def inner(left: sp.Expr, right: sp.Expr) -> sp.Expr:
    r"""Return ⟨f|g⟩ of two real sums of exponentials, of which each pair has the product exp(μν).

    Both may hold powers of z, which are derivatives to μ and ν.
    """
    total = sp.Integer(0)
    for first, power, mu in _exponentials(left):
        for second, other, nu in _exponentials(right):
            m, n = sp.symbols("m n")
            value = sp.diff(sp.exp(m * n), m, power, n, other).subs({m: mu, n: nu})
            total += first * second * value
    return total


def _exponentials(function: sp.Expr) -> list[tuple[sp.Expr, int, sp.Expr]]:
    """Write a function as a sum of c z^k exp(μz) and return (c, k, μ) of each."""
    of_z = (term for term in function.atoms(sp.cosh, sp.sinh) if term.has(z))
    written = function.xreplace({term: term.rewrite(sp.exp) for term in of_z})
    result = []
    for term in sp.Add.make_args(sp.expand(written)):
        constant, rest = term.as_independent(z)
        mu, power = sp.Integer(0), 0
        for factor in sp.Mul.make_args(rest):
            if isinstance(factor, sp.exp):
                mu += sp.simplify(factor.args[0] / z)
            else:
                power += int(sp.degree(factor, z))
        result.append((constant, power, mu))
    return result


@cache
def lowering() -> sp.ImmutableMatrix:
    r"""Return a on the two cats, which it exchanges: :math:`\sqrt x(\tanh x)^{\pm1/2}`.

    The derivative of a cat is a multiple of the other one, so the loss confines a to their span.
    """
    even, odd = cats()
    down = sp.simplify(sp.diff(even, z) / odd), sp.simplify(sp.diff(odd, z) / even)
    return sp.ImmutableMatrix([[0, down[1]], [down[0], 0]])


def hamiltonian() -> sp.ImmutableMatrix:
    r"""Return :math:`t_1(A^\dagger b + Ab^\dagger)`: all that is left of the bright mode.

    Each element changes the number of dark excitations by one and exchanges the cats: the parity of
    all excitations is conserved.
    """
    a = lowering()
    return hop * (a.T * B + a * B_DAGGER)


def driven_out(parity: Parity) -> sp.Expr:
    """Return the part of a†C that is orthogonal to both cats, as a function of z.

    Raises
    ------
    ValueError
        If ``parity`` is not "even" or "odd".
    """
    cat, other, element = _pair(parity)
    return z * cat - element * other


def left_by_jump(parity: Parity) -> sp.Expr:
    r"""Return φ = Lχ, what a jump leaves of the state driven out, without a gap.

    .. math::
        \tfrac12L^\dagger L\chi = \perp
        \quad\Rightarrow\quad \varphi = \frac{2\perp(z)}{z^2-x} ,

    since L† is a multiplication by z² - x.  It has no pole, as ⊥ is orthogonal to the cats.

    Raises
    ------
    ValueError
        If ``parity`` is not "even" or "odd".
    """
    return 2 * driven_out(parity) / (z**2 - x)


def left_as_integral(parity: Parity) -> sp.Expr:
    r"""Return the weight w(u) of :math:`\varphi = \int_{-1}^1w(u)\,e^{\sqrt x\,uz}\,du`.

    w'' = x²w: two integrations by parts leave the boundary, which is the numerator of
    `left_by_jump`.  The states are coherent ones between ±α, odd in u for the even cat.

    Raises
    ------
    ValueError
        If ``parity`` is not "even" or "odd".
    """
    scale, shape = _weight(parity)
    return scale * shape


def _weight(parity: Parity) -> tuple[sp.Expr, sp.Expr]:
    if check_parity(parity) == "even":
        return sp.sqrt(x) / (sp.sinh(x) * sp.sqrt(sp.cosh(x))), sp.sinh(x * u)
    return sp.sqrt(x) / (sp.cosh(x) * sp.sqrt(sp.sinh(x))), sp.cosh(x * u)


def loss(parity: Parity) -> sp.Expr:
    r"""Return :math:`g = \langle\perp|\chi\rangle = \tfrac12\|\varphi\|^2` without a gap.

    .. math::
        g_+ = \frac{\cosh x\operatorname{Chin}4x - \sinh x\operatorname{Shi}4x}
                   {2\cosh x\sinh^2x} , \qquad
        g_- = \frac{\cosh x\operatorname{Shi}4x - \sinh x\operatorname{Chin}4x}
                   {2\sinh x\cosh^2x} ,

    with :math:`\operatorname{Chin}y = \operatorname{Chi}y - \gamma - \ln y`: 2x²/9 and 2 for small
    x, 1/(2x) for large.  Dark excitations are lost at the rate :math:`2t_1^2g\,b^\dagger b`.

    Raises
    ------
    ValueError
        If ``parity`` is not "even" or "odd".
    """
    scale, shape = _weight(parity)
    # ‖φ‖² = ∬ w(u) w(v) exp(xuv): over v, and with y = exp(x(1 + u)) at the same time over -v,
    # it is 2 scale²/x ∫ shape(u) sinh(x(1 + u))/(1 + u) du
    y = sp.Symbol("y", positive=True)
    exponentials = shape.rewrite(sp.exp).subs(sp.exp(x * u), y * sp.exp(-x))
    product = sp.expand(exponentials.subs(sp.exp(-x * u), sp.exp(x) / y) * (y - 1 / y) / 2)
    rising, falling = product.coeff(y, 2), product.coeff(y, -2)
    chin = sp.Chi(4 * x) - sp.EulerGamma - sp.log(4 * x)
    both = (rising + falling).rewrite(sp.cosh), (rising - falling).rewrite(sp.cosh)
    return scale**2 / x * (sp.simplify(both[0]) * chin + sp.simplify(both[1]) * sp.Shi(4 * x))


def pair_element(parity: Parity) -> sp.Expr:
    r"""Return ⟨C'\|φ⟩ with the other cat C': it is in the first order of ⟨a²⟩ - x.

    .. math::
        \frac{\sqrt x\,[\sinh(2x)/(2x)-1]}{(\cosh x)^{1/2}(\sinh x)^{3/2}}
        \quad\text{and}\quad
        \frac{\sqrt x\,[\sinh(2x)/(2x)+1]}{(\sinh x)^{1/2}(\cosh x)^{3/2}}

    for the even and for the odd cat.

    Raises
    ------
    ValueError
        If ``parity`` is not "even" or "odd".
    """
    scale, shape = _weight(parity)
    _, other, _ = _pair(parity)
    # a coherent state takes the value of a function: (exp(βz), f) = f(β)
    constant = sp.simplify(other.subs(z, sp.sqrt(x) * u) / shape)
    square = sp.integrate(sp.expand((shape**2).rewrite(sp.exp)), (u, -1, 1))
    return scale * constant * sp.simplify(square)


def _pair(parity: Parity) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """The cat, the other one, and the element of a† between them."""
    even, odd = cats()
    a = lowering()
    if check_parity(parity) == "even":
        return even, odd, a[0, 1]
    return odd, even, a[1, 0]


def leaving(parity: Parity) -> sp.Expr:
    r"""Return 1 - F at short times, :math:`\|H|C,0\rangle\|^2t^2`, with t₁ = δ: Eq. 20 exactly.

    Drive and loss do not change how dephasing begins.

    Raises
    ------
    ValueError
        If ``parity`` is not "even" or "odd".
    """
    a = lowering()
    rate = (a[1, 0] if check_parity(parity) == "even" else a[0, 1]) ** 2
    return sp.simplify(rate * delta**2 * t**2)


@cache
def fed(response: sp.Expr) -> sp.Expr:
    r"""Return D[f](t) of a response f(t): 1 + δ²t²/2 for cos δt, 1 + γt for e^{-γt}."""
    transform = sp.laplace_transform(response, t, s, noconds=True)
    return sp.simplify(
        sp.inverse_laplace_transform(sp.apart(sp.simplify(1 / (s**2 * transform)), s), s, t)
    )


def displaced_fidelity(response: sp.Expr) -> sp.Expr:
    r"""Return the fidelity of any of the three states for large x.

    There :math:`A = \sqrt x\,\sigma_x`, up to e^{-2x}: dark modes are displaced by ±β, by the sign
    of α, and

    .. math::
        F = e^{-|\beta(t)|^2}, \qquad |\beta|^2
          = 2xt_1^2\operatorname{Re}\int_0^t(t-\tau)\langle b(\tau)b^\dagger\rangle\,d\tau
          = 2x\,(\operatorname{Re}D[\varphi] - 1) .

    The states are superpositions of two displaced ones and have x + \|β\|² excitations; the
    amplitude of the coherent state stays as it is.
    """
    return sp.exp(-2 * x * (fed(response) - 1))


def hard_core() -> sp.Expr:
    r"""Return the transform of the response of the first dark mode beside an odd cat, small x.

    The bright mode then has one excitation at most.  Two free excitations have the response
    k = φ², and b is reached by derivatives; to forbid two in the bright mode, which have k too, is

    .. math::
        \hat R = \hat K_{ab,ab} - \frac{\hat K_{ab,aa}\hat K_{aa,ab}}{\hat K_{aa,aa}}
              = \frac1{2t_1^2}\left(\frac1{\hat k} - s\right) .
    """
    k = sp.Symbol("k", positive=True)
    both = k
    mixed = sp.I / (sp.sqrt(2) * hop) * (s * k - 1)  # √2 φ iφ'/t₁ = i k'/(√2 t₁)
    apart = -(s**2 * k - s) / (2 * hop**2)  # -(φφ'' + φ'²)/t₁² = -k''/(2t₁²), k'(0) = 0
    return sp.simplify(apart - mixed**2 / both)


def exchange_fidelity(response: sp.Expr, parity: Parity) -> sp.Expr:
    r"""Return the fidelity of a cat to the lowest order in x, with the response φ(t) of the line.

    .. math::
        F_- = |\varphi|^2, \qquad F_+ = 1 - x^2(\operatorname{Re}D[\varphi^2] - 1) .

    Without drive and loss, Eq. 18 has F₋ = φ² and F₊ = 1 - x²(1 - φ²) there: the odd cat dephases
    as if it were free.  The even one, of which 1 - x² stays then, goes on being lost; but for two
    points, which bring it back.

    Raises
    ------
    ValueError
        If ``parity`` is not "even" or "odd".
    """
    if check_parity(parity) == "odd":
        return response**2
    return 1 - x**2 * (fed(sp.expand((response**2).rewrite(sp.exp))) - 1)
