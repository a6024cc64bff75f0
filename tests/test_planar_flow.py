"""The planar flow: its lines against Eqs. 26-28 and the six equations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import root

from spincat.large_n import finite_n
from spincat.large_n import planar_flow as flow
from spincat.mean_field import mirror_halves, two_halves
from spincat.symbolic import slow_spins

drives = st.floats(1e-3, 0.0624)


def amplitudes(h, delta, row=0):
    """(A, ζ, z) of a steady state of the planar flow."""
    zeta, z = flow.fixed_points(h, delta)[row]
    return np.array([np.sqrt(2 * h) / np.cos(zeta), zeta, z])


@given(drives, st.floats(0, 0.999))
def test_fixed_points_are_steady_and_obey_the_closed_forms(h, fraction):
    delta = fraction * float(flow.saddle_node_linewidth(h))
    node, saddle = flow.fixed_points(h, delta)
    for zeta, z in (node, saddle):
        assert flow.rhs([zeta, z], h, delta) == pytest.approx([0, 0], abs=1e-11)
        assert (1 + z) * -z == pytest.approx(4 * h / np.cos(zeta) ** 2, abs=1e-11)
    assert node[1] <= saddle[1]
    determinants = np.linalg.det(flow.jacobian([node, saddle], h, delta))
    assert determinants[0] >= 0 >= determinants[1]


@given(drives, st.floats(-0.5, 1.2), st.floats(-0.99, -0.1), st.floats(0, 0.1))
def test_jacobian_is_the_derivative(h, zeta, z, delta):
    point, step = np.array([zeta, z]), 1e-6
    columns = [
        (flow.rhs(point + step * e, h, delta) - flow.rhs(point - step * e, h, delta)) / (2 * step)
        for e in np.eye(2)
    ]
    assert flow.jacobian(point, h, delta) == pytest.approx(np.array(columns).T, rel=1e-5, abs=1e-7)


def test_bifurcations_of_the_jacobian():
    for h in (0.003, 0.02, 0.04):
        at_hopf = flow.jacobian(flow.fixed_points(h, flow.hopf_linewidth(h))[0], h,
                                float(flow.hopf_linewidth(h)))  # fmt: skip
        assert np.trace(at_hopf) == pytest.approx(0, abs=1e-14)
        assert np.linalg.det(at_hopf) > 0
        # at a fold the two steady states approach each other as the root of the distance
        top = float(flow.saddle_node_linewidth(h))
        gaps = [np.ptp(flow.fixed_points(h, top * (1 - e))[:, 1]) for e in (1e-6, 1e-8)]
        assert gaps[0] / gaps[1] == pytest.approx(10, rel=1e-2)
    h, delta = flow.BOGDANOV_TAKENS
    assert flow.saddle_node_linewidth(h) == pytest.approx(delta, rel=1e-12)
    assert flow.hopf_linewidth(h) == pytest.approx(delta, rel=1e-12)
    grid = np.linspace(0, 1 / 16, 2001)
    assert flow.saddle_node_linewidth(grid).max() == pytest.approx(2 / 27, rel=1e-6)
    assert np.all(flow.stability_limit(grid) <= flow.saddle_node_linewidth(grid) + 1e-15)


def reduced_jacobian(n_spins, h, delta):
    """Jacobian of Eqs. 26-28 at the synchronised state."""
    at = n_spins, h * n_spins, delta
    found = root(mirror_halves.rhs, amplitudes(h, delta), at, jac=mirror_halves.jacobian, tol=1e-13)
    assert np.abs(mirror_halves.rhs(found.x, *at)).max() < 1e-9
    return mirror_halves.jacobian(found.x, *at)


@pytest.mark.parametrize("equations", ["printed", "paper", "product"])
@pytest.mark.parametrize("h", [0.01, 0.025])
def test_hopf_line_is_the_limit_of_all_three_sets_of_equations(h, equations):
    limit = float(flow.hopf_linewidth(h))
    onsets = [finite_n.hopf_of_halves(n, h, equations) for n in (10**4, 10**5)]
    gaps = [onset / limit - 1 for onset in onsets]
    assert abs(gaps[0]) < 0.006
    assert gaps[1] / gaps[0] == pytest.approx(0.1, rel=0.05)
    # there is nothing else that becomes unstable: one pair crosses, the others are stable
    rates = finite_n.halves_rates(10**4, h, onsets[0], equations)
    assert np.abs(rates[:2].real).max() < 1e-8
    assert rates[2:].real.max() < -0.01


@pytest.mark.parametrize("equations", ["paper", "product"])
def test_what_breaks_the_mirror_symmetry_has_the_derived_rate(equations):
    h, delta = 0.03, 0.07
    w = 1 + flow.fixed_points(h, delta)[0, 1]
    trace, determinant = (
        float(x.subs({slow_spins.h: h, slow_spins.w: w})) for x in slow_spins.mirror_breaking()
    )
    expected = np.roots([1, -trace, determinant])
    gaps = []
    for n in (10**4, 10**5):
        rates = finite_n.halves_rates(n, h, delta, equations)
        gaps.append(max(np.abs(rates - rate).min() for rate in expected))
    assert gaps[0] < 1e-2
    assert gaps[1] / gaps[0] == pytest.approx(0.1, rel=0.1)


def fold(n_spins, h, equations):
    """δ at which a steady state has a zero eigenvalue, solved for together with the state."""
    w = (3 + np.sqrt(9 - 128 * h)) / 8
    start = [np.sqrt(w * (1 - w) / 2), np.arccos(np.sqrt(4 * h / (w * (1 - w)))), w - 1]

    def conditions(x):
        if equations == "printed":
            at = x[:3], n_spins, h * n_spins, x[3]
            return [*mirror_halves.rhs(*at), np.linalg.det(mirror_halves.jacobian(*at)) / n_spins]
        at = [x[:3]] * 2, n_spins, h * n_spins, x[3]
        six = two_halves.jacobian(*at, equations=equations)
        rates = two_halves.rhs(*at, equations=equations)[0]
        return [*rates, np.linalg.det(six) / n_spins**2]

    found = root(conditions, [*start, flow.saddle_node_linewidth(h)], tol=1e-12)
    assert np.abs(conditions(found.x)).max() < 1e-7
    return found.x[3]


@pytest.mark.parametrize("equations", ["printed", "paper", "product"])
@pytest.mark.parametrize("h", [0.02, 0.05])
def test_saddle_node_line_is_the_limit_of_all_three_sets_of_equations(h, equations):
    limit = float(flow.saddle_node_linewidth(h))
    gaps = [fold(n, h, equations) / limit - 1 for n in (10**4, 10**5)]
    assert 1e-6 < abs(gaps[0]) < 0.005
    assert gaps[1] / gaps[0] == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("h", [0.005, 0.02, 0.04])
def test_slow_eigenvalues_are_those_of_eqs_26_to_28(h):
    delta = 0.9 * float(flow.hopf_linewidth(h))
    expected = np.sort_complex(
        np.linalg.eigvals(flow.jacobian(flow.fixed_points(h, delta)[0], h, delta))
    )
    gaps = []
    for n in (10**4, 10**5):
        rates = np.linalg.eigvals(reduced_jacobian(n, h, delta))
        slow = np.sort_complex(rates[np.argsort(rates.real)[1:]])
        gaps.append(np.abs(slow / expected - 1).max())
    assert gaps[0] < 0.05
    assert gaps[1] / gaps[0] == pytest.approx(0.1, rel=0.1)


def test_refuses_bad_input():
    for call in (flow.saddle_node_linewidth, flow.stability_limit):
        with pytest.raises(ValueError, match=r"h = .*allowed: 0 <= h <= 0.0625"):
            call(0.07)
    with pytest.raises(ValueError, match=r"allowed: 0 <= h <= 0.04809"):
        flow.hopf_linewidth(0.05)
    with pytest.raises(ValueError, match="at most"):
        flow.fixed_points(0.02, 0.08)
    with pytest.raises(ValueError, match="h = 0"):
        flow.fixed_points(0.0, 0.0)
    with pytest.raises(ValueError, match="z < 0"):
        flow.rhs([0.1, 0.2], 0.02, 0.01)
    with pytest.raises(ValueError, match="delta = -1"):
        flow.rhs([0.1, -0.2], 0.02, -1)
    with pytest.raises(ValueError, match="shape"):
        flow.rhs([0.1, -0.2, 3.0], 0.02, 0.01)
