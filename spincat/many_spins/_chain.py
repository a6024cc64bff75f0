r"""A bright mode at the head of a chain of dark modes: where to cut it, and a basis for it.

All that the solvers return depends on the dark modes through the memory of the bright one alone,

.. math::
    K(\tau) = t_1^2\,\langle 1|e^{-iA\tau}|1\rangle\,e^{-iG\tau} ,

A the dark part of the chain: the dark modes are linear and empty at first.  A chain that is cut
has another memory, and the difference is known before any work (`cut_error`).

Up to a time T the bright mode feeds the vectors :math:`e^{-i(A+G)s}e_1` with s < T only.  The
eigenvectors of their correlation matrix are the dark modes of the basis: the eigenvalues fall
faster than a geometric series, so most of the modes hold next to nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.special import gammaln

from spincat.many_spins._blocks import Block, State, block, initial_ladder
from spincat.shared.checks import check_memory
from spincat.shared.types import Floats, Integers

STEPS = 400
"""Steps of the integrals over time."""
UNSTEADY = 0.1
"""Weight of what the dark modes hold if the bright one is not held: fewest states for an error."""
LAST = np.log(10.0)
"""States with an expected weight so near the smallest one of the basis are at its edge, too."""


BYTES = 5_000.0
"""Memory for each state: its numbers, the elements of operators, the columns of a mixture."""


class DarkModes(NamedTuple):
    """Dark modes, real combinations of the sites of a chain, in the order of what they may hold.

    ``coupling`` (m,) is the hop from the bright mode to each, ``energies`` (m, m) the hops between
    them, and ``rates`` (m,) the excitations of each for one in the bright mode.
    """

    coupling: Floats
    energies: Floats
    rates: Floats


def memory(hops: Floats, times: Floats) -> Floats:
    """K(τ) of a chain without a gap, which is real for a symmetric line."""
    if not len(hops):
        return np.zeros(len(times))
    energies, modes = eigh_tridiagonal(np.zeros(len(hops)), hops[1:])
    return np.asarray(hops[0] ** 2 * np.cos(np.outer(times, energies)) @ modes[0] ** 2)


def cut_error(hops: Floats, longer: Floats, times: Floats, bright: float) -> Floats:
    r"""Error of the state at the times, in trace norm, if a chain has fewer hops than it should.

    .. math::
        4\,\bar n \int_0^t (t - \tau)\,|K(\tau) - K'(\tau)|\,d\tau ,

    to first order in the difference of the memories, which enters in four terms of the form
    :math:`K a^\dagger a` on the two sides of ρ; ``bright`` is n̄, excitations of the bright mode.
    """
    grid = np.linspace(0.0, times[-1], STEPS + 1)
    difference = np.abs(memory(longer, grid) - memory(hops, grid))
    once = _integral(difference, grid)
    return np.asarray(4 * bright * np.interp(times, grid, _integral(once, grid)))


def _integral(values: Floats, grid: Floats) -> Floats:
    """The integrals from the first point of the grid, by trapezia."""
    areas = (values[1:] + values[:-1]) / 2 * np.diff(grid)
    return np.append(0.0, np.cumsum(areas))


def dark_modes(hops: Floats, gap: float, t_max: float) -> DarkModes:
    """Turn the sites after the first one to the modes that are fed until a time.

    Half of what they may hold comes from a bright mode that is held, which feeds them all the time
    in one phase, and `UNSTEADY` of the most that one can feed which is not.
    """
    if not len(hops):
        return DarkModes(np.zeros(0), np.zeros((0, 0)), np.zeros(0))
    chain = np.diag(np.full(len(hops), gap)) + np.diag(hops[1:], 1) + np.diag(hops[1:], -1)
    energies, modes = np.linalg.eigh(chain)
    step = t_max / STEPS
    fed = (modes * modes[0]) @ np.exp(-1j * np.outer(energies, step * (np.arange(STEPS) + 0.5)))
    held = step * np.cumsum(fed, axis=1)
    correlation = UNSTEADY * t_max * step * fed @ fed.conj().T + 2 / STEPS * held @ held.conj().T
    rates, vectors = np.linalg.eigh(correlation.real)
    vectors = vectors[:, ::-1]
    rates = hops[0] ** 2 * np.maximum(rates[::-1], 0.0)
    return DarkModes(hops[0] * vectors[0], vectors.T @ chain @ vectors, rates)


def chain_block(
    dark: DarkModes, cut: float, eta: float, state: State, *, both: bool = False
) -> Block:
    """The block of the states whose expected weight is at least ``cut``, for N → ∞.

    Expected are independent numbers: Poisson's law with the mean 2η (1 if that is smaller and the
    state is odd) for the bright mode, and that times the rate of each dark mode.
    """
    mean = bright_excitations(eta, state)
    budget = -np.log(cut)
    occupations, spent = _occupations(np.append(mean, mean * dark.rates), budget, eta)
    size, modes = occupations.shape
    number = occupations.sum(axis=1)
    basis = _Basis(occupations)
    lowering = basis.moved({0: -1}, np.sqrt(occupations[:, 0]))
    energies = np.zeros((modes, modes))
    energies[1:, 1:] = dark.energies[: modes - 1, : modes - 1]
    energies[0, 1:] = dark.coupling[: modes - 1]
    hamiltonian = sparse.diags_array(occupations @ energies.diagonal()).tocsr()
    for i, j in np.argwhere(np.abs(np.triu(energies, 1)) > 1e-14 * np.abs(energies).max()):
        strength = energies[i, j] * np.sqrt(occupations[:, i] * (occupations[:, j] + 1.0))
        forth = basis.moved({i: -1, j: 1}, strength)
        hamiltonian = hamiltonian + forth + forth.T
    bright = np.flatnonzero(number == occupations[:, 0])
    most = int(occupations[:, 0].max())
    symmetric = sparse.csr_array(
        (np.ones(len(bright)), (bright, occupations[bright, 0])), shape=(size, most + 1)
    )
    driven = basis.has({0: 2})
    return block(
        number, lowering, sparse.csr_array(hamiltonian), symmetric, initial_ladder(eta, state),
        both=both, edge=(~driven & (eta > 0)) | (spent > budget - LAST), driven=driven,
    )  # fmt: skip


def bright_excitations(eta: float, state: State) -> float:
    """Mean number of excitations of the initial state; at least that of a coherent one."""
    x = 2 * eta
    return float(x / np.tanh(x)) if state == "odd" and x > 0 else x


def _occupations(means: Floats, budget: float, eta: float) -> tuple[Integers, Floats]:
    """All sets of numbers with a logarithm of their weight above -budget, in order, and it.

    The weight of a number is that of Poisson's law, over its largest one, and 1 below its mean.
    Modes at the end that are empty in all of them are left out.
    """
    found, spent = np.zeros((1, 0), dtype=np.int64), np.zeros(1)
    for mean in means:
        costs = _costs(mean, budget)
        if len(costs) == 1 and found.shape[1]:
            break  # and so are all modes after it
        counts = np.searchsorted(costs, budget - spent, side="right")
        total = int(counts.sum())
        check_memory("eta", eta, BYTES * total)
        parent = np.repeat(np.arange(len(found)), counts)
        added = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        found = np.column_stack([found[parent], added])
        spent = spent[parent] + costs[added]
    return found, spent


def _costs(mean: float, budget: float) -> Floats:
    """-log of the weights of the numbers 0, 1, ... of a mode, as far as the budget goes."""
    if mean <= 0 or -np.log(mean) > budget:
        return np.zeros(1)
    n = np.arange(int(10 * mean + 4 * budget + 10))
    logs = n * np.log(mean) - gammaln(n + 1)
    costs = np.maximum.accumulate(logs.max() - logs * (n >= mean) - logs.max() * (n < mean))
    return np.asarray(costs[costs <= budget])


class _Basis:
    """States in the order of their numbers, the first mode first, and how to find one."""

    def __init__(self, occupations: Integers) -> None:
        self.occupations = occupations
        radix = occupations.max(axis=0) + 3  # a number may be two too many
        self.places = np.append(np.cumprod(radix[:0:-1])[::-1], 1)
        self.keys = occupations @ self.places

    def has(self, steps: dict[int, int]) -> NDArray[np.bool_]:
        """Which states are in the basis with numbers changed by ``steps``, too."""
        return self._found(steps)[1]

    def moved(self, steps: dict[int, int], strength: Floats) -> sparse.csr_array:
        """The operator that changes numbers by ``steps``, with its elements, in the basis."""
        rows, found = self._found(steps)
        columns = np.flatnonzero(found & (strength != 0))
        entries = strength[columns], (rows[columns], columns)
        return sparse.csr_array(entries, shape=2 * (len(rows),))

    def _found(self, steps: dict[int, int]) -> tuple[Integers, NDArray[np.bool_]]:
        wanted = self.keys + sum(step * self.places[mode] for mode, step in steps.items())
        rows = np.minimum(np.searchsorted(self.keys, wanted), len(wanted) - 1)
        return rows, self.keys[rows] == wanted
