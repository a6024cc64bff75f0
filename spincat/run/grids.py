"""What ``--grid name=values`` accepts: ``a,b,c``, ``start:stop:lin10`` or ``start:stop:log10``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from spincat.run.parameters import read, split
from spincat.shared.checks import LARGEST, shown
from spincat.shared.declarations import Parameter, by_name

GRID_FORMS = (
    "a,b,c (these), start:stop:lin10 (ten with equal differences), or start:stop:log10 (ten with "
    "equal ratios, limits above 0)"
)
"""How the values of a grid are written; the help and the book say the same."""


def grid(known: Iterable[Parameter], pairs: Iterable[str]) -> dict[str, list[Any]]:
    """Read texts ``name=a,b,c``, ``name=start:stop:lin10`` or ``log10`` as the values of a grid.

    ``lin10`` means ten values with equal differences, ``log10`` ten with equal ratios; where the
    parameter is an integer they are rounded, and each is taken once.
    For a parameter that is a list, each value stands for a list of one.

    Raises ``ValueError`` as `spincat.run.parameters.assignments`, for a value that is there twice,
    or for a range that has no values.
    """
    texts = split(pairs, f"--grid name=values, where values are {GRID_FORMS}")
    table = by_name(known, texts)
    return {name: _axis(table[name], text) for name, text in texts.items()}


def _axis(parameter: Parameter, text: str) -> list[Any]:
    if ":" in text and parameter.scalar not in (bool, str):
        return _spaced(parameter, text)
    values = [read(part, parameter.scalar) for part in text.split(",")]
    if any(value in values[:k] for k, value in enumerate(values)):  # one may be a list
        raise ValueError(f"--grid {parameter.name}={text} has a value twice; allowed: each once")
    return values


def _spaced(parameter: Parameter, text: str) -> list[int] | list[float]:
    match = re.fullmatch(r"([^:]+):([^:]+):(lin|log)(\d{1,5})", text)
    try:
        ends = [Decimal(match[1].strip()), Decimal(match[2].strip())] if match else []
    except InvalidOperation:
        ends = []
    finite = all(end.is_finite() for end in ends)
    logarithmic = match is not None and match[3] == "log"
    if not match or not ends or not finite or int(match[4]) < 1 or (logarithmic and min(ends) <= 0):
        raise ValueError(f"--grid {parameter.name}={shown(text)}; allowed: {GRID_FORMS}")
    if max(abs(float(end)) for end in ends) > LARGEST:
        allowed = f"limits of magnitude at most {LARGEST:g}"
        raise ValueError(f"--grid {parameter.name}={shown(text)}; allowed: {allowed}")
    found = _between(ends[0], ends[1], int(match[4]), logarithmic=logarithmic)
    if parameter.scalar is int:
        return sorted({round(value) for value in found})
    return [float(value) for value in found]


def _between(start: Decimal, stop: Decimal, count: int, *, logarithmic: bool) -> list[Decimal]:
    """Equally spaced numbers, exact in decimals: they name the points of a sweep.

    In binary their last digits would depend on the processor, and so would what a repeated sweep
    finds done.
    """
    with localcontext() as context:
        context.prec = 40
        shares = [Decimal(k) / max(count - 1, 1) for k in range(count)]
        if not logarithmic:
            return [start + share * (stop - start) for share in shares]
        ratio = (stop / start).ln()
        inner = [start * (share * ratio).exp() for share in shares]
        return [start, *inner[1:-1], stop][:count]
