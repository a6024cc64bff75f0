r"""N spins with any detunings, more than a density matrix allows: mixtures of few states.

The basis are the product states of at most ``n_max`` excitations, where S₋ has N entries a row, and
the density matrix is ρ = X X† with as many columns as the tolerance asks for (`_mixtures`), about
twenty: after a jump, a stabilised ensemble is in nearly the state from before.
"""

from __future__ import annotations

from itertools import chain, combinations
from math import comb

import numpy as np
import scipy.sparse as sparse
import xarray as xr
from joblib import delayed
from numpy.typing import ArrayLike

from spincat.many_spins import _mixtures
from spincat.many_spins._blocks import Block, Moments, State, block, dataset, initial_ladder
from spincat.many_spins._solve import enlarged, first_cut, solve
from spincat.model.ensemble import SpinEnsemble
from spincat.shared.checks import (
    check_choice,
    check_finite,
    check_integer,
    check_memory,
    check_number,
    check_theta,
    check_times,
    check_tolerance,
)
from spincat.shared.parallel import shared_out
from spincat.shared.types import Floats, Integers

__all__ = ["evolve_low_rank"]

LARGEST_N = 62
"""A product state is an integer of 64 bits."""
LIKELY_COLUMNS = 32
"""Of a mixture, as the memory is checked before any work."""


def evolve_low_rank(
    detunings: ArrayLike,
    eta: float,
    times: ArrayLike,
    state: State,
    *,
    gap: float = 0.0,
    phase: float = 0.0,
    n_max: int | None = None,
    tol: float = 1e-4,
) -> xr.Dataset:
    r"""Evolve the initial state of N unequal spins under Eqs. 1-2 with the exchange of Appendix A.

    .. math::
        \rho(t) \approx X(t) X^\dagger(t), \qquad
        H = \frac12\sum_n \delta_n\sigma^z_n
            + \frac{G}{N}\left[\tfrac N2\left(\tfrac N2 + 1\right) - \mathbf{S}^2\right] ,

    with the drive and the loss of Eq. 1, in the states of at most ``n_max`` excitations.

    Inside ``joblib.parallel_config(n_jobs=2)`` the draws are shared among two processes, which give
    the same digits.

    Parameters
    ----------
    detunings
        δ_n/Γ2, shape (N,) for one draw or (draws, N).
    eta
        Strength of the drive η/Γ2.
    times
        Times Γ2·t ≥ 0 that increase, shape (T,).
    state
        ``"even"`` or ``"odd"`` for a cat, ``"coherent"`` for the coherent state (Eqs. 5-7).
    gap
        Exchange gap G/Γ2 per dark excitation, of either sign.
    phase
        Phase φ of the drive, radians.
    n_max
        Largest number of excitations; None for as many as ``tol`` needs.
    tol
        Error of the weights, from 10⁻⁸ to 10⁻².

    Returns
    -------
    xr.Dataset
        Over ``time``, and ``draw`` if ``detunings`` has two axes: ``fidelity`` ⟨ψ₀\|ρ\|ψ₀⟩,
        ``purity`` Tr ρ², ``excitations`` ⟨n⟩, ``symmetric_weight`` of J = N/2, ``pair_amplitude``
        ⟨S₋²⟩/N, for ``"coherent"`` also ``amplitude`` ⟨S₋⟩/√N, and ``error``, an estimate of the
        error of the weights: from what is missing of the trace, and the weight at the edge of the
        basis.  The purity may be off by four times as much where the basis is cut off.

    Raises
    ------
    ValueError
        If an argument is outside its range or not finite, or the cat vanishes (odd, η = 0).
    MemoryError
        If the states of ``n_max`` excitations do not fit.
    ConvergenceError
        If more than ``tol`` reaches the states of ``n_max`` excitations, or steps get too short.

    Examples
    --------
    >>> data = evolve_low_rank([0.02, -0.01, 0.0, 0.01], 0.2, [0.0, 50.0, 100.0], "even")
    >>> data["fidelity"].values.round(2)
    array([1.  , 0.97, 0.95])
    """
    rows = check_finite("detunings", detunings)
    if rows.ndim not in (1, 2) or 0 in rows.shape:
        raise ValueError(f"detunings has shape {rows.shape}; allowed: (N,) or (draws, N), N >= 1")
    n_spins = rows.shape[-1]
    if n_spins > LARGEST_N:
        raise MemoryError(f"detunings has N = {n_spins}; allowed: at most {LARGEST_N}")
    grid = check_times(times)
    ensemble = SpinEnsemble(n_spins, eta, phase)
    gap, tol = check_number("gap", gap), check_tolerance("tol", tol, 1e-8)
    if check_choice("state", state, ("even", "odd", "coherent")) != "coherent":
        check_theta(ensemble.theta, n_spins, state)
    most = n_spins if n_max is None else check_integer("n_max", n_max, 1, n_spins)
    least = first_cut(initial_ladder(eta, state, n_spins), tol) if n_max is None else most
    check_memory("number of detunings N", n_spins, _bytes(n_spins, least, state))
    draws = rows.reshape(-1, n_spins)
    found = shared_out(
        delayed(_evolve)(draw, eta, grid, state, gap, least, most, tol) for draw in draws
    )
    attrs = {"eta": eta, "state": state, "gap": gap, "phase": phase, "tol": tol}
    parts = [
        dataset(
            moments, grid, ensemble.alpha, n_spins=n_spins, n_max=reached, **attrs,
            error_kind="estimate: steps in time, and weight at the edge of the basis",
        )
        for moments, reached in found
    ]  # fmt: skip
    if rows.ndim == 1:
        return parts[0]
    largest = max(reached for _, reached in found)
    return xr.concat(parts, "draw", combine_attrs="override").assign_attrs(n_max=largest)


def product_block(
    detunings: Floats, eta: float, state: State, n_max: int, gap: float = 0.0
) -> Block:
    """The product states of at most ``n_max`` excitations as a `Block`, by excitations."""
    n_spins = len(detunings)
    states = _product_states(n_spins, n_max)
    size, number = len(states), np.bitwise_count(states).astype(np.int64)
    order = np.argsort(states)
    rows, columns = [], []
    energy = np.zeros(size)
    for spin, delta in enumerate(detunings):
        excited = np.flatnonzero(states >> spin & 1)
        energy[excited] += delta
        lowered = states[excited] ^ (1 << spin)
        rows.append(order[np.searchsorted(states, lowered, sorter=order)])
        columns.append(excited)
    where = np.concatenate(rows), np.concatenate(columns)
    elements = np.full(len(where[0]), 1 / np.sqrt(n_spins))
    lowering = sparse.csr_array((elements, where), shape=(size, size))
    energy += gap * number * (n_spins - number + 1) / n_spins
    hamiltonian = sparse.diags_array(energy).tocsr()
    if gap:
        hamiltonian = sparse.csr_array(hamiltonian - gap * (lowering.T @ lowering))
    each = np.array([comb(n_spins, n) ** -0.5 for n in range(n_max + 1)])
    symmetric = sparse.csr_array((each[number], (np.arange(size), number)))
    driven = (number + 2 <= n_max) | (number + 2 > n_spins)
    return block(
        number, lowering, hamiltonian, symmetric, initial_ladder(eta, state, n_spins),
        edge=~driven, driven=driven,
    )  # fmt: skip


def _evolve(
    detunings: Floats,
    eta: float,
    times: Floats,
    state: State,
    gap: float,
    least: int,
    most: int,
    tol: float,
) -> tuple[Moments, int]:
    """The moments of one draw, and the largest number of excitations that they needed."""
    n_spins = len(detunings)

    def attempt(n_max: int) -> Moments:
        check_memory("n_max", n_max, _bytes(n_spins, n_max, state))
        basis = product_block(detunings, eta, state, n_max, gap)
        return solve(basis, 2 * eta, times, tol, _mixtures.evolve)

    n_max, moments = enlarged(attempt, least, most, tol)
    return moments, n_max


def _product_states(n_spins: int, n_max: int) -> Integers:
    """Bit patterns of the states of 0, 1, ... n_max excitations."""
    patterns = chain.from_iterable(combinations(range(n_spins), n) for n in range(n_max + 1))
    return np.fromiter((sum(1 << spin for spin in spins) for spins in patterns), dtype=np.int64)


def _bytes(n_spins: int, n_max: int, state: State) -> float:
    """Memory of the operators, and of the mixtures of a step and its nodes."""
    both = sum(comb(n_spins, n) for n in range(n_max + 1))
    size = both if state == "coherent" else both / 2
    return 16.0 * size * (10 * LIKELY_COLUMNS) + 64.0 * both * n_max
