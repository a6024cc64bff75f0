"""The figures of Sec. II by their numbers and by their pictures (tests/baseline)."""

import matplotlib.pyplot as plt
import pytest
from figure_baselines import BASELINE, columns, picture

from spincat import figures
from spincat.figures import sec2


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("sec2_excitation", lambda: sec2.compute_excitation((8, 20), (0.001, 0.02, 0.1))),
        ("sec2_validity", lambda: sec2.compute_validity(0.4, 0.3, (8, 12, 16))),
    ],
)
def test_data(name, make, num_regression):
    # steady states come from a sparse solve: infidelities near 1e-3 keep eight digits
    tolerance = {"rtol": 1e-6, "atol": 1e-9}
    num_regression.check(
        columns(make()), default_tolerance=tolerance, fullpath=BASELINE / f"{name}.csv"
    )


@picture
def test_excitation_picture():
    with plt.style.context(figures.STYLE):
        return sec2.draw_excitation(sec2.compute_excitation((10, 20)))


@picture
def test_validity_picture():
    with plt.style.context(figures.STYLE):
        return sec2.draw_validity(sec2.compute_validity(0.2, 0.0, (8, 16, 32)))
