r"""A few unequal spins under a drive and loss of any number of bodies, from any state (Sec. V).

With a = S₋/√N, Γ = 1 and a drive that is absorbed in the jump operator,

.. math::
    \dot\rho = -i[H,\rho] + \mathcal D[a^k-\alpha^k]\rho , \qquad
    H = \frac12\sum_n\delta_n\sigma_n^z + \frac GN\left[\tfrac N2\left(\tfrac N2+1\right)
        - \mathbf S^2\right] .

k = 2 is Eq. 1 with real α; k = 4 is the dissipator that Sec. V proposes.  G is the gap Ng²/Δ by
which the exchange of excitations in a cavity lowers the symmetric states (Appendix A); its part
that acts among these, small for many spins, is left out.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sparse
from numpy.typing import ArrayLike, NDArray

from spincat.master_equation._exponential import evolved
from spincat.model.operators import (
    liouvillian,
    parity_signs,
    product_lowering,
    spin_signs,
    total_spin_squared,
)
from spincat.shared.checks import (
    check_choice,
    check_duration,
    check_finite,
    check_nonnegative,
    check_numbers,
    check_positive_integer,
    check_tolerance,
)
from spincat.shared.types import Floats

LARGEST_N = 8
"""Largest N: the Liouvillian of one parity then has 16,384 rows."""
LARGEST_ALPHA = 1e6
"""Largest amplitude; beyond, the loss is nothing beside its product with α⁴."""


def held_fidelity(
    state: ArrayLike,
    detunings: ArrayLike,
    alpha: float,
    time: float,
    *,
    bodies: int = 2,
    gap: float = 0.0,
) -> float:
    r"""Fidelity ⟨ψ\|ρ(t)\|ψ⟩ with the initial state, under Eq. 1 with k bodies (see above).

    Parameters
    ----------
    state
        \|ψ⟩ in the product basis, shape (2^N,), of one parity.
    detunings
        δ_n/Γ, shape (N,), 2 ≤ N ≤ 8.
    alpha
        Amplitude α ≥ 0 of the coherent states that the loss leaves alone.
    time
        Γ·t ≥ 0.
    bodies
        k, the number of spins that the loss lowers at once, 2 or 4.
    gap
        G/Γ ≥ 0.

    Returns
    -------
    float
        Fidelity, between 0 and 1.

    Raises
    ------
    ValueError
        If an argument is outside its range, the state is not normalised or of both parities, or
        the time is so long that the evolution would take hours.

    Examples
    --------
    >>> from spincat.model.states import spin_cat
    >>> cat = spin_cat(4, 2 * np.arctan(0.5), parity="odd", basis="product").real
    >>> row = [0.2, -0.1, -0.2, 0.1]
    >>> round(held_fidelity(cat, row, 1.0, 3.0), 3)
    0.741
    >>> round(held_fidelity(cat, row, 1.0, 3.0, gap=5.0), 3)
    0.896
    """
    row = check_finite("detunings", detunings)
    if row.ndim != 1 or not 2 <= row.size <= LARGEST_N:
        raise ValueError(f"detunings has shape {row.shape}; allowed: (N,), 2 <= N <= {LARGEST_N}")
    check_choice("bodies", check_positive_integer("bodies", bodies), (2, 4))
    time = check_duration("time", time)
    kept = _states_of_its_parity(state, row.size)
    hamiltonian = _hamiltonian(row, check_nonnegative("gap", gap))[kept][:, kept]
    lower = product_lowering(row.size) / np.sqrt(row.size)
    jump = sparse.linalg.matrix_power(lower, bodies)
    drive = check_tolerance("alpha", alpha, 0.0, LARGEST_ALPHA) ** bodies
    jump = jump - drive * sparse.eye_array(2**row.size)
    generator = liouvillian(hamiltonian, [sparse.csr_array(jump)[kept][:, kept]])
    vector = np.asarray(state, dtype=complex)[kept]
    start = np.outer(vector, vector.conj())
    final = evolved(generator, start.ravel(), "time", time)
    return float((vector.conj() @ final.reshape(start.shape) @ vector).real)


def _hamiltonian(detunings: Floats, gap: float) -> sparse.csr_array:
    """H at the top of this module, in the product basis."""
    n_spins = detunings.size
    largest = n_spins / 2 * (n_spins / 2 + 1)
    missing = largest * sparse.eye_array(2**n_spins) - total_spin_squared(n_spins)
    energies = sparse.diags_array(spin_signs(n_spins) @ detunings / 2)
    return sparse.csr_array(energies + gap / n_spins * missing)


def _states_of_its_parity(state: ArrayLike, n_spins: int) -> NDArray[np.intp]:
    """Indices of the product states of the parity of a normalised state."""
    vector = np.abs(check_numbers("state", state))
    if vector.shape != (2**n_spins,):
        raise ValueError(f"state has shape {vector.shape}; allowed: ({2**n_spins},)")
    signs = parity_signs(n_spins, basis="product")
    weights = {sign: float((vector[signs == sign] ** 2).sum()) for sign in (1, -1)}
    sign = max(weights, key=weights.__getitem__)
    if abs(weights[sign] - 1) > 1e-10 or weights[-sign] > 1e-10:
        raise ValueError(
            f"state has the weights {weights[1]:.3g} and {weights[-1]:.3g} in the parities; "
            "allowed: 1 in one of them"
        )
    return np.flatnonzero(signs == sign)
