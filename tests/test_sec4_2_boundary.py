"""The figures of the exact boundary, by numbers (tests/baseline/*.csv) and by pictures."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from figure_baselines import BASELINE, columns, picture

from spincat import figures
from spincat.figures import sec4_2_boundary as boundary
from spincat.large_n import planar_basins, planar_flow
from spincat.large_n.critical_linewidths import critical_linewidth

# The simulated edge is known to 1e-5; an orbit may be cut one step (1e-3) earlier or later.
TOLERANCE = {
    "exact_boundary": {"rtol": 0, "atol": 2e-5},
    "phase_portraits": {"rtol": 0, "atol": 5e-3},
    "critical_linewidth": {"rtol": 0, "atol": 1e-8},
}
MAKE = {
    "exact_boundary": lambda: boundary.compute_lines(10_000, n_eta=5, n_delta=4),
    "phase_portraits": lambda: boundary.compute_portraits(0.02),
    "critical_linewidth": lambda: boundary.compute_linewidths(
        4, n_spins=1000, h=(0.03,), factors=(0.8, 1.2)
    ),
}
DRAW = {
    "exact_boundary": boundary.draw_lines,
    "phase_portraits": boundary.draw_portraits,
    "critical_linewidth": boundary.draw_linewidths,
}


@pytest.mark.parametrize("name", MAKE)
def test_data(name, num_regression):
    dataset = MAKE[name]()
    if name == "phase_portraits":
        dataset = dataset[["zeta", "z"]].isel(
            point=slice(None, None, 20), curve=slice(None, None, 3)
        )
    num_regression.check(
        columns(dataset), default_tolerance=TOLERANCE[name], fullpath=BASELINE / f"{name}.csv"
    )


@picture
@pytest.mark.parametrize("name", DRAW)
def test_picture(name):
    with plt.style.context(figures.STYLE):
        return DRAW[name](MAKE[name]())


def test_lines_are_those_of_the_flow():
    dataset = boundary.compute_lines(10_000, n_eta=4, n_delta=3)
    h = dataset["h"].values
    np.testing.assert_allclose(h, np.arange(1, 5) / 80)
    np.testing.assert_array_equal(dataset["saddle_node"], planar_flow.saddle_node_linewidth(h))
    assert list(np.isnan(dataset["hopf"])) == [False, False, False, True]
    assert list(np.isnan(dataset["homoclinic"])) == [False, False, False, True]
    inside = dataset["delta"] < dataset["simulated"]
    np.testing.assert_array_equal(np.isfinite(dataset["phase_spread"]), inside.T)


def test_portraits_show_what_they_say():
    dataset = boundary.compute_portraits(0.02)
    start = dataset["kind"] == "start"
    assert list(dataset["synchronises"].where(start, False).any("curve")) == [True, False, False]
    kinds = [set(row) for row in dataset["kind"].values]
    assert "cycle" not in kinds[0] | kinds[2]
    assert {"cycle", "node", "saddle", "separatrix"} <= kinds[1]
    assert "node" not in kinds[2]
    delta = dataset["delta"].values
    assert delta[0] < planar_basins.basin_edge(0.02) < delta[1] < planar_flow.hopf_linewidth(0.02)
    assert delta[2] > planar_flow.saddle_node_linewidth(0.02)


def test_runs_of_spins_follow_the_line():
    dataset = MAKE["critical_linewidth"]()
    assert list(dataset["synchronised"].values[0]) == [True, False]
    limit = critical_linewidth(0.03, "gaussian")
    np.testing.assert_allclose(dataset["run_width"][0], [0.8 * limit, 1.2 * limit])


@pytest.mark.parametrize("name", MAKE)
def test_saved_data_come_back(name, tmp_path):
    dataset = MAKE[name]()
    figures.save(DRAW[name](dataset), dataset, name, tmp_path)
    back = xr.load_dataset(tmp_path / f"{name}.nc", engine="h5netcdf")
    xr.testing.assert_identical(back, dataset)
    for variable in dataset.variables.values():
        assert variable.dtype.kind != "f" or {"long_name", "units"} <= set(variable.attrs)


def test_refuses_bad_input():
    with pytest.raises(ValueError, match="n_eta = 0"):
        boundary.compute_lines(n_eta=0)
    with pytest.raises(ValueError, match=r"h_max = 0\.07"):
        boundary.compute_lines(h_max=0.07)
    with pytest.raises(ValueError, match="initial_state = 'excited'"):
        boundary.compute_lines(initial_state="excited")
    with pytest.raises(ValueError, match="n_eta = 0"):
        boundary.compute_linewidths(n_eta=0)
    with pytest.raises(ValueError, match="h = "):
        boundary.compute_portraits(0.06)
