r"""Infinitely many spins at fixed amplitude: a bright mode with drive and loss, and dark modes.

With few excitations per spin :math:`a = S_-/\sqrt N` is an oscillator, and N drops out.  The
detunings couple it to modes that neither the drive nor the loss sees, a chain in general
(`spincat.model.line.hops`); exchange lifts these by the gap G:

.. math::
    \dot\rho = -i[H, \rho] + \mathcal D[a^2 - \alpha^2]\rho, \qquad
    H = \sum_{k\ge1} t_k\,(c_{k-1}^\dagger c_k + \mathrm{h.c.})
        + G\sum_{k\ge1} c_k^\dagger c_k, \qquad c_0 = a .

The chain is cut where its memory is that of an endless one, and the basis has the states of
enough weight (`_chain`).  A Lorentzian of half width γ has no chain and no memory, with a gap or
without: it is a loss 2γ 𝒟[a], exactly (`_memoryless`).  `spincat.symbolic.bright_mode` derives it.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from spincat.many_spins import _memoryless
from spincat.many_spins._blocks import Block, Moments, State, dataset
from spincat.many_spins._chain import bright_excitations, chain_block, cut_error, dark_modes
from spincat.many_spins._solve import solve
from spincat.model.broadening import Broadening, Lorentzian
from spincat.model.ensemble import SpinEnsemble
from spincat.model.line import check_line, hops
from spincat.shared.checks import (
    check_choice,
    check_inside,
    check_integer,
    check_nonnegative,
    check_number,
    check_times,
    check_tolerance,
    refusal,
)
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Floats

__all__ = ["evolve_bright_mode"]

TOLERANCES = 1e-8, 1e-1
"""Allowed range of ``tol``: the largest suffices for a look at long times."""
MOST_ETA = 500.0
"""Largest η/Γ2: states of n excitations decay at the rate n²."""
MOST_SITES = 60
ROUNDS = 8
"""Enlargements of the basis until its edge is far enough."""


def evolve_bright_mode(
    line: Broadening,
    eta: float,
    times: ArrayLike,
    state: State,
    *,
    gap: float = 0.0,
    phase: float = 0.0,
    sites: int | None = None,
    tol: float = 1e-6,
) -> xr.Dataset:
    r"""Solve Eqs. 1-2 for N → ∞ at fixed :math:`|\alpha|^2 = 2\eta`, for any line of detunings.

    Parameters
    ----------
    line
        One of the distributions of `spincat.model.broadening`.
    eta
        Strength of the drive η/Γ2, at most 500.
    times
        Increasing times Γ2·t ≥ 0, shape (T,).
    state
        Initial state of the bright mode: ``"even"`` or ``"odd"`` cat, or ``"coherent"``.
    gap
        Gap G/Γ2 by which exchange lifts the dark modes (Appendix A).
    phase
        Phase φ of the drive, radians.
    sites
        Sites of the chain, the bright mode included; as few as ``tol`` allows if None.
    tol
        Largest error of the weights, from 10⁻⁸ to 0.1.

    Returns
    -------
    xr.Dataset
        Over ``time``: ``fidelity`` :math:`\langle\psi_0|\rho|\psi_0\rangle`, ``purity``,
        ``excitations`` of all modes, ``symmetric_weight`` of the states without dark excitations,
        ``pair_amplitude`` :math:`\langle a^2\rangle`, for a coherent state ``amplitude``
        :math:`\langle a\rangle`, and ``error``, an estimate: bound or estimate of the solver, what
        leaks at the edge of the basis, and what the end of the chain changes.  It is that of the
        weights; the purity may be off by four times as much.  For a Lorentzian
        ``purity`` is NaN, since the modes that it is lost to are not in the basis.

    Raises
    ------
    ValueError
        If an argument is outside its range or not finite, or the cat vanishes (odd, η = 0).
    MemoryError
        If the states do not fit.
    ConvergenceError
        If ``tol`` needs more sites, or a basis that grows on and on.

    Examples
    --------
    The cat moves on without decoherence:

    >>> from spincat.model import TwoPoint
    >>> halves = evolve_bright_mode(TwoPoint(0.01), 0.2, [0.0, 50.0, 100.0], "odd")
    >>> halves.fidelity.values.round(3)
    array([1.   , 0.761, 0.28 ])
    >>> halves.purity.values.round(4)
    array([1.    , 1.    , 0.9998])
    """
    check_line(line)
    strength, grid = check_nonnegative("eta", eta), check_times(times)
    check_inside("eta", eta, strength <= MOST_ETA, f"at most {MOST_ETA:g}")
    kind = check_choice("state", state, get_args(State))
    if kind == "odd" and not strength:
        raise refusal("eta", eta, "above 0 for an odd cat")
    alpha = SpinEnsemble(1, strength, phase).alpha
    distance, accuracy = check_number("gap", gap), check_tolerance("tol", tol, *TOLERANCES)
    attrs = {
        "line": type(line).__name__, "delta": line.delta, "eta": strength, "state": kind,
        "gap": distance, "phase": float(phase), "tol": accuracy,
    }  # fmt: skip
    if isinstance(line, Lorentzian):
        if sites is not None:
            raise refusal("sites", sites, "None for a Lorentzian, which has no chain")
        moments = _memoryless.evolve(line.delta, strength, grid, kind, accuracy)
        return dataset(moments, grid, alpha, **attrs, error_kind="estimate: end of the ladder")
    chain, cut = _chain(line, strength, grid, kind, accuracy, sites)
    moments, basis = _solve(chain, strength, grid, kind, distance, accuracy)
    return dataset(
        moments._replace(error=moments.error + cut), grid, alpha, **attrs, sites=len(chain) + 1,
        n_max=int(basis.number.max()), states=len(basis.number),
        error_kind="estimate: solver, edge of the basis and end of the chain",
    )  # fmt: skip


def _chain(
    line: Broadening, eta: float, times: Floats, state: State, tol: float, sites: int | None
) -> tuple[Floats, Floats]:
    """Hops of the chain, and the error that its end makes at the times."""
    longer = _until_zero(hops(line, 2 * MOST_SITES))
    bright = bright_excitations(eta, state) + 1
    counts = range(len(longer[:MOST_SITES]) + 1)
    if sites is not None:
        counts = range(check_integer("sites", sites, 1, MOST_SITES) - 1, sites)
    for count in counts:
        chain = longer[:count]
        error = cut_error(chain, longer, times, bright)
        if error[-1] <= tol / 4:
            return chain, error
    raise ConvergenceError(
        f"a chain of {len(chain) + 1} sites makes an error of {error[-1]:.2g} at the last time; "
        f"allowed: at most tol / 4 = {tol / 4:g}, so more sites (up to {MOST_SITES}), shorter times"
    )


def _until_zero(chain: Floats) -> Floats:
    ends = np.flatnonzero(chain == 0)
    return chain[: ends[0]] if len(ends) else chain


def _solve(
    chain: Floats, eta: float, times: Floats, state: State, gap: float, tol: float
) -> tuple[Moments, Block]:
    """Moments in the smallest basis that leaks little enough at its edge, and that basis."""
    dark = dark_modes(chain, gap, float(times[-1]))
    smallest = tol / 20
    for _ in range(ROUNDS):
        basis = chain_block(dark, smallest, eta, state, both=state == "coherent")
        moments = solve(basis, 2 * eta, times, tol / 2)
        error = float(moments.error.max())
        if error <= 0.75 * tol:  # a quarter is for the end of the chain
            return moments, basis
        smallest *= min(0.1, tol / (2 * error))
    raise ConvergenceError(
        f"{len(basis.number)} states leave an error of {error:.2g}; allowed: tol of at least "
        f"twice that, shorter times, or a smaller eta"
    )
