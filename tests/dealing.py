"""How the tests are dealt out to the cores (``pytest -n auto --dist loadfile``).

Whole files, as pytest-xdist does it, since nbval runs the cells of a notebook in their order and a
module may share what it computes; but a page of the book in the browser, and a notebook with other
parameters, is a piece of work of its own.  What takes long is begun first, so that no core waits
for the last piece.
"""

from __future__ import annotations

import re

import pytest
from xdist.scheduler import LoadScopeScheduling

# The pages first and in a row, so that each worker starts one browser; then by duration.
FIRST = (
    r"book/test_browser\.py",
    r"test_notebooks\.py::test_other_parameters",
    r"reference/sec3_2_stabilization\.ipynb",
    r"\.ipynb",
    r"test_(environment|sweeps|shared_folder|continuum|product_space|claims_sec\d|notebook_runs|cli)\.py",
)


def scope(nodeid: str) -> str:
    """Return what must stay together of a test: its file, its page or itself."""
    file = nodeid.partition("::")[0]
    if "::test_other_parameters" in nodeid:
        return nodeid
    page = re.search(r"\[.*?([\w/-]+\.html)", nodeid) if "test_browser.py" in file else None
    return f"{file}::{page[1]}" if page else file


def rank(item: pytest.Item) -> int:
    """Return how early a test is begun."""
    return next((n for n, known in enumerate(FIRST) if re.search(known, item.nodeid)), len(FIRST))


class Dealer(LoadScopeScheduling):
    """pytest-xdist's way to deal out whole scopes, with the scopes and the order of this module."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)
