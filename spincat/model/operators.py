r"""Total-spin sectors of N spins (Sec. III.2): their projectors, and a state seen through them.

The drive and the loss of Eqs. 1-2 are collective, so they keep the total spin J of the ensemble;
a cat has J = N/2.  Only the detunings lead to smaller J.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from spincat.shared.checks import check_positive_integer
from spincat.shared.types import Floats

LARGEST_N = 10
"""Largest N in the space of 2^N states, where a single projector takes 8 MB."""


def total_spins(n_spins: int) -> Floats:
    """Total spins J = N/2, N/2 - 1, ... ≥ 0 of N spins, in decreasing order.

    Raises
    ------
    ValueError
        If N is not an integer of at least 1.
    """
    check_positive_integer("n_spins", n_spins)
    return np.asarray(n_spins / 2 - np.arange(n_spins // 2 + 1))


@lru_cache(maxsize=2)
def projectors(n_spins: int) -> Floats:
    r"""Projectors on the total spins, in the order of :func:`total_spins`.

    .. math::
        P_J = \prod_{J'\ne J}\frac{S^2 - J'(J'+1)}{J(J+1) - J'(J'+1)} .

    Returns
    -------
    Real matrices of shape (number of J, 2^N, 2^N) in the product basis.

    Raises
    ------
    ValueError, MemoryError
        If N is not an integer of at least 1, or above 10.
    """
    check_size(n_spins)
    lowering = lowering_operator(n_spins)
    bits = (np.arange(2**n_spins)[:, None] >> np.arange(n_spins)) & 1
    m = n_spins / 2 - bits.sum(axis=1)
    square = lowering.T @ lowering + np.diag(m * (m - 1))
    values = total_spins(n_spins) * (total_spins(n_spins) + 1)
    result = np.empty((len(values), *square.shape))
    for i, value in enumerate(values):
        result[i] = np.eye(len(square))
        for other in np.delete(values, i):
            result[i] = result[i] @ (square - other * np.eye(len(square))) / (value - other)
    return result


def weights(states: ArrayLike) -> Floats:
    """Weights Tr[P_J ρ] of the total spins in density matrices.

    Parameters
    ----------
    states
        Density matrices of shape (..., 2^N, 2^N) in the product basis.

    Returns
    -------
    Weights of shape (..., number of J), in the order of :func:`total_spins`.
    """
    rho = np.asarray(states)
    return np.asarray(
        np.einsum("jab,...ba->...j", projectors(int(rho.shape[-1]).bit_length() - 1), rho.real)
    )


def purity(states: ArrayLike) -> Floats:
    """Purity Tr ρ² of density matrices of shape (..., d, d)."""
    return np.asarray(np.sum(np.abs(np.asarray(states)) ** 2, axis=(-1, -2)))


def lowering_operator(n_spins: int) -> Floats:
    """S₋ in the product basis, where a 0 bit is an excited spin."""
    states = np.arange(2**n_spins)
    result = np.zeros((2**n_spins, 2**n_spins))
    for bit in 1 << np.arange(n_spins):
        excited = states[states & bit == 0]
        result[excited | bit, excited] = 1
    return result


def check_size(n_spins: int) -> None:
    """Raise unless N is an integer from 1 to `LARGEST_N`."""
    if check_positive_integer("n_spins", n_spins) > LARGEST_N:
        raise MemoryError(f"n_spins = {n_spins}; allowed: at most {LARGEST_N} in this analysis")
