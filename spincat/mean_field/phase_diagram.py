r"""Synchronisation in the plane of drive and detuning: the map, its edge, the ellipse (Fig. 4).

Each point is an initial state of two halves, detuned by ±δ, that follows Eqs. 26-28 until it is
known what becomes of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import curve_fit

from spincat.mean_field import _mirror_halves_kernels as kernels
from spincat.mean_field.mirror_halves import RTOL, cartesian, polar, steady_state
from spincat.shared.checks import (
    check_even,
    check_finite,
    check_inside,
    check_memory,
    check_number,
    check_positive,
    check_positive_integer,
    check_row,
    check_tolerance,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.parallel import in_blocks
from spincat.shared.types import Floats

__all__ = [
    "FATES",
    "EllipseFit",
    "ellipse",
    "fit_ellipse",
    "phase_map",
    "simulated_edge",
]


FATES = "unconverged", "synchronised", "incoherent", "oscillating", "drifting"
"""What can become of a state; the numbers in the variable ``fate`` of :func:`phase_map`.

Synchronised is a steady state with A > 0, incoherent one with A = 0 and z > 0, in both of which a
small disturbance decays.  Drifting is a phase spread that keeps growing, by 20 turns at any time or
by half a turn in the second half of the time; oscillating is a motion that neither decays nor makes
ζ wind, and unconverged is one that has still to decay at the last time.
"""

T_MAX = 1e5
"""Default of the last time: the least drives need it, the others end long before."""
TOLERANCE = 1e-6


class EllipseFit(NamedTuple):
    """Parameters of Eq. 30 and their standard errors, in units of N, and the rms misfit of δ/Γ2."""

    a: float
    b: float
    a_error: float
    b_error: float
    rms: float


def phase_map(
    n_spins: int,
    eta: ArrayLike,
    delta: ArrayLike,
    *,
    t_max: float = T_MAX,
    initial: ArrayLike | None = None,
    tolerance: float = TOLERANCE,
    rtol: float = RTOL,
) -> xr.Dataset:
    r"""What becomes of two detuned halves under Eqs. 26-28, for each drive and each detuning.

    A state counts as converged where it is within ``tolerance`` of its limit for t → ∞, and the
    values returned are then those of the limit.  For a synchronised state that is a fixed point
    that Newton's method finds there, and whose Jacobian is stable.

    Inside ``joblib.parallel_config(n_jobs=2)`` the drives are shared among two processes, which
    give the same digits; it takes seconds to start them, in which one process does 10⁴ points.

    Parameters
    ----------
    n_spins
        Number of spins N, even and at least 4.
    eta, delta
        η/Γ2 > 0, shape (E,), and δ/Γ2, shape (D,).
    t_max
        Last time Γ2·t of a state that does not converge before.
    initial
        (A, ζ, z) at t = 0, shape (3,) or any that broadcasts to (E, D, 3); the steady state for
        δ = 0 if None.
    tolerance
        Distance from the limit in A cos ζ, A sin ζ and z, 1e-10 to 1e-4.
    rtol
        Error allowed per step in these, 1e-12 to 1e-2.

    Returns
    -------
    Dataset over (eta, delta) with ``phase_spread`` ζ (NaN unless synchronised), ``z``,
    ``amplitude``, ``fate`` (a number, see :data:`FATES`), ``converged`` (to either steady state)
    and ``time_to_converge`` (NaN if not converged); n_spins, t_max, tolerance and rtol in its
    attributes.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range, or there is no steady state for δ = 0.
    MemoryError
        If the map does not fit in memory.
    ConvergenceError
        If the steps become too short, or too many.

    Examples
    --------
    >>> fates = phase_map(1000, [20.0], [0.0, 0.05, 0.07])["fate"]
    >>> [FATES[fate] for fate in fates.values[0]]
    ['synchronised', 'synchronised', 'incoherent']
    """
    n, limits = _check(n_spins, t_max, tolerance, rtol)
    etas, deltas = check_row("eta", eta), check_row("delta", delta)
    if np.any(etas <= 0):
        raise ValueError(f"eta holds {etas.min()}; allowed: numbers above 0")
    check_memory("delta", deltas.size, 150.0 * etas.size * deltas.size)
    start = _initial_states(n_spins, etas, (len(etas), len(deltas)), initial)
    blocks = in_blocks(_settle, len(etas), start, n, etas, deltas, limits)
    states, fates, times = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    if np.any(fates == kernels.FAILED):
        i, j = np.argwhere(fates == kernels.FAILED)[0]
        raise ConvergenceError(
            f"no step at eta = {etas[i]}, delta = {deltas[j]} is short enough, or they are too many"
        )
    parameters = {"n_spins": n_spins, "t_max": t_max, "tolerance": tolerance, "rtol": rtol}
    return _dataset(etas, deltas, states, fates, times, parameters)


def _settle(
    block: NDArray[np.intp], start: Floats, n: float, etas: Floats, deltas: Floats,
    limits: kernels.Triple,
) -> tuple[Floats, NDArray[np.int8], Floats]:  # fmt: skip
    """Final states, fates and times of some of the drives."""
    states = start[block]  # a copy, which the kernel overwrites
    fates, times = np.zeros(states.shape[:2], dtype=np.int8), np.zeros(states.shape[:2])
    for row, eta in enumerate(etas[block]):
        kernels.settle_row(states[row], n, eta, deltas, *limits, fates[row], times[row])
    return states, fates, times


def simulated_edge(
    n_spins: int,
    eta: ArrayLike,
    *,
    t_max: float = T_MAX,
    initial: ArrayLike | None = None,
    tolerance: float = TOLERANCE,
    rtol: float = RTOL,
    accuracy: float = 1e-6,
) -> Floats:
    """The δ/Γ2 from which on a state of Eqs. 26-28 has left synchrony before ``t_max`` (Fig. 4).

    Found by bisection.  A state has left if it has become incoherent, oscillates or drifts.  One
    that still approaches a synchronised state at the last time has not, although it is unconverged
    in :func:`phase_map`.

    Parameters
    ----------
    n_spins, eta, t_max, tolerance, rtol
        As in :func:`phase_map`.
    initial
        (A, ζ, z) at t = 0, shape (3,) or (E, 3); the steady state for δ = 0 if None.
    accuracy
        Largest error of the edge that bisection leaves, from 1e-15 on.

    Returns
    -------
    Array of shape (E,).  If there is more than one change between δ = 0 and 0.2, one of them is
    found.  NaN where the state leaves at δ = 0, or stays at 0.2.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.

    Examples
    --------
    >>> simulated_edge(1000, [10.0, 20.0]).round(4)
    array([0.0506, 0.0652])
    """
    n, limits = _check(n_spins, t_max, tolerance, rtol)
    etas, accuracy = check_row("eta", eta), check_tolerance("accuracy", accuracy, 1e-15, 1)
    check_inside("eta", eta, bool(np.all(etas > 0)), "numbers above 0")
    start = None if initial is None else check_finite("initial", initial)
    if start is not None and start.shape not in ((3,), (len(etas), 3)):
        raise ValueError(f"initial has shape {start.shape}; allowed: (3,) or ({len(etas)}, 3)")
    start = None if start is None else start[..., None, :]
    states = _initial_states(n_spins, etas, (len(etas), 1), start)
    return np.concatenate(in_blocks(_edges, len(etas), states[:, 0], n, etas, limits, accuracy))


def _edges(
    block: NDArray[np.intp], start: Floats, n: float, etas: Floats, limits: kernels.Triple,
    accuracy: float,
) -> Floats:  # fmt: skip
    """The edge at some of the drives."""
    rows = zip(start[block].tolist(), etas[block].tolist(), strict=True)
    return np.array([_bisect((x, y, z), n, eta, limits, accuracy) for (x, y, z), eta in rows])


def _bisect(
    start: kernels.Triple, n: float, eta: float, limits: kernels.Triple, accuracy: float
) -> float:
    def stays(delta: float) -> bool:
        _, fate, _ = kernels.settle(start, n, eta, delta, *limits)
        return fate in (kernels.SYNCHRONISED, kernels.UNCONVERGED)

    low, high = 0.0, 0.2
    if stays(high) or not stays(low):
        return np.nan
    while high - low > 2 * accuracy:
        middle = (low + high) / 2
        low, high = (middle, high) if stays(middle) else (low, middle)
    return (low + high) / 2


def ellipse(eta: ArrayLike, n_spins: int, a: float, b: float) -> Floats:
    r"""Edge δ/Γ2 of the synchronised region after Eq. 30, zero outside its range.

    .. math::
        \frac{N^2\delta}{\Gamma_2} = bN\sqrt{(aN)^2 - (\eta/\Gamma_2 - aN)^2} ,

    with a and b in units of N, as the paper quotes them.

    Parameters
    ----------
    eta
        Strengths of the drive η/Γ2, any shape.
    n_spins
        Number of spins N.
    a, b
        Half of the width in η/(NΓ2), and the ratio of the height to it.

    Returns
    -------
    Detunings δ/Γ2, the shape of ``eta``.

    Raises
    ------
    ValueError
        If ``eta`` is not finite, or N not a positive integer.

    Examples
    --------
    The ellipse of the paper's Fig. 4 at half of the largest drive:

    >>> float(ellipse(312.5, 10_000, a=0.03125, b=2.2077).round(4))
    0.069
    """
    h = check_finite("eta", eta) / check_positive_integer("n_spins", n_spins)
    a, b = check_number("a", a), check_number("b", b)
    return np.asarray(b * np.sqrt(np.maximum(0.0, a**2 - (h - a) ** 2)))


def fit_ellipse(eta: ArrayLike, delta: ArrayLike, n_spins: int) -> EllipseFit:
    """Fit :func:`ellipse` to an edge by least squares of δ/Γ2, all points with the same weight.

    The standard errors follow from the scatter of the points about the ellipse.  They are those of
    a fit whose misfit is random, which that of a wrong curve is not.

    Parameters
    ----------
    eta, delta
        Points η/Γ2 and δ/Γ2 of the edge, shape (E,), at least three.
    n_spins
        Number of spins N.

    Returns
    -------
    The parameters a and b, their standard errors, and the root mean square misfit of δ/Γ2.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range, the shapes differ, or the points do not
        lie along an ellipse.

    Examples
    --------
    >>> fit = fit_ellipse([150.0, 300.0, 450.0], [0.05, 0.06, 0.05], 10_000)
    >>> round(float(fit.a), 4), round(float(fit.b), 3), round(fit.rms, 4)
    (0.0297, 1.979, 0.001)
    """
    etas, edge = check_row("eta", eta), check_row("delta", delta)
    if etas.shape != edge.shape or len(etas) < 3:
        raise ValueError(
            f"eta has shape {etas.shape}, delta {edge.shape}; allowed: equal, at least 3 points"
        )
    h = etas / check_positive_integer("n_spins", n_spins)
    # δ² = 2ab²h - b²h² is linear in both coefficients: a start close to the solution
    (linear, quadratic), *_ = np.linalg.lstsq(np.stack([h, -(h**2)], axis=1), edge**2, rcond=None)
    if not linear > 0 < quadratic:
        raise ValueError(f"delta = {edge}; allowed: an arch over eta, as an ellipse from 0 on is")
    guess = max(linear / quadratic / 2, h.max() / 2), np.sqrt(quadratic)
    try:
        (a, b), covariance = curve_fit(
            lambda eta, a, b: ellipse(eta, n_spins, a, b), etas, edge, guess
        )
    except RuntimeError as error:
        raise ConvergenceError(f"no ellipse found through eta and delta: {error}") from None
    misfit = edge - ellipse(etas, n_spins, a, b)
    a_error, b_error = np.sqrt(np.diag(covariance))
    return EllipseFit(a, b, a_error, b_error, float(np.sqrt(np.mean(misfit**2))))


def _dataset(
    etas: Floats, deltas: Floats, states: Floats, fates: NDArray[np.int8], times: Floats,
    parameters: dict[str, float],
) -> xr.Dataset:  # fmt: skip
    """Final states in Cartesian coordinates as the variables of :func:`phase_map`."""
    amplitude, zeta, z = np.moveaxis(polar(states), -1, 0)
    converged = (fates == kernels.SYNCHRONISED) | (fates == kernels.INCOHERENT)
    dims = "eta", "delta"
    variables: dict[str, tuple[NDArray[np.generic], str, str]] = {
        "phase_spread": (
            np.where(fates == kernels.SYNCHRONISED, zeta, np.nan), "phase spread zeta", "rad"
        ),
        "z": (z, "mean of sigma_z", "1"),
        "amplitude": (amplitude, "amplitude A", "1"),
        "fate": (fates, "what becomes of the state", "1"),
        "converged": (converged, "converged to a steady state", "1"),
        "time_to_converge": (
            np.where(converged, times, np.nan), "time to convergence", "1/Gamma_2"
        ),
    }  # fmt: skip
    dataset = xr.Dataset(
        {
            name: (dims, values, {"long_name": text, "units": unit})
            for name, (values, text, unit) in variables.items()
        },
        coords={
            "eta": ("eta", etas, {"long_name": "strength of the drive", "units": "Gamma_2"}),
            "delta": ("delta", deltas, {"long_name": "detuning", "units": "Gamma_2"}),
        },
        attrs=parameters,
    )
    dataset["fate"].attrs["flag_values"] = np.arange(len(FATES), dtype=np.int8)
    dataset["fate"].attrs["flag_meanings"] = " ".join(FATES)
    return dataset


def _initial_states(
    n_spins: int, etas: Floats, shape: tuple[int, int], initial: ArrayLike | None
) -> Floats:
    """Initial states in Cartesian coordinates, shape (E, D, 3), to be overwritten."""
    if initial is None:
        start = np.array([steady_state(n_spins, eta) for eta in etas])[:, None]
    else:
        start = check_finite("initial", initial)
    try:
        return cartesian(np.broadcast_to(start, (*shape, 3)))
    except ValueError:
        raise ValueError(
            f"initial has shape {start.shape}; allowed: any that broadcasts to {(*shape, 3)}"
        ) from None


def _check(
    n_spins: int, t_max: float, tolerance: float, rtol: float
) -> tuple[float, tuple[float, float, float]]:
    """N and the arguments of the kernel that end a run, as floats."""
    t_max = check_positive("t_max", t_max)
    tolerance = check_tolerance("tolerance", tolerance, 1e-10, 1e-4)
    return float(check_even(n_spins)), (float(t_max), tolerance, check_tolerance("rtol", rtol))
