"""The figures on many spins, by their numbers (tests/baseline/*.csv) and by their pictures."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_baselines import BASELINE, TOLERANCE, columns, picture

from spincat import figures
from spincat.figures import many_spins

SMALL = {
    "many_halves": (
        lambda: many_spins.compute_halves((4, 8), delta=0.05, t_max=20.0, n_times=3),
        many_spins.draw_sizes,
    ),
    "many_draws": (
        lambda: many_spins.compute_draws((3, 5), delta=0.05, draws=2, t_max=10.0, n_times=3),
        many_spins.draw_sizes,
    ),
    "held_mode": (
        lambda: many_spins.compute_held(deltas=(0.1, 0.5, 2.0), gap=0.5),
        many_spins.draw_held,
    ),
    "zeno_limit": (
        lambda: many_spins.compute_zeno(delta=0.1, n_times=4, tol=1e-3),
        many_spins.draw_zeno,
    ),
}

STEPS = {"rtol": 0.0, "atol": 2e-5}
"""Steps, columns and bases are chosen, which another processor may do otherwise within ``tol``."""
SOLVED = dict.fromkeys(["many_halves", "many_draws"], STEPS) | {"zeno_limit": {"atol": 2e-4}}


@pytest.fixture(scope="module")
def datasets():
    return {name: compute() for name, (compute, _) in SMALL.items()}


@pytest.mark.parametrize("name", SMALL)
def test_data(name, datasets, num_regression):
    fullpath = BASELINE / f"{name}.csv"
    num_regression.check(
        columns(datasets[name]), default_tolerance=SOLVED.get(name, TOLERANCE), fullpath=fullpath
    )


def drawn(name, datasets):
    with plt.style.context(figures.STYLE):
        return SMALL[name][1](datasets[name])


@picture
def test_many_halves_picture(datasets):
    return drawn("many_halves", datasets)


@picture
def test_many_draws_picture(datasets):
    return drawn("many_draws", datasets)


@picture
def test_held_mode_picture(datasets):
    return drawn("held_mode", datasets)


@picture
def test_zeno_limit_picture(datasets):
    return drawn("zeno_limit", datasets)


def test_larger_halves_come_closer_to_the_limit(datasets):
    """As 1/N, and purer."""
    data = datasets["many_halves"].isel(time=-1)
    distance = np.abs(data["fidelity"] - data["fidelity"][-1]).values
    assert distance[1] < 0.6 * distance[0]
    assert np.all(np.diff(data["purity"]) > 0)


def test_a_gap_hides_a_gaussian_line_and_not_a_lorentzian(datasets):
    data = datasets["held_mode"].sel(delta=0.1)
    assert data["loss"].sel(line="gaussian") < 1e-4
    assert data["loss"].sel(line="lorentzian").item() == pytest.approx(0.2)


def test_the_limit_holds_better_with_its_correction(datasets):
    data = datasets["zeno_limit"]["fidelity"]
    full = data.sel(way="master equation")
    limit, corrected = (
        np.abs(data.sel(way=way) - full).max("time") for way in ("limit", "first correction")
    )
    assert np.all(corrected < 0.5 * limit)


def test_odd_sizes_have_no_halves():
    with pytest.raises(ValueError, match="sizes"):
        many_spins.compute_halves((7,))
