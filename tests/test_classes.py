"""Classes of equal spins against the solvers of their limits, QuTiP and dense exponentials."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from spincat import SpinEnsemble
from spincat.many_spins import _solve, classes
from spincat.many_spins.classes import evolve_classes
from spincat.master_equation import dicke, dicke_amplitude, multibody_loss, two_halves_response
from spincat.master_equation.product_space import cat_fidelity
from spincat.model import spin_cat, spin_coherent
from spincat.shared.errors import ConvergenceError

TIMES = [0.0, 1.0, 8.0]


@pytest.mark.parametrize("eta", [0.2, 1.5])
def test_a_single_class_is_the_dicke_ladder(eta):
    """The whole density matrix of identical spins, by a Krylov method of its own."""
    n_spins, n = 13, np.arange(14)
    ensemble = SpinEnsemble(n_spins, eta, phase=0.0)
    found = evolve_classes([n_spins], [0.0], eta, TIMES, "coherent", tol=1e-9)
    start = spin_coherent(n_spins, ensemble.theta).real
    rho = dicke_amplitude.density_matrix(n_spins, eta, TIMES, start)
    ket = spin_coherent(n_spins, ensemble.theta, ensemble.azimuth)
    lower = np.diag(np.sqrt(n[1:] * (n_spins - n[1:] + 1) / n_spins), 1)
    expected = {
        "fidelity": np.einsum("i,tij,j->t", ket.conj(), rho, ket),
        "purity": np.einsum("tij,tji->t", rho, rho),
        "excitations": np.einsum("i,tii->t", n, rho),
        "symmetric_weight": np.ones(3),
        "pair_amplitude": np.einsum("ij,tji->t", lower @ lower, rho),
        "amplitude": np.einsum("ij,tji->t", lower, rho),
    }
    expected["class_pairs"] = expected["pair_amplitude"][:, None]
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_single_class_becomes_steady(parity):
    found = evolve_classes([20], [0.0], 0.5, [0.0, 60.0], parity, tol=1e-8)
    levels = np.arange(21)[(parity == "odd") :: 2]
    rho = dicke.steady_state(SpinEnsemble(20, 0.5), parity)
    assert found.excitations[-1] == pytest.approx(levels @ rho.diagonal().real, abs=1e-6)
    assert found.purity[-1] == pytest.approx(np.trace(rho @ rho).real, abs=1e-7)


@pytest.mark.parametrize(("n_spins", "parity"), [(4, "odd"), (7, "even"), (8, "odd")])
def test_classes_of_one_spin_are_the_product_space(n_spins, parity):
    detunings = 0.1 * np.random.default_rng(n_spins).normal(size=n_spins)
    found = evolve_classes([1] * n_spins, detunings, 0.3, TIMES, parity, tol=1e-8)
    exact = cat_fidelity(detunings, 0.3, TIMES, parity, tol=1e-9)
    np.testing.assert_allclose(found.fidelity, exact, atol=2e-8)
    assert found.attrs["error_kind"].startswith("bound")


@pytest.mark.parametrize("gap", [0.0, 0.8])
def test_exchange_against_few_spins(gap):
    detunings, eta = [0.3, 0.3, -0.2, -0.2, -0.2], 0.4
    found = evolve_classes([2, 3], [0.3, -0.2], eta, [0.0, 4.0], "odd", gap=gap, tol=1e-8)
    cat = spin_cat(5, SpinEnsemble(5, eta).theta, parity="odd", basis="product").real
    exact = multibody_loss.held_fidelity(cat, detunings, np.sqrt(2 * eta), 4.0, gap=gap)
    assert found.fidelity[-1] == pytest.approx(exact, abs=1e-7)


@pytest.mark.parametrize("n_spins", [4, 6])
def test_two_halves_at_first_order(n_spins):
    """The pairs within one half turn as the linear response says, from the steady state."""
    eta, half, delta, time = 0.4, n_spins // 2, 1e-4, 3.0
    sizes, ladder = np.array([half, half]), np.zeros(n_spins + 1)
    ladder[0] = 1.0
    block = classes.class_block(sizes, np.array([delta, -delta]), 0.0, ladder, n_spins, "even")
    states = classes._occupations(sizes, n_spins)
    states = states[states.sum(axis=1) % 2 == 0]
    columns = block.symmetric.toarray()[:, ::2]
    start = columns @ dicke.steady_block(n_spins, eta, "even") @ columns.T
    eye, hamiltonian = np.eye(len(states)), block.hamiltonian.toarray()
    jump = (block.back @ block.lowering).toarray() - 2 * eta * eye
    square = jump.T @ jump
    generator = np.kron(jump, jump) - (np.kron(square, eye) + np.kron(eye, square)) / 2
    generator = generator - 1j * (np.kron(hamiltonian, eye) - np.kron(eye, hamiltonian))
    rho = (expm(generator * time) @ start.ravel()).reshape(start.shape)
    pairs = 0j  # <S_-^2> of the first half
    for column, (n, other) in enumerate(states):
        row = np.flatnonzero((states == (n - 2, other)).all(axis=1))
        element = np.sqrt(n * (half - n + 1) * (n - 1) * (half - n + 2)) if n > 1 else 0.0
        pairs += sum(element * rho[column, r] for r in row)
    spread = two_halves_response.spread_response(n_spins, eta, [time])[0]
    # ⟨σ⁺σ⁺⟩ has the phase π/2 + 2ζ, and ⟨σ⁻σ⁻⟩ in the frame of the block -2ζ
    assert np.angle(pairs) / -2 / delta == pytest.approx(spread, rel=1e-5)


@pytest.mark.parametrize(("state", "gap"), [("odd", 0.0), ("coherent", 0.7)])
def test_two_dicke_spaces_by_qutip(state, gap):
    """Everything that is returned, with a phase of the drive, by the operators of Eqs. 1-2."""
    import qutip

    sizes, detunings, eta, phase = (3, 2), (0.2, -0.3), 0.3, 0.9
    found = evolve_classes(sizes, detunings, eta, TIMES, state, gap=gap, phase=phase, tol=1e-8)
    spins = (
        [qutip.tensor(qutip.jmat(1.5, k), qutip.qeye(3)) for k in "-z"],
        [qutip.tensor(qutip.qeye(4), qutip.jmat(1.0, k)) for k in "-z"],
    )
    lower, energy = spins[0][0] + spins[1][0], 0.0
    up = spins[0][1] + spins[1][1]
    total = lower.dag() * lower + up**2 - up  # S²
    for delta, (_, axis) in zip(detunings, spins, strict=True):
        energy = energy + delta * axis
    drive = eta / 5 * np.exp(1j * phase) * lower**2
    hamiltonian = energy + drive + drive.dag() + gap / 5 * (2.5 * 3.5 - total)
    ground = qutip.tensor(qutip.basis(4, 3), qutip.basis(3, 2))
    symmetric, kets = [ground], ground.unit()
    for _ in range(5):
        symmetric.append((lower.dag() * symmetric[-1]).unit())
    ensemble = SpinEnsemble(5, eta, phase)
    angles = ensemble.theta, ensemble.azimuth
    ladder = (
        spin_coherent(5, *angles) if state == "coherent" else spin_cat(5, *angles, parity="odd")
    )
    kets = sum((c * ket for c, ket in zip(ladder, symmetric, strict=True)), 0 * ground)
    weight = sum((ket.proj() for ket in symmetric), 0 * ground.proj())
    run = qutip.mesolve(
        hamiltonian, kets, TIMES, [lower**2 / 5],
        options={"progress_bar": "", "method": "vern7", "rtol": 1e-9, "atol": 1e-11},
    )  # fmt: skip
    expected = {
        "fidelity": qutip.expect(kets.proj(), run.states),
        "purity": [rho.purity() for rho in (s if s.isoper else s.proj() for s in run.states)],
        "excitations": qutip.expect(up + 2.5, run.states),
        "symmetric_weight": qutip.expect(weight, run.states),
        "pair_amplitude": qutip.expect(lower**2 / 5, run.states),
        "amplitude": qutip.expect(lower / np.sqrt(5), run.states),
        "class_pairs": np.transpose(
            [qutip.expect(s[0] ** 2 / n, run.states) for s, n in zip(spins, sizes, strict=True)]
        ),
    }
    for name, values in expected.items():
        if name in found:
            np.testing.assert_allclose(found[name], values, atol=1e-7, err_msg=name)
    assert ("amplitude" in found) == (state == "coherent")


@given(
    st.lists(st.tuples(st.integers(1, 4), st.floats(-0.3, 0.3)), min_size=1, max_size=3),
    st.floats(0.05, 0.6),
    st.sampled_from(["even", "odd", "coherent"]),
)
@settings(max_examples=15, deadline=None)
def test_invariants(groups, eta, state):
    """Ranges, and what changes the sign of the detunings and splits a class in two do not."""
    sizes, detunings = map(list, zip(*groups, strict=True))
    found = evolve_classes(sizes, detunings, eta, TIMES, state)
    error = found.error.values
    for name in ("fidelity", "purity", "symmetric_weight"):
        assert np.all(found[name] <= 1 + 2 * error + 1e-9)
        assert np.all(found[name] >= -error)
    assert np.all(np.abs(found.fidelity) <= found.symmetric_weight + 2 * error + 1e-9)
    assert np.all(found.fidelity**2 <= found.purity + 4 * error + 1e-9)
    mirrored = evolve_classes(sizes, [-d for d in detunings], eta, TIMES, state)
    np.testing.assert_allclose(found.fidelity, mirrored.fidelity, atol=1e-5)
    np.testing.assert_allclose(found.purity, mirrored.purity, atol=1e-5)
    turn = SpinEnsemble(1, eta).alpha ** 2 / (2 * eta)
    pairs = found.pair_amplitude / turn, mirrored.pair_amplitude / turn
    np.testing.assert_allclose(pairs[0], np.conj(pairs[1]), atol=2e-5)
    sizes, detunings = [*sizes, 1], [*detunings, detunings[-1]]
    joined = evolve_classes([*sizes[:-2], sizes[-2] + 1], detunings[:-1], eta, TIMES, state)
    split = evolve_classes(sizes, detunings, eta, TIMES, state)
    np.testing.assert_allclose(
        joined.class_pairs[:, :-1], split.class_pairs[:, : len(sizes) - 2], atol=1e-5
    )
    np.testing.assert_allclose(joined.fidelity, split.fidelity, atol=1e-5)
    np.testing.assert_allclose(joined.symmetric_weight, split.symmetric_weight, atol=1e-5)


@pytest.mark.parametrize(
    ("eta", "state", "n_max"), [(0.5, "even", 8), (0.5, "even", 12), (0.2, "coherent", 7)]
)
def test_the_edge_of_the_basis(eta, state, n_max, monkeypatch):
    """What the estimate says of a basis that is cut off is larger than its error."""
    arguments = [12, 12], [0.05, -0.05], eta, np.linspace(0, 20, 9), state
    full = evolve_classes(*arguments, n_max=20, tol=1e-6)
    monkeypatch.setattr(classes, "TOLERANCES", (1e-10, 10.0))  # to see what is refused
    cut = evolve_classes(*arguments, n_max=n_max, tol=5.0)
    error = cut.error.values
    assert np.all(np.abs(cut.fidelity - full.fidelity) <= error)
    assert np.all(np.abs(cut.symmetric_weight - full.symmetric_weight) <= error)
    assert np.all(np.abs(cut.purity - full.purity) <= 4 * error + 1e-6)
    assert error[-1] < 100 * np.abs(cut.purity - full.purity).max()  # no empty warning
    assert cut.attrs["error_kind"].startswith("estimate")


def test_a_basis_too_small_is_enlarged_or_refused():
    """Detunings excite more than the initial state has."""
    arguments = [10, 10], [0.2, -0.2], 0.4, [0.0, 10.0], "even"
    found = evolve_classes(*arguments, tol=1e-5)
    ladder = classes.initial_ladder(0.4, "even", 20)
    assert found.attrs["n_max"] > _solve.first_cut(ladder, 1e-5)
    assert np.all(found.error <= 1e-5)
    full = evolve_classes(*arguments, n_max=20, tol=1e-9)
    np.testing.assert_allclose(found.fidelity, full.fidelity, atol=1e-5)
    with pytest.raises(ConvergenceError, match="n_max = 6"):
        evolve_classes(*arguments, n_max=6, tol=1e-5)


@pytest.mark.parametrize("state", ["even", "coherent"])
def test_mixtures_give_the_same(state, monkeypatch):
    arguments = [6, 5], [0.05, -0.03], 0.3, TIMES, state
    matrix = evolve_classes(*arguments, gap=0.2, tol=1e-8)
    monkeypatch.setattr(_solve, "DENSE", 0)
    mixture = evolve_classes(*arguments, gap=0.2, tol=1e-5)
    for name in set(matrix) - {"error"}:
        np.testing.assert_allclose(mixture[name], matrix[name], atol=1e-4, err_msg=name)
    kinds = [found.attrs["error_kind"].split(":")[0] for found in (matrix, mixture)]
    assert kinds == ["bound", "estimate"]


def test_the_size_is_known_before_the_basis_is_made():
    for sizes, n_max in (([3, 1, 5], 6), ([2, 2], 4), ([7], 3)):
        number = classes._occupations(np.array(sizes), n_max).sum(axis=1)
        assert classes._count(np.array(sizes), n_max, "coherent") == len(number)
        assert classes._count(np.array(sizes), n_max, "odd") == max(np.bincount(number % 2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [2, 0]}, "sizes = 0"),
        ({"sizes": [2, 1.5]}, "sizes = 1.5"),
        ({"sizes": []}, "sizes"),
        ({"detunings": [0.1]}, r"detunings .*\(2,\)"),
        ({"detunings": [0.1, np.inf]}, "detunings holds inf"),
        ({"eta": -1.0}, "eta = -1"),
        ({"eta": 0.0, "state": "odd"}, "odd"),
        ({"times": [1.0, 0.0]}, "times"),
        ({"state": "cat"}, "state = 'cat'; allowed: 'even', 'odd' or 'coherent'"),
        ({"gap": np.inf}, "gap"),
        ({"n_max": 0}, "n_max = 0"),
        ({"n_max": 6}, "n_max = 6; allowed: an integer of at most 5"),
        ({"tol": 1e-12}, "tol = 1e-12"),
    ],
)
def test_refused_input(change, message):
    arguments = {
        "sizes": [2, 3], "detunings": [0.1, -0.1], "eta": 0.2, "times": TIMES, "state": "even",
        **change,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        evolve_classes(**arguments)


def test_too_many_states_or_times_are_refused():
    with pytest.raises(MemoryError, match="number of times = 2000000"):
        evolve_classes([2], [0.1], 0.2, np.arange(2e6), "even")
    with pytest.raises(MemoryError, match=r"n_max = 30 needs .* GB"):
        evolve_classes([30] * 30, np.zeros(30), 0.2, TIMES, "even", n_max=30)
