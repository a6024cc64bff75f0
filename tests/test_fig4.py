"""Fig. 4 and what goes with it, by numbers (tests/baseline/*.csv) and by pictures."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from figure_baselines import BASELINE, columns, picture

from spincat import figures
from spincat.figures import fig4
from spincat.mean_field import phase_diagram
from spincat.shared.declarations import parameters_of

# Steady states are exact; courses, edges and what is lost carry the error of the steps.
TOLERANCE = {"rtol": 0, "atol": 1e-5}

MAKE = {
    "fig4": lambda: fig4.compute(1000, n_eta=9, n_delta=11),
    "two_halves_edges": lambda: fig4.compute_edges(1000, n_eta=6),
}
DRAW = {
    "fig4": fig4.draw,
    "two_halves_edges": fig4.draw_edges,
}


@pytest.mark.parametrize("name", MAKE)
def test_data(name, num_regression):
    # the time to converge depends on the steps, and the other flags on the fate
    dataset = MAKE[name]().drop_vars(["time_to_converge", "converged"], errors="ignore")
    num_regression.check(
        columns(dataset.drop_vars("h")),
        default_tolerance=TOLERANCE,
        fullpath=BASELINE / f"{name}.csv",
    )


@picture
@pytest.mark.parametrize("name", DRAW)
def test_picture(name):
    with plt.style.context(figures.STYLE):
        return DRAW[name](MAKE[name]())


def test_the_paper_s_parameters_are_the_defaults():
    defaults = {known.name: known.default for known in parameters_of(fig4.compute)}
    assert (defaults["n_spins"], defaults["h_max"]) == (10_000, 1 / 16)


def test_dataset_is_complete():
    dataset = fig4.compute(1000, n_eta=4, n_delta=5, h_max=0.05, initial_spread=0.1)
    assert dataset.sizes == {"eta": 4, "delta": 5}
    np.testing.assert_allclose(dataset["eta"], [12.5, 25.0, 37.5, 50.0])
    np.testing.assert_allclose(dataset["h"], dataset["eta"] / 1000)
    assert {"n_spins", "t_max", "initial_spread", "fit_a", "spincat_version"} <= set(dataset.attrs)
    for variable in dataset.variables.values():
        assert {"long_name", "units"} <= set(variable.attrs)
    fit = phase_diagram.fit_ellipse(dataset["eta"], dataset["edge"], 1000)
    assert dataset.attrs["fit_b"] == pytest.approx(fit.b)


def test_the_initial_state_counts():
    n, eta = 1000, np.array([20.0, 45.0])
    identical, ground = (fig4.starts(n, eta, name, 0.2) for name in fig4.INITIAL_STATES)
    np.testing.assert_array_equal(identical[:, 1], 0.2)
    np.testing.assert_allclose(ground, [[1e-2, 0.2, -np.sqrt(1 - 4e-4)]] * 2)
    options = {"n_eta": 3, "n_delta": 3, "h_max": 0.055}
    edges = [
        fig4.compute(n, initial_state=name, **options)["edge"] for name in ("identical", "ground")
    ]
    assert abs(edges[1][2] / edges[0][2] - 1) > 1e-4


def test_saved_data_come_back(tmp_path):
    dataset = MAKE["fig4"]()
    figures.save(fig4.draw(dataset), dataset, "fig4", tmp_path)
    back = xr.load_dataset(tmp_path / "fig4.nc", engine="h5netcdf")
    xr.testing.assert_equal(back, dataset)


def test_refuses_bad_input():
    with pytest.raises(ValueError, match="initial_state = 'excited'; allowed: one of identical"):
        fig4.compute(initial_state="excited")
    with pytest.raises(ValueError, match="n_eta = 0"):
        fig4.compute(n_eta=0)
    with pytest.raises(ValueError, match=r"h_max = 0\.07; allowed: above 0 and at most 1/16"):
        fig4.compute(h_max=0.07)
    with pytest.raises(ValueError, match=r"delta_max = -1\.0; allowed: above 0"):
        fig4.compute(delta_max=-1)
    with pytest.raises(ValueError, match=r"initial_spread = -9\.0; allowed: from -pi to pi"):
        fig4.compute(initial_spread=-9)
