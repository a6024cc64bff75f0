r"""The cavity of Appendix A (arXiv:2403.16491) in physical units, and the ensemble it makes.

A cavity at twice the frequency of the spins with a three-wave nonlinearity couples to pairs of
excitations with :math:`g_2 = 3\chi^{(2)}(g/\omega_0)^2`, or 16/3 in place of 3 if the coupling is
that of a linear dipole; eliminated, it drives and damps the spins by pairs (Eqs. 35-39).
Everything here is a rate in rad/s, unlike elsewhere in this package.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spincat.shared.checks import (
    check_complex,
    check_flag,
    check_nonnegative,
    check_number,
    check_positive,
    check_positive_integer,
)


@dataclass(frozen=True)
class Cavity:
    r"""N spins in a lossy cavity with a nonlinear medium, driven at twice their frequency.

    Eq. 31 with a drive and a loss, in rad/s:

    .. math::
        H = \omega_0 S_z + 2\omega_0 a^\dagger a + g(a^\dagger S_- + aS_+)
            + \chi^{(2)}(a+a^\dagger)^3
            + E e^{-2i\omega_0t} a^\dagger + E^* e^{2i\omega_0t} a ,
        \qquad \kappa\mathcal D[a] .

    Parameters
    ----------
    n_spins
        Number of spins N ≥ 1.
    omega
        Frequency ω₀ > 0 of the spins, which is also the detuning Δ of the cavity from them, rad/s.
    coupling
        Coupling g > 0 of one spin, rad/s.
    nonlinearity
        :math:`\chi^{(2)}` > 0, rad/s.
    kappa
        Decay rate κ > 0 of the cavity's energy, rad/s.
    drive
        Complex strength E of the drive, rad/s; none by default.
    counter_rotating
        Whether the spins are linear dipoles, coupled by g(a + a†)(S₊ + S₋).  Eq. 31 leaves out half
        of this, which is right for a coupling to one sense of rotation only: at a cavity of 2ω₀ the
        other half is detuned by 3ω₀ against ω₀.

    Raises
    ------
    ValueError
        If a parameter is not finite or outside its range.

    Examples
    --------
    >>> MHz = 2e6 * np.pi
    >>> empty = Cavity(10**6, 5000 * MHz, 0.25 * MHz, 20 * MHz, 2 * MHz)
    >>> driven = empty.driven(eta=2.0)
    >>> round(driven.intensity, 6), round(driven.eta, 6)
    (4.0, 2.0)
    """

    n_spins: int
    omega: float
    coupling: float
    nonlinearity: float
    kappa: float
    drive: complex = 0.0
    counter_rotating: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_spins", check_positive_integer("n_spins", self.n_spins))
        for name in ("omega", "coupling", "nonlinearity", "kappa"):
            object.__setattr__(self, name, check_positive(name, getattr(self, name)))
        object.__setattr__(self, "drive", check_complex("drive", self.drive))
        check_flag("counter_rotating", self.counter_rotating)

    @property
    def mixing(self) -> float:
        """The small parameter ε = g/Δ of the dispersive transformation, with Δ = ω₀."""
        return self.coupling / self.omega

    @property
    def response(self) -> float:
        """Field a + a† that a spin makes at its frequency, −ε or −4ε/3, without its sign."""
        return self.mixing * (4 / 3 if self.counter_rotating else 1)

    @property
    def pair_coupling(self) -> float:
        """Coupling g₂ of a photon to a pair, rad/s: 3χ⁽²⁾ε² (Eq. 33 with its factor 3) or 16/3."""
        return 3 * self.nonlinearity * self.response**2

    @property
    def gamma2(self) -> float:
        """Two-excitation loss Γ2 = 4g₂²N²/κ, 1/s (Eq. 38)."""
        return 4 * (self.pair_coupling * self.n_spins) ** 2 / self.kappa

    @property
    def displacement(self) -> complex:
        """Amplitude α_d = −2iE/κ of the driven cavity without spins."""
        return -2j * self.drive / self.kappa

    @property
    def eta(self) -> float:
        r"""Strength η/Γ2 of the pair drive, from ηe^{iφ}/N = g₂α_d* (Eq. 37, conjugated)."""
        return float(self.n_spins * self.pair_coupling * abs(self.displacement) / self.gamma2)

    @property
    def phase(self) -> float:
        """Phase φ = −arg α_d of the pair drive, radians."""
        return float(-np.angle(self.displacement)) if self.drive else 0.0

    @property
    def intensity(self) -> float:
        r"""\|α\|² = \|α_d\|κ/(2g₂N) = \|E\|/(g₂N) of the stabilised cat (Eq. 39)."""
        return abs(self.drive) / (self.pair_coupling * self.n_spins)

    def driven(self, eta: float, phase: float = 0.0) -> Cavity:
        r"""Return the same cavity with the drive E that gives η/Γ2 and φ, the way back from Eq. 39.

        .. math::
            E = \tfrac i2\kappa\alpha_d = 2i\,\frac{\eta}{\Gamma_2}\,g_2N\,e^{-i\varphi} .

        Parameters
        ----------
        eta
            η/Γ2 ≥ 0; for a wanted \|α\|² it is \|α\|²/2.
        phase
            φ, radians.

        Returns
        -------
        Cavity
            The same cavity with another drive.

        Raises
        ------
        ValueError
            If ``eta`` is negative or an argument is not finite.
        """
        strength = 2 * check_nonnegative("eta", eta) * self.pair_coupling * self.n_spins
        return replace(
            self, drive=1j * strength * complex(np.exp(-1j * check_number("phase", phase)))
        )

    def conditions(self) -> dict[str, float]:
        r"""Return the numbers that have to be small for Eq. 35 to hold, by what they bound.

        Returns
        -------
        dict[str, float]
            ``dispersive`` ε√N; ``nonlinear`` χ⁽²⁾/ω₀; ``elimination`` g₂N/κ, and for a cat
            ``elimination, cat`` g₂N\|α\|/κ, whose square the error is; ``drive`` η/κ;
            ``single loss`` κε²N/Γ2, the collective one-excitation loss if the bath of the cavity
            is the same at ω₀ as at 2ω₀; ``exchange`` gε/Γ2, what the exchange S₊S₋ leaves among
            symmetric states after a common shift of all spins; ``exchange gap`` gεN/Γ2, by which
            it moves them away from all other states, so that it matters as soon as the spins have
            unequal frequencies (it equals ω₀/(12χ⁽²⁾) times κ/(g₂N)); ``photon shift``
            2gε\|α_d\|²/Γ2, what the photons add to the frequency of every spin; ``anharmonic``
            2\|α_d\|²k/√(k²+κ²), what the cavity's own levels, unequal by k = 30χ⁽²⁾²/ω₀, change in
            the displacement.  Both ``elimination`` and ``elimination, cat`` have to be small.
            For linear dipoles (``counter_rotating``) the single loss is 16/9 of κε²N, if the bath
            couples to the field as they do, the exchange and its gap 4/3 of the above (and the gap
            ω₀/(16χ⁽²⁾) times κ/(g₂N) in units of Γ2), the photon shift 2/3.
        """
        ratio = self.pair_coupling * self.n_spins / self.kappa
        photons = abs(self.displacement) ** 2
        unequal = 30 * self.nonlinearity**2 / self.omega
        shift = self.coupling * self.mixing / self.gamma2
        exchange, by_photons = shift, 2 * shift
        if self.counter_rotating:  # detuned by 3Δ: it adds to the exchange and opposes the photons
            exchange, by_photons = shift * (1 + 1 / 3), 2 * shift * (1 - 1 / 3)
        return {
            "dispersive": self.mixing * float(np.sqrt(self.n_spins)),
            "nonlinear": self.nonlinearity / self.omega,
            "elimination": ratio,
            "elimination, cat": ratio * float(np.sqrt(self.intensity)),
            "drive": self.eta * self.gamma2 / self.kappa,
            "single loss": self.kappa * self.response**2 * self.n_spins / self.gamma2,
            "exchange": exchange,
            "exchange gap": exchange * self.n_spins,
            "photon shift": by_photons * photons,
            "anharmonic": 2 * photons * unequal / float(np.hypot(unequal, self.kappa)),
        }
