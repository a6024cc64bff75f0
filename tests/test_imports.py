"""Imports run one way, and what is private to a folder is used by this folder alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_imports_run_one_way():
    """The contracts of pyproject.toml, with the chain of imports that breaks one."""
    program = "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_a_private_module_is_imported_by_its_own_folder_only():
    graph = grimp.build_graph("spincat", cache_dir=None)
    private = {name for name in graph.modules if name.rpartition(".")[2].startswith("_")}
    assert len(private - {"spincat.__main__"}) > 5
    foreign = [
        f"{importer} imports {name}"
        for name in private
        for importer in graph.find_modules_that_directly_import(name)
        if not importer.startswith(name.rpartition(".")[0] + ".")
    ]
    assert foreign == []


def foreign_names(source: str, module: str) -> list[str]:
    """The names with an underscore that ``module`` takes from a module of another folder."""
    folder, tree = module.rpartition(".")[0], ast.parse(source)
    imported: dict[str, str] = {}  # what a name in the source stands for
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = ".".join(module.split(".")[: -node.level]) if node.level else ""
            origin = ".".join(filter(None, (base, node.module)))
            imported |= {a.asname or a.name: f"{origin}.{a.name}" for a in node.names}
        elif isinstance(node, ast.Import):
            imported |= {a.asname: a.name for a in node.names if a.asname}
            tops = [a.name.partition(".")[0] for a in node.names if not a.asname]
            imported |= dict(zip(tops, tops, strict=True))
    # `from x import _y`, and `_y` of a module that was imported: `x._y`
    used = set(imported.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            if first in imported:
                used.add(f"{imported[first]}.{rest}")
    return sorted(
        name
        for name in used
        if name.startswith("spincat.")
        and any(is_private(part) for part in name.split("."))
        and not name.startswith(f"{folder}.")
    )


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from spincat.free.dephasing import _exponent", ["spincat.free.dephasing._exponent"]),
        ("from spincat.free.dephasing import _exponent as e", ["spincat.free.dephasing._exponent"]),
        ("from ..free.dephasing import _exponent", ["spincat.free.dephasing._exponent"]),
        ("from spincat.free import dephasing\ndephasing._f(1)", ["spincat.free.dephasing._f"]),
        ("import spincat.free.dephasing\nspincat.free.dephasing._f", ["spincat.free.dephasing._f"]),
        ("import spincat.free.dephasing as d\nd._f", ["spincat.free.dephasing._f"]),
        ("from spincat.free.dephasing import exponent", []),
        ("from spincat.model.states import _phases", []),  # of the same folder
        ("from .states import _phases", []),
        ("from spincat import __version__", []),
        ("from numpy import _core", []),
    ],
)
def test_how_a_private_name_of_another_folder_is_found(source, found):
    assert foreign_names(source, "spincat.model.operators") == found


def test_a_private_name_is_imported_by_its_own_folder_only():
    foreign = []
    for path in sorted((ROOT / "spincat").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        source = path.read_text(encoding="utf-8")
        foreign += [f"{module} uses {name}" for name in foreign_names(source, module)]
    assert foreign == []


def test_the_package_has_few_entries():
    markers = "__pycache__", "py.typed"  # nobody opens these
    entries = [path for path in (ROOT / "spincat").iterdir() if path.name not in markers]
    assert len(entries) <= 12, sorted(path.name for path in entries)
