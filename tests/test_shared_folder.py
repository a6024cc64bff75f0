"""One results folder for several runs, at once or in turn, and for files of its user."""

from __future__ import annotations

import hashlib
import json
import resource
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import ready_kernels
import xarray as xr
from click.testing import CliRunner
from test_cli import LAST, SMALL, TOY
from test_notebook_runs import write

from spincat.run import figure_runs, sweeps
from spincat.run.cli import main

# Processes that have loaded the libraries already; there is one server of these for all tests.
READY = ready_kernels.CONTEXT

SMALL_FIGURE = ["figure", "fig1", *SMALL]
SMALL_SWEEP = ["sweep", "fig1", "--grid", "n_spins=4,6", *SMALL]
NAMES = [f"fig1.{end}" for end in ("pdf", "svg", "png", "nc", "csv", "provenance.json")]


def spincat(*arguments):
    return CliRunner().invoke(main, [str(word) for word in arguments])


@pytest.fixture
def no_work(monkeypatch):
    monkeypatch.setattr(figure_runs, "compute_checked", lambda *_: pytest.fail("work was done"))


def is_one_run(folder, record="fig1.provenance.json"):
    """Whether all files are those that the record lists, and the data those of its parameters."""
    found = json.loads((folder / record).read_text(encoding="utf-8"))
    assert {path.name for path in folder.iterdir()} == {*found["files"], record}
    for name, digest in found["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    data = xr.load_dataset(folder / "fig1.nc", engine="h5netcdf")
    return data.attrs["n_spins"] == found["parameters"]["n_spins"]


def command(words):
    main(words)


def exit_codes(*commands):
    """Run ``spincat`` with each list of words, at once, in processes of their own."""
    started = [READY.Process(target=command, args=(words,)) for words in commands]
    for process in started:
        process.start()
    for process in started:
        process.join(timeout=120)
    return [process.exitcode for process in started]


def test_of_three_figures_at_once_the_folder_holds_one(tmp_path):
    words = [*SMALL_FIGURE, "-o", str(tmp_path / "out")]
    formats = {"4": "pdf", "5": "svg", "6": "png"}
    kinds = [["-p", f"n_spins={spins}", "--format", f] for spins, f in formats.items()]
    assert exit_codes(*([*words, *kind] for kind in kinds)) == [0, 0, 0]
    assert is_one_run(tmp_path / "out")


def test_sweeps_of_different_grids_at_once_both_complete(tmp_path):
    words = ["sweep", "fig1", *SMALL, "-o", str(tmp_path)]
    grids = [["--grid", f"n_spins={values}"] for values in ("4,6,8", "8,6,10")]
    assert exit_codes(*([*words, *grid] for grid in grids)) == [0, 0]
    record = json.loads((tmp_path / "fig1.sweep.json").read_text(encoding="utf-8"))
    assert list(record["files"]) == ["fig1.nc"]
    data = xr.load_dataset(tmp_path / "fig1.nc")
    assert list(data["n_spins"]) == record["grid"]["n_spins"]
    assert len(list((tmp_path / "points").iterdir())) == 4
    assert {path.name for path in tmp_path.iterdir()} == {"points", "fig1.nc", "fig1.sweep.json"}


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_does_not_overwrite_what_is_not_its_own(tmp_path, no_work, name):
    (tmp_path / name).write_text("mine", encoding="utf-8")
    shown = spincat(*SMALL_FIGURE, "-o", tmp_path)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert f"{tmp_path / name} is no" in shown.stderr
    assert "choose another folder" in shown.stderr
    assert {p.name: p.read_text(encoding="utf-8") for p in tmp_path.iterdir()} == {name: "mine"}


@pytest.mark.parametrize("name", ["fig1.nc", "fig1.sweep.json", "mean_fidelity.pdf"])
def test_a_sweep_does_not_overwrite_what_is_not_its_own(tmp_path, no_work, name):
    (tmp_path / name).write_text("mine", encoding="utf-8")
    shown = spincat(*SMALL_SWEEP, "--plot", "mean_fidelity", "-o", tmp_path)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert f"{tmp_path / name} is no" in shown.stderr
    assert {p.name: p.read_text(encoding="utf-8") for p in tmp_path.iterdir()} == {name: "mine"}


@pytest.mark.parametrize("name", ["toy.ipynb", "toy.html", "toy.provenance.json"])
def test_a_notebook_does_not_overwrite_what_is_not_its_own(tmp_path, monkeypatch, name):
    monkeypatch.setattr(
        "spincat.run.notebook_runs._execute", lambda *_: pytest.fail("work was done")
    )
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("mine", encoding="utf-8")
    shown = spincat("run", write(tmp_path, TOY + LAST), "-o", out)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert f"{out / name} is no" in shown.stderr
    assert {p.name: p.read_text(encoding="utf-8") for p in out.iterdir()} == {name: "mine"}


@pytest.mark.parametrize(
    ("first", "second"), [(SMALL_FIGURE, SMALL_SWEEP), (SMALL_SWEEP, SMALL_FIGURE)]
)
def test_a_figure_and_a_sweep_do_not_take_each_others_data(tmp_path, first, second):
    assert spincat(*first, "-o", tmp_path).exit_code == 0
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    shown = spincat(*second, "-o", tmp_path)
    assert shown.exit_code == 1
    assert f"fig1.nc belongs to fig1.{'provenance' if first == SMALL_FIGURE else 'sweep'}.json" in (
        shown.stderr
    )
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


@pytest.mark.usefixtures("notebooks_here")
def test_a_figure_and_a_notebook_of_one_name_do_not_take_each_others_results(tmp_path):
    cell = "\n```{code-cell} ipython3\nprint(1)\n```\n"
    path, out = write(tmp_path, cell, "fig1"), tmp_path / "out"
    assert spincat(*SMALL_FIGURE, "-o", out).exit_code == 0
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    shown = spincat("run", path, "-o", out)
    assert shown.exit_code == 1
    assert "fig1.provenance.json is the record of a figure" in shown.stderr
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    other = tmp_path / "other"
    assert spincat("run", path, "-o", other).exit_code == 0
    shown = spincat(*SMALL_FIGURE, "-o", other)
    assert shown.exit_code == 1
    assert "record of a notebook" in shown.stderr


def test_a_record_removes_no_file_outside_its_folder(tmp_path):
    out, victim = tmp_path / "a/b", tmp_path / "victim.txt"
    victim.write_text("mine", encoding="utf-8")
    out.mkdir(parents=True)
    digest = hashlib.sha256(b"mine").hexdigest()
    listed = {"../../victim.txt": digest, str(victim): digest}
    (out / "fig1.provenance.json").write_text(json.dumps({"files": listed}), encoding="utf-8")
    assert spincat(*SMALL_FIGURE, "-o", out).exit_code == 0
    assert victim.exists()
    assert is_one_run(out)


def test_a_figure_that_fails_leaves_the_one_before(tmp_path, monkeypatch):
    assert spincat(*SMALL_FIGURE, "-o", tmp_path).exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(xr.Dataset, "to_dataframe", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        figure_runs.run("fig1", tmp_path, {"n_spins": 7, "draws": 2, "n_times": 5})
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def limited(words, answer):
    """Run ``spincat`` where no file can be longer, and send what it shows."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
    shown = spincat(*words)
    answer.send((shown.exit_code, shown.stdout, shown.stderr))


@pytest.mark.parametrize("words", [SMALL_FIGURE, SMALL_SWEEP])
def test_a_full_disk_is_said_and_the_old_files_are_whole(tmp_path, words):
    """The data do not fit, as on a disk that is full; HDF5 itself would end the process."""
    assert spincat(*words, "-o", tmp_path).exit_code == 0
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    here, there = READY.Pipe(duplex=False)
    words = [*words, "-p", "seed=2", "-o", str(tmp_path)]
    process = READY.Process(target=limited, args=(words, there))
    process.start()
    process.join(timeout=120)
    assert process.exitcode == 0
    code, printed, shown = here.recv()
    (line,) = shown.splitlines()
    assert (code, printed) == (1, "")
    assert "File too large" in line
    assert f"'{tmp_path}/" in line
    assert ".tmp" not in line
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert not [path for path in tmp_path.rglob(".*") if Path(path).name.startswith(".")]


def test_figures_that_are_drawn_by_threads_are_those_of_one_after_the_other(tmp_path):
    """The settings of Matplotlib are those of the whole process."""

    def draw(part, number):
        styles = ["dark_background"] if number % 2 else []
        given = {"n_spins": 4 + number % 3, "draws": 2, "n_times": 5}
        figure_runs.run(
            "fig1", tmp_path / part / str(number), given, formats=["png"], styles=styles
        )

    for number in range(4):
        draw("in_turn", number)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(partial(draw, "at_once"), range(4)))
    for number in range(4):
        one, other = (tmp_path / part / str(number) / "fig1.png" for part in ("in_turn", "at_once"))
        assert one.read_bytes() == other.read_bytes()


def test_a_folder_that_is_gone_while_it_is_used_is_no_wrong_call(tmp_path, monkeypatch):
    assert spincat(*SMALL_SWEEP, "-o", tmp_path / "out").exit_code == 0
    monkeypatch.setattr(sweeps.swept_data, "join", lambda *_: (tmp_path / "gone").stat())
    shown = spincat(*SMALL_SWEEP, "-o", tmp_path / "out")
    assert (shown.exit_code, "Usage" in shown.stderr) == (1, False)
