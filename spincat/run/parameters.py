"""Parameters of notebooks and figures: their types, values given as text, and grids of values."""

from __future__ import annotations

import ast
import difflib
import math
import numbers
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Value: TypeAlias = bool | int | float | str | list[Any]

GRID_FORMS = (
    "a,b,c (these), start:stop:lin10 (ten with equal differences), or start:stop:log10 (ten with "
    "equal ratios, limits above 0)"
)
"""How the values of a grid are written; the help and the book say the same."""

# How the range begins in a comment such as "number of spins N, at least 2".
_RANGE = re.compile(
    r"[,;]\s+(?=(?:any|even|from|at least|at most|above|below|up to|between|one of)\b)"
)
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "at least": operator.ge, "from": operator.ge, "at most": operator.le, "to": operator.le,
    "above": operator.gt, "below": operator.lt,
}  # fmt: skip
_CLAUSE = re.compile(
    r"(?:,|and|\s)*(?:(even|any)\b|(at least|from|at most|to|above|below) ([^\s,]+))"
)


@dataclass(frozen=True)
class Parameter:
    """A parameter with its default; ``example`` has its type where the default is None."""

    name: str
    default: Value | None
    meaning: str = ""
    unit: str = ""
    example: Value | None = None

    @classmethod
    def described(
        cls, name: str, default: Value | None, text: str, example: Value | None = None
    ) -> Parameter:
        """Return a parameter of which a text says: meaning, range [unit]."""
        meaning, _, rest = text.strip().partition("[")
        return cls(name, default, meaning.strip(), rest.partition("]")[0].strip(), example)

    @property
    def template(self) -> Value:
        """A value of the type that other values must have."""
        value = self.default if self.default is not None else self.example
        assert value is not None
        return value

    @property
    def type(self) -> str:
        """The type that another value must have."""
        return type_name(self.template)

    @property
    def range(self) -> str:
        """What the meaning says of the allowed range, or an empty string."""
        found = _RANGE.search(self.meaning)
        return self.meaning[found.end() :] if found else ""

    @property
    def summary(self) -> str:
        """The meaning without the range."""
        return _RANGE.split(self.meaning, maxsplit=1)[0]


def type_name(value: Any) -> str:
    """Return the name of the type of a value, or raise ``ValueError`` if no parameter has it."""
    if isinstance(value, list) and value:
        return f"list of {type_name(value[0])}"
    # A tuple or None is left out: papermill would hand the notebook a string instead.
    if isinstance(value, bool | int | float | str | list):
        return type(value).__name__
    raise ValueError(f"{value!r} is not a number, a string, True, False or a list of these")


def check_parameters(known: Iterable[Parameter], given: Mapping[str, Any]) -> dict[str, Value]:
    """Return the given values, converted to the types of the known parameters.

    An integer is taken where the default is a float, a float without a fraction where it is an
    integer, and a single value where it is a list.  Nothing else is converted.
    Raises ``ValueError``, naming the nearest parameter or the allowed type.
    """
    table = _table(known, given)
    return {
        name: _converted(name, _listed(value, table[name].template), table[name].template)
        for name, value in given.items()
    }


def check_ranges(known: Iterable[Parameter], values: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` for a value outside the range that its parameter states.

    A range is made of "even", "at least x", "at most x", "above x", "below x" and "from x to y",
    where a limit is a number such as 1/16 or pi, or another parameter, also n_spins/8, or it is
    "one of a, b, c".  Of a list, each element must be inside.  None, a default, is not checked.
    """
    for parameter in known:
        for value in _elements(values.get(parameter.name)):
            if not _inside(value, parameter.range, values):
                raise ValueError(f"{parameter.name} = {value!r}; allowed: {parameter.range}")


def readable(text: str) -> bool:
    """Tell whether a range is stated in the words that :func:`check_ranges` knows."""
    return text.startswith("one of ") or not _CLAUSE.sub("", text)


def _elements(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _elements(item)
    elif value is not None:
        yield value


def _inside(value: Any, text: str, values: Mapping[str, Any]) -> bool:
    if text.startswith("one of "):
        return value in text.removeprefix("one of ").split(", ")
    if not readable(text):
        raise ValueError(f"the range {text!r} cannot be read")
    for word, bound, limit in _CLAUSE.findall(text):
        if word == "even" and value % 2:
            return False
        if bound and not _BOUNDS[bound](value, _limit(limit, values)):
            return False
    return True


def _limit(text: str, values: Mapping[str, Any]) -> float:
    number, _, divisor = text.removeprefix("-").partition("/")
    named = {"pi": math.pi} | dict(values)
    size = float(named.get(number, number)) / float(divisor or 1)
    return -size if text.startswith("-") else size


def assignments(known: Iterable[Parameter], pairs: Iterable[str]) -> dict[str, Value]:
    """Read texts ``name=value`` by the types of the known parameters.

    Raises ``ValueError`` as :func:`check_parameters`, or where a name is given twice.
    """
    table = list(known)
    texts = _split(pairs, "-p name=value")
    types = _table(table, texts)
    return check_parameters(
        table, {name: _read(text, types[name].template) for name, text in texts.items()}
    )


def grid(known: Iterable[Parameter], pairs: Iterable[str]) -> dict[str, list[Value]]:
    """Read texts ``name=a,b,c``, ``name=start:stop:lin10`` or ``log10`` as the values of a grid.

    ``lin10`` means ten values with equal differences, ``log10`` ten with equal ratios; where the
    parameter is an integer they are rounded, and each is taken once.
    For a parameter that is a list, each value becomes a list of one.

    Raises ``ValueError`` as :func:`assignments`, or for a range that has no values.
    """
    table = list(known)
    texts = _split(pairs, f"--grid name=values, where values are {GRID_FORMS}")
    types = _table(table, texts)
    return {name: _axis(types[name], text) for name, text in texts.items()}


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the end of a message on an unknown name: what begins with it or is near, and all."""
    names = list(dict.fromkeys(known))
    longer = [known for known in names if name and known.startswith(name)]
    nearest = longer or difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {' or '.join(map(repr, nearest))}?" if nearest else "."
    return f"{hint} There are: {', '.join(names) or 'none'}"


def _table(known: Iterable[Parameter], names: Iterable[str]) -> dict[str, Parameter]:
    table = {parameter.name: parameter for parameter in known}
    for name in names:
        if name not in table:
            raise ValueError(f"no parameter {name!r}{suggestion(name, table)}")
    return table


def _split(pairs: Iterable[str], form: str) -> dict[str, str]:
    option = form.partition(" ")[0]
    texts: dict[str, str] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise ValueError(f"{option} {pair}; allowed: {form}")
        if name in texts:
            raise ValueError(f"{option} {name}=... is given twice")
        texts[name] = text
    return texts


def _read(text: str, template: Value) -> Any:
    """Read a value as Python writes it; what cannot be read stays text, to be refused by type."""
    if isinstance(template, str):
        return text
    if isinstance(template, bool) and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text


def _axis(parameter: Parameter, text: str) -> list[Value]:
    template = parameter.template
    is_list = isinstance(template, list)
    single = template[0] if isinstance(template, list) and template else template
    if isinstance(single, list):  # the empty list as a default: nothing is known of its elements
        single = 0.0
    name = parameter.name
    if ":" in text and not isinstance(single, bool | str):
        found = _spaced(name, text, isinstance(single, int))
    else:
        found = [_read(part, single) for part in text.split(",")]
    values = [_converted(name, value, single) for value in found]
    if len(set(values)) < len(values):
        raise ValueError(f"--grid {name}={text} has a value twice; allowed: each once")
    return [[value] for value in values] if is_list else values


def _spaced(name: str, text: str, whole: bool) -> list[int] | list[float]:
    match = re.fullmatch(r"([^:]+):([^:]+):(lin|log)(\d+)", text)
    try:
        start, stop, count = (float(match[1]), float(match[2]), int(match[4])) if match else [0] * 3
    except ValueError:
        count = 0
    logarithmic = match is not None and match[3] == "log"
    if count < 1 or not math.isfinite(start + stop) or (logarithmic and min(start, stop) <= 0):
        raise ValueError(f"--grid {name}={text}; allowed: {GRID_FORMS}")
    found = (np.geomspace if logarithmic else np.linspace)(start, stop, int(count))
    if whole:
        return [int(value) for value in np.unique(np.rint(found))]
    return [float(value) for value in found]


def _listed(value: Any, template: Value) -> Any:
    """Return a single value as a list of one where the template is a list of such."""
    if not isinstance(template, list) or isinstance(value, list | tuple):
        return value
    return value if template and isinstance(template[0], list) else [value]


def _converted(name: str, value: Any, template: Value) -> Value:
    """Return ``value`` in the type of ``template``; NumPy's scalars become Python's."""
    if isinstance(template, list) and isinstance(value, list | tuple) and (value or not template):
        return [_converted(name, item, template[0] if template else item) for item in value]
    # bool comes first: to Python, True is an integer.
    if isinstance(template, bool | str) or isinstance(value, bool):
        if type(value) is type(template):
            return value
    elif isinstance(value, numbers.Real) and math.isfinite(value):
        if isinstance(template, float):
            return float(value)
        if isinstance(template, int) and isinstance(value, numbers.Integral):
            return int(value)
        if isinstance(template, int) and float(value).is_integer():  # 1e3
            return int(float(value))
    raise ValueError(f"{name} = {value!r}; allowed: {type_name(template)}, such as {template!r}")
