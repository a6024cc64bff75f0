"""Eqs. 1-2 in full: against dense matrix exponentials, QuTiP and the invariants of a channel."""

import subprocess
import sys
from pathlib import Path

import joblib
import make_qutip_reference as qutip
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from spincat import SpinEnsemble
from spincat.free import dephasing
from spincat.master_equation import _product_space_solver, dicke
from spincat.master_equation.product_space import cat_fidelity, cat_fidelity_qutip, evolve
from spincat.model import operators, states
from spincat.shared.errors import ConvergenceError

PARITIES = ["even", "odd"]
TIMES = np.array([0.0, 0.5, 3.0, 20.0, 400.0])
QUTIP = {"method": "vern7", "matrix_form": True, "rtol": 1e-8, "atol": 1e-10, "nsteps": 10**6}
ETAS = [0.05, 0.2, 0.5]
WIDTHS = [1e-3, 1e-2, 5e-2]


def draw(n_spins, width, seed=1):
    return width * np.random.default_rng(seed).normal(size=n_spins)


def on_spin(n, operator, n_spins):
    return np.kron(np.kron(np.eye(2**n), operator), np.eye(2 ** (n_spins - 1 - n)))


def liouvillian(detunings, eta, phase):
    """Eqs. 1-2 written out as one matrix that acts on the rows of rho."""
    n_spins = len(detunings)
    pair = sum(on_spin(n, np.array([[0, 0], [1, 0]]), n_spins) for n in range(n_spins))
    pair = pair @ pair
    energy = sum(d / 2 * on_spin(n, np.diag([1, -1]), n_spins) for n, d in enumerate(detunings))
    drive = eta / n_spins * np.exp(1j * phase) * pair
    energy = energy + drive + drive.conj().T
    one, loss = np.eye(2**n_spins), pair.T @ pair
    jump = np.kron(pair, pair) - (np.kron(loss, one) + np.kron(one, loss.T)) / 2
    return jump / n_spins**2 - 1j * (np.kron(energy, one) - np.kron(one, energy.T))


def by_expm(rho, detunings, eta, times, phase=0.0):
    generator = liouvillian(detunings, eta, phase)
    return np.array([(expm(generator * t) @ rho.ravel()).reshape(rho.shape) for t in times])


def cat(n_spins, eta, parity, phase=0.0):
    ensemble = SpinEnsemble(n_spins, eta, phase)
    return states.spin_cat(
        n_spins, ensemble.theta, ensemble.azimuth, parity=parity, basis="product"
    )


def random_state(n_spins, seed):
    """A density matrix of full rank without coherence between the parities."""
    rng = np.random.default_rng(seed)
    dim = 2**n_spins
    root = rng.normal(size=(dim, dim)) + 1j * rng.normal(size=(dim, dim))
    odd = operators.parity_signs(n_spins, basis="product")
    rho = (root @ root.conj().T) * (odd[:, None] == odd)
    return rho / np.trace(rho).real


def random_observable(n_spins, seed):
    rng = np.random.default_rng(seed)
    dim = 2**n_spins
    matrix = rng.normal(size=(dim, dim)) + 1j * rng.normal(size=(dim, dim))
    matrix += matrix.conj().T
    return matrix / np.linalg.norm(matrix, 2)


@pytest.mark.parametrize("parity", PARITIES)
@pytest.mark.parametrize("n_spins", [1, 2, 3, 4])
@pytest.mark.ledger("eq-1", "eq-2", method="numerics")
def test_fidelity_matches_dense_exponentials(n_spins, parity):
    for eta, width in zip(ETAS, WIDTHS, strict=True):
        phase, detunings = 3 * eta, draw(n_spins, width, seed=n_spins)
        psi = cat(n_spins, eta, parity, phase)
        rho = by_expm(np.outer(psi, psi.conj()), detunings, eta, TIMES, phase)
        expected = np.einsum("i,tij,j->t", psi.conj(), rho, psi).real
        value = cat_fidelity(detunings, eta, TIMES, parity, phase=phase)
        np.testing.assert_allclose(value, expected, rtol=0, atol=2e-8)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_state_matches_dense_exponentials(seed):
    detunings, rho, phase = draw(3, 0.3, seed), random_state(3, seed), 0.9 * seed
    observables = [random_observable(3, seed + 10), random_observable(3, seed + 20)]
    expected = by_expm(rho, detunings, 0.3, TIMES, phase)
    found = evolve(rho, detunings, 0.3, TIMES, phase=phase)
    assert np.linalg.norm(found - expected, "nuc", axis=(1, 2)).max() < 1e-8
    moments = evolve(rho, detunings, 0.3, TIMES, observables, phase=phase)
    np.testing.assert_allclose(
        moments, np.einsum("nij,tji->nt", observables, expected).real, rtol=0, atol=1e-8
    )


@pytest.mark.parametrize("parity", PARITIES)
@pytest.mark.parametrize("eta", ETAS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.ledger("eq-1", "eq-2", method="qutip")
def test_matches_qutip(parity, eta, width):
    n_spins, phase = (5 if parity == "odd" else 4), 1.0 if width == 1e-2 else 0.0
    times = np.linspace(0, 60, 31)
    detunings = draw(n_spins, width, seed=7)
    expected = cat_fidelity_qutip(detunings, eta, times, parity, phase=phase, options=QUTIP)
    value = cat_fidelity(detunings, eta, times, parity, phase=phase)
    np.testing.assert_allclose(value, expected, rtol=0, atol=1e-7)


def test_what_is_stored_of_qutip_is_the_whole_grid():
    """Every case is there, with the detunings of its seed and the other parameters asked for."""
    stored = qutip.stored()
    wanted = qutip.cases()
    assert len(stored) == len(wanted) == 7 * 3 * 3 * 2
    for found, case in zip(stored, wanted, strict=True):
        np.testing.assert_allclose(found.pop("detunings"), case.pop("detunings"), rtol=1e-14)
        assert {key: found[key] for key in case} == case
        assert set(found["fidelity"]) == {f"{rtol:g}" for rtol in qutip.rtols(case)}
        assert 0.1 < case["phase"] % (2 * np.pi) < 2 * np.pi - 0.1


def test_the_stored_fidelities_of_qutip_have_converged():
    """A hundred times smaller tolerances of the integrator change them by less than 1e-8."""
    both = [np.array(list(case["fidelity"].values())) for case in qutip.stored()]
    changes = [np.abs(values[0] - values[-1]).max() for values in both if len(values) > 1]
    assert len(changes) == 6 * 18 + 6
    assert max(changes) < 1e-8


@pytest.mark.parametrize("n_spins", qutip.SIZES)
def test_matches_what_is_stored_of_qutip(n_spins):
    """All parities, drives, widths and phases to t = 400, each within ``tol`` = 1e-8.

    Where only the larger tolerance of the integrator is stored, its own error adds as much.
    """
    for case in qutip.stored():
        if case["n_spins"] == n_spins:
            arguments = case["detunings"], case["eta"], case["times"], case["parity"]
            value = cat_fidelity(*arguments, phase=case["phase"], tol=1e-8)
            found = list(case["fidelity"].values())
            atol = 1e-8 if len(found) > 1 else 2e-8
            np.testing.assert_allclose(value, found[-1], rtol=0, atol=atol, err_msg=str(case))


@pytest.mark.parametrize("parity", PARITIES)
@pytest.mark.parametrize("n_spins", range(2, 9))
@pytest.mark.ledger("fig-2", method="integration")
def test_tolerances_are_kept(n_spins, parity):
    """The error of every tolerance stays below it, at the times and widths of Fig. 2."""
    detunings, times = np.stack([draw(n_spins, width) for width in WIDTHS]), np.linspace(0, 400, 9)
    best = cat_fidelity(detunings, 0.2, times, parity, tol=1e-10)
    for tol in (1e-4, 1e-8):
        value = cat_fidelity(detunings, 0.2, times, parity, tol=tol)
        assert np.abs(value - best).max() < tol


@pytest.mark.parametrize("parity", PARITIES)
@pytest.mark.ledger("steady-fidelities-of-fig-2", method="integration")
def test_identical_spins_reach_the_steady_state_of_the_dicke_ladder(parity):
    n_spins, eta = 8, 0.2
    ensemble = SpinEnsemble(n_spins, eta)
    rho = dicke.steady_state(ensemble, parity)
    cat_state = states.spin_cat(n_spins, ensemble.theta, ensemble.azimuth, parity=parity)
    cat_state = cat_state[operators.levels(n_spins, parity)]
    expected = (cat_state.conj() @ rho @ cat_state).real
    value = cat_fidelity(np.zeros(n_spins), eta, [2000.0], parity)
    np.testing.assert_allclose(value, expected, rtol=0, atol=1e-7)


def test_without_drive_and_pairs_the_evolution_is_free():
    """One excitation among N spins cannot be lost in pairs: only the dephasing is left."""
    detunings, times = draw(6, 0.1), np.linspace(0, 100, 21)
    single = np.zeros(64, dtype=complex)
    single[63 ^ (1 << np.arange(6))] = 1 / np.sqrt(6)
    value = evolve(single, detunings, 0.0, times, [np.outer(single, single)])[0]
    expected = np.abs(np.exp(-1j * np.outer(times, detunings)).mean(axis=1)) ** 2
    np.testing.assert_allclose(value, expected, atol=1e-8)
    assert np.ptp(dephasing.cat_fidelity(detunings, 1e-6, times, "odd") - expected) < 1e-6


@settings(max_examples=15, deadline=None)
@given(
    n_spins=st.integers(1, 5),
    seed=st.integers(0, 2**32),
    width=st.floats(0, 0.3),
    eta=st.floats(0, 1),
    phase=st.floats(-7, 7),
    t=st.floats(0, 50),
)
def test_states_stay_states(n_spins, seed, width, eta, phase, t):
    rho = random_state(n_spins, seed)
    later = evolve(rho, draw(n_spins, width, seed), eta, [t, 2 * t], phase=phase)
    np.testing.assert_allclose(np.trace(later, axis1=1, axis2=2), 1, rtol=0, atol=1e-8)
    np.testing.assert_allclose(later, later.conj().swapaxes(1, 2), rtol=0, atol=1e-12)
    assert np.linalg.eigvalsh(later).min() > -1e-8


@settings(max_examples=15, deadline=None)
@given(
    n_spins=st.integers(2, 6),
    seed=st.integers(0, 2**32),
    width=st.floats(0, 0.1),
    eta=st.floats(0.01, 0.6),
    phase=st.floats(-7, 7),
    parity=st.sampled_from(PARITIES),
)
def test_symmetries_of_the_fidelity(n_spins, seed, width, eta, phase, parity):
    detunings = draw(n_spins, width, seed)
    times = np.linspace(0, 40, 5)
    value = cat_fidelity(detunings, eta, times, parity)
    assert value.min() > -1e-8
    assert value.max() < 1 + 1e-8
    permuted = np.random.default_rng(seed).permutation(detunings)
    equal = cat_fidelity(np.stack([-detunings, permuted, detunings + 0.02]), eta, times, parity)
    np.testing.assert_allclose(equal[:2], np.stack([value, value]), rtol=0, atol=3e-8)
    turned = cat_fidelity(detunings, eta, times, parity, phase=phase)
    np.testing.assert_allclose(turned, value, rtol=0, atol=3e-8)


def test_shapes_and_order_of_times():
    detunings = np.stack([[draw(3, 0.05, seed)] for seed in range(4)])
    times = np.array([7.0, 0.0, 2.0, 7.0])
    value = cat_fidelity(detunings, 0.2, times, "even")
    assert value.shape == (4, 1, 4)
    np.testing.assert_allclose(value[..., 1], 1, atol=1e-12)
    np.testing.assert_array_equal(value[..., 0], value[..., 3])
    one = cat_fidelity(detunings[2, 0], 0.2, [2.0], "even")
    np.testing.assert_allclose(one, value[2, 0, 2:3], rtol=0, atol=2e-8)
    assert cat_fidelity(np.zeros((0, 3)), 0.2, times, "even").shape == (0, 4)


@pytest.mark.parametrize("t", [0.0, 1e-12, 1e-3])
def test_short_times(t):
    psi = cat(3, 0.3, "odd")
    value = cat_fidelity([0.1, -0.2, 0.3], 0.3, [t], "odd")
    expected = by_expm(np.outer(psi, psi.conj()), [0.1, -0.2, 0.3], 0.3, [t])[0]
    np.testing.assert_allclose(value, (psi.conj() @ expected @ psi).real, atol=1e-8)


def test_long_times_are_split_into_segments():
    """Beyond a few thousand points the time is split; nothing else changes."""
    detunings, times = draw(4, 0.05), [0.0, 1500.0, 9000.0]
    psi = cat(4, 0.5, "even")
    rho = by_expm(np.outer(psi, psi.conj()), detunings, 0.5, times)
    expected = np.einsum("i,tij,j->t", psi.conj(), rho, psi).real
    value = cat_fidelity(detunings, 0.5, times, "even")
    np.testing.assert_allclose(value, expected, rtol=0, atol=2e-8)
    later = evolve(psi, detunings, 0.5, times)
    assert np.linalg.norm(later - rho, "nuc", axis=(1, 2)).max() < 1e-8


def test_no_convergence_raises(monkeypatch):
    detunings = draw(4, 0.05)
    with pytest.raises(ConvergenceError, match="max_actions = 40"):
        cat_fidelity(detunings, 0.2, [0, 400], "even", max_actions=40)
    with pytest.raises(ConvergenceError, match="tol"):
        evolve(cat(4, 0.2, "even"), detunings, 0.2, [400], max_actions=7)
    # A spectrum that is badly misjudged is noticed, not trusted.
    monkeypatch.setattr(_product_space_solver, "spectrum", lambda *_: np.zeros(1, dtype=complex))
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(ConvergenceError):
        cat_fidelity(detunings, 0.2, [0, 400], "even")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"detunings": [0.1, np.nan]}, "detunings"),
        ({"detunings": 0.1}, "detunings"),
        ({"detunings": np.zeros((3, 0))}, "detunings"),
        ({"detunings": [0.1, 1j]}, "detunings"),
        ({"eta": -0.1}, "eta"),
        ({"eta": np.inf}, "eta"),
        ({"times": [-1.0]}, "times"),
        ({"times": []}, "times"),
        ({"times": 1.0}, "times"),
        ({"times": [1e12]}, "times"),
        ({"parity": "both"}, "parity"),
        ({"parity": "odd", "eta": 0.0}, "theta"),
        ({"phase": np.nan}, "phase"),
        ({"phase": [0.0, 1.0]}, "phase"),
        ({"tol": 0.0}, "tol"),
        ({"tol": 1e-14}, "tol"),
        ({"max_actions": 0}, "max_actions"),
    ],
)
def test_bad_input_is_refused(change, message):
    good = {"detunings": [0.1, 0.2], "eta": 0.2, "times": [0.0, 1.0], "parity": "even"}
    with pytest.raises(ValueError, match=message):
        cat_fidelity(**{**good, **change})


def test_what_does_not_fit_is_refused():
    with pytest.raises(MemoryError, match="N = 15"):
        cat_fidelity(np.zeros(15), 0.2, [1.0], "even")
    with pytest.raises(MemoryError, match="times"):
        evolve(cat(8, 0.2, "even"), np.zeros(8), 0.2, np.linspace(0, 1, 10**6))


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (np.ones(3), "shape"),
        (np.ones(4), "trace"),
        (np.ones(4) / 2, "between the parities"),
        (np.diag([1, 1j, 0, 0]), "adjoint"),
        (np.diag([np.nan, 1, 0, 0]), "state holds nan"),
    ],
)
def test_bad_states_are_refused(state, message):
    with pytest.raises(ValueError, match=message):
        evolve(state, [0.1, 0.2], 0.2, [1.0])


def test_bad_observables_and_several_draws_are_refused():
    psi = cat(2, 0.2, "even")
    with pytest.raises(ValueError, match="observables"):
        evolve(psi, [0.1, 0.2], 0.2, [1.0], [np.eye(3)])
    with pytest.raises(ValueError, match="one draw"):
        evolve(psi, [[0.1, 0.2]], 0.2, [1.0])
    with pytest.raises(ValueError, match="one draw"):
        cat_fidelity_qutip([[0.1, 0.2]], 0.2, [0.0, 1.0], "even")
    with pytest.raises(ValueError, match="increase"):
        cat_fidelity_qutip([0.1, 0.2], 0.2, [1.0, 0.0], "even")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's peak memory")
def test_eight_spins_need_less_than_300_megabytes():
    script = (
        "import re, numpy as np\n"
        "from spincat.master_equation import product_space\n"
        "detunings = 1e-2 * np.random.default_rng(1).normal(size=(4, 8))\n"
        "product_space.cat_fidelity(detunings, 0.2, np.linspace(0, 400, 201), 'odd')\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(run.stdout) / 1e3 < 300


def test_two_processes_find_the_same_digits():
    rows, times = np.random.default_rng(1).normal(scale=0.02, size=(5, 4)), np.linspace(0, 50, 4)
    expected = cat_fidelity(rows, 0.2, times, "odd")
    with joblib.parallel_config(n_jobs=2):
        found = cat_fidelity(rows, 0.2, times, "odd")
    np.testing.assert_array_equal(found, expected)
