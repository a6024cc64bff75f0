"""What drive and loss do for more spins, and when; entries of book/ledger.yml."""

import numpy as np
import pytest

from spincat.free import dephasing
from spincat.many_spins import evolve_classes
from spincat.master_equation import product_space, quasi_dark
from spincat.model.broadening import Gaussian


def angle(n_spins, intensity):
    return 2 * np.arctan(np.sqrt(intensity / n_spins))


def relative_loss(sizes, detunings, intensity, time):
    """What the detunings cost the driven even cat over what they cost the free one."""
    n_spins, row = sum(sizes), np.repeat(detunings, sizes)
    equal, apart = (
        evolve_classes(sizes, rates, intensity / 2, [time], "even").fidelity.item()
        for rates in (np.zeros(len(sizes)), detunings)
    )
    free = dephasing.cat_fidelity(row, angle(n_spins, intensity), [time], "even")[0]
    return (equal - apart) / (1 - free)


@pytest.mark.ledger("larger-ensembles-suppress-broadening", method="limit")
@pytest.mark.parametrize(
    ("intensity", "slowed", "as_free"), [(0.4, 5, 9), (1.0, 8, 12), (2.0, 14, 17), (4.0, 20, 30)]
)
def test_the_number_of_spins_from_which_nothing_is_slowed_grows(intensity, slowed, as_free):
    """The limit of small detunings, where one detuned spin is enough, at Γ2 t = 40."""
    few, many = (relative_loss([n - 1, 1], [0.0, 2e-3], intensity, 40.0) for n in (slowed, as_free))
    assert few < 0.8
    assert 0.95 < many < 1.2


@pytest.mark.ledger("larger-ensembles-suppress-broadening", method="sampling")
@pytest.mark.parametrize(
    ("intensity", "n_spins", "slowed"), [(1.0, 6, True), (1.0, 12, False), (2.0, 12, True)]
)
def test_random_classes_lose_as_free_ones_from_some_size_on(intensity, n_spins, slowed):
    """Three classes with random detunings without a mean, three draws, at δt = 0.5."""
    rows = Gaussian(0.0125).draw(3, 3, 2)
    rows -= rows.mean(axis=1, keepdims=True)
    ratios = [relative_loss([n_spins // 3] * 3, row, intensity, 40.0) for row in rows]
    assert max(ratios) < 0.8 if slowed else min(ratios) > 0.95


@pytest.mark.ledger("larger-ensembles-suppress-broadening", method="integration")
def test_more_spins_hold_the_amplitude_of_a_coherent_state_and_lose_its_fidelity():
    """Two halves, |α|² = 1, at δt = 1.5, where free spins keep cos δt = 0.07 of the amplitude."""
    kept, fidelity = [], []
    for n_spins in (8, 16, 32):
        halves = evolve_classes(
            [n_spins // 2] * 2, [0.02, -0.02], 0.5, [0, 75], "coherent", tol=1e-4
        )
        start, end = np.abs(halves.amplitude.values)
        kept.append(end / start)
        fidelity.append(halves.fidelity.values[1])
    assert kept[0] < 0.65
    assert kept[2] > 0.8
    assert np.all(np.diff(kept) > 0)
    assert np.all(np.diff(fidelity) < 0)


@pytest.mark.ledger("larger-ensembles-suppress-broadening", method="sampling")
def test_more_spins_hold_the_amplitude_with_random_detunings():
    rows, kept = Gaussian(0.02).draw(3, 4, 2), []
    for size in (2, 4):
        runs = [evolve_classes([size] * 3, r, 0.5, [0, 50], "coherent", tol=1e-4) for r in rows]
        kept.append(np.mean([abs(run.amplitude[1]) / abs(run.amplitude[0]) for run in runs]))
    assert kept[1] > kept[0] + 0.05


@pytest.mark.ledger("stabilisation-suppresses-dephasing", method="sampling")
def test_the_driven_even_cat_of_eight_spins_falls_behind_late():
    """At δt = 0.5 and 2, mean of all detunings; what δ = 0 costs is put back."""
    times = np.array([50.0, 200.0])
    held = quasi_dark.mean_fidelity(8, 0.2, 0.01, times, "even", draws=300, exact_draws=12, seed=3)
    equal = product_space.cat_fidelity(np.zeros(8), 0.2, times, "even")
    free = dephasing.mean_cat_fidelity(8, angle(8, 0.4), 0.01, times, "even")
    gain = held.mean + 1 - equal - free
    assert abs(gain[0]) < 0.01
    assert gain[1] < -5 * held.error[1]
    assert gain[1] < -0.05


@pytest.mark.ledger("stabilisation-suppresses-dephasing", method="integration")
@pytest.mark.parametrize("n_spins", [8, 16, 32])
def test_the_driven_even_cat_of_two_halves_falls_behind_late(n_spins):
    sizes, times = [n_spins // 2] * 2, np.array([0.25, 0.5, 2.0]) / 0.01
    apart, equal = (
        evolve_classes(sizes, [d, -d], 0.2, times, "even").fidelity.values for d in (0.01, 0.0)
    )
    row = np.repeat([0.01, -0.01], n_spins // 2)
    gain = apart + 1 - equal - dephasing.cat_fidelity(row, angle(n_spins, 0.4), times, "even")
    assert np.all(np.abs(gain[:2]) < 0.01)
    assert gain[2] < -0.05
