"""What ``import spincat`` gives: the names that the book documents, with their types."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import spincat

ROOT = Path(__file__).resolve().parents[1]
PAGES = {path.stem.removeprefix("api_"): path for path in ROOT.glob("book/api_*.md")}
DOCUMENTED = {
    folder: re.findall(r"automodule:: (\S+)", page.read_text(encoding="utf-8"))
    for folder, page in PAGES.items()
}
OBJECTS = {"Cavity", "ConvergenceError", "SpinEnsemble", "__version__", "about"}
each_folder = pytest.mark.parametrize("folder", sorted(PAGES))


def test_the_names_are_the_folders_and_few_objects():
    assert set(spincat.__all__) == set(PAGES) | OBJECTS
    assert set(dir(spincat)) == set(spincat.__all__)


@each_folder
def test_the_page_of_a_folder_documents_what_it_gives(folder):
    package = import_module(f"spincat.{folder}")
    names = {name: getattr(package, name) for name in package.__all__}
    modules = {f"spincat.{folder}.{name}" for name, value in names.items() if is_module(value)}
    assert {f"spincat.{folder}", *modules} == set(DOCUMENTED[folder])
    origins = {getattr(v, "__module__", package.__name__) for v in names.values()}
    assert origins <= set(DOCUMENTED[folder])


def is_module(value: object) -> bool:
    return isinstance(value, type(sys))


def test_every_module_is_there_after_import_spincat():
    names = [name for listed in DOCUMENTED.values() for name in listed]
    run("import spincat", *(f"assert {name}.__name__ == {name!r}" for name in names))


def run(*lines: str) -> str:
    """What a new interpreter prints."""
    command = [sys.executable, "-c", "\n".join(lines)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("package", [spincat, spincat.figures, spincat.symbolic])
def test_nothing_else_is_there(package):
    with pytest.raises(AttributeError, match="product_spcae"):
        _ = package.product_spcae


@each_folder
def test_dir_shows_what_there_is_and_no_imports(folder):
    package = import_module(f"spincat.{folder}")
    assert set(package.__all__) <= set(dir(package))
    imports = {"Any", "TYPE_CHECKING", "Path", "lazy_loader", "xr"}
    assert not imports & set(dir(package))


@pytest.mark.parametrize("folder", ["", *sorted(PAGES)])
def test_type_checkers_see_the_same_names(folder):
    package = import_module(f"spincat.{folder}".rstrip("."))
    tree = ast.parse((ROOT / "spincat" / folder / "__init__.py").read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    modules = {name for name in package.__all__ if is_module(getattr(package, name))}
    assert modules <= imported
    assert (ROOT / "spincat/py.typed").is_file()


def test_importing_is_quick_because_modules_are_loaded_when_used():
    heavy = {"matplotlib.pyplot", "numba", "qutip", "sympy", "xarray"}
    assert run(f"import spincat, sys; print(sorted({heavy} & set(sys.modules)))").strip() == "[]"
