"""What a results folder holds, and who may write to it.

A run works in a folder of its own inside the results folder, the stage, and publishes all its
files as a whole: to rename the stage to ``.<record>.ready`` is the one moment from which the run
counts.  What then remains, to move the files to their places, the next run does if this one is
killed.  A lock is held while files are moved, never while anything is computed, so that of several
runs at once each completes, and the folder holds the files of one.

A file belongs to the run whose record lists its hash.  Any other file is somebody's own: it is
neither overwritten nor removed.

All this needs folders that are made and renamed as a whole, and neither links, modes nor locks of
the file system, nor clocks or numbers of processes that several machines agree on.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from spincat.run import _records
from spincat.shared import files

LOCK_PATIENCE = 120.0
"""Seconds without any sign of life after which a lock counts as left over."""


@contextmanager
def results_folder(
    path: str | Path, record: str, kind: str, names: Iterable[str] = ()
) -> Iterator[Path]:
    """Make a folder and try to write to it, before any work; without results it is not left behind.

    What killed runs have left over there is completed, or cleared away.
    Raises ``OSError`` where nothing can be written, or where one of the ``names`` that a run with
    this ``record`` will write is that of a file that is not its own.  The ``kind`` of a run is that
    of a figure or a notebook, which may have one name.
    """
    folder = Path(path)
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file; allowed: a folder, made if it is missing")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        files.clear(folder)
        with _locked(folder) as at_work:
            _complete(folder, at_work)
            _refuse(_foreign(folder, record, kind, dict.fromkeys(names, ""), at_work))
        yield folder
    finally:
        for parent in made:
            with suppress(OSError):  # not empty, which is how it should be
                parent.rmdir()


@contextmanager
def staged(folder: Path, record: str) -> Iterator[Path]:
    """Yield a temporary folder inside ``folder`` for the files of a run with this ``record``."""
    stage, ended = files.temporary_path(folder / record), threading.Event()
    stage.mkdir(parents=True)  # another run that failed may have removed the empty folder

    def stay_young() -> None:
        while not ended.wait(files.ABANDONED_AFTER / 60):
            with suppress(OSError):
                os.utime(stage)

    threading.Thread(target=stay_young, daemon=True).start()
    try:
        yield stage
    except OSError as error:
        if error.errno is None:
            raise
        name = str(error.filename or folder).replace(str(stage), str(folder))
        raise files.naming(error, Path(name)) from error
    finally:
        ended.set()
        shutil.rmtree(stage, ignore_errors=True)  # a kernel that was interrupted may still write


def publish(stage: Path, record: str, content: Mapping[str, Any]) -> None:
    """Move all files of a stage to the folder it is in, with the record of the run, as a whole.

    What the earlier run with this record left, and this one has not written, is removed unless it
    was changed since.
    Raises ``FileExistsError``, and changes nothing, where a file that is not its own is in the way.
    """
    folder, within = stage.parent, sorted(stage.rglob("*"))
    names = [path.relative_to(stage).as_posix() for path in within if path.is_file()]
    for name in names:
        if any("\ud800" <= letter <= "\udfff" for letter in name):  # no record could name it
            raise OSError(errno.EILSEQ, "the name of a result is not UTF-8", ascii(name))
        if (size := (stage / name).stat().st_size) > _records.LARGEST:  # a hole, perhaps
            message = f"a result of {size} bytes; allowed: at most {_records.LARGEST}"
            raise OSError(errno.EFBIG, message, str(folder / name))
        if _records.is_record(name) and name != record:
            message = "a result has a name that only the records of runs have"
            raise OSError(errno.EINVAL, message, str(folder / name))
    new = {name: files.digest(stage / name) for name in names if name != record}
    files.write({stage / record: _records.content(content, new)})
    for path in [*(stage / name for name in new), *(p for p in within if p.is_dir()), stage]:
        files.sync(path)
    with _locked(folder) as at_work:
        _complete(folder, at_work)
        _refuse(_foreign(folder, record, content.get("kind", ""), new, at_work))
        _commit(stage, record, at_work)


def retract(folder: Path, record: str) -> None:
    """Remove the files of an earlier run with this record, and the record; what changed stays."""
    if _records.read(folder / record) is None:
        return
    with _locked(folder) as at_work:
        for name, digest in _records.listed(folder / record).items():
            at_work()
            if _records.digest(folder, name) == digest:
                (folder / name).unlink()
        (folder / record).unlink(missing_ok=True)


def _commit(stage: Path, record: str, at_work: Callable[[], None]) -> None:
    at_work()
    ready = stage.rename(_ready(stage.parent, record))
    files.sync(ready.parent)
    _move(ready, record, at_work)


def _ready(folder: Path, record: str) -> Path:
    """Return the name that a stage has from the moment on from which the run counts."""
    return folder / f".{record}.ready"


def _complete(folder: Path, at_work: Callable[[], None]) -> None:
    """Complete what was being published when a process was killed."""
    for ready in sorted(folder.glob(".*.ready")):
        record = ready.name[1 : -len(".ready")]
        if record.endswith(_records.ENDINGS) and ready.is_dir() and not ready.is_symlink():
            new = _records.listed(ready / record)
            kind = (_records.read(ready / record) or {}).get("kind", "")
            # of anyone who has put a file there since
            _move(ready, record, at_work, kept=_foreign(folder, record, kind, new, at_work))


def _move(
    ready: Path, record: str, at_work: Callable[[], None], kept: Collection[str] = ()
) -> None:
    """Move what is published to its places, the record last; done again, it goes on."""
    folder = ready.parent
    new, old = _records.listed(ready / record), _records.listed(folder / record)
    if _records.read(ready / record):  # else it was moved, and nothing of worth is left
        # whoever made a link there: what is behind it is not of the run
        own = [n for n in new if n not in kept and not _records.leads_elsewhere(ready, n)]
        for name in own:
            at_work()
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # moved already
                (ready / name).replace(folder / name)
        others = _of_others(folder, record)
        for name in old.keys() - new.keys():
            at_work()
            if _records.digest(folder, name) == old[name] and (name, old[name]) not in others:
                (folder / name).unlink()
        for parent in {(folder / name).parent for name in own} | {folder}:
            files.sync(parent)
        at_work()
        if record not in kept:
            (ready / record).replace(folder / record)
        files.sync(folder)
    shutil.rmtree(ready, ignore_errors=True)


def _foreign(
    folder: Path, record: str, kind: str, new: Mapping[str, str], at_work: Callable[[], None]
) -> dict[str, str]:
    """Return which files in the way of a run are not its own, and why."""
    old, others, foreign = _records.listed(folder / record), _of_others(folder, record), {}
    ready = _ready(folder, record)
    if ready.is_symlink() or ready.is_file():
        foreign[ready.name] = f"{ready} is a file or a link"
    if os.path.lexists(folder / record) and _records.read(folder / record) is None:
        foreign[record] = f"{folder / record} is no record of {_records.run_name(record)}"
    elif (found_kind := (_records.read(folder / record) or {}).get("kind", kind)) != kind:
        foreign[record] = f"{folder / record} is the record of a {found_kind}, not of a {kind}"
    for name, digest in new.items():
        at_work()
        above = _records.leads_elsewhere(folder, name)
        if above is not None:
            foreign[name] = f"{above} is a file or a link"
        elif os.path.lexists(folder / name):
            found = _records.digest(folder, name)
            if found is not None and found == digest:
                continue
            if found is None or old.get(name) != found:
                foreign[name] = f"{folder / name} is not of an earlier run that {record} records"
            if found is not None and (name, found) in others:
                foreign[name] = f"{folder / name} belongs to {others[name, found]}"
    return foreign


def _of_others(folder: Path, record: str) -> dict[tuple[str, str], str]:
    """Return the files with their hashes that the other records in a folder list."""
    paths = (path for path in folder.glob("*.json") if path.name.endswith(_records.ENDINGS))
    return {
        item: path.name
        for path in paths
        if path.name != record
        for item in _records.listed(path).items()
    }


def _refuse(foreign: Mapping[str, str]) -> None:
    for reason in foreign.values():
        raise FileExistsError(
            f"{reason}, and is not overwritten: move it, or choose another folder"
        )


@contextmanager
def _locked(folder: Path) -> Iterator[Callable[[], None]]:
    """Hold the lock of a folder; yield a function that tells others that its holder is at work.

    The lock is a folder with one entry, named by its holder.  It is renamed to its place, which
    fails where a lock is held already; a lock whose holder has ended, or has not shown for long
    that it is at work, is taken over by renaming the entry, which one process alone can do.
    """
    lock = folder / ".spincat.lock"
    prepared, holder = files.temporary_path(lock), files.temporary_path(lock / "holder")
    (prepared / holder.name).mkdir(parents=True)

    def at_work() -> None:
        nonlocal holder
        try:
            holder = holder.rename(files.temporary_path(lock / "holder"))
        except FileNotFoundError:
            raise OSError(f"another run took over while {folder} was written to") from None

    try:
        _acquire(lock, prepared, holder)
        yield at_work
    finally:
        with suppress(OSError):
            (holder.rmdir if holder.is_dir() else holder.unlink)()
            lock.rmdir()
        shutil.rmtree(prepared, ignore_errors=True)


def _acquire(lock: Path, prepared: Path, holder: Path) -> None:
    seen, since = set[str](), time.monotonic()
    while True:
        try:
            prepared.rename(lock)
            return
        except OSError as error:
            held = error.errno in (errno.EEXIST, errno.ENOTEMPTY) or lock.is_dir()
            if not held:
                raise files.naming(error, lock) from error
        with suppress(OSError):
            lock.rmdir()  # if its holder was killed between its last two steps
        with suppress(OSError):
            entries = {entry.name: entry for entry in lock.iterdir()}
            if not entries.keys() <= seen:
                seen, since = {*entries}, time.monotonic()
            patient = time.monotonic() - since <= LOCK_PATIENCE
            if entries and all(files.has_ended(name) or not patient for name in entries):
                first, *others = sorted(entries)
                entries[first].rename(holder)
                for name in others:  # of somebody who knows nothing of locks
                    files.remove(entries[name])
                return
        time.sleep(0.01)
