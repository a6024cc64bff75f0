"""What holds for the whole suite: the surroundings of tests, of Hypothesis and of notebooks."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any
from unittest import mock

import matplotlib

# The font cache is built by this import, or a message about it would land in a notebook's output.
import matplotlib.font_manager
import pytest
import ready_kernels
from dealing import Dealer, rank
from hypothesis import settings
from ledger_record import Recorder
from nbval.plugin import IPyNbCell

from spincat.run import notebook_runs
from spincat.shared import environment

# A background job of a script ignores Ctrl-C, and so would the programs that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What the kernels of nbval write for themselves.
JUPYTER_FILES = tempfile.TemporaryDirectory(prefix="nbval-")

# No window, and the same pixels on every machine.
matplotlib.use("Agg")

# No deadline: the first call of a function may compile it.
settings.register_profile("local", deadline=None)
# CI tries the same examples every time, so that a red run can be repeated anywhere with CI=true.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_configure(config: pytest.Config) -> None:
    """Record the tests that decide entries of the ledger, wherever they are run from."""
    recorder = Recorder(writes=not hasattr(config, "workerinput"))
    config.pluginmanager.register(recorder, "ledger-recorder")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Dealer | None:
    """Deal out the tests as ``dealing.py`` says."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # nothing is sorted by the number of tests
    return Dealer(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long."""
    items.sort(key=rank)


@pytest.fixture
def notebooks_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Execute notebooks quickly, in this process and in kernels that are ready."""
    monkeypatch.setattr(notebook_runs, "_answer", ready_kernels.answer)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Start nbval's kernels in the surroundings in which the references were made."""
    if not isinstance(item, IPyNbCell):
        return (yield)
    with (
        mock.patch.dict(os.environ, environment.clean(Path(JUPYTER_FILES.name)), clear=True),
        ready_kernels.ready(),
    ):
        return (yield)
