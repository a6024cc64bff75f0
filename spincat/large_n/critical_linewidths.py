r"""The critical linewidth of any distribution of detunings, for N → ∞ at fixed h = η/(NΓ2).

The synchronised state of `spincat.large_n.continuum` ends where there is none at a larger width
(saddle-node), or before, where it becomes unstable against an oscillation (Hopf).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from scipy.optimize import root

from spincat.large_n import _continuum_kernels as kernels
from spincat.large_n._self_consistency import (
    check_h,
    ends_of_gamma,
    fold_of,
    nodes_of,
    unit_shape,
    width_at,
)
from spincat.large_n.continuum import count_unstable
from spincat.mean_field import all_spins
from spincat.model.broadening import Broadening, Name
from spincat.model.ensemble import SpinEnsemble
from spincat.shared.checks import check_instance, check_positive, check_work
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Floats

__all__ = ["CriticalPoint", "critical_linewidth", "critical_point", "stays_synchronised"]


LOST = -0.05
"""Mean ⟨σᶻ⟩ above which spins count as no longer synchronised."""
MOST_PIECES = 1e6
"""Relaxation times that `stays_synchronised` follows, which takes an hour for few spins."""


class CriticalPoint(NamedTuple):
    """Where the synchronised state ends as the width grows, in units of Γ2."""

    width: float
    bifurcation: Literal["saddle-node", "Hopf"]
    frequency: float
    """Of the oscillation that becomes unstable; zero at a saddle-node."""
    gamma: float
    existence: float
    """The width up to which the state exists, stable or not."""


def critical_linewidth(h: float, distribution: Name | Broadening) -> float:
    """The largest width at which there is a stable synchronised state, for N → ∞.

    Parameters
    ----------
    h
        Drive η/(NΓ2), 0 < h < 1/16.
    distribution
        "gaussian", "uniform", "lorentzian", "two_point", or an object of
        `spincat.model.broadening`, of which the shape counts and not the width.

    Returns
    -------
    The ``delta`` of that broadening in units of Γ2: the standard deviation, for the Lorentzian
    the half width at half maximum.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    ConvergenceError
        If the point is not found.

    Examples
    --------
    >>> round(critical_linewidth(0.02, "gaussian"), 4)
    0.0887
    """
    return critical_point(h, distribution).width


def critical_point(h: float, distribution: Name | Broadening) -> CriticalPoint:
    """:func:`critical_linewidth` with the bifurcation that sets it.

    Parameters
    ----------
    h, distribution
        As in :func:`critical_linewidth`.

    Returns
    -------
    The width, the kind of bifurcation with its frequency and γ, and the width at which the state
    ceases to exist.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    ConvergenceError
        If the point is not found.

    Examples
    --------
    >>> point = critical_point(0.02, "uniform")
    >>> point.bifurcation, round(point.width, 4), round(point.frequency, 4)
    ('Hopf', 0.0784, 0.0356)
    """
    strength, nodes = check_h(h), nodes_of(unit_shape(distribution))
    fold = fold_of(strength, nodes)
    largest = width_at(fold, strength, nodes)
    if not _unstable_at_fold(strength, nodes, fold):
        return CriticalPoint(largest, "saddle-node", 0.0, fold, largest)
    gamma, frequency = _hopf(strength, nodes, fold)
    return CriticalPoint(width_at(gamma, strength, nodes), "Hopf", frequency, gamma, largest)


def stays_synchronised(ensemble: SpinEnsemble, t_max: float, *, tol: float = 1e-4) -> bool:
    r"""Whether N spins that start in the steady state of identical ones keep their coherence.

    Eqs. 22-23 for all spins by `spincat.mean_field.all_spins.integrate`, stopped when the mean ⟨σᶻ⟩
    exceeds :data:`LOST` or \|mean ⟨σ⁺⟩\| falls below half of √(2h).  Where ⟨σᶻ⟩ vanishes the
    constraint on the mean is no longer attracting; what follows is fast and slow to integrate.

    Parameters
    ----------
    ensemble
        N spins with their detunings and a drive 0 < η/(NΓ2) < 1/16.
    t_max
        Time Γ2·t to be passed.
    tol
        As in `spincat.mean_field.all_spins.integrate`.

    Returns
    -------
    True if neither has happened at ``t_max``.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    Two halves of 100 spins inside and outside of the region of Fig. 4:

    >>> signs = np.repeat([1, -1], 50)
    >>> ensembles = [SpinEnsemble(100, 2.0, detunings=delta * signs) for delta in (0.03, 0.09)]
    >>> [stays_synchronised(ensemble, t_max=100.0) for ensemble in ensembles]
    [True, False]
    """
    check_instance("ensemble", ensemble, SpinEnsemble)
    n, t_max = ensemble.n_spins, check_positive("t_max", t_max)
    h = check_h(ensemble.eta / n)
    check_work("t_max", t_max, 8 * h * t_max, MOST_PIECES, "relaxation times 1/(8h)")
    w = (1 - np.sqrt(1 - 16 * h)) / 2
    phase = np.exp(1j * (np.pi / 4 - ensemble.phase / 2))
    sigma, z = np.full(n, np.sqrt(2 * h) * phase), np.full(n, w - 1)
    t = 0.0
    while t < t_max:
        # shorter and shorter pieces towards ⟨σᶻ⟩ = 0, where the motion becomes fast
        length = min(t_max - t, min(1.0, 4 * z.mean() ** 2) / (8 * h))
        rows = all_spins.integrate(ensemble, sigma, z, [length], equations="paper", tol=tol)
        sigma, z, t = rows[0][0], rows[1][0], t + length
        if z.mean() > LOST or abs(sigma.mean()) < 0.5 * np.sqrt(2 * h):
            return False
    return True


def _unstable_at_fold(h: float, nodes: tuple[Floats, Floats], fold: float) -> bool:
    """Whether more than the zero mode of the saddle-node is not stable there.

    The response of the field in phase is zero at λ = 0 and negative for λ → ∞.  If it is positive
    for small λ > 0, there is a positive root, left by a Hopf bifurcation at a smaller width.
    If it is not, no complex pair is looked for: the tests find none at any width before the fold.
    """
    detunings = width_at(fold, h, nodes) * nodes[0]
    rates = np.array([0, 1e-4 * h], dtype=complex)
    here, there = kernels.responses(detunings, nodes[1], h, fold, rates)[0].real
    return bool(there > here)


def _hopf(h: float, nodes: tuple[Floats, Floats], fold: float) -> tuple[float, float]:
    """γ and frequency of the Hopf bifurcation: bracketed by counting, then solved for."""

    def in_phase(gamma: float, frequencies: Floats) -> Complexes:
        detunings = width_at(gamma, h, nodes) * nodes[0]
        rates = np.asarray(1j * frequencies, dtype=complex)
        return np.asarray(kernels.responses(detunings, nodes[1], h, gamma, rates)[0])

    low, high = ends_of_gamma(h)[0] * (1 + 1e-9), fold
    grid = np.geomspace(1e-4, 1e2, 400) * h

    def parts(p: Floats) -> list[float]:
        if not 0.5 < p[0] < 2:  # far outside of the bracket there may be no state at all
            return [1.0, 1.0]
        value = in_phase(low * p[0], np.array([guess * p[1]]))[0]
        return [value.real, value.imag]

    for step in range(20):
        gamma = (low + high) / 2
        if any(count_unstable(h, width_at(gamma, h, nodes) * nodes[0], nodes[1], gamma)):
            high = gamma
        else:
            low = gamma
        if step >= 7:  # the bracket is narrow: from here on the equations may be solved directly
            guess = grid[np.argmin(np.abs(in_phase(low, grid)))]
            found = root(parts, [1.0, 1.0], options={"xtol": 1e-12})
            solution, frequency = low * found.x[0], guess * abs(found.x[1])
            inside = low * (1 - 1e-4) <= solution <= high * (1 + 1e-4)
            if np.abs(found.fun).max() < 1e-9 and inside and frequency > 0:
                return float(solution), float(frequency)
    raise ConvergenceError(f"no Hopf bifurcation found near gamma = {low} at h = {h}")
