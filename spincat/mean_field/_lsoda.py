"""SciPy's LSODA with an end: for `spincat.mean_field.identical_spins` and `two_halves`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Floats

MOST_STEPS = 1_000_000
"""Largest number of evaluations of the rates, which take half a minute."""


def solve(
    rates: Callable[[Floats], Any], start: Any, times: Floats, *, begin: float, rtol: float,
    atol: float,
) -> Floats:  # fmt: skip
    """Solutions of ẏ = ``rates(y)`` at the increasing ``times``, from ``start`` at ``begin`` on.

    The shape is (variables, T).

    Raises ``ConvergenceError`` if LSODA fails, or needs more than `MOST_STEPS` evaluations.
    """
    if times[-1] == begin:
        return np.array(start, dtype=float)[:, None]
    later = times - begin  # from 0 on, where LSODA can take a step of any length
    count = 0

    def counted(_: float, y: Floats) -> Any:
        nonlocal count
        count += 1
        if count > MOST_STEPS:
            raise ConvergenceError(f"times up to {times[-1]:g} need more than {MOST_STEPS} steps")
        return rates(y)

    with np.errstate(over="ignore", invalid="ignore"):  # which a shorter step may mend
        try:
            solution = solve_ivp(
                counted, (0.0, float(later[-1])), start, method="LSODA", t_eval=later, rtol=rtol,
                atol=atol,
            )  # fmt: skip
        except (OverflowError, ValueError) as error:
            raise ConvergenceError(f"no convergence: {error}") from None
    if not solution.success or not np.isfinite(solution.y).all():
        raise ConvergenceError(f"no convergence: {solution.message}")
    return np.asarray(solution.y)
