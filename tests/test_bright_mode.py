"""Infinitely many spins, against QuTiP, linear optics, finite N and other ways to cut the line."""

import itertools

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

from spincat import ConvergenceError
from spincat.many_spins import _chain, _density, _solve
from spincat.many_spins._blocks import initial_ladder
from spincat.many_spins.bright_mode import evolve_bright_mode
from spincat.many_spins.classes import evolve_classes
from spincat.model.broadening import Gaussian, Lorentzian, TwoPoint, Uniform
from spincat.model.line import hops

STATES = ["even", "odd", "coherent"]
WEIGHTS = ["fidelity", "symmetric_weight", "excitations", "purity"]


def with_qutip(modes, hamiltonian, eta, state, times, losses=()):
    """Expectations by QuTiP's master equation; the bright mode is the first of the ``modes``."""
    n_max = modes[0].dims[0][0]
    ladder = np.append(initial_ladder(eta, state), np.zeros(n_max))[:n_max]
    dims = modes[0].dims[0]
    start = qutip.tensor(qutip.Qobj(ladder).unit(), *(qutip.basis(d, 0) for d in dims[1:]))
    bright = modes[0]
    number = sum(mode.dag() * mode for mode in modes)
    dark = number - bright.dag() * bright
    # the projector on no dark excitations: all modes but the first are empty
    empty = qutip.tensor(qutip.qeye(dims[0]), *(qutip.fock_dm(d, 0) for d in dims[1:]))
    options = {"progress_bar": "", "method": "bdf", "rtol": 1e-9, "atol": 1e-11, "nsteps": 10**5,
               "store_states": True}  # fmt: skip
    found = qutip.mesolve(
        hamiltonian(modes, dark), start, times, [bright * bright - 2 * eta, *losses],
        e_ops=[start * start.dag(), empty, number, bright * bright, bright], options=options,
    )  # fmt: skip
    return [np.asarray(values) for values in found.expect], [rho.purity() for rho in found.states]


def oscillators(*levels):
    """Annihilation operators of modes with these numbers of levels."""
    return [
        qutip.tensor(*(qutip.destroy(d) if i == k else qutip.qeye(d) for i, d in enumerate(levels)))
        for k in range(len(levels))
    ]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("gap", [0.0, 0.4])
def test_two_points_are_two_oscillators(state, gap):
    times, delta, eta = [0.0, 4.0, 8.0], 0.1, 0.15

    def hamiltonian(modes, dark):
        return delta * (modes[0].dag() * modes[1] + modes[1].dag() * modes[0]) + gap * dark

    expected, purity = with_qutip(oscillators(10, 9), hamiltonian, eta, state, times)
    found = evolve_bright_mode(TwoPoint(delta), eta, times, state, gap=gap, phase=-np.pi / 2)
    for name, values in zip(WEIGHTS, [*expected[:3], purity], strict=True):
        np.testing.assert_allclose(found[name], values, atol=2e-6, err_msg=name)
    np.testing.assert_allclose(found.pair_amplitude, expected[3], atol=5e-6)
    if state == "coherent":
        np.testing.assert_allclose(found.amplitude, expected[4], atol=5e-6)
    else:
        assert "amplitude" not in found


def test_a_chain_is_the_line_in_gauss_points():
    """Three classes of spins at the nodes of a Gaussian, each an oscillator of its own."""
    times, eta, gap = [0.0, 4.0], 0.05, 0.2
    nodes, weights = Gaussian(0.1).nodes(3)
    modes = oscillators(5, 4, 4)
    bright = sum(np.sqrt(w) * mode for w, mode in zip(weights, modes, strict=True))
    number = sum(mode.dag() * mode for mode in modes)
    energy = sum(d * mode.dag() * mode for d, mode in zip(nodes, modes, strict=True))
    energy += gap * (number - bright.dag() * bright)
    ladder = initial_ladder(eta, "even")
    vacuum = qutip.tensor(*(qutip.basis(d, 0) for d in (5, 4, 4)))
    start = sum(
        ladder[n] / np.sqrt(float(np.prod(np.arange(1, n + 1)))) * bright.dag() ** n * vacuum
        for n in (0, 2)
    ).unit()
    options = {"progress_bar": "", "method": "bdf", "rtol": 1e-8, "atol": 1e-10, "nsteps": 10**5}
    found = qutip.mesolve(
        energy, start, times, [bright**2 - 2 * eta], e_ops=[start * start.dag(), number],
        options=options,
    ).expect  # fmt: skip
    # a chain of three sites has the memory of the endless one so long
    ours = evolve_bright_mode(Gaussian(0.1), eta, times, "even", gap=gap, sites=3, tol=1e-3)
    np.testing.assert_allclose(ours.fidelity, found[0], atol=2e-4)
    np.testing.assert_allclose(ours.excitations, found[1], atol=5e-4)


@pytest.mark.parametrize("kind", [Gaussian, Uniform, TwoPoint, Lorentzian])
def test_one_excitation_decays_as_the_line_says(kind):
    """An odd cat of no size is one excitation, for which there is neither drive nor loss."""
    line, times = kind(0.1), np.array([0.0, 5.0, 12.0])
    found = evolve_bright_mode(line, 1e-9, times, "odd", tol=1e-4)
    np.testing.assert_allclose(found.fidelity, line.characteristic(times) ** 2, atol=2e-5)
    np.testing.assert_allclose(found.excitations, 1.0, atol=2e-5)


@pytest.mark.parametrize("state", STATES)
def test_a_lorentzian_is_a_loss_of_single_excitations(state):
    """A switch that the first loss flips tells the histories without one."""
    gamma, eta, times = 0.05, 0.1, np.array([0.0, 3.0, 8.0])
    bright, switch = oscillators(9, 2)
    switched = np.sqrt(2 * gamma) * bright * switch.dag()
    again = np.sqrt(2 * gamma) * bright * switch.dag() * switch
    expected, _ = with_qutip(
        [bright, switch], lambda modes, _: 0 * modes[0], eta, state, times, [switched, again]
    )
    found = evolve_bright_mode(Lorentzian(gamma), eta, times, state, phase=-np.pi / 2)
    np.testing.assert_allclose(found.fidelity, expected[0], atol=2e-6)
    np.testing.assert_allclose(found.symmetric_weight, expected[1], atol=2e-6)
    np.testing.assert_allclose(found.pair_amplitude, expected[3], atol=5e-6)
    with_gap = evolve_bright_mode(Lorentzian(gamma), eta, times, state, gap=2.0)
    np.testing.assert_array_equal(with_gap.fidelity, found.fidelity)
    assert np.isnan(found.purity).all()


def test_what_a_lorentzian_takes_is_in_the_dark_modes():
    """Once the state is steady their number grows at κ₁⟨a†a⟩."""
    late = evolve_bright_mode(Lorentzian(0.5), 0.4, [20.0, 21.0], "even")
    steady = qutip.steadystate(
        0 * qutip.destroy(14), [qutip.destroy(14) ** 2 - 0.8, qutip.destroy(14)]
    )
    rate = qutip.expect(qutip.num(14), steady)
    assert float(np.diff(late.excitations)[0]) == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize("gap", [0.0, 0.5])
def test_truncated_lorentzians_come_near_it(gap):
    """A chain has finite moments; what it lacks falls as the inverse of its cut-off."""
    gamma, eta, times = 0.1, 0.2, np.array([3.0])
    exact = evolve_bright_mode(Lorentzian(gamma), eta, times, "even")
    differences = []
    for end in (1.0, 2.0):
        quantiles = (np.arange(2000) + 0.5) / 2000
        detunings = gamma * np.tan(np.arctan(end / gamma) * (2 * quantiles - 1))
        chain = lanczos(detunings, np.full(2000, 2000**-0.5), 7)
        basis = _chain.chain_block(_chain.dark_modes(chain, gap, 3.0), 1e-5, eta, "even")
        found = _density.evolve(basis, 2 * eta, times, 1e-5)
        differences.append(
            [found.fidelity[0] - exact.fidelity[0], found.excitations[0] - exact.excitations[0]]
        )
    differences = np.abs(differences)
    np.testing.assert_allclose(differences[0] / differences[1], 2, rtol=0.4)
    assert differences[1].max() < 0.02


def lanczos(diagonal, start, order):
    """Off-diagonal elements of the tridiagonal form of a diagonal matrix."""
    older, vector, hop, found = 0 * start, start, 0.0, []
    for _ in range(order):
        new = diagonal * vector - hop * older
        new -= (vector @ new) * vector
        hop = np.linalg.norm(new)
        found.append(hop)
        older, vector = vector, new / hop
    return np.array(found)


@pytest.mark.parametrize(
    ("arguments", "gap", "expected"),
    [
        ((0.01, 0.2, [100.0], "odd"), 0.0, {"fidelity": 0.280, "purity": 0.9998}),
        ((0.05, 1.0, [20.0], "even"), 0.0, {"fidelity": 0.162, "purity": 0.9987}),
        ((0.05, 0.5, [20.0], "even"), 1.0, {"fidelity": 0.998, "purity": 1.0}),
        ((0.05, 0.5, [20.0, 50.0], "even"), 0.25, {"fidelity": [0.946, 0.992]}),
        ((0.05, 0.5, [20.0, 50.0], "even"), 0.0, {"fidelity": [0.52, 0.23], "purity": [1.0, 0.95]}),
    ],
)
def test_values_of_two_halves(arguments, gap, expected):
    delta, *others = arguments
    found = evolve_bright_mode(TwoPoint(delta), *others, gap=gap, tol=1e-3)
    for name, values in expected.items():
        digits = 5e-3 if np.max(others[1]) == 50 else 6e-4
        np.testing.assert_allclose(found[name], values, atol=digits)


def test_spins_approach_it_as_the_inverse_of_their_number():
    delta, eta, times = 0.02, 0.2, [50.0]
    limit = evolve_bright_mode(TwoPoint(delta), eta, times, "odd")
    differences = []
    for n_spins in (16, 32, 64, 128):
        half = evolve_classes([n_spins // 2] * 2, [delta, -delta], eta, times, "odd")
        differences.append([float(half[name][0] - limit[name][0]) for name in WEIGHTS])
    slopes = np.log2(np.abs(differences[:-1])) - np.log2(np.abs(differences[1:]))
    np.testing.assert_allclose(slopes[-1], 1, atol=0.2)


@pytest.mark.parametrize("kind", [Gaussian, Uniform])
def test_the_end_of_the_chain_makes_no_more_than_its_error(kind):
    """The estimate is that of a chain of fewer sites than it would choose."""
    times = np.array([10.0, 20.0])
    exact = evolve_bright_mode(kind(0.06), 0.2, times, "even", tol=1e-4)
    for sites in (2, 3, 4):
        chain, longer = hops(kind(0.06), sites - 1), hops(kind(0.06), 40)
        error = _chain.cut_error(chain, longer, times, 1.4)
        basis = _chain.chain_block(_chain.dark_modes(chain, 0.0, 20.0), 1e-6, 0.2, "even")
        difference = np.abs(_density.evolve(basis, 0.4, times, 1e-6).fidelity - exact.fidelity)
        assert (difference <= error / 2 + 1e-4).all()
        with pytest.raises(ConvergenceError, match=f"chain of {sites} sites"):
            evolve_bright_mode(kind(0.06), 0.2, times, "even", sites=sites, tol=min(error[-1], 0.1))


def test_a_smaller_tolerance_changes_the_result_within_the_error():
    rough, fine = (
        evolve_bright_mode(Gaussian(0.06), 0.2, [10.0, 20.0], "odd", tol=tol)
        for tol in (1e-2, 1e-4)
    )
    for name in ("fidelity", "symmetric_weight", "purity"):
        assert (np.abs(rough[name] - fine[name]) <= 2 * rough.error).all()
    assert rough.attrs["states"] < fine.attrs["states"]
    assert fine.error.max() <= 1e-4


def test_mixtures_of_few_states_give_the_same(monkeypatch):
    arguments = Uniform(0.05), 0.2, [10.0, 20.0], "coherent"
    matrices = evolve_bright_mode(*arguments, tol=1e-3)
    monkeypatch.setattr(_solve, "DENSE", 1)
    mixtures = evolve_bright_mode(*arguments, tol=1e-3)
    for name in (*WEIGHTS, "pair_amplitude", "amplitude"):
        np.testing.assert_allclose(mixtures[name], matrices[name], atol=1e-3)


@settings(max_examples=8)
@given(
    kind=st.sampled_from([Gaussian, Uniform, TwoPoint]), state=st.sampled_from(STATES[:2]),
    eta=st.floats(0.01, 0.3), angle=st.floats(0.0, 1.0), gap=st.floats(0.0, 1.0),
)  # fmt: skip
def test_what_holds_for_any_line(kind, state, eta, angle, gap):
    arguments = kind(0.1 * angle), eta, [0.0, 4.0, 10.0], state
    found = evolve_bright_mode(*arguments, gap=gap, tol=1e-3)
    error = float(found.error.max())
    assert error <= 1e-3
    assert found.fidelity[0] == pytest.approx(1, abs=1e-6)
    assert (found.fidelity <= found.symmetric_weight + error).all()
    assert (found.symmetric_weight <= 1 + error).all()
    assert (found.purity <= 1 + 2 * error).all()
    # complex conjugation turns H to -H, and a line is symmetric
    mirrored = evolve_bright_mode(*arguments, gap=-gap, tol=1e-3)
    np.testing.assert_allclose(mirrored.fidelity, found.fidelity, atol=2e-3)
    turned = evolve_bright_mode(*arguments, gap=gap, phase=0.7, tol=1e-3)
    np.testing.assert_allclose(
        turned.pair_amplitude, found.pair_amplitude * np.exp(-0.7j), atol=1e-9
    )


@given(means=st.lists(st.floats(1e-4, 3.0), min_size=1, max_size=4), budget=st.floats(1.0, 12.0))
def test_the_basis_has_all_states_of_enough_weight(means, budget):
    means = sorted(means, reverse=True)
    states, spent = _chain._occupations(np.array(means), budget, 0.1)
    costs = [_chain._costs(mean, budget) for mean in means]
    every = itertools.product(*(range(len(cost)) for cost in costs))
    kept = [s for s in every if sum(c[n] for c, n in zip(costs, s, strict=True)) <= budget]
    padded = np.pad(states, ((0, 0), (0, len(means) - states.shape[1])))
    assert [tuple(row) for row in padded] == kept
    assert (spent <= budget).all()
    # a state below one of the basis is in the basis, so that no loss leads out of it
    found = set(kept)
    lower = [(*s[:k], s[k] - 1, *s[k + 1 :]) for s in kept for k in range(len(s)) if s[k]]
    assert found.issuperset(lower)


@pytest.mark.parametrize("kind", [Gaussian, TwoPoint, Lorentzian])
@pytest.mark.parametrize("state", ["even", "coherent"])
def test_without_drive_nothing_happens_to_the_vacuum(kind, state):
    found = evolve_bright_mode(kind(0.1), 0.0, [0.0, 5.0], state)
    np.testing.assert_allclose(found.fidelity, 1, atol=1e-9)
    np.testing.assert_allclose(found.excitations, 0, atol=1e-9)


def test_refuses_bad_input():
    good = Gaussian(0.1), 0.2, [1.0], "even"
    with pytest.raises(ValueError, match="eta = 0; allowed: above 0"):
        evolve_bright_mode(Gaussian(0.1), 0, [1.0], "odd")
    with pytest.raises(ValueError, match=r"eta = 1000\.0; .*at most 500"):
        evolve_bright_mode(Gaussian(0.1), 1000.0, [1.0], "odd")
    with pytest.raises(ValueError, match=r"sites = 3; .*Lorentzian"):
        evolve_bright_mode(Lorentzian(0.1), *good[1:], sites=3)
    with pytest.raises(ValueError, match="state = 'both'"):
        evolve_bright_mode(*good[:3], "both")
    with pytest.raises(ValueError, match="tol"):
        evolve_bright_mode(*good, tol=1e-12)
    with pytest.raises(ConvergenceError, match="chain of 61 sites"):
        evolve_bright_mode(Gaussian(0.1), 0.2, [1000.0], "even")
