"""Completing the square of the jump operator (Sec. II), against matrices."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spincat import SpinEnsemble
from spincat.symbolic import holstein_primakoff as hp
from spincat.symbolic import stabilisation as sb

ETA, GAMMA = sp.symbols("eta Gamma_2", positive=True)
PHASE = sp.Symbol("varphi", real=True)
PHASOR = sp.exp(sp.I * PHASE)
# Solved once: SymPy takes half a second.
BOSON = sb.absorb_drive(ETA * PHASOR, ETA / PHASOR, GAMMA)
ALPHA = sb.square_root(-BOSON.beta)


def dissipator(jump, rho):
    adjoint = jump.conj().T
    return jump @ rho @ adjoint - (adjoint @ jump @ rho + rho @ adjoint @ jump) / 2


def random_matrices(seed, size=5):
    generator = np.random.default_rng(seed)
    real, imaginary = generator.normal(size=(2, 2, size, size))
    return real + 1j * imaginary


def numeric(expression, jump, rho, beta):
    """Put matrices into a sum of products of noncommuting symbols."""
    matrices = {sb.L: jump, sb.L_DAGGER: jump.conj().T, sb.RHO: rho}
    values = {sb.BETA: beta, sb.BETA_CONJUGATE: np.conj(beta)}
    total = np.zeros_like(rho)
    for term in sp.Add.make_args(expression):
        numbers, factors = term.args_cnc()
        product = np.eye(len(rho), dtype=complex)
        for factor in factors:
            product = product @ matrices[factor]
        total += complex(sp.Mul(*numbers).subs(values)) * product
    return total


@pytest.mark.ledger("eq-1", method="derivation")
def test_dissipator_is_the_one_of_section_2():
    jump, rho = random_matrices(3)
    symbolic = numeric(sp.expand(sb.dissipator(sb.L, sb.L_DAGGER)), jump, rho, 0)
    np.testing.assert_allclose(symbolic, dissipator(jump, rho), atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.complex_numbers(max_magnitude=5))
def test_shifted_dissipator_is_a_commutator(seed, beta):
    jump, rho = random_matrices(seed)
    direct = dissipator(jump + beta * np.eye(5), rho) - dissipator(jump, rho)
    generator = (np.conj(beta) * jump - beta * jump.conj().T) / 2
    symbolic = numeric(sb.shift_difference(), jump, rho, beta)
    np.testing.assert_allclose(symbolic, direct, atol=1e-9)
    np.testing.assert_allclose(generator @ rho - rho @ generator, direct, atol=1e-9)


def test_shift_difference_has_no_quadratic_terms():
    coefficients = sb.operator_coefficients(sb.shift_difference())
    ld, rho = sb.L_DAGGER, sb.RHO
    assert set(coefficients) == {sb.L * rho, rho * sb.L, ld * rho, rho * ld}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.1, 5), st.floats(-3, 3), st.floats(0.1, 5))
@pytest.mark.ledger("eq-1", "eq-2", method="numerics")
def test_shift_absorbs_the_drive_of_any_operator(seed, strength, angle, rate):
    values = {ETA: strength, PHASE: angle, GAMMA: rate}
    beta = complex(BOSON.beta.subs(values).evalf())
    jump, rho = random_matrices(seed)
    drive = strength * np.exp(1j * angle) * jump
    hamiltonian = drive + drive.conj().T
    driven = -1j * (hamiltonian @ rho - rho @ hamiltonian) + rate * dissipator(jump, rho)
    shifted = rate * dissipator(jump + beta * np.eye(5), rho)
    np.testing.assert_allclose(shifted, driven, atol=1e-8)


@pytest.mark.ledger("eq-2", "weak-drive-steady-state", method="derivation")
def test_stabilised_amplitude_is_the_one_of_section_2():
    assert sp.simplify(-BOSON.beta + 2 * sp.I * ETA / PHASOR / GAMMA) == 0
    assert sp.simplify(ALPHA**2 + BOSON.beta) == 0
    printed = sp.sqrt(2 * ETA / GAMMA) * sp.exp(-sp.I * (PHASE / 2 + sp.pi / 4))
    assert sp.simplify(ALPHA - printed) == 0


@given(st.floats(0.01, 10), st.floats(-10, 10))
@settings(max_examples=30, deadline=None)
def test_amplitude_is_that_of_the_ensemble(eta, phase):
    symbolic = ALPHA.subs({ETA: eta, GAMMA: 1, PHASE: phase})
    # The same branch of the root for every phase, not just the same cat.
    assert complex(symbolic) == pytest.approx(SpinEnsemble(8, eta, phase).alpha, abs=1e-9)


def test_spins_have_the_same_amplitude():
    spin = sb.absorb_drive(ETA * PHASOR / hp.N, ETA / PHASOR / hp.N, GAMMA / hp.N**2)
    assert sp.simplify(spin.beta - hp.N * BOSON.beta) == 0


def test_a_drive_that_is_not_hermitian_is_refused():
    with pytest.raises(ValueError, match="conjugate"):
        sb.absorb_drive(ETA * PHASOR, 2 * ETA / PHASOR, GAMMA)


def test_recursion_of_the_oscillator_gives_coherent_states():
    alpha = sp.Symbol("alpha", positive=True)
    lowering, driving = sb.dark_recursion(sb.boson_jump(), -(alpha**2))
    amplitude = alpha**hp.n / sp.sqrt(sp.factorial(hp.n))
    ratio = sp.gammasimp((amplitude.subs(hp.n, hp.n + 2) / amplitude) ** 2)
    assert sp.simplify(ratio - (driving / lowering) ** 2) == 0


@pytest.mark.parametrize("n_spins", [2, 5, 8])
def test_recursion_of_the_spins_breaks_off(n_spins):
    lowering, _ = sb.dark_recursion(sb.spin_jump(), -hp.N)
    at = [lowering.subs({hp.N: n_spins, hp.n: k}) for k in range(n_spins + 1)]
    assert [value == 0 for value in at] == [False] * (n_spins - 1) + [True] * 2
    # The matrix says the same: nilpotent, hence without any eigenvalue but 0.
    jump = sb.spin_jump().matrix(n_spins + 1, {hp.N: n_spins})
    assert not np.linalg.matrix_power(jump, n_spins // 2 + 1).any()
    assert np.linalg.matrix_rank(jump - 0.3 * n_spins * np.eye(n_spins + 1)) == n_spins + 1


def test_recursion_refuses_other_operators():
    with pytest.raises(ValueError, match="2 only"):
        sb.dark_recursion(hp.a, sp.Integer(1))


@given(st.floats(0.1, 100), st.floats(0.01, 1), st.floats(1, 100), st.integers(1, 500))
@settings(max_examples=20, deadline=None)
@pytest.mark.ledger("eq-37", "eq-39", method="derivation")
def test_cavity_amplitude_satisfies_eqs_37_to_39(drive, coupling, kappa, n_spins):
    symbols = sp.symbols("alpha_d g_2 kappa", positive=True)
    values = dict(zip(symbols, (drive, coupling, kappa), strict=True)) | {hp.N: n_spins}
    eta, gamma, squared = (float(e.subs(values)) for e in sb.cavity_amplitude_squared(*symbols))
    assert eta / n_spins == pytest.approx(coupling * drive)
    assert gamma / n_spins**2 == pytest.approx(4 * coupling**2 / kappa)
    assert squared == pytest.approx(drive * kappa / (2 * coupling * n_spins))
