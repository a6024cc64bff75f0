"""More spins as mixtures of few states, against full density matrices spin by spin, and QuTiP."""

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import parallel_config
from scipy.linalg import expm

from spincat import ConvergenceError, SpinEnsemble
from spincat.many_spins import _mixtures, evolve_classes, evolve_low_rank
from spincat.many_spins.low_rank import product_block
from spincat.master_equation import cat_fidelity, product_space
from spincat.model.operators import liouvillian
from spincat.model.states import spin_cat, spin_coherent

STATES = ["even", "odd", "coherent"]
TIMES = np.array([0.0, 0.7, 8.0])


def draw(n_spins, width, seed=1):
    return width * np.random.default_rng(seed).normal(size=n_spins)


def initial(n_spins, eta, state, phase=0.0):
    angles = (ensemble := SpinEnsemble(n_spins, eta, phase)).theta, ensemble.azimuth
    if state == "coherent":
        return spin_coherent(n_spins, *angles, basis="product")
    return spin_cat(n_spins, *angles, parity=state, basis="product")


def spin_by_spin(detunings, gap, eta=0.0, phase=0.0):
    """Hamiltonian, S₋ and n of Eqs. 1-2 with the exchange as a sum over pairs of spins."""
    n = len(detunings)

    def on(k, matrix):
        return np.kron(np.kron(np.eye(2**k), matrix), np.eye(2 ** (n - 1 - k)))

    x, y, z = ([on(k, m) / 2 for k in range(n)] for m in _PAULI)
    lower = sum(x) - 1j * sum(y)
    drive = eta / n * np.exp(1j * phase) * lower @ lower
    hamiltonian = sum(d * s for d, s in zip(detunings, z, strict=True)) + drive + drive.conj().T
    pairs = sum(  # N/2 (N/2 + 1) - S² = Σ over pairs of 2 (1/4 - s_i s_j)
        0.5 * np.eye(2**n) - 2 * sum(s[i] @ s[j] for s in (x, y, z))
        for i in range(n) for j in range(i)
    )  # fmt: skip
    return hamiltonian + gap / n * pairs, lower, sum(z) + n / 2 * np.eye(2**n)


_PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    ("eta", "width", "gap", "phase"), [(0.2, 0.05, 0.0, 0.0), (0.9, 0.2, 0.6, 1.0), (0.4, 0, -1, 0)]
)
def test_all_numbers_are_those_of_the_full_density_matrix(eta, width, gap, phase, state):
    """Drive, loss, detunings and exchange written out spin by spin."""
    detunings = draw(4, width)
    hamiltonian, lower, number = spin_by_spin(detunings, gap, eta, phase)
    psi = initial(4, eta, state, phase)
    generator = liouvillian(hamiltonian, [lower @ lower / 4]).toarray()
    data = evolve_low_rank(detunings, eta, TIMES, state, gap=gap, phase=phase, tol=1e-5)
    sectors = np.linalg.eigh(spin_by_spin(np.zeros(4), 4.0)[0])
    symmetric = sectors[1][:, np.abs(sectors[0]) < 1e-9]
    for index, time in enumerate(TIMES):
        rho = (expm(generator * time) @ np.outer(psi, psi.conj()).ravel()).reshape(16, 16)
        expected = {
            "fidelity": psi.conj() @ rho @ psi,
            "purity": np.trace(rho @ rho),
            "excitations": np.trace(number @ rho),
            "symmetric_weight": np.trace(symmetric.conj().T @ rho @ symmetric),
            "pair_amplitude": np.trace(lower @ lower @ rho) / 4,
        }
        if state == "coherent":
            expected["amplitude"] = np.trace(lower @ rho) / 2
        for name, value in expected.items():
            assert data[name].values[index] == pytest.approx(value, abs=2e-5), name
        assert ("amplitude" in data) == (state == "coherent")


@pytest.mark.parametrize("state", ["even", "odd"])
@pytest.mark.parametrize(("eta", "width", "t"), [(0.2, 0.05, 40.0), (1.0, 0.1, 4.0)])
def test_fidelity_is_that_of_the_density_matrix_within_the_error_told(eta, width, t, state):
    detunings, times = draw(7, width), [t / 4, t]
    exact = cat_fidelity(detunings, eta, times, state)
    for tol in (1e-3, 1e-4):
        data = evolve_low_rank(detunings, eta, times, state, tol=tol)
        assert np.all(np.abs(data["fidelity"] - exact) <= data["error"])
        assert data["error"].max() <= tol


@pytest.mark.parametrize(
    ("n", "state", "eta", "width", "gap", "t"),
    [(4, "coherent", 0.968, 1.24, 0.0, 2.1), (3, "odd", 2.26, 0.03, -0.6, 1.7),
     (3, "odd", 1.44, 0.03, 2.2, 2.9), (5, "even", 3.8, 0.12, 6.3, 0.6)],
)  # fmt: skip
@pytest.mark.parametrize("tol", [1e-4, 1e-6])
def test_weights_and_purity_are_within_the_error_told_after_a_jump(
    n, state, eta, width, gap, t, tol
):
    """Where states jump far: errors of the sums over nodes, most of which the trace hides."""
    detunings, times = draw(n, width), np.linspace(0, t, 6)
    exact = evolve_classes(np.ones(n, int), detunings, eta, times, state, gap=gap, tol=1e-9)
    data = evolve_low_rank(detunings, eta, times, state, gap=gap, tol=tol)
    for name in ("fidelity", "purity", "symmetric_weight"):
        assert np.abs(data[name] - exact[name]).max() <= data["error"].max() + 2e-9, name
    assert data["error"].max() <= tol


def test_ten_spins():
    """As many as the density matrix takes in seconds; both cats."""
    detunings, times = draw(10, 0.1), [3.0]
    for state in ("even", "odd"):
        exact = cat_fidelity(detunings, 0.5, times, state, tol=1e-6)
        data = evolve_low_rank(detunings, 0.5, times, state)
        assert np.all(np.abs(data["fidelity"] - exact) <= data["error"])


def test_purity_falls_as_that_of_the_density_matrix():
    """Where few spins are far from pure."""
    detunings, times = draw(4, 0.2), [2.0, 10.0]
    rho = product_space.evolve(initial(4, 0.4, "odd"), detunings, 0.4, times)
    purity = np.einsum("tij,tji->t", rho, rho).real
    assert purity[-1] < 0.8
    data = evolve_low_rank(detunings, 0.4, times, "odd", tol=1e-4)
    assert data["purity"].values == pytest.approx(purity, abs=2e-4)


@pytest.mark.parametrize("state", STATES)
def test_two_halves_are_two_classes(state):
    """The same ensemble in 2^N product states and in 36 states of two classes, with exchange."""
    times = [1.0, 4.0]
    spins = evolve_low_rank(np.repeat([0.1, -0.1], 5), 0.4, times, state, gap=0.2, phase=0.5)
    classes = evolve_classes([5, 5], [0.1, -0.1], 0.4, times, state, gap=0.2, phase=0.5)
    assert set(spins.data_vars) == set(classes.data_vars) - {"class_pairs"}
    for name in set(spins.data_vars) - {"error"}:
        assert np.all(np.abs(spins[name] - classes[name]) < 3e-4), name


def test_trajectories_of_qutip():
    """Ten spins, within the standard error of quantum trajectories."""
    detunings, times = draw(10, 0.3), [0.0, 1.0, 2.0]
    basis = product_block(detunings, 0.2, "even", 10)
    jump = qutip.Qobj(basis.back @ basis.lowering)
    drive = 0.2j * (jump.dag() - jump)
    start = qutip.Qobj(basis.start)
    result = qutip.mcsolve(
        qutip.Qobj(basis.hamiltonian) + drive, start, times, [jump],
        e_ops=[start.proj(), qutip.qdiags(basis.number, 0)], ntraj=50, seeds=1,
        options={"progress_bar": "", "map": "serial", "method": "vern7"},
    )  # fmt: skip
    moments = _mixtures.evolve(basis, 0.4, np.array(times), 1e-6)
    for name, mean, spread in zip(
        ("fidelity", "excitations"), result.average_expect, result.std_expect, strict=True
    ):
        error = np.maximum(spread / np.sqrt(50), 1e-6)
        assert np.all(np.abs(getattr(moments, name) - mean)[1:] < 4 * error[1:]), name
        assert error[-1] < 0.03


@given(
    st.integers(2, 6), st.floats(0.0, 1.5), st.floats(0.0, 0.5), st.floats(-1.0, 1.0),
    st.sampled_from(STATES), st.integers(0, 99),
)  # fmt: skip
@settings(max_examples=10)
def test_result_is_a_density_matrix_and_turns_with_the_detunings(n, eta, width, gap, state, seed):
    if eta < 1e-3 and state == "odd":
        eta = 0.1
    detunings = draw(n, width, seed)
    data = evolve_low_rank(detunings, eta, [0.0, 3.0], state, gap=gap)
    for name in ("fidelity", "purity", "symmetric_weight"):
        assert np.all(data[name] <= 1 + 1e-12)
        assert np.all(data[name] >= 0)
    assert data["purity"][0] == pytest.approx(1)
    assert 0 <= data["excitations"][1] <= n
    # complex conjugation in the frame where α is real: δ → -δ, G → -G
    mirrored = evolve_low_rank(-detunings, eta, [0.0, 3.0], state, gap=-gap)
    turn = np.exp(-2j * SpinEnsemble(n, eta).azimuth)
    assert mirrored["fidelity"].values == pytest.approx(data["fidelity"].values, abs=1e-12)
    pair = turn * data["pair_amplitude"].values
    assert turn * mirrored["pair_amplitude"].values == pytest.approx(pair.conj(), abs=1e-12)


def test_exchange_does_nothing_to_equal_spins():
    """They keep the total spin N/2, whose energy is zero."""
    data = evolve_low_rank(np.zeros(6), 0.4, [5.0], "odd", gap=0.5)
    free = evolve_low_rank(np.zeros(6), 0.4, [5.0], "odd")
    assert data["fidelity"].item() == pytest.approx(free["fidelity"].item(), abs=1e-4)
    assert data["symmetric_weight"].item() == pytest.approx(1, abs=1e-4)


def test_too_few_excitations_are_refused_and_enough_are_found():
    detunings = draw(14, 0.05)
    with pytest.raises(ConvergenceError, match="n_max = 2"):
        evolve_low_rank(detunings, 0.2, [3.0], "even", n_max=2)
    data = evolve_low_rank(detunings, 0.2, [3.0], "even", tol=1e-3)
    assert 4 <= data.attrs["n_max"] < 14
    more = evolve_low_rank(detunings, 0.2, [3.0], "even", n_max=12, tol=1e-3)
    assert data["fidelity"].item() == pytest.approx(more["fidelity"].item(), abs=1e-3)


def test_draws_in_two_processes_have_the_same_digits():
    detunings = np.array([draw(6, 0.05, seed) for seed in (1, 2)])
    here = evolve_low_rank(detunings, 0.2, [5.0], "even")
    assert here["fidelity"].dims == ("draw", "time")
    with parallel_config("loky", n_jobs=2):
        there = evolve_low_rank(detunings, 0.2, [5.0], "even")
    assert here.identical(there)
    one = evolve_low_rank(detunings[1], 0.2, [5.0], "even")
    assert np.array_equal(one["fidelity"], here["fidelity"][1])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"detunings": 0.1}, "detunings"),
        ({"detunings": np.zeros(70)}, "70"),
        ({"eta": -1}, "eta"),
        ({"eta": 0.0, "state": "odd"}, "odd"),
        ({"state": "Even"}, "state"),
        ({"times": [1.0, 0.5]}, "times"),
        ({"gap": np.inf}, "gap"),
        ({"n_max": 9}, "n_max"),
        ({"tol": 0.1}, "tol"),
    ],
)
def test_refusals(change, text):
    arguments = {"detunings": np.zeros(4), "eta": 0.2, "times": [1.0], "state": "even"} | change
    with pytest.raises((ValueError, MemoryError), match=text):
        evolve_low_rank(**arguments)


def test_what_does_not_fit_is_refused_before_any_work():
    with pytest.raises(MemoryError, match="number of detunings N = 40"):
        evolve_low_rank(np.zeros(40), 1.0, [1.0], "even", n_max=20)


def test_equal_spins_are_those_of_one_class():
    """More states than are diagonalised, and no detuning at all."""
    times = [0.0, 3.0]
    ours = evolve_low_rank(np.zeros(8), 0.3, times, "even")
    theirs = evolve_classes([8], [0.0], 0.3, times, "even")
    np.testing.assert_allclose(ours.fidelity, theirs.fidelity, atol=2e-4)
