"""Reversed detunings, against QuTiP, the run without reversal, and what the Zeno limit says."""

import numpy as np
import pytest
import qutip

from spincat.many_spins.classes import evolve_classes
from spincat.many_spins.reversal import reversed_fidelity
from spincat.model import SpinEnsemble
from spincat.model.states import spin_coherent

TIMES = np.array([0.0, 5.0, 10.0])


def by_qutip(n_spins, eta, delta, parity, times, turn):
    """Two halves as two spins N/4, by QuTiP's own solver."""
    j = n_spins / 4
    one = qutip.qeye(int(2 * j) + 1)
    lower = qutip.tensor(qutip.jmat(j, "-"), one), qutip.tensor(one, qutip.jmat(j, "-"))
    z = qutip.tensor(qutip.jmat(j, "z"), one) - qutip.tensor(one, qutip.jmat(j, "z"))
    pair = (lower[0] + lower[1]) ** 2 / n_spins
    ensemble = SpinEnsemble(n_spins, eta)
    half = [
        qutip.Qobj(spin_coherent(n_spins // 2, ensemble.theta, ensemble.azimuth + turned)[::-1])
        for turned in (0, np.pi)
    ]
    sign = 1 if parity == "even" else -1
    cat = (qutip.tensor(half[0], half[0]) + sign * qutip.tensor(half[1], half[1])).unit()
    options = {"method": "vern7", "rtol": 1e-8, "atol": 1e-10, "progress_bar": ""}
    state, found, now = cat.proj(), [], 0.0
    for time in times:
        strength = delta if now < turn else -delta
        hamiltonian = strength * z + eta * (pair + pair.dag())
        if time > now:
            state = qutip.mesolve(hamiltonian, state, [now, time], [pair], options=options).states[
                -1
            ]
        found.append(qutip.expect(state, cat))
        now = time
    return found


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_two_spins_of_qutip(parity):
    ours = reversed_fidelity([4, 4], [0.1, -0.1], 0.3, TIMES, parity, reversal=5.0)
    np.testing.assert_allclose(ours, by_qutip(8, 0.3, 0.1, parity, TIMES, 5.0), atol=1e-6)


@pytest.mark.parametrize("state", ["even", "odd", "coherent"])
def test_without_reversal_it_is_the_run_of_classes(state):
    halves = [3, 4, 3], [0.1, 0.0, -0.07], 0.4
    ours = reversed_fidelity(*halves, TIMES, state, reversal=99.0)
    other = evolve_classes(*halves, TIMES, state, tol=1e-8)
    np.testing.assert_allclose(ours, other.fidelity, atol=1e-7)


def test_at_once_it_is_a_run_with_the_opposite_detunings():
    ours = reversed_fidelity([4, 2], [0.1, -0.2], 0.3, TIMES, "odd", reversal=0.0)
    other = reversed_fidelity([4, 2], [-0.1, 0.2], 0.3, TIMES, "odd", reversal=99.0)
    np.testing.assert_allclose(ours, other, atol=1e-10)


def test_what_does_not_come_back_is_what_has_been_lost():
    """Sixteen spins come back nearly; four, which drive and loss hold badly, do not."""
    kept, back = (
        reversed_fidelity([8, 8], [0.05, -0.05], 0.5, [0.0, 30.0], "odd", reversal=turn)[1]
        for turn in (99.0, 15.0)
    )
    assert kept < 0.05
    assert back > 0.95
    few = reversed_fidelity([2, 2], [0.05, -0.05], 0.5, [0.0, 30.0], "odd", reversal=15.0)[1]
    assert few < back


def test_refuses_bad_input():
    with pytest.raises(ValueError, match=r"sizes = .*200 states"):
        reversed_fidelity([20, 20], [0.1, -0.1], 0.3, TIMES, "odd", reversal=1.0)
    with pytest.raises(ValueError, match="reversal = -1"):
        reversed_fidelity([2, 2], [0.1, -0.1], 0.3, TIMES, "odd", reversal=-1)
    with pytest.raises(ValueError, match="times"):
        reversed_fidelity([8, 8], [0.1, -0.1], 0.3, [0.0, 1e9], "odd", reversal=1.0)
