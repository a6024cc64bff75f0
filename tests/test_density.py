"""The density matrix of a block against dense exponentials, with and without single-photon loss."""

import numpy as np
import pytest
import scipy.sparse as sparse
from scipy.linalg import expm

from spincat.many_spins import _density
from spincat.many_spins._blocks import block
from spincat.shared.errors import ConvergenceError

LADDER = np.array([0.6, 0.5, 0.4, 0.35, 0.3])
ETA = 0.4


def a_block(state="even", gap=0.6, n_max=4, delta=0.2):
    """Two oscillators at ±δ with a bright mode of unequal weights, at most ``n_max`` quanta."""
    states = [(p, q) for p in range(n_max + 1) for q in range(n_max + 1 - p)]
    place = {pair: n for n, pair in enumerate(states)}
    lowering = np.zeros((len(states), len(states)))
    symmetric = np.zeros((len(states), n_max + 1))
    for (p, q), n in place.items():
        if p:
            lowering[place[p - 1, q], n] = 0.6 * np.sqrt(p)
        if q:
            lowering[place[p, q - 1], n] = 0.8 * np.sqrt(q)
    symmetric[place[0, 0], 0] = 1
    for n in range(n_max):
        symmetric[:, n + 1] = lowering.T @ symmetric[:, n] / np.sqrt(n + 1)
    number = np.array([p + q for p, q in states])
    energies = np.diag([delta * (p - q) for p, q in states])
    hamiltonian = energies + gap * (np.diag(number) - lowering.T @ lowering)
    ladder = LADDER.copy()
    if state != "coherent":
        ladder[int(state == "even") :: 2] = 0
    operators = [sparse.csr_array(o) for o in (lowering, hamiltonian, symmetric)]
    return block(number, *operators, ladder / np.linalg.norm(ladder), both=state == "coherent")


def dense(basis, times, loss=0.0):
    """Density matrices by one exponential of the Liouvillian written out."""
    hamiltonian, eye = basis.hamiltonian.toarray(), np.eye(len(basis.number))
    held = np.diag(basis.number <= basis.number.max() - 2)  # what the drive leads from
    pair = (basis.back @ basis.lowering).toarray() - 2 * ETA * held
    generator = -1j * (np.kron(hamiltonian, eye) - np.kron(eye, hamiltonian))
    for jump in [pair, np.sqrt(loss) * basis.lowering.toarray()][: 1 + (loss > 0)]:
        square = jump.T @ jump
        generator = generator + np.kron(jump, jump)
        generator -= (np.kron(square, eye) + np.kron(eye, square)) / 2
    start = np.outer(basis.start, basis.start)
    return [(expm(generator * t) @ start.ravel()).reshape(start.shape) for t in times]


def assert_moments(found, basis, states, atol):
    """All moments are those of the density matrices."""
    pair, columns = (basis.back @ basis.lowering).toarray(), basis.symmetric.toarray()
    top = basis.number > basis.number.max() - 2
    for n, rho in enumerate(states):
        expected = {
            "fidelity": basis.start @ rho @ basis.start,
            "purity": np.trace(rho @ rho),
            "excitations": basis.number @ np.diagonal(rho),
            "symmetric_weight": np.trace(columns.T @ rho @ columns),
            "pair": np.trace(pair @ rho),
            "edge": np.diagonal(rho)[top].sum(),
        }
        if basis.both:
            expected["amplitude"] = np.trace(basis.lowering.toarray() @ rho)
        for name, value in expected.items():
            np.testing.assert_allclose(getattr(found, name)[n], value, atol=atol, err_msg=name)


@pytest.mark.parametrize(
    ("state", "gap", "loss"),
    [("even", 0.0, 0.0), ("odd", 0.6, 0.0), ("coherent", 0.6, 0.0), ("coherent", 0.0, 0.3)],
)
def test_dense_exponentials(state, gap, loss):
    basis, times = a_block(state, gap), np.array([0.0, 0.3, 2.0, 30.0])
    found = _density.evolve(basis, 2 * ETA, times, 1e-9, loss)
    assert np.all(found.error < 1e-9)
    assert_moments(found, basis, dense(basis, times, loss), atol=1e-8)
    assert (found.amplitude is None) == (state != "coherent")


@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-7])
def test_the_error_is_bounded(tol):
    basis, times = a_block("coherent"), np.linspace(0.0, 20.0, 9)
    found = _density.evolve(basis, 2 * ETA, times, tol)
    exact = _density.evolve(basis, 2 * ETA, times, 1e-11)
    assert np.all(found.error <= tol)
    assert np.all(np.abs(found.fidelity - exact.fidelity) <= found.error)
    assert np.all(np.abs(found.purity - exact.purity) <= 2.1 * found.error)


def test_many_times_cost_no_digits():
    """The matrices at 200 times are combinations of fewer sums; those at four are not."""
    basis, times = a_block(), np.linspace(0.0, 30.0, 200)
    many = _density.evolve(basis, 2 * ETA, times, 1e-9)
    few = _density.evolve(basis, 2 * ETA, times[::66], 1e-9)
    for name in ("fidelity", "purity", "pair"):
        np.testing.assert_allclose(getattr(many, name)[::66], getattr(few, name), atol=2e-9)


def test_segments_of_time(monkeypatch):
    """So few points force several segments, one of them without any of the times."""
    basis, times = a_block(), np.array([0.0, 2.0, 290.0, 300.0])
    plans = []
    expansion = _density.leja.expansion

    def noted(*arguments):
        plans.append(expansion(*arguments))
        return plans[-1]

    monkeypatch.setattr(_density.leja, "expansion", noted)
    whole = _density.evolve(basis, 2 * ETA, times, 1e-8)
    monkeypatch.setattr(_density.leja, "MOST_POINTS", 256)
    parts = _density.evolve(basis, 2 * ETA, times, 1e-8)
    assert plans[0].segments < 4 <= plans[-1].segments
    np.testing.assert_allclose(parts.fidelity, whole.fidelity, atol=2e-8)
    np.testing.assert_allclose(parts.purity, whole.purity, atol=4e-8)


def test_a_misjudged_spectrum_is_noticed(monkeypatch):
    """What grew shows where the eigenvalues are; without that, no number is returned."""
    basis, times, ritz = a_block(delta=2.0), np.array([0.0, 20.0]), _density._Solver.ritz
    calls = []

    def blind(self, start, count=_density.RITZ):
        calls.append(count)
        return ritz(self, start, count) if len(calls) > 2 else np.zeros(1, dtype=complex)

    monkeypatch.setattr(_density._Solver, "ritz", blind)
    found = _density.evolve(basis, 2 * ETA, times, 1e-8)
    assert len(calls) > 2
    assert_moments(found, basis, dense(basis, times), atol=1e-7)
    monkeypatch.setattr(_density._Solver, "ritz", lambda *_: np.zeros(1, dtype=complex))
    with pytest.raises(ConvergenceError, match="tol"):
        _density.evolve(basis, 2 * ETA, times, 1e-8)


def test_one_state():
    """A block of the ground state alone, at the time 0 only."""
    found = _density.evolve(a_block(n_max=0), 0.0, np.array([0.0]), 1e-8)
    np.testing.assert_allclose(found.fidelity, 1.0)


def test_memory_is_asked_for_before_any_work(monkeypatch):
    monkeypatch.setattr("spincat.shared.checks.usable_memory", lambda: 1e4)
    with pytest.raises(MemoryError, match="number of states"):
        _density.evolve(a_block(), 2 * ETA, np.array([1.0]), 1e-6)
