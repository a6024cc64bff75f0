"""One parity block of the master equation as a real matrix: its basis, its frame and its spectrum.

With β = φ/2 + π/4 and ρ = Φ (R + iI) Φ†, Φ = e^{-iβn} for n excitations, Eqs. 1-2 become real for
the matrix M = R + I (R symmetric, I antisymmetric): see `spincat.master_equation.product_space`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spincat.master_equation._product_space_kernels import TILE
from spincat.master_equation.dicke import shifted_jump
from spincat.model.operators import excitations, levels, parity_signs, spin_signs
from spincat.shared.types import Complexes, Floats, Integers, Parity

SLAB = 128
"""Columns treated at once, by trial; at N = 8 the matrix of 128 kB is a single slab."""
LARGEST_N = 14
"""The largest N that is tried at all: five matrices of 4^13 doubles take 2.7 GB."""


@dataclass(frozen=True, eq=False)
class ParityBlock:
    """The 2^(N-1) product states of one parity, and the pairs of them that S connects.

    ``states`` are indices into the product basis.  Row i of S, which lowers two spins, has its
    ones at ``down[down_starts[i]:down_starts[i + 1]]``, and its transpose at ``up``, likewise.
    Matrices are padded with zeros to ``size`` rows, at least one tile of the kernels.
    """

    n_spins: int
    states: Integers
    excitations: Integers
    down: Integers
    down_starts: Integers
    up: Integers
    up_starts: Integers

    @property
    def size(self) -> int:
        """Number of rows of the padded matrices."""
        return max(len(self.states), TILE)

    def energies(self, detunings: Floats) -> Floats:
        """Diagonal of H₀ = Σ δ_n σᶻ_n / 2."""
        energies = np.zeros(self.size)
        energies[: len(self.states)] = spin_signs(self.n_spins)[self.states] @ detunings / 2
        return energies

    def to_real(self, matrix: Complexes, phase: float) -> Floats:
        """M = R + I of the block of a Hermitian matrix in the full product basis."""
        frame = self._frame(phase)
        block = matrix[np.ix_(self.states, self.states)] * np.outer(frame.conj(), frame)
        real = np.zeros((self.size, self.size))
        real[: len(frame), : len(frame)] = block.real + block.imag
        return real

    def from_real(self, real: Floats, phase: float) -> Complexes:
        """Inverse of `to_real`, restricted to the block."""
        frame = self._frame(phase)
        real = real[..., : len(frame), : len(frame)]
        swapped = np.swapaxes(real, -1, -2)
        block = (real + swapped) / 2 + 0.5j * (real - swapped)
        return np.asarray(block * np.outer(frame, frame.conj()))

    def _frame(self, phase: float) -> Complexes:
        return np.asarray(np.exp(-1j * (phase / 2 + np.pi / 4) * self.excitations))


@lru_cache(maxsize=4)
def parity_block(n_spins: int, parity: Parity) -> ParityBlock:
    """Basis and neighbours of one parity block."""
    signs = parity_signs(n_spins, basis="product")
    states = np.flatnonzero(signs == (1 if parity == "even" else -1))
    # States with as many excitations have as many neighbours: the kernels' branches are predicted.
    states = states[np.argsort(np.bitwise_count(states), kind="stable")]
    position = np.zeros(2**n_spins, dtype=np.int64)
    position[states] = np.arange(len(states))
    one, other = np.triu_indices(n_spins, 1)
    pairs = (1 << one) | (1 << other)
    lists = []
    for wanted in (pairs, 0 * pairs):  # both spins down: S brought them there; both up: Sᵀ did
        row, pair = np.nonzero((states[:, None] & pairs) == wanted)
        counts = np.bincount(row, minlength=max(len(states), TILE))
        starts = np.concatenate([[0], np.cumsum(counts)])
        lists += [position[states[row] ^ pairs[pair]], starts]
    return ParityBlock(n_spins, states, excitations(n_spins, basis="product")[states], *lists)


@lru_cache(maxsize=32)
def spectrum(n_spins: int, eta: float, parity: Parity) -> Complexes:
    """Eigenvalues of the Liouvillian of identical spins, Γ2 = 1.

    Collective operators conserve the total spin, so the block of spins j (left) and j' (right) is
    a small matrix of its own, at most (N/2 + 1)² on a side.
    """
    jumps = [
        shifted_jump(n_spins, eta, parity, lost).toarray()
        for lost in range(n_spins // 2 + 1)
        if levels(n_spins, parity, lost).size
    ]
    values = []
    for n, a in enumerate(jumps):
        for b in jumps[: n + 1]:  # j' and j exchanged have the same eigenvalues
            # `block_liouvillian`, but dense: these are small, and sparse ones take 50 times longer
            left, right = np.kron(a.T @ a, np.eye(len(b))), np.kron(np.eye(len(a)), b.T @ b)
            values.append(np.linalg.eigvals(np.kron(a, b) - (left + right) / 2))
    return np.concatenate(values).astype(complex)
