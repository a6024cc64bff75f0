r"""The mean-field equations of Sec. IV and Appendix B: each spin in the mean of the others.

A product state of N spins is 3N real numbers, σ_m = ⟨σ⁺_m⟩ and z_m = ⟨σᶻ_m⟩.  Two sets of
equations are here: Eqs. 22-23, "paper", and the exact time derivatives in a product state,
"product", from which those of the paper differ in the order 1/N (Appendix B of this book).
Spins that are equal and stay so can be given as one group with its ``multiplicities``: the cost is
that of the number of groups, and the results are those of all spins.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spincat.mean_field._all_spins_kernels import EquationsOfMotion, State
from spincat.mean_field._all_spins_stepper import Stepper, trajectory
from spincat.mean_field.spin_groups import SpinGroups, check_multiplicities
from spincat.model.ensemble import SpinEnsemble
from spincat.shared.checks import (
    check_equations,
    check_finite,
    check_instance,
    check_memory,
    check_nonnegative,
    check_number,
    check_numbers,
    check_times,
    check_tolerance,
)
from spincat.shared.types import Complexes, Equations, Floats

__all__ = ["brute_force_rhs", "integrate", "jacobian", "paper_rhs", "product_state_rhs"]


def paper_rhs(
    sigma: ArrayLike,
    z: ArrayLike,
    eta: float,
    detunings: ArrayLike,
    phase: float = 0.0,
    *,
    multiplicities: ArrayLike | None = None,
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
        ⟨σ⁺_m⟩ and ⟨σᶻ_m⟩, shape (N,), or (G,) for G groups of equal spins.
    eta
        Strength of the drive, η/Γ2.
    detunings
        Detunings δ_m/Γ2, the shape of ``z`` or a number for all spins.
    phase
        Phase φ of the drive, in radians.
    multiplicities
        Numbers of spins in the groups, integers of at least 1, shape (G,), the sum of which is N.
        The sums then count each group so often, less one spin of the own group.

    Returns
    -------
    Derivatives of ``sigma`` and ``z`` with respect to Γ2·t, each of the shape of ``z``.

    Raises
    ------
    ValueError
        If the shapes differ, or an argument is not finite or outside its range.

    Examples
    --------
    A million spins in two groups; the drive η = 2·10⁴ Γ2 is nearly balanced by the loss:

    >>> d_sigma, d_z = paper_rhs([0.14 + 0.14j] * 2, [-0.9] * 2, 2e4, [0.05, -0.05],
    ...                          multiplicities=[500_000, 500_000])
    >>> print(d_sigma.round(2), d_z.round(2))
    [100.78+100.79j 100.79+100.78j] [125.42 125.42]
    """
    state, motion = _motion(sigma, z, eta, detunings, phase, "paper", multiplicities)
    return motion.derivative(state)


def product_state_rhs(
    sigma: ArrayLike,
    z: ArrayLike,
    eta: float,
    detunings: ArrayLike,
    phase: float = 0.0,
    *,
    multiplicities: ArrayLike | None = None,
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
    sigma, z, eta, detunings, phase, multiplicities
        As in :func:`paper_rhs`.

    Returns
    -------
    Derivatives of ``sigma`` and ``z`` with respect to Γ2·t, each of the shape of ``z``.

    Raises
    ------
    ValueError
        If the shapes differ, or an argument is not finite or outside its range.

    Examples
    --------
    A single spin has no partner to leave with, it only turns:

    >>> d_sigma, d_z = product_state_rhs([0.3], [-0.5], eta=1.0, detunings=0.7)
    >>> print(d_sigma.round(3), d_z.round(3) + 0.0)
    [-0.+0.21j] [0.]
    """
    state, motion = _motion(sigma, z, eta, detunings, phase, "product", multiplicities)
    return motion.derivative(state)


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


def jacobian(
    sigma: ArrayLike,
    z: ArrayLike,
    eta: float,
    detunings: ArrayLike,
    phase: float = 0.0,
    *,
    equations: Equations = "product",
    multiplicities: ArrayLike | None = None,
) -> Floats:
    """Matrix of the derivatives of Eqs. 22-23, or of the exact equations, exact to rounding.

    Parameters
    ----------
    sigma, z, eta, detunings, phase, multiplicities
        As in :func:`paper_rhs`.
    equations
        "product", the exact ones of :func:`product_state_rhs`, or "paper", :func:`paper_rhs`.

    Returns
    -------
    Array of shape (3G, 3G) in units of Γ2: rows are the derivatives of Re σ of each of the G spins
    or groups, then of Im σ, then of z; columns are these variables.  A disturbance that tells
    spins of a group apart is not described.

    Raises
    ------
    ValueError, MemoryError
        If the shapes differ, an argument is not finite or outside its range, or the matrix does
        not fit in memory.

    Examples
    --------
    Two spins without drive in their ground state: both turn, and nothing decays.

    >>> jacobian([0, 0], [-1, -1], 0.0, [0.1, -0.1])[:2].round(2) + 0.0
    array([[ 0. ,  0. , -0.1,  0. ,  0. ,  0. ],
           [ 0. ,  0. ,  0. ,  0.1,  0. ,  0. ]])
    """
    state, motion = _motion(sigma, z, eta, detunings, phase, equations, multiplicities)
    rows = 3 * state[1].size
    check_memory("3G", rows, 8.0 * rows**2)
    return motion.jacobian(state).reshape(rows, rows)


def integrate(
    ensemble: SpinEnsemble | SpinGroups,
    sigma: ArrayLike,
    z: ArrayLike,
    times: ArrayLike,
    *,
    equations: Equations = "product",
    tol: float = 1e-6,
) -> tuple[Complexes, Floats]:
    r"""Solve the mean-field equations of all N spins, stiff-safe: Eqs. 22-23, or the exact ones.

    A step costs O(N), or O(G) for N spins in G groups.

    Parameters
    ----------
    ensemble
        N, η/Γ2, the phase of the drive and the detunings δ_m/Γ2; a
        `spincat.mean_field.spin_groups.SpinGroups` for groups of equal spins.
    sigma, z
        ⟨σ⁺_m⟩ and ⟨σᶻ_m⟩ at t = 0, shape (N,), or (G,) for G groups.
    times
        Times Γ2·t at which the state is wanted, increasing, not negative, shape (T,).
    equations
        "product", the exact ones of :func:`product_state_rhs`, or "paper", :func:`paper_rhs`.
    tol
        Error allowed per step, relative to the mean coherence and excitation, 1e-12 to 1e-2.

    Returns
    -------
    ⟨σ⁺_m⟩ and ⟨σᶻ_m⟩ at the times, each of shape (T, N) or (T, G).

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range or not finite, or the result does not fit in memory.
    ConvergenceError
        If the error cannot be brought below ``tol``, or not in a reasonable number of steps.

    Examples
    --------
    A million spins with 40 detunings lock to the mean coherence √(2η/N):

    >>> groups = SpinGroups([25_000] * 40, eta=2e4, detunings=np.linspace(-0.03, 0.03, 40))
    >>> sigma, z = integrate(groups, np.full(40, 0.14 + 0.14j), np.full(40, -0.9), [100.0, 200.0])
    >>> sigma.shape, abs(sigma.mean(axis=1)).round(3)
    ((2, 40), array([0.2, 0.2]))
    """
    check_instance("ensemble", ensemble, SpinEnsemble, SpinGroups)
    detunings = np.asarray(ensemble.detunings)
    counts = ensemble.multiplicities if isinstance(ensemble, SpinGroups) else None
    state = _check_state(sigma, z)
    if state[1].shape != detunings.shape:
        raise ValueError(f"sigma has shape {state[0].shape}; allowed: {detunings.shape}")
    length = float(np.sqrt(np.max(4 * np.abs(state[0]) ** 2 + state[1] ** 2)))
    if length > 1 + 1e-9:
        raise ValueError(f"sigma and z have a Bloch vector of length {length}; allowed: at most 1")
    grid = check_times(times)
    check_equations(equations, "paper", "product")
    check_tolerance("tol", tol)
    check_memory("number of times", len(grid), 24.0 * detunings.size * (len(grid) + 60))
    stepper = Stepper(*_motion(*state, ensemble.eta, detunings, ensemble.phase, equations, counts))
    return trajectory(stepper, grid, tol)


def _motion(
    sigma: ArrayLike, z: ArrayLike, eta: float, detunings: ArrayLike, phase: float,
    equations: Equations, multiplicities: ArrayLike | None,
) -> tuple[State, EquationsOfMotion]:  # fmt: skip
    """The checked arguments of the public functions, as the kernels take them."""
    state = _check_state(sigma, z)
    shape = state[1].shape
    offsets = np.broadcast_to(_check_detunings(detunings, shape), shape)
    counts = None if multiplicities is None else check_multiplicities(multiplicities)
    if counts is not None and counts.shape != shape:
        raise ValueError(f"multiplicities has shape {counts.shape}; allowed: {shape}")
    # the coefficient of z_m c*_{1,m} in Eq. 22
    turn = np.exp(1j * check_number("phase", phase))
    return state, EquationsOfMotion(
        np.ascontiguousarray(offsets),
        complex(-2j * check_nonnegative("eta", eta) * turn),
        equations,
        None if counts is None else counts.astype(float),
    )


def _check_detunings(detunings: ArrayLike, shape: tuple[int, ...]) -> Floats:
    offsets = check_finite("detunings", detunings)
    if offsets.shape not in ((), shape):
        raise ValueError(f"detunings has shape {offsets.shape}; allowed: () or {shape}")
    return offsets


def _check_state(sigma: ArrayLike, z: ArrayLike) -> tuple[Complexes, Floats]:
    """Both arrays in the type of the kernels, checked for shape and finiteness."""
    coherence, inversion = check_numbers("sigma", sigma), check_finite("z", z)
    if coherence.ndim != 1 or coherence.size == 0 or inversion.shape != coherence.shape:
        raise ValueError(
            f"sigma and z have shapes {coherence.shape} and {inversion.shape}; "
            "allowed: (N,) for both, N >= 1"
        )
    return np.ascontiguousarray(coherence), np.ascontiguousarray(inversion)
