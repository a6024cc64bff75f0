"""Vectors under the exponential of a generator, by SciPy, where that ends in a reasonable time."""

from __future__ import annotations

from typing import Any

import scipy.sparse as sparse
from scipy.sparse.linalg import expm_multiply, norm

from spincat.shared.checks import check_work
from spincat.shared.types import Complexes

MOST_WORK = 1e7
"""Largest norm of the generator times the time, about the number of products with it: an hour."""
ELEMENTS = 20_000
"""Elements of a generator with which a product takes twice as long as with few."""


def evolved(
    generator: sparse.csr_array, start: Complexes, name: str, time: float, **times: Any
) -> Complexes:
    """Return exp(tL) ``start`` at t = ``time``, or at the times of `scipy.sparse.linalg`.

    Raises ``ValueError`` if the argument of this ``name`` asks for too much work.
    """
    size = float(norm(generator, 1))
    most = MOST_WORK / (1 + generator.nnz / ELEMENTS)
    check_work(name, time, size * time, most, f"products with a generator of norm {size:.3g}")
    found: Complexes = (
        expm_multiply(generator, start, start=0, stop=time, **times)
        if times
        else expm_multiply(generator * time, start)
    )
    return found
