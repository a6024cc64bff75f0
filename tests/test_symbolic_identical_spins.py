"""The reduction to identical spins against Eqs. 22-23 in numbers and against single spins."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from spincat.symbolic import identical_spins as s

NAMES = "printed", "paper", "product"
VALUES = {s.ETA: 0.7, s.GAMMA: 1.3}


def rates(name, n_spins, amplitude, phase, z):
    """σ̇ and ż of one set of equations, in numbers."""
    values = VALUES | {s.N: n_spins, s.A: amplitude, s.PHI: phase, s.Z: z}
    a, phi, z_rate = (float(f.subs(values)) for f in s.rates(name)[:3])
    return amplitude * (a + 1j * phi) * np.exp(1j * phase), z_rate


@settings(max_examples=10)
@given(st.integers(2, 30), st.floats(0.05, 0.5), st.floats(-3, 3), st.floats(-0.9, 0.9))
@pytest.mark.ledger("eq-24", method="numerics")
def test_paper_equations_are_eqs_22_and_23(n_spins, amplitude, phase, z):
    eta, gamma = VALUES.values()
    sigma = np.full(n_spins, amplitude * np.exp(1j * phase))
    c_1 = (sigma.sum() - sigma[0]) / n_spins
    c_2 = (n_spins - 1) * (1 + z) / (2 * n_spins)
    q, t = c_2 / n_spins + abs(c_1) ** 2, c_1 * (2 * c_2 + n_spins * abs(c_1) ** 2)
    sigma_rate = -2j * eta * z * np.conj(c_1) - 2 * gamma * sigma[0] * q + gamma * z * t
    z_rate = 8 * eta * np.imag(sigma[0] * c_1) - 4 * gamma * (1 + z) * q
    z_rate -= 4 * gamma * np.real(sigma[0] * np.conj(t))
    ours = rates("paper", n_spins, amplitude, phase, z)
    np.testing.assert_allclose(ours, (sigma_rate, z_rate), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("n_spins", [2, 3, 4, 5])
def test_product_equations_are_the_master_equation_of_single_spins(n_spins):
    eta, gamma = VALUES.values()
    sigma, z = 0.3 * np.exp(0.4j), -0.45
    # |e> first; ρ_ge = ⟨σ⁺⟩ since ⟨σ⁺⟩ = Tr(|e><g| ρ)
    one = np.array([[(1 + z) / 2, np.conj(sigma)], [sigma, (1 - z) / 2]])
    rho, raise_one, z_one = np.eye(1), np.zeros((1, 1)), np.zeros((1, 1))
    total = np.zeros((1, 1))
    for k in range(n_spins):
        rho = np.kron(rho, one)
        total = np.kron(total, np.eye(2)) + np.kron(np.eye(2**k), [[0, 0], [1, 0]])
    raise_one = np.kron([[0, 1], [0, 0]], np.eye(2 ** (n_spins - 1)))
    z_one = np.kron(np.diag([1, -1]), np.eye(2 ** (n_spins - 1)))
    pair = total @ total / n_spins
    hamiltonian, loss = eta * (pair + pair.T), pair.T @ pair
    rate = -1j * (hamiltonian @ rho - rho @ hamiltonian)
    rate += gamma * (pair @ rho @ pair.T - (loss @ rho + rho @ loss) / 2)
    expected = np.trace(raise_one @ rate), np.trace(z_one @ rate).real
    assert np.trace(raise_one @ rho) == pytest.approx(sigma)
    ours = rates("product", n_spins, abs(sigma), np.angle(sigma), z)
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_length_is_lost_as_by_a_single_emitter(name):
    equations = s.rates(name)
    lost = -8 * s.GAMMA * equations.emission * (2 * s.A**2 + s.Z * (1 + s.Z))
    assert sp.simplify(s.length_rate(equations) - lost) == 0


@pytest.mark.ledger("eq-24", method="derivation")
def test_leading_orders_agree_but_for_the_phase_of_eq_24():
    paper, printed, product = map(s.rates, ("paper", "printed", "product"))
    for field in ("amplitude", "inversion"):
        leading = [s.order(getattr(e, field), 1) for e in (paper, printed, product)]
        assert sp.simplify(leading[0] - leading[1]) == sp.simplify(leading[0] - leading[2]) == 0
    ratio = sp.simplify(s.order(printed.phase, 1) / s.order(paper.phase, 1))
    assert ratio == s.A
    assert s.order(paper.amplitude, 0) != s.order(printed.amplitude, 0)


@pytest.mark.ledger("eq-25", method="derivation")
def test_fixed_points_solve_eq_24_and_tend_to_eq_25():
    equations = s.rates("printed")
    h = s.H
    for point, sign in zip(s.fixed_points(), (1, -1), strict=True):
        for rate in (equations.amplitude, sp.expand(equations.inversion / s.A**2)):
            at = rate.subs(s.PHI, sp.pi / 4).subs(s.A, sp.sqrt(s.A**2)).subs(s.A**2, point[s.A**2])
            assert sp.simplify(at.subs(s.Z, point[s.Z])) == 0
        limit = sp.limit(point[s.Z].subs({s.ETA: h * s.N, s.GAMMA: 1}), s.N, sp.oo)
        assert sp.simplify(limit + (1 + sign * sp.sqrt(1 - 16 * h)) / 2) == 0


def test_slow_rate_vanishes_at_eq_25_and_is_stable_there():
    slow = s.slow_rate().subs(s.GAMMA, 1)
    root = -(1 + sp.sqrt(1 - 16 * s.H)) / 2
    assert sp.simplify(slow.subs(s.Z, root)) == 0
    slope = sp.diff(slow, s.Z).subs(s.Z, root)
    assert all(slope.subs(s.H, h) < 0 for h in (sp.Rational(1, 100), sp.Rational(1, 20)))


def test_jacobian_is_the_matrix_of_differences():
    equations, at = s.rates("paper"), {s.N: 20, s.A: 0.3, s.PHI: 0.6, s.Z: -0.5} | VALUES
    exact = np.array(s.jacobian(equations).subs(at), dtype=float)
    functions = s.A * equations.amplitude, equations.phase, equations.inversion
    for j, symbol in enumerate((s.A, s.PHI, s.Z)):
        for i, f in enumerate(functions):
            up, down = (float(f.subs(at | {symbol: at[symbol] + d})) for d in (1e-5, -1e-5))
            assert exact[i, j] == pytest.approx((up - down) / 2e-5, abs=1e-6)


def test_barrier_is_the_integral_of_the_slope():
    slope, exponent = s.barrier()
    (x,), (m,) = slope.free_symbols - {s.H}, exponent.free_symbols
    for h in (0.01, 0.06, 0.12):
        value = np.sqrt(1 - 8 * h)
        f = sp.lambdify(x, -slope.subs(s.H, h))
        area = quad(f, (1 - value) / 2, (1 + value) / 2)[0]
        assert float(exponent.subs(m, value)) == pytest.approx(area)
