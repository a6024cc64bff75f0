"""The command ``spincat``: which notebooks there are, their parameters, and how to run them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from spincat import __version__, notebook_runs

_EXIT_CODES = """Exit codes:
  0  done
  1  a cell of the notebook failed, a file could not be written, or the run was interrupted
  2  refused before any work: unknown notebook or parameter, wrong type"""


def _epilog(*examples: str) -> str:
    """Return what stands below the options of a help page, kept as it is by a backspace mark."""
    lines = "\n".join(f"  spincat {example}" for example in examples)
    return f"\b\nExample:\n{lines}\n\n\b\n{_EXIT_CODES}"


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn the errors that a user can cause into one message and the documented exit code."""
    try:
        yield
    except (ValueError, FileNotFoundError, ModuleNotFoundError) as error:
        raise click.UsageError(str(error)) from error
    except (notebook_runs.NotebookError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _value(text: str, default: notebook_runs.Value) -> Any:
    """Read a value as Python writes it; what cannot be read stays text, to be refused by type."""
    if isinstance(default, str):
        return text
    if isinstance(default, bool) and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text


def _assignments(pairs: tuple[str, ...], notebook: str) -> dict[str, Any]:
    """Split the options ``-p name=value`` and read each value by its parameter's type."""
    defaults = {known.name: known.default for known in notebook_runs.parameters(notebook)}
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise ValueError(f"-p {pair}; allowed: -p name=value")
        if name in values:
            raise ValueError(f"-p {name}=... is given twice")
        values[name] = _value(text, defaults.get(name, ""))
    return values


@click.group(
    epilog=_epilog(
        "list",
        "params sec3_1_parity_dephasing",
        "run sec3_1_parity_dephasing -p n_spins=50 -o runs/small",
    )
)
@click.version_option(__version__, prog_name="spincat")
def main() -> None:
    """Execute the notebooks of the book with other parameters."""


@main.command("list", epilog=_epilog("list", "list my/notebooks"))
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False))
def list_command(folder: str | None) -> None:
    """List the notebooks and their titles.

    FOLDER is the folder notebooks of the repository unless it is given.
    """
    with _plain_errors():
        paths = notebook_runs.list_notebooks(folder)
        _echo_table([(path.stem, notebook_runs.title(path)) for path in paths])


@main.command(epilog=_epilog("params sec3_1_parity_dephasing"))
@click.argument("notebook")
def params(notebook: str) -> None:
    """Show the parameters of a notebook.

    NOTEBOOK is a name that `spincat list` shows, or a path.
    """
    with _plain_errors():
        rows = [
            (known.name, repr(known.default), known.type, known.unit, known.meaning)
            for known in notebook_runs.parameters(notebook)
        ]
    _echo_table([("name", "default", "type", "unit", "meaning"), *rows])


@main.command(epilog=_epilog("run sec3_1_parity_dephasing -p n_spins=50 -p seed=7 -o runs/small"))
@click.argument("notebook")
@click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="Another value; repeatable.")
@click.option(
    "-o",
    "output_dir",
    metavar="DIR",
    required=True,
    type=click.Path(file_okay=False),
    help="Where the executed notebook and its figures go; made if it is missing.",
)
def run(notebook: str, pairs: tuple[str, ...], output_dir: str) -> None:
    """Execute a notebook with other parameters.

    NOTEBOOK is a name that `spincat list` shows, or a path.
    The path of the executed notebook is printed.
    """
    with _plain_errors():
        values = _assignments(pairs, notebook)
        progress = sys.stderr.isatty()
        click.echo(notebook_runs.run(notebook, output_dir, values, progress=progress))


def _echo_table(rows: list[tuple[str, ...]]) -> None:
    """Print rows in columns as wide as their widest entry."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
