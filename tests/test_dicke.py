"""Steady states of identical spins, against QuTiP."""

from __future__ import annotations

import numpy as np
import pytest
import qutip
from hypothesis import given, settings
from hypothesis import strategies as st

from spincat import SpinEnsemble
from spincat.master_equation import dicke
from spincat.model import operators, states

OPTIONS = {"progress_bar": "", "method": "vern7", "rtol": 1e-9, "atol": 1e-11}


def qutip_model(ensemble):
    """Hamiltonian and jump operator from QuTiP's spin matrices; index 0 is all spins excited."""
    lowering = qutip.jmat(ensemble.n_spins / 2, "-")
    pair = lowering * lowering / ensemble.n_spins
    drive = ensemble.eta * np.exp(1j * ensemble.phase) * pair
    return drive + drive.dag(), pair


@pytest.mark.parametrize("parity", ["even", "odd"])
@pytest.mark.parametrize("n_spins", [2, 5, 8])
def test_steady_state_is_where_the_evolution_ends(n_spins, parity):
    ensemble = SpinEnsemble(n_spins, 0.3, 0.7)
    hamiltonian, pair = qutip_model(ensemble)
    start = qutip.basis(n_spins + 1, n_spins - (parity == "odd"))
    # Strong enough a drive for so few spins that 60/Γ2 is long.
    end = qutip.mesolve(hamiltonian, start, [0, 60], [pair], options=OPTIONS).states[-1]
    levels = operators.levels(n_spins, parity)
    block = end.full()[::-1, ::-1][np.ix_(levels, levels)]
    np.testing.assert_allclose(dicke.steady_state(ensemble, parity), block, atol=1e-6)


@pytest.mark.parametrize("parity", ["even", "odd"])
@pytest.mark.parametrize(("n_spins", "eta"), [(4, 0.3), (9, 1.0), (20, 2.6)])
def test_steady_state_is_that_of_qutip_in_the_projected_model(n_spins, eta, parity):
    """QuTiP's null vector of the Liouvillian on the states of one parity only."""
    ensemble = SpinEnsemble(n_spins, eta, 0.7)
    levels = operators.levels(n_spins, parity)
    projected = [
        qutip.Qobj(operator.full()[::-1, ::-1][np.ix_(levels, levels)])
        for operator in qutip_model(ensemble)
    ]
    expected = qutip.steadystate(projected[0], projected[1:]).full()
    np.testing.assert_allclose(dicke.steady_state(ensemble, parity), expected, atol=1e-9)


def test_steady_state_is_that_of_single_spins():
    """The 2^N master equation of Eqs. 1-2, from all spins in the ground state."""
    n_spins, ensemble = 4, SpinEnsemble(4, 0.3, 0.7)
    one = qutip.qeye(2)
    lowering = sum(
        qutip.tensor([qutip.sigmam() if i == j else one for j in range(n_spins)])
        for i in range(n_spins)
    )
    pair = lowering * lowering / n_spins
    drive = ensemble.eta * np.exp(1j * ensemble.phase) * pair
    ground = qutip.tensor([qutip.basis(2, 1)] * n_spins)
    end = qutip.mesolve(drive + drive.dag(), ground, [0, 60], [pair], options=OPTIONS).states[-1]
    cat = states.spin_cat(4, ensemble.theta, ensemble.azimuth, parity="even")
    product = states.spin_cat(4, ensemble.theta, ensemble.azimuth, parity="even", basis="product")
    rho = dicke.steady_state(ensemble, "even")
    ours = (cat[::2].conj() @ rho @ cat[::2]).real
    assert (product.conj() @ end.full() @ product).real == pytest.approx(ours, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(2, 40),
    st.floats(0.0, 6.0),
    st.floats(-4, 4),
    st.sampled_from(["even", "odd"]),
)
def test_steady_state_is_a_density_matrix(n_spins, eta, phase, parity):
    rho = dicke.steady_state(SpinEnsemble(n_spins, eta, phase), parity)
    assert np.trace(rho) == pytest.approx(1)
    np.testing.assert_allclose(rho, rho.conj().T, atol=1e-9)
    assert np.linalg.eigvalsh(rho).min() > -1e-8


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_nearly_dark_state_fails_at_the_top_only(parity):
    ensemble = SpinEnsemble(12, 0.4, 0.7)
    state = dicke.nearly_dark_state(ensemble, parity)
    rest = operators.pair_lowering(12, parity) @ state / 12 - ensemble.alpha**2 * state
    assert np.linalg.norm(state) == pytest.approx(1)
    assert np.abs(rest[:-1]).max() < 1e-13
    assert abs(rest[-1]) > 1e-8


def test_nearly_dark_state_of_many_spins_is_the_steady_state():
    ensemble = SpinEnsemble(200, 4.0, 0.3)  # N! overflows a float
    state = dicke.nearly_dark_state(ensemble, "odd")
    rho = dicke.steady_state(ensemble, "odd")
    assert (state.conj() @ rho @ state).real == pytest.approx(1, abs=1e-10)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="identical"):
        dicke.steady_state(SpinEnsemble(2, 0.1, detunings=np.array([0.1, -0.1])), "even")
    with pytest.raises(MemoryError, match="n_spins = 801"):
        dicke.steady_state(SpinEnsemble(801, 0.1), "even")
    with pytest.raises(ValueError, match="parity"):
        operators.levels(4, "both")
    with pytest.raises(ValueError, match="eta"):
        dicke.nearly_dark_state(SpinEnsemble(4, 0.0), "even")
