r"""A qubit and a chain of dark modes: a mixture of few states in short steps of time.

The generator between jumps is a matrix K on the states, of which exp(hK) is a Taylor series; ρ =
XX† with few columns.  Jumps J are rare, and enter at the points of Gauss's rule in every step:

.. math::
    e^{h\mathcal L} \approx \prod_q e^{(c_{q+1} - c_q)h\mathcal K}\,e^{w_q h\mathcal J} ,

exact to the sixth order in h for one jump.  Of three jumps at one point nothing is kept, and
columns of next to no weight are left out: what is then missing of the trace is the error made.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from numpy.typing import NDArray

from spincat.many_spins._cat_qubit import CatQubit
from spincat.many_spins._chain import LAST, DarkModes, _Basis, _occupations
from spincat.shared.types import Complexes, Floats, Integers

STEP = 3.0
"""Largest norm of hK in a step."""
ROUNDING = 1e-17
"""Size of the last term of a Taylor series."""
NODES = np.array([0.5 - np.sqrt(0.15), 0.5, 0.5 + np.sqrt(0.15)])
WEIGHTS = np.array([5.0, 8.0, 5.0]) / 18
"""Gauss's rule with three points on (0, 1)."""


@dataclass(frozen=True, eq=False)
class Register:
    """The D states of qubit and dark modes, all of one parity or of both, and their operators.

    ``dark`` (D,) counts dark excitations, and ``edge`` (D,) is where the basis ends.  ``generator``
    is K; ``number``, ``pair`` and ``lowering`` stand for all excitations, a² and a of the dressed
    states; ``outside`` for their weight outside of the span of the cats, and ``rate`` for the rate
    at which they leave it.
    """

    dark: Integers
    edge: NDArray[np.bool_]
    start: Floats
    generator: sparse.csr_array
    jumps: list[sparse.csr_array]
    number: sparse.csr_array
    pair: sparse.csr_array
    lowering: sparse.csr_array
    outside: sparse.csr_array
    rate: sparse.csr_array


def register(
    qubit: CatQubit, dark: DarkModes, cut: float, eta: float, start: Floats, correction: bool
) -> Register:
    """Qubit and dark modes in the states whose expected weight is at least ``cut``.

    ``start`` has the two amplitudes of the qubit; expected is what a held bright mode feeds.
    """
    budget = -np.log(cut)
    means = qubit.lowering.max() ** 2 * dark.rates
    occupations, spent = _occupations(means, budget, eta)
    basis, modes = _Basis(occupations), range(occupations.shape[1])
    number = occupations.sum(axis=1)
    lower = [basis.moved({k: -1}, np.sqrt(occupations[:, k])) for k in modes]
    nothing = sparse.csr_array((len(number), len(number)))
    first = sum((dark.coupling[k] * lower[k] for k in modes), nothing)
    energy = sparse.diags_array(occupations @ dark.energies.diagonal()[: len(modes)]).tocsr()
    for k, m in itertools.combinations(modes, 2):
        strength = dark.energies[k, m] * np.sqrt(occupations[:, k] * (occupations[:, m] + 1.0))
        forth = basis.moved({k: -1, m: 1}, strength)
        energy = energy + forth + forth.T
    parity = (np.arange(2)[:, None] + number).ravel() % 2
    kept = np.flatnonzero(np.isin(parity, np.flatnonzero(start)))

    def joint(small: Complexes | Floats, large: sparse.sparray) -> sparse.csr_array:
        return sparse.csr_array(sparse.kron(small, large).tocsr()[kept][:, kept])

    one, all_dark = np.eye(2), sparse.eye_array(len(number))
    a, near, mixed = qubit.lowering, first.T @ first, np.diag(qubit.mixed)
    coupling = joint(a.T, first)
    generator = -1j * (joint(one, energy) + coupling + coupling.T)
    jumps: list[sparse.csr_array] = []
    dressing: complex = 0.0
    if correction:
        generator = generator - joint(mixed, near)
        jumps = [joint(jump, first) for jump in qubit.jumps]
        dressing = -1j
    total = joint(a.T @ a, all_dark) + joint(one, sparse.diags_array(number.astype(float)))
    vector = np.zeros(2 * len(number))
    vector[np.flatnonzero(number == 0)[0] + np.array([0, len(number)])] = start
    return Register(
        np.tile(number, 2)[kept],
        np.tile(spent > budget - LAST, 2)[kept],
        vector[kept],
        sparse.csr_array(generator),
        jumps,
        total + 2 * dressing * joint(a.T @ mixed, first),
        joint(a @ a, all_dark) + dressing * joint(qubit.pair, first),
        joint(a, all_dark) + dressing * joint(mixed, first),
        joint(np.diag(qubit.outside), near),
        joint(2 * np.diag(np.abs(qubit.mixed)), near),
    )


def steps_in(generator: sparse.csr_array, duration: float) -> int:
    """Number of steps that a duration takes."""
    norm = abs(generator).sum(axis=0).max()
    return max(1, int(np.ceil(norm * duration / STEP)))


def states(system: Register, times: Floats, dropped: float) -> Iterator[Complexes]:
    """Yield the columns X of ρ = XX† at the times; those of less weight are ``dropped``."""
    columns = system.start[:, None].astype(complex)
    now = 0.0
    for time in times:
        steps = steps_in(system.generator, time - now) if time > now else 0
        for _ in range(steps):
            columns = _step(system, columns, (time - now) / steps, dropped)
        now = time
        yield columns


def _step(system: Register, columns: Complexes, duration: float, dropped: float) -> Complexes:
    if not system.jumps:
        return _exponential(system.generator, columns, duration)
    last = 0.0
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        columns = _exponential(system.generator, columns, (node - last) * duration)
        columns = _jump(system.jumps, columns, weight * duration, dropped)
        last = node
    return _exponential(system.generator, columns, (1 - last) * duration)


def _jump(
    jumps: list[sparse.csr_array], columns: Complexes, duration: float, dropped: float
) -> Complexes:
    """Apply 1 + h𝒥 + h²𝒥²/2, and leave out combinations of columns of no weight."""
    once = np.sqrt(duration) * np.hstack([jump @ columns for jump in jumps])
    twice = np.sqrt(duration / 2) * np.hstack([jump @ once for jump in jumps])
    every = np.hstack([columns, once, twice])
    weights, vectors = np.linalg.eigh(every.conj().T @ every)
    return np.asarray(every @ vectors[:, weights > dropped])


def _exponential(generator: sparse.csr_array, columns: Complexes, duration: float) -> Complexes:
    total, term, order = columns, columns, 0
    while np.linalg.norm(term) > ROUNDING:
        order += 1
        term = generator @ term * (duration / order)
        total = total + term
    return total
