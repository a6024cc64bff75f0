"""Kernels that are forked from a process which has imported the libraries already.

A chapter's kernel spends two seconds on imports, and the tests execute each chapter twice.  Of the
package nothing is imported beforehand: a kernel takes it as it is.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest import mock

# Not pyplot, which looks for the kernel when it is imported.
LIBRARIES = [
    "h5netcdf", "ipykernel.kernelapp", "ipykernel.ipkernel", "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf", "matplotlib.figure", "numba", "pandas", "pydantic",
    "scipy.integrate", "scipy.optimize", "scipy.sparse.linalg", "scipy.special", "sympy", "xarray",
]  # fmt: skip
INLINE = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
"""What a kernel sets before Matplotlib is imported."""
PATHS = "import json, sys; print(json.dumps(sys.path))"
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(LIBRARIES)


def answer(job: Mapping[str, Any], surroundings: Mapping[str, str]) -> dict[str, str]:
    """Execute a notebook as `spincat.run.notebook_runs` lets a process do: here, and at once."""
    from spincat.run import _papermill  # not in the process that is forked

    with mock.patch.dict(os.environ, surroundings, clear=True), ready():
        _papermill._install_kernel(Path(surroundings["JUPYTER_PATH"]))
        return _papermill._execute(json.loads(json.dumps(job)))


class Kernel:
    """A process with the part of the interface of `subprocess.Popen` that Jupyter uses."""

    stdin = stdout = stderr = None

    def __init__(self, process: Any) -> None:
        self.process, self.pid = process, process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self) -> int | None:
        self.process.join()
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


@contextmanager
def ready() -> Iterator[None]:
    """Let Jupyter's kernels be forked."""
    with mock.patch("jupyter_client.provisioning.local_provisioner.launch_kernel", launch):
        yield


def launch(cmd: list[str], *, env: dict[str, str], cwd: str | None = None, **_: Any) -> Kernel:
    """Start what ``python -m ipykernel_launcher`` would, as `jupyter_client.launcher` does."""
    here, there = CONTEXT.Pipe(duplex=False)
    options = cmd[cmd.index("ipykernel_launcher") + 1 :]
    paths = json.loads(subprocess.check_output([sys.executable, "-c", PATHS], env=env))
    arguments = options, env, paths, os.path.abspath(cwd or "."), there
    process = CONTEXT.Process(target=become_kernel, args=arguments, daemon=True)
    with mock.patch.dict(os.environ, {**env, **INLINE}, clear=True):  # the first one starts it
        process.start()
    here.recv()
    return Kernel(process)


def become_kernel(
    options: list[str], env: dict[str, str], paths: list[str], cwd: str, begun: Connection
) -> None:
    """Turn this process into a kernel in surroundings of its own."""
    os.setsid()  # Jupyter sends signals to the whole group
    begun.send(None)
    os.environ.clear()
    os.environ.update(env | {"JPY_PARENT_PID": str(os.getppid())})
    os.chdir(cwd)
    sys.path[:] = paths
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance(argv=options)
