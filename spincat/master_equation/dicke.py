r"""Identical spins on the ladder of symmetric (Dicke) states, one parity at a time.

Without detunings Eqs. 1-2 of arXiv:2403.16491 only connect the N + 1 symmetric states \|n⟩ with n
excitations, and change n by 0 or 2: each parity is a block of about N/2 states.  The coherence
between the two parities, hence ``amplitude``, ``quasi_steady_amplitude`` and
``coherence_decay_rate``, is in `spincat.master_equation.dicke_amplitude`.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray
from scipy.sparse.linalg import spsolve
from scipy.special import gammaln

from spincat.model.ensemble import SpinEnsemble
from spincat.shared.checks import check_nonnegative, check_parity, check_positive_integer
from spincat.shared.types import Parity

LARGEST_N = 800
"""Largest N of `steady_state`, where the Liouvillian has 160,000 rows and takes 0.8 GB to solve."""


def levels(n_spins: int, parity: Parity) -> NDArray[np.int64]:
    """Return the numbers of excitations n of one parity, 0 ≤ n ≤ N, in increasing order.

    Parameters
    ----------
    n_spins
        Number of spins N ≥ 1.
    parity
        "even" or "odd" (Eq. 8).

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    first = 0 if check_parity(parity) == "even" else 1
    return np.arange(first, check_positive_integer("n_spins", n_spins) + 1, 2)


def pair_lowering(n_spins: int, parity: Parity) -> sparse.csr_array:
    r"""Return S₋²/N between the states of one parity (Eq. 1).

    .. math::
        \langle n-2|S_-^2|n\rangle = \sqrt{n(n-1)(N-n+1)(N-n+2)} .

    Parameters
    ----------
    n_spins, parity
        As in `levels`; the result has shape (d, d) with d = len(levels(n_spins, parity)).
    """
    k = levels(n_spins, parity)[1:].astype(float)
    elements = np.sqrt(k * (k - 1) * (n_spins - k + 1) * (n_spins - k + 2)) / n_spins
    return sparse.csr_array(sparse.diags_array(elements, offsets=1, shape=(k.size + 1,) * 2))


def steady_state(ensemble: SpinEnsemble, parity: Parity) -> NDArray[np.complex128]:
    r"""Return the steady state of Eqs. 1-2 that is reached from \|0⟩ (even) or \|1⟩ (odd).

    The Liouvillian of one parity block is a sparse matrix with a single null vector, found by one
    linear solve with the trace condition in place of one row.

    Parameters
    ----------
    ensemble
        Identical spins, N ≤ 800.
    parity
        "even" or "odd".

    Returns
    -------
        The density matrix, shape (d, d), indexed like `levels`.

    Raises
    ------
    ValueError
        If a detuning is not zero: the spins then leave the symmetric states.
    MemoryError
        If N > 800.
    RuntimeError
        If the solve leaves a residual above 1e-8 Γ2.
    """
    if np.any(ensemble.detunings):
        raise ValueError("detunings are not all zero; allowed: identical spins only")
    if ensemble.n_spins > LARGEST_N:
        raise MemoryError(f"n_spins = {ensemble.n_spins}; allowed: n_spins <= {LARGEST_N}")
    phases = np.exp(1j * ensemble.azimuth * levels(ensemble.n_spins, parity))
    rho = steady_block(ensemble.n_spins, ensemble.eta, parity)
    return np.asarray(phases[:, None] * rho * phases.conj())


def steady_block(n_spins: int, eta: float, parity: Parity) -> NDArray[np.float64]:
    """Return `steady_state` in the rotated frame of `generator`, a real matrix.

    Parameters
    ----------
    n_spins, eta, parity
        Number of spins N, strength of the drive η/Γ2, and parity.

    Raises
    ------
    RuntimeError
        If the solve leaves a residual above 1e-8 Γ2.
    """
    liouvillian = generator(n_spins, eta, parity, parity)
    d = levels(n_spins, parity).size
    trace = sparse.csr_array(np.eye(d).reshape(1, -1))
    right = np.zeros(d * d)
    right[0] = 1
    rho = spsolve(sparse.vstack([trace, liouvillian[1:]], format="csc"), right)
    if not (residual := float(np.abs(liouvillian @ rho).max())) < 1e-8:
        raise RuntimeError(
            f"no steady state: residual {residual:.1e} Γ2 for n_spins = {n_spins}, eta = {eta}"
        )
    return np.asarray(rho).reshape(d, d)


def shifted_jump(n_spins: int, eta: float, parity: Parity) -> sparse.csr_array:
    r"""Return S₋²/N - \|α\|² between the states of one parity: all there is of drive and loss.

    Completing the square absorbs the drive in the jump operator (Sec. II), and the phase factors
    exp(in arg α) of the levels, the *rotated frame*, make it real.

    Parameters
    ----------
    n_spins, eta, parity
        Number of spins N, strength of the drive η/Γ2, and parity.
    """
    lowering = pair_lowering(n_spins, parity)
    return sparse.csr_array(
        lowering - 2 * check_nonnegative("eta", eta) * sparse.eye_array(lowering.shape[0])
    )


def generator(n_spins: int, eta: float, rows: Parity, columns: Parity) -> sparse.csr_array:
    r"""Return the real generator of one block of ρ in the rotated frame (Eqs. 1-2, in Γ2).

    .. math::
        \dot X = B_r X B_c^T - \tfrac12\left(B_r^T B_r X + X B_c^T B_c\right) ,
        \qquad B = S_-^2/N - |\alpha|^2 .

    Parameters
    ----------
    n_spins, eta
        Number of spins N and strength of the drive η/Γ2.
    rows, columns
        Parities of the states on both sides of X.

    Returns
    -------
        A matrix that acts on the rows of X, written one by one.
    """
    left, right = shifted_jump(n_spins, eta, rows), shifted_jump(n_spins, eta, columns)
    one_left, one_right = (sparse.eye_array(b.shape[0]) for b in (left, right))
    return sparse.csr_array(
        sparse.kron(left, right)
        - sparse.kron(left.T @ left, one_right) / 2
        - sparse.kron(one_left, right.T @ right) / 2
    )


def nearly_dark_state(ensemble: SpinEnsemble, parity: Parity) -> NDArray[np.complex128]:
    r"""Return the state that S₋² − Nα² annihilates except on its highest level.

    .. math::
        c_n \propto \alpha^n N^{n/2}\sqrt{\frac{(N-n)!}{N!\,n!}} ,

    the solution of the recursion of `spincat.symbolic.stabilisation.dark_recursion`, cut off where
    the ladder ends.

    Parameters
    ----------
    ensemble
        Identical spins, η > 0.
    parity
        "even" or "odd".

    Returns
    -------
        Normalised amplitudes, shape (d,), indexed like `levels`.

    Raises
    ------
    ValueError
        If η = 0 or an argument is outside its range.
    """
    if check_nonnegative("eta", ensemble.eta) == 0:
        raise ValueError("eta = 0; allowed: eta > 0")
    size, n = ensemble.n_spins, levels(ensemble.n_spins, parity)
    # Logarithms, since the factorials overflow at N = 171.
    log = n * np.log(abs(ensemble.alpha)) + (n * np.log(size) + gammaln(size - n + 1)) / 2
    log -= gammaln(n + 1) / 2
    amplitudes = np.exp(log - log.max() + 1j * ensemble.azimuth * n)
    return np.asarray(amplitudes / np.linalg.norm(amplitudes))
