"""Figures with the fewest values their declarations allow, and with values of any kind."""

from __future__ import annotations

import json

import matplotlib.pyplot as plt
import pytest
from any_arguments import ODD_VALUES

from spincat.figures.registry import EVERY
from spincat.run import figure_runs, parameters
from spincat.shared import declarations

QUICK = {
    "draws": 2, "draws_many": 8, "exact_draws": 2, "n_times": 3, "n_eta": 3, "n_delta": 2,
    "n_grid": 5,
}  # fmt: skip
SMALL = {
    "fig2": {"n_spins": 4},
    "total_spin_sectors": {"n_spins": 4},
    "advantage_map": {"n_spins": 4},
    "fig3": {"n_spins": 20, "eta_max": 3.0},
    "fig3_observables": {"n_spins": 20, "eta_max": 3.0},
    "fig3_wigner": {"n_spins": 20, "etas": [2.0]},
    "critical_linewidth": {"n_spins": 100, "n_eta": 1},
}
"""What makes a figure quick besides `QUICK`."""
NOT_IN_THE_DECLARATION = {
    ("two_halves_departure", "n_spins"): "delta",  # outside the synchronised region of so few
    ("fig3", "n_spins"): "eta_max",
    ("fig3_observables", "n_spins"): "eta_max",
    ("fig3_wigner", "n_spins"): "eta",
}
"""Least values that other parameters must fit; the refusal names these."""
TEXTS = [
    "", " ", "-" * 3000 + "1", "(" * 3000, "[" * 3000, "9" * 400, "9" * 5000, "1e999", "-1e300",
    "nan", "2**63", "0x10", "1_0", "1j", "None", "True", "'a'", "b'a'", "{}", "{[]: 1}", "[1, 1]",
    "[1, [2]]", "[[1, 2], [1, 2]]", "lambda: 1", "\0", "\N{GREEK SMALL LETTER ETA}",
]  # fmt: skip


def quick(name):
    known = [parameter.name for parameter in figure_runs.parameters(name)]
    return {key: QUICK[key] for key in known if key in QUICK} | SMALL.get(name, {})


def drawn(name, values):
    figure = EVERY[name][1](EVERY[name][0](**values))
    figure.canvas.draw()
    plt.close(figure)


@pytest.mark.parametrize("name", EVERY)
def test_a_list_of_one_is_enough(name):
    single = {p.name: p.default[0] for p in figure_runs.parameters(name) if p.is_list and p.default}
    single = {key: [value] if isinstance(value, list) else value for key, value in single.items()}
    drawn(name, quick(name) | single | SMALL.get(name, {}))


LEAST = [
    pytest.param(name, known, id=f"{name}.{known.name}")
    for name in EVERY
    for known in figure_runs.parameters(name)
    if known.scalar is int and not known.is_list and known.name not in ("seed", "draws_many")
]


@pytest.mark.parametrize(("name", "known"), LEAST)
def test_the_least_integer_is_enough(name, known):
    values = quick(name) | {known.name: known.ends[0].number}
    if (name, known.name) in NOT_IN_THE_DECLARATION:
        with pytest.raises(ValueError, match=NOT_IN_THE_DECLARATION[name, known.name]):
            drawn(name, values)
    else:
        drawn(name, values)


@pytest.mark.parametrize("name", EVERY)
def test_any_value_is_converted_or_refused_before_any_work(name):
    table = figure_runs.parameters(name)
    for known in table:
        for odd, value in ODD_VALUES.items():
            assert complaint(table, {known.name: value}) is None, (known.name, odd)


@pytest.mark.parametrize("name", EVERY)
def test_any_text_is_read_or_refused_before_any_work(name):
    table = figure_runs.parameters(name)
    for known in table:
        for text in TEXTS:
            value = parameters.assignments(table, [f"{known.name}={text}"])
            assert complaint(table, value) is None, (known.name, text[:80])


def complaint(table, given):
    """What is wrong with the values, which a file must be able to hold, or with the refusal."""
    try:
        json.dumps(declarations.check(table, given), allow_nan=False)
    except ValueError as error:
        # the range of another parameter may end at this one
        named = any(str(error).startswith(f"{known.name} = ") for known in table)
        return None if named and len(str(error)) < 400 else str(error)
    return None
