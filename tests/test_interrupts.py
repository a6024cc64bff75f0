"""Ctrl-C on a terminal, at any time: one line, exit code 130, and nobody works on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from test_notebook_runs import write
from test_sweeps import command

from spincat.shared import parallel

ROOT = Path(__file__).resolve().parents[1]
WAITING_CELL = """
```{code-cell} ipython3
import time
from pathlib import Path

Path("begun").touch()
time.sleep(60)
```
"""


def pressed(words, begun):
    """Press Ctrl-C once ``begun(process)``; return the exit code and the lines of both streams.

    A terminal sends it to the process and to all that it has started.
    """
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    started = psutil.Process(process.pid)
    while not begun(started):
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.01)
    others = started.children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)
    shown = process.communicate(timeout=30)[0]
    assert psutil.wait_procs(others, timeout=10)[1] == []
    return process.returncode, shown.splitlines()


def imports(name):
    """Whether a process has loaded a library of this name."""
    return lambda process: any(name in part.path for part in process.memory_maps())


@pytest.mark.parametrize("library", ["_multiarray_umath", "_pydantic_core", "matplotlib"])
def test_ctrl_c_during_imports(tmp_path, library):
    code, lines = pressed(command(tmp_path / "out"), imports(library))
    assert (code, len(lines)) == (130, 1)
    assert lines[0].startswith("Interrupted")


def test_ctrl_c_while_processes_start(tmp_path):
    def begun(process):
        with suppress(psutil.Error):  # one that has just ended
            return sum("popen_loky" in " ".join(p.cmdline()) for p in process.children()) == 2

    code, lines = pressed(command(tmp_path / "out", "--jobs", "2"), begun)
    assert (code, lines) == (130, ["Interrupted; what is finished is kept."])


def test_ctrl_c_within_a_cell(tmp_path):
    path, out = write(tmp_path, WAITING_CELL), tmp_path / "out"
    words = [sys.executable, "-m", "spincat", "run", str(path), "-o", str(out)]
    code, lines = pressed(words, lambda _: list(out.glob(".toy.*/begun")))
    assert (code, lines) == (130, ["Interrupted; what is finished is kept."])
    assert not out.exists()


def test_the_script_starts_where_the_module_does():
    """Both by the function that first of all makes Ctrl-C end them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"spincat": "spincat.__main__:main"}


def test_processes_that_are_started_deaf_have_ctrl_c_blocked():
    ask = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))"
    with parallel.deaf_to_ctrl_c():
        inside = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True).stdout
    after = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True).stdout
    assert (inside, after) == ("True\n", "False\n")
