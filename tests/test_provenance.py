import re
import subprocess

import spincat
from spincat import provenance


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


def test_the_processor_has_a_name():
    assert re.search(r"\w", provenance.processor())
