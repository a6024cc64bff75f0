"""The ladder algebra and the derivation of Eqs. 3-4, against matrices made without it."""

from __future__ import annotations

import numpy as np
import pytest
import qutip
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spincat.model import states
from spincat.symbolic import holstein_primakoff as hp

NO_VALUES: dict[sp.Symbol, float] = {}

# Products are compared on the lowest states only: a truncated matrix product is wrong at its edge.
DIMENSION, KEPT = 12, 5


def polynomials():
    coefficients = st.lists(st.integers(-3, 3), min_size=1, max_size=3)
    return coefficients.map(lambda c: sum(value * hp.n**k for k, value in enumerate(c)))


def operators():
    terms = st.dictionaries(st.integers(-2, 2), polynomials(), min_size=1, max_size=3)
    return terms.map(hp.LadderOperator)


def by_qutip(operator: hp.LadderOperator) -> np.ndarray:
    """The matrix from QuTiP's operators, multiplied in the order in which the terms are written."""
    a = qutip.destroy(DIMENSION)
    result = 0 * a
    for k, f in operator.terms.items():
        diagonal = [complex(f.subs(hp.n, m)) for m in range(DIMENSION)]
        power = a ** abs(k) if k >= 0 else a.dag() ** abs(k)
        result += qutip.qdiags(diagonal, 0) * power
    return result.full()


def ladder_matrix(operator: hp.LadderOperator) -> np.ndarray:
    return operator.matrix(DIMENSION, NO_VALUES)


@settings(max_examples=30, deadline=None)
@given(operators())
def test_matrix_is_that_of_qutip(operator):
    np.testing.assert_allclose(ladder_matrix(operator), by_qutip(operator), rtol=1e-12, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(operators(), operators())
def test_product_is_the_product_of_matrices(x, y):
    product = by_qutip(x) @ by_qutip(y)
    inside = np.s_[:KEPT, :KEPT]
    np.testing.assert_allclose(ladder_matrix(x @ y)[inside], product[inside], rtol=1e-10, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(operators(), st.integers(-3, 3))
def test_adjoint_is_the_conjugate_transpose(x, imaginary):
    x = (1 + imaginary * sp.I) * x
    expected = by_qutip(x).conj().T
    np.testing.assert_allclose(ladder_matrix(x.adjoint()), expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(operators(), operators(), operators())
def test_commutator_obeys_the_jacobi_identity(x, y, z):
    total = (
        hp.commutator(x, hp.commutator(y, z))
        + hp.commutator(y, hp.commutator(z, x))
        + hp.commutator(z, hp.commutator(x, y))
    )
    assert total.simplify().terms == {}


def test_operators_are_those_of_an_oscillator():
    assert hp.commutator(hp.a, hp.a.adjoint()).terms == {0: 1}
    assert (hp.a.adjoint() @ hp.a).terms == hp.number.terms


def test_complex_symbols_are_refused():
    with pytest.raises(ValueError, match="declared real"):
        hp.LadderOperator({1: sp.Symbol("z")})


def test_spin_operators_obey_su2():
    s_minus, s_z = hp.s_minus(), hp.LadderOperator({0: hp.n - hp.N / 2})
    s_plus = s_minus.adjoint()
    assert hp.commutator(s_plus, s_minus).terms == (2 * s_z).terms
    assert hp.commutator(s_z, s_minus).terms == (-s_minus).terms
    assert hp.commutator(s_z, s_plus).terms == s_plus.terms
    casimir = (s_plus @ s_minus) + (s_z @ s_z) - s_z
    assert sp.expand(casimir.terms[0] - hp.N / 2 * (hp.N / 2 + 1)) == 0
    assert set(casimir.simplify().terms) == {0}


@pytest.mark.parametrize("n_spins", [1, 2, 5, 9])
def test_s_minus_is_the_matrix_of_a_spin(n_spins):
    spin = qutip.jmat(n_spins / 2, "-").full()[::-1, ::-1]
    ladder = hp.s_minus().matrix(n_spins + 1, {hp.N: n_spins})
    np.testing.assert_allclose(ladder, spin, atol=1e-13)
    squared = (hp.s_minus() ** 2).matrix(n_spins + 1, {hp.N: n_spins})
    np.testing.assert_allclose(squared, spin @ spin, atol=1e-12)


def test_square_is_the_one_of_section_2():
    (coefficient,) = (hp.s_minus() ** 2).terms.values()
    assert sp.simplify(coefficient**2 - (hp.N - hp.n) * (hp.N - hp.n - 1)) == 0


def test_expansion_of_the_square():
    series = (1 / hp.N * hp.s_minus() ** 2).expand_large_n(3)
    expected = 1 - (2 * hp.n + 1) / (2 * hp.N) - 1 / (8 * hp.N**2)
    assert sp.expand(series.terms[2] - expected) == 0


@pytest.mark.parametrize("terms", [1, 2, 3])
@pytest.mark.ledger("eq-3", "eq-4", method="numerics")
def test_error_of_the_expansion_falls_with_its_order(terms):
    scaled = 1 / hp.N * hp.s_minus() ** 2
    difference = scaled - scaled.expand_large_n(terms)
    small, large = (np.abs(difference.matrix(5, {hp.N: size})).max() for size in (1000, 2000))
    assert np.log2(small / large) == pytest.approx(terms, abs=0.02)


@pytest.mark.ledger("eq-3", "eq-4", method="derivation")
def test_bosonic_model_is_eqs_3_and_4():
    eta, gamma = sp.symbols("eta Gamma_2", positive=True)
    phase = sp.Symbol("varphi", real=True)
    steps = hp.bosonise(eta, phase, gamma)
    assert steps.jump_limit.terms == {2: sp.sqrt(gamma)}
    phasor = sp.exp(sp.I * phase)
    assert steps.hamiltonian_limit.terms == {2: eta * phasor, -2: eta / phasor}


def test_hamiltonian_series_is_hermitian_and_has_the_first_correction():
    steps = hp.bosonise(sp.Rational(3, 10), sp.Integer(0), sp.Integer(1))
    values = {hp.N: 50}
    series = steps.hamiltonian_series.matrix(8, values)
    np.testing.assert_allclose(series, series.conj().T, atol=1e-14)
    spin = qutip.jmat(25, "-").full()[::-1, ::-1]
    pair = 0.3 / 50 * (spin @ spin)
    exact = (pair + pair.T)[:8, :8]
    limit = steps.hamiltonian_limit.matrix(8, values)
    assert np.abs(series - exact).max() < 0.05 * np.abs(limit - exact).max()


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 12), st.floats(0.05, 2.5), st.floats(-3, 3), st.integers(1, 3))
def test_action_on_a_coherent_state(n_spins, theta, azimuth, power):
    tau = sp.Symbol("tau")
    factor = sp.lambdify((hp.n, hp.N, tau), hp.on_coherent_state(hp.s_minus() ** power, tau))
    state = states.spin_coherent(n_spins, theta, azimuth)
    spin = qutip.jmat(n_spins / 2, "-").full()[::-1, ::-1]
    acted = np.linalg.matrix_power(spin, power) @ state
    value = np.exp(1j * azimuth) * np.tan(theta / 2)
    expected = factor(np.arange(n_spins + 1), n_spins, value) * state
    np.testing.assert_allclose(acted, expected, atol=1e-10 * n_spins**power)


def test_action_refuses_creation_operators():
    with pytest.raises(ValueError, match="creation"):
        hp.on_coherent_state(hp.a.adjoint(), sp.Symbol("tau"))


@settings(max_examples=20, deadline=None)
@given(polynomials(), st.integers(1, 15), st.integers(0, 10))
def test_binomial_moment_is_the_sum_over_the_distribution(g, n_spins, tenths):
    p = sp.Rational(tenths, 10)
    weights = [
        sp.binomial(n_spins, k) * p**k * (1 - p) ** (n_spins - k) for k in range(n_spins + 1)
    ]
    direct = sum(w * sp.sympify(g).subs(hp.n, k) for k, w in enumerate(weights))
    assert hp.binomial_moment(g, p).subs(hp.N, n_spins) == direct
