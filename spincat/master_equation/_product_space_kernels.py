"""Compiled loops of `product_space`: the master equation acting on one real parity block.

The jump operator is a constant plus S, which moves two excitations and has only entries 0 and 1
in the product basis: S acts on a matrix by adding rows, seven for each at N = 8 on average,
and never multiplies.  Columns are treated in slabs that stay in the second-level cache.  S on the
other side is the same operation on the transpose, which is built slab by slab.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from spincat.shared.types import Floats, Integers

TILE = 8
"""Doubles in one cache line; matrices are padded to at least this many rows."""


@njit(cache=True, fastmath={"contract", "nsz", "reassoc"})
def _add_rows(x: Floats, rows: Integers, starts: Integers, shift: float, y: Floats) -> None:
    """y = (S - shift) x, where row i of S has ones at ``rows[starts[i]:starts[i + 1]]``.

    The length of the inner loops is only known at run time: with a constant the compiler unrolls
    them first and then misses the vector instructions.
    """
    width = x.shape[1]
    for i in range(x.shape[0]):
        k, end = starts[i], starts[i + 1]
        if (end - k) % 3 == 1:
            a = rows[k]
            for w in range(width):
                y[i, w] = x[a, w] - shift * x[i, w]
            k += 1
        elif (end - k) % 3 == 2:
            a, b = rows[k], rows[k + 1]
            for w in range(width):
                y[i, w] = x[a, w] + x[b, w] - shift * x[i, w]
            k += 2
        else:
            for w in range(width):
                y[i, w] = -shift * x[i, w]
        if (end - k) % 6 == 3:
            a, b, c = rows[k], rows[k + 1], rows[k + 2]
            for w in range(width):
                y[i, w] += (x[a, w] + x[b, w]) + x[c, w]
            k += 3
        while k < end:  # six rows at once: one load and store of the sum for six additions
            a, b, c = rows[k], rows[k + 1], rows[k + 2]
            d, e, f = rows[k + 3], rows[k + 4], rows[k + 5]
            for w in range(width):
                y[i, w] += ((x[a, w] + x[b, w]) + (x[c, w] + x[d, w])) + (x[e, w] + x[f, w])
            k += 6


@njit(cache=True)
def _transposed(matrix: Floats, first: int, out: Floats) -> None:
    """Transpose the rows first, first + 1, ... of ``matrix`` into the columns of ``out``."""
    for w in range(0, out.shape[1], TILE):
        for j in range(0, out.shape[0], TILE):
            for k in range(j, j + TILE):
                for v in range(w, w + TILE):
                    out[k, v] = matrix[first + v, k]


@njit(cache=True, fastmath={"contract", "nsz"})
def _newton_step(
    M: Floats,
    older: Floats,
    down: Integers,
    down_starts: Integers,
    up: Integers,
    up_starts: Integers,
    energies: Floats,
    shift: float,
    rate: float,
    own: float,
    keep: float,
    scale: float,
    X: Floats,
    A: Floats,
    slabs: Floats,
) -> None:
    """Overwrite ``older`` with scale L M + own M + keep older.

    L M = rate [B M Bᵀ - (BᵀB M + M BᵀB)/2] - (E_i - E_j) M_ji with B = S - shift.
    """
    size, width = slabs.shape[1:]
    a, b, c, d = slabs[0], slabs[1], slabs[2], slabs[3]
    for J in range(0, size, width):  # X = B M and A = BᵀB M
        for j in range(size):
            for w in range(width):
                a[j, w] = M[j, J + w]
        _add_rows(a, down, down_starts, shift, b)
        _add_rows(b, up, up_starts, shift, c)
        for j in range(size):
            for w in range(width):
                X[j, J + w] = b[j, w]
                A[j, J + w] = c[j, w]
    outer, half = rate * scale, -rate * scale / 2
    for row in range(0, size, width):  # the rest, for `width` rows, transposed in a ... d
        _transposed(M, row, a)
        _add_rows(a, down, down_starts, shift, b)
        _add_rows(b, up, up_starts, shift, c)  # (M BᵀB)ᵀ
        _transposed(X, row, b)
        _add_rows(b, down, down_starts, shift, d)  # (X Bᵀ)ᵀ
        for j in range(size):
            for w in range(width):
                turn = scale * (energies[row + w] - energies[j]) * M[j, row + w]
                d[j, w] = outer * d[j, w] + half * c[j, w] - turn
        rows = a.reshape(width, size)
        _transposed(d, 0, rows)
        for w in range(width):
            i = row + w
            for j in range(size):
                new = rows[w, j] + half * A[i, j] + own * M[i, j]
                older[i, j] = new + keep * older[i, j]


@njit(cache=True, fastmath={"contract", "nsz", "reassoc"})
def _inner(x: Floats, y: Floats) -> float:
    """Sum of x * y over all entries of two matrices."""
    total = 0.0
    for i in range(x.shape[0]):
        a, b = x[i], y[i]
        for j in range(x.shape[1]):
            total += a[j] * b[j]
    return total


@njit(cache=True, fastmath={"contract", "nsz"})
def _add_multiples(weights: Floats, x: Floats, sums: Floats) -> None:
    """Add ``weights[n] * x`` to ``sums[n]`` for all n."""
    for n in range(len(weights)):
        if weights[n] != 0.0:
            for i in range(x.shape[0]):
                a, out = x[i], sums[n, i]
                for j in range(x.shape[1]):
                    out[j] += weights[n] * a[j]


@njit(cache=True)
def record(
    k: int,
    x: Floats,
    observables: Floats,
    weights: Floats,
    norms: Floats,
    moments: Floats,
    sums: Floats,
) -> None:
    """Note what is wanted of ``x`` = q_k: its norm, its moments and its share of the sums."""
    norms[k] = np.sqrt(_inner(x, x))
    for n in range(len(observables)):
        moments[k, n] = _inner(x, observables[n])
    _add_multiples(weights[k], x, sums)


@njit(cache=True)
def advance(
    start: int,
    stop: int,
    pair: Floats,
    down: Integers,
    down_starts: Integers,
    up: Integers,
    up_starts: Integers,
    energies: Floats,
    shift: float,
    rate: float,
    a: Floats,
    beta: Floats,
    gamma: float,
    work: Floats,
    slabs: Floats,
    observables: Floats,
    weights: Floats,
    norms: Floats,
    moments: Floats,
    sums: Floats,
) -> None:
    """Go from q_start to q_stop of `leja`; q_k is in ``pair[k % 2]`` and recorded."""
    for k in range(start, stop):
        M, older = pair[k % 2], pair[(k + 1) % 2]
        _newton_step(
            M, older, down, down_starts, up, up_starts, energies, shift, rate,
            -a[k] / gamma, beta[k] / gamma, 1 / gamma, work[0], work[1], slabs,
        )  # fmt: skip
        record(k + 1, older, observables, weights, norms, moments, sums)
