"""Any argument to any public function: an answer in finite numbers, or a sentence that names it.

Each parameter of each function gets each of `ODD_VALUES`, the others being in order.
"""

from __future__ import annotations

import dataclasses
import faulthandler
import inspect
import linecache
import re
import time
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sparse
from any_arguments import EXAMPLES, ODD_VALUES, arguments, functions

import spincat
from spincat.mean_field import _all_spins_stepper, _lsoda, mirror_halves

PACKAGE = str(Path(spincat.__file__).parent)
FUNCTIONS = dict(functions())
OF_AN_OBJECT = {"h", *(field.name for field in dataclasses.fields(spincat.SpinEnsemble))}
"""What a refusal of an ensemble or a cavity may name instead of the argument."""
LONGEST = 10.0
"""Seconds that a call may take; the first one, with arguments in order, may compile its loops."""


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    """Let solvers give up after fewer steps than in earnest, where it takes half a minute."""
    for module in (_all_spins_stepper, _lsoda, mirror_halves):
        monkeypatch.setattr(module, "MOST_STEPS", module.MOST_STEPS // 100)
    faulthandler.dump_traceback_later(300, exit=True)  # a compiled loop cannot be interrupted
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.mark.parametrize("label", FUNCTIONS)
def test_each_odd_argument_is_answered_or_refused(label):
    function = FUNCTIONS[label]
    good = arguments(label, function)
    assert is_finite(function(**good))
    found = [
        f"{name} = {odd}: {said}"
        for name in good
        for odd, value in ODD_VALUES.items()
        if (said := complaint(function, good | {name: value}))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("label", FUNCTIONS)
def test_a_narrow_integer_is_an_integer(label):
    """NumPy's types of 8 and 16 bits overflow without a word where a formula takes them."""
    function = FUNCTIONS[label]
    good = arguments(label, function)
    for name, value in good.items():
        if type(value) is int and 0 <= value < 2**15:
            for narrow in (np.min_scalar_type(value).type, np.min_scalar_type(-value - 1).type):
                answer = function(**good | {name: narrow(value)})
                assert same(answer, function(**good)), (name, narrow)


def same(first: Any, second: Any) -> bool:
    if isinstance(first, np.ndarray):
        return np.array_equal(first, second, equal_nan=True)
    if sparse.issparse(first):
        return abs(first - second).max() == 0
    if isinstance(first, tuple):
        return all(map(same, first, second))
    if dataclasses.is_dataclass(first):
        fields = [field.name for field in dataclasses.fields(first)]
        return all(same(getattr(first, name), getattr(second, name)) for name in fields)
    return bool(first == second)


def complaint(function: Any, given: dict[str, Any]) -> str | None:
    """What is wrong with the answer or the refusal, or None."""
    start = time.process_time()
    try:
        answer = function(**given)
    except (ValueError, MemoryError, spincat.ConvergenceError) as error:
        if said := complaint_about(error, given):
            return said
        answer = None
    except Exception as error:  # all others are not ours
        return f"{type(error).__name__}: {error}"
    if (seconds := time.process_time() - start) > LONGEST:
        return f"took {seconds:.0f} s"
    if not is_finite(answer) and "NaN" not in (inspect.getdoc(function) or ""):
        return "not finite, and the docstring does not speak of NaN"
    return None


def complaint_about(error: Exception, given: dict[str, Any]) -> str | None:
    *_, (frame, number) = traceback.walk_tb(error.__traceback__)
    file = frame.f_code.co_filename
    raised = linecache.getline(file, number).strip().startswith("raise ")
    if not (raised and file.startswith(PACKAGE)):
        return f"not refused by spincat: {type(error).__name__}: {error}"
    named = [name for name in {*given, *OF_AN_OBJECT} if re.search(rf"\b{name}\b", str(error))]
    if not named and not isinstance(error, spincat.ConvergenceError):
        return f"names no argument: {error}"
    return None if len(str(error)) < 400 else f"not a short sentence: {error}"


def is_finite(answer: Any) -> bool:
    if sparse.issparse(answer):
        return is_finite(answer.data)
    if isinstance(answer, dict):
        return all(map(is_finite, answer.values()))
    if isinstance(answer, tuple | list):
        return all(map(is_finite, answer))
    if isinstance(answer, np.ndarray | np.generic | float | complex):
        values = np.asarray(answer)
        return values.dtype.kind not in "fc" or bool(np.isfinite(values).all())
    return True


def test_all_public_functions_are_tried():
    assert len(FUNCTIONS) > 140
    assert {name.partition(".")[0] for name in FUNCTIONS} == {
        "model", "free", "mean_field", "master_equation", "many_spins", "large_n", "symbolic",
    }  # fmt: skip
    unused = EXAMPLES.keys() - {
        p for f in FUNCTIONS.values() for p in inspect.signature(f).parameters
    }
    assert not unused


def test_how_a_bad_answer_is_found():
    def raw(x):
        return x[0]

    def silent(x):
        return np.array([x, np.nan])

    def unnamed(x):
        raise ValueError(f"{x} is bad")

    assert complaint(raw, {"x": None}).startswith("TypeError")
    assert complaint(silent, {"x": 1}).startswith("not finite")
    assert complaint(unnamed, {"x": 1}).startswith("not refused by spincat")
    assert complaint_about(spincat_error(), {"y": 1}).startswith("names no argument")
    assert complaint_about(spincat_error(), {"x": 1}) is None


def spincat_error():
    from spincat.shared.checks import check_inside

    try:
        check_inside("x", 1, False, "2")
    except ValueError as error:
        return error
