import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spincat import SpinEnsemble


@given(
    n_spins=st.integers(1, 10**6),
    eta=st.floats(0, 1e4),
    phase=st.floats(-10, 10),
)
def test_amplitude_solves_the_dark_state_equation(n_spins, eta, phase):
    ensemble = SpinEnsemble(n_spins, eta, phase)
    # the jump operator a^2 - alpha^2 absorbs the drive if alpha^2 = -2i eta exp(-i phase)
    assert ensemble.alpha**2 == pytest.approx(-2j * eta * np.exp(-1j * phase), abs=1e-9 * (1 + eta))
    assert np.tan(ensemble.theta / 2) * np.sqrt(n_spins) == pytest.approx(abs(ensemble.alpha))
    assert abs(ensemble.alpha) * np.exp(1j * ensemble.azimuth) == pytest.approx(ensemble.alpha)


def test_the_phase_of_sec_iv_is_the_conjugate_one():
    # <sigma+> = sin(theta/2) cos(theta/2) exp(-i azimuth) has phase +pi/4 at phase = 0
    assert SpinEnsemble(8, 0.2).azimuth == -np.pi / 4


def test_detunings_default_to_zero_and_cannot_be_changed():
    ensemble = SpinEnsemble(3, 1.0)
    np.testing.assert_array_equal(ensemble.detunings, np.zeros(3))
    given_values = np.array([1.0, 2.0, 3.0])
    ensemble = SpinEnsemble(3, 1.0, detunings=given_values)
    given_values[0] = 9
    assert ensemble.detunings[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        ensemble.detunings[0] = 9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_spins": 0, "eta": 1}, "n_spins = 0; allowed: an integer of at least 1"),
        ({"n_spins": 2.0, "eta": 1}, "n_spins = 2.0"),
        ({"n_spins": True, "eta": 1}, "n_spins = True"),
        ({"n_spins": 2, "eta": -0.1}, "eta = -0.1; allowed: a number of at least 0"),
        ({"n_spins": 2, "eta": np.inf}, "eta holds inf"),
        ({"n_spins": 2, "eta": "much"}, "eta = 'much'; allowed: real numbers"),
        ({"n_spins": 2, "eta": 1, "phase": np.nan}, "phase holds nan"),
        ({"n_spins": 2, "eta": 1, "phase": np.ones(2)}, "allowed: a single number"),
        ({"n_spins": 2, "eta": 1, "detunings": [1.0]}, r"shape \(1,\); allowed: \(2,\)"),
        ({"n_spins": 2, "eta": 1, "detunings": [1.0, np.nan]}, "detunings holds nan at index 1"),
    ],
)
def test_refuses_bad_parameters(arguments, message):
    with pytest.raises(ValueError, match=message):
        SpinEnsemble(**arguments)
