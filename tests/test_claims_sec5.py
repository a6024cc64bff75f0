"""What Sec. V says of few spins, and whether it stays true for more; entries of book/ledger.yml."""

import numpy as np
import pytest
import qutip
import sympy as sp

from spincat.free import codewords, dephasing
from spincat.free.codewords import bosonic_codeword_fidelity
from spincat.free.dephasing_limits import bosonic_cat_fidelity
from spincat.many_spins import evolve_classes, evolve_low_rank
from spincat.master_equation import product_space
from spincat.master_equation.multibody_loss import held_fidelity_of_classes
from spincat.model import states
from spincat.model.broadening import Gaussian

STATES = "even", "coherent", "odd"


def angle(n_spins, intensity):
    return 2 * np.arctan(np.sqrt(intensity / n_spins))


# -- even before coherent before odd, with drive and loss


@pytest.mark.ledger("even-cat-outlives-the-coherent-state", method="sampling")
@pytest.mark.ledger("parity-sensitivity-survives-stabilisation", method="sampling")
def test_driven_order_of_the_three_states_of_eight_random_spins():
    rows, times = Gaussian(0.0125).draw(8, 3, 1), np.array([0.5, 2.0]) / 0.0125
    kept = {p: product_space.cat_fidelity(rows, 0.2, times, p, tol=1e-4) for p in ("even", "odd")}
    kept["coherent"] = evolve_low_rank(rows, 0.2, times, "coherent", tol=1e-2).fidelity.values
    for better, worse in (("even", "coherent"), ("coherent", "odd")):
        assert np.all(kept[better] > kept[worse] + 0.01)
        assert (kept[better] - kept[worse])[:, 1].mean() > 0.1


@pytest.mark.ledger("even-cat-outlives-the-coherent-state", method="integration")
@pytest.mark.parametrize("n_spins", [8, 16, 32])
def test_driven_order_of_the_three_states_of_two_halves(n_spins):
    sizes, times = [n_spins // 2] * 2, np.array([0.5, 1.0, 1.5]) / 0.0125
    even, coherent, odd = (
        evolve_classes(sizes, [0.0125, -0.0125], 0.2, times, s, tol=1e-4).fidelity.values
        for s in STATES
    )
    assert np.all(even > coherent + 0.05)
    assert np.all(coherent > odd + 0.05)


# -- what a four-body loss holds


def codeword(n_spins, remainder, intensity=np.pi / 2):
    cat = states.spin_cat(n_spins, angle(n_spins, intensity), parity="even").real
    word = np.where(np.arange(n_spins + 1) % 4 == remainder, cat, 0)
    return word / np.linalg.norm(word)


def ratio_of_losses(sizes, detunings, remainder, time):
    """What the detunings cost under four-body loss over what they cost without it."""
    n_spins, x = sum(sizes), np.pi / 2
    case = codeword(n_spins, remainder), np.sqrt(x), time
    equal, apart = (
        held_fidelity_of_classes(sizes, row, *case, bodies=4)
        for row in (np.zeros(len(sizes)), detunings)
    )
    row = np.repeat(detunings, sizes)
    free = codewords.codeword_fidelity(row, angle(n_spins, x), [time], remainder)[0]
    return (1 - apart / equal) / (1 - free)


@pytest.mark.ledger("four-body-loss-holds-both-logical-states", method="limit")
@pytest.mark.parametrize("remainder", [0, 2])
def test_four_bodies_slow_the_first_losses_of_few_spins_only(remainder):
    """To second order in independent detunings one detuned spin is enough, for any N."""
    six, ten, many = (ratio_of_losses([n - 1, 1], [0.0, 0.01], remainder, 5.0) for n in (6, 10, 16))
    assert six < 0.25
    assert six < ten < 0.6
    assert many > 0.95


@pytest.mark.ledger("four-body-loss-holds-both-logical-states", method="sampling")
def test_four_bodies_hold_random_classes_of_few_spins_only():
    """Three classes, two draws, the common detuning taken out, at δt = 1 for Γ = 10 δ."""
    rows = Gaussian(0.1).draw(3, 2, 1)
    rows -= rows.mean(axis=1, keepdims=True)
    rows *= 0.1 / np.sqrt((rows**2).mean(axis=1, keepdims=True))
    grown = [[ratio_of_losses(3 * [n], row, 2, 5.0) for row in rows] for n in (2, 3, 4)]
    assert np.max(grown[0]) < 0.1
    assert np.all(np.diff(grown, axis=0) > 0.2)
    assert ratio_of_losses([5, 5, 5], rows[0], 2, 5.0) == pytest.approx(1, abs=0.05)


# -- what is lost first of cats at right angles


@pytest.mark.ledger("right-angle-cats-are-a-protected-qubit", method="derivation")
def test_where_the_codewords_lose_alike():
    """Mean excitations x ∂ ln R(x) of n = 2 (mod 4) and of the even cat: equal where both are."""
    x = sp.Symbol("x", positive=True)
    parts = [(sp.cosh(x) + sign * sp.cos(x)) / 2 for sign in (1, -1)]
    zero, two = (sp.diff(part, x) / part for part in parts)
    condition = sp.sin(x) * sp.cosh(x) + sp.cos(x) * sp.sinh(x)
    denominator = parts[0] * parts[1] * 2
    assert sp.simplify(((two - zero) * denominator - condition).rewrite(sp.exp)) == 0
    even = (two - sp.tanh(x)) * parts[1] * 2 * sp.cosh(x)
    assert sp.simplify((even - condition).rewrite(sp.exp)) == 0
    assert float(sp.nsolve(condition, x, 2.3)) == pytest.approx(2.365, abs=1e-3)


@pytest.mark.ledger("right-angle-cats-are-a-protected-qubit", method="numerics")
@pytest.mark.parametrize(("x", "first"), [(0.5, 2), (2.0, 2), (2.3, 2), (2.45, 0), (3.0, 0)])
def test_which_codeword_is_lost_first(x, first):
    """At δt = 0.1, of many spins; from |α|² of 2.37 on it is not the one that lacks the vacuum."""
    words = {r: bosonic_codeword_fidelity(np.sqrt(x), 1.0, [0.1], r)[0] for r in (0, 2)}
    even = bosonic_cat_fidelity(np.sqrt(x), 1.0, 0.1, "even")
    assert words[first] < float(even) < words[2 - first]


# -- a microsecond is a T2*


@pytest.mark.ledger("odd-cat-lives-a-microsecond", method="derivation")
def test_a_pulse_at_half_the_time_cancels_every_detuning():
    """σx exp(-iδt σz/4) σx exp(-iδt σz/4) = 1 for each spin, and spins evolve by themselves."""
    phase = sp.Symbol("delta", real=True) * sp.Symbol("t", real=True) / 4
    half = sp.diag(sp.exp(-sp.I * phase), sp.exp(sp.I * phase))
    flip = sp.Matrix([[0, 1], [1, 0]])
    assert sp.simplify(flip * half * flip * half) == sp.eye(2)


@pytest.mark.ledger("odd-cat-lives-a-microsecond", method="qutip")
def test_an_echo_brings_the_odd_cat_back():
    n_spins, row = 4, Gaussian(1.0).draw(4, 1, 3)[0]
    ket = states.to_qobj(
        states.spin_cat(n_spins, angle(n_spins, 0.2), parity="odd", basis="product"),
        basis="product",
    )
    spins = range(n_spins)
    flip = qutip.tensor([qutip.sigmax()] * n_spins)
    h = sum(row[n] / 2 * qutip.expand_operator(qutip.sigmaz(), [2] * n_spins, n) for n in spins)
    options = {"progress_bar": "", "method": "vern7", "rtol": 1e-10, "atol": 1e-12}
    half = qutip.sesolve(h, ket, [0, 1.5], options=options).final_state
    alone = qutip.sesolve(h, half, [0, 1.5], options=options).final_state
    echoed = qutip.sesolve(h, flip * half, [0, 1.5], options=options).final_state
    lost = dephasing.cat_fidelity(row, angle(n_spins, 0.2), [3.0], "odd")[0]
    assert abs(ket.overlap(alone)) ** 2 == pytest.approx(lost, abs=1e-7)
    assert lost < 0.5
    assert abs((flip * ket).overlap(echoed)) ** 2 == pytest.approx(1, abs=1e-8)
