"""The six equations of two halves against those of N spins, and against Eqs. 26-28."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spincat.master_equation import two_halves_response
from spincat.mean_field import all_spins, mirror_halves, phase_locking, two_halves
from spincat.model.ensemble import SpinEnsemble
from spincat.shared.errors import ConvergenceError

EQUATIONS = ("paper", "product")
each_set = pytest.mark.parametrize("equations", EQUATIONS)
HALF = st.tuples(st.floats(0.01, 0.5), st.floats(-3, 3), st.floats(-1, 1))
PAIRS = st.tuples(HALF, HALF).map(np.array)


def as_spins(pair, n):
    """σ and z of N spins, the first half with detuning +δ."""
    sigma = pair[:, 0] * np.exp(1j * (np.pi / 4 + np.array([1, -1]) * pair[:, 1]))
    return np.repeat(sigma, n // 2), np.repeat(pair[:, 2], n // 2)


@each_set
@given(pair=PAIRS, half=st.integers(2, 20), h=st.floats(0, 0.1), delta=st.floats(-1, 1))
def test_rhs_is_that_of_n_spins(equations, pair, half, h, delta):
    n = 2 * half
    full = {"paper": all_spins.paper_rhs, "product": all_spins.product_state_rhs}[equations]
    sigma, z = as_spins(pair, n)
    d_sigma, d_z = full(sigma, z, h * n, np.repeat([delta, -delta], half))
    ours = two_halves.rhs(pair, n, h * n, delta, equations=equations)
    logarithmic = (d_sigma / sigma)[[0, -1]]
    tolerance = {"rtol": 1e-10, "atol": 1e-11 * n}
    np.testing.assert_allclose(ours[:, 0], logarithmic.real * pair[:, 0], **tolerance)
    np.testing.assert_allclose(ours[:, 1], logarithmic.imag * [1, -1], **tolerance)
    np.testing.assert_allclose(ours[:, 2], d_z[[0, -1]], **tolerance)


@each_set
@given(state=HALF, half=st.integers(2, 5000), h=st.floats(0, 0.1), delta=st.floats(-1, 1))
def test_equal_halves_stay_equal(equations, state, half, h, delta):
    n = 2 * half
    first, second = two_halves.rhs([state, state], n, h * n, delta, equations=equations)
    np.testing.assert_allclose(first, second, rtol=1e-10, atol=1e-11 * n)


@pytest.mark.ledger("eq-26", "eq-27", "eq-28", method="numerics")
@pytest.mark.ledger("three-equations-agree-with-those-of-all-spins", method="numerics")
def test_equal_halves_obey_eqs_26_28_for_many_spins():
    state, h, delta = np.array([0.2, 0.7, -0.6]), 0.02, 0.05
    error = []
    for n in (10**3, 10**4, 10**5):
        first, _ = two_halves.rhs([state, state], n, h * n, delta, equations="paper")
        error.append(np.abs(first - mirror_halves.rhs(state, n, h * n, delta)))
    np.testing.assert_allclose(np.divide(error[1:], error[:-1]), 0.1, rtol=0.05)


@each_set
@given(pair=PAIRS, half=st.integers(2, 20))
def test_jacobian_is_the_derivative(equations, pair, half):
    n, eta, delta = 2 * half, 0.1 * half, 0.3
    u = mirror_halves.cartesian(pair)

    def derivative(point):
        """The rhs in Cartesian coordinates, by the chain rule from the polar ones."""
        state = mirror_halves.polar(point)
        d = two_halves.rhs(state, n, eta, delta, equations=equations)
        turn = np.exp(1j * state[:, 1]) * (d[:, 0] + 1j * state[:, 0] * d[:, 1])
        return np.stack([turn.real, turn.imag, d[:, 2]], axis=1).ravel()

    columns = [
        (derivative(u + shift) - derivative(u - shift)) / 2e-6
        for shift in 1e-6 * np.eye(6).reshape(6, 2, 3)
    ]
    exact = two_halves.jacobian(pair, n, eta, delta, equations=equations)
    np.testing.assert_allclose(exact, np.array(columns).T, atol=1e-7 * n)


@each_set
def test_fixed_point_has_no_derivative_and_equal_halves(equations):
    n, eta, delta = 10_000, 200.0, 0.05
    guess = [0.35, 0.96, -0.56]
    pair = two_halves.fixed_point(guess, n, eta, delta, equations=equations)
    np.testing.assert_allclose(pair[0], pair[1], atol=1e-11)
    derivative = two_halves.rhs(pair, n, eta, delta, equations=equations)
    np.testing.assert_allclose(derivative, 0, atol=1e-9)
    # Eqs. 26-28 differ from both sets of equations by the order 1/N
    course = mirror_halves.integrate(guess, n, eta, delta, [3000.0])[0]
    assert 1e-6 < np.abs(pair[0] - course).max() < 1e-2


def test_fixed_point_says_if_there_is_none():
    with pytest.raises(ConvergenceError, match="no steady state"):
        two_halves.fixed_point([0.35, 0.96, -0.4], 10_000, 200.0, 0.09)


@each_set
def test_integrates_like_n_spins(equations):
    n, eta, delta, times = 40, 0.8, 0.05, np.array([1.0, 20.0, 100.0])
    pair = np.array([[0.2, 0.1, -0.9], [0.15, -0.2, -0.7]])
    ours = two_halves.integrate(pair, n, eta, delta, times, equations=equations)
    ensemble = SpinEnsemble(n, eta, detunings=np.repeat([delta, -delta], n // 2))
    sigma, z = all_spins.integrate(
        ensemble, *as_spins(pair, n), times, equations=equations, tol=1e-9
    )
    for i in range(3):
        expected, expected_z = as_spins(ours[i], n)
        np.testing.assert_allclose(sigma[i], expected, atol=1e-6)
        np.testing.assert_allclose(z[i], expected_z, atol=1e-6)


@pytest.mark.parametrize(("equations", "c"), [("paper", 8), ("product", 0)])
@pytest.mark.ledger("eq-29", "slow-dynamics-at-weak-drive", method="spectrum")
def test_restoring_rate_of_the_spread(equations, c):
    """At δ = 0 the halves restore their common phase at the rate (16η² - cη)/N²."""
    n = 10_000
    for eta in (0.3, 0.7, 2.0):
        pair = two_halves.fixed_point(
            mirror_halves.steady_state(n, eta), n, eta, 0.0, equations=equations
        )
        jacobian = two_halves.jacobian(pair, n, eta, 0.0, equations=equations)
        slowest = np.linalg.eigvals(jacobian).real.max()
        expected = -(16 * eta**2 - c * eta) / n**2
        assert slowest == pytest.approx(expected, rel=0.01)


@each_set
@pytest.mark.ledger("spins-desynchronise-beyond-the-threshold", method="spectrum")
def test_a_third_steady_state_is_stable_without_detuning(equations):
    """Almost without coherence: A = √(Γ2/4Nη), z = -Γ2/2Nη, and a slowest rate of -Γ2/N."""
    h, gaps = 0.02, []
    for n in (10**3, 10**4):
        guess = np.array([1 / (2 * n * np.sqrt(h)), 0, -1 / (2 * h * n**2)])
        pair = two_halves.fixed_point(guess, n, h * n, 0.0, equations=equations)
        np.testing.assert_allclose(pair[:, 1], 0, atol=1e-9)
        rates = np.linalg.eigvals(two_halves.jacobian(pair, n, h * n, 0.0, equations=equations))
        gaps.append([*(pair[0, [0, 2]] / guess[[0, 2]] - 1), -n * rates.real.max() - 1])
    assert np.all(np.abs(gaps[1]) < 0.01)
    np.testing.assert_allclose(np.divide(gaps[1], gaps[0]), 0.1, rtol=0.1)


@each_set
@pytest.mark.ledger("spins-desynchronise-beyond-the-threshold", method="integration")
def test_lost_spins_come_to_rest_without_detuning(equations):
    n, eta = 100, 2.0
    start = mirror_halves.steady_state(n, eta) + np.array([[0, 0, 0], [0, 0.01, 0]])
    lost = two_halves.integrate(start, n, eta, 0.07, [100.0], equations=equations, rtol=1e-6)[0]
    end = two_halves.integrate(lost, n, eta, 0.0, [2000.0], equations=equations)[0]
    guess = [1 / (2 * np.sqrt(n * eta)), 0, 0]
    third = two_halves.fixed_point(guess, n, eta, 0.0, equations=equations)
    np.testing.assert_allclose(end, third, atol=1e-6)


@each_set
@pytest.mark.ledger("synchronisation-breaks-at-a-sixteenth", method="integration")
def test_equality_does_not_end_at_a_sixteenth_but_the_stationary_state_does(equations):
    n, unequal = 200, np.array([[0.22, 0.1, -0.85], [0.2, -0.05, -0.8]])
    times = [0.0, 200.0, 500.0]
    for h in (0.05, 0.1):
        equal = two_halves.integrate(
            [unequal[0] * [1, 0, 1]] * 2, n, h * n, 0.0, times, equations=equations
        )
        np.testing.assert_allclose(*np.moveaxis(mirror_halves.cartesian(equal), 1, 0), atol=1e-9)
        course = two_halves.integrate(unequal, n, h * n, 0.0, times, equations=equations)
        sigma = course[..., 0] * np.exp(1j * course[..., 1] * [1, -1])
        apart = np.abs(np.diff(sigma, axis=1))[:, 0]
        if h < 1 / 16:
            assert apart[-1] < 1e-6
            assert abs(sigma[-1, 0]) == pytest.approx(np.sqrt(2 * h), rel=0.02)
        else:
            assert apart[2] < apart[1] / 2 < apart[0] / 4
            assert np.abs(sigma[-1]).max() < 0.05


@pytest.mark.ledger("mean-field-agrees-at-weak-drive", method="integration")
def test_the_phases_of_two_halves_part_without_detuning_at_weak_drive():
    """In Eqs. 22-23, and not in the exact equations of a product state."""
    n, eta = 100, 0.25
    start = mirror_halves.steady_state(n, eta) + np.array([0, 0.01, 0])
    spread = {
        name: two_halves.integrate([start] * 2, n, eta, 0.0, [1e4], equations=name)[0, 0, 1]
        for name in ("paper", "product")
    }
    assert spread["product"] < 0.005
    assert spread["paper"] > 0.02


@pytest.mark.ledger("mean-field-agrees-at-weak-drive", method="spectrum")
def test_what_holds_the_phases_at_weak_drive_is_not_that_of_mean_field():
    """Below η = Γ2/2 the master equation has a positive rate, which falls with N."""
    rates = [two_halves_response.restoring_rate(n_spins, 0.4) for n_spins in (8, 12)]
    assert 1e-5 < rates[1] < rates[0] / 10
    assert phase_locking.restoring_rate("paper", 1000, 0.4) < 0


def test_all_spins_follow_eqs_26_28_inside_the_region():
    n, (h, delta) = 1000, (0.02, 0.05)
    start = mirror_halves.steady_state(n, h * n)
    printed = mirror_halves.integrate(start, n, h * n, delta, [50.0])[0]
    for equations in ("paper", "product"):
        for noise in (0.0, 0.02):
            sigma, z = two_halves.spins(
                start, n, h * n, delta, [50.0], equations=equations, noise=noise
            )
            np.testing.assert_allclose(np.abs(sigma[0]), printed[0], atol=4e-3)
            np.testing.assert_allclose(np.abs(np.angle(sigma[0])), printed[1], atol=2e-2)
            np.testing.assert_allclose(z[0], printed[2], atol=1e-2)


def test_spins_start_where_they_are_told():
    pair = np.array([[0.2, 0.3, -0.6], [0.1, -0.4, -0.7]])
    sigma, z = two_halves.spins(pair, 6, 0.1, 0.05, [0.0])
    expected, expected_z = as_spins(pair, 6)
    np.testing.assert_allclose(sigma[0] * np.exp(0.25j * np.pi), expected)
    np.testing.assert_allclose(z[0], expected_z)
    noisy = two_halves.spins(pair, 2000, 0.1, 0.05, [0.0], noise=0.1, seed=3)[0][0]
    relative = noisy / np.repeat(sigma[0, [0, 3]], 1000) - 1
    assert np.std(relative) == pytest.approx(0.1, rel=0.05)
    assert abs(np.mean(relative**2)) < 0.002  # complex, in no preferred direction


def test_refuses_bad_input():
    pair = np.array([[0.2, 0.1, -0.9], [0.15, -0.2, -0.7]])
    with pytest.raises(ValueError, match=r"state has shape \(3,\)"):
        two_halves.rhs(pair[0], 10, 1.0, 0.1)
    with pytest.raises(ValueError, match="equations = 'exact'"):
        two_halves.rhs(pair, 10, 1.0, 0.1, equations="exact")
    with pytest.raises(ValueError, match="n_spins = 5"):
        two_halves.jacobian(pair, 5, 1.0, 0.1)
    with pytest.raises(ValueError, match="times = "):
        two_halves.integrate(pair, 10, 1.0, 0.1, [-1.0])
