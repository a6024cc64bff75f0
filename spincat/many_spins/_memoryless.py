r"""The bright mode of a Lorentzian line: a loss of single excitations, and nothing else.

Its dark modes have no memory, so the state of the bright mode obeys

.. math::
    \dot\rho = \mathcal D[a^2 - x]\rho + 2\gamma\,\mathcal D[a]\rho .

What is lost goes to dark modes and stays there: they hold :math:`2\gamma\int\langle a^\dagger
a\rangle dt`, and are empty with the weight of the histories without any such loss, σ with
:math:`\dot\sigma = \mathcal D[a^2 - x]\sigma - \gamma\{a^\dagger a, \sigma\}`.  Both equations are
real and small, and solved as exponentials of sparse matrices.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.sparse.linalg import expm_multiply

from spincat.many_spins._blocks import Moments, State, initial_ladder
from spincat.shared.checks import check_memory, check_work
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Floats, Integers

MOST_WORK = 3e10
"""Largest product of the generator's elements, its norm and the last time: minutes."""
ROUNDS = 20


def evolve(gamma: float, eta: float, times: Floats, state: State, tol: float) -> Moments:
    """Moments of all modes at the times but for the purity, which is NaN.

    The error is what leaks at the end of the ladder, an estimate.

    Raises
    ------
    ValueError
        If the last time takes too many actions of the generator.
    ConvergenceError
        If the weight at the end of the ladder stays.
    """
    ladder = initial_ladder(eta, state)
    beyond = np.cumsum(ladder[::-1] ** 2)[::-1]
    size = int(np.sum(beyond * (1 + 4 * eta**2 * times[-1]) > tol / 10)) + 5
    for _ in range(ROUNDS):
        moments = _moments(gamma, 2 * eta, times, ladder, size)
        if moments.error[-1] <= tol:
            return moments
        size += 4
    raise ConvergenceError(f"{size} levels leave an error of {moments.error[-1]:.2g} > tol = {tol}")


def _moments(gamma: float, x: float, times: Floats, ladder: Floats, size: int) -> Moments:
    """Moments in a ladder of so many states."""
    check_memory("eta", x / 2, 1000.0 * size**2)
    number = np.arange(size)
    first = np.append(ladder[:size], np.zeros(max(size - len(ladder), 0)))
    first /= np.linalg.norm(first)
    lowering = sparse.diags_array(np.sqrt(number[1:].astype(float)), offsets=1).tocsr()
    one = sparse.eye_array(size)
    pair = sparse.csr_array(lowering @ lowering - x * one)
    decay = pair.T @ pair / 2 + gamma * sparse.diags_array(number.astype(float))
    without = sparse.kron(pair, pair) - sparse.kron(decay, one) - sparse.kron(one, decay)
    lossy = without + 2 * gamma * sparse.kron(lowering, lowering)
    # one number more, the dark excitations, which grow at the rate of the loss
    rate = sparse.csr_array(2 * gamma * np.diag(number).reshape(1, -1))
    lossy = sparse.block_array([[lossy, None], [rate, sparse.csr_array((1, 1))]])
    rho0 = np.outer(first, first).ravel()
    sigma = _propagated(without, rho0, times).reshape(-1, size, size)
    grown = _propagated(lossy, np.append(rho0, 0.0), times)
    rho, dark = grown[:, :-1].reshape(-1, size, size), grown[:, -1]
    weights = np.einsum("tnn->tn", rho)
    edge = np.maximum.accumulate(weights[:, -4:].sum(axis=1))
    coherent = bool(np.any(first[:-1] * first[1:]))
    return Moments(
        np.einsum("m,tmn,n->t", first, sigma, first),
        np.full(len(times), np.nan),
        weights @ number + dark,
        np.einsum("tnn->t", sigma),
        _expectation(lowering @ lowering, rho).astype(complex),
        _expectation(lowering, rho).astype(complex) if coherent else None,
        np.sum(ladder[size:] ** 2) + edge * (1 + x**2 * times),
        edge,
    )


def _propagated(generator: sparse.sparray, start: Floats, times: Floats) -> Floats:
    """exp(generator · t) start at the times, shape (T, D), of what the start is coupled to."""
    matrix = sparse.csr_array(generator)
    kept = _reached(matrix, start)
    matrix = matrix[kept][:, kept]
    work = matrix.nnz * float(abs(matrix).sum(axis=0).max()) * times[-1]
    check_work("times", times, work, MOST_WORK, "elements times norm times time")
    found = np.zeros((len(times), len(start)))
    vector = start[kept]
    for place, step in enumerate(np.diff(times, prepend=0.0)):
        vector = expm_multiply(matrix * step, vector) if step else vector
        found[place, kept] = vector
    return found


def _reached(matrix: sparse.csr_array, start: Floats) -> Integers:
    """Which entries of exp(matrix · t) start are not zero: a cat has one parity, and keeps it."""
    pattern = matrix.astype(bool).astype(float)
    found: NDArray[np.bool_] = start != 0
    while (wider := found | (pattern @ found > 0)).sum() > found.sum():
        found = wider
    return np.flatnonzero(found)


def _expectation(operator: sparse.csr_array, rho: Floats) -> Floats:
    entries = operator.tocoo()
    return np.asarray(rho[:, entries.col, entries.row] @ entries.data)
