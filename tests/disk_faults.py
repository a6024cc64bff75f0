"""Operations on files that fail, or end the process, at any moment that a test asks for."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from spincat.shared import files

CHANGING = "fsync", "mkdir", "rename", "replace", "rmdir", "unlink"
DEAD = "999999999"
"""The number of a process that cannot be there."""


class Killed(BaseException):
    """Raised where a process would be killed; it cannot change the disk any more."""


@contextmanager
def failing(n: int, *, killed: bool) -> Iterator[list[str]]:
    """Let the ``n``-th change of the disk fail, and where the process is killed all that follow.

    What is left over is that of a process that has ended.  Yields the changes that were asked for.
    """
    asked: list[str] = []

    def instead(name: str, change: Callable[..., object]) -> Callable[..., object]:
        def changed(*arguments, **more):
            asked.append(name)
            if len(asked) == n or (killed and len(asked) > n):
                if name == "write_bytes":
                    change(arguments[0], arguments[1][: len(arguments[1]) // 2])
                raise Killed if killed else OSError(errno.EIO, "Input/output error")
            return change(*arguments, **more)

        return changed

    with pytest.MonkeyPatch.context() as patched:
        machine, _ = files._here()
        patched.setattr(files, "_here", lambda: (machine, DEAD))
        for name in CHANGING:
            patched.setattr(os, name, instead(name, getattr(os, name)))
        patched.setattr(Path, "write_bytes", instead("write_bytes", Path.write_bytes))
        yield asked


def every_failure(*, killed: bool, change: Callable[[], object]) -> Iterator[int]:
    """Yield n = 1, 2, ... after ``change`` failed at its n-th change of the disk, to its last one.

    What the test does with the disk in between is undisturbed.
    """
    for n in count(1):
        with failing(n, killed=killed) as asked, suppress(Killed, OSError):
            change()
        if len(asked) < n:
            assert n > 5
            return
        yield n
