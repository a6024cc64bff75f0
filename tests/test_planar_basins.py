"""Basins of the planar flow against integration in time, and of Eqs. 26-28."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from spincat.large_n import planar_basins as basins
from spincat.large_n import planar_flow as flow
from spincat.mean_field import mirror_halves, phase_diagram


@given(st.floats(1e-3, 0.047))
def test_the_lines_are_in_order(h):
    lines = (basins.basin_edge, basins.homoclinic_linewidth, flow.hopf_linewidth,
             flow.saddle_node_linewidth)  # fmt: skip
    values = [float(line(h)) for line in lines]
    assert values == sorted(values)


@pytest.mark.parametrize("h", [0.012, 0.03, 0.05])
def test_basin_edge_is_where_the_simulation_ends(h):
    exact = float(basins.basin_edge(h))
    gaps = [phase_diagram.simulated_edge(n, [h * n], accuracy=1e-7)[0] / exact - 1
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


def test_edge_from_a_state_is_the_basin_edge():
    """Forward orbits and bisection against the manifold of the saddle, run backward."""
    h = np.array([0.002, 0.01, 0.03, 0.045, 0.0484, 0.0504, 0.053, 0.056, 0.06])
    starts = [mirror_halves.steady_state(10**8, x * 10**8) for x in h]
    assert basins.edge_from(h, starts) == pytest.approx(basins.basin_edge(h), rel=2e-6)
    assert np.isnan(basins.edge_from([0.03], [0.1, 0.0, 0.5])).all()  # lost at δ = 0 already


@pytest.mark.parametrize("start", [[1e-2, 0.0, -np.sqrt(1 - 4e-4)], [0.2, 0.5, -0.8]])
def test_edge_from_other_states_is_simulated(start):
    h = np.array([0.015, 0.03, 0.05])
    exact, gaps = basins.edge_from(h, start), []
    for n in (10**4, 10**5):
        edge = phase_diagram.simulated_edge(n, h * n, initial=start, accuracy=1e-7)
        gaps.append(np.abs(edge / exact - 1))
    assert gaps[0].max() < 0.005
    assert np.all(gaps[1] < 0.2 * gaps[0] + 1e-6)


def in_the_bloch_ball(count, seed):
    """States (A, ζ, z) at random, with the same density everywhere in the ball."""
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((count, 3))
    points *= (rng.uniform(size=count) ** (1 / 3) / np.linalg.norm(points, axis=1))[:, None]
    x, y, z = points.T
    return np.stack([np.hypot(x, y) / 2, np.arctan2(y, x), z], axis=-1)


@settings(max_examples=10)
@given(st.floats(0.01, 0.06), st.integers(0, 100))
def test_fast_motion_is_that_of_eqs_26_to_28(h, seed):
    """At N = 10⁹ the slow motion has not begun when the fast one is over."""
    n, starts = 10**9, in_the_bloch_ball(20, seed)
    x, z = 2 * starts[:, 0] * np.cos(starts[:, 1]), starts[:, 2]
    starts = starts[np.abs(x**2 + z**2 - 8 * h) > 0.03]  # not by z = 0, where it is slow as well
    for start, end in zip(starts, basins.after_fast_motion(h, starts), strict=True):
        later = mirror_halves.integrate(start, n, h * n, 0.05, [1e-4])[0]
        if np.isnan(end).any():
            assert np.abs(later[0] * np.cos(later[1])) < 1e-3
            assert later[2] > 0
            continue
        assert np.abs(later[0] * np.cos(later[1])) == pytest.approx(np.sqrt(2 * h), rel=1e-3)
        assert np.tan(later[1]) == pytest.approx(np.tan(end[0]), abs=1e-2)
        assert later[2] == pytest.approx(end[1], abs=1e-2)


@pytest.mark.ledger("eq-30", method="integration")
@pytest.mark.parametrize(("h", "share"), [(0.01, 0.5), (0.02, 0.9), (0.03, 0.95), (0.05, 0.8)])
def test_basin_of_random_states(h, share):
    """The planar flow tells the fate of any state of Eqs. 26-28 but those next to the boundary."""
    n, delta, starts = 10_000, share * float(flow.stability_limit(h)), in_the_bloch_ball(300, 7)
    grid = phase_diagram.phase_map(n, [h * n] * 15, [delta] * 20, initial=starts.reshape(15, 20, 3))
    fates = grid["fate"].values.ravel()
    zeta, z = basins.after_fast_motion(h, starts).T
    kept = np.isfinite(z)
    kept[kept] = basins.synchronises(h, delta, zeta[kept], z[kept])
    simulated = fates == phase_diagram.FATES.index("synchronised")
    assert 60 < simulated.sum() < 240
    assert np.count_nonzero(simulated != kept) <= 1
    lost = fates == phase_diagram.FATES.index("incoherent")
    assert np.all(simulated | lost)


@pytest.mark.ledger("eq-30", method="limit")
@pytest.mark.parametrize("line", [basins.basin_edge, flow.stability_limit])
def test_no_line_of_many_spins_is_an_ellipse(line):
    """For N → ∞, by manifolds of the saddle and closed forms: the misfit is systematic."""
    h = np.linspace(0.002, 0.0615, 40)
    edge = line(h)
    fit = phase_diagram.fit_ellipse(1e4 * h, edge, 10_000)
    misfit = edge - phase_diagram.ellipse(1e4 * h, 10_000, fit.a, fit.b)
    assert np.abs(misfit).max() > 1e-3
    assert np.count_nonzero(np.diff(np.sign(misfit))) <= 3


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
    with pytest.raises(ValueError, match=r"state has shape \(2,\)"):
        basins.after_fast_motion(0.02, [0.1, 0.2])
    with pytest.raises(ValueError, match="below"):
        basins.synchronises(0.02, 0.0705, 0.1, -0.5)
