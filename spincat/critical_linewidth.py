r"""The critical linewidth of any distribution of detunings, for N → ∞ at fixed h = η/(NΓ2).

A synchronised steady state gives each spin of detuning δ_n an excitation w = 1 + ⟨σᶻ⟩ with

.. math::
    w\left(16h^2w^2 + \delta_n^2\right) = 4h\gamma^2(1 - w) , \qquad \gamma = \mathrm{E}[w^2] ,

in units of Γ2.  It ends where γ has no solution any more (saddle-node) or where it becomes unstable
(Hopf).  `spincat.symbolic.slow_spins` derives this from Eqs. 22-23.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar, root

from spincat import _continuum_kernels as kernels
from spincat import mean_field
from spincat._checks import check_finite, check_nonnegative, check_number
from spincat.broadening import Broadening, Gaussian, Lorentzian, TwoPoint, Uniform
from spincat.ensemble import SpinEnsemble
from spincat.errors import ConvergenceError

__all__ = [
    "CriticalPoint",
    "SteadyState",
    "collective_rate",
    "critical_linewidth",
    "critical_point",
    "responses",
    "spin_jacobians",
    "spin_state",
    "stays_synchronised",
    "steady_state",
    "unstable_modes",
]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Name = Literal["gaussian", "uniform", "lorentzian", "two_point"]

NAMED: dict[str, type[Broadening]] = {
    "gaussian": Gaussian,
    "uniform": Uniform,
    "lorentzian": Lorentzian,
    "two_point": TwoPoint,
}
ORDER = 400
"""Number of quadrature nodes."""
LARGEST_GAUSSIAN = 9.0
"""Detunings beyond this many standard deviations, of weight 1e-19, are left out."""

LOST = -0.05
"""Mean ⟨σᶻ⟩ above which spins count as no longer synchronised."""


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
        "gaussian", "uniform", "lorentzian", "two_point", or an object of `spincat.broadening`,
        of which the shape counts and not the width.

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
    """
    return critical_point(h, distribution).width


def critical_point(h: float, distribution: Name | Broadening) -> CriticalPoint:
    """:func:`critical_linewidth` with the bifurcation that sets it.

    Parameters
    ----------
    h, distribution
        As in :func:`critical_linewidth`.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    ConvergenceError
        If the point is not found.
    """
    strength, nodes = _check_h(h), _nodes(_shape(distribution))
    fold = _fold(strength, nodes)
    largest = _width(fold, strength, nodes)
    if not _unstable_at_fold(strength, nodes, fold):
        return CriticalPoint(largest, "saddle-node", 0.0, fold, largest)
    gamma, frequency = _hopf(strength, nodes, fold)
    return CriticalPoint(_width(gamma, strength, nodes), "Hopf", frequency, gamma, largest)


def steady_state(h: float, distribution: Name | Broadening, width: float) -> SteadyState:
    """The synchronised state that continues the one of identical spins to a width > 0.

    Parameters
    ----------
    h, distribution
        As in :func:`critical_linewidth`.
    width
        The ``delta`` of the broadening in units of Γ2, at least 0.

    Raises
    ------
    ValueError
        If an argument is outside its range, or there is no such state at this width.
    """
    strength, nodes = _check_h(h), _nodes(_shape(distribution))
    check_nonnegative("width", width)
    fold = _fold(strength, nodes)
    largest = _width(fold, strength, nodes)
    if width > largest:
        raise ValueError(f"width = {width!r}; allowed: at most {largest:.8g} for h = {h:.8g}")
    start = _ends(strength)[0]
    gamma = start
    if width > 0:
        gamma = brentq(lambda g: _width(g, strength, nodes) - width, start, fold, xtol=1e-15)
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
    strength, field = _check_h(h), check_number("gamma", gamma)
    if field <= 0:
        raise ValueError(f"gamma = {gamma!r}; allowed: a number above 0")
    d = np.atleast_1d(check_finite("detunings", detunings))
    w = np.array([kernels.excitation(x, strength, field) for x in d])
    s = (1 - w) * np.sqrt(2 * strength) * field / (4 * strength * w - 1j * d)
    return w, s


def spin_jacobians(h: float, state: SteadyState) -> Floats:
    """The matrices J_n of (Re s, Im s, w) of each spin at a fixed mean field, shape (n, 3, 3).

    Raises
    ------
    ValueError
        If ``h`` is outside its range.
    """
    strength, d, w = _check_h(h), state.detunings, state.excitation
    a, b, field = state.coherence.real, state.coherence.imag, -np.sqrt(2 * h) * state.gamma
    zero = np.zeros_like(d)
    rows = [
        [-4 * strength * w, -d, field - 4 * strength * a],
        [d, -4 * strength * w, -4 * strength * b],
        [32 * strength * a - 4 * field, 32 * strength * b, zero - 8 * strength],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


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

    Raises
    ------
    ValueError
        If an argument is outside its range, or there is no such state at this width.
    """
    state = steady_state(h, distribution, width)
    return sum(_count(float(h), state.detunings, state.weights, state.gamma))


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
    values = np.atleast_1d(np.asarray(rates, dtype=complex))
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

    Raises
    ------
    ValueError
        If an argument is outside its range, or there is no such state at this width.
    ConvergenceError
        If no zero of the response is found.
    """

    def parts(p: Floats) -> list[float]:
        value = responses(h, distribution, width, [complex(p[0], p[1])])[0][0]
        return [value.real, value.imag]

    found = root(parts, [guess.real, guess.imag], options={"xtol": 1e-10})
    # the response falls off as 1/λ: far away it is small but not zero
    if not found.success or np.abs(found.fun).max() > 1e-6 or np.abs(found.x).max() > 1:
        raise ConvergenceError(f"no zero of the response near {guess}")
    return complex(found.x[0], found.x[1])


def stays_synchronised(ensemble: SpinEnsemble, t_max: float, *, tol: float = 1e-4) -> bool:
    r"""Whether N spins that start in the steady state of identical ones keep their coherence.

    Eqs. 22-23 for all spins by `spincat.mean_field.integrate`, stopped when the mean ⟨σᶻ⟩ exceeds
    :data:`LOST` or \|mean ⟨σ⁺⟩\| falls below half of √(2h).  Where ⟨σᶻ⟩ vanishes the constraint on
    the mean is no longer attracting; what follows is fast and slow to integrate.

    Parameters
    ----------
    ensemble
        N spins with their detunings and a drive 0 < η/(NΓ2) < 1/16.
    t_max
        Time Γ2·t to be passed.
    tol
        As in `spincat.mean_field.integrate`.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    n = ensemble.n_spins
    h = _check_h(ensemble.eta / n)
    if check_number("t_max", t_max) <= 0:
        raise ValueError(f"t_max = {t_max!r}; allowed: a number above 0")
    w = (1 - np.sqrt(1 - 16 * h)) / 2
    phase = np.exp(1j * (np.pi / 4 - ensemble.phase / 2))
    sigma, z = np.full(n, np.sqrt(2 * h) * phase), np.full(n, w - 1)
    t = 0.0
    while t < t_max:
        # shorter and shorter pieces towards ⟨σᶻ⟩ = 0, where the motion becomes fast
        length = min(t_max - t, min(1.0, 4 * z.mean() ** 2) / (8 * h))
        rows = mean_field.integrate(ensemble, sigma, z, [length], equations="paper", tol=tol)
        sigma, z, t = rows[0][0], rows[1][0], t + length
        if z.mean() > LOST or abs(sigma.mean()) < 0.5 * np.sqrt(2 * h):
            return False
    return True


def _check_h(h: float) -> float:
    if not 0 < check_number("h", h) < 1 / 16:
        raise ValueError(f"h = {h!r}; allowed: 0 < h < 1/16")
    return float(h)


def _shape(distribution: Name | Broadening) -> Broadening:
    """The broadening with width 1."""
    if isinstance(distribution, Broadening):
        return replace(distribution, delta=1.0)
    if distribution not in NAMED:
        names = ", ".join(map(repr, NAMED))
        raise ValueError(f"distribution = {distribution!r}; allowed: {names} or a Broadening")
    return NAMED[distribution](1.0)


@lru_cache(maxsize=16)
def _nodes(shape: Broadening) -> tuple[Floats, Floats]:
    """Quadrature nodes and weights for width 1.

    The excitation of a spin is a resonance in δ_n that can be much narrower than the Gaussian.
    Gauss-Hermite nodes lie too far apart for it; equidistant ones converge as fast and can be many.
    """
    if isinstance(shape, Gaussian):
        x = np.linspace(-LARGEST_GAUSSIAN, LARGEST_GAUSSIAN, ORDER)
        weights = np.exp(-(x**2) / 2)
        return x, weights / weights.sum()
    return shape.nodes(ORDER)


def _ends(h: float) -> tuple[float, float]:
    """γ of the two steady states of identical spins; all others lie between."""
    root_ = np.sqrt(1 - 16 * h)
    return ((1 - root_) / 2) ** 2, ((1 + root_) / 2) ** 2


def _width(gamma: float, h: float, nodes: tuple[Floats, Floats]) -> float:
    """The width at which γ solves E[w²] = γ: the mean falls as the width grows."""

    def excess(width: float) -> float:
        return float(kernels.moment(*nodes, h, gamma, width)) - gamma

    if excess(0.0) <= 0:  # at the ends, by rounding
        return 0.0
    high = 0.1
    while excess(high) > 0:
        high *= 2
        if high > 1e6:
            raise ConvergenceError(f"no width for gamma = {gamma} at h = {h}")
    return float(brentq(excess, 0.0, high, xtol=1e-15))


def _fold(h: float, nodes: tuple[Floats, Floats]) -> float:
    """The γ at which the width is largest."""
    grid = np.geomspace(*_ends(h), 41)[1:-1]
    best = int(np.argmax([_width(gamma, h, nodes) for gamma in grid]))
    bounds = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(
        lambda gamma: -_width(gamma, h, nodes), bounds=bounds, method="bounded",
        options={"xatol": 1e-9 * bounds[1]},
    )  # fmt: skip
    if not found.success:
        raise ConvergenceError(found.message)
    return float(found.x)


def _unstable_at_fold(h: float, nodes: tuple[Floats, Floats], fold: float) -> bool:
    """Whether more than the zero mode of the saddle-node is not stable there.

    The response of the field in phase is zero at λ = 0 and negative for λ → ∞.  If it is positive
    for small λ > 0, there is a positive root, left by a Hopf bifurcation at a smaller width.
    """
    detunings = _width(fold, h, nodes) * nodes[0]
    rates = np.array([0, 1e-4 * h], dtype=complex)
    here, there = kernels.responses(detunings, nodes[1], h, fold, rates)[0].real
    return bool(there > here)


def _count(h: float, detunings: Floats, weights: Floats, gamma: float) -> tuple[int, int]:
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


def _hopf(h: float, nodes: tuple[Floats, Floats], fold: float) -> tuple[float, float]:
    """γ and frequency of the Hopf bifurcation: bracketed by counting, then solved for."""

    def in_phase(gamma: float, frequencies: Floats) -> Complexes:
        detunings = _width(gamma, h, nodes) * nodes[0]
        rates = np.asarray(1j * frequencies, dtype=complex)
        return np.asarray(kernels.responses(detunings, nodes[1], h, gamma, rates)[0])

    low, high = _ends(h)[0] * (1 + 1e-9), fold
    grid = np.geomspace(1e-4, 1e2, 400) * h

    def parts(p: Floats) -> list[float]:
        if not 0.5 < p[0] < 2:  # far outside of the bracket there may be no state at all
            return [1.0, 1.0]
        value = in_phase(low * p[0], np.array([guess * p[1]]))[0]
        return [value.real, value.imag]

    for step in range(20):
        gamma = (low + high) / 2
        if any(_count(h, _width(gamma, h, nodes) * nodes[0], nodes[1], gamma)):
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
