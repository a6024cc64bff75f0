import pytest

from spincat.shared.verdicts import VerdictTable


def test_the_verdict_on_a_number_follows_from_its_tolerance():
    table = VerdictTable()
    table.number("floor", paper=0.94, ours=0.9399, tolerance=0.005)
    table.number("floor", paper=0.94, ours=0.93, tolerance=0.005)
    assert [row[3] for row in table.rows] == ["confirmed", "refuted"]
    assert table.rows[0][1:3] == ("0.94", "0.9399 (± 0.005)")


def test_it_renders_as_a_markdown_table():
    table = VerdictTable()
    table.claim("Eq. 14", "no square", "squared", "corrected", holds=True)
    lines = table._repr_markdown_().splitlines()
    assert lines[0] == "| Claim | Verdict | The paper | This book |"
    assert lines[2] == "| Eq. 14 | **corrected** | no square | squared |"
    assert "corrected" in repr(table)


def test_refuses_another_verdict():
    with pytest.raises(ValueError, match="verdict = 'maybe'; allowed: confirmed, conditional, "):
        VerdictTable().claim("a", "b", "c", "maybe", holds=True)


def test_a_failed_check_is_shown_as_undecided():
    table = VerdictTable()
    table.claim("Eq. 14", "no square", "squared", "corrected", holds=False)
    assert table.rows[0][3] == "undecided"
