"""The locked state of two halves against the rates of every single spin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spin_by_spin import BRUTE_FORCE

from spincat.mean_field import phase_locking

EQUATIONS = ["printed", "paper", "product"]


def spins(n_spins, state, spread):
    half = np.where(np.arange(n_spins) < n_spins // 2, 1, -1)
    sigma = np.sqrt(state.amplitude_squared) * np.exp(1j * (np.pi / 4 + half * spread))
    return sigma, np.full(n_spins, state.inversion), half * state.delta, half


@pytest.mark.parametrize("equations", ["paper", "product"])
def test_every_spin_is_at_rest(equations):
    n_spins, eta, spread = 6, 0.15, 0.3
    state = phase_locking.locked_state(equations, n_spins, eta, spread)
    rates = BRUTE_FORCE[equations](*spins(n_spins, state, spread)[:3], eta)
    np.testing.assert_allclose(rates, 0, atol=1e-13)


@pytest.mark.parametrize("equations", ["paper", "product"])
def test_the_restoring_rate_is_a_derivative_of_the_rates_of_the_spins(equations):
    n_spins, eta, step = 6, 0.15, 1e-4
    state = phase_locking.locked_state(equations, n_spins, eta, 0.0)
    sigma, z, detunings, half = spins(n_spins, state, step)
    rates = BRUTE_FORCE[equations](sigma, z, detunings, eta)[0]
    slope = (rates / sigma).imag * half / step
    expected = -phase_locking.restoring_rate(equations, n_spins, eta)
    np.testing.assert_allclose(slope, expected, rtol=1e-6)


@given(
    equations=st.sampled_from(EQUATIONS),
    n_spins=st.integers(50, 5000).map(lambda n: 2 * n),
    h=st.floats(0.001, 0.05),
    spread=st.floats(0.01, 0.4),
)
@settings(max_examples=40, deadline=None)
@pytest.mark.ledger("small-detunings-leave-amplitude-and-inversion", method="spectrum")
def test_the_opposite_detuning_gives_the_opposite_spread(equations, n_spins, h, spread):
    one, other = (
        phase_locking.locked_state(equations, n_spins, h * n_spins, sign * spread)
        for sign in (1, -1)
    )
    assert other.delta == pytest.approx(-one.delta, rel=1e-12)
    assert other[:2] == pytest.approx(one[:2], rel=1e-12)
    assert 0 < one.amplitude_squared < (1 - one.inversion**2) / 4  # inside the Bloch sphere


@pytest.mark.ledger("eq-29", "eq-50", method="spectrum")
def test_small_spreads_are_those_of_equation_29_for_many_spins():
    n_spins, eta = 10**6, 4e4
    for equations in EQUATIONS:
        linear = 1 / phase_locking.restoring_rate(equations, n_spins, eta)
        assert linear == pytest.approx(phase_locking.small_spread(n_spins, eta), rel=1e-4)


@pytest.mark.ledger("eq-29", method="spectrum")
def test_the_drive_below_which_the_synchronised_state_is_unstable():
    assert phase_locking.weakest_drive("printed", 10**5) == pytest.approx(1 / 4, abs=1e-4)
    assert phase_locking.weakest_drive("paper", 10**5) == pytest.approx(1 / 2, abs=1e-4)
    assert phase_locking.weakest_drive("paper", 10**5, 0.5) == pytest.approx(1, abs=1e-3)
    assert phase_locking.weakest_drive("product", 10**5) is None
    with pytest.raises(ValueError, match="ratio = 1"):
        phase_locking.weakest_drive("paper", 100, 1)
    with pytest.raises(ValueError, match="n_spins = 20"):
        phase_locking.weakest_drive("paper", 20, 0.9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("exact", 10, 0.1, 0.0), "equations = 'exact'"),
        (("paper", 11, 0.1, 0.0), "n_spins = 11"),
        (("paper", 10, 0.0, 0.0), "eta = 0.0"),
        (("paper", 10, 0.7, 0.0), "eta = 0.7"),
        (("paper", 10, 0.5, 0.9), "eta = 0.5"),
        (("paper", 10, 0.1, 2.0), "spread = 2.0"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        phase_locking.locked_state(*arguments)
