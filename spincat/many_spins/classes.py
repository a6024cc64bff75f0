r"""Classes of equal spins: some groups of spins, equal within a group, solved exactly.

Drive, loss and exchange are collective and the detunings are equal within a class, so that a class
of :math:`N_k` spins stays in its symmetric states, and a state of the ensemble is one of K numbers
of excitations:

.. math::
    \frac{S_-}{\sqrt N}|n_1\ldots n_K\rangle
        = \sum_k\sqrt{\frac{n_k(N_k-n_k+1)}{N}}\,|\ldots n_k-1\ldots\rangle .

With one spin in each class this is the whole space of `spincat.master_equation.product_space`, with
a single class the ladder of `spincat.master_equation.dicke`.  The density matrix is expanded with a
bound on its error; what states of more than ``n_max`` excitations would have added is estimated by
the weight at the edge of the basis (`_solve`).
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import scipy.sparse as sparse
import xarray as xr
from numpy.typing import ArrayLike

from spincat.many_spins import _density, _solve
from spincat.many_spins._blocks import Block, Moments, State, block, dataset, initial_ladder
from spincat.many_spins._solve import enlarged, first_cut, solve
from spincat.model.ensemble import SpinEnsemble
from spincat.shared.checks import (
    check_choice,
    check_integer,
    check_list,
    check_memory,
    check_number,
    check_positive_integer,
    check_row,
    check_theta,
    check_times,
    check_tolerance,
)
from spincat.shared.leja import MOST_POINTS
from spincat.shared.types import Floats, Integers

__all__ = ["evolve_classes"]

TOLERANCES = 1e-10, 1e-2
"""Allowed range of ``tol``: rounding errors forbid less."""
MIXTURE = 16.0 * 400
"""Bytes for each state of a mixture of forty columns, in ten copies."""


def evolve_classes(
    sizes: ArrayLike,
    detunings: ArrayLike,
    eta: float,
    times: ArrayLike,
    state: State,
    *,
    gap: float = 0.0,
    phase: float = 0.0,
    n_max: int | None = None,
    tol: float = 1e-6,
) -> xr.Dataset:
    r"""Solve Eqs. 1-2 with classes of equal spins, from a spin cat or a spin coherent state.

    .. math::
        \dot\rho = -i\Big[\sum_k\delta_k\hat n_k
            + \frac GN\left[\tfrac N2(\tfrac N2+1) - \mathbf S^2\right]
            + \frac\eta N\left(e^{i\varphi}S_-^2 + \mathrm{h.c.}\right),\,\rho\Big]
            + \frac1{N^2}\mathcal D[S_-^2]\rho .

    Parameters
    ----------
    sizes
        Numbers of spins :math:`N_k \ge 1` of the classes, shape (K,).
    detunings
        :math:`\delta_k/\Gamma_2` of the classes, shape (K,).
    eta
        Strength of the drive η/Γ2.
    times
        Increasing times Γ2·t ≥ 0, shape (T,).
    state
        Initial state: ``"even"`` or ``"odd"`` spin cat, or ``"coherent"``.
    gap
        Gap G/Γ2 by which exchange shifts the states that are not symmetric, of either sign.
    phase
        Phase φ of the drive, radians.
    n_max
        Largest number of excitations in the basis; chosen from ``tol`` if None.
    tol
        Largest error of ``fidelity``, ``symmetric_weight`` and other weights, from 10⁻¹⁰ to 10⁻².

    Returns
    -------
    xr.Dataset
        Over ``time``: ``fidelity`` :math:`\langle\psi_0|\rho|\psi_0\rangle`, ``purity``,
        ``excitations``, ``symmetric_weight`` of J = N/2, ``pair_amplitude``
        :math:`\langle S_-^2\rangle/N`, for a coherent state ``amplitude``
        :math:`\langle S_-\rangle/\sqrt N`, and ``error``: of the trace norm of ρ, a bound if the
        basis is complete and otherwise an estimate, as the attribute ``error_kind`` says.  An
        estimate is of the fidelity and the weight; the purity may be off by four times as much.
        Over ``time`` and ``class``: ``class_pairs`` :math:`\langle J_-^2\rangle/N_k` of the
        spins of one class.

    Raises
    ------
    ValueError
        If an argument is outside its range or not finite, or the cat vanishes (odd, η = 0).
    MemoryError
        If the states or the times do not fit.
    ConvergenceError
        If ``tol`` is not reached with ``n_max`` excitations.

    Examples
    --------
    >>> halves = evolve_classes([32, 32], [0.01, -0.01], 0.2, [0.0, 50.0, 100.0], "odd")
    >>> halves.fidelity.values.round(3)
    array([1.   , 0.761, 0.281])
    >>> halves.purity.values.round(5)
    array([1.     , 0.99997, 0.99978])
    """
    numbers = [check_positive_integer("sizes", n) for n in check_list("sizes", sizes, "integers")]
    counts = check_row("sizes", numbers).astype(np.int64)
    rates = check_row("detunings", detunings, counts.size)
    ensemble, grid = SpinEnsemble(sum(numbers), eta, phase), check_times(times)
    kind = check_choice("state", state, get_args(State))
    check_theta(ensemble.theta, ensemble.n_spins, None if kind == "coherent" else kind)
    strength = check_number("gap", gap)
    check_tolerance("tol", tol, *TOLERANCES)
    check_memory("number of times", len(grid), 8.0 * 3 * MOST_POINTS * len(grid))
    if n_max is not None:
        check_integer("n_max", n_max, 1, ensemble.n_spins)
    ladder = initial_ladder(ensemble.eta, kind, ensemble.n_spins)

    def attempt(most: int) -> Moments:
        _count(counts, most, kind)
        basis = class_block(counts, rates, strength, ladder, most, kind)
        return solve(basis, 2 * ensemble.eta, grid, tol)

    first = n_max or first_cut(ladder, tol)
    most, moments = enlarged(attempt, first, ensemble.n_spins if n_max is None else first, tol)
    bound = most == ensemble.n_spins and _count(counts, most, kind) <= _solve.DENSE
    result = dataset(
        moments, grid, ensemble.alpha, sizes=counts, detunings=rates, eta=ensemble.eta,
        state=kind, gap=strength, phase=ensemble.phase, n_max=most, tol=tol,
        error_kind="bound: of the expansion in time" if bound
        else "estimate: steps in time, and weight at the edge of the basis",
    )  # fmt: skip
    turn = ensemble.alpha / abs(ensemble.alpha) if ensemble.alpha else 1.0
    attrs = {"long_name": "<J_-^2>/N_k of a class", "units": "1"}
    return result.assign(
        class_pairs=(("time", "class"), turn**2 * np.asarray(moments.observed), attrs)
    )


def _count(sizes: Integers, n_max: int, state: State) -> float:
    """Number of states of so many excitations; ``MemoryError`` if they do not fit."""
    layers = np.append(1.0, np.zeros(n_max))  # states with each number of excitations
    for size in sizes:
        sums = np.cumsum(layers)
        layers = sums - np.append(np.zeros(min(size, n_max) + 1), sums)[: n_max + 1]
        if layers.sum() > 1e12:
            break
    states = layers.sum() if state == "coherent" else max(layers[::2].sum(), layers[1::2].sum())
    needed = _density.memory(states) if states <= _solve.DENSE else MIXTURE * states
    check_memory("n_max", n_max, needed)
    return float(states)


def class_block(
    sizes: Integers, detunings: Floats, gap: float, ladder: Floats, n_max: int, state: State
) -> Block:
    """Basis, operators and initial state."""
    n_spins = int(sizes.sum())
    states = _occupations(sizes, n_max)
    number = states.sum(axis=1)
    lowerings = [_lowering(states, sizes, k) for k in range(len(sizes))]
    lowering = sparse.csr_array(sum(lowerings[1:], lowerings[0]))
    # H_ex = (G/N) [n (N - n + 1) - S₊S₋], and zero for symmetric states
    energies = states @ detunings + gap * number * ((n_spins - number + 1) / n_spins)
    hamiltonian = sparse.diags_array(energies) - gap * (lowering.T @ lowering)
    ways = np.sum(
        [_log_binomials(size, n_max)[n] for size, n in zip(sizes, states.T, strict=True)], 0
    )
    overlaps = np.exp((ways - _log_binomials(n_spins, n_max)[number]) / 2)
    symmetric = sparse.csr_array(
        (overlaps, (np.arange(len(states)), number)), shape=(len(states), n_max + 1)
    )
    driven = (number + 2 <= n_max) | (number + 2 > n_spins)
    return block(
        number, lowering, sparse.csr_array(hamiltonian), symmetric, ladder,
        both=state == "coherent", edge=~driven, driven=driven,
        observables=[one @ one * (n_spins / n) for one, n in zip(lowerings, sizes, strict=True)],
    )  # fmt: skip


def _occupations(limits: Integers, n_max: int) -> Integers:
    """All rows of K numbers from 0 to the ``limits`` (K,) with a sum of at most ``n_max``."""
    states, sums = np.zeros((1, 0), dtype=np.int64), np.zeros(1, dtype=np.int64)
    for limit in limits:
        parts = [(states[sums + n <= n_max], n) for n in range(min(limit, n_max) + 1)]
        states = np.concatenate([np.column_stack([p, np.full(len(p), n)]) for p, n in parts])
        sums = states.sum(axis=1)
    return states[np.lexsort((*states.T[::-1], sums))]


def _lowering(states: Integers, sizes: Integers, k: int) -> sparse.csr_array:
    """J₋/√N of class k between the states, N spins in all."""
    place = {row.tobytes(): index for index, row in enumerate(states)}
    upper = np.flatnonzero(states[:, k])
    below = states[upper]
    n = below[:, k].copy()
    below[:, k] -= 1
    entries = np.sqrt(n * ((sizes[k] - n + 1) / sizes.sum()))
    rows = np.array([place[row.tobytes()] for row in below], dtype=np.int64)
    return sparse.csr_array((entries, (rows, upper)), shape=2 * (len(states),))


def _log_binomials(size: int, n_max: int) -> Floats:
    """Logarithms of the binomial coefficients of ``size`` over 0 to ``n_max`` or ``size``."""
    n = np.arange(min(size, n_max))
    return np.append(0.0, np.cumsum(np.log((size - n) / (n + 1))))
