"""What a results folder holds after runs that fail, are killed, or go on at the same time."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from disk_faults import Killed, every_failure, failing

from spincat.run import _records, _results
from spincat.shared import files

RECORD = "toy.provenance.json"
OLD = {"data.nc": "old", "dropped.pdf": "old", "figures/same.pdf": "1", "figures/dropped.svg": "1"}
NEW = {"data.nc": "new", "added.csv": "new", "figures/same.pdf": "1"}


@pytest.fixture(autouse=True)
def without_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda number: None)


def run(folder, contents, record=RECORD):
    """A run that leaves these files."""
    with (
        _results.results_folder(folder, record, "figure"),
        _results.staged(folder, record) as stage,
    ):
        for name, text in contents.items():
            (stage / name).parent.mkdir(exist_ok=True)
            (stage / name).write_text(text, encoding="utf-8")
        _results.publish(stage, record, {"name": _records.run_name(record), "run": contents})


def go_on(folder, record=RECORD):
    """What the next run does first."""
    with _results.results_folder(folder, record, "figure"):
        pass


def held(folder):
    """The files of a folder but for records, without any that are hidden in vain."""
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    assert not [name for name in found if "/." in f"/{name}"]
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    return {name: p.read_text(encoding="utf-8") for name, p in found.items() if name != RECORD}


def is_whole(folder):
    """Whether the record lists the files of one run, and nothing else is there."""
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    hashes = {n: hashlib.sha256(t.encode()).hexdigest() for n, t in held(folder).items()}
    return record["run"] == held(folder) and record["files"] == hashes


@pytest.mark.parametrize("killed", [True, False])
def test_a_run_is_published_as_a_whole_wherever_it_ends(tmp_path, killed):
    run(tmp_path, OLD)
    found = []
    for _ in every_failure(killed=killed, change=lambda: run(tmp_path, NEW)):
        go_on(tmp_path)
        assert is_whole(tmp_path)
        found.append(held(tmp_path) == NEW)
        run(tmp_path, OLD)
        assert held(tmp_path) == OLD
    assert set(found) == {True, False}
    assert found == sorted(found) or not killed  # one moment decides


def test_to_complete_a_run_may_be_interrupted_again(tmp_path):
    run(tmp_path, OLD)
    for _ in every_failure(killed=True, change=lambda: run(tmp_path, NEW)):
        for n in range(1, 40, 7):
            with failing(n, killed=True), suppress(Killed):
                go_on(tmp_path)
        go_on(tmp_path)
        assert is_whole(tmp_path)
        run(tmp_path, OLD)


def test_a_run_that_fails_changes_nothing(tmp_path):
    run(tmp_path, OLD)
    with suppress(ZeroDivisionError), _results.staged(tmp_path, RECORD) as stage:
        (stage / "data.nc").write_text("new", encoding="utf-8")
        raise ZeroDivisionError
    assert is_whole(tmp_path)
    assert held(tmp_path) == OLD


def test_what_an_earlier_run_left_is_replaced_and_what_was_changed_stays(tmp_path):
    run(tmp_path, OLD)
    (tmp_path / "dropped.pdf").write_text("edited", encoding="utf-8")
    (tmp_path / "foreign").write_text("mine", encoding="utf-8")
    run(tmp_path, NEW)
    assert held(tmp_path) == {**NEW, "dropped.pdf": "edited", "foreign": "mine"}
    (tmp_path / "dropped.pdf").unlink()
    run(tmp_path, {})
    assert held(tmp_path) == {"foreign": "mine"}


def test_what_was_published_but_cannot_be_read_takes_nothing_away(tmp_path):
    run(tmp_path, OLD)
    for text in (b"", b"[]", b"{}", b"null"):
        (tmp_path / f".{RECORD}.ready").mkdir()
        (tmp_path / f".{RECORD}.ready" / RECORD).write_bytes(text)
        go_on(tmp_path)
        assert is_whole(tmp_path)
        assert held(tmp_path) == OLD


# -- what a run does not own


def test_records_remove_nothing_outside_their_folder(tmp_path):
    folder, outside = tmp_path / "a/b", tmp_path / "outside"
    for path in (folder, outside):
        path.mkdir(parents=True)
    victims = tmp_path / "victim", outside / "victim"
    for victim in victims:
        victim.write_text("mine", encoding="utf-8")
    (folder / "link").symlink_to(outside)
    names = "../../victim", str(victims[0]), "link/victim", "../b/../../victim", "link"
    listed = dict.fromkeys(names, files.digest(victims[0]))
    (folder / RECORD).write_text(json.dumps({"files": listed}), encoding="utf-8")
    run(folder, NEW)
    assert all(victim.read_text(encoding="utf-8") == "mine" for victim in victims)
    assert (folder / "link/victim").exists()


def in_the_way(folder):
    """Files of somebody else with the name of a result, one at a time."""
    place, outside = folder / "data.nc", folder.parent / "outside"
    outside.mkdir()
    yield place.write_text("mine", encoding="utf-8")
    place.unlink()
    yield place.mkdir()
    place.rmdir()
    yield place.symlink_to(outside / "missing")
    assert place.is_symlink()
    place.unlink()
    yield os.mkfifo(place)
    place.unlink()
    yield (folder / "figures").symlink_to(outside)
    assert list(outside.iterdir()) == []
    (folder / "figures").unlink()
    yield (folder / "figures").write_text("mine", encoding="utf-8")
    (folder / "figures").unlink()
    yield (folder / RECORD).mkdir()
    (folder / RECORD).rmdir()
    for text in ("mine", "[]", "{}", "null", '{"name": "other", "files": {}}'):
        yield (folder / RECORD).write_text(text, encoding="utf-8")
        assert (folder / RECORD).read_text(encoding="utf-8") == text


def test_what_is_not_of_an_earlier_run_is_never_overwritten(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for _ in in_the_way(folder):
        before = sorted(folder.iterdir())
        with pytest.raises(FileExistsError, match=r"folder/(data|figures|toy).*choose another"):
            run(folder, NEW)
        assert sorted(folder.iterdir()) == before


def test_a_result_that_was_changed_is_refused_before_any_work(tmp_path):
    run(tmp_path, OLD)
    (tmp_path / "data.nc").write_text("edited", encoding="utf-8")
    with (
        pytest.raises(FileExistsError, match=r"data\.nc is not of an earlier run.*move it"),
        _results.results_folder(tmp_path, RECORD, "figure", ["data.nc"]),
    ):
        pytest.fail("work was done")
    with pytest.raises(FileExistsError, match=r"data\.nc"):
        run(tmp_path, NEW)
    assert held(tmp_path) == {**OLD, "data.nc": "edited"}


def test_two_kinds_of_run_share_what_is_the_same_and_nothing_else(tmp_path):
    run(tmp_path, {"data.nc": "1", "more": "1"})
    run(tmp_path, {"data.nc": "1"}, "toy.sweep.json")  # the very same file
    for record in (RECORD, "toy.sweep.json"):
        with pytest.raises(FileExistsError, match=r"data\.nc belongs to toy\."):
            run(tmp_path, {"data.nc": "2"}, record)
    run(tmp_path, {"more": "2"})
    assert held(tmp_path).keys() == {"data.nc", "more", "toy.sweep.json"}  # the other has it still
    run(tmp_path, {}, "toy.sweep.json")
    assert held(tmp_path).keys() == {"more", "toy.sweep.json"}


def test_a_file_put_in_the_way_of_a_killed_run_is_kept(tmp_path):
    kept = 0
    for _ in every_failure(killed=True, change=lambda: run(tmp_path, NEW)):
        mine = not (tmp_path / "added.csv").exists() and list(tmp_path.glob(".*.ready"))
        if mine:
            (tmp_path / "added.csv").write_text("mine", encoding="utf-8")
        go_on(tmp_path)
        if mine:
            kept += held(tmp_path) == {**NEW, "added.csv": "mine"}
            (tmp_path / "added.csv").unlink()
        run(tmp_path, {})
    assert kept > 3


def test_what_is_in_the_place_of_a_ready_run_is_named_before_any_work(tmp_path):
    (tmp_path / f".{RECORD}.ready").symlink_to(tmp_path)
    with pytest.raises(FileExistsError, match=r"\.ready is a file or a link"):
        go_on(tmp_path)
    go_on(tmp_path, "other.sweep.json")


def test_a_result_is_not_called_like_the_record_of_another_run(tmp_path):
    with pytest.raises(OSError, match="only the records of runs have"):
        run(tmp_path, {"other.sweep.json": "{}"})
    assert list(tmp_path.iterdir()) == []


def test_what_was_published_takes_nothing_through_a_link(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    ready = folder / ".toy.provenance.json.ready"
    outside.mkdir()
    ready.mkdir(parents=True)
    (outside / "victim.txt").write_text("mine", encoding="utf-8")
    (ready / "sub").symlink_to(outside)
    listed = {"name": "toy", "files": {"sub/victim.txt": "0"}}
    (ready / "toy.provenance.json").write_text(json.dumps(listed), encoding="utf-8")
    run(folder, NEW)
    assert (outside / "victim.txt").read_text(encoding="utf-8") == "mine"
    assert held(folder) == NEW


# -- several at once

WRITER = """
import random, sys
from pathlib import Path
from test_results import run
folder, seed, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
choose = random.Random(seed)
for number in range(times):
    names = choose.sample(["a", "b", "figures/c", "figures/d", "e"], 3)
    run(folder, {name: choose.choice([seed, "same"]) for name in names})
"""


def writers(folder, times, count=3):
    """Start programs that publish runs into one folder, a number of times each."""
    command = [sys.executable, "-c", WRITER, str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return [
        subprocess.Popen([*command, str(seed), str(times)], env=environment)
        for seed in range(count)
    ]


def test_of_several_runs_at_once_the_folder_holds_one(tmp_path):
    for process in writers(tmp_path / "out", 20):
        assert process.wait(timeout=60) == 0
    assert is_whole(tmp_path / "out")


def test_runs_that_are_killed_at_any_moment_leave_one_whole(tmp_path):
    choose, out = random.Random(1), tmp_path / "out"
    run(out, {"a": "same"})
    for _ in range(6):
        started = writers(out, 100_000, count=2)
        time.sleep(0.4 + 0.2 * choose.random())
        for process in started:
            process.send_signal(signal.SIGKILL)
        assert [process.wait(timeout=60) for process in started] == [-signal.SIGKILL] * 2
        go_on(out)
        assert is_whole(out)


def test_what_a_running_process_has_staged_is_left_alone(tmp_path):
    with _results.staged(tmp_path, RECORD) as stage:
        run(tmp_path, NEW)
        assert stage.is_dir()
    assert held(tmp_path) == NEW


def test_a_stage_stays_young_while_its_run_is_alive(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ABANDONED_AFTER", 0.6)
    monkeypatch.setattr(files, "has_ended", lambda name: False)  # as on another machine
    with _results.staged(tmp_path, RECORD) as stage:
        time.sleep(1)
        go_on(tmp_path)
        assert stage.is_dir()
    (tmp_path / stage.name).mkdir()  # as one that was killed there
    time.sleep(0.7)
    go_on(tmp_path)
    assert held(tmp_path) == {}


# -- other file systems and folders


def test_neither_links_nor_modes_nor_locks_are_needed(tmp_path, monkeypatch):
    def refuse(*arguments, **more):
        raise PermissionError(1, "Operation not permitted")

    for name in ("chmod", "fchmod", "link", "symlink", "utime", "lockf"):
        monkeypatch.setattr(os, name, refuse)
    monkeypatch.setattr(os, "getpid", lambda: 1)
    run(tmp_path, OLD)
    run(tmp_path, NEW)
    assert held(tmp_path) == NEW


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()

    def refuse(*arguments, **more):
        raise PermissionError(13, "Permission denied", "a name that nobody knows")

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(PermissionError, match=r"denied: '.*/out'"):
        run(tmp_path / "out", NEW)


def test_a_link_to_a_folder_is_that_folder(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to("out")
    run(tmp_path / "link", OLD)
    run(tmp_path / "link", NEW)
    assert held(tmp_path / "out") == NEW
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="file is a file"):
        run(tmp_path / "file", NEW)


@pytest.mark.parametrize("name", ["", "/data.nc"])
def test_an_error_names_the_folder_or_the_file_in_it(tmp_path, name):
    with (
        pytest.raises(OSError, match=f"No space left on device: '{tmp_path}{name}'"),
        _results.staged(tmp_path, RECORD) as stage,
    ):
        raise OSError(28, "No space left on device", f"{stage}{name}" if name else None)
    assert held(tmp_path) == {}


def test_a_result_that_would_be_read_for_hours_is_refused(tmp_path):
    with _results.staged(tmp_path, RECORD) as stage:
        with (stage / "hole").open("wb") as file:
            file.truncate(10**12)
        with pytest.raises(OSError, match=rf"{_records.LARGEST}: '{tmp_path}/hole"):
            _results.publish(stage, RECORD, {})
    assert list(tmp_path.iterdir()) == []
