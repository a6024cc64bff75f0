"""Files that are complete or not there, under temporary names that tell whether a run has ended."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ABANDONED_AFTER = 3600.0
"""Seconds after which a temporary file that nobody touches is left over, whoever made it."""

_TEMPORARY = re.compile(r"\..*\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.tmp", re.DOTALL)
_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}


def write(contents: Mapping[Path, bytes]) -> None:
    """Write files, each of which is complete or as it was, whatever happens meanwhile.

    All are on the disk before the first one gets its name: where there is no space, none changes.
    Raises ``OSError`` with the name of the file.
    """
    temporary = {path: temporary_path(path) for path in contents}
    try:
        for path, content in contents.items():
            try:
                temporary[path].write_bytes(content)
                sync(temporary[path])
            except OSError as error:
                raise naming(error, path) from error
        for path in contents:
            temporary[path].replace(path)
    finally:
        for left_over in temporary.values():
            left_over.unlink(missing_ok=True)


def naming(error: OSError, path: Path) -> OSError:
    """Return an error with the name of a file, which that of a full disk does not have."""
    return OSError(error.errno, error.strerror, str(path))


def digest(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def visible(folder: Path, *endings: str) -> list[Path]:
    """Return the files in a folder, and in those below, whose names end so.

    Hidden ones are left out, and links to nowhere and pipes: what editors leave.
    """
    paths = sorted(path for path in folder.rglob("*") if path.name.endswith(endings))
    return [path for path in paths if path.is_file() and not path.name.startswith(".")]


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk, as far as the file system can do that."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(number)


def temporary_path(path: Path) -> Path:
    """Return a new hidden name beside ``path``, which tells the process that uses it."""
    machine, process = _here()
    owner = f"{machine}-{process}-{secrets.token_hex(4)}"
    return path.with_name(f".{path.name[:50]}.{owner}.tmp")  # a name may have 255 bytes


def has_ended(name: str) -> bool:
    """Whether the process that a temporary name tells of was one of this machine, and has ended."""
    found = _TEMPORARY.fullmatch(name)
    if found is None or found[1] != _here()[0]:
        return False
    try:
        os.kill(int(found[2]), 0)
    except ProcessLookupError:
        return True
    except OSError:  # of another user
        return False
    return False


def clear(folder: Path) -> None:
    """Remove what is left over, under temporary names, of processes that have ended.

    Those of other machines and containers cannot be asked for: what they use is younger than
    ``ABANDONED_AFTER``, by the clock of the file system.
    Raises ``OSError`` where nothing can be written.
    """
    probe = temporary_path(folder / "clock")
    try:
        probe.mkdir(parents=True)  # another run that failed may have removed an empty folder
    except OSError as error:
        raise naming(error, folder) from error
    now = probe.stat().st_mtime
    probe.rmdir()
    for path in folder.glob(".*.tmp"):
        with suppress(FileNotFoundError):  # another process clears, too
            old = now - path.lstat().st_mtime > ABANDONED_AFTER
            if has_ended(path.name) or (old and _TEMPORARY.fullmatch(path.name)):
                remove(path)


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield a folder among the system's temporary files, which is there inside of the block."""
    folder = scratch_folder()
    try:
        yield folder
    finally:
        remove(folder)


def scratch_folder() -> Path:
    """Make a folder among the system's temporary files, for this user alone.

    What processes of this user left there when they were killed is removed.
    """
    parent = Path(tempfile.gettempdir())
    for path in parent.glob(".spincat.*.tmp"):
        with suppress(OSError):  # another process clears, too
            if has_ended(path.name) and path.lstat().st_uid == os.getuid():
                remove(path)
    folder = temporary_path(parent / "spincat")
    folder.mkdir(mode=0o700)
    return folder


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, as far as possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _here() -> tuple[str, str]:
    """Return names for this machine, or container, and for this process in it.

    Where the system does not tell, the machine has another name each time, and is never "this".
    """
    try:
        process = os.readlink("/proc/self")
        space = os.readlink("/proc/self/ns/pid")  # in a container, processes have other numbers
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return secrets.token_hex(4), "0"
    text = f"{platform.node()} {boot} {space}"
    return hashlib.sha256(text.encode()).hexdigest()[:8], process
