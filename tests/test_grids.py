"""What stands after ``--grid``, read by the types of the parameters."""

from __future__ import annotations

import pytest

from spincat.run import grids
from spincat.shared.declarations import Parameter, check

KNOWN = [
    Parameter("n_spins", 6),
    Parameter("eta", 0.4),
    Parameter("parity", "even"),
    Parameter("draw", True),
    Parameter("times", [0.0]),
]


def checked(text):
    """The values of a grid at its points, as a sweep has them."""
    ((name, values),) = grids.grid(KNOWN, [text]).items()
    return [check(KNOWN, {name: value})[name] for value in values]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("n_spins=4,6,8", [4, 6, 8]),
        ("n_spins=4:8:lin3", [4, 6, 8]),
        ("n_spins=1:4:log8", [1, 2, 3, 4]),  # rounded, each once
        ("eta=0.5", [0.5]),
        ("eta=0:1:lin3", [0.0, 0.5, 1.0]),
        ("n_spins=1e3,2e3", [1000, 2000]),
        ("eta=1:0.01:log3", [1.0, 0.1, 0.01]),
        ("parity=even,odd", ["even", "odd"]),
        ("draw=true,false", [True, False]),
        ("times=0.5,1", [[0.5], [1.0]]),
        ("times=1:3:lin2", [[1.0], [3.0]]),
    ],
)
def test_grid(text, values):
    found = checked(text)
    assert found == pytest.approx(values) if isinstance(values[0], float) else found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("eta=0:1:lin11", [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]),
        ("eta=-0.3:0.3:lin7", [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]),
        ("eta=1e-3:1e3:log7", [1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3]),
        ("eta=0.7:0.7:log3", [0.7, 0.7, 0.7]),
        ("eta=0.2:5:lin1", [0.2]),
        ("n_spins=1:9:lin9", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ],
)
def test_the_values_of_a_grid_are_those_of_decimals_to_the_last_bit(text, values):
    assert grids.grid(KNOWN, [text]) == {text.partition("=")[0]: values}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n_spin=4", "no parameter 'n_spin'; did you mean 'n_spins'"),
        ("n_spins", "--grid n_spins; allowed: --grid name=values, where values are a,b,c"),
        ("n_spins=4,five", "n_spins = 'five'; allowed: int"),
        ("n_spins=4.5", r"n_spins = 4\.5; allowed: int"),
        ("n_spins=4,4", "has a value twice"),
        ("n_spins=4,[5],{}", "n_spins = "),
        ("n_spins=4,4.0", "has a value twice"),
        ("eta=0:1:log5", "limits above 0"),
        ("eta=0:1", "allowed: a,b,c .*, start:stop:lin10"),
        ("eta=0:1:5", "allowed: a,b,c .*, start:stop:lin10"),
        ("eta=0:1:lin0", "allowed: a,b,c .*, start:stop:lin10"),
        ("eta=0:inf:lin3", "allowed: a,b,c .*, start:stop:lin10"),
        ("eta=0:1e99:lin3", r"at most 1e\+60"),
        ("n_spins=1:1e60:log5", "allowed: an integer of magnitude at most"),
        ("eta=0:1:lin999999999999", "allowed: a,b,c .*, start:stop:lin10"),
        (f"eta={'-' * 3000}1", "eta = .*; allowed: float"),
        (f"n_spins={'9' * 400}", "n_spins = .*; allowed: .* at most"),
        ("eta=a:b:lin3", "allowed: a,b,c .*, start:stop:lin10"),
        ("eta=", "eta = ''; allowed: float"),
    ],
)
def test_a_grid_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        checked(text)
