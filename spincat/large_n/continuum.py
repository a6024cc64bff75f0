r"""The steady state of a continuum of spins with any distribution of detunings, for N → ∞.

At fixed h = η/(NΓ2) a synchronised steady state gives each spin of detuning δ_n an excitation
w = 1 + ⟨σᶻ⟩ with

.. math::
    w\left(16h^2w^2 + \delta_n^2\right) = 4h\gamma^2(1 - w) , \qquad \gamma = \mathrm{E}[w^2] ,

in units of Γ2, and is stable where no response of the mean field to itself grows.
`spincat.symbolic.slow_spins` derives this from Eqs. 22-23.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, root

from spincat.large_n import _continuum_kernels as kernels
from spincat.large_n._self_consistency import (
    check_h,
    ends_of_gamma,
    fold_of,
    nodes_of,
    unit_shape,
    width_at,
)
from spincat.model.broadening import Broadening, Name
from spincat.shared.checks import (
    check_complex,
    check_finite,
    check_nonnegative,
    check_numbers,
    check_positive,
    refusal,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Floats

__all__ = [
    "SteadyState",
    "collective_rate",
    "responses",
    "spin_state",
    "steady_state",
    "unstable_modes",
]


class SteadyState(NamedTuple):
    """The synchronised state of a distribution: what each node of the quadrature does."""

    gamma: float
    """γ = E[w²]; the mean field on every spin is -√(2h)γ."""
    detunings: Floats
    weights: Floats
    excitation: Floats
    """w = 1 + ⟨σᶻ⟩."""
    coherence: Complexes
    """exp(-iπ/4)⟨σ⁺⟩; its mean is √(2h)."""


def steady_state(h: float, distribution: Name | Broadening, width: float) -> SteadyState:
    """The synchronised state that continues the one of identical spins to a width > 0.

    Parameters
    ----------
    h
        Drive η/(NΓ2), 0 < h < 1/16.
    distribution
        "gaussian", "uniform", "lorentzian", "two_point", or an object of
        `spincat.model.broadening`, of which the shape counts and not the width.
    width
        The ``delta`` of the broadening in units of Γ2, at least 0.

    Raises
    ------
    ValueError
        If an argument is outside its range, or there is no such state at this width.

    Examples
    --------
    The mean coherence is √(2h) at any width:

    >>> state = steady_state(0.02, "gaussian", 0.05)
    >>> round(state.gamma, 4), round(float((state.weights @ state.coherence).real), 4)
    (0.1134, 0.2)
    """
    strength, nodes = check_h(h), nodes_of(unit_shape(distribution))
    check_nonnegative("width", width)
    fold = fold_of(strength, nodes)
    largest = width_at(fold, strength, nodes)
    if width > largest:
        raise refusal("width", width, f"at most {largest:.8g} for h = {h:.8g}")
    start = ends_of_gamma(strength)[0]
    gamma = start
    if width > width_at(start, strength, nodes):  # which is not quite 0, by rounding
        gamma = brentq(lambda g: width_at(g, strength, nodes) - width, start, fold, xtol=1e-15)
    detunings = width * nodes[0]
    return SteadyState(float(gamma), detunings, nodes[1], *spin_state(strength, gamma, detunings))


def spin_state(h: float, gamma: float, detunings: ArrayLike) -> tuple[Floats, Complexes]:
    """Excitation w = 1 + ⟨σᶻ⟩ and coherence exp(-iπ/4)⟨σ⁺⟩ of spins in the field of ``gamma``.

    Parameters
    ----------
    h, gamma
        Drive 0 < h < 1/16 and γ = E[w²] > 0.
    detunings
        δ_n/Γ2, shape (n,).

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    strength, field = check_h(h), check_positive("gamma", gamma)
    d = np.atleast_1d(check_finite("detunings", detunings))
    if d.ndim > 1:
        raise ValueError(f"detunings has shape {d.shape}; allowed: (n,)")
    w = np.array([kernels.excitation(x, strength, field) for x in d])
    s = (1 - w) * np.sqrt(2 * strength) * field / (4 * strength * w - 1j * d)
    return w, s


def unstable_modes(h: float, distribution: Name | Broadening, width: float) -> int:
    r"""How many eigenvalues with positive real part the synchronised state has, for N → ∞.

    A disturbance of the mean field, in phase with it or in quadrature, grows at a rate λ where the
    mean of the responses vanishes,

    .. math::
        \mathrm{E}\left[e^T(\lambda - J_n)^{-1}f_n\right] = 0 ,

    J_n being the Jacobian of a spin in a given field and f_n its derivative by the field.  The
    zeros with Re λ > 0 are counted by the argument principle; disturbances that leave the mean
    field alone decay with the eigenvalues of J_n.

    Parameters
    ----------
    h, distribution, width
        As in :func:`steady_state`.

    Returns
    -------
    Number of eigenvalues λ with Re λ > 0.

    Raises
    ------
    ValueError
        If an argument is outside its range, or there is no such state at this width.

    Examples
    --------
    Below and above the Hopf bifurcation of a uniform distribution at the width 0.0784:

    >>> unstable_modes(0.02, "uniform", 0.0783), unstable_modes(0.02, "uniform", 0.0785)
    (0, 2)
    """
    state = steady_state(h, distribution, width)
    return sum(count_unstable(float(h), state.detunings, state.weights, state.gamma))


def responses(
    h: float, distribution: Name | Broadening, width: float, rates: ArrayLike
) -> tuple[Complexes, Complexes]:
    """The means that vanish at the rates λ of :func:`unstable_modes`, at any complex λ.

    Parameters
    ----------
    h, distribution, width
        As in :func:`steady_state`.
    rates
        λ in units of Γ2, shape (n,).

    Returns
    -------
    The responses in phase with the mean field and in quadrature to it, each of shape (n,).

    Raises
    ------
    ValueError
        If an argument is outside its range, or there is no such state at this width.
    """
    state = steady_state(h, distribution, width)
    values = np.atleast_1d(check_numbers("rates", rates))
    if values.ndim > 1:
        raise ValueError(f"rates has shape {values.shape}; allowed: (n,)")
    nodes = state.detunings, state.weights
    in_phase, quadrature = kernels.responses(*nodes, float(h), state.gamma, values)
    return np.asarray(in_phase), np.asarray(quadrature)


def collective_rate(
    h: float, distribution: Name | Broadening, width: float, guess: complex
) -> complex:
    """The rate λ near ``guess`` of a disturbance in phase with the mean field, for N → ∞.

    Parameters
    ----------
    h, distribution, width
        As in :func:`steady_state`.
    guess
        Where the search starts, in units of Γ2.

    Returns
    -------
    The rate λ in units of Γ2.

    Raises
    ------
    ValueError
        If an argument is outside its range, or there is no such state at this width.
    ConvergenceError
        If no zero of the response is found.

    Examples
    --------
    An oscillation that decays, and less so the closer the width is to 0.0784:

    >>> rate = collective_rate(0.02, "uniform", 0.07, -0.01 + 0.03j)
    >>> round(rate.real, 4), round(rate.imag, 4)
    (-0.0434, 0.0579)
    """
    start = check_complex("guess", guess)
    state = steady_state(h, distribution, width)  # once, and not at each step of the search

    def parts(p: Floats) -> list[float]:
        rates = np.array([complex(p[0], p[1])])
        pair = kernels.responses(state.detunings, state.weights, float(h), state.gamma, rates)
        return [pair[0][0].real, pair[0][0].imag]

    found = root(parts, [start.real, start.imag], options={"xtol": 1e-10})
    # the response falls off as 1/λ: far away it is small but not zero
    if not found.success or np.abs(found.fun).max() > 1e-6 or np.abs(found.x).max() > 1:
        raise ConvergenceError(f"no zero of the response near {guess}")
    return complex(found.x[0], found.x[1])


def count_unstable(h: float, detunings: Floats, weights: Floats, gamma: float) -> tuple[int, int]:
    """Unstable modes of the field in phase and in quadrature."""
    frequencies = np.concatenate([[0.0], np.geomspace(1e-6, 1e3, 120) * h])

    def curves(at: Floats) -> Complexes:
        rates = np.asarray(1j * at, dtype=complex)
        # each response falls off as 1/λ; times λ + 4h the curve closes at infinity
        pair = kernels.responses(detunings, weights, h, gamma, rates)
        return np.stack(pair, axis=-1) * (rates + 4 * h)[:, None]

    values = curves(frequencies)
    for _ in range(40):  # finer where the curves turn fast, next to a rate close to the axis
        steps = np.abs(np.angle(values[1:] / values[:-1])).max(axis=1)
        wide = np.flatnonzero(steps > 0.5)
        if not wide.size:
            break
        new = (frequencies[wide] + frequencies[wide + 1]) / 2
        frequencies = np.insert(frequencies, wide + 1, new)
        values = np.insert(values, wide + 1, curves(new), axis=0)
    turns = -np.angle(values[1:] / values[:-1]).sum(axis=0) / np.pi
    counts = np.rint(turns)
    if np.any(np.abs(turns - counts) > 0.2):
        raise ConvergenceError("the rates of the mean field could not be counted")
    return int(counts[0]), int(counts[1])
