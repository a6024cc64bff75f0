r"""The amplitude of identical spins: even-odd coherence on the Holstein-Primakoff ladder (Fig. 3).

The amplitude ⟨a⟩ and the dipole ⟨S₋⟩ connect neighbouring levels, hence the two parities: they are
determined by the block X of ρ whose rows are the even and whose columns are the odd levels, in the
rotated frame of `spincat.master_equation.dicke.generator` a real matrix.  Its slowest mode is that
of `spincat.master_equation.coherence_decay`.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainc, gammaincinv, gammaln

from spincat.master_equation import _krylov
from spincat.master_equation.coherence_decay import check_ladder, slow_mode
from spincat.master_equation.dicke import generator, steady_block
from spincat.model.ensemble import SpinEnsemble
from spincat.model.operators import ladder_lowering, photon_lowering
from spincat.shared.checks import SMALLEST, check_choice, check_finite, check_memory, check_row
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Floats, Parity

Observable = Literal["boson", "dipole"]

TOLERANCE = 1e-10
"""Bound on the error of ρ in the trace norm for each decade of time."""
LONG = 100.0
"""After this many times 1/gap all modes but the slowest are gone, to a factor exp(-100)."""
MOST_LOST = 1e-2
"""Largest weight of the initial coherent state that may lie above the end of the ladder."""


def initial_amplitudes(n_spins: int, eta: float) -> Floats:
    r"""Return the initial state of Fig. 3, the bosonic coherent state \|α⟩ on N + 1 levels.

    .. math::
        c_n \propto |\alpha|^n/\sqrt{n!}, \qquad 0\le n\le N, \qquad |\alpha|^2 = 2\eta/\Gamma_2 .

    What the coherent state has above n = N is cut off, and the rest is normalised: at N = 100 and
    η = 15 Γ2 a weight of 1e-24.

    Parameters
    ----------
    n_spins, eta
        Number of spins N ≤ 400 and strength of the drive η/Γ2.

    Returns
    -------
    Floats
        Amplitudes of the levels 0..N in the rotated frame (real), shape (N + 1,).

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range, or more than 1e-2 of the weight is cut off.

    Examples
    --------
    >>> initial_amplitudes(20, 0.5)[:4].round(4)
    array([0.6065, 0.6065, 0.4289, 0.2476])
    """
    check_ladder(n_spins, eta)
    if (lost := float(gammainc(n_spins + 1, 2 * eta))) > MOST_LOST:
        raise ValueError(
            f"eta = {eta!r}: {lost:.0%} of the coherent state is above the {n_spins + 1} levels; "
            f"allowed: at most {MOST_LOST:.0%}"
        )
    n = np.arange(n_spins + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(n > 0, n * np.log(2 * eta), 0.0) / 2 - gammaln(n + 1) / 2
    amplitudes = np.exp(logs - logs.max())
    return np.asarray(amplitudes / np.linalg.norm(amplitudes))


def largest_drive(n_spins: int) -> float:
    """Return the largest η that :func:`initial_amplitudes` takes [Gamma_2].

    Parameters
    ----------
    n_spins
        Number of spins N ≤ 400.

    Returns
    -------
    float
        η/Γ2.

    Raises
    ------
    ValueError, MemoryError
        If ``n_spins`` is outside its range.

    Examples
    --------
    >>> round(largest_drive(20), 3)
    5.913
    """
    check_ladder(n_spins, 0.0)
    return float(gammaincinv(n_spins + 1, MOST_LOST)) / 2


def quasi_steady_amplitude(n_spins: int, eta: float, observable: Observable = "boson") -> float:
    r"""Return \|⟨a⟩\| of the metastable state that is reached from the initial state of Fig. 3.

    All modes but the slowest have decayed and that one has not: the amplitude is \|c Tr[aR]\|, to
    which \|⟨a⟩\|(t) exp(rt) tends.

    Parameters
    ----------
    n_spins, eta, observable
        As in `amplitude`, with N ≥ 2 and η > 0.

    Returns
    -------
    float
        \|⟨a⟩\| or \|⟨S₋⟩\|/√N.

    Raises
    ------
    ValueError, MemoryError, ConvergenceError
        As `spincat.master_equation.coherence_decay.slow_mode`.

    Examples
    --------
    >>> round(quasi_steady_amplitude(20, 0.5), 4)
    1.0287
    """
    check_choice("observable", observable, get_args(Observable))
    mode = slow_mode(n_spins, eta)
    start = _outer(initial_amplitudes(n_spins, eta))
    return float(abs(np.sum(mode.left * start) * expectation(mode.right, n_spins, observable)))


def amplitude(
    n_spins: int, eta: float, times: ArrayLike, observable: Observable = "boson"
) -> Floats:
    r"""Return \|⟨a⟩\|(t) from the initial state of Fig. 3, for identical spins (Eqs. 1-2).

    .. math::
        \langle a\rangle = \sum_n \sqrt{n+1}\,\rho_{n+1,n}, \qquad
        \frac{\langle S_-\rangle}{\sqrt N} =
            \sum_n \sqrt{(n+1)\frac{N-n}{N}}\,\rho_{n+1,n} = \sqrt N\langle\sigma^-\rangle .

    Parameters
    ----------
    n_spins, eta
        Number of spins N ≤ 400 and strength of the drive η/Γ2.
    times
        Γ2 t ≥ 0, shape (T,), in any order, of any length.
    observable
        "boson" for \|⟨a⟩\|, "dipole" for \|⟨S₋⟩\|/√N.

    Returns
    -------
    Floats
        Shape (T,), with an error below 1e-8.

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.

    Examples
    --------
    >>> amplitude(20, 0.5, [0.0, 10.0, 1e4]).round(4)
    array([1.    , 1.0287, 1.0287])
    """
    check_choice("observable", observable, get_args(Observable))
    return np.abs(expectation(coherences(n_spins, eta, times), n_spins, observable))


def coherences(
    n_spins: int, eta: float, times: ArrayLike, start: ArrayLike | None = None
) -> Floats:
    """Return the even-odd block X of ρ at ``times`` in the rotated frame (see `amplitude`).

    Parameters
    ----------
    n_spins, eta, times
        As in `amplitude`.
    start
        Amplitudes of a pure initial state in the rotated frame, real, shape (N + 1,); by default
        those of `initial_amplitudes`.

    Returns
    -------
    Floats
        Shape (T, even levels, odd levels).

    Raises
    ------
    ValueError, MemoryError
        If an argument is outside its range.
    ConvergenceError
        If the evolution does not converge.
    """
    x = _outer(_check_start(n_spins, eta, start))
    mode = None
    if n_spins > 1 and eta >= SMALLEST:
        try:
            mode = slow_mode(n_spins, eta)
        except ConvergenceError:
            mode = None  # no single slowest mode: everything decays fast
    unique, back = np.unique(_check_times(times), return_inverse=True)
    check_memory("times", unique.size, 32.0 * unique.size * x.size)
    # The slow part is exact for all times; taking it out leaves little to do for the rest.
    slow = np.zeros((len(unique), *x.shape))
    if mode is not None:
        weight = np.sum(mode.left * x)
        factors = np.exp(-np.exp(mode.log_rate) * unique)
        slow = weight * factors[:, None, None] * mode.right
        x = x - weight * mode.right
    early = unique if mode is None else unique[unique * mode.gap < LONG]
    block = generator(n_spins, eta, "even", "odd")
    rest = _krylov.evolve(block, x.ravel(), early, TOLERANCE)
    slow[: len(early)] += rest.reshape(len(early), *x.shape)
    return np.asarray(slow[back])


def expectation(x: Floats, n_spins: int, observable: Observable = "boson") -> Floats:
    r"""Return ⟨a⟩ or ⟨S₋⟩/√N of even-odd blocks (..., d_e, d_o), without the factor e^{i arg α}.

    Parameters
    ----------
    x
        Blocks of `coherences`, shape (..., even levels, odd levels).
    n_spins, observable
        As in `amplitude`.

    Returns
    -------
    Floats
        Shape (...).

    Raises
    ------
    ValueError
        If ``observable`` is unknown.
    """
    check_choice("observable", observable, get_args(Observable))
    check_ladder(n_spins, 0.0)
    values, shape = check_finite("x", x), (n_spins // 2 + 1, (n_spins + 1) // 2)
    if values.shape[-2:] != shape:
        raise ValueError(f"x has shape {values.shape}; allowed: (..., {shape[0]}, {shape[1]})")
    boson = observable == "boson"
    lowering = photon_lowering(n_spins) if boson else ladder_lowering(n_spins) / np.sqrt(n_spins)
    n = np.arange(n_spins)
    # ρ is real and symmetric here: the element between n and n + 1 is in X for either parity of n.
    even, odd = (n + n % 2) // 2, n // 2
    elements = np.ascontiguousarray(values[..., even, odd])
    # Not a matrix product, whose last digit depends on how many blocks there are.
    return np.asarray((elements * lowering.diagonal(1)).sum(axis=-1))


def density_matrix(
    n_spins: int, eta: float, times: ArrayLike, start: ArrayLike | None = None
) -> Complexes:
    r"""Return ρ(t) of identical spins on the whole ladder, for the drive phase φ = 0.

    Parameters
    ----------
    n_spins, eta, times, start
        As in `coherences`.

    Returns
    -------
    Complexes
        Shape (T, N + 1, N + 1), indexed by the number of excitations.

    Raises
    ------
    ValueError, MemoryError, ConvergenceError
        As `coherences`.

    Examples
    --------
    >>> rho = density_matrix(20, 0.5, [0.0, 10.0])
    >>> rho.shape, rho[1].diagonal().real[:3].round(4)
    ((2, 21, 21), array([0.3577, 0.3573, 0.1883]))
    """
    pure, when = _check_start(n_spins, eta, start), _check_times(times)
    check_memory("times", when.size, 64.0 * when.size * (n_spins + 1) ** 2)
    rho = np.zeros((when.size, n_spins + 1, n_spins + 1))
    rho[:, ::2, 1::2] = coherences(n_spins, eta, when, start)
    rho[:, 1::2, ::2] = rho[:, ::2, 1::2].transpose(0, 2, 1)
    unique, back = np.unique(when, return_inverse=True)
    parities: tuple[Parity, Parity] = ("even", "odd")
    for first, parity in enumerate(parities):
        x = np.outer(pure[first::2], pure[first::2])
        steady = np.trace(x) * steady_block(n_spins, eta, parity)
        block = generator(n_spins, eta, parity, parity)
        rest = _krylov.evolve(block, (x - steady).ravel(), unique, TOLERANCE)
        rho[:, first::2, first::2] = (steady + rest.reshape(-1, *x.shape))[back]
    phases = np.exp(1j * SpinEnsemble(n_spins, eta).azimuth * np.arange(n_spins + 1))
    return np.asarray(phases[:, None] * rho * phases.conj())


def _outer(amplitudes: Floats) -> Floats:
    return np.outer(amplitudes[::2], amplitudes[1::2])


def _check_start(n_spins: int, eta: float, start: ArrayLike | None) -> Floats:
    check_ladder(n_spins, eta)
    if start is None:
        return initial_amplitudes(n_spins, eta)
    values = check_finite("start", start)
    if values.shape != (n_spins + 1,) or abs(np.linalg.norm(values) - 1) > 1e-9:
        raise ValueError(
            f"start has shape {values.shape} and norm {np.linalg.norm(values):g}; "
            f"allowed: ({n_spins + 1},) and 1"
        )
    return values


def _check_times(times: ArrayLike) -> Floats:
    values = check_row("times", np.atleast_1d(check_finite("times", times)))
    if values.min() < 0:
        raise ValueError(f"times holds {values.min()}; allowed: times >= 0")
    return values
