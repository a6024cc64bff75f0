r"""Classes of equal spins whose detunings are reversed at some time: what is still there.

Detunings move excitations into states that drive and loss do not see.  With δ → -δ from a time on
they move them back, as far as nothing has been lost:

.. math::
    \rho(t) = e^{\mathcal L(-\delta)(t-t_r)}\,e^{\mathcal L(\delta)t_r}\rho(0) ,

with the Liouvillian of `classes` in its complete basis, for some ten spins.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import scipy.sparse as sparse
from numpy.typing import ArrayLike
from scipy.sparse.linalg import expm_multiply

from spincat.many_spins._blocks import Block, State, initial_ladder
from spincat.many_spins.classes import class_block
from spincat.model.ensemble import SpinEnsemble
from spincat.shared.checks import (
    check_choice,
    check_inside,
    check_list,
    check_nonnegative,
    check_positive_integer,
    check_row,
    check_theta,
    check_times,
    check_work,
)
from spincat.shared.types import Floats

__all__ = ["reversed_fidelity"]

MOST_STATES = 200
MOST_WORK = 1e8
"""Largest number of elements of ρ times steps, as the norm of the Liouvillian counts them."""
ROUNDING = 1e-16
"""Rates times a step in which nothing happens."""


def reversed_fidelity(
    sizes: ArrayLike,
    detunings: ArrayLike,
    eta: float,
    times: ArrayLike,
    state: State,
    *,
    reversal: float,
) -> Floats:
    r"""Fidelity of classes of equal spins with the initial state, if δ → -δ from a time on.

    Drive and loss (Eqs. 1-2) stay as they are.

    Parameters
    ----------
    sizes
        Numbers of spins :math:`N_k \ge 1` of the classes, shape (K,).
    detunings
        :math:`\delta_k/\Gamma_2` of the classes before the reversal, shape (K,).
    eta
        Strength of the drive η/Γ2.
    times
        Increasing times Γ2·t ≥ 0, shape (T,).
    state
        Initial state: ``"even"`` or ``"odd"`` spin cat, or ``"coherent"``.
    reversal
        Time Γ2·t of the reversal, from 0 on; later than all times for none.

    Returns
    -------
    Floats
        :math:`\langle\psi_0|\rho|\psi_0\rangle`, shape (T,).

    Raises
    ------
    ValueError
        If an argument is outside its range, the cat vanishes (odd, η = 0), the classes have more
        than 200 states, or it would take hours.

    Examples
    --------
    >>> halves = [4, 4], [0.1, -0.1], 0.2, [0.0, 7.5, 15.0], "odd"
    >>> reversed_fidelity(*halves, reversal=20.0).round(2)
    array([1.  , 0.53, 0.01])
    >>> reversed_fidelity(*halves, reversal=7.5).round(2)
    array([1.  , 0.53, 0.98])
    """
    numbers = [check_positive_integer("sizes", n) for n in check_list("sizes", sizes, "integers")]
    counts = check_row("sizes", numbers)
    rates = check_row("detunings", detunings, counts.size)
    states = float(np.prod(counts + 1))
    check_inside("sizes", sizes, states <= MOST_STATES, f"of at most {MOST_STATES} states")
    ensemble, grid = SpinEnsemble(sum(numbers), eta), check_times(times)
    kind = check_choice("state", state, get_args(State))
    check_theta(ensemble.theta, ensemble.n_spins, None if kind == "coherent" else kind)
    turn = check_nonnegative("reversal", reversal)
    fastest = (ensemble.n_spins / 4 + 1 + 2 * ensemble.eta) ** 2 + 2 * float(counts @ np.abs(rates))
    work = fastest * float(grid[-1]) * states**2
    check_work("times", times, work, MOST_WORK, "rates times times times elements of the matrix")
    ladder = initial_ladder(ensemble.eta, kind, ensemble.n_spins)
    before, after = (
        class_block(counts.astype(np.int64), sign * rates, 0.0, ladder, ensemble.n_spins, kind)
        for sign in (1, -1)
    )
    generators = [_liouvillian(block, 2 * ensemble.eta) for block in (before, after)]
    start = np.outer(before.start, before.start).ravel()
    rho, now, found = start.astype(complex), 0.0, {}
    for time in np.union1d(grid, min(turn, float(grid[-1]))):
        if (time - now) * fastest > ROUNDING:
            rho = expm_multiply((time - now) * generators[int(now >= turn)], rho)
        found[time], now = float(np.real(start @ rho)), time
    return np.array([found[time] for time in grid])


def _liouvillian(block: Block, intensity: float) -> sparse.csr_array:
    """𝓛 on the rows of ρ, one after the other."""
    jump, one = block.jump(intensity), sparse.eye_array(len(block.number))
    effective = -1j * block.hamiltonian - (jump.T @ jump) / 2
    return sparse.csr_array(
        sparse.kron(jump, jump) + sparse.kron(effective, one) + sparse.kron(one, effective.conj())
    )
