"""The types of a notebook's parameters, read from its source: nothing of it is executed.

A type is made of names of ``MODULES`` and Python's own types, of numbers, of texts inside of a
``Literal`` or of metadata, and of ``X[...]``, ``X | None``, a quotient, a sign, and calls of
metadata: ``Annotated[Eta, Below("n_spins", over=8)]``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Literal

from annotated_types import BaseMetadata, Interval, Len
from typing_extensions import Doc

MODULES = (
    "spincat.figures.vocabulary", "spincat.shared.declarations", "annotated_types", "typing",
    "typing_extensions", "collections.abc", "math",
)  # fmt: skip
"""Where the names of a type may come from."""

PLAIN = {"bool": bool, "int": int, "float": float, "str": str, "list": list}


def names_of(annotations: Iterable[ast.expr], body: Iterable[ast.stmt]) -> dict[str, Any]:
    """Return what the names of the annotations stand for, by the statements ``from ... import``.

    Raises ``ValueError`` for a name of another module.
    """
    used = {x.id for node in annotations for x in ast.walk(node) if isinstance(x, ast.Name)}
    origins = {
        alias.asname or alias.name: ("." * node.level + (node.module or ""), alias.name)
        for node in body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return PLAIN | {name: _declared(*origins[name]) for name in used & origins.keys()}


def _declared(module: str, name: str) -> Any:
    if module not in MODULES:
        raise ValueError(f"type {name} of {module}; allowed: those of {', '.join(MODULES)}")
    found = getattr(import_module(module), name, None)
    # a function would be called by what takes it, such as `Predicate`
    if found is None or isinstance(found, FunctionType | BuiltinFunctionType | ModuleType):
        raise ValueError(f"{module} has no type {name}")
    return found


def evaluate(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the type that an annotation means.

    Raises ``ValueError`` for what no type is made of, and what its metadata raise.
    """
    match node:
        case ast.Constant(value=int() | float() | None as value):
            return value
        case ast.Name(id=name):
            if name not in names:
                raise ValueError(f"name {name!r} is not defined; allowed: a type imported above")
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -evaluate(operand, names)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return evaluate(left, names) / evaluate(right, names)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return evaluate(left, names) | evaluate(right, names)
        case ast.Subscript(value=outer, slice=inner):
            return _of(evaluate(outer, names), inner, names)
        case ast.Call(func=function, args=args, keywords=keywords):
            return _metadata(evaluate(function, names), args, keywords, names)
    raise ValueError(f"{ast.unparse(node)}; allowed: a type of imported names")


def _of(outer: Any, inner: ast.expr, names: Mapping[str, Any]) -> Any:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    # a text that stands for a type would be executed by pydantic
    kinds = [_argument(x, names) if outer is Literal else evaluate(x, names) for x in parts]
    return outer[tuple(kinds) if isinstance(inner, ast.Tuple) else kinds[0]]


def _metadata(
    kind: Any, args: list[ast.expr], keywords: list[ast.keyword], names: Mapping[str, Any]
) -> Any:
    known = isinstance(kind, type) and issubclass(kind, BaseMetadata | Interval | Len | Doc)
    if not known or not all(word.arg for word in keywords):
        raise ValueError(f"a call of {getattr(kind, '__name__', kind)}; allowed: metadata")
    named = {str(word.arg): _argument(word.value, names) for word in keywords}
    return kind(*(_argument(x, names) for x in args), **named)


def _argument(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=str() as text):
            return text
    return evaluate(node, names)
