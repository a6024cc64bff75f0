"""What Secs. IV-V say in words, each claim decided in two ways; the entries of book/ledger.yml."""

import numpy as np
import pytest
import qutip
import sympy as sp
from scipy.optimize import brentq

from spincat import Cavity, SpinEnsemble
from spincat.free import dephasing
from spincat.large_n import planar_flow
from spincat.large_n.critical_linewidths import (
    critical_linewidth,
    critical_point,
    stays_synchronised,
)
from spincat.master_equation import coherence_decay, dicke, dicke_amplitude, two_halves_response
from spincat.mean_field import mirror_halves, phase_diagram, phase_locking, two_halves
from spincat.model import operators
from spincat.model.broadening import Gaussian
from spincat.shared.errors import ConvergenceError
from spincat.symbolic import identical_spins


@pytest.mark.ledger("fig-3", "mean-field-agrees-at-weak-drive", method="spectrum")
def test_metastable_amplitude_of_a_hundred_spins_at_weak_drive():
    for eta in (0.5, 1.0, 2.0):
        quantum = dicke_amplitude.quasi_steady_amplitude(100, eta)
        mean_field = 10 * mirror_halves.steady_state(100, eta)[0]
        assert quantum == pytest.approx(mean_field, rel=0.05)


@pytest.mark.ledger("fig-3", "mean-field-agrees-at-weak-drive", method="integration")
def test_amplitude_of_a_hundred_spins_at_weak_drive():
    mean_field = 10 * mirror_halves.steady_state(100, 1.0)[0]
    assert dicke_amplitude.amplitude(100, 1.0, [50.0])[0] == pytest.approx(mean_field, rel=0.05)


@pytest.mark.ledger("synchronisation-breaks-at-a-sixteenth", method="derivation")
def test_the_mean_field_ends_where_independent_emission_wins():
    """The end is that of a motion of relative order 1/N; to leading order any ⟨σz⟩ is steady."""
    slow = identical_spins.slow_rate().subs(identical_spins.GAMMA, 1)
    end = sp.solve(
        sp.discriminant(sp.numer(sp.together(slow)), identical_spins.Z), identical_spins.H
    )
    assert sp.Rational(1, 16) in end


@pytest.mark.ledger("synchronisation-breaks-at-a-sixteenth", method="spectrum")
@pytest.mark.parametrize("h", [0.08, 0.1])
def test_identical_spins_go_on_beyond_it(h):
    """Above 1/16 the quantum steady state is p(1-p) = 2h, far below half filling."""
    n_spins = 200
    rho = dicke.steady_state(SpinEnsemble(n_spins, h * n_spins), "even")
    fraction = operators.levels(n_spins, "even") @ rho.diagonal().real / n_spins
    assert fraction == pytest.approx((1 - np.sqrt(1 - 8 * h)) / 2, rel=0.03)


@pytest.mark.ledger("amplitude-drops-near-eta-10", "fig-3", method="integration")
def test_the_drop_of_the_amplitude_moves_with_the_time():
    def dropped(eta, time):  # to less than half of the metastable amplitude
        return dicke_amplitude.amplitude(100, eta, [time])[0] < np.sqrt(2 * eta) / 2

    assert not dropped(9.7, 1e4)
    assert dropped(10.3, 1e4)
    assert not dropped(10.8, 1e2)
    assert dropped(9.5, 1e6)


@pytest.mark.ledger("superpositions-are-held", method="spectrum")
@pytest.mark.ledger(
    "amplitude-drops-near-eta-10", "fig-3-shows-the-steady-state", method="spectrum"
)
def test_the_amplitude_is_metastable():
    rate = {eta: coherence_decay.coherence_decay_rate(100, eta) for eta in (5.0, 10.0)}
    assert 0 < rate[5.0] < 1e-20
    assert 1e-5 < rate[10.0] < 1e-3


@pytest.mark.ledger("fig-3-shows-the-steady-state", "superpositions-are-held", method="qutip")
def test_the_steady_state_has_no_amplitude():
    n_spins, eta = 6, 1.5
    spin = qutip.jmat(n_spins / 2, "-")
    pair = spin * spin / n_spins
    steady = qutip.steadystate(eta * (pair + pair.dag()), [pair + 1e-4 * spin])
    # the small admixture of S- selects one steady state; parity makes ⟨S-⟩ vanish as it vanishes
    assert abs(qutip.expect(spin, steady)) < 1e-3 * n_spins


@pytest.mark.ledger("collapse-at-a-drive-proportional-to-n", method="spectrum")
def test_the_lifetime_ends_at_a_drive_proportional_to_n():
    for h, low in ((0.03, True), (0.12, False)):
        rates = [coherence_decay.coherence_decay_rate(n, h * n) for n in (50, 100)]
        assert (max(rates) < 1e-4) == low


@pytest.mark.ledger("collapse-at-a-drive-proportional-to-n", method="spectrum")
def test_the_drive_of_the_collapse_per_spin_tends_to_an_eighth():
    """Where r t = ln 2: η/N still grows by 20 % from 50 to 200 spins, and stays below 1/8."""
    goal = np.log(np.log(2) / 1e4)
    h = [
        brentq(
            lambda x, n=n: coherence_decay.slow_mode(n, x * n).log_rate - goal,
            0.07,
            0.12,
            xtol=1e-4,
        )
        for n in (50, 100, 200)
    ]
    assert h[2] > 1.2 * h[0]
    gaps = 1 / 8 - np.array(h)
    assert np.all(gaps > 0)
    assert np.all(gaps[1:] < 0.75 * gaps[:-1])


@pytest.mark.ledger("collapse-at-a-drive-proportional-to-n", method="limit")
def test_the_exponential_law_puts_the_collapse_at_an_eighth_for_any_time():
    for time in (1e2, 1e6):
        goal = np.log(np.log(2) / time)
        gaps = [
            1 / 8
            - brentq(lambda x, n=n, g=goal: n * coherence_decay.decay_exponent(x) + g, 1e-3, 0.125)
            for n in (10**6, 10**9)
        ]
        assert gaps[0] / gaps[1] == pytest.approx(100, rel=0.01)  # as N^(-2/3)
        assert gaps[1] < 1e-5


@pytest.mark.ledger("collapse-at-a-drive-proportional-to-n", method="integration")
def test_the_amplitude_collapses_at_a_drive_proportional_to_n():
    ends = []
    for n_spins in (50, 100):
        h = np.linspace(0.06, 0.13, 29)
        now = np.array([dicke_amplitude.amplitude(n_spins, x * n_spins, [1e4])[0] for x in h])
        ends.append(h[np.argmax(now < now.max() / 2)])
    assert ends[0] == pytest.approx(ends[1], abs=0.02)


@pytest.mark.ledger("mean-field-describes-large-cats", method="spectrum")
def test_the_restoring_rate_of_the_master_equation_falls_with_n():
    quantum = [two_halves_response.restoring_rate(n, 0.05 * n) for n in (8, 12, 16, 20)]
    # exact product state: Eqs. 22-23 are unstable at the weakest of these drives, 0.4
    mean_field = [phase_locking.restoring_rate("product", n, 0.05 * n) for n in (8, 12, 16, 20)]
    assert mean_field[0] > 0
    assert np.all(np.diff(mean_field) > 0)
    assert np.all(np.array(quantum) < mean_field)
    assert quantum[0] > 3 * quantum[1] > 9 * quantum[2] > 27 * quantum[3] > 0


@pytest.mark.ledger("threshold-of-synchronisation", method="arithmetic")
def test_the_product_of_the_printed_parameters():
    assert pytest.approx(0.06899, abs=5e-6) == 0.03125 * 2.2077
    assert abs(0.03125 * 2.2077 - 0.06888) > 1e-4


@pytest.mark.ledger("threshold-of-synchronisation", method="integration")
@pytest.mark.ledger("robust-if-delta-is-of-the-order-of-gamma2", method="integration")
def test_the_largest_detuning_that_is_reached():
    """Closer than the printed number, the product of the printed parameters, and ours differ."""
    edge = phase_diagram.simulated_edge(10_000, 1e4 * np.linspace(0.0272, 0.0312, 9))
    assert edge.max() == pytest.approx(0.06964, abs=1e-4)


@pytest.mark.ledger("robust-if-delta-is-of-the-order-of-gamma2", method="spectrum")
@pytest.mark.ledger("threshold-of-synchronisation", method="spectrum")
def test_the_largest_detuning_of_a_stable_and_of_any_locked_state():
    """The locked state of Eqs. 26-28 followed in δ: it loses its stability, then it ends."""
    n, h = 100_000, 0.028
    state, stable = mirror_halves.steady_state(n, h * n), []
    deltas = np.append(np.linspace(0, 0.07, 29), np.arange(0.0705, 0.0761, 1e-4))
    for delta in deltas:
        guess = state
        for _ in range(30):  # Newton's method
            rates = mirror_halves.rhs(guess, n, h * n, delta)
            step = np.linalg.solve(mirror_halves.jacobian(guess, n, h * n, delta), rates)
            guess = guess - step
        if np.abs(step).max() > 1e-9 or np.abs(guess - state).max() > 0.2:
            break  # there is none any more near the last one
        state = guess
        eigenvalues = np.linalg.eigvals(mirror_halves.jacobian(state, n, h * n, delta))
        stable.append(eigenvalues.real.max() < 0)
    assert deltas[np.argmin(stable)] == pytest.approx(0.0730, abs=2e-4)
    assert deltas[len(stable)] == pytest.approx(2 / 27, abs=2e-4)
    h_all = np.linspace(0.02, 0.04, 401)
    assert planar_flow.stability_limit(h_all).max() == pytest.approx(0.0730, abs=1e-4)
    assert planar_flow.saddle_node_linewidth(h_all).max() == pytest.approx(2 / 27, abs=1e-6)


@pytest.mark.ledger("end-at-a-sixteenth-agrees-with-the-ellipse", method="limit")
def test_the_region_ends_at_a_sixteenth():
    """The closed form for N → ∞; the Hopf and homoclinic lines end before, on this one."""
    near = 1 / 16 - np.array([1e-4, 1e-6])
    assert np.all(np.diff(planar_flow.saddle_node_linewidth(near)) < 0)
    assert planar_flow.saddle_node_linewidth(near)[1] < 1e-3
    assert planar_flow.BOGDANOV_TAKENS[0] < 0.0482 < 1 / 16


@pytest.mark.ledger("end-at-a-sixteenth-agrees-with-the-ellipse", method="integration")
@pytest.mark.ledger("threshold-of-synchronisation", "fig-4", "eq-30", method="integration")
def test_the_largest_detuning_and_the_misfit_of_the_ellipse():
    eta = 1e4 * np.linspace(0.004, 0.0615, 24)
    edge = phase_diagram.simulated_edge(10_000, eta)
    assert edge.max() == pytest.approx(0.0696, abs=2e-4)
    fit = phase_diagram.fit_ellipse(eta, edge, 10_000)
    trimmed = phase_diagram.fit_ellipse(eta[2:-1], edge[2:-1], 10_000)
    # the end of the ellipse, 2a, is 1/16 as closely as the points fitted determine it
    assert 0 < abs(trimmed.a - fit.a) < 1e-3
    assert abs(fit.a - 1 / 32) < abs(trimmed.a - fit.a)
    assert fit.b == pytest.approx(2.2077, abs=0.05)
    residual = edge - phase_diagram.ellipse(eta, 10_000, fit.a, fit.b)
    # not noise: the edge itself is known to 1e-5, and neighbours miss on the same side
    assert np.abs(residual).max() > 1e-3
    assert np.mean(residual[1:] * residual[:-1]) > 0.5 * np.mean(residual**2)


@pytest.mark.ledger("three-equations-agree-with-those-of-all-spins", method="integration")
@pytest.mark.ledger("spins-desynchronise-beyond-the-threshold", method="integration")
@pytest.mark.parametrize("delta", [0.068, 0.075])
def test_beyond_the_threshold_the_mirrored_halves_part(delta):
    """Between the edge of the basin and 2/27, and above 2/27 where no steady state is left."""
    n, eta = 1000, 20.0
    assert phase_diagram.simulated_edge(n, [eta])[0] < 0.068 < 2 / 27 < 0.075
    start = mirror_halves.steady_state(n, eta)
    mirrored = mirror_halves.integrate(start, n, eta, delta, [500.0])[0]
    assert mirrored[0] < 1e-3  # no coherence, ...
    assert mirrored[2] > 0.1  # ... and most spins excited
    pair = np.array([start * [1, s, 1] + [0, 1e-6, 0] for s in (1, -1)])
    times = np.append(np.linspace(0, 200, 4001), np.linspace(300, 500, 1001))
    course = two_halves.integrate(pair, n, eta, delta, times, rtol=1e-6)
    gap = np.abs(course[:, 0, 2] - course[:, 1, 2])
    assert gap.max() > 0.3
    late = course[times >= 300]
    assert abs(late[..., 2].mean()) < 0.02  # neither inverted ...
    assert 0.02 < np.sqrt((late[..., 0] ** 2).mean()) < 0.1  # ... nor at rest


@pytest.mark.ledger("three-equations-agree-with-those-of-all-spins", method="integration")
@pytest.mark.ledger("spins-desynchronise-beyond-the-threshold", method="integration")
@pytest.mark.parametrize("equations", ["paper", "product"])
def test_lost_spins_stay_lost_at_a_smaller_detuning(equations):
    """All spins one by one, from noisy starts: out of the region, and back into it."""
    n, eta = 400, 8.0
    start = mirror_halves.steady_state(n, eta)
    away = np.append(0.0, np.linspace(150, 200, 201))
    _, z = two_halves.spins(start, n, eta, 0.07, away, equations=equations, noise=0.01, seed=4)
    assert np.abs(z[1:]).max() < 0.35
    assert z[1:].max() > 0
    halves = np.split(z, 2, axis=1)
    assert max(np.ptp(half[-1]) for half in halves) < 0.01  # the spins of a half stay together
    pair = start + np.array([[0, 0, 0], [0, 0.01, 0]])
    lost = two_halves.integrate(pair, n, eta, 0.07, [200.0], equations=equations, rtol=1e-6)[0]
    for delta in (0.06, 0.03, 0.005):
        state = two_halves.integrate(lost, n, eta, delta, [500.0], equations=equations, rtol=1e-6)
        assert np.abs(state[0, :, 2]).max() < 0.2
        # the other branch: identical spins synchronise there
        kept = two_halves.integrate([start, start], n, eta, delta, [500.0], equations=equations)
        assert kept[0, :, 2].max() < -0.4


@pytest.mark.ledger("three-equations-agree-with-those-of-all-spins", method="integration")
@pytest.mark.ledger("spins-desynchronise-beyond-the-threshold", method="integration")
def test_drifting_points_belong_to_a_finite_number_of_spins():
    """The phases slip below a drive of √N Γ2/10, which per spin vanishes for many spins."""
    for n in (10**4, 10**6):
        drives = np.array([0.098, 0.112]) * np.sqrt(n)
        fates = phase_diagram.phase_map(n, drives, [0.05])["fate"].values[:, 0]
        assert [phase_diagram.FATES[i] for i in fates] == ["drifting", "incoherent"]


@pytest.mark.ledger("spins-desynchronise-beyond-the-threshold", method="spectrum")
@pytest.mark.parametrize("delta", [0.0, 0.03, 0.06, 0.08])
def test_no_detuning_brings_back_inverted_halves(delta):
    """In Eqs. 26-28 a state without coherence and with z > 0 is stable whatever the detuning."""
    n, eta, small = 10_000, 200.0, 1e-7
    for z in (0.05, 0.4, 0.9):
        columns = []
        for zeta in (0.0, np.pi / 2):  # of A cos ζ and A sin ζ, small enough for a linear motion
            d_amplitude, d_zeta, d_z = mirror_halves.rhs([small, zeta, z], n, eta, delta)
            turned = (d_amplitude + 1j * small * d_zeta) * np.exp(1j * zeta) / small
            columns.append([turned.real, turned.imag])
            assert abs(d_z) < 1e-8
        assert np.linalg.eigvals(np.transpose(columns)).real.max() < -1e-4


@pytest.mark.ledger(
    "threshold-of-synchronisation",
    "robust-if-delta-is-of-the-order-of-gamma2", "transition-is-shown-analytically",
    method="spectrum",
)  # fmt: skip
@pytest.mark.parametrize("h", [0.02, 1 / 36, 0.05])
def test_the_steady_state_ends_at_the_saddle_node(h):
    """Newton's method follows the locked state of two halves in δ to the closed-form end."""
    n, end = 10_000, float(planar_flow.saddle_node_linewidth(h))
    state = mirror_halves.steady_state(n, h * n)
    last = 0.0
    for delta in end * np.append(np.linspace(0.1, 0.9, 9), np.linspace(0.91, 1.02, 56)):
        try:
            state = two_halves.fixed_point(state, n, h * n, delta)
        except ConvergenceError:
            break
        last = delta
    assert last == pytest.approx(end, rel=0.01)
    assert end <= 2 / 27 + 1e-15


@pytest.mark.ledger("constant-amplitude-needs-one-over-n-squared", method="integration")
@pytest.mark.ledger("linewidth-must-not-scale-with-n", method="integration")
def test_at_fixed_amplitude_locking_survives_to_one_over_root_n():
    """The edge is about |α|/√N; in units in which Γ2 grows as N², it grows as N^{3/2}."""
    few, many, larger = (
        phase_diagram.simulated_edge(n, [eta])[0]
        for n, eta in ((2000, 8.0), (8000, 8.0), (8000, 32.0))
    )
    assert few / many == pytest.approx(2, rel=0.04)
    assert larger / many == pytest.approx(2, rel=0.04)
    assert 8000**2 * many > 7 * 2000**2 * few


@pytest.mark.ledger("linewidth-must-not-scale-with-n", method="spectrum")
@pytest.mark.parametrize(("eta", "last"), [(0.5, 1e-3), (1.0, 0.1)])
def test_at_fixed_coupling_the_quantum_restoring_rate_falls(eta, last):
    """|α|² = 1 and 2, in units in which Γ2 is N²: with Γ2 growing, it falls all the same."""
    rates = [n**2 * two_halves_response.restoring_rate(n, eta) for n in (8, 12, 16, 20)]
    assert np.all(np.diff(rates) < 0)
    assert rates[-1] < last * rates[0]


@pytest.mark.ledger("constant-amplitude-needs-one-over-n-squared", method="spectrum")
def test_at_fixed_amplitude_the_spread_grows_as_n_squared():
    spreads = [abs(phase_locking.small_spread(n, 8.0)) for n in (2000, 8000)]
    assert spreads[1] / spreads[0] == pytest.approx(16, rel=0.05)


def test_how_the_loss_grows_depends_on_what_is_fixed():
    def rate(n_spins, coupling, kappa):
        return Cavity(n_spins, 3e10, coupling, 1e8, kappa).gamma2

    base = rate(10**4, 1e5, 1e6)
    assert rate(10**6, 1e5, 1e6) / base == pytest.approx(100**2)  # coupling of a spin
    assert rate(10**6, 1e5, 1e8) / base == pytest.approx(100)  # ... and κ grows as N
    assert rate(10**6, 1e4, 1e6) / base == pytest.approx(1)  # collective coupling g√N


@pytest.mark.ledger("odd-cat-lives-a-microsecond", method="limit")
@pytest.mark.parametrize(("delta", "life"), [(1e6, 1e-6), (2e6 * np.pi, 0.16e-6)])
def test_the_life_of_a_small_odd_cat(delta, life):
    """The mean falls to 1/e (and the floor 1/N) where δt = 1."""
    n_spins = 10_000
    mean = dephasing.mean_cat_fidelity(n_spins, 2 * np.sqrt(0.05 / n_spins), delta, life, "odd")
    assert float(mean) == pytest.approx(np.exp(-1), rel=0.03)


@pytest.mark.ledger("odd-cat-lives-a-microsecond", method="sampling")
def test_the_life_of_a_small_odd_cat_by_sampling():
    detunings = Gaussian(1e6).draw(1000, 200, 4)  # radians per second
    times = np.linspace(0, 3e-6, 301)
    curve = dephasing.cat_fidelity(detunings, 2 * np.sqrt(1e-4), times, "odd").mean(axis=0)
    assert times[np.argmax(curve < np.exp(-1))] == pytest.approx(1e-6, rel=0.05)


@pytest.mark.ledger("two-groups-stand-for-random-detunings", method="spectrum")
def test_random_detunings_have_a_threshold_of_the_same_order():
    expected = {5e-4: 1.82, 0.002: 1.68, 0.005: 1.55, 0.021: 1.26, 0.05: 1.045, 0.058: 1.014}
    for h, ratio in expected.items():
        two, gaussian, lorentzian = (
            critical_linewidth(h, name) for name in ("two_point", "gaussian", "lorentzian")
        )
        assert gaussian / two == pytest.approx(ratio, abs=0.006)
        if h >= 0.02:  # at weaker drives the Lorentzian line is no worse
            assert lorentzian < 0.7 * two


@pytest.mark.ledger("two-groups-stand-for-random-detunings", method="spectrum")
@pytest.mark.parametrize("h", [0.005, 0.025, 0.03, 0.045, 0.055])
def test_which_bifurcation_ends_synchrony(h):
    """How far the loss of stability is below the end of existence."""
    names = "lorentzian", "gaussian", "uniform", "two_point"
    points = {name: critical_point(h, name) for name in names}
    gap = {name: 1 - point.width / point.existence for name, point in points.items()}
    assert gap["lorentzian"] == 0
    assert (0 < gap["gaussian"] < 2e-5) == (h in (0.025, 0.03))
    assert gap["gaussian"] <= gap["uniform"] <= gap["two_point"] < 0.04
    assert gap["uniform"] < 5e-3
    assert (gap["two_point"] > 1e-4) == (h < planar_flow.BOGDANOV_TAKENS[0])
    for name, point in points.items():
        assert (point.bifurcation == "Hopf") == (gap[name] > 0)


@pytest.mark.ledger("robust-if-delta-is-of-the-order-of-gamma2", method="spectrum")
def test_no_gaussian_line_locks_beyond_a_tenth_of_gamma2():
    widths = [critical_linewidth(h, "gaussian") for h in np.linspace(0.005, 0.06, 23)]
    assert 0.085 < max(widths) < 0.09
    assert 5 < np.argmax(widths) < 10  # inside of the range


@pytest.mark.ledger("two-groups-stand-for-random-detunings", method="integration")
@pytest.mark.parametrize(("factor", "kept"), [(0.9, True), (1.1, False)])
def test_random_spins_keep_and_lose_their_coherence_there(factor, kept):
    n, h = 2000, 0.04
    width = factor * critical_linewidth(h, "gaussian")
    detunings = Gaussian(width).draw(n, 1, 2)[0]
    ensemble = SpinEnsemble(n, h * n, detunings=detunings - detunings.mean())
    assert stays_synchronised(ensemble, 300.0) == kept
