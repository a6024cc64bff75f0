"""The figures of Appendix C by their numbers and by their pictures (tests/baseline)."""

import matplotlib.pyplot as plt
import pytest
from figure_baselines import BASELINE, columns, picture

from spincat import figures
from spincat.figures import appendix_c


def rates():
    return appendix_c.compute_rates((100, 1000), (0.2, 1.0, 5.0, 30.0))


def spreads():
    return appendix_c.compute_spreads(1000, (0.005, 0.05), (0.1, 0.3, 0.6))


def response():
    return appendix_c.compute_response(0.05, (4, 8), (1.0, 10.0, 100.0))


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("small_detuning_rates", rates),
        ("small_detuning_spreads", spreads),
        ("small_detuning_response", response),
    ],
)
def test_data(name, make, num_regression):
    # -K is a difference of terms 10^5 times as large, and the response comes from linear solves
    tolerance = {"rtol": 1e-8, "atol": 1e-10}
    num_regression.check(
        columns(make()), default_tolerance=tolerance, fullpath=BASELINE / f"{name}.csv"
    )


@picture
def test_rates_picture():
    with plt.style.context(figures.STYLE):
        return appendix_c.draw_rates(rates())


@picture
def test_spreads_picture():
    with plt.style.context(figures.STYLE):
        return appendix_c.draw_spreads(spreads())


@picture
def test_response_picture():
    with plt.style.context(figures.STYLE):
        return appendix_c.draw_response(response())
