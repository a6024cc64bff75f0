"""A continuum of spins: its steady state, responses and unstable modes, against N spins."""

from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from spincat import SpinEnsemble
from spincat.large_n import continuum, finite_n, planar_flow
from spincat.large_n.critical_linewidths import critical_linewidth, critical_point
from spincat.mean_field import all_spins, two_halves
from spincat.shared.errors import ConvergenceError
from spincat.symbolic import slow_spins

SHAPES = ["gaussian", "uniform", "lorentzian", "two_point"]


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=15)
@given(h=st.floats(1e-3, 0.062), fraction=st.floats(0.05, 0.999))
def test_steady_state_is_self_consistent(shape, h, fraction):
    width = fraction * critical_point(h, shape).existence
    state = continuum.steady_state(h, shape, width)
    w, d, weights = state.excitation, state.detunings, state.weights
    residue = w * (16 * h**2 * w**2 + d**2) - 4 * h * state.gamma**2 * (1 - w)
    assert np.abs(residue).max() < 1e-15
    assert weights @ w**2 == pytest.approx(state.gamma, rel=1e-9)
    assert weights @ state.coherence == pytest.approx(np.sqrt(2 * h), rel=1e-9)


@cache
def compiled_jacobian():
    matrix, _ = slow_spins.linearised()
    names = "h", "gamma", "delta", "w", "a", "b"
    return sp.lambdify([getattr(slow_spins, name) for name in names], matrix)


def spin_jacobians(h, state):
    """The derived Jacobian of (Re s, Im s, w) of each spin at a fixed mean field, (n, 3, 3)."""
    s = state.coherence
    spins = zip(state.detunings, state.excitation, s.real, s.imag, strict=True)
    return np.array([compiled_jacobian()(h, state.gamma, *spin) for spin in spins])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("h", [0.006, 0.03, 0.05])
def test_spins_in_a_given_field_are_stable(shape, h):
    for fraction in (0.3, 0.9, 1):
        state = continuum.steady_state(h, shape, fraction * critical_point(h, shape).existence)
        assert np.linalg.eigvals(spin_jacobians(h, state)).real.max() < 0


def test_responses_by_matrix_inversion():
    h, width, rate = 0.02, 0.05, 0.03 + 0.05j
    state = continuum.steady_state(h, "uniform", width)
    matrices = spin_jacobians(h, state)
    w, s = state.excitation, state.coherence
    zero = np.zeros_like(w)
    fields = np.array([[w - 1, zero, -4 * s.real], [zero, w - 1, -4 * s.imag]])
    solved = [np.linalg.solve(rate * np.eye(3) - matrices, f.T[..., None])[..., 0] for f in fields]
    expected = [state.weights @ x[:, i] for i, x in enumerate(solved)]
    crossed = abs(state.weights @ solved[0][:, 1])
    found = continuum.responses(h, "uniform", width, [rate])
    assert [f[0] for f in found] == pytest.approx(expected, rel=1e-10)
    assert crossed < 1e-12  # the two fields do not mix for a symmetric distribution


@pytest.mark.parametrize("shape", ["gaussian", "uniform", "two_point"])
def test_count_of_unstable_modes_changes_at_the_hopf_bifurcation(shape):
    point = critical_point(0.03, shape)
    assert point.bifurcation == "Hopf"
    for nearness in (0.02, 1e-7):
        assert continuum.unstable_modes(0.03, shape, (1 - nearness) * point.width) == 0
    for beyond in (1e-7, (point.existence / point.width - 1) / 2):
        assert continuum.unstable_modes(0.03, shape, (1 + beyond) * point.width) == 2


def spread(shape, n):
    """Detunings of n spins in units of the width, at equal distances in probability."""
    quantiles = (np.arange(n) + 0.5) / n
    return norm.ppf(quantiles) if shape == "gaussian" else np.sqrt(3) * (2 * quantiles - 1)


def spectrum(n, h, shape, width, equations):
    detunings = width * spread(shape, n)
    gamma = continuum.steady_state(h, shape, width).gamma
    w, s = continuum.spin_state(h, gamma, detunings)
    ensemble = SpinEnsemble(n, h * n, detunings=detunings)
    return finite_n.spectrum(ensemble, s * np.exp(1j * np.pi / 4), w - 1, equations=equations)


def test_n_spins_lose_stability_where_the_count_changes():
    """The same numbers of unstable modes on both sides of the Hopf point of a uniform line."""
    h, shape, n = 0.03, "uniform", 160
    width = critical_point(h, shape).width
    for factor, beyond, count in ((0.995, 0.995, 0), (1, 1.001, 2)):  # N spins: shifted by 1/N
        rates = spectrum(n, h, shape, factor * width, "product").rates
        assert np.count_nonzero(rates.real > 0) == count
        assert continuum.unstable_modes(h, shape, beyond * width) == count


@pytest.mark.parametrize(
    ("shape", "h"),
    [("gaussian", 0.003), ("gaussian", 0.055), ("two_point", 0.055)]
    + [("lorentzian", h) for h in (0.003, 0.03, 0.055)],
)
def test_nothing_is_unstable_up_to_a_saddle_node(shape, h):
    """What `critical_point` concludes from the fold alone: no pair is unstable before it."""
    point = critical_point(h, shape)
    assert point.bifurcation == "saddle-node"
    for share in (0.3, 0.6, 0.9, 0.99, 0.999):
        assert continuum.unstable_modes(h, shape, share * point.existence) == 0


@pytest.mark.parametrize("equations", ["paper", "product"])
def test_collective_rate_is_the_limit_of_n_spins(equations):
    h, shape = 0.03, "uniform"
    width = 0.9 * critical_linewidth(h, shape)
    limit = continuum.collective_rate(h, shape, width, -0.05 + 0.07j)
    spectra = [spectrum(n, h, shape, width, equations).rates for n in (60, 120)]
    nearest = [rates[np.argmin(np.abs(rates - limit))] for rates in spectra]
    assert abs(nearest[1] - limit) < 0.6 * abs(nearest[0] - limit)
    # without the term of order 1/N
    assert 2 * nearest[1] - nearest[0] == pytest.approx(limit, rel=0.03)
    assert nearest[1] != pytest.approx(limit, rel=0.06)  # the extrapolation does something


def test_spectrum_is_that_of_the_two_halves():
    n, h, delta = 40, 0.03, 0.05
    zeta, z = planar_flow.fixed_points(h, delta)[0]
    signs = np.repeat([1.0, -1.0], n // 2)
    guess = np.sqrt(2 * h) / np.cos(zeta) * np.exp(1j * (np.pi / 4 + signs * zeta))
    result = finite_n.spectrum(
        SpinEnsemble(n, h * n, detunings=delta * signs), guess, np.full(n, z), equations="paper"
    )
    ds, dz = all_spins.paper_rhs(result.sigma, result.z, h * n, delta * signs)
    assert max(np.abs(ds).max(), np.abs(dz).max()) < 1e-9
    pair = two_halves.fixed_point([abs(guess[0]), zeta, z], n, h * n, delta, equations="paper")
    six = np.linalg.eigvals(two_halves.jacobian(pair, n, h * n, delta, equations="paper"))
    for rate in six:
        assert np.abs(result.rates - rate).min() < 1e-6 * max(1, abs(rate))


def test_refuses_bad_input():
    with pytest.raises(ValueError, match=r"h = 0; allowed: 0 < h < 1/16"):
        continuum.steady_state(0, "gaussian", 0.1)
    with pytest.raises(ValueError, match=r"width = 0\.2; allowed: at most"):
        continuum.steady_state(0.02, "uniform", 0.2)
    with pytest.raises(ValueError, match="width = -1"):
        continuum.steady_state(0.02, "uniform", -1)
    with pytest.raises(ValueError, match="gamma = 0"):
        continuum.spin_state(0.02, 0, [0.1])
    with pytest.raises(ConvergenceError, match="no zero"):
        continuum.collective_rate(0.02, "uniform", 0.05, 50 + 50j)
    with pytest.raises(ValueError, match=r"allowed: \(4,\)"):
        finite_n.spectrum(SpinEnsemble(4, 0.1), np.zeros(4), np.zeros(3))
