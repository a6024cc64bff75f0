"""The critical linewidth: closed forms, other quadratures, all spins one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from spincat import SpinEnsemble
from spincat.large_n import _self_consistency, planar_flow
from spincat.large_n import critical_linewidths as critical
from spincat.model.broadening import Broadening, Gaussian, Lorentzian, TwoPoint, Uniform


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
    monkeypatch.setattr(_self_consistency, "ORDER", 270)
    _self_consistency.nodes_of.cache_clear()
    coarser = critical.critical_point(h, shape).existence
    _self_consistency.nodes_of.cache_clear()
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
    with pytest.raises(ValueError, match="t_max = 0"):
        critical.stays_synchronised(SpinEnsemble(10, 0.2), 0)


def test_the_weakest_drives_of_the_outlook():
    """At 10¹² spins h is about 1e-13; the linewidth goes as √h, and its digits do not get lost."""
    scaled = [
        critical.critical_linewidth(h, "gaussian") / np.sqrt(h) for h in (1e-16, 2e-13, 1e-10)
    ]
    assert scaled == pytest.approx([scaled[-1]] * 3, rel=1e-6)
    with pytest.raises(ValueError, match="h = 1e-17; allowed: 1e-16 <= h"):
        critical.critical_linewidth(1e-17, "gaussian")
