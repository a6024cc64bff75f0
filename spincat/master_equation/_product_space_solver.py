"""The expansion of `spincat.shared.leja` applied to one parity block, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spincat.master_equation import _product_space_kernels as kernels
from spincat.master_equation._product_space_blocks import SLAB, ParityBlock, spectrum
from spincat.shared import leja as newton
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Floats, Parity

_CHECK_EVERY = 8
"""Actions of the Liouvillian between two looks at the bound of the error."""


class Solver:
    """The expansion of one block, with the same points and coefficients for all draws."""

    def __init__(
        self,
        block: ParityBlock,
        eta: float,
        parity: Parity,
        energies: Sequence[Floats],
        times: Floats,
        tol: float,
        max_actions: int,
    ) -> None:
        n_spins, dim = block.n_spins, len(block.states)
        self.block, self.tol, self.max_actions = block, tol, max_actions
        # B and S differ by the factor 2 of the two orders in which a pair can be lowered.
        self.shift, self.rate = eta * n_spins, 4 / n_spins**2
        spread = max((float(np.ptp(row[:dim])) for row in energies), default=0.0)
        self.plan = newton.expansion(spectrum(n_spins, eta, parity), spread, times, tol)
        self.pair = np.empty((2, block.size, block.size))
        self.work = np.empty((2, block.size, block.size))
        self.slabs = np.empty((4, block.size, min(SLAB, block.size)))

    def run(
        self, start: Floats, observables: Floats, energies: Floats, *, keep: bool
    ) -> tuple[Floats, Floats]:
        """Moments (T, observables) and, if ``keep``, the matrices M at the times."""
        plan = self.plan
        moments = np.zeros((len(plan.table), len(observables)))
        states = np.zeros((len(plan.table) if keep else 0, *start.shape))
        actions, last = 0, plan.segments - 1
        for segment in range(plan.segments):
            here = np.flatnonzero(plan.segment == segment)
            weights = np.concatenate(
                [plan.table[here if keep else []], plan.end[None][: segment < last]]
            )
            sums = np.zeros((len(weights), *start.shape))
            allowed = self.max_actions - actions
            found = self._expand(start, observables, energies, weights.T.copy(), sums, allowed)
            moments[here] = plan.table[here, : len(found)] @ found
            actions += len(found) - 1
            if keep:
                states[here] = sums[: len(here)]
            if segment < last:
                start = sums[-1]
        return moments, states

    def _expand(
        self,
        start: Floats,
        observables: Floats,
        energies: Floats,
        weights: Floats,
        sums: Floats,
        allowed: int,
    ) -> Floats:
        """Moments of q_0, q_1, ... over one segment, to where the bound falls below ``tol``."""
        block, plan = self.block, self.plan
        size = len(plan.points.a)
        norms, moments = np.zeros(size), np.zeros((size, len(observables)))
        self.pair[0], self.pair[1] = start, 0
        kernels.record(0, start, observables, weights, norms, moments, sums)
        for done in range(_CHECK_EVERY, min(size - 1, allowed) + 1, _CHECK_EVERY):
            kernels.advance(
                done - _CHECK_EVERY, done, self.pair,
                block.down, block.down_starts, block.up, block.up_starts,
                energies, self.shift, self.rate,
                plan.points.a, plan.points.beta, plan.points.gamma,
                self.work, self.slabs, observables, weights, norms, moments, sums,
            )  # fmt: skip
            # The trace norm is at most √dim times the root of the sum of the squared entries.
            if plan.error(done, np.sqrt(len(block.states)) * norms) <= self.tol / plan.segments:
                return moments[: done + 1]
        raise ConvergenceError(
            f"tol = {self.tol:g} not reached with max_actions = {self.max_actions}; "
            f"allowed: a larger tol or max_actions, or smaller detunings, eta or times"
        )
