"""Mean-field equations: against 2^N matrices, literal sums, SciPy's integrators, and symmetries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from spincat import SpinEnsemble
from spincat.large_n import planar_flow
from spincat.mean_field import _all_spins_kernels as kernels
from spincat.mean_field import _all_spins_stepper as stepper
from spincat.mean_field import all_spins
from spincat.mean_field.spin_groups import SpinGroups
from spincat.shared.errors import ConvergenceError

BOTH = {"product": all_spins.product_state_rhs, "paper": all_spins.paper_rhs}
both = pytest.mark.parametrize("equations", BOTH)


def product_state(n_spins, seed, *, pure=False):
    """σ and z of random spins, in or on the Bloch sphere."""
    generator = np.random.default_rng(seed)
    bloch = generator.normal(size=(n_spins, 3))
    bloch /= np.linalg.norm(bloch, axis=1)[:, None]
    if not pure:
        bloch *= generator.uniform(size=(n_spins, 1)) ** (1 / 3)
    return (bloch[:, 0] + 1j * bloch[:, 1]) / 2, bloch[:, 2]


def literal_rhs(sigma, z, eta, detunings, phase, *, exact):
    """Eqs. 22-23 as they stand, one spin after the other; ``exact`` adds the missing sums."""
    n = len(z)
    d_sigma, d_z = np.empty(n, complex), np.empty(n)
    for m in range(n):
        s, p = np.delete(sigma, m), (1 + np.delete(z, m)) / 2
        c1, c2 = s.sum() / n, p.sum() / n
        big_t, q = c1 * (2 * c2 + n * abs(c1) ** 2), c2 / n + abs(c1) ** 2
        if exact:
            s2, t2, s3 = (abs(s) ** 2).sum() / n, (s**2).sum() / n, (abs(s) ** 2 * s).sum() / n
            big_t += -2 * c1 * s2 - t2 * np.conj(c1) - 2 / n * ((p * s).sum() / n - s3)
            q -= s2 / n
        drive = -2j * eta * np.exp(1j * phase) * z[m] * np.conj(c1)
        d_sigma[m] = 1j * detunings[m] * sigma[m] + drive - 2 * sigma[m] * q + z[m] * big_t
        d_z[m] = 8 * eta * (np.exp(-1j * phase) * sigma[m] * c1).imag
        d_z[m] -= 4 * (1 + z[m]) * q + 4 * (sigma[m] * np.conj(big_t)).real
    return d_sigma, d_z


# -- right-hand sides


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(0, 10**6), st.floats(0, 3), st.floats(-4, 4))
@pytest.mark.ledger("eq-22", "eq-23", method="numerics")
def test_product_state_equations_are_exact(n_spins, seed, eta, phase):
    state = product_state(n_spins, seed)
    detunings = np.random.default_rng(seed).normal(size=n_spins)
    exact = all_spins.brute_force_rhs(*state, eta, detunings, phase)
    ours = all_spins.product_state_rhs(*state, eta, detunings, phase)
    for a, b in zip(ours, exact, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_spins", [3, 4, 5])
@pytest.mark.ledger("eq-22", "eq-23", "eq-43", "eq-45", "eq-46", method="numerics")
def test_the_printed_equations_are_not_exact(n_spins):
    state, detunings = product_state(n_spins, 3), np.linspace(-1, 1, n_spins)
    exact = all_spins.brute_force_rhs(*state, 0.7, detunings, 0.4)
    printed = all_spins.paper_rhs(*state, 0.7, detunings, 0.4)
    assert min(np.abs(a - b).max() for a, b in zip(printed, exact, strict=True)) > 1e-3


@pytest.mark.parametrize("n_spins", [1, 2, 7, 40])
@both
def test_kernels_are_the_sums_over_the_other_spins(equations, n_spins):
    state, detunings = product_state(n_spins, 5), np.linspace(-1, 1, n_spins)
    ours = BOTH[equations](*state, 0.7, detunings, 0.4)
    literal = literal_rhs(*state, 0.7, detunings, 0.4, exact=equations == "product")
    for a, b in zip(ours, literal, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


@settings(max_examples=20)
@given(st.integers(2, 30), st.integers(0, 10**6), st.sampled_from(list(BOTH)), st.floats(-4, 4))
def test_the_drive_phase_turns_all_spins(n_spins, seed, equations, phase):
    sigma, z = product_state(n_spins, seed)
    turn, rhs = np.exp(1j * phase / 2), BOTH[equations]
    d_sigma, d_z = rhs(sigma, z, 0.7, 0.3)
    turned = rhs(turn * sigma, z, 0.7, 0.3, phase)
    np.testing.assert_allclose(turned[0], turn * d_sigma, rtol=0, atol=1e-13)
    np.testing.assert_allclose(turned[1], d_z, rtol=0, atol=1e-13)


@settings(max_examples=20)
@given(st.integers(1, 30), st.integers(0, 10**6), st.sampled_from(list(BOTH)))
def test_pure_spins_do_not_leave_the_bloch_sphere(n_spins, seed, equations):
    sigma, z = product_state(n_spins, seed, pure=True)
    d_sigma, d_z = BOTH[equations](sigma, z, 0.7, 0.3, 0.2)
    growth = 8 * (np.conj(sigma) * d_sigma).real + 2 * z * d_z  # of 4|σ|² + z²
    assert growth.max() < 1e-12


@pytest.mark.ledger("neglected-terms-are-small", method="numerics")
@pytest.mark.ledger("eq-22", "eq-43", "eq-45", method="limit")
def test_the_difference_falls_as_one_over_n():
    few, scaled = product_state(100, 1), []
    for copies in (10, 1000):
        sigma, z = np.tile(few[0] / 2 + 0.1, copies), np.tile(few[1] / 2, copies)
        exact, printed = (rhs(sigma, z, 0.1 * len(z), 0.0)[0] for rhs in BOTH.values())
        scaled.append(len(z) * np.abs(exact - printed).max() / np.abs(exact).max())
    assert scaled[0] == pytest.approx(scaled[1], rel=0.05)
    assert scaled[0] > 0.1  # and not smaller than 1/N


@pytest.mark.ledger("eq-44", "eq-46", method="limit")
def test_eq_44_needs_its_corrections():
    """The loss alone, for many spins: what is printed is of another order and another form."""
    few, error = product_state(100, 1), {}
    for copies in (10, 100):
        s, z = np.tile(few[0] / 2 + 0.1, copies), np.tile(few[1] / 2, copies)
        n = len(z)
        exact = all_spins.product_state_rhs(s, z, 0.0, 0.0)[1]
        c1, c2 = (s.sum() - s) / n, ((1 + z).sum() - (1 + z)) / (2 * n)
        brackets = n * c2 + n**2 * abs(c1) ** 2, 2 * n**2 * c1.conj() * c2
        triple = brackets[1] + n**3 * abs(c1) ** 2 * c1.conj()
        corrected = -4 * (1 + z) * brackets[0] - 4 * (s * triple).real
        printed = -4 * (1 + z) * brackets[0] + (z * triple).real
        for name, sum_ in (("corrected", corrected), ("one misprint", printed)):
            error[name, n] = np.abs(sum_ / n**2 - exact).max() / np.abs(exact).max()
        error["the other", n] = np.abs(corrected - exact).max() / np.abs(exact).max()
    assert error["corrected", 1000] / error["corrected", 10_000] == pytest.approx(10, rel=0.1)
    assert error["corrected", 10_000] < 1e-3
    assert error["one misprint", 10_000] > 0.5
    assert error["the other", 10_000] > 1e6


@pytest.mark.parametrize("rhs", [*BOTH.values(), all_spins.brute_force_rhs])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1], [0.0, 0.1], 1.0, 0.0), "shapes"),
        (([], [], 1.0, 0.0), "shapes"),
        (([[0.1]], [[0.1]], 1.0, 0.0), "shapes"),
        (([0.1, np.nan], [0.0, 0.0], 1.0, 0.0), "sigma"),
        (([0.1, 0.1], [0.0, np.inf], 1.0, 0.0), "z "),
        ((["a", "b"], [0.0, 0.0], 1.0, 0.0), "sigma"),
        (([0.1, 0.1], [0.0, 0.0], -1.0, 0.0), "eta"),
        (([0.1, 0.1], [0.0, 0.0], 1.0, [0.0] * 3), "detunings"),
        (([0.1, 0.1], [0.0, 0.0], 1.0, 0.0, np.inf), "phase"),
    ],
)
def test_bad_input_is_refused(rhs, arguments, message):
    with pytest.raises(ValueError, match=message):
        rhs(*arguments)


def test_brute_force_is_for_few_spins():
    with pytest.raises(MemoryError, match="at most 6"):
        all_spins.brute_force_rhs(np.zeros(7), np.zeros(7), 1.0, 0.0)


# -- integration


def scipy_solution(ensemble, state, times, equations):
    n = ensemble.n_spins

    def slope(_, y):
        sigma = y[:n] + 1j * y[n : 2 * n]
        rates = BOTH[equations](sigma, y[2 * n :], ensemble.eta, ensemble.detunings, ensemble.phase)
        return np.concatenate([rates[0].real, rates[0].imag, rates[1]])

    start = np.concatenate([state[0].real, state[0].imag, state[1]])
    found = solve_ivp(slope, (0, times[-1]), start, "LSODA", t_eval=times, rtol=1e-10, atol=1e-13)
    return found.y[:n].T + 1j * found.y[n : 2 * n].T, found.y[2 * n :].T


@both
@pytest.mark.parametrize(("n_spins", "eta"), [(6, 0.5), (60, 2.0)])
def test_integration_agrees_with_lsoda(equations, n_spins, eta):
    detunings = 0.05 * np.random.default_rng(2).normal(size=n_spins)
    ensemble = SpinEnsemble(n_spins, eta, 0.3, detunings)
    state, times = product_state(n_spins, 2), np.array([0.0, 0.5, 7.0, 20.0])
    reference = scipy_solution(ensemble, state, times, equations)
    for tol in (1e-5, 1e-7):
        ours = all_spins.integrate(ensemble, *state, times, equations=equations, tol=tol)
        for a, b in zip(ours, reference, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=10 * tol)
        assert (4 * np.abs(ours[0]) ** 2 + ours[1] ** 2).max() < 1 + 10 * tol


def test_the_state_at_time_zero_and_one_free_spin():
    ensemble = SpinEnsemble(1, 1.0, 0.0, np.array([0.7]))
    sigma, z = all_spins.integrate(ensemble, [0.3], [-0.5], [0.0, 2.0], tol=1e-8)
    np.testing.assert_allclose(sigma[:, 0], [0.3, 0.3 * np.exp(1.4j)], rtol=0, atol=1e-6)
    np.testing.assert_allclose(z[:, 0], -0.5, rtol=0, atol=1e-12)


@both
def test_stiff_relaxation_of_many_spins_takes_few_steps(equations, monkeypatch):
    n_spins, eta = 10**4, 300.0
    steps = []
    attempt = stepper.Stepper.attempt
    monkeypatch.setattr(stepper.Stepper, "attempt", lambda *a: (steps.append(a[1]), attempt(*a))[1])
    start = np.full(n_spins, 0.2 * np.exp(0.9j)), np.full(n_spins, -0.9)
    ensemble = SpinEnsemble(n_spins, eta, 0.0, np.linspace(-1e-3, 1e-3, n_spins))
    sigma, z = all_spins.integrate(ensemble, *start, [3000.0], equations=equations)
    # Eq. 25 for N → ∞: an explicit method would need about 1e6 steps.
    root = np.sqrt(1 - 16 * eta / n_spins)
    assert abs(sigma.mean()) == pytest.approx(
        np.sqrt((4 * eta - 1 + root) / (2 * n_spins)), rel=1e-3
    )
    assert z.mean() == pytest.approx(-(1 + root) / 2, rel=1e-2)
    assert len(steps) < 1500


def test_coefficients_fulfil_the_order_conditions_for_any_jacobian():
    alpha, gamma = stepper.ALPHA, stepper.GAMMA
    one = np.ones(4)
    a, g = alpha @ one, gamma @ one
    for weights in (stepper.WEIGHTS, stepper.LOWER_WEIGHTS):
        np.testing.assert_allclose(
            [weights @ one, weights @ a, weights @ g], [1, 0.5, 0], atol=1e-14
        )
    third = [a**2, alpha @ a, alpha @ g, gamma @ a, gamma @ g]
    np.testing.assert_allclose(
        stepper.WEIGHTS @ np.transpose(third), [1 / 3, 1 / 6, 0, 0, 0], atol=1e-14
    )


def test_the_error_of_a_fixed_step_falls_with_its_cube():
    state, ends = product_state(6, 4), []
    for count in (20, 40, 80):
        motion = kernels.EquationsOfMotion(np.linspace(-1, 1, 6), 0.5 - 1.4j, "product")
        solver = stepper.Stepper(state, motion)
        for _ in range(count):
            solver.state, _ = solver.attempt(1 / count)
        ends.append(solver.state[0])
    ratio = np.abs(ends[0] - ends[1]).max() / np.abs(ends[1] - ends[2]).max()
    assert ratio == pytest.approx(8, rel=0.1)


@both
def test_the_linear_systems_are_those_of_the_approximate_jacobian(equations):
    """Woodbury's formula against a dense matrix of differences with e, t and q held."""
    n, coupling, shift, exact = 5, 0.5 - 1.4j, 2.3, equations == "product"
    (sigma, z), detunings = product_state(n, 8), np.linspace(-1, 1, n)
    others = ~np.eye(n, dtype=bool)
    v = (1 + z) / 2 - exact * np.abs(sigma) ** 2
    e = others @ v / n
    t, q = exact * (others @ sigma**2) / n, exact * (others @ (v * sigma)) / n

    def slope(y):
        s, w = y[:n] + 1j * y[n : 2 * n], y[2 * n :]
        c = others @ s / n
        field = (n * abs(c) ** 2 + 2 * e) * c + (coupling - t) * c.conj() - 2 / n * q
        rate = abs(c) ** 2 + e / n
        ds = (1j * detunings - 2 * rate) * s + w * field
        return np.concatenate([ds.real, ds.imag, -4 * rate * (1 + w) - 4 * (s.conj() * field).real])

    y = np.concatenate([sigma.real, sigma.imag, z])
    sides = np.eye(3 * n)
    jacobian = np.array([(slope(y + 1e-5 * s) - slope(y - 1e-5 * s)) / 2e-5 for s in sides]).T
    motion = kernels.EquationsOfMotion(detunings, coupling, equations)
    ours = motion.derivative((sigma, z))
    np.testing.assert_allclose(np.concatenate([ours[0].real, ours[0].imag, ours[1]]), slope(y))
    inverses, columns = np.empty((9, n)), np.empty((6, n))
    capacitance = motion.factorise(shift, (sigma, z), inverses, columns)
    right = np.random.default_rng(1).normal(size=3 * n)
    found = right[:n] + 1j * right[n : 2 * n], right[2 * n :].copy()
    kernels.solve(inverses, columns, capacitance, None, *found)
    expected = np.linalg.solve(shift * sides - jacobian, right)
    np.testing.assert_allclose(
        np.concatenate([found[0].real, found[0].imag, found[1]]), expected, rtol=0, atol=1e-9
    )


@both
@settings(max_examples=15)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 10**6))
def test_the_jacobian_is_the_derivative(equations, groups, seed):
    state = product_state(len(groups), seed)
    at = 0.7, np.random.default_rng(seed).normal(size=len(groups)), 0.4

    def slope(x):
        sigma, z = x[0] + 1j * x[1], x[2]
        d_sigma, d_z = BOTH[equations](sigma, z, *at, multiplicities=groups)
        return np.concatenate([d_sigma.real, d_sigma.imag, d_z])

    x = np.array([state[0].real, state[0].imag, state[1]])
    units = 1e-4 * np.eye(x.size).reshape(-1, *x.shape)
    expected = np.array([(slope(x + u) - slope(x - u)) / 2e-4 for u in units]).T
    ours = all_spins.jacobian(*state, *at, equations=equations, multiplicities=groups)
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-6)


# -- groups of equal spins


def expanded(groups, *arrays):
    """The values of every single spin."""
    return [np.repeat(x, groups) for x in arrays]


@both
@settings(max_examples=30)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(0, 10**6), st.floats(-4, 4))
def test_groups_have_the_rates_of_their_spins(equations, groups, seed, phase):
    state = product_state(len(groups), seed)
    detunings = np.random.default_rng(seed).normal(size=len(groups))
    ours = BOTH[equations](*state, 0.7, detunings, phase, multiplicities=groups)
    spins, offsets = expanded(groups, *state), *expanded(groups, detunings)
    expected = BOTH[equations](*spins, 0.7, offsets, phase)
    for a, b in zip(expanded(groups, *ours), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@settings(max_examples=15)
@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=3).filter(lambda groups: sum(groups) <= 6),
    st.integers(0, 10**6),
    st.floats(0, 3),
)
@pytest.mark.ledger("eq-22", "eq-23", method="numerics")
def test_groups_of_a_product_state_are_exact(groups, seed, eta):
    state = product_state(len(groups), seed)
    detunings = np.random.default_rng(seed).normal(size=len(groups))
    ours = all_spins.product_state_rhs(*state, eta, detunings, 0.4, multiplicities=groups)
    spins, offsets = expanded(groups, *state), *expanded(groups, detunings)
    exact = all_spins.brute_force_rhs(*spins, eta, offsets, 0.4)
    for a, b in zip(expanded(groups, *ours), exact, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@both
@settings(max_examples=15)
@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 10**6), st.floats(0, 0.06)
)
def test_groups_take_the_steps_of_their_spins(equations, groups, seed, h):
    n_spins, times = sum(groups), np.array([0.0, 0.3, 4.0])
    state = product_state(len(groups), seed)
    detunings = 0.1 * np.random.default_rng(seed).normal(size=len(groups))
    few = SpinGroups(groups, h * n_spins, 0.4, detunings)
    many = SpinEnsemble(n_spins, h * n_spins, 0.4, *expanded(groups, detunings))
    ours = all_spins.integrate(few, *state, times, equations=equations)
    expected = all_spins.integrate(many, *expanded(groups, *state), times, equations=equations)
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_allclose(np.repeat(a, groups, axis=1), b, rtol=0, atol=1e-9)


def test_a_hundred_million_spins_in_two_groups():
    groups = SpinGroups([5 * 10**7] * 2, eta=2e6, detunings=[0.03, -0.03])
    start = np.full(2, 0.14 * (1 + 1j)), np.full(2, -0.9)
    sigma, z = all_spins.integrate(groups, *start, [300.0], tol=1e-8)
    zeta, expected = planar_flow.fixed_points(0.02, 0.03)[0]
    assert np.angle(sigma[0]) - np.pi / 4 == pytest.approx([zeta, -zeta], abs=1e-5)
    assert z[0] == pytest.approx([expected, expected], abs=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"multiplicities": [2, 0]}, "multiplicities"),
        ({"multiplicities": [2.0, 1.0]}, "multiplicities"),
        ({"multiplicities": []}, "multiplicities"),
        ({"multiplicities": 3}, "multiplicities"),
        ({"eta": -1.0}, "eta"),
        ({"phase": np.nan}, "phase"),
        ({"detunings": [0.1]}, "detunings has shape"),
        ({"detunings": [0.1, np.inf]}, "detunings"),
    ],
)
def test_groups_refuse_bad_input(change, message):
    with pytest.raises(ValueError, match=message):
        SpinGroups(**{"multiplicities": [2, 3], "eta": 1.0} | change)


def test_groups_must_fit_the_state():
    with pytest.raises(ValueError, match=r"multiplicities has shape \(3,\)"):
        all_spins.paper_rhs([0.1, 0.1], [0.0, 0.0], 1.0, 0.0, multiplicities=[1, 2, 3])
    with pytest.raises(ValueError, match=r"sigma has shape \(5,\)"):
        all_spins.integrate(SpinGroups([2, 3], 1.0), [0.1] * 5, [0.0] * 5, [1.0])


def test_a_jacobian_that_does_not_fit_is_refused():
    with pytest.raises(MemoryError, match="3G = 3000000"):
        all_spins.jacobian(np.zeros(10**6), np.zeros(10**6), 1.0, 0.0)


def test_failure_to_converge_is_told(monkeypatch):
    monkeypatch.setattr(stepper, "SMALLEST_STEP", 1.0)
    with pytest.raises(ConvergenceError, match="step fell"):
        all_spins.integrate(SpinEnsemble(2, 1.0), [0.1, 0.2], [0.0, 0.0], [1.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sigma": [0.1] * 3, "z": [0.0] * 3}, "sigma has shape"),
        ({"sigma": [0.6, 0.0]}, "Bloch vector"),
        ({"times": [1.0, 0.5]}, "times"),
        ({"times": [-1.0]}, "times"),
        ({"times": []}, "times"),
        ({"equations": "exact"}, "equations"),
        ({"tol": 0.1}, "tol"),
    ],
)
def test_integration_refuses_bad_input(change, message):
    arguments = {"sigma": [0.1, 0.1], "z": [0.0, 0.0], "times": [1.0], **change}
    with pytest.raises(ValueError, match=message):
        all_spins.integrate(SpinEnsemble(2, 1.0), **arguments)


def test_a_result_that_does_not_fit_is_refused():
    n_spins = 10**5
    with pytest.raises(MemoryError, match="number of times"):
        all_spins.integrate(
            SpinEnsemble(n_spins, 1.0), np.zeros(n_spins), np.zeros(n_spins), np.arange(10**6)
        )
