"""Mean-field equations: against 2^N matrices, literal sums, SciPy's integrators, and symmetries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from spincat import SpinEnsemble
from spincat.mean_field import _all_spins_kernels as kernels
from spincat.mean_field import _all_spins_stepper as stepper
from spincat.mean_field import all_spins
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


# -- Eq. 24


@pytest.mark.ledger("eq-24", method="numerics")
def test_eq_24_is_the_limit_of_the_printed_equations_but_for_two_terms():
    n_spins, eta, amplitude, angle, z = 10**6, 1e4, 0.1, 0.9, -0.98
    d_a, d_angle, d_z = all_spins.single_ensemble_rhs(amplitude, angle, z, n_spins, eta)
    spins = np.full(n_spins, amplitude * np.exp(1j * angle)), np.full(n_spins, z)
    d_sigma, d_inversion = all_spins.paper_rhs(*spins, eta, 0.0)
    rotated = d_sigma[0] * np.exp(-1j * angle)
    assert rotated.real == pytest.approx(d_a, rel=1e-4)
    assert d_inversion[0] == pytest.approx(d_z, rel=1e-4)
    # As printed, the phase moves more slowly by a factor A.
    assert rotated.imag == pytest.approx(d_angle, rel=1e-4)  # A dϕ/dt without that factor


def test_eq_25_is_a_fixed_point_of_eq_24():
    n_spins, eta = 10**4, 300.0
    root = np.sqrt(1 - 16 * eta / n_spins)
    amplitude = np.sqrt((4 * eta - 1 + root) / (2 * n_spins))
    rates = all_spins.single_ensemble_rhs(amplitude, np.pi / 4, -(1 + root) / 2, n_spins, eta)
    assert np.abs(rates).max() < 1e-2 * amplitude  # each term is of the order η amplitude


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-0.1, 0.0, 0.0, 10, 1.0), "amplitude"),
        ((0.1, np.nan, 0.0, 10, 1.0), "angle"),
        ((0.1, 0.0, np.inf, 10, 1.0), "z"),
        ((0.1, 0.0, 0.0, 0, 1.0), "n_spins"),
        ((0.1, 0.0, 0.0, 10, -1.0), "eta"),
    ],
)
def test_eq_24_refuses_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        all_spins.single_ensemble_rhs(*arguments)


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
        solver = stepper.Stepper(state, np.linspace(-1, 1, 6), 0.5 - 1.4j, True)
        for _ in range(count):
            solver.state, _ = solver.attempt(1 / count)
        ends.append(solver.state[0])
    ratio = np.abs(ends[0] - ends[1]).max() / np.abs(ends[1] - ends[2]).max()
    assert ratio == pytest.approx(8, rel=0.1)


@pytest.mark.parametrize("exact", [True, False])
def test_the_linear_systems_are_those_of_the_reduced_jacobian(exact):
    """Woodbury's formula against a dense matrix of differences with e, t and q held."""
    n, drive, shift = 5, 0.5 - 1.4j, 2.3
    (sigma, z), detunings = product_state(n, 8), np.linspace(-1, 1, n)
    others = ~np.eye(n, dtype=bool)
    v = (1 + z) / 2 - exact * np.abs(sigma) ** 2
    e = others @ v / n
    t, q = exact * (others @ sigma**2) / n, exact * (others @ (v * sigma)) / n

    def slope(y):
        s, w = y[:n] + 1j * y[n : 2 * n], y[2 * n :]
        c = others @ s / n
        field = (n * abs(c) ** 2 + 2 * e) * c + (drive - t) * c.conj() - 2 / n * q
        rate = abs(c) ** 2 + e / n
        ds = (1j * detunings - 2 * rate) * s + w * field
        return np.concatenate([ds.real, ds.imag, -4 * rate * (1 + w) - 4 * (s.conj() * field).real])

    y = np.concatenate([sigma.real, sigma.imag, z])
    sides = np.eye(3 * n)
    jacobian = np.array([(slope(y + 1e-5 * s) - slope(y - 1e-5 * s)) / 2e-5 for s in sides]).T
    ours = np.empty(n, complex), np.empty(n)
    sums = kernels.totals(sigma, z, exact)
    kernels.derivative(sigma, z, detunings, drive, sums, exact, *ours)
    np.testing.assert_allclose(np.concatenate([ours[0].real, ours[0].imag, ours[1]]), slope(y))
    inverses, columns = np.empty((9, n)), np.empty((6, n))
    reduced = kernels.factorise(shift, sigma, z, detunings, drive, sums, exact, inverses, columns)
    right = np.random.default_rng(1).normal(size=3 * n)
    found = right[:n] + 1j * right[n : 2 * n], right[2 * n :].copy()
    kernels.solve(inverses, columns, reduced, *found)
    expected = np.linalg.solve(shift * sides - jacobian, right)
    np.testing.assert_allclose(
        np.concatenate([found[0].real, found[0].imag, found[1]]), expected, rtol=0, atol=1e-9
    )


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
