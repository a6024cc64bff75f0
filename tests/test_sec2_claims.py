"""What the page on Sec. II says about the paper, as numbers that do not come from the page."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import qutip
import sympy as sp

from spincat import SpinEnsemble
from spincat.figures import sec2
from spincat.master_equation import dicke
from spincat.model import operators, states
from spincat.symbolic import holstein_primakoff as hp


def fidelity(ensemble, parity, azimuth):
    cat = states.spin_cat(ensemble.n_spins, ensemble.theta, azimuth, parity=parity)
    cat = cat[operators.levels(ensemble.n_spins, parity)]
    return (cat.conj() @ dicke.steady_state(ensemble, parity) @ cat).real


@pytest.mark.ledger("steady-fidelities-of-fig-2", method="spectrum")
@pytest.mark.ledger("ground-state-reaches-the-even-cat", method="spectrum")
def test_eight_spins():
    ensemble = SpinEnsemble(8, 0.2)
    assert fidelity(ensemble, "even", ensemble.azimuth) == pytest.approx(0.998, abs=5e-4)
    assert fidelity(ensemble, "odd", ensemble.azimuth) == pytest.approx(0.995, abs=5e-4)
    assert fidelity(ensemble, "even", -ensemble.azimuth) == pytest.approx(0.724, abs=5e-4)


def test_weak_drive_infidelity_from_the_two_lowest_levels():
    """For |α|² → 0: c₂/c₀ of the dark recursion and of the spin cat, by hand."""
    n_spins, eta = 30, 0.01
    ensemble = SpinEnsemble(n_spins, eta)
    expected = (2 * eta) ** 2 / (2 * n_spins * (n_spins - 1))
    infidelity = 1 - fidelity(ensemble, "even", ensemble.azimuth)
    assert infidelity == pytest.approx(expected, rel=0.1)


@pytest.mark.ledger("cats-survive-the-loss-of-one-photon", method="derivation")
def test_a_lost_photon_turns_one_cat_into_the_other_by_algebra():
    """a Σ c_n|n⟩ has the coefficients √(n+1) c_{n+1}; c_n = [αⁿ ± (-α)ⁿ]/√n!."""
    alpha, sign, k = sp.Symbol("alpha"), sp.Symbol("s"), sp.Symbol("k", integer=True, positive=True)

    def coefficient(n, s):
        return (alpha**n + s * (-alpha) ** n) / sp.sqrt(sp.factorial(n))

    lowered = sp.sqrt(k + 1) * coefficient(k + 1, sign)
    assert sp.simplify(lowered / coefficient(k, -sign) - alpha) == 0


@pytest.mark.ledger("cats-survive-the-loss-of-one-photon", method="qutip")
def test_a_lost_photon_turns_one_cat_into_the_other():
    plus, minus = qutip.coherent(40, 1.3), qutip.coherent(40, -1.3)
    even, odd = (plus + minus).unit(), (plus - minus).unit()
    lost = (qutip.destroy(40) * even).unit()
    assert abs(odd.overlap(lost)) == pytest.approx(1, abs=1e-8)
    assert abs(even.overlap(lost)) < 1e-8


@pytest.mark.ledger("weak-excitation-condition", method="derivation")
@pytest.mark.ledger("amplitude-grows-as-the-root-of-n", method="derivation")
def test_excited_fraction_of_the_dark_state_by_algebra():
    """S₋² = 2ηN on a coherent state with few excitations leaves h = η/(NΓ2) alone."""
    h, tau = sp.symbols("h tau", positive=True)  # τ = tan(θ/2)
    square = hp.on_coherent_state(hp.s_minus() ** 2, tau).subs(hp.n, 0)
    dark = sp.limit((square - 2 * (h * hp.N) * hp.N) / hp.N**2, hp.N, sp.oo)
    (held,) = sp.solve(dark, tau)
    fraction = held**2 / (1 + held**2)  # sin²(θ/2)
    assert fraction.free_symbols == {h}  # so |α|² = 2hN = 2η/Γ2: as N at fixed h only
    assert sp.series(fraction, h, 0, 2).removeO() == 2 * h


@pytest.mark.ledger("amplitude-grows-as-the-root-of-n", method="spectrum")
def test_number_of_excitations_at_fixed_drive_and_at_fixed_drive_per_spin():
    def excitations(n_spins, eta):
        rho = dicke.steady_state(SpinEnsemble(n_spins, eta), "even")
        return operators.levels(n_spins, "even") @ rho.diagonal().real

    assert excitations(320, 2.0) / excitations(160, 2.0) == pytest.approx(1, rel=0.02)
    assert excitations(160, 4.0) / excitations(80, 2.0) == pytest.approx(2, rel=0.01)


@pytest.mark.ledger("weak-excitation-condition", method="spectrum")
def test_excited_fraction_depends_on_the_drive_per_spin():
    data = sec2.compute_excitation((60, 120), (0.03, 0.06, 0.1))
    for size in (60, 120):
        row = data["fraction"].sel(n_spins=size)
        np.testing.assert_allclose(row, data["large_n"], rtol=0.05)
    # ... and not on η/Γ2, which is 3.6 at (60, 0.06) and (120, 0.03).
    same = data["fraction"].sel(n_spins=60, h=0.06) / data["fraction"].sel(n_spins=120, h=0.03)
    assert same.item() > 2
    # "η ≪ Γ2" is violated, the excitation is weak all the same.
    weak = sec2.compute_excitation((200,), (0.01,))
    assert weak["eta"].item() >= 2
    assert weak["fraction"].item() < 0.025


def test_no_large_n_solution_above_one_eighth():
    data = sec2.compute_excitation((4,), (0.125, 0.126))
    assert data["large_n"].values[0] == pytest.approx(0.5)
    assert np.isnan(data["large_n"].values[1])


def test_residual_is_the_symbolic_one():
    data = sec2.compute_validity(0.4, 0.7, (5, 11))
    x = sp.Symbol("x", positive=True)
    rest = hp.on_coherent_state(hp.s_minus() ** 2, sp.sqrt(x / hp.N)) / hp.N - x
    norm = sp.sqrt(hp.binomial_moment(rest**2, x / (hp.N + x)))
    expected = [float(norm.subs({hp.N: size, x: 0.8})) for size in (5, 11)]
    np.testing.assert_allclose(data["residual"], expected, rtol=1e-12)


@pytest.mark.ledger("weak-drive-steady-state", method="spectrum")
def test_infidelity_falls_as_the_square_of_n():
    data = sec2.compute_validity(0.2, 0.0, (50, 100))
    ratio = data["infidelity"].sel(n_spins=50) / data["infidelity"].sel(n_spins=100)
    np.testing.assert_allclose(np.log2(ratio), 2, atol=0.1)
    np.testing.assert_allclose(data["residual"], data["residual_leading"], rtol=0.03)
    assert (data["infidelity_sine"] < data["infidelity"]).all()


def test_at_fixed_fraction_only_the_angle_of_the_sine_stays_good():
    few, many = (sec2.compute_validity(0.02 * size, 0.0, (size,)) for size in (50, 150))
    assert (many["infidelity"].values > 1.5 * few["infidelity"].values).all()
    assert (many["infidelity_sine"].values < 0.002).all()


def test_figures_show_what_the_dataset_holds():
    data = sec2.compute_excitation((4, 6), (0.01, 0.1))
    left, right = sec2.draw_excitation(data).axes
    np.testing.assert_array_equal(
        left.lines[1].get_xydata().T, [data["eta"][1], data["fraction"][1]]
    )
    assert len(right.lines) == 4
    data = sec2.compute_validity(0.2, 0.0, (6, 12))
    left, right = sec2.draw_validity(data).axes
    np.testing.assert_array_equal(left.lines[0].get_ydata(), data["residual"])
    np.testing.assert_array_equal(right.lines[2].get_ydata(), data["infidelity"].sel(parity="odd"))
    plt.close("all")


@pytest.mark.parametrize("eta", [-0.1, np.nan])
def test_bad_drive_is_refused(eta):
    with pytest.raises(ValueError, match="eta"):
        sec2.compute_validity(eta, 0.0, (4,))
