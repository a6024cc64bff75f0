"""What the annotation of a parameter says: its levels, its rules of conversion, its range in words.

The metadata are those of ``annotated_types``, so that pydantic reads them too; a :class:`Limit` is
known here only, as it needs the value of another parameter.
"""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    LiteralString,
    NamedTuple,
    get_args,
    get_origin,
)

import numpy as np
from annotated_types import (
    BaseMetadata,
    Ge,
    GroupedMetadata,
    Gt,
    Le,
    Lt,
    MaxLen,
    MinLen,
    MultipleOf,
)
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from spincat.shared.checks import LARGEST

TOO_LARGE: LiteralString = "too_large"
TWICE: LiteralString = "twice"
"""Types of the errors whose message says what is allowed."""
LARGEST_INTEGER = 2**63 - 1
"""What the attribute of a stored dataset can hold."""


@dataclass(frozen=True)
class Limit(BaseMetadata):
    """An end of a range that is another parameter, or a fraction of it; the check is ours."""

    of: str
    over: int = 1
    word: ClassVar[str]
    holds: ClassVar[Any]

    def __str__(self) -> str:
        return f"{self.of}/{self.over}" if self.over > 1 else self.of


class AtLeast(Limit):
    """``AtLeast("n_spins", over=8)``: at least n_spins/8."""

    word, holds = "at least", staticmethod(operator.ge)


class AtMost(Limit):
    """``AtMost("draws_many")``: at most draws_many."""

    word, holds = "at most", staticmethod(operator.le)


class Below(Limit):
    """``Below("n_spins", over=8)``: below n_spins/8."""

    word, holds = "below", staticmethod(operator.lt)


@dataclass(frozen=True)
class Rule(BaseMetadata):
    """What a value must fulfil beside its range; the check is ours."""

    word: ClassVar[str]
    holds: ClassVar[Any]


class NotMultipleOfPi(Rule):
    """At least 0.001 from each multiple of π, measured by the sine."""

    word, holds = "not a multiple of pi", staticmethod(lambda value: abs(math.sin(value)) >= 1e-3)


def levels(annotation: Any) -> Iterable[tuple[Any, tuple[Any, ...]]]:
    """Yield type and metadata of a parameter, and then of its elements if it is a list."""
    kind, *data = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
    yield kind, tuple(data)
    if inner := get_args(kind):
        if get_origin(kind) is not Literal:
            yield from levels(inner[0])
    elif kind is list:
        yield Any, ()


def strict(annotation: Any, inside: bool = False) -> Any:
    """Return the annotation with the rules of conversion, as pydantic reads it."""
    kind, *data = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
    if inner := get_args(kind) if get_origin(kind) is not Literal else ():
        # a single value stands for a list of one, but not inside of a list
        single = not inside and len(list(levels(inner[0]))) == 1
        rules = [MinLen(1), BeforeValidator(_listed if single else _as_list), *data]
        rules += [] if inside else [AfterValidator(_each_once)]
        return Annotated[list[strict(inner[0], inside=True)], *rules]  # type: ignore[misc]
    rule = {int: _whole, float: _real, bool: _as_it_is(bool), str: _as_it_is(str), list: _any_list}
    if kind in rule:
        return Annotated[kind, *data, BeforeValidator(rule[kind])]
    return annotation


def _real(value: Any) -> float:
    return float(_number(value, LARGEST, f"a number of magnitude at most {LARGEST:g}"))


def _whole(value: Any) -> int:
    number = _number(value, LARGEST_INTEGER, f"an integer of magnitude at most {LARGEST_INTEGER}")
    if number % 1:
        raise ValueError("not a whole number")
    return int(number)


def _number(value: Any, most: float, allowed: str) -> int | float:
    # bool and durations come first: to Python they are integers
    if isinstance(value, bool | np.timedelta64) or not isinstance(value, numbers.Real):
        raise ValueError("not a number")
    number = int(value) if isinstance(value, numbers.Integral) else float(value)
    if number in (math.inf, -math.inf) or number != number:
        raise ValueError("not a finite number")
    if abs(number) > most:
        raise PydanticCustomError(TOO_LARGE, "{allowed}", {"allowed": allowed})
    return number


def _each_once(values: list[Any]) -> list[Any]:
    # they become the coordinates of a dataset, which must tell them apart
    if len({tuple(value) if isinstance(value, list) else value for value in values}) < len(values):
        raise PydanticCustomError(TWICE, "each value once")
    return values


def _as_it_is(kind: Any) -> Callable[[Any], Any]:
    def same(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError(f"not of type {kind.__name__}")
        if kind is str:
            value.encode()  # raises for what no file could hold, as bytes of another encoding
        return value

    return same


def _as_list(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [*value] if value.ndim else value[()]
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return value
    try:
        return [*value]
    except Exception as error:  # a list of anyone
        raise ValueError(f"a list that cannot be read: {error}") from None


def _listed(value: Any) -> Any:
    found = _as_list(value)
    return found if isinstance(found, list) else [value]


def _any_list(value: Any) -> Any:
    found = [*value] if isinstance(value, list | tuple) else [value]
    for item in found:
        type_of(item)
    return found


def elements(value: Any) -> Iterable[Any]:
    """Yield the numbers or texts of a value."""
    if not isinstance(value, list):
        yield value
        return
    for item in value:
        yield from elements(item)


def against_rules(declared: Iterable[tuple[Any, tuple[Any, ...]]], value: Any) -> Iterable[Any]:
    """Yield the values, or lists, that break a rule of their level."""
    values = [value]
    for _, data in declared:
        rules = [item for item in data if isinstance(item, Rule)]
        yield from (item for item in values if not all(rule.holds(item) for rule in rules))
        values = [inner for item in values if isinstance(item, list) for inner in item]


def type_of(value: Any) -> Any:
    """Return the type of a value, or raise ``ValueError`` if no parameter has it."""
    if isinstance(value, list) and value:
        return list[type_of(value[0])]  # type: ignore[misc]
    # A tuple or None is left out: papermill would hand the notebook a string instead.
    if isinstance(value, bool | int | float | str | list):
        return type(value)
    raise ValueError(f"{value!r} is not a number, a string, True, False or a list of these")


def plain(default: Any) -> Any:
    """Return a default as JSON can hold it."""
    return [plain(item) for item in default] if isinstance(default, tuple) else default


class End(NamedTuple):
    """An end of a range that is a number; the range is open if it does not belong to it."""

    number: Any
    open: bool


def ends(data: Iterable[Any]) -> tuple[End | None, End | None]:
    """Return the lower and the upper end of a range, the tightest of each; None without one."""
    items = _flat(data)
    low = [End(x.ge, False) for x in items if isinstance(x, Ge)]
    low += [End(x.gt, True) for x in items if isinstance(x, Gt)]
    high = [End(x.le, False) for x in items if isinstance(x, Le)]
    high += [End(x.lt, True) for x in items if isinstance(x, Lt)]
    # of two ends at one number the open one is the tighter
    return (
        max(low, default=None),
        min(high, key=lambda end: (end.number, not end.open), default=None),
    )


def bounds(data: Iterable[Any]) -> str:
    """Return the bounds in words: the tightest numbers, and other parameters."""
    items = _flat(data)
    low, high = ends(items)
    words = [("above" if low.open else "at least", _shown(low.number))] if low else []
    words += [("below" if high.open else "at most", _shown(high.number))] if high else []
    words += [(x.word, f"{x}") for x in items if isinstance(x, Limit)]
    steps = [x.multiple_of for x in items if isinstance(x, MultipleOf)]
    multiples = ["even" if step == 2 else f"multiple of {_shown(step)}" for step in steps]
    if [word for word, _ in words] == ["at least", "at most"]:
        return ", ".join([*multiples, f"from {words[0][1]} to {words[1][1]}"])
    return ", ".join([*multiples, *[" and ".join(f"{w} {n}" for w, n in words)] * bool(words)])


def length(data: Iterable[Any]) -> str:
    """Return the length of a list in words, such as " of length 2"; empty if none is declared."""
    items = _flat(data)
    least = max((x.min_length for x in items if isinstance(x, MinLen)), default=None)
    most = min((x.max_length for x in items if isinstance(x, MaxLen)), default=None)
    if least == most:
        return "" if least is None else f" of length {least}"
    if least is None or most is None:
        return f" of length at most {most}" if least is None else f" of length at least {least}"
    return f" of length {least} to {most}"


def _flat(data: Iterable[Any]) -> list[Any]:
    # Interval(ge=2, le=10) is Ge(2) and Le(10)
    return [x for item in data for x in (item if isinstance(item, GroupedMetadata) else [item])]


def _shown(number: Any) -> str:
    if abs(number) == math.pi:
        return "-pi" if number < 0 else "pi"
    if isinstance(number, Fraction | int):
        return str(number)
    return f"{number:g}"
