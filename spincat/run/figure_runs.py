"""List, describe and compute the figures with other parameters; nothing physical.

A figure is an entry of ``spincat.figures.registry.EVERY``; its parameters and variables are what
its function ``compute`` declares (`spincat.shared.declarations`).
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import xarray as xr

from spincat import figures
from spincat.figures.registry import EVERY
from spincat.run._results import publish, results_folder, staged
from spincat.shared import declarations, provenance, reach
from spincat.shared.declarations import Parameter, suggestion
from spincat.shared.parallel import workers

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
    # from the source: `PYTHONOPTIMIZE=2` leaves docstrings out of the code
    source = ast.parse(inspect.getsource(draw if shared else declarations.unchecked(compute)))
    line = (ast.get_docstring(source.body[0]) or "").partition("\n")[0]  # type: ignore[arg-type]
    return re.sub(r":\w+:|`|\\(?=\|)", "", line)  # without its mark-up


def parameters(name: str) -> list[Parameter]:
    """Return the table of parameters of a figure, in the order of its function ``compute``.

    Raises ``ValueError`` for an unknown figure, naming the nearest.
    """
    return list(declarations.parameters_of(_compute(name)))


def variables(name: str) -> list[str]:
    """Return the variables of a figure's dataset, as its function ``compute`` declares them."""
    return list(declarations.variables_of(_compute(name)))


def check(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of all parameters of a figure: those given, and the defaults.

    Raises ``ValueError`` for an unknown name, a wrong type, or a value outside its range.
    """
    return declarations.check(parameters(name), given)


def code(name: str) -> str:
    """Return a hash of all modules that the computation of a figure can reach."""
    return reach.code(f"import {declarations.unchecked(_compute(name)).__module__}")


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
    return compute_checked(name, check(name, given or {}))


def compute_checked(name: str, values: Mapping[str, Any]) -> xr.Dataset:
    """Return the numbers of a figure for values that :func:`check` returned."""
    return declarations.unchecked(_compute(name))(**values)


def run(
    name: str,
    output_dir: str | Path,
    given: Mapping[str, Any] | None = None,
    *,
    formats: Sequence[str] = ("pdf", "svg", "png"),
    styles: Sequence[str] = (),
    jobs: int = 1,
    scheduler: str | None = None,
) -> list[Path]:
    """Compute and draw a figure and return the files: pictures, data (NetCDF, CSV), record (JSON).

    It is drawn in the style of the book, whatever the user's own settings are, with ``styles`` of
    Matplotlib on top: names or paths.  Several processes share it with ``jobs`` above 1 or the
    address of a Dask ``scheduler``.

    All files appear together, or none: what an earlier run of this figure left in the folder, and
    this one does not write, is removed.
    Raises what :func:`compute` and :func:`check_parallel` raise, before anything is written, and
    ``OSError``, before any work, where nothing can be written, or a file has the name of a result
    that is not one of this figure's.
    """
    watch, values = provenance.Stopwatch(), check(name, given or {})
    figures.check_styles(styles)
    if jobs > 1 or scheduler is not None:
        check_parallel(name)
    record, names = f"{name}.provenance.json", [f"{name}.{end}" for end in [*formats, "nc", "csv"]]
    with workers(jobs, scheduler), results_folder(output_dir, record, "figure", names) as folder:
        dataset = compute_checked(name, values)
        with staged(folder, record) as stage, figures.style(*styles):
            plt.switch_backend("Agg")  # a window is of no use here, and may not be possible
            figure = EVERY[name][1](dataset)
            figures.save(figure, dataset, name, stage, formats)
            plt.close(figure)
            publish(stage, record, watch.record(name, values, kind="figure", styles=[*styles]))
    return [folder / file for file in [*names, record]]


def _compute(name: str) -> Callable[..., xr.Dataset]:
    if name not in EVERY:
        raise ValueError(f"no figure {name!r}{suggestion(name, EVERY)}")
    return EVERY[name][0]
