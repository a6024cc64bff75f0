r"""Why the drive and the two-body loss together stabilise ±α (Sec. II of arXiv:2403.16491).

A jump operator shifted by a number is the same dissipator plus a Hamiltonian,

.. math::
    \mathcal D[L+\beta]\rho = \mathcal D[L]\rho + \tfrac12[\beta^* L - \beta L^\dagger, \rho] ,

so a drive linear in L can be absorbed in a shift of L ("completing the square").
What is left is a pure dissipator, and every state that its jump operator annihilates is steady.
"""

from __future__ import annotations

from typing import NamedTuple

import sympy as sp

from spincat.symbolic.holstein_primakoff import LadderOperator, N, a, n, s_minus

#: Jump operator, its adjoint and the state, which do not commute.
L, L_DAGGER, RHO = sp.symbols(r"L L^{\dagger} rho", commutative=False)
#: A complex shift β and its conjugate, solved for as two independent unknowns.
BETA, BETA_CONJUGATE = sp.symbols(r"beta \beta^{*}")


def dissipator(jump: sp.Expr, jump_dagger: sp.Expr, rho: sp.Expr = RHO) -> sp.Expr:
    r"""Return :math:`\mathcal D[A]\rho = A\rho A^\dagger - \{A^\dagger A, \rho\}/2` (after Eq. 2).

    Parameters
    ----------
    jump, jump_dagger
        The jump operator A and its adjoint, as noncommutative expressions.
    rho
        The state.
    """
    return jump * rho * jump_dagger - jump_dagger * jump * rho / 2 - rho * jump_dagger * jump / 2


def operator_coefficients(expression: sp.Expr) -> dict[sp.Expr, sp.Expr]:
    """Return the coefficient of every product of noncommuting symbols in ``expression``."""
    result: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(expression)):
        numbers, operators = term.args_cnc()
        key = sp.Mul(*operators)
        result[key] = result.get(key, 0) + sp.Mul(*numbers)
    return {key: sp.factor(value) for key, value in result.items() if sp.simplify(value) != 0}


def shift_difference() -> sp.Expr:
    r"""Return :math:`\mathcal D[L+\beta]\rho - \mathcal D[L]\rho`, multiplied out.

    The \|β\|² terms and the quadratic ones cancel; four terms linear in L or L† remain.
    """
    shifted = dissipator(L + BETA, L_DAGGER + BETA_CONJUGATE)
    return sp.expand(shifted - dissipator(L, L_DAGGER))


class Absorption(NamedTuple):
    """The steps that absorb the drive gL + g*L† in a shift of the jump operator."""

    conditions: dict[sp.Expr, sp.Expr]  #: operator product → coefficient that has to vanish
    beta: sp.Expr  #: the shift β that solves them
    beta_conjugate: sp.Expr  #: β*, solved independently of β


def absorb_drive(coupling: sp.Expr, coupling_conjugate: sp.Expr, rate: sp.Expr) -> Absorption:
    r"""Find the shift β that absorbs the drive gL + g*L† in the dissipator of rate κ.

    .. math::
        -i[gL + g^*L^\dagger, \rho] + \kappa\mathcal D[L]\rho = \kappa\mathcal D[L+\beta]\rho .

    Both sides are multiplied out and compared product by product, which gives
    :math:`\beta = 2ig^*/\kappa`.

    Parameters
    ----------
    coupling, coupling_conjugate
        g and its complex conjugate.
    rate
        κ, in the same unit of rate.

    Raises
    ------
    ValueError
        If no shift solves the conditions, or if ``coupling_conjugate`` is not the conjugate.
    """
    drive = coupling * L + coupling_conjugate * L_DAGGER
    left = -sp.I * (drive * RHO - RHO * drive) + rate * dissipator(L, L_DAGGER)
    right = rate * dissipator(L + BETA, L_DAGGER + BETA_CONJUGATE)
    conditions = operator_coefficients(left - right)
    solution = sp.solve(list(conditions.values()), [BETA, BETA_CONJUGATE], dict=True)
    if len(solution) != 1:
        raise ValueError(f"coupling = {coupling}; allowed: a drive that one shift absorbs")
    beta, beta_conjugate = (sp.simplify(solution[0][s]) for s in (BETA, BETA_CONJUGATE))
    if sp.simplify(sp.conjugate(beta) - beta_conjugate) != 0:
        raise ValueError(
            f"coupling_conjugate = {coupling_conjugate}; allowed: the conjugate of {coupling}"
        )
    return Absorption(conditions, beta, beta_conjugate)


def square_root(value: sp.Expr) -> sp.Expr:
    r"""Return the square root in polar form, :math:`|v|^{1/2}\exp(i\arg v/2)`.

    The arguments of the factors are added as they stand, so that :math:`-i e^{-i\varphi}` has the
    argument −φ − π/2 for every φ, not its value modulo 2π.

    Parameters
    ----------
    value
        A product of positive symbols, powers of i and exponentials with imaginary exponents.
    """
    modulus = sp.simplify(sp.Abs(value))
    unit, exponentials = sp.expand(value / modulus).as_independent(sp.exp)
    exponent = sum(factor.args[0] for factor in sp.Mul.make_args(exponentials) if factor != 1)
    argument = sp.expand((sp.log(sp.simplify(unit)) + exponent) / sp.I)
    return sp.sqrt(modulus) * sp.exp(sp.I * argument / 2)


class DarkRecursion(NamedTuple):
    r"""(L + β)\|ψ⟩ = 0 as a condition on the amplitudes: lowering·c_{n+2} = driving·c_n."""

    lowering: sp.Expr  #: matrix element ⟨n|L|n+2⟩, a function of n
    driving: sp.Expr  #: −β


def dark_recursion(jump: LadderOperator, beta: sp.Expr) -> DarkRecursion:
    r"""Write :math:`(L+\beta)|\psi\rangle = 0` on the number states, for L = f(n̂) a².

    .. math::
        f(n)\sqrt{(n+1)(n+2)}\; c_{n+2} = -\beta\, c_n .

    With L = a² this has one even and one odd solution, the cat states of ±α.
    With L = S₋² the left side vanishes at n = N − 1 and N: the recursion forces every amplitude to
    zero, so no state of a finite ensemble is exactly dark.

    Parameters
    ----------
    jump
        The operator L; only its a² term is allowed.
    beta
        The shift β.

    Raises
    ------
    ValueError
        If ``jump`` holds another power of a.
    """
    if set(jump.terms) != {2}:
        raise ValueError(f"jump has the powers {sorted(jump.terms)} of a; allowed: 2 only")
    return DarkRecursion(jump.terms[2] * sp.sqrt((n + 1) * (n + 2)), -beta)


def boson_jump() -> LadderOperator:
    """Return a², the jump operator of Eq. 3 without its rate."""
    return a**2


def spin_jump() -> LadderOperator:
    """Return S₋², the jump operator of Eq. 1 without its rate."""
    return s_minus() ** 2


def cavity_amplitude_squared(
    drive: sp.Expr, coupling: sp.Expr, kappa: sp.Expr
) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    r"""Solve Eqs. 37-38 for η and Γ2 and return (η, Γ2, \|α\|² = 2η/Γ2), the content of Eq. 39.

    Parameters
    ----------
    drive
        Amplitude :math:`|\alpha_d|` of the displaced cavity, dimensionless.
    coupling, kappa
        :math:`g_2` and the cavity decay rate κ, in the same unit of rate.
    """
    eta, gamma2 = sp.symbols("eta Gamma_2", positive=True)
    equations = [eta / N - coupling * drive, gamma2 / N**2 - 4 * coupling**2 / kappa]
    (solution,) = sp.solve(equations, [eta, gamma2], dict=True)
    return solution[eta], solution[gamma2], sp.simplify(2 * solution[eta] / solution[gamma2])
