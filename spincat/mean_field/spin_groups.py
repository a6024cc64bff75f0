"""Groups of equal spins: as many spins as one likes, at the cost of the number of groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spincat.shared.checks import (
    LARGEST_INTEGER,
    check_finite,
    check_nonnegative,
    check_number,
    check_row,
    refusal,
)
from spincat.shared.types import Floats, Integers

__all__ = ["SpinGroups", "check_multiplicities"]


@dataclass(frozen=True, eq=False)
class SpinGroups:
    r"""N spins in G groups of equal spins, with the drive and the loss of Eqs. 1-2.

    The spins of a group have one detuning and, in mean field, one state; each of them feels the
    others of its group.  It takes the place of a `spincat.model.ensemble.SpinEnsemble` of N spins
    in `spincat.mean_field.all_spins.integrate`.

    Parameters
    ----------
    multiplicities
        Numbers of spins in the groups, integers of at least 1, shape (G,).
    eta
        Strength of the drive of all N spins, η/Γ2 ≥ 0.
    phase
        Phase φ of the drive, in radians.
    detunings
        δ/Γ2 of each group, shape (G,), or one for all groups; zero by default.

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.

    Examples
    --------
    >>> halves = SpinGroups([500_000, 500_000], eta=2e4, detunings=[0.05, -0.05])
    >>> halves.n_spins
    1000000
    """

    multiplicities: Integers
    eta: float
    phase: float = 0.0
    detunings: Floats | float = 0.0

    def __post_init__(self) -> None:
        counts = check_multiplicities(self.multiplicities)
        object.__setattr__(self, "eta", check_nonnegative("eta", self.eta))
        object.__setattr__(self, "phase", check_number("phase", self.phase))
        offsets = check_finite("detunings", self.detunings)
        if offsets.shape not in ((), counts.shape):
            raise ValueError(f"detunings has shape {offsets.shape}; allowed: () or {counts.shape}")
        object.__setattr__(self, "multiplicities", counts)
        object.__setattr__(self, "detunings", np.broadcast_to(offsets, counts.shape))

    @property
    def n_spins(self) -> int:
        """Number N of spins in all groups together."""
        return int(self.multiplicities.sum())


def check_multiplicities(multiplicities: ArrayLike) -> Integers:
    """Return the numbers of spins, or raise ``ValueError`` unless they are integers from 1 on."""
    counts = check_row("multiplicities", multiplicities)
    whole = np.asarray(multiplicities).dtype.kind in "iu"
    if not whole or counts.min() < 1 or counts.sum() > LARGEST_INTEGER:
        raise refusal(
            "multiplicities", multiplicities,
            f"integers of at least 1, with a sum of at most {LARGEST_INTEGER}",
        )  # fmt: skip
    return counts.astype(np.int64)
