"""When a page of the book is executed again: for what its outputs depend on, nothing else."""

from __future__ import annotations

import pytest
from make_reference import execute

PAGE = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A page

Some prose.

```{code-cell} ipython3
:tags: [hide-input]

print(6 * 7)
```
"""


pytestmark = pytest.mark.usefixtures("notebooks_here")


@pytest.fixture
def page(tmp_path, monkeypatch):
    """A page that measures, with its execution."""
    for folder in ("book", "notebooks", "benchmarks", "executed/book"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(execute, "EXECUTED", tmp_path / "executed")
    monkeypatch.setattr(execute, "CHAPTERS", tmp_path / "notebooks")
    monkeypatch.setattr(execute, "BENCHMARKS", tmp_path / "benchmarks")
    (tmp_path / "benchmarks" / "speed.py").write_text("print('fast')\n")
    path = tmp_path / "book" / "page.md"
    path.write_text(PAGE)
    assert not execute.is_fresh(path)
    assert execute.execute(path, execute.fingerprint(path)) == ""
    return path


def test_what_makes_an_execution_stale(page, monkeypatch):
    assert execute.is_fresh(page)
    page.write_text(PAGE.replace("Some prose", "Other prose"))
    assert execute.is_fresh(page)
    for old, new in (("6 * 7", "6 * 8"), ("hide-input", "hide-output")):
        page.write_text(PAGE.replace(old, new))
        assert not execute.is_fresh(page)
    page.write_text(PAGE)
    for name in ("code_hash", "lock_hash"):
        with monkeypatch.context() as patch:
            patch.setattr(execute.provenance, name, lambda: "another")
            assert not execute.is_fresh(page)
    assert execute.is_fresh(page)
    (execute.BENCHMARKS / "speed.py").write_text("print('faster')\n")
    assert not execute.is_fresh(page)


def test_a_chapter_does_not_depend_on_benchmarks(page, monkeypatch):
    before = execute.fingerprint(page)
    monkeypatch.setattr(execute, "CHAPTERS", page.parent)
    as_chapter = execute.fingerprint(page)
    (execute.BENCHMARKS / "speed.py").write_text("print('faster')\n")
    assert as_chapter == execute.fingerprint(page) != before


def test_a_page_that_failed_is_not_fresh(page):
    page.write_text(PAGE.replace("print(6 * 7)", "raise ValueError(67)"))
    assert "ValueError: 67" in execute.execute(page, execute.fingerprint(page))
    assert not execute.is_fresh(page)
    execute.result(page).with_suffix(".fingerprint").write_text("of something else")
    assert not execute.is_fresh(page)
