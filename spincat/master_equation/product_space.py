r"""The full master equation of N spins with any detunings (Eqs. 1-2, Sec. III.2), exact and fast.

Parity is conserved, so a block of 2^(N-1) states suffices.  The drive is absorbed by the jump
operator B = S₋² - 2ηN (Γ2 = 1), and in the frame of ``_product_space_blocks`` a Hermitian block
ρ = Φ(R + iI)Φ† is one real matrix M = R + I with

.. math::
    \dot M = \frac1{N^2}\left[B M B^T - \tfrac12(B^TB\,M + M\,B^TB)\right] - \Delta\circ M^T,
    \qquad \Delta_{ij} = E_i - E_j ,

E the diagonal of H₀.  exp(tL) is interpolated at Leja points (`spincat.shared.leja`): a few
hundred actions of L serve all times, and the coefficients serve all draws.  The expansion stops on
a bound of the error that holds for every quantum channel, and raises if it cannot be met.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from types import NoneType
from typing import Any

import numpy as np
from joblib import delayed, effective_n_jobs
from numpy.typing import ArrayLike, NDArray

from spincat.master_equation._product_space_blocks import LARGEST_N, parity_block
from spincat.master_equation._product_space_solver import Solver
from spincat.model.ensemble import SpinEnsemble
from spincat.model.states import spin_cat, to_qobj
from spincat.shared.checks import (
    check_finite,
    check_instance,
    check_list,
    check_memory,
    check_numbers,
    check_parity,
    check_positive_integer,
    check_theta,
    check_tolerance,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.leja import MOST_POINTS
from spincat.shared.parallel import shared_out
from spincat.shared.types import Complexes, Floats, Parity

__all__ = ["cat_fidelity", "cat_fidelity_qutip", "evolve"]

TOLERANCES = 1e-10, 1e-2
"""Allowed range of ``tol``: rounding errors forbid less."""


def cat_fidelity(
    detunings: ArrayLike,
    eta: float,
    times: ArrayLike,
    parity: Parity,
    *,
    phase: float = 0.0,
    tol: float = 1e-8,
    max_actions: int = 50_000,
) -> Floats:
    r"""Fidelity of a driven and stabilised spin cat with its initial state (Eqs. 1-2, Fig. 2).

    .. math::
        F_\pm(t) = \langle\mathrm{Cat}_\pm|\,\rho(t)\,|\mathrm{Cat}_\pm\rangle, \qquad
        \rho(0) = |\mathrm{Cat}_\pm\rangle\langle\mathrm{Cat}_\pm| ,

    with the cat of `spincat.model.ensemble.SpinEnsemble`: tan(θ/2) = \|α\|/√N and azimuth -(φ/2 +
    π/4).

    Inside ``joblib.parallel_config(n_jobs=2)`` the draws are shared among two processes, which give
    the same digits; it takes a second to start them.

    Parameters
    ----------
    detunings
        δ_n/Γ2, shape (..., N) for any number of draws.
    eta
        Strength of the drive η/Γ2.
    times
        Times Γ2·t ≥ 0 in any order, shape (T,).
    parity
        ``"even"`` or ``"odd"``.
    phase
        Phase φ of the drive, radians.  The result does not depend on it.
    tol
        Bound on the absolute error of F, from 10⁻¹⁰ to 10⁻².
    max_actions
        Largest number of actions of the Liouvillian for one draw.

    Returns
    -------
    Floats
        Fidelities of shape (..., T).

    Raises
    ------
    ValueError
        If an argument is outside its range or not finite, or the cat vanishes (odd, η = 0).
    MemoryError
        If matrices of 4^(N-1) numbers do not fit.
    ConvergenceError
        If ``tol`` is not reached within ``max_actions`` or because of rounding.

    Examples
    --------
    >>> detunings = [0.02, -0.01, 0.0, 0.01]
    >>> cat_fidelity(detunings, 0.2, [0.0, 50.0, 100.0], "even").round(4)
    array([1.    , 0.9725, 0.9544])
    >>> cat_fidelity(detunings, 0.2, [0.0, 50.0, 100.0], "odd").round(4)
    array([1.    , 0.7795, 0.4996])
    """
    rows, ensemble, grid = _check(detunings, eta, times, phase, tol, max_actions)
    n_spins = ensemble.n_spins
    check_theta(ensemble.theta, n_spins, check_parity(parity))
    draws = rows.reshape(-1, n_spins)
    parts = np.array_split(np.arange(len(draws)), max(1, min(effective_n_jobs(None), len(draws))))
    values = shared_out(
        delayed(_cat_fidelities)(draws, part, ensemble, grid, parity, tol, max_actions)
        for part in parts
    )
    return np.reshape(np.concatenate(values), (*rows.shape[:-1], len(grid)))


def _cat_fidelities(
    draws: Floats,
    part: NDArray[np.intp],
    ensemble: SpinEnsemble,
    times: Floats,
    parity: Parity,
    tol: float,
    max_actions: int,
) -> Floats:
    """Fidelities of some of the draws; the expansion is that of all, whatever the part."""
    block = parity_block(ensemble.n_spins, parity)
    cat = np.zeros(block.size)
    amplitudes = spin_cat(ensemble.n_spins, ensemble.theta, parity=parity, basis="product")
    cat[: len(block.states)] = amplitudes[block.states].real  # real in the frame of the block
    start = np.outer(cat, cat)
    energies = [block.energies(row) for row in draws]
    solver = Solver(block, ensemble.eta, parity, energies, times, tol, max_actions)
    values = np.empty((len(part), len(times)))
    for index, draw in enumerate(part):
        values[index] = solver.run(start, start[None], energies[draw], keep=False)[0][:, 0]
    return values


def evolve(
    state: ArrayLike,
    detunings: ArrayLike,
    eta: float,
    times: ArrayLike,
    observables: Sequence[ArrayLike] | None = None,
    *,
    phase: float = 0.0,
    tol: float = 1e-8,
    max_actions: int = 50_000,
) -> Floats | Complexes:
    r"""Evolve any state without coherence between the parities under Eqs. 1-2.

    Parameters
    ----------
    state
        Ket of shape (2^N,) or density matrix of shape (2^N, 2^N) in the product basis.
    detunings
        δ_n/Γ2 of one draw, shape (N,).
    observables
        Hermitian matrices of shape (2^N, 2^N); their part between the parities is not seen.
    eta, times, phase, tol, max_actions
        As in :func:`cat_fidelity`; ``tol`` bounds the error of ρ(t) in trace norm.

    Returns
    -------
    Floats | Complexes
        ρ(t), complex of shape (T, 2^N, 2^N); or Tr[O ρ(t)], shape (observables, T), if there are
        any, with an error of at most ``tol`` times the largest \|eigenvalue\| of O.

    Raises
    ------
    ValueError
        If an argument is outside its range or not finite, or the state is not Hermitian, has not
        the trace 1, or has coherence between the parities.
    MemoryError, ConvergenceError
        As :func:`cat_fidelity`.

    Examples
    --------
    >>> ground = np.eye(2**3)[-1]  # all spins down
    >>> excitations = np.diag([3.0, 2, 2, 1, 2, 1, 1, 0])
    >>> evolve(ground, [0.1, 0.0, -0.1], 0.2, [0.0, 5.0], [excitations]).round(4)
    array([[0.    , 0.1984]])
    """
    rows, ensemble, grid = _check(detunings, eta, times, phase, tol, max_actions)
    if rows.ndim != 1:
        raise ValueError(f"detunings has shape {rows.shape}; allowed: (N,), one draw")
    dim = 2**ensemble.n_spins
    check_memory("number of detunings N", ensemble.n_spins, 16.0 * 6 * dim**2)
    given = [] if observables is None else check_list("observables", observables, "matrices")
    rho = _check_state(state, dim)
    wanted = [_check_hermitian("observables", item, dim) for item in given]
    keep = observables is None
    result: Floats | Complexes = np.zeros((len(wanted), len(grid)))
    if keep:
        check_memory("times", len(grid), 24.0 * len(grid) * dim**2)
        result = np.zeros((len(grid), dim, dim), dtype=complex)
    parity: Parity
    for parity in ("even", "odd"):
        block = parity_block(ensemble.n_spins, parity)
        start = block.to_real(rho, phase)
        if not start.any():
            continue
        energies = block.energies(rows)
        real = np.array([block.to_real(item, phase) for item in wanted])
        solver = Solver(block, ensemble.eta, parity, [energies], grid, tol / 2, max_actions)
        real = real.reshape(-1, block.size, block.size)
        moments, states = solver.run(start, real, energies, keep=keep)
        if keep:
            where = np.ix_(np.arange(len(grid)), block.states, block.states)
            result[where] = block.from_real(states, phase)
        else:
            result += moments.T
    return result


def cat_fidelity_qutip(
    detunings: ArrayLike,
    eta: float,
    times: ArrayLike,
    parity: Parity,
    *,
    phase: float = 0.0,
    options: dict[str, Any] | None = None,
) -> Floats:
    """The fidelities of :func:`cat_fidelity` for one draw by `qutip.mesolve`, as the reference.

    Parameters
    ----------
    detunings
        δ_n/Γ2 of one draw, shape (N,).
    eta, times, parity, phase
        As in :func:`cat_fidelity`; the times increase from 0.
    options
        Options of `qutip.mesolve`.  The default solver is good to about 10⁻⁵; the best are
        ``{"method": "vern7", "matrix_form": True, "rtol": 1e-8, "atol": 1e-10}``.

    Returns
    -------
    Floats
        Fidelities of shape (T,).

    Raises
    ------
    ValueError
        If an argument is outside its range or not finite.
    MemoryError
        If matrices of 4^N numbers do not fit.
    ConvergenceError
        If QuTiP's solver fails.
    """
    import qutip  # on request only: it takes a second to import

    rows, ensemble, grid = _check(detunings, eta, times, phase, TOLERANCES[0], 1)
    check_instance("options", options, dict, NoneType)
    if rows.ndim != 1 or grid[0] != 0 or np.any(np.diff(grid) <= 0):
        raise ValueError(
            f"detunings has shape {rows.shape} and times = {times!r}; "
            "allowed: one draw of shape (N,), and times that increase from 0"
        )
    n_spins = ensemble.n_spins
    sites = [qutip.qeye(2)] * n_spins

    def on_spin(n: int, operator: Any) -> Any:
        return qutip.tensor([*sites[:n], operator, *sites[n + 1 :]])

    lowering = qutip.basis(2, 1) * qutip.basis(2, 0).dag()
    pair = sum(on_spin(n, lowering) for n in range(n_spins)) ** 2
    drive = ensemble.eta / n_spins * np.exp(1j * phase) * pair
    energy = sum(delta / 2 * on_spin(n, qutip.sigmaz()) for n, delta in enumerate(rows))
    angles = ensemble.theta, ensemble.azimuth
    cat = to_qobj(spin_cat(n_spins, *angles, parity=parity, basis="product"), basis="product")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the solver, which then raises as well
        try:
            result = qutip.mesolve(
                energy + drive + drive.dag(), cat.proj(), grid, [pair / n_spins],
                e_ops=[cat.proj()], options={"progress_bar": "", **(options or {})},
            )  # fmt: skip
        except qutip.solver.integrator.IntegratorException as error:
            raise ConvergenceError(f"no convergence of QuTiP: {error}") from None
    return np.asarray(result.expect[0])


def _check(
    detunings: ArrayLike, eta: float, times: ArrayLike, phase: float, tol: float, max_actions: int
) -> tuple[Floats, SpinEnsemble, Floats]:
    """Detunings, parameters and times, checked before any work."""
    rows = check_finite("detunings", detunings)
    if rows.ndim < 1 or rows.shape[-1] < 1:
        raise ValueError(f"detunings has shape {rows.shape}; allowed: (..., N) with N >= 1")
    n_spins = rows.shape[-1]
    if n_spins > LARGEST_N:
        raise MemoryError(f"detunings has N = {n_spins}; allowed: at most {LARGEST_N}")
    check_memory("number of detunings N", n_spins, 8.0 * 6 * 4 ** (n_spins - 1))
    grid = check_finite("times", times)
    if grid.ndim != 1 or grid.size == 0 or grid.min() < 0:
        raise ValueError(f"times = {times!r}; allowed: at least one number of at least 0, in 1-D")
    check_memory("number of times", len(grid), 8.0 * 3 * MOST_POINTS * len(grid))
    check_positive_integer("max_actions", max_actions)
    check_tolerance("tol", tol, *TOLERANCES)
    return rows, SpinEnsemble(n_spins, eta, phase), grid


def _check_state(state: ArrayLike, dim: int) -> Complexes:
    """The density matrix of a ket or a density matrix without coherence between the parities."""
    rho = check_numbers("state", state)
    if rho.shape == (dim,):
        rho = np.outer(rho, np.conj(rho))
    rho = _check_hermitian("state", rho, dim)
    if abs(np.trace(rho) - 1) > 1e-10:
        raise ValueError(f"state has the norm or trace {np.trace(rho).real:.12g}; allowed: 1")
    odd = np.bitwise_count(np.arange(dim)) % 2
    between = np.abs(rho[odd[:, None] != odd]).max(initial=0.0)
    if between > 1e-12:
        raise ValueError(
            f"state has elements up to {between:.3g} between the parities; allowed: at most 1e-12"
        )
    return rho


def _check_hermitian(name: str, matrix: ArrayLike, dim: int) -> Complexes:
    array = check_numbers(name, matrix)
    if array.shape != (dim, dim):
        raise ValueError(f"{name} has shape {array.shape}; allowed: ({dim}, {dim}) for these spins")
    difference = np.abs(array - array.conj().T).max()
    if difference > 1e-10 * max(1.0, np.abs(array).max()):
        raise ValueError(f"{name} differs from its adjoint by {difference:.3g}; allowed: Hermitian")
    return array
