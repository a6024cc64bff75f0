r"""Adiabatic elimination of the cavity: from Eqs. 34 or 32 to Eqs. 35-38 (arXiv:2403.16491).

The master equation of a decaying cavity and a system that it is coupled to by an operator K,

.. math::
    \dot\rho = -i[a^\dagger K + aK^\dagger + H, \rho] + \kappa\mathcal D[a]\rho ,

is written for the blocks :math:`\rho_{mn} = \langle m|\rho|n\rangle` between photon numbers,

.. math::
    \dot\rho_{mn} = -i[H,\rho_{mn}] - i\bigl(\sqrt m K\rho_{m-1,n} + \sqrt{m+1}K^\dagger\rho_{m+1,n}
    - \sqrt n\rho_{m,n-1}K^\dagger - \sqrt{n+1}\rho_{m,n+1}K\bigr)
    - \tfrac{m+n}2\kappa\rho_{mn} + \kappa\sqrt{(m+1)(n+1)}\rho_{m+1,n+1} .

All blocks but :math:`\rho_{00}` decay fast.  On the slow manifold they are functions of the reduced
state :math:`\rho_s = \sum_n\rho_{nn}`, and so is :math:`\dot\rho_s`; both follow order by order in
:math:`K/\kappa` by putting one into the other until nothing changes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import sympy as sp
from numpy.typing import ArrayLike

from spincat.shared.checks import check_integer, refusal
from spincat.shared.types import Complexes

#: Coupling operator K (J = S₋² times g₂ in the paper), its adjoint, the system's Hamiltonian H.
K, K_DAGGER, H = sp.symbols(r"K K^{\dagger} H", commutative=False)
#: The reduced state of the system.
RHO = sp.Symbol(r"\rho", commutative=False)
#: Decay rate of the cavity's energy.
KAPPA = sp.Symbol("kappa", positive=True)

# K counts as first order and H as second: the drive that is part of H is as slow as the loss.
LARGEST_ORDER = 6
"""Takes half a minute, and the next one hours."""
_WEIGHT = {K: 1, K_DAGGER: 1, H: 2, RHO: 0}

Blocks = dict[tuple[int, int], sp.Expr]


class Elimination(NamedTuple):
    """The slow dynamics, each order as a sum of products of noncommuting symbols around ρ."""

    blocks: Blocks  #: ρ_mn as a function of the reduced state, to one order less
    generator: dict[int, sp.Expr]  #: order in K → its part of dρ_s/dt; H counts as order 2


def eliminate(order: int = 2) -> Elimination:
    r"""Eliminate the cavity to a given order in K/κ.

    The lowest order is :math:`\dot\rho_s = -i[H,\rho_s] + (4/\kappa)\mathcal D[K]\rho_s`, which is
    Eq. 35 for :math:`K = g_2S_-^2`; order 4 holds its first correction.

    Parameters
    ----------
    order
        The highest order of the generator, an even number from 2 to 6.

    Raises
    ------
    ValueError
        If ``order`` is not an even number from 2 to 6.
    """
    if check_integer("order", order, 2, LARGEST_ORDER) % 2:
        raise refusal("order", order, "an even number of at least 2")
    most = order - 1  # the generator holds one more factor K than the blocks in it
    numbers = [(m, n) for m in range(order) for n in range(m + 1) if m + n <= most]
    blocks: Blocks = {(0, 0): RHO}
    rate = sp.Integer(0)
    while True:
        updated = {mn: _truncate(_block(mn, blocks, rate), most) for mn in numbers}
        updated |= {(n, m): adjoint(block) for (m, n), block in updated.items() if m > n}
        new_rate = _truncate(_reduced_rate(updated), order)
        if updated == blocks and new_rate == rate:
            break
        blocks, rate = updated, new_rate
    return Elimination(blocks, {k: _part(rate, k) for k in range(2, order + 1, 2)})


def adjoint(expression: sp.Expr) -> sp.Expr:
    """Return the adjoint of a sum of products of K, K†, H and ρ; κ is real, H and ρ Hermitian."""
    swap = {K: K_DAGGER, K_DAGGER: K}
    result = sp.Integer(0)
    for term in sp.Add.make_args(sp.expand(expression)):
        numbers, operators = term.args_cnc()
        reversed_ = [power.xreplace(swap) for power in reversed(operators)]
        result += sp.conjugate(sp.Mul(*numbers)) * sp.Mul(*reversed_)
    return sp.expand(result)


def effective_jump() -> sp.Expr:
    r"""Return K′, with which order 2 and order 4 together are :math:`[K'\rho, K^\dagger]` + h.c.

    .. math::
        \dot\rho_s = -i[H,\rho_s] + \frac2\kappa\bigl([K'\rho_s, K^\dagger]
        + \text{h.c.}\bigr), \qquad K' = K - \frac{2i}\kappa[H,K] + \frac4{\kappa^2}[K,K^\dagger]K .

    For K′ = K this is :math:`(4/\kappa)\mathcal D[K]`.  Both corrections are commutators.
    """
    return K - 2 * sp.I / KAPPA * _commutator(H, K) + 4 / KAPPA**2 * _commutator(K, K_DAGGER) * K


def from_jump(jump: sp.Expr) -> sp.Expr:
    r"""Return :math:`-i[H,\rho] + (2/\kappa)([K'\rho, K^\dagger] + \text{h.c.})` for a given K′."""
    half = 2 / KAPPA * _commutator(jump * RHO, K_DAGGER)
    return sp.expand(-sp.I * _commutator(H, RHO) + half + adjoint(half))


def superoperator(expression: sp.Expr, k: ArrayLike, h: ArrayLike, kappa: float) -> Complexes:
    r"""Put matrices into a sum of products around ρ.

    Parameters
    ----------
    expression
        A linear map of ρ, such as a part of the generator of `eliminate`.
    k, h, kappa
        Matrices K and H of shape (d, d), and κ.

    Returns
    -------
        Shape (d², d²); it acts on the rows of ρ, written one after the other.
    """
    matrices = {K: np.asarray(k), K_DAGGER: np.conj(np.asarray(k)).T, H: np.asarray(h)}
    size = len(matrices[K])
    total = np.zeros((size**2, size**2), dtype=complex)
    for term in sp.Add.make_args(sp.expand(expression)):
        numbers, operators = term.args_cnc()
        sides = [np.eye(size, dtype=complex), np.eye(size, dtype=complex)]
        for base, exponent in (power.as_base_exp() for power in operators):
            if base == RHO:
                sides.append(sides.pop(0))  # what follows ρ multiplies from the right
            else:
                sides[0] = sides[0] @ np.linalg.matrix_power(matrices[base], int(exponent))
        right, left = sides
        total += complex(sp.Mul(*numbers).subs(KAPPA, kappa)) * np.kron(left, right.T)
    return total


def _block(mn: tuple[int, int], blocks: Blocks, rate: sp.Expr) -> sp.Expr:
    """Return ρ_mn from the other blocks: ρ_00 by the trace, the others by their fast decay."""
    if mn == (0, 0):
        return RHO - sp.Add(*(v for (m, n), v in blocks.items() if m == n > 0))
    m, n = mn
    source = _coupling(m, n, blocks) - sp.I * _commutator(H, _get(blocks, m, n))
    source += KAPPA * sp.sqrt((m + 1) * (n + 1)) * _get(blocks, m + 1, n + 1)
    source -= _get(blocks, m, n).subs(RHO, rate)  # ρ_mn changes only because ρ_s does
    return sp.Rational(2, m + n) * source / KAPPA


def _coupling(m: int, n: int, blocks: Blocks) -> sp.Expr:
    """Return the part of dρ_mn/dt that is due to K."""
    left = sp.sqrt(m) * K * _get(blocks, m - 1, n)
    left += sp.sqrt(m + 1) * K_DAGGER * _get(blocks, m + 1, n)
    right = sp.sqrt(n) * _get(blocks, m, n - 1) * K_DAGGER
    right += sp.sqrt(n + 1) * _get(blocks, m, n + 1) * K
    return -sp.I * (left - right)


def _reduced_rate(blocks: Blocks) -> sp.Expr:
    r"""Return :math:`-i[H,\rho_s] - i[K,\langle a^\dagger\rangle] - i[K^\dagger,\langle a\rangle]`.

    Here ⟨a⟩ is the partial trace of aρ, an operator of the system.
    """
    lowered, raised = (
        sp.Add(*(sp.sqrt(max(m, n)) * v for (m, n), v in blocks.items() if m - n == step))
        for step in (1, -1)
    )
    return -sp.I * (_commutator(H, RHO) + _commutator(K, raised) + _commutator(K_DAGGER, lowered))


def _get(blocks: Blocks, m: int, n: int) -> sp.Expr:
    return blocks.get((m, n), sp.Integer(0))


def _commutator(x: sp.Expr, y: sp.Expr) -> sp.Expr:
    return x * y - y * x


def _order(term: sp.Expr) -> int:
    powers = (power.as_base_exp() for power in term.args_cnc()[1])
    return sum(_WEIGHT[base] * int(exponent) for base, exponent in powers)


def _part(expression: sp.Expr, order: int) -> sp.Expr:
    return sp.Add(*(t for t in sp.Add.make_args(sp.expand(expression)) if _order(t) == order))


def _truncate(expression: sp.Expr, order: int) -> sp.Expr:
    return sp.Add(*(t for t in sp.Add.make_args(sp.expand(expression)) if _order(t) <= order))
