"""Compiled loops of `_mixtures`: a sparse real matrix, and K of one step, on a few columns.

Complex columns are seen as twice as many real ones, real and imaginary parts in turn, so that all
that is real in K works on real numbers.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from spincat.shared.types import Floats, Integers

Rows = tuple[Integers, Integers, Floats]
"""A sparse matrix as compressed rows: where each begins, columns and values."""


_FAST = {"contract", "nsz", "reassoc"}


@njit(cache=True, fastmath=_FAST)
def multiply(
    starts: Integers,
    columns: Integers,
    values: Floats,
    x: Floats,
    shift: Floats,
    y: Floats,
    z: Floats,
) -> None:
    """z = A x - diag(shift) y for A in compressed rows."""
    width = x.shape[1]
    for i in range(len(starts) - 1):
        for w in range(width):
            z[i, w] = -shift[i] * y[i, w]
        for k in range(starts[i], starts[i + 1]):
            value, row = values[k], columns[k]
            for w in range(width):
                z[i, w] += value * x[row, w]


@njit(cache=True, fastmath=_FAST)
def _next(
    starts: Integers,
    columns: Integers,
    values: Floats,
    energy_starts: Integers,
    energy_columns: Integers,
    energies: Floats,
    raised: Floats,
    jumped: Floats,
    x: Floats,
    older: Floats,
    drive: Floats,
    shift: complex,
    scale: float,
    first: bool,
) -> None:
    """Overwrite ``older`` = T_{k-1} X with T_{k+1} X, where ``x`` = T_k X; with T_1 X at ``first``.

    The first matrix raises ``raised`` = a† B x back into the block, and ``jumped`` is B x.
    """
    width = x.shape[1]
    row = np.empty(width)
    re, im = shift.real, shift.imag
    square = (re * re + im * im) / 2
    factor, keep = (1.0, 0.0) if first else (2.0, 1.0)
    for i in range(len(starts) - 1):
        for w in range(width):
            row[w] = -drive[i] * jumped[i, w]
        for k in range(starts[i], starts[i + 1]):
            value, other = values[k], columns[k]
            for w in range(width):
                row[w] += value * raised[other, w]
        for w in range(0, width, 2):
            a, b = jumped[i, w], jumped[i, w + 1]
            row[w] = row[w] / 2 - (re * a + im * b) + square * x[i, w]
            row[w + 1] = row[w + 1] / 2 - (re * b - im * a) + square * x[i, w + 1]
        for k in range(energy_starts[i], energy_starts[i + 1]):
            value, other = energies[k], energy_columns[k]
            for w in range(0, width, 2):
                row[w] -= value * x[other, w + 1]
                row[w + 1] += value * x[other, w]
        for w in range(width):
            older[i, w] = factor * (scale * row[w] - x[i, w]) - keep * older[i, w]


@njit(cache=True, fastmath=_FAST)
def chebyshev(
    table: Floats,
    lower: Rows,
    back: Rows,
    raise_back: Rows,
    raise_: Rows,
    energy: Rows,
    x: Floats,
    older: Floats,
    middle: Floats,
    jumped: Floats,
    raised: Floats,
    drive: Floats,
    none: Floats,
    shift: complex,
    scale: float,
    sums: Floats,
) -> None:
    """Set ``sums[q]`` to the sum over k of ``table[k, q]`` T_k(scale K - 1) X; ``x`` is lost.

    K = iH + BᵀB/2 - c* B + |c|²/2 with c = ``shift`` and B = a² - diag(``drive``); the rows hold a
    out of the block (``lower``) and back into it, and the transpose of each.
    """
    newer = x
    for k in range(len(table)):
        for q in range(len(sums)):
            factor, total = table[k, q], sums[q]
            if k == 0:
                total[:] = 0.0
            if factor != 0.0:
                for i in range(x.shape[0]):
                    for w in range(x.shape[1]):
                        total[i, w] += factor * newer[i, w]
        if k + 1 == len(table):
            break
        multiply(*lower, newer, none, middle, middle)
        multiply(*back, middle, drive, newer, jumped)
        multiply(*raise_back, jumped, none, raised, raised)
        _next(*raise_, *energy, raised, jumped, newer, older, drive, shift, scale, k == 0)
        newer, older = older, newer
