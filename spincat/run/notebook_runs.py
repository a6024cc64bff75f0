"""Execute a notebook with other parameters; what one is, `spincat.run.notebooks` knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from spincat.run import notebooks
from spincat.run._results import publish, results_folder, staged
from spincat.shared import provenance
from spincat.shared.declarations import Value
from spincat.shared.extras import import_extra


class NotebookError(RuntimeError):
    """A cell raised an error, or the kernel died, while a notebook was executed."""


def run(
    notebook: str | Path,
    output_dir: str | Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    progress: bool = False,
) -> Path:
    """Execute a notebook with other parameters and return the path of the executed copy.

    The copy is ``<output_dir>/<name>.ipynb``, with its record in ``<name>.provenance.json``; a
    notebook with a cell that failed is called ``<name>.failed.ipynb``.
    The notebook's current directory is a temporary one, from which its ``figures/`` and all else
    that it wrote are moved to ``output_dir`` in the end: an interrupted run changes nothing there.
    What an earlier run of it left, and this one does not write, is removed.
    ``progress`` shows a bar that counts the cells.

    Raises ``FileNotFoundError`` for an unknown notebook and ``ValueError`` for an unknown
    parameter, a wrong type or a value outside its range, all before any work,
    ``NotebookError`` where a cell fails, and ``OSError`` where nothing can be written, or a file
    has the name of a result that is not one of this notebook's.
    """
    given = parameters or {}
    values = notebooks.check(notebook, given)
    return run_checked(notebook, output_dir, given, values, progress=progress)


def run_checked(
    notebook: str | Path,
    output_dir: str | Path,
    given: Iterable[str],
    values: Mapping[str, Any],
    *,
    progress: bool = False,
) -> Path:
    """Execute a notebook as :func:`run` does, for all ``values`` that ``notebooks.check`` returned.

    ``given`` names those that are not the defaults.
    """
    path, watch = notebooks.find(notebook), provenance.Stopwatch()
    output_dir = Path(output_dir).resolve()
    target = output_dir / f"{path.stem}.ipynb"
    if target == path:
        raise ValueError(f"output_dir = {output_dir} would overwrite the notebook itself")
    record = f"{path.stem}.provenance.json"
    names = target.name, f"{path.stem}.html"
    with results_folder(output_dir, record, names), staged(output_dir, record) as folder:
        executed = folder / target.name
        try:
            _execute(path, executed, {name: values[name] for name in given}, progress)
        except NotebookError as error:
            failed = executed.replace(target.with_suffix(".failed.ipynb"))
            raise NotebookError(f"{path.name}: {error}\nThe notebook so far: {failed}") from error
        publish(folder, record, watch.record(path.stem, values))
        target.with_suffix(".failed.ipynb").unlink(missing_ok=True)
    return target


def _execute(path: Path, output: Path, values: Mapping[str, Value], progress: bool) -> None:
    """Let papermill execute the notebook in the folder of ``output``, and save it there."""
    papermill = import_extra("papermill")
    exceptions = import_extra("nbclient.exceptions")
    # papermill takes an output path as a format string, and cannot read text notebooks itself.
    escaped = str(output).replace("{", "{{").replace("}", "}}")
    try:
        papermill.execute_notebook(
            notebooks.read(path),
            escaped,
            dict(values),
            language="python",
            cwd=output.parent,
            progress_bar=progress,
            # Or the kernel warns at every start that it listens, on this machine only, in the open.
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
    except papermill.PapermillExecutionError as error:
        raise NotebookError(
            f"a cell raised {error.ename}: {error.evalue}\nThe cell:\n{error.source}"
        ) from error
    except exceptions.DeadKernelError as error:
        raise NotebookError("the kernel died, perhaps for want of memory") from error
