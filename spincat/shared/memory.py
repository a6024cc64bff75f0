"""How much memory this process may use: of the machine, of its control group, of its addresses."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path


def usable_memory() -> float:
    """Bytes that this process may use: of the machine, its control group or RLIMIT_AS, the least.

    Infinite where the system tells nothing.
    """
    return min([math.inf, *_installed(), *_address_space(), *control_group_limits()])


def control_group_limits(
    membership: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> Iterator[float]:
    """Limits in bytes of the control groups (version 1 or 2) that this process belongs to.

    A group is in all those above it, and in a container the top one is the container's own, while
    ``membership`` may still have the path that the host knows.
    """
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            top, name = root, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = root / "memory", "memory.limit_in_bytes"
        else:
            continue
        group = top / path.strip("/")
        for folder in [group, *group.parents]:
            if folder.is_relative_to(top):
                try:
                    yield float((folder / name).read_text(encoding="utf-8"))
                except (OSError, ValueError):  # no such file, or "max"
                    continue


def _installed() -> Iterator[float]:
    try:
        yield float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # not known on this system
        return


def _address_space() -> Iterator[float]:
    """What is left of the addresses that `ulimit -v` allows."""
    try:
        import resource  # not on Windows

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
    except (ImportError, OSError, ValueError):
        return
    if limit != resource.RLIM_INFINITY:
        yield max(0.0, float(limit - pages * os.sysconf("SC_PAGE_SIZE")))
