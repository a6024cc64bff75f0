"""Eqs. 9-16: against state vectors, high-precision arithmetic and Monte Carlo."""

import os
import pty
import subprocess
import sys
import termios

import mpmath
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from spincat.free import dephasing
from spincat.model import states
from spincat.model.broadening import Gaussian

STATES = ["coherent", "even", "odd"]
ANGLES = st.floats(1e-3, np.pi - 1e-3)
UNIFORM = np.linspace(0, 30, 97)
ARBITRARY = np.sort(np.random.default_rng(8).uniform(0, 30, 60))


def fidelity(detunings, theta, times, state):
    if state == "coherent":
        return dephasing.coherent_fidelity(detunings, theta, times)
    return dephasing.cat_fidelity(detunings, theta, times, state)


def mean_fidelity(n_spins, theta, delta, times, state):
    if state == "coherent":
        return dephasing.mean_coherent_fidelity(n_spins, theta, delta, times)
    return dephasing.mean_cat_fidelity(n_spins, theta, delta, times, state)


def by_state_vector(detunings, theta, times, state):
    """|<psi| exp(-i H0 t) |psi>|^2 in the full space of 2^N states, H0 diagonal."""
    n_spins = len(detunings)
    if state == "coherent":
        psi = states.spin_coherent(n_spins, theta, 0.3, basis="product")
    else:
        psi = states.spin_cat(n_spins, theta, 0.3, parity=state, basis="product")
    signs = 1 - 2 * ((np.arange(2**n_spins)[:, None] >> np.arange(n_spins)[::-1]) & 1)
    energies = signs @ detunings / 2
    return np.array([abs(np.vdot(psi, np.exp(-1j * energies * t) * psi)) ** 2 for t in times])


@pytest.mark.parametrize("times", [UNIFORM, ARBITRARY, UNIFORM[:1]], ids=["uniform", "any", "one"])
@pytest.mark.parametrize("state", STATES)
@given(data=st.data(), n_spins=st.integers(1, 6), theta=ANGLES)
@pytest.mark.ledger("eq-9", "eq-10", "eq-15", method="numerics")
def test_realisations_match_state_vectors(state, times, data, n_spins, theta):
    seed = data.draw(st.integers(0, 2**32))
    detunings = np.random.default_rng(seed).normal(size=n_spins)
    expected = by_state_vector(detunings, theta, times, state)
    np.testing.assert_allclose(fidelity(detunings, theta, times, state), expected, atol=2e-12)


@pytest.mark.parametrize("state", STATES)
@given(theta=ANGLES, n_spins=st.integers(1, 300), seed=st.integers(0, 2**32))
def test_invariants(state, theta, n_spins, seed):
    rng = np.random.default_rng(seed)
    detunings = rng.normal(size=n_spins)
    value = fidelity(detunings, theta, UNIFORM, state)
    assert value[0] == pytest.approx(1, abs=1e-12)
    assert ((value >= 0) & (value <= 1 + 1e-12)).all()
    for same in (-detunings, rng.permutation(detunings)):
        np.testing.assert_allclose(fidelity(same, theta, UNIFORM, state), value, atol=1e-11)
    # exchanging |g> and |e> reflects theta and, for odd N, the parity of a cat
    reflected = {"even": "odd", "odd": "even"}.get(state, state) if n_spins % 2 else state
    mirror = fidelity(detunings, np.pi - theta, UNIFORM, reflected)
    np.testing.assert_allclose(mirror, value, atol=1e-11)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("length", [1, 2, 31, 32, 33, 1023, 1024, 1025, 2500])
def test_fast_path_equals_slow_path(state, length):
    times = 0.7 + 0.01 * np.arange(length)  # does not start at zero
    detunings = Gaussian(1.0).draw(40, 2, seed=4)
    shuffled = np.random.default_rng(1).permutation(length)
    expected = (
        fidelity(detunings, 0.3, times[shuffled], state)
        if length > 2
        else np.stack(
            [
                [fidelity(row, 0.3, np.array([t, 9.0, 10.0]), state)[0] for t in times]
                for row in detunings
            ]
        )
    )
    value = fidelity(detunings, 0.3, times, state)
    np.testing.assert_allclose(value[:, shuffled] if length > 2 else value, expected, atol=1e-13)


def odd_cat_mpmath(detunings, theta, t):
    mpmath.mp.dps = 200
    cos2, sin2 = mpmath.cos(mpmath.mpf(theta) / 2) ** 2, mpmath.sin(mpmath.mpf(theta) / 2) ** 2
    plus = minus = mpmath.mpf(1)
    for d in detunings:
        phase = mpmath.exp(-1j * mpmath.mpf(float(d)) * mpmath.mpf(float(t)))
        plus, minus = plus * (cos2 + sin2 * phase), minus * (cos2 - sin2 * phase)
    return abs(plus - minus) ** 2 / (1 - (cos2 - sin2) ** len(detunings)) ** 2


@pytest.mark.parametrize("theta", [1e-2, 1e-6, 1e-12, 1e-80])
@pytest.mark.parametrize("times", [UNIFORM, ARBITRARY], ids=["uniform", "any"])
def test_small_odd_cat_keeps_ten_digits(theta, times):
    detunings = Gaussian(1.0).draw(200, 1, seed=2)[0]
    value = dephasing.cat_fidelity(detunings, theta, times, "odd")
    for index in (0, 3, 10, 50):
        exact = float(odd_cat_mpmath(detunings, theta, times[index]))
        assert value[index] == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("parity", ["even", "odd"])
@pytest.mark.parametrize("theta", [1e-80, 1e-12, 1e-6, 0.1, 0.7, 0.8, 1.5, np.pi / 2, 2.5, 3.1])
@pytest.mark.parametrize("n_spins", [1, 2, 3, 8, 201, 10**6])
def test_mean_cat_fidelity_keeps_ten_digits(n_spins, theta, parity):
    mpmath.mp.dps = 400  # 1 - cos^N(1e-80) needs hundreds of digits if subtracted naively
    sign = 1 if parity == "even" else -1
    angle = mpmath.mpf(float(theta))
    sin2, cosine = mpmath.sin(angle) ** 2, mpmath.cos(angle) ** n_spins
    for delta_t in (0.0, 1e-4, 0.3, 1.0, 3.0, 20.0):
        g = mpmath.exp(-(mpmath.mpf(delta_t) ** 2) / 2)
        bracket = (1 - (1 - g) * sin2 / 2) ** n_spins + (1 - (1 + g) * sin2 / 2) ** n_spins
        exact = float((bracket + sign * 2 * cosine) / (1 + sign * cosine) ** 2)
        value = dephasing.mean_cat_fidelity(n_spins, theta, 2.0, delta_t / 2, parity)
        assert float(value) == pytest.approx(exact, rel=1e-10, abs=1e-290)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("n_spins", "theta"), [(2, 1.0), (8, 0.44), (50, 0.3), (7, 2.5)])
@pytest.mark.ledger("eq-11", "eq-16", method="sampling")
def test_means_match_monte_carlo(state, n_spins, theta):
    times = np.array([0.3, 1.0, 2.5, 9.0])
    sample = fidelity(Gaussian(0.8).draw(n_spins, 20_000, seed=6), theta, times, state)
    error = sample.std(axis=0, ddof=1) / np.sqrt(len(sample))
    deviation = np.abs(sample.mean(axis=0) - mean_fidelity(n_spins, theta, 0.8, times, state))
    assert (deviation < 4.5 * error).all()
    assert (error < 5e-3).all()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.ledger("eq-11", "eq-16", method="numerics")
def test_means_match_quadrature(state):
    """Two spins, averaged with a Gauss-Hermite rule in both detunings."""
    nodes, weights = Gaussian(0.8).nodes(40)
    pairs = np.stack(np.meshgrid(nodes, nodes), axis=-1)
    times = np.linspace(0, 3, 7)
    average = np.einsum("i,j,ijt", weights, weights, fidelity(pairs, 0.9, times, state))
    np.testing.assert_allclose(average, mean_fidelity(2, 0.9, 0.8, times, state), atol=1e-12)


@given(n_spins=st.integers(1, 400), theta=ANGLES)
@pytest.mark.ledger("eq-14", method="numerics")
def test_variance_matches_quadrature(n_spins, theta):
    nodes, weights = Gaussian(0.8).nodes(60)
    times = np.array([0.0, 0.2, 1.0, 3.0])
    factor = 1 - (1 - np.cos(np.multiply.outer(nodes, times))) * np.sin(theta) ** 2 / 2
    mean, square = weights @ factor, weights @ factor**2
    expected = square**n_spins - mean ** (2 * n_spins)
    value = dephasing.var_coherent_fidelity(n_spins, theta, 0.8, times)
    np.testing.assert_allclose(value, expected, atol=1e-11)
    assert value[0] == 0


@pytest.mark.parametrize("n_spins", [1000, 2000, 10**6, 2**53])
def test_variance_of_many_spins_is_finite(n_spins):
    """At the equator and late the mean is 2^-N, and the mean of squares (3/8)^N."""
    value = dephasing.var_coherent_fidelity(n_spins, np.pi / 2, 1.0, [0.0, np.inf])
    assert value.tolist() == [0, pytest.approx(0.375**n_spins, rel=1e-9)]


@pytest.mark.ledger("eq-14", method="sampling")
def test_variance_matches_monte_carlo():
    times = np.array([0.3, 1.0, 4.0])
    sample = dephasing.coherent_fidelity(Gaussian(1.0).draw(100, 20_000, seed=9), 0.2, times)
    squares = (sample - sample.mean(axis=0)) ** 2
    error = squares.std(axis=0) / np.sqrt(len(sample))
    exact = dephasing.var_coherent_fidelity(100, 0.2, 1.0, times)
    assert (np.abs(squares.mean(axis=0) - exact) < 4.5 * error).all()
    assert (error < 0.05 * exact).all()


def test_infinite_time_and_zero_width():
    assert dephasing.mean_cat_fidelity(8, 0.44, 1.0, np.inf, "odd") == pytest.approx(
        dephasing.mean_cat_fidelity(8, 0.44, 1.0, 50.0, "odd")
    )
    for state in STATES:
        assert mean_fidelity(8, 0.44, 0.0, np.inf, state) == pytest.approx(1, rel=1e-14)


def test_shapes():
    detunings = Gaussian(1.0).draw(5, 6, seed=1).reshape(2, 3, 5)
    value = dephasing.cat_fidelity(detunings, 0.5, UNIFORM, "even")
    assert value.shape == (2, 3, len(UNIFORM))
    row = dephasing.cat_fidelity(detunings[1, 2], 0.5, UNIFORM, "even")
    np.testing.assert_array_equal(value[1, 2], row)
    np.testing.assert_array_equal(
        dephasing.coherent_fidelity([[0.5, 0.25]], 0.5, UNIFORM).shape, (1, len(UNIFORM))
    )
    assert dephasing.coherent_fidelity(detunings, 0.5, []).shape == (2, 3, 0)
    assert dephasing.coherent_fidelity(iter(detunings[0]), 0.5, []).shape == (3, 0)
    assert dephasing.mean_cat_fidelity(5, 0.5, 1.0, np.ones((2, 3)), "odd").shape == (2, 3)


def test_an_iterable_of_draws_gives_the_same_numbers_as_an_array():
    stream = Gaussian(0.4).realisations(30, 5, seed=3)
    array = Gaussian(0.4).draw(30, 5, seed=3)
    for state in STATES:
        np.testing.assert_array_equal(
            fidelity(stream, 0.3, UNIFORM, state), fidelity(array, 0.3, UNIFORM, state)
        )


@pytest.mark.parametrize("wrap", [xr.DataArray, list, tuple, np.ma.asarray])
def test_whatever_is_an_array_is_one_realisation(wrap):
    detunings = Gaussian(1.0).draw(5, 1, seed=3)[0]
    value = dephasing.coherent_fidelity(wrap(detunings), 0.8, UNIFORM)
    np.testing.assert_array_equal(value, dephasing.coherent_fidelity(detunings, 0.8, UNIFORM))


@given(st.floats(-9e5, 9e5))
def test_vectorised_cosine_and_sine(centre):
    phases = centre + np.linspace(-4, 4, 257)
    cosines, sines = dephasing._cos_sin(phases)
    np.testing.assert_allclose(cosines, np.cos(phases), atol=5e-16)
    np.testing.assert_allclose(sines, np.sin(phases), atol=5e-16)


def test_the_progress_bar_appears_on_a_terminal():
    script = (
        "import numpy as np, time\n"
        "from spincat.free import dephasing\n"
        "class Slow:\n"
        "    def __iter__(self):\n"
        "        for _ in range(4):\n"
        "            time.sleep(0.8)\n"
        "            yield np.ones(3)\n"
        "dephasing.coherent_fidelity(Slow(), 0.1, [0.0, 1.0])\n"
    )
    terminal, other_end = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    with subprocess.Popen([sys.executable, "-c", script], stderr=other_end):
        os.close(other_end)  # or reading would wait for ever if nothing came
        shown = os.read(terminal, 10_000)
    os.close(terminal)
    assert b"realisations" in shown


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads Linux's peak memory")
def test_a_million_spins_stay_below_a_gigabyte():
    """Peak memory of 10^6 spins does not depend on the number of draws, on either path."""
    script = (
        "import re, numpy as np\n"
        "from spincat.free import dephasing; from spincat.model import broadening\n"
        "times = np.linspace(0, 5, 1000)\n"
        "for draws in (1, 3):\n"
        "    rows = broadening.Gaussian(1.0).realisations(10**6, draws, seed=1)\n"
        "    dephasing.cat_fidelity(rows, 1e-3, times[::draws], 'odd')\n"
        "    dephasing.coherent_fidelity(rows, 1e-3, times[::50] ** 1.5)\n"
        "    print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    one, three = (int(kilobytes) / 1e6 for kilobytes in run.stdout.split())
    assert three < 0.5  # GB
    assert three - one < 0.02
    assert run.stderr == ""  # no progress bar where standard error is not a terminal


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dephasing.coherent_fidelity(1.0, 0.1, [0]), r"shape \(\); allowed: \(\.\.\., N\)"),
        (lambda: dephasing.coherent_fidelity(np.ones((3, 0)), 0.1, [0]), r"shape \(3, 0\)"),
        (lambda: dephasing.coherent_fidelity([np.nan], 0.1, [0]), "detunings holds nan at index 0"),
        (lambda: dephasing.coherent_fidelity(iter([1.0]), 0.1, [0]), r"draw 0 have shape \(\)"),
        (lambda: dephasing.coherent_fidelity(iter([[]]), 0.1, [0]), r"draw 0 have shape \(0,\)"),
        (
            lambda: dephasing.coherent_fidelity(iter([[1.0], [1.0, 2.0]]), 0.1, [0]),
            r"draw 1 have shape \(2,\); allowed: \(1,\)",
        ),
        (lambda: dephasing.coherent_fidelity([1.0], 4.0, [0]), "theta = 4.0"),
        (lambda: dephasing.coherent_fidelity([1.0], 0.1, 0.0), r"times has shape \(\)"),
        (lambda: dephasing.coherent_fidelity([1.0], 0.1, [np.inf]), "times holds inf"),
        (lambda: dephasing.cat_fidelity([1.0], 0.0, [0], "odd"), "no odd cat state"),
        (lambda: dephasing.cat_fidelity([1.0], 0.1, [0], "both"), "parity = 'both'"),
        (lambda: dephasing.mean_coherent_fidelity(0, 0.1, 1, 0), "n_spins = 0"),
        (lambda: dephasing.mean_coherent_fidelity(2, 0.1, -1, 0), "delta = -1"),
        (lambda: dephasing.mean_coherent_fidelity(2, 0.1, 1, np.nan), "times holds nan"),
        (lambda: dephasing.mean_cat_fidelity(2, 0.0, 1, 0, "odd"), "no odd cat state"),
        (lambda: dephasing.var_coherent_fidelity(2, -0.1, 1, 0), "theta = -0.1"),
    ],
)
def test_refuses_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
