"""A few unequal spins under two-body or four-body loss, with and without the exchange gap."""

import numpy as np
import pytest
import qutip

from spincat.master_equation import product_space
from spincat.master_equation.cavity_exchange import one_excitation_model, symmetric_weight
from spincat.master_equation.multibody_loss import (
    _hamiltonian,
    held_fidelity,
    held_fidelity_of_classes,
)
from spincat.model import states
from spincat.model.broadening import Gaussian
from spincat.model.operators import pair_lowering


def cat(n_spins, intensity, azimuth=0.0, parity="even", basis="product"):
    theta = 2 * np.arctan(np.sqrt(intensity / n_spins))
    return states.spin_cat(n_spins, theta, azimuth, parity=parity, basis=basis)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_two_bodies_without_gap_are_eq_1(parity):
    row, eta = Gaussian(0.3).draw(5, 1, 1)[0], 0.4
    theirs = product_space.cat_fidelity(row, eta, [2.5], parity)[0]
    ours = held_fidelity(cat(5, 2 * eta, parity=parity), row, np.sqrt(2 * eta), 2.5)
    assert ours == pytest.approx(theirs, abs=1e-7)


def test_four_bodies_and_a_gap_by_qutip():
    n_spins, alpha, time, gap = 4, 1.1, 0.8, 3.0
    row, state = Gaussian(0.5).draw(n_spins, 1, 2)[0], cat(n_spins, 1.21, np.pi / 2)
    dims = [2] * n_spins
    s_x, s_y, s_z = (
        sum(qutip.expand_operator(qutip.jmat(0.5, axis), dims, n) for n in range(n_spins))
        for axis in "xyz"
    )
    h = sum(
        d / 2 * qutip.expand_operator(qutip.sigmaz(), dims, n) for n, d in enumerate(row)
    ) + gap / n_spins * (6 - s_x**2 - s_y**2 - s_z**2)
    jump = (s_x - 1j * s_y) ** 4 / n_spins**2 - alpha**4
    ket = states.to_qobj(state, basis="product")
    options = {"progress_bar": "", "method": "vern7", "rtol": 1e-9, "atol": 1e-11}
    run = qutip.mesolve(h, ket, [0, time], [jump], e_ops=[ket.proj()], options=options)
    ours = held_fidelity(state, row, alpha, time, bodies=4, gap=gap)
    assert ours == pytest.approx(run.expect[0][-1], abs=1e-7)


def test_the_gap_is_that_of_the_exchange_for_one_excitation():
    """Both leave the same of the symmetric excitation; they differ by a common energy."""
    row, mixing = Gaussian(0.02).draw(4, 1, 3)[0], 0.1
    one = np.flatnonzero(np.bitwise_count(np.arange(16)) == 3)[::-1]  # spin 0 excited first
    ours = _hamiltonian(row, 4 * mixing**2)[one][:, one].toarray()
    times = np.linspace(0, 200, 9)
    expected = symmetric_weight(one_excitation_model(row, mixing), 4, times)
    np.testing.assert_allclose(symmetric_weight(ours, 4, times), expected, atol=1e-12)


def test_the_gap_is_the_same_for_any_number_of_excitations():
    energies = np.linalg.eigvalsh(_hamiltonian(np.zeros(5), 2.0).toarray())
    # J = 5/2, 3/2, 1/2 with 1, 4, 5 copies; J(J+1) falls by 5 and by 3
    expected = np.repeat([0.0, 2.0, 3.2], [6, 16, 10])
    np.testing.assert_allclose(np.sort(energies), expected, atol=1e-12)


@pytest.mark.parametrize("bodies", [2, 4])
def test_identical_spins_stay_on_the_ladder_and_see_no_gap(bodies):
    n_spins, alpha, time = 6, 1.2, 0.7
    state = cat(n_spins, alpha**2)
    plain = held_fidelity(state, np.zeros(6), alpha, time, bodies=bodies)
    lower = np.linalg.matrix_power(pair_lowering(6, "even").toarray() / 6, bodies // 2)
    ladder = cat(n_spins, alpha**2, basis="dicke")[::2]
    jump = qutip.Qobj(lower - alpha**bodies * np.eye(4))
    ket = qutip.Qobj(ladder)
    options = {"progress_bar": "", "method": "vern7", "rtol": 1e-9, "atol": 1e-11}
    run = qutip.mesolve(0 * jump, ket, [0, time], [jump], e_ops=[ket.proj()], options=options)
    assert plain == pytest.approx(run.expect[0][-1], abs=1e-7)
    gapped = held_fidelity(state, np.zeros(6), alpha, time, bodies=bodies, gap=7.0)
    assert gapped == pytest.approx(plain, abs=1e-9)


@pytest.mark.parametrize("sizes", [[1, 1, 1, 1, 1, 1], [2, 3, 1], [3, 3], [6]])
@pytest.mark.parametrize(("bodies", "parity"), [(2, "odd"), (4, "even")])
def test_classes_are_spins_that_are_equal(sizes, bodies, parity):
    rates = Gaussian(0.3).draw(len(sizes), 1, 5)[0]
    case = cat(6, 1.1, np.pi / 2, parity), np.repeat(rates, sizes), 1.1, 2.0
    single = held_fidelity(*case, bodies=bodies)
    ladder = cat(6, 1.1, np.pi / 2, parity, basis="dicke")
    ours = held_fidelity_of_classes(sizes, rates, ladder, 1.1, 2.0, bodies=bodies)
    assert ours == pytest.approx(single, abs=1e-9)


@pytest.mark.ledger("four-body-loss-holds-both-logical-states", method="integration")
@pytest.mark.ledger("right-angle-cats-are-a-protected-qubit", method="integration")
def test_eq_1_loses_one_logical_state_and_four_bodies_hold_both():
    x, row = np.pi / 2, Gaussian(0.1).draw(6, 1, 4)[0]
    zero, one = (cat(6, x, azimuth) for azimuth in (0.0, np.pi / 2))
    kept = {
        (name, bodies): held_fidelity(state, row, np.sqrt(x), 10.0, bodies=bodies)
        for name, state in (("0", zero), ("1", one))
        for bodies in (2, 4)
    }
    assert kept["1", 2] < 0.1 < 0.6 < kept["0", 2]
    assert kept["0", 4] == pytest.approx(kept["1", 4], abs=1e-9)
    assert kept["0", 4] > 0.6


@pytest.mark.ledger("four-body-loss-holds-both-logical-states", method="numerics")
@pytest.mark.parametrize("bodies", [2, 4])
def test_the_loss_is_dark_on_its_states_for_many_spins(bodies):
    """S₋² has the value Nα² on |0_L⟩ and −Nα² on |1_L⟩; S₋⁴ has one value on both."""
    for azimuth, sign in ((0.0, 1), (np.pi / 2, -1)):
        left = []
        for n_spins in (100, 10_000):
            lower = pair_lowering(n_spins, "even") / n_spins
            state = cat(n_spins, 1.5, azimuth, basis="dicke")[::2]
            after = lower @ state if bodies == 2 else lower @ (lower @ state)
            value = sign * 1.5 if bodies == 2 else 1.5**2
            left.append(np.linalg.norm(after - value * state))
        assert left[0] / left[1] == pytest.approx(100, rel=0.1)


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_a_large_gap_takes_the_detunings_away(parity):
    row, alpha = Gaussian(0.05).draw(6, 1, 1)[0], np.sqrt(0.4)
    state = cat(6, 0.4, parity=parity)
    bare, held = (held_fidelity(state, row, alpha, 40.0, gap=g) for g in (0.0, 100 * 0.05))
    equal = held_fidelity(state, np.zeros(6), alpha, 40.0)
    assert abs(held - equal) < 0.05 * abs(bare - equal)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"detunings": np.zeros((2, 2))}, r"detunings has shape \(2, 2\)"),
        ({"detunings": np.zeros(9)}, r"detunings has shape \(9,\)"),
        ({"detunings": [0.0, np.nan]}, "detunings holds nan"),
        ({"bodies": 3}, "bodies = 3; allowed: 2 or 4"),
        ({"gap": -1.0}, "gap = -1"),
        ({"alpha": -1.0}, "alpha = -1"),
        ({"time": -1.0}, "time = -1"),
        ({"state": np.ones(2)}, r"state has shape \(2,\); allowed: \(4,\)"),
        ({"state": np.ones(4) / 2}, "weights 0.5 and 0.5"),
        ({"state": [0, 0, 0, 0.5]}, "weights 0.25 and 0"),
    ],
)
def test_bad_input_is_refused(change, message):
    good = {"state": [0, 0, 0, 1], "detunings": [0.0, 0.1], "alpha": 1.0, "time": 1.0}
    with pytest.raises(ValueError, match=message):
        held_fidelity(**(good | change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [100, 100]}, r"sizes = \[100, 100\] .* 4096"),
        ({"sizes": [2, 0]}, "sizes = 0"),
        ({"detunings": [0.1]}, r"detunings has shape \(1,\)"),
        ({"ladder": [1.0, 0.0]}, r"ladder has shape \(2,\); allowed: \(4,\)"),
        ({"ladder": [1.0, 1.0, 0.0, 0.0]}, "ladder has the weight 2"),
        ({"bodies": 3}, "bodies = 3; allowed: 2 or 4"),
    ],
)
def test_bad_classes_are_refused(change, message):
    good = {"sizes": [2, 1], "detunings": [0.1, 0.2], "ladder": [0, 1, 0, 0]}
    with pytest.raises(ValueError, match=message):
        held_fidelity_of_classes(**({"alpha": 1.0, "time": 1.0} | good | change))
