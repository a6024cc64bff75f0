"""The record of the tests that decide the paper's equations, figures and claims.

A test says so with ``@pytest.mark.ledger("eq-14", method="derivation")``; the entries are those of
``book/ledger.yml``, the methods those of ``book/_ext/ledger_entries.py``.  Each run notes the
outcome of the marked tests in ``_build/ledger.json``, from which the book shows its verdicts.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

RECORD = Path(__file__).resolve().parents[1] / "_build" / "ledger.json"


class Recorder:
    """A pytest plugin: collects the outcomes, and writes them when the session ends."""

    def __init__(self, *, writes: bool) -> None:
        self.writes = writes  # not in a worker process, whose reports reach the one that started it
        self.rows: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Attach the marks to the reports, the only thing that leaves a worker process."""
        for item in items:
            for mark in item.iter_markers("ledger"):
                item.user_properties.append(("ledger", [mark.kwargs["method"], *mark.args]))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, (method, *entries) in report.user_properties:
            if name != "ledger":
                continue
            row = self.rows.setdefault(
                f"{report.nodeid} ({method})",
                {"method": method, "entries": [], "outcome": report.outcome},
            )
            # a test may bear several marks with one method
            row["entries"] = sorted({*row["entries"], *entries})
            # set-up, call and clean-up report in turn: one that did not pass decides
            if report.outcome != "passed":
                row["outcome"] = report.outcome

    def pytest_sessionfinish(self) -> None:
        if not self.rows or not self.writes:
            return
        old = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
        RECORD.parent.mkdir(exist_ok=True)
        temporary = RECORD.with_suffix(f".{os.getpid()}")
        text = json.dumps(dict(sorted((old | self.rows).items())), indent=1, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(RECORD)
