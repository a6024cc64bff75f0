"""Fig. 2 and what goes beyond it, by numbers (tests/baseline/*.csv) and by pictures."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from figure_baselines import BASELINE, columns, picture

from spincat import figures
from spincat.figures import fig2, sec3_2
from spincat.free import dephasing
from spincat.master_equation import product_space
from spincat.model import operators
from spincat.model.broadening import Gaussian
from spincat.shared.declarations import parameters_of

# The expansion behind the exact curves is good to its tolerance, not to rounding.
TOLERANCE = {"rtol": 0, "atol": 2e-5}

SMALL = {"n_spins": 4, "draws": 2, "t_max": 100.0, "draws_many": 30, "exact_draws": 10}
MAKE = {
    "fig2": lambda: fig2.compute(**SMALL, n_times=6),
    "total_spin_sectors": lambda: sec3_2.compute_total_spin_sectors(
        4, draws=2, t_max=100.0, n_times=6
    ),
    "advantage_map": lambda: sec3_2.compute_advantage(
        (0.2, 0.5, 1.0), 4, t_max=100.0, n_times=6, draws_many=20
    ),
    "advantage_sizes": lambda: sec3_2.compute_sizes((3, 4), t_max=100.0, n_times=6, draws_many=20),
    "initial_decay": lambda: sec3_2.compute_decay(sizes=(4, 5, 20), measured=(4, 5)),
}
DRAW = {
    "fig2": ("fig2", fig2.draw),
    "driven_and_free": ("fig2", fig2.draw_free),
    "quasi_dark": ("fig2", fig2.draw_quasi_dark),
    "total_spin_sectors": ("total_spin_sectors", sec3_2.draw_total_spin_sectors),
    "advantage_map": ("advantage_map", sec3_2.draw_advantage),
    "advantage_sizes": ("advantage_sizes", sec3_2.draw_sizes),
    "initial_decay": ("initial_decay", sec3_2.draw_decay),
}


@pytest.mark.parametrize("name", MAKE)
def test_data(name, num_regression):
    num_regression.check(
        columns(MAKE[name]()), default_tolerance=TOLERANCE, fullpath=BASELINE / f"{name}.csv"
    )


@picture
@pytest.mark.parametrize("name", DRAW)
def test_picture(name):
    source, draw = DRAW[name]
    with plt.style.context(figures.STYLE):
        return draw(MAKE[source]())


def test_the_paper_s_parameters_are_the_defaults():
    defaults = {known.name: known.default for known in parameters_of(fig2.compute)}
    paper = {"n_spins": 8, "eta": 0.2, "deltas": [1e-3, 1e-2], "draws": 10, "t_max": 400.0}
    assert defaults | paper == defaults


def test_dataset_is_complete():
    dataset = fig2.compute(**SMALL, seed=7, n_times=4)
    assert dataset["fidelity"].dims == ("delta", "parity", "draw", "time")
    assert {"n_spins", "eta", "draws", "seed", "t_max", "spincat_version"} <= set(dataset.attrs)
    for variable in dataset.variables.values():
        assert variable.dtype.kind != "f" or {"long_name", "units"} <= set(variable.attrs)
    rows, times = Gaussian(1e-2).draw(4, 2, 7), dataset["time"].values
    curve = dataset.sel(delta=1e-2, parity="odd")
    expected = product_space.cat_fidelity(rows, 0.2, times, "odd", tol=1e-8)
    np.testing.assert_allclose(curve["fidelity"], expected, atol=1e-5)
    theta = 2 * np.arctan(np.sqrt(0.4 / 4))
    free = dephasing.cat_fidelity(rows, theta, times, "odd")
    np.testing.assert_allclose(curve["free_fidelity"], free)


def test_the_sectors_belong_to_the_draws_of_the_figure():
    dataset = sec3_2.compute_total_spin_sectors(4, draws=2, seed=7, t_max=100.0, n_times=3)
    np.testing.assert_allclose(dataset["weight"].sum("total_spin"), 1, atol=1e-5)
    assert list(dataset["total_spin"].values) == list(operators.total_spins(4))
    curves = fig2.compute(**SMALL, seed=7, n_times=3).sel(delta=1e-2)["fidelity"]
    # the cat is symmetric: its fidelity cannot exceed the weight of the symmetric sector
    assert np.all(curves <= dataset["weight"].isel(total_spin=0) + 1e-4)


def test_saved_data_come_back(tmp_path):
    dataset = fig2.compute(**SMALL, n_times=3)
    figures.save(fig2.draw(dataset), dataset, "fig2", tmp_path)
    back = xr.load_dataset(tmp_path / "fig2.nc", engine="h5netcdf")
    xr.testing.assert_identical(back, dataset)


def test_refuses_bad_input():
    with pytest.raises(ValueError, match="n_spins = 0"):
        fig2.compute(n_spins=0)
    with pytest.raises(ValueError, match="t_max = -1"):
        fig2.compute(t_max=-1)
    with pytest.raises(ValueError, match="draws = 0"):
        fig2.compute(draws=0)
    with pytest.raises(ValueError, match="n_spins = 11; allowed: from 2 to 10"):
        fig2.compute(n_spins=11)
    with pytest.raises(ValueError, match="n_spins = 11; allowed: from 2 to 10"):
        sec3_2.compute_total_spin_sectors(11)
