"""List, describe and execute the notebooks with other parameters; nothing physical."""

from __future__ import annotations

import ast
import difflib
import io
import math
import numbers
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import spincat

Value: TypeAlias = bool | int | float | str | list[Any]

CHECKOUT_NOTEBOOKS = Path(spincat.__file__).resolve().parents[1] / "notebooks"


class NotebookError(RuntimeError):
    """A cell raised an error, or the kernel died, while a notebook was executed."""


@dataclass(frozen=True)
class Parameter:
    """One line ``name = default  # meaning [unit]`` of the cell tagged ``parameters``."""

    name: str
    default: Value
    meaning: str
    unit: str

    @property
    def type(self) -> str:
        """The type that another value must have, read from the default."""
        return _type_name(self.default)


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

    The beginning of a name will do if it belongs to one notebook only.

    Raises ``FileNotFoundError``, naming the nearest notebook, where there is none.
    """
    if Path(notebook).is_file():
        return Path(notebook).resolve()
    known = {path.stem: path for path in list_notebooks(folder)}
    name = str(notebook).removesuffix(".md")
    matches = (
        [known[name]] if name in known else [p for k, p in known.items() if k.startswith(name)]
    )
    if len(matches) == 1:
        return matches[0]
    raise FileNotFoundError(f"no notebook {str(notebook)!r}{_suggestion(name, known)}")


def title(notebook: str | Path) -> str:
    """Return the first heading of a notebook, or an empty string."""
    for cell in _read(find(notebook)).cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("# "):
                return str(line.removeprefix("# ").strip())
    return ""


def parameters(notebook: str | Path) -> list[Parameter]:
    """Return the table of parameters of a notebook, in the order of its cell ``parameters``.

    The type of a parameter is the type of its default, which must be a literal: a number, a
    string, True or False, or a list of these.
    Raises ``ValueError`` where the cell holds anything else.
    """
    return _parameter_table(find(notebook))


def check_parameters(known: Iterable[Parameter], given: Mapping[str, Any]) -> dict[str, Value]:
    """Return the given values, converted to the types of the known parameters.

    An integer is taken where the default is a float, and nothing else is converted.
    Raises ``ValueError``, naming the nearest parameter or the allowed type.
    """
    table = {parameter.name: parameter for parameter in known}
    for name in given:
        if name not in table:
            raise ValueError(f"no parameter {name!r}{_suggestion(name, table)}")
    return {name: _converted(name, value, table[name].default) for name, value in given.items()}


def run(
    notebook: str | Path,
    output_dir: str | Path,
    parameters: Mapping[str, Any] | None = None,
    *,
    progress: bool = False,
) -> Path:
    """Execute a notebook with other parameters and return the path of the executed copy.

    The copy is ``<output_dir>/<name>.ipynb``; it is called ``<name>.running.ipynb`` until its last
    cell has run, and ``<name>.failed.ipynb`` if a cell fails.
    The notebook's current directory is ``output_dir``, so that its ``figures/`` land there too.
    ``progress`` shows a bar that counts the cells.

    Raises ``FileNotFoundError`` for an unknown notebook and ``ValueError`` for an unknown
    parameter or a wrong type, both before any work, and ``NotebookError`` where a cell fails.
    """
    path = find(notebook)
    values = check_parameters(_parameter_table(path), parameters or {})
    output_dir = Path(output_dir).resolve()
    target = output_dir / f"{path.stem}.ipynb"
    if target == path:
        raise ValueError(f"output_dir = {output_dir} would overwrite the notebook itself")
    output_dir.mkdir(parents=True, exist_ok=True)
    running, failed = (target.with_suffix(f".{state}.ipynb") for state in ("running", "failed"))
    try:
        _execute(path, running, values, progress)
    except NotebookError as error:
        running.replace(failed)
        raise NotebookError(f"{path.name}: {error}\nThe notebook so far: {failed}") from error
    failed.unlink(missing_ok=True)
    return running.replace(target)


def _execute(path: Path, output: Path, values: Mapping[str, Value], progress: bool) -> None:
    """Let papermill execute the notebook in the folder of ``output``, and save it there."""
    papermill = _import("papermill")
    exceptions = _import("nbclient.exceptions")
    # papermill takes an output path as a format string, and cannot read text notebooks itself.
    escaped = str(output).replace("{", "{{").replace("}", "}}")
    try:
        papermill.execute_notebook(
            _read(path),
            escaped,
            dict(values),
            language="python",
            cwd=output.parent,
            progress_bar=progress,
            # Or the kernel warns at every start that it listens, on this machine only, in the open.
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
    except papermill.PapermillExecutionError as error:
        raise NotebookError(
            f"a cell raised {error.ename}: {error.evalue}\nThe cell:\n{error.source}"
        ) from error
    except exceptions.DeadKernelError as error:
        raise NotebookError("the kernel died, perhaps for want of memory") from error


def _import(module: str) -> Any:
    """Import what only the extra ``book`` installs, or say so."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{error}; to read and execute notebooks install spincat with its extra 'book'"
        ) from error


def _read(path: Path) -> Any:
    """Read a text notebook (or an .ipynb), or raise ``ValueError`` for another kind of file."""
    notebook = _import("jupytext").read(path)
    if "kernelspec" not in notebook.metadata:
        raise ValueError(f"{path} is not a notebook: it has no header that names a kernel")
    return notebook


def _is_notebook(path: Path) -> bool:
    header = path.read_text(encoding="utf-8").partition("\n---\n")[0]
    return header.startswith("---\n") and "\nkernelspec:" in header


def _parameter_table(path: Path) -> list[Parameter]:
    tagged = [cell for cell in _read(path).cells if "parameters" in cell.metadata.get("tags", [])]
    if not tagged:
        return []
    if len(tagged) > 1:
        raise ValueError(f"{path}: {len(tagged)} cells are tagged 'parameters'; allowed: one")
    source = tagged[0].source
    comments = _comments(source)
    return [_parameter(node, comments, path) for node in ast.parse(source).body]


def _comments(source: str) -> dict[int, str]:
    """Return the comment of each line that has one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT}


def _parameter(node: ast.stmt, comments: Mapping[int, str], path: Path) -> Parameter:
    where = f"{path}, cell 'parameters', line {node.lineno}"
    if not (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
    ):
        raise ValueError(f"{where}; allowed: name = value  # meaning [unit]")
    try:
        default = ast.literal_eval(node.value)
        _type_name(default)
    except ValueError as error:
        raise ValueError(f"{where}: {error}; allowed: a literal") from None
    meaning, _, unit = comments.get(node.end_lineno or node.lineno, "").strip().partition("[")
    return Parameter(node.targets[0].id, default, meaning.strip(), unit.partition("]")[0].strip())


def _type_name(value: Any) -> str:
    if isinstance(value, list) and value:
        return f"list of {_type_name(value[0])}"
    # A tuple or None is left out: papermill would hand the notebook a string instead.
    if isinstance(value, bool | int | float | str | list):
        return type(value).__name__
    raise ValueError(f"{value!r} is not a number, a string, True, False or a list of these")


def _converted(name: str, value: Any, default: Value) -> Value:
    """Return ``value`` in the type of ``default``; NumPy's scalars become Python's."""
    if isinstance(default, list) and isinstance(value, list | tuple):
        return [_converted(name, item, default[0] if default else item) for item in value]
    # bool comes first: to Python, True is an integer.
    if isinstance(default, bool | str) or isinstance(value, bool):
        if type(value) is type(default):
            return value
    elif isinstance(value, numbers.Real) and math.isfinite(value):
        if isinstance(default, float):
            return float(value)
        if isinstance(default, int) and isinstance(value, numbers.Integral):
            return int(value)
    raise ValueError(f"{name} = {value!r}; allowed: {_type_name(default)}, such as {default!r}")


def _suggestion(name: str, known: Iterable[str]) -> str:
    names = list(known)
    nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.0)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else "."
    return f"{hint} There are: {', '.join(names) or 'none'}"
