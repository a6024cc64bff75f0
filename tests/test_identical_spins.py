"""Mean-field trajectories of identical spins, against Eqs. 22-23 for every spin."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from spincat.mean_field import all_spins, identical_spins
from spincat.symbolic import identical_spins as s

START = 0.25, 0.5, -0.7


def test_trajectory_is_that_of_eqs_22_and_23():
    n_spins, eta, times = 12, 0.5, np.linspace(0, 20, 9)

    def rates(_, y):
        sigma, z = y[:n_spins], y[n_spins:]
        c_1 = (sigma.sum() - sigma) / n_spins
        c_2 = ((1 + z).sum() - (1 + z)) / (2 * n_spins)
        q, t = c_2 / n_spins + abs(c_1) ** 2, c_1 * (2 * c_2 + n_spins * abs(c_1) ** 2)
        sigma_rate = -2j * eta * z * c_1.conj() - 2 * sigma * q + z * t
        z_rate = 8 * eta * (sigma * c_1).imag - 4 * (1 + z) * q - 4 * (sigma * t.conj()).real
        return np.concatenate([sigma_rate, z_rate])

    first = np.full(n_spins, START[0] * np.exp(1j * START[1]))
    y = np.concatenate([first, np.full(n_spins, START[2])])
    expected = solve_ivp(rates, (0, 20), y, t_eval=times, rtol=1e-10, atol=1e-12).y
    a, phi, z = identical_spins.trajectory(START, n_spins, eta, times, equations="paper")
    np.testing.assert_allclose(a * np.exp(1j * phi), expected[0], atol=1e-7)
    np.testing.assert_allclose(z, expected[-1].real, atol=1e-7)


@pytest.mark.parametrize("n_spins", [100, 10_000])
@pytest.mark.ledger("eq-25", method="integration")
def test_eq_24_ends_at_its_fixed_point(n_spins):
    point = s.fixed_points()[0]
    values = {s.N: n_spins, s.ETA: 0.05 * n_spins, s.GAMMA: 1}
    square, z = (float(point[k].subs(values)) for k in (s.A**2, s.Z))
    end = identical_spins.trajectory(START, n_spins, 0.05 * n_spins, [0, 200])[:, -1]
    np.testing.assert_allclose(end, [np.sqrt(square), np.pi / 4, z], atol=1e-6)


def test_beyond_its_range_eq_24_stops_with_inverted_spins():
    end = identical_spins.trajectory(START, 100, 8.0, [0, 500, 1000])
    assert np.all(end[0, 1:] < 1e-50)
    assert end[2, 1] == pytest.approx(end[2, 2], abs=1e-12)
    assert end[2, 1] > 0.3
    # With the phase of Eqs. 22-23 the inverted state is unstable, and the length decays.
    a, _, z = identical_spins.trajectory(START, 100, 8.0, [0, 500, 1000], equations="paper")
    assert np.all(4 * a[1:] ** 2 + z[1:] ** 2 < 0.05)


def test_swings_do_not_hang_on_rounding():
    """Between inversions A and ϕ - π/4 fall below 1e-16 and decide when the spins fall back."""
    times = np.linspace(0, 60, 61)
    paths = [
        identical_spins.trajectory(
            (0.4 + d, np.pi / 4 + 0.01, -0.6), 100, 8.0, times, equations="product"
        )
        for d in (0, 1e-13)
    ]
    assert np.ptp(paths[0][2]) > 0.9
    np.testing.assert_allclose(paths[1][2], paths[0][2], atol=1e-6)


@pytest.mark.parametrize("turn", [0.0, np.pi / 4, -np.pi / 4, np.pi, 2.0])
def test_phase_of_the_start_is_kept(turn):
    path = identical_spins.trajectory((0.3, turn, -0.8), 100, 3.0, [0, 1e-9, 30], equations="paper")
    assert path[1, 0] == pytest.approx(turn, abs=1e-9)
    if turn != -np.pi / 4:  # which is the watershed between both ends
        ends = np.pi / 4 + np.pi * np.arange(-1, 2)
        assert np.abs(ends - path[1, -1]).min() < 1e-6


@pytest.mark.ledger("eq-24", method="numerics")
def test_eq_24_is_the_limit_of_the_printed_equations_but_for_two_terms():
    n_spins, eta, amplitude, angle, z = 10**6, 1e4, 0.1, 0.9, -0.98
    d_a, d_angle, d_z = identical_spins.rhs([amplitude, angle, z], n_spins, eta)
    spins = [amplitude * np.exp(1j * angle)], [z]
    d_sigma, d_inversion = all_spins.paper_rhs(*spins, eta, 0.0, multiplicities=[n_spins])
    rotated = d_sigma[0] * np.exp(-1j * angle)
    assert rotated.real == pytest.approx(d_a, rel=1e-4)
    assert d_inversion[0] == pytest.approx(d_z, rel=1e-4)
    # As printed, the phase moves more slowly by a factor A.
    assert rotated.imag == pytest.approx(d_angle, rel=1e-4)  # A dϕ/dt without that factor


def test_eq_25_is_a_fixed_point_of_eq_24():
    n_spins, eta = 10**4, 300.0
    root = np.sqrt(1 - 16 * eta / n_spins)
    amplitude = np.sqrt((4 * eta - 1 + root) / (2 * n_spins))
    found = identical_spins.dipole_amplitude(n_spins, eta)
    assert found == pytest.approx(np.sqrt(n_spins) * amplitude, rel=1e-12)
    rates = identical_spins.rhs([amplitude, np.pi / 4, -(1 + root) / 2], n_spins, eta)
    assert np.abs(rates).max() < 1e-2 * amplitude  # each term is of the order η amplitude


def test_limits_end_where_they_are_said_to():
    etas = [6.2, 6.3, 12.4, 12.6]
    assert list(np.isnan(identical_spins.dipole_amplitude(100, etas))) == [False, True, True, True]
    assert list(np.isnan(identical_spins.boson_amplitude(100, etas))) == [False, False, False, True]
    for amplitude in identical_spins.dipole_amplitude, identical_spins.boson_amplitude:
        for n_spins, eta in ((0, 1.0), (100, -1.0), (100, [1.0, np.nan])):
            with pytest.raises(ValueError, match="allowed"):
                amplitude(n_spins, eta)


@pytest.mark.parametrize("equations", ["paper", "product"])
def test_the_other_rates_are_those_of_one_group(equations):
    states = np.array([[0.25, 0.5, -0.7], [0.1, -2.0, 0.3]])
    full = {"paper": all_spins.paper_rhs, "product": all_spins.product_state_rhs}[equations]
    ours = identical_spins.rhs(states, 12, 0.5, equations=equations)
    for (a, phi, z), (d_a, d_phi, d_z) in zip(states, ours, strict=True):
        turn = np.exp(1j * phi)
        d_sigma, d_inversion = full([a * turn], [z], 0.5, 0.0, multiplicities=[12])
        assert d_sigma[0] == pytest.approx((d_a + 1j * a * d_phi) * turn, rel=1e-11)
        assert d_inversion[0] == pytest.approx(d_z, rel=1e-11)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([-0.1, 0.0, 0.0], 10, 1.0), "A >= 0"),
        (([0.1, np.nan, 0.0], 10, 1.0), "state holds nan"),
        (([0.1, 0.0], 10, 1.0), "shape"),
        (([0.1, 0.0, 0.0], 0, 1.0), "n_spins"),
        (([0.1, 0.0, 0.0], 10, -1.0), "eta"),
    ],
)
def test_the_rates_refuse_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        identical_spins.rhs(*arguments)


def test_bad_input_is_refused():
    for equations, start, times in (
        ("exact", START, [0, 1]),
        ("printed", (0.0, 0.5, -0.7), [0, 1]),
        ("printed", START, [1, 0]),
        ("printed", START, [-1, 0]),
        ("printed", START, []),
        ("printed", START[:2], [0, 1]),
    ):
        with pytest.raises(ValueError, match="allowed"):
            identical_spins.trajectory(start, 10, 0.1, times, equations=equations)
