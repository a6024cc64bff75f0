"""Execute a notebook with other parameters; what one is, `spincat.run.notebooks` knows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from spincat.run import notebook_pages, notebooks
from spincat.run._results import publish, results_folder, retract, staged
from spincat.shared import environment, files, provenance
from spincat.shared.declarations import Value
from spincat.shared.extras import import_extra

TIME_TO_END = 10
"""Seconds that a process has to end its kernel before it is killed."""


class NotebookError(RuntimeError):
    """A cell raised an error, or the kernel died, while a notebook was executed."""


def run(
    notebook: str | Path,
    output_dir: str | Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    page: bool = False,
    progress: bool = False,
) -> Path:
    """Execute a notebook with other parameters and return the path of the executed copy.

    The copy is ``<output_dir>/<name>.ipynb``, with its record in ``<name>.provenance.json``; a
    notebook with a cell that failed is called ``<name>.failed.ipynb``.
    The notebook's current directory is a temporary one, from which its ``figures/`` and all else
    that it wrote are moved to ``output_dir`` in the end: an interrupted run changes nothing there.
    What an earlier run of it left, and this one does not write, is removed.
    With ``page``, `spincat.run.notebook_pages` writes ``<name>.html`` too; if it cannot, the other
    results are kept.  ``progress`` shows a bar that counts the cells.

    Raises ``FileNotFoundError`` for an unknown notebook and ``ValueError`` for an unknown
    parameter, a wrong type or a value outside its range, all before any work,
    ``NotebookError`` where a cell fails, ``PageError`` where no page can be made, and ``OSError``
    where nothing can be written, or a file has the name of a result that is not one of this
    notebook's.
    """
    given = parameters or {}
    values = notebooks.check(notebook, given)
    return run_checked(notebook, output_dir, given, values, page=page, progress=progress)


def run_checked(
    notebook: str | Path,
    output_dir: str | Path,
    given: Iterable[str],
    values: Mapping[str, Any],
    *,
    page: bool = False,
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
    record, failed = f"{path.stem}.provenance.json", f"{path.stem}.failed"
    names = target.name, *([f"{path.stem}.html"] if page else [])
    with (
        results_folder(output_dir, record, "notebook", names),
        staged(output_dir, record) as folder,
    ):
        executed = folder / target.name
        try:
            _execute(path, executed, {name: values[name] for name in given}, progress)
        except NotebookError as error:
            so_far = _keep_failed(
                executed, output_dir, watch.record(failed, values, kind="notebook")
            )
            raise NotebookError(f"{path.name}: {error}{so_far}") from error
        try:
            if page:
                notebook_pages.write(executed)
        finally:  # also after Ctrl-C, as the work is done
            publish(folder, record, watch.record(path.stem, values, kind="notebook"))
            retract(output_dir, f"{failed}.provenance.json")
    return target


def _keep_failed(executed: Path, output_dir: Path, record: dict[str, Any]) -> str:
    """Publish a notebook as far as it was executed, if it could be saved, and say where it is."""
    if not executed.exists():
        return ""
    name, kept = f"{record['name']}.ipynb", f"{record['name']}.provenance.json"
    with staged(output_dir, kept) as folder:
        executed.replace(folder / name)
        try:
            publish(folder, kept, record)
        except FileExistsError as error:
            return f"\nThe notebook so far is not kept: {error}"
    return f"\nThe notebook so far: {output_dir / name}"


def _execute(path: Path, output: Path, values: Mapping[str, Value], progress: bool) -> None:
    """Let papermill execute the notebook in the folder of ``output``, and save it there.

    It does so in a process of its own, as other threads may execute notebooks at the same time.
    """
    nbformat = import_extra("nbformat")
    import_extra("papermill")
    with files.scratch() as folder:
        source = folder / path.with_suffix(".ipynb").name
        nbformat.write(notebooks.read(path), source)
        surroundings = {
            **environment.clean(folder),
            provenance.CODE_VARIABLE: provenance.code_hash(),
        }
        job = {"notebook": str(source), "output": str(output), "parameters": dict(values)}
        answer = _answer({**job, "progress": progress}, surroundings)
    if "error" in answer:
        raise NotebookError(answer["error"]) from RuntimeError(answer["traceback"])


def _answer(job: Mapping[str, Any], surroundings: Mapping[str, str]) -> dict[str, str]:
    """Give the job to a process of its own and return its answer."""
    process = subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).with_name("_papermill.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=dict(surroundings),
        start_new_session=True,  # Ctrl-C is for this process, which ends that one
    )
    assert process.stdin
    assert process.stdout
    try:
        with suppress(BrokenPipeError):  # it has ended already, and answers nothing
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
        text = process.stdout.readline()
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(TIME_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
    if not text:
        raise NotebookError(
            f"the process that executes the notebook ended with {process.returncode}"
        )
    answer: dict[str, str] = json.loads(text)
    return answer
