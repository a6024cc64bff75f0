import numpy as np
import pytest
import qutip
from hypothesis import given
from hypothesis import strategies as st

from spincat.model import operators, states

ANGLES = st.floats(1e-3, np.pi - 1e-3)
AZIMUTHS = st.floats(-7, 7)
PARITIES = ["even", "odd"]


def product_by_kronecker(n_spins, theta, azimuth):
    """Eq. 5 as it is written: |e> is the first basis state of a spin."""
    one = np.array([np.exp(1j * azimuth) * np.sin(theta / 2), np.cos(theta / 2)])
    state = np.ones(1)
    for _ in range(n_spins):
        state = np.kron(state, one)
    return state


@given(n_spins=st.integers(1, 8), theta=ANGLES, azimuth=AZIMUTHS)
@pytest.mark.ledger("eq-5", method="numerics")
def test_product_basis_is_eq_5(n_spins, theta, azimuth):
    state = states.spin_coherent(n_spins, theta, azimuth, basis="product")
    np.testing.assert_allclose(state, product_by_kronecker(n_spins, theta, azimuth), atol=1e-13)


@pytest.mark.parametrize("parity", PARITIES)
@given(n_spins=st.integers(1, 8), theta=ANGLES, azimuth=AZIMUTHS)
@pytest.mark.ledger("eq-6", "eq-7", method="numerics")
def test_cat_is_eqs_6_and_7(parity, n_spins, theta, azimuth):
    sign = 1 if parity == "even" else -1
    plus = product_by_kronecker(n_spins, theta, azimuth)
    minus = product_by_kronecker(n_spins, theta, azimuth + np.pi)
    norm = states.cat_norm(n_spins, theta, parity)
    cat = states.spin_cat(n_spins, theta, azimuth, parity=parity, basis="product")
    # the direct difference loses the digits that a small norm divides by
    np.testing.assert_allclose(cat, (plus + sign * minus) / norm, atol=1e-14 / norm + 1e-13)


@pytest.mark.parametrize("parity", PARITIES)
@given(n_spins=st.integers(1, 3000), theta=ANGLES, azimuth=AZIMUTHS)
@pytest.mark.ledger("eq-8", method="numerics")
def test_cats_are_normalised_and_have_their_parity(parity, n_spins, theta, azimuth):
    cat = states.spin_cat(n_spins, theta, azimuth, parity=parity)
    assert np.linalg.norm(cat) == pytest.approx(1, rel=1e-13)
    signs = operators.parity_signs(n_spins)
    np.testing.assert_array_equal(signs * cat, cat if parity == "even" else -cat)


@given(n_spins=st.integers(1, 10_000), theta=ANGLES)
def test_coherent_states_are_normalised_and_binomial(n_spins, theta):
    weights = np.abs(states.spin_coherent(n_spins, theta)) ** 2
    assert weights.sum() == pytest.approx(1, rel=1e-9)
    mean = n_spins * np.sin(theta / 2) ** 2
    assert weights @ np.arange(n_spins + 1) == pytest.approx(mean, rel=1e-9)


@given(n_spins=st.integers(1, 2000), theta=st.floats(0.01, 3.1))
@pytest.mark.ledger("eq-7", method="numerics")
def test_norm_is_the_overlap_of_the_components(n_spins, theta):
    overlap = np.vdot(
        states.spin_coherent(n_spins, theta), states.spin_coherent(n_spins, theta, np.pi)
    )
    for parity, sign in (("even", 1), ("odd", -1)):
        expected = 2 * (1 + sign * overlap.real)
        assert states.cat_norm(n_spins, theta, parity) ** 2 == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("theta", [1e-2, 1e-6, 1e-9])
def test_norm_and_state_of_a_small_odd_cat_keep_their_digits(theta):
    n_spins = 50
    # sum over odd k of binom(N, k) cos^{2(N-k)} sin^{2k} of theta/2, all terms positive
    weights = np.abs(states.spin_coherent(n_spins, theta)[1::2]) ** 2
    norm = states.cat_norm(n_spins, theta, "odd")
    assert norm**2 == pytest.approx(4 * weights.sum(), rel=1e-11)
    assert norm == pytest.approx(np.sqrt(n_spins) * theta, rel=2 * n_spins * theta**2 + 1e-12)
    single = states.spin_cat(n_spins, theta, parity="odd")
    assert abs(single[1]) ** 2 == pytest.approx(1, abs=n_spins**2 * theta**4 + 1e-14)


@pytest.mark.ledger("eq-5", method="qutip")
def test_qutip_spin_coherent_is_the_same_state():
    # qutip counts from |e>...: reversed ladder, and its angle starts at the other pole
    theirs = qutip.spin_coherent(10 / 2, np.pi - 0.7, -0.4).full()[::-1, 0]
    ours = states.spin_coherent(10, 0.7, 0.4)
    assert abs(np.vdot(theirs, ours)) == pytest.approx(1, rel=1e-12)


@pytest.mark.ledger("eq-8", method="qutip")
def test_parity_operator_of_eq_8_in_both_bases():
    excited = qutip.basis(2, 0).proj()
    number = sum(qutip.expand_operator(excited, [2] * 3, n) for n in range(3))
    operator = (1j * np.pi * number).expm()
    np.testing.assert_allclose(
        operator.diag(), operators.parity_signs(3, basis="product"), atol=1e-14
    )
    np.testing.assert_array_equal(operators.parity_signs(3), [1, -1, 1, -1])


def test_qobj_has_the_tensor_structure_and_order_of_qutip():
    ket = states.to_qobj(states.spin_coherent(3, 0.7, 0.2, basis="product"), basis="product")
    assert ket.dims[0] == [2, 2, 2]
    spin = np.cos(0.35) * qutip.basis(2, 1) + np.exp(0.2j) * np.sin(0.35) * qutip.basis(2, 0)
    assert abs(ket.overlap(qutip.tensor(spin, spin, spin))) == pytest.approx(1)
    assert states.to_qobj(states.spin_coherent(3, 0.7), basis="dicke").dims[0] == [4]


def test_poles():
    np.testing.assert_array_equal(np.abs(states.spin_coherent(4, 0.0)), [1, 0, 0, 0, 0])
    np.testing.assert_array_equal(np.abs(states.spin_coherent(4, np.pi)), [0, 0, 0, 0, 1])
    np.testing.assert_array_equal(np.abs(states.spin_cat(5, np.pi, parity="odd")), [0] * 5 + [1])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: states.spin_coherent(3, -0.1), ValueError, "theta = -0.1"),
        (lambda: states.spin_coherent(3, 3.2), ValueError, "theta = 3.2; allowed: 0 <= theta"),
        (lambda: states.spin_coherent(3, 1.0, np.inf), ValueError, "azimuth holds inf"),
        (lambda: states.spin_coherent(3, 1.0, basis="fock"), ValueError, "basis = 'fock'"),
        (lambda: states.spin_coherent(17, 1.0, basis="product"), MemoryError, "n_spins = 17"),
        (lambda: states.spin_cat(3, 0.0, parity="odd"), ValueError, "no odd cat state"),
        (lambda: states.spin_cat(3, np.pi, parity="even"), ValueError, "no even cat state"),
        (lambda: states.spin_cat(4, np.pi, parity="odd"), ValueError, "no odd cat state"),
        (lambda: states.spin_cat(3, 1.0, parity="+"), ValueError, "parity = '[+]'"),
        (lambda: states.cat_norm(3, 0.0, "odd"), ValueError, "no odd cat state"),
        (lambda: states.to_qobj(np.ones(3), basis="product"), ValueError, "state has 3 entries"),
    ],
)
def test_refuses_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
