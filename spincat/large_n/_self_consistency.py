"""The equation γ = E[w²] of a continuum of spins: its average, and where it has a solution.

For `spincat.large_n.continuum` and `spincat.large_n.critical_linewidths`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from spincat.large_n import _continuum_kernels as kernels
from spincat.large_n.planar_flow import SMALLEST_H
from spincat.model.broadening import NAMED, Broadening, Gaussian, Name
from spincat.shared.checks import check_number, refusal
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Floats

ORDER = 400
"""Number of quadrature nodes."""
LARGEST_GAUSSIAN = 9.0
"""Detunings beyond this many standard deviations, of weight 1e-19, are left out."""


def check_h(h: float) -> float:
    """The drive h of a continuum of spins, inside the range in which it has a steady state."""
    if not SMALLEST_H <= check_number("h", h) < 1 / 16:
        raise refusal("h", h, f"{SMALLEST_H:g} <= h < 1/16" if h > 0 else "0 < h < 1/16")
    return float(h)


def unit_shape(distribution: Name | Broadening) -> Broadening:
    """The broadening with width 1."""
    if isinstance(distribution, Broadening):
        return replace(distribution, delta=1.0)
    if not isinstance(distribution, str) or distribution not in NAMED:
        names = ", ".join(map(repr, NAMED))
        raise refusal("distribution", distribution, f"{names} or a Broadening")
    return NAMED[distribution](1.0)


@lru_cache(maxsize=16)
def nodes_of(shape: Broadening) -> tuple[Floats, Floats]:
    """Quadrature nodes and weights for width 1.

    The excitation of a spin is a resonance in δ_n that can be much narrower than the Gaussian.
    Gauss-Hermite nodes lie too far apart for it; equidistant ones converge as fast and can be many.
    """
    if isinstance(shape, Gaussian):
        x = np.linspace(-LARGEST_GAUSSIAN, LARGEST_GAUSSIAN, ORDER)
        weights = np.exp(-(x**2) / 2)
        return x, weights / weights.sum()
    return shape.nodes(ORDER)


def ends_of_gamma(h: float) -> tuple[float, float]:
    """γ of the two steady states of identical spins; all others lie between."""
    root_ = np.sqrt(1 - 16 * h)
    return ((1 - root_) / 2) ** 2, ((1 + root_) / 2) ** 2


def width_at(gamma: float, h: float, nodes: tuple[Floats, Floats]) -> float:
    """The width at which γ solves E[w²] = γ: the mean falls as the width grows."""

    def excess(width: float) -> float:
        return float(kernels.moment(*nodes, h, gamma, width)) - gamma

    if excess(0.0) <= 0:  # at the ends, by rounding
        return 0.0
    high = 0.1
    while excess(high) > 0:
        high *= 2
        if high > 1e6:
            raise ConvergenceError(f"no width for gamma = {gamma} at h = {h}")
    return float(brentq(excess, 0.0, high, xtol=1e-15))


def fold_of(h: float, nodes: tuple[Floats, Floats]) -> float:
    """The γ at which the width is largest."""
    grid = np.geomspace(*ends_of_gamma(h), 41)[1:-1]
    best = int(np.argmax([width_at(gamma, h, nodes) for gamma in grid]))
    bounds = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(
        lambda gamma: -width_at(gamma, h, nodes), bounds=bounds, method="bounded",
        options={"xatol": 1e-9 * bounds[1]},
    )  # fmt: skip
    if not found.success:
        raise ConvergenceError(found.message)
    return float(found.x)
