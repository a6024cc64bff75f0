r"""What drive and loss hold of the collective mode of infinitely many broadened spins.

For N → ∞ at fixed amplitude :math:`a = S_-/\sqrt N` is an oscillator, and the spins beside it take
excitations from it (`bright_mode`).  With G(ω) of `spincat.model.line`, the response of a is
:math:`1/[\omega - \Sigma(\omega - G)]` with the self-energy :math:`\Sigma(\omega) = \omega -
1/G(\omega)`: the exchange moves the spins by its gap G from the mode, and no more.  The drive holds
the mode at ω = 0, so that after the memory of the line, a time of the order 1/δ, the line is a loss
of single excitations and a shift.  `spincat.symbolic.bright_mode` derives it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from spincat.model.broadening import Broadening, TwoPoint
from spincat.model.line import self_energy
from spincat.shared.checks import check_nonnegative, check_number, refusal

__all__ = ["HeldMode", "held_mode"]


class HeldMode(NamedTuple):
    r"""The collective mode that drive and loss hold against the spins beside it."""

    loss: float  #: rate κ₁/Γ2 of the loss of single excitations
    shift: float  #: shift Δ/Γ2 of the mode's frequency
    intensity: float  #: held :math:`|a|^2`, 0 where the drive is too weak


def held_mode(line: Broadening, eta: float, gap: float = 0.0) -> HeldMode:
    r"""Loss, shift and held intensity of the collective mode of a broadened ensemble.

    .. math::
        \kappa_1 = -2\operatorname{Im}\Sigma(-G), \qquad
        \Delta = \operatorname{Re}\Sigma(-G), \qquad
        |a|^2 = \sqrt{4\eta^2 - \Delta^2} - \tfrac12\kappa_1 .

    Without a gap, κ₁ = 2/[π w(0)]: 1.596 δ for a Gaussian, 2δ for a Lorentzian of half width δ, and
    there is no shift.  With one, the line is seen at its distance G, where a Lorentzian takes as
    much as before and a Gaussian next to nothing.  The intensity is that of a mean field, without
    fluctuations, until the spins in resonance are saturated, after a time of the order N.

    Parameters
    ----------
    line
        One of the distributions of `spincat.model.broadening`.
    eta
        Strength of the drive, η/Γ2.
    gap
        Exchange gap G/Γ2 (Appendix A), of either sign.

    Returns
    -------
    HeldMode
        κ₁/Γ2, Δ/Γ2 and the held :math:`|a|^2`.

    Raises
    ------
    ValueError
        If an argument is outside its range, or ``gap`` is 0 for two points: they couple the mode to
        one other mode in resonance, which is no loss.

    Examples
    --------
    >>> from spincat.model import Gaussian
    >>> [round(value, 4) for value in held_mode(Gaussian(0.2), 2.0)]
    [0.3192, 0.0, 3.8404]
    >>> [round(value, 4) for value in held_mode(Gaussian(0.2), 2.0, gap=1.0)]
    [0.0, -0.0442, 3.9997]
    """
    strength, distance = check_nonnegative("eta", eta), check_number("gap", gap)
    if isinstance(line, TwoPoint) and line.delta and not distance:
        raise refusal("gap", gap, "other than 0 for a TwoPoint, whose dark mode is in resonance")
    seen = complex(self_energy(line, -distance))
    coherent = np.sqrt(max(4 * strength**2 - seen.real**2, 0.0))
    loss = 2 * abs(seen.imag)  # of a number that is not positive, and may be -0.0
    return HeldMode(loss, seen.real, max(float(coherent) - loss / 2, 0.0))
