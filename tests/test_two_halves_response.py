"""The linear response of the master equation against its evolution in the whole space."""

import numpy as np
import pytest

from spincat.master_equation import product_space, quasi_dark, two_halves_response
from spincat.model.ensemble import SpinEnsemble
from spincat.model.states import spin_cat


def pair_operators(n_spins):
    """Real and imaginary part of S₊² of the first half in the product basis."""
    states = np.arange(2**n_spins)
    lowering = np.zeros((2**n_spins, 2**n_spins))
    for bit in 1 << np.arange(n_spins // 2, n_spins):  # spin 0 is the highest bit, 0 is excited
        excited = states[states & bit == 0]
        lowering[excited | bit, excited] += 1
    raising = (lowering @ lowering).T
    return (raising + raising.T) / 2, (raising - raising.T) / 2j


@pytest.mark.parametrize(("n_spins", "parity"), [(4, "even"), (6, "odd")])
@pytest.mark.ledger("mean-field-describes-large-cats", method="numerics")
def test_the_response_is_the_small_detuning_limit(n_spins, parity):
    eta, step, times = 0.3, 1e-4, np.array([1.0, 5.0, 20.0])
    ensemble = SpinEnsemble(n_spins, eta)
    angles = ensemble.theta, ensemble.azimuth
    cat = spin_cat(n_spins, *angles, parity=parity, basis="product")
    steady = product_space.evolve(cat, np.zeros(n_spins), eta, [1e3], tol=1e-10)[-1]
    detunings = step * np.where(np.arange(n_spins) < n_spins // 2, 1, -1)
    parts = product_space.evolve(steady, detunings, eta, times, pair_operators(n_spins), tol=1e-10)
    spread = (np.angle(parts[0] + 1j * parts[1]) - np.pi / 2) / 2
    response = two_halves_response.spread_response(n_spins, eta, times, parity)
    np.testing.assert_allclose(response, spread / step, rtol=1e-4)


def test_the_response_saturates_at_the_slowest_rate():
    n_spins, eta = 12, 0.6
    rate = two_halves_response.restoring_rate(n_spins, eta)
    values = two_halves_response.spread_response(
        n_spins, eta, np.array([1.0, 2.0, 3.0, 8.0]) / rate
    )
    decay = np.log((values[3] - values[1]) / (values[3] - values[2]))
    remainder = np.log((1 - np.exp(-6)) / (1 - np.exp(-5)))
    assert decay == pytest.approx(1 + remainder, rel=1e-4)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_the_rate_is_that_of_the_quasi_dark_states(parity):
    # the two nearly dark states differ in their residual rates; the larger one decides
    n_spins, eta = 16, 0.5
    rate = quasi_dark.quasi_dark_state(n_spins, eta, 1, parity)[1] / 2
    assert two_halves_response.restoring_rate(n_spins, eta, parity) == pytest.approx(rate, rel=0.05)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: two_halves_response.restoring_rate(5, 0.1), ValueError, "n_spins = 5"),
        (lambda: two_halves_response.restoring_rate(2, 0.1), ValueError, "n_spins = 2"),
        (lambda: two_halves_response.restoring_rate(42, 0.1), MemoryError, "n_spins = 42"),
        (lambda: two_halves_response.restoring_rate(8, 0.0), ValueError, "eta = 0"),
        (lambda: two_halves_response.spread_response(8, 0.1, [-1.0]), ValueError, "times"),
        (lambda: two_halves_response.spread_response(8, 0.1, [1.0], "both"), ValueError, "parity"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
