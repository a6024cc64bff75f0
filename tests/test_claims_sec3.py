"""What Secs. I-III say in words, each claim decided in two ways; the entries of book/ledger.yml."""

import json

import make_exact_means as exact_means
import numpy as np
import pytest
import sympy as sp

from spincat.free import dephasing, dephasing_limits
from spincat.master_equation import product_space, quasi_dark
from spincat.model import states
from spincat.model.broadening import Gaussian
from spincat.symbolic import dephasing as derive
from spincat.symbolic.dephasing import N, theta, v, x

PARITIES = ("even", "odd")
HALF_TIME = np.sqrt(2 * np.log(2))  # where exp(-δ²t²/2) = 1/2


def angle(n_spins, intensity):
    return 2 * np.arctan(np.sqrt(intensity / n_spins))


def sampled(n_spins, intensity, times, draws=400, seed=5):
    """Fidelities of all three states under the same draws, in units of 1/δ: (state, draw, time)."""
    rows, at = Gaussian(1.0).draw(n_spins, draws, seed), angle(n_spins, intensity)
    cats = [dephasing.cat_fidelity(rows, at, times, parity) for parity in PARITIES]
    return np.array([dephasing.coherent_fidelity(rows, at, times), *cats])


@pytest.mark.ledger("eq-13", "fig-1", "small-odd-cats-die-first", method="derivation")
@pytest.mark.ledger("even-cat-outlives-the-coherent-state", method="derivation")
def test_order_of_the_three_states_from_the_derived_means():
    coherent = derive.bosonic_series(derive.mean_coherent())
    even, odd = (derive.hyperbolic(derive.bosonic_series(derive.mean_cat(p))) for p in PARITIES)
    # to leading order in x = |α|²: 1 - F is x²(1-v²), 2x(1-v), 1-v²
    assert sp.series(1 - coherent, x, 0, 2).removeO().equals(2 * x * (1 - v))
    assert sp.expand(sp.series(1 - even, x, 0, 3).removeO() - x**2 * (1 - v**2)) == 0
    assert sp.simplify(sp.limit(odd, x, 0) - v**2) == 0


@pytest.mark.ledger(
    "fig-1", "small-odd-cats-die-first", "even-cat-outlives-the-coherent-state", method="sampling"
)
def test_order_of_the_three_states_in_fig_1():
    """N = 200, θ = 1/√N as in Fig. 1: in every one of 400 draws, not only on average."""
    times = np.array([0.5, 1.0, 2.0, 4.0])
    coherent, even, odd = sampled(200, 0.25, times)
    assert np.all(even > coherent)
    assert np.all(coherent > odd)
    late = odd[:, -1].mean()
    assert late < 0.02
    assert even[:, -1].mean() > 0.9


@pytest.mark.ledger("eq-21", method="derivation")
def test_initial_decay_at_small_amplitude_by_algebra():
    rates = [x * sp.tanh(x), x * sp.coth(x)]
    for parity, rate in zip(PARITIES, rates, strict=True):
        mean = derive.hyperbolic(derive.bosonic_series(derive.mean_cat(parity)))
        derived = -derive.short_time(mean).coeff(derive.t, 2) / derive.delta**2
        assert sp.simplify((derived - rate).rewrite(sp.exp)) == 0
    assert [sp.series(rate, x, 0, 3).removeO() for rate in rates] == [x**2, 1 + x**2 / 3]


@pytest.mark.ledger("parity-is-irrelevant-at-large-amplitude", method="sampling")
def test_parity_is_irrelevant_at_large_amplitude():
    times = np.linspace(0.1, 4, 12)
    gaps = {}
    for intensity in (0.25, 4.0):
        coherent, even, odd = sampled(400, intensity, times)
        gaps[intensity] = np.abs(even - odd).max()
        gaps["coherent", intensity] = np.abs(even - coherent).max()
    assert gaps[0.25] > 0.9
    assert gaps[4.0] < 0.01
    assert gaps["coherent", 4.0] < 0.01


@pytest.mark.ledger("even-cat-saturates", method="derivation")
def test_where_the_even_cat_saturates_by_algebra():
    even = derive.hyperbolic(derive.bosonic_series(derive.mean_cat("even")))
    late = sp.series(even.subs(v, 0), x, 0, 4).removeO()
    assert sp.expand(late - (1 - x**2)) == 0  # not 1 - x


@pytest.mark.ledger("even-cat-saturates", method="sampling")
def test_where_the_even_cat_saturates_by_sampling():
    losses = [1 - sampled(300, x, [9.0], draws=300)[1].mean() for x in (0.05, 0.1)]
    assert losses[1] == pytest.approx(0.1**2, rel=0.05)
    assert np.log2(losses[1] / losses[0]) == pytest.approx(2, abs=0.1)


@pytest.mark.ledger("odd-cat-decays-to-zero", method="sampling")
def test_the_odd_cat_of_eight_spins_keeps_an_eighth():
    late = np.linspace(20, 40, 11)
    odd = sampled(8, 0.4, late, draws=4000)[2].mean(axis=1)
    error = odd.std(ddof=1) / np.sqrt(odd.size)
    floor = float(dephasing.mean_cat_fidelity(8, angle(8, 0.4), 1.0, np.inf, "odd"))
    assert abs(odd.mean() - floor) < 4 * error
    assert odd.mean() > 20 * error
    assert floor == pytest.approx(dephasing_limits.odd_cat_floor(8, 0.4**0.5), rel=0.15)


@pytest.mark.ledger("interference-strength", method="derivation")
def test_interference_of_the_components_by_algebra():
    """The overlap of the components is cos^N θ, its square cos^{2N} θ, or e^{-4x} for N → ∞."""
    one = derive.single_spin_state()
    opposite = derive.single_spin_state(derive.phi + sp.pi)
    overlap = sp.simplify((opposite.applyfunc(sp.conjugate).T * one)[0])
    assert sp.simplify(overlap - sp.cos(theta)) == 0
    per_spin = (1 - x / N) / (1 + x / N)  # cos θ with tan(θ/2)² = x/N
    assert sp.limit(2 * N * sp.log(per_spin), N, sp.oo) == -4 * x


@pytest.mark.ledger("interference-strength", method="numerics")
@pytest.mark.parametrize("n_spins", [50, 200, 800])
def test_interference_of_the_components_by_state_vectors(n_spins):
    at = angle(n_spins, 0.25)
    pair = [states.spin_coherent(n_spins, at, phi) for phi in (0.0, np.pi)]
    strength = abs(np.vdot(*pair)) ** 2
    assert strength == pytest.approx(np.cos(at) ** (2 * n_spins), rel=1e-9)
    assert strength == pytest.approx(np.exp(-1), rel=0.3 / n_spins)  # does not vanish with N
    assert strength > 2 * np.cos(at) ** (4 * n_spins)  # the printed exponent


@pytest.mark.ledger("fluctuations-vanish-for-many-spins", method="sampling")
def test_fluctuations_vanish_at_fixed_time_but_not_on_the_odd_floor():
    relative = {}
    for n_spins in (100, 400):
        _, even, odd = sampled(n_spins, 0.4, [1.0, 30.0], draws=2000)
        relative[n_spins] = odd.std(axis=0) / odd.mean(axis=0)
        assert (even.std(axis=0) / even.mean(axis=0)).max() < 1 / np.sqrt(n_spins)
    assert relative[100][0] / relative[400][0] == pytest.approx(2, rel=0.2)
    assert relative[400][1] == pytest.approx(1, abs=0.1)


@pytest.mark.ledger("fluctuations-vanish-for-many-spins", method="limit")
def test_fluctuations_of_one_excitation_that_has_lost_its_phases():
    """F = |Σ exp(iφ_n)|²/N² with independent phases has relative variance 1 - 1/N."""
    n_spins = 40
    rows = Gaussian(1.0).draw(n_spins, 40_000, 8)
    one = dephasing.cat_fidelity(rows, angle(n_spins, 1e-4), [60.0], "odd")[:, 0]
    assert one.mean() == pytest.approx(1 / n_spins, rel=0.03)
    assert one.var() / one.mean() ** 2 == pytest.approx(1 - 1 / n_spins, rel=0.03)


@pytest.mark.ledger("detunings-are-relative-to-the-mean", method="numerics")
@pytest.mark.parametrize("parity", PARITIES)
def test_centred_detunings_spare_the_variance_of_the_excitations(parity):
    """Initial decay: Tr(C V), V the covariances of σz/2 in the cat, C those of the detunings."""
    n_spins = 6
    cat = states.spin_cat(n_spins, angle(n_spins, 0.4), parity=parity, basis="product")
    weights = np.abs(cat) ** 2
    bits = (np.arange(2**n_spins)[:, None] >> np.arange(n_spins)) & 1
    covariance = np.cov(bits.T, aweights=weights, ddof=0)
    independent = np.trace(covariance)
    centred = np.trace((np.eye(n_spins) - 1 / n_spins) @ covariance)
    excitations = bits.sum(axis=1)
    variance = weights @ excitations**2 - (weights @ excitations) ** 2
    assert independent - centred == pytest.approx(variance / n_spins, rel=1e-9)
    assert centred < independent
    short = 1e-3
    free = 1 - dephasing.mean_cat_fidelity(n_spins, angle(n_spins, 0.4), 1.0, short, parity)
    assert float(free) / short**2 == pytest.approx(independent, rel=1e-4)


@pytest.mark.ledger("detunings-are-relative-to-the-mean", method="sampling")
def test_centred_detunings_differ_by_one_over_n():
    times, differences = [1.0], []
    for n_spins in (8, 32):
        rows, at = Gaussian(1.0).draw(n_spins, 20_000, 3), angle(n_spins, 0.4)
        centred = rows - rows.mean(axis=1, keepdims=True)
        pair = [dephasing.cat_fidelity(r, at, times, "odd")[:, 0] for r in (rows, centred)]
        difference = pair[1] - pair[0]
        assert abs(difference.mean()) > 3 * difference.std() / np.sqrt(difference.size)
        differences.append(difference.mean())
    assert differences[0] / differences[1] == pytest.approx(4, rel=0.5)


@pytest.mark.ledger("range-of-the-bosonic-limit", method="derivation")
def test_the_bosonic_limit_needs_a_small_fourth_power():
    """Relative error of Eq. 12 is x²(1-v)(…)/N, small for |α| ≪ N^{1/4}, not only |α| ≪ √N."""
    leading = derive.bosonic_series(derive.mean_coherent())
    error = sp.simplify(derive.bosonic_series(derive.mean_coherent(), 1) / leading)
    assert sp.degree(sp.expand(error), x) == 2


@pytest.mark.ledger("eq-17", method="derivation")
def test_eq_17_needs_a_small_sixth_power():
    per_spin = sp.log((1 - x / N) / (1 + x / N))  # ln cos θ with tan(θ/2)² = x/N
    exponent = sp.series(N * per_spin, x, 0, 5).removeO()
    assert sp.expand(exponent + 2 * x + 2 * x**3 / (3 * N**2)) == 0


@pytest.mark.ledger("eq-17", method="limit")
def test_relative_error_of_eq_17_inside_and_at_its_range():
    """|α| = N^{0.3} is inside the range N^{1/3}, and beyond N^{1/4}; N^{1/3} is where it ends."""
    errors = {}
    for power in (0.6, 2 / 3):
        for n_spins in (10**6, 10**8):
            overlap = n_spins * np.log(np.cos(angle(n_spins, n_spins**power)))
            errors[power, n_spins] = abs(np.expm1(overlap + 2 * n_spins**power))
    assert errors[0.6, 10**8] < 0.5 * errors[0.6, 10**6] < 0.03
    assert errors[2 / 3, 10**8] == pytest.approx(errors[2 / 3, 10**6], rel=0.01)


@pytest.mark.ledger("range-of-the-bosonic-limit", method="limit")
def test_relative_error_of_the_bosonic_limit_at_fixed_fraction_of_the_range():
    errors = []
    for n_spins in (400, 6400):
        x_here = n_spins**0.75  # |α| = N^{3/8}, far below √N
        exact = dephasing.mean_coherent_fidelity(n_spins, angle(n_spins, x_here), 1.0, [0.05])
        limit = dephasing_limits.bosonic_coherent_fidelity(np.sqrt(x_here), 1.0, [0.05])
        errors.append(abs(float(exact[0] / limit[0]) - 1))
    assert errors[1] > 1.5 * errors[0]


@pytest.mark.ledger("fig-2", "fidelities-at-t-200", method="sampling")
@pytest.mark.parametrize(("parity", "printed"), [("even", 0.74), ("odd", 0.10)])
def test_the_numbers_read_off_fig_2_are_ordinary_samples(parity, printed):
    ours = quasi_dark.mean_fidelity(
        8, 0.2, 0.01, [200.0], parity, draws=600, exact_draws=20, seed=3
    )
    spread = np.hypot(ours.scatter[0] / np.sqrt(10), ours.error[0])
    assert abs(ours.mean[0] - printed) < 2 * spread
    assert ours.error[0] < 0.02


@pytest.mark.ledger("fidelities-at-t-200", method="integration")
@pytest.mark.parametrize(("parity", "printed"), [("even", 0.74), ("odd", 0.10)])
def test_the_numbers_read_off_fig_2_against_a_thousand_exact_solutions(parity, printed):
    stored = json.loads(exact_means.STORED.read_text())
    (row,) = (c for c in stored["curves"] if (c["delta"], c["parity"]) == (0.01, parity))
    k = stored["times"].index(200.0)
    scatter = row["error"][k] * np.sqrt(stored["draws"])
    assert abs(row["mean"][k] - printed) < 2 * scatter / np.sqrt(10)
    assert scatter / np.sqrt(10) > 0.02  # the second digit of a mean of ten draws is not known


@pytest.mark.ledger(
    "parity-sensitivity-survives-stabilisation", "separation-remains-at-larger-n", method="numerics"
)
@pytest.mark.parametrize("n_spins", [8, 10])
def test_the_initial_decay_with_drive_and_loss_depends_on_parity(n_spins):
    """From the master equation with one detuned spin, not from the quasi-dark states."""
    times = np.array([40.0])
    loss = {p: quasi_dark.measured_decay(n_spins, 0.2, times, p)[0][0] / 1600 for p in PARITIES}
    assert loss["odd"] / loss["even"] == pytest.approx(1 / np.tanh(0.4) ** 2, rel=0.1)


@pytest.mark.ledger("larger-ensembles-suppress-broadening", method="numerics")
@pytest.mark.parametrize("parity", PARITIES)
def test_more_spins_are_protected_less(parity):
    """Drive and loss slow the initial decay of four spins, but not that of ten."""
    driven, free = np.transpose(
        [quasi_dark.measured_decay(n, 0.2, np.array([40.0]), parity) for n in (4, 6, 8, 10)]
    )[0]
    assert np.all(np.diff(driven) > 0)
    assert np.all(np.diff(driven / free) > 0)
    assert driven[0] / free[0] < 0.8
    assert driven[-1] / free[-1] == pytest.approx(1, abs=0.02)


@pytest.mark.ledger("parity-sensitivity-survives-stabilisation", method="spectrum")
def test_the_quasi_dark_states_leak_by_parity():
    even, odd = (quasi_dark.decay_coefficient(8, 0.2, parity) for parity in PARITIES)
    assert odd > 5 * even


@pytest.mark.ledger("stabilisation-suppresses-dephasing", method="sampling")
@pytest.mark.parametrize(("eta", "sign"), [(0.2, -1), (1.0, 1)])
def test_stabilisation_helps_large_even_cats_and_harms_small_ones(eta, sign):
    held = quasi_dark.mean_fidelity(
        8, eta, 0.01, [200.0], "even", draws=200, exact_draws=12, seed=3
    )
    at = angle(8, 2 * eta)
    free = float(dephasing.mean_cat_fidelity(8, at, 0.01, 200.0, "even"))
    assert sign * (held.mean[0] - free) > 5 * held.error[0]


@pytest.mark.ledger("odd-cat-is-robust-at-large-amplitude", method="integration")
def test_the_driven_odd_cat_loses_first_and_keeps_more():
    """Eight spins, |α|² = 2, at δt = 0.5 and 2, driven and free under the same detunings."""
    delta = 0.0125
    rows, times = Gaussian(delta).draw(8, 10, 11), np.array([0.5, 2.0]) / delta
    held = product_space.cat_fidelity(rows, 1.0, times, "odd", tol=1e-4)
    gain = held - dephasing.cat_fidelity(rows, angle(8, 2.0), times, "odd")
    error = gain.std(axis=0, ddof=1) / np.sqrt(len(rows))
    assert gain[:, 1].mean() > 0.4
    assert gain[:, 1].mean() > 5 * error[1]
    assert gain[:, 0].mean() < 0


@pytest.mark.ledger("odd-cat-is-robust-at-large-amplitude", method="sampling")
def test_the_driven_odd_cat_keeps_more_by_its_quasi_dark_states():
    held = quasi_dark.mean_fidelity(6, 0.75, 0.0125, [160.0], "odd", draws=200, exact_draws=12)
    free = float(dephasing.mean_cat_fidelity(6, angle(6, 1.5), 0.0125, 160.0, "odd"))
    assert held.mean[0] - free > 0.3
    assert held.error[0] < 0.03


@pytest.mark.ledger("stabilisation-suppresses-dephasing", method="integration")
@pytest.mark.parametrize(("intensity", "sign"), [(0.4, -1), (1.0, 1)])
def test_stabilisation_helps_and_harms_exact_draws(intensity, sign):
    """Six spins, driven and free under the same forty sets of detunings."""
    rows, times = Gaussian(0.01).draw(6, 40, 11), np.array([200.0])
    held = product_space.cat_fidelity(rows, intensity / 2, times, "even", tol=1e-5)[:, 0]
    gain = held - dephasing.cat_fidelity(rows, angle(6, intensity), times, "even")[:, 0]
    assert sign * gain.mean() > 3 * gain.std(ddof=1) / np.sqrt(gain.size)
