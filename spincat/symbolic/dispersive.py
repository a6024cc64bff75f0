r"""The dispersive transformation of Appendix A (arXiv:2403.16491), from Eq. 31 to Eqs. 32-33.

A cavity mode a and the collective spin S± = Σσ±, S_z = Σσz/2 are noncommuting SymPy symbols; the
four commutators

.. math::
    [a, a^\dagger] = 1, \quad [S_-, S_+] = -2S_z, \quad [S_z, S_+] = S_+, \quad [S_-, S_z] = S_-

bring every product to the order a†, a, S₊, S_z, S₋, so that two expressions are equal if their
ordered forms are.  SymPy orders products of bosons but knows no collective spin; pymablock orders
bosons and single spins, and is used as a second way with the Holstein-Primakoff form of S₋.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import sympy as sp
from pymablock import block_diagonalize
from pymablock.number_ordered_form import NumberOperator, NumberOrderedForm
from sympy.physics.quantum import Dagger
from sympy.physics.quantum.boson import BosonOp

#: Cavity mode and its adjoint.
A, A_DAGGER = sp.symbols(r"a a^{\dagger}", commutative=False)
#: Collective spin operators S₊ = Σσ⁺, S_z = Σσz/2, S₋ = Σσ⁻.
S_PLUS, S_Z, S_MINUS = sp.symbols("S_+ S_z S_-", commutative=False)
#: Frequencies of the cavity and of the spins, coupling g and nonlinearity χ⁽²⁾ of Eq. 31.
OMEGA_C, OMEGA_S, OMEGA_0, G, CHI = sp.symbols("omega_c omega_s omega_0 g chi", positive=True)
#: The strength λ of the transformation, and its value ε = g/Δ.
STRENGTH, EPSILON = sp.symbols("lambda epsilon", real=True)
#: Number of spins N.
N = sp.Symbol("N", integer=True, positive=True)

Word = tuple[sp.Symbol, ...]

_ORDER = A_DAGGER, A, S_PLUS, S_Z, S_MINUS
_COMMUTATORS: dict[Word, dict[Word, sp.Expr]] = {
    (A, A_DAGGER): {(): sp.Integer(1)},
    (S_MINUS, S_PLUS): {(S_Z,): sp.Integer(-2)},
    (S_Z, S_PLUS): {(S_PLUS,): sp.Integer(1)},
    (S_MINUS, S_Z): {(S_MINUS,): sp.Integer(1)},
}
# In the frame of Eq. 32 each operator turns as exp(i k ω0 t) with this k.
_FREQUENCY = {A_DAGGER: 2, A: -2, S_PLUS: 1, S_MINUS: -1, S_Z: 0}


@cache
def _ordered_word(word: Word) -> dict[Word, sp.Expr]:
    """Order one product: xy = yx + [x, y] wherever two neighbours stand in the wrong order."""
    for i, (x, y) in enumerate(pairwise(word)):
        if _ORDER.index(x) > _ORDER.index(y):
            result: dict[Word, sp.Expr] = {}
            parts: dict[Word, sp.Expr] = {(y, x): sp.Integer(1)} | _COMMUTATORS.get((x, y), {})
            for middle, factor in parts.items():
                for ordered, value in _ordered_word(word[:i] + middle + word[i + 2 :]).items():
                    result[ordered] = result.get(ordered, 0) + factor * value
            return result
    return {word: sp.Integer(1)}


def terms(expression: sp.Expr) -> dict[sp.Expr, sp.Expr]:
    """Return the ordered products of a polynomial in the five operators, with their coefficients.

    Parameters
    ----------
    expression
        A polynomial in `A`, `A_DAGGER`, `S_PLUS`, `S_Z`, `S_MINUS` with commuting coefficients.
    """
    result: dict[Word, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(expression)):
        numbers, operators = term.args_cnc()
        letters = (power.as_base_exp() for power in operators)
        word = tuple(base for base, exponent in letters for _ in range(int(exponent)))
        for ordered, value in _ordered_word(word).items():
            result[ordered] = result.get(ordered, 0) + sp.Mul(*numbers) * value
    simplified = {sp.Mul(*word): sp.factor(value) for word, value in result.items()}
    return {product: value for product, value in simplified.items() if value != 0}


def normal_order(expression: sp.Expr) -> sp.Expr:
    """Return a polynomial in the five operators with every product in the order a†, a, S₊, S_z, S₋.

    Two polynomials are equal as operators if and only if this form is the same.
    """
    return sp.Add(*(value * product for product, value in terms(expression).items()))


def commutator(x: sp.Expr, y: sp.Expr) -> sp.Expr:
    """Return xy − yx in normal order."""
    return normal_order(x * y - y * x)


def frequency(product: sp.Expr) -> int:
    """Return k of the factor exp(ikω₀t) that a product has in the rotating frame of Eq. 32.

    The frame turns the cavity at 2ω₀ and the spins at ω₀, so that a†S₋² stands still (k = 0) and
    aS₋² turns with k = −4.
    """
    powers = (power.as_base_exp() for power in product.args_cnc()[1])
    return sum(int(exponent) * _FREQUENCY[base] for base, exponent in powers)


def by_frequency(expression: sp.Expr) -> dict[int, sp.Expr]:
    """Return the parts of an operator that turn at the same frequency kω₀, by k."""
    result: dict[int, sp.Expr] = {}
    for product, value in terms(expression).items():
        k = frequency(product)
        result[k] = result.get(k, 0) + value * product
    return dict(sorted(result.items()))


def free_hamiltonian() -> sp.Expr:
    """Return ω_c a†a + ω_s S_z, Eq. 31 without coupling; there ω_c = 2ω₀ and ω_s = ω₀."""
    return OMEGA_C * A_DAGGER * A + OMEGA_S * S_Z


def exchange() -> sp.Expr:
    """Return a†S₋ + aS₊, the coupling of Eq. 31 without g."""
    return A_DAGGER * S_MINUS + A * S_PLUS


def cubic() -> sp.Expr:
    """Return (a + a†)³, the nonlinearity of Eq. 31 without χ⁽²⁾."""
    return (A + A_DAGGER) ** 3


def generator(strength: sp.Expr = STRENGTH) -> sp.Expr:
    """Return X = λ(a†S₋ − aS₊), the anti-Hermitian generator of the transformation."""
    return strength * (A_DAGGER * S_MINUS - A * S_PLUS)


class Condition(NamedTuple):
    """What fixes the sign and size of the transformation."""

    residual: sp.Expr  #: gV + [X, H₀], first order in g
    strength: sp.Expr  #: λ at which it vanishes


def solve_generator() -> Condition:
    r"""Find λ such that exp(X)H exp(−X) has no exchange term to first order in g.

    .. math::
        g(a^\dagger S_- + aS_+) + [X, \omega_ca^\dagger a + \omega_sS_z] = 0 .

    Returns
    -------
        λ = g/(ω_c − ω_s), which is g/Δ with Δ = +ω₀ in Eq. 31.
    """
    residual = normal_order(G * exchange()) + commutator(generator(), free_hamiltonian())
    coefficients = terms(residual).values()
    (strength,) = sp.solve(list(coefficients), [STRENGTH], dict=True)
    return Condition(
        sp.Add(*(v * p for p, v in terms(residual).items())), sp.factor(strength[STRENGTH])
    )


def transform(operator: sp.Expr, order: int, strength: sp.Expr = EPSILON) -> list[sp.Expr]:
    r"""Return the orders 0 to ``order`` in λ of :math:`e^X O\, e^{-X}`, each in normal order.

    .. math::
        e^X O\, e^{-X} = O + [X, O] + \tfrac12[X, [X, O]] + \dots

    The second order of `cubic` contains Eq. 32.

    Parameters
    ----------
    operator
        The operator O.
    order
        The highest order.
    strength
        λ; ε = g/Δ by default.
    """
    result, nested = [normal_order(operator)], operator
    for k in range(1, order + 1):
        nested = commutator(generator(strength), nested)
        result.append(sp.expand(nested / sp.factorial(k)))
    return result


def dispersive_shift() -> sp.Expr:
    r"""Return the second-order part of H₀ + gV after the transformation, :math:`\tfrac g2[X, V]`.

    With [X, H₀] = −gV it is all that is left of the coupling to second order in g.
    """
    return normal_order(G * commutator(generator(EPSILON), exchange()) / 2)


class Leading(NamedTuple):
    """Coefficients of the lowest orders, found by pymablock for symbolic N; see `by_pymablock`."""

    pair: sp.Expr  #: coefficient of a†S₋², order χg²
    shift: sp.Expr  #: number-conserving energy of order g², with n_a photons and n excitations
    anharmonicity: sp.Expr  #: the same of order χ²


#: Numbers of photons and of excitations of the spins in the results of `by_pymablock`.
PHOTONS, EXCITATIONS = sp.symbols("n_a n", integer=True, nonnegative=True)


def by_pymablock() -> Leading:
    r"""Derive Eqs. 32-33, the effective Hamiltonian of Eq. 31, by pymablock's perturbation theory.

    The spins enter by the exact Holstein-Primakoff form :math:`S_- = (N-b^\dagger b)^{1/2}b`.
    Every product that turns in the frame of Eq. 32 is eliminated, order by order in g and χ; what
    remains is diagonal or a†b².  No generator is guessed, and g and χ are treated alike.
    """
    return _leading(counter_rotating=False)


def linear_by_pymablock() -> Leading:
    r"""Derive Eqs. 32-33 for linear dipoles, coupled by :math:`g(a+a^\dagger)(S_-+S_+)`.

    The half that Eq. 31 leaves out turns at 3ω₀, against ω₀ of the other: :math:`g_2 =
    \tfrac{16}3\chi^{(2)}(g/\Delta)^2`, and the exchange is :math:`-\tfrac43(g^2/\Delta)S_+S_-`.
    """
    return _leading(counter_rotating=True)


def _leading(*, counter_rotating: bool) -> Leading:
    a, b = BosonOp("a"), BosonOp("b")
    s_minus = sp.sqrt(N - NumberOperator(b)) * b
    s_plus = Dagger(b) * sp.sqrt(N - NumberOperator(b))
    coupling = Dagger(a) * s_minus + a * s_plus
    if counter_rotating:
        coupling += a * s_minus + Dagger(a) * s_plus
    effective, _, _ = block_diagonalize(
        {
            (0, 0): 2 * OMEGA_0 * Dagger(a) * a + OMEGA_0 * Dagger(b) * b,
            (1, 0): G * sp.expand(coupling),
            (0, 1): CHI * sp.expand((a + Dagger(a)) ** 3),
        },
        fully_diagonalize=sp.Add(*_turning_products(a, b)),
    )
    root = sp.sqrt(N - EXCITATIONS) * sp.sqrt(N - EXCITATIONS - 1)  # ⟨n|S₋²|n+2⟩/⟨n|b²|n+2⟩
    pair = _coefficient(effective[0, 0, 2, 1], (-1, 2))
    return Leading(
        sp.simplify(pair / root),
        sp.factor(_coefficient(effective[0, 0, 2, 0], (0, 0))),
        sp.factor(_coefficient(effective[0, 0, 0, 2], (0, 0))),
    )


def _turning_products(a: sp.Expr, b: sp.Expr) -> Iterable[sp.Expr]:
    """Yield every product a^i b^j of the orders used, but those with 2i + j = 0."""
    for i in range(-6, 7):
        for j in range(-3, 4):
            if 2 * i + j != 0:
                left = Dagger(a) ** -i if i < 0 else a**i
                yield left * (Dagger(b) ** -j if j < 0 else b**j)


def _coefficient(ordered: NumberOrderedForm, powers: tuple[int, int]) -> sp.Expr:
    """Return the coefficient of a product as a function of the numbers n_a and n."""
    value = ordered.terms[tuple(map(sp.Integer, powers))]
    cavity, spins = ordered._number_operator_placeholders
    # Pymablock does not know that N − n is not negative on the ladder, and conjugates its root.
    value = value.replace(sp.conjugate, lambda x: x)
    return sp.simplify(value.subs({cavity: PHOTONS, spins: EXCITATIONS}))
