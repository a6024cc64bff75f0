"""The Zeno limit against the whole master equation, its closed forms, and both of its sides."""

from __future__ import annotations

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from spincat.many_spins import evolve_bright_mode, evolve_zeno
from spincat.many_spins._blocks import initial_ladder
from spincat.many_spins._cat_qubit import cat_qubit, conserved_coherence
from spincat.many_spins._chain import memory
from spincat.model import Gaussian, Lorentzian, TwoPoint, Uniform
from spincat.model.line import hops
from spincat.shared.errors import ConvergenceError

WEIGHTS = "fidelity", "purity", "symmetric_weight"


@pytest.mark.parametrize(("x", "gap"), [(0.4, 0.0), (2.0, 0.0), (0.4, 0.7)])
def test_states_left_by_a_jump_relax_as_the_conserved_quantity_says(x: float, gap: float) -> None:
    size = 30
    lower = np.diag(np.sqrt(np.arange(1.0, size)), 1)
    jump = lower @ lower - x * np.eye(size)
    even, odd = (initial_ladder(x / 2, state)[:size] for state in ("even", "odd"))
    qubit = cat_qubit(x / 2, gap)
    outside = lower.T @ np.column_stack([even, odd])
    outside -= np.outer(odd, odd @ outside) + np.outer(even, even @ outside)
    # the state driven out, as an integral over time instead of a resolvent
    step = 0.005
    decay = expm((-jump.T @ jump / 2 + 1j * gap * np.eye(size)) * step)
    chi, now = np.zeros((size, 2), dtype=complex), outside.astype(complex)
    for k in range(4000):
        chi += step * now * (0.5 if k == 0 else 1.0)
        now = decay @ now
    assert np.sum(outside * chi, axis=0) == pytest.approx(qubit.mixed, abs=3e-3)
    left = jump @ chi
    sandwich = np.kron(jump, jump)
    loss = jump.T @ jump / 2
    one = np.eye(size)
    generator = sandwich - np.kron(loss, one) - np.kron(one, loss)
    power = np.outer(left[:, 0], left[:, 1].conj()).reshape(-1)  # odd row, even column
    rows = np.arange(size)[:, None] % 2 * 2 + np.arange(size) % 2
    kept = np.flatnonzero(rows.ravel() == 2)
    relaxed = expm(200.0 * generator[np.ix_(kept, kept)]) @ power[kept]
    coherence = np.outer(odd, even).ravel()[kept] @ relaxed
    made = sum(k[1, 0] * np.conj(k[0, 1]) for k in qubit.jumps)
    assert coherence == pytest.approx(made, abs=5e-3)


def test_the_coherence_is_conserved() -> None:
    x, size = 1.3, 60
    lower = np.diag(np.sqrt(np.arange(1.0, size)), 1)
    jump = lower @ lower - x * np.eye(size)
    quantity = conserved_coherence(x, size)
    change = jump.T @ quantity @ jump - (jump.T @ jump @ quantity + quantity @ jump.T @ jump) / 2
    assert np.abs(change[:40, :40]).max() < 1e-9
    even, odd = (initial_ladder(x / 2, state) for state in ("even", "odd"))
    most = len(even)
    assert even @ quantity[:most, :most] @ odd == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("gap", [0.0, 0.3])
@pytest.mark.parametrize("x", [1e-6, 0.3, 3.0, 40.0])
def test_jumps_take_what_decays(x: float, gap: float) -> None:
    qubit = cat_qubit(x / 2, gap)
    rates = sum(jump.conj().T @ jump for jump in qubit.jumps)
    assert np.diag(rates) == pytest.approx(2 * qubit.mixed.real, rel=1e-9, abs=1e-18)
    assert np.linalg.matrix_power(qubit.lowering, 2) == pytest.approx(x * np.eye(2))


def errors(delta: float, x: float, state: str, gap: float, correction: bool) -> dict[str, float]:
    times = np.array([0.5, 1.0]) / delta
    whole = evolve_bright_mode(TwoPoint(delta), x / 2, times, state, gap=gap, tol=1e-7)
    limit = evolve_zeno(TwoPoint(delta), x / 2, times, state, gap=gap, correction=correction)
    assert all(np.all(np.abs(limit[k] - whole[k]) < limit.error + whole.error) for k in WEIGHTS)
    return {
        name: float(np.abs(limit[name] - whole[name]).max()) for name in limit if name != "error"
    }


@pytest.mark.parametrize(
    ("x", "state", "gap"),
    [(0.4, "odd", 0.0), (0.4, "even", 0.0), (0.4, "coherent", 0.0), (2.0, "even", 0.0),
     (0.4, "even", 0.02)],
)  # fmt: skip
def test_the_error_is_of_the_order_that_is_claimed(x: float, state: str, gap: float) -> None:
    for correction, order in ((False, 1), (True, 2)):
        coarse, fine = (errors(d, x, state, gap * d / 0.02, correction) for d in (0.04, 0.02))
        for name, value in coarse.items():
            assert value / fine[name] > 0.8 * 2**order, (name, value, fine[name])


def test_two_modes_in_qutip() -> None:
    x, delta, times = 0.4, 0.03, np.array([0.0, 20.0, 40.0])
    a = qutip.tensor(qutip.destroy(10), qutip.qeye(8))
    b = qutip.tensor(qutip.qeye(10), qutip.destroy(8))
    ladder = initial_ladder(x / 2, "coherent")[:10]
    start = qutip.tensor(qutip.Qobj(ladder[:, None]), qutip.basis(8, 0))
    result = qutip.mesolve(
        delta * (a.dag() * b + a * b.dag()), start, times, [a**2 - x],
        e_ops=[start * start.dag(), a, a**2, a.dag() * a + b.dag() * b],
        options={"progress_bar": "", "method": "vern7", "rtol": 1e-8, "atol": 1e-10},
    )  # fmt: skip
    limit = evolve_zeno(TwoPoint(delta), x / 2, times, "coherent", phase=-np.pi / 2)
    assert limit.fidelity.values == pytest.approx(result.expect[0], abs=2e-4)
    assert limit.amplitude.values == pytest.approx(result.expect[1], abs=1e-3)
    assert limit.pair_amplitude.values == pytest.approx(result.expect[2], abs=2e-3)
    assert limit.excitations.values == pytest.approx(result.expect[3], abs=2e-3)


@pytest.mark.parametrize("line", [Gaussian(0.03), Uniform(0.03)])
def test_a_continuous_line_within_the_error(line: Gaussian | Uniform) -> None:
    times = [15.0, 45.0]
    whole = evolve_bright_mode(line, 0.2, times, "even", tol=1e-4)
    limit = evolve_zeno(line, 0.2, times, "even", tol=1e-5)
    for name in WEIGHTS:
        assert np.all(np.abs(limit[name] - whole[name]) < limit.error + whole.error)
    assert limit.error.max() < 2e-3


def test_values_of_prototypes() -> None:
    odd = evolve_zeno(TwoPoint(0.01), 0.2, [100.0], "odd")
    assert odd.fidelity.item() == pytest.approx(0.280, abs=5e-4)
    assert odd.purity.item() == pytest.approx(0.9998, abs=5e-5)
    gaps = {0.0: [0.52, 0.23], 0.25: [0.946, 0.992, 0.974], 1.0: [0.998, 1.000, 0.999]}
    for gap, expected in gaps.items():
        times = [20.0, 50.0, 100.0][: len(expected)]
        even = evolve_zeno(TwoPoint(0.05), 0.5, times, "even", gap=gap)
        assert even.fidelity.values == pytest.approx(expected, abs=0.008 if gap == 0 else 6e-4)


def fed(response: np.ndarray, step: float) -> np.ndarray:
    """D of the derivation, from its integral equation: ∫f(t - τ)D'(τ)dτ = 1 - f(t), D(0) = 1."""
    slopes = np.zeros(len(response))
    kernel = (response[1:] + response[:-1]) / 2 * step
    for k in range(1, len(response)):
        slopes[k] = (1 - response[k] - kernel[1:k] @ slopes[k - 1 : 0 : -1]) / kernel[0]
    return 1 + np.cumsum(slopes) * step


@pytest.mark.parametrize("line", [Gaussian(0.1), Uniform(0.1), TwoPoint(0.1)])
def test_large_cats_displace_the_dark_modes(line: Gaussian | Uniform | TwoPoint) -> None:
    x, t_max, steps = 6.0, 7.0, 1400
    times = np.linspace(0, t_max, steps + 1)
    expected = np.exp(-2 * x * (fed(line.characteristic(times), t_max / steps)[-1] - 1))
    for state in ("even", "coherent"):
        result = evolve_zeno(line, x / 2, [t_max], state, correction=False, tol=1e-5)
        assert result.fidelity.item() == pytest.approx(expected, rel=0.01)
        assert result.symmetric_weight.item() == pytest.approx(expected, rel=0.01)
    assert abs(result.amplitude.item()) == pytest.approx(np.sqrt(x), rel=1e-4)
    small = evolve_zeno(line, 0.2, [t_max], "even", correction=False, tol=1e-5)
    assert abs(small.fidelity.item() - expected ** (0.4 / x)) > 0.03


@pytest.mark.parametrize("line", [Gaussian(0.1), TwoPoint(0.1)])
def test_small_cats_exchange_excitations(line: Gaussian | TwoPoint) -> None:
    x, t_max, steps = 0.02, 20.0, 2000
    times = np.linspace(0, t_max, steps + 1)
    response = line.characteristic(times)
    even = evolve_zeno(line, x / 2, [t_max], "even", correction=False, tol=1e-8)
    lost = x**2 * (fed(response**2, t_max / steps)[-1] - 1)
    assert 1 - even.fidelity.item() == pytest.approx(lost, rel=0.01)
    free = 1 - np.cosh(x * response[-1]) ** 2 / np.cosh(x) ** 2
    assert abs(lost - free) > 0.2 * free
    odd = evolve_zeno(line, x / 2, [t_max], "odd", correction=False, tol=1e-6)
    assert odd.fidelity.item() == pytest.approx(response[-1] ** 2, abs=2 * x)


@settings(max_examples=10, deadline=None)
@given(
    st.floats(0.01, 3.0), st.floats(0.0, 0.1), st.floats(-1.0, 1.0), st.floats(0.1, 15.0),
    st.sampled_from(["even", "odd", "coherent"]), st.booleans(),
)  # fmt: skip
def test_weights_are_weights(
    x: float, delta: float, gap: float, t: float, state: str, correction: bool
) -> None:
    times = [0.0, t / 2, t]
    result, mirrored = (
        evolve_zeno(Uniform(delta), x / 2, times, state, gap=g, correction=correction, tol=1e-4)
        for g in (gap, -gap)
    )
    small = 1e-9
    assert np.all(result.fidelity <= result.symmetric_weight + small)
    assert np.all((result.symmetric_weight <= 1 + small) & (result.fidelity >= 0))
    assert np.all(result.purity <= 1 + small)
    assert result.fidelity.values[0] == pytest.approx(1, abs=small)
    if not correction:
        assert result.purity.values == pytest.approx(1, abs=1e-9)
        assert np.abs(result.pair_amplitude.values) == pytest.approx(x, rel=1e-9)
    assert mirrored.fidelity.values == pytest.approx(result.fidelity.values, abs=1e-6)
    assert "amplitude" in result if state == "coherent" else "amplitude" not in result


def test_dephasing_begins_as_if_free() -> None:
    x, delta, t = 0.7, 0.1, 0.05
    for state, rate in (("even", np.tanh(x)), ("odd", 1 / np.tanh(x))):
        result = evolve_zeno(Gaussian(delta), x / 2, [t], state, tol=1e-10)
        assert 1 - result.fidelity.item() == pytest.approx(x * rate * (delta * t) ** 2, rel=1e-3)


def test_a_chain_that_is_cut_says_so() -> None:
    line, times = Gaussian(0.05), [40.0]
    enough = evolve_zeno(line, 0.2, times, "odd", tol=1e-5)
    short = evolve_zeno(line, 0.2, times, "odd", tol=1e-5, sites=4)
    wrong = abs(short.fidelity.item() - enough.fidelity.item())
    assert enough.sites > 4
    assert 1e-3 < wrong < short.error.item()
    assert memory(hops(line, 3), [0.0, 40.0])[0] == pytest.approx(0.05**2)


def test_no_detunings_change_nothing() -> None:
    result = evolve_zeno(TwoPoint(0.0), 0.5, [0.0, 1e4], "coherent")
    assert result.fidelity.values == pytest.approx(1, abs=1e-12)
    assert result.error.values == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("line", "eta", "kwargs", "words"),
    [
        (Lorentzian(0.01), 0.2, {}, "Lorentzian"),
        (TwoPoint(0.01), 0.0, {}, "eta = 0"),
        (TwoPoint(0.01), 501.0, {}, "at most 500"),
        (TwoPoint(0.01), 0.2, {"sites": 101}, "at most 100"),
        (TwoPoint(0.01), 0.2, {"correction": 1}, "correction = 1"),
        (TwoPoint(0.01), 0.2, {"state": "cat"}, "state = 'cat'"),
        (TwoPoint(0.01), 0.2, {"times": [0.0, 1e12]}, "times"),
    ],
)
def test_refusals(line: TwoPoint, eta: float, kwargs: dict, words: str) -> None:
    arguments = {"times": [0.0, 1.0], "state": "odd"} | kwargs
    with pytest.raises(ValueError, match=words):
        evolve_zeno(line, eta, **arguments)


def test_a_long_time_needs_more_sites() -> None:
    with pytest.raises(ConvergenceError, match="sites"):
        evolve_zeno(Gaussian(0.1), 0.2, [1000.0], "odd")


@pytest.mark.parametrize(("eta", "delta"), [(0.02, 0.5), (0.02, 0.2), (0.05, 0.1)])
@pytest.mark.parametrize("state", ["even", "odd", "coherent"])
def test_the_error_holds_for_small_cats_and_a_gap_of_several_rates(
    eta: float, delta: float, state: str
) -> None:
    """Where the factors of the estimate are needed most."""
    arguments = TwoPoint(delta), eta, [0.0, 1.0, 5.0, 20.0], state
    limit = evolve_zeno(*arguments, gap=5.0)
    full = evolve_bright_mode(*arguments, gap=5.0, tol=1e-8)
    for name in ("fidelity", "purity", "symmetric_weight"):
        assert np.all(np.abs(limit[name] - full[name]) <= limit["error"] + full["error"]), name
