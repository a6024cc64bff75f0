"""The planar flow and what follows from it, against numbers that do not come from SymPy."""

import numpy as np
import pytest
import sympy as sp
from spin_by_spin import printed_rates

from spincat.large_n import planar_flow
from spincat.mean_field import all_spins
from spincat.symbolic import planar_flow as derive
from spincat.symbolic import slow_spins
from spincat.symbolic.planar_flow import delta, h, u, w


def test_equations_are_the_printed_ones():
    at = {derive.A: 0.3, derive.zeta: 0.4, derive.z: -0.7, derive.N: 50, h: 0.02, delta: 0.05}
    log_a, spread, inversion = (float(rate.subs(at)) for rate in derive.printed_rates())
    expected = printed_rates([0.3, 0.4, -0.7], 50, 0.02 * 50, 0.05)
    assert [0.3 * log_a, spread, 0.09 * inversion] == pytest.approx(expected, rel=1e-12)


def test_every_fast_rate_contains_the_constraint():
    constraint = derive.A**2 * sp.cos(derive.zeta) ** 2 - 2 * h
    for rate in derive.fast_part():
        assert sp.simplify(sp.cancel(rate / constraint)).has(derive.A) is False


def test_flow_is_the_limit_of_the_equations():
    # on the slow manifold: A from the constraint, corrected by the derived distance y/N
    point = {u: 0.8, w: 0.4, h: 0.02, delta: 0.06}
    n, z, spread = 10**7, -0.6, np.arctan(0.8)
    y = float(derive.distance().subs(point))
    amplitude = np.sqrt((2 * 0.02 + y / n) * (1 + 0.8**2))
    rates = printed_rates([amplitude, spread, z], n, 0.02 * n, 0.06)
    d_tan, d_w = (float(rate.subs(point)) for rate in derive.flow())
    flow = [d_tan / (1 + 0.8**2), d_w]
    assert rates[1:] == pytest.approx(flow, abs=1e-6)
    assert planar_flow.rhs([spread, z], 0.02, 0.06) == pytest.approx(rates[1:], abs=1e-6)
    assert planar_flow.rhs([spread, z], 0.02, 0.06) == pytest.approx(flow, rel=1e-12)


@pytest.mark.parametrize("drive", [0.005, 0.02, 0.045])
def test_closed_forms_are_those_of_the_package(drive):
    for name, function in (("saddle_node", planar_flow.saddle_node_linewidth),
                           ("hopf", planar_flow.hopf_linewidth)):  # fmt: skip
        value = getattr(derive, name)().subs(h, drive)
        square = float(derive.squared_detuning().subs({h: drive, w: value}))
        assert float(function(drive)) == pytest.approx(np.sqrt(square), rel=1e-12)
    value = derive.hopf().subs(h, drive)
    coefficient = float(derive.lyapunov_coefficient().subs(w, value))
    assert float(planar_flow.lyapunov_coefficient(drive)) == pytest.approx(coefficient, rel=1e-10)


@pytest.mark.ledger("transition-is-shown-analytically", method="derivation")
def test_special_points():
    value, drive, detuning = derive.bogdanov_takens()
    assert [float(drive), float(detuning)] == pytest.approx(planar_flow.BOGDANOV_TAKENS, rel=1e-12)
    assert value == 2 - sp.sqrt(2)
    assert derive.largest_detuning() == (
        sp.Rational(2, 3),
        sp.Rational(1, 36),
        sp.Rational(2, 27),
    )


def test_the_hopf_bifurcation_is_subcritical_all_along_the_line():
    numerator, denominator = sp.fraction(derive.lyapunov_coefficient())
    ends = derive.bogdanov_takens()[0], sp.Rational(2, 3)  # w along the line, h > 0
    for polynomial in (numerator, denominator):
        inside = [r for r in sp.Poly(polynomial, w).real_roots() if ends[0] < r < ends[1]]
        assert inside == []
    assert derive.lyapunov_coefficient().subs(w, sp.Rational(5, 8)) > 0


@pytest.mark.parametrize("equations", ["paper", "product"])
def test_slow_rates_of_a_spin_are_the_limit_of_n_spins(equations):
    # N spins whose mean is exactly √(2h): then ε = 0, and the common term is the package's own
    rng, n, drive = np.random.default_rng(2), 4000, 0.02
    excitation = rng.uniform(0.1, 0.6, n)
    s = 0.25 * np.sqrt(excitation) * np.exp(1j * rng.uniform(-1, 1, n))
    s += np.sqrt(2 * drive) - s.mean()
    detunings = rng.normal(0, 0.05, n)
    rhs = all_spins.paper_rhs if equations == "paper" else all_spins.product_state_rhs
    turn = np.exp(1j * np.pi / 4)
    ds, dz = rhs(s * turn, excitation - 1, drive * n, detunings)
    common = slow_spins.common_term(equations).subs(
        {
            slow_spins.epsilon: 0,
            slow_spins.c2: excitation.mean() / 2,
            slow_spins.s2: np.mean(np.abs(s) ** 2),
            slow_spins.t2: np.mean(s**2),
            slow_spins.h: drive,
        }
    )
    symbols = slow_spins.G, slow_spins.G_conjugate, slow_spins.h
    field = complex(common)
    rates = slow_spins.slow_rates(equations)
    variables = slow_spins.s, slow_spins.s_conjugate, slow_spins.w, slow_spins.delta
    for rate, value in zip(rates, (ds / turn, dz), strict=True):
        number = sp.lambdify((*variables, *symbols), rate)
        expected = number(s, s.conj(), excitation, detunings, field, field.conjugate(), drive)
        assert np.abs(value - expected).max() < 5 / n
    assert np.abs(ds).max() > 0.05  # not small for a trivial reason


def test_both_sets_of_equations_have_the_same_slow_rates():
    pair = slow_spins.slow_rates("product"), slow_spins.slow_rates("paper")
    assert [sp.expand(a - b) for a, b in zip(*pair, strict=True)] == [0, 0]
    assert slow_spins.common_term("product") != slow_spins.common_term("paper")


def test_mean_field_relaxes_to_the_constraint():
    mean, conjugate = sp.symbols("m m^{*}")
    assert sp.expand(slow_spins.mean_rate() - conjugate * (mean**2 - 2 * h)) == 0


def test_steady_spins_solve_the_stated_cubic():
    _, condition = slow_spins.steady_spin()
    x, g = slow_spins.w, slow_spins.gamma
    stated = x * (16 * h**2 * x**2 + slow_spins.delta**2) - 4 * h * g**2 * (1 - x)
    assert sp.expand(condition - stated) == 0
    assert sp.simplify(slow_spins.self_consistency() - x**2 / g) == 0


def test_breaking_the_mirror_symmetry_decays():
    trace, determinant = slow_spins.mirror_breaking()
    x = slow_spins.w
    assert sp.simplify(trace + 4 * h * (8 * h + (1 - x) * (2 - x)) / (1 - x)) == 0
    assert sp.simplify(determinant - 32 * h**2 * (8 * h + x) / (1 - x)) == 0
