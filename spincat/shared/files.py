"""Files that are complete or not there, and the folders that they go to."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def complete(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` to write to; it gets its name at the end."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def results_folder(path: str | Path) -> Iterator[Path]:
    """Make a folder and try to write to it, before any work; without results it is not left behind.

    Raises ``OSError`` where files cannot be written.
    """
    folder = Path(path)
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; allowed: a folder, made if it is missing")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
        yield folder
    finally:
        for parent in made:
            with suppress(OSError):  # not empty, which is how it should be
                parent.rmdir()
