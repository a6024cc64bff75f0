r"""Operators f(n̂) aᵏ on the Fock ladder, and with them Eqs. 3-4 from Eqs. 1-2 (arXiv:2403.16491).

The Holstein-Primakoff map, S₋ = (N − a†a)^{1/2} a, needs products of square roots of the number
operator with powers of a.
SymPy's ``BosonOp`` has no rule for them: ``sqrt(N - Dagger(a)*a)`` is taken apart as if a were a
complex number, and normal ordering only knows polynomials.
Pymablock's ``NumberOrderedForm`` could do it, but this chapter needs one rule only,

.. math::
    a\, f(\hat n) = f(\hat n + 1)\, a ,

which is written out here so that a reader can check it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import sympy as sp

from spincat.shared.types import Complexes

#: Number of spins N.
N = sp.Symbol("N", integer=True, positive=True)
#: Eigenvalue n of the number operator n̂ = a†a.
n = sp.Symbol("n", integer=True, nonnegative=True)


class LadderOperator:
    r"""A finite sum :math:`\sum_k f_k(\hat n)\, a^k`, where a⁻ᵏ stands for :math:`a^{\dagger k}`.

    Sums, products, integer powers and adjoints are exact, because
    :math:`a f(\hat n) = f(\hat n + 1) a`, :math:`a a^\dagger = \hat n + 1` and
    :math:`a^\dagger a = \hat n` bring every product back to this form.

    Parameters
    ----------
    terms
        Maps the power k (negative: creation operators) to :math:`f_k`, an expression in ``n``.
        Its symbols must be real, and its square roots are taken to be of non-negative numbers on
        the ladder; then complex conjugation is i → −i.

    Raises
    ------
    ValueError
        If a symbol is not declared real.
    """

    def __init__(self, terms: Mapping[int, sp.Expr]) -> None:
        self.terms = {k: f for k, f in ((k, sp.sympify(f)) for k, f in terms.items()) if f != 0}
        for f in self.terms.values():
            for symbol in f.free_symbols:
                if not symbol.is_real:
                    raise ValueError(f"symbol {symbol} in {f}; allowed: symbols declared real")

    def __add__(self, other: LadderOperator) -> LadderOperator:
        powers = self.terms.keys() | other.terms.keys()
        return LadderOperator({k: self.terms.get(k, 0) + other.terms.get(k, 0) for k in powers})

    def __rmul__(self, scalar: sp.Expr) -> LadderOperator:
        return LadderOperator({k: scalar * f for k, f in self.terms.items()})

    def __neg__(self) -> LadderOperator:
        return -1 * self

    def __sub__(self, other: LadderOperator) -> LadderOperator:
        return self + (-other)

    def _ladder_from_left(self, step: int) -> LadderOperator:
        """Multiply by a (``step = 1``) or a† (``step = -1``) from the left."""
        result = LadderOperator({})
        for k, f in self.terms.items():
            moved = f.subs(n, n + step)  # a f(n̂) = f(n̂+1) a, and a† f(n̂) = f(n̂−1) a†
            if k * step < 0:  # the new operator meets one of the other kind
                moved *= n + 1 if step == 1 else n  # a a† = n̂ + 1, a†a = n̂
            result += LadderOperator({k + step: moved})
        return result

    def __matmul__(self, other: LadderOperator) -> LadderOperator:
        result = LadderOperator({})
        for k, f in self.terms.items():
            moved = other
            for _ in range(abs(k)):
                moved = moved._ladder_from_left(1 if k > 0 else -1)
            result += f * moved
        return result.simplify()

    def __pow__(self, power: int) -> LadderOperator:
        result = LadderOperator({0: sp.Integer(1)})
        for _ in range(power):
            result = result @ self
        return result

    def adjoint(self) -> LadderOperator:
        r"""Return :math:`\sum_k (a^k)^\dagger f_k^*(\hat n)`, brought back to the form f(n̂) aᵏ."""
        return LadderOperator(
            {-k: f.subs(n, n - k).xreplace({sp.I: -sp.I}) for k, f in self.terms.items()}
        )

    def simplify(self) -> LadderOperator:
        """Expand every coefficient, which is enough to cancel terms of a commutator."""
        return LadderOperator({k: sp.expand(f) for k, f in self.terms.items()})

    def factor(self) -> LadderOperator:
        """Factor every coefficient, for display."""
        return LadderOperator({k: sp.factor(f) for k, f in self.terms.items()})

    def expand_large_n(self, terms: int) -> LadderOperator:
        """Return the first ``terms`` orders in 1/N of every coefficient, by SymPy's series.

        The expansion is one at fixed n: it says nothing about levels with n of the order of N.
        """
        e = sp.Symbol("epsilon", positive=True)
        result = {}
        for k, f in self.terms.items():
            # √(N−n) = √N √(1−n/N): SymPy needs the large factor taken out of the root.
            scaled = f.subs(N, 1 / e).replace(
                lambda x: x.is_Pow and x.exp.is_Rational and not x.exp.is_integer,
                lambda x: e ** (-x.exp) * sp.expand(e * x.base) ** x.exp,
            )
            series = sp.series(sp.powsimp(sp.expand(scaled)), e, 0, terms).removeO()
            result[k] = sp.collect(sp.expand(series), e).subs(e, 1 / N)
        return LadderOperator(result)

    def as_expr(self) -> sp.Expr:
        """Return the operator as a SymPy expression with noncommutative n̂, a and a†."""
        number, lower, upper = (
            sp.Symbol(name, commutative=False) for name in (r"\hat{n}", "a", r"a^{\dagger}")
        )
        power = {True: lower, False: upper}
        return sp.Add(
            *(f.subs(n, number) * power[k > 0] ** abs(k) for k, f in sorted(self.terms.items()))
        )

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {sp.latex(self.as_expr())}$"

    def __repr__(self) -> str:
        return f"LadderOperator({self.terms})"

    def matrix(self, dimension: int, values: Mapping[sp.Symbol, float]) -> Complexes:
        r"""Return the matrix between the number states 0 ... ``dimension - 1``.

        The elements are :math:`\langle m|f(\hat n)a^k|m+k\rangle = f(m)\sqrt{(m+k)!/m!}`.

        Parameters
        ----------
        dimension
            Number of states; N + 1 gives the whole ladder of N spins.
        values
            A number for every symbol except n.

        Returns
        -------
            Shape (dimension, dimension); row and column are numbers of excitations.
        """
        result = np.zeros((dimension, dimension), dtype=complex)
        for k, f in self.terms.items():
            for m in range(max(0, -k), min(dimension, dimension - k)):
                root = sp.sqrt(sp.factorial(m + k) / sp.factorial(m))
                if k < 0:  # ⟨m|f(n̂) a†^{|k|}|m−|k|⟩ = f(m) √(m!/(m−|k|)!)
                    root = 1 / root
                result[m, m + k] += complex((f.subs(values).subs(n, m) * root).evalf())
        return result


#: Annihilation operator a.
a = LadderOperator({1: sp.Integer(1)})
#: Number operator n̂ = a†a.
number = LadderOperator({0: n})


def s_minus() -> LadderOperator:
    r"""Return the collective lowering operator of Sec. II, :math:`S_- = (N-\hat n)^{1/2}a`."""
    return LadderOperator({1: sp.sqrt(N - n)})


def commutator(x: LadderOperator, y: LadderOperator) -> LadderOperator:
    """Return xy − yx."""
    return ((x @ y) - (y @ x)).simplify()


class Bosonisation(NamedTuple):
    """The steps from Eqs. 1-2 to Eqs. 3-4, each a `LadderOperator`."""

    jump: LadderOperator  #: √Γ2 S₋²/N, the jump operator of Eq. 1
    jump_series: LadderOperator  #: its first two orders in 1/N
    jump_limit: LadderOperator  #: its limit N → ∞, the jump operator of Eq. 3
    hamiltonian: LadderOperator  #: (η/N)(e^{iφ}S₋² + h.c.), Eq. 2 without detunings
    hamiltonian_series: LadderOperator  #: its first two orders in 1/N
    hamiltonian_limit: LadderOperator  #: its limit N → ∞, Eq. 4


def bosonise(eta: sp.Expr, phase: sp.Expr, gamma2: sp.Expr) -> Bosonisation:
    r"""Derive the bosonic model (Eqs. 3-4) and its first correction from the spin model (Eqs. 1-2).

    .. math::
        \frac{S_-^2}{N} = \Bigl[1 - \frac{2\hat n+1}{2N} + O(N^{-2})\Bigr]a^2 .

    Parameters
    ----------
    eta, phase, gamma2
        η, φ and Γ2 of Eqs. 1-2, as real symbols or numbers; η and Γ2 share the unit of rate.
    """
    squared = s_minus() @ s_minus()
    jump = (sp.sqrt(gamma2) / N) * squared
    drive = (eta / N * sp.exp(sp.I * phase)) * squared
    hamiltonian = drive + drive.adjoint()
    return Bosonisation(
        jump,
        jump.expand_large_n(2),
        jump.expand_large_n(1),
        hamiltonian,
        hamiltonian.expand_large_n(2),
        hamiltonian.expand_large_n(1),
    )


def on_coherent_state(operator: LadderOperator, tau: sp.Expr) -> sp.Expr:
    r"""Return g(n) with :math:`O|\tau\rangle = g(\hat n)|\tau\rangle`, a spin coherent state.

    The state of Eq. 5 with :math:`\tau = e^{i\phi}\tan(\theta/2)` has the amplitudes
    :math:`c_n \propto \binom{N}{n}^{1/2}\tau^n` on the ladder, so
    :math:`g(n) = \sum_k f_k(n)\,[(n+k)!/n!]^{1/2}\,c_{n+k}/c_n`.
    In particular :math:`S_-|\tau\rangle = \tau(N-\hat n)|\tau\rangle`.

    Parameters
    ----------
    operator
        An operator without creation operators.
    tau
        The amplitude τ; any symbol or number.

    Raises
    ------
    ValueError
        If ``operator`` holds creation operators.
    """
    unexcited = sp.Symbol("m", integer=True, positive=True)  # N − n: makes the roots' signs known
    result = sp.Integer(0)
    for k, f in operator.terms.items():
        if k < 0:
            raise ValueError(f"power {k} of a in {operator}; allowed: no creation operators")
        # [(n+k)!/n!] C(N,n+k)/C(N,n) = (N−n)(N−n−1)...(N−n−k+1)
        ratio = sp.expand_func(sp.ff(unexcited, k))
        term = f.subs(N, n + unexcited) * sp.sqrt(ratio) * tau**k
        result += sp.simplify(term).subs(unexcited, N - n)
    return result


def binomial_moment(g: sp.Expr, p: sp.Expr) -> sp.Expr:
    r"""Return the mean of a polynomial g(n) in the state of Eq. 5, where n is binomial(N, p).

    The polynomial is written in falling factorials, whose means are
    :math:`\langle n(n-1)\cdots(n-k+1)\rangle = N(N-1)\cdots(N-k+1)\,p^k`.

    Parameters
    ----------
    g
        A polynomial in ``n``.
    p
        The excited-state probability of one spin, :math:`\sin^2(\theta/2)`.
    """
    remainder, mean = sp.Poly(sp.expand(g), n), sp.Integer(0)
    while not remainder.is_zero:
        k, leading = remainder.degree(), remainder.LC()
        mean += leading * sp.expand_func(sp.ff(N, k)) * p**k
        remainder -= sp.Poly(leading * sp.expand_func(sp.ff(n, k)), n)
    return sp.factor(sp.simplify(mean))
