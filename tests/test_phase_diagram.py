"""The map of synchronisation against a slow solver, its edge, and the ellipse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from spincat.mean_field import mirror_halves, phase_diagram
from spincat.mean_field.phase_diagram import FATES, fit_ellipse, phase_map, simulated_edge

N = 10_000
H, DELTA = np.linspace(0.004, 0.0625, 12), np.linspace(0, 0.08, 15)


@pytest.fixture(scope="module")
def small_map():
    return phase_map(N, N * H, DELTA)


def counts(dataset):
    return {name: int((dataset["fate"] == k).sum()) for k, name in enumerate(FATES)}


def printed(_, state, eta, delta):
    """Eqs. 26-28 as printed, in plain numbers: two hundred solutions take seconds."""
    amplitude, zeta, z = state
    cos2, total = math.cos(zeta) ** 2, 1 + z + N * amplitude**2 * (1 - 2 / N) * math.cos(zeta) ** 2
    feed = cos2 - math.cos(2 * zeta) / N
    return (
        amplitude * (-2 * eta * z * feed - 2 * amplitude**2 * cos2 + z * (cos2 - 1 / N) * total),
        delta + (eta * z * (1 - 2 / N) - z / 2 * total) * math.sin(2 * zeta),
        amplitude**2 * (8 * eta * feed - 4 * (1 + z) * cos2 - 4 * (cos2 - 1 / N) * total),
    )


@pytest.mark.ledger("fig-4", method="integration")
def test_agrees_with_lsoda_at_200_random_points():
    """In polar coordinates and without an early end, over the whole map."""
    rng, t_max, seen = np.random.default_rng(5), 3000.0, []
    eta, delta = N * rng.uniform(0.004, 1 / 16, 200), rng.uniform(0, 0.08, 200)
    for drive, detuning in zip(eta, delta, strict=True):
        point = phase_map(N, [drive], [detuning], t_max=t_max).isel(eta=0, delta=0)
        start = mirror_halves.steady_state(N, drive)
        run = solve_ivp(
            printed, (0, t_max), start, method="LSODA", args=(drive, detuning), rtol=1e-8,
            atol=1e-10,
        )  # fmt: skip
        amplitude, zeta, z = run.y[:, -1]
        seen.append(FATES[int(point["fate"])])
        if seen[-1] == "unconverged":  # the state at the last time, not a limit
            assert point["z"] == pytest.approx(z, abs=2e-4)
            continue
        assert point["amplitude"] == pytest.approx(amplitude, abs=2e-6)
        assert point["z"] == pytest.approx(z, abs=2e-6)
        if seen[-1] == "synchronised":
            assert point["phase_spread"] == pytest.approx(zeta, abs=2e-6)
    assert len(seen) == 200
    assert seen.count("synchronised") > 80
    assert seen.count("incoherent") > 40
    assert seen.count("unconverged") < 5
    assert set(seen) <= {"synchronised", "incoherent", "unconverged"}


@pytest.mark.ledger("fig-4", method="spectrum")
def test_synchronised_points_are_stable_steady_states(small_map):
    points = small_map.stack(point=("eta", "delta"))
    points = points.isel(point=points["fate"] == FATES.index("synchronised"))
    assert points.sizes["point"] > 50
    for point in points.transpose("point", ...)["point"].values:
        drive, detuning = point
        names = "amplitude", "phase_spread", "z"
        here = small_map.sel(eta=drive, delta=detuning)
        state = [here[name].item() for name in names]
        np.testing.assert_allclose(
            mirror_halves.rhs(state, N, drive, detuning), 0, rtol=0, atol=1e-8
        )
        jacobian = mirror_halves.jacobian(state, N, drive, detuning)
        assert np.linalg.eigvals(jacobian).real.max() < 0


def test_what_the_variables_mean(small_map):
    total = counts(small_map)
    assert total["synchronised"] > 50
    assert total["incoherent"] > 30
    assert total["oscillating"] == total["drifting"] == 0
    incoherent = small_map["fate"] == FATES.index("incoherent")
    assert (small_map["amplitude"].where(incoherent, 0) == 0).all()
    assert (small_map["z"].where(incoherent, 1) > 0).all()
    synchronised = small_map["fate"] == FATES.index("synchronised")
    assert (small_map["phase_spread"].notnull() == synchronised).all()
    assert (small_map["converged"] == (incoherent | synchronised)).all()
    assert (small_map["time_to_converge"].notnull() == small_map["converged"]).all()
    assert small_map["time_to_converge"].max() <= small_map.attrs["t_max"]
    # without detuning nothing moves
    np.testing.assert_allclose(small_map["time_to_converge"].isel(delta=0), 0, atol=1e-6)
    assert small_map["fate"].attrs["flag_meanings"].split() == list(FATES)
    for variable in small_map.variables.values():
        assert {"long_name", "units"} <= set(variable.attrs)


def test_time_to_converge_is_when_the_distance_falls_below_the_tolerance():
    tolerance = 1e-5
    point = phase_map(N, [300.0], [0.04], tolerance=tolerance).isel(eta=0, delta=0)
    time = point["time_to_converge"].item()
    limit = [point[name].item() for name in ("amplitude", "phase_spread", "z")]
    course = mirror_halves.integrate(
        mirror_halves.steady_state(N, 300.0), N, 300.0, 0.04, [0.85 * time, 1.15 * time]
    )
    distance = mirror_halves.cartesian(course) - mirror_halves.cartesian(np.array(limit))
    before, after = np.abs(distance).max(axis=1)
    assert after < tolerance < before


def test_tolerances_do_not_change_the_map(small_map):
    for options in ({"tolerance": 1e-8}, {"rtol": 1e-10}):
        other = phase_map(N, N * H, DELTA, **options)
        np.testing.assert_array_equal(other["fate"], small_map["fate"])
        for name in ("phase_spread", "z", "amplitude"):
            np.testing.assert_allclose(other[name], small_map[name], atol=1e-6)


@pytest.mark.ledger("slow-dynamics-at-weak-drive", method="integration")
def test_the_other_fates():
    # a small drive and a large detuning: the phases run away from each other for ever
    assert counts(phase_map(N, [5.2], [0.03]))["drifting"] == 1
    # it still does long after the map has given up following it
    late = np.linspace(9e4, 1e5, 100_001)
    course = mirror_halves.integrate(mirror_halves.steady_state(N, 5.2), N, 5.2, 0.03, late)
    assert course[-1, 1] - course[0, 1] > 4 * np.pi
    # the same too early to tell, and a weakly restored phase spread
    assert counts(phase_map(N, [5.2], [0.03], t_max=10.0))["unconverged"] == 1
    assert counts(phase_map(N, [10.0], [1e-4], t_max=3000.0))["unconverged"] == 1


def test_initial_states_broadcast():
    start = mirror_halves.steady_state(N, 200.0)
    default = phase_map(N, [200.0], [0.03, 0.05])
    for shape in ((3,), (1, 1, 3), (2, 3), (1, 2, 3)):
        other = phase_map(N, [200.0], [0.03, 0.05], initial=np.broadcast_to(start, shape))
        np.testing.assert_array_equal(other["z"], default["z"])
    # a state that has lost its coherence does not find it again
    lost = phase_map(N, [200.0], [0.03], initial=[0.05, 1.5, 0.9])
    assert counts(lost)["incoherent"] == 1


def test_edge_is_that_of_the_map(small_map):
    edge = simulated_edge(N, N * H[:-1])
    lost = (small_map["fate"] == FATES.index("incoherent")).values[:-1]
    first = DELTA[np.argmax(lost, axis=1)]
    step = DELTA[1]
    assert np.all((first - step <= edge) & (edge <= first))


def test_a_longer_run_moves_the_edge_by_less_than_a_percent():
    h = np.array([1 / 16 / 200, 1e-3, 3e-3, 0.02, 0.05, 0.06, 0.062])  # from the first of 200 rows
    edge = simulated_edge(N, N * h)
    np.testing.assert_allclose(simulated_edge(N, N * h, t_max=1e6), edge, rtol=1e-3)
    np.testing.assert_allclose(simulated_edge(N, N * h[3:], t_max=3000.0), edge[3:], rtol=1e-3)


def test_edge_of_a_lost_state_is_unknown():
    assert np.isnan(simulated_edge(N, [200.0], initial=[0.05, 1.5, 0.9])).all()


@given(st.floats(0.02, 0.05), st.floats(0.5, 3), st.integers(10, 10_000))
def test_fit_finds_the_ellipse(a, b, n):
    eta = n * np.linspace(0.05, 1.95, 30) * a
    fit = fit_ellipse(eta, phase_diagram.ellipse(eta, n, a, b), n)
    assert fit.a == pytest.approx(a, rel=1e-5)
    assert fit.b == pytest.approx(b, rel=1e-5)
    assert fit.rms < 1e-6


def test_errors_of_the_fit_are_those_of_random_misfits():
    eta, rng = N * np.linspace(0.003, 0.058, 40), np.random.default_rng(1)
    exact = phase_diagram.ellipse(eta, N, 0.03, 2.0)
    fits = [fit_ellipse(eta, exact + 1e-3 * rng.standard_normal(40), N) for _ in range(200)]
    for name, expected in (("a", 0.03), ("b", 2.0)):
        values = np.array([getattr(fit, name) for fit in fits])
        quoted = np.mean([getattr(fit, f"{name}_error") for fit in fits])
        assert values.std() == pytest.approx(quoted, rel=0.25)
        assert abs(values.mean() - expected) < 4 * quoted / np.sqrt(200) + 1e-3 * expected


def test_refuses_bad_input():
    with pytest.raises(ValueError, match="n_spins = 101"):
        phase_map(101, [1.0], [0.1])
    with pytest.raises(ValueError, match=r"eta holds 0\.0; allowed"):
        phase_map(100, [0.0, 1.0], [0.1])
    with pytest.raises(ValueError, match=r"delta has shape \(1, 1\)"):
        phase_map(100, [1.0], [[0.1]])
    with pytest.raises(ValueError, match=r"eta = 7\.0; allowed: at most"):
        phase_map(100, [7.0], [0.1])
    with pytest.raises(ValueError, match="t_max = 0"):
        phase_map(100, [1.0], [0.1], t_max=0)
    with pytest.raises(ValueError, match=r"tolerance = 0\.1"):
        phase_map(100, [1.0], [0.1], tolerance=0.1)
    with pytest.raises(ValueError, match=r"initial has shape \(2,\)"):
        phase_map(100, [1.0], [0.1], initial=[0.1, 0.2])
    with pytest.raises(ValueError, match=r"accuracy = 0"):
        simulated_edge(100, [1.0], accuracy=0)
    with pytest.raises(ValueError, match="at least 3 points"):
        fit_ellipse([1.0, 2.0], [0.1, 0.2], 100)
