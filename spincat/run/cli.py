"""The command ``spincat``: notebooks and figures with other parameters, one at a time or swept."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from spincat import __version__
from spincat.run import _citation, grids, notebooks, parameters
from spincat.run._interrupts import noticed
from spincat.shared import provenance

_EXIT_CODES = """Exit codes:
  0    done
  1    a cell or a point failed, a file could not be written, or a cluster did not answer
  2    refused before any work: unknown name, wrong type, value out of range
  130  interrupted by Ctrl-C (143: by SIGTERM); what is finished is kept"""

_COMPLETION = """Completion of names by the Tab key, in bash (or zsh, fish):
  eval "$(_SPINCAT_COMPLETE=bash_source spincat)\""""


def _epilog(*examples: str, more: str = "") -> str:
    """Return what stands below the options of a help page, kept as it is by a backspace mark."""
    lines = "\n".join(f"  spincat {example}" for example in examples)
    return "\n\n".join(f"\b\n{part}" for part in (f"Example:\n{lines}", _EXIT_CODES, more) if part)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn the errors that a user can cause into one message and the documented exit code."""
    try:
        with noticed():
            yield
    except (ValueError, MemoryError, FileNotFoundError, ModuleNotFoundError) as error:
        if _is_of_system(error):  # while running
            raise click.ClickException(str(error) or "there is not enough memory") from error
        raise click.UsageError(str(error)) from error
    except (RuntimeError, OSError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        click.echo("Interrupted; what is finished is kept.", err=True)
        raise SystemExit(130) from None


def _is_of_system(error: Exception) -> bool:
    """Tell whether an error is none of our refusals, which have a sentence and no number."""
    if isinstance(error, MemoryError):  # NumPy has one of its own
        return type(error) is not MemoryError or not str(error)
    return isinstance(error, OSError) and error.errno is not None


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names that the shell may complete."""
    from spincat.run import figure_runs

    known = [*figure_runs.names(), *_notebooks()]
    return [name for name in known if name.startswith(incomplete)]


def _notebooks() -> list[str]:
    """Return the names of the book's notebooks, which an installed package does not have."""
    there = notebooks.CHECKOUT_NOTEBOOKS.is_dir()
    return [path.stem for path in notebooks.list_notebooks()] if there else []


_name = click.argument("name", shell_complete=_complete)
_pairs = click.option(
    "-p", "pairs", metavar="NAME=VALUE", multiple=True, help="Another value; repeatable."
)


def _output(default: str) -> Callable[[Any], Any]:
    """Return the option for the folder of the results."""
    return click.option(
        "-o",
        "output_dir",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help=f"Where the files go; made if it is missing.  [default: {default}]",
    )


_jobs = click.option(
    "--jobs", metavar="N", default=1, show_default=True, type=click.IntRange(min=1),
    help="Most processes of this machine; no more than there is work for.",
)  # fmt: skip
_scheduler = click.option(
    "--scheduler", metavar="ADDRESS", help="Use the workers of this Dask scheduler instead."
)


@click.group(
    epilog=_epilog(
        "list",
        "params fig2",
        "figure fig4 -p n_spins=1000 -p n_eta=30 -p n_delta=30 -o runs/fewer_spins",
        "run sec3_1_parity_dephasing -p n_spins=50 -o runs/small",
        "sweep fig2 --grid n_spins=4,6,8 --plot mean_fidelity --jobs 2",
        more=_COMPLETION,
    )
)
@click.version_option(__version__, prog_name="spincat")
def main() -> None:
    """Compute the figures and execute the notebooks of the book with other parameters."""
    signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: object) -> NoReturn:
    """End as after Ctrl-C, so that whatever is half-done is cleared away."""
    raise SystemExit(128 + number)


@main.command("list", epilog=_epilog("list", "list my/notebooks"))
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False))
def list_command(folder: str | None) -> None:
    """List the figures and the notebooks, one line each, by name.

    With FOLDER, list the notebooks there; files that cannot be read are named beside the list.
    """
    from spincat.run import figure_runs

    with _plain_errors():
        tables: dict[str, dict[str, str]] = {}
        if folder is None:
            figures = {name: figure_runs.title(name) for name in sorted(figure_runs.names())}
            paper = {name: text for name, text in figures.items() if re.fullmatch(r"fig\d", name)}
            tables["Figures of the paper"] = paper
            tables["Further figures"] = {n: text for n, text in figures.items() if n not in paper}
        if folder is not None or notebooks.CHECKOUT_NOTEBOOKS.is_dir():
            tables["Notebooks"], wrong = notebooks.titles(folder)
            for sentence in wrong:
                click.echo(sentence, err=True)
    width = max(len(name) for table in tables.values() for name in ["", *table])
    for heading, table in tables.items():
        click.echo(f"{heading}:")
        for name, text in table.items():
            click.echo(f"  {name:<{width}}  {text}".rstrip())


@main.command(epilog=_epilog("params fig2", "params sec3_1_parity_dephasing"))
@_name
def params(name: str) -> None:
    """Show the parameters of a figure or a notebook: default, type, unit, range and meaning.

    NAME is what `spincat list` shows, or the path of a notebook.
    Of a figure, the variables that `spincat sweep --plot` can draw are named too.
    """
    from spincat.run import figure_runs, sweeps

    with _plain_errors():
        rows = [
            (known.name, repr(known.default), known.type, known.unit, known.range, known.meaning)
            for known in sweeps.parameters(name)
        ]
    _echo_table([("name", "default", "type", "unit", "range", "meaning"), *rows])
    if name in figure_runs.names():
        click.echo(f"\nVariables: {', '.join(figure_runs.variables(name))}")


@main.command(epilog=_epilog("run sec3_1_parity_dephasing -p n_spins=50 -p seed=7 -o runs/small"))
@click.argument("notebook", shell_complete=_complete)
@_pairs
@_output("runs/NAME")
def run(notebook: str, pairs: tuple[str, ...], output_dir: Path | None) -> None:
    """Execute a notebook with other parameters.

    NOTEBOOK is a name that `spincat list` shows, or a path.
    The executed notebook, the same as an HTML page that opens without a network, the record of
    its parameters and versions, and its figures with their data are left in DIR.
    The paths of the first three are printed.
    """
    from spincat.run import figure_runs, notebook_runs

    with _plain_errors():
        if notebook in figure_runs.names() and not Path(notebook).is_file():
            raise ValueError(f"{notebook} is a figure: spincat figure {notebook}")
        values = parameters.assignments(notebooks.parameters(notebook), pairs)
        folder = output_dir or Path("runs", notebooks.find(notebook).stem)
        progress = sys.stderr.isatty()
        executed = notebook_runs.run(notebook, folder, values, page=True, progress=progress)
        for ending in (".ipynb", ".html", ".provenance.json"):
            click.echo(executed.with_suffix(ending))


@main.command(
    epilog=_epilog(
        "figure fig4 -p n_spins=1000 -p n_eta=30 -p n_delta=30 -o runs/fewer_spins",
        "figure fig2 -p draws=100 --format pdf --jobs 2",
        "figure fig2 -p draws=100 --scheduler tcp://127.0.0.1:8786",
    )
)
@_name
@_pairs
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(["pdf", "svg", "png"]),
    help="Format of the picture; repeatable.  [default: all]",
)  # fmt: skip
@click.option(
    "--style", "styles", metavar="STYLE", multiple=True,
    help="A style of Matplotlib on top of the book's: its name, or a file; repeatable.",
)  # fmt: skip
@_output("runs/NAME")
@_jobs
@_scheduler
def figure(
    name: str, pairs: tuple[str, ...], formats: tuple[str, ...], styles: tuple[str, ...],
    output_dir: Path | None, jobs: int, scheduler: str | None,
) -> None:  # fmt: skip
    """Compute and draw a figure with other parameters.

    NAME is a figure that `spincat list` shows.
    The picture, its data as NetCDF and CSV, and the record of its parameters and versions are
    left in DIR, and their paths are printed.
    Several processes can share the figures with many draws or points, and refuse the others.
    """
    from spincat.run import figure_runs

    with _plain_errors():
        if name not in figure_runs.names() and name in _notebooks():
            raise ValueError(f"{name} is a notebook: spincat run {name}")
        values = parameters.assignments(figure_runs.parameters(name), pairs)
        folder, chosen = output_dir or f"runs/{name}", formats or ("pdf", "svg", "png")
        for path in figure_runs.run(
            name, folder, values, formats=chosen, styles=styles, jobs=jobs, scheduler=scheduler
        ):
            click.echo(path)


@main.command(
    epilog=_epilog(
        "sweep fig2 --grid n_spins=4,6,8 --plot mean_fidelity --jobs 2",
        "sweep fig1 --grid n_spins=50,200 --grid delta=0.001:0.05:log10",
        "sweep fig2 --grid n_spins=4,6,8 --scheduler tcp://127.0.0.1:8786",
    )
)
@_name
@click.option(
    "--grid", "axes", metavar="NAME=VALUES", multiple=True, required=True,
    help=f"Values: {grids.GRID_FORMS}.  Repeatable, for every combination.",
)  # fmt: skip
@_pairs
@_output("runs/NAME-sweep")
@_jobs
@_scheduler
@click.option(
    "--plot", "variable", metavar="VARIABLE",
    help="Also draw this variable of the result; `spincat params` lists those of a figure.",
)  # fmt: skip
def sweep(
    name: str, axes: tuple[str, ...], pairs: tuple[str, ...], output_dir: Path | None, jobs: int,
    scheduler: str | None, variable: str | None,
) -> None:  # fmt: skip
    """Compute a figure, or execute a notebook, at every point of a grid of parameters.

    NAME is what `spincat list` shows, or the path of a notebook.
    The numbers of all points become one dataset (NetCDF) in DIR; what belongs to one point is in
    DIR/points.
    After Ctrl-C, or if the process is killed, the same command goes on and computes no point again.
    """
    from spincat.run import sweeps

    with _plain_errors():
        known = sweeps.parameters(name)
        given, grid = parameters.assignments(known, pairs), grids.grid(known, axes)
        folder, progress = (
            output_dir or Path("runs", f"{Path(name).stem}-sweep"),
            sys.stderr.isatty(),
        )
        datasets = sweeps.run(
            name, folder, given, grid,
            jobs=jobs, scheduler=scheduler, variable=variable, progress=progress,
        )  # fmt: skip
        for figure in datasets:
            click.echo(folder / f"{figure}.nc")
        if variable:
            click.echo(folder / f"{variable}.pdf")


@main.command(epilog=_epilog("cite"))
def cite() -> None:
    """Print how to cite the paper and this companion, at this commit, as BibTeX."""
    companion = _citation.COMPANION.replace("COMMIT", provenance.git_commit())
    click.echo(f"{_citation.PAPER}\n{companion}", nl=False)


@main.command(epilog=_epilog("about"))
def about() -> None:
    """Show the versions, the commit, and the hashes of code and lock that make results."""
    # neither the seed nor the seconds of a run, as there is none
    rows = [row for row in provenance.about().rows if row[0] not in ("seed", "seconds")]
    hashes = ("code", provenance.code_hash()), ("lock", provenance.lock_hash() or "none")
    click.echo(repr(provenance.About((*rows, *hashes))))


def _echo_table(rows: list[tuple[str, ...]]) -> None:
    """Print rows in columns as wide as their widest entry, without columns that are empty."""
    columns = [column for column in zip(*rows, strict=True) if any(column[len(rows) > 1 :])]
    widths = [max(map(len, column)) for column in columns]
    for row in zip(*columns, strict=True):
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
