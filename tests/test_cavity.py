"""The cavity in physical units and the ensemble that it makes (Eqs. 35-39)."""

from dataclasses import replace

import numpy as np
import pytest
import qutip
from hypothesis import given
from hypothesis import strategies as st

from spincat import SpinEnsemble
from spincat.model.cavity import Cavity

positive = st.floats(1e-3, 1e3)
cavities = st.builds(
    Cavity,
    n_spins=st.integers(1, 10**12),
    omega=positive,
    coupling=positive,
    nonlinearity=positive,
    kappa=positive,
)
EXAMPLE = Cavity(n_spins=4, omega=1e10, coupling=2e8, nonlinearity=3e8, kappa=5e6)


@given(cavities, st.floats(0.01, 100), st.floats(-3, 3))
def test_the_drive_found_for_an_ensemble_gives_that_ensemble(cavity, eta, phase):
    ensemble = SpinEnsemble.from_cavity(cavity.driven(eta, phase))
    assert ensemble.n_spins == cavity.n_spins
    assert ensemble.eta == pytest.approx(eta)
    assert ensemble.phase == pytest.approx(phase)


@given(cavities, st.floats(0.01, 100), st.floats(-3, 3))
@pytest.mark.ledger("eq-39", method="numerics")
def test_the_drive_makes_the_spin_amplitude_dark(cavity, eta, phase):
    """E + g2 S-^2 vanishes on the stabilised state, where S-^2 is N alpha^2."""
    driven = cavity.driven(eta, phase)
    alpha = SpinEnsemble.from_cavity(driven).alpha
    pull = cavity.pair_coupling * cavity.n_spins * alpha**2
    assert driven.drive == pytest.approx(-pull, rel=1e-9)
    assert driven.intensity == pytest.approx(abs(alpha) ** 2)


@pytest.mark.ledger("eq-37", method="numerics")
def test_the_empty_cavity_settles_at_the_displacement():
    # d<a>/dt = -iE - kappa <a>/2
    driven = EXAMPLE.driven(1.3, 0.7)
    rate = -1j * driven.drive - driven.kappa / 2 * driven.displacement
    assert abs(rate) < 1e-12 * abs(driven.drive)
    pair_drive = driven.pair_coupling * np.conj(driven.displacement)
    assert pair_drive * 4 == pytest.approx(1.3 * driven.gamma2 * np.exp(0.7j))


def test_values_by_hand():
    assert EXAMPLE.pair_coupling == pytest.approx(3 * 3e8 * 4e-4)  # 3.6e5
    assert EXAMPLE.gamma2 == pytest.approx(4 * (3.6e5 * 4) ** 2 / 5e6)
    small = EXAMPLE.driven(0.5).conditions()
    assert small["elimination"] == pytest.approx(3.6e5 * 4 / 5e6)
    assert small["elimination, cat"] == small["elimination"]  # |alpha| = 1
    larger = EXAMPLE.driven(4.5).conditions()  # |alpha| = 3
    assert larger["elimination, cat"] == pytest.approx(3 * small["elimination"])
    assert small["exchange"] == pytest.approx(4e6 / EXAMPLE.gamma2)
    assert small["exchange gap"] == pytest.approx(16e6 / EXAMPLE.gamma2)
    photons = (4 * 0.5 * small["elimination"]) ** 2  # |alpha_d| = 4 (eta/Gamma2) g2 N/kappa
    assert small["photon shift"] == pytest.approx(8e6 * photons / EXAMPLE.gamma2)
    assert small["single loss"] == pytest.approx(5e6 * 4e-4 * 4 / EXAMPLE.gamma2)
    assert small["drive"] == pytest.approx(0.5 * EXAMPLE.gamma2 / 5e6)
    assert small["dispersive"] == pytest.approx(0.04)
    assert small["nonlinear"] == pytest.approx(0.03)


@given(cavities)
def test_the_exchange_gap_does_not_depend_on_the_coupling(cavity):
    small = cavity.conditions()
    product = 12 * small["nonlinear"] * small["elimination"]
    assert small["exchange gap"] == pytest.approx(1 / product)


@given(cavities, st.floats(0.01, 100))
def test_linear_dipoles_by_the_response_of_an_oscillator(cavity, eta):
    """The field at ω₀ of an oscillator of 2ω₀ is 2gω_c/(ω_c² − ω₀²), of which half turns along."""
    linear = replace(cavity, counter_rotating=True).driven(eta)
    field = 2 * cavity.coupling * 2 * cavity.omega / (3 * cavity.omega**2)
    assert linear.pair_coupling == pytest.approx(3 * cavity.nonlinearity * field**2)
    assert linear.pair_coupling == pytest.approx(16 / 9 * cavity.pair_coupling)
    small = linear.conditions()
    gap = cavity.coupling * field * cavity.n_spins / linear.gamma2
    assert small["exchange gap"] == pytest.approx(gap)
    product = 16 * small["nonlinear"] * small["elimination"]
    assert small["exchange gap"] == pytest.approx(1 / product)
    loss = cavity.kappa * field**2 * cavity.n_spins / linear.gamma2
    assert small["single loss"] == pytest.approx(loss)
    bound = 48 * cavity.nonlinearity * small["single loss"] * small["elimination"] ** 3
    assert linear.gamma2 == pytest.approx(bound)


@pytest.mark.parametrize("ratio", [0.01, 100.0])
def test_unequal_levels_change_the_displacement_by_that_much(ratio):
    """The steady field of a driven oscillator with unequal levels, found by QuTiP."""
    strength = np.sqrt(ratio * EXAMPLE.kappa * EXAMPLE.omega / 30)
    cavity = replace(EXAMPLE, nonlinearity=strength, drive=0.02 * EXAMPLE.kappa)
    unequal = 30 * cavity.nonlinearity**2 / cavity.omega / cavity.kappa
    a = qutip.destroy(8)
    h = 0.02 * (a + a.dag()) - unequal / 2 * a.dag() ** 2 * a**2  # in units of kappa
    field = qutip.expect(a, qutip.steadystate(h, [a]))
    change = abs(field / cavity.displacement - 1)
    assert change == pytest.approx(cavity.conditions()["anharmonic"], rel=0.02)


def test_detunings_are_divided_by_gamma2():
    detunings = np.array([1e3, -2e3, 0.0, 1e3])
    ensemble = SpinEnsemble.from_cavity(EXAMPLE.driven(0.2), detunings)
    np.testing.assert_allclose(ensemble.detunings * EXAMPLE.gamma2, detunings)
    with pytest.raises(ValueError, match=r"shape \(2,\); allowed: \(4,\)"):
        SpinEnsemble.from_cavity(EXAMPLE, [1.0, 2.0])
    with pytest.raises(ValueError, match="detunings holds nan"):
        SpinEnsemble.from_cavity(EXAMPLE, [np.nan] * 4)


def test_no_drive_is_no_amplitude():
    ensemble = SpinEnsemble.from_cavity(EXAMPLE)
    assert ensemble.eta == ensemble.phase == EXAMPLE.intensity == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_spins": 0}, "n_spins = 0"),
        ({"omega": 0.0}, "omega = 0.0; allowed: a number above 0"),
        ({"coupling": -1.0}, "coupling = -1.0"),
        ({"nonlinearity": np.inf}, "nonlinearity holds inf"),
        ({"kappa": 0}, "kappa = 0"),
        ({"counter_rotating": 1}, "counter_rotating = 1; allowed: True or False"),
        ({"drive": complex(0, np.nan)}, "drive holds nan"),
    ],
)
def test_refuses_bad_parameters(change, message):
    with pytest.raises(ValueError, match=message):
        replace(EXAMPLE, **change)


def test_refuses_a_negative_drive():
    with pytest.raises(ValueError, match="eta = -1"):
        EXAMPLE.driven(-1)


@given(cavities, st.floats(1e-3, 0.06))
def test_at_fixed_drive_per_spin_levels_and_exchange_are_not_both_small(cavity, h):
    """Two products of conditions in which the coupling and κ drop out, for |α|² = 2hN."""
    small = cavity.driven(h * cavity.n_spins).conditions()
    unequal = 30 * cavity.nonlinearity**2 / cavity.omega
    both = np.hypot(unequal, cavity.kappa)
    narrow = small["exchange"] ** 2 * small["anharmonic"] * both / unequal
    assert narrow == pytest.approx(2 * h**2 / (9 * small["nonlinear"] ** 2))
    wide = small["exchange"] * small["anharmonic"] * both / cavity.kappa * small["single loss"]
    assert wide == pytest.approx(20 * h**2 * cavity.n_spins / 3)


@given(cavities)
def test_the_loss_rate_follows_from_what_is_allowed(cavity):
    """Γ2 = 48 χ ℓ r³ with the single loss ℓ and r = g₂N/κ: the number of spins does not enter."""
    small = cavity.conditions()
    bound = 48 * cavity.nonlinearity * small["single loss"] * small["elimination"] ** 3
    assert cavity.gamma2 == pytest.approx(bound)
