"""The points of sweeps on the disk: read, verified against their records, and kept.

A point is a folder of that name, with its files and a record that lists them with their hashes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spincat.run import _records
from spincat.shared import files

if TYPE_CHECKING:
    from spincat.run.sweeps import Point


@dataclass(frozen=True)
class Made:
    """What a sweep needs to know of a point that is there."""

    started: str
    seconds: float
    data: tuple[str, ...]
    """Its NetCDF files, relative to its folder."""


def record_name(point: Point) -> str:
    """Return the name of a point's record."""
    return f"{point.name}.provenance.json"


def find(store: Path, point: Point) -> Made | None:
    """Return what is there of a point; one that is damaged is named, and counts as not there."""
    made = _verified(store, point)
    if made is None and os.path.lexists(store / point.key):
        swept = ", ".join(f"{name} = {value}" for name, value in point.swept.items())
        print(
            f"{store / point.key} is damaged and computed again: its files are not those that a "
            f"record of {swept} lists",
            file=sys.stderr,
        )
    return made


def keep(store: Path, point: Point, contents: Mapping[str, bytes]) -> Made:
    """Write the files of a point to a folder of another name, and rename it when it is complete.

    Raises ``OSError`` where they cannot be written.
    """
    target = store / point.key
    stage, displaced = files.temporary_path(target), files.temporary_path(target)
    try:
        for name, content in contents.items():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            files.write({stage / name: content})
        files.sync(stage)
        if _verified(store, point) is None:  # else another sweep into the same folder was faster
            with suppress(FileNotFoundError):
                target.rename(displaced)  # what is damaged
            with suppress(OSError):  # faster after all
                stage.rename(target)
        made = _verified(store, point)
    except OSError as error:
        raise files.naming(error, target) from error
    finally:
        files.remove(stage)
        _remove_but_foreign(displaced, contents)
    if made is None:
        raise OSError(f"{target} is not what was written there")
    return made


def _remove_but_foreign(displaced: Path, contents: Mapping[str, bytes]) -> None:
    """Remove a damaged point; a file that no point has is somebody's own, and stays beside it."""
    there = {p.relative_to(displaced).as_posix() for p in displaced.rglob("*") if not p.is_dir()}
    foreign = there - set(contents) - _listed_in(displaced)
    if not foreign:
        files.remove(displaced)
        return
    kept = displaced.with_name(displaced.name.removeprefix(".").removesuffix(".tmp") + ".kept")
    displaced.rename(kept)
    print(f"{kept} holds files of a damaged point that no record lists", file=sys.stderr)


def _listed_in(folder: Path) -> set[str]:
    """Return the files that the records in a folder list, and the records themselves."""
    records = [path for path in folder.glob("*.json") if path.name.endswith(_records.ENDINGS)]
    return {p.name for p in records} | {name for p in records for name in _records.listed(p)}


def _verified(store: Path, point: Point) -> Made | None:
    """Return what is there of a point, None unless all files are those of a record of it."""
    folder = store / point.key
    match _records.read(folder / record_name(point)):
        case {
            "name": point.name, "parameters": parameters, "files": listed,
            "started": str(started), "seconds": int() | float() as seconds,
        }:  # fmt: skip
            data = tuple(name for name in listed if name.endswith(".nc"))
            result = f"{point.name}.nc" if point.source is None else f"{point.name}.ipynb"
        case _:
            return None
    is_whole = (
        # as text, in which NaN equals NaN
        json.dumps(parameters, sort_keys=True) == json.dumps(point.values, sort_keys=True)
        and result in listed
        and all(_records.digest(folder, name) == digest for name, digest in listed.items())
    )
    return Made(started, seconds, data) if is_whole else None
