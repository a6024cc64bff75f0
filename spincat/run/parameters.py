"""What ``-p name=value`` accepts: the text of a value, read by the type of its parameter.

A number is written as Python writes it (``1000``, ``1e3``), a text without quotes, a truth value as
``true`` or ``false``, and a list as ``[10, 100]``, or ``10`` for a list of one.  Types, ranges and
meanings are declared in the figures (`spincat.figures.vocabulary`) and chapters, and checked once,
before any work, by `spincat.shared.declarations.check`.  Grids are in `spincat.run.grids`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from spincat.shared.declarations import Parameter, by_name


def assignments(known: Iterable[Parameter], pairs: Iterable[str]) -> dict[str, Any]:
    """Read texts ``name=value`` by the types of the known parameters.

    Raises ``ValueError`` for an unknown name, naming the nearest, or one that is given twice.
    What cannot be read stays text, to be refused by its type.
    """
    texts = split(pairs, "-p name=value")
    table = by_name(known, texts)
    kinds = {name: list if table[name].is_list else table[name].scalar for name in texts}
    return {name: read(text, kinds[name]) for name, text in texts.items()}


def split(pairs: Iterable[str], form: str) -> dict[str, str]:
    """Return the texts by name, or raise ``ValueError`` if one is not of the ``form``."""
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


def read(text: str, kind: Any) -> Any:
    """Return the value of type ``kind`` that a text stands for, or the text itself."""
    if kind is str:
        return text
    if kind is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):  # all are of Python
        return text
