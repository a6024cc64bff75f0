"""The parameters of the model, Eqs. 1-2 of arXiv:2403.16491, and what follows from them alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spincat.model.cavity import Cavity
from spincat.shared.checks import (
    check_finite,
    check_instance,
    check_nonnegative,
    check_number,
    check_positive_integer,
)
from spincat.shared.types import Floats


@dataclass(frozen=True, eq=False)
class SpinEnsemble:
    r"""N two-level spins with two-photon drive and collective two-body loss (Eqs. 1-2).

    .. math::
        \dot\rho = -i[H, \rho] + \frac{\Gamma_2}{N^2}\mathcal{D}[S_-^2]\rho, \qquad
        H = \frac12\sum_n \delta_n\sigma^z_n
            + \frac{\eta}{N}\left(e^{i\varphi} S_-^2 + e^{-i\varphi} S_+^2\right).

    All rates are in units of Γ2, so ``eta`` means η/Γ2 and ``detunings`` means δ_n/Γ2.

    Parameters
    ----------
    n_spins
        Number of spins N ≥ 1.
    eta
        Strength of the two-photon drive, η/Γ2 ≥ 0.
    phase
        Phase φ of the drive, in radians.
    detunings
        The N detunings δ_n/Γ2, one per spin; zero for identical spins (the default).

    Raises
    ------
    ValueError
        If a parameter is not finite or outside its range, or ``detunings`` has not N entries.

    Examples
    --------
    >>> round(SpinEnsemble(n_spins=200, eta=0.125).theta, 4)
    0.0707
    """

    n_spins: int
    eta: float
    phase: float = 0.0
    detunings: Floats | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_spins", check_positive_integer("n_spins", self.n_spins))
        object.__setattr__(self, "eta", check_nonnegative("eta", self.eta))
        object.__setattr__(self, "phase", check_number("phase", self.phase))
        if self.detunings is None:  # a view of one zero: takes no memory for any N
            object.__setattr__(self, "detunings", np.broadcast_to(0.0, self.n_spins))
            return
        values = check_finite("detunings", self.detunings)
        if values.shape != (self.n_spins,):
            raise ValueError(
                f"detunings has shape {values.shape}; allowed: ({self.n_spins},), one per spin"
            )
        values = values.copy()
        values.flags.writeable = False
        object.__setattr__(self, "detunings", values)

    @classmethod
    def from_cavity(cls, cavity: Cavity, detunings: ArrayLike | None = None) -> SpinEnsemble:
        """Return the ensemble that a lossy nonlinear cavity makes (Eqs. 35-39, with corrections).

        Parameters
        ----------
        cavity
            Its η/Γ2, φ and N are used; `Cavity.driven` is the way back.
        detunings
            The N detunings δ_n of the spins in rad/s; they are divided by Γ2.  None for zero.

        Returns
        -------
        SpinEnsemble
            η and φ of the cavity, the detunings in units of Γ2.

        Raises
        ------
        ValueError
            If a detuning is not finite, or there are not N.

        Examples
        --------
        >>> cavity = Cavity(10**6, 3e10, 1.5e6, 1.2e8, 1.2e7).driven(eta=2.0, phase=0.3)
        >>> ensemble = SpinEnsemble.from_cavity(cavity)
        >>> round(ensemble.eta, 6), round(ensemble.phase, 6)
        (2.0, 0.3)
        """
        check_instance("cavity", cavity, Cavity)
        scaled = None if detunings is None else check_finite("detunings", detunings) / cavity.gamma2
        return cls(cavity.n_spins, cavity.eta, cavity.phase, scaled)

    @property
    def azimuth(self) -> float:
        """Azimuth ϕ = arg α = -(φ/2 + π/4) of the stabilised coherent state in Eq. 5, radians."""
        return -(self.phase / 2 + np.pi / 4)

    @property
    def alpha(self) -> complex:
        """Stabilised bosonic amplitude α = √(2η/Γ2) exp[-i(φ/2 + π/4)] of Sec. II."""
        return complex(np.sqrt(2 * self.eta) * np.exp(1j * self.azimuth))

    @property
    def theta(self) -> float:
        r"""Polar angle θ of the stabilised coherent state, tan(θ/2) = \|α\|/√N (Sec. III.1)."""
        return float(2 * np.arctan(np.sqrt(2 * self.eta / self.n_spins)))
