"""The lock of a results folder: waited for, taken over, and lost."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from disk_faults import DEAD
from test_results import NEW, held, run

from spincat.run import _results
from spincat.shared import files


def left_over(folder, monkeypatch, process):
    """A lock that its holder could not remove."""
    machine, _ = files._here()
    with monkeypatch.context() as patched:
        patched.setattr(files, "_here", lambda: (machine, process))
        holder = files.temporary_path(folder / "holder").name
    (folder / ".spincat.lock" / holder).mkdir(parents=True)


def test_the_lock_of_a_dead_process_is_taken_over_at_once(tmp_path, monkeypatch):
    left_over(tmp_path, monkeypatch, DEAD)
    begun = time.monotonic()
    run(tmp_path, NEW)
    assert time.monotonic() - begun < 5
    assert held(tmp_path) == NEW
    (tmp_path / ".spincat.lock").mkdir()  # killed in the middle of removing it
    rename = os.rename

    def as_on_some_servers(source, target):
        if os.path.isdir(target):
            raise FileExistsError(17, "File exists")
        rename(source, target)

    monkeypatch.setattr(os, "rename", as_on_some_servers)
    monkeypatch.setattr(_results, "LOCK_PATIENCE", 0.0)  # nobody is there to be waited for
    with _results._locked(tmp_path):
        pass
    assert held(tmp_path) == NEW


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_others_put_into_a_lock_is_not_waited_for_without_end(tmp_path, monkeypatch, make):
    monkeypatch.setattr(_results, "LOCK_PATIENCE", 0.1)
    lock = tmp_path / ".spincat.lock"
    lock.mkdir()
    for name in ("a", "b", "c"):
        make(lock / name)
    run(tmp_path, NEW)
    assert held(tmp_path) == NEW


def test_a_file_with_the_name_of_the_lock_is_named(tmp_path):
    (tmp_path / ".spincat.lock").touch()
    with pytest.raises(OSError, match=r"spincat\.lock'$") as caught:
        run(tmp_path, NEW)
    assert ".tmp" not in str(caught.value)


def test_a_lock_is_waited_for_while_its_holder_is_at_work(tmp_path, monkeypatch):
    monkeypatch.setattr(_results, "LOCK_PATIENCE", 0.5)
    done = threading.Event()
    with _results._locked(tmp_path) as at_work:
        thread = threading.Thread(target=lambda: (run(tmp_path, NEW), done.set()))
        thread.start()
        for _ in range(20):
            time.sleep(0.05)
            at_work()
        assert not done.is_set()
    thread.join()
    assert held(tmp_path) == NEW


def test_a_holder_who_was_given_up_does_nothing_more(tmp_path, monkeypatch):
    monkeypatch.setattr(_results, "LOCK_PATIENCE", 0.05)
    with _results._locked(tmp_path) as at_work:
        run(tmp_path, NEW)
        with pytest.raises(OSError, match="another run"):
            at_work()
    assert held(tmp_path) == NEW
