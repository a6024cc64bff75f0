"""Figures with other parameters: the table of each, checks before any work, files."""

from __future__ import annotations

import csv
import inspect
import itertools
import json
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pytest
import xarray as xr
from annotated_types import Ge, Gt, Le, Lt
from click.testing import CliRunner

from spincat.figures import fig1
from spincat.figures.registry import EVERY
from spincat.figures.vocabulary import NAMES
from spincat.large_n import planar_basins
from spincat.run import figure_runs, notebooks
from spincat.run.cli import main
from spincat.shared import declarations, parallel
from spincat.shared.declarations import AtLeast, AtMost, Below, Parameter

CHAPTERS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.md"))
SMALL = {"n_spins": 20, "draws": 2, "n_times": 5}


@pytest.mark.parametrize("name", EVERY)
def test_every_parameter_of_every_figure_says_what_it_means(name, monkeypatch):
    table = figure_runs.parameters(name)
    assert table
    assert all(known.meaning and known.range and known.unit and known.type for known in table)
    assert len({known.meaning for known in table}) == len(table)  # a meaning of its own
    title = figure_runs.title(name)
    assert title.endswith(".")
    for function in EVERY[name]:  # as with PYTHONOPTIMIZE=2
        monkeypatch.setattr(inspect.unwrap(function), "__doc__", None)
        monkeypatch.setattr(function, "__doc__", None)
    assert figure_runs.title(name) == title


def outside(known):
    """Values of a parameter outside its range: too small, too large, odd."""

    def shaped(value):
        depth = known.type.count("list of")
        found = known.scalar(value)
        return [[found, found]] if depth == 2 else [found] if depth else found

    if known.range.startswith("one of"):
        return ["neither"]
    low, high = known.ends
    values = [low.number - 1] if low else []
    values += [high.number + 1] if high else []
    values += [1e9] if any(isinstance(limit, AtMost | Below) for limit in known.limits) else []
    values += [-1e9] if any(isinstance(limit, AtLeast) for limit in known.limits) else []
    values += [5] if "even" in known.range else []
    return [shaped(value) for value in values]


@pytest.mark.parametrize("name", EVERY)
def test_what_is_outside_its_range_is_refused(name):
    for known in figure_runs.parameters(name):
        for value in outside(known):
            with pytest.raises(ValueError, match=rf"^{known.name} = \S+; allowed: {known.range}"):
                figure_runs.check(name, {known.name: value})


@pytest.mark.parametrize("name", EVERY)
def test_the_table_holds_the_defaults_of_the_function(name):
    for known in figure_runs.parameters(name):
        values = figure_runs.check(name, {known.name: known.default})
        assert values[known.name] == known.default
        json.dumps(values)


@pytest.mark.parametrize("name", EVERY)
def test_the_docstring_says_what_the_table_says(name):
    text = inspect.getdoc(EVERY[name][0]).replace("\\|", "|")
    for known in figure_runs.parameters(name):
        meaning = known.meaning[0].upper() + known.meaning[1:]
        assert f"\n{known.name}\n    {meaning}, {known.range} [{known.unit}].\n" in text
    assert text.count("\nParameters\n----------\n") == text.count("\nReturns\n-------\n") == 1


def test_a_figure_may_say_more_than_the_vocabulary():
    table = {known.name: known for known in figure_runs.parameters("odd_floor")}
    assert table["intensities"].default is None
    assert table["intensities"].type == "list of float"
    assert table["intensities"].meaning.startswith("values of |α|², by default 33 up to 10")
    assert (table["sizes"].meaning, table["sizes"].range) == ("numbers of spins N", "at least 1")


def is_within(known, widest):
    """Whether a parameter allows nothing that another one refuses."""
    low, high = known.ends
    lowest, highest = widest.ends
    return (
        (lowest is None or (low is not None and low >= lowest))
        and (highest is None or (high is not None and upper(high) <= upper(highest)))
        and set(widest.limits) <= set(known.limits)
        and ("one of" not in widest.range or known.range == widest.range)
    )


def upper(end):
    return end.number, not end.open


@pytest.mark.parametrize(
    ("known", "widest", "expected"),
    [
        (Annotated[int, Ge(2)], int, True),
        (int, Annotated[int, Ge(2)], False),
        (Annotated[int, Ge(2)], Annotated[int, Ge(2)], True),
        (Annotated[int, Ge(1)], Annotated[int, Ge(2)], False),
        (Annotated[float, Gt(0)], Annotated[float, Ge(0)], True),
        (Annotated[float, Ge(0)], Annotated[float, Gt(0)], False),
        (Annotated[float, Lt(1)], Annotated[float, Le(1)], True),
        (Annotated[float, Le(1)], Annotated[float, Lt(1)], False),
        (float, Annotated[float, Lt(1)], False),
        (Annotated[float, Le(2)], Annotated[float, Le(1)], False),
        (int, Annotated[int, AtMost("other")], False),
        (Annotated[int, AtMost("other")], int, True),
        (str, Literal["even", "odd"], False),
    ],
)
def test_how_a_range_lies_within_another(known, widest, expected):
    assert is_within(Parameter("x", None, known), Parameter("x", None, widest)) is expected


def test_one_parameter_has_one_name():
    """A name has one type and unit, and a widest range; no two names for drives, N, η and δ."""
    tables = [figure_runs.parameters(name) for name in EVERY]
    tables += [notebooks.parameters(path) for path in CHAPTERS]
    for known in itertools.chain.from_iterable(tables):
        if known.name in NAMES:
            widest = Parameter(known.name, None, NAMES[known.name])
            assert known.scalar is widest.scalar
            assert known.unit == widest.unit
            assert is_within(known, widest), f"{known.name}: {known.range}, {widest.range}"
    known = {p.name: p for name in EVERY for p in figure_runs.parameters(name)}
    assert set(NAMES) <= set(known)
    old = {"n_etas", "n_h", "count", "drive", "drives", "drive_max", "density", "densities"}
    assert not known.keys() & (old | {"spins"})
    lists = {"sizes", "etas", "deltas", "times", "spreads", "intensities"}
    assert all(known[name].is_list for name in lists)


def test_a_value_is_checked_once_between_the_command_and_the_figure(tmp_path, monkeypatch):
    checked, check = [], declarations.check
    monkeypatch.setattr(declarations, "check", lambda *given: checked.append(0) or check(*given))
    given = [word for name, value in SMALL.items() for word in ("-p", f"{name}={value}")]
    shown = CliRunner().invoke(main, ["figure", "fig1", *given, "-o", str(tmp_path)])
    assert (shown.exit_code, len(checked)) == (0, 1)


@pytest.mark.parametrize("name", EVERY)
def test_an_unknown_parameter_of_any_figure_is_refused_on_the_command_line(name, tmp_path):
    first = figure_runs.parameters(name)[0].name
    shown = CliRunner().invoke(main, ["figure", name, "-p", f"{first}_=1", "-o", str(tmp_path)])
    assert shown.exit_code == 2
    assert f"no parameter '{first}_'; did you mean '{first}'?" in shown.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_spins": 0}, "n_spins = 0; allowed: at least 1"),
        ({"delta": -1.0}, "delta = -1.0; allowed: at least 0"),
        ({"draws": 2.5}, r"draws = 2\.5; allowed: int, such as 10"),
        ({"n_times": 0}, "n_times = 0"),
        ({"seed": -1}, "seed = -1"),
    ],
)
def test_values_are_refused_before_any_work(given, message, monkeypatch):
    monkeypatch.setattr(fig1, "_samples", None)  # any work would fail
    with pytest.raises(ValueError, match=message):
        figure_runs.compute("fig1", given)


def test_an_unknown_figure_names_the_nearest():
    with pytest.raises(ValueError, match=r"no figure 'fig11'; did you mean 'fig1'\?"):
        figure_runs.parameters("fig11")


def test_run_leaves_pictures_data_and_record(tmp_path):
    files = figure_runs.run("fig1", tmp_path, SMALL | {"theta": 1}, formats=["pdf"])
    names = ["fig1.csv", "fig1.nc", "fig1.pdf", "fig1.provenance.json"]
    assert sorted(path.name for path in files) == names
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert (tmp_path / "fig1.pdf").read_bytes().startswith(b"%PDF")
    record = json.loads((tmp_path / "fig1.provenance.json").read_text(encoding="utf-8"))
    assert record["parameters"] == {**SMALL, "theta": 1.0, "delta": 1.0, "seed": 1, "t_max": 5.0}
    assert record["seed"] == 1
    data = xr.load_dataset(tmp_path / "fig1.nc", engine="h5netcdf")
    xr.testing.assert_identical(data, fig1.compute(theta=1.0, **SMALL))
    csv = np.genfromtxt(tmp_path / "fig1.csv", delimiter=",", names=True, usecols=[3])
    np.testing.assert_allclose(csv["fidelity"], data["fidelity"].values.ravel())


def test_an_unknown_format_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match="formats holds 'gif'; allowed: pdf, svg, png"):
        figure_runs.run("fig1", tmp_path, SMALL, formats=["gif"])
    assert list(tmp_path.iterdir()) == []


# -- what is documented of the numbers, and who computes them

BASELINE = Path(__file__).parent / "baseline"
NOT_IN_THE_BASELINE = {
    "fig4": {"time_to_converge", "converged"},
    "phase_portraits": {"delta", "kind", "synchronises"},
    "spin_inversion": {"mean_field", "sphere"},
    "avoided_crossing": {"levels"},
}


@pytest.mark.parametrize("name", EVERY)
def test_the_documented_variables_are_those_of_the_dataset(name):
    documented = figure_runs.variables(name)
    assert len(set(documented)) == len(documented) > 0
    data = BASELINE / f"{name.removesuffix('_observables')}.csv"
    with data.open(encoding="utf-8") as file:
        columns = next(csv.reader(file))[1:]
    found = {max((v for v in documented if c.startswith(v)), key=len, default=c) for c in columns}
    assert found | NOT_IN_THE_BASELINE.get(name, set()) == set(documented)


class SharedOutError(Exception):
    """Raised in place of sharing out."""


@pytest.mark.parametrize("name", sorted(figure_runs.PARALLEL))
def test_the_figures_that_take_several_processes_use_them(name, monkeypatch):
    def refuse(*_, **__):
        raise SharedOutError

    monkeypatch.setattr(parallel, "Parallel", refuse)
    monkeypatch.setattr(planar_basins, "homoclinic_linewidth", np.zeros_like)  # slow, and before it
    with pytest.raises(SharedOutError):
        figure_runs.compute(name, {})
