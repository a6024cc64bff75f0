"""A checkout as git for Windows makes it has the line ends of Linux, and pictures as they are."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [
    "Makefile", "postBuild", ".ci/run", "requirements.lock", "spincat/__init__.py",
    "notebooks/sec2_model.md", "book/_static/fig1.png",
]  # fmt: skip


def checkout(folder, files):
    """Let git write the files of a new repository as it does with the settings of Windows."""
    surroundings = {name: x for name, x in os.environ.items() if not name.startswith("GIT_")}
    surroundings |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for words in (["init", "-q"], ["add", "."], ["checkout-index", "-a", "-f"]):
        if words[0] == "checkout-index":
            for name in files:
                (folder / name).unlink()
        command = ["git", "-c", "core.autocrlf=true", "-c", "core.safecrlf=false", *words]
        subprocess.run(command, cwd=folder, env=surroundings, check=True)
    return {name: (folder / name).read_bytes() for name in files}


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_git_for_windows_changes_no_file(tmp_path):
    changed = checkout(tmp_path / "without", FILES)
    assert b"\r\n" in changed["postBuild"]  # what would happen
    kept = checkout(tmp_path / "with", [".gitattributes", *FILES])
    for name in FILES:
        assert kept[name] == (ROOT / name).read_bytes()
        assert name.endswith(".png") or b"\r" not in kept[name]
