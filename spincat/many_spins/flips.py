r"""How fast a cat qubit in an oscillator flips when single excitations are lost.

A broadened line takes single excitations from the bright mode of infinitely many spins
(`held_amplitude`), at a rate κ₁ and without memory if it is a Lorentzian.  What an experiment that
sees this mode only calls its qubit then obeys

.. math::
    \dot\rho = \mathcal D[a^2 - \alpha^2]\rho + \kappa_1\mathcal D[a]\rho .

The two slowest modes of this are the decay of the parity (phase flips), and that of the sign of
⟨a⟩ (bit flips): Mirrahimi et al., New J. Phys. 16, 045014 (2014).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import eigs

from spincat.shared.checks import check_inside, check_number, check_positive

__all__ = ["FlipRates", "flip_rates"]

MOST_ETA = 4.0
"""Largest η/Γ2: beyond, bit flips are rarer than rounding errors."""
LOSSES = 1e-4, 10.0
"""Allowed range of κ₁/Γ2."""
SHIFT = 1e-7
"""Inverted is 𝓛 - SHIFT, as 𝓛 has the eigenvalue 0."""


class FlipRates(NamedTuple):
    """Rates at which what a cat qubit holds decays."""

    bit: float  #: of ⟨a⟩, in units of Γ2
    phase: float  #: of the parity, in units of Γ2


def flip_rates(eta: float, loss: float) -> FlipRates:
    r"""Return the rates of bit and phase flips of a cat qubit, from the eigenvalues of 𝓛.

    To first order in κ₁, with :math:`x = |\alpha|^2 = 2\eta`,

    .. math::
        \gamma_\mathrm{bit} = \kappa_1x\,(\coth2x - 1), \qquad
        \gamma_\mathrm{phase} = \kappa_1x\,(\tanh x + \coth x) :

    e^{-4x} and linear in x.  The second order in κ₁ falls as e^{-2x} only.

    Parameters
    ----------
    eta
        Strength of the drive η/Γ2, above 0 and at most 4.
    loss
        Rate κ₁/Γ2 of the loss of single excitations, from 10⁻⁴ to 10.

    Returns
    -------
    FlipRates
        ``bit`` and ``phase``, in units of Γ2, to within about 10⁻¹².

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> [f"{rate:.3g}" for rate in flip_rates(1.0, 0.01)]
    ['1.6e-05', '0.0399']
    """
    intensity, rate = 2 * check_positive("eta", eta), check_number("loss", loss)
    check_inside("eta", eta, intensity <= 2 * MOST_ETA, f"at most {MOST_ETA:g}")
    least, most = LOSSES
    check_inside("loss", loss, least <= rate <= most, f"from {least:g} to {most:g}")
    size = int(intensity + 8 * np.sqrt(intensity) + 16)
    lower = sparse.diags_array(np.sqrt(np.arange(1.0, size)), offsets=1)
    # the drive is in the jump operator; it does not lead out of the ladder
    driven = np.where(np.arange(size) < size - 2, intensity, 0.0)
    jumps = lower @ lower - sparse.diags_array(driven), np.sqrt(rate) * lower
    generator = sparse.csr_array(sum(_dissipator(sparse.csr_array(jump)) for jump in jumps))
    # elements <m|rho|n>: 0 for those of one parity, 1 for those between the two
    between = np.add.outer(np.arange(size), np.arange(size)).ravel() % 2
    return FlipRates(_slowest(generator, between == 1, 1), _slowest(generator, between == 0, 2))


def _dissipator(jump: sparse.csr_array) -> sparse.csr_array:
    one, square = sparse.eye_array(jump.shape[0]), jump.T @ jump
    losses = sparse.kron(square, one) + sparse.kron(one, square)
    return sparse.csr_array(sparse.kron(jump, jump) - losses / 2)


def _slowest(generator: sparse.csr_array, kept: np.ndarray, which: int) -> float:
    """The rate of the slowest mode, or of the next one if the slowest is stationary."""
    places = np.flatnonzero(kept)
    part = sparse.csc_array(generator[places][:, places])
    start = np.ones(len(places))  # ARPACK would take a random one
    found = eigs(part, k=2, sigma=SHIFT, v0=start, return_eigenvectors=False)
    return float(max(np.sort(-found.real)[which - 1], 0.0))
