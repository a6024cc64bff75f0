"""Eqs. 26-28: the printed form, its polynomial form, the Jacobians and the stiff steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from spin_by_spin import printed_rates

from spincat.mean_field import _mirror_halves_kernels as kernels
from spincat.mean_field import mirror_halves

EVEN = st.integers(2, 10_000).map(lambda n: 2 * n)
STATES = st.tuples(st.floats(0.01, 0.5), st.floats(-3, 3), st.floats(-1, 1)).map(np.array)
DRIVES = st.floats(0, 1 / 16)
DELTAS = st.floats(-0.1, 0.1)


def differences(function, point, step=1e-6):
    """Central differences, one column for each coordinate."""
    columns = [
        (function(point + shift) - function(point - shift)) / (2 * step)
        for shift in step * np.eye(3)
    ]
    return np.array(columns).T


def flow(u, n, eta, delta):
    return np.array(kernels.flow(tuple(u), float(n), eta, delta))


@given(STATES, EVEN, DRIVES, DELTAS)
def test_rhs_is_the_printed_one(state, n, h, delta):
    ours = mirror_halves.rhs(state, n, h * n, delta)
    np.testing.assert_allclose(
        ours, printed_rates(state, n, h * n, delta), rtol=1e-12, atol=1e-14 * n
    )


def test_many_states_at_once_and_one_without_coherence():
    states = np.array([[[0.2, 0.1, -0.9], [0.0, 0.3, -0.5]]] * 2)
    ours, matrices = (f(states, 10, 0.5, 0.3) for f in (mirror_halves.rhs, mirror_halves.jacobian))
    np.testing.assert_allclose(ours, printed_rates(states, 10, 0.5, 0.3), rtol=1e-12, atol=1e-14)
    assert matrices.shape == (2, 2, 3, 3)
    np.testing.assert_allclose(
        matrices[1, 0], mirror_halves.jacobian(states[0, 0], 10, 0.5, 0.3), rtol=1e-12
    )


@given(STATES, EVEN, DRIVES, DELTAS)
def test_jacobian_is_the_derivative(state, n, h, delta):
    expected = differences(lambda s: mirror_halves.rhs(s, n, h * n, delta), state)
    exact = mirror_halves.jacobian(state, n, h * n, delta)
    np.testing.assert_allclose(exact, expected, rtol=0, atol=1e-8 * n)


@given(STATES, EVEN, DRIVES, DELTAS)
def test_polynomials_are_the_printed_equations(state, n, h, delta):
    amplitude, zeta, _ = state
    d_amplitude, d_zeta, d_z = printed_rates(state, n, h * n, delta)
    cosine, sine = np.cos(zeta), np.sin(zeta)
    expected = [
        cosine * d_amplitude - amplitude * sine * d_zeta,
        sine * d_amplitude + amplitude * cosine * d_zeta,
        d_z,
    ]
    u = mirror_halves.cartesian(state)
    np.testing.assert_allclose(flow(u, n, h * n, delta), expected, rtol=0, atol=1e-13 * n)


@given(STATES, EVEN, DRIVES, DELTAS)
def test_jacobian_of_the_polynomials(state, n, h, delta):
    u = mirror_halves.cartesian(state)
    exact = np.reshape(kernels.flow_jacobian(tuple(u), float(n), h * n, delta), (3, 3))
    expected = differences(lambda s: flow(s, n, h * n, delta), u)
    np.testing.assert_allclose(exact, expected, rtol=0, atol=1e-8 * n)


@given(STATES, EVEN, DRIVES, DELTAS)
def test_exchanging_the_halves_changes_two_signs(state, n, h, delta):
    signs = np.array([1, -1, 1])
    mirrored = mirror_halves.rhs(state * signs, n, h * n, -delta)
    np.testing.assert_allclose(mirrored, signs * mirror_halves.rhs(state, n, h * n, delta))


@given(EVEN, st.floats(1e-4, 1 / 16))
def test_steady_state_is_one(n, h):
    state = mirror_halves.steady_state(n, h * n)
    derivative = mirror_halves.rhs(state, n, h * n, 0.0)
    np.testing.assert_allclose(derivative, 0, atol=1e-13 * n)
    assert state[2] <= -0.5 + 4 / n


@pytest.mark.ledger("eq-25", method="spectrum")
def test_steady_state_tends_to_eq_25():
    h = 0.05
    error = [
        mirror_halves.steady_state(n, h * n)[2] + (1 + np.sqrt(1 - 16 * h)) / 2
        for n in (10**3, 10**4, 10**5)
    ]
    np.testing.assert_allclose(np.divide(error[1:], error[:-1]), 0.1, rtol=0.05)


def test_no_steady_state_beyond_the_largest_drive():
    with pytest.raises(ValueError, match=r"eta = 626.0; allowed: at most 625\.375"):
        mirror_halves.steady_state(10_000, 626)


@pytest.mark.parametrize(("h", "delta"), [(0.02, 0.05), (0.05, 0.06), (0.001, 0.06)])
def test_steps_agree_with_lsoda(h, delta):
    n, times = 10_000, np.array([1.0, 30.0, 300.0])
    start = mirror_halves.steady_state(n, h * n)
    ours = mirror_halves.integrate(start, n, h * n, delta, times)
    theirs = solve_ivp(
        lambda _, s: mirror_halves.rhs(s, n, h * n, delta), (0, 300), start, method="LSODA",
        t_eval=times, rtol=1e-10, atol=1e-12,
    ).y.T  # fmt: skip
    np.testing.assert_allclose(
        mirror_halves.cartesian(ours), mirror_halves.cartesian(theirs), atol=2e-6
    )


def test_the_method_has_order_four():
    # one step: the error per step falls as h^5
    start, n, eta, lengths = np.array([0.3, 0.2, -0.5]), 10, 0.5, (0.025, 0.05)
    exact = solve_ivp(
        lambda _, u: flow(u, n, eta, 0.3), (0, 0.05), start, method="DOP853", t_eval=lengths,
        rtol=1e-13, atol=1e-15,
    ).y.T  # fmt: skip
    error = []
    for length, target in zip(lengths, exact, strict=True):
        at = tuple(start), float(n), eta, 0.3
        jac, slope = kernels.flow_jacobian(*at), kernels.flow(*at)
        new, _ = kernels.step(at[0], length, *at[1:], jac, slope)
        error.append(np.abs(new - target).max())
    assert np.log2(error[1] / error[0]) == pytest.approx(5, abs=0.2)


def test_tolerance_is_respected():
    n, start = 10_000, mirror_halves.steady_state(10_000, 200)
    exact = mirror_halves.integrate(start, n, 200, 0.07, [50.0], rtol=1e-12)
    for rtol in (1e-4, 1e-6, 1e-8):
        value = mirror_halves.integrate(start, n, 200, 0.07, [50.0], rtol=rtol)
        assert np.abs(value - exact).max() < 30 * rtol


def test_initial_state_is_returned_at_time_zero():
    start = np.array([0.3, 0.2, -0.5])
    np.testing.assert_allclose(mirror_halves.integrate(start, 10, 0.5, 0.3, [0.0])[0], start)


def test_refuses_bad_input():
    state = [0.3, 0.2, -0.5]
    with pytest.raises(ValueError, match="n_spins = 9; allowed: an even number"):
        mirror_halves.rhs(state, 9, 1.0, 0.1)
    with pytest.raises(ValueError, match="eta = -1"):
        mirror_halves.jacobian(state, 10, -1, 0.1)
    with pytest.raises(ValueError, match=r"state has shape \(2,\)"):
        mirror_halves.rhs([0.1, 0.2], 10, 1.0, 0.1)
    with pytest.raises(ValueError, match=r"state has shape \(1, 3\)"):
        mirror_halves.integrate([state], 10, 1.0, 0.1, [1.0])
    with pytest.raises(ValueError, match="state holds nan"):
        mirror_halves.rhs([0.1, np.nan, 0], 10, 1.0, 0.1)
    with pytest.raises(ValueError, match="times = "):
        mirror_halves.integrate(state, 10, 1.0, 0.1, [2.0, 1.0])
    with pytest.raises(ValueError, match=r"rtol = 0\.5"):
        mirror_halves.integrate(state, 10, 1.0, 0.1, [1.0], rtol=0.5)
