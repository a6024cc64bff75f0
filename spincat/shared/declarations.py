"""Declared parameters: type, default, range, unit and meaning of each, and the one check of them.

A parameter is declared by the annotation of an argument, with the metadata of ``annotated_types``:
``Annotated[float, Gt(0), Doc("strength η of the drive"), Unit("Gamma_2")]``.  A range may end at
another parameter (``Below("n_spins", over=8)``), and a rule (``NotMultipleOfPi()``) may stand
beside it.  The check, the table of ``spincat params`` and the docstring are made of the same
metadata; pydantic does the checking.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from annotated_types import Unit
from pydantic import TypeAdapter, ValidationError
from typing_extensions import Doc

from spincat.shared import _annotations
from spincat.shared._annotations import (
    AtLeast,
    AtMost,
    Below,
    End,
    Limit,
    NotMultipleOfPi,
    Rule,
)
from spincat.shared.checks import shown

__all__ = [
    "AtLeast", "AtMost", "Below", "NotMultipleOfPi", "Parameter", "R", "Value",
    "by_name", "check", "check_cell", "computes", "parameters_of", "suggestion", "unchecked",
    "variables_of",
]  # fmt: skip

Value: TypeAlias = bool | int | float | str | list[Any]

P = ParamSpec("P")
R = TypeVar("R")
"""What a declared function returns."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a figure or a notebook, with what its annotation says.

    Without an annotation the type is that of the default, and any value has the right range.
    """

    name: str
    default: Value | None
    annotation: Any = None
    text: str = ""
    """What a notebook says in place of the meaning of the annotation."""
    own_unit: str = ""

    @cached_property
    def declared(self) -> Any:
        """The annotation without None, or one that is made from the default."""
        if self.annotation is None:
            return _annotations.type_of(self.default)
        parts = [part for part in get_args(self.annotation) if part is not type(None)]
        return parts[0] if self._may_be_none else self.annotation

    @cached_property
    def _levels(self) -> list[tuple[Any, tuple[Any, ...]]]:
        """Type and metadata of the parameter, and of the elements if it is a list."""
        return list(_annotations.levels(self.declared))

    @property
    def scalar(self) -> Any:
        """The type of one number or text: bool, int, float or str; ``Any`` for an empty list."""
        found = self._levels[-1][0]
        return str if get_origin(found) is Literal else found

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return len(self._levels) > 1

    @property
    def type(self) -> str:
        """The name of the type, such as "list of float"."""
        words = ["list"] * (len(self._levels) - 1)
        return " of ".join([*words, self.scalar.__name__] if self.scalar is not Any else words)

    @property
    def unit(self) -> str:
        """The unit, or an empty string."""
        units = [item.unit for _, data in self._levels for item in data if isinstance(item, Unit)]
        return self.own_unit or (units[-1] if units else "")

    @property
    def meaning(self) -> str:
        """What the parameter means."""
        texts = [item.documentation for item in self._levels[0][1] if isinstance(item, Doc)]
        return self.text or (texts[-1] if texts else "")

    @property
    def range(self) -> str:
        """The allowed range in words; empty where none is declared, "any" where all are allowed."""
        kind, data = self._levels[-1]
        if get_origin(kind) is Literal:
            return f"one of {', '.join(get_args(kind))}"
        if self.annotation is None:
            return ""
        rules = [item.word for _, items in self._levels for item in items if isinstance(item, Rule)]
        return ", ".join(filter(None, [_annotations.bounds(data), *rules])) or "any"

    def check(self, value: Any, others: Mapping[str, Any]) -> Any:
        """Return the value in the declared type, or raise ``ValueError``.

        ``others`` holds the values of the parameters at which a range may end.
        """
        if value is None and self._may_be_none:
            return None
        try:
            found = self._adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ValueError(self._refusal(first)) from None
        for limit in self.limits:
            if limit.of not in others:
                raise ValueError(
                    f"the range of {self.name} ends at {limit.of}, which is not declared"
                )
            for item in _annotations.elements(found):
                if not limit.holds(item, others[limit.of] / limit.over):
                    raise ValueError(f"{self.name} = {item!r}; allowed: {self.range}")
        for item in _annotations.against_rules(self._levels, found):
            raise ValueError(f"{self.name} = {item!r}; allowed: {self.range}")
        return found

    @property
    def limits(self) -> list[Limit]:
        """The ends of the range that are other parameters."""
        return [item for item in self._levels[-1][1] if isinstance(item, Limit)]

    @property
    def ends(self) -> tuple[End | None, End | None]:
        """The ends of the range that are numbers, lower and upper; None where there is none."""
        return _annotations.ends(self._levels[-1][1])

    @property
    def _may_be_none(self) -> bool:
        return type(None) in get_args(self.annotation)

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(_annotations.strict(self.declared))

    def _refusal(self, error: Any) -> str:
        """Say what is allowed: the range if the type was right, else the type with an example."""
        ranges = ("greater_than", "less_than", "multiple_of", "literal_error")
        value = shown(error["input"])
        too_large = error["type"] == _annotations.TOO_LARGE
        if error["type"].startswith(ranges) or (too_large and self.ends[1]):
            return f"{self.name} = {value}; allowed: {self.range}"
        if error["type"] in (_annotations.TOO_LARGE, _annotations.TWICE):
            return f"{self.name} = {value}; allowed: {error['msg']}"
        kind, example = self.type, self.default
        for _ in error["loc"]:
            kind = kind.removeprefix("list of ")
            example = example[0] if isinstance(example, list) and example else None
        if error["type"] in ("too_short", "too_long"):
            kind += _annotations.length(self._levels[len(error["loc"])][1])
        such = f", such as {shown(example)}" if example is not None else ""
        return f"{self.name} = {value}; allowed: {kind}{such}"


def check(known: Iterable[Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of all parameters: those given, in the declared types, and the defaults.

    An integer is taken where a float is declared, a float without a fraction for an integer, a
    single value for a list of one, and NumPy's scalars become Python's.  Nothing else is converted.
    Raises ``ValueError`` for an unknown name, naming the nearest, for another type, for a value
    outside its range, of a list for each element, and for a list with a value twice.
    """
    table = by_name(known, given)
    values = {name: given.get(name, parameter.default) for name, parameter in table.items()}
    checked: dict[str, Any] = {}
    # first those at which the range of another one may end
    for name in sorted(table, key=lambda name: bool(table[name].limits)):
        checked[name] = table[name].check(values[name], checked)
    return {name: checked[name] for name in table}


def check_cell(namespace: Mapping[str, Any]) -> None:
    """Refuse, in a notebook, what :func:`check` refuses of the cell whose lines have types.

    ``check_cell(globals())`` stands below the parameters, for those who change them in Jupyter;
    ``spincat run`` has checked them before.
    """
    # Python has no such entry as long as no line has a type
    declared = namespace.get("__annotations__", {})
    # what the cell holds is the value, which may be wrong: the default is not known here
    known = [Parameter(name, None, annotation) for name, annotation in declared.items()]
    check(known, {name: namespace[name] for name in declared})


def by_name(known: Iterable[Parameter], names: Iterable[str]) -> dict[str, Parameter]:
    """Return the parameters by their names, or raise ``ValueError`` if one of ``names`` is not."""
    table = {parameter.name: parameter for parameter in known}
    for name in names:
        if name not in table:
            raise ValueError(f"no parameter {name!r}{suggestion(name, table)}")
    return table


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the end of a message on an unknown name: what begins with it or is near, and all."""
    names, wanted = list(dict.fromkeys(known)), str(name)  # of anyone who calls it from Python
    longer = [known for known in names if wanted and known.startswith(wanted)]
    nearest = longer or difflib.get_close_matches(wanted, names, n=1)
    hint = f"; did you mean {' or '.join(map(repr, nearest))}?" if nearest else "."
    return f"{hint} There are: {', '.join(names) or 'none'}"


# -- functions with declared parameters


def computes(*variables: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare a function: it computes these variables, from the parameters of its signature.

    The function then refuses what :func:`check` refuses before it does anything, and its docstring
    has the section "Parameters".
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        inner: Callable[..., R] = function

        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            given = inspect.signature(function).bind(*args, **kwargs).arguments
            return inner(**check(parameters_of(function), given))

        signature, plain = inspect.signature(function), get_type_hints(function)
        arguments = [p.replace(annotation=plain[n]) for n, p in signature.parameters.items()]
        vars(checked).update(
            variables=variables,
            __signature__=signature.replace(
                parameters=arguments, return_annotation=plain.get("return", signature.empty)
            ),
        )
        checked.__annotations__ = plain
        checked.__doc__ = _documented(function)
        return checked

    return decorate


@cache
def parameters_of(function: Callable[..., object]) -> tuple[Parameter, ...]:
    """Return the declared parameters of a function, in the order of its signature."""
    inner = unchecked(function)
    hints = get_type_hints(inner, include_extras=True)
    return tuple(
        Parameter(name, _annotations.plain(argument.default), hints[name])
        for name, argument in inspect.signature(inner).parameters.items()
    )


def variables_of(function: Callable[..., object]) -> tuple[str, ...]:
    """Return the variables that a declared function computes."""
    found: tuple[str, ...] = vars(function)["variables"]
    return found


def unchecked(function: Callable[..., R]) -> Callable[..., R]:
    """Return a declared function without its check, for values that :func:`check` returned."""
    found: Callable[..., R] = inspect.unwrap(function)
    return found


def _documented(function: Callable[..., object]) -> str:
    """Return the docstring with the section "Parameters", in front of "Returns"."""
    entries = [
        f"{p.name}\n    {p.meaning[:1].upper()}{p.meaning[1:]}, {p.range} [{p.unit}]."
        for p in parameters_of(function)
    ]
    section = "\n".join(["Parameters", "----------", *entries]).replace("|", r"\|")
    before, returns, after = inspect.cleandoc(function.__doc__ or "").partition("Returns\n-------")
    return f"{before.rstrip()}\n\n{section}\n\n{returns}{after}"
