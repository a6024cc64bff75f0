"""Operators against QuTiP, against each other, and by the algebra of spins."""

from functools import reduce
from math import comb

import numpy as np
import pytest
import qutip
from hypothesis import given
from hypothesis import strategies as st

from spincat.master_equation import product_space
from spincat.model import operators
from spincat.model.broadening import Gaussian
from spincat.model.states import purity, spin_cat, trace_distance

PARITIES = ["even", "odd"]


@st.composite
def ladders(draw, largest=40):
    """Number of spins, and how many are lost to smaller total spin."""
    n_spins = draw(st.integers(1, largest))
    return n_spins, draw(st.integers(0, n_spins // 2))


def collective(n_spins, single):
    """The sum of an operator of each spin by QuTiP: nothing of spincat."""
    dims = [2] * n_spins
    return sum(qutip.expand_operator(single, dims, n) for n in range(n_spins))


def spin_squared(n_spins):
    """S² of N spins by QuTiP."""
    return sum(collective(n_spins, qutip.jmat(0.5, axis)) ** 2 for axis in "xyz").full().real


@given(ladders(60))
def test_ladder_lowering_is_that_of_qutip(case):
    n_spins, lost = case
    if n_spins == 2 * lost:  # J = 0: a single state
        assert operators.ladder_lowering(n_spins, lost).toarray().tolist() == [[0]]
        return
    theirs = qutip.jmat(n_spins / 2 - lost, "-").full()[::-1, ::-1]
    ours = operators.ladder_lowering(n_spins, lost).toarray()
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


@given(ladders())
def test_the_algebra_of_a_ladder(case):
    n_spins, lost = case
    lowering = operators.ladder_lowering(n_spins, lost).toarray()
    spin = n_spins / 2 - lost
    s_z = np.diag(np.arange(lost, n_spins - lost + 1) - n_spins / 2)
    np.testing.assert_allclose(lowering.T @ lowering - lowering @ lowering.T, 2 * s_z, atol=1e-10)
    np.testing.assert_allclose(s_z @ lowering - lowering @ s_z, -lowering, atol=1e-10)
    square = lowering.T @ lowering + s_z @ s_z - s_z
    np.testing.assert_allclose(square, spin * (spin + 1) * np.eye(len(square)), atol=1e-10)


@given(ladders(), st.sampled_from(PARITIES))
def test_pair_lowering_is_the_square_between_levels_of_one_parity(case, parity):
    n_spins, lost = case
    n = operators.levels(n_spins, parity, lost)
    assert np.all(operators.parity_signs(n_spins)[n] == (1 if parity == "even" else -1))
    if n.size:
        one = operators.ladder_lowering(n_spins, lost)
        whole = (one @ one).toarray()
        ours = operators.pair_lowering(n_spins, parity, lost).toarray()
        np.testing.assert_allclose(ours, whole[np.ix_(n - lost, n - lost)], rtol=1e-12)
    else:
        with pytest.raises(ValueError, match=f"lost = {lost} has no {parity} state"):
            operators.pair_lowering(n_spins, parity, lost)


@given(ladders())
def test_both_parities_together_are_the_ladder(case):
    n_spins, lost = case
    both = [operators.levels(n_spins, parity, lost) for parity in PARITIES]
    assert sorted(np.concatenate(both)) == list(range(lost, n_spins - lost + 1))


@pytest.mark.parametrize("n_spins", [1, 2, 5])
def test_the_product_basis_is_that_of_qutip(n_spins):
    minus, sigma_z = qutip.jmat(0.5, "-"), qutip.sigmaz()
    ours = operators.product_lowering(n_spins).toarray()
    np.testing.assert_array_equal(ours, collective(n_spins, minus).full())
    excited = operators.excitations(n_spins, basis="product")
    theirs = collective(n_spins, sigma_z).diag() / 2
    np.testing.assert_array_equal(excited - n_spins / 2, theirs)
    for n, signs in enumerate(operators.spin_signs(n_spins).T):
        one = qutip.expand_operator(sigma_z, [2] * n_spins, n)
        np.testing.assert_array_equal(signs, one.diag())
    parity = reduce(qutip.tensor, [-sigma_z] * n_spins)
    np.testing.assert_array_equal(
        operators.parity_signs(n_spins, basis="product"), parity.diag().real
    )
    np.testing.assert_allclose(
        operators.total_spin_squared(n_spins).toarray(), spin_squared(n_spins), atol=1e-12
    )


@given(st.integers(1, 8))
def test_the_algebra_of_the_product_basis(n_spins):
    lowering = operators.product_lowering(n_spins)
    s_z = np.diag(operators.excitations(n_spins, basis="product") - n_spins / 2)
    commutator = (lowering.T @ lowering - lowering @ lowering.T).toarray()
    np.testing.assert_array_equal(commutator, 2 * s_z)
    signs = operators.parity_signs(n_spins, basis="product")
    flipped = signs[:, None] * lowering.toarray() * signs
    np.testing.assert_array_equal(flipped, -lowering.toarray())  # S₋ changes the parity
    square = operators.total_spin_squared(n_spins)
    assert abs(square @ lowering - lowering @ square).max() == 0


def test_lowering_counts_excitations_like_the_states():
    top = np.eye(8)[0]  # all excited
    assert np.flatnonzero(operators.product_lowering(3) @ top).tolist() == [1, 2, 4]


@given(st.integers(1, 6))
def test_the_eigenvalues_of_the_total_spin(n_spins):
    spins = operators.total_spins(n_spins)
    copies = [comb(n_spins, k) - (comb(n_spins, k - 1) if k else 0) for k in range(len(spins))]
    multiplicities = [round(2 * j + 1) * c for j, c in zip(spins, copies, strict=True)]
    expected = np.repeat(spins * (spins + 1), multiplicities)
    found = np.linalg.eigvalsh(operators.total_spin_squared(n_spins).toarray())
    np.testing.assert_allclose(found, np.sort(expected), atol=1e-10)


@pytest.mark.parametrize("n_spins", [1, 2, 3, 4, 5, 6])
def test_projectors_on_the_eigenspaces_of_the_total_spin(n_spins):
    spins, each = operators.total_spins(n_spins), operators.total_spin_projectors(n_spins)
    np.testing.assert_allclose(each.sum(axis=0), np.eye(2**n_spins), atol=1e-12)
    square = spin_squared(n_spins)
    for lost, (spin, projector) in enumerate(zip(spins, each, strict=True)):
        np.testing.assert_allclose(projector @ projector, projector, atol=1e-12)
        np.testing.assert_allclose(square @ projector, spin * (spin + 1) * projector, atol=1e-11)
        copies = comb(n_spins, lost) - (comb(n_spins, lost - 1) if lost else 0)
        assert np.trace(projector) == pytest.approx((2 * spin + 1) * copies)


@pytest.mark.parametrize("parity", PARITIES)
def test_a_cat_is_symmetric_and_pure(parity):
    cat = spin_cat(5, 0.7, -0.4, parity=parity, basis="product")
    rho = np.outer(cat, cat.conj())
    np.testing.assert_allclose(operators.total_spin_weights(rho), [1, 0, 0], atol=1e-12)
    assert purity(rho) == pytest.approx(1)
    assert purity(np.eye(8) / 8) == pytest.approx(1 / 8)


def test_weights_of_equal_spins_stay_and_of_different_spins_leak():
    cat = spin_cat(4, 0.7, -np.pi / 4, parity="odd", basis="product")
    times = [0.0, 20.0, 60.0]
    same = product_space.evolve(cat, np.full(4, 0.1), 0.2, times)
    np.testing.assert_allclose(operators.total_spin_weights(same)[:, 0], 1, atol=1e-7)
    different = operators.total_spin_weights(
        product_space.evolve(cat, Gaussian(0.05).draw(4, 1, 3)[0], 0.2, times)
    )
    np.testing.assert_allclose(different.sum(axis=-1), 1, atol=1e-7)
    assert different[0, 0] == pytest.approx(1)
    assert np.all(different[1:, 0] < 0.9)


def test_the_weights_agree_with_the_projectors_as_observables():
    cat = spin_cat(4, 0.7, -np.pi / 4, parity="even", basis="product")
    row, times = Gaussian(0.05).draw(4, 1, 3)[0], [10.0, 50.0]
    projectors = operators.total_spin_projectors(4)
    moments = product_space.evolve(cat, row, 0.2, times, list(projectors))
    rho = product_space.evolve(cat, row, 0.2, times)
    np.testing.assert_allclose(operators.total_spin_weights(rho), moments.T, atol=1e-7)


@given(st.integers(1, 12))
def test_photon_lowering_is_that_of_qutip(photons):
    theirs = qutip.destroy(photons + 1).full()
    np.testing.assert_allclose(operators.photon_lowering(photons).toarray(), theirs, atol=1e-14)


def random_matrices(count, size, seed):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, size, size, 2)) @ [1, 1j]


def test_liouvillian_is_that_of_qutip():
    h, *jumps = random_matrices(3, 3, 1)
    h = h + h.conj().T
    # QuTiP stacks columns: our rows are its columns of the transpose
    theirs = qutip.liouvillian(qutip.Qobj(h), [qutip.Qobj(jump) for jump in jumps]).full()
    swap = np.arange(9).reshape(3, 3).T.ravel()
    ours = operators.liouvillian(h, jumps).toarray()
    np.testing.assert_allclose(ours, theirs[np.ix_(swap, swap)], atol=1e-12)


def test_a_block_of_the_liouvillian_is_that_of_the_whole():
    """Of block diagonal H and L, on the block of ρ between the two spaces."""
    h_1, *left = random_matrices(3, 2, 2)
    h_2, *right = random_matrices(3, 3, 3)
    h_1, h_2 = h_1 + h_1.conj().T, h_2 + h_2.conj().T
    jumps = [
        qutip.Qobj(np.block([[a, np.zeros((2, 3))], [np.zeros((3, 2)), b]]))
        for a, b in zip([h_1, *left], [h_2, *right], strict=True)
    ]
    x = random_matrices(1, 5, 4)[0]
    x[:, :2], x[2:, :] = 0, 0
    expected = (qutip.liouvillian(jumps[0], jumps[1:])(qutip.Qobj(x))).full()[:2, 2:]
    ours = operators.block_liouvillian(left, right, (h_1, h_2)) @ x[:2, 2:].ravel()
    np.testing.assert_allclose(ours.reshape(2, 3), expected, atol=1e-12)
    real = [operators.pair_lowering(5, parity) for parity in PARITIES]
    assert operators.block_liouvillian(real[:1], real[1:]).dtype == float


def test_trace_distance():
    one, zero = np.diag([1.0, 0]), np.diag([0.0, 1])
    np.testing.assert_allclose(trace_distance([one, one], [zero, one]), [1, 0])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: operators.total_spin_projectors(0), ValueError, "n_spins = 0"),
        (lambda: operators.total_spin_projectors(11), MemoryError, "n_spins = 11"),
        (lambda: operators.product_lowering(17), MemoryError, "n_spins = 17"),
        (lambda: operators.spin_signs(0), ValueError, "n_spins = 0"),
        (lambda: operators.excitations(3, basis="fock"), ValueError, "basis = 'fock'"),
        (lambda: operators.levels(4, "both"), ValueError, "parity = 'both'"),
        (lambda: operators.levels(4, "odd", 3), ValueError, "lost = 3; allowed: 0 to 2"),
        (
            lambda: operators.ladder_lowering(4, -1),
            ValueError,
            "lost = -1; allowed: an integer",
        ),
        (lambda: operators.photon_lowering(0), ValueError, "photons = 0"),
    ],
)
def test_refuses_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
