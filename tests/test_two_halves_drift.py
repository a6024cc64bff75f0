"""Two halves at fixed drive per spin: the master equation drifts where mean field locks."""

import numpy as np
import pytest
import sympy as sp

from spincat.large_n import planar_flow
from spincat.many_spins import evolve_classes
from spincat.mean_field import mirror_halves
from spincat.symbolic import slow_spins

H = 1 / 32
END = np.sqrt(1 / (8 * H) - 1)
"""δt at which halves that drift freely reach z = 0."""


def quantum(n_spins, delta, shares, tol=1e-3):
    """(ζ, z, ⟨S₋²⟩/2η) of the even cat, at shares of the time at which the drift reaches z = 0."""
    times = np.array(shares) * END / delta
    halves = [n_spins // 2] * 2
    found = evolve_classes(halves, [delta, -delta], H * n_spins, times, "even", tol=tol)
    # ⟨σ⁺σ⁺⟩ of the first half has the phase π/2 + 2ζ
    spread = -np.angle(1j * found.class_pairs.values[:, 0]) / 2
    pairs = np.abs(found.pair_amplitude.values) / (2 * H * n_spins)
    return np.array([spread, 2 * found.excitations.values / n_spins - 1, pairs])


def mean_field(n_spins, delta, shares):
    """Rows A, ζ and z of Eqs. 26-28 at the same times."""
    at = n_spins, H * n_spins
    start, times = mirror_halves.steady_state(*at), np.array(shares) * END / delta
    return mirror_halves.integrate(start, *at, delta, times).T


def drift(shares):
    turned = np.array(shares) * END
    return np.array([np.arctan(turned), -np.sqrt(1 - 8 * H * (1 + turned**2))])


@pytest.mark.ledger("mean-field-describes-large-cats", method="derivation")
def test_halves_that_keep_their_total_spin_drift_freely():
    turning, square = slow_spins.drift_of_halves()
    assert turning == slow_spins.delta  # tan ζ = δt
    (u,) = square.free_symbols - {slow_spins.h}
    assert float(square.subs({slow_spins.h: H, u: END})) == pytest.approx(0, abs=1e-15)


@pytest.mark.ledger("mean-field-describes-large-cats", method="derivation")
def test_mean_field_shortens_the_bloch_vector_by_emission_only():
    """d(4|s|² + z²)/dt is -8h(1 + z)² at full length from emission, and zero from all the rest."""
    s, conjugate, w = slow_spins.s, slow_spins.s_conjugate, slow_spins.w
    swap = {
        s: conjugate, conjugate: s, sp.I: -sp.I,
        slow_spins.G: slow_spins.G_conjugate, slow_spins.G_conjugate: slow_spins.G,
    }  # fmt: skip

    def growth(rate, z_rate):
        other = rate.subs(swap, simultaneous=True)
        return sp.expand(4 * (rate * conjugate + other * s) + 2 * (w - 1) * z_rate)

    emission = slow_spins.emission()
    full = slow_spins.slow_rates("paper")
    assert growth(full[0] - emission[0], full[1] - emission[1]) == 0
    on_sphere = growth(*emission).subs(s, (1 - (w - 1) ** 2) / 4 / conjugate)
    assert sp.simplify(on_sphere + 8 * slow_spins.h * w**2) == 0


@pytest.mark.ledger("mean-field-describes-large-cats", method="integration")
def test_the_master_equation_drifts_where_mean_field_locks():
    """The larger the ensemble, the closer to the drift, at half of what mean field can lock."""
    delta = 0.03
    assert delta < planar_flow.stability_limit(H) / 2
    locked = mean_field(10_000, delta, [0.5, 20.0])
    rest = mirror_halves.rhs(locked[:, 1], 10_000, H * 10_000, delta)
    np.testing.assert_allclose(rest, 0, atol=1e-6)
    free = drift([0.5])
    assert free[0, 0] - locked[1, 0] > 0.1  # the phases do not say the same
    found = {n: quantum(n, delta, [0.5], tol=1e-2 if n == 64 else 1e-3) for n in (16, 32, 64)}
    off = np.array([np.abs(values[:2] - free).max() for values in found.values()])
    assert np.all(off[1:] < off[:-1])
    assert off[-1] < 0.01
    assert found[64][2, 0] > 0.98  # the mean stays where it is


@pytest.mark.ledger("mean-field-describes-large-cats", method="integration")
def test_the_halves_pass_the_spread_at_which_mean_field_locks():
    delta = 0.03
    found, locked = quantum(32, delta, [0.75]), mean_field(10_000, delta, [0.75, 20.0])
    np.testing.assert_allclose(found[:2], drift([0.75]), atol=0.01)
    assert found[0, 0] > locked[1, 1] + 0.15
    assert found[1, 0] > locked[2, 1] + 0.1


@pytest.mark.ledger("spins-desynchronise-beyond-the-threshold", method="integration")
def test_beyond_the_threshold_the_master_equation_does_not_invert():
    """Where Eqs. 26-28 end inverted and without a mean, halves of 8 or 12 spins keep half of it.

    In mean field the Bloch vectors become shorter, so that a half has lost total spin, which it
    cannot in the master equation.
    """
    delta, shares = 0.09, [1.5, 3.0]
    inverted = mean_field(10_000, delta, shares)
    assert abs(inverted[0, 1] * np.cos(inverted[1, 1])) < 1e-3  # the mean of both halves
    assert inverted[2, 1] > 0.5
    assert 4 * inverted[0, 1] ** 2 + inverted[2, 1] ** 2 < 0.6
    found = [quantum(n_spins, delta, shares) for n_spins in (16, 24)]
    for _, z, pairs in found:
        assert np.all(z < -0.1)
        assert np.all(pairs > 0.3)
    assert np.all(found[1][2] < found[0][2])
