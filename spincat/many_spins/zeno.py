r"""The limit of N → ∞ spins whose detunings are far below Γ2: a qubit of two cats and dark modes.

Drive and loss measure the bright mode a all the time, and confine it to the span of the cats
:math:`|C_\pm\rangle` (quantum Zeno effect).  The dark modes :math:`b_1, b_2, \dots`, the chain of
`spincat.model.line.hops`, see no loss at all.  What is left is a *Schrödinger equation*,

.. math::
    H = t_1(A^\dagger b_1 + A b_1^\dagger) + \sum_{k>1} t_k(b_{k-1}^\dagger b_k + \text{h.c.})
      + G\sum_k b_k^\dagger b_k , \qquad
    A|C_\pm\rangle = \sqrt{x}\,(\tanh x)^{\pm1/2}\,|C_\mp\rangle ,

with x = \|α\|² = 2η.  To first order in δ/Γ2 pairs of which one excitation was dark are lost:
:math:`\dot\rho = \dots + t_1^2\sum_k\mathcal D[K_kb_1]\rho`, and the states have a part outside of
the span.  `spincat.symbolic.zeno` derives it, and its closed forms for large and small x.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import scipy.sparse as sparse
import xarray as xr
from numpy.typing import ArrayLike

from spincat.many_spins._blocks import Moments, State, dataset
from spincat.many_spins._cat_qubit import cat_qubit
from spincat.many_spins._chain import cut_error, dark_modes
from spincat.many_spins._zeno_steps import NODES, Register, register, states, steps_in
from spincat.model.broadening import Broadening
from spincat.model.ensemble import SpinEnsemble
from spincat.model.line import hops
from spincat.shared.checks import (
    check_choice,
    check_flag,
    check_inside,
    check_integer,
    check_number,
    check_positive,
    check_times,
    check_tolerance,
    check_work,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Floats

__all__ = ["evolve_zeno"]

MOST_SITES = 100
"""Largest number of sites, the bright mode included."""
ROUNDS = 12
"""Enlargements of the basis, each for weights ten times smaller."""
MOST_ETA = 500.0
"""Largest η/Γ2."""
MOST_DARK = 1e4
"""Largest number of dark excitations."""
POINTS = 33
"""Times between which the error is integrated."""
MOST_WORK = 1e10
"""Largest number of elements of the generator times steps, with an `OVERHEAD` for each step."""
OVERHEAD = 100_000


def evolve_zeno(
    line: Broadening,
    eta: float,
    times: ArrayLike,
    state: State,
    *,
    gap: float = 0.0,
    phase: float = 0.0,
    sites: int | None = None,
    correction: bool = True,
    tol: float = 1e-6,
) -> xr.Dataset:
    r"""Infinitely many spins with detunings far below Γ2, as a qubit and a chain of dark modes.

    Weights are within an error of the first order in δ/Γ2 at a fixed δt without the ``correction``,
    and of the second with it.  A gap of the size of Γ2 is in the correction exactly.

    Parameters
    ----------
    line
        Distribution of the detunings with finite moments, from `spincat.model.broadening`.  A
        Lorentzian is a loss of single excitations instead.
    eta
        Strength of the drive, η/Γ2 > 0.
    times
        Increasing times Γ2·t ≥ 0, shape (T,).
    state
        ``"even"`` or ``"odd"`` cat, or ``"coherent"``.
    gap
        Exchange gap G/Γ2 (Appendix A), of either sign.
    phase
        Phase φ of the drive, radians.
    sites
        Sites of the chain, the bright mode included; as few as ``tol`` allows if None.
    correction
        Whether to include the first order in δ/Γ2.
    tol
        Error of the weights that cutting chain and excitations may make.

    Returns
    -------
    xr.Dataset
        ``fidelity``, ``purity``, ``excitations``, ``symmetric_weight`` (without dark excitations),
        ``pair_amplitude``, for ``"coherent"`` also ``amplitude``, and ``error``, an estimate of the
        error of the weights, which contains that of the limit itself.

    Raises
    ------
    ValueError
        If an argument is outside its range, the line has no chain, or it would take hours.
    MemoryError
        If the states do not fit in memory.
    ConvergenceError
        If the chain needs more than 100 sites, or the basis grows on and on.

    Examples
    --------
    >>> from spincat.model import TwoPoint
    >>> solution = evolve_zeno(TwoPoint(0.01), 0.2, [0.0, 100.0], "odd")
    >>> solution.fidelity.values.round(3), solution.purity.values.round(4)
    (array([1.  , 0.28]), array([1.    , 0.9998]))
    """
    strength, grid = check_positive("eta", eta), check_times(times)
    check_inside("eta", eta, strength <= MOST_ETA, f"at most {MOST_ETA:g}")
    kind = check_choice("state", state, get_args(State))
    distance, tol = check_number("gap", gap), check_tolerance("tol", tol, 1e-10)
    correction, angle = check_flag("correction", correction), check_number("phase", phase)
    qubit = cat_qubit(strength, distance)
    chain, cut = _chain(line, grid, float(qubit.lowering.max() ** 2), tol, sites)
    dark = dark_modes(chain if len(chain) else np.zeros(1), distance, float(grid[-1]))
    expected = float(dark.rates.sum()) * qubit.lowering.max() ** 2
    check_work("times", times, expected, MOST_DARK, "dark excitations")
    amplitudes = _amplitudes(strength, kind)

    def system(smallest: float, correction: bool) -> Register:
        built = register(qubit, dark, smallest, strength, amplitudes, correction)
        steps = steps_in(built.generator, grid[-1])
        name, value = ("gap", gap) if abs(distance) > 1 else ("times", times)
        work = float(built.generator.nnz + OVERHEAD) * steps
        check_work(name, value, work, MOST_WORK, "elements of the generator times steps")
        return built

    # without jumps there is one column only, and next to the same weights
    trials = (tol / 10.0**k for k in range(ROUNDS))
    enough = (size for size in trials if _moments(system(size, False), grid, tol, stop=True))
    if (smallest := next(enough, None)) is None:
        raise ConvergenceError(
            f"the basis does not become large enough for tol = {tol:g} at the last time, "
            f"{grid[-1]:g}; allowed: a larger tol, shorter times, or a smaller eta"
        )
    basis = system(smallest, correction)
    moments = _moments(basis, grid, tol)
    assert moments is not None  # only a trial stops
    if kind != "coherent":
        moments = moments._replace(amplitude=None)
    moments = moments._replace(error=np.minimum(moments.error + cut, 1.0))
    return dataset(
        moments, grid, SpinEnsemble(1, strength, angle).alpha, line=type(line).__name__,
        delta=line.delta, eta=strength, state=kind, gap=distance, phase=angle,
        correction=int(correction), sites=len(chain) + 1, n_max=int(basis.dark.max()),
        states=len(basis.dark), tol=tol,
        error_kind="estimate: next order in δ/Γ2, edge of the basis and end of the chain",
    )  # fmt: skip


def _chain(
    line: Broadening, times: Floats, bright: float, tol: float, sites: int | None
) -> tuple[Floats, Floats]:
    """Hops of the chain, and the error that its end makes at the times."""
    longer = hops(line, 2 * MOST_SITES)
    longer = longer[: np.count_nonzero(longer)]
    counts = range(len(longer[:MOST_SITES]) + 1)
    if sites is not None:
        counts = range(check_integer("sites", sites, 1, MOST_SITES) - 1, sites)
    for count in counts:
        error = cut_error(longer[:count], longer, times, bright)
        if error[-1] <= tol or sites is not None:
            return longer[:count], error
    raise ConvergenceError(
        f"times up to {times[-1]:g} need more than {MOST_SITES} sites for tol = {tol:g}; "
        "allowed: shorter times, a larger tol, or a number of sites with the error it makes"
    )


def _amplitudes(eta: float, state: State) -> Floats:
    """The initial state of the qubit; a coherent state has weights cosh x and sinh x, over e^x."""
    if state == "coherent":
        small = np.exp(-4 * eta)
        return np.sqrt([(1 + small) / 2, (1 - small) / 2])
    return np.array([1.0, 0.0]) if state == "even" else np.array([0.0, 1.0])


def _moments(system: Register, times: Floats, tol: float, *, stop: bool = False) -> Moments | None:
    """The moments; or None, if it is to ``stop`` where the edge has too much weight for ``tol``."""
    grid = np.union1d(times, np.linspace(0.0, times[-1], POINTS))
    dropped = tol / (10 * len(NODES) * steps_in(system.generator, times[-1]))
    rows, edge = [], 0.0
    for columns in states(system, grid, dropped):
        weights = np.sum(np.abs(columns) ** 2, axis=1)
        edge = max(edge, float(weights[system.edge].sum()))
        if stop and edge > tol:
            return None
        rows.append((edge, *_expectations(system, columns, weights)))
    table = np.array(rows).T
    edges, trace, outside, rate = table[:4].real
    error = edges + np.abs(1 - trace) + _next_order(grid, outside, rate, bool(system.jumps))
    kept = np.searchsorted(grid, times)
    fidelity, purity, excitations, symmetric = table[4:8, kept].real
    pair, amplitude = table[8:, kept]
    return Moments(
        fidelity, purity, excitations, symmetric, pair, amplitude, error[kept], edges[kept]
    )


def _expectations(system: Register, columns: Complexes, weights: Floats) -> tuple[complex, ...]:
    """Trace, weight outside of the span, rate of jumps, and all of `Moments` but the errors."""

    def mean(operator: sparse.csr_array) -> complex:
        return complex(np.vdot(columns, operator @ columns))

    return (
        weights.sum(),
        mean(system.outside),
        mean(system.rate),
        np.sum(np.abs(system.start @ columns) ** 2),
        np.sum(np.abs(columns.conj().T @ columns) ** 2),
        mean(system.number).real,
        weights[system.dark == 0].sum(),
        mean(system.pair),
        mean(system.lowering),
    )


def _next_order(times: Floats, outside: Floats, rate: Floats, corrected: bool) -> Floats:
    """Estimate of what the orders left out change in the weights.

    The first order is the number of jumps, the second its square and the weight outside;
    the factors cover all comparisons with the master equation, of which those with a gap of 5 Γ2
    and small cats need the largest.
    """
    mean = (rate[1:] + rate[:-1]) / 2
    jumps = np.append(0.0, np.cumsum(mean * np.diff(times)))
    second = jumps**2 + 20 * np.maximum.accumulate(outside)
    return np.asarray(second if corrected else 2 * jumps + second)
