r"""A few unequal spins, or classes of equal ones, under a loss of any number of bodies (Sec. V).

With a = S₋/√N, Γ = 1 and a drive that is absorbed in the jump operator,

.. math::
    \dot\rho = -i[H,\rho] + \mathcal D[a^k-\alpha^k]\rho , \qquad
    H = \frac12\sum_n\delta_n\sigma_n^z + \frac GN\left[\tfrac N2\left(\tfrac N2+1\right)
        - \mathbf S^2\right] .

k = 2 is Eq. 1 with real α; k = 4 is the dissipator that Sec. V proposes.  G is the gap Ng²/Δ by
which the exchange of excitations in a cavity lowers the symmetric states (Appendix A); its part
that acts among these, small for many spins, is left out.

Classes of equal spins stay in their symmetric states, so that a few of them may hold more spins.
"""

from __future__ import annotations

from math import prod

import numpy as np
import scipy.sparse as sparse
from numpy.typing import ArrayLike, NDArray
from scipy.special import binom

from spincat.master_equation._exponential import evolved
from spincat.model.operators import (
    liouvillian,
    parity_signs,
    product_lowering,
    spin_signs,
    total_spin_squared,
)
from spincat.shared.checks import (
    check_choice,
    check_duration,
    check_finite,
    check_list,
    check_nonnegative,
    check_numbers,
    check_positive_integer,
    check_row,
    check_tolerance,
)
from spincat.shared.types import Complexes, Floats, Integers

LARGEST_N = 8
"""Largest N: the Liouvillian of one parity then has 16,384 rows."""
LARGEST_STATES = 4096
"""Most numbers of excitations of all classes, those of other remainders included."""
LARGEST_ALPHA = 1e6
"""Largest amplitude; beyond, the loss is nothing beside its product with α⁴."""


def held_fidelity(
    state: ArrayLike,
    detunings: ArrayLike,
    alpha: float,
    time: float,
    *,
    bodies: int = 2,
    gap: float = 0.0,
) -> float:
    r"""Fidelity ⟨ψ\|ρ(t)\|ψ⟩ with the initial state, under Eq. 1 with k bodies (see above).

    Parameters
    ----------
    state
        \|ψ⟩ in the product basis, shape (2^N,), of one parity.
    detunings
        δ_n/Γ, shape (N,), 2 ≤ N ≤ 8.
    alpha
        Amplitude α ≥ 0 of the coherent states that the loss leaves alone.
    time
        Γ·t ≥ 0.
    bodies
        k, the number of spins that the loss lowers at once, 2 or 4.
    gap
        G/Γ ≥ 0.

    Returns
    -------
    float
        Fidelity, between 0 and 1.

    Raises
    ------
    ValueError
        If an argument is outside its range, the state is not normalised or of both parities, or
        the time is so long that the evolution would take hours.

    Examples
    --------
    >>> from spincat.model.states import spin_cat
    >>> cat = spin_cat(4, 2 * np.arctan(0.5), parity="odd", basis="product").real
    >>> row = [0.2, -0.1, -0.2, 0.1]
    >>> round(held_fidelity(cat, row, 1.0, 3.0), 3)
    0.741
    >>> round(held_fidelity(cat, row, 1.0, 3.0, gap=5.0), 3)
    0.896
    """
    row = check_finite("detunings", detunings)
    if row.ndim != 1 or not 2 <= row.size <= LARGEST_N:
        raise ValueError(f"detunings has shape {row.shape}; allowed: (N,), 2 <= N <= {LARGEST_N}")
    check_choice("bodies", check_positive_integer("bodies", bodies), (2, 4))
    time = check_duration("time", time)
    kept = _states_of_its_parity(state, row.size)
    hamiltonian = _hamiltonian(row, check_nonnegative("gap", gap))[kept][:, kept]
    lower = product_lowering(row.size) / np.sqrt(row.size)
    jump = _jump(lower, alpha, bodies)[kept][:, kept]
    return _fidelity(hamiltonian, jump, np.asarray(state, dtype=complex)[kept], time)


def held_fidelity_of_classes(
    sizes: ArrayLike,
    detunings: ArrayLike,
    ladder: ArrayLike,
    alpha: float,
    time: float,
    *,
    bodies: int = 2,
) -> float:
    r"""Fidelity ⟨ψ\|ρ(t)\|ψ⟩ with a symmetric initial state, for classes of equal spins.

    The same as :func:`held_fidelity` without a gap, for more spins: a state is the numbers of
    excitations of the classes, of those remainders modulo k that \|ψ⟩ has.

    Parameters
    ----------
    sizes
        Numbers of spins N_k of the classes, shape (K,), with at most 4096 states, ∏(N_k + 1).
    detunings
        δ_k/Γ of the classes, shape (K,).
    ladder
        \|ψ⟩ in the Dicke basis, n = 0, 1, … N excitations, shape (N+1,).
    alpha, time, bodies
        As in :func:`held_fidelity`.

    Returns
    -------
    float
        Fidelity, between 0 and 1.

    Raises
    ------
    ValueError
        If an argument is outside its range, the state is not normalised, or the evolution would
        take hours.

    Examples
    --------
    >>> from spincat.model.states import spin_cat
    >>> cat = spin_cat(12, 2 * np.arctan(1 / np.sqrt(12)), parity="even").real
    >>> round(held_fidelity_of_classes([6, 6], [0.1, -0.1], cat, 1.0, 5.0), 3)
    0.839
    """
    numbers = [check_positive_integer("sizes", n) for n in check_list("sizes", sizes, "integers")]
    counts = check_row("sizes", numbers).astype(np.int64)
    if prod(n + 1 for n in numbers) > LARGEST_STATES:
        raise ValueError(f"sizes = {numbers} has too many states; allowed: {LARGEST_STATES}")
    rates = check_row("detunings", detunings, counts.size)
    check_choice("bodies", check_positive_integer("bodies", bodies), (2, 4))
    time = check_duration("time", time)
    amplitudes = check_numbers("ladder", ladder)
    n_spins = sum(numbers)
    if amplitudes.shape != (n_spins + 1,):
        raise ValueError(f"ladder has shape {amplitudes.shape}; allowed: ({n_spins + 1},)")
    if abs((weight := float(np.vdot(amplitudes, amplitudes).real)) - 1) > 1e-10:
        raise ValueError(f"ladder has the weight {weight:.3g}; allowed: 1")
    excited = np.indices([n + 1 for n in numbers]).reshape(counts.size, -1)
    number = excited.sum(axis=0)
    remainders = np.unique(np.flatnonzero(amplitudes) % bodies)
    kept = np.flatnonzero(np.isin(number % bodies, remainders))
    jump = _jump(_lowering(counts), alpha, bodies)[kept][:, kept]
    # of the comb(N, n) product states of the symmetric one, a state of the classes has its share
    ways = np.prod([binom(n, k) for n, k in zip(numbers, excited, strict=True)], axis=0)
    vector = (amplitudes[number] * np.sqrt(ways / binom(n_spins, number)))[kept]
    energies = (rates @ excited)[kept]
    return _fidelity(sparse.csr_array(sparse.diags_array(energies)), jump, vector, time)


def _lowering(counts: Integers) -> sparse.csr_array:
    """S₋/√N of the classes, in the order of `numpy.indices`."""
    total, below = sparse.csr_array((1, 1)), 1
    for size in counts:
        n = np.arange(1, size + 1)
        lower = sparse.diags_array(np.sqrt(n * (size - n + 1.0)), offsets=1)
        each = sparse.kron(sparse.eye_array(below), lower)
        total = sparse.csr_array(sparse.kron(total, sparse.eye_array(size + 1)) + each)
        below *= int(size) + 1
    return sparse.csr_array(total / np.sqrt(counts.sum()))


def _jump(lower: sparse.csr_array, alpha: float, bodies: int) -> sparse.csr_array:
    """a^k - α^k, or ``ValueError`` if the amplitude is outside its range."""
    drive = check_tolerance("alpha", alpha, 0.0, LARGEST_ALPHA) ** bodies
    jump = sparse.linalg.matrix_power(lower, bodies) - drive * sparse.eye_array(lower.shape[0])
    return sparse.csr_array(jump)


def _fidelity(
    hamiltonian: sparse.csr_array, jump: sparse.csr_array, vector: Complexes, time: float
) -> float:
    """⟨ψ|ρ(t)|ψ⟩ from |ψ⟩⟨ψ|."""
    start = np.outer(vector, vector.conj())
    final = evolved(liouvillian(hamiltonian, [jump]), start.ravel(), "time", time)
    return float((vector.conj() @ final.reshape(start.shape) @ vector).real)


def _hamiltonian(detunings: Floats, gap: float) -> sparse.csr_array:
    """H at the top of this module, in the product basis."""
    n_spins = detunings.size
    largest = n_spins / 2 * (n_spins / 2 + 1)
    missing = largest * sparse.eye_array(2**n_spins) - total_spin_squared(n_spins)
    energies = sparse.diags_array(spin_signs(n_spins) @ detunings / 2)
    return sparse.csr_array(energies + gap / n_spins * missing)


def _states_of_its_parity(state: ArrayLike, n_spins: int) -> NDArray[np.intp]:
    """Indices of the product states of the parity of a normalised state."""
    vector = np.abs(check_numbers("state", state))
    if vector.shape != (2**n_spins,):
        raise ValueError(f"state has shape {vector.shape}; allowed: ({2**n_spins},)")
    signs = parity_signs(n_spins, basis="product")
    weights = {sign: float((vector[signs == sign] ** 2).sum()) for sign in (1, -1)}
    sign = max(weights, key=weights.__getitem__)
    if abs(weights[sign] - 1) > 1e-10 or weights[-sign] > 1e-10:
        raise ValueError(
            f"state has the weights {weights[1]:.3g} and {weights[-1]:.3g} in the parities; "
            "allowed: 1 in one of them"
        )
    return np.flatnonzero(signs == sign)
