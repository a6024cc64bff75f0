"""What stands after ``-p``, read by the types of the parameters."""

from __future__ import annotations

import pytest

from spincat.run import parameters
from spincat.shared.declarations import Parameter, check

KNOWN = [
    Parameter("n_spins", 6),
    Parameter("eta", 0.4),
    Parameter("parity", "even"),
    Parameter("draw", True),
    Parameter("times", [0.0]),
    Parameter("names", ["a"]),
    Parameter("theta", None, float | None),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n_spins=7", 7),
        ("n_spins=1e3", 1000),
        ("eta=1e-3", 1e-3),
        ("eta= 2", 2.0),
        ("parity=7", "7"),
        ("parity=a=b", "a=b"),
        ("draw=false", False),
        ("draw=True", True),
        ("times=[1, 2]", [1.0, 2.0]),
        ("times=5", [5.0]),
        ("names=['b', 'c']", ["b", "c"]),
        ("names=b", ["b"]),
        ("theta=1", 1.0),
    ],
)
def test_texts_are_read_by_type(text, expected):
    name = text.partition("=")[0]
    found = check(KNOWN, parameters.assignments(KNOWN, [text]))[name]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["n_spin=4"], r"no parameter 'n_spin'; did you mean 'n_spins'\?"),
        (["n_spins"], "-p n_spins; allowed: -p name=value"),
        (["eta=1", "eta=2"], r"-p eta=\.\.\. is given twice"),
        (["n_spins=four"], "n_spins = 'four'; allowed: int, such as 6"),
        (["n_spins=4.5"], r"n_spins = 4\.5; allowed: int"),
        (["eta=__import__('os')"], r"eta = \"__import__\('os'\)\"; allowed: float"),
        (["draw=1"], "draw = 1; allowed: bool"),
        (["times=[]"], r"times = \[\]; allowed: list of float"),
        (["n_spins=" + "-" * 3000 + "1"], "n_spins = .*; allowed: int"),
        (["n_spins=" + "(" * 3000], "n_spins = .*; allowed: int"),
        (["n_spins=" + "9" * 400], "n_spins = 9.*9; allowed: .* at most"),
        (["n_spins=" + "9" * 5000], "n_spins = .*; allowed: int"),
        (["n_spins=1e300"], "n_spins = .*; allowed: .* at most"),
        (["eta=1e999"], "eta = inf; allowed: float"),
        (["eta={[]: 1}"], "eta = .*; allowed: float"),
        (["times=[1, [2]]"], "times = .*; allowed: float"),
        (["times=[1, 1]"], "times = .*; allowed: each value once"),
    ],
)
def test_a_text_is_refused(texts, message):
    with pytest.raises(ValueError, match=message) as found:
        check(KNOWN, parameters.assignments(KNOWN, texts))
    assert len(str(found.value)) < 300
