r"""Cavity and spins together, from Eq. 34 to Eq. 35 of Appendix A (arXiv:2403.16491), by matrices.

Nothing here uses the derivations of ``spincat.symbolic``, so that the two can check each other.
Identical spins are kept on one of the ladders of `spincat.master_equation.dicke`; the joint basis
is \|n_a⟩⊗\|n⟩, photons first.  The frame rotates with Eq. 32 and is displaced, rates are in units
of Γ2 and times in units of 1/Γ2.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import ArpackError, eigs

from spincat.master_equation._exponential import evolved
from spincat.model.ensemble import SpinEnsemble
from spincat.model.operators import levels, liouvillian, pair_lowering, photon_lowering
from spincat.shared.checks import (
    check_duration,
    check_flag,
    check_instance,
    check_integer,
    check_memory,
    check_parity,
    check_positive,
    check_sparse,
    check_tolerance,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Parity

ADIABATICITIES = 1e-12, 1e12
"""Range of r = g₂N/κ in which 1/r² loses no digits beside the rates of the spins."""
MOST_PHOTONS = 500
"""Far more than the displaced frame has; to make the Liouvillian takes seconds."""
BYTES = 400.0
"""For each row of a Liouvillian, with about ten elements in it, and copies in passing."""


def joint_liouvillian(
    ensemble: SpinEnsemble,
    adiabaticity: float,
    photons: int = 6,
    *,
    printed: bool = False,
    parity: Parity = "even",
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
        Largest number of photons in the displaced frame, at most `MOST_PHOTONS`.
    printed
        Whether to couple aJ + a†J†, as Eqs. 32 and 34 are printed, instead of a†J + aJ†.
    parity
        "even" or "odd", which excitations the ladder has.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (d², d²) with d = (photons + 1)s and s the number of levels on the ladder.

    Raises
    ------
    ValueError
        If an argument is outside its range or a detuning is not zero.
    MemoryError
        If the Liouvillian does not fit in memory.
    """
    check_integer("photons", photons, 1, MOST_PHOTONS)
    drive, pair = _drive(ensemble, parity, photons)
    check_positive("adiabaticity", adiabaticity)
    adiabaticity = check_tolerance("adiabaticity", adiabaticity, *ADIABATICITIES)
    check_flag("printed", printed)
    lower = photon_lowering(photons)
    one_a, one_s = sparse.eye_array(photons + 1), sparse.eye_array(pair.shape[0])
    coupling = sparse.kron(lower if printed else lower.T, pair)
    total = sparse.kron(one_a, drive) + (coupling + coupling.T) / (4 * adiabaticity)
    return liouvillian(total, [sparse.kron(lower, one_s) / (2 * adiabaticity)])


def spin_liouvillian(ensemble: SpinEnsemble, parity: Parity = "even") -> sparse.csr_array:
    """Return the generator of Eqs. 35-36, which are Eqs. 1-2, on one ladder.

    Parameters
    ----------
    ensemble, parity
        As in `joint_liouvillian`.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (s², s²) with s the number of levels on the ladder.

    Raises
    ------
    ValueError
        If an argument is outside its range or a detuning is not zero.

    Examples
    --------
    >>> slow_rates(spin_liouvillian(SpinEnsemble(6, 0.2)), 2).real.round(4)
    array([-0.7805, -0.8039])
    """
    drive, pair = _drive(ensemble, parity)
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
    Complexes
        Shape (count,), in the order of their distance from zero.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    ConvergenceError
        If the eigenvalues are not found.
    """
    matrix = check_sparse("generator", generator)
    check_integer("count", count, 1, max(1, matrix.shape[0] - 3))
    try:
        near = eigs(
            sparse.csc_array(matrix), k=count + 1, sigma=1e-3, return_eigenvectors=False,
            v0=np.ones(matrix.shape[0]),
        )  # fmt: skip
    except (ArpackError, RuntimeError, TypeError) as error:
        raise ConvergenceError(f"no eigenvalues of the generator: {error}") from None
    return np.asarray(near[np.argsort(np.abs(near))][1:])


def with_cavity(
    ensemble: SpinEnsemble,
    adiabaticity: float,
    t_max: float,
    n_times: int = 16,
    photons: int = 6,
    *,
    printed: bool = False,
    excitations: int = 0,
) -> Complexes:
    r"""Reduced state of the spins under Eq. 34 with the cavity's loss, from a Dicke state.

    The cavity is empty at first, in the displaced frame.

    Parameters
    ----------
    ensemble, adiabaticity, photons, printed
        As in `joint_liouvillian`.
    t_max, n_times
        Times Γ2·t from 0 to ``t_max``, ``n_times`` of them, evenly spaced.
    excitations
        Number of excitations of the symmetric state at first, from 0 (all spins down) to N.

    Returns
    -------
    Complexes
        Density matrices of the ladder with the parity of ``excitations``, shape (n_times, s, s),
        indexed like `spincat.model.operators.levels`.

    Raises
    ------
    ValueError
        If an argument is outside its range, a detuning is not zero, or the time is so long that the
        evolution would take hours.
    MemoryError
        If the Liouvillian or the states do not fit in memory.

    Examples
    --------
    >>> states = with_cavity(SpinEnsemble(4, 0.2), 0.1, 2.0, n_times=3, photons=4)
    >>> states[-1].diagonal().real.round(4)
    array([0.9345, 0.0632, 0.0023])
    """
    parity = _parity_of(ensemble, excitations)
    total = joint_liouvillian(ensemble, adiabaticity, photons, printed=printed, parity=parity)
    size = levels(ensemble.n_spins, parity).size
    states = _evolve(total, excitations // 2, t_max, n_times)
    blocks = states.reshape(n_times, photons + 1, size, photons + 1, size)
    return np.asarray(np.einsum("tmimj->tij", blocks))


def eliminated(
    ensemble: SpinEnsemble, t_max: float, n_times: int = 16, *, excitations: int = 0
) -> Complexes:
    """Return the state under Eq. 35, from a Dicke state, in the form of `with_cavity`.

    Parameters
    ----------
    ensemble, t_max, n_times, excitations
        As in `with_cavity`.

    Returns
    -------
    Complexes
        Shape (n_times, s, s), as of `with_cavity`.

    Raises
    ------
    ValueError
        If an argument is outside its range, a detuning is not zero, or the time is so long that the
        evolution would take hours.
    MemoryError
        If the Liouvillian or the states do not fit in memory.

    Examples
    --------
    >>> eliminated(SpinEnsemble(4, 0.2), 2.0, n_times=3)[-1].diagonal().real.round(4)
    array([0.9378, 0.0601, 0.0021])
    """
    parity = _parity_of(ensemble, excitations)
    total = spin_liouvillian(ensemble, parity)
    size = levels(ensemble.n_spins, parity).size
    return _evolve(total, excitations // 2, t_max, n_times).reshape(n_times, size, size)


def _parity_of(ensemble: SpinEnsemble, excitations: int) -> Parity:
    """Return the parity of the ladder that has so many excitations, if N spins can have them."""
    check_instance("ensemble", ensemble, SpinEnsemble)
    return "odd" if check_integer("excitations", excitations, 0, ensemble.n_spins) % 2 else "even"


def _drive(
    ensemble: SpinEnsemble, parity: Parity, photons: int = 0
) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return the drive and J = S₋²/N on one ladder, unless the Liouvillian is too large."""
    check_instance("ensemble", ensemble, SpinEnsemble)
    check_parity(parity)
    size = (photons + 1) * (ensemble.n_spins // 2 + 1)
    check_memory("n_spins", ensemble.n_spins, BYTES * size**2)
    if np.any(ensemble.detunings):
        raise ValueError("detunings are not all zero; allowed: identical spins only")
    pair = pair_lowering(ensemble.n_spins, parity) / ensemble.n_spins
    half = ensemble.eta * np.exp(1j * ensemble.phase) * pair
    return half + half.conj().T, pair


def _evolve(generator: sparse.csr_array, level: int, t_max: float, n_times: int) -> Complexes:
    first = np.zeros(generator.shape[0], dtype=complex)
    first[level * (math.isqrt(first.size) + 1)] = 1  # no photon in the displaced frame
    check_memory("n_times", n_times, 16.0 * check_integer("n_times", n_times, 2) * first.size)
    stop = check_duration("t_max", t_max)
    return np.asarray(evolved(generator, first, "t_max", stop, num=n_times))
