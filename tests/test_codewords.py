"""The qubit of two even cats at right angles (Sec. V)."""

import numpy as np
import pytest
import qutip
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from spincat.free import codewords, dephasing
from spincat.free.codewords import bosonic_codeword_fidelity, codeword_fidelity, logical_overlap
from spincat.free.dephasing_limits import bosonic_cat_fidelity
from spincat.model import states
from spincat.model.broadening import Gaussian


@pytest.mark.ledger("right-angle-cats-are-a-protected-qubit", method="numerics")
@given(n_spins=st.integers(1, 300), theta=st.floats(0.01, 3.0))
def test_overlap_is_that_of_the_states(n_spins, theta):
    zero, one = (states.spin_cat(n_spins, theta, a, parity="even") for a in (0.0, np.pi / 2))
    overlap = np.vdot(zero, one)
    assert logical_overlap(n_spins, theta) == pytest.approx(overlap.real, abs=1e-10)
    assert abs(overlap.imag) < 1e-10


@pytest.mark.ledger("right-angle-cats-are-a-protected-qubit", method="limit")
@pytest.mark.parametrize("x", [0.1, 1.0, np.pi / 2, 4.0])
def test_overlap_of_many_spins(x):
    n_spins = 10**6
    value = logical_overlap(n_spins, 2 * np.arctan(np.sqrt(x / n_spins)))
    assert value == pytest.approx(np.cos(x) / np.cosh(x), abs=20 / n_spins)


@pytest.mark.ledger("right-angle-cats-are-a-protected-qubit", method="derivation")
def test_the_small_codeword_decays_twice_as_fast_as_the_odd_cat():
    y, x, v = sp.symbols("y x v", positive=True)
    part = (sp.cosh(y) - sp.cos(y)) / 2  # n = 2, 6, 10, ...
    assert sp.series(part, y, 0, 7).removeO() == y**2 / 2 + y**6 / 720
    fidelity = (part.subs(y, v * x) / part.subs(y, x)) ** 2
    assert sp.simplify(sp.series(fidelity, x, 0, 1).removeO()) == v**4


@pytest.mark.ledger("right-angle-cats-are-a-protected-qubit", method="limit")
@pytest.mark.parametrize("x", [0.05, 0.5, 1.0, np.pi / 2, 3.0])
def test_early_losses_are_as_the_mean_numbers_of_excitations(x):
    """1 - F is n times (δt)² for short times, with the mean number n: compare with the odd cat."""
    short = 1e-3
    codeword = 1 - bosonic_codeword_fidelity(np.sqrt(x), 1.0, [short], 2)[0]
    odd = 1 - float(bosonic_cat_fidelity(np.sqrt(x), 1.0, short, "odd"))
    ratio = np.tanh(x) * (np.sinh(x) + np.sin(x)) / (np.cosh(x) - np.cos(x))
    assert codeword / odd == pytest.approx(ratio, rel=1e-4)
    assert (ratio > 1) == (x < 3)


@pytest.mark.parametrize("remainder", range(4))
def test_codewords_by_state_vectors(remainder):
    n_spins, theta, times = 6, 0.9, np.array([0.0, 0.7, 2.3])
    row = Gaussian(1.0).draw(n_spins, 1, 4)[0]
    state = states.spin_coherent(n_spins, theta, basis="product")
    excited = [int(n_spins - bin(i).count("1")) for i in range(2**n_spins)]
    state = np.where(np.array(excited) % 4 == remainder, state, 0)
    state /= np.linalg.norm(state)
    h_0 = sum(
        d / 2 * qutip.expand_operator(qutip.sigmaz(), [2] * n_spins, n) for n, d in enumerate(row)
    ).diag()
    direct = [abs(np.vdot(state, np.exp(-1j * h_0 * t) * state)) ** 2 for t in times]
    np.testing.assert_allclose(codeword_fidelity(row, theta, times, remainder), direct, atol=1e-12)


@given(theta=st.floats(0.05, 3.0), seed=st.integers(0, 99))
def test_even_codewords_add_up_to_the_even_cat(theta, seed):
    n_spins, times = 9, np.linspace(0, 3, 5)
    row = Gaussian(1.0).draw(n_spins, 1, seed)
    parts = codewords._parts(row, theta, times)
    start = codewords._parts(np.zeros(n_spins), theta, np.zeros(1))
    even = np.abs((parts[0] + parts[2]) / (start[0] + start[2])) ** 2
    cat = dephasing.cat_fidelity(row, theta, times, "even")
    np.testing.assert_allclose(even, cat, atol=1e-12)


@pytest.mark.ledger("right-angle-cats-are-a-protected-qubit", method="sampling")
@pytest.mark.parametrize("remainder", [0, 2])
def test_the_bosonic_limit_is_approached_as_1_over_n(remainder):
    times, errors = [0.8], []
    for n_spins in (50, 200):
        theta = 2 * np.arctan(np.sqrt(0.5 / n_spins))
        sample = codeword_fidelity(Gaussian(1.0).draw(n_spins, 20_000, 3), theta, times, remainder)
        limit = bosonic_codeword_fidelity(np.sqrt(0.5), 1.0, times, remainder)
        assert np.abs(sample.mean(axis=0) - limit) < 8 / n_spins
        errors.append(float(np.abs(sample.mean(axis=0) - limit)[0]))
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.4)


def test_the_even_cat_is_its_two_codewords():
    times = np.linspace(0, 3, 7)
    x, v = 0.7, np.exp(-(times**2) / 2)
    weights = np.array([(np.cosh(x) + np.cos(x)), (np.cosh(x) - np.cos(x))]) / (2 * np.cosh(x))
    roots = [np.sqrt(bosonic_codeword_fidelity(np.sqrt(x), 1.0, times, r)) for r in (0, 2)]
    np.testing.assert_allclose((weights @ roots) ** 2, (np.cosh(v * x) / np.cosh(x)) ** 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: codeword_fidelity([1.0, 2.0], 0.3, [0.0], 4), "remainder = 4; allowed"),
        (lambda: codeword_fidelity([1.0], 0.3, [0.0], 2), "N >= remainder"),
        (lambda: codeword_fidelity([1.0, 2.0], 0.0, [0.0], 2), "theta = 0.0; allowed"),
        (lambda: codeword_fidelity([1.0, 2.0], 0.3, 0.0, 2), r"times has shape \(\)"),
        (lambda: bosonic_codeword_fidelity(0.0, 1.0, [1.0], 0), "alpha = 0.0; allowed"),
        (lambda: logical_overlap(3, np.pi), "no even cat state"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
