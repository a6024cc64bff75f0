r"""The operators that the solvers act with: lowering, total spin, parity, photons, Liouvillians.

They act on one of three spaces.  *Product basis*: QuTiP's tensor order, spin n is factor n, which
is bit N-1-n of the index, and a 0 bit is the excited state.  *Ladder*: the 2J + 1 states of total
spin J = N/2 - ``lost``, by increasing number of excitations n = ``lost`` ... N - ``lost``; the
Dicke states are the ladder with nothing lost.  *Photons*: their number from 0.
In the first two :math:`S_z = n - N/2`.

Drive and loss of Eqs. 1-2 (arXiv:2403.16491) are collective, so they keep J; only the detunings
lead out of J = N/2, where a cat lives (Sec. III.2).

All matrices are sparse (``scipy.sparse.csr_array``), and a caller that needs a dense one says
``.toarray()``; only the projectors, which are full, are dense.  What is diagonal is an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import scipy.sparse as sparse
from numpy.typing import ArrayLike

from spincat.shared.caching import cached
from spincat.shared.checks import (
    check_choice,
    check_integer,
    check_list,
    check_memory,
    check_parity,
    check_positive_integer,
    check_sparse,
    check_square,
    refusal,
)
from spincat.shared.types import Floats, Integers, Parity

Basis = Literal["dicke", "product"]

LARGEST_N = 10
"""Largest N of a projector, which is a full matrix of 2^N rows and takes 8 MB."""
LARGEST_PRODUCT_N = 16
"""Largest N in the product basis, where 2^16 amplitudes take 1 MB (a density matrix, 64 GB)."""
ROW = 64.0
"""Bytes for each level of a ladder: its operator and the arrays in passing."""


def excitations(n_spins: int, *, basis: Basis = "dicke") -> Integers:
    """Return the number of excitations n of each basis state.

    Parameters
    ----------
    n_spins
        Number of spins N; at most 16 in the product basis.
    basis
        ``"dicke"`` gives shape (N+1,), ``"product"`` gives shape (2^N,).

    Returns
    -------
    Integers
        Of the shape that ``basis`` says.

    Raises
    ------
    ValueError
        If N is not an integer of at least 1 or ``basis`` is unknown.
    MemoryError
        If N is above 16 in the product basis.

    Examples
    --------
    >>> excitations(2), excitations(2, basis="product")
    (array([0, 1, 2]), array([2, 1, 1, 0]))
    """
    check_basis(n_spins, basis)
    if basis == "dicke":
        _check_ladder(n_spins)
        return np.arange(n_spins + 1)
    return n_spins - np.bitwise_count(np.arange(2**n_spins)).astype(np.int64)


def parity_signs(n_spins: int, *, basis: Basis = "dicke") -> Integers:
    """Return the diagonal (-1)^n of the parity operator Π (Eq. 8).

    Parameters
    ----------
    n_spins, basis
        As in `excitations`.

    Returns
    -------
    Integers
        Of the shape that ``basis`` says.

    Raises
    ------
    ValueError, MemoryError
        As `excitations`.

    Examples
    --------
    >>> parity_signs(3)
    array([ 1, -1,  1, -1])
    """
    return 1 - 2 * (excitations(n_spins, basis=basis) % 2)


def spin_signs(n_spins: int) -> Integers:
    r"""Return the eigenvalues ±1 of each σᶻ_n in the product basis, shape (2^N, N).

    Times the detunings, halved, they are the diagonal of :math:`H_0 = \tfrac12\sum_n\delta_n
    \sigma^z_n` (Eq. 2).

    Parameters
    ----------
    n_spins
        Number of spins N ≤ 16.

    Returns
    -------
    Integers
        Shape (2^N, N).

    Raises
    ------
    ValueError, MemoryError
        If N is not an integer of at least 1, or above 16.

    Examples
    --------
    >>> spin_signs(2) @ [0.3, 0.1] / 2  # |ee>, |eg>, |ge>, |gg>
    array([ 0.2,  0.1, -0.1, -0.2])
    """
    check_basis(n_spins, "product")
    return 1 - 2 * ((np.arange(2**n_spins)[:, None] >> np.arange(n_spins)[::-1]) & 1)


def levels(n_spins: int, parity: Parity, lost: int = 0) -> Integers:
    """Return the numbers of excitations n of one parity on a ladder, in increasing order.

    Parameters
    ----------
    n_spins
        Number of spins N ≥ 1.
    parity
        "even" or "odd" (Eq. 8).
    lost
        The total spin is J = N/2 - ``lost``, and ``lost`` ≤ n ≤ N - ``lost``.

    Returns
    -------
    Integers
        Shape (d,); d is 0 if J has no state of that parity.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> levels(6, "even"), levels(6, "even", lost=1)
    (array([0, 2, 4, 6]), array([2, 4]))
    """
    first = 0 if check_parity(parity) == "even" else 1
    n = np.arange(check_lost(n_spins, lost), _check_ladder(n_spins) - lost + 1)
    return np.asarray(n[n % 2 == first])


def ladder_lowering(n_spins: int, lost: int = 0) -> sparse.csr_array:
    r"""Return S₋ on a ladder, by default that of the Dicke states.

    .. math::
        \langle n-1|S_-|n\rangle = \sqrt{k(2J-k+1)}, \qquad k = n - \tfrac N2 + J .

    Parameters
    ----------
    n_spins
        Number of spins N ≥ 1.
    lost
        The total spin is J = N/2 - ``lost``, 0 ≤ ``lost`` ≤ N/2.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (2J + 1, 2J + 1).

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> ladder_lowering(4).toarray().round(3)[:2]
    array([[0.   , 2.   , 0.   , 0.   , 0.   ],
           [0.   , 0.   , 2.449, 0.   , 0.   ]])
    """
    size = _check_ladder(n_spins) - 2 * check_lost(n_spins, lost)
    k = np.arange(1.0, size + 1)
    return _above_diagonal(np.sqrt(k * (size - k + 1)))


def pair_lowering(n_spins: int, parity: Parity, lost: int = 0) -> sparse.csr_array:
    r"""Return S₋² between the `levels` of one parity; Eq. 1 has S₋²/N, with Γ2 = 1.

    .. math::
        \langle n-2|S_-^2|n\rangle = \sqrt{k(k-1)(2J-k+1)(2J-k+2)}, \qquad k = n - \tfrac N2 + J .

    Parameters
    ----------
    n_spins, parity, lost
        As in `levels`.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (d, d), indexed like `levels`.

    Raises
    ------
    ValueError
        If an argument is outside its range, or J has no state of that parity.

    Examples
    --------
    >>> (pair_lowering(4, "even") / 4).toarray().round(3)
    array([[0.   , 1.225, 0.   ],
           [0.   , 0.   , 1.225],
           [0.   , 0.   , 0.   ]])
    """
    n = levels(n_spins, parity, lost)
    if not n.size:
        raise ValueError(f"lost = {lost} has no {parity} state; allowed: another lost or parity")
    k, size = n[1:] - float(lost), n_spins - 2 * lost
    return _above_diagonal(np.sqrt(k * (k - 1) * (size - k + 1) * (size - k + 2)))


def product_lowering(n_spins: int) -> sparse.csr_array:
    r"""Return :math:`S_- = \sum_n|g_n\rangle\langle e_n|` in the product basis.

    Parameters
    ----------
    n_spins
        Number of spins N ≤ 16.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (2^N, 2^N).

    Raises
    ------
    ValueError, MemoryError
        If N is not an integer of at least 1, or above 16.

    Examples
    --------
    >>> product_lowering(2).toarray()  # |ee>, |eg>, |ge>, |gg>
    array([[0., 0., 0., 0.],
           [1., 0., 0., 0.],
           [1., 0., 0., 0.],
           [0., 1., 1., 0.]])
    """
    check_basis(n_spins, "product")
    states, bits = np.arange(2**n_spins)[:, None], 1 << np.arange(n_spins)
    excited, spin = np.nonzero((states & bits) == 0)
    ones = np.ones(len(excited))
    return sparse.csr_array((ones, (excited | bits[spin], excited)), shape=(2**n_spins,) * 2)


def total_spins(n_spins: int) -> Floats:
    """Return the total spins J = N/2, N/2 - 1, ... ≥ 0 of N spins, in decreasing order.

    Parameters
    ----------
    n_spins
        Number of spins N ≥ 1.

    Returns
    -------
    Floats
        Shape (number of J,).

    Raises
    ------
    ValueError
        If N is not an integer of at least 1.

    Examples
    --------
    >>> total_spins(5)
    array([2.5, 1.5, 0.5])
    """
    _check_ladder(n_spins)
    return np.asarray(n_spins / 2 - np.arange(n_spins // 2 + 1))


def total_spin_squared(n_spins: int) -> sparse.csr_array:
    r"""Return :math:`\mathbf S^2 = S_+S_- + S_z^2 - S_z` in the product basis.

    Parameters
    ----------
    n_spins
        Number of spins N ≤ 16.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (2^N, 2^N), with the eigenvalues J(J+1) of the `total_spins`.

    Raises
    ------
    ValueError, MemoryError
        As `product_lowering`.

    Examples
    --------
    >>> total_spin_squared(2).toarray()  # the triplet has the value 2, the singlet 0
    array([[2., 0., 0., 0.],
           [0., 1., 1., 0.],
           [0., 1., 1., 0.],
           [0., 0., 0., 2.]])
    """
    lowering = product_lowering(n_spins)
    s_z = excitations(n_spins, basis="product") - n_spins / 2
    return sparse.csr_array(lowering.T @ lowering + sparse.diags_array(s_z * (s_z - 1)))


@cached(maxsize=2)
def total_spin_projectors(n_spins: int) -> Floats:
    r"""Return the projectors on the total spins, in the order of :func:`total_spins`.

    .. math::
        P_J = \prod_{J'\ne J}\frac{\mathbf S^2 - J'(J'+1)}{J(J+1) - J'(J'+1)} .

    Parameters
    ----------
    n_spins
        Number of spins N ≤ 10.

    Returns
    -------
    Floats
        Real dense matrices of shape (number of J, 2^N, 2^N) in the product basis.

    Raises
    ------
    ValueError, MemoryError
        If N is not an integer of at least 1, or above 10.

    Examples
    --------
    >>> triplet, singlet = total_spin_projectors(2)
    >>> singlet[1:3, 1:3]  # |eg>, |ge>
    array([[ 0.5, -0.5],
           [-0.5,  0.5]])
    """
    check_size(n_spins)
    square = total_spin_squared(n_spins).toarray()
    values = total_spins(n_spins) * (total_spins(n_spins) + 1)
    result = np.empty((len(values), *square.shape))
    for i, value in enumerate(values):
        result[i] = np.eye(len(square))
        for other in np.delete(values, i):
            result[i] = result[i] @ (square - other * np.eye(len(square))) / (value - other)
    return result


def total_spin_weights(states: ArrayLike) -> Floats:
    """Return the weights Tr[P_J ρ] of the total spins in density matrices.

    Parameters
    ----------
    states
        Density matrices of shape (..., 2^N, 2^N) in the product basis, N ≤ 10.

    Returns
    -------
    Floats
        Shape (..., number of J), in the order of :func:`total_spins`.

    Raises
    ------
    ValueError
        If these are no matrices of 2^N finite numbers a side.
    MemoryError
        If N is above 10.

    Examples
    --------
    >>> total_spin_weights(np.diag([0, 1, 0, 0]))  # |eg>: half triplet, half singlet
    array([0.5, 0.5])
    """
    rho = check_square("states", states)
    n_spins = rho.shape[-1].bit_length() - 1
    if rho.shape[-1] != 2 ** max(n_spins, 1):
        raise ValueError(f"states has shape {rho.shape}; allowed: (..., 2^N, 2^N) with N >= 1")
    each = total_spin_projectors(n_spins)
    return np.asarray(np.einsum("jab,...ba->...j", each, rho.real))


def photon_lowering(photons: int) -> sparse.csr_array:
    r"""Return a, :math:`\langle m-1|a|m\rangle = \sqrt m`, on the photon numbers 0 ... ``photons``.

    Parameters
    ----------
    photons
        Largest number of photons, at least 1.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (photons + 1, photons + 1).

    Raises
    ------
    ValueError
        If ``photons`` is not an integer of at least 1.

    Examples
    --------
    >>> photon_lowering(2).toarray().round(3)
    array([[0.   , 1.   , 0.   ],
           [0.   , 0.   , 1.414],
           [0.   , 0.   , 0.   ]])
    """
    check_memory("photons", photons, ROW * check_positive_integer("photons", photons))
    return _above_diagonal(np.sqrt(np.arange(1.0, photons + 1)))


def liouvillian(hamiltonian: ArrayLike, jumps: Sequence[ArrayLike]) -> sparse.csr_array:
    r"""Return the generator :math:`-i[H,\rho] + \sum_k\mathcal D[L_k]\rho`.

    Parameters
    ----------
    hamiltonian, jumps
        H and the L_k, dense or sparse, shape (d, d).

    Returns
    -------
    scipy.sparse.csr_array
        Shape (d², d²); it acts on the rows of ρ, written one after the other.

    Examples
    --------
    >>> lowering = product_lowering(1)  # one spin, excited at first
    >>> (liouvillian(0 * lowering, [lowering]) @ [1, 0, 0, 0]).real
    array([-1.,  0.,  0.,  1.])
    """
    lowering = _matrices("jumps", jumps)
    energy = check_sparse("hamiltonian", hamiltonian)
    _check_one_size("jumps", lowering, energy)
    return _generator(lowering, lowering, energy, energy)


def block_liouvillian(
    left: Sequence[ArrayLike],
    right: Sequence[ArrayLike],
    hamiltonians: tuple[ArrayLike, ArrayLike] | None = None,
) -> sparse.csr_array:
    r"""Return the generator of a block X of ρ between two spaces that nothing mixes.

    .. math::
        \dot X = -i(H_lX - XH_r)
            + \sum_k\left[L_kXR_k^\dagger - \tfrac12(L_k^\dagger L_kX + XR_k^\dagger R_k)\right] ,

    such as the coherence between two parities or two total spins; with L = R it is `liouvillian`.

    Parameters
    ----------
    left, right
        The L_k, shape (d, d), and as many R_k, shape (e, e), dense or sparse.
    hamiltonians
        H_l and H_r; without them, and with real jumps, the result is real.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (de, de); it acts on the rows of X, written one after the other.

    Examples
    --------
    >>> jumps = [pair_lowering(3, parity) / 3 for parity in ("even", "odd")]
    >>> block_liouvillian([jumps[0]], [jumps[1]]).diagonal().round(3)
    array([ 0.   , -0.667, -0.667, -1.333])
    """
    rows, columns = _matrices("left", left), _matrices("right", right)
    if len(rows) != len(columns) or not rows:
        raise ValueError(
            f"left has {len(rows)} and right {len(columns)} matrices; allowed: as many, at least 1"
        )
    energies = () if hamiltonians is None else _matrices("hamiltonians", hamiltonians)
    if len(energies) not in (0, 2):
        raise ValueError(f"hamiltonians has {len(energies)} matrices; allowed: two, H_l and H_r")
    first, second = energies or (None, None)
    _check_one_size("left", rows, first)
    _check_one_size("right", columns, second)
    return _generator(rows, columns, first, second)


def check_basis(n_spins: int, basis: str) -> None:
    """Raise unless N is an integer of at least 1, in a basis that is known and not too large."""
    check_positive_integer("n_spins", n_spins)
    check_choice("basis", basis, get_args(Basis))
    if basis == "product" and n_spins > LARGEST_PRODUCT_N:
        raise MemoryError(
            f"n_spins = {n_spins} in the product basis; allowed: at most {LARGEST_PRODUCT_N}"
        )


def check_lost(n_spins: int, lost: Any) -> int:
    """Return ``lost``, or raise unless N/2 - ``lost`` is a total spin of N spins."""
    allowed = range(check_positive_integer("n_spins", n_spins) // 2 + 1)
    if (whole := check_integer("lost", lost, 0)) not in allowed:
        raise refusal("lost", lost, f"0 to {allowed[-1]} for n_spins = {n_spins}")
    return whole


def check_size(n_spins: int) -> None:
    """Raise unless N is an integer from 1 to `LARGEST_N`."""
    if check_positive_integer("n_spins", n_spins) > LARGEST_N:
        raise MemoryError(f"n_spins = {n_spins}; allowed: at most {LARGEST_N} in this analysis")


def _check_ladder(n_spins: int) -> int:
    """Return N, or raise unless it is an integer of at least 1 whose levels fit in memory."""
    check_memory("n_spins", n_spins, ROW * check_positive_integer("n_spins", n_spins))
    return int(n_spins)


def _above_diagonal(elements: Floats) -> sparse.csr_array:
    """A square matrix with these elements next to its diagonal, on the right."""
    shape = (len(elements) + 1,) * 2
    return sparse.csr_array(sparse.diags_array(elements, offsets=1, shape=shape))


def _generator(
    left: Sequence[sparse.csr_array], right: Sequence[sparse.csr_array],
    first: sparse.csr_array | None, second: sparse.csr_array | None,
) -> sparse.csr_array:  # fmt: skip
    """The generator of `block_liouvillian` from checked matrices."""
    acting, conjugate = _effective(first, left), _effective(second, right).conj()
    one_left, one_right = (sparse.eye_array(m.shape[0]) for m in (acting, conjugate))
    result = sparse.kron(acting, one_right) + sparse.kron(one_left, conjugate)
    for one, other in zip(left, right, strict=True):
        result = result + sparse.kron(one, other.conj())
    return sparse.csr_array(result)


def _matrices(name: str, values: Any) -> list[sparse.csr_array]:
    return [check_sparse(name, value) for value in check_list(name, values, "matrices")]


def _check_one_size(
    name: str, matrices: Sequence[sparse.csr_array], energy: sparse.csr_array | None
) -> None:
    shapes = {matrix.shape for matrix in [*matrices, *([] if energy is None else [energy])]}
    if len(shapes) > 1:
        raise ValueError(f"{name} and its H have the shapes {shapes}; allowed: one shape")


def _effective(
    hamiltonian: sparse.csr_array | None, jumps: Sequence[sparse.csr_array]
) -> sparse.csr_array:
    """-iH - ΣL†L/2."""
    result = 0 * jumps[0] if hamiltonian is None else -1j * hamiltonian
    for jump in jumps:
        result = result - jump.conj().T @ jump / 2
    return result
