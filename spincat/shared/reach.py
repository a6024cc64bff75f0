"""Which modules of the package a computation can reach, found by reading their imports.

A point of a sweep is named by a hash of these: an edit elsewhere throws no finished point away.
The ``__init__`` of a folder only hands on names, so of its imports those count that are asked for;
what uses a folder as an object, or a star, reaches all that is in it.
"""

from __future__ import annotations

import ast
import hashlib
import re
from functools import cache
from pathlib import Path

from spincat.shared import files

_BY_NAME = "__import__", "importlib", "import_module", "exec", "eval", "runpy", "subprocess"
"""Words of a notebook that imports, or starts, what it names in a text, which may be anything."""

PACKAGE = Path(__file__).resolve().parents[1]


def modules(*sources: str) -> set[str]:
    """Return the names of all modules of the package that some sources import, and those import."""
    found: set[str] = set()
    waiting = set(_imports(sources))
    if any(map(_imports_by_name, sources)):
        waiting = _everything(PACKAGE.name)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= _imports_of(name) - found
    return found


def code(*sources: str) -> str:
    """Return sixteen hexadecimal digits that change with any module that some sources reach."""
    digest = hashlib.sha256()
    for name in sorted(modules(*sources)):
        digest.update(f"{name}\0".encode())
        digest.update(_file(name).read_bytes())
    return digest.hexdigest()[:16]


def _file(name: str) -> Path:
    """Return the file of a module or of a folder's ``__init__``."""
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imports_of(name: str) -> set[str]:
    """Return what a module imports; of a folder, nothing unless it is asked for by name."""
    file = _file(name)
    return set() if file.name == "__init__.py" else _imports((file.read_text("utf-8", "replace"),))


def _imports_by_name(source: str) -> bool:
    """Tell whether a source may import modules that it names in a text only."""
    return any(re.search(rf"\b{word}\b", source) for word in _BY_NAME)


@cache
def _imports(sources: tuple[str, ...]) -> set[str]:
    """Return the modules that the parts of a source import, or whose names they use of a folder."""
    try:
        tree = ast.Module([node for source in sources for node in ast.parse(source).body], [])
    except SyntaxError:  # a magic of IPython, which may import anything
        return _everything(PACKAGE.name)
    found: set[str] = set()
    folders: dict[str, str] = {}  # the names by which it calls folders of the package
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(level=level) if level:  # the package itself has none
                return _everything(PACKAGE.name)
            case ast.ImportFrom(module=str(module), names=names) if _is_ours(module):
                for alias in names:
                    found |= _named(module, alias.name)
                    full = f"{module}.{alias.name}"
                    if _file(full).name == "__init__.py" and _file(full).is_file():
                        folders[alias.asname or alias.name] = full
            case ast.Import(names=names):
                for alias in names:
                    if _is_ours(alias.name):
                        found.add(alias.name)
                        bound = alias.name if alias.asname else PACKAGE.name
                        folders[alias.asname or bound] = bound
    return found | _attributes(tree, folders)


def _attributes(tree: ast.AST, folders: dict[str, str]) -> set[str]:
    """Return the modules that are used as attributes of folders, as in ``figures.fig1.compute``."""
    found: set[str] = set()
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if id(node) in inner:
            continue  # part of a longer chain
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id in folders:
            found |= _chain(folders[node.id], names)
    return found


def _chain(folder: str, names: list[str]) -> set[str]:
    """Return what ``folder.name.name...`` reaches: the first module on the way, or all of it."""
    if not names:
        return _everything(folder)
    full = f"{folder}.{names[0]}"
    if _file(full).name == "__init__.py" and _file(full).is_file():
        return {full} | _chain(full, names[1:])
    return _named(folder, names[0])


def _named(module: str, name: str) -> set[str]:
    """Return what ``from module import name`` reaches."""
    if name == "*":
        return _everything(module)
    if _file(f"{module}.{name}").is_file():
        return {f"{module}.{name}"}
    found = {module}
    if _file(module).name == "__init__.py":  # a name that the folder hands on
        for node in ast.walk(ast.parse(_file(module).read_text(encoding="utf-8"))):
            match node:
                case ast.ImportFrom(module=str(origin), names=names) if _is_ours(origin):
                    handed_on = {alias.asname or alias.name for alias in names}
                    found |= _named(origin, name) if name in handed_on else set()
    return found


def _everything(folder: str) -> set[str]:
    """Return a module, or all modules of a folder and of the folders in it."""
    if _file(folder).name != "__init__.py":
        return {folder}
    paths = files.visible(_file(folder).parent, ".py")
    parts = [path.relative_to(PACKAGE.parent).with_suffix("").parts for path in paths]
    parts = [part for part in parts if all(map(str.isidentifier, part))]  # others are no modules
    return {".".join(part[:-1] if part[-1] == "__init__" else part) for part in parts}


def _is_ours(module: str) -> bool:
    return module.split(".")[0] == PACKAGE.name
