"""List, describe and compute the figures with other parameters; nothing physical.

A figure is an entry of ``spincat.figures.__main__.EVERY``; its parameters are those of its
function ``compute``, and the docstring of that function says what they mean.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from spincat import _checks, figures, provenance
from spincat.figures.__main__ import EVERY
from spincat.parameters import Parameter, Value, check_parameters, suggestion

# Names mean the same everywhere: what they mean, their unit, and a check before any work.
_COMMON: dict[str, tuple[str, str, Callable[[str, Any], object]]] = {
    "n_spins": ("number of spins N, at least 1", "1", _checks.check_positive_integer),
    "eta": ("strength η of the two-photon drive, at least 0", "Gamma_2", _checks.check_nonnegative),
    "phase": ("phase φ of the two-photon drive", "rad", _checks.check_number),
    "delta": ("width δ of the detunings, at least 0", "Gamma_2", _checks.check_nonnegative),
    "draws": (
        "sets of random detunings, at least 1",
        "1",
        _checks.check_positive_integer,
    ),
    "seed": ("seed of the random numbers, at least 0", "1", _checks.check_nonnegative),
    "t_max": ("last time, at least 0", "1/Gamma_2", _checks.check_nonnegative),
    "n_times": ("number of times, at least 1", "1", _checks.check_positive_integer),
}


def names() -> list[str]:
    """Return the names of the figures."""
    return list(EVERY)


def title(name: str) -> str:
    """Return the first sentence on what the figure computes."""
    return _plain_text((inspect.getdoc(_compute(name)) or "").partition("\n")[0])


def parameters(name: str) -> list[Parameter]:
    """Return the table of parameters of a figure, in the order of its function ``compute``.

    Raises ``ValueError`` for an unknown figure, naming the nearest.
    """
    function = _compute(name)
    meanings, hints = dict(_meanings(function)), get_type_hints(function)
    return [
        Parameter(
            parameter.name,
            _plain(parameter.default),
            *_COMMON.get(parameter.name, (meanings.get(parameter.name, ""), ""))[:2],
            example=_example(hints[parameter.name]) if parameter.default is None else None,
        )
        for parameter in inspect.signature(function).parameters.values()
    ]


def check(name: str, given: Mapping[str, Any]) -> dict[str, Value]:
    """Return the given values in the types of the figure's parameters.

    Raises ``ValueError`` for an unknown name, a wrong type, or a value that no figure allows.
    """
    values = check_parameters(parameters(name), given)
    for key, value in values.items():
        if key in _COMMON:
            _COMMON[key][2](key, value)
    return values


def compute(name: str, given: Mapping[str, Any] | None = None) -> xr.Dataset:
    """Return the numbers of a figure, with other parameters.

    Raises ``ValueError`` as :func:`check`, and what the function itself raises.
    """
    return _compute(name)(**check(name, given or {}))


def all_parameters(name: str, given: Mapping[str, Any]) -> dict[str, Value | None]:
    """Return the values of all parameters: those given, and the defaults of the others."""
    return {known.name: known.default for known in parameters(name)} | check(name, given)


def run(
    name: str,
    output_dir: str | Path,
    given: Mapping[str, Any] | None = None,
    *,
    formats: Sequence[str] = ("pdf", "svg", "png"),
) -> list[Path]:
    """Compute and draw a figure and return the files: pictures, data (NetCDF, CSV), record (JSON).

    Raises what :func:`compute` raises, before anything is written.
    """
    watch, values = provenance.Stopwatch(), check(name, given or {})
    dataset, folder = compute(name, values), Path(output_dir)
    with plt.style.context(figures.STYLE):
        plt.switch_backend("Agg")  # a window is of no use here, and may not be possible
        figure = EVERY[name][1](dataset)
        figures.save(figure, dataset, name, folder, formats)
        plt.close(figure)
    endings = [*formats, "nc", "csv"]
    record = folder / f"{name}.provenance.json"
    provenance.write_record(watch.record(name, all_parameters(name, values)), record)
    return [*(folder / f"{name}.{ending}" for ending in endings), record]


def _compute(name: str) -> Callable[..., xr.Dataset]:
    if name not in EVERY:
        raise ValueError(f"no figure {name!r}{suggestion(name, EVERY)}")
    return EVERY[name][0]


def _plain(default: Any) -> Value | None:
    """Return a default as JSON can hold it."""
    if isinstance(default, tuple | np.ndarray):
        return [_plain(item) for item in default]
    return default.item() if isinstance(default, np.generic) else default  # type: ignore[no-any-return]


def _example(hint: Any) -> Value:
    """Return a value of the type of a parameter whose default is None."""
    (kind,) = (part for part in get_args(hint) if part is not type(None))
    examples: dict[Any, Value] = {int: 1, float: 0.5, str: ""}
    return examples.get(kind, [0.5])


def _meanings(function: Callable[..., object]) -> Iterator[tuple[str, str]]:
    """Yield the names and descriptions in the section Parameters of a docstring."""
    doc = inspect.getdoc(function) or ""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n-+\n|\Z)", doc, re.DOTALL | re.M)
    entries = re.findall(r"^(\S.*)\n((?:[ ].*\n?|\n)+)", section[1] if section else "", re.M)
    for heads, text in entries:
        meaning = _plain_text(" ".join(text.split()).rstrip("."))
        for head in re.split(r",\s*", heads):
            yield head, meaning


def _plain_text(text: str) -> str:
    """Return prose of a docstring without its mark-up."""
    return re.sub(r":\w+:|`|\\(?=\|)", "", text)
