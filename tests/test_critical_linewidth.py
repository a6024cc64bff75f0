"""The critical linewidth: closed forms, other quadratures, all spins one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from spincat import SpinEnsemble, linear_stability, mean_field, planar_flow, two_halves
from spincat import critical_linewidth as critical
from spincat.broadening import Broadening, Gaussian, Lorentzian, TwoPoint, Uniform
from spincat.errors import ConvergenceError
from spincat.symbolic import slow_spins

SHAPES = ["gaussian", "uniform", "lorentzian", "two_point"]


@settings(max_examples=30)
@given(st.floats(2e-3, 0.062))
def test_two_halves_have_the_closed_forms(h):
    point = critical.critical_point(h, "two_point")
    assert point.width == pytest.approx(float(planar_flow.stability_limit(h)), rel=1e-9)
    assert point.existence == pytest.approx(float(planar_flow.saddle_node_linewidth(h)), rel=1e-9)
    if abs(h - planar_flow.BOGDANOV_TAKENS[0]) > 1e-6:
        expected = "Hopf" if h < planar_flow.BOGDANOV_TAKENS[0] else "saddle-node"
        assert point.bifurcation == expected
    if point.bifurcation == "Hopf":
        node = planar_flow.fixed_points(h, point.width)[0]
        determinant = np.linalg.det(planar_flow.jacobian(node, h, point.width))
        assert point.frequency == pytest.approx(np.sqrt(determinant), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@settings(max_examples=15)
@given(h=st.floats(1e-3, 0.062), fraction=st.floats(0.05, 0.999))
def test_steady_state_is_self_consistent(shape, h, fraction):
    width = fraction * critical.critical_point(h, shape).existence
    state = critical.steady_state(h, shape, width)
    w, d, weights = state.excitation, state.detunings, state.weights
    residue = w * (16 * h**2 * w**2 + d**2) - 4 * h * state.gamma**2 * (1 - w)
    assert np.abs(residue).max() < 1e-15
    assert weights @ w**2 == pytest.approx(state.gamma, rel=1e-9)
    assert weights @ state.coherence == pytest.approx(np.sqrt(2 * h), rel=1e-9)


@pytest.mark.parametrize(
    ("shape", "cls"),
    [
        ("gaussian", Gaussian),
        ("uniform", Uniform),
        ("lorentzian", Lorentzian),
        ("two_point", TwoPoint),
    ],
)
def test_a_broadening_counts_by_its_shape(shape, cls):
    assert critical.critical_linewidth(0.02, cls(3.0)) == critical.critical_linewidth(0.02, shape)


@pytest.mark.parametrize("h", [1e-3, 0.02, 0.055])
@pytest.mark.parametrize("shape", ["gaussian", "uniform", "lorentzian"])
def test_the_quadrature_has_converged(shape, h, monkeypatch):
    value = critical.critical_point(h, shape).existence
    monkeypatch.setattr(critical, "ORDER", 270)
    critical._nodes.cache_clear()
    coarser = critical.critical_point(h, shape).existence
    critical._nodes.cache_clear()
    assert value == pytest.approx(coarser, rel=1e-8)


def test_gauss_hermite_nodes_would_not_do():
    # the reason for another rule: at weak drive the resonance is narrower than their distance
    class Hermite(Broadening):
        _standard = Gaussian._standard
        characteristic = Gaussian.characteristic

        def nodes(self, order):
            return Gaussian(self.delta).nodes(100)

    ratio = {
        h: critical.critical_point(h, Hermite(1.0)).existence
        / critical.critical_point(h, "gaussian").existence
        for h in (1e-3, 0.03)
    }
    assert abs(ratio[1e-3] - 1) > 5e-4
    assert abs(ratio[0.03] - 1) < 1e-6


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("h", [0.006, 0.03, 0.05])
def test_spins_in_a_given_field_are_stable(shape, h):
    for fraction in (0.3, 0.9, 1):
        state = critical.steady_state(
            h, shape, fraction * critical.critical_point(h, shape).existence
        )
        assert np.linalg.eigvals(critical.spin_jacobians(h, state)).real.max() < 0


def test_spin_jacobians_are_the_derived_ones():
    h, state = 0.02, critical.steady_state(0.02, "gaussian", 0.05)
    matrix, _ = slow_spins.linearised()
    for n in (3, 200, 300):
        at = {slow_spins.h: h, slow_spins.gamma: state.gamma, slow_spins.delta: state.detunings[n],
              slow_spins.w: state.excitation[n], slow_spins.a: state.coherence[n].real,
              slow_spins.b: state.coherence[n].imag}  # fmt: skip
        expected = np.array(matrix.subs(at).evalf(), dtype=float)
        assert critical.spin_jacobians(h, state)[n] == pytest.approx(expected, rel=1e-12)


def test_responses_by_matrix_inversion():
    h, width, rate = 0.02, 0.05, 0.03 + 0.05j
    state = critical.steady_state(h, "uniform", width)
    matrices = critical.spin_jacobians(h, state)
    w, s = state.excitation, state.coherence
    zero = np.zeros_like(w)
    fields = np.array([[w - 1, zero, -4 * s.real], [zero, w - 1, -4 * s.imag]])
    solved = [np.linalg.solve(rate * np.eye(3) - matrices, f.T[..., None])[..., 0] for f in fields]
    expected = [state.weights @ x[:, i] for i, x in enumerate(solved)]
    crossed = abs(state.weights @ solved[0][:, 1])
    found = critical.responses(h, "uniform", width, [rate])
    assert [f[0] for f in found] == pytest.approx(expected, rel=1e-10)
    assert crossed < 1e-12  # the two fields do not mix for a symmetric distribution


@pytest.mark.parametrize("shape", ["gaussian", "uniform", "two_point"])
def test_count_of_unstable_modes_changes_at_the_hopf_bifurcation(shape):
    point = critical.critical_point(0.03, shape)
    assert point.bifurcation == "Hopf"
    for nearness in (0.02, 1e-7):
        assert critical.unstable_modes(0.03, shape, (1 - nearness) * point.width) == 0
    for beyond in (1e-7, (point.existence / point.width - 1) / 2):
        assert critical.unstable_modes(0.03, shape, (1 + beyond) * point.width) == 2


def spread(shape, n):
    """Detunings of n spins in units of the width, at equal distances in probability."""
    quantiles = (np.arange(n) + 0.5) / n
    return norm.ppf(quantiles) if shape == "gaussian" else np.sqrt(3) * (2 * quantiles - 1)


def spectrum(n, h, shape, width, equations):
    detunings = width * spread(shape, n)
    gamma = critical.steady_state(h, shape, width).gamma
    w, s = critical.spin_state(h, gamma, detunings)
    ensemble = SpinEnsemble(n, h * n, detunings=detunings)
    return linear_stability.spectrum(
        ensemble, s * np.exp(1j * np.pi / 4), w - 1, equations=equations
    )


@pytest.mark.parametrize("equations", ["paper", "product"])
def test_collective_rate_is_the_limit_of_n_spins(equations):
    h, shape = 0.03, "uniform"
    width = 0.9 * critical.critical_linewidth(h, shape)
    limit = critical.collective_rate(h, shape, width, -0.05 + 0.07j)
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
    result = linear_stability.spectrum(
        SpinEnsemble(n, h * n, detunings=delta * signs), guess, np.full(n, z), equations="paper"
    )
    ds, dz = mean_field.paper_rhs(result.sigma, result.z, h * n, delta * signs)
    assert max(np.abs(ds).max(), np.abs(dz).max()) < 1e-9
    pair = two_halves.fixed_point([abs(guess[0]), zeta, z], n, h * n, delta, equations="paper")
    six = np.linalg.eigvals(two_halves.jacobian(pair, n, h * n, delta, equations="paper"))
    for rate in six:
        assert np.abs(result.rates - rate).min() < 1e-6 * max(1, abs(rate))


@pytest.mark.parametrize("h", [0.02, 0.045])
def test_ten_thousand_random_spins(h):
    limit = critical.critical_linewidth(h, "gaussian")
    time = 5 / (2 * h * (1 - np.sqrt(1 - 16 * h)))
    fates = []
    for factor in (0.96, 1.03):
        detunings = Gaussian(factor * limit).draw(10**4, 1, 3)[0]
        fates.append(
            critical.stays_synchronised(SpinEnsemble(10**4, h * 10**4, detunings=detunings), time)
        )
    assert fates == [True, False]


def test_a_threshold_between_the_fates():
    # one draw, scaled: the critical width of this sample is that of the distribution to a percent
    h, n = 0.03, 3000
    row, limit = Gaussian(1.0).draw(n, 1, 5)[0], critical.critical_linewidth(h, "gaussian")
    row = (row - row.mean()) / row.std()

    def fate(factor):
        ensemble = SpinEnsemble(n, h * n, detunings=factor * limit * row)
        return 1.0 if critical.stays_synchronised(ensemble, 600) else -1.0

    assert brentq(fate, 0.95, 1.03, xtol=2e-3) == pytest.approx(1, abs=0.025)


def test_refuses_bad_input():
    with pytest.raises(ValueError, match=r"h = 0; allowed: 0 < h < 1/16"):
        critical.critical_linewidth(0, "gaussian")
    with pytest.raises(ValueError, match="distribution = 'voigt'; allowed: 'gaussian'"):
        critical.critical_linewidth(0.02, "voigt")
    with pytest.raises(ValueError, match=r"width = 0\.2; allowed: at most"):
        critical.steady_state(0.02, "uniform", 0.2)
    with pytest.raises(ValueError, match="width = -1"):
        critical.steady_state(0.02, "uniform", -1)
    with pytest.raises(ValueError, match="t_max = 0"):
        critical.stays_synchronised(SpinEnsemble(10, 0.2), 0)
    with pytest.raises(ValueError, match="gamma = 0"):
        critical.spin_state(0.02, 0, [0.1])
    with pytest.raises(ConvergenceError, match="no zero"):
        critical.collective_rate(0.02, "uniform", 0.05, 50 + 50j)
    with pytest.raises(ValueError, match="allowed: 4"):
        linear_stability.spectrum(SpinEnsemble(4, 0.1), np.zeros(4), np.zeros(3))
