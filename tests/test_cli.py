"""The command line: what it prints and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_notebook_runs import with_parameters, write

from spincat import __version__, notebook_runs
from spincat.cli import main

TOY = "\n# A toy\n" + with_parameters(
    "n_spins = 6  # number of spins\n"
    "eta = 0.4  # drive [η/Γ2]\n"
    'parity = "even"  # which cat\n'
    "draw = True  # whether to draw"
)
LAST = "\n```{code-cell} ipython3\nprint(12 // n_spins, eta, parity, draw)\n```\n"


@pytest.fixture
def toy(tmp_path):
    return str(write(tmp_path, TOY + LAST))


def spincat(*arguments):
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("command", [[], ["list"], ["params"], ["run"]])
def test_help_has_an_example_and_the_exit_codes(command):
    shown = spincat(*command, "--help")
    assert shown.exit_code == 0
    assert f"Example:\n    spincat {' '.join(command)}".rstrip() in shown.output
    assert "Exit codes:\n    0  done\n" in shown.output


def test_the_example_of_run_names_what_exists():
    (example,) = (
        line.split()
        for line in spincat("run", "--help").output.splitlines()
        if line.startswith("    spincat run ")
    )
    known = {parameter.name for parameter in notebook_runs.parameters(example[2])}
    assert {word.partition("=")[0] for word in example if "=" in word} <= known


def test_version():
    assert spincat("--version").output == f"spincat, version {__version__}\n"


def test_list_shows_names_and_titles(tmp_path, toy):
    assert spincat("list", str(tmp_path)).output == "toy  A toy\n"


def test_list_shows_the_books_notebooks():
    shown = spincat("list")
    assert [line.split()[0] for line in shown.output.splitlines()] == [
        path.stem for path in notebook_runs.list_notebooks()
    ]


def test_params_shows_the_table(toy):
    assert spincat("params", toy).output.splitlines() == [
        "name     default  type   unit  meaning",
        "n_spins  6        int          number of spins",
        "eta      0.4      float  η/Γ2  drive",
        "parity   'even'   str          which cat",
        "draw     True     bool         whether to draw",
    ]


def test_run_prints_the_path_of_the_result(toy, tmp_path):
    given = ["-p", "n_spins=4", "-p", "eta=2", "-p", "parity=odd", "-p", "draw=false"]
    shown = spincat("run", toy, *given, "-o", str(tmp_path / "out"))
    assert shown.exit_code == 0
    executed = Path(shown.stdout.strip())
    assert executed == tmp_path / "out/toy.ipynb"
    last = json.loads(executed.read_text(encoding="utf-8"))["cells"][-1]
    assert last["outputs"][0]["text"] == ["3 2.0 odd False\n"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-p", "n_spin=4"], "no parameter 'n_spin'; did you mean 'n_spins'?"),
        (["-p", "n_spins=4.5"], "n_spins = 4.5; allowed: int, such as 6"),
        (["-p", "n_spins=1e3"], "n_spins = 1000.0; allowed: int, such as 6"),
        (["-p", "eta=strong"], "eta = 'strong'; allowed: float, such as 0.4"),
        (["-p", "draw=1"], "draw = 1; allowed: bool, such as True"),
        (["-p", "n_spins"], "-p n_spins; allowed: -p name=value"),
        (["-p", "eta=1", "-p", "eta=2"], "-p eta=... is given twice"),
    ],
)
def test_a_refused_command_exits_with_2(toy, tmp_path, arguments, message):
    shown = spincat("run", toy, *arguments, "-o", str(tmp_path / "out"))
    assert shown.exit_code == 2
    assert message in shown.stderr
    assert not (tmp_path / "out").exists()


def test_an_unknown_notebook_exits_with_2(tmp_path):
    for command in (["params", "sec99"], ["run", "sec99", "-o", str(tmp_path)]):
        shown = spincat(*command)
        assert shown.exit_code == 2
        assert "no notebook 'sec99'" in shown.stderr


def test_a_failing_notebook_exits_with_1(toy, tmp_path):
    shown = spincat("run", toy, "-p", "n_spins=0", "-o", str(tmp_path / "out"))
    assert shown.exit_code == 1
    assert "ZeroDivisionError" in shown.stderr
    assert shown.stdout == ""


def test_an_output_folder_that_cannot_be_made_exits_with_1(toy, tmp_path):
    (tmp_path / "file").touch()
    shown = spincat("run", toy, "-o", str(tmp_path / "file/out"))
    assert shown.exit_code == 1
    assert "Not a directory" in shown.stderr
