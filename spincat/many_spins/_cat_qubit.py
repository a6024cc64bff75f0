r"""The qubit of the two cats, and what leaks out of it by one order of a perturbation.

The loss :math:`\mathcal D[L]`, L = a² - x, keeps every state of the span of the cats
:math:`|C_\pm\rangle` and confines a to it: there a is a 2 × 2 matrix.  A coupling
:math:`t(a^\dagger b + ab^\dagger)` to a mode b of frequency G drives the part
:math:`|\perp_s\rangle` of :math:`a^\dagger|C_s\rangle` outside of the span, which returns by a jump
L.  To first order in t it holds :math:`-it|\chi_s\rangle b`, with

.. math::
    (\tfrac12L^\dagger L - iG)|\chi_s\rangle = |\perp_s\rangle , \qquad
    g_s = \langle\perp_s|\chi_s\rangle ,

and the jump leaves :math:`L|\chi_s\rangle`, which relaxes to the span.  How its coherence does is
in the conserved quantity of Mirrahimi et al., New J. Phys. 16, 045014 (2014).
`spincat.symbolic.zeno` derives all this, and closed forms for G = 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, ive

from spincat.many_spins._blocks import initial_ladder
from spincat.shared.types import Complexes, Floats, Integers


class CatQubit(NamedTuple):
    """Operators on the two cats, the even one first; those with a b beside them have a factor t."""

    lowering: Floats  #: a
    mixed: Complexes  #: (2,) g: states decay by t² g b†b, and a of dressed ones has -i t g b more
    pair: Complexes  #: a² of dressed ones has -i t ``pair`` b more
    jumps: list[Complexes]  #: K of the jump operators t K b
    outside: Floats  #: (2,) the weight outside of the span is t² b†b times this


def cat_qubit(eta: float, gap: float) -> CatQubit:
    """The qubit at x = 2η > 0 beside modes of frequency G."""
    x = 2 * eta
    cats = np.array([initial_ladder(eta, "even"), initial_ladder(eta, "odd")]).T
    size = len(cats)
    lower = np.diag(np.sqrt(np.arange(1.0, size)), 1)
    # from the series: rounding in the vectors would not conserve a² = x
    matrix = np.array([[0.0, np.sqrt(x / np.tanh(x))], [np.sqrt(x * np.tanh(x)), 0.0]])
    jump = lower @ lower - x * np.eye(size)
    raised = lower.T @ cats
    outside = raised - cats @ (cats.T @ raised)
    # the projector makes the matrix regular on the span, where there is nothing to invert
    resolvent = jump.T @ jump / 2 - 1j * gap * np.eye(size) + cats @ cats.T
    chi = np.linalg.solve(resolvent, outside.astype(complex))
    left = jump @ chi
    even, odd = left.T
    returned = np.diag(np.sum(np.abs(left) ** 2, axis=0)).astype(complex)
    returned[0, 1] = odd.conj() @ conserved_coherence(x, size) @ even
    returned[1, 0] = returned[0, 1].conj()
    strengths, vectors = np.linalg.eigh(returned)
    flip = np.array([[0.0, 1.0], [1.0, 0.0]])
    jumps = [
        np.sqrt(strength) * flip @ np.diag(vector)
        for strength, vector in zip(strengths, vectors.T, strict=True)
        if strength > 1e-14 * strengths[-1]
    ]
    mixed = np.sum(outside * chi, axis=0)
    weights = np.sum(np.abs(chi) ** 2, axis=0)
    return CatQubit(matrix, mixed, np.asarray(cats.T @ left), jumps, weights)


def conserved_coherence(x: float, size: int) -> Floats:
    r"""The J of Tr(J ρ) = ⟨C₋|ρ(∞)|C₊⟩: it maps odd numbers of excitations to even ones.

    .. math::
        J = \sqrt{\frac{2x}{\sinh2x}}\sum_q\frac{(-1)^q}{2q+1}I_q(x)\,J^{(q)} , \qquad
        J^{(q\ge0)} = \frac{(\hat n-1)!!}{(\hat n+2q)!!}\,P_+a^{2q+1} , \quad
        J^{(q<0)} = P_+a^{\dagger\,2|q|-1}\frac{\hat n!!}{(\hat n+2|q|-1)!!} .
    """
    row, column = np.arange(0, size, 2)[:, None], np.arange(1, size, 2)
    q = (column - row - 1) // 2
    above = _log_double_factorial(row - 1) - _log_double_factorial(np.maximum(row + 2 * q, 0))
    below = _log_double_factorial(column) - _log_double_factorial(np.maximum(column - 2 * q - 1, 0))
    ladder = (gammaln(column + 1) - gammaln(row + 1)) / 2
    logs = np.where(q >= 0, above + ladder, below - ladder)
    # I_q(x) exp(-x), and exp(x) sqrt(2x/sinh 2x)
    scale = np.sqrt(4 * x / -np.expm1(-4 * x))
    result = np.zeros((size, size))
    result[::2, 1::2] = scale * (-1.0) ** q / (2 * q + 1) * ive(np.abs(q), x) * np.exp(logs)
    return result


def _log_double_factorial(n: Integers) -> Floats:
    half = n / 2
    odd = n % 2
    return np.asarray((half + odd / 2) * np.log(2) + gammaln(half + 1) - odd * np.log(np.pi) / 2)
