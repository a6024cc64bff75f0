"""The algebra of a mode and a collective spin, and the dispersive transformation (Appendix A)."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spincat.symbolic import dispersive as dp

N_SPINS, PHOTONS = 3, 14


def _matrices():
    """a, a†, S+, Sz, S- of three spins; products are exact away from the last photon numbers."""
    lower = np.diag(np.sqrt(np.arange(1.0, PHOTONS + 1)), 1)
    n = np.arange(1.0, N_SPINS + 1)
    spin = np.diag(np.sqrt(n * (N_SPINS - n + 1)), 1)
    one_a, one_s = np.eye(PHOTONS + 1), np.eye(N_SPINS + 1)
    a, s = np.kron(lower, one_s), np.kron(one_a, spin)
    s_z = np.kron(one_a, np.diag(np.arange(N_SPINS + 1) - N_SPINS / 2))
    return {dp.A: a, dp.A_DAGGER: a.T, dp.S_PLUS: s.T, dp.S_Z: s_z, dp.S_MINUS: s}


MATRICES = _matrices()
KEPT = 4 * (N_SPINS + 1)  # at most six factors a† lead from there to the end of the ladder


def numeric(expression, epsilon=0.0):
    total = np.zeros_like(MATRICES[dp.A])
    for term in sp.Add.make_args(sp.expand(expression)):
        numbers, operators = term.args_cnc()
        product = np.eye(len(total))
        for base, exponent in (power.as_base_exp() for power in operators):
            product = product @ np.linalg.matrix_power(MATRICES[base], int(exponent))
        total = total + float(sp.Mul(*numbers).subs(dp.EPSILON, epsilon)) * product
    return total


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(sorted(MATRICES, key=str)), min_size=1, max_size=6))
def test_normal_order_is_the_same_operator(word):
    product = sp.Mul(*word)
    ordered = dp.normal_order(product)
    np.testing.assert_allclose(
        numeric(ordered)[:KEPT, :KEPT], numeric(product)[:KEPT, :KEPT], rtol=1e-10, atol=1e-9
    )
    order = [dp.A_DAGGER, dp.A, dp.S_PLUS, dp.S_Z, dp.S_MINUS]
    for term in dp.terms(ordered):
        places = [order.index(power.as_base_exp()[0]) for power in term.args_cnc()[1]]
        assert places == sorted(places)
        # every term of one product turns at the same frequency
        assert dp.frequency(term) == dp.frequency(product)


@pytest.mark.ledger("eq-31", "transformation-of-the-mode", method="derivation")
def test_generator_removes_the_exchange():
    condition = dp.solve_generator()
    assert sp.simplify(condition.strength - dp.G / (dp.OMEGA_C - dp.OMEGA_S)) == 0
    at_solution = condition.residual.subs(dp.STRENGTH, condition.strength)
    assert dp.normal_order(sp.simplify(sp.expand(at_solution))) == 0


@pytest.mark.ledger("transformation-of-the-mode", method="derivation")
def test_the_opposite_sign_doubles_the_exchange():
    condition = dp.solve_generator()
    wrong = condition.residual.subs(dp.STRENGTH, -condition.strength)
    ratios = {sp.simplify(value / dp.G) for value in dp.terms(wrong).values()}
    assert ratios == {2}


@pytest.mark.ledger("transformation-of-the-mode", method="numerics")
def test_the_mode_by_a_matrix_exponential():
    scipy_linalg = pytest.importorskip("scipy.linalg")
    epsilon = 1e-3
    x = numeric(dp.generator(sp.Float(epsilon)))
    exact = scipy_linalg.expm(x) @ MATRICES[dp.A] @ scipy_linalg.expm(-x)
    orders = dp.transform(dp.A, 2, dp.EPSILON)
    assert orders[1] == -dp.EPSILON * dp.S_MINUS
    series = sum(numeric(part, epsilon=epsilon) for part in orders)
    assert np.abs((exact - series)[:KEPT, :KEPT]).max() < 3 * epsilon**3


@pytest.mark.ledger("eq-33", method="derivation")
def test_the_cubic_term_to_second_order():
    spin = dp.S_MINUS + dp.S_PLUS
    field = dp.A + dp.A_DAGGER
    first, second = dp.transform(dp.cubic(), 2)[1:]
    assert sp.expand(first - dp.normal_order(-3 * dp.EPSILON * field**2 * spin)) == 0
    expected = 3 * dp.EPSILON**2 * (field * spin**2 + field**3 * dp.S_Z)
    assert sp.expand(second - dp.normal_order(expected)) == 0
    resting = dp.by_frequency(second)[0]
    assert dp.terms(resting)[dp.A_DAGGER * dp.S_MINUS**2] == 3 * dp.EPSILON**2
    assert dp.by_frequency(first).get(0) is None


@pytest.mark.ledger("eq-31", "eq-33", method="derivation")
def test_a_linear_dipole_has_sixteen_thirds_and_more_exchange():
    """By a generator that removes both halves of g(a + a†)(S₊ + S₋), and by pymablock."""
    swap = {dp.S_PLUS: dp.S_MINUS, dp.S_MINUS: dp.S_PLUS}
    both = dp.generator(dp.EPSILON)
    both += dp.generator(dp.EPSILON / 3).subs(swap, simultaneous=True)  # at 3ω₀ instead of ω₀
    coupling = dp.exchange() + dp.exchange().subs(swap, simultaneous=True)
    free = dp.free_hamiltonian().subs({dp.OMEGA_C: 2, dp.OMEGA_S: 1})
    assert dp.normal_order(dp.EPSILON * coupling + dp.commutator(both, free)) == 0
    pair = dp.commutator(both, dp.commutator(both, dp.cubic())) / 2
    resting = dp.terms(dp.by_frequency(pair)[0])
    assert resting[dp.A_DAGGER * dp.S_MINUS**2] == sp.Rational(16, 3) * dp.EPSILON**2
    shift = dp.terms(dp.by_frequency(dp.EPSILON * dp.commutator(both, coupling) / 2)[0])
    third = dp.EPSILON**2 / 3
    photons, swapped = dp.A_DAGGER * dp.A * dp.S_Z, dp.S_PLUS * dp.S_MINUS
    assert shift == {swapped: -4 * third, photons: -4 * third, dp.S_Z: 2 * third}

    leading = dp.linear_by_pymablock()
    assert sp.simplify(leading.pair / (dp.CHI * dp.G**2 / dp.OMEGA_0**2)) == sp.Rational(16, 3)
    n, n_a, size = dp.EXCITATIONS, dp.PHOTONS, dp.N
    s_z = n - size / 2
    by_hand = (-4 * n * (size - n + 1) - 4 * n_a * s_z + 2 * s_z) * dp.G**2 / (3 * dp.OMEGA_0)
    assert sp.simplify(leading.shift - by_hand) == 0
    assert sp.diff(leading.anharmonicity, n) == 0


@pytest.mark.ledger("eq-32", "eq-34", method="derivation")
def test_the_printed_term_turns():
    assert dp.frequency(dp.A_DAGGER * dp.S_MINUS**2) == 0
    assert dp.frequency(dp.A * dp.S_MINUS**2) == -4


@pytest.mark.ledger("omitted-terms-are-small-for-a-large-nonlinearity", method="derivation")
def test_omitted_terms_fall_against_the_loss_as_the_square_of_the_nonlinearity():
    kappa = sp.Symbol("kappa", positive=True)
    gamma_2 = (
        4
        * dp.terms(dp.by_frequency(dp.transform(dp.cubic(), 2)[2])[0])[dp.A_DAGGER * dp.S_MINUS**2]
        ** 2
        / (kappa / dp.N**2)
    )
    single = kappa * dp.transform(dp.A, 2)[1].coeff(dp.S_MINUS) ** 2 * dp.N
    exchange = dp.terms(dp.dispersive_shift())[dp.S_PLUS * dp.S_MINUS]
    gamma_2 *= dp.CHI**2  # the cubic term is counted without its factor
    for omitted in (single, exchange):
        ratio = sp.simplify(omitted / gamma_2)
        assert sp.simplify(dp.CHI * sp.diff(sp.log(ratio), dp.CHI)) == -2


def test_pymablock_agrees():
    leading = dp.by_pymablock()
    assert sp.simplify(leading.pair - 3 * dp.CHI * dp.G**2 / dp.OMEGA_0**2) == 0
    # the shift of the generator's derivation, on the ladder: S+S- = n(N-n+1), Sz = n - N/2
    n, n_a = dp.EXCITATIONS, dp.PHOTONS
    values = {dp.S_PLUS * dp.S_MINUS: n * (dp.N - n + 1), dp.A_DAGGER * dp.A * dp.S_Z: n_a}
    values[dp.A_DAGGER * dp.A * dp.S_Z] *= n - dp.N / 2
    shift = sum(
        value * values[product] for product, value in dp.terms(dp.dispersive_shift()).items()
    )
    assert sp.simplify(leading.shift - shift.subs(dp.EPSILON, dp.G / dp.OMEGA_0)) == 0
    # textbook: -(chi^2/omega)(30 n^2 + 30 n + 11) for (a + a†)^3 at frequency omega = 2 omega_0
    textbook = -(dp.CHI**2) / (2 * dp.OMEGA_0) * (30 * n_a**2 + 30 * n_a + 11)
    assert sp.simplify(leading.anharmonicity - textbook) == 0
