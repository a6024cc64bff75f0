"""The figures of Appendix A by their numbers and by their pictures (tests/baseline)."""

from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from figure_baselines import BASELINE, columns, picture

from spincat import figures
from spincat.figures import appendix_a

# Gaps of 1e-5 between energies of order ten, at a minimum found to 1e-9: six digits remain.
TOLERANCE = {"rtol": 1e-5, "atol": 1e-7}

MAKE = {
    "avoided_crossing": lambda: appendix_a.compute_crossing(
        ratios=(0.01, 0.03), mixings=(0.025, 0.1)
    ),
    "pair_decay": lambda: appendix_a.compute_decay(0.05),
    "elimination_error": lambda: appendix_a.compute_elimination(
        0.3, 0.2, sizes=(2, 4), adiabaticities=(0.08, 0.16)
    ),
}
DRAW = {
    "avoided_crossing": appendix_a.draw_crossing,
    "pair_decay": appendix_a.draw_decay,
    "elimination_error": appendix_a.draw_elimination,
}


@cache
def made(name):
    return MAKE[name]()


@pytest.mark.parametrize("name", MAKE)
def test_data(name, num_regression):
    dataset = made(name)
    if name == "avoided_crossing":  # two grids: the regression needs one
        dataset = dataset[["factor", "position"]]
    num_regression.check(
        columns(dataset), default_tolerance=TOLERANCE, fullpath=BASELINE / f"{name}.csv"
    )


@picture
@pytest.mark.parametrize("name", DRAW)
def test_picture(name):
    with plt.style.context(figures.STYLE):
        return DRAW[name](made(name))


def test_levels_are_a_hyperbola_with_the_measured_gap():
    dataset = appendix_a.compute_crossing(ratios=(0.01,), mixings=(0.03,))
    offset, upper = dataset["offset"], dataset["levels"].sel(level="upper")
    factor = float(dataset["factor"].squeeze())
    np.testing.assert_allclose(upper, np.hypot(offset / 2, factor), rtol=0.01)
    assert factor == pytest.approx(3, rel=0.02)


def test_the_pair_loss_is_the_corrected_one():
    population = appendix_a.compute_decay()["population"].sel(excitations=2)
    far = {
        m: float(abs(population.sel(model=m) - population[0]).max())
        for m in population.model.values
    }
    assert far["both"] < 0.02 < 0.05 < far["pair loss"]
    assert far["printed"] > 0.5


@pytest.mark.parametrize("name", MAKE)
def test_dataset_is_complete(name, tmp_path):
    dataset = made(name)
    for variable in dataset.variables.values():
        assert variable.dtype.kind != "f" or {"long_name", "units"} <= set(variable.attrs)
    with plt.style.context(figures.STYLE):
        figures.save(DRAW[name](dataset), dataset, name, tmp_path)
    plt.close("all")
    xr.testing.assert_identical(
        xr.load_dataset(tmp_path / f"{name}.nc", engine="h5netcdf"), dataset
    )
