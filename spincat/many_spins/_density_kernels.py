"""Compiled loops of `_density`: the master equation acting on one real matrix M.

The operators have a few entries a row.  They act on M from the left by adding rows, in slabs of
columns that stay in the second-level cache, and from the right as the same operation on the
transpose, which is built slab by slab.  All matrices are stored as their slabs, one after the
other: ``M[s, i, w]`` is the element in row i and column ``s * width + w``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sparse
from numba import njit

from spincat.shared.types import Floats, Integers

TILE = 8
"""Doubles in one cache line."""
WIDTHS = range(32, 88, TILE)
"""Columns that may be treated at once, by trial."""


def shape(n_states: int) -> tuple[int, int, int]:
    """Slabs, rows and columns of a slab for a matrix of D states, padded as little as possible."""
    if n_states <= WIDTHS[0]:
        size = -(-n_states // TILE) * TILE
        return 1, size, size
    count, width = min(
        ((-(-n_states // width), width) for width in WIDTHS), key=lambda pair: pair[0] * pair[1]
    )
    return count, count * width, width


def slabs(matrix: Floats) -> Floats:
    """A square matrix as slabs, padded with zeros."""
    count, size, width = shape(len(matrix))
    padded = np.zeros((size, size))
    padded[: len(matrix), : len(matrix)] = matrix
    return np.ascontiguousarray(padded.reshape(size, count, width).transpose(1, 0, 2))


def square(matrices: Floats, n_states: int) -> Floats:
    """Inverse of `slabs`, for any number of matrices."""
    count, size, width = shape(n_states)
    parts = matrices.reshape(-1, count, size, width).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(parts.reshape(-1, size, size)[:, :n_states, :n_states])


class Rows(NamedTuple):
    """Sparse operators of the same size, row after row: as SciPy's CSR, one after the other."""

    data: Floats
    columns: Integers
    starts: Integers


def rows(operators: list[sparse.csr_array], size: int) -> Rows:
    """The ``operators`` for the kernels, with empty rows up to ``size``."""
    starts = [np.zeros(0, dtype=np.int64)]
    done = 0
    for operator in operators:
        begin = np.full(size + 1, operator.nnz)
        begin[: operator.shape[0]] = operator.indptr[:-1]
        starts.append(begin + done)
        done += operator.nnz
    data = [np.zeros(0), *(operator.data for operator in operators)]
    columns = [np.zeros(0), *(operator.indices for operator in operators)]
    return Rows(
        np.concatenate(data).astype(float),
        np.concatenate(columns).astype(np.int64),
        np.concatenate(starts).reshape(-1, size + 1).astype(np.int64),
    )


@njit(cache=True, fastmath={"contract", "nsz", "reassoc"})
def _multiply(
    data: Floats, columns: Integers, starts: Integers, x: Floats, y: Floats, add: bool
) -> None:
    """y = A x, or y += A x."""
    width = x.shape[1]
    for i in range(x.shape[0]):
        k, end = starts[i], starts[i + 1]
        out = y[i]
        if not add:
            if end - k >= 2:
                p, q = data[k], data[k + 1]
                a, b = x[columns[k]], x[columns[k + 1]]
                for w in range(width):
                    out[w] = p * a[w] + q * b[w]
                k += 2
            else:
                for w in range(width):
                    out[w] = 0.0
        while k + 4 <= end:  # four rows at once: one load and store of the sum
            p, q, r, s = data[k], data[k + 1], data[k + 2], data[k + 3]
            a, b = x[columns[k]], x[columns[k + 1]]
            c, d = x[columns[k + 2]], x[columns[k + 3]]
            for w in range(width):
                out[w] += (p * a[w] + q * b[w]) + (r * c[w] + s * d[w])
            k += 4
        if k + 2 <= end:
            p, q = data[k], data[k + 1]
            a, b = x[columns[k]], x[columns[k + 1]]
            for w in range(width):
                out[w] += p * a[w] + q * b[w]
            k += 2
        if k < end:
            p, a = data[k], x[columns[k]]
            for w in range(width):
                out[w] += p * a[w]


@njit(cache=True)
def _transpose(x: Floats, slab: int, out: Floats) -> None:
    """Slab number ``slab`` of the transpose of ``x``."""
    count, _, width = x.shape
    for t in range(count):
        for v in range(0, width, TILE):
            for w in range(0, width, TILE):
                for i in range(v, v + TILE):
                    for j in range(w, w + TILE):
                        out[t * width + i, j] = x[t, slab * width + j, i]


@njit(cache=True, fastmath={"contract", "nsz", "reassoc"})
def step(
    M: Floats,
    older: Floats,
    out: Floats,
    own: float,
    keep: float,
    scale: float,
    jumps: Rows,
    adjoints: Rows,
    energies: Floats,
    coupling: Rows,
    X: Floats,
    A: Floats,
    work: Floats,
) -> float:
    """Write scale 𝓛M + own M + keep older to ``out``, and return its squared norm.

    𝓛M = Σ [B M Bᵀ - (BᵀB M + M BᵀB)/2] - [H, Mᵀ], with all ``jumps`` B, their ``adjoints`` Bᵀ, and
    H the diagonal ``energies`` plus the ``coupling``.
    """
    slabs, size, width = M.shape
    count, coupled = len(jumps.starts), len(coupling.data) > 0
    a, b, c, d = work[0], work[1], work[2], work[3]
    half = scale / 2
    for s in range(slabs):  # X = B M, and A = BᵀB M/2 + H Mᵀ, times the scale
        for n in range(count):
            x = X[n, s]
            _multiply(jumps.data, jumps.columns, jumps.starts[n], M[s], x, False)
            _multiply(adjoints.data, adjoints.columns, adjoints.starts[n], x, A[s], n > 0)
        if coupled:
            _transpose(M, s, a)
            _multiply(coupling.data, coupling.columns, coupling.starts[0], a, b, False)
            for j in range(size):
                for w in range(width):
                    A[s, j, w] = half * A[s, j, w] + scale * b[j, w]
        else:
            for j in range(size):
                for w in range(width):
                    A[s, j, w] *= half
    total = 0.0
    for s in range(slabs):  # the rest, for as many rows, transposed
        _transpose(M, s, a)
        for n in range(count):
            _multiply(jumps.data, jumps.columns, jumps.starts[n], a, b, False)
            _multiply(adjoints.data, adjoints.columns, adjoints.starts[n], b, c, n > 0)
        for n in range(count):
            _transpose(X[n], s, a)
            _multiply(jumps.data, jumps.columns, jumps.starts[n], a, d, n > 0)
        if coupled:  # (Mᵀ H)ᵀ = H M
            _multiply(coupling.data, coupling.columns, coupling.starts[0], M[s], d, True)
        first = s * width
        for j in range(size):
            for w in range(width):
                turn = scale * (energies[first + w] - energies[j]) * M[s, j, w]
                d[j, w] = scale * d[j, w] - half * c[j, w] - turn
        for t in range(slabs):
            for v in range(0, width, TILE):
                for w in range(0, width, TILE):
                    for i in range(first + v, first + v + TILE):
                        for j in range(w, w + TILE):
                            new = d[t * width + j, i - first] - A[t, i, j] + own * M[t, i, j]
                            new += keep * older[t, i, j]
                            out[t, i, j] = new
                            total += new * new
    return total


@njit(cache=True, fastmath={"contract", "nsz", "reassoc"})
def add_combinations(weights: Floats, ring: Floats, sums: Floats) -> None:
    """Add Σ_k weights[n, k] ring[k] to ``sums[n]`` for all n, for a ring of eight."""
    chunk = 512
    total = ring.shape[1]
    for first in range(0, total, chunk):
        last = min(first + chunk, total)
        for n in range(len(weights)):
            p, q, r, s = weights[n, 0], weights[n, 1], weights[n, 2], weights[n, 3]
            t, u, v, z = weights[n, 4], weights[n, 5], weights[n, 6], weights[n, 7]
            for i in range(first, last):
                sums[n, i] += (
                    (p * ring[0, i] + q * ring[1, i]) + (r * ring[2, i] + s * ring[3, i])
                ) + ((t * ring[4, i] + u * ring[5, i]) + (v * ring[6, i] + z * ring[7, i]))
