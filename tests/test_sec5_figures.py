"""The figure of Sec. V, by its numbers (tests/baseline/*.csv) and by its picture."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from figure_baselines import BASELINE, TOLERANCE, columns, picture

from spincat import figures
from spincat.figures import sec5


def small():
    return sec5.compute_logical(40, (0.1, 1.0, 3.0), draws=20)


def test_data(num_regression):
    fullpath = BASELINE / "logical_qubit.csv"
    num_regression.check(columns(small()), default_tolerance=TOLERANCE, fullpath=fullpath)


@picture
def test_logical_qubit_picture():
    with plt.style.context(figures.STYLE):
        return sec5.draw_logical(small())


def test_sampled_means_lie_around_the_limit_of_many_spins():
    data = sec5.compute_logical(400, (0.2, 2.0), draws=100)
    distance = np.abs(data["fidelity"] - data["fidelity_limit"])
    assert float((distance - 4 * data["error"]).max()) < 10 / 400


def test_the_default_grid_holds_the_orthogonal_states():
    data = sec5.compute_logical(1000, draws=2)
    there = data.sel(intensity=np.pi / 2)
    assert abs(float(there["overlap_limit"])) < 1e-15
    assert abs(float(there["overlap"])) < 2 / 1000


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="draws = 0"):
        sec5.compute_logical(10, draws=0)
