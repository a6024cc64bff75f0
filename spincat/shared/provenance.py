"""Where a result comes from: versions, commit, seed and time, for datasets and notebooks."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

from spincat.shared import files

CODE_VARIABLE = "SPINCAT_CODE"
"""The environment variable by which a process tells its kernels which code they must run."""

PACKAGE = Path(__file__).resolve().parents[1]
_IMPORTED = time.monotonic()
_SOURCES = ".py", ".mplstyle"
_PACKAGES = "numpy", "scipy", "sympy", "qutip", "numba", "xarray", "matplotlib"


def _sources() -> str:
    """Return sixteen hexadecimal digits that change with any source file of the package."""
    digest = hashlib.sha256()
    for path in files.visible(PACKAGE, *_SOURCES):
        digest.update(os.fsencode(path.relative_to(PACKAGE)) + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


_CODE = _sources()

if os.environ.get(CODE_VARIABLE, _CODE) != _CODE:
    raise ImportError(
        f"{PACKAGE} is not the spincat that started this process, or was edited since then"
    )


def code_hash() -> str:
    """Sixteen hexadecimal digits that change with any source file of the package.

    They are of the files as they were when the package was imported: of the code that runs.
    """
    return _CODE


def edited() -> bool:
    """Tell whether the package was edited after it was imported."""
    return _sources() != _CODE


@cache
def git_commit() -> str:
    """The commit of the checkout this package is used from, "+changes" if it was edited.

    "not in a git checkout" if the package was installed without one, be it inside another
    repository: the files that run must be tracked there.
    """
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(PACKAGE), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, env=surroundings
        ).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", str(Path(__file__).resolve()))
        commit = git("rev-parse", "--short=12", "HEAD")
        changes = edited() or _differs(git) or git("status", "--porcelain", "--", ".")
        return commit + "+changes" * bool(changes)
    except (OSError, subprocess.CalledProcessError):
        return "not in a git checkout"


def _differs(git: Callable[..., str]) -> bool:
    """Tell whether the source files are others than those of the commit, whatever is ignored."""
    committed = {
        name: entry.split()[2]
        for line in git("ls-tree", "-r", "-z", "HEAD", ".").split("\0")
        for entry, _, name in [line.partition("\t")]
        if name.endswith(_SOURCES) and not PurePosixPath(name).name.startswith(".")
    }
    found = {
        path.relative_to(PACKAGE).as_posix(): path for path in files.visible(PACKAGE, *_SOURCES)
    }
    if found.keys() != committed.keys():
        return True
    # as git would store them, such as with other line ends
    hashes = git("hash-object", "--", *map(str, found.values())).split()
    return hashes != [committed[name] for name in found]


@cache
def processor() -> str:
    """The name of this machine's processor, for what is measured in seconds."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def attributes(**parameters: object) -> dict[str, object]:
    """The attributes of a dataset: the parameters it was made with, package version and commit."""
    return {**parameters, "spincat_version": version("spincat"), "git_commit": git_commit()}


def lock_hash() -> str | None:
    """The SHA-256 of ``requirements.lock``, or None where spincat was installed without it."""
    lock = Path(__file__).parents[2] / "requirements.lock"
    return files.digest(lock) if lock.is_file() else None


class Stopwatch:
    """Notes when a run began and what code runs, and makes the record of the run at its end."""

    def __init__(self) -> None:
        self._commit = git_commit()
        self._started, self._clock = datetime.now(UTC), time.monotonic()

    def record(self, name: str, parameters: Mapping[str, Any], **more: object) -> dict[str, Any]:
        """What the run ``name`` was made with: parameters, seed, versions, commit and times.

        ``more`` is kept too; all of it must be what JSON can hold.
        """
        return {
            "name": name,
            "parameters": dict(parameters),
            "seed": parameters.get("seed"),
            **more,
            "started": self._started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - self._clock, 3),
            "git_commit": self._commit,
            "code_hash": code_hash(),
            "edited_while_running": edited(),
            "lock_sha256": lock_hash(),
            "versions": {
                "python": platform.python_version(),
                **{package: version(package) for package in ("spincat", *_PACKAGES)},
            },
            "machine": platform.machine(),
        }


@dataclass(frozen=True)
class About:
    """A table of what produced a run, rendered by Jupyter; made by :func:`about`."""

    rows: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        width = max(len(name) for name, _ in self.rows)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in self.rows)

    def _repr_html_(self) -> str:
        body = "".join(f"<tr><th scope='row'>{n}</th><td>{v}</td></tr>" for n, v in self.rows)
        return f"<table><tbody>{body}</tbody></table>"


def about(seed: int | None = None) -> About:
    """Versions, git commit, ``seed``, date and the seconds since spincat was imported."""
    return About(
        (
            ("spincat", f"{version('spincat')} (commit {git_commit()})"),
            ("seed", "none: nothing random" if seed is None else str(seed)),
            ("seconds", f"{time.monotonic() - _IMPORTED:.1f}"),
            ("date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")),
            ("python", f"{platform.python_version()} on {platform.machine()}"),
            *((name, version(name)) for name in _PACKAGES),
        )
    )
