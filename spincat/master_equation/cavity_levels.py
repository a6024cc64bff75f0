r"""Eq. 31 of Appendix A (arXiv:2403.16491) by diagonalisation: avoided crossing, pair decay, drive.

Nothing here uses the derivations of ``spincat.symbolic``, so that the two can check each other.
Identical spins are kept on the ladder of symmetric states; the joint basis is \|n_a⟩⊗\|n⟩, photons
first; spins of unequal frequency are in `spincat.master_equation.cavity_exchange`.  Energies and
rates are in units of ω₀.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.sparse as sparse
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from spincat.model.cavity import Cavity
from spincat.model.operators import excitations, ladder_lowering, liouvillian, photon_lowering
from spincat.shared.checks import (
    check_duration,
    check_finite,
    check_flag,
    check_inside,
    check_instance,
    check_integer,
    check_memory,
    check_positive_integer,
    check_row,
    check_tolerance,
    check_work,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Floats

SEARCH = 1.5, 2.3
"""Cavity frequencies, in units of ω₀, between which `avoided_crossing` looks."""
RATES = 0.0, 1e3
"""Allowed range of frequencies and rates in units of ω₀: beyond, no digit of the spins is left."""
MOST_STEPS = 10_000
"""Largest number of steps in a period of the drive."""
MOST_PRODUCTS = 1e13
"""Largest number of products for eigenvectors of a full matrix, its size cubed: an hour."""
MOST_PERIODS = 1e9
"""Largest number of periods: rounding in the map of one of them grows with it."""


def hamiltonian(
    n_spins: int,
    mixing: float,
    nonlinearity: float,
    cavity: float = 2.0,
    photons: int = 12,
    *,
    counter_rotating: bool = False,
) -> Floats:
    r"""Return Eq. 31 for identical spins, in units of ω₀.

    .. math::
        \frac H{\omega_0} = S_z + \frac{\omega_c}{\omega_0}a^\dagger a
        + \epsilon(a^\dagger S_- + aS_+) + \frac{\chi^{(2)}}{\omega_0}(a+a^\dagger)^3 .

    With ``counter_rotating`` the coupling is that of a linear dipole, ε(a + a†)(S₊ + S₋).

    Parameters
    ----------
    n_spins
        Number of spins N ≥ 1.
    mixing
        ε = g/ω₀ ≥ 0.
    nonlinearity
        χ⁽²⁾/ω₀ ≥ 0.  The cubic term has no ground state; the truncation is meaningful while the
        levels kept lie below the barrier, at about 0.018 (ω₀/χ⁽²⁾)² ω₀.
    cavity
        Frequency of the cavity ω_c/ω₀; 2 in Eq. 31.
    photons
        Largest number of photons kept.
    counter_rotating
        Whether to add ε(aS₋ + a†S₊), which Eq. 31 leaves out; at a cavity of 2ω₀ it is detuned by
        3ω₀, only three times as far as what is kept.

    Returns
    -------
    Floats
        Real symmetric, shape (d, d) with d = (photons + 1)(N + 1).

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> np.linalg.eigvalsh(hamiltonian(2, 0.03, 0.01))[:3].round(4)
    array([-1.0006, -0.0024,  0.9976])
    """
    size = (check_positive_integer("photons", photons) + 1) * (
        check_positive_integer("n_spins", n_spins) + 1
    )
    check_memory("n_spins", n_spins, 80.0 * size**2)
    lower, spin = photon_lowering(photons).toarray(), ladder_lowering(n_spins).toarray()
    one_a, one_s = np.eye(photons + 1), np.eye(n_spins + 1)
    s_z = np.diag(excitations(n_spins) - n_spins / 2)
    coupling = np.kron(lower.T, spin)
    if check_flag("counter_rotating", counter_rotating):
        coupling = coupling + np.kron(lower, spin)
    field = _cubic(photons)
    return np.asarray(
        np.kron(one_a, s_z)
        + check_tolerance("cavity", cavity, *RATES) * np.kron(lower.T @ lower, one_s)
        + check_tolerance("mixing", mixing, *RATES) * (coupling + coupling.T)
        + check_tolerance("nonlinearity", nonlinearity, *RATES) * np.kron(field, one_s)
    )


class Crossing(NamedTuple):
    """The avoided crossing of one photon with one pair of excitations."""

    cavity: float  #: cavity frequency ω_c/ω₀ where the gap is smallest
    gap: float  #: smallest gap, in units of ω₀
    pair_coupling: float  #: g₂/ω₀ that this gap means


def crossing_levels(
    cavities: ArrayLike,
    n_spins: int,
    mixing: float,
    nonlinearity: float,
    photons: int = 12,
    *,
    counter_rotating: bool = False,
) -> Floats:
    r"""Return the two eigenvalues of Eq. 31 that belong to one photon and to one pair.

    They are the two eigenstates with most weight on \|1⟩⊗\|0⟩ and \|0⟩⊗\|2⟩.

    Parameters
    ----------
    cavities
        Cavity frequencies ω_c/ω₀, shape (M,).
    n_spins, mixing, nonlinearity, photons, counter_rotating
        As in `hamiltonian`, with N ≥ 2.

    Returns
    -------
    Floats
        Energies in units of ω₀, shape (M, 2), the lower one first.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    n_spins = check_integer("n_spins", n_spins, 2)
    row = check_row("cavities", np.atleast_1d(check_finite("cavities", cavities)))
    check_inside("cavities", cavities, row.min() >= 0 and row.max() <= RATES[1], "0 to 1000")
    size = (n_spins + 1) * (check_positive_integer("photons", photons) + 1)
    check_work("n_spins", n_spins, len(row) * size**3, MOST_PRODUCTS, "products of eigenvectors")
    pair = [n_spins + 1, 2]  # |1⟩⊗|0⟩ and |0⟩⊗|2⟩
    result = []
    for cavity in row:
        matrix = hamiltonian(
            n_spins, mixing, nonlinearity, float(cavity), photons, counter_rotating=counter_rotating
        )
        energies, states = np.linalg.eigh(matrix)
        weight = (np.abs(states[pair]) ** 2).sum(axis=0)
        result.append(np.sort(energies[np.argsort(weight)[-2:]]))
    return np.array(result)


def avoided_crossing(
    n_spins: int,
    mixing: float,
    nonlinearity: float,
    photons: int = 12,
    *,
    counter_rotating: bool = False,
) -> Crossing:
    r"""Find the smallest gap between one photon and one pair in Eq. 31, and from it g₂ (Eq. 33).

    A coupling g₂(a†S₋² + h.c.) opens the gap
    :math:`2g_2\langle0|S_-^2|2\rangle = 2g_2\sqrt{2N(N-1)}`.

    Parameters
    ----------
    n_spins, mixing, nonlinearity, photons, counter_rotating
        As in `hamiltonian`, with N ≥ 2 and ε, χ⁽²⁾ > 0.

    Returns
    -------
    Crossing
        Where the gap is smallest, the gap, and g₂.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    ConvergenceError
        If the smallest gap is at an end of the interval `SEARCH`.

    Examples
    --------
    >>> crossing = avoided_crossing(2, 0.03, 0.01, photons=8)
    >>> round(crossing.pair_coupling / (0.01 * 0.03**2), 2)  # Eq. 33 with its factor 3
    3.03
    """
    n_spins = check_integer("n_spins", n_spins, 2)

    def gap(cavity: float) -> float:
        pair = crossing_levels(
            cavity, n_spins, mixing, nonlinearity, photons, counter_rotating=counter_rotating
        )
        return float(pair[0, 1] - pair[0, 0])

    found = minimize_scalar(
        gap,
        bounds=SEARCH,
        method="bounded",
        options={"xatol": 1e-9},
    )
    if min(abs(found.x - end) for end in SEARCH) < 1e-3:
        raise ConvergenceError(f"no avoided crossing of {SEARCH} found with ε = {mixing}")
    element = np.sqrt(2 * n_spins * (n_spins - 1))
    return Crossing(float(found.x), float(found.fun), float(found.fun / (2 * element)))


def pair_decay(
    times: ArrayLike,
    n_spins: int,
    mixing: float,
    nonlinearity: float,
    kappa: float,
    cavity: float,
    photons: int = 6,
) -> Floats:
    r"""Populations of the ladder under Eq. 31 and the loss κD[a], from one pair and no photon.

    Parameters
    ----------
    times
        Times ω₀t ≥ 0, shape (T,).
    n_spins, mixing, nonlinearity, cavity, photons
        As in `hamiltonian`; on resonance ``cavity`` is that of `avoided_crossing`.
    kappa
        κ/ω₀ ≥ 0.

    Returns
    -------
    Floats
        Populations of n = 0 ... N excitations with any number of photons, shape (T, N + 1).

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> crossing = avoided_crossing(2, 0.03, 0.01, photons=4)
    >>> pair_decay([0.0, 1e5], 2, 0.03, 0.01, 1e-3, crossing.cavity, photons=4)[1].round(3)
    array([0.652, 0.092, 0.256])
    """
    check_integer("n_spins", n_spins, 2)
    elapsed = check_row("times", np.atleast_1d(check_finite("times", times)))
    check_inside("times", times, elapsed.min() >= 0, "numbers of at least 0")
    matrix = hamiltonian(n_spins, mixing, nonlinearity, cavity, photons)
    lower = sparse.kron(photon_lowering(photons), sparse.eye_array(n_spins + 1))
    jump = np.sqrt(check_tolerance("kappa", kappa, *RATES)) * lower
    check_memory("n_spins", n_spins, 80.0 * len(matrix) ** 4)
    check_memory("times", elapsed.size, 48.0 * elapsed.size * len(matrix) ** 2)
    # The times are long against 1/ω₀: diagonalise once instead of stepping.
    rates, right = scipy.linalg.eig(liouvillian(matrix, [jump]).toarray())
    start = np.zeros(matrix.shape)  # of the density matrix, in the joint basis
    start[2, 2] = 1
    weights = np.linalg.solve(right, start.ravel().astype(complex))
    rates = np.minimum(rates.real, 0.0) + 1j * rates.imag  # no state grows, but for rounding
    states = (np.exp(np.outer(elapsed, rates)) * weights) @ right.T
    diagonals = states.reshape(-1, *matrix.shape).diagonal(axis1=1, axis2=2).real
    return np.asarray(diagonals.reshape(len(elapsed), photons + 1, n_spins + 1).sum(axis=1))


class DrivenSpins(NamedTuple):
    """The spins of a driven cavity, seen once in a whole number of periods of the drive."""

    times: Floats  #: Γ2·t, shape (T,)
    states: Complexes  #: reduced density matrices of the ladder, shape (T, N+1, N+1)
    drive_frequency: float  #: frequency of the drive in units of ω₀


def driven_spins(
    cavity: Cavity, t_max: float, n_times: int = 7, photons: int = 4, steps: int = 40
) -> DrivenSpins:
    r"""Evolve cavity and identical spins from rest under all of Eq. 31, with drive and loss.

    The cavity is tuned to the avoided crossing and the drive to the frequency of the pair there,
    which Eq. 31 leaves to the experimenter.  The map of one period of the drive is the product of
    ``steps`` symmetric steps, and its powers are the evolution.

    Parameters
    ----------
    cavity
        N ≥ 2 identical spins with their cavity and drive.
    t_max
        Last time Γ2·t, rounded to periods of the drive.
    n_times
        Number of times, from 0.
    photons
        Largest number of photons kept; the space has (photons + 1)(N + 1) states.
    steps
        Steps in a period of the drive.

    Returns
    -------
    DrivenSpins
        Times, reduced states of the spins, and the frequency of the drive.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    ConvergenceError
        If `avoided_crossing` finds none.

    Examples
    --------
    >>> cavity = Cavity(2, 1.0, 0.05, 0.02, 2e-3).driven(eta=0.3)
    >>> run = driven_spins(cavity, t_max=1.0, n_times=2, photons=3)
    >>> run.states[-1].diagonal().real.round(3)
    array([0.954, 0.001, 0.045])
    """
    check_instance("cavity", cavity, Cavity)
    check_integer("steps", steps, 1, MOST_STEPS)
    size = (check_positive_integer("photons", photons) + 1) * (cavity.n_spins + 1)
    check_memory("n_spins", cavity.n_spins, 80.0 * size**4)
    check_memory("n_times", n_times, 32.0 * check_integer("n_times", n_times, 2) * size**2)
    stop = check_duration("t_max", t_max)
    shape = cavity.n_spins, cavity.mixing, cavity.nonlinearity / cavity.omega
    kind = {"counter_rotating": cavity.counter_rotating}
    tuned = avoided_crossing(*shape, photons, **kind).cavity
    matrix = hamiltonian(*shape, tuned, photons, **kind)
    energies, vectors = np.linalg.eigh(matrix)
    rest = energies[np.argmax(np.abs(vectors[0]))]  # of no photon and all spins down
    frequency = float(crossing_levels(tuned, *shape, photons, **kind).mean() - rest)
    one_period = _period_map(cavity, matrix, frequency, photons, steps)
    period = 2 * np.pi / frequency * cavity.gamma2 / cavity.omega
    check_work("t_max", t_max, stop / period, MOST_PERIODS, "periods of the drive")
    number = round(stop / period / (n_times - 1))
    stride = np.linalg.matrix_power(one_period, number)
    state = np.zeros(len(stride), dtype=complex)
    state[0] = 1
    states = [state := stride @ state if k else state for k in range(n_times)]
    ladder = cavity.n_spins + 1
    blocks = np.array(states).reshape(n_times, photons + 1, ladder, photons + 1, ladder)
    times = np.asarray(np.arange(n_times) * number * period, dtype=float)
    return DrivenSpins(times, np.einsum("tmimj->tij", blocks), frequency)


def _period_map(
    cavity: Cavity, matrix: Floats, frequency: float, photons: int, steps: int
) -> Complexes:
    """Return the map of ρ over one period of the drive, in units of ω₀."""
    lower = sparse.kron(photon_lowering(photons), sparse.eye_array(cavity.n_spins + 1))
    jump = np.sqrt(cavity.kappa / cavity.omega) * lower
    step = 2 * np.pi / frequency / steps
    half = scipy.linalg.expm(liouvillian(matrix, [jump]).toarray() * step / 2)
    along, across = (liouvillian(x, []) for x in (lower + lower.T, 1j * (lower.T - lower)))
    result = np.eye(len(half), dtype=complex)
    for k in range(steps):
        drive = cavity.drive / cavity.omega * np.exp(-1j * frequency * step * (k + 0.5))
        kick = step * (drive.real * along + drive.imag * across)
        result = half @ result
        first = kick @ result  # the drive is weak: two orders of its exponential suffice
        result = half @ (result + first + kick @ first / 2)
    return result


def _cubic(photons: int) -> Floats:
    """Return (a + a†)³ without an error of the truncation in its kept elements."""
    larger = photon_lowering(photons + 2).toarray()
    field = larger + larger.T
    return np.asarray((field @ field @ field)[: photons + 1, : photons + 1])
