r"""What the master equation says about the spread of two halves: its linear response to ±δ.

Drive and loss keep the total spin J.  Detunings +δ on one half and −δ on the other lead, to first
order, from J = N/2 to one state of J = N/2 − 1 for each number of excitations n, with the matrix
element

.. math::
    \langle N/2-1, n|V|N/2, n\rangle = \sqrt{\frac{n(N-n)}{N-1}}, \qquad
    V = \tfrac12\sum_m \pm\sigma^z_m .

The spread is read from the pairs within one half, :math:`\arg\langle\sigma^+_i\sigma^+_j\rangle =
\pi/2 \pm 2\zeta`, which is not zero in a state of one parity, and needs matrices of about (N/2)²
numbers a side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import expm

from spincat.master_equation.dicke import steady_state
from spincat.model.ensemble import SpinEnsemble
from spincat.model.operators import block_liouvillian, ladder_lowering, levels, pair_lowering
from spincat.shared.checks import (
    SMALLEST,
    check_even,
    check_inside,
    check_parity,
    check_row,
    refusal,
)
from spincat.shared.types import Complexes, Floats, Parity

LARGEST_N = 40
"""Largest N, for which matrices of 400 × 400 are exponentiated."""


class _Response(NamedTuple):
    generator: Complexes  # Liouvillian on the elements |N/2-1, n⟩⟨N/2, n'|
    source: Complexes  # -i V ρ, what the detunings create from the steady state
    readout: Complexes  # row vector: ζ = Re(readout @ X)


def spread_response(n_spins: int, eta: float, times: ArrayLike, parity: Parity = "even") -> Floats:
    r"""Return ζ(t)/δ to first order in δ, when the detunings are switched on at t = 0.

    Parameters
    ----------
    n_spins
        Number of spins N, even, from 4 to 40.
    eta
        Strength of the drive η/Γ2 > 0.
    times
        Times Γ2 t ≥ 0, shape (T,).
    parity
        "even" or "odd": that of the steady state at δ = 0, from which the evolution starts.

    Returns
    -------
    Floats
        ζ/δ in units of 1/Γ2, shape (T,).  Mean-field theory gives t at first, 1/(−K) in the end.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.

    Examples
    --------
    >>> spread_response(8, 0.5, [0.1, 1.0, 100.0]).round(4)
    array([ 0.0998,  0.98  , 19.256 ])
    """
    grid = check_row("times", times)
    check_inside("times", times, grid.min() >= 0, "a row of numbers of at least 0")
    response = _response(n_spins, eta, parity)
    size = response.source.size
    # dX/dt = GX + source as one linear equation for (X, 1)
    augmented = np.zeros((size + 1, size + 1), dtype=complex)
    augmented[:size, :size], augmented[:size, size] = response.generator, response.source
    states = [expm(augmented * t)[:size, size] for t in grid]
    return np.array([float((response.readout @ state).real) for state in states])


def restoring_rate(n_spins: int, eta: float, parity: Parity = "even") -> float:
    r"""Return the rate in units of Γ2 at which the slowest coherence between the two J decays.

    It takes the place of −K in the mean-field equation :math:`\dot\zeta = \delta + K\zeta`, and is
    uncertain by about 1e-13.

    Parameters
    ----------
    n_spins, eta, parity
        As in `spread_response`.

    Returns
    -------
    float
        Rate in units of Γ2.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.

    Examples
    --------
    >>> round(restoring_rate(8, 0.5), 5)
    0.05228
    """
    return float(-np.linalg.eigvals(_response(n_spins, eta, parity).generator).real.max())


def _response(n_spins: int, eta: float, parity: Parity) -> _Response:
    """Build the linear problem in the basis of the numbers of excitations of one parity."""
    if check_even(n_spins) > LARGEST_N:
        raise MemoryError(f"n_spins = {n_spins}; allowed: at most {LARGEST_N}")
    check_parity(parity)
    ensemble = SpinEnsemble(n_spins, eta)
    if ensemble.eta < SMALLEST:
        raise refusal("eta", eta, f"a number of at least {SMALLEST:g}" if eta else "eta > 0")
    n = np.arange(n_spins + 1)
    upper, lower = levels(n_spins, parity), levels(n_spins, parity, lost=1)
    rho = steady_state(ensemble, parity)
    # S₊ of J = N/2 and of N/2 - 1, both on the grid n = 0..N
    raising = [np.pad(ladder_lowering(n_spins, lost).toarray(), lost).T for lost in (0, 1)]
    coupling = np.diag(np.sqrt(n * (n_spins - n) / (n_spins - 1)))
    # [V, S₊] = Σ ±σ⁺, from J = N/2 to N/2 − 1 and back
    down = coupling @ raising[0] - raising[1] @ coupling
    up = coupling @ raising[1] - raising[0] @ coupling
    # S₊ of half a is (S₊ + Σ±σ⁺)/2, so to first order ⟨S₊a²⟩ changes by ⟨S₊ Σ±σ⁺⟩/2.
    back = (raising[0] @ up)[np.ix_(upper, lower)]
    forth = (raising[1] @ down)[np.ix_(lower, upper)]
    pairs = np.trace((raising[0] @ raising[0])[np.ix_(upper, upper)] @ rho)
    pairs *= (n_spins - 2) / (4 * (n_spins - 1))  # those within one half
    # X and X† together give a change proportional to i times ⟨S₊a²⟩, that is 2ζ of its phase
    first, second = back.T / (4j * pairs), forth / (4j * pairs)
    readout = (first + second.conj()).ravel()
    source = -1j * (coupling[np.ix_(lower, upper)] @ rho)
    jumps = [pair_lowering(n_spins, parity, lost) / n_spins for lost in (1, 0)]
    drives = [ensemble.eta * (jump + jump.T) for jump in jumps]
    generator = block_liouvillian(jumps[:1], jumps[1:], (drives[0], drives[1])).toarray()
    return _Response(generator, source.ravel(), readout)
