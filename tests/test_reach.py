"""spincat.shared.reach: which modules a computation depends on, against those that really run."""

from __future__ import annotations

import os
import subprocess
import sys

import jupytext
import pytest

from spincat.figures.registry import EVERY
from spincat.run import notebooks
from spincat.shared import declarations, reach

SHORT = {"n_spins": 3, "draws": 2, "n_times": 2}
SMALL = {
    "fig1": SHORT,
    "fig2": {**SHORT, "draws_many": 5, "exact_draws": 3, "t_max": 1.0, "eta": 0.1},
    "fig3": {"n_spins": 6, "n_eta": 2, "times": [1.0], "eta_max": 1.0},
    "exact_boundary": {"n_eta": 3, "n_delta": 2},
}

# Writes for each figure the modules of the package that have a function which runs, other than to
# check arguments.  Each figure is computed by a process of its own, which knows no earlier results.
TRACE = """
import os, sys
from spincat.figures import registry
from spincat.run import figure_runs
def trace(name, given):
    seen = set()
    values = figure_runs.check(name, given)
    compute = figure_runs._compute(name)
    def note(frame, event, argument):
        name = frame.f_globals.get("__name__", "")
        if name.startswith("spincat.") and frame.f_code.co_name != "<module>":
            seen.add(name)
    sys.setprofile(note)
    compute(**values)
    sys.setprofile(None)
    with open(name, "w") as file:
        print(*seen, file=file)
for name, given in eval(sys.argv[1]).items():
    child = os.fork()
    if not child:
        trace(name, given)
        os._exit(0)
    os.waitpid(child, 0)
"""


def reached(name: str) -> set[str]:
    return reach.modules(f"import {declarations.unchecked(EVERY[name][0]).__module__}")


@pytest.fixture(scope="module")
def traces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("traces")
    # as Python, kernels are seen too, and nothing need be compiled
    surroundings = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    command = [sys.executable, "-c", TRACE, repr(SMALL)]
    subprocess.run(command, check=True, env=surroundings, cwd=folder)
    return folder


@pytest.mark.parametrize("name", SMALL)
def test_what_runs_is_reached(name, traces):
    shown = (traces / name).read_text(encoding="utf-8").split()
    assert len(shown) > 3
    # the folders' own names are looked up, which computes nothing
    folders = {module for module in shown if reach._file(module).name == "__init__.py"}
    assert set(shown) - folders <= reached(name)


def test_a_computation_does_not_reach_what_it_has_nothing_to_do_with():
    assert "spincat.free.dephasing" in reached("fig1")
    assert not {m for m in reached("fig1") if m.startswith(("spincat.mean_field.", "spincat.run"))}
    assert not {m for m in reached("fig4") if m.startswith("spincat.free")}


def test_chapters_reach_what_their_cells_import():
    every = reach.modules("from spincat import *")
    for path in notebooks.list_notebooks():
        cells = [c.source for c in jupytext.read(path).cells if c.cell_type == "code"]
        found = reach.modules(*cells)
        assert {"spincat.shared.verdicts", "spincat.shared.provenance"} <= found
        assert len(found) < len(every) / 2


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("import spincat\nspincat.figures.fig1.compute()", "spincat.figures.fig1"),
        ("import spincat as s\ns.free.dephasing.fidelity", "spincat.free.dephasing"),
        ("from spincat import free as f\nf.codewords", "spincat.free.codewords"),
        ("from spincat.model import Gaussian", "spincat.model.broadening"),
        ("from spincat import about", "spincat.shared.provenance"),
        ("def f():\n    import spincat.large_n.continuum", "spincat.large_n.continuum"),
        ("from spincat.symbolic import dispersive", "spincat.symbolic.dispersive"),
        # what cannot be known is everything
        ("from spincat import figures\nprint(figures)", "spincat.figures.fig4"),
        ("from spincat.mean_field import *", "spincat.mean_field.identical_spins"),
        ("%run other.py", "spincat.run.sweeps"),
    ],
)
def test_every_way_to_import_is_followed(source, module):
    assert module in reach.modules(source)
    assert "spincat.model.wigner" not in reach.modules("from spincat.model import states")


def test_the_hash_changes_with_a_module_that_is_reached_and_no_other(tmp_path, monkeypatch):
    package = tmp_path / "spincat"
    texts = {
        "__init__": "from spincat.a import f",
        "a": "from spincat.b import g",
        "b": "",
        "c": "",
    }
    package.mkdir()
    for name, text in texts.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(reach, "PACKAGE", package)
    before = reach.code("from spincat import f")
    (package / "c.py").write_text("another", encoding="utf-8")
    assert reach.code("from spincat import f") == before
    (package / "b.py").write_text("g = 2", encoding="utf-8")
    assert reach.code("from spincat import f") != before
    assert reach.code("x = 1") != before


def test_what_is_no_module_is_not_reached(tmp_path, monkeypatch):
    package = tmp_path / "spincat"
    package.mkdir()
    for name in ("__init__.py", "a.py", "a.bak.py", "a copy.py", "._a.py", "\udcff.py"):
        (package / name).touch()
    (package / ".#a.py").symlink_to("somebody@somewhere.1234")
    (package / "loop.py").symlink_to("loop.py")
    (package / "folder.py").mkdir()
    os.mkfifo(package / "pipe.py")
    (package / "old.py").write_bytes(b"# \xe9")
    monkeypatch.setattr(reach, "PACKAGE", package)
    star = "from spincat import *  # of this package"
    assert reach.modules(star) == {"spincat", "spincat.a", "spincat.old"}
    assert reach.code(star)


@pytest.mark.parametrize(
    "cell",
    [
        'import importlib\nimportlib.import_module("spincat.free.dephasing")',
        '__import__("spincat.free.dephasing")',
        'exec("from spincat.free import dephasing")',
        'import subprocess\nsubprocess.run(["spincat", "figure", "fig1"])',
    ],
)
def test_a_cell_that_names_modules_in_texts_reaches_all(cell):
    assert reach.modules(cell) == reach.modules("import spincat; print(spincat)")
    assert reach.modules("a = 1") == set()
