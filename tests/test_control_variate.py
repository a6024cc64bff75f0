"""The error of a mean with a control variate, against repeated experiments with a known mean."""

import numpy as np
import pytest
from scipy import stats

from spincat.master_equation._control_variate import FEWEST_FOR_A_SLOPE, estimate

REPETITIONS = 20_000  # each is one column


def experiment(k, m, slope, noise, tie, direct, seed=1):
    """Normal z, x with the correlation ``tie`` to z, and y = slope x + direct z + noise."""
    rng = np.random.default_rng(seed)
    anchor = rng.normal(size=(m, REPETITIONS))
    control = tie * anchor + np.sqrt(1 - tie**2) * rng.normal(size=(m, REPETITIONS))
    exact = slope * control[:k] + direct * anchor[:k] + noise * rng.normal(size=(k, REPETITIONS))
    return exact, control, anchor, np.zeros(REPETITIONS)


def calibration(mean, error):
    """Root mean square of the true error by that of the stated one: 1 if the error is right."""
    return np.sqrt(np.mean(mean**2) / np.mean(error**2))


# k, M, slope, noise, correlation of x with z, and z in y: each term of the error matters somewhere.
CASES = [
    (6, 40, 0.7, 0.3, 0.0, 0.0),
    (10, 100, 0.3, 1.0, 0.0, 0.0),
    (30, 100, 0.9, 0.2, 0.9, 0.0),
    (30, 30, 1.0, 0.5, 0.5, 0.0),
    (20, 40, 1.0, 0.2, 0.8, 0.4),
    (10, 12, 1.0, 0.3, 0.7, 0.0),
    (15, 30, 0.8, 0.1, 0.9, -0.5),
    (3, 100, 1.0, 0.1, 0.0, 0.0),
    (4, 20, 0.8, 0.3, 0.3, 0.0),
    (5, 10, 1.6, 0.1, 0.0, 0.0),
    (5, 10, 1.0, 0.2, 0.8, 0.4),
]


@pytest.mark.parametrize("case", CASES)
def test_the_stated_error_is_the_scatter_of_the_estimate(case):
    mean, error, scatter = estimate(*experiment(*case))
    assert abs(mean.mean()) < 4 * mean.std() / np.sqrt(REPETITIONS)  # no bias
    assert calibration(mean, error) == pytest.approx(1, abs=0.025)
    for wrong in (0.8, 1.25):  # this test would notice
        assert calibration(mean, wrong * error) != pytest.approx(1, abs=0.025)
    _, _, slope, noise, tie, direct = case
    single = np.sqrt(slope**2 + direct**2 + 2 * slope * direct * tie + noise**2)
    assert np.sqrt(np.mean(scatter**2)) == pytest.approx(single, rel=0.03)


@pytest.mark.parametrize("case", CASES)
def test_the_stated_error_covers_as_often_as_it_should(case):
    """Within one standard error as often as a Student variable, for which a normal one is late."""
    mean, error, _ = estimate(*experiment(*case, seed=2))
    k = case[0]
    # Part of the error comes from k - 2 or k - 1 residuals, the rest from M controls.
    lowest = stats.t(k - 2 if k >= FEWEST_FOR_A_SLOPE else k - 1).cdf(1) * 2 - 1
    highest = stats.norm.cdf(1) * 2 - 1
    covered = np.mean(np.abs(mean) < error)
    assert lowest - 0.02 < covered < highest + 0.02


def test_an_anchor_that_tells_all_leaves_no_error():
    exact, control, anchor, known = experiment(10, 50, 1.0, 0.0, 1.0, 0.0)
    mean, error, scatter = estimate(exact, control, anchor + 0.3, known + 0.3)
    np.testing.assert_allclose([mean, error], 0, atol=1e-7)
    np.testing.assert_allclose(scatter, control.std(axis=0, ddof=1))


@pytest.mark.parametrize("k", [3, 20])
def test_what_does_not_vary_has_no_error(k):
    values = np.full((50, 3), 0.9)
    mean, error, scatter = estimate(np.full((k, 3), 0.7), values, values, values[0])
    np.testing.assert_allclose(mean, 0.7)
    np.testing.assert_allclose([error, scatter], 0, atol=1e-12)


@pytest.mark.parametrize("k", range(2, 8))
def test_where_all_draws_are_exact_the_error_is_that_of_their_mean(k):
    rng = np.random.default_rng(1)
    anchor, control = rng.normal(size=(2, k, 1000))
    for exact in (control, -control, np.zeros_like(control), 1e-9 * control):
        mean, error, scatter = estimate(exact, control, anchor, np.zeros(1000))
        assert np.isfinite([mean, error, scatter]).all()
        if k < FEWEST_FOR_A_SLOPE:
            np.testing.assert_allclose(mean, exact.mean(axis=0), atol=1e-12)
            single = exact.std(axis=0, ddof=1)
            np.testing.assert_allclose(error, single / np.sqrt(k), atol=1e-7)
