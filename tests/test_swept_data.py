"""Datasets over a grid: joined from those of the points, and drawn."""

from __future__ import annotations

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from spincat.run import swept_data


def dataset(value, times=(0.0, 1.0), **coords):
    dims = [*coords, "time"]
    shape = [len(values) for values in coords.values()]
    data = np.full((*shape, len(times)), float(value))
    attrs = {"seed": 1, "value": value}
    return xr.Dataset({"y": (dims, data)}, {**coords, "time": list(times)}, attrs)


def test_points_are_joined_in_the_order_of_the_grid():
    grid = {"n_spins": [4, 6], "parity": ["even", "odd", "both"]}
    joined = swept_data.join([dataset(value) for value in range(6)], grid)
    assert joined["y"].dims == ("n_spins", "parity", "time")
    assert float(joined["y"].sel(n_spins=6, parity="odd", time=0.0)) == 4
    assert joined.attrs == {"seed": 1}  # what differs is a coordinate now


def test_a_list_is_joined_along_the_dimension_that_holds_it():
    grid = {"deltas": [[0.1], [0.2]]}
    joined = swept_data.join([dataset(1, delta=[0.1]), dataset(2, delta=[0.2])], grid)
    assert joined["y"].dims == ("delta", "time")
    assert list(joined["y"].sel(time=0.0)) == [1, 2]
    other = swept_data.join([dataset(1, draw=[0]), dataset(2, draw=[0])], grid)
    assert other["y"].dims == ("deltas", "draw", "time")


def test_a_name_that_is_taken_gets_a_prefix():
    joined = swept_data.join([dataset(1), dataset(2)], {"time": [3, 4], "y": [1]})
    assert joined["y"].dims == ("swept_time", "swept_y", "time")


def test_real_coordinates_that_differ_have_a_row_for_each_point():
    grid = {"t_max": [1.0, 2.0, 3.0]}
    times = [(0.0, 0.3, 1.0), (0.0, 0.7, 2.0), (0.0, 3.0)]
    joined = swept_data.join([dataset(n, times=row) for n, row in enumerate(times)], grid)
    assert joined["y"].dims == ("t_max", "time_number")
    np.testing.assert_array_equal(joined["time"][:2], times[:2])
    np.testing.assert_array_equal(joined["time"][2], [0, 3, np.nan])
    np.testing.assert_array_equal(joined["y"], [[0, 0, 0], [1, 1, 1], [2, 2, np.nan]])


def test_coordinates_that_differ_by_rounding_are_the_same():
    times = [(0.1, 0.3), (0.1, 0.1 * 3)]
    joined = swept_data.join([dataset(1, times=row) for row in times], {"eta": [0.1, 0.2]})
    assert joined["y"].dims == ("eta", "time")
    assert joined["time"].values.tolist() == [0.1, 0.3]


def test_other_coordinates_are_united():
    rows = [dataset(1, parity=["even"]), dataset(2, parity=["even", "odd"])]
    joined = swept_data.join(rows, {"eta": [0.1, 0.2]})
    assert list(joined["parity"].values) == ["even", "odd"]
    assert joined["y"].isnull().sum() == 2


@pytest.mark.parametrize("other", [{}, {"eta": [0.1, 0.2]}, {"eta": [0.1, 0.2], "seed": [1, 2, 3]}])
@pytest.mark.parametrize("first", [True, False])
def test_lines_against_an_axis_that_is_swept_have_no_gaps(other, first):
    swept = {"t_max": [1.0, 2.0, 5.0, 7.0]}
    grid = swept | other if first else other | swept
    points = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    rows = [dataset(p["t_max"], times=np.linspace(0, p["t_max"], 5)) for p in points]
    figure = swept_data.plot(swept_data.join(rows, grid), "y", grid)
    lines = [line for panel in figure.axes for line in panel.lines]
    assert len(lines) == len(points)
    assert sorted(line.get_xdata()[-1] for line in lines) == sorted(p["t_max"] for p in points)
    for line in lines:
        assert len(line.get_xdata()) == 5
        assert np.all(np.isfinite(line.get_ydata()))
        assert line.get_ydata()[0] == line.get_xdata()[-1]  # the value is that of its point
    plt.close(figure)


def test_plot_has_a_colour_for_each_swept_value_and_panels_for_the_rest():
    grid = {"n_spins": [4, 6, 8]}
    joined = swept_data.join([dataset(n, parity=["even", "odd"]) for n in grid["n_spins"]], grid)
    figure = swept_data.plot(joined, "y", grid)
    axes = [panel for panel in figure.axes if panel.lines]
    assert [len(panel.lines) for panel in axes] == [3, 3]
    assert [line.get_ydata()[0] for line in axes[0].lines] == [4, 6, 8]
    assert axes[0].get_xlabel() == "time"
    plt.close(figure)


def test_plot_of_one_number_per_point():
    grid = {"n_spins": [4, 6], "eta": [0.1, 0.2, 0.3]}
    joined = swept_data.join([dataset(v).isel(time=0, drop=True) for v in range(6)], grid)
    figure = swept_data.plot(joined, "y", grid)
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [3, 3]
    plt.close(figure)


def test_plot_refuses():
    texts = xr.Dataset({"kind": (("curve", "time"), [["a", "b"], ["c", "d"]])})
    with pytest.raises(ValueError, match="kind has values of type <U1; allowed: real numbers"):
        swept_data.plot(texts, "kind", {})
    with pytest.raises(ValueError, match=r"no variable 'z'. There are: y"):
        swept_data.plot(dataset(1), "z", {})
    with pytest.raises(ValueError, match="allowed: one to four"):
        swept_data.plot(dataset(1).isel(time=0), "y", {})
