"""Steady state and eigenvalues of the mean-field equations of all N spins (Eqs. 22-23)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spincat import mean_field
from spincat._checks import check_finite
from spincat._lindblad_blocks import check_memory
from spincat._lindblad_solver import ConvergenceError
from spincat.ensemble import SpinEnsemble
from spincat.mean_field import Equations

__all__ = ["ConvergenceError", "Spectrum", "spectrum"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

STEP = 1e-5
"""Step of the difference quotients; the equations are cubic, so their error is of order STEP²N."""


class Spectrum(NamedTuple):
    """A steady state of N spins and the rates at which small disturbances of it grow."""

    sigma: Complexes
    z: Floats
    rates: Complexes
    """3N eigenvalues in units of Γ2, the largest real part first."""


def spectrum(
    ensemble: SpinEnsemble, sigma: ArrayLike, z: ArrayLike, *, equations: Equations = "product"
) -> Spectrum:
    """The steady state that Newton's method finds from a guess, and the eigenvalues there.

    Parameters
    ----------
    ensemble
        N, η/Γ2, the phase of the drive and the detunings δ_m/Γ2.
    sigma, z
        Guess of ⟨σ⁺_m⟩ and ⟨σᶻ_m⟩, shape (N,).
    equations
        "product", the exact equations in a product state, or "paper", Eqs. 22-23.

    Returns
    -------
    The state and the eigenvalues of the 3N × 3N Jacobian, an O(N³) computation.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range, or the Jacobian does not fit in memory.
    ConvergenceError
        If Newton's method does not converge, or leaves the Bloch sphere.
    """
    n = ensemble.n_spins
    check_memory("n_spins", n, 8.0 * 4 * (3 * n) ** 2)
    coherence = np.asarray(sigma, dtype=complex)
    x = np.concatenate([coherence.real, coherence.imag, check_finite("z", z)])
    if x.size != 3 * n:
        raise ValueError(f"sigma and z have {x.size - coherence.size * 2} spins; allowed: {n}")
    for _ in range(30):
        matrix = _jacobian(x, ensemble, equations)
        change = np.linalg.solve(matrix, _flow(x, ensemble, equations))
        x = x - change
        if np.abs(change).max() < 1e-10:
            break
    found, inversion = x[:n] + 1j * x[n : 2 * n], x[2 * n :]
    if np.abs(change).max() > 1e-8 or np.any(4 * np.abs(found) ** 2 + inversion**2 > 1 + 1e-9):
        raise ConvergenceError("no steady state found near the guess")
    rates = np.linalg.eigvals(_jacobian(x, ensemble, equations)).astype(complex)
    return Spectrum(found, inversion, rates[np.argsort(-rates.real)])


def _flow(x: Floats, ensemble: SpinEnsemble, equations: Equations) -> Floats:
    n = ensemble.n_spins
    rhs = mean_field.paper_rhs if equations == "paper" else mean_field.product_state_rhs
    offsets = np.asarray(ensemble.detunings)
    ds, dz = rhs(x[:n] + 1j * x[n : 2 * n], x[2 * n :], ensemble.eta, offsets, ensemble.phase)
    return np.concatenate([ds.real, ds.imag, dz])


def _jacobian(x: Floats, ensemble: SpinEnsemble, equations: Equations) -> Floats:
    """Central differences: the equations are polynomials of third order."""
    columns = []
    for unit in np.eye(x.size):
        forward, backward = (_flow(x + s * STEP * unit, ensemble, equations) for s in (1, -1))
        columns.append((forward - backward) / (2 * STEP))
    return np.array(columns).T
