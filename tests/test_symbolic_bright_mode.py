"""The limit of oscillators and what the bright mode loses, against matrices and other modules."""

import numpy as np
import pytest
import sympy as sp

from spincat.many_spins.held_amplitude import held_mode
from spincat.model.broadening import Gaussian, Lorentzian, TwoPoint, Uniform
from spincat.model.line import density, hops, response, self_energy
from spincat.symbolic import bright_mode as bm
from spincat.symbolic import holstein_primakoff as hp
from spincat.symbolic import stabilisation as sb

LINES = {"gaussian": Gaussian, "uniform": Uniform, "two_point": TwoPoint}


def test_a_class_of_spins_becomes_an_oscillator():
    assert sp.simplify(bm.class_element() - sp.sqrt(bm.w * bm.n)) == 0
    assert bm.exchange_energy() == bm.G * bm.n
    # at N = 10⁶ the element of 10 excitations in a tenth of the spins is that to 1/N
    n_spins, part, number = 1e6, 0.1, 10
    exact = np.sqrt(number * (part * n_spins - number + 1) / n_spins)
    assert exact == pytest.approx(np.sqrt(part * number), rel=1e-4)


@pytest.mark.parametrize("line", LINES)
def test_the_moments_give_the_hops(line):
    squares = bm.hops_squared(line, 5)
    values = [float(square.subs(bm.delta, 0.3)) for square in squares]
    expected = hops(LINES[line](0.3), 5)
    np.testing.assert_allclose(values, expected[: len(values)] ** 2, rtol=1e-12)
    assert not expected[len(values) :].any()


def test_a_lorentzian_has_no_memory():
    assert bm.lorentzian_self_energy() == -sp.I * bm.gamma
    values = self_energy(Lorentzian(0.3), [-2.0, 0.0, 0.1 + 0.2j, 5.0])
    np.testing.assert_allclose(values, -0.3j)


def test_the_gap_moves_the_line_and_does_nothing_else():
    direct, moved = bm.gapped_response()
    assert sp.simplify(direct - moved) == 0
    # and for many classes, in numbers
    detunings, weights = np.random.default_rng(1).normal(size=(2, 9))
    weights = weights**2 / np.sum(weights**2)
    vector, gap, omega = np.sqrt(weights), 0.7, 0.3 + 0.2j
    matrix = np.diag(detunings) + gap * (np.eye(9) - np.outer(vector, vector))
    numeric = vector @ np.linalg.solve(omega * np.eye(9) - matrix, vector)
    assert 1 / numeric == pytest.approx(gap + 1 / np.sum(weights / (omega - gap - detunings)))


def test_a_mode_without_memory_takes_single_excitations():
    """To the first order in dt the step is that of 2γ D[a]."""
    empty, full = bm.time_bin()
    lower, upper = sp.symbols(r"a a^{\dagger}", commutative=False)
    rho = sp.Symbol("rho", commutative=False)
    dt = sp.Symbol("dt", positive=True)
    # both are built of a†a and a, and `empty` is its own adjoint
    adjoint = full.subs({lower: upper, sp.I: -sp.I}, simultaneous=True)
    step = sp.expand(empty * rho * empty + full * rho * adjoint - rho)
    expected = 2 * bm.gamma * dt * sb.dissipator(lower, upper, rho)
    assert sp.expand(step.coeff(dt, 1) * dt - expected) == 0


def test_drive_and_loss_change_the_amplitude_by_what_their_square_lacks():
    rate = bm.amplitude_rate()
    one = hp.LadderOperator({0: sp.S.One})
    expected = -1 * (hp.a.adjoint() @ (hp.a @ hp.a - bm.x * one))
    assert (rate - expected).simplify().terms == {}


def test_the_held_intensity_is_steady_and_begins_at_the_threshold():
    intensity, growth = bm.held_intensity(), bm.vacuum_growth()
    assert sp.simplify(intensity + bm.kappa / 2 - sp.sqrt(bm.x**2 - bm.shift**2)) == 0
    assert sp.simplify(growth - intensity) == 0


def test_the_loss_of_a_line_is_given_by_its_density():
    loss, shift = bm.loss_and_shift(-sp.I * sp.pi * bm.w)  # G(0) = -iπ w(0)
    assert (sp.simplify(loss - 2 / (sp.pi * bm.w)), shift) == (0, 0)
    for line in (Gaussian(0.2), Uniform(0.2), Lorentzian(0.2)):
        assert held_mode(line, 2.0).loss == pytest.approx(2 / (np.pi * density(line, 0.0)))
    assert held_mode(Gaussian(0.2), 2.0).loss == pytest.approx(1.596 * 0.2, rel=1e-3)


def test_numbers_of_a_line_far_away_are_those_of_the_chain():
    """ω - 1/G loses its digits far from the line, and the two hops do not."""
    for line in (Gaussian(0.1), Uniform(0.1), TwoPoint(0.1)):
        near, far = self_energy(line, [99.999, 100.001])
        assert near == pytest.approx(far, rel=1e-4)
        assert far == pytest.approx(1 / 1e4, rel=1e-4)
        assert response(line, 1e9) == pytest.approx(1e-9)


def test_refuses_bad_input():
    with pytest.raises(ValueError, match="'lorentzian'"):
        bm.hops_squared("lorentzian", 3)
    with pytest.raises(ValueError, match="order = 9"):
        bm.hops_squared("gaussian", 9)
