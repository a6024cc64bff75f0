import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

import spincat
from spincat.shared import provenance


def test_about_tells_versions_commit_and_seed():
    about = spincat.about(seed=11)
    rows = dict(about.rows)
    assert rows["seed"] == "11"
    assert rows["spincat"].startswith(spincat.__version__)
    assert {"python", "numpy", "qutip", "sympy", "date", "seconds"} <= set(rows)
    assert "<th scope='row'>numpy</th>" in about._repr_html_()
    assert "seed" in repr(about)
    assert dict(spincat.about().rows)["seed"] == "none: nothing random"


def test_commit_is_that_of_the_checkout_or_says_there_is_none(monkeypatch):
    provenance.git_commit.cache_clear()
    assert re.fullmatch(r"[0-9a-f]{12}(\+changes)?|not in a git checkout", provenance.git_commit())

    def no_git(*args, **kwargs):
        raise FileNotFoundError("git")

    provenance.git_commit.cache_clear()
    monkeypatch.setattr(subprocess, "run", no_git)
    assert provenance.git_commit() == "not in a git checkout"
    provenance.git_commit.cache_clear()


def test_a_record_holds_everything_that_a_run_depends_on():
    record = provenance.Stopwatch().record("toy", {"n_spins": 4, "seed": 7}, more=[1])
    assert json.loads(json.dumps(record)) == record
    assert (record["name"], record["seed"], record["more"]) == ("toy", 7, [1])
    started, finished = (datetime.fromisoformat(record[key]) for key in ("started", "finished"))
    assert started <= finished
    assert record["seconds"] >= 0
    assert record["git_commit"] == provenance.git_commit()
    lock = Path(spincat.__file__).parents[1] / "requirements.lock"
    assert record["lock_sha256"] == hashlib.sha256(lock.read_bytes()).hexdigest()
    assert {"python", "spincat", "numpy", "xarray"} <= set(record["versions"])


def test_the_hash_of_the_code_changes_with_every_source_file(tmp_path, monkeypatch):
    package = tmp_path / "spincat"
    (package / "figures").mkdir(parents=True)
    monkeypatch.setattr(provenance, "PACKAGE", package)
    hashes = set()
    for name, text in (
        ("a.py", "1"),
        ("a.py", "2"),
        ("figures/b.py", ""),
        ("notes.txt", ""),
        ("\udcff.py", ""),
    ):
        (package / name).write_text(text, encoding="utf-8")
        hashes.add(provenance._sources())
    assert len(hashes) == 4


def test_what_editors_leave_is_no_source(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    before = provenance._sources()
    (tmp_path / ".#a.py").symlink_to("somebody@somewhere.1234")
    (tmp_path / "._a.py").write_bytes(b"\0")
    (tmp_path / "b.py").symlink_to("nowhere")
    (tmp_path / "c.py").mkdir()
    assert provenance._sources() == before


@pytest.fixture
def copy(tmp_path):
    """A copy of the package that can be edited."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(provenance.PACKAGE, tmp_path / "spincat", ignore=ignored)
    return tmp_path


def run(folder, *lines, **more):
    """What a process prints that imports the package from a folder, or raises."""
    code = "\n".join(["from spincat.shared import provenance", *lines])
    surroundings = {**os.environ, "PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1", **more}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=surroundings, check=False)
    return done.stdout.strip() or done.stderr.strip()


def git(folder, *arguments):
    who = ["-c", "user.name=A", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, "-C", str(folder), *arguments], check=True, capture_output=True)


def test_an_edit_is_noticed_and_the_hash_stays_that_of_the_code_that_runs(copy):
    edit = f"open({str(copy / 'spincat/shared/errors.py')!r}, 'a').write('# edited')"
    watch, record = "w = provenance.Stopwatch()", "print(w.record('toy', {}))"
    before = run(copy, "print(provenance.code_hash(), provenance.edited())")
    lines = ["before = provenance.code_hash()", watch, edit, "r = w.record('toy', {})"]
    same = "print(r['code_hash'] == before, r['edited_while_running'], provenance.edited())"
    assert before.endswith("False")
    assert run(copy, *lines, same) == "True True True"
    assert "'edited_while_running': False" in run(copy, watch, record)
    assert run(copy, "print(provenance.code_hash())") != before.split()[0]


def test_a_process_refuses_to_run_other_code_than_the_one_that_started_it(copy):
    assert run(copy, "print('ran')", SPINCAT_CODE=provenance.code_hash()) == "ran"
    refused = run(copy, "print('ran')", SPINCAT_CODE="0123456789abcdef")
    assert "ImportError" in refused
    assert str(copy) in refused


def test_the_commit_is_that_of_a_repository_in_which_the_files_are_tracked(copy):
    shown = "print(provenance.git_commit())"
    git(copy, "init")
    (copy / "theirs.txt").write_text("theirs")
    git(copy, "add", "theirs.txt")
    git(copy, "commit", "-m", "theirs")
    assert run(copy, shown) == "not in a git checkout"
    git(copy, "add", "spincat")
    git(copy, "commit", "-m", "ours")
    commit = run(copy, shown)
    assert re.fullmatch("[0-9a-f]{12}", commit)
    # what git is told by its variables is another repository
    assert run(copy, shown, GIT_DIR="/nowhere/.git", GIT_WORK_TREE="/") == commit
    with open(copy / "spincat/shared/errors.py", "a") as file:
        file.write("# edited")
    assert run(copy, shown) == commit + "+changes"


def test_source_files_that_git_is_told_to_overlook_are_changes(copy):
    shown, module = "print(provenance.git_commit())", copy / "spincat/free/amount.py"
    git(copy, "init")
    git(copy, "add", "spincat")
    git(copy, "commit", "-m", "ours")
    git(copy, "config", "status.showUntrackedFiles", "no")
    commit = run(copy, shown)
    assert re.fullmatch("[0-9a-f]{12}", commit)
    module.write_text("A = 1\n")
    assert run(copy, shown) == commit + "+changes"
    git(copy, "config", "status.showUntrackedFiles", "normal")
    (copy / ".git/info/exclude").write_text("amount.py\n")
    assert run(copy, shown) == commit + "+changes"
    module.unlink()
    git(copy, "update-index", "--skip-worktree", "spincat/shared/errors.py")
    with open(copy / "spincat/shared/errors.py", "a") as file:
        file.write("# edited")
    assert run(copy, shown) == commit + "+changes"


def test_line_ends_of_another_system_are_no_changes(copy):
    (copy / ".gitattributes").write_text("*.py text\n")
    git(copy, "init")
    git(copy, "add", ".")
    git(copy, "commit", "-m", "ours")
    file = copy / "spincat/shared/errors.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    git(copy, "add", "spincat")
    assert re.fullmatch("[0-9a-f]{12}", run(copy, "print(provenance.git_commit())"))


def test_the_processor_has_a_name():
    assert re.search(r"\w", provenance.processor())
