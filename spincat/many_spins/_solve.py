"""One block solved with the engine that suits it, in a basis that is enlarged until it suffices.

The error of a basis is estimated by the weight at its edge.  The fidelity and the weights of total
spin suffer far less: the edge feels the rest, and hardly the other way round.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from spincat.many_spins import _density, _mixtures
from spincat.many_spins._blocks import Block, Moments
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Floats

DENSE = 300
"""States up to which the density matrix is solved for; with more, mixtures of few states are."""
BETWEEN = 16
"""Times at which the weight at the edge is looked at besides those asked for."""

Engine = Callable[[Block, float, Floats, float], Moments]


def solve(
    block: Block, intensity: float, times: Floats, tol: float, engine: Engine | None = None
) -> Moments:
    """Moments at the times, with an error that holds what the end of the basis makes."""
    if engine is None:
        engine = _density.evolve if len(block.number) <= DENSE else _mixtures.evolve
    if not block.edge.any():
        return engine(block, intensity, times, tol)
    more = np.union1d(times, np.linspace(0.0, times[-1], BETWEEN + 1))
    moments = engine(block, intensity, more, tol / 2)
    cut = block.tail + np.maximum.accumulate(moments.edge)
    moments = moments._replace(error=moments.error + cut)
    here = np.searchsorted(more, times)
    chosen: dict[str, Any] = {
        name: value if value is None else value[here] for name, value in moments._asdict().items()
    }
    return Moments(**chosen)


def enlarged(
    attempt: Callable[[int], Moments], n_max: int, limit: int, tol: float
) -> tuple[int, Moments]:
    """Solve with more and more excitations, up to ``limit``, until the error is below ``tol``."""
    tried: list[tuple[int, float]] = []
    while True:
        moments = attempt(n_max)
        error = float(moments.error.max())
        if error <= tol:
            return n_max, moments
        if n_max == limit:
            raise ConvergenceError(
                f"tol = {tol:g} not reached with n_max = {n_max}, which leaves an error of "
                f"{error:.2g}; allowed: a larger n_max or tol"
            )
        more = max(4.0, n_max / 4)
        if tried:  # the logarithm of the error falls nearly in a straight line
            before, larger = tried[-1]
            slope = np.log(larger / error) / (n_max - before)
            more = np.clip(1.2 * np.log(error / tol) / max(slope, 1e-3), 2, n_max / 2)
        tried.append((n_max, error))
        n_max = min(n_max + int(np.ceil(more)), limit)


def first_cut(ladder: Floats, tol: float) -> int:
    """A number of excitations that suffices if the state stays as it was."""
    beyond = np.cumsum(ladder[::-1] ** 2)[::-1]  # weight of the states with n or more
    return int(np.clip(2 + np.sum(beyond > tol / 10), 1, len(ladder) - 1))
