import hashlib
import json
import re
import subprocess
from datetime import datetime
from pathlib import Path

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
    hashes = set()
    monkeypatch.setattr(provenance, "__file__", str(package / "provenance.py"))
    for name, text in (("a.py", "1"), ("a.py", "2"), ("figures/b.py", ""), ("notes.txt", "")):
        (package / name).write_text(text, encoding="utf-8")
        provenance.code_hash.cache_clear()
        hashes.add(provenance.code_hash())
    provenance.code_hash.cache_clear()
    assert len(hashes) == 3
    assert provenance.lock_hash() is None


def test_the_processor_has_a_name():
    assert re.search(r"\w", provenance.processor())
