"""List, describe and check notebooks; nothing of a notebook is executed here."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Mapping
from contextlib import redirect_stdout
from copy import deepcopy
from pathlib import Path
from typing import Any

import matplotlib as mpl

import spincat
from spincat.shared import declarations
from spincat.shared.declarations import Parameter, Value, suggestion
from spincat.shared.extras import import_extra

CHECKOUT_NOTEBOOKS = Path(spincat.__file__).resolve().parents[1] / "notebooks"


def list_notebooks(folder: str | Path | None = None) -> list[Path]:
    """Return the paths of the text notebooks in ``folder`` (default: the checkout's), by name.

    Raises ``FileNotFoundError`` where there is no such folder, as for ``spincat`` installed
    without its repository.
    """
    folder = CHECKOUT_NOTEBOOKS if folder is None else Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"no folder {folder}; the notebooks are in the repository of spincat, not in the "
            "installed package: give the path of a notebook or of their folder"
        )
    return sorted(path for path in folder.glob("*.md") if _is_notebook(path))


def find(notebook: str | Path, folder: str | Path | None = None) -> Path:
    """Return the path of a notebook given as a path or by its name in ``folder``.

    Raises ``FileNotFoundError``, naming the nearest notebook, where there is none.
    """
    if Path(notebook).is_file():
        return Path(notebook).resolve()
    known = {path.stem: path for path in list_notebooks(folder)}
    name = str(notebook).removesuffix(".md")
    if name in known:
        return known[name]
    raise FileNotFoundError(f"no notebook {str(notebook)!r}{suggestion(name, known)}")


def title(notebook: str | Path) -> str:
    """Return the first heading of a notebook, or an empty string."""
    for cell in read(find(notebook)).cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("# "):
                return str(line.removeprefix("# ").strip())
    return ""


def parameters(notebook: str | Path) -> list[Parameter]:
    """Return the table of parameters of a notebook, in the order of its cell ``parameters``.

    A line of it is ``name: type = literal  # meaning [unit]``.  The type is an annotation as in
    `spincat.figures.vocabulary`, of names that this or an earlier cell imports; without one it is
    the type of the literal: a number, a string, True or False, or a list of these.
    Raises ``ValueError`` where the cell holds anything else.
    """
    return _parameter_table(find(notebook))


def check(notebook: str | Path, given: Mapping[str, Any]) -> dict[str, Value]:
    """Return the values of all parameters of a notebook: those given, and the defaults.

    After types and ranges, the notebook's own check, the cell below its parameters that may raise,
    is executed in this process. Raises ``ValueError`` for an unknown parameter, a wrong type or a
    value outside its range.
    """
    path = find(notebook)
    table = _parameter_table(path)
    values = declarations.check(table, given)
    cells = _checks(path) if given else []  # the defaults are in their ranges
    # what has a type is checked: `check_cell` has nothing left to do
    namespace = {"__name__": "__main__", "__annotations__": {}, **values}
    try:
        with mpl.rc_context(), redirect_stdout(io.StringIO()):
            for cell in cells:
                exec(compile(cell, f"{path.name}, checks", "exec"), namespace)
    except (ValueError, MemoryError) as error:
        shown = [
            f"  {known.name} = {values[known.name]!r}; allowed: {known.range or known.meaning}"
            for known in table
            if known.name in given
        ]
        raise ValueError("\n".join([str(error), *shown])) from error
    return values


def read(path: Path) -> Any:
    """Read a text notebook (or an .ipynb), or raise ``ValueError`` for another kind of file."""
    notebook = import_extra("jupytext").read(path)
    if "kernelspec" not in notebook.metadata:
        raise ValueError(f"{path} is not a notebook: it has no header that names a kernel")
    return notebook


def _is_notebook(path: Path) -> bool:
    header = path.read_text(encoding="utf-8").partition("\n---\n")[0]
    return header.startswith("---\n") and "\nkernelspec:" in header


def _tagged(cell: Any) -> bool:
    return "parameters" in cell.metadata.get("tags", [])


def _checks(path: Path) -> list[ast.Module]:
    """Return the imports of the parameters and the cells below to the first that raises.

    Only the next three cells are searched: a notebook checks its parameters before any work.
    """
    code = [cell for cell in read(path).cells if cell.cell_type == "code"]
    start = next((number for number, cell in enumerate(code) if _tagged(cell)), len(code))
    cells = [ast.parse(cell.source) for cell in code[start : start + 4]]
    for first in cells[:1]:  # its values are known
        first.body = [node for node in first.body if isinstance(node, ast.ImportFrom)]
    whole = deepcopy(cells)
    for number, cell in enumerate(cells):
        while cell.body and not any(isinstance(x, ast.Raise) for x in ast.walk(cell.body[-1])):
            cell.body.pop()
        if cell.body:
            return [*whole[:number], cell]
    return []


def _parameter_table(path: Path) -> list[Parameter]:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    tagged = [number for number, cell in enumerate(cells) if _tagged(cell)]
    if not tagged:
        return []
    if len(tagged) > 1:
        raise ValueError(f"{path}: {len(tagged)} cells are tagged 'parameters'; allowed: one")
    source = cells[tagged[0]].source
    comments, body = _comments(source), ast.parse(source).body
    imported = _imported(body, [cell.source for cell in cells[: tagged[0]]])
    lines = (node for node in body if not isinstance(node, ast.ImportFrom))
    return [_parameter(node, comments, imported, path) for node in lines]


def _comments(source: str) -> dict[int, str]:
    """Return the comment of each line that has one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _imported(body: list[ast.stmt], earlier: list[str]) -> dict[str, Any]:
    """Import the names that the annotations use, from where this or an earlier cell has them."""
    annotations = [node.annotation for node in body if isinstance(node, ast.AnnAssign)]
    used = {x.id for node in annotations for x in ast.walk(node) if isinstance(x, ast.Name)}
    found: dict[str, Any] = {}
    above = [node for source in earlier for node in _statements(source)] if used else []
    for node in [*above, *body]:
        if isinstance(node, ast.ImportFrom) and used & {x.asname or x.name for x in node.names}:
            exec(compile(ast.Module([node], []), "the types of the parameters", "exec"), found)
    return found


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:  # a magic of IPython
        return []


def _parameter(
    node: ast.stmt, comments: Mapping[int, str], imported: dict[str, Any], path: Path
) -> Parameter:
    where = f"{path}, cell 'parameters', line {node.lineno}"
    name, value, annotation = _line(node, imported, where)
    lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
    comment = next((comments[line] for line in lines if line in comments), "")
    meaning, _, unit = comment.partition("[")
    try:
        default = ast.literal_eval(value)
        _ = Parameter(name, default).type  # raises for what no parameter may be
    except ValueError as error:
        raise ValueError(f"{where}: {error}; allowed: a literal") from None
    return Parameter(name, default, annotation, meaning.strip(), unit.partition("]")[0].strip())


def _line(node: ast.stmt, imported: dict[str, Any], where: str) -> tuple[str, ast.expr, Any]:
    """Return name and value of a parameter, and its type if the line has one."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value, None
        case ast.AnnAssign(target=ast.Name(id=name), annotation=text, value=ast.expr() as value):
            try:
                annotation = eval(compile(ast.Expression(text), where, "eval"), imported)
            except NameError as error:
                raise ValueError(f"{where}: {error}; allowed: a type imported above") from None
            return name, value, annotation
    raise ValueError(f"{where}; allowed: name = value  # meaning [unit]")
