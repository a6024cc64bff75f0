r"""The density matrix of a block, by an expansion of exp(t𝓛) with a bound on its error.

A Hermitian ρ = R + iI is one real matrix M = R + I, R symmetric and I antisymmetric.  With the
jump operators B, which are a² - x and, if single photons are lost, √κ a,

.. math::
    \dot M = \mathcal{L}M
        = \sum_B\left[B M B^T - \tfrac12(B^TB\,M + M\,B^TB)\right] - [H, M^T] .

exp(t𝓛) is interpolated at Leja points (`spincat.shared.leja`) around Ritz values of 𝓛, and a few
hundred actions of 𝓛 serve all times.  The matrices at T times are combinations of far fewer, by
the singular values of the table of coefficients, and only these are summed.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse

from spincat.many_spins import _density_kernels as kernels
from spincat.many_spins._blocks import Block, Moments
from spincat.shared import leja
from spincat.shared.checks import check_memory
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Floats

RING = 8
"""Matrices q_k that are kept, and actions of 𝓛 between two looks at the bound of the error."""
RITZ = 24
"""Actions of 𝓛 that show where its eigenvalues are."""
MOST_SUMS = 48
"""Combinations of the q_k that suffice for any number of times (memory only)."""
DROPPED = 1e-13
"""Singular values of the table of coefficients that are left out."""
GROWTH = 1e4
"""Growth of q_k at which an eigenvalue must be outside of the hull."""
ATTEMPTS = 12
"""Hulls that are tried, each with the Ritz values of what grew with the one before."""


def memory(n_states: float, n_times: int = 0, jumps: int = 1) -> float:
    """Bytes that the matrices of D states take, at ``n_times`` times."""
    matrices = max(RING + min(n_times, MOST_SUMS), RITZ + 1) + jumps + 3
    return 8.0 * matrices * n_states**2


def evolve(block: Block, intensity: float, times: Floats, tol: float, loss: float = 0.0) -> Moments:
    """Solve for the density matrix, with an error of at most ``tol`` in trace norm.

    Parameters
    ----------
    block
        Basis, operators and initial state.
    intensity
        x = |α|² = 2η.
    times
        Increasing times Γ2·t ≥ 0, shape (T,).
    tol
        Bound on the error that the expansion makes; ``error`` is what it amounts to.
    loss
        κ of a loss of single photons, κ D[a], for a block of both parities.

    Raises
    ------
    MemoryError
        If the matrices do not fit.
    ValueError
        If the last time needs too many segments.
    ConvergenceError
        If ``tol`` is not reached.
    """
    solver = _Solver(block, intensity, loss, len(times))
    random = kernels.slabs(np.random.default_rng(0).normal(size=2 * (solver.dim,)))
    start = kernels.slabs(np.outer(block.start, block.start))
    spectrum = np.concatenate([[0j], *map(solver.ritz, (random, start))])
    for attempt in range(ATTEMPTS):
        plan = leja.expansion(spectrum, float(np.ptp(solver.energies)) / 50, times, tol)
        try:
            found = _segments(solver, block, plan, tol)
            break
        except ConvergenceError:
            if solver.grown is None or attempt == ATTEMPTS - 1:
                raise
            spectrum = np.append(spectrum, solver.ritz(solver.grown, RITZ // 2))
    amplitude = np.concatenate([part.amplitude for part in found]) if block.both else None
    joined = {
        name: np.concatenate([getattr(part, name) for part in found])
        for name in Moments._fields
        if name != "amplitude"
    }
    return Moments(amplitude=amplitude, **joined)


def _segments(solver: _Solver, block: Block, plan: leja.Expansion, tol: float) -> list[Moments]:
    """Moments of the times of one segment after the other."""
    state, error, found = kernels.slabs(np.outer(block.start, block.start)), 0.0, []
    for segment in range(plan.segments):
        here, last = np.flatnonzero(plan.segment == segment), segment == plan.segments - 1
        table = np.concatenate([plan.table[here], plan.end[None][: not last]])
        sums, mixing, made = solver.expand(state, table, plan, tol / plan.segments)
        error += made
        if len(here):
            found.append(_moments(block, sums, mixing[: len(here)], error))
        if not last:
            state = (mixing[-1] @ sums).reshape(solver.shape)
    return found


class _Solver:
    """𝓛 and the arrays that it needs."""

    def __init__(self, block: Block, intensity: float, loss: float, n_times: int) -> None:
        dim = len(block.number)
        self.dim, self.shape = dim, kernels.shape(dim)
        self.size = self.shape[1]
        count = 1 + (loss > 0)
        check_memory("number of states", dim, memory(self.size, n_times, count))
        jumps = [block.jump(intensity)]
        if loss > 0:
            jumps.append(sparse.csr_array(np.sqrt(loss) * block.lowering))
        diagonal = block.hamiltonian.diagonal()
        coupling = sparse.csr_array(block.hamiltonian - sparse.diags_array(diagonal))
        coupling.eliminate_zeros()
        self.energies = np.append(diagonal, np.zeros(self.size - dim))
        self.jumps = kernels.rows(jumps, self.size)
        self.adjoints = kernels.rows([sparse.csr_array(jump.T) for jump in jumps], self.size)
        self.coupling = kernels.rows([coupling], self.size)
        self.work = np.empty((count + 1, *self.shape))
        self.grown: Floats | None = None  # the q_k that grew, if an expansion failed by that
        self.slabs = np.empty((4, *self.shape[1:]))

    def step(
        self, matrix: Floats, older: Floats, out: Floats, own: float, keep: float, scale: float
    ) -> float:
        """Write scale 𝓛 matrix + own matrix + keep older to ``out``, and return its norm."""
        square = kernels.step(
            matrix, older, out, own, keep, scale, self.jumps, self.adjoints, self.energies,
            self.coupling, self.work[:-1], self.work[-1], self.slabs,
        )  # fmt: skip
        return float(np.sqrt(square))

    def ritz(self, start: Floats, count: int = RITZ) -> Complexes:
        """Ritz values of 𝓛 by the iteration of Arnoldi, which spread over its numerical range."""
        count = min(count, self.dim**2)
        vectors = np.zeros((count + 1, *self.shape))
        matrix = np.zeros((count + 1, count))
        vectors[0] = start / np.linalg.norm(start)
        for m in range(count):
            new = vectors[m + 1]
            size = self.step(vectors[m], vectors[m], new, 0.0, 0.0, 1.0)
            for k in range(m + 1):
                matrix[k, m] = np.vdot(vectors[k], new)
                new -= matrix[k, m] * vectors[k]
            matrix[m + 1, m] = np.linalg.norm(new)
            if matrix[m + 1, m] <= 1e-10 * size:
                matrix = matrix[:, : m + 1]
                break
            new /= matrix[m + 1, m]
        values = np.linalg.eigvals(matrix[: matrix.shape[1]])
        return np.asarray(
            np.minimum(values.real, 0.0) + 1j * values.imag
        )  # no mode of a channel grows

    def expand(
        self, start: Floats, table: Floats, plan: leja.Expansion, tol: float
    ) -> tuple[Floats, Floats, float]:
        """Matrices (r, D²), how to mix them (rows of the table, r), and the error in trace norm."""
        points, size = plan.points, len(plan.points.a)
        left, values, right = np.linalg.svd(table, full_matrices=False)
        rank = max(1, int(np.sum(values > DROPPED)))
        mixing, weights = left[:, :rank] * values[:rank], right[:rank]
        dropped = np.abs(table - mixing @ weights).max(axis=0)
        norms = np.zeros(size)
        ring = np.zeros((RING, *start.shape))
        flat = ring.reshape(RING, -1)
        ring[0] = start
        norms[0] = np.linalg.norm(start)
        sums = weights[:, :1] * start.ravel()
        for done in range(RING, size, RING):
            for k in range(done - RING, done):
                now, older, out = ring[k % RING], ring[(k - 1) % RING], ring[(k + 1) % RING]
                norms[k + 1] = self.step(
                    now, older, out, -points.a[k] / points.gamma,
                    points.beta[k] / points.gamma, 1 / points.gamma,
                )  # fmt: skip
            order = np.arange(done - RING + 1, done + 1) % RING
            turned = np.empty((rank, RING))
            turned[:, order] = weights[:, done - RING + 1 : done + 1]
            kernels.add_combinations(turned, flat, sums)
            # The trace norm is at most √D times the root of the sum of the squared entries.
            bounds = np.sqrt(self.dim) * norms
            error = plan.error(done, bounds) + float(dropped[: done + 1] @ bounds[: done + 1])
            if error <= tol:
                return sums, mixing, error
            if not norms[done] < GROWTH:
                self.grown = ring[done % RING]
                break
        else:
            self.grown = None
        raise ConvergenceError(
            f"tol = {tol:g} not reached after {done} actions of the Liouvillian for "
            f"{self.dim} states; allowed: a larger tol, or smaller detunings, eta or times"
        )


def _moments(block: Block, sums: Floats, mixing: Floats, error: float) -> Moments:
    """Moments of the matrices ``mixing @ sums``."""
    matrices = kernels.square(sums, len(block.number))
    purity = np.einsum("tj,jk,tk->t", mixing, sums @ sums.T, mixing)
    diagonals = mixing @ np.diagonal(matrices, axis1=1, axis2=2)
    columns = block.symmetric.T.tocsr()
    weight = [float(columns.multiply(columns @ matrix).sum()) for matrix in matrices]
    fidelity = [float(block.start @ matrix @ block.start) for matrix in matrices]
    edge = diagonals[:, block.edge].sum(axis=1)
    pair = mixing @ _expectations(block.back @ block.lowering, matrices)
    amplitude = mixing @ _expectations(block.lowering, matrices) if block.both else None
    observed = [mixing @ _expectations(operator, matrices) for operator in block.observables]
    return Moments(
        mixing @ fidelity, purity, diagonals @ block.number, mixing @ weight, pair, amplitude,
        np.full(len(mixing), error), edge, np.reshape(observed, (-1, len(mixing))).T,
    )  # fmt: skip


def _expectations(operator: sparse.csr_array, matrices: Floats) -> Complexes:
    """Tr[A ρ] of a real operator and ρ = R + iI, from the matrices M = R + I."""
    entries = operator.tocoo()
    straight = matrices[:, entries.row, entries.col] @ entries.data
    turned = matrices[:, entries.col, entries.row] @ entries.data
    return np.asarray((straight + turned) / 2 + 0.5j * (turned - straight))
