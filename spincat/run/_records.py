"""Records of runs as JSON files: what a run was made with, and its files with their SHA-256.

A record is read as what anyone may have written: names that lead out of its folder are none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from spincat.shared import files

ENDINGS = ".provenance.json", ".sweep.json"
LARGEST = 100_000_000_000
"""Bytes of a result: to read one takes minutes."""
LARGEST_RECORD = 200_000_000
"""Bytes of a record, which is read into memory: a sweep has 300 for each point."""


def run_name(record: str) -> str:
    """Return the name of the run that a record is called after."""
    return next((record.removesuffix(end) for end in ENDINGS if record.endswith(end)), record)


def content(record: Mapping[str, Any], listed: Mapping[str, str]) -> bytes:
    """Return what a record's file holds: the record, and its files with their hashes."""
    text = json.dumps({**record, "files": dict(listed)}, indent=2, ensure_ascii=False)
    return f"{text}\n".encode()


def read(path: Path) -> dict[str, Any] | None:
    """Return the record at ``path``, None where there is none of the run it is called after.

    Its ``files`` are names of the folder alone: no absolute ones, none with "..", and no records.
    """
    try:
        can_be = path.is_file() and path.stat().st_size <= LARGEST_RECORD
        record = json.loads(path.read_bytes()) if can_be else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("files"), dict):
        return None
    run = run_name(path.name)
    if record.get("name", run) != run:
        return None
    inside = {k: v for k, v in record["files"].items() if _is_inside(k) and isinstance(v, str)}
    return {**record, "files": inside}


def listed(path: Path) -> dict[str, str]:
    """Return the files of the record at ``path`` with their hashes, none where there is none."""
    record = read(path) or {"files": {}}
    return dict(record["files"])


def digest(folder: Path, name: str) -> str | None:
    """Return the hash of a file in ``folder``, None where there is none or a link leads to it.

    Nor is there one of what is larger than a result, such as a hole on the disk.
    """
    try:
        if leads_elsewhere(folder, name) or not (folder / name).is_file():
            return None
        if (folder / name).stat().st_size > LARGEST:
            return None
        return files.digest(folder / name)
    except OSError:
        return None


def leads_elsewhere(folder: Path, name: str) -> Path | None:
    """Return the part above ``name`` that is no folder, but a link or a file, if there is one."""
    above = [folder / part for part in PurePosixPath(name).parents][:-1]
    return next((p for p in above if p.is_symlink() or (p.exists() and not p.is_dir())), None)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    inside = bool(path.parts) and not path.is_absolute() and ".." not in path.parts
    return inside and not is_record(name)


def is_record(name: str) -> bool:
    """Tell whether a file of this name, in a results folder, is the record of a run."""
    path = PurePosixPath(name)
    return len(path.parts) == 1 and path.name.endswith(ENDINGS)
