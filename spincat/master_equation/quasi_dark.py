r"""The stabilised spin cat without its fast motion: quasi-dark states and H₀ between them.

In the frame of ``_product_space_blocks`` the jump operator of Eqs. 1-2 is B = S₋² - N\|α\|².
Each irreducible space of total spin J holds, for each parity, one state that B nearly annihilates.
Detunings that are small compared with the gap of B lead from one such state to others.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from spincat.free.dephasing import cat_fidelity as free_cat_fidelity
from spincat.free.dephasing import mean_cat_fidelity
from spincat.master_equation import product_space
from spincat.master_equation._control_variate import estimate
from spincat.master_equation.dicke import shifted_jump
from spincat.model.broadening import Gaussian
from spincat.model.ensemble import SpinEnsemble
from spincat.model.operators import (
    check_size,
    excitations,
    levels,
    product_lowering,
    spin_signs,
)
from spincat.model.states import spin_cat
from spincat.shared.caching import cached
from spincat.shared.checks import (
    check_finite,
    check_integer,
    check_memory,
    check_parity,
    check_positive_integer,
    check_row,
    check_tolerance,
    refusal,
)
from spincat.shared.types import Floats, Parity


class MeanFidelity(NamedTuple):
    """Mean over the detunings, its standard error, and the standard deviation of one draw."""

    mean: Floats
    error: Floats
    scatter: Floats


def quasi_dark_state(n_spins: int, eta: float, lost: int, parity: Parity) -> tuple[Floats, float]:
    r"""The state of spin J = N/2 - ``lost`` that the jump operator annihilates most nearly.

    It is the right singular vector of S₋² - 2ηN/Γ2 with the smallest singular value s.  The jump
    operator acts on it at the rate Γ2 s²/N², and its coherence with a dark state of another J
    decays at half that rate.

    Parameters
    ----------
    n_spins, eta
        Number of spins N and strength of the drive η/Γ2.
    lost
        Number of spins in singlet pairs, halved: J = N/2 - ``lost``.
    parity
        Parity of the number of excitations n.

    Returns
    -------
    tuple[Floats, float]
        Real amplitudes for n = 0..N, shape (N+1,), zero where J has no such n, and the rate.

    Raises
    ------
    ValueError
        If an argument is outside its range or J has no state of that parity.

    Examples
    --------
    >>> amplitudes, rate = quasi_dark_state(6, 0.2, 1, "even")
    >>> amplitudes.round(3), round(rate, 4)
    (array([0.   , 0.   , 0.944, 0.   , 0.331, 0.   , 0.   ]), 0.0197)
    """
    size = check_positive_integer("n_spins", n_spins) / 2 + 1
    check_memory("n_spins", n_spins, 40.0 * size**2)
    _, singular, right = np.linalg.svd(shifted_jump(n_spins, eta, parity, lost).toarray())
    amplitudes = np.zeros(n_spins + 1)
    amplitudes[levels(n_spins, parity, lost)] = right[-1] * np.sign(right[-1].sum())
    return amplitudes, float(singular[-1]) ** 2


def decay_coefficient(n_spins: int, eta: float, parity: Parity) -> float:
    r"""μ of the initial decay F ≈ F_ss - μδ²t² under drive and loss, from the quasi-dark states.

    .. math::
        \mu = \frac1N\Bigl[\sum_n \sqrt{n(N-n)}\;d^{(N/2-1)}_n d^{(N/2)}_n\Bigr]^2 ,

    d⁽ᴶ⁾ the amplitudes of :func:`quasi_dark_state`.  For N → ∞ at fixed α this is Eq. 20,
    x tanh x or x coth x with x = \|α\|²: that of the free cat.

    Parameters
    ----------
    n_spins, eta
        Number of spins N ≥ 2 and strength of the drive η/Γ2.
    parity
        ``"even"`` or ``"odd"``.

    Returns
    -------
    float
        μ, without a unit.

    Raises
    ------
    ValueError
        If N < 2 or an argument is outside its range.

    Examples
    --------
    >>> round(decay_coefficient(8, 0.2, "even"), 3), round(decay_coefficient(8, 0.2, "odd"), 3)
    (0.129, 0.902)
    """
    if check_positive_integer("n_spins", n_spins) < 2:
        raise ValueError(f"n_spins = {n_spins}; allowed: at least 2")
    if not levels(n_spins, parity, lost=1).size:
        return 0.0  # two spins: no state of this parity to leak into
    upper, lower = (quasi_dark_state(n_spins, eta, lost, parity)[0] for lost in (0, 1))
    n = np.arange(n_spins + 1)
    return float((np.sqrt(n * (n_spins - n)) @ (upper * lower)) ** 2 / n_spins)


def free_decay_coefficient(n_spins: int, eta: float, parity: Parity) -> float:
    r"""μ of the initial decay F ≈ 1 - μδ²t² of the free cat: μ = (N/4)(1 - ⟨σᶻ⟩²), exact.

    Its limit for N → ∞ at fixed α is Eq. 20.

    Parameters
    ----------
    n_spins, eta, parity
        As in :func:`decay_coefficient`.

    Returns
    -------
    float
        μ, without a unit.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> round(free_decay_coefficient(8, 0.2, "odd"), 3)
    0.901
    """
    ensemble = SpinEnsemble(n_spins, eta)
    p = np.abs(spin_cat(n_spins, ensemble.theta, parity=parity)) ** 2
    sigma_z = 2 * (p @ np.arange(n_spins + 1)) / n_spins - 1
    return float(n_spins / 4 * (1 - sigma_z**2))


def measured_decay(
    n_spins: int, eta: float, times: ArrayLike, parity: Parity, step: float = 1e-4
) -> tuple[Floats, Floats]:
    r"""Second-order loss of the exact mean fidelity, driven and free, without any sampling.

    For independent detunings the term of order δ² only needs ∂²F/∂δ_n², which is the same for
    every spin.  So one spin is detuned by ``step``, and the loss is N[F(0) - F(step)]/step².

    Parameters
    ----------
    n_spins, eta, parity
        As in :func:`decay_coefficient`.
    times
        Times Γ2·t, shape (T,).
    step
        Detuning of that spin, in units of Γ2; ``step``·t must be small.

    Returns
    -------
    tuple[Floats, Floats]
        Losses divided by δ², driven and free, each of shape (T,): μt² where the decay is quadratic.

    Raises
    ------
    ValueError, MemoryError, ConvergenceError
        As `spincat.master_equation.product_space.cat_fidelity`.
    """
    check_memory("n_spins", n_spins, 16.0 * check_positive_integer("n_spins", n_spins))
    rows = np.zeros((2, n_spins))
    rows[1, 0] = check_tolerance("step", step, 1e-8, 1.0)
    theta = SpinEnsemble(n_spins, eta).theta
    driven = product_space.cat_fidelity(rows, eta, times, parity, tol=1e-10)
    free = free_cat_fidelity(rows, theta, times, parity)
    loss = [n_spins * (value[0] - value[1]) / step**2 for value in (driven, free)]
    return loss[0], loss[1]


@cached(maxsize=8)
def quasi_dark_basis(n_spins: int, eta: float, parity: Parity) -> Floats:
    """The quasi-dark states of all total spins, one for each irreducible space of any spin J.

    The lowest states of spin J are those with n = N/2 - J excitations that S₋ annihilates; S₊
    raises them to the other levels.

    Parameters
    ----------
    n_spins, eta, parity
        Number of spins N ≤ 10, strength of the drive η/Γ2, and parity.

    Returns
    -------
    Floats
        Orthonormal real columns of shape (2^N, K) in the product basis, the symmetric state first;
        K = 70 (even) or 56 (odd) for N = 8.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range, or N is above 10.

    Examples
    --------
    >>> quasi_dark_basis(6, 0.2, "even").shape
    (64, 15)
    """
    check_size(n_spins)
    lowering, n_excited = product_lowering(n_spins), excitations(n_spins, basis="product")
    columns = []
    for lost in range(n_spins // 2 + 1):
        if not levels(n_spins, parity, lost).size:
            continue
        amplitudes, _ = quasi_dark_state(n_spins, eta, lost, parity)
        here, below = n_excited == lost, n_excited == lost - 1
        multiplicity = int(here.sum()) - int(below.sum())
        lowered = lowering[below][:, here].toarray()
        state = np.zeros((2**n_spins, multiplicity))
        state[here] = np.linalg.svd(lowered)[2][-multiplicity:].T if lost else 1.0
        total = amplitudes[lost] * state
        for n in range(lost + 1, n_spins - lost + 1):
            state = lowering.T @ state
            state /= np.linalg.norm(state, axis=0)
            total += amplitudes[n] * state
        columns.append(total)
    return np.hstack(columns)


def quasi_dark_fidelity(
    detunings: ArrayLike, eta: float, times: ArrayLike, parity: Parity
) -> Floats:
    r"""Fidelity of the stabilised cat without its fast motion: H₀ between the quasi-dark states.

    .. math::
        F(t) \approx F_0\,\bigl|\langle d|\,e^{-i P H_0 P t}\,|d\rangle\bigr|^2 ,

    with P the projector on the quasi-dark states, d the symmetric one, and F₀ = \|⟨Cat|d⟩\|².

    Parameters
    ----------
    detunings, eta, times, parity
        As in `spincat.master_equation.product_space.cat_fidelity`.

    Returns
    -------
    Floats
        Fidelities of shape (..., T).

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range, or N is above 10.

    Examples
    --------
    >>> detunings = [0.02, -0.01, 0.0, 0.01, 0.005, -0.02]
    >>> quasi_dark_fidelity(detunings, 0.2, [0.0, 50.0, 100.0], "odd").round(4)
    array([0.9896, 0.6372, 0.1289])
    """
    rows, grid = check_finite("detunings", detunings), check_row("times", times)
    if not rows.ndim or not rows.shape[-1]:
        raise ValueError(f"detunings has shape {rows.shape}; allowed: (..., N) with N >= 1")
    n_spins = rows.shape[-1]
    check_memory("times", grid.size, 16.0 * grid.size * (rows.size / n_spins + 2**n_spins))
    basis = quasi_dark_basis(n_spins, eta, check_parity(parity))
    theta = SpinEnsemble(n_spins, eta).theta
    cat = spin_cat(n_spins, theta, parity=parity, basis="product").real
    start = float(cat @ basis[:, 0]) ** 2
    # σᶻ of each spin between the quasi-dark states, once for all draws
    sigma_z = np.stack([basis.T @ (sign[:, None] * basis) for sign in spin_signs(n_spins).T])
    values = []
    for row in rows.reshape(-1, n_spins):
        energies, vectors = np.linalg.eigh(np.tensordot(row / 2, sigma_z, 1))
        amplitude = np.exp(-1j * np.outer(grid, energies)) @ vectors[0] ** 2
        values.append(start * np.abs(amplitude) ** 2)
    return np.reshape(values, (*rows.shape[:-1], len(grid)))


def mean_fidelity(
    n_spins: int,
    eta: float,
    delta: float,
    times: ArrayLike,
    parity: Parity,
    *,
    draws: int = 1000,
    exact_draws: int = 40,
    seed: int = 1,
    tol: float = 1e-5,
) -> MeanFidelity:
    r"""Mean exact fidelity over Gaussian detunings, with two control variates.

    .. math::
        \overline F \approx \langle F\rangle_k
            + b\left[\langle F_\mathrm{qd}\rangle_M - \langle F_\mathrm{qd}\rangle_k
            - c\,\bigl(\langle F_\mathrm{free}\rangle_M - \overline{F_\mathrm{free}}\bigr)
            \right] ,

    M draws of the cheap model of quasi-dark states (qd), the first k of which are also solved
    exactly, and the same draws of the free cat, whose mean is known.  The estimate is that of the
    exact fidelity whether or not quasi-dark states and free cat are good guides, which only decides
    the error; b and c are regression coefficients at each time, and b is 1 if k is below 6.  The
    error comes from k - 2 residuals (k - 1 if b = 1), so it is itself uncertain if k is small, and
    leaves out ``tol``.

    Parameters
    ----------
    n_spins, eta, times, parity
        As in `spincat.master_equation.product_space.cat_fidelity`.
    delta
        Standard deviation δ/Γ2 of the detunings.
    draws, exact_draws, seed
        M, k ≤ M and the seed of the detunings.
    tol
        Bound on the error of each exact fidelity.

    Returns
    -------
    MeanFidelity
        Mean, standard error and standard deviation of a single draw, each of shape (T,).

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range, or N is above 10.

    Examples
    --------
    >>> found = mean_fidelity(4, 0.2, 0.01, [0.0, 50.0], "odd", draws=100, exact_draws=6)
    >>> found.mean.round(3)
    array([1.   , 0.857])
    """
    check_size(n_spins)
    most = check_integer("draws", draws, 2)
    if check_integer("exact_draws", exact_draws, 2) > most:
        raise refusal("exact_draws", exact_draws, f"2 to draws = {draws}")
    rows = Gaussian(delta).draw(n_spins, draws, seed)
    exact = product_space.cat_fidelity(rows[:exact_draws], eta, times, parity, tol=tol)
    cheap = quasi_dark_fidelity(rows, eta, times, parity)
    theta = SpinEnsemble(n_spins, eta).theta
    free = free_cat_fidelity(rows, theta, times, parity)
    known = mean_cat_fidelity(n_spins, theta, delta, times, parity)
    return MeanFidelity(*estimate(exact, cheap, free, known))
