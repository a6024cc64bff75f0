"""The ledger of the paper's equations, figures and claims: what an entry may say, read and checked.

``book/ledger.yml`` holds the entries and ``_build/ledger.json`` the outcome of the tests that
decide them, written by the test suite.  A verdict holds only as long as all these tests pass.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from spincat.shared.verdicts import VerdictTable

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "book" / "ledger.yml"
RECORD = ROOT / "_build" / "ledger.json"

VERDICTS = VerdictTable.VERDICTS
"""What an entry's verdict may be, and how the book says it."""

METHODS = {
    "derivation": "computer algebra",
    "numerics": "numerical evaluation of the definition",
    "sampling": "random sampling",
    "integration": "time integration",
    "spectrum": "eigenvalues or roots",
    "qutip": "QuTiP",
    "limit": "a limiting case",
    "arithmetic": "arithmetic",
}
"""How a test decides; every verdict but "open" needs two different ways."""

CONSEQUENCES = {
    1: "changes a conclusion",
    2: "changes a formula or a number",
    3: "changes the notation or a detail",
}
"""What an erratum changes, the order of the errata page."""

NEEDED = {
    "confirmed": (),
    "conditional": ("correct", "matters", "consequence"),
    "corrected": ("correct", "matters", "consequence"),
    "refuted": ("correct", "matters", "consequence"),
    "open": ("correct", "matters"),
}
"""What an entry must say beside its claim, by verdict."""


@dataclass(frozen=True)
class Entry:
    """One equation, figure or claim of the paper; the texts are MyST Markdown.

    ``heading`` names a claim, and ``said`` is where the paper makes it.
    ``code`` holds the full names of what implements an equation or computes a figure.
    An equation that is wrong is shown in both forms.  Its chapter labels one of them by its number:
    ``printed`` is the LaTeX of the paper's if that is the right one, and ``instead`` holds the
    labels of the right ones if it is the paper's (or if there are more).
    """

    name: str
    claim: str
    verdict: str
    where: tuple[str, ...]
    code: tuple[str, ...] = ()
    heading: str = ""
    said: str = ""
    printed: str = ""
    correct: str = ""
    instead: tuple[str, ...] = ()
    matters: str = ""
    consequence: int = 0

    @property
    def kind(self) -> str:
        """One of "equation", "figure" and "claim"."""
        match = re.fullmatch(r"(eq|fig)-\d+", self.name)
        return {"eq": "equation", "fig": "figure"}[match[1]] if match else "claim"

    @property
    def title(self) -> str:
        """The entry as the book calls it, "Eq. 14", "Fig. 2" or the claim's heading."""
        if self.kind == "claim":
            return self.heading
        return self.name.replace("eq-", "Eq. ").replace("fig-", "Fig. ")

    @property
    def anchor(self) -> str:
        """The id of the entry on its page."""
        return f"entry-{self.name}"

    @property
    def page(self) -> str:
        """The page that shows the entry."""
        return "book/claims" if self.kind == "claim" else "book/equations"


@cache  # every page asks for it
def load(path: Path = LEDGER) -> dict[str, Entry]:
    """Read the entries in the order of the file, or raise ValueError for what is not allowed."""
    entries = {}
    for name, fields in yaml.safe_load(path.read_text(encoding="utf-8")).items():
        unknown = set(fields) - set(Entry.__dataclass_fields__)
        missing = {"claim", "verdict", "where"} - set(fields)
        if unknown or missing:
            raise ValueError(f"{name}: unknown {sorted(unknown)}, missing {sorted(missing)}")
        lists = {key: tuple(fields.get(key, ())) for key in ("where", "code", "instead")}
        entry = Entry(name, **{**fields, **lists})
        if entry.verdict not in VERDICTS:
            raise ValueError(f"{name}: verdict {entry.verdict!r}; allowed: {', '.join(VERDICTS)}")
        lacking = [key for key in NEEDED[entry.verdict] if not getattr(entry, key)]
        if lacking:
            raise ValueError(f"{name} is {entry.verdict} and must say: {', '.join(lacking)}")
        if entry.kind == "claim" and not (entry.heading and entry.said):
            raise ValueError(f"{name} is a claim and must have: heading, said")
        if entry.kind != "claim" and not entry.code:
            raise ValueError(f"{name} is no claim and must have: code")
        wrong = entry.kind == "equation" and entry.verdict in ("corrected", "refuted")
        if wrong and not (entry.printed or entry.instead):
            raise ValueError(f"{name} is {entry.verdict} and must show: printed or instead")
        if entry.consequence and entry.consequence not in CONSEQUENCES:
            raise ValueError(f"{name}: consequence {entry.consequence}; allowed: 1, 2, 3")
        entries[name] = entry
    return entries


@dataclass
class Evidence:
    """What the tests of one entry said in the last run."""

    passed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    methods: set[str] = field(default_factory=set)

    def verdict(self, entry: Entry) -> str:
        """The verdict that the last run supports: the entry's own, or "" if there is none."""
        return entry.verdict if self.passed and not self.failed else ""


def evidence(entries: dict[str, Entry], path: Path = RECORD) -> dict[str, Evidence]:
    """Read what the last run said of each entry; nothing, where no run is on record."""
    found = {name: Evidence() for name in entries}
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for test, row in sorted(record.items()):
        for name in set(row["entries"]) & set(found):
            (found[name].passed if row["outcome"] == "passed" else found[name].failed).append(test)
            found[name].methods.add(row["method"])
    return found
