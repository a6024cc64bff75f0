"""The error of a mean with a control variate, against repeated experiments with a known mean."""

import numpy as np
import pytest
from scipy import stats

from spincat._control_variate import FEWEST_FOR_A_SLOPE, estimate

REPETITIONS = 20_000  # each is one column


def experiment(k, m, slope, noise, seed=1):
    """y = slope x + noise for correlated normal numbers with the mean zero of x and y."""
    rng = np.random.default_rng(seed)
    control = rng.normal(size=(m, REPETITIONS))
    exact = slope * control[:k] + noise * rng.normal(size=(k, REPETITIONS))
    return exact, control


def calibration(mean, error):
    """Root mean square of the true error by that of the stated one: 1 if the error is right."""
    return np.sqrt(np.mean(mean**2) / np.mean(error**2))


# Few of many and few of few: there each term of the error matters.
CASES = [(6, 40, 0.7, 0.3), (10, 200, 0.3, 1.0), (30, 300, 0.9, 0.2), (30, 30, 1.0, 0.5),
         (3, 200, 1.0, 0.1), (4, 8, 0.8, 0.3), (5, 10, 1.6, 0.1), (5, 5, 0.3, 0.4)]  # fmt: skip


@pytest.mark.parametrize(("k", "m", "slope", "noise"), CASES)
def test_the_stated_error_is_the_scatter_of_the_estimate(k, m, slope, noise):
    mean, error, scatter = estimate(*experiment(k, m, slope, noise))
    assert abs(mean.mean()) < 4 * mean.std() / np.sqrt(REPETITIONS)  # no bias
    assert calibration(mean, error) == pytest.approx(1, abs=0.025)
    for wrong in (0.8, 1.25):  # this test would notice
        assert calibration(mean, wrong * error) != pytest.approx(1, abs=0.025)
    single = np.hypot(slope, noise)
    assert np.sqrt(np.mean(scatter**2)) == pytest.approx(single, rel=0.03)


@pytest.mark.parametrize(("k", "m", "slope", "noise"), CASES)
def test_the_stated_error_covers_as_often_as_it_should(k, m, slope, noise):
    """Within one standard error as often as a Student variable, for which a normal one is late."""
    mean, error, _ = estimate(*experiment(k, m, slope, noise, seed=2))
    # Part of the error comes from k - 2 or k - 1 residuals, the rest from m controls.
    lowest = stats.t(k - 2 if k >= FEWEST_FOR_A_SLOPE else k - 1).cdf(1) * 2 - 1
    highest = stats.norm.cdf(1) * 2 - 1
    covered = np.mean(np.abs(mean) < error)
    assert lowest - 0.02 < covered < highest + 0.02


def test_all_draws_exact_is_the_plain_mean():
    exact, control = experiment(5, 5, 1.4, 0.8)
    mean, error, scatter = estimate(exact, control)
    np.testing.assert_allclose(mean, exact.mean(axis=0), atol=1e-13)
    np.testing.assert_allclose(scatter, exact.std(axis=0, ddof=1))
    np.testing.assert_allclose(error, exact.std(axis=0, ddof=1) / np.sqrt(5))


@pytest.mark.parametrize("k", [5, 20])
def test_what_does_not_vary_has_no_error(k):
    mean, error, scatter = estimate(np.full((k, 3), 0.7), np.full((50, 3), 0.9))
    np.testing.assert_allclose(mean, 0.7)
    np.testing.assert_allclose([error, scatter], 0, atol=1e-12)
