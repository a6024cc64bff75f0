"""Declared parameters: one declaration makes the type, the check, its words and the docs."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Literal

import numpy as np
import pytest
from annotated_types import Ge, Gt, Interval, Le, Len, Lt, MaxLen, MinLen, MultipleOf, Unit
from typing_extensions import Doc

from spincat.shared import declarations
from spincat.shared.declarations import (
    AtLeast,
    AtMost,
    Below,
    NotMultipleOfPi,
    Parameter,
    computes,
)

# As in a notebook of a stranger: the types are those of the defaults.
PLAIN = [
    Parameter("n_spins", 6),
    Parameter("eta", 0.4),
    Parameter("parity", "even"),
    Parameter("draw", True),
    Parameter("times", [0.0]),
    Parameter("points", [[0.0, 0.1]]),
    Parameter("labels", []),
]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("n_spins", np.int64(7), 7),
        ("n_spins", 1e3, 1000),
        ("n_spins", 1e15, 10**15),
        ("eta", 2, 2.0),
        ("eta", np.float32(0.5), 0.5),
        ("parity", "odd", "odd"),
        ("draw", False, False),
        ("times", (1, 2.5), [1.0, 2.5]),
        ("times", np.array([1, 2]), [1.0, 2.0]),
        ("times", range(1, 3), [1.0, 2.0]),
        ("times", 1, [1.0]),
        ("points", [(0, 1)], [[0.0, 1.0]]),
        ("labels", [], []),
        ("labels", ["a"], ["a"]),
    ],
)
def test_values_get_the_declared_type(name, value, expected):
    converted = declarations.check(PLAIN, {name: value})[name]
    assert converted == expected
    assert type(converted) is type(expected)
    items = [converted, expected] if isinstance(expected, list) and expected else [[0], [0]]
    assert type(items[0][0]) is type(items[1][0])


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("n_spins", 7.5, "int, such as 6"),
        ("n_spins", 1e400, "int, such as 6"),
        ("n_spins", True, "int"),
        ("n_spins", np.True_, "int"),
        ("n_spins", "7", "int"),
        ("eta", "0.5", "float, such as 0.4"),
        ("eta", False, "float"),
        ("eta", float("nan"), "float"),
        ("eta", 1j, "float"),
        ("eta", None, "float"),
        ("eta", [0.5], "float"),
        ("parity", 1, "str, such as 'even'"),
        ("draw", 1, "bool, such as True"),
        ("times", [], r"list of float, such as \[0\.0\]"),
        ("times", ["a"], "float"),
        ("times", "a", "float"),
        ("points", (0.02, 0.05), r"list of float, such as \[0\.0, 0\.1\]"),
        ("points", 0.02, r"list of list of float, such as \[\[0\.0, 0\.1\]\]"),
        ("labels", [None], "list"),
    ],
)
def test_another_type_is_refused(name, value, allowed):
    with pytest.raises(ValueError, match=rf"^{name} = .*; allowed: {allowed}"):
        declarations.check(PLAIN, {name: value})


@pytest.mark.parametrize("value", [2**63, 2**127, 10**400, 10**5000, 1e22, 1e300], ids=type)
def test_an_integer_that_no_file_can_hold_is_refused(value):
    with pytest.raises(
        ValueError, match=rf"^n_spins = .*; allowed: an integer .* at most {2**63 - 1}$"
    ):
        declarations.check(PLAIN, {"n_spins": value})
    few = [Parameter("few", 3, Annotated[int, Ge(1), Le(10)])]
    with pytest.raises(ValueError, match=r"^few = .*; allowed: from 1 to 10$") as found:
        declarations.check(few, {"few": value})
    assert len(str(found.value)) < 200
    with pytest.raises(
        ValueError, match=r"eta = .*; allowed: a number of magnitude at most 1e\+60"
    ):
        declarations.check(PLAIN, {"eta": 10**400})
    assert declarations.check(PLAIN, {"n_spins": 2**63 - 1})["n_spins"] == 2**63 - 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("times", [0.1, 0.2, 0.1]), ("times", [1, 1.0]), ("points", [[0, 1], [2, 3], (0.0, 1.0)])],
)
def test_a_value_that_is_there_twice_is_refused(name, value):
    with pytest.raises(ValueError, match=rf"^{name} = .*; allowed: each value once$"):
        declarations.check(PLAIN, {name: value})
    assert declarations.check(PLAIN, {"points": [[1, 1]]})["points"] == [[1.0, 1.0]]


def test_an_unknown_parameter_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match=r"no parameter 'n_spin'; did you mean 'n_spins'\?"):
        declarations.check(PLAIN, {"eta": 0.1, "n_spin": 4})
    with pytest.raises(ValueError, match=r"no parameter 'eta'\. There are: none"):
        declarations.check([], {"eta": 0.1})


def test_the_values_that_are_not_given_are_the_defaults():
    assert declarations.check(PLAIN, {"eta": 2}) == {
        "n_spins": 6, "eta": 2.0, "parity": "even", "draw": True, "times": [0.0],
        "points": [[0.0, 0.1]], "labels": [],
    }  # fmt: skip


# -- ranges: the table and the check come from one declaration


@pytest.mark.parametrize(
    ("annotation", "inside", "outside", "words"),
    [
        (Annotated[int, Ge(2)], [2, 3], [1, -5], "at least 2"),
        (Annotated[int, Ge(2), Le(10)], [2, 10], [1, 11], "from 2 to 10"),
        (Annotated[int, Interval(ge=2, le=10)], [2, 10], [1, 11], "from 2 to 10"),
        (Annotated[int, MultipleOf(2), Ge(4)], [4, 6], [2, 5], "even, at least 4"),
        (Annotated[int, MultipleOf(2), Ge(4), Le(8)], [4, 8], [2, 7, 10], "even, from 4 to 8"),
        (Annotated[int, MultipleOf(3)], [-3, 0, 6], [1, 4], "multiple of 3"),
        (Annotated[int, MultipleOf(4), Ge(8)], [8, 12], [4, 10], "multiple of 4, at least 8"),
        (Annotated[float, Gt(0)], [1e-300], [0.0, -1.0], "above 0"),
        (Annotated[float, Lt(1)], [0.9], [1.0], "below 1"),
        (Annotated[float, Le(Fraction(1, 16))], [1 / 16], [0.0626], "at most 1/16"),
        (
            Annotated[float, Gt(0), Le(Fraction(1, 8))],
            [0.125],
            [0.0, 0.126],
            "above 0 and at most 1/8",
        ),
        (Annotated[float, Gt(0), Lt(math.pi)], [3.14], [0.0, math.pi], "above 0 and below pi"),
        (Annotated[float, Ge(-math.pi), Le(math.pi)], [-3.14], [3.15], "from -pi to pi"),
        (Annotated[float, Ge(0), Ge(100)], [100.0], [99.0], "at least 100"),  # the tightest
        (Annotated[float, Ge(5), Gt(5), Le(9), Lt(9)], [6.0], [5.0, 9.0], "above 5 and below 9"),
        (Annotated[float, Ge(1e-10), Le(1e-2)], [1e-10, 1e-2], [0.0, 0.1], "from 1e-10 to 0.01"),
        (float, [-1e9, 1e9], [], "any"),
        (Literal["even", "odd"], ["odd"], ["both"], "one of even, odd"),
        (Annotated[int, AtMost("other")], [3, 8], [9], "at most other"),
        (Annotated[int, Ge(2), AtMost("other")], [2, 8], [1, 9], "from 2 to other"),
        (Annotated[float, Gt(0), Below("other", 8)], [0.9], [0, 1.0], "above 0 and below other/8"),
        (
            Annotated[float, AtLeast("other", 4), AtMost("other", over=2)],
            [2.0, 4.0],
            [1.9, 4.1],
            "from other/4 to other/2",
        ),
        (
            Annotated[float, Gt(-1), NotMultipleOfPi()],
            [0.4, 3.14],
            [0.0, 9e-4, math.pi, 100 * math.pi],
            "above -1, not a multiple of pi",
        ),
    ],
)
def test_a_range_is_checked_from_both_sides_and_shown(annotation, inside, outside, words):
    for kind, shape in (
        (annotation, lambda x: x),
        (Sequence[annotation], lambda x: [inside[0]] if x == inside[0] else [inside[0], x]),
    ):
        known = [Parameter("x", shape(inside[0]), kind), Parameter("other", 8, int)]
        assert known[0].range == words
        for value in inside:
            assert declarations.check(known, {"x": shape(value)})["x"] == shape(value)
        for value in outside:
            with pytest.raises(ValueError, match=rf"^x = '?{value}\S*; allowed: {words}$") as found:
                declarations.check(known, {"x": shape(value)})
            assert "\n" not in str(found.value)


def test_a_limit_is_the_value_of_the_other_parameter():
    known = [Parameter("few", 3, Annotated[int, AtMost("many")]), Parameter("many", 8, int)]
    assert declarations.check(known, {"few": 20, "many": 20}) == {"few": 20, "many": 20}
    with pytest.raises(ValueError, match="few = 3; allowed: at most many"):
        declarations.check(known, {"many": 2})  # the default is outside then


@pytest.mark.parametrize(
    ("element", "inside", "outside"),
    [
        (Annotated[float, Gt(0)], [0.1, 0.2], [0.1, 0.2, 0.1]),
        (Sequence[int], [[1, 2], [2, 1]], [[1, 2], [1, 2]]),
    ],
)
def test_elements_are_different(element, inside, outside):
    known = [Parameter("x", inside, Sequence[element])]
    assert declarations.check(known, {"x": inside})["x"] == inside
    with pytest.raises(ValueError, match=rf"x = {re.escape(str(outside))}; allowed: .*once"):
        declarations.check(known, {"x": outside})


def test_a_limit_that_is_not_declared_is_refused():
    known = [Parameter("few", 3, Annotated[int, AtMost("many")])]
    with pytest.raises(ValueError, match="the range of few ends at many, which is not declared"):
        declarations.check(known, {})


def test_pairs_have_two_elements():
    known = [Parameter("x", [[0.1, 0.2]], Sequence[Annotated[Sequence[float], Len(2, 2)]])]
    assert known[0].type == "list of list of float"
    assert declarations.check(known, {"x": ((1, 2), (3, 4))})["x"] == [[1.0, 2.0], [3.0, 4.0]]
    for value in ([[0.1]], [[0.1, 0.2, 0.3]]):
        with pytest.raises(
            ValueError, match=r"x = .*; allowed: list of float of length 2, such as"
        ):
            declarations.check(known, {"x": value})
    with pytest.raises(ValueError, match=r"x = \[\]; allowed: list of list of float, such as"):
        declarations.check(known, {"x": []})


@pytest.mark.parametrize(
    ("length", "inside", "outside", "words"),
    [
        (Len(2, 3), [[1, 2], [1, 2, 3]], [[1], [1, 2, 3, 4]], "of length 2 to 3"),
        (MinLen(2), [[1, 2], [1, 2, 3]], [[1], 1, []], "of length at least 2"),
        (MaxLen(2), [[1], [1, 2]], [[1, 2, 3]], "of length at most 2"),
    ],
)
def test_a_length_is_checked_from_both_sides_and_shown(length, inside, outside, words):
    known = [Parameter("x", inside[0], Annotated[Sequence[int], length])]
    for value in inside:
        assert declarations.check(known, {"x": value}) == {"x": value}
    for value in outside:
        with pytest.raises(ValueError, match=f"^x = .*; allowed: list of int {words}, such as"):
            declarations.check(known, {"x": value})


@pytest.mark.parametrize(
    ("annotation", "ends"),
    [
        (float, (None, None)),
        (Annotated[float, Gt(0)], ((0, True), None)),
        (Annotated[float, Le(Fraction(1, 16))], (None, (Fraction(1, 16), False))),
        (Annotated[int, Interval(ge=2, lt=10), AtMost("other")], ((2, False), (10, True))),
        (Annotated[float, Ge(5), Gt(5), Le(9), Lt(9)], ((5, True), (9, True))),
        (Sequence[Annotated[float, Ge(0), Ge(100)]], ((100, False), None)),
    ],
)
def test_the_ends_of_a_range_are_its_tightest_numbers(annotation, ends):
    assert Parameter("x", None, annotation).ends == ends


def test_none_is_a_default_only():
    known = [Parameter("theta", None, Annotated[float, Gt(0)] | None)]
    assert (known[0].type, known[0].range) == ("float", "above 0")
    assert declarations.check(known, {}) == declarations.check(known, {"theta": None})
    assert declarations.check(known, {"theta": 1}) == {"theta": 1.0}
    for value, allowed in ((0, "above 0"), ("a", "float")):
        with pytest.raises(ValueError, match=f"theta = .*; allowed: {allowed}"):
            declarations.check(known, {"theta": value})


# -- functions

Count = Annotated[int, Ge(1), Doc("number of |things|"), Unit("1")]


@computes("total")
def add(first: Count = 1, rest: Annotated[Sequence[Count], Doc("others")] = (2, 3)) -> list[int]:
    r"""Add \|numbers\|.

    Returns
    -------
    The ``total``.
    """
    return [first, *rest]


def test_a_declared_function_checks_and_converts_its_arguments():
    assert add() == [1, 2, 3]
    assert add(np.int64(2), rest=4) == [2, 4]
    for arguments in ({"first": 0}, {"rest": (1, 0)}):
        with pytest.raises(ValueError, match=" = 0; allowed: at least 1"):
            add(**arguments)
    with pytest.raises(TypeError, match="second"):
        add(second=1)
    assert declarations.unchecked(add)(0, []) == [0]
    assert declarations.variables_of(add) == ("total",)


def test_the_docstring_and_the_signature_follow_from_the_declaration():
    assert inspect.getdoc(add) == (
        "Add \\|numbers\\|.\n\n"
        "Parameters\n----------\n"
        "first\n    Number of \\|things\\|, at least 1 [1].\n"
        "rest\n    Others, at least 1 [1].\n\n"
        "Returns\n-------\nThe ``total``."
    )
    assert inspect.signature(add).parameters["first"].annotation is int
    assert "Annotated" not in str(inspect.signature(add))


def test_the_last_word_counts():
    known = {known.name: known for known in declarations.parameters_of(add)}
    assert (known["rest"].meaning, known["rest"].unit) == ("others", "1")
    assert (known["rest"].default, known["rest"].type) == ([2, 3], "list of int")
    assert Parameter("first", 1, Count, "what a cell says", "kg").meaning == "what a cell says"
    assert Parameter("first", 1, Count, "what a cell says", "kg").unit == "kg"


CELL = {
    "n": Count,
    "eta": Annotated[float, Gt(0)] | None,
    "few": Annotated[int, AtMost("n")],
    "times": Sequence[float],
}
HELD = {"n": 3, "eta": 0.5, "few": 2, "times": [0.0, 1.0], "other": object()}


@pytest.mark.parametrize(
    "right", [{}, {"n": 2.0}, {"eta": None}, {"eta": 1}, {"few": 3}, {"times": 1}]
)
def test_a_cell_that_is_right_passes(right):
    declarations.check_cell({"__annotations__": CELL} | HELD | right)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n": 0}, "n = 0; allowed: at least 1"),
        ({"n": "abc"}, "n = 'abc'; allowed: int"),
        ({"n": None}, "n = None; allowed: int"),
        ({"eta": 0}, "eta = 0.0; allowed: above 0"),
        ({"eta": "abc"}, "eta = 'abc'; allowed: float"),
        ({"few": 4}, "few = 4; allowed: at most n"),
        ({"times": []}, "times = []; allowed: list of float"),
        ({"times": ["abc"]}, "times = 'abc'; allowed: float"),
    ],
)
def test_a_cell_that_is_wrong_is_refused_without_an_example_from_it(wrong, message):
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        declarations.check_cell({"__annotations__": CELL} | HELD | wrong)


def test_a_cell_that_ends_at_a_parameter_that_it_lacks_is_refused():
    with pytest.raises(ValueError, match="the range of few ends at n, which is not declared"):
        declarations.check_cell({"__annotations__": {"few": CELL["few"]}, "few": 2, "n": 3})


def test_a_cell_without_types_has_nothing_to_check():
    declarations.check_cell({"n": 0})
    declarations.check_cell({"__annotations__": {}, "n": 0})
