"""Parameters: types, values given as text, and grids."""

from __future__ import annotations

import numpy as np
import pytest

from spincat.run import parameters
from spincat.run.parameters import Parameter

KNOWN = [
    Parameter("n_spins", 6, "", ""),
    Parameter("eta", 0.4, "", ""),
    Parameter("parity", "even", "", ""),
    Parameter("draw", True, "", ""),
    Parameter("times", [0.0], "", ""),
    Parameter("points", [[0.0, 0.1]], "", ""),
    Parameter("labels", [], "", ""),
    Parameter("theta", None, "", "", example=0.5),
]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("n_spins", np.int64(7), 7),
        ("n_spins", 1e3, 1000),
        ("eta", 2, 2.0),
        ("eta", np.float32(0.5), 0.5),
        ("parity", "odd", "odd"),
        ("draw", False, False),
        ("times", (1, 2.5), [1.0, 2.5]),
        ("times", 1, [1.0]),
        ("points", [(0, 1)], [[0.0, 1.0]]),
        ("labels", [], []),
    ],
)
def test_values_get_the_type_of_the_default(name, value, expected):
    converted = parameters.check_parameters(KNOWN, {name: value})[name]
    assert converted == expected
    assert type(converted) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("n_spins", 7.5, "int, such as 6"),
        ("n_spins", 1e400, "int, such as 6"),
        ("n_spins", True, "int"),
        ("n_spins", "7", "int"),
        ("eta", "0.5", "float, such as 0.4"),
        ("eta", False, "float"),
        ("eta", float("nan"), "float"),
        ("eta", 1j, "float"),
        ("eta", None, "float"),
        ("parity", 1, "str, such as 'even'"),
        ("draw", 1, "bool, such as True"),
        ("times", [], r"list of float, such as \[0\.0\]"),
        ("times", ["a"], "float"),
        ("points", (0.02, 0.05), r"list of float, such as \[0\.0, 0\.1\]"),
        ("points", 0.02, r"list of list of float, such as \[\[0\.0, 0\.1\]\]"),
    ],
)
def test_wrong_types_are_refused(name, value, allowed):
    with pytest.raises(ValueError, match=rf"^{name} = .*; allowed: {allowed}"):
        parameters.check_parameters(KNOWN, {name: value})


def test_an_unknown_parameter_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match=r"no parameter 'n_spin'; did you mean 'n_spins'\?"):
        parameters.check_parameters(KNOWN, {"eta": 0.1, "n_spin": 4})
    with pytest.raises(ValueError, match=r"no parameter 'eta'\. There are: none"):
        parameters.check_parameters([], {"eta": 0.1})


@pytest.mark.parametrize(
    ("meaning", "summary", "allowed"),
    [
        ("number of spins N, at least 2", "number of spins N", "at least 2"),
        ("widths, one panel each, up to 0.05", "widths, one panel each", "up to 0.05"),
        ("drive; above 0 and below 1", "drive", "above 0 and below 1"),
        ("time from 0 on; the paper has 1", "time from 0 on; the paper has 1", ""),
    ],
)
def test_the_range_is_read_from_the_meaning(meaning, summary, allowed):
    known = Parameter("x", 1, meaning)
    assert (known.summary, known.range) == (summary, allowed)


def test_a_range_is_checked_for_each_element():
    known = [
        Parameter("n_spins", 6, "number of spins, even, from 4 to 40"),
        Parameter("times", [0.0], "times, at least 0 and below t_max"),
        Parameter("t_max", 0.0, "last time, any"),
        Parameter("h", 0.1, "drive, above 0, at most 1/16"),
        Parameter("phase", 0.1, "phase, from -pi to pi/2"),
    ]
    inside = {"n_spins": 4, "times": [0.0, 1.0], "t_max": 2.0, "h": 1 / 16, "phase": -3.14}
    parameters.check_ranges(known, inside)
    parameters.check_ranges(known, inside | {"h": None})
    for name, value, shown in [
        ("n_spins", 5, 5), ("n_spins", 2, 2), ("n_spins", 42, 42), ("times", [0.0, 2.0], 2.0),
        ("times", [-1.0], -1.0), ("h", 0.0, 0.0), ("h", 0.07, 0.07), ("phase", 1.6, 1.6),
    ]:  # fmt: skip
        with pytest.raises(ValueError, match=f"{name} = {shown}; allowed: "):
            parameters.check_ranges(known, inside | {name: value})
    with pytest.raises(ValueError, match="the range 'below t_max / 8' cannot be read"):
        parameters.check_ranges([Parameter("x", 1, "it, below t_max / 8")], {"x": 1})


def test_a_default_of_none_has_the_type_of_its_example():
    assert KNOWN[-1].type == "float"
    assert parameters.assignments(KNOWN, ["theta=1"]) == {"theta": 1.0}


def test_texts_are_read_by_type():
    pairs = ["n_spins=7", "eta=1e-3", "parity=7", "draw=false", "times=[1, 2]"]
    assert parameters.assignments(KNOWN, pairs) == {
        "n_spins": 7, "eta": 1e-3, "parity": "7", "draw": False, "times": [1.0, 2.0],
    }  # fmt: skip


# -- grids


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
    (found,) = parameters.grid(KNOWN, [text]).values()
    assert found == pytest.approx(values) if isinstance(values[0], float) else found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n_spin=4", "no parameter 'n_spin'; did you mean 'n_spins'"),
        ("n_spins", "--grid n_spins; allowed: --grid name=values, where values are a,b,c"),
        ("n_spins=4,five", "n_spins = 'five'; allowed: int"),
        ("n_spins=4.5", r"n_spins = 4\.5; allowed: int"),
        ("n_spins=4,4", "has a value twice"),
        ("eta=0:1:log5", "limits above 0"),
        ("eta=0:1", "allowed: a,b,c .*, start:stop:lin10"),
        ("eta=0:1:5", "allowed: a,b,c .*, start:stop:lin10"),
        ("eta=0:1:lin0", "allowed: a,b,c .*, start:stop:lin10"),
        ("eta=0:inf:lin3", "allowed: a,b,c .*, start:stop:lin10"),
        ("eta=a:b:lin3", "allowed: a,b,c .*, start:stop:lin10"),
        ("eta=", "eta = ''; allowed: float"),
    ],
)
def test_a_grid_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parameters.grid(KNOWN, [text])
