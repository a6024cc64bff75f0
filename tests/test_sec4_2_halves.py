"""What two halves do against time, by numbers (tests/baseline/*.csv) and by pictures."""

import matplotlib.pyplot as plt
import pytest
from figure_baselines import BASELINE, columns, picture

from spincat import figures
from spincat.figures import sec4_2_halves as halves
from spincat.mean_field import phase_diagram

TOLERANCE = {"rtol": 0, "atol": 1e-5}

MAKE = {
    "two_halves_courses": lambda: halves.compute_courses(1000, t_max=50.0, n_times=26),
    # slow enough in units of Γ2 that rounding errors do not part the halves yet
    "two_halves_departure": lambda: halves.compute_departure(200, n_times=11),
}
DRAW = {
    "two_halves_courses": halves.draw_courses,
    "two_halves_departure": halves.draw_departure,
}


@pytest.mark.parametrize("name", MAKE)
def test_data(name, num_regression):
    num_regression.check(
        columns(MAKE[name]()), default_tolerance=TOLERANCE, fullpath=BASELINE / f"{name}.csv"
    )


@picture
@pytest.mark.parametrize("name", DRAW)
def test_picture(name):
    with plt.style.context(figures.STYLE):
        return DRAW[name](MAKE[name]())


def test_courses_end_in_the_fates_of_the_map():
    ends = halves.compute_courses(1000, t_max=3000.0, n_times=2).isel(time=-1)
    for i, (drive, delta) in enumerate(halves.POINTS):
        point = phase_diagram.phase_map(1000, [1000 * drive], [delta]).isel(eta=0, delta=0)
        assert ends["z"][i].item() == pytest.approx(point["z"].item(), abs=1e-5)


def test_refuses_bad_input():
    with pytest.raises(ValueError, match=r"delta = 0\.02; allowed: outside"):
        halves.compute_departure(1000, delta=0.02)
