"""Eqs. 12-14 and 17-21: each must be approached by the exact expression at the stated order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spincat.free import dephasing, dephasing_limits

TIMES = np.array([0.0, 0.2, 0.7, 1.5, 4.0, np.inf])
PARITIES = ["even", "odd"]


def theta(n_spins, alpha):
    return 2 * np.arctan(alpha / np.sqrt(n_spins))


def order(errors, sizes):
    """Slope of log(error) against log(size)."""
    return np.polyfit(np.log(sizes), np.log(errors), 1)[0]


@pytest.mark.parametrize("state", ["coherent", *PARITIES])
@pytest.mark.parametrize("alpha", [0.3, 1.0, 2.0])
@pytest.mark.ledger("eq-12", "eq-18", method="limit")
def test_eqs_12_and_18_are_approached_as_1_over_n(state, alpha):
    errors, sizes = [], np.array([100, 400, 1600, 6400])
    for n_spins in sizes:
        if state == "coherent":
            exact = dephasing.mean_coherent_fidelity(n_spins, theta(n_spins, alpha), 1.0, TIMES)
            limit = dephasing_limits.bosonic_coherent_fidelity(alpha, 1.0, TIMES)
        else:
            exact = dephasing.mean_cat_fidelity(n_spins, theta(n_spins, alpha), 1.0, TIMES, state)
            limit = dephasing_limits.bosonic_cat_fidelity(alpha, 1.0, TIMES, state)
        errors.append(np.abs(exact - limit).max())
    assert order(errors, sizes) == pytest.approx(-1, abs=0.05) or max(errors) < 1e-15


@given(alpha=st.floats(0.01, 5), delta_t=st.floats(0, 8))
@pytest.mark.ledger("eq-18", method="numerics")
def test_eq_18_as_printed(alpha, delta_t):
    x, g = alpha**2, np.exp(-(delta_t**2) / 2)
    for parity, sign in (("even", 1), ("odd", -1)):
        bracket = np.exp(-2 * x * (1 - g)) + np.exp(-2 * x * (1 + g)) + sign * 2 * np.exp(-2 * x)
        printed = bracket / (1 + sign * np.exp(-2 * x)) ** 2
        ours = dephasing_limits.bosonic_cat_fidelity(alpha, 1.0, delta_t, parity)
        assert ours == pytest.approx(printed, abs=1e-15 / x**2 + 1e-14)


@pytest.mark.parametrize("alpha", [1e-8, 1e-3, 30.0])
def test_eq_18_survives_extreme_amplitudes(alpha):
    even, odd = (
        dephasing_limits.bosonic_cat_fidelity(alpha, 1.0, np.array([0.0, 1.0]), p) for p in PARITIES
    )
    assert even[0] == odd[0] == 1
    if alpha < 1:
        assert odd[1] == pytest.approx(np.exp(-1), rel=1e-5)
        assert even[1] == pytest.approx(1, abs=1e-5)
    else:
        assert even[1] == pytest.approx(np.exp(-2 * 900 * (1 - np.exp(-0.5))), rel=1e-9)


@pytest.mark.ledger("eq-19", method="limit")
def test_eq_19():
    for alpha in (0.2, 1.0, 2.0):
        even = dephasing_limits.bosonic_cat_fidelity(alpha, 1.0, np.inf, "even")
        assert even == pytest.approx(1 / np.cosh(alpha**2) ** 2, rel=1e-13)
        assert dephasing_limits.bosonic_cat_fidelity(alpha, 1.0, np.inf, "odd") == 0


@pytest.mark.ledger("eq-13", method="limit")
def test_eq_13_is_the_leading_order_in_the_intensity():
    alphas = np.array([0.02, 0.04, 0.08])
    errors = [
        np.abs(
            dephasing_limits.bosonic_coherent_fidelity(a, 1.0, TIMES)
            - dephasing_limits.small_coherent_fidelity(a, 1.0, TIMES)
        ).max()
        for a in alphas
    ]
    assert order(errors, alphas) == pytest.approx(4, abs=0.05)


@pytest.mark.ledger("eq-14", method="limit")
def test_eq_14_corrected_is_the_leading_order_and_the_printed_one_is_not():
    n_spins, alpha, times = 10**6, 0.01, np.array([0.2, 0.7, 1.5, 4.0])
    exact = dephasing.var_coherent_fidelity(n_spins, theta(n_spins, alpha), 1.0, times)
    corrected = dephasing_limits.small_coherent_variance(n_spins, alpha, 1.0, times)
    np.testing.assert_allclose(exact, corrected, rtol=1e-3)
    printed = 2 * alpha**4 / n_spins * -np.expm1(-(times**2))
    assert exact[0] < 0.05 * printed[0]


@pytest.mark.ledger("eq-17", method="limit")
def test_eq_17():
    alpha, n_spins = 1.3, 10**6
    assert np.cos(theta(n_spins, alpha)) ** n_spins == pytest.approx(
        dephasing_limits.bosonic_overlap(alpha), rel=1e-5
    )


@pytest.mark.parametrize("parity", PARITIES)
@pytest.mark.parametrize("alpha", [0.05, 0.5, 1.5])
@pytest.mark.ledger("eq-20", method="limit")
def test_eq_20_is_the_curvature_at_t_0(parity, alpha):
    times = np.array([1e-3, 2e-3, 4e-3])
    exact = dephasing_limits.bosonic_cat_fidelity(alpha, 1.0, times, parity)
    short = dephasing_limits.short_time_cat_fidelity(alpha, 1.0, times, parity)
    np.testing.assert_allclose(exact, short, atol=1e-9)
    assert (1 - short > 0).all()


@pytest.mark.ledger("eq-21", "parity-is-irrelevant-at-large-amplitude", method="limit")
def test_eq_21_and_the_large_amplitude_limit():
    def rate(alpha, parity):
        return 1 - float(dephasing_limits.short_time_cat_fidelity(alpha, 1.0, 1.0, parity))

    assert rate(0.01, "even") == pytest.approx(0.01**4, rel=1e-6)
    assert rate(0.01, "odd") == pytest.approx(1, rel=1e-6)
    assert rate(3.0, "even") == pytest.approx(9, rel=1e-6) == rate(3.0, "odd")


@pytest.mark.parametrize("alpha", [0.1, 0.7, 1.2])
@pytest.mark.ledger("eq-19", "odd-cat-decays-to-zero", method="limit")
def test_the_floor_is_the_leading_order_in_1_over_n(alpha):
    sizes = np.array([100, 400, 1600])
    errors = [
        abs(
            float(dephasing.mean_cat_fidelity(n, theta(n, alpha), 1.0, np.inf, "odd"))
            - dephasing_limits.odd_cat_floor(n, alpha)
        )
        for n in sizes
    ]
    assert order(errors, sizes) == pytest.approx(-2, abs=0.1)
    assert dephasing_limits.odd_cat_floor(8, 1e-6) == pytest.approx(1 / 8)


def test_refuses_bad_input():
    with pytest.raises(ValueError, match=r"alpha = 0\.0 has no odd cat state"):
        dephasing_limits.bosonic_cat_fidelity(0.0, 1.0, 1.0, "odd")
    with pytest.raises(ValueError, match="alpha = 1e-170 has no odd cat state"):
        dephasing_limits.odd_cat_floor(8, 1e-170)
    with pytest.raises(ValueError, match=r"alpha holds nan"):
        dephasing_limits.bosonic_coherent_fidelity(np.nan, 1.0, 1.0)
    with pytest.raises(ValueError, match="n_spins = 0"):
        dephasing_limits.odd_cat_floor(0, 1.0)
