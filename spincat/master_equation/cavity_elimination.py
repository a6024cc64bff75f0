r"""Cavity and spins together, from Eq. 34 to Eq. 35 of Appendix A (arXiv:2403.16491), by matrices.

Nothing here uses the derivations of ``spincat.symbolic``, so that the two can check each other.
Identical spins are kept on the even ladder of `spincat.master_equation.dicke`; the joint basis is
\|n_a⟩⊗\|n⟩, photons first.  The frame rotates with Eq. 32 and is displaced, rates are in units of
Γ2 and times in units of 1/Γ2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sparse
from numpy.typing import ArrayLike
from scipy.sparse.linalg import eigs, expm_multiply

from spincat.master_equation.dicke import pair_lowering
from spincat.model.ensemble import SpinEnsemble
from spincat.shared.checks import check_nonnegative, check_positive_integer
from spincat.shared.types import Complexes, Floats


def photon_lowering(photons: int) -> Floats:
    """Return a on the photon numbers 0 ... ``photons``, shape (photons + 1, photons + 1)."""
    return np.diag(np.sqrt(np.arange(1.0, check_positive_integer("photons", photons) + 1)), 1)


def liouvillian(matrix: ArrayLike, jumps: Sequence[ArrayLike]) -> sparse.csr_array:
    r"""Return the generator :math:`-i[H,\rho] + \sum_k\mathcal D[L_k]\rho` as a sparse matrix.

    Parameters
    ----------
    matrix, jumps
        H and the L_k, dense or sparse, shape (d, d).

    Returns
    -------
        Shape (d², d²); it acts on the rows of ρ, written one after the other.
    """
    one = sparse.eye_array(sparse.csr_array(matrix).shape[0])
    effective = -1j * sparse.csr_array(matrix)
    for jump in map(sparse.csr_array, jumps):
        effective = effective - jump.conj().T @ jump / 2
    result = sparse.kron(effective, one) + sparse.kron(one, effective.conj())
    for jump in map(sparse.csr_array, jumps):
        result = result + sparse.kron(jump, jump.conj())
    return sparse.csr_array(result)


def joint_liouvillian(
    ensemble: SpinEnsemble, adiabaticity: float, photons: int = 6, *, printed: bool = False
) -> sparse.csr_array:
    r"""Return the generator of Eq. 34 with the cavity's loss, in the displaced rotating frame.

    In units of Γ2, and with J = S₋²/N and r = g₂N/κ,

    .. math::
        H = \frac\eta{\Gamma_2}(e^{i\varphi}J + \text{h.c.}) + \frac1{4r}(a^\dagger J + aJ^\dagger),
        \qquad \frac\kappa{\Gamma_2} = \frac1{4r^2} .

    Parameters
    ----------
    ensemble
        Identical spins.
    adiabaticity
        r = g₂N/κ > 0; Eq. 35 is the limit r → 0.
    photons
        Largest number of photons in the displaced frame.
    printed
        Whether to couple aJ + a†J† as Eqs. 32 and 34 are printed.

    Raises
    ------
    ValueError
        If an argument is outside its range or a detuning is not zero.
    """
    drive, pair = _drive(ensemble)
    if check_nonnegative("adiabaticity", adiabaticity) == 0:
        raise ValueError("adiabaticity = 0; allowed: a number above 0")
    lower = sparse.csr_array(photon_lowering(photons))
    one_a, one_s = sparse.eye_array(photons + 1), sparse.eye_array(pair.shape[0])
    coupling = sparse.kron(lower if printed else lower.T, pair)
    total = sparse.kron(one_a, drive) + (coupling + coupling.T) / (4 * adiabaticity)
    return liouvillian(total, [sparse.kron(lower, one_s) / (2 * adiabaticity)])


def spin_liouvillian(ensemble: SpinEnsemble) -> sparse.csr_array:
    """Return the generator of Eqs. 35-36, which are Eqs. 1-2, on the even ladder."""
    drive, pair = _drive(ensemble)
    return liouvillian(drive, [pair])


def slow_rates(generator: sparse.csr_array, count: int) -> Complexes:
    """Return the ``count`` eigenvalues nearest to zero without the zero of the steady state.

    Parameters
    ----------
    generator
        A Liouvillian, in units of Γ2.
    count
        How many, at most d² − 3.

    Returns
    -------
        Shape (count,), in the order of their distance from zero.
    """
    near = eigs(
        sparse.csc_array(generator),
        k=count + 1,
        sigma=1e-3,
        return_eigenvectors=False,
        v0=np.ones(generator.shape[0]),
    )
    return np.asarray(near[np.argsort(np.abs(near))][1:])


def with_cavity(
    ensemble: SpinEnsemble,
    adiabaticity: float,
    t_max: float,
    n_times: int = 16,
    photons: int = 6,
    *,
    printed: bool = False,
) -> Complexes:
    r"""Reduced state of the spins under Eq. 34 with the cavity's loss, from all spins down.

    Parameters
    ----------
    ensemble, adiabaticity, photons, printed
        As in `joint_liouvillian`.
    t_max, n_times
        Times Γ2·t from 0 to ``t_max``, ``n_times`` of them, evenly spaced.

    Returns
    -------
        Density matrices of the even ladder, shape (n_times, d, d), indexed like
        `spincat.master_equation.dicke.levels`.
    """
    total = joint_liouvillian(ensemble, adiabaticity, photons, printed=printed)
    states = _evolve(total, t_max, n_times)
    size = ensemble.n_spins // 2 + 1
    blocks = states.reshape(n_times, photons + 1, size, photons + 1, size)
    return np.asarray(np.einsum("tmimj->tij", blocks))


def eliminated(ensemble: SpinEnsemble, t_max: float, n_times: int = 16) -> Complexes:
    """Return the state under Eq. 35, from all spins down, in the form of `with_cavity`."""
    size = ensemble.n_spins // 2 + 1
    return _evolve(spin_liouvillian(ensemble), t_max, n_times).reshape(n_times, size, size)


def trace_distance(first: ArrayLike, second: ArrayLike) -> Floats:
    r"""Return :math:`\tfrac12\mathrm{Tr}|\rho_1-\rho_2|` of stacks of shape (..., d, d)."""
    values = np.linalg.eigvalsh(np.asarray(first) - np.asarray(second))
    return np.asarray(np.abs(values).sum(axis=-1) / 2)


def _drive(ensemble: SpinEnsemble) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return the drive and J = S₋²/N on the even ladder."""
    if np.any(ensemble.detunings):
        raise ValueError("detunings are not all zero; allowed: identical spins only")
    pair = pair_lowering(ensemble.n_spins, "even")
    half = ensemble.eta * np.exp(1j * ensemble.phase) * pair
    return half + half.conj().T, pair


def _evolve(generator: sparse.csr_array, t_max: float, n_times: int) -> Complexes:
    start = np.zeros(generator.shape[0], dtype=complex)
    start[0] = 1  # no photon in the displaced frame, every spin down
    if check_positive_integer("n_times", n_times) < 2:
        raise ValueError(f"n_times = {n_times}; allowed: at least 2")
    stop = check_nonnegative("t_max", t_max)
    return np.asarray(expm_multiply(generator, start, start=0, stop=stop, num=n_times))
