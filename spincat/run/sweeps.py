"""Sweep a figure or a notebook over a grid of parameters: one dataset, and a record per point.

A point is a folder ``points/<key>`` that is there as a whole or not at all, so that a sweep that
was interrupted, or killed, goes on where it was; one whose files are not those of its record is
computed again.  The key is a hash of all parameters, of the code cells of a notebook, and of the
modules of the package that the computation can reach: edited code never gets old numbers.  Points
are computed by processes of this
machine or by a Dask cluster; only the calling process writes, so nothing else needs the folder.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import xarray as xr
from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from tqdm import tqdm

from spincat import figures
from spincat.run import _points, _records, figure_runs, notebook_runs, notebooks, swept_data
from spincat.run._interrupts import noticed
from spincat.run._results import publish, results_folder, staged
from spincat.shared import declarations, files, provenance
from spincat.shared.checks import check_list, check_memory, refusal
from spincat.shared.cluster import connected
from spincat.shared.declarations import Parameter, Value, suggestion
from spincat.shared.extras import import_extra
from spincat.shared.parallel import check_workers, started, workers

MOST_POINTS = 100_000
_EDITED = "spincat was edited since the sweep began; the same command goes on with the new one"
Outcomes: TypeAlias = Generator[tuple["Point", dict[str, bytes] | str]]


class SweepError(RuntimeError):
    """Points of a sweep failed; the others are kept."""


@dataclass(frozen=True)
class Point:
    """One point of a sweep: what a worker needs to compute it, and where its files go."""

    name: str
    source: str | None
    """The text of the notebook, None for a figure."""
    swept: dict[str, Value]
    given: tuple[str, ...]
    """The names of the parameters that were given, the swept ones among them."""
    key: str
    values: dict[str, Value | None]
    """All parameters with their values, checked."""
    code: str
    """Hash of the whole package in the process that planned the sweep."""


def parameters(name: str) -> list[Parameter]:
    """Return the table of parameters of a figure or a notebook.

    Raises ``ValueError`` where there is neither, naming the nearest.
    """
    notebook = _notebook(name)
    return figure_runs.parameters(name) if notebook is None else notebooks.parameters(notebook)


def plan(name: str, given: Mapping[str, Any], grid: Mapping[str, Sequence[Value]]) -> list[Point]:
    """Return the points of a sweep, the last parameter of the grid running fastest.

    Raises ``ValueError`` if a parameter or a value is refused at any point, before any work.
    """
    grid = {name: check_list(f"grid of {name}", values, "values") for name, values in grid.items()}
    if not grid or not all(grid.values()):
        raise ValueError(f"grid = {grid!r}; allowed: at least one parameter with values")
    both = [parameter for parameter in grid if parameter in given]
    if both:
        raise ValueError(f"{both[0]!r} is both given and swept; allowed: one of these")
    count = 1
    for values in grid.values():
        count *= len(values)
    if count > MOST_POINTS:
        raise ValueError(f"the grid has {count} points; allowed: at most {MOST_POINTS}")
    notebook = _notebook(name)
    source: str | None = None
    check: Callable[[dict[str, Any]], dict[str, Any]] = partial(figure_runs.check, name)
    if notebook is None:
        made_of = [figure_runs.code(name)]
    else:  # it is read once, not for each point
        made_of = notebooks.code(notebook)
        name, source = notebook.stem, notebooks.source(notebook)
        check = partial(declarations.check, notebooks.parameters(notebook))
    swept = (dict(zip(grid, row, strict=True)) for row in itertools.product(*grid.values()))
    points = [
        _point(name, source, row, (*given, *row), check({**given, **row}), made_of) for row in swept
    ]
    for name, values in _axes(points, grid).items():
        if len({json.dumps(value) for value in values}) < len(values):
            raise refusal(f"grid of {name}", values, "each value once")
    return points


def run(
    name: str,
    output_dir: str | Path,
    given: Mapping[str, Any],
    grid: Mapping[str, Sequence[Value]],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    variable: str | None = None,
    progress: bool = False,
) -> dict[str, xr.Dataset]:
    """Compute the points that are not there yet, and return and write the datasets over the grid.

    A figure has one dataset, a notebook one for each figure that it saves; they are written to
    ``<output_dir>/<figure>.nc``, with the record ``<name>.sweep.json``, together or not at all.
    A point that is there but damaged is named on the standard error output and computed again.

    Parameters
    ----------
    given, grid
        Values of parameters at all points, and the values of those swept.
    jobs
        Number of processes of this machine.
    scheduler
        Address of a Dask scheduler, to use its workers instead.
    variable
        What to draw, as ``<output_dir>/<variable>.pdf``: refused before any work if a figure has no
        such variable, and after one point if a notebook has none or there are too many dimensions.
    progress
        Whether to show a bar that counts the points.

    Raises
    ------
    ValueError
        As :func:`plan`, for an unknown variable, or for jobs and a scheduler.
    SweepError
        If points failed, with what each of them raised, or the variable cannot be drawn; all that
        is done is kept.
    ConnectionError
        As `spincat.shared.cluster.connected`; all that is done is kept.
    OSError
        If nothing can be written, or a file has the name of a result that is not one of this
        sweep's: before any work for a figure, and for a notebook when its results are known.
    """
    watch, points = provenance.Stopwatch(), plan(name, given, grid)
    grid = _axes(points, grid)
    if variable is not None and points[0].source is None:
        swept_data.check_variable(variable, figure_runs.variables(name))
    check_workers(jobs, scheduler)
    record, names = f"{points[0].name}.sweep.json", list[str]()
    if points[0].source is None:
        names = [f"{name}.nc", *([f"{variable}.pdf"] if variable else [])]
    kind = "figure" if points[0].source is None else "notebook"
    with results_folder(output_dir, record, kind, names) as folder:
        store = folder / "points"
        if os.path.lexists(store) and not store.is_dir():
            raise NotADirectoryError(f"{store} is a file, or a link to none; allowed: a folder")
        store.mkdir(parents=True, exist_ok=True)
        files.clear(store)
        found = {point.key: _points.find(store, point) for point in points}
        made = {key: point for key, point in found.items() if point is not None}
        todo = [point for point in points if point.key not in made]
        bar = tqdm(
            total=len(points), initial=len(points) - len(todo), unit="pt", disable=not progress
        )
        outcomes = (
            _on_this_machine(todo, jobs) if scheduler is None else _on_cluster(todo, scheduler)
        )
        failed, unchecked = list[str](), variable
        with bar, noticed() as interrupts, closing(outcomes):
            for point, outcome in outcomes:
                interrupts.check()  # before a point counts as failed that was only interrupted
                if isinstance(outcome, str):
                    failed.append(f"  {_label(point)}: {outcome}")
                    continue
                made[point.key] = _points.keep(store, point, outcome)
                bar.update()
                if unchecked is not None:
                    _check_plot(store / point.key, made[point.key].data, unchecked, grid)
                    unchecked = None
        if failed:
            raise SweepError(
                f"{len(failed)} of {len(points)} points failed; the others are kept, and the same "
                "command tries these again:\n" + "\n".join(failed)
            )
        datasets = {
            stem: swept_data.join([xr.load_dataset(store / p.key / file) for p in points], grid)
            for stem, file in _files_by_stem(made.values()).items()
        }
        contents = {f"{figure}.nc": figures.netcdf(dataset) for figure, dataset in datasets.items()}
        if variable is not None:
            contents[f"{variable}.pdf"] = _drawn(datasets, variable, grid)
        with staged(folder, record) as stage:
            files.write({stage / file: content for file, content in contents.items()})
            publish(stage, record, {**_record(watch, made, points, grid, len(todo)), "kind": kind})
    return datasets


def compute_point(point: Point) -> dict[str, bytes] | str:
    """Compute one point, in any process on any machine; return its files, or why it failed."""
    if provenance.code_hash() != point.code:
        return "this worker has another version of spincat than the process that asks it"
    if provenance.edited():
        return _EDITED
    try:
        if point.source is None:
            watch = provenance.Stopwatch()
            data = {
                f"{point.name}.nc": figures.netcdf(
                    figure_runs.compute_checked(point.name, point.values)
                )
            }
            listed = {name: hashlib.sha256(content).hexdigest() for name, content in data.items()}
            record = watch.record(point.name, point.values)
            if provenance.edited():  # what is imported late may be of the new code
                return _EDITED
            return {**data, _points.record_name(point): _records.content(record, listed)}
        with files.scratch() as scratch:
            folder, notebook = scratch / "files", scratch / f"{point.name}.md"
            notebook.write_text(point.source, encoding="utf-8")
            notebook_runs.run_checked(notebook, folder, point.given, point.values)
            if provenance.edited():  # its kernel may have imported some of it before, some after
                return _EDITED
            within = [path for path in folder.rglob("*") if path.is_file()]
            size = sum(path.stat().st_size for path in within)
            check_memory("files", f"{len(within)} of a point", 2.0 * size)  # they are handed on
            return {path.relative_to(folder).as_posix(): path.read_bytes() for path in within}
    except notebook_runs.NotebookError as error:  # without the path of a file that is gone by now
        return f"NotebookError: {error.__cause__ or error}"
    except Exception as error:  # one point must not end the others; the sweep reports it
        return f"{type(error).__name__}: {error}"


def _notebook(name: str) -> Path | None:
    """Return the path of a notebook, or None if the name is a figure's."""
    if name in figure_runs.names():
        return None
    try:
        return notebooks.find(name)
    except FileNotFoundError:
        there = notebooks.CHECKOUT_NOTEBOOKS.is_dir()
        chapters = notebooks.list_notebooks() if there else []
        known = [*figure_runs.names(), *(path.stem for path in chapters)]
        raise ValueError(f"no figure or notebook {name!r}{suggestion(name, known)}") from None


def _point(
    name: str,
    source: str | None,
    swept: Mapping[str, Any],
    given: tuple[str, ...],
    values: dict[str, Any],
    made_of: list[str],
) -> Point:
    """Name a point by everything that its numbers depend on: the cells, and the code they reach."""
    text = json.dumps([name, values, made_of], sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    chosen = {name: values[name] for name in swept}
    return Point(name, source, chosen, given, key, values, provenance.code_hash())


def _axes(points: list[Point], grid: Mapping[str, Sequence[Value]]) -> dict[str, list[Value]]:
    """Return the grid with the values in the types of their parameters, as the points have them."""
    axes, stride = {}, len(points)
    for name, values in grid.items():
        stride //= len(values)
        axes[name] = [points[i * stride].swept[name] for i in range(len(values))]
    return axes


def _on_this_machine(points: list[Point], jobs: int) -> Outcomes:
    """Yield each point with its outcome as soon as there is one."""
    with workers(max(1, min(jobs, len(points)))):
        # batch_size: a point that is done shall not wait for another in the same process
        parallel = Parallel(batch_size=1, return_as="generator_unordered")
    calls = (delayed(_with_outcome)(point) for point in points)
    try:
        with started(parallel, calls) as outcomes:
            for outcome in outcomes:  # noqa: UP028 - `yield from` would close them, and let them warn
                yield outcome
    except TerminatedWorkerError as error:
        raise SweepError(
            "a process was killed, perhaps for want of memory; the points that are done are kept, "
            "and the same command goes on"
        ) from error


def _with_outcome(point: Point) -> tuple[Point, dict[str, bytes] | str]:
    return point, compute_point(point)


def _on_cluster(points: list[Point], scheduler: str) -> Outcomes:
    """Yield each point with its outcome, computed by the workers of a Dask scheduler.

    Dask computes the points of a worker that is lost again on another one.  They are handed to it
    at once, and not by joblib, which asks only in the beginning how many workers there are: those
    that a queue starts later would have nothing to do.
    """
    distributed = import_extra("distributed", "cluster")
    try:
        with connected(scheduler) as client:
            # a task that cannot be read there would end one worker after the other
            answers = client.run(_answer, on_error="return")
            for worker, answer in answers.items():
                if isinstance(answer, BaseException):
                    raise ConnectionError(f"the worker {worker} has no such spincat: {answer}")
            tasks = {client.submit(compute_point, p, key=f"spincat-{p.key}"): p for p in points}
            for task in distributed.as_completed(tasks):
                error = task.exception()
                yield tasks[task], task.result() if error is None else f"{error}"
    except ConnectionError as error:
        raise ConnectionError(
            f"{error}; the points that are done are kept, and the same command goes on"
        ) from error


def _answer() -> str:
    """Tell that this process has what is needed to compute points."""
    return provenance.code_hash()


def _files_by_stem(made: Iterable[_points.Made]) -> dict[str, str]:
    """Return the NetCDF files that all points have, by the names that their datasets will have.

    Raises ``SweepError`` where two would have one name.
    """
    found: dict[str, str] = {}
    data: list[set[str]] = [set(point.data) for point in made]
    if only_some := sorted(set[str]().union(*data) - data[0].intersection(*data)):
        print(f"{', '.join(only_some)}: not of every point, so not joined", file=sys.stderr)
    for file in sorted(data[0].intersection(*data)):
        stem = PurePosixPath(file).stem
        if stem in found:
            raise SweepError(
                f"{found[stem]} and {file} of each point would both be {stem}.nc; allowed: figures "
                "of different names. The points that are done are kept"
            )
        found[stem] = file
    return found


def _drawn(datasets: Mapping[str, xr.Dataset], variable: str, grid: Mapping[str, object]) -> bytes:
    """Return a drawing of a variable as PDF."""
    owner = [dataset for dataset in datasets.values() if variable in dataset.data_vars]
    drawing = BytesIO()
    with figures.drawing():
        figure = swept_data.plot((owner or list(datasets.values()))[0], variable, grid)
        figure.savefig(drawing, format="pdf", metadata={"CreationDate": None})
    return drawing.getvalue()


def _check_plot(
    folder: Path, data: Sequence[str], variable: str, grid: Mapping[str, Sequence[Value]]
) -> None:
    """Raise ``SweepError`` if the variable cannot be drawn, as far as one point tells."""
    datasets = [xr.load_dataset(folder / name) for name in data]
    try:
        swept_data.check_variable(
            variable, [str(x) for dataset in datasets for x in dataset.data_vars]
        )
        owner = next(dataset for dataset in datasets if variable in dataset.data_vars)
        swept_data.check_dimensions(
            owner[variable], sum(len(values) > 1 for values in grid.values())
        )
    except ValueError as error:
        raise SweepError(f"{error}; the points that are done are kept") from error


def _record(
    watch: provenance.Stopwatch,
    made: Mapping[str, _points.Made],
    points: list[Point],
    grid: Mapping[str, Sequence[Value]],
    computed_now: int,
) -> dict[str, Any]:
    """Return the record of a sweep; its times are those of the points, whenever they were made."""
    table: list[dict[str, Any]] = []
    for point in points:
        times = {"started": made[point.key].started, "seconds": made[point.key].seconds}
        table.append({"key": point.key, **point.swept, **times})
    common = {name: x for name, x in points[0].values.items() if name not in grid}
    return watch.record(
        points[0].name,
        common,
        seed=list(grid["seed"]) if "seed" in grid else common.get("seed"),
        grid={name: list(values) for name, values in grid.items()},
        points=table,
        seconds_of_points=round(sum(row["seconds"] for row in table), 3),
        computed_now=computed_now,
    )


def _label(point: Point) -> str:
    return ", ".join(f"{name} = {value}" for name, value in point.swept.items())
