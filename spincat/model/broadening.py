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

from spincat.shared.checks import (
    check_finite,
    check_instance,
    check_integer,
    check_memory,
    check_nonnegative,
    check_positive_integer,
    check_seed,
    check_work,
)
from spincat.shared.types import Floats

LARGEST_ORDER = 2000
"""Largest number of quadrature nodes, which are eigenvalues of a full matrix."""
MOST_DRAWS = 1e8
"""Largest number of draws at once: half an hour."""


@dataclass(frozen=True)
class Broadening(ABC):
    """A symmetric distribution of detunings with width parameter ``delta`` (units of Γ2).

    Raises
    ------
    ValueError
        If ``delta`` is negative or not finite.

    Examples
    --------
    >>> Gaussian(0.1).draw(n_spins=4, draws=2, seed=1).round(3)
    array([[ 0.035,  0.082,  0.033, -0.13 ],
           [ 0.091,  0.045, -0.054,  0.058]])
    """

    delta: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "delta", check_nonnegative("delta", self.delta))

    @abstractmethod
    def _standard(self, rng: np.random.Generator, n_spins: int) -> Floats:
        """Detunings of N spins in units of ``delta``."""

    @abstractmethod
    def characteristic(self, times: ArrayLike) -> Floats:
        """E[cos δ_n t], the average that free evolution needs, at ``times`` (units 1/Γ2).

        Parameters
        ----------
        times
            Times Γ2·t, any shape.

        Returns
        -------
        Floats
            Shape of ``times``.
        """

    @abstractmethod
    def nodes(self, order: int) -> tuple[Floats, Floats]:
        """Quadrature nodes and weights, both of shape (order,): Σ w f(node) ≈ E[f(δ_n)].

        Parameters
        ----------
        order
            Number of nodes.

        Returns
        -------
        tuple[Floats, Floats]
            Nodes δ_n/Γ2 and weights, each of shape (order,).

        Raises
        ------
        ValueError
            If ``order`` is not an integer from 1 to `LARGEST_ORDER`.
        """

    def realisations(self, n_spins: int, draws: int, seed: int) -> Realisations:
        """The rows of :meth:`draw` one at a time, for ensembles that do not fit in memory.

        Parameters
        ----------
        n_spins, draws, seed
            As in `draw`.

        Returns
        -------
        Realisations
            An iterable of ``draws`` arrays of shape (N,), the same at every iteration.

        Raises
        ------
        ValueError
            If an argument is not an integer of at least 1, the seed of at least 0.
        MemoryError
            If the detunings of one draw do not fit in memory.
        """
        return Realisations(self, n_spins, draws, seed)

    def draw(self, n_spins: int, draws: int, seed: int) -> Floats:
        """Independent detunings of shape (draws, N), reproducible from ``seed``.

        Parameters
        ----------
        n_spins, draws
            Numbers of spins N and of draws.
        seed
            Seed of the generator.

        Returns
        -------
        Floats
            Detunings δ_n/Γ2, shape (draws, N).

        Raises
        ------
        ValueError
            If an argument is not an integer of at least 1, the seed of at least 0, or there are
            more than `MOST_DRAWS` draws.
        MemoryError
            If the detunings do not fit in memory.
        """
        rows = self.realisations(n_spins, draws, seed)
        check_work("draws", draws, draws, MOST_DRAWS, "draws")
        check_memory("draws", draws, 8.0 * draws * n_spins)
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

    def __post_init__(self) -> None:
        check_instance("broadening", self.broadening, Broadening)
        check_positive_integer("n_spins", self.n_spins)
        check_memory("n_spins", self.n_spins, 16.0 * self.n_spins)
        check_positive_integer("draws", self.draws)
        check_seed(self.seed)

    def __len__(self) -> int:
        return self.draws

    def __iter__(self) -> Iterator[Floats]:
        rng = np.random.default_rng(self.seed)
        for _ in range(self.draws):
            yield self.broadening.delta * self.broadening._standard(rng, self.n_spins)


@dataclass(frozen=True)
class Gaussian(Broadening):
    """Normal distribution with standard deviation ``delta``: the paper's choice (Sec. III.1).

    Examples
    --------
    >>> float(Gaussian(0.1).characteristic(10.0).round(4))
    0.6065
    >>> nodes, weights = Gaussian(0.1).nodes(3)
    >>> nodes.round(4), weights.round(4)
    (array([-0.1732,  0.    ,  0.1732]), array([0.1667, 0.6667, 0.1667]))
    """

    def _standard(self, rng: np.random.Generator, n_spins: int) -> Floats:
        return rng.standard_normal(n_spins)

    def characteristic(self, times: ArrayLike) -> Floats:
        """E[cos δ_n t] = exp(-δ²t²/2)."""
        return np.asarray(np.exp(-((self.delta * check_finite("times", times)) ** 2) / 2))

    def nodes(self, order: int) -> tuple[Floats, Floats]:
        """Gauss-Hermite nodes: exact for polynomials in δ_n of degree below 2·order ≤ 600."""
        x, w = np.polynomial.hermite_e.hermegauss(check_integer("order", order, 1, 300))
        return self.delta * x, w / w.sum()


@dataclass(frozen=True)
class Uniform(Broadening):
    """Uniform distribution on [-√3 δ, √3 δ], so that ``delta`` is the standard deviation.

    Examples
    --------
    >>> Uniform(0.1).draw(n_spins=4, draws=1, seed=1).round(3)
    array([[ 0.004,  0.156, -0.123,  0.155]])
    """

    def _standard(self, rng: np.random.Generator, n_spins: int) -> Floats:
        return rng.uniform(-np.sqrt(3), np.sqrt(3), n_spins)

    def characteristic(self, times: ArrayLike) -> Floats:
        """E[cos δ_n t] = sin(√3 δt)/(√3 δt)."""
        return np.asarray(np.sinc(np.sqrt(3) * self.delta * check_finite("times", times) / np.pi))

    def nodes(self, order: int) -> tuple[Floats, Floats]:
        """Gauss-Legendre nodes: exact for polynomials in δ_n of degree below 2·order."""
        x, w = np.polynomial.legendre.leggauss(check_integer("order", order, 1, LARGEST_ORDER))
        return np.sqrt(3) * self.delta * x, w / w.sum()


@dataclass(frozen=True)
class Lorentzian(Broadening):
    """Cauchy distribution with half width at half maximum ``delta``; it has no variance.

    Examples
    --------
    >>> float(Lorentzian(0.1).characteristic(10.0).round(4))
    0.3679
    """

    def _standard(self, rng: np.random.Generator, n_spins: int) -> Floats:
        return rng.standard_cauchy(n_spins)

    def characteristic(self, times: ArrayLike) -> Floats:
        r"""E[cos δ_n t] = exp(-δ\|t\|)."""
        return np.asarray(np.exp(-self.delta * np.abs(check_finite("times", times))))

    def nodes(self, order: int) -> tuple[Floats, Floats]:
        """Midpoints of ``order`` intervals of equal probability, with equal weights."""
        order = check_integer("order", order, 1, LARGEST_ORDER)
        quantiles = (np.arange(order) + 0.5) / order
        return self.delta * np.tan(np.pi * (quantiles - 0.5)), np.full(order, 1 / order)


@dataclass(frozen=True)
class TwoPoint(Broadening):
    """Detunings ±``delta`` with equal probability: the two sub-ensembles of Sec. IV.2.

    Examples
    --------
    >>> TwoPoint(0.1).draw(n_spins=4, draws=1, seed=1)
    array([[-0.1,  0.1,  0.1,  0.1]])
    """

    def _standard(self, rng: np.random.Generator, n_spins: int) -> Floats:
        return rng.choice([-1.0, 1.0], n_spins)

    def characteristic(self, times: ArrayLike) -> Floats:
        """E[cos δ_n t] = cos δt."""
        return np.asarray(np.cos(self.delta * check_finite("times", times)))

    def nodes(self, order: int = 2) -> tuple[Floats, Floats]:
        """The two points, whatever the ``order``: this rule is exact."""
        check_integer("order", order, 1, LARGEST_ORDER)
        return self.delta * np.array([-1.0, 1.0]), np.array([0.5, 0.5])


Name = Literal["gaussian", "uniform", "lorentzian", "two_point"]
NAMED: dict[str, type[Broadening]] = {
    "gaussian": Gaussian,
    "uniform": Uniform,
    "lorentzian": Lorentzian,
    "two_point": TwoPoint,
}
"""The distributions by the names that solvers and parameters have for them."""
