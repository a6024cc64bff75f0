"""List, describe and check notebooks; nothing of a notebook is executed here."""

from __future__ import annotations

import ast
import io
import os
import tokenize
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import spincat
from spincat.run import _declared_types, _notebook_files
from spincat.run._notebook_files import read, tagged
from spincat.shared import declarations, reach
from spincat.shared.declarations import Parameter, Value, suggestion
from spincat.shared.extras import import_extra

__all__ = [
    "CHECKOUT_NOTEBOOKS", "check", "code", "find", "list_notebooks", "parameters", "read", "source",
    "title", "titles",
]  # fmt: skip

CHECKOUT_NOTEBOOKS = Path(spincat.__file__).resolve().parents[1] / "notebooks"


def list_notebooks(folder: str | Path | None = None) -> list[Path]:
    """Return the paths of the text notebooks in ``folder`` (default: the checkout's), by name.

    What cannot be read is left out.
    Raises ``FileNotFoundError`` where there is no such folder, as for ``spincat`` installed
    without its repository.
    """
    return [path for path in _candidates(folder) if _is_notebook(path)]


def titles(folder: str | Path | None = None) -> tuple[dict[str, str], list[str]]:
    """Return the titles of the notebooks in ``folder`` by their names, and what is wrong elsewhere.

    The second is a sentence for each file that is called like a notebook and cannot be read.
    """
    found, wrong = dict[str, str](), list[str]()
    for path in _candidates(folder):
        try:
            if _has_header(_notebook_files.text(path)):
                found[path.stem] = title(path)
        except ValueError as error:
            wrong.append(str(error))
    return found, wrong


def _candidates(folder: str | Path | None) -> list[Path]:
    folder = CHECKOUT_NOTEBOOKS if folder is None else Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no folder {folder}; the notebooks are in the repository of spincat, not in the "
            "installed package: give the path of a notebook or of their folder"
        )
    return sorted(folder.glob("*.md"))


def _is_notebook(path: Path) -> bool:
    try:
        return _has_header(_notebook_files.text(path))
    except ValueError:
        return False


def _has_header(text: str) -> bool:
    header = text.partition("\n---\n")[0]
    return header.startswith("---\n") and "\nkernelspec:" in header


def find(notebook: str | Path, folder: str | Path | None = None) -> Path:
    """Return the path of a notebook given as a path or by its name in ``folder``.

    Raises ``FileNotFoundError``, naming the nearest notebook, where there is none.
    """
    if os.path.isfile(notebook):  # `Path.is_file` raises an error for a name that is too long
        return Path(notebook).resolve()
    known = {path.stem: path for path in list_notebooks(folder)}
    name = str(notebook).removesuffix(".md")
    if name in known:
        return known[name]
    if os.path.lexists(notebook):
        raise FileNotFoundError(f"{notebook} is not a file, or a link to none")
    raise FileNotFoundError(f"no notebook {str(notebook)!r}{suggestion(name, known)}")


def title(notebook: str | Path) -> str:
    """Return the first heading of a notebook, or an empty string."""
    for cell in read(find(notebook)).cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("# "):
                return _printable(line.removeprefix("# ").strip())
    return ""


def source(notebook: str | Path) -> str:
    """Return the text of a notebook as MyST Markdown, in which an .ipynb is written anew."""
    path = find(notebook)
    if path.suffix.lower() != ".ipynb":
        return _notebook_files.text(path)
    return str(import_extra("jupytext").writes(read(path), "md:myst"))


def code(notebook: str | Path) -> list[str]:
    """Return the code cells of a notebook but its parameters, and a hash of what all can reach."""
    cells = [cell for cell in read(find(notebook)).cells if cell.cell_type == "code"]
    texts = [cell.source for cell in cells]
    rest = [cell.source for cell in cells if not tagged(cell, "parameters")]
    return [*rest, reach.code(*texts)]


def parameters(notebook: str | Path) -> list[Parameter]:
    """Return the table of parameters of a notebook, in the order of its cell ``parameters``.

    A line of it is ``name: type = literal  # meaning [unit]``.  The type is an annotation as in
    `spincat.figures.vocabulary`, of names that this or an earlier cell imports; without one it is
    the type of the literal: a number, a string, True or False, or a list of these.
    No line of the notebook is executed for that.
    Raises ``ValueError`` where the cell holds anything else, and where a cell is not Python.
    """
    path = find(notebook)
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    own = [number for number, cell in enumerate(cells) if tagged(cell, "parameters")]
    if len(own) > 1:
        raise ValueError(f"{path}: {len(own)} cells are tagged 'parameters'; allowed: one")
    before = _statements(path, cells, own)
    return _parameter_table(path, cells[own[0]].source, before) if own else []


def check(notebook: str | Path, given: Mapping[str, Any]) -> dict[str, Value]:
    """Return the values of all parameters of a notebook: those given, and the defaults.

    Raises ``ValueError`` for an unknown parameter, a wrong type or a value outside its range.
    """
    return declarations.check(parameters(notebook), given)


def _printable(text: str) -> str:
    """Return a text without what would command the terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _statements(path: Path, cells: list[Any], own: list[int]) -> list[ast.stmt]:
    """Return the statements above the parameters; refuse a cell that no kernel could execute."""
    above: list[ast.stmt] = []
    for number, cell in enumerate(cells):
        if number in own or tagged(cell, "raises-exception"):
            continue
        try:
            body = _notebook_files.statements(cell.source)
        except _notebook_files.UNREADABLE as error:
            raise _notebook_files.refusal(path, str(number + 1), error) from None
        if own and number < own[0]:
            above += body
    return above


def _parameter_table(path: Path, source: str, above: list[ast.stmt]) -> list[Parameter]:
    try:
        comments, body = _comments(source), ast.parse(source).body
    except (*_notebook_files.UNREADABLE, tokenize.TokenError) as error:
        raise _notebook_files.refusal(path, "'parameters'", error) from None
    annotations = [node.annotation for node in body if isinstance(node, ast.AnnAssign)]
    try:
        names = _declared_types.names_of(annotations, [*above, *body])
    except ValueError as error:
        raise ValueError(f"{path}, cell 'parameters': {error}") from None
    lines = [node for node in body if not isinstance(node, ast.ImportFrom)]
    where = [f"{path}, cell 'parameters', line {node.lineno}" for node in lines]
    table = [_parameter(x, comments, names, at) for x, at in zip(lines, where, strict=True)]
    defaults = {known.name: known.default for known in table}
    if len(defaults) < len(table):
        every = [known.name for known in table]
        twice = next(name for name in every if every.count(name) > 1)
        raise ValueError(f"{path}, cell 'parameters': {twice} is there twice; allowed: once")
    for known, at in zip(table, where, strict=True):
        _check_declaration(known, defaults, at)
    return table


def _comments(source: str) -> dict[int, str]:
    """Return the comment of each line that has one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _parameter(
    node: ast.stmt, comments: Mapping[int, str], names: Mapping[str, Any], where: str
) -> Parameter:
    try:
        name, value, annotation = _line(node, names)
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        comment = next((comments[line] for line in lines if line in comments), "")
        meaning, _, unit = _printable(comment).partition("[")
        default = _literal(value)
    except Exception as error:  # metadata raise what they like
        raise ValueError(f"{where}: {error}") from None
    return Parameter(name, default, annotation, meaning.strip(), unit.partition("]")[0].strip())


def _line(node: ast.stmt, names: Mapping[str, Any]) -> tuple[str, ast.expr, Any]:
    """Return name and value of a parameter, and its type if the line has one."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value, None
        case ast.AnnAssign(target=ast.Name(id=name), annotation=text, value=ast.expr() as value):
            return name, value, _declared_types.evaluate(text, names)
    raise ValueError(
        f"{ast.unparse(node).splitlines()[0]}; allowed: name = value  # meaning [unit]"
    )


def _literal(value: ast.expr) -> Value:
    try:
        default: Value = ast.literal_eval(value)
        _ = Parameter("", default).type  # raises for what no parameter may be
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{error}; allowed: a literal") from None
    return default


def _check_declaration(known: Parameter, defaults: Mapping[str, Any], where: str) -> None:
    """Raise ``ValueError`` if no value could be checked, whatever it is."""
    try:
        lost = [limit.of for limit in known.limits if limit.of not in defaults]
        _ = known.type, known.range, known.unit, known.meaning
        with suppress(ValueError):  # a default may be refused: it is checked where it is used
            known.check(known.default, defaults)
    except Exception as error:  # of metadata that do not fit the type, each library has its own
        raise ValueError(f"{where}: the type cannot be read: {error}") from None
    if lost:
        raise ValueError(f"{where}: the range ends at {lost[0]}, which is no parameter")
