r"""What the cavity of Eq. 31 does to spins of unequal frequency that share one excitation (App. A).

Far from the spins' frequency it exchanges the excitation among them, which lowers the symmetric
state by Ng²/Δ and no other: a gap that holds this state against unequal frequencies.  With one
excitation there are N + 1 states, and any N can be diagonalised.  Energies and rates are in units
of ω₀.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spincat.shared.checks import (
    check_finite,
    check_flag,
    check_integer,
    check_memory,
    check_nonnegative,
    check_row,
    check_square,
)
from spincat.shared.types import Floats


def one_excitation(detunings: ArrayLike, mixing: float, cavity: float = 2.0) -> Floats:
    r"""Return Eq. 31 without the nonlinearity for unequal spins that share one excitation.

    Parameters
    ----------
    detunings
        δ_n/ω₀, shape (N,).
    mixing
        ε = g/ω₀ ≥ 0.
    cavity
        Frequency of the cavity ω_c/ω₀.

    Returns
    -------
    Floats
        Energies above that of ω₀ in one spin, shape (N + 1, N + 1), the photon first and then the
        spins.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    shifts = check_row("detunings", np.atleast_1d(check_finite("detunings", detunings)))
    matrix = np.diag([check_nonnegative("cavity", cavity) - 1, *shifts])
    matrix[0, 1:] = matrix[1:, 0] = check_nonnegative("mixing", mixing)
    return matrix


def one_excitation_model(detunings: ArrayLike, mixing: float, *, exchange: bool = True) -> Floats:
    r"""Return what second order in ε leaves of `one_excitation` for the spins alone.

    .. math::
        \frac H{\omega_0} = \sum_n\frac{\delta_n}{\omega_0}\sigma_n^+\sigma_n^-
        - \epsilon^2 S_+S_- .

    Parameters
    ----------
    detunings, mixing
        As in `one_excitation`.
    exchange
        Whether to keep S₊S₋, which lowers the symmetric state by Nε² and no other.  Without it all
        spins are lowered by Nε², which is the same among symmetric states only.

    Returns
    -------
    Floats
        Shape (N, N).

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    shifts = check_row("detunings", np.atleast_1d(check_finite("detunings", detunings)))
    check_flag("exchange", exchange)
    size, strength = len(shifts), check_nonnegative("mixing", mixing) ** 2
    common = np.ones((size, size)) if exchange else size * np.eye(size)
    return np.asarray(np.diag(shifts) - strength * common)


def symmetric_weight(matrix: Floats, n_spins: int, times: ArrayLike) -> Floats:
    r"""Weight that one excitation shared evenly by all spins keeps in that state.

    Parameters
    ----------
    matrix
        `one_excitation` or `one_excitation_model`, the spins last.
    n_spins
        Number of spins N ≥ 1.
    times
        Times in the inverse unit of the energies, shape (T,).

    Returns
    -------
    Floats
        :math:`|\langle s|e^{-iHt}|s\rangle|^2`, shape (T,), with
        :math:`|s\rangle = S_+|0\rangle/\sqrt N`.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> matrix = one_excitation([0.01, -0.01, 0.0], 0.2)
    >>> symmetric_weight(matrix, 3, [0.0, 100.0]).round(3)
    array([1.   , 0.717])
    """
    levels = check_square("matrix", matrix)
    if levels.ndim != 2:
        raise ValueError(f"matrix has shape {levels.shape}; allowed: one square matrix")
    size = check_integer("n_spins", n_spins, 1, len(levels))
    grid = check_row("times", np.atleast_1d(check_finite("times", times)))
    check_memory("times", grid.size, 32.0 * grid.size * len(levels))
    energies, states = np.linalg.eigh(levels)
    weights = states[-size:].sum(axis=0) ** 2 / size
    phases = np.exp(-1j * np.outer(grid, energies))
    return np.asarray(np.abs(phases @ weights) ** 2)
