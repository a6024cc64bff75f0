"""What ``import spincat`` gives: the names that the book documents, with their types."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import spincat

ROOT = Path(__file__).resolve().parents[1]
API = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
DOCUMENTED = {name.split(".")[1] for name in re.findall(r"automodule:: (spincat\.[\w.]+)", API)}
OBJECTS = {"Cavity", "SpinEnsemble", "__version__", "about"}


def test_the_names_are_those_of_the_page_on_the_package():
    assert set(spincat.__all__) == DOCUMENTED | OBJECTS


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_every_module_is_there_after_import_spincat(name):
    assert getattr(spincat, name).__name__ == f"spincat.{name}"
    assert name in dir(spincat)


def test_nothing_else_is_there():
    with pytest.raises(AttributeError, match="no attribute 'lindbald'"):
        _ = spincat.lindbald


def test_dir_shows_what_there_is_and_no_imports():
    code = "import spincat; print(spincat.figures.fig2.compute.__name__, *dir(spincat.figures))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    name, *names = shown.stdout.split()
    assert name == "compute"
    assert {"fig1", "sec5", "save"} <= set(names)
    for module in (dir(spincat), names):
        assert not {"Any", "TYPE_CHECKING", "import_module", "Path", "xr"} & set(module)
    with pytest.raises(AttributeError, match="no attribute 'fig9'"):
        _ = spincat.figures.fig9


def test_type_checkers_see_the_same_names():
    tree = ast.parse((ROOT / "spincat/__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    (modules,) = block.body
    assert {alias.name for alias in modules.names} == set(spincat.__all__) - OBJECTS
    assert (ROOT / "spincat/py.typed").is_file()


def test_importing_is_quick_because_modules_are_loaded_when_used():
    heavy = {"matplotlib.pyplot", "numba", "qutip", "sympy", "xarray"}
    code = f"import spincat, sys; print(sorted({heavy} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
