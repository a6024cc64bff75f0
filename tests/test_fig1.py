"""Fig. 1 by its numbers (tests/baseline/*.csv) and by its picture (tests/baseline/*.png)."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from figure_baselines import BASELINE, TOLERANCE, columns, picture

from spincat import figures
from spincat.figures import fig1
from spincat.free import dephasing


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("fig1", lambda: fig1.compute(draws=3, n_times=11)),
        ("larger_amplitudes", lambda: fig1.compute_amplitudes((0.25, 4.0), draws=2, n_times=6)),
        ("odd_floor", lambda: fig1.compute_floor(np.array([0.1, 1.0, 4.0]), (8, 50), draws=50)),
    ],
)
def test_data(name, make, num_regression):
    num_regression.check(
        columns(make()), default_tolerance=TOLERANCE, fullpath=BASELINE / f"{name}.csv"
    )


@picture
def test_fig1_picture():
    with plt.style.context(figures.STYLE):
        return fig1.draw(fig1.compute(draws=3, n_times=101))


@picture
def test_larger_amplitudes_picture():
    with plt.style.context(figures.STYLE):
        return fig1.draw_amplitudes(fig1.compute_amplitudes((0.25, 1.0, 4.0), draws=3, n_times=101))


@picture
def test_odd_floor_picture():
    with plt.style.context(figures.STYLE):
        return fig1.draw_floor(fig1.compute_floor(np.geomspace(0.01, 10, 13), draws=50))


def test_the_paper_s_parameters_are_the_defaults():
    dataset = fig1.compute(n_times=3)
    assert dataset.attrs["n_spins"] == 200
    assert dataset.attrs["theta"] == pytest.approx(0.0707, abs=5e-5)
    assert dataset.sizes["draw"] == 10


def test_dataset_is_complete():
    dataset = fig1.compute(n_spins=20, theta=0.3, delta=0.5, draws=2, seed=7, n_times=5)
    assert dataset["fidelity"].dims == ("state", "draw", "time")
    assert {"n_spins", "theta", "delta", "seed", "spincat_version", "git_commit"} <= set(
        dataset.attrs
    )
    for variable in ("fidelity", "mean_fidelity", "time"):
        assert {"long_name", "units"} <= set(dataset[variable].attrs)
    expected = dephasing.mean_cat_fidelity(20, 0.3, 0.5, dataset["time"].values, "odd")
    np.testing.assert_array_equal(dataset["mean_fidelity"].sel(state="odd"), expected)


def test_saved_data_come_back_and_nothing_else_is_left(tmp_path):
    dataset = fig1.compute(draws=2, n_times=4)
    figures.save(fig1.draw(dataset), dataset, "fig1", tmp_path, ("pdf", "svg", "png"))
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"fig1.{suffix}" for suffix in ("pdf", "svg", "png", "nc", "csv")}
    back = xr.load_dataset(tmp_path / "fig1.nc", engine="h5netcdf")
    xr.testing.assert_identical(back, dataset)
    frame = np.genfromtxt(tmp_path / "fig1.csv", delimiter=",", names=True, dtype=None)
    np.testing.assert_allclose(frame["fidelity"], dataset["fidelity"].values.ravel())


def test_a_failed_save_leaves_the_old_file_and_no_temporary_one(tmp_path):
    dataset = fig1.compute(draws=2, n_times=4)
    figures.save(fig1.draw(dataset), dataset, "fig1", tmp_path)
    files, before = {*tmp_path.iterdir()}, (tmp_path / "fig1.nc").read_bytes()
    dataset.attrs["bad"] = object()
    with pytest.raises(TypeError):
        figures.save(fig1.draw(dataset), dataset, "fig1", tmp_path)
    assert (tmp_path / "fig1.nc").read_bytes() == before
    assert {*tmp_path.iterdir()} == files


def test_refuses_bad_input():
    with pytest.raises(ValueError, match="n_spins = 0"):
        fig1.compute(n_spins=0)
    with pytest.raises(ValueError, match=r"t_max = -1"):
        fig1.compute(t_max=-1)
    with pytest.raises(ValueError, match=r"intensities = -0\.1"):
        fig1.compute_amplitudes((-0.1,))
