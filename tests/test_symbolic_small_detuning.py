"""Eqs. 47-50 by expansion, against the paper's forms and against Newton's method."""

import numpy as np
import pytest
import sympy as sp

from spincat.mean_field import phase_locking
from spincat.symbolic import small_detuning as derive
from spincat.symbolic.mirror_halves import A, N, delta, eta, rates, z, zeta

NAMES = ["printed", "paper", "product"]
EQUATIONS = {name: rates(name) for name in NAMES}


@pytest.mark.ledger("small-detunings-leave-amplitude-and-inversion", method="derivation")
@pytest.mark.parametrize("name", NAMES)
def test_the_equations_are_odd_in_spread_and_detuning_together(name):
    """So A and z of the locked state are even in δ, and only the spread ζ has a first order."""
    equations = EQUATIONS[name]
    turned = [e.subs({zeta: -zeta, delta: -delta}, simultaneous=True) for e in equations]
    for field, sign in zip(("amplitude", "phase", "inversion"), (1, -1, 1), strict=True):
        index = equations._fields.index(field)
        assert sp.expand(sp.expand_trig(turned[index] - sign * equations[index])) == 0


@pytest.mark.ledger("eq-47", method="derivation")
def test_equation_47_needs_two_corrections():
    ours, paper = derive.linearise(EQUATIONS["printed"]), derive.printed_linearised()
    assert sp.expand(ours.amplitude - paper.amplitude) == 0
    assert sp.expand(ours.inversion * A**2 - paper.inversion) == 0
    missing = sp.factor(ours.phase - paper.phase)
    assert sp.expand(missing + z * zeta * (N - 1) * (N - 2) * A**2 / N) == 0


def test_equations_that_mix_the_orders_are_refused():
    with pytest.raises(ValueError, match="not even"):
        derive.linearise(EQUATIONS["printed"]._replace(amplitude=sp.sin(zeta)))
    with pytest.raises(ValueError, match="fixed = 'N'"):
        derive.steady_state(EQUATIONS["printed"], "N", 1)


@pytest.mark.ledger("eq-48", method="derivation")
def test_equation_48_has_its_third_term_at_the_third_order():
    coefficients = derive.steady_state(EQUATIONS["printed"], "eta", 3).amplitude_squared
    expected = (0, 2 * eta, -4 * eta, 4 * eta - 32 * eta**2)
    assert [sp.expand(a - b) for a, b in zip(coefficients, expected, strict=True)] == [0] * 4


@pytest.mark.parametrize(("name", "c"), [("printed", 4), ("paper", 8), ("product", 0)])
def test_the_slope_at_fixed_drive(name, c):
    steady = derive.steady_state(EQUATIONS[name], "eta", 2)
    assert steady.slope[:2] == (0, 0)
    assert sp.expand(steady.slope[2] + 16 * eta**2 - c * eta) == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fixed", ["eta", "h"])
@pytest.mark.ledger("eq-47", "eq-48", "eq-49", method="spectrum")
def test_the_series_approach_newton_s_method_at_the_next_order(name, fixed):
    order, value = (3, 0.8) if fixed == "eta" else (1, 0.04)
    steady = derive.steady_state(EQUATIONS[name], fixed, order)
    root = np.sqrt(1 - 16 * value) if fixed == "h" else 0.0
    sizes, errors = np.array([400, 800]), []
    for n_spins in sizes:
        drive = value * n_spins if fixed == "h" else value
        state = phase_locking.locked_state(name, int(n_spins), drive, 0.0)
        rate = phase_locking.restoring_rate(name, int(n_spins), drive)
        numeric = state.amplitude_squared, state.inversion, -rate
        at = {N: int(n_spins), eta: drive, derive.s: root}
        series = [float(derive.as_series(value).subs(at)) for value in steady]
        errors.append(np.abs(np.subtract(series, numeric)))
    slopes = np.log2(np.array(errors[0]) / np.array(errors[1]))
    np.testing.assert_allclose(slopes, order + 1, atol=0.1)


@pytest.mark.ledger("eq-29", "eq-50", method="derivation")
def test_the_leading_order_at_fixed_density_is_that_of_equations_29_and_50():
    s = derive.s
    for equations in EQUATIONS.values():
        steady = derive.steady_state(equations, "h", 1)
        assert sp.expand(steady.inversion[0] + (1 + s) / 2) == 0
        assert sp.expand(steady.amplitude_squared[0] - (1 - s**2) / 8) == 0
        density = (1 - s**2) / 16
        spread = derive.spread_coefficients(equations)[0]
        assert sp.simplify(spread - (1 + s) / (32 * density**2)) == 0


@pytest.mark.ledger("eq-49", method="derivation")
def test_equation_49_has_one_of_two_parts_of_its_second_term():
    h, root = derive.h, sp.sqrt(1 - 16 * derive.h)
    correction = derive.in_h(derive.spread_coefficients(EQUATIONS["printed"])[1])
    expected = (1 + 32 * h + (1 - 8 * h + 64 * h**2) / root) / (128 * h**3)
    assert sp.simplify(correction - expected) == 0
    small = sp.series(expected, h, 0, 0).removeO()
    assert sp.expand(small - (1 + 16 * h + 48 * h**2) / (64 * h**3)) == 0


def test_the_second_term_at_weak_drive_depends_on_the_equations():
    h = derive.h
    expected = {"printed": (1 + 16 * h) / 64, "paper": (1 + 2 * h) / 32, "product": h / 8}
    for name, value in expected.items():
        correction = derive.in_h(derive.spread_coefficients(EQUATIONS[name])[1])
        rest = sp.expand(sp.series(correction, h, 0, 0).removeO() - value / h**3) * h
        assert rest.is_number  # what is left is of order 1/h


@pytest.mark.ledger("eq-49", method="spectrum")
@pytest.mark.parametrize("name", NAMES)
def test_the_second_term_of_the_spread_by_newton_s_method(name):
    """At h = 0.05, where the first two terms of its series in h are 16 % off."""
    value, n_spins = 0.05, 100_000
    zeroth, first = derive.spread_coefficients(EQUATIONS[name])
    slope = 1 / phase_locking.restoring_rate(name, n_spins, value * n_spins)
    leading = float(zeroth.subs(derive.s, np.sqrt(1 - 16 * value)))
    second = float(derive.in_h(first).subs(derive.h, value))
    assert n_spins * (slope - leading) == pytest.approx(second, rel=2e-4)
    if name == "printed":
        assert (1 + 16 * value) / (64 * value**3) < 0.85 * second


@pytest.mark.parametrize("name", NAMES)
def test_slow_conditions_hold_for_large_n(name):
    inversion, phase = derive.slow_conditions(EQUATIONS[name])
    errors = []
    for n_spins in (10**4, 10**5):
        state = phase_locking.locked_state(name, n_spins, 0.03 * n_spins, 0.4)
        at = {zeta: 0.4, z: state.inversion, delta: state.delta, derive.h: 0.03}
        errors.append([abs(float(value.subs(at))) for value in (inversion, phase)])
    np.testing.assert_allclose(np.divide(*errors), 10, rtol=0.05)


def test_the_first_correction_in_the_spread():
    s = derive.s
    series = derive.detuning_series(EQUATIONS["paper"], 3)
    ratio = series.coeff(zeta, 3) / series.coeff(zeta, 1)
    assert sp.simplify(ratio - (5 * s + 3) / (6 * s)) == 0
