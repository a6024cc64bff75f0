"""The command line: what it prints and its exit codes."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
import xarray as xr
from click.shell_completion import BashComplete
from click.testing import CliRunner
from test_notebook_runs import with_parameters, write

from spincat import __version__
from spincat.figures.registry import EVERY
from spincat.run import _citation, grids, notebook_runs, notebooks, parameters, sweeps
from spincat.run.cli import main
from spincat.shared import provenance

TOY = "\n# A toy\n" + with_parameters(
    "from spincat.figures.vocabulary import SeveralSpins\n\n"
    "n_spins: SeveralSpins = 6  # number of spins\n"
    "eta = 0.4  # drive [η/Γ2]\n"
    'parity = "even"  # which cat\n'
    "draw = True  # whether to draw"
)
LAST = "\n```{code-cell} ipython3\nprint(12 // n_spins, eta, parity, draw)\n```\n"


pytestmark = pytest.mark.usefixtures("notebooks_here")


@pytest.fixture
def toy(tmp_path):
    return str(write(tmp_path, TOY + LAST))


@pytest.fixture
def failing(tmp_path):
    """A notebook that states no range, and fails without spins."""
    return str(write(tmp_path, TOY.replace(": SeveralSpins", "") + LAST))


def spincat(*arguments):
    return CliRunner().invoke(main, arguments)


COMMANDS = ["list", "params", "run", "figure", "sweep", "cite", "about"]


def examples(command):
    """The words of the examples that the help of a command shows."""
    shown = spincat(*command, "--help").output
    section = shown.partition("Example:\n")[2].partition("\n\n")[0]
    return [line.split() for line in section.splitlines()]


def test_every_command_is_tested_here():
    assert sorted(main.commands) == sorted(COMMANDS)


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_has_an_example_and_the_exit_codes(command):
    shown = spincat(*command, "--help")
    assert shown.exit_code == 0
    assert examples(command)
    assert all(words[: 1 + len(command)] == ["spincat", *command] for words in examples(command))
    assert "Exit codes:\n    0    done\n" in shown.output


@pytest.mark.parametrize("command", [[], ["params"], ["run"], ["figure"], ["sweep"]])
def test_the_examples_name_what_exists(command):
    for words in examples(command):
        if words[1] in ("params", "run", "figure", "sweep"):
            known = sweeps.parameters(words[2])
            parameters.assignments(known, [w for o, w in pairwise(words) if o == "-p"])
            grids.grid(known, [w for o, w in pairwise(words) if o == "--grid"])


def test_the_shell_completes_names():
    complete = BashComplete(main, {}, "spincat", "_SPINCAT_COMPLETE")
    for command in ("params", "figure", "sweep"):
        found = [item.value for item in complete.get_completions([command], "fig")]
        assert found == [name for name in EVERY if name.startswith("fig")]
    assert [item.value for item in complete.get_completions(["run"], "sec2")][-1] == "sec2_model"


def test_version():
    assert spincat("--version").output == f"spincat, version {__version__}\n"


def test_list_shows_names_and_titles(tmp_path, toy):
    assert spincat("list", str(tmp_path)).output == "Notebooks:\n  toy  A toy\n"


def test_list_shows_the_figures_and_the_books_notebooks():
    lines = spincat("list").output.splitlines()
    heads = [number for number, line in enumerate(lines) if not line.startswith(" ")]
    names = [line.split()[0] for line in lines]
    assert [lines[n] for n in heads] == ["Figures of the paper:", "Further figures:", "Notebooks:"]
    paper, further, chapters = (
        names[start + 1 : end] for start, end in pairwise([*heads, len(lines)])
    )
    assert paper == ["fig1", "fig2", "fig3", "fig4"]
    assert further == sorted(set(EVERY) - set(paper))
    assert chapters == [path.stem for path in notebooks.list_notebooks()]
    assert len({line.split(maxsplit=1)[1] for line in lines if line.startswith(" ")}) == len(
        [*EVERY, *chapters]
    )  # no two say the same


def test_params_shows_the_table(toy):
    assert spincat("params", toy).output.splitlines() == [
        "name     default  type   unit  range       meaning",
        "n_spins  6        int    1     at least 2  number of spins",
        "eta      0.4      float  η/Γ2              drive",
        "parity   'even'   str                      which cat",
        "draw     True     bool                     whether to draw",
    ]


def test_params_shows_the_table_of_a_figure():
    lines = spincat("params", "fig2").output.splitlines()
    assert lines[0].split() == ["name", "default", "type", "unit", "range", "meaning"]
    assert lines[1].split()[:4] == ["n_spins", "8", "int", "1"]
    assert lines[-1].startswith("Variables: fidelity, quasi_dark_fidelity,")


def test_run_prints_the_paths_of_the_results(toy, tmp_path):
    given = ["-p", "n_spins=4", "-p", "eta=2", "-p", "parity=odd", "-p", "draw=false"]
    shown = spincat("run", toy, *given, "-o", str(tmp_path / "out"))
    assert shown.exit_code == 0
    paths = [Path(line) for line in shown.stdout.splitlines()]
    assert [path.name for path in paths] == ["toy.ipynb", "toy.html", "toy.provenance.json"]
    assert all(path.parent == tmp_path / "out" for path in paths)
    executed = paths[0]
    assert "3 2.0 odd False" in paths[1].read_text(encoding="utf-8")
    last = json.loads(executed.read_text(encoding="utf-8"))["cells"][-1]
    assert last["outputs"][0]["text"] == ["3 2.0 odd False\n"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-p", "n_spin=4"], "did you mean 'n_spins'"),
        (["-p", "n_spins=4.5"], "n_spins = 4.5; allowed: int"),
        (["-p", "eta=strong"], "eta = 'strong'; allowed: float"),
        (["-p", "draw=1"], "draw = 1; allowed: bool"),
        (["-p", "n_spins"], "-p n_spins; allowed: -p name=value"),
        (["-p", "eta=1", "-p", "eta=2"], "-p eta=... is given"),
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
        assert "'sec99'" in shown.stderr


def test_a_failing_notebook_exits_with_1(failing, tmp_path):
    shown = spincat("run", failing, "-p", "n_spins=0", "-o", str(tmp_path / "out"))
    assert shown.exit_code == 1
    assert "ZeroDivisionError" in shown.stderr
    assert shown.stdout == ""


def test_an_output_folder_that_cannot_be_made_exits_with_1(toy, tmp_path):
    (tmp_path / "file").touch()
    shown = spincat("run", toy, "-o", str(tmp_path / "file/out"))
    assert shown.exit_code == 1
    assert "Not a directory" in shown.stderr


# -- figures and sweeps

SMALL = ["-p", "draws=2", "-p", "n_times=5"]


# Other parameters for each figure of the paper, small enough to take a second.
OTHER = {
    "fig1": ["n_spins=50", "draws=2", "n_times=5"],
    "fig2": ["n_spins=4", "draws=2", "n_times=3", "draws_many=10", "exact_draws=5"],
    "fig3": ["n_spins=20", "eta_max=1.5", "n_eta=4", "times=[10, 100]"],
    "fig4": ["n_spins=1000", "n_eta=4", "n_delta=4"],
}


@pytest.mark.parametrize("name", [name for name in EVERY if re.fullmatch(r"fig\d", name)])
def test_every_figure_of_the_paper_is_made_with_other_parameters(name, tmp_path):
    given = [word for pair in OTHER[name] for word in ("-p", pair)]
    shown = spincat("figure", name, *given, "--format", "png", "-o", str(tmp_path))
    assert shown.exit_code == 0, shown.output
    files = [tmp_path / f"{name}.{end}" for end in ("png", "nc", "csv", "provenance.json")]
    assert shown.stdout.splitlines() == [str(file) for file in files]
    assert all(file.stat().st_size for file in files)
    record = json.loads(files[-1].read_text(encoding="utf-8"))
    assert record["parameters"]["n_spins"] == int(OTHER[name][0].partition("=")[2])


def test_a_folder_used_again_holds_the_last_run_only(tmp_path):
    for given in (["n_spins=50"], ["n_spins=60", "--format", "pdf"]):
        shown = spincat("figure", "fig1", *SMALL, "-p", *given, "-o", str(tmp_path))
    files = {path.name for path in tmp_path.iterdir()}
    assert files == {Path(line).name for line in shown.stdout.splitlines()}
    assert files == {"fig1.pdf", "fig1.nc", "fig1.csv", "fig1.provenance.json"}
    sweep = ["sweep", "fig1", "--grid", "n_spins=4,6", *SMALL, "-o", str(tmp_path / "sweep")]
    for more in (["--plot", "mean_fidelity"], []):
        assert spincat(*sweep, *more).exit_code == 0
    files = {path.name for path in (tmp_path / "sweep").iterdir()}
    assert files == {"points", "fig1.nc", "fig1.sweep.json"}


@pytest.mark.parametrize("command", [["figure"], ["sweep", "--grid", "n_spins=4"], ["run"]])
def test_a_folder_that_cannot_be_written_to_is_found_before_any_work(
    toy, monkeypatch, tmp_path, command
):
    name = toy if command == ["run"] else "fig1"
    monkeypatch.setattr(
        "spincat.run.figure_runs.compute_checked", lambda *_: pytest.fail("work was done")
    )
    monkeypatch.setattr(notebook_runs, "_execute", lambda *_: pytest.fail("work was done"))
    shown = spincat(*command, name, "-o", "/dev/null")
    assert shown.exit_code == 1
    assert "/dev/null is a file" in shown.stderr


def test_the_default_folder_is_below_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert spincat("figure", "fig1", *SMALL).stdout.splitlines()[0] == "runs/fig1/fig1.pdf"
    # not the same folder, as both write fig1.nc
    swept = spincat("sweep", "fig1", *SMALL, "--grid", "n_spins=4,6")
    assert (swept.stdout, swept.exit_code) == ("runs/fig1-sweep/fig1.nc\n", 0)


def test_sweep_writes_one_dataset_and_draws_it(tmp_path):
    grid = ["--grid", "n_spins=4,6", "--grid", "delta=0.1:1:log3"]
    shown = spincat("sweep", "fig1", *grid, *SMALL, "--plot", "mean_fidelity", "-o", str(tmp_path))
    assert shown.exit_code == 0, shown.output
    assert shown.stderr == ""  # no progress where there is no terminal
    files = [tmp_path / "fig1.nc", tmp_path / "mean_fidelity.pdf"]
    assert shown.stdout.splitlines() == [str(file) for file in files]
    with xr.open_dataset(files[0]) as dataset:
        assert dataset["mean_fidelity"].dims == ("n_spins", "delta", "state", "time")
        assert list(dataset["delta"]) == pytest.approx([0.1, 0.1**0.5, 1.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["figure", "fig9"], "'fig9'; did you mean 'fig"),
        (["figure", "fig1", "-p", "n_spin=4"], "did you mean 'n_spins'?"),
        (["figure", "fig1", "-p", "n_spins=0"], "n_spins = 0; allowed: at least 1"),
        (["figure", "fig2", "-p", "n_spins=12"], "n_spins = 12; allowed: from 2 to 10"),
        (["figure", "fig1", "--format", "gif"], "'gif' is not one of 'pdf', 'svg', 'png'"),
        (["figure", "fig1", "--jobs", "0"], "0 is not in the range x>=1"),
        (["figure", "fig1", "--jobs", "2"], "allowed: one job"),
        (["figure", "fig1", "--scheduler", "tcp://127.0.0.1:9"], "Shared out are fig2, "),
        (["figure", "fig4", "--jobs", "2", "--scheduler", "tcp://127.0.0.1:9"], "allowed: 1 with"),
        (["figure", "fig4", "-p", "h_max=5"], "h_max = 5.0; allowed: above 0 and at most"),
        (["figure", "sec2_model"], "sec2_model is a notebook: spincat run sec2_model"),
        (["figure", "fig3", "-p", "n_spins=10"], "allowed for n_spins = 10: above 0 and at most "),
        (["run", "fig2"], "spincat figure fig2"),
        (["sweep", "fig1"], "Missing option '--grid'"),
        (["sweep", "fig1", "--grid", "n_spins=4,0"], "n_spins = 0; allowed"),
        (["sweep", "sec3", "--grid", "n_spins=4"], "'sec3'"),
        (["sweep", "fig1", "--grid", "n_spins=4", "--plot", "x"], "'x'"),
        (["sweep", "sec2_model", "--grid", "n_spins=4,1"], "n_spins = 1; allowed: from 3 to"),
    ],
)
def test_refused_figures_and_sweeps_exit_with_2(tmp_path, arguments, message):
    shown = spincat(*arguments, "-o", str(tmp_path / "out"))
    assert shown.exit_code == 2
    assert message in shown.stderr
    assert not (tmp_path / "out").exists()


def test_a_sweep_with_a_failing_point_exits_with_1(failing, tmp_path):
    out = tmp_path / "out"
    shown = spincat("sweep", failing, "--grid", "n_spins=0,4", "-o", str(out))
    assert shown.exit_code == 1
    assert "1 of 2 points failed" in shown.stderr
    assert "n_spins = 0: NotebookError" in shown.stderr
    assert "The notebook so far" not in shown.stderr  # it was temporary
    assert len(list((out / "points").iterdir())) == 1


# -- citing and versions


def test_cite_prints_what_the_book_says():
    page = (notebooks.CHECKOUT_NOTEBOOKS.parent / "book/cite.md").read_text(encoding="utf-8")
    entries = re.findall(r"```bibtex\n(.*?)```", page, re.DOTALL)
    assert entries == [_citation.PAPER, _citation.COMPANION]
    shown = spincat("cite").output
    assert shown == "\n".join(entries).replace("COMMIT", provenance.git_commit())
    assert shown.count("year ") == 2


def test_about_shows_the_versions():
    shown = spincat("about").output
    assert f"{__version__} (commit " in shown
    assert "numpy" in shown
    assert provenance.code_hash() in shown
    assert str(provenance.lock_hash()) in shown
    assert not re.search("^(seed|seconds) ", shown, re.MULTILINE)
