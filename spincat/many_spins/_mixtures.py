r"""Density matrices of low rank, ρ = X X†: the master equation of a `Block` as a mixture of states.

Where the stabilisation works, a jump hardly changes the state, and few columns suffice.  With
B = a² - x and any number c, jumps by B - c and
:math:`K = iH + \tfrac12 B^\dagger B - c^*B + \tfrac12|c|^2` give the same master equation, and

.. math::
    \rho(\tau) = e^{-K\tau}\rho\,e^{-K^\dagger\tau}
        + \int_0^\tau ds\; \mathcal{E}_{\tau-s}\big[(B - c)\,e^{-Ks}\rho\,e^{-K^\dagger s}
          (B - c)^\dagger\big] .

c = ⟨B⟩ at the start of a step, so that a moving cat does not jump at all.  The integral is a sum
over Gauss nodes, whose terms are columns beside those without a jump: the result is a density
matrix by construction.  What has jumped has little weight, and is carried from node to node by the
same step with fewer nodes, down to jumps that weigh less than the tolerance.  exp(-Ks) is a
Chebyshev series.  Columns are combined to orthogonal ones, and the lightest are dropped.

What is left out are columns, positive parts of ρ, and the error of the sums over nodes.  That shows
in the trace as well, where most of it cancels: the defect of the trace, times `CANCELLED`, is the
estimate of this error, and governs the step.  Columns of a weight change Tr ρ² by twice as much.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import LinearOperator, eigsh
from scipy.special import ive

from spincat.many_spins._blocks import Block, Moments
from spincat.many_spins._mixture_kernels import Rows, chebyshev, multiply
from spincat.shared.checks import check_memory, check_work
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Floats

NODES = 3, 2, 2, 1
"""Gauss nodes in a step, in a step of what has jumped once, and so on; the last for all further."""
CANCELLED = 8.0
"""Error of the weights in a step over the defect of its trace, from comparisons with exact ones."""
MOST_STEPS = 50_000
MOST_DECAYS = 1e8
_GROWTH = 14.0
"""Logarithm of the rounding errors' growth in one series, which limits the length of a step."""

_RULES = [((x + 1) / 2, w / 2) for x, w in map(np.polynomial.legendre.leggauss, NODES)]


def evolve(block: Block, intensity: float, times: Floats, tol: float) -> Moments:
    """Moments at the ``times`` (any order), with an error of about ``tol``.

    Raises
    ------
    MemoryError
        If the columns do not fit.
    ConvergenceError
        If ``tol`` needs steps so small that there are too many.
    """
    return _Mixture(block, intensity, tol).run(times)


class _Mixture:
    """The matrices of a block as compressed rows, and the steps that a mixture takes with them."""

    def __init__(self, block: Block, intensity: float, tol: float) -> None:
        self.block, self.tol = block, tol
        size = len(block.start)
        self.drive = intensity * block.driven.astype(float)
        self.norm = float(np.sqrt(_largest(_square(block, self.drive))))
        low, high = -_largest(-block.hamiltonian), _largest(block.hamiltonian)
        self.reach = (high - low) / 2
        centred = block.hamiltonian - (high + low) / 2 * sparse.eye_array(size)
        self.lower, self.back = _rows(block.lowering), _rows(block.back)
        self.raise_, self.raise_back = _rows(block.lowering.T), _rows(block.back.T)
        self.energies = _rows(centred)
        self.others = block.lowering.shape[0]
        self.none = np.zeros(self.others)

    def run(self, times: Floats) -> Moments:
        """Moments at all times, from steps as long as the defect of the trace allows."""
        order = np.argsort(times)
        end = float(times.max())
        x = self.block.start[:, None].astype(complex)
        now, wanted, error, steps = 0.0, 1.0, 0.0, 0
        check_work("times", times, end * self.reach / _GROWTH, MOST_STEPS, "steps")
        check_work("times", times, end * self.norm**2, MOST_DECAYS, "decay times")
        table, errors = np.empty((len(times), 9)), np.empty(len(times))
        observed = np.empty((len(times), len(self.block.observables)), dtype=complex)
        for place in order:
            while now < times[place]:
                steps += 1
                if steps > MOST_STEPS:
                    raise ConvergenceError(
                        f"tol = {self.tol:g} not reached in {MOST_STEPS} steps, which end at "
                        f"{now:.3g}; allowed: a larger tol, or smaller detunings, eta or times"
                    )
                shift = self._mean_jump(x)
                longest = _GROWTH / (self.reach + abs(shift) * self.norm + 1e-9)
                tau = min(wanted, longest, float(times[place]) - now)
                allowed = self.tol / 4 * tau / end
                new, dropped = self._advance(x, tau, shift, allowed, 0)
                defect = CANCELLED * abs(_weight(x) - _weight(new) - dropped)
                wanted = tau * min(2.0, max(0.3, 0.8 * (allowed / (defect + 1e-300)) ** (1 / 3)))
                if defect <= allowed or tau < 1e-6:
                    x = new / max(1.0, np.sqrt(_weight(new)))  # the sums may give more than 1
                    now, error = now + tau, error + 2 * dropped + defect
            table[place], errors[place] = self._moments(x), error
            observed[place] = [np.vdot(x, operator @ x) for operator in self.block.observables]
        columns = np.ascontiguousarray(table.T)
        pair, amplitude = columns[4] + 1j * columns[5], columns[6] + 1j * columns[7]
        return Moments(
            columns[0], columns[1], columns[2], columns[3], pair,
            amplitude if self.block.both else None, errors, columns[8], observed,
        )  # fmt: skip

    def _advance(
        self, x: Complexes, tau: float, shift: complex, drop: float, level: int
    ) -> tuple[Complexes, float]:
        """The state after ``tau`` and the weight of the columns that were dropped on the way."""
        nodes, weights = (tau * row for row in _RULES[min(level, len(_RULES) - 1)])
        each = drop / (2 * len(nodes) + 2)  # for every sum of columns below
        accuracy = each / (_weight(x) + each)
        *before, end = self._without_jump(x, shift, np.append(nodes, tau), accuracy)
        jumped, dropped, now = np.empty((len(x), 0), dtype=complex), 0.0, 0.0
        for node, weight, state in zip(nodes, weights, before, strict=True):
            if jumped.shape[1]:
                jumped, lost = self._advance(jumped, node - now, shift, each, level + 1)
                dropped += lost
            fresh = np.sqrt(weight) * self._jump(state, shift)
            jumped, lost = _compressed(np.hstack([jumped, fresh]), each)
            dropped, now = dropped + lost, node
        if jumped.shape[1]:
            jumped, lost = self._advance(jumped, tau - now, shift, each, level + 1)
            dropped += lost
        state, lost = _compressed(np.hstack([end, jumped]), each)
        return state, dropped + lost

    def _jump(self, x: Complexes, shift: complex) -> Complexes:
        """(B - c) X."""
        middle, out = np.zeros((self.others, x.shape[1]), dtype=complex), np.empty_like(x)
        multiply(*self.lower, _real(x), self.none, _real(middle), _real(middle))
        multiply(*self.back, _real(middle), self.drive, _real(x), _real(out))
        out -= shift * x
        return out

    def _mean_jump(self, x: Complexes) -> complex:
        """⟨B⟩, for which the jumps are rarest."""
        return complex(np.vdot(x, self._jump(x, 0j))) / _weight(x)

    def _without_jump(
        self, x: Complexes, shift: complex, times: Floats, accuracy: float
    ) -> Complexes:
        """exp(-K t) X at the times, by a Chebyshev series in K."""
        width = (self.norm + abs(shift)) ** 2 / 4  # K's Hermitian part is from 0 to 2 width
        slope = np.arcsinh((self.reach + abs(shift) * self.norm) / width)
        table = _series(width * times, slope, accuracy)
        check_memory("columns", x.shape[1], 2.0 * (len(times) + 6) * x.nbytes)
        sums = np.empty((len(times), *x.shape), dtype=complex)
        middle = np.zeros((2, self.others, x.shape[1]), dtype=complex)
        work = np.zeros((3, *x.shape), dtype=complex)
        work[0] = x
        chebyshev(
            table, self.lower, self.back, self.raise_back, self.raise_, self.energies,
            _real(work[0]), _real(work[1]), _real(middle[0]), _real(work[2]), _real(middle[1]),
            self.drive, self.none, shift, 1 / width, _real(sums),
        )  # fmt: skip
        return sums

    def _moments(self, x: Complexes) -> tuple[float, ...]:
        """The numbers of a row of `run`'s table."""
        block = self.block
        lowered = block.lowering @ x
        weights = np.sum(np.abs(x) ** 2, axis=1)
        pair = np.vdot(x, block.back @ lowered)
        amplitude = np.vdot(x, lowered) if block.both else 0j
        return (
            float(np.sum(np.abs(block.start @ x) ** 2)),
            float(np.sum(np.abs(x.conj().T @ x) ** 2)),
            float(block.number @ weights),
            float(np.sum(np.abs(block.symmetric.T @ x) ** 2)),
            pair.real, pair.imag, amplitude.real, amplitude.imag,
            float(weights[block.edge].sum()),
        )  # fmt: skip


def _series(z: Floats, slope: float, accuracy: float) -> Floats:
    """Coefficients of T_k(Y) in exp(-z(1 + Y)), shape (K, len(z)), where T_k grows as exp(k slope).

    As many as ``accuracy`` needs for the largest z.
    """
    most = float(z.max())
    k = np.arange(int(40 + 12 * np.sqrt(most + 1) + 2 * most + 4 * most * np.sinh(slope)))
    size = ive(k, most) * np.exp(np.minimum(k * slope, 300.0))
    count = int(np.flatnonzero(size > accuracy).max(initial=0)) + 2
    signs = np.where(k[:count] == 0, 1.0, 2.0) * (-1.0) ** k[:count]
    return np.asarray(signs[:, None] * ive(k[:count, None], z))


def _compressed(x: Complexes, drop: float) -> tuple[Complexes, float]:
    """The same mixture with orthogonal columns, without the lightest, and the weight of these."""
    weights, turn = np.linalg.eigh(x.conj().T @ x)
    below = np.cumsum(np.maximum(weights, 0.0))
    cut = int(np.searchsorted(below, drop))
    return x @ turn[:, cut:], float(below[cut - 1]) if cut else 0.0


def _weight(x: Complexes) -> float:
    return float(np.vdot(x, x).real)


def _real(x: Complexes) -> Floats:
    """Complex columns as twice as many real ones, of the same memory."""
    return x.view(np.float64)


def _rows(matrix: sparse.sparray) -> Rows:
    rows = sparse.csr_array(matrix)
    rows.sort_indices()
    return rows.indptr.astype(np.int64), rows.indices.astype(np.int64), rows.data.astype(float)


def _square(block: Block, drive: Floats) -> LinearOperator:
    """BᵀB, of which nothing is stored: it would have thousands of entries in a row."""
    down, up = block.lowering.T, block.back.T

    def square(x: Floats) -> Floats:
        jumped = block.back @ (block.lowering @ x) - drive * x
        return np.asarray(down @ (up @ jumped) - drive * jumped)

    size = len(block.start)
    return LinearOperator((size, size), matvec=lambda x: square(x.ravel()), dtype=float)


def _largest(matrix: sparse.csr_array | LinearOperator) -> float:
    """The largest eigenvalue of a symmetric matrix, a little too large rather than too small."""
    size = matrix.shape[0]
    if sparse.issparse(matrix) and not matrix.count_nonzero():  # ARPACK refuses that of equal spins
        return 0.0
    if size < 64:
        return float(np.linalg.eigvalsh(matrix @ np.eye(size))[-1])
    start = np.ones(size)  # of its own, the solver takes a random one
    value = eigsh(matrix, k=1, which="LA", tol=1e-3, v0=start, return_eigenvectors=False)[0]
    return float(value + 0.02 * abs(value))
