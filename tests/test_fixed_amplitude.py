"""Many spins at fixed amplitude: figures, and what the chapter concludes from product states."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import sympy as sp
from figure_baselines import BASELINE, TOLERANCE, columns, picture
from scipy.integrate import solve_ivp

from spincat import figures
from spincat.figures import fixed_amplitude
from spincat.many_spins import evolve_bright_mode, evolve_classes, held_mode
from spincat.model.broadening import Gaussian, TwoPoint
from spincat.model.line import density
from spincat.symbolic import zeno

SMALL = {
    "figures_of_merit": (
        lambda: fixed_amplitude.compute_merit((4, 8), delta=0.1, n_times=3),
        fixed_amplitude.draw_merit,
    ),
    "saturation": (
        lambda: fixed_amplitude.compute_saturation((1000, 2000), n_times=5),
        fixed_amplitude.draw_saturation,
    ),
    "flips": (
        lambda: fixed_amplitude.compute_flips((0.5, 2.0), (0.01, 0.1)),
        fixed_amplitude.draw_flips,
    ),
    "reversal": (
        lambda: fixed_amplitude.compute_reversal(8, delta=0.1, n_times=5),
        fixed_amplitude.draw_reversal,
    ),
}
SOLVED = {
    "figures_of_merit": {"rtol": 0.0, "atol": 3e-3},
    "saturation": {"rtol": 0.0, "atol": 2e-2},
    "flips": {"rtol": 1e-4, "atol": 1e-11},
    "reversal": {"rtol": 0.0, "atol": 1e-7},
}


@pytest.fixture(scope="module")
def datasets():
    return {name: compute() for name, (compute, _) in SMALL.items()}


@pytest.mark.parametrize("name", SMALL)
def test_data(name, datasets, num_regression):
    fullpath = BASELINE / f"{name}.csv"
    num_regression.check(
        columns(datasets[name]), default_tolerance=SOLVED.get(name, TOLERANCE), fullpath=fullpath
    )


def drawn(name, datasets):
    with plt.style.context(figures.STYLE):
        return SMALL[name][1](datasets[name])


@picture
def test_figures_of_merit_picture(datasets):
    return drawn("figures_of_merit", datasets)


@picture
def test_saturation_picture(datasets):
    return drawn("saturation", datasets)


@picture
def test_flips_picture(datasets):
    return drawn("flips", datasets)


@picture
def test_reversal_picture(datasets):
    return drawn("reversal", datasets)


# -- the end of the plateau, in two ways


def leading_order(n_spins, eta, delta, scaled):
    """Amplitude of product states to leading order in 1/N, on another grid of detunings.

    With a = Σσ⁻/√N, a spin has s' = -iδs + zg and z' = -4 Re(s*g), g = a*(a² - 2η)/√N.
    """
    held = held_mode(Gaussian(delta), eta)
    times = np.asarray(scaled) * np.sqrt(n_spins / held.intensity) / held.loss
    u = np.linspace(-1, 1, 1201)  # denser at the centre, where spins are in resonance
    detunings = 4.5 * delta * (0.2 * u + 0.8 * u**3)
    weights = np.gradient(detunings) * density(Gaussian(delta), detunings)
    weights /= weights.sum()

    def rates(_, y):
        s, z = y[: u.size] + 1j * y[u.size : 2 * u.size], y[2 * u.size :]
        a = np.sqrt(n_spins) * (weights @ s)
        g = np.conj(a) * (a * a - 2 * eta) / np.sqrt(n_spins)
        change = -1j * detunings * s + z * g
        return np.concatenate([change.real, change.imag, -4 * np.real(np.conj(s) * g)])

    ones = np.ones(u.size)
    start = np.concatenate([np.sqrt(2 * eta / n_spins) * ones, 0 * ones, -ones])
    found = solve_ivp(rates, (0, times[-1]), start, t_eval=times, rtol=1e-6, atol=1e-9).y
    return np.sqrt(n_spins / held.intensity) * (weights @ found[: u.size])


def test_the_amplitude_changes_its_sign_at_the_root_of_n():
    """In product states of 10⁴ spins, by the full equations and by those of leading order."""
    scaled = np.array([0.5, 1.0, 1.5, 3.0])
    other = leading_order(10_000, 2.0, 0.2, scaled)
    data = fixed_amplitude.compute_saturation((10_000,), reach=3.0, n_times=7)
    ours = data.amplitude.sel(line="gaussian", scaled_time=scaled).squeeze().values
    np.testing.assert_allclose(ours, other, atol=0.03)
    assert np.all(other[:3] > 0.85)
    assert other[3] < -0.9


def test_the_course_depends_on_the_time_over_the_root_of_n():
    data = fixed_amplitude.compute_saturation((1000, 100_000), eta=1.0, reach=1.5, n_times=4)
    for name in ("amplitude", "excitations"):
        few, many = data[name].transpose("n_spins", ...).values
        np.testing.assert_allclose(few, many, atol=0.25 if name == "amplitude" else 0.2)


# -- figures of merit


def test_fidelity_falls_while_the_state_stays_pure():
    """As exp(-xδ²t²) for two halves and large cats: the formula, and infinitely many spins."""
    scaled = np.array([0.3, 0.6])
    formula = zeno.displaced_fidelity(sp.cos(zeno.delta * zeno.t))
    values = [float(formula.subs({zeno.x: 4, zeno.delta: 1, zeno.t: t})) for t in scaled]
    np.testing.assert_allclose(values, np.exp(-4 * scaled**2), rtol=1e-12)
    for state in ("even", "odd", "coherent"):
        mode = evolve_bright_mode(TwoPoint(0.01), 2.0, scaled / 0.01, state, tol=1e-3)
        np.testing.assert_allclose(mode.fidelity, values, atol=0.01)
        assert mode.purity.min() > 0.98


def test_purity_and_amplitude_grow_with_the_number_of_spins():
    data = fixed_amplitude.compute_merit(n_times=2).isel(delta_t=-1)
    assert np.all(np.diff(data.purity) > 0)
    assert np.all(np.diff(data.amplitude[:-1]) > 0)
    assert data.purity[-1] > 0.99
    assert data.fidelity.max() < 0.3
    np.testing.assert_allclose(data.amplitude[[0, -1]], [0.55, 0.76], atol=0.01)
    assert data.amplitude[0] > abs(np.cos(1.5)) + 0.4  # the free one


def test_exchange_keeps_the_fidelity():
    """Two halves of 32 spins and infinitely many, with gaps of 0 and 10 δ, at δt = 1.5."""
    kept = {}
    for gap in (0.0, 0.5):
        run = [0.05, -0.05], 0.2, [0.0, 30.0], "odd"
        spins = evolve_classes([16, 16], *run, gap=gap, tol=1e-3)
        limit = evolve_bright_mode(TwoPoint(0.05), *run[1:], gap=gap, tol=1e-3)
        kept[gap] = limit.fidelity.values[1]
        # the finite cat is not quite what drive and loss hold, by a weight of the order 1/N
        assert spins.fidelity.values[1] == pytest.approx(kept[gap], abs=1 / 32)
    assert kept[0.0] < 0.05
    assert kept[0.5] > 0.95
