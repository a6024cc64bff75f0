import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spincat.model.broadening import Gaussian, Lorentzian, TwoPoint, Uniform

KINDS = [Gaussian, Uniform, Lorentzian, TwoPoint]
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@kinds
def test_draws_have_the_characteristic_function(kind):
    times = np.array([0.0, 0.3, 1.0, 2.0])
    cosines = np.cos(np.multiply.outer(kind(0.7).draw(1000, 200, seed=3), times))
    error = cosines.std(axis=(0, 1)) / np.sqrt(cosines[..., 0].size)
    deviation = np.abs(cosines.mean(axis=(0, 1)) - kind(0.7).characteristic(times))
    assert (deviation <= 4.5 * error + 1e-10).all()  # TwoPoint: rounding only


@kinds
@pytest.mark.parametrize("time", [0.0, 0.5, 1.5])
def test_quadrature_gives_the_characteristic_function(kind, time):
    nodes, weights = kind(0.8).nodes(2000 if kind is Lorentzian else 40)
    assert weights.sum() == pytest.approx(1)
    # equal-probability midpoints resolve the heavy tails of the Lorentzian only to 1/order
    tolerance = 2e-3 if kind is Lorentzian else 1e-12
    assert weights @ np.cos(nodes * time) == pytest.approx(
        kind(0.8).characteristic(time), abs=tolerance
    )


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        (Gaussian, stats.norm(0, 0.7)),
        (Uniform, stats.uniform(-np.sqrt(3) * 0.7, 2 * np.sqrt(3) * 0.7)),
        (Lorentzian, stats.cauchy(0, 0.7)),
    ],
)
def test_draws_follow_the_law(kind, law):
    assert stats.kstest(kind(0.7).draw(5000, 1, seed=5)[0], law.cdf).pvalue > 1e-3


@kinds
@given(seed=st.integers(0, 2**40))
def test_streaming_gives_the_rows_of_draw(kind, seed):
    rows = kind(0.3).realisations(4, 3, seed)
    assert len(rows) == 3
    np.testing.assert_array_equal(np.stack(list(rows)), kind(0.3).draw(4, 3, seed))
    np.testing.assert_array_equal(np.stack(list(rows)), kind(0.3).draw(4, 3, seed))  # again


@kinds
def test_zero_width_means_no_detuning(kind):
    assert not kind(0.0).draw(5, 2, seed=1).any()
    assert kind(0.0).characteristic(3.0) == 1


def test_refuses_bad_input():
    with pytest.raises(ValueError, match=r"delta = -1\.0; allowed: a number of at least 0"):
        Gaussian(-1.0)
    with pytest.raises(ValueError, match="draws = 0"):
        Gaussian(1.0).draw(5, 0, seed=1)
    with pytest.raises(ValueError, match="n_spins = 0"):
        Gaussian(1.0).realisations(0, 1, seed=1)
    with pytest.raises(ValueError, match="order = 0"):
        Uniform(1.0).nodes(0)
