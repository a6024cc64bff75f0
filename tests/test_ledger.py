"""The ledger is complete: each entry has tests and code, each mark an entry, a verdict two ways."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
sys.path.insert(0, str(TESTS.parent / "book" / "_ext"))

import ledger_entries  # noqa: E402

ENTRIES = ledger_entries.load()


def marks() -> dict[str, dict[str, list[str]]]:
    """The methods and tests of each entry named by a mark: entry -> method -> places."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.ledger":
                method = {key.arg: ast.literal_eval(key.value) for key in node.keywords}["method"]
                for name in map(ast.literal_eval, node.args):
                    found[name][method].append(f"{path.name}:{node.lineno}")
    return found


MARKS = marks()
each_entry = pytest.mark.parametrize("name", ENTRIES)


def test_every_equation_and_figure_has_an_entry():
    paper = [f"eq-{n}" for n in range(1, 51)] + [f"fig-{n}" for n in range(1, 5)]
    assert [name for name in ENTRIES if re.fullmatch(r"(eq|fig)-\d+", name)] == paper


def test_there_are_claims():
    assert sum(entry.kind == "claim" for entry in ENTRIES.values()) >= 25


@each_entry
def test_an_entry_has_tests(name):
    assert name in MARKS, "no test bears this name: @pytest.mark.ledger(name, method=...)"


def test_every_mark_names_an_entry():
    assert {name: dict(places) for name, places in MARKS.items() if name not in ENTRIES} == {}


def test_every_mark_names_a_method():
    assert {method for ways in MARKS.values() for method in ways} <= set(ledger_entries.METHODS)


@each_entry
def test_what_is_decided_was_decided_in_two_ways(name):
    if ENTRIES[name].verdict != "open":
        assert len(MARKS[name]) >= 2, dict(MARKS[name])


@each_entry
def test_an_entry_names_the_pages_that_decide_it(name):
    assert ENTRIES[name].where
    for place in ENTRIES[name].where:
        assert (TESTS.parent / f"{place.partition('#')[0]}.md").is_file(), place


# "Eq. 27", "Eqs. 22 and 23", "Eqs. 26-28", "Eqs. 3, 5–7"
EQUATIONS = re.compile(r"Eqs?\.\s+(\d+(?:(?:\s*[-–]\s*|,\s*|\s+(?:and|or|to)\s+)\d+)*)")


def equations_named(text: str) -> set[int]:
    """The numbers of all equations that a docstring names."""
    named: set[int] = set()
    for numbers in EQUATIONS.findall(text):
        for part in re.split(r",\s*|\s+(?:and|or)\s+", numbers):
            first, *last = map(int, re.findall(r"\d+", part))
            named |= set(range(first, (last or [first])[0] + 1))
    return named


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Eq. 2", {2}),
        ("Eqs. 26-28, at 50", {26, 27, 28}),
        ("Eqs. 3, 5–7 and 9, or\nEq.\n12", {3, 5, 6, 7, 9, 12}),
        ("Section 4, 1 / 8", set()),
    ],
)
def test_how_a_docstring_names_equations(text, numbers):
    assert equations_named(text) == numbers


@pytest.mark.parametrize("name", [name for name, entry in ENTRIES.items() if entry.code])
def test_the_code_of_an_entry_is_there_and_names_it(name):
    kind, _, number = name.partition("-")
    for full_name in ENTRIES[name].code:
        found = pkgutil.resolve_name(full_name)
        if kind == "fig":
            assert found.__module__ == f"spincat.figures.fig{number}"
        else:
            # a claim has a name, and no number that a docstring could have
            numbers = {int(number)} if kind == "eq" else set()
            assert numbers <= equations_named(inspect.getdoc(found)), full_name


@each_entry
def test_the_last_run_supports_the_verdict(name):
    """From the record that the book was made with: `make book` runs the marked tests first."""
    evidence = ledger_entries.evidence(ENTRIES)[name]
    assert evidence.failed == []
    assert evidence.verdict(ENTRIES[name]) == ENTRIES[name].verdict, "no test is on record"


# -- the rules themselves, on small ledgers


def write(tmp_path, **fields):
    path = tmp_path / "ledger.yml"
    lines = [f"  {key}: {value}" for key, value in fields.items()]
    path.write_text("eq-1:\n" + "\n".join(lines) + "\n")
    return path


WRONG = {"correct": "b", "matters": "c", "consequence": 2}
GOOD = {
    "claim": "a",
    "verdict": "confirmed",
    "where": "[notebooks/sec2_model]",
    "code": "[spincat.SpinEnsemble]",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "right"}, "allowed: confirmed"),
        ({"verdict": "refuted"}, "must say: correct, matters, consequence"),
        (WRONG | {"verdict": "corrected"}, "must show: printed or instead"),
        (WRONG | {"verdict": "refuted"}, "must show: printed or instead"),
        ({"code": "[]"}, "must have: code"),
        ({"colour": "red"}, "unknown"),
        ({"consequence": 4}, "allowed: 1, 2, 3"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        ledger_entries.load(write(tmp_path, **(GOOD | change)))


@pytest.mark.parametrize(
    ("outcomes", "shown"),
    [([], ""), (["passed"], "confirmed"), (["passed", "failed"], ""), (["skipped"], "")],
)
def test_a_verdict_is_shown_only_while_its_tests_pass(tmp_path, outcomes, shown):
    entries = ledger_entries.load(write(tmp_path, **GOOD))
    rows = [
        f'"t{n}": {{"entries": ["eq-1"], "method": "limit", "outcome": "{outcome}"}}'
        for n, outcome in enumerate(outcomes)
    ]
    record = tmp_path / "record.json"
    record.write_text("{" + ", ".join(rows) + "}")
    found = ledger_entries.evidence(entries, record)
    assert found["eq-1"].verdict(entries["eq-1"]) == shown
