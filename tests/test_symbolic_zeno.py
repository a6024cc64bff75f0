"""The derivation of the Zeno limit, against number states and the numerical qubit."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from spincat.many_spins import evolve_zeno
from spincat.many_spins._cat_qubit import cat_qubit
from spincat.model import TwoPoint
from spincat.symbolic import dephasing, zeno
from spincat.symbolic.zeno import B_DAGGER, B, delta, t, u, x, z

PARITIES = "even", "odd"
v = dephasing.v
FREE = {
    "even": sp.cosh(v * x) ** 2 / sp.cosh(x) ** 2,  # Eq. 18
    "odd": sp.sinh(v * x) ** 2 / sp.sinh(x) ** 2,
}


def coefficients(function: sp.Expr, value: float, count: int = 24) -> np.ndarray:
    """Amplitudes c_n = √n! f_n of an entire function at x, by Cauchy's integral."""
    points, radius = 64, 3.0
    circle = radius * np.exp(2j * np.pi * (np.arange(points) + 0.5) / points)
    values = sp.lambdify(z, function.subs(x, value), "numpy")(circle.astype(complex))
    phases = np.exp(-1j * np.pi * np.arange(points) / points)
    series = (np.fft.fft(values) / points * phases).real[:count] / radius ** np.arange(count)
    return series * np.sqrt(np.cumprod(np.maximum(np.arange(count), 1.0)))


@pytest.mark.parametrize("value", [0.4, 1.5])
def test_the_functions_are_states_of_a_boson(value: float) -> None:
    even, odd = (coefficients(cat, value) for cat in zeno.cats())
    assert even @ even == pytest.approx(1, abs=1e-10)
    assert even[1::2] == pytest.approx(0, abs=1e-12)
    lower = np.diag(np.sqrt(np.arange(1.0, 24)), 1)
    matrix = np.array([[c @ lower @ d for d in (even, odd)] for c in (even, odd)])
    assert matrix == pytest.approx(np.array(zeno.lowering().subs(x, value), dtype=float), abs=1e-9)
    assert np.array(zeno.lowering().subs(x, value), dtype=float) == pytest.approx(
        cat_qubit(value / 2, 0.0).lowering
    )


def test_the_loss_leaves_a_in_the_span_and_its_square_a_number() -> None:
    assert sp.simplify(zeno.lowering() ** 2) == x * sp.eye(2)
    for cat in zeno.cats():
        assert sp.simplify(sp.diff(cat, z, 2) - x * cat) == 0


def test_the_hamiltonian_conserves_the_parity() -> None:
    matrix = zeno.hamiltonian()
    parity = sp.diag(1, -1)
    mirrored = (parity * matrix * parity).subs({B: -B, B_DAGGER: -B_DAGGER}, simultaneous=True)
    assert sp.simplify(mirrored - matrix) == sp.zeros(2)
    assert matrix[0, 0] == matrix[1, 1] == 0


@pytest.mark.parametrize("parity", PARITIES)
def test_what_is_driven_out_is_orthogonal_to_the_cats(parity: str) -> None:
    for cat in zeno.cats():
        overlap = zeno.inner(cat, zeno.driven_out(parity))
        assert float(overlap.subs(x, 0.7)) == pytest.approx(0, abs=1e-12)
    norm = zeno.inner(zeno.driven_out(parity), zeno.driven_out(parity)).subs(x, 0.7)
    vector = coefficients(zeno.driven_out(parity), 0.7)
    assert float(norm) == pytest.approx(vector @ vector, rel=1e-8)


@pytest.mark.parametrize("parity", PARITIES)
def test_a_jump_leaves_coherent_states_between_the_two(parity: str) -> None:
    numerator = sp.simplify(zeno.left_by_jump(parity) * (z**2 - x))
    assert sp.simplify(numerator.subs(z, sp.sqrt(x))) == 0  # no pole
    nodes, weights = np.polynomial.legendre.leggauss(40)
    weight = sp.lambdify(u, zeno.left_as_integral(parity).subs(x, 2), "numpy")(nodes)
    for point in (0.3, 1.9):
        integral = weights @ (weight * np.exp(np.sqrt(2) * nodes * point))
        expected = float(zeno.left_by_jump(parity).subs({x: 2, z: point}))
        assert integral == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("value", [0.05, 0.4, 2.0, 5.0])
def test_closed_forms_are_those_of_the_qubit(value: float, index: int) -> None:
    qubit = cat_qubit(value / 2, 0.0)
    closed = float(sp.N(zeno.loss(PARITIES[index]).subs(x, value), 15))
    assert closed == pytest.approx(qubit.mixed[index].real, rel=1e-6)
    pair = float(sp.N(zeno.pair_element(PARITIES[index]).subs(x, value), 15))
    assert pair == pytest.approx(qubit.pair[1 - index, index].real, rel=1e-6)


def test_losses_of_small_and_large_cats() -> None:
    small = sp.Rational(1, 1000)
    losses = [sp.N(zeno.loss(parity).subs(x, small), 30) for parity in PARITIES]
    assert float(losses[0] / small**2) == pytest.approx(2 / 9, rel=1e-5)
    assert float(losses[1]) == pytest.approx(2, rel=1e-5)
    for parity in PARITIES:
        assert float(sp.N(zeno.loss(parity).subs(x, 60), 80)) == pytest.approx(1 / 120, rel=5e-3)


def test_short_times_are_those_of_eq_20() -> None:
    free = {parity: dephasing.short_time(form) for parity, form in FREE.items()}
    for parity in PARITIES:
        assert sp.simplify((1 - zeno.leaving(parity) - free[parity]).rewrite(sp.exp)) == 0


def test_responses_of_lines_in_closed_form() -> None:
    gamma = sp.Symbol("gamma", positive=True)
    assert sp.expand(zeno.fed(sp.cos(delta * t)) - 1 - delta**2 * t**2 / 2) == 0
    assert sp.expand(zeno.fed(sp.exp(-gamma * t)) - 1 - gamma * t) == 0
    # a Lorentzian is the loss κ = 2γ of single excitations: F = exp(-κxt) without any
    fidelity = zeno.displaced_fidelity(sp.exp(-gamma * t))
    assert sp.simplify(fidelity - sp.exp(-2 * gamma * x * t)) == 0


def test_a_small_cat_of_two_halves() -> None:
    even = zeno.exchange_fidelity(sp.cos(delta * t), "even")
    assert sp.simplify(even - 1 + x**2 * (1 - sp.cos(sp.sqrt(2) * delta * t))) == 0
    values = {x: 0.01, delta: 0.1, t: 25.0}
    for parity in PARITIES:
        limit = evolve_zeno(TwoPoint(0.1), 0.005, [25.0], parity, correction=False, tol=1e-8)
        closed = float(zeno.exchange_fidelity(sp.cos(delta * t), parity).subs(values))
        lost = 1 - closed
        assert 1 - limit.fidelity.item() == pytest.approx(lost, rel=0.02)


def test_one_excitation_at_most_beside_the_odd_cat() -> None:
    """The two-level cat of two halves: b†|C₋⟩ has the response cos(√2δt) there."""
    k = sp.laplace_transform(sp.cos(delta * t) ** 2, t, zeno.s, noconds=True)
    response = zeno.hard_core().subs({sp.Symbol("k", positive=True): k, zeno.hop: delta})
    expected = sp.laplace_transform(sp.cos(sp.sqrt(2) * delta * t), t, zeno.s, noconds=True)
    assert sp.simplify(response - expected) == 0
