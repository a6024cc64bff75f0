"""Checks of arguments: every refusal names the argument, its value and the allowed range."""

from __future__ import annotations

import numbers
import os
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from spincat.shared.types import Equations, Floats, Parity


def check_positive_integer(name: str, value: Any) -> int:
    """Return ``value`` as an int, or raise ``ValueError`` unless it is an integer of at least 1."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ValueError(f"{name} = {value!r}; allowed: an integer of at least 1")
    return int(value)


def check_finite(name: str, value: ArrayLike) -> Floats:
    """Return ``value`` as a float array, or raise ``ValueError`` unless it is real and finite."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} = {value!r}; allowed: real numbers")
    array = np.asarray(array, dtype=float)
    # A reduction to two numbers, not a mask: detunings may fill most of the memory.
    if array.size and not (np.isfinite(array.min()) and np.isfinite(array.max())):
        where = np.flatnonzero(~np.isfinite(array))[0]
        raise ValueError(
            f"{name} holds {array.flat[where]} at index {where}; allowed: finite numbers"
        )
    return array


def check_number(name: str, value: float) -> float:
    """Return ``value`` as a float, or raise ``ValueError`` unless it is one finite number."""
    if check_finite(name, value).ndim:
        raise ValueError(f"{name} = {value!r}; allowed: a single number")
    return float(value)


def check_nonnegative(name: str, value: float) -> float:
    """Return ``value`` as a float, or raise ``ValueError`` unless it is finite and not negative."""
    if check_number(name, value) < 0:
        raise ValueError(f"{name} = {value!r}; allowed: a number of at least 0")
    return float(value)


def check_inside(name: str, value: Any, inside: bool, allowed: str) -> None:
    """Raise ``ValueError`` unless ``value`` is inside its range, which ``allowed`` describes."""
    if not inside:
        raise ValueError(f"{name} = {value!r}; allowed: {allowed}")


def check_even(n_spins: int) -> int:
    """Return N, or raise ``ValueError`` unless it is even and at least 4."""
    if check_positive_integer("n_spins", n_spins) % 2 or n_spins < 4:
        raise ValueError(f"n_spins = {n_spins!r}; allowed: an even number of at least 4")
    return int(n_spins)


def check_times(times: ArrayLike) -> Floats:
    """Return the times, or raise ``ValueError`` unless they are increasing and not negative."""
    grid = check_finite("times", times)
    if grid.ndim != 1 or grid.size == 0 or grid[0] < 0 or np.any(np.diff(grid) <= 0):
        raise ValueError(f"times = {times!r}; allowed: increasing numbers of at least 0, in 1-D")
    return np.ascontiguousarray(grid)


def check_tolerance(name: str, value: float, least: float = 1e-12, most: float = 1e-2) -> float:
    """Return ``value`` as a float, or raise ``ValueError`` unless it is within these ends."""
    if not least <= check_number(name, value) <= most:
        raise ValueError(f"{name} = {value!r}; allowed: {least:g} to {most:g}")
    return float(value)


def check_theta(theta: float, n_spins: int, parity: str | None = None) -> float:
    """Return the polar angle, or raise ``ValueError`` where the cat state of Eq. 6 is zero."""
    value = check_nonnegative("theta", theta)
    if value > np.pi:
        raise ValueError(f"theta = {theta!r}; allowed: 0 <= theta <= pi")
    if parity is not None:
        check_parity(parity)
        only = {0.0: "even", np.pi: "odd" if n_spins % 2 else "even"}.get(value, parity)
        if parity != only:
            raise ValueError(
                f"theta = {theta!r} with n_spins = {n_spins} has no {parity} cat state (Eq. 6 "
                f"vanishes); allowed: 0 < theta < pi, or parity = {only!r}"
            )
    return value


def check_parity(parity: str) -> Parity:
    """Return ``parity``, or raise ``ValueError`` unless it is "even" or "odd"."""
    if parity not in get_args(Parity):
        raise ValueError(f"parity = {parity!r}; allowed: 'even' or 'odd'")
    return parity  # type: ignore[return-value]


def check_equations(equations: Equations, *allowed: Equations) -> Equations:
    """Return ``equations``, or raise ``ValueError`` unless it is one of the ``allowed`` ones."""
    if equations not in allowed:
        raise ValueError(f"equations = {equations!r}; allowed: {', '.join(map(repr, allowed))}")
    return equations


def check_memory(name: str, value: object, n_bytes: float) -> None:
    """Raise ``MemoryError`` unless ``n_bytes`` fit into the memory of this machine."""
    try:
        installed = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # not known on this system
        return
    if n_bytes > 0.8 * installed:
        raise MemoryError(
            f"{name} = {value!r} needs {n_bytes / 1e9:.3g} GB; allowed: 80 % of the "
            f"{installed / 1e9:.3g} GB installed"
        )
