"""Datasets over a grid: joined from those of the points, and drawn."""

from __future__ import annotations

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


def test_other_coordinates_are_united():
    joined = swept_data.join([dataset(1), dataset(2, times=(1.0, 2.0))], {"eta": [0.1, 0.2]})
    assert list(joined["time"]) == [0, 1, 2]
    np.testing.assert_array_equal(joined["y"], [[1, 1, np.nan], [np.nan, 2, 2]])


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
    with pytest.raises(ValueError, match=r"no variable 'z'. There are: y"):
        swept_data.plot(dataset(1), "z", {})
    with pytest.raises(ValueError, match="allowed: one to four"):
        swept_data.plot(dataset(1).isel(time=0), "y", {})
