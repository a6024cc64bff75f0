"""What ``--grid name=values`` accepts: ``a,b,c``, ``start:stop:lin10`` or ``start:stop:log10``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from spincat.run.parameters import read, split
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
    if len(set(values)) < len(values):
        raise ValueError(f"--grid {parameter.name}={text} has a value twice; allowed: each once")
    return values


def _spaced(parameter: Parameter, text: str) -> list[int] | list[float]:
    match = re.fullmatch(r"([^:]+):([^:]+):(lin|log)(\d+)", text)
    try:
        start, stop, count = (float(match[1]), float(match[2]), int(match[4])) if match else [0] * 3
    except ValueError:
        count = 0
    logarithmic = match is not None and match[3] == "log"
    if count < 1 or not math.isfinite(start + stop) or (logarithmic and min(start, stop) <= 0):
        raise ValueError(f"--grid {parameter.name}={text}; allowed: {GRID_FORMS}")
    found = (np.geomspace if logarithmic else np.linspace)(start, stop, int(count))
    if parameter.scalar is int:
        return [int(value) for value in np.unique(np.rint(found))]
    return [float(value) for value in found]
