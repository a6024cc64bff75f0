r"""Many spins as sparse real matrices: what the solvers of this folder need to know of a basis.

With :math:`a = S_-/\sqrt N`, :math:`x = |\alpha|^2 = 2\eta` and
:math:`\rho = e^{i\beta\hat n}\tilde\rho\,e^{-i\beta\hat n}`, β = arg α, Eqs. 1-2 become

.. math::
    \dot{\tilde\rho} = -i[H, \tilde\rho] + \mathcal{D}[a^2 - x]\tilde\rho ,

where a, H and the initial states are real: the drive is in the jump operator.  H holds the
detunings and the exchange of Appendix A.  A basis has all states of at most ``n_max`` excitations;
drive and loss keep the parity, so the states of one parity are a block of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import scipy.sparse as sparse
import xarray as xr
from numpy.typing import NDArray

from spincat.model.ensemble import SpinEnsemble
from spincat.model.states import spin_cat, spin_coherent
from spincat.shared.types import Complexes, Floats, Integers

State = Literal["even", "odd", "coherent"]


@dataclass(frozen=True, eq=False)
class Block:
    """The D states of one parity, or of both for ``"coherent"``, and the operators on them.

    ``number`` (D,) holds the excitations, ``lowering`` (E, D) is a to the E states of the other
    parity and ``back`` (D, E) is a from there: a² is ``back @ lowering``.  With ``both`` parities
    in the block, E = D and the two are the same.  ``hamiltonian`` (D, D) is symmetric, ``start``
    (D,) the initial state, normalised, ``tail`` the weight that the basis cuts off from it, and the
    columns of ``symmetric`` (D, M) span the states of total spin N/2, or without dark excitations.
    ``edge`` (D,) marks the states whose weight shows whether the basis is large enough, and
    ``driven`` (D,) those from which a†² stays in the basis, see `jump`.  Expectation values of the
    ``observables`` (D, D), which are real, are wanted besides.
    """

    number: Integers
    lowering: sparse.csr_array
    back: sparse.csr_array
    hamiltonian: sparse.csr_array
    start: Floats
    tail: float
    symmetric: sparse.csr_array
    both: bool
    edge: NDArray[np.bool_]
    driven: NDArray[np.bool_]
    observables: tuple[sparse.csr_array, ...] = ()

    def jump(self, intensity: float) -> sparse.csr_array:
        """B = a² - x Q, where Q keeps the states that a†² leads from to others of the basis.

        Without Q, what is at the edge would jump at the rate x², for want of the states that a²
        lowers to it; with Q, B maps what the basis has of a cat to zero.
        """
        drive = sparse.diags_array(intensity * self.driven.astype(float))
        return sparse.csr_array(self.back @ self.lowering - drive)


def block(
    number: Integers,
    lowering: sparse.csr_array,
    hamiltonian: sparse.csr_array,
    symmetric: sparse.csr_array,
    ladder: Floats,
    *,
    both: bool = False,
    edge: NDArray[np.bool_] | None = None,
    driven: NDArray[np.bool_] | None = None,
    observables: Sequence[sparse.csr_array] = (),
) -> Block:
    """The block of an initial state, from operators on all D states of at most n_max excitations.

    Column n of ``symmetric`` (D, n_max + 1) is the state with n symmetric excitations, and
    ``ladder[n]`` its amplitude in the initial state (`initial_ladder`).  With ``both`` the other
    parity is in the block even if the initial state has none of it.  ``edge`` (D,) marks the
    states at the edge of the basis, by default those with the two highest numbers of excitations,
    and ``driven`` those from which a†² stays inside, by default the others.  The ``observables``
    (D, D) keep the parity.
    """
    parities = [bool(np.any(ladder[start::2])) for start in (0, 1)]
    both = both or all(parities)
    kept = np.arange(len(number)) if both else np.flatnonzero(number % 2 == parities.index(True))
    other = kept if both else np.flatnonzero(number % 2 == parities.index(False))
    down = lowering[other][:, kept]
    back = down if both else lowering[kept][:, other]
    columns = symmetric[kept]
    size = columns.shape[1]
    inside = ladder[:size]
    if edge is None:
        edge = number > number[kept].max() - 2
    if driven is None:
        driven = ~edge
    inside = np.append(inside, np.zeros(size - len(inside)))
    start = columns @ inside
    return Block(
        number[kept], down, back, hamiltonian[kept][:, kept], start / np.linalg.norm(start),
        float(np.sum(ladder[size:] ** 2)), columns, both, edge[kept], driven[kept],
        tuple(operator[kept][:, kept] for operator in observables),
    )  # fmt: skip


def initial_ladder(eta: float, state: State, n_spins: int | None = None) -> Floats:
    """Amplitudes of the initial state over symmetric excitations; N → ∞ without ``n_spins``.

    Real, as in the frame of the block, and normalised.  The state of N spins is that of
    `SpinEnsemble`: tan(θ/2) = |α|/√N.
    """
    if n_spins is not None:
        theta = SpinEnsemble(n_spins, eta).theta
        if state == "coherent":
            return spin_coherent(n_spins, theta).real
        return spin_cat(n_spins, theta, parity=state).real
    x = 2 * eta
    n = np.arange(int(x + 12 * np.sqrt(x) + 40))
    logs = np.cumsum(np.log(np.maximum(n, 1)))
    with np.errstate(divide="ignore"):
        powers = np.where(n > 0, n * np.log(x) / 2, 0.0) if x > 0 else np.where(n > 0, -np.inf, 0.0)
    amplitudes = np.exp(powers - logs / 2 - x / 2)
    if state != "coherent":
        amplitudes[n % 2 != (state == "odd")] = 0.0
    return np.asarray(amplitudes / np.linalg.norm(amplitudes))


class Moments(NamedTuple):
    """What a solver knows of the state at each of T times, in the frame of the block.

    All are of shape (T,), but ``observed`` (T, P) has the expectation values of the block's
    observables, if there are any.  ``amplitude`` is None unless both parities are in the block.
    ``error`` bounds or estimates the error of ``fidelity`` and the other weights, and ``edge`` is
    the weight of the states at the edge of the basis.
    """

    fidelity: Floats
    purity: Floats
    excitations: Floats
    symmetric_weight: Floats
    pair: Complexes
    amplitude: Complexes | None
    error: Floats
    edge: Floats
    observed: Complexes | None = None


_LONG_NAMES = {
    "fidelity": "fidelity with the initial state",
    "purity": "purity",
    "excitations": "mean number of excitations",
    "symmetric_weight": "weight without dark excitations",
    "pair_amplitude": "<S_-^2>/N",
    "amplitude": "<S_->/sqrt(N)",
    "error": "error of fidelity and symmetric weight",
}


def dataset(
    moments: Moments, times: Floats, alpha: complex, **attrs: str | float | Integers | Floats
) -> xr.Dataset:
    """The moments as what every solver returns, with the phases that the drive gives them."""
    turn = alpha / abs(alpha) if alpha else 1.0
    values = {
        "fidelity": moments.fidelity,
        "purity": moments.purity,
        "excitations": moments.excitations,
        "symmetric_weight": moments.symmetric_weight,
        "pair_amplitude": turn**2 * moments.pair,
        "error": moments.error,
    }
    if moments.amplitude is not None:
        values["amplitude"] = turn * moments.amplitude
    return xr.Dataset(
        {
            name: ("time", value, {"long_name": _LONG_NAMES[name], "units": "1"})
            for name, value in values.items()
        },
        coords={"time": ("time", times, {"long_name": "time", "units": "1/Gamma_2"})},
        attrs=attrs,
    )
