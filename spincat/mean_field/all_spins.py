r"""The mean-field equations of Sec. IV and Appendix B: each spin in the mean of the others.

A product state of N spins is 3N real numbers, σ_m = ⟨σ⁺_m⟩ and z_m = ⟨σᶻ_m⟩.  Two sets of
equations are here: Eqs. 22-23 as printed, and the exact time derivatives in a product state, from
which the printed ones differ in the order 1/N (Appendix B of this book).
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from spincat.mean_field import _all_spins_kernels as kernels
from spincat.mean_field._all_spins_stepper import Stepper, trajectory
from spincat.model.ensemble import SpinEnsemble
from spincat.shared.checks import (
    check_finite,
    check_memory,
    check_nonnegative,
    check_number,
    check_positive_integer,
)
from spincat.shared.types import Complexes, Floats

__all__ = [
    "brute_force_rhs",
    "integrate",
    "paper_rhs",
    "product_state_rhs",
    "single_ensemble_rhs",
]

Equations = Literal["product", "paper"]


def paper_rhs(
    sigma: ArrayLike, z: ArrayLike, eta: float, detunings: ArrayLike, phase: float = 0.0
) -> tuple[Complexes, Floats]:
    r"""Time derivatives of Eqs. 22-23, as printed but for the index m that c₂ lacks in Eq. 23.

    .. math::
        \dot\sigma_m &= i\delta_m\sigma_m - 2i\eta e^{i\varphi} z_m c_{1,m}^*
            - 2\sigma_m Q_m + z_m T_m ,\\
        \dot z_m &= 8\eta\,\mathrm{Im}(e^{-i\varphi}\sigma_m c_{1,m})
            - 4(1 + z_m) Q_m - 4\,\mathrm{Re}(\sigma_m T_m^*) ,\\
        T_m &= c_{1,m}(2c_{2,m} + N|c_{1,m}|^2), \qquad Q_m = c_{2,m}/N + |c_{1,m}|^2 ,

    where c_{1,m} = (1/N)Σσ_j and c_{2,m} = (1/N)Σ(1 + z_j)/2 over j ≠ m.

    Parameters
    ----------
    sigma, z
        ⟨σ⁺_m⟩ and ⟨σᶻ_m⟩, shape (N,).
    eta
        Strength of the drive, η/Γ2.
    detunings
        Detunings δ_m/Γ2, shape (N,) or a number for all spins.
    phase
        Phase φ of the drive, in radians.

    Returns
    -------
    Derivatives of ``sigma`` and ``z`` with respect to Γ2·t, each of shape (N,).

    Raises
    ------
    ValueError
        If the shapes differ, or an argument is not finite or outside its range.
    """
    return _rhs(sigma, z, eta, detunings, phase, exact=False)


def product_state_rhs(
    sigma: ArrayLike, z: ArrayLike, eta: float, detunings: ArrayLike, phase: float = 0.0
) -> tuple[Complexes, Floats]:
    r"""Exact time derivatives Tr(O ρ̇) of O = σ⁺_m and σᶻ_m in a product state (Eqs. 1-2).

    The equations of :func:`paper_rhs` with other T and Q, all sums over spins j ≠ m,

    .. math::
        T_m &= N|c_1|^2c_1 + 2c_1(c_2 - s_2) - t_2c_1^* - \tfrac2N(p_1 - s_3), \qquad
        Q_m = |c_1|^2 + (c_2 - s_2)/N ,\\
        s_2 &= \tfrac1N\sum|\sigma_j|^2,\quad t_2 = \tfrac1N\sum\sigma_j^2,\quad
        p_1 = \tfrac1N\sum\tfrac{1+z_j}2\sigma_j,\quad s_3 = \tfrac1N\sum|\sigma_j|^2\sigma_j .

    Parameters
    ----------
    sigma, z, eta, detunings, phase
        As in :func:`paper_rhs`.

    Returns
    -------
    Derivatives of ``sigma`` and ``z`` with respect to Γ2·t, each of shape (N,).

    Raises
    ------
    ValueError
        If the shapes differ, or an argument is not finite or outside its range.
    """
    return _rhs(sigma, z, eta, detunings, phase, exact=True)


def brute_force_rhs(
    sigma: ArrayLike, z: ArrayLike, eta: float, detunings: ArrayLike, phase: float = 0.0
) -> tuple[Complexes, Floats]:
    """Tr(O ρ̇) from the 2^N matrices of Eqs. 1-2 in QuTiP, for up to 6 spins.

    A reference for :func:`product_state_rhs`, with which it shares no code.

    Parameters
    ----------
    sigma, z, eta, detunings, phase
        As in :func:`paper_rhs`.

    Returns
    -------
    Derivatives of ``sigma`` and ``z`` with respect to Γ2·t, each of shape (N,).

    Raises
    ------
    ValueError
        If the shapes differ, or an argument is not finite or outside its range.
    MemoryError
        If N is above 6.
    """
    import qutip  # on request only: it takes a second to import

    coherence, inversion = _check_state(sigma, z)
    n_spins = coherence.size
    if n_spins > 6:
        raise MemoryError(f"sigma has N = {n_spins}; allowed: at most 6")
    offsets = np.broadcast_to(_check_detunings(detunings, inversion.shape), inversion.shape)
    ensemble = SpinEnsemble(n_spins, eta, phase, offsets)
    raising, lifting = qutip.basis(2, 0) * qutip.basis(2, 1).dag(), qutip.sigmaz()
    plus, flip = (
        [qutip.expand_operator(operator, [2] * n_spins, m) for m in range(n_spins)]
        for operator in (raising, lifting)
    )
    pair = sum(plus).dag() ** 2
    drive = ensemble.eta / n_spins * np.exp(1j * ensemble.phase) * pair
    energy = sum(delta / 2 * operator for delta, operator in zip(offsets, flip, strict=True))
    spins = zip(coherence, inversion, strict=True)
    rho = qutip.tensor(
        [qutip.Qobj([[(1 + w) / 2, np.conj(s)], [s, (1 - w) / 2]]) for s, w in spins]
    )
    rate = qutip.liouvillian(energy + drive + drive.dag(), [pair / n_spins])
    change = qutip.vector_to_operator(rate * qutip.operator_to_vector(rho))
    d_sigma = np.array([(operator * change).tr() for operator in plus], dtype=complex)
    return d_sigma, np.array([(operator * change).tr().real for operator in flip])


def single_ensemble_rhs(
    amplitude: float, angle: float, z: float, n_spins: int, eta: float
) -> tuple[float, float, float]:
    r"""Time derivatives of Eq. 24, identical spins with ⟨σ⁺⟩ = A exp(iϕ), as printed.

    .. math::
        \dot A = A(-2\eta z\sin2\phi - 2A^2 + NzA^2),\quad \dot\phi = -2\eta zA\cos2\phi,\quad
        \dot z = A^2\left(8\eta\sin2\phi - 4(1+z) - 4NA^2\right) .

    Parameters
    ----------
    amplitude, angle, z
        A ≥ 0, ϕ in radians, and ⟨σᶻ⟩.
    n_spins, eta
        Number of spins N and strength of the drive η/Γ2.

    Returns
    -------
    Derivatives of A, ϕ and z with respect to Γ2·t.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.
    """
    check_positive_integer("n_spins", n_spins)
    a, w = check_nonnegative("amplitude", amplitude), check_number("z", z)
    drive, double = check_nonnegative("eta", eta), 2 * check_number("angle", angle)
    d_amplitude = a * (-2 * drive * w * np.sin(double) - 2 * a**2 + n_spins * w * a**2)
    d_angle = -2 * drive * w * a * np.cos(double)
    d_z = a**2 * (8 * drive * np.sin(double) - 4 * (1 + w) - 4 * n_spins * a**2)
    return float(d_amplitude), float(d_angle), float(d_z)


def integrate(
    ensemble: SpinEnsemble,
    sigma: ArrayLike,
    z: ArrayLike,
    times: ArrayLike,
    *,
    equations: Equations = "product",
    tol: float = 1e-6,
) -> tuple[Complexes, Floats]:
    r"""Solve the mean-field equations of all N spins, stiff-safe and in O(N) per step.

    Parameters
    ----------
    ensemble
        N, η/Γ2, the phase of the drive and the detunings δ_m/Γ2.
    sigma, z
        ⟨σ⁺_m⟩ and ⟨σᶻ_m⟩ at t = 0, shape (N,).
    times
        Times Γ2·t at which the state is wanted, increasing, not negative, shape (T,).
    equations
        "product", the exact ones of :func:`product_state_rhs`, or "paper", :func:`paper_rhs`.
    tol
        Error allowed per step, relative to the mean coherence and excitation, 1e-12 to 1e-2.

    Returns
    -------
    ⟨σ⁺_m⟩ and ⟨σᶻ_m⟩ at the times, each of shape (T, N).

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range or not finite, or the result does not fit in memory.
    ConvergenceError
        If the error cannot be brought below ``tol``.
    """
    state = _check_state(sigma, z)
    if state[1].size != ensemble.n_spins:
        raise ValueError(f"sigma has shape {state[0].shape}; allowed: ({ensemble.n_spins},)")
    length = float(np.sqrt(np.max(4 * np.abs(state[0]) ** 2 + state[1] ** 2)))
    if length > 1 + 1e-9:
        raise ValueError(f"sigma and z have a Bloch vector of length {length}; allowed: at most 1")
    grid = check_finite("times", times)
    if grid.ndim != 1 or grid.size == 0 or grid[0] < 0 or np.any(np.diff(grid) <= 0):
        raise ValueError(f"times = {times!r}; allowed: increasing numbers of at least 0, in 1-D")
    if equations not in get_args(Equations):
        raise ValueError(f"equations = {equations!r}; allowed: 'product' or 'paper'")
    if not 1e-12 <= check_nonnegative("tol", tol) <= 1e-2:
        raise ValueError(f"tol = {tol!r}; allowed: 1e-12 to 1e-2")
    check_memory("number of times", len(grid), 24.0 * ensemble.n_spins * (len(grid) + 60))
    offsets = np.asarray(ensemble.detunings)
    drive = _drive(ensemble.eta, ensemble.phase)
    return trajectory(Stepper(state, offsets, drive, equations == "product"), grid, tol)


def _rhs(
    sigma: ArrayLike, z: ArrayLike, eta: float, detunings: ArrayLike, phase: float, *, exact: bool
) -> tuple[Complexes, Floats]:
    state = _check_state(sigma, z)
    offsets = np.ascontiguousarray(
        np.broadcast_to(_check_detunings(detunings, state[1].shape), state[1].shape)
    )
    drive = _drive(eta, phase)
    sums = kernels.totals(*state, exact)
    derivatives = np.empty_like(state[0]), np.empty_like(state[1])
    kernels.derivative(*state, offsets, drive, sums, exact, *derivatives)
    return derivatives


def _drive(eta: float, phase: float) -> complex:
    """The coefficient -2iη exp(iφ) of z_m c*_{1,m} in Eq. 22."""
    return complex(-2j * check_nonnegative("eta", eta) * np.exp(1j * check_number("phase", phase)))


def _check_detunings(detunings: ArrayLike, shape: tuple[int, ...]) -> Floats:
    offsets = check_finite("detunings", detunings)
    if offsets.shape not in ((), shape):
        raise ValueError(f"detunings has shape {offsets.shape}; allowed: () or {shape}")
    return offsets


def _check_state(sigma: ArrayLike, z: ArrayLike) -> tuple[Complexes, Floats]:
    """Both arrays in the type of the kernels, checked for shape and finiteness."""
    coherence = np.asarray(sigma)
    if coherence.dtype.kind not in "iufc":
        raise ValueError(f"sigma = {sigma!r}; allowed: numbers")
    inversion = check_finite("z", z)
    if coherence.ndim != 1 or coherence.size == 0 or inversion.shape != coherence.shape:
        raise ValueError(
            f"sigma and z have shapes {coherence.shape} and {inversion.shape}; "
            "allowed: (N,) for both, N >= 1"
        )
    coherence = np.ascontiguousarray(coherence, dtype=complex)
    check_finite("sigma", coherence.view(float))
    return coherence, np.ascontiguousarray(inversion)
