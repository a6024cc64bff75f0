"""Basins of the planar flow against integration in time, and of Eqs. 26-28."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from spincat import planar_basins as basins
from spincat import planar_flow as flow
from spincat import synchronization


@given(st.floats(1e-3, 0.047))
def test_the_lines_are_in_order(h):
    lines = (basins.basin_edge, basins.homoclinic_linewidth, flow.hopf_linewidth,
             flow.saddle_node_linewidth)  # fmt: skip
    values = [float(line(h)) for line in lines]
    assert values == sorted(values)


@pytest.mark.parametrize("h", [0.012, 0.03, 0.05])
def test_basin_edge_is_where_the_simulation_ends(h):
    exact = float(basins.basin_edge(h))
    gaps = [synchronization.simulated_edge(n, [h * n], accuracy=1e-7)[0] / exact - 1
            for n in (10**4, 10**5)]  # fmt: skip
    assert abs(gaps[0]) < 0.005
    assert gaps[1] / gaps[0] == pytest.approx(0.1, rel=0.1)


def ends_at_the_node(h, delta, state):
    """Integrate the flow with SciPy, in time."""
    escape = lambda t, y: y[1] + 1e-4  # noqa: E731
    escape.terminal = True
    run = solve_ivp(lambda t, y: flow.rhs([y[0], min(y[1], -1e-12)], h, delta), (0, 400 / h), state,
                    method="LSODA", rtol=1e-10, atol=1e-12, events=escape)  # fmt: skip
    return run.status == 0


@pytest.mark.parametrize("h", [0.004, 1 / 36, 0.045])
def test_basin_edge_by_integration_in_time(h):
    first, edge = [0.0, -(1 + np.sqrt(1 - 16 * h)) / 2], float(basins.basin_edge(h))
    for factor, expected in ((1 - 1e-5, True), (1 + 1e-5, False)):
        assert ends_at_the_node(h, factor * edge, first) is expected
    assert basins.synchronises(h, 0.999 * edge, *first)
    assert not basins.synchronises(h, 1.001 * edge, *first)


def test_edge_joins_the_saddle_node_line():
    ratio = basins.basin_edge([0.055, 0.057, 0.058, 0.06]) / flow.saddle_node_linewidth(
        [0.055, 0.057, 0.058, 0.06]
    )
    assert np.all(ratio[:2] < 1 - 1e-5)
    assert ratio[2:] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("h", [0.01, 1 / 36])
def test_unstable_cycle(h):
    hopf, homoclinic = float(flow.hopf_linewidth(h)), float(basins.homoclinic_linewidth(h))
    radii = []
    for closeness in (2e-3, 5e-4):
        delta = hopf * (1 - closeness)
        node = flow.fixed_points(h, delta)[0]
        cycle = basins.unstable_cycle(h, delta)
        assert np.hypot(*(cycle[0] - cycle[-1])) < 2e-3
        growth = np.trace(flow.jacobian(node, h, delta)) / 2
        normal_form = np.sqrt(-growth / float(flow.lyapunov_coefficient(h)))
        radii.append(np.ptp(np.tan(cycle[:, 0])) / 2 / normal_form)
        bottom = cycle[np.argmin(cycle[:, 1])]
        inside, outside = (node + f * (bottom - node) for f in (0.97, 1.03))
        assert ends_at_the_node(h, delta, inside)
        assert not ends_at_the_node(h, delta, outside)
    # the normal form holds in the limit, with an error linear in the distance
    assert abs(radii[1] - 1) < 0.02
    assert (radii[1] - 1) / (radii[0] - 1) == pytest.approx(0.25, rel=0.15)
    with pytest.raises(ValueError, match="delta"):
        basins.unstable_cycle(h, 0.999 * homoclinic)


def test_separatrix_parts_the_fates():
    h, delta = 1 / 36, 0.06
    outer, _ = basins.separatrix(h, delta)
    at = outer[np.argmin(np.abs(outer[:, 1] + 0.7))]
    sides = np.array([at[0] - 0.01, at[0] + 0.01])
    assert list(basins.synchronises(h, delta, sides, at[1])) == [True, False]
    assert [ends_at_the_node(h, delta, [s, at[1]]) for s in sides] == [True, False]


def test_orbit_follows_the_flow():
    h, delta, start = 0.02, 0.05, [0.1, -0.9]
    path = basins.orbit(h, delta, start, 0.5)
    run = solve_ivp(lambda t, y: flow.rhs(y, h, delta), (0, 100), start, rtol=1e-10, atol=1e-12,
                    dense_output=True)  # fmt: skip
    distance = [
        np.hypot(*(run.sol(np.linspace(0, 100, 40_001)) - p[:, None])).min() for p in path[::100]
    ]
    assert max(distance) < 1e-4


def test_refuses_bad_input():
    with pytest.raises(ValueError, match=r"h = .*allowed: 0 <= h <= 0.0625"):
        basins.basin_edge(0.07)
    with pytest.raises(ValueError, match=r"allowed: 0 <= h <= 0.04809"):
        basins.homoclinic_linewidth(0.05)
    with pytest.raises(ValueError, match="below"):
        basins.synchronises(0.02, 0.0705, 0.1, -0.5)
