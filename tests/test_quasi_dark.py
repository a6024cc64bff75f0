"""Quasi-dark states and their mean against dense matrices, known limits and plain sampling."""

import json

import make_exact_means as exact_means
import numpy as np
import pytest
from scipy.linalg import expm

from spincat import SpinEnsemble
from spincat.free import dephasing_limits
from spincat.master_equation import dicke, product_space, quasi_dark
from spincat.model import operators
from spincat.model.broadening import Gaussian
from spincat.model.states import spin_cat

PARITIES = ["even", "odd"]
each_parity = pytest.mark.parametrize("parity", PARITIES)


def jump_operator(n_spins, eta):
    """S₋² - 2ηN by adding up single spins in the product basis."""
    lower, one = np.array([[0.0, 0.0], [1.0, 0.0]]), np.eye(2)
    total = np.zeros((2**n_spins, 2**n_spins))
    for spin in range(n_spins):
        factor = np.ones((1, 1))
        for n in range(n_spins):
            factor = np.kron(factor, lower if n == spin else one)
        total += factor
    return total @ total - 2 * eta * n_spins * np.eye(2**n_spins)


@each_parity
def test_the_symmetric_quasi_dark_state_is_nearly_that_of_the_recursion(parity):
    ours, rate = quasi_dark.quasi_dark_state(12, 0.2, 0, parity)
    theirs = dicke.nearly_dark_state(SpinEnsemble(12, 0.2), parity)
    overlap = np.abs(theirs) @ ours[operators.levels(12, parity)]
    assert 1 - overlap < 1e-8
    assert 0 <= rate < 1e-8


@each_parity
@pytest.mark.parametrize("n_spins", [4, 5, 6])
def test_the_basis_is_orthonormal_and_as_dark_as_each_total_spin_allows(n_spins, parity):
    basis = quasi_dark.quasi_dark_basis(n_spins, 0.2, parity)
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-12)
    signs = operators.parity_signs(n_spins, basis="product")
    np.testing.assert_allclose(signs[:, None] * basis, basis if parity == "even" else -basis)
    jump = jump_operator(n_spins, 0.2)
    norms = np.linalg.norm(jump @ basis, axis=0)
    projectors = operators.total_spin_projectors(n_spins)
    for column, norm in zip(basis.T, norms, strict=True):
        (lost,) = np.flatnonzero([column @ p @ column > 0.5 for p in projectors])
        np.testing.assert_allclose(projectors[lost] @ column, column, atol=1e-11)
        rate = quasi_dark.quasi_dark_state(n_spins, 0.2, int(lost), parity)[1]
        assert (norm / n_spins) ** 2 == pytest.approx(rate, abs=1e-12)


def test_there_are_70_and_56_states_for_eight_spins():
    assert quasi_dark.quasi_dark_basis(8, 0.2, "even").shape == (256, 70)
    assert quasi_dark.quasi_dark_basis(8, 0.2, "odd").shape == (256, 56)


@each_parity
def test_the_fidelity_is_that_of_a_dense_exponential(parity):
    row, times = Gaussian(0.03).draw(4, 1, 5)[0], [0.0, 7.0, 30.0]
    basis = quasi_dark.quasi_dark_basis(4, 0.2, parity)
    spins = [np.array([1.0])] * 4
    for n in range(4):
        spins[n] = np.kron(np.kron(np.ones(2**n), [1.0, -1.0]), np.ones(2 ** (3 - n)))
    energy = sum(d / 2 * z for d, z in zip(row, spins, strict=True))
    hamiltonian = basis.T @ np.diag(energy) @ basis
    cat = spin_cat(4, SpinEnsemble(4, 0.2).theta, parity=parity, basis="product").real
    start = (cat @ basis[:, 0]) ** 2
    expected = [start * abs(expm(-1j * t * hamiltonian)[0, 0]) ** 2 for t in times]
    np.testing.assert_allclose(quasi_dark.quasi_dark_fidelity(row, 0.2, times, parity), expected)


@each_parity
def test_it_follows_the_master_equation_of_eight_spins(parity):
    rows, times = Gaussian(1e-2).draw(8, 2, 1), np.linspace(0, 200, 5)
    exact = product_space.cat_fidelity(rows, 0.2, times, parity, tol=1e-6)
    assert np.abs(exact - quasi_dark.quasi_dark_fidelity(rows, 0.2, times, parity)).max() < 0.02


@each_parity
def test_decay_coefficient_is_the_curvature_of_the_quasi_dark_fidelity(parity):
    step, t = 1e-3, 10.0
    rows = step * np.vstack([np.zeros(6), np.eye(6)])
    values = quasi_dark.quasi_dark_fidelity(rows, 0.2, [t], parity)[:, 0]
    start = values[0]
    curvature = (start - values[1:]).sum() / (step * t) ** 2 / start
    assert curvature == pytest.approx(quasi_dark.decay_coefficient(6, 0.2, parity), rel=1e-3)


@each_parity
@pytest.mark.ledger(
    "eq-20",
    "larger-ensembles-suppress-broadening",
    "separation-remains-at-larger-n",
    method="spectrum",
)
def test_decay_coefficient_tends_to_eq_20_as_one_over_n(parity):
    limit = 1 - dephasing_limits.short_time_cat_fidelity(np.sqrt(0.4), 1.0, 1.0, parity)
    errors = [abs(quasi_dark.decay_coefficient(n, 0.2, parity) / limit - 1) for n in (50, 100, 200)]
    np.testing.assert_allclose(np.diff(np.log2(errors)), -1, atol=0.1)


@pytest.mark.parametrize(("parity", "derived", "free"), [("even", 0.13, 0.13), ("odd", 0.90, 0.90)])
def test_decay_coefficient_of_the_paper_s_eight_spins(parity, derived, free):
    assert quasi_dark.decay_coefficient(8, 0.2, parity) == pytest.approx(derived, abs=0.005)
    times = np.array([20.0, 40.0])
    driven_loss, free_loss = quasi_dark.measured_decay(8, 0.2, times, parity)
    np.testing.assert_allclose(driven_loss / times**2, derived, atol=0.01)
    assert quasi_dark.free_decay_coefficient(8, 0.2, parity) == pytest.approx(free, abs=0.005)
    np.testing.assert_allclose(
        free_loss / times**2, quasi_dark.free_decay_coefficient(8, 0.2, parity), rtol=1e-4
    )


@each_parity
@pytest.mark.parametrize("n_spins", [4, 5])  # where the control is bad
def test_the_mean_is_that_of_plain_sampling(n_spins, parity):
    times = np.array([0.0, 60.0, 150.0])
    ours = quasi_dark.mean_fidelity(n_spins, 0.2, 1e-2, times, parity, draws=800, exact_draws=40)
    rows = Gaussian(1e-2).draw(n_spins, 800, 99)
    plain = product_space.cat_fidelity(rows, 0.2, times, parity, tol=1e-5)
    error = np.hypot(ours.error, plain.std(axis=0, ddof=1) / np.sqrt(800))
    assert np.all(np.abs(ours.mean - plain.mean(axis=0)) < 4.5 * error + 1e-5)
    np.testing.assert_allclose(ours.scatter, plain.std(axis=0, ddof=1), rtol=0.4, atol=1e-5)


@pytest.mark.ledger("fig-2", method="integration")
@pytest.mark.parametrize("curve", exact_means.CURVES, ids=str)
def test_the_mean_is_that_of_a_thousand_exact_solutions(curve):
    """Fig. 2 to its last time: nothing in the stored means comes from quasi-dark states."""
    stored = json.loads(exact_means.STORED.read_text())
    assert {key: stored[key] for key in exact_means.PARAMETERS} == exact_means.PARAMETERS
    (row,) = (row for row in stored["curves"] if (row["delta"], row["parity"]) == curve)
    assert row["checksum"] == pytest.approx(exact_means.checksum(curve[0]), rel=1e-12)
    some = slice(1, None, 4)  # Γ2 t = 20, 100, 180, 260, 340
    times = np.array(stored["times"])[some]
    delta, parity = curve
    exact_draws = 20 if delta > 5e-3 else 6
    ours = quasi_dark.mean_fidelity(8, 0.2, delta, times, parity, exact_draws=exact_draws, seed=5)
    mean, error = (np.array(row[name])[some] for name in ("mean", "error"))
    both = np.hypot(ours.error, error)
    assert both.max() < 0.02  # or agreement would mean little
    # Four standard errors, and the tolerance of both solutions.
    assert np.all(np.abs(ours.mean - mean) < 4 * both + 2e-5)


def test_the_control_makes_the_error_smaller():
    few = quasi_dark.mean_fidelity(8, 0.2, 1e-2, [100.0], "even", draws=400, exact_draws=10)
    assert few.error < 0.3 * few.scatter / np.sqrt(10)


def test_refuses_bad_input():
    with pytest.raises(ValueError, match="exact_draws = 1"):
        quasi_dark.mean_fidelity(4, 0.2, 0.01, [1.0], "even", exact_draws=1)
    with pytest.raises(ValueError, match="lost = 4 has no odd state"):
        quasi_dark.quasi_dark_state(8, 0.2, 4, "odd")
    with pytest.raises(ValueError, match="n_spins = 1"):
        quasi_dark.decay_coefficient(1, 0.2, "even")
    with pytest.raises(ValueError, match="parity = 'both'"):
        quasi_dark.quasi_dark_fidelity(np.zeros(3), 0.2, [0.0], "both")
    with pytest.raises(MemoryError, match="n_spins = 12"):
        quasi_dark.quasi_dark_fidelity(np.zeros(12), 0.2, [0.0], "even")
