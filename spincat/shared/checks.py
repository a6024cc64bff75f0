"""Checks of arguments: every refusal names the argument, its value and the allowed range.

Whatever the object is, a check returns it in the type that the formulas take, or raises
``ValueError`` (``MemoryError`` for a size).  A number or an array is real or complex as asked for,
finite, without masked values, and of magnitude at most `LARGEST`.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, get_args

import numpy as np
import scipy.sparse as sparse

from spincat.shared.memory import usable_memory
from spincat.shared.types import Complexes, Equations, Floats, Parity

T = TypeVar("T")

LARGEST = 1e60
"""Largest magnitude of a number: formulas have fourth powers of it, which are still doubles."""
SMALLEST = 1 / LARGEST
"""Smallest number where one above 0 is asked for, and smallest time after 0."""
LARGEST_INTEGER = 2**53
"""Largest integer that is also a double, as all formulas take it."""
LONGEST = 80
"""Characters of a value in a message."""
SHARE = 0.8
"""Of the memory that one computation may take: arrays in passing are not counted."""


def refusal(name: str, value: Any, allowed: str) -> ValueError:
    """Return the error that says that an argument has this value, and what is allowed instead."""
    return ValueError(f"{name} = {shown(value)}; allowed: {allowed}")


def shown(value: Any) -> str:
    """Return the value as text in one short line."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # an integer of thousands of digits, or a class of anyone
        text = f"<{type(value).__name__} that cannot be shown>"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 20]}...{text[-17:]}"


# -- one number


def _is_integer(value: Any) -> bool:
    # to Python and NumPy a truth value is one, and a duration
    return isinstance(value, numbers.Integral) and not isinstance(value, bool | np.timedelta64)


def check_integer(name: str, value: Any, least: int, most: int = LARGEST_INTEGER) -> int:
    """Return ``value`` as an int, or raise ``ValueError`` unless it is one within these ends."""
    if not _is_integer(value) or value < least:
        raise refusal(name, value, f"an integer of at least {least}")
    if (whole := int(value)) > most:
        raise refusal(name, value, f"an integer of at most {most}")
    return whole


def check_positive_integer(name: str, value: Any) -> int:
    """Return ``value`` as an int, or raise ``ValueError`` unless it is an integer from 1 on."""
    return check_integer(name, value, 1)


def check_seed(seed: Any) -> int:
    """Return the seed, or raise ``ValueError`` unless it is an integer from 0 on, of any size."""
    if not _is_integer(seed) or seed < 0:
        raise refusal("seed", seed, "an integer of at least 0")
    return int(seed)


def check_even(n_spins: int) -> int:
    """Return N, or raise ``ValueError`` unless it is even and at least 4."""
    if check_positive_integer("n_spins", n_spins) % 2 or n_spins < 4:
        raise refusal("n_spins", n_spins, "an even number of at least 4")
    return int(n_spins)


def check_number(name: str, value: Any) -> float:
    """Return ``value`` as a float, or raise ``ValueError`` unless it is one finite number."""
    if (array := check_finite(name, value)).ndim:
        raise refusal(name, value, "a single number")
    return float(array)


def check_complex(name: str, value: Any) -> complex:
    """Return ``value`` as a complex, or raise ``ValueError`` unless it is one finite number."""
    if (array := check_numbers(name, value)).ndim:
        raise refusal(name, value, "a single number")
    return complex(array)


def check_nonnegative(name: str, value: Any) -> float:
    """Return ``value`` as a float, or raise ``ValueError`` unless it is finite and not negative."""
    if (number := check_number(name, value)) < 0:
        raise refusal(name, value, "a number of at least 0")
    return number


def check_duration(name: str, value: Any) -> float:
    """Return ``value`` as a float, or raise ``ValueError`` unless it is 0 or from `SMALLEST` on."""
    if 0 < (number := check_nonnegative(name, value)) < SMALLEST:
        raise refusal(name, value, f"0, or a number of at least {SMALLEST:g}")
    return number


def check_positive(name: str, value: Any) -> float:
    """Return ``value`` as a float, or raise ``ValueError`` unless it is finite and above 0."""
    if (number := check_number(name, value)) <= 0:
        raise refusal(name, value, "a number above 0")
    if number < SMALLEST:
        raise refusal(name, value, f"a number of at least {SMALLEST:g}")
    return number


def check_tolerance(name: str, value: Any, least: float = 1e-12, most: float = 1e-2) -> float:
    """Return ``value`` as a float, or raise ``ValueError`` unless it is within these ends."""
    if not least <= (number := check_number(name, value)) <= most:
        raise refusal(name, value, f"{least:g} to {most:g}")
    return number


def check_theta(theta: float, n_spins: int, parity: str | None = None) -> float:
    """Return the polar angle, or raise ``ValueError`` where the cat state of Eq. 6 is zero."""
    value = check_number("theta", theta)
    if not 0 <= value <= np.pi:
        raise refusal("theta", theta, "0 <= theta <= pi")
    if parity is not None:
        check_parity(parity)
        only = {0.0: "even", np.pi: "odd" if n_spins % 2 else "even"}.get(value, parity)
        if parity != only:
            raise ValueError(
                f"theta = {theta!r} with n_spins = {n_spins} has no {parity} cat state (Eq. 6 "
                f"vanishes); allowed: 0 < theta < pi, or parity = {only!r}"
            )
    return value


# -- arrays


def check_finite(name: str, value: Any, *, infinite: bool = False) -> Floats:
    """Return ``value`` as a float array, or raise ``ValueError`` unless it is real and finite.

    With ``infinite`` it may be infinite, and of any magnitude, but not NaN.
    """
    most = np.inf if infinite else LARGEST
    array = _array(name, value, "iuf", "real numbers", most)
    with np.errstate(over="ignore"):  # of a long double, which may be no double
        return np.asarray(array, dtype=float)


def check_numbers(name: str, value: Any) -> Complexes:
    """Return ``value`` as a complex array, or raise ``ValueError`` unless it is finite."""
    return np.asarray(_array(name, value, "iufc", "numbers"), dtype=complex)


def check_row(name: str, value: Any, size: int | None = None) -> Floats:
    """Return ``value`` as a float array in 1-D, not empty, of ``size`` entries if that is given."""
    array = check_finite(name, value)
    if array.ndim != 1 or not array.size or size not in (None, array.size):
        raise ValueError(
            f"{name} has shape {array.shape}; allowed: "
            + ("one dimension, not empty" if size is None else f"({size},)")
        )
    return np.ascontiguousarray(array)


def check_times(times: Any) -> Floats:
    """Return the times, or raise ``ValueError`` unless they are increasing and not negative."""
    grid = check_finite("times", times)
    if grid.ndim != 1 or grid.size == 0 or grid[0] < 0 or np.any(np.diff(grid) <= 0):
        raise refusal("times", times, "increasing numbers of at least 0, in 1-D")
    if 0 < (first := grid[grid > 0][:1].sum()) < SMALLEST:
        raise ValueError(f"times holds {first}; allowed: 0, and numbers of at least {SMALLEST:g}")
    return np.ascontiguousarray(grid)


def check_square(name: str, value: Any, size: int | None = None) -> Complexes | Floats:
    """Return ``value`` as square matrices (..., d, d), real where it is, d = ``size`` if given."""
    array = _array(name, value, "iufc", "numbers")
    if array.ndim < 2 or array.shape[-1] != array.shape[-2] or not array.size:
        raise ValueError(f"{name} has shape {array.shape}; allowed: square matrices (..., d, d)")
    if size not in (None, array.shape[-1]):
        raise ValueError(f"{name} has shape {array.shape}; allowed: (..., {size}, {size})")
    return np.asarray(array, dtype=complex if array.dtype.kind == "c" else float)


def check_sparse(name: str, value: Any) -> sparse.csr_array:
    """Return a square matrix, dense or sparse, as a sparse one, or raise ``ValueError``.

    Its elements may be squares of numbers: only those of generators are squared once more.
    """
    matrix = value if sparse.issparse(value) else check_square(name, value)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"{name} has shape {matrix.shape}; allowed: a square matrix")
    matrix = sparse.csr_array(matrix)
    _array(name, matrix.data, "iufc", "numbers", LARGEST**2)
    return matrix


def check_list(name: str, value: Any, of: str) -> list[Any]:
    """Return ``value`` as a list, or raise ``ValueError`` unless it is one, ``of`` something."""
    is_list = value.ndim > 0 if isinstance(value, np.ndarray) else isinstance(value, Sequence)
    try:
        if is_list and not isinstance(value, str | bytes):
            return [*value]
    except Exception:  # what a class of anyone raises
        pass
    raise refusal(name, value, f"a list of {of}")


def _array(
    name: str, value: Any, kinds: str, allowed: str, most: float = LARGEST
) -> np.ndarray[Any, Any]:
    try:
        array = np.asarray(value)
    except Exception:  # rows of different lengths, for example, or what a class of anyone raises
        raise refusal(name, value, allowed) from None
    if array.dtype.kind not in kinds:
        raise refusal(name, value, allowed)
    if np.ma.is_masked(value):
        raise refusal(name, value, f"{allowed}, none of them masked")
    if array.dtype in (np.float16, np.float32, np.complex64):  # `LARGEST` is no number of 32 bits
        array = array.astype(complex if array.dtype.kind == "c" else float)
    parts = (array.real, array.imag) if array.dtype.kind == "c" else (array,)
    # A reduction to two numbers, not a mask: detunings may fill most of the memory.
    if array.size and not all(part.min() >= -most and part.max() <= most for part in parts):
        where = np.flatnonzero(~(np.abs(array) <= most))[0]
        raise ValueError(
            f"{name} holds {array.flat[where]!s}"  # in full: a long double may be no double
            + f" at index {where}" * (array.ndim > 0)
            + f"; allowed: {allowed}"
            + (f" of magnitude at most {most:g}" if np.isfinite(most) else ", infinity included")
        )
    return array


# -- other objects


def check_inside(name: str, value: Any, inside: bool, allowed: str) -> None:
    """Raise ``ValueError`` unless ``value`` is inside its range, which ``allowed`` describes."""
    if not inside:
        raise refusal(name, value, allowed)


def check_choice(name: str, value: Any, choices: Iterable[T]) -> T:
    """Return that of the ``choices`` that ``value`` is, or raise ``ValueError``."""
    known = list(choices)
    kind = type(value) if isinstance(value, bool | str) else numbers.Integral
    for choice in known:
        # of the same kind: an array has no single answer to ==, and True is 1
        if isinstance(value, kind) and isinstance(choice, kind) and value == choice:
            return choice
    words = [repr(choice) for choice in known]
    raise refusal(name, value, ", ".join(words[:-1]) + f" or {words[-1]}")


def check_parity(parity: str) -> Parity:
    """Return ``parity``, or raise ``ValueError`` unless it is "even" or "odd"."""
    known: tuple[Parity, ...] = get_args(Parity)
    return check_choice("parity", parity, known)


def check_equations(equations: Equations, *allowed: Equations) -> Equations:
    """Return ``equations``, or raise ``ValueError`` unless it is one of the ``allowed`` ones."""
    known: tuple[Equations, ...] = get_args(Equations)
    return check_choice("equations", equations, allowed or known)


def check_flag(name: str, value: Any) -> bool:
    """Return ``value`` as a bool, or raise ``ValueError`` unless it is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise refusal(name, value, "True or False")
    return bool(value)


def check_instance(name: str, value: Any, *kinds: type) -> None:
    """Raise ``ValueError`` unless ``value`` is an object of one of these classes."""
    if not isinstance(value, kinds):
        raise refusal(name, value, " or ".join(f"a {kind.__name__}" for kind in kinds))


def check_memory(name: str, value: Any, n_bytes: float) -> None:
    """Raise ``MemoryError`` unless ``n_bytes`` fit into the memory that this process may use."""
    if n_bytes > SHARE * (usable := usable_memory()):
        raise MemoryError(
            f"{name} = {shown(value)} needs {n_bytes / 1e9:.3g} GB; allowed: {SHARE:.0%} of the "
            f"{usable / 1e9:.3g} GB that this process may use"
        )


def check_work(name: str, value: Any, work: float, most: float, what: str) -> None:
    """Raise ``ValueError`` if the ``work`` that an argument asks for would take hours."""
    if not work <= most:
        raise refusal(name, value, f"at most {most:.3g} {what}, these are {work:.3g}")
