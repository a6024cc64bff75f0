r"""Spin coherent states and spin cat states (Eqs. 5-8) in the Dicke or the product basis.

Dicke basis: component k is the amplitude of the symmetric state with k excitations, k = 0..N.
Product basis: QuTiP's tensor order, spin n is factor n and \|e> = basis(2, 0).
The bases, the parity and all other operators are in `spincat.model.operators`; here are also two
measures of density matrices, their purity and the distance of two of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, xlogy

from spincat.model.operators import ROW, Basis, check_basis, excitations, parity_signs
from spincat.shared.checks import (
    check_memory,
    check_number,
    check_numbers,
    check_parity,
    check_positive_integer,
    check_square,
    check_theta,
    refusal,
)
from spincat.shared.types import Complexes, Floats, Parity

if TYPE_CHECKING:
    import qutip


def spin_coherent(
    n_spins: int, theta: float, azimuth: float = 0.0, *, basis: Basis = "dicke"
) -> Complexes:
    r"""Spin coherent state \|θ, ϕ⟩ (Eq. 5).

    .. math::
        |\theta,\phi\rangle = \bigotimes_{n=1}^N
            \left(\cos\tfrac\theta2|g_n\rangle + e^{i\phi}\sin\tfrac\theta2|e_n\rangle\right)
        = \sum_{k=0}^N \sqrt{\tbinom{N}{k}}
            \cos^{N-k}\tfrac\theta2\,\sin^k\tfrac\theta2\; e^{ik\phi}\,|k\rangle .

    Parameters
    ----------
    n_spins
        Number of spins N; at most 16 in the product basis.
    theta, azimuth
        Polar angle θ in [0, π] and azimuth ϕ, radians.
    basis
        ``"dicke"`` gives shape (N+1,), ``"product"`` gives shape (2^N,).

    Returns
    -------
    Complexes
        Normalised amplitudes, of the shape that ``basis`` says.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    MemoryError
        If N is above 16 in the product basis.

    Examples
    --------
    >>> spin_coherent(2, np.pi / 2).real.round(3)
    array([0.5  , 0.707, 0.5  ])
    >>> spin_coherent(2, np.pi / 2, basis="product").real.round(3)
    array([0.5, 0.5, 0.5, 0.5])
    """
    n_spins, theta, azimuth = _check(n_spins, theta, azimuth, basis)
    amplitudes = np.exp(_log_magnitudes(n_spins, theta))
    return _in_basis(amplitudes * _phases(n_spins, azimuth), basis)


def spin_cat(
    n_spins: int,
    theta: float,
    azimuth: float = 0.0,
    *,
    parity: Parity,
    basis: Basis = "dicke",
) -> Complexes:
    r"""Even or odd spin cat state (Eqs. 6-7).

    .. math::
        |\mathrm{Cat}_\pm\rangle = \frac{|\theta,\phi\rangle \pm |\theta,\phi+\pi\rangle}
            {\sqrt{2(1\pm\cos^N\theta)}} ,

    computed without subtraction as the normalised even or odd part of \|θ, ϕ⟩, so that an odd cat
    of any small θ keeps full relative accuracy.

    Parameters
    ----------
    n_spins, theta, azimuth, basis
        As in :func:`spin_coherent`.
    parity
        ``"even"`` or ``"odd"``: the eigenvalue ±1 of the parity operator (Eq. 8).

    Returns
    -------
    Complexes
        Normalised amplitudes, of the shape that ``basis`` says.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the superposition vanishes (an odd cat at θ = 0).
    MemoryError
        If N is above 16 in the product basis.

    Examples
    --------
    >>> spin_cat(4, 0.6, parity="even").real.round(3)
    array([0.974, 0.   , 0.228, 0.   , 0.009])
    >>> spin_cat(4, 0.6, parity="odd").real.round(3)
    array([0.   , 0.995, 0.   , 0.095, 0.   ])
    """
    n_spins, theta, azimuth = _check(n_spins, theta, azimuth, basis)
    check_theta(theta, n_spins, check_parity(parity))
    logs = _log_magnitudes(n_spins, theta)
    logs[parity_signs(n_spins) != (1 if parity == "even" else -1)] = -np.inf
    magnitudes = np.exp(logs - logs.max())  # the largest is 1: nothing underflows that matters
    magnitudes /= np.linalg.norm(magnitudes)
    return _in_basis(magnitudes * _phases(n_spins, azimuth), basis)


def cat_norm(n_spins: int, theta: float, parity: Parity) -> float:
    r"""Normalisation 𝒩± = √(2(1 ± cosᴺθ)) of a cat state (Eq. 7), free of cancellation.

    Parameters
    ----------
    n_spins, theta, parity
        As in :func:`spin_cat`.

    Returns
    -------
    float
        𝒩±, from 0 to 2.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the superposition vanishes (an odd cat at θ = 0).

    Examples
    --------
    >>> round(cat_norm(8, 0.6, "even"), 4), round(cat_norm(8, 0.6, "odd"), 4)
    (1.559, 1.2528)
    """
    n_spins = check_positive_integer("n_spins", n_spins)
    theta, parity = fold(n_spins, check_theta(theta, n_spins, parity), parity)
    log_overlap = log_cos_power(n_spins, theta)
    return float(
        np.sqrt(2 * (1 + np.exp(log_overlap)))
        if parity == "even"
        else np.sqrt(-2 * np.expm1(log_overlap))
    )


def fold(n_spins: int, theta: float, parity: Parity) -> tuple[float, Parity]:
    r"""Polar angle in [0, π/2] and parity of the same cat state seen from the other pole.

    Exchanging \|g> and \|e> turns θ into π - θ and k excitations into N - k, so the parity of a
    cat of an odd number of spins flips.

    Parameters
    ----------
    n_spins, theta, parity
        As in :func:`spin_cat`.

    Returns
    -------
    tuple[float, Parity]
        Angle in [0, π/2] and the parity seen from there.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    n_spins = check_positive_integer("n_spins", n_spins)
    theta, parity = check_theta(theta, n_spins), check_parity(parity)
    if theta <= np.pi / 2:
        return theta, parity
    flipped: Parity = "odd" if parity == "even" else "even"
    return np.pi - theta, flipped if n_spins % 2 else parity


def log_cos_power(n_spins: int, theta: float) -> float:
    r"""log cosᴺθ, the overlap of \|θ, ϕ> and \|θ, ϕ+π>, to full relative accuracy (θ <= π/2).

    Parameters
    ----------
    n_spins, theta
        Number of spins N and polar angle θ in [0, π/2], radians.

    Returns
    -------
    float
        At most 0.

    Raises
    ------
    ValueError
        If an argument is outside its range.
    """
    n_spins, theta = check_positive_integer("n_spins", n_spins), check_theta(theta, n_spins)
    if theta > np.pi / 2:
        raise refusal("theta", theta, "0 <= theta <= pi/2")
    with np.errstate(divide="ignore"):
        return float(n_spins / 2 * np.log1p(-(np.sin(theta) ** 2)))


def purity(states: ArrayLike) -> Floats:
    """Return the purity Tr ρ² of density matrices.

    Parameters
    ----------
    states
        Shape (..., d, d).

    Returns
    -------
    Floats
        Shape (...).

    Examples
    --------
    >>> float(purity(np.eye(4) / 4))
    0.25
    """
    return np.asarray(np.sum(np.abs(check_square("states", states)) ** 2, axis=(-1, -2)))


def trace_distance(first: ArrayLike, second: ArrayLike) -> Floats:
    r"""Return :math:`\tfrac12\mathrm{Tr}|\rho_1-\rho_2|` of density matrices.

    Parameters
    ----------
    first, second
        Shapes (..., d, d), which are broadcast.

    Returns
    -------
    Floats
        Shape (...).

    Examples
    --------
    >>> float(trace_distance(np.diag([1.0, 0.0]), np.eye(2) / 2))
    0.5
    """
    one, other = check_square("first", first), check_square("second", second)
    try:
        difference = one - other
    except ValueError:
        raise ValueError(
            f"first and second have shapes {one.shape} and {other.shape}; "
            "allowed: any that are broadcast"
        ) from None
    values = np.linalg.eigvalsh(difference)
    return np.asarray(np.abs(values).sum(axis=-1) / 2)


def to_qobj(state: Complexes, *, basis: Basis) -> qutip.Qobj:
    """Turn a state vector of this module into a QuTiP ket (dims [2]*N in the product basis).

    Parameters
    ----------
    state
        Amplitudes, shape (N+1,) or (2^N,).
    basis
        ``"dicke"`` or ``"product"``.

    Returns
    -------
    qutip.Qobj
        Column vector with the dims of the basis.

    Raises
    ------
    ValueError
        If ``basis`` is unknown or the length is not a power of two in the product basis.

    Examples
    --------
    >>> to_qobj(spin_cat(3, 0.6, parity="odd", basis="product"), basis="product").dims[0]
    [2, 2, 2]
    """
    import qutip  # on request only: it takes a second to import

    vector = check_numbers("state", state)
    check_basis(1, basis)
    if vector.ndim != 1 or vector.size < 2:
        raise ValueError(f"state has shape {vector.shape}; allowed: (N + 1,) or (2^N,), N >= 1")
    n_spins = vector.size.bit_length() - 1
    if basis == "product" and vector.size != 2**n_spins:
        raise ValueError(f"state has {vector.size} entries; allowed: 2^N in the product basis")
    dims = [[2] * n_spins, [1] * n_spins] if basis == "product" else [[vector.size], [1]]
    return qutip.Qobj(vector.reshape(-1, 1), dims=dims)


def _check(n_spins: int, theta: float, azimuth: float, basis: str) -> tuple[int, float, float]:
    n_spins = check_positive_integer("n_spins", n_spins)
    theta = check_theta(theta, n_spins)
    azimuth = check_number("azimuth", azimuth)
    check_basis(n_spins, basis)
    check_memory("n_spins", n_spins, ROW * n_spins)
    return n_spins, theta, azimuth


def _log_magnitudes(n_spins: int, theta: float) -> Floats:
    r"""Logarithms of the Dicke amplitudes of \|θ, 0>: factorials overflow beyond N = 170."""
    k = np.arange(n_spins + 1)
    log_binomial = gammaln(n_spins + 1) - gammaln(k + 1) - gammaln(n_spins - k + 1)
    # sin((π-θ)/2) is cos(θ/2), and exactly 0 at θ = π
    cos, sin = np.sin((np.pi - theta) / 2), np.sin(theta / 2)
    return np.asarray(log_binomial / 2 + xlogy(n_spins - k, cos) + xlogy(k, sin))


def _phases(n_spins: int, azimuth: float) -> Complexes:
    return np.asarray(np.exp(1j * azimuth * np.arange(n_spins + 1)))


def _in_basis(dicke: Complexes, basis: Basis) -> Complexes:
    """A symmetric state, given in the Dicke basis, in the basis asked for."""
    if basis == "dicke":
        return dicke
    n_spins = len(dicke) - 1
    k = np.arange(n_spins + 1)
    log_binomial = gammaln(n_spins + 1) - gammaln(k + 1) - gammaln(n_spins - k + 1)
    return np.asarray((dicke * np.exp(-log_binomial / 2))[excitations(n_spins, basis=basis)])
