"""What only an extra of the package installs."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def import_extra(module: str, extra: str = "book") -> Any:
    """Import a module, or say which extra installs it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error}; install spincat with its extra '{extra}'") from error
