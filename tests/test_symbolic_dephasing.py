"""The derivation of Eqs. 9-21, each step against numbers that do not come from SymPy."""

import numpy as np
import pytest
import sympy as sp

from spincat.free import dephasing, dephasing_limits
from spincat.model import states
from spincat.symbolic import dephasing as derive
from spincat.symbolic.dephasing import C, N, delta, delta_n, phi, t, theta, v, x

PARITIES = ["even", "odd"]


def numbers(expression, **values):
    """Evaluate with values given by symbol name."""
    by_name = {symbol.name: symbol for symbol in expression.free_symbols}
    substitutions = {by_name[k]: v for k, v in values.items() if k in by_name}
    return complex(sp.N(expression.subs(substitutions), 30))


@pytest.mark.ledger("eq-6", "eq-7", "eq-9", method="derivation")
def test_overlaps_of_one_spin_match_a_state_vector():
    angle, azimuth, detuning, time = 0.7, 0.4, 1.3, 2.1
    phases = np.exp(-1j * detuning * time / 2 * np.array([1, -1]))
    ket = states.spin_coherent(1, angle, azimuth, basis="product")
    for shift, symbol in ((0, sp.S.Zero), (np.pi, sp.pi)):
        bra = states.spin_coherent(1, angle, azimuth + shift, basis="product")
        value = numbers(derive.overlap_factor(symbol), theta=angle, delta_n=detuning, t=time)
        assert value == pytest.approx(np.vdot(bra, phases * ket), rel=1e-12)
    assert not derive.overlap_factor().has(phi)


@pytest.mark.ledger("eq-9", "eq-10", "eq-15", method="derivation")
def test_correlation_is_the_product():
    c, d = derive.overlap_factor(), derive.overlap_factor(sp.pi)
    values = {"theta": 0.7, "delta_n": 1.3, "t": 2.1}
    for bra, ket in ((c, c), (d, d), (c, d)):
        direct = np.conj(numbers(bra, **values)) * numbers(ket, **values)
        written = derive.correlation(bra, ket).subs({C: np.cos(0.7), delta_n: 1.3, t: 2.1})
        assert complex(sp.N(written)) == pytest.approx(direct, rel=1e-12)
    assert not derive.correlation(c, d).has(theta)


@pytest.mark.parametrize("m", [1, 2, 3])
def test_gaussian_average_of_a_harmonic_matches_quadrature(m):
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    average = derive.gaussian_average(sp.cos(m * delta_n * t) + sp.S(2))
    expected = (weights @ np.cos(m * 0.5 * nodes * 1.2)) / weights.sum() + 2
    assert float(average.subs(v, np.exp(-0.36 / 2))) == pytest.approx(expected, rel=1e-12)
    assert derive.gaussian_average(sp.sin(m * delta_n * t)) == 0


@pytest.mark.parametrize("n_spins", [1, 5, 40])
@pytest.mark.ledger("eq-11", "eq-16", method="derivation")
def test_derived_means_are_those_of_the_package(n_spins):
    angle, times = 0.6, np.array([0.0, 0.4, 2.0])
    for index, value in enumerate(np.exp(-(times**2) / 2)):
        at = {C: np.cos(angle), N: n_spins, v: value}
        numeric = dephasing.mean_coherent_fidelity(n_spins, angle, 1.0, times)[index]
        assert float(derive.mean_coherent().subs(at)) == pytest.approx(numeric, rel=1e-11)
        numeric = dephasing.var_coherent_fidelity(n_spins, angle, 1.0, times)[index]
        assert float(derive.variance_coherent().subs(at)) == pytest.approx(numeric, abs=1e-13)
        for parity in PARITIES:
            numeric = dephasing.mean_cat_fidelity(n_spins, angle, 1.0, times, parity)[index]
            derived = derive.mean_cat(parity).subs(at)
            assert float(derived) == pytest.approx(numeric, rel=1e-10)


@pytest.mark.ledger("eq-12", "eq-17", "eq-18", "eq-19", method="derivation")
def test_bosonic_limits_are_those_of_the_package():
    at = {x: 0.8, v: 0.6}
    delta_t = np.sqrt(-2 * np.log(0.6))
    coherent = derive.bosonic_series(derive.mean_coherent())
    assert float(coherent.subs(at)) == pytest.approx(
        float(dephasing_limits.bosonic_coherent_fidelity(0.8**0.5, 1.0, delta_t)), rel=1e-12
    )
    for parity in PARITIES:
        limit = derive.bosonic_series(derive.mean_cat(parity))
        square = derive.hyperbolic(limit)
        numeric = float(dephasing_limits.bosonic_cat_fidelity(0.8**0.5, 1.0, delta_t, parity))
        assert float(limit.subs(at)) == pytest.approx(numeric, rel=1e-12)
        assert float(square.subs(at)) == pytest.approx(numeric, rel=1e-12)
    assert square == sp.sinh(v * x) ** 2 / sp.sinh(x) ** 2


@pytest.mark.parametrize("parity", PARITIES)
def test_first_order_in_1_over_n_matches_the_exact_mean(parity):
    correction = derive.bosonic_series(derive.mean_cat(parity), order=1)
    intensity, n_spins, delta_t = 0.8, 10**5, 0.9
    angle = 2 * np.arctan(np.sqrt(intensity / n_spins))
    exact = float(dephasing.mean_cat_fidelity(n_spins, angle, 1.0, delta_t, parity))
    limit = float(dephasing_limits.bosonic_cat_fidelity(intensity**0.5, 1.0, delta_t, parity))
    value = float(correction.subs({x: intensity, v: np.exp(-(delta_t**2) / 2)}))
    assert n_spins * (exact - limit) == pytest.approx(value, rel=1e-4)


@pytest.mark.ledger("eq-14", "eq-19", "odd-cat-decays-to-zero", method="derivation")
def test_floor_and_variance_as_stated_on_the_page():
    floor = sp.limit(derive.bosonic_series(derive.mean_cat("odd"), order=1), v, 0)
    assert sp.simplify((floor - x**2 / sp.sinh(x) ** 2).rewrite(sp.exp)) == 0
    variance = derive.bosonic_series(derive.variance_coherent(), order=1)
    leading = sp.series(variance, x, 0, 3).removeO()
    assert sp.expand(leading - 2 * x**2 * (1 - v**2) ** 2) == 0


@pytest.mark.parametrize(("parity", "rate"), [("even", x * sp.tanh(x)), ("odd", x * sp.coth(x))])
@pytest.mark.ledger("eq-20", method="derivation")
def test_short_time_expansion_is_eq_20(parity, rate):
    short = derive.short_time(derive.hyperbolic(derive.bosonic_series(derive.mean_cat(parity))))
    difference = (short - (1 - rate * delta**2 * t**2)).rewrite(sp.exp)
    assert sp.simplify(difference) == 0
