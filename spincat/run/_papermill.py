"""Execute one notebook by papermill: a program of its own, started by `spincat.run.notebook_runs`.

Papermill changes the current directory of its whole process, and a kernel inherits what is set in
it: other threads of the caller must not see either.  The job is one line of JSON on the standard
input, the answer is one on the standard output.  When the input ends, the caller has gone or does
not want the result any more.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from nbclient.exceptions import DeadKernelError
from papermill import PapermillExecutionError, execute_notebook
from papermill.engines import NBClientEngine, papermill_engines
from papermill.iorw import write_ipynb

KERNEL = "python3"


class _Engine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """Papermill's own, which keeps the notebook at hand for when the kernel dies."""

    notebook: Any = None

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, *args: Any, **more: Any) -> Any:
        cls.notebook = nb_man.nb
        return super().execute_managed_notebook(nb_man, *args, **more)


def main() -> None:
    """Do the job, and answer what went wrong, or nothing."""
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_caller, daemon=True).start()
    _install_kernel(Path(os.environ["JUPYTER_PATH"]))
    logging.disable()  # what is wrong is the answer
    answer = sys.stdout
    sys.stdout = sys.stderr
    try:
        print(json.dumps(_execute(job)), file=answer, flush=True)
    finally:
        os._exit(0)  # the caller needs no more: no traceback of an interruption


def _execute(job: dict[str, Any]) -> dict[str, str]:
    papermill_engines.register("spincat", _Engine)
    try:
        notebook = execute_notebook(
            # papermill takes paths as format strings
            *(job[name].replace("{", "{{").replace("}", "}}") for name in ("notebook", "output")),
            job["parameters"],
            engine_name="spincat",
            kernel_name=KERNEL,
            language="python",
            cwd=Path(job["output"]).parent,
            progress_bar=job["progress"],
            # saved once: twice for every cell takes longer than many a chapter
            request_save_on_cell_execute=False,
            # Or a kernel warns at every start that it listens in the open, and reports Ctrl-C.
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )
    except PapermillExecutionError as error:
        raised = f"a cell raised {error.ename}: {error.evalue}\nThe cell:\n{error.source}"
        return {"error": raised, "traceback": str(error)}
    except DeadKernelError as error:
        write_ipynb(_Engine.notebook, job["output"])
        died = "the kernel died, perhaps for want of memory"
        return {"error": died, "traceback": str(error)}
    except Exception as error:  # whatever a notebook does to its folder, or to its kernel
        if isinstance(error, OSError):  # on a disk that is full, half a notebook would be left
            Path(job["output"]).unlink(missing_ok=True)
        return {"error": f"{type(error).__name__}: {error}", "traceback": ""}
    return _exited(notebook)


def _exited(notebook: Any) -> dict[str, str]:
    """Answer that a cell ended the notebook by ``sys.exit()``, which papermill takes for success.

    The cells below it were not executed, and the results would count as complete.
    """
    for cell in notebook.cells:
        ends = [out for out in cell.get("outputs", []) if out.get("ename") == "SystemExit"]
        if ends and "raises-exception" not in cell.metadata.get("tags", []):
            raised = f"a cell raised SystemExit: {ends[0].evalue}\nThe cell:\n{cell.source}"
            return {"error": raised, "traceback": ""}
    return {}


def _install_kernel(folder: Path) -> None:
    """Offer this very Python as the only kernel, whatever others are installed."""
    spec = folder / "kernels" / KERNEL
    spec.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    content = {"argv": command, "display_name": "Python 3", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(content), encoding="utf-8")


def _end_with_caller() -> None:
    """Interrupt what is done here, which ends the kernel too, when the standard input ends."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
