"""Distributions of the detunings δ_n: seeded draws, quadrature nodes and characteristic functions.

Every distribution is symmetric about zero, and draws are independent, as in Sec. III.1: the mean
of N drawn detunings is zero only on average. Widths are in units of Γ2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from spincat.shared.checks import check_finite, check_nonnegative, check_positive_integer
from spincat.shared.types import Floats


@dataclass(frozen=True)
class Broadening(ABC):
    """A symmetric distribution of detunings with width parameter ``delta`` (units of Γ2).

    Raises
    ------
    ValueError
        If ``delta`` is negative or not finite.
    """

    delta: float

    def __post_init__(self) -> None:
        check_nonnegative("delta", self.delta)

    @abstractmethod
    def _standard(self, rng: np.random.Generator, n_spins: int) -> Floats:
        """Detunings of N spins in units of ``delta``."""

    @abstractmethod
    def characteristic(self, times: ArrayLike) -> Floats:
        """E[cos δ_n t], the average that free evolution needs, at ``times`` (units 1/Γ2)."""

    @abstractmethod
    def nodes(self, order: int) -> tuple[Floats, Floats]:
        """Quadrature nodes and weights, both of shape (order,): Σ w f(node) ≈ E[f(δ_n)]."""

    def realisations(self, n_spins: int, draws: int, seed: int) -> Realisations:
        """The rows of :meth:`draw` one at a time, for ensembles that do not fit in memory.

        Raises
        ------
        ValueError
            If ``n_spins`` or ``draws`` is not an integer of at least 1.
        """
        check_positive_integer("n_spins", n_spins)
        check_positive_integer("draws", draws)
        return Realisations(self, n_spins, draws, seed)

    def draw(self, n_spins: int, draws: int, seed: int) -> Floats:
        """Independent detunings of shape (draws, N), reproducible from ``seed``.

        Raises
        ------
        ValueError
            If ``n_spins`` or ``draws`` is not an integer of at least 1.
        """
        rows = self.realisations(n_spins, draws, seed)
        detunings = np.empty((draws, n_spins))
        for index, row in enumerate(rows):
            detunings[index] = row
        return detunings


@dataclass(frozen=True)
class Realisations:
    """An iterable of ``draws`` arrays of ``n_spins`` detunings, the same at every iteration."""

    broadening: Broadening
    n_spins: int
    draws: int
    seed: int

    def __len__(self) -> int:
        return self.draws

    def __iter__(self) -> Iterator[Floats]:
        rng = np.random.default_rng(self.seed)
        for _ in range(self.draws):
            yield self.broadening.delta * self.broadening._standard(rng, self.n_spins)


@dataclass(frozen=True)
class Gaussian(Broadening):
    """Normal distribution with standard deviation ``delta``: the paper's choice (Sec. III.1)."""

    def _standard(self, rng: np.random.Generator, n_spins: int) -> Floats:
        return rng.standard_normal(n_spins)

    def characteristic(self, times: ArrayLike) -> Floats:
        """E[cos δ_n t] = exp(-δ²t²/2)."""
        return np.asarray(np.exp(-((self.delta * check_finite("times", times)) ** 2) / 2))

    def nodes(self, order: int) -> tuple[Floats, Floats]:
        """Gauss-Hermite nodes: exact for polynomials in δ_n of degree below 2·order."""
        x, w = np.polynomial.hermite_e.hermegauss(check_positive_integer("order", order))
        return self.delta * x, w / w.sum()


@dataclass(frozen=True)
class Uniform(Broadening):
    """Uniform distribution on [-√3 δ, √3 δ], so that ``delta`` is the standard deviation."""

    def _standard(self, rng: np.random.Generator, n_spins: int) -> Floats:
        return rng.uniform(-np.sqrt(3), np.sqrt(3), n_spins)

    def characteristic(self, times: ArrayLike) -> Floats:
        """E[cos δ_n t] = sin(√3 δt)/(√3 δt)."""
        return np.asarray(np.sinc(np.sqrt(3) * self.delta * check_finite("times", times) / np.pi))

    def nodes(self, order: int) -> tuple[Floats, Floats]:
        """Gauss-Legendre nodes: exact for polynomials in δ_n of degree below 2·order."""
        x, w = np.polynomial.legendre.leggauss(check_positive_integer("order", order))
        return np.sqrt(3) * self.delta * x, w / w.sum()


@dataclass(frozen=True)
class Lorentzian(Broadening):
    """Cauchy distribution with half width at half maximum ``delta``; it has no variance."""

    def _standard(self, rng: np.random.Generator, n_spins: int) -> Floats:
        return rng.standard_cauchy(n_spins)

    def characteristic(self, times: ArrayLike) -> Floats:
        r"""E[cos δ_n t] = exp(-δ\|t\|)."""
        return np.asarray(np.exp(-self.delta * np.abs(check_finite("times", times))))

    def nodes(self, order: int) -> tuple[Floats, Floats]:
        """Midpoints of ``order`` intervals of equal probability, with equal weights."""
        order = check_positive_integer("order", order)
        quantiles = (np.arange(order) + 0.5) / order
        return self.delta * np.tan(np.pi * (quantiles - 0.5)), np.full(order, 1 / order)


@dataclass(frozen=True)
class TwoPoint(Broadening):
    """Detunings +δ and -δ with equal probability: the two sub-ensembles of Sec. IV.2."""

    def _standard(self, rng: np.random.Generator, n_spins: int) -> Floats:
        return rng.choice([-1.0, 1.0], n_spins)

    def characteristic(self, times: ArrayLike) -> Floats:
        """E[cos δ_n t] = cos δt."""
        return np.asarray(np.cos(self.delta * check_finite("times", times)))

    def nodes(self, order: int = 2) -> tuple[Floats, Floats]:
        """The two points, whatever the ``order``: this rule is exact."""
        check_positive_integer("order", order)
        return self.delta * np.array([-1.0, 1.0]), np.array([0.5, 0.5])


Name = Literal["gaussian", "uniform", "lorentzian", "two_point"]
NAMED: dict[str, type[Broadening]] = {
    "gaussian": Gaussian,
    "uniform": Uniform,
    "lorentzian": Lorentzian,
    "two_point": TwoPoint,
}
"""The distributions by the names that solvers and parameters have for them."""
