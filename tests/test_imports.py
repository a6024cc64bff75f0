"""Imports run one way, and what is private to a folder is used by this folder alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grimp

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


def test_the_package_has_few_entries():
    entries = [path for path in (ROOT / "spincat").iterdir() if path.name != "__pycache__"]
    assert len(entries) <= 12, sorted(path.name for path in entries)
