"""The elimination of the cavity against the full Liouvillian (Appendix A, Eq. 35)."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spincat.symbolic import adiabatic_elimination as ae
from spincat.symbolic import dispersive as dp

FOURTH = ae.eliminate(4)


def random_matrices(seed, size=3):
    generator = np.random.default_rng(seed)
    k, h, rho = generator.normal(size=(3, size, size)) + 1j * generator.normal(size=(3, size, size))
    return k / np.linalg.norm(k, 2), (h + h.conj().T) / 2, rho


def dissipator(k, rho):
    loss = k.conj().T @ k
    return k @ rho @ k.conj().T - (loss @ rho + rho @ loss) / 2


def full_liouvillian(k, h, kappa, photons=6):
    """Written for kron(left, right.T) on rows, independently of the package's own."""
    a = np.kron(np.diag(np.sqrt(np.arange(1.0, photons + 1)), 1), np.eye(len(k)))
    big_k, big_h = (np.kron(np.eye(photons + 1), x) for x in (k, h))
    total = a.conj().T @ big_k
    total = total + total.conj().T + big_h
    one = np.eye(len(total))
    loss = a.conj().T @ a
    generator = -1j * (np.kron(total, one) - np.kron(one, total.T))
    generator += kappa * np.kron(a, a.conj())
    return generator - kappa / 2 * (np.kron(loss, one) + np.kron(one, loss.T))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.5, 50))
@pytest.mark.ledger("eq-35", "eq-36", "eq-38", "eq-1", "eq-2", method="derivation")
@pytest.mark.ledger("gamma2-grows-with-n", method="derivation")  # the rate is 4 g2²/κ, for any N
def test_lowest_order_is_eq_35(seed, kappa):
    k, h, rho = random_matrices(seed)
    map_ = ae.superoperator(FOURTH.generator[2], k, h, kappa)
    expected = -1j * (h @ rho - rho @ h) + 4 / kappa * dissipator(k, rho)
    np.testing.assert_allclose(map_ @ rho.ravel(), expected.ravel(), atol=1e-10)


def test_first_block_is_the_slaved_field():
    assert sp.expand(ae.eliminate(2).blocks[1, 0] + 2 * sp.I * ae.K * ae.RHO / ae.KAPPA) == 0


def test_correction_has_the_compact_form():
    both = FOURTH.generator[2] + FOURTH.generator[4]
    assert sp.expand(ae.from_jump(ae.effective_jump()) - both) == 0
    assert sp.expand(ae.from_jump(ae.K) - FOURTH.generator[2]) == 0


@pytest.mark.ledger("elimination-needs-a-fast-cavity", method="spectrum")
def test_slow_eigenvalues_improve_by_two_orders():
    """The eigenvalues do not depend on how the slow manifold is parametrised."""
    k, h, _ = random_matrices(5)
    second, fourth = {}, {}
    for small in (0.02, 0.04):
        # K of size small, kappa = 1, H of second order
        exact = np.linalg.eigvals(full_liouvillian(small * k, small**2 * h, 1.0, 4))
        slow = exact[np.argsort(np.abs(exact))[:9]]
        low = ae.superoperator(FOURTH.generator[2], small * k, small**2 * h, 1.0)
        high = low + ae.superoperator(FOURTH.generator[4], small * k, small**2 * h, 1.0)
        for store, generator in ((second, low), (fourth, high)):
            found = np.linalg.eigvals(generator)
            store[small] = max(np.abs(slow - value).min() for value in found) / small**2
    assert 3.6 < second[0.04] / second[0.02] < 4.4
    assert 13 < fourth[0.04] / fourth[0.02] < 19


@pytest.mark.ledger("elimination-needs-a-fast-cavity", method="derivation")
def test_the_correction_stays_without_excitations():
    """[K, K†]/g₂² of N spins is N²(4n + 2) for n ≪ N: the loss of a pair is off by 8r²(2n − 3)."""
    product = dp.commutator(dp.S_MINUS**2, dp.S_PLUS**2)
    n, size = dp.EXCITATIONS, dp.N
    # on the ladder, S+ S- = n(N-n+1) and Sz = n - N/2; every product has as many S+ as S-
    total = sp.Integer(0)
    for term, value in dp.terms(product).items():
        bases = [p.as_base_exp() for p in term.args_cnc()[1]]
        raised = sum(k for base, k in bases if base == dp.S_PLUS)
        flips = sp.prod([(n - i) * (size - n + i + 1) for i in range(raised)])
        turned = sum(k for base, k in bases if base == dp.S_Z)
        total += value * flips * (n - raised - size / 2) ** turned
    leading = sp.Poly(sp.expand(total), size).coeff_monomial(size**2)
    assert sp.expand(leading - (4 * n + 2)) == 0
    # in (4/κ²)[K, K†]K of K' the commutator acts when the pair is gone
    r = sp.Symbol("r")
    change = 4 * r**2 * leading.subs(n, n - 2)
    assert sp.expand(change - 8 * r**2 * (2 * n - 3)) == 0


def test_trace_is_kept_to_every_order():
    k, h, rho = random_matrices(2)
    for part in FOURTH.generator.values():
        change = (ae.superoperator(part, k, h, 2.0) @ rho.ravel()).reshape(rho.shape)
        assert abs(np.trace(change)) < 1e-12


def test_adjoint_reverses_the_products():
    expression = 2 * sp.I * ae.K * ae.RHO * ae.K_DAGGER**2 * ae.H / ae.KAPPA
    expected = -2 * sp.I * ae.H * ae.K**2 * ae.RHO * ae.K_DAGGER / ae.KAPPA
    assert sp.expand(ae.adjoint(expression) - expected) == 0


@pytest.mark.parametrize("order", [0, 1, 3])
def test_refuses_odd_orders(order):
    with pytest.raises(ValueError, match=f"order = {order}"):
        ae.eliminate(order)
