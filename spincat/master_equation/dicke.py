r"""Identical spins on the ladder of symmetric (Dicke) states, one parity at a time.

Without detunings Eqs. 1-2 of arXiv:2403.16491 only connect the N + 1 symmetric states \|n⟩ with n
excitations, and change n by 0 or 2: each parity is a block of about N/2 states.  The coherence
between the two parities is in `spincat.master_equation.dicke_amplitude`, and how slowly it decays
in `spincat.master_equation.coherence_decay`.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import spsolve
from scipy.special import gammaln

from spincat.model.ensemble import SpinEnsemble
from spincat.model.operators import block_liouvillian, levels, pair_lowering
from spincat.shared.checks import (
    check_choice,
    check_instance,
    check_memory,
    check_nonnegative,
    check_parity,
    check_positive_integer,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Floats, Parity

LARGEST_N = 800
"""Largest N of `steady_state`, where the Liouvillian has 160,000 rows and takes 0.8 GB to solve."""


def steady_state(ensemble: SpinEnsemble, parity: Parity) -> Complexes:
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
    Complexes
        The density matrix, shape (d, d), indexed like `spincat.model.operators.levels`.

    Raises
    ------
    ValueError
        If a detuning is not zero: the spins then leave the symmetric states.
    MemoryError
        If N > 800.
    ConvergenceError
        If the solve leaves a residual above 1e-8 Γ2.

    Examples
    --------
    >>> rho = steady_state(SpinEnsemble(20, 0.5), "even")
    >>> rho.diagonal().real[:4].round(4)  # of 0, 2, 4 and 6 excitations
    array([0.6301, 0.3316, 0.0361, 0.002 ])
    """
    check_instance("ensemble", ensemble, SpinEnsemble)
    check_parity(parity)
    if ensemble.n_spins > LARGEST_N:
        raise MemoryError(f"n_spins = {ensemble.n_spins}; allowed: n_spins <= {LARGEST_N}")
    if np.any(ensemble.detunings):
        raise ValueError("detunings are not all zero; allowed: identical spins only")
    phases = np.exp(1j * ensemble.azimuth * levels(ensemble.n_spins, parity))
    rho = steady_block(ensemble.n_spins, ensemble.eta, parity)
    return np.asarray(phases[:, None] * rho * phases.conj())


def steady_block(n_spins: int, eta: float, parity: Parity) -> Floats:
    """Return `steady_state` in the rotated frame of `generator`, a real matrix.

    Parameters
    ----------
    n_spins, eta, parity
        Number of spins N, strength of the drive η/Γ2, and parity.

    Returns
    -------
    Floats
        Real density matrix, shape (d, d).

    Raises
    ------
    ValueError
        If an argument is outside its range.
    MemoryError
        If N > 800.
    ConvergenceError
        If the solve leaves a residual above 1e-8 Γ2.
    """
    if check_parity(parity) and check_positive_integer("n_spins", n_spins) > LARGEST_N:
        raise MemoryError(f"n_spins = {n_spins}; allowed: n_spins <= {LARGEST_N}")
    liouvillian = generator(n_spins, eta, parity, parity)
    d = levels(n_spins, parity).size
    trace = sparse.csr_array(np.eye(d).reshape(1, -1))
    right = np.zeros(d * d)
    right[0] = 1
    rho = spsolve(sparse.vstack([trace, liouvillian[1:]], format="csc"), right)
    if not (residual := float(np.abs(liouvillian @ rho).max())) < 1e-8:
        raise ConvergenceError(
            f"no steady state: residual {residual:.1e} Γ2 for n_spins = {n_spins}, eta = {eta}"
        )
    return np.asarray(rho).reshape(d, d)


def shifted_jump(n_spins: int, eta: float, parity: Parity, lost: int = 0) -> sparse.csr_array:
    r"""Return S₋²/N - \|α\|² between the states of one parity: all there is of drive and loss.

    Completing the square absorbs the drive in the jump operator (Sec. II), and the phase factors
    exp(in arg α) of the levels, the *rotated frame*, make it real.

    Parameters
    ----------
    n_spins, eta, parity
        Number of spins N, strength of the drive η/Γ2, and parity.
    lost
        The total spin is J = N/2 - ``lost``.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (d, d), indexed like `spincat.model.operators.levels`.

    Raises
    ------
    ValueError
        If an argument is outside its range, or J has no state of that parity.

    Examples
    --------
    >>> shifted_jump(3, 0.2, "even").toarray().round(3)
    array([[-0.4  ,  1.155],
           [ 0.   , -0.4  ]])
    """
    lowering = pair_lowering(n_spins, parity, lost) / n_spins
    intensity = 2 * check_nonnegative("eta", eta)
    return sparse.csr_array(lowering - intensity * sparse.eye_array(lowering.shape[0]))


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
    scipy.sparse.csr_array
        A matrix that acts on the rows of X, written one by one.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    check_choice("rows", rows, get_args(Parity))
    check_choice("columns", columns, get_args(Parity))
    size = check_positive_integer("n_spins", n_spins) / 2 + 1
    check_memory("n_spins", n_spins, 150.0 * size**2)
    return block_liouvillian(
        [shifted_jump(n_spins, eta, rows)], [shifted_jump(n_spins, eta, columns)]
    )


def nearly_dark_state(ensemble: SpinEnsemble, parity: Parity) -> Complexes:
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
    Complexes
        Normalised amplitudes, shape (d,), indexed like `spincat.model.operators.levels`.

    Raises
    ------
    ValueError
        If η = 0 or an argument is outside its range.

    Examples
    --------
    >>> state = nearly_dark_state(SpinEnsemble(20, 0.5), "odd")
    >>> np.abs(state)[:4].round(4)  # of 1, 3, 5 and 7 excitations
    array([0.9091, 0.4014, 0.1088, 0.0232])
    """
    check_instance("ensemble", ensemble, SpinEnsemble)
    if ensemble.eta == 0:
        raise ValueError("eta = 0; allowed: eta > 0")
    size, n = ensemble.n_spins, levels(ensemble.n_spins, parity)
    # Logarithms, since the factorials overflow at N = 171.
    log = n * np.log(abs(ensemble.alpha)) + (n * np.log(size) + gammaln(size - n + 1)) / 2
    log -= gammaln(n + 1) / 2
    amplitudes = np.exp(log - log.max() + 1j * ensemble.azimuth * n)
    return np.asarray(amplitudes / np.linalg.norm(amplitudes))
