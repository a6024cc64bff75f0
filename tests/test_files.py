"""Files that are complete or as they were, and names that tell whose they are."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from disk_faults import DEAD, every_failure

from spincat.shared import files


@pytest.mark.parametrize("killed", [True, False])
def test_a_file_is_complete_or_as_it_was_wherever_writing_ends(tmp_path, killed):
    first, second = tmp_path / "first", tmp_path / "second"
    found = set()

    def change():
        files.write({first: b"new", second: b"new"})

    files.write({first: b"old", second: b"old"})
    for _ in every_failure(killed=killed, change=change):
        found.add((first.read_bytes(), second.read_bytes()))
        files.clear(tmp_path)
        assert {*tmp_path.iterdir()} == {first, second}
        files.write({first: b"old", second: b"old"})
    assert found == {(b"old", b"old"), (b"new", b"old"), (b"new", b"new")}


def test_where_there_is_no_space_no_file_changes(tmp_path, monkeypatch):
    first, second = tmp_path / "first", tmp_path / "second"
    files.write({first: b"old"})
    write = Path.write_bytes

    def full(path, content):
        if "second" in path.name:
            raise OSError(errno.ENOSPC, "No space left on device")  # as it comes: without a name
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=f"No space left on device: '{second}'"):
        files.write({first: b"new", second: b"new"})
    assert first.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [first]


def test_a_file_system_that_cannot_sync_is_no_error(tmp_path, monkeypatch):
    raised = [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EIO]

    def refuse(number):
        raise OSError(raised.pop(0), "")

    monkeypatch.setattr(os, "fsync", refuse)
    for _ in range(3):
        files.write({tmp_path / "file": b"1"})
    with pytest.raises(OSError, match="file"):
        files.write({tmp_path / "file": b"2"})
    assert (tmp_path / "file").read_bytes() == b"1"


def another(machine="", process=""):
    """A temporary name as another process, here or elsewhere, would give it."""
    here, _ = files._here()
    return f".file.{machine or here}-{process or DEAD}-0123abcd.tmp"


def test_what_an_ended_process_left_is_cleared_and_nothing_else(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    mine = files.temporary_path(tmp_path / "file").name
    alive, elsewhere = another(process=str(child.pid)), another(machine="00000000")
    of_the_user = ".file.tmp", ".file.txt", "file.tmp", f"x{another()}", "folder"
    kept = {mine, alive, elsewhere, *of_the_user}
    for name in (*kept, another()):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    files.clear(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept
    child.communicate()
    files.clear(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept - {alive}


def test_what_other_machines_left_is_cleared_when_it_is_old(tmp_path):
    old, young, edited = (tmp_path / another(f"0000000{n}") for n in "123")
    notes = tmp_path / ".notes.tmp"  # no temporary name
    for path in (old, young, edited, notes):
        path.touch()
    past = time.time() - files.ABANDONED_AFTER
    for path, seconds in ((old, -60), (young, 60), (edited, -60), (notes, -60)):
        os.utime(path, (past + seconds, past + seconds))
    edited.write_bytes(b"its run is alive")
    files.clear(tmp_path)
    assert {*tmp_path.iterdir()} == {young, edited, notes}


def test_the_number_of_a_process_counts_in_its_container_only(monkeypatch):
    link = os.readlink
    name = another()
    assert files.has_ended(name)
    space = {"/proc/self/ns/pid": "pid:[1]"}
    monkeypatch.setattr(os, "readlink", lambda path: space.get(path) or link(path))
    assert not files.has_ended(name)  # here, another process may have had this number
    monkeypatch.setattr(os, "readlink", lambda path: link("/nowhere"))
    assert not files.has_ended(name)
    assert not files.has_ended(files.temporary_path(Path("file")).name)


def test_a_long_name_leaves_room_for_the_temporary_one(tmp_path):
    path = tmp_path / ("é" * 127)
    files.write({path: b"1"})
    assert [*tmp_path.iterdir()] == [path]


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    (target / "file").touch()
    link = tmp_path / "link"
    link.symlink_to(target)
    files.remove(link)
    assert [*tmp_path.rglob("*")] == [target, target / "file"]


def test_what_an_ended_process_left_among_temporary_files_is_cleared(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, elsewhere = another().replace("file", "spincat"), another(machine="00000000")
    (tmp_path / dead / "files").mkdir(parents=True)
    (tmp_path / elsewhere.replace("file", "spincat")).mkdir()
    with files.scratch() as first, files.scratch() as second:
        assert len({*tmp_path.iterdir()} - {first, second}) == 1
        assert first.stat().st_mode & 0o77 == 0
        (first / "file").touch()
    assert [path.name for path in tmp_path.iterdir()] == [elsewhere.replace("file", "spincat")]
