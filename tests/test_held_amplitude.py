"""What is held of the collective mode, against classical oscillators and product states in time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.stats import norm

from spincat.many_spins.bright_mode import evolve_bright_mode
from spincat.many_spins.held_amplitude import held_mode
from spincat.mean_field import SpinGroups
from spincat.mean_field.all_spins import integrate
from spincat.model import SpinEnsemble
from spincat.model.broadening import Gaussian, Lorentzian, TwoPoint, Uniform
from spincat.model.line import density


def oscillators(line, eta, gap, times, order=150):
    """|a|² and all excitations of classical oscillators at the nodes of a line."""
    detunings, weights = line.nodes(order)
    vector = np.sqrt(weights)

    def rates(_, y):
        b = y[:order] + 1j * y[order:]
        a = vector @ b
        change = -1j * (detunings * b + gap * (b - vector * a))
        change -= vector * np.conj(a) * (a * a - 2 * eta)
        return np.append(change.real, change.imag)

    start = np.append(vector * np.sqrt(2 * eta), 0 * vector)
    found = solve_ivp(
        rates, (0, times[-1]), start, t_eval=times, method="DOP853", rtol=1e-8, atol=1e-10
    ).y
    b = found[:order] + 1j * found[order:]
    return np.abs(vector @ b) ** 2, np.sum(np.abs(b) ** 2, axis=0)


@pytest.mark.parametrize("gap", [0.0, 0.2, -0.4, 1.0])
def test_oscillators_of_a_gaussian_line_come_to_what_is_held(gap):
    held = held_mode(Gaussian(0.2), 2.0, gap)
    intensity, excitations = oscillators(Gaussian(0.2), 2.0, gap, np.array([35.0, 40.0]))
    assert intensity[-1] == pytest.approx(held.intensity, abs=2e-5)
    growth = np.diff(excitations)[0] / 5
    assert growth == pytest.approx(held.loss * held.intensity, abs=1e-4)


@pytest.mark.parametrize("gap", [0.0, 0.7])
def test_a_lorentzian_takes_as_much_with_a_gap(gap):
    """The line is cut at the last of the nodes, so that the loss is a little less."""
    held = held_mode(Lorentzian(0.1), 1.0, gap)
    assert held == (0.2, 0.0, pytest.approx(1.9))
    intensity, _ = oscillators(Lorentzian(0.1), 1.0, gap, np.linspace(10, 25, 40), order=600)
    assert intensity.mean() == pytest.approx(held.intensity, abs=0.01)


def test_two_points_with_a_gap_shift_the_mode_only():
    """Averaged over the beat with the dark mode, to the second order in the hop over the gap."""
    held = held_mode(TwoPoint(0.1), 2.0, 1.0)
    assert held[:2] == (0.0, pytest.approx(-0.01))
    intensity, _ = oscillators(TwoPoint(0.1), 2.0, 1.0, np.linspace(0, 200, 2000), order=2)
    assert intensity[-1000:].mean() == pytest.approx(held.intensity, abs=3e-3)


def test_product_states_of_many_spins_hold_as_much():
    """10⁴ spins in 200 groups, Gaussian 0.2, η = 2: |a|² = 3.84 and dn/dt = 1.23."""
    groups, n_spins = 200, 10_000
    detunings = 0.2 * norm.ppf((np.arange(groups) + 0.5) / groups)
    ensemble = SpinGroups([n_spins // groups] * groups, eta=2.0, detunings=detunings)
    theta = SpinEnsemble(n_spins, 2.0).theta
    sigma = np.full(groups, np.sin(theta) / 2 * np.exp(0.25j * np.pi))
    start = sigma, np.full(groups, -np.cos(theta))
    sigma, z = integrate(ensemble, *start, [10.0, 15.0, 20.0], tol=1e-7)
    held = held_mode(Gaussian(0.2), 2.0)
    intensity = n_spins * np.abs(sigma.mean(axis=1)) ** 2
    growth = np.diff(n_spins * (1 + z.mean(axis=1)) / 2) / 5
    np.testing.assert_allclose(intensity, held.intensity, rtol=2e-3)
    np.testing.assert_allclose(growth, held.loss * held.intensity, rtol=1e-2)


@pytest.mark.parametrize("gamma", [0.1, 0.4])
def test_the_quantum_mode_is_held_where_the_mean_field_is(gamma):
    """⟨a²⟩ of a large cat, whose fluctuations are small beside it, long after 1/γ."""
    held = held_mode(Lorentzian(gamma), 2.0).intensity
    mode = evolve_bright_mode(Lorentzian(gamma), 2.0, [20.0], "even", tol=1e-4)
    assert abs(mode.pair_amplitude.item()) == pytest.approx(held, rel=0.05)
    assert held == pytest.approx(4 - gamma)


@pytest.mark.parametrize("above", [True, False])
def test_nothing_is_held_below_the_threshold(above):
    """Classical oscillators grow or fall from a small amplitude on either side of it."""
    line = Gaussian(0.2)
    threshold = held_mode(line, 1.0).loss / 4  # 2η = κ₁/2
    eta = threshold * (1.3 if above else 0.7)
    held = held_mode(line, eta)
    assert (held.intensity > 0) == above
    intensity, _ = oscillators(line, eta, 0.0, np.array([100.0]))
    assert intensity[0] == pytest.approx(held.intensity, abs=1e-3)


@given(
    kind=st.sampled_from([Gaussian, Uniform, Lorentzian]),
    delta=st.floats(0.01, 1.0), gap=st.floats(-3.0, 3.0), eta=st.floats(0.0, 3.0),
)  # fmt: skip
def test_what_holds_for_any_line(kind, delta, gap, eta):
    held, mirrored = held_mode(kind(delta), eta, gap), held_mode(kind(delta), eta, -gap)
    assert held.loss >= 0
    assert 0 <= held.intensity <= 2 * eta
    assert held.loss == pytest.approx(mirrored.loss, abs=1e-12)
    assert held.shift == pytest.approx(-mirrored.shift, abs=1e-12)
    assert held.shift * gap <= 1e-12  # the spins push the mode away
    assert held_mode(kind(delta), eta).loss == pytest.approx(2 / (np.pi * density(kind(delta), 0)))


def test_the_loss_scales_with_the_line():
    for kind in (Gaussian, Uniform, Lorentzian):
        one, ten = held_mode(kind(0.1), 1.0, 0.05), held_mode(kind(1.0), 1.0, 0.5)
        assert (ten.loss, ten.shift) == (
            pytest.approx(10 * one.loss),
            pytest.approx(10 * one.shift),
        )


def test_a_line_without_width_takes_nothing():
    for kind in (Gaussian, Uniform, Lorentzian, TwoPoint):
        assert held_mode(kind(0.0), 0.4) == (0.0, 0.0, 0.8)


def test_the_end_of_a_uniform_line_is_no_exception():
    edge = held_mode(Uniform(1.0), 2.0, float(np.sqrt(3)))
    near = held_mode(Uniform(1.0), 2.0, float(np.sqrt(3)) * (1 - 1e-12))
    assert edge.loss == 0
    assert edge.shift == pytest.approx(near.shift, rel=0.1)  # 1/log


def test_refuses_bad_input():
    with pytest.raises(ValueError, match=r"gap = 0.0; allowed: other than 0"):
        held_mode(TwoPoint(0.1), 1.0)
    with pytest.raises(ValueError, match="eta = -1"):
        held_mode(Gaussian(0.1), -1)
    with pytest.raises(ValueError, match=r"line = 0\.1"):
        held_mode(0.1, 1.0)
