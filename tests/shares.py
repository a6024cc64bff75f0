"""How pytest-xdist deals out the suite: whole files, and two of them by pages and notebooks."""

from __future__ import annotations

import re

import pytest
from xdist.scheduler import LoadScopeScheduling

# Their tests of one page or notebook need nothing of the others, and take most of the time.
SPLIT = re.compile(r"(tests/(?:book/test_browser|test_notebooks)\.py)::.*\[([^].]+)")

# What takes a worker long begins first, and what is short comes last, to fill the gaps.
ORDER = (
    "tests/test_notebooks.py",
    "tests/reference/",
    "tests/test_sweeps.py",
    "tests/test_product_space.py",
    "",
    "tests/book/test_browser.py",
)


def share(nodeid: str) -> str:
    """Name what one worker runs in order: nbval has to run the cells of a notebook so."""
    match = SPLIT.match(nodeid)
    return " ".join(match.groups()) if match else nodeid.partition("::")[0]


def rank(nodeid: str) -> int:
    """Find the place in ``ORDER`` of the longest beginning that fits."""
    fitting = [begin for begin in ORDER if nodeid.startswith(begin)]
    return ORDER.index(max(fitting, key=len))


class Shares(LoadScopeScheduling):
    """Deals out the shares in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return share(nodeid)


def in_order(items: list[pytest.Item]) -> None:
    """Sort the tests, the same way in every worker."""
    items.sort(key=lambda item: (rank(item.nodeid), share(item.nodeid)))
