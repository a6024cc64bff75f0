"""Total-spin sectors against QuTiP's spin operators and known multiplicities."""

from math import comb

import numpy as np
import pytest
import qutip

from spincat.master_equation import product_space
from spincat.model import operators
from spincat.model.broadening import Gaussian
from spincat.model.states import spin_cat


def spin_squared(n_spins):
    """S² of N spins by QuTiP: nothing of spincat."""
    one = [qutip.qeye(2)] * n_spins
    total = 0
    for operator in (qutip.sigmax(), qutip.sigmay(), qutip.sigmaz()):
        part = sum(qutip.tensor([*one[:n], operator, *one[n + 1 :]]) for n in range(n_spins)) / 2
        total = total + part**2
    return total.full().real


@pytest.mark.parametrize("n_spins", range(1, 7))
def test_projectors_are_the_eigenspaces_of_the_total_spin(n_spins):
    spins, each = operators.total_spins(n_spins), operators.projectors(n_spins)
    np.testing.assert_allclose(each.sum(axis=0), np.eye(2**n_spins), atol=1e-12)
    square = spin_squared(n_spins)
    for lost, (spin, projector) in enumerate(zip(spins, each, strict=True)):
        np.testing.assert_allclose(projector @ projector, projector, atol=1e-12)
        np.testing.assert_allclose(square @ projector, spin * (spin + 1) * projector, atol=1e-11)
        copies = comb(n_spins, lost) - (comb(n_spins, lost - 1) if lost else 0)
        assert np.trace(projector) == pytest.approx((2 * spin + 1) * copies)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_cat_is_symmetric_and_pure(parity):
    cat = spin_cat(5, 0.7, -0.4, parity=parity, basis="product")
    rho = np.outer(cat, cat.conj())
    np.testing.assert_allclose(operators.weights(rho), [1, 0, 0], atol=1e-12)
    assert operators.purity(rho) == pytest.approx(1)
    assert operators.purity(np.eye(8) / 8) == pytest.approx(1 / 8)


def test_weights_of_equal_spins_stay_and_of_different_spins_leak():
    cat = spin_cat(4, 0.7, -np.pi / 4, parity="odd", basis="product")
    times = [0.0, 20.0, 60.0]
    same = product_space.evolve(cat, np.full(4, 0.1), 0.2, times)
    np.testing.assert_allclose(operators.weights(same)[:, 0], 1, atol=1e-7)
    different = operators.weights(
        product_space.evolve(cat, Gaussian(0.05).draw(4, 1, 3)[0], 0.2, times)
    )
    np.testing.assert_allclose(different.sum(axis=-1), 1, atol=1e-7)
    assert different[0, 0] == pytest.approx(1)
    assert np.all(different[1:, 0] < 0.9)


def test_the_weights_agree_with_the_projectors_as_observables():
    cat = spin_cat(4, 0.7, -np.pi / 4, parity="even", basis="product")
    row, times = Gaussian(0.05).draw(4, 1, 3)[0], [10.0, 50.0]
    moments = product_space.evolve(cat, row, 0.2, times, list(operators.projectors(4)))
    rho = product_space.evolve(cat, row, 0.2, times)
    np.testing.assert_allclose(operators.weights(rho), moments.T, atol=1e-7)


def test_refuses_bad_input():
    with pytest.raises(ValueError, match="n_spins = 0"):
        operators.projectors(0)
    with pytest.raises(MemoryError, match="n_spins = 11"):
        operators.projectors(11)
