"""List, describe and compute the figures with other parameters; nothing physical.

A figure is an entry of ``spincat.figures.registry.EVERY``; its parameters are those of its
function ``compute``, and the docstring of that function says what they mean, which values are
allowed and in which unit: "Largest detuning δ, at least 0 [Gamma_2]."  All three are read there.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from spincat import figures
from spincat.figures.registry import EVERY
from spincat.run.parameters import Parameter, Value, check_parameters, check_ranges, suggestion
from spincat.shared import provenance
from spincat.shared.files import results_folder

# Names mean the same everywhere; a docstring may say more.
_COMMON = {
    "n_spins": "Number of spins N, at least 1 [1]",
    "eta": "Strength η of the two-photon drive, above 0 [Gamma_2]",
    "phase": "Phase φ of the two-photon drive, any [rad]",
    "delta": "Standard deviation δ of the detunings, at least 0 [Gamma_2]",
    "draws": "Sets of random detunings, at least 1 [1]",
    "seed": "Seed of the random numbers, at least 0 [1]",
    "t_max": "Last time, at least 0 [1/Gamma_2]",
    "n_times": "Number of times, at least 1 [1]",
}

PARALLEL = frozenset(
    {"fig2", "advantage_map", "advantage_sizes", "fig4", "two_halves_edges", "exact_boundary",
     "critical_linewidth"}
)  # fmt: skip
"""The figures that several processes can share; any figure can be swept by several."""


def names() -> list[str]:
    """Return the names of the figures."""
    return list(EVERY)


def title(name: str) -> str:
    """Return the first sentence on what the figure computes, or how it draws what others do too."""
    compute, draw = _compute(name), EVERY[name][1]
    # two figures may show the same numbers: then how they are drawn tells them apart
    shared = sum(other is compute for other, _ in EVERY.values()) > 1
    return _plain_text((inspect.getdoc(draw if shared else compute) or "").partition("\n")[0])


def parameters(name: str) -> list[Parameter]:
    """Return the table of parameters of a figure, in the order of its function ``compute``.

    Raises ``ValueError`` for an unknown figure, naming the nearest.
    """
    return list(_parameters(_compute(name)))


@cache
def _parameters(function: Callable[..., object]) -> tuple[Parameter, ...]:
    hints = get_type_hints(function)
    return tuple(
        Parameter.described(
            parameter.name,
            _plain(parameter.default),
            _description(function, parameter.name),
            _example(hints[parameter.name]) if parameter.default is None else None,
        )
        for parameter in inspect.signature(function).parameters.values()
    )


def variables(name: str) -> list[str]:
    """Return the variables of a figure's dataset, as its function ``compute`` documents them."""
    return re.findall(r"``(\w+)``", _section(_compute(name), "Returns"))


def check(name: str, given: Mapping[str, Any]) -> dict[str, Value]:
    """Return the given values in the types of the figure's parameters.

    Raises ``ValueError`` for an unknown name, a wrong type, or a value outside its range.
    """
    known = parameters(name)
    values = check_parameters(known, given)
    check_ranges(known, {parameter.name: parameter.default for parameter in known} | values)
    return values


def check_parallel(name: str) -> None:
    """Raise ``ValueError`` for a figure that one process computes, however many there are."""
    if name not in PARALLEL:
        raise ValueError(
            f"{name} is computed by one process; allowed: one job, no scheduler, or a sweep of it. "
            f"Shared out are {', '.join(n for n in EVERY if n in PARALLEL)}"
        )


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

    What an earlier run of this figure left in the folder, and this one does not write, is removed.
    Raises what :func:`compute` raises, before anything is written, and ``OSError``, before any
    work, where nothing can be written.
    """
    watch, values = provenance.Stopwatch(), check(name, given or {})
    with results_folder(output_dir) as folder:
        dataset = compute(name, values)
        with plt.style.context(figures.STYLE):
            plt.switch_backend("Agg")  # a window is of no use here, and may not be possible
            figure = EVERY[name][1](dataset)
            figures.save(figure, dataset, name, folder, formats)
            plt.close(figure)
        files = [folder / f"{name}.{ending}" for ending in [*formats, "nc", "csv"]]
        record = folder / f"{name}.provenance.json"
        provenance.write_record(watch.record(name, all_parameters(name, values)), record, files)
    return [*files, record]


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


def _description(function: Callable[..., object], name: str) -> str:
    """Return what the docstring says of a parameter, or the function that it names in its place."""
    entries = re.findall(
        r"^(\S.*)\n((?:[ ].*\n?|\n)+)", _section(function, "Parameters"), re.MULTILINE
    )
    for heads, text in entries:
        names, meaning = re.split(r",\s*", heads), " ".join(text.split())
        if name in names:
            if names == [name] and "[" in meaning:
                return _plain_text(meaning)
            if other := re.match(r"As in (?::func:)?`([\w.]+)`", meaning):
                return _description(_function(other[1], function.__module__), name)
    return _COMMON.get(name, "")


def _function(name: str, module: str) -> Callable[..., object]:
    """Return the function of that name in a module, or the one with a full name."""
    path, _, last = name.rpartition(".")
    found: Callable[..., object] = getattr(import_module(path or module), last)
    return found


def _section(function: Callable[..., object], title: str) -> str:
    """Return one section of a docstring."""
    doc = inspect.getdoc(function) or ""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\w[^\n]*\n-+\n|\Z)", doc, re.DOTALL | re.MULTILINE)
    return found[1] if found else ""


def _plain_text(text: str) -> str:
    """Return prose of a docstring without its mark-up."""
    return re.sub(r":\w+:|`|\\(?=\|)", "", text)
