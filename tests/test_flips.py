"""Bit and phase flips of the bright mode, against QuTiP, first order, and evolution in time."""

import numpy as np
import pytest
import qutip

from spincat.many_spins._blocks import initial_ladder
from spincat.many_spins._cat_qubit import conserved_coherence
from spincat.many_spins.bright_mode import evolve_bright_mode
from spincat.many_spins.flips import flip_rates
from spincat.model.broadening import Lorentzian


@pytest.mark.parametrize(("eta", "loss"), [(0.25, 0.01), (1.0, 0.3), (1.5, 2.0)])
def test_the_eigenvalues_are_those_of_qutip(eta, loss):
    size = 26
    a = qutip.destroy(size)
    generator = qutip.liouvillian(0 * a, [a * a - 2 * eta, np.sqrt(loss) * a]).full()
    order = np.arange(size)
    odd = np.add.outer(order, order).ravel() % 2 == 1
    between, same = (np.linalg.eigvals(generator[np.ix_(k, k)]).real for k in (odd, ~odd))
    rates = flip_rates(eta, loss)
    assert rates.bit == pytest.approx(-between.max(), rel=1e-4)
    assert rates.phase == pytest.approx(-np.sort(same)[-2], rel=1e-4)


@pytest.mark.parametrize("x", [0.3, 1.0, 2.0])
def test_first_order_in_the_loss(x):
    """From the conserved quantities of the stabilised qubit: no eigenvalue is computed."""
    loss = 1e-4
    cats = np.array([initial_ladder(x / 2, "even"), initial_ladder(x / 2, "odd")]).T
    size = len(cats)
    a = np.diag(np.sqrt(np.arange(1.0, size)), 1)
    conserved = conserved_coherence(x, size)
    coherence = np.outer(cats[:, 0], cats[:, 1])  # |C+><C-|, and its adjoint as much
    both = coherence + coherence.T
    lost = a @ both @ a.T - (a.T @ a @ both + both @ a.T @ a) / 2
    first_order = -np.trace(conserved @ lost) / np.trace(conserved @ both)
    rates = flip_rates(x / 2, loss)
    assert first_order == pytest.approx(x * (1 / np.tanh(2 * x) - 1), rel=1e-6)
    assert rates.bit == pytest.approx(loss * first_order, rel=0.02)
    assert rates.phase == pytest.approx(loss * x * (np.tanh(x) + 1 / np.tanh(x)), rel=1e-3)


def test_bit_flips_are_exponentially_rare_and_phase_flips_linear():
    bit, phase = np.array([flip_rates(x / 2, 0.1) for x in (3.0, 4.0, 5.0)]).T
    np.testing.assert_allclose(np.diff(np.log(bit)), -2.0, atol=0.2)
    np.testing.assert_allclose(phase, 0.2 * np.array([3.0, 4.0, 5.0]), rtol=0.03)


def test_the_amplitude_of_a_lorentzian_line_decays_with_bit_flips():
    """Infinitely many spins in time, long after the other modes are gone."""
    times = np.array([40.0, 60.0])
    mode = evolve_bright_mode(Lorentzian(0.1), 0.5, times, "coherent", tol=1e-4)
    decay = -np.diff(np.log(np.abs(mode.amplitude.values)))[0] / 20
    assert decay == pytest.approx(flip_rates(0.5, 0.2).bit, rel=1e-2)


def test_refuses_bad_input():
    with pytest.raises(ValueError, match=r"eta = 5.*at most 4"):
        flip_rates(5, 0.1)
    with pytest.raises(ValueError, match=r"loss = 0.*0\.0001"):
        flip_rates(1, 0.0)
