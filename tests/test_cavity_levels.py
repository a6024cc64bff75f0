"""Eq. 31 by diagonalisation (Appendix A), against QuTiP and against perturbation theory."""

import numpy as np
import pytest
import qutip

from spincat import SpinEnsemble
from spincat.master_equation import cavity_exchange
from spincat.master_equation import cavity_levels as cl
from spincat.model.cavity import Cavity
from spincat.model.states import trace_distance
from spincat.shared.errors import ConvergenceError


def eq_31_by_qutip(n_spins, mixing, nonlinearity, cavity, photons, detunings=None, linear=False):
    """Eq. 31 on the product space of cavity and single spins, or with linear dipoles."""
    shifts = np.zeros(n_spins) if detunings is None else detunings
    one = [qutip.qeye(photons + 1)] + [qutip.qeye(2)] * n_spins

    def place(operator, where):
        return qutip.tensor([*one[:where], operator, *one[where + 1 :]])

    a = place(qutip.destroy(photons + 1), 0)
    total = cavity * a.dag() * a + nonlinearity * (a + a.dag()) ** 3
    for n in range(1, n_spins + 1):
        # in QuTiP the first of the two states is |e>
        lower = place(qutip.sigmam(), n)
        total += (1 + shifts[n - 1]) * place(qutip.sigmaz(), n) / 2
        total += mixing * (a.dag() * lower + a * lower.dag())
        if linear:
            total += mixing * (a * lower + a.dag() * lower.dag())
    return total


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("n_spins", [1, 2, 3])
def test_spectrum_is_part_of_that_of_single_spins(n_spins, linear):
    matrix = cl.hamiltonian(n_spins, 0.05, 0.01, 2.01, photons=16, counter_rotating=linear)
    ladder = np.linalg.eigvalsh(matrix)
    full = eq_31_by_qutip(n_spins, 0.05, 0.01, 2.01, 16, linear=linear).eigenenergies()
    # the two truncate the cubic term differently: compare the lower half of the ladder
    for energy in ladder[: 4 * (n_spins + 1)]:
        assert np.abs(full - energy).min() < 1e-8


@pytest.mark.ledger("eq-31", "eq-33", method="spectrum")
def test_gap_is_that_of_the_pair_coupling():
    for n_spins in (2, 3, 5):
        found = cl.avoided_crossing(n_spins, 0.01, 0.002)
        # corrections are about 18 epsilon^2 + 116 chi^2, relative: 0.1 %, and more with N
        assert found.pair_coupling / (0.002 * 0.01**2) == pytest.approx(3, rel=2e-3)
        assert found.gap == pytest.approx(
            2 * found.pair_coupling * np.sqrt(2 * n_spins * (n_spins - 1))
        )
        shift = -(3 * n_spins - 2) * 0.01**2 + 30 * 0.002**2
        assert found.cavity - 2 == pytest.approx(shift, rel=0.02)


@pytest.mark.ledger("eq-33", method="spectrum")
def test_the_factor_tends_to_three():
    """Richardson's step in both small numbers, whose squares are the leading corrections."""
    value = {
        (e, chi): cl.avoided_crossing(2, e, chi).pair_coupling / (chi * e**2)
        for e, chi in ((0.02, 0.008), (0.01, 0.008), (0.02, 0.004))
    }
    base = value[0.02, 0.008]
    limit = base + sum(4 / 3 * (value[k] - base) for k in ((0.01, 0.008), (0.02, 0.004)))
    assert limit == pytest.approx(3, abs=1e-3)


@pytest.mark.ledger("eq-31", "eq-33", method="spectrum")
def test_linear_dipoles_have_another_pair_coupling_and_resonance():
    """The gap and its place with the counter-rotating half, as Eq. 33 and the shifts promise."""
    for n_spins in (2, 3):
        found = cl.avoided_crossing(n_spins, 0.01, 0.002, counter_rotating=True)
        assert found.pair_coupling / (0.002 * 0.01**2) == pytest.approx(16 / 3, rel=2e-3)
        # a photon against a pair: exchange, the photon's shift of the spins, Bloch-Siegert shift
        shift = -(10 * n_spins - 12) / 3 * 0.01**2 + 30 * 0.002**2
        assert found.cavity - 2 == pytest.approx(shift, rel=0.02)


@pytest.mark.ledger("eq-36", method="spectrum")
def test_linear_dipoles_have_a_larger_gap():
    """Of two spins with one excitation the exchange lowers the even state and not the odd one."""
    mixing = 0.005
    for linear, factor in ((False, 1), (True, 4 / 3)):
        levels = eq_31_by_qutip(2, mixing, 0.0, 2.0, 6, linear=linear).eigenenergies()
        symmetric, other = levels[1:3]  # of total spin 1 and 0
        assert (other - symmetric) / (2 * mixing**2) == pytest.approx(factor, rel=1e-3)


@pytest.mark.parametrize("n_spins", [1, 3])
def test_the_field_of_one_excitation_is_the_response(n_spins):
    """What a bath that couples to the field sees: its square, over that of a photon, is a loss."""
    lower = np.kron(np.diag(np.sqrt(np.arange(1.0, 5)), 1), np.eye(n_spins + 1))
    for linear in (False, True):
        matrix = cl.hamiltonian(n_spins, 0.002, 0.0, photons=4, counter_rotating=linear)
        states = np.linalg.eigh(matrix)[1]
        element = states[:, 0] @ (lower + lower.T) @ states[:, 1]
        response = Cavity(2, 1, 0.002, 0.01, 0.1, counter_rotating=linear).response
        assert element**2 == pytest.approx(n_spins * response**2, rel=1e-3)


@pytest.mark.ledger("omitted-terms-are-small-for-a-large-nonlinearity", method="spectrum")
def test_the_factor_needs_a_small_nonlinearity():
    off = {
        chi: cl.avoided_crossing(2, 0.005, chi).pair_coupling / (3 * chi * 0.005**2) - 1
        for chi in (0.003, 0.03)
    }
    assert abs(off[0.003]) < 0.01
    assert abs(off[0.03]) > 0.03


def test_the_truncation_does_not_matter():
    few, many = (cl.avoided_crossing(2, 0.05, 0.02, photons) for photons in (12, 18))
    assert few.pair_coupling == pytest.approx(many.pair_coupling, rel=1e-6)
    assert few.cavity == pytest.approx(many.cavity, abs=1e-7)


def test_decay_is_that_of_qutip():
    times = np.linspace(0, 40, 5)
    # strong enough that the decay shows before the fast dynamics need many steps
    mixing, nonlinearity, kappa, cavity, photons = 0.15, 0.02, 0.2, 1.95, 5
    ours = cl.pair_decay(times, 2, mixing, nonlinearity, kappa, cavity, photons)
    h = qutip.Qobj(cl.hamiltonian(2, mixing, nonlinearity, cavity, photons))
    loss = np.sqrt(kappa) * np.kron(qutip.destroy(photons + 1).full(), np.eye(3))
    counts = [qutip.Qobj(np.diag(np.tile(np.eye(3)[n], photons + 1))) for n in range(3)]
    run = qutip.mesolve(
        h,
        qutip.basis(3 * (photons + 1), 2),
        times,
        [qutip.Qobj(loss)],
        e_ops=counts,
        options={"progress_bar": "", "method": "vern7", "rtol": 1e-9, "atol": 1e-11},
    )
    np.testing.assert_allclose(ours, np.array(run.expect).T, atol=1e-7)
    np.testing.assert_allclose(ours.sum(axis=1), 1, atol=1e-10)


@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.ledger("eq-34", "eq-36", "eq-37", "eq-38", "eq-39", method="qutip")
def test_the_whole_cavity_makes_the_ensemble_that_its_parameters_promise(linear):
    """Eq. 31 with drive and loss, in the laboratory frame, against Eq. 1 with Cavity's numbers."""
    mixing, nonlinearity, ratio = 0.03, 0.01, 0.05
    kappa = 2 * (16 / 3 if linear else 3) * nonlinearity * mixing**2 / ratio
    cavity = Cavity(2, 1.0, mixing, nonlinearity, kappa, counter_rotating=linear).driven(0.2, 0.7)
    run = cl.driven_spins(cavity, 2.0, 5)
    ensemble = SpinEnsemble.from_cavity(cavity)
    lower = qutip.Qobj(np.diag(np.sqrt([2.0, 2.0]), 1))
    single = np.sqrt(kappa * mixing**2 / cavity.gamma2) * lower
    jumps = [lower**2 / 2, single]
    if linear:  # κD[a] in the laboratory frame also takes a's part that turns with S₊
        jumps.append(single.dag() / 3)
    distance = {}
    for sign in (1, -1):
        half = ensemble.eta * np.exp(1j * sign * ensemble.phase) * lower**2 / 2
        model = qutip.mesolve(
            half + half.dag(),
            qutip.basis(3, 0),
            run.times,
            jumps,
            options={"progress_bar": ""},
        )
        matrices = np.array([state.full() for state in model.states[1:]])  # the first is a ket
        distance[sign] = trace_distance(run.states[1:], matrices).max()
    assert distance[1] < 0.006
    assert distance[-1] > 0.2
    np.testing.assert_allclose(np.trace(run.states, axis1=1, axis2=2), 1, atol=1e-6)
    assert run.times[-1] == pytest.approx(2.0, rel=1e-3)
    shift = -(4 / 3 if linear else 2) * mixing**2  # of two excitations of two spins
    assert run.drive_frequency == pytest.approx(2 + shift, abs=2e-4)


def excitations(n_spins, detunings, mixing):
    """Spectrum of Eq. 31 with at most one photon, above the ground state and near one spin."""
    levels = eq_31_by_qutip(n_spins, mixing, 0.0, 2.0, 1, detunings).eigenenergies()
    return levels[1 : n_spins + 1] - levels[0] - 1


@pytest.mark.parametrize("n_spins", [2, 3, 4])
@pytest.mark.parametrize("ratio", [0.2, 1.0, 5.0])
@pytest.mark.ledger("eq-32", "eq-35", "eq-36", method="spectrum")
def test_unequal_spins_keep_the_exchange(n_spins, ratio):
    """Lowest order leaves detunings and S+ S-; with a common shift instead it is another model.

    ``ratio`` is that of the detunings to N epsilon^2.
    """
    mixing = 0.01
    gap = n_spins * mixing**2
    shifts = ratio * gap * np.linspace(-1, 1.3, n_spins)
    exact = excitations(n_spins, shifts, mixing)
    whole = np.linalg.eigvalsh(cavity_exchange.one_excitation(shifts, mixing))[:-1]
    np.testing.assert_allclose(whole, exact, atol=1e-12)
    kept, common = (
        np.linalg.eigvalsh(cavity_exchange.one_excitation_model(shifts, mixing, exchange=on))
        for on in (True, False)
    )
    # the next order is of relative size N epsilon^2 and delta/omega_0
    assert np.abs(kept - exact).max() < 3e-3 * gap
    assert np.abs(common - exact).max() > 0.4 * gap


def test_the_exchange_keeps_the_symmetric_state():
    mixing, size = 0.003, 40
    gap = size * mixing**2
    shifts = np.random.default_rng(3).normal(size=(size)) * gap / 10
    times = np.linspace(0, 100, 201) / gap
    whole, kept, common = (
        cavity_exchange.symmetric_weight(matrix, size, times)
        for matrix in (
            cavity_exchange.one_excitation(shifts, mixing),
            cavity_exchange.one_excitation_model(shifts, mixing),
            cavity_exchange.one_excitation_model(shifts, mixing, exchange=False),
        )
    )
    np.testing.assert_allclose(kept, whole, atol=3e-3)
    assert kept[0] == pytest.approx(1)
    # two states at a distance of the gap: at most 4 (delta/gap)^2 leave
    assert whole.min() > 1 - 5 * shifts.var() / gap**2
    assert common[100:].mean() < 0.1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cl.hamiltonian(0, 0.1, 0.1), "n_spins = 0"),
        (lambda: cl.hamiltonian(2, -0.1, 0.1), "mixing = -0.1"),
        (lambda: cl.hamiltonian(2, 0.1, np.nan), "nonlinearity holds nan"),
        (lambda: cl.hamiltonian(2, 0.1, 0.1, photons=0), "photons = 0"),
        (lambda: cl.crossing_levels([2.0], 1, 0.1, 0.1), "n_spins = 1; allowed: .*at least 2"),
        (lambda: cl.pair_decay([0.0], 2, 0.1, 0.1, -1.0, 2.0), "kappa = -1"),
        (lambda: cl.driven_spins(Cavity(1, 1, 0.1, 0.1, 0.1), 1.0), "n_spins = 1"),
        (lambda: cl.driven_spins(Cavity(2, 1, 0.1, 0.1, 0.1), 1.0, 1), "n_times = 1"),
        (lambda: cl.driven_spins(Cavity(2, 1, 0.03, 0.01, 0.1), -1.0), "t_max = -1"),
        (lambda: cavity_exchange.one_excitation([np.nan], 0.1), "detunings holds nan"),
        (lambda: cavity_exchange.one_excitation_model([0.0], -0.1), "mixing = -0.1"),
        (lambda: cavity_exchange.symmetric_weight(np.eye(2), 0, [0.0]), "n_spins = 0"),
        (lambda: cl.pair_decay([0.0], 1, 0.1, 0.1, 1.0, 2.0), "n_spins = 1"),
    ],
)
def test_refuses_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_says_when_there_is_no_crossing():
    # strongly coupled spins push the crossing below the interval that is searched
    with pytest.raises(ConvergenceError, match="no avoided crossing"):
        cl.avoided_crossing(20, 0.2, 0.001)
