"""The points of a sweep on the disk: damaged ones are named and computed again."""

from __future__ import annotations

import json
import shutil

import pytest
from disk_faults import every_failure
from test_notebook_runs import with_parameters, write
from test_records import UNREADABLE

from spincat.run import _points, figure_runs, sweeps
from spincat.shared import files

SMALL = {"draws": 2, "n_times": 5}
GRID = {"n_spins": [4, 6]}
RECORD, DATA = "fig1.provenance.json", "fig1.nc"


def listing(record, **changes):
    """A record with other contents."""
    found = json.loads(record.read_text(encoding="utf-8"))
    record.write_text(json.dumps({**found, **changes}), encoding="utf-8")


def flip_a_bit(point, other):
    content = bytearray((point / DATA).read_bytes())
    content[len(content) // 2] ^= 1
    (point / DATA).write_bytes(content)


def truncate(point, other):
    (point / DATA).write_bytes((point / DATA).read_bytes()[:100])


def take_a_file_of_another(point, other):
    shutil.copy(other / DATA, point / DATA)


def take_all_of_another(point, other):
    shutil.rmtree(point)
    shutil.copytree(other, point)


def become_a_link(point, other):
    shutil.rmtree(point)
    point.symlink_to(other)


def become_a_file(point, other):
    shutil.rmtree(point)
    point.touch()


DAMAGES = {
    "no data": lambda point, other: (point / DATA).unlink(),
    "empty data": lambda point, other: (point / DATA).write_bytes(b""),
    "garbage data": lambda point, other: (point / DATA).write_bytes(b"\0" * 5000),
    "a folder for data": lambda point, other: ((point / DATA).unlink(), (point / DATA).mkdir()),
    "a flipped bit": flip_a_bit,
    "truncated data": truncate,
    "another's data": take_a_file_of_another,
    "another's files": take_all_of_another,
    "no record": lambda point, other: (point / RECORD).unlink(),
    "an empty folder": lambda point, other: [path.unlink() for path in point.iterdir()],
    "a link to another": become_a_link,
    "a file": become_a_file,
    "no file listed": lambda point, other: listing(point / RECORD, files={}),
    "no time": lambda point, other: listing(point / RECORD, seconds=None),
    "other parameters": lambda point, other: listing(point / RECORD, parameters={}),
    **{
        f"record: {kind}": lambda point, other, text=text: (point / RECORD).write_bytes(text)
        for kind, text in UNREADABLE.items()
    },
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A sweep of two points."""
    folder = tmp_path_factory.mktemp("sweep")
    sweeps.run("fig1", folder, SMALL, GRID)
    return folder


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_point_is_named_and_computed_again(made, tmp_path, kind, monkeypatch, capsys):
    computed, compute = [], figure_runs.compute_checked
    monkeypatch.setattr(
        figure_runs, "compute_checked", lambda *given: computed.append(0) or compute(*given)
    )
    out = tmp_path / "out"
    shutil.copytree(made, out)
    before = (out / DATA).read_bytes()
    point, other = (out / "points" / p.key for p in sweeps.plan("fig1", SMALL, GRID))
    DAMAGES[kind](point, other)
    sweeps.run("fig1", out, SMALL, GRID)
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{point} is damaged" in line
    assert "n_spins = 4" in line
    assert computed == [0]
    assert (out / DATA).read_bytes() == before
    assert {path.name for path in (out / "points").iterdir()} == {point.name, other.name}
    sweeps.run("fig1", out, SMALL, GRID)
    assert (capsys.readouterr().err, computed) == ("", [0])


@pytest.mark.usefixtures("notebooks_here")
def test_a_damaged_point_of_a_notebook_is_computed_again(tmp_path, capsys):
    save = (
        "from pathlib import Path\n\n"
        'Path("figures").mkdir()\nPath("figures/toy.txt").write_text(f"{n_spins}")'
    )
    cell = f"\n```{{code-cell}} ipython3\n{save}\n```\n"
    path = write(tmp_path, with_parameters("n_spins = 6  # number of spins") + cell)
    sweeps.run(str(path), tmp_path / "out", {}, {"n_spins": [2]})
    (point,) = (tmp_path / "out/points").iterdir()
    (point / "figures/toy.txt").write_text("3", encoding="utf-8")
    (point / "not listed").touch()
    sweeps.run(str(path), tmp_path / "out", {}, {"n_spins": [2]})
    assert "is damaged" in capsys.readouterr().err
    assert (point / "figures/toy.txt").read_text(encoding="utf-8") == "2"


def test_a_file_of_the_user_in_a_damaged_point_stays(tmp_path, capsys):
    sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [4]})
    (point,) = (tmp_path / "points").iterdir()
    (point / "NOTE.txt").write_text("precious", encoding="utf-8")
    flip_a_bit(point, None)
    sweeps.run("fig1", tmp_path, SMALL, {"n_spins": [4]})
    (note,) = tmp_path.glob("points/*/NOTE.txt")
    assert note.read_text(encoding="utf-8") == "precious"
    assert str(note.parent) in capsys.readouterr().err
    assert (point / "fig1.nc").is_file()


@pytest.mark.parametrize("killed", [True, False])
@pytest.mark.parametrize("damaged", [True, False])
def test_a_point_is_kept_as_a_whole_wherever_a_sweep_ends(tmp_path, killed, damaged):
    (point,) = sweeps.plan("fig1", SMALL, {"n_spins": [4]})
    contents, found = sweeps.compute_point(point), set()

    def keep():
        _points.keep(tmp_path, point, contents)

    for _ in every_failure(killed=killed, change=keep):
        kept = _points.find(tmp_path, point)
        found.add(kept is not None)
        files.clear(tmp_path)
        keep()
        assert [path.name for path in tmp_path.iterdir()] == [point.key]
        (tmp_path / point.key / DATA).unlink()
        if not damaged:
            shutil.rmtree(tmp_path / point.key)
    assert found == {True, False}


def test_a_point_that_another_sweep_was_faster_with_stays(tmp_path):
    (point,) = sweeps.plan("fig1", SMALL, {"n_spins": [4]})
    first, second = sweeps.compute_point(point), sweeps.compute_point(point)
    made = _points.keep(tmp_path, point, {**first, RECORD: first[RECORD] + b"\n"})
    assert _points.keep(tmp_path, point, second) == made
    assert (tmp_path / point.key / RECORD).read_bytes() == first[RECORD] + b"\n"


def test_a_point_that_cannot_be_read_back_is_an_error(tmp_path):
    (point,) = sweeps.plan("fig1", SMALL, {"n_spins": [4]})
    contents = sweeps.compute_point(point)
    with pytest.raises(OSError, match=point.key):
        _points.keep(tmp_path, point, {**contents, DATA: b"another"})
    assert [path.name for path in tmp_path.iterdir()] == [point.key]


def test_values_that_are_no_numbers_are_those_of_the_record(tmp_path):
    (point,) = sweeps.plan("fig1", SMALL, {"n_spins": [4]})
    contents = sweeps.compute_point(point)
    record = json.loads(contents[RECORD])
    for values in (record["parameters"], point.values):
        values["delta"] = float("nan")
    contents[RECORD] = json.dumps(record).encode()
    assert _points.keep(tmp_path, point, contents).data == (DATA,)


def test_what_is_no_folder_of_points_is_named(tmp_path):
    (tmp_path / "points").symlink_to(tmp_path / "nowhere")
    with pytest.raises(NotADirectoryError, match="points is a file, or a link to none; allowed"):
        sweeps.run("fig1", tmp_path, {}, {"seed": [1]})
    (tmp_path / "points").unlink()
    (tmp_path / "points").touch()
    with pytest.raises(NotADirectoryError, match="points is a file"):
        sweeps.run("fig1", tmp_path, {}, {"seed": [1]})
