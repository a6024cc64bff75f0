"""Steady states and eigenvalues at finite N: of all N spins (Eqs. 22-23), and of two halves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, root

from spincat.large_n import planar_flow
from spincat.mean_field import all_spins, mirror_halves, two_halves
from spincat.model.ensemble import SpinEnsemble
from spincat.shared.checks import (
    check_equations,
    check_even,
    check_finite,
    check_instance,
    check_memory,
    check_numbers,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Equations, Floats

__all__ = ["Spectrum", "halves_rates", "hopf_of_halves", "spectrum"]


def halves_rates(n_spins: int, h: float, delta: float, equations: Equations) -> Complexes:
    """Eigenvalues at the synchronised state of two halves with N spins, largest real part first.

    Parameters
    ----------
    n_spins
        Number of spins N, even.
    h, delta
        Drive η/(NΓ2) and detuning δ/Γ2, as in `spincat.large_n.planar_flow.fixed_points`.
    equations
        "printed", Eqs. 26-28, or the six equations of `spincat.mean_field.two_halves`: "paper" or
        "product".

    Returns
    -------
    Three or six eigenvalues in units of Γ2.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    ConvergenceError
        If there is no steady state near that of the planar flow.

    Examples
    --------
    A slow oscillation that decays, and the fast relaxation of the amplitude:

    >>> print(halves_rates(10_000, 0.02, 0.05, "printed").round(3))
    [-5.90000e-02+0.073j -5.90000e-02-0.073j -4.51453e+02+0.j   ]
    """
    check_equations(equations)
    check_even(n_spins)
    zeta, z = planar_flow.fixed_points(h, delta)[0]
    guess, at = [np.sqrt(2 * h) / np.cos(zeta), zeta, z], (n_spins, h * n_spins, delta)
    kind: Equations = "paper" if equations == "printed" else equations
    state = two_halves.fixed_point(guess, *at, equations=kind)
    if equations == "printed":
        found = root(mirror_halves.rhs, state[0], at, jac=mirror_halves.jacobian, tol=1e-13)
        if np.abs(mirror_halves.rhs(found.x, *at)).max() > 1e-9:
            raise ConvergenceError(found.message)
        matrix = mirror_halves.jacobian(found.x, *at)
    else:
        matrix = two_halves.jacobian(state, *at, equations=kind)
    rates = np.linalg.eigvals(matrix).astype(complex)
    return np.asarray(rates[np.argsort(-rates.real)])


def hopf_of_halves(n_spins: int, h: float, equations: Equations) -> float:
    """δ/Γ2 at which :func:`halves_rates` cross the imaginary axis, close to the Hopf line.

    Parameters
    ----------
    n_spins, h, equations
        As in :func:`halves_rates`, with h well below that of the Bogdanov-Takens point.

    Returns
    -------
    The detuning δ/Γ2.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the crossing is not within 6 % of the Hopf line.

    Examples
    --------
    >>> round(hopf_of_halves(10_000, 0.02, "printed"), 3)
    0.07
    """
    check_equations(equations)
    check_even(n_spins)
    limit = float(planar_flow.hopf_linewidth(planar_flow.check_driven(h, 0.0)[0]))
    top = min(1.01 * limit, (limit + float(planar_flow.saddle_node_linewidth(h))) / 2)

    def growth(delta: float) -> float:
        return float(halves_rates(n_spins, h, delta, equations)[0].real)

    low = 0.94 * limit
    if not growth(low) < 0 < growth(top):
        raise ValueError(
            f"h = {h!r} with n_spins = {n_spins!r} has no crossing between delta = {low:.4g} and "
            f"{top:.4g}; allowed: h well below that of the Bogdanov-Takens point, and more spins"
        )
    return float(brentq(growth, low, top, xtol=1e-12))


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

    Examples
    --------
    Twenty identical spins; the slowest disturbance tells them apart, the fastest is collective.

    >>> guess = np.full(20, 0.14 + 0.14j), np.full(20, -0.9)
    >>> found = spectrum(SpinEnsemble(20, 0.4), *guess)
    >>> print(found.z[0].round(3), found.rates[[0, -1]].real.round(3))
    -0.909 [-0.006 -1.395]
    """
    check_equations(equations, "paper", "product")
    check_instance("ensemble", ensemble, SpinEnsemble)
    n = ensemble.n_spins
    check_memory("n_spins", n, 8.0 * 4 * (3 * n) ** 2)
    coherence, inversion = check_numbers("sigma", sigma), check_finite("z", z)
    if not coherence.shape == inversion.shape == (n,):
        raise ValueError(
            f"sigma and z have shapes {coherence.shape} and {inversion.shape}; allowed: ({n},)"
        )
    x = np.concatenate([coherence.real, coherence.imag, inversion])
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
    rhs = {"paper": all_spins.paper_rhs, "product": all_spins.product_state_rhs}[equations]
    d_sigma, d_z = rhs(*_arguments(x, ensemble))
    return np.concatenate([d_sigma.real, d_sigma.imag, d_z])


def _jacobian(x: Floats, ensemble: SpinEnsemble, equations: Equations) -> Floats:
    return all_spins.jacobian(*_arguments(x, ensemble), equations=equations)


def _arguments(x: Floats, ensemble: SpinEnsemble) -> tuple[Complexes, Floats, float, Floats, float]:
    n, detunings = ensemble.n_spins, np.asarray(ensemble.detunings)
    return x[:n] + 1j * x[n : 2 * n], x[2 * n :], ensemble.eta, detunings, ensemble.phase
