"""Even-odd coherence of identical spins, against QuTiP, dense matrices and many digits."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st
from qutip import piqs
from scipy.linalg import expm
from scipy.special import gammaln
from test_dicke import OPTIONS, qutip_model

from spincat import SpinEnsemble
from spincat.master_equation import _krylov, coherence_decay, dicke, dicke_amplitude
from spincat.model import operators, states
from spincat.shared.errors import ConvergenceError

TIGHT = {**OPTIONS, "rtol": 1e-10, "atol": 1e-12, "nsteps": 10**6}


def coherent_ket(n_spins, eta):
    """The truncated bosonic coherent state, with index 0 for all spins excited."""
    n, alpha = np.arange(n_spins + 1), np.sqrt(2 * eta) * np.exp(-1j * np.pi / 4)
    return qutip.Qobj((alpha**n / np.exp(gammaln(n + 1) / 2))[::-1].reshape(-1, 1)).unit()


@pytest.mark.parametrize(("n_spins", "eta"), [(7, 1.0), (12, 1.2), (12, 3.0)])
def test_evolution_is_that_of_qutip(n_spins, eta):
    hamiltonian, pair = qutip_model(SpinEnsemble(n_spins, eta))
    times, start = [0, 0.3, 1, 5, 20.0], coherent_ket(n_spins, eta)
    start.dims = [[n_spins + 1], [1]]
    evolved = qutip.mesolve(hamiltonian, start, times, [pair], options=TIGHT).states
    full = np.array([rho.full()[::-1, ::-1] for rho in evolved])
    np.testing.assert_allclose(dicke_amplitude.density_matrix(n_spins, eta, times), full, atol=1e-9)
    lower = qutip.destroy(n_spins + 1).full(), qutip.jmat(n_spins / 2, "-").full()[::-1, ::-1]
    for operator, name, scale in zip(lower, ("boson", "dipole"), (1, n_spins**0.5), strict=True):
        expected = np.abs(np.einsum("ij,tji->t", operator, full)) / scale
        ours = dicke_amplitude.amplitude(n_spins, eta, times, name)
        np.testing.assert_allclose(ours, expected, atol=1e-8)


def test_evolution_is_that_of_all_total_spins():
    """PIQS works in the Dicke space of all J, where nothing says that the spins stay in J = N/2."""
    n_spins, eta, times = 4, 0.4, [0, 0.7, 3.0]
    lowering = piqs.jspin(n_spins, "-")
    pair = lowering * lowering / n_spins
    start = np.zeros(lowering.shape[0], dtype=complex)
    start[: n_spins + 1] = coherent_ket(n_spins, eta).full().ravel()  # J = N/2 comes first
    ket = qutip.Qobj(start.reshape(-1, 1), dims=[lowering.dims[0], [1]])
    drive = eta * (pair + pair.dag())
    result = qutip.mesolve(drive, ket, times, [pair], e_ops=[lowering], options=TIGHT)
    expected = np.abs(result.expect[0]) / np.sqrt(n_spins)
    ours = dicke_amplitude.amplitude(n_spins, eta, times, "dipole")
    np.testing.assert_allclose(ours, expected, atol=1e-9)


@settings(max_examples=15)
@given(st.integers(2, 9), st.floats(0.05, 2.5), st.lists(st.floats(0, 30), min_size=1, max_size=5))
def test_krylov_evolution_is_the_matrix_exponential(n_spins, eta, times):
    block = dicke.generator(n_spins, eta, "even", "odd")
    start = np.random.default_rng(1).normal(size=block.shape[0])
    times = np.unique(times)
    expected = [expm(t * block.toarray()) @ start for t in times]
    ours = _krylov.evolve(block, start, times, 1e-10)
    np.testing.assert_allclose(ours, expected, atol=1e-9)


def test_what_does_not_converge_says_so(monkeypatch):
    monkeypatch.setattr(_krylov, "MOST_VECTORS", 4)  # too few to be looked at even once
    block = dicke.generator(8, 1.0, "even", "odd")
    with pytest.raises(ConvergenceError, match="no convergence after Γ2 t = 0"):
        _krylov.evolve(block, np.ones(block.shape[0]), np.array([1.0]), 1e-10)
    monkeypatch.setattr(_krylov, "MOST_VECTORS", 3)
    coherence_decay.slow_mode.cache_clear()
    with pytest.raises(ConvergenceError, match="did not converge"):
        coherence_decay.slow_mode(8, 1.0)


@settings(max_examples=10)
@given(st.integers(2, 40), st.floats(0.02, 0.18), st.floats(0, 1e4))
def test_states_are_density_matrices(n_spins, h, time):
    start = states.spin_coherent(n_spins, 0.8).real
    rho = dicke_amplitude.density_matrix(n_spins, h * n_spins, [time], start)[0]
    assert np.trace(rho) == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(rho, rho.conj().T, atol=1e-9)
    assert np.linalg.eigvalsh(rho).min() > -1e-8


def many_digits_rate(n_spins, eta):
    """The slowest rate from the whole generator of the block with 60 digits."""
    jumps = []
    for parity in ("even", "odd"):
        n = [int(k) for k in operators.levels(n_spins, parity)]
        jump = -2 * mp.mpf(eta) * mp.eye(len(n))
        for i, k in enumerate(n[1:]):
            element = mp.mpf(k * (k - 1) * (n_spins - k + 1) * (n_spins - k + 2))
            jump[i, i + 1] = mp.sqrt(element) / n_spins
        jumps.append(jump)
    one, other = jumps
    losses = one.T * one, other.T * other
    index = [(i, j) for i in range(one.rows) for j in range(other.rows)]
    generator = mp.matrix(len(index))
    for a, (i, j) in enumerate(index):
        for b, (k, m) in enumerate(index):
            generator[a, b] = one[i, k] * other[j, m]
            generator[a, b] -= (losses[0][i, k] * (j == m) + losses[1][j, m] * (i == k)) / 2
    vector = mp.matrix([1] * len(index))
    for _ in range(8):  # inverse iteration; no eigenvalue is exactly 0
        new = mp.lu_solve(generator, vector)
        value = (vector.T * new)[0] / (vector.T * vector)[0]
        vector = new / mp.norm(new)
    return -1 / value


@pytest.mark.parametrize(("n_spins", "eta"), [(4, 0.05), (7, 0.01), (8, 0.02), (10, 0.8)])
def test_rates_below_rounding_are_right(n_spins, eta):
    with mp.workdps(60):
        exact = float(many_digits_rate(n_spins, eta))
    assert coherence_decay.coherence_decay_rate(n_spins, eta) == pytest.approx(
        exact, rel=1e-11, abs=0
    )


@settings(max_examples=20)
@given(st.integers(5, 22), st.floats(0.02, 0.12))
def test_rate_and_gap_are_those_of_the_dense_spectrum(n_spins, h):
    block = dicke.generator(n_spins, h * n_spins, "even", "odd").toarray()
    rates = np.sort(-np.linalg.eigvals(block).real)
    mode = coherence_decay.slow_mode(n_spins, h * n_spins)
    assert np.exp(mode.log_rate) == pytest.approx(rates[0], rel=1e-8, abs=1e-11)
    assert mode.gap == pytest.approx(rates[1], rel=1e-3)
    assert np.sum(mode.left * mode.right) == pytest.approx(1)
    residual = block @ mode.right.ravel() + np.exp(mode.log_rate) * mode.right.ravel()
    assert np.linalg.norm(residual) < 1e-9 * np.linalg.norm(mode.right)


def test_rate_of_many_spins_is_that_of_the_sparse_matrix_where_that_can_tell():
    from scipy.sparse.linalg import eigs

    for n_spins, eta in ((100, 10.0), (100, 15.0), (200, 24.0)):
        block = dicke.generator(n_spins, eta, "even", "odd")
        found = eigs(block.tocsc(), k=1, sigma=0.01, v0=np.ones(block.shape[0]))[0]
        ours = coherence_decay.coherence_decay_rate(n_spins, eta)
        assert ours == pytest.approx(-found[0].real, rel=1e-6)


def test_rate_falls_exponentially_with_n():
    for h in (0.03, 0.06, 0.09):
        logs = [coherence_decay.slow_mode(n, h * n).log_rate for n in (100, 200)]
        # sqrt(N) in front of the exponential, seen in the fit of the chapter
        slope = -(logs[1] - logs[0] - np.log(2) / 2) / 100
        assert slope == pytest.approx(coherence_decay.decay_exponent(h), rel=2e-3)


def test_rates_below_the_smallest_number_keep_their_logarithm():
    assert coherence_decay.coherence_decay_rate(400, 2.0) == 0
    log_rate = coherence_decay.slow_mode(400, 2.0).log_rate
    assert -log_rate == pytest.approx(400 * coherence_decay.decay_exponent(2.0 / 400), rel=0.01)


def test_three_spins_keep_their_coherence():
    """Even and odd levels, 0 and 2 or 1 and 3, are mirror images: both decay alike."""
    assert coherence_decay.coherence_decay_rate(3, 0.3) < 1e-15


def test_second_mode_is_the_contraction_towards_the_fixed_point():
    """Linearising the leading order of Eqs. 22-23 gives the rate 4η√(1 - 8h) twice."""
    for h in (0.04, 0.06, 0.08):
        gap = coherence_decay.slow_mode(200, 200 * h).gap
        assert gap == pytest.approx(800 * h * np.sqrt(1 - 8 * h), rel=0.03)


@pytest.mark.parametrize("observable", ["boson", "dipole"])
def test_metastable_amplitude_is_where_the_evolution_goes(observable):
    rate = coherence_decay.coherence_decay_rate(60, 6.0)
    amplitude = dicke_amplitude.amplitude(60, 6.0, [8.0], observable)[0]  # by the Krylov space
    later = dicke_amplitude.amplitude(60, 6.0, [3e3], observable)[0]  # by the slow mode
    quasi = dicke_amplitude.quasi_steady_amplitude(60, 6.0, observable)
    assert amplitude * np.exp(8 * rate) == pytest.approx(quasi, abs=1e-8)
    assert later == pytest.approx(quasi * np.exp(-3e3 * rate), abs=1e-10)


def test_amplitude_without_a_single_slow_mode():
    with pytest.raises(ConvergenceError, match="complex pair"):
        coherence_decay.slow_mode(6, 3.0)
    block = dicke.generator(6, 3.0, "even", "odd").toarray()
    start = dicke_amplitude.initial_amplitudes(6, 1.0)
    expected = expm(7 * block) @ np.outer(start[::2], start[1::2]).ravel()
    ours = dicke_amplitude.coherences(6, 3.0, [7.0, 1e6], start)
    np.testing.assert_allclose(ours[0].ravel(), expected, atol=1e-9)
    assert np.abs(ours[1]).max() == 0


def test_times_in_any_order():
    ordered = dicke_amplitude.amplitude(20, 2.0, [0, 0.5, 3.0])
    np.testing.assert_array_equal(
        dicke_amplitude.amplitude(20, 2.0, [3.0, 0, 0.5, 3.0]), ordered[[2, 0, 1, 2]]
    )
    assert ordered[0] == pytest.approx(2, abs=1e-6)  # √(2η), but for the truncation
    np.testing.assert_array_equal(dicke_amplitude.amplitude(20, 0.0, [0, 5.0]), [0, 0])


def test_bad_input_is_refused():
    for call, message in (
        (lambda: dicke_amplitude.amplitude(0, 1.0, [1]), "n_spins = 0"),
        (lambda: dicke_amplitude.amplitude(4, -1.0, [1]), "eta = -1"),
        (lambda: dicke_amplitude.amplitude(4, 0.1, [-1]), "times holds -1"),
        (lambda: dicke_amplitude.amplitude(10, 0.1, [1], "spin"), "observable = 'spin'"),
        (lambda: dicke_amplitude.amplitude(10, 5.0, [1]), "coherent state is above"),
        (lambda: coherence_decay.coherence_decay_rate(10, 0.0), "eta > 0"),
        (lambda: dicke_amplitude.coherences(4, 0.1, [1], [1, 1, 0, 0, 0]), "start has shape"),
        (lambda: coherence_decay.decay_exponent(0.2), "h = 0.2"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(MemoryError, match="n_spins = 401"):
        coherence_decay.slow_mode(401, 1.0)


def test_three_spins_keep_their_amplitude():
    """Their even and odd blocks are the same matrix, so that X keeps its trace; not for N = 4."""
    blocks = [dicke.shifted_jump(3, 0.3, parity).toarray() for parity in ("even", "odd")]
    np.testing.assert_allclose(blocks[0], blocks[1], rtol=1e-15)
    assert coherence_decay.coherence_decay_rate(3, 0.3) < 1e-12
    first, last = dicke_amplitude.coherences(3, 0.3, [0.0, 1e3])
    assert np.trace(last) == pytest.approx(np.trace(first), abs=1e-9)
    assert dicke_amplitude.amplitude(3, 0.3, [1e3])[0] > 0.1
    assert dicke_amplitude.amplitude(4, 0.3, [1e3])[0] < 1e-6


def test_a_start_that_is_the_slow_mode_to_all_digits_does_not_hide_the_next_one():
    gaps = [coherence_decay.slow_mode(n, 0.02 * n).gap for n in (22, 23, 24)]
    np.testing.assert_allclose(gaps, gaps[0], rtol=0.1)
    rho = dicke_amplitude.density_matrix(23, 0.46, [0.0, 1.0])
    assert np.linalg.eigvalsh(rho).min() > -1e-8


@pytest.mark.parametrize("n_spins", [3, 10, 100])
def test_the_largest_drive_is_the_last_that_the_initial_state_takes(n_spins):
    most = dicke_amplitude.largest_drive(n_spins)
    assert np.linalg.norm(dicke_amplitude.initial_amplitudes(n_spins, most * (1 - 1e-9))) > 0
    with pytest.raises(ValueError, match="of the coherent state is above"):
        dicke_amplitude.initial_amplitudes(n_spins, most * (1 + 1e-9))
