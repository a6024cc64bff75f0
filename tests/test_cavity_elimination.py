"""Cavity and spins together against Eq. 35 (Appendix A)."""

import numpy as np
import pytest
import qutip
from scipy.sparse.linalg import expm_multiply

from spincat import SpinEnsemble
from spincat.master_equation import cavity_elimination as cd
from spincat.master_equation import dicke
from spincat.model.operators import liouvillian, pair_lowering
from spincat.model.states import trace_distance


@pytest.mark.parametrize("printed", [False, True])
def test_joint_evolution_is_that_of_qutip(printed):
    r, eta, phase, photons, n_spins = 0.2, 0.3, 0.4, 5, 4
    pair = qutip.Qobj(pair_lowering(n_spins, "even").toarray() / n_spins)
    a = qutip.tensor(qutip.destroy(photons + 1), qutip.qeye(3))
    big = qutip.tensor(qutip.qeye(photons + 1), pair)
    coupling = (a if printed else a.dag()) * big / (4 * r)
    drive = eta * np.exp(1j * phase) * big
    run = qutip.mesolve(
        coupling + coupling.dag() + drive + drive.dag(),
        qutip.tensor(qutip.basis(photons + 1, 0), qutip.basis(3, 0)),
        np.linspace(0, 2, 3),
        [a / (2 * r)],
        options={"progress_bar": "", "method": "vern7", "rtol": 1e-9, "atol": 1e-11},
    )
    ensemble = SpinEnsemble(n_spins, eta, phase)
    ours = cd.with_cavity(ensemble, r, 2.0, 3, photons, printed=printed)
    for state, theirs in zip(ours, run.states, strict=True):
        np.testing.assert_allclose(state, theirs.ptrace(1).full(), atol=1e-7)


@pytest.mark.parametrize("n_spins", [2, 4])
@pytest.mark.ledger(
    "eq-35", "eq-36", "eq-37", "eq-38", "elimination-needs-a-fast-cavity", method="integration"
)
def test_error_falls_with_the_square_of_the_adiabaticity(n_spins):
    ensemble = SpinEnsemble(n_spins, 0.3, 0.2)
    limit = cd.eliminated(ensemble, 3.0)
    error = {
        r: trace_distance(cd.with_cavity(ensemble, r, 3.0, photons=4), limit).max()
        for r in (0.05, 0.1)
    }
    assert 3.8 < error[0.1] / error[0.05] < 4.4
    assert error[0.05] < 0.01


@pytest.mark.parametrize("excitations", [2, 3])
@pytest.mark.ledger("eq-35", "elimination-needs-a-fast-cavity", method="integration")
def test_a_small_cat_does_not_excuse_a_slow_cavity(excitations):
    """At r²|α|² = 0.005 Eq. 35 is right from the vacuum only, and r alone decides elsewhere."""
    ensemble, error = SpinEnsemble(30, 0.01), {}  # |α|² = 0.02
    for r, start in ((0.5, 0), (0.5, excitations), (0.1, excitations), (0.05, excitations)):
        limit = cd.eliminated(ensemble, 3.0, excitations=start)
        full = cd.with_cavity(ensemble, r, 3.0, photons=3, excitations=start)
        assert full[0].real.max() == limit[0].real.max() == pytest.approx(1)
        error[r, start] = trace_distance(full, limit).max()
    assert error[0.5, 0] < 0.015
    assert error[0.5, excitations] > 0.45
    assert 3.5 < error[0.1, excitations] / error[0.05, excitations] < 7
    assert error[0.05, excitations] < 0.03


@pytest.mark.parametrize(("n_spins", "excitations"), [(6, 2), (30, 2), (30, 3)])
@pytest.mark.ledger("eq-35", "elimination-needs-a-fast-cavity", method="limit")
def test_one_pair_and_one_photon_have_a_closed_form(n_spins, excitations):
    """Without drive: a level of rate κ/2 coupled by G, whose slow rate is 4G²/κ for G ≪ κ/4."""
    element = np.sqrt(np.prod([k * (n_spins - k + 1) for k in (excitations, excitations - 1)]))
    t = np.linspace(0, 3.0, 16)
    for r in (0.03, 0.5):
        coupling, kappa = element / n_spins / (4 * r), 1 / (4 * r**2)
        root = np.sqrt(complex(kappa**2 - 16 * coupling**2)) / 4
        left = np.exp(-kappa * t / 4) * (np.cosh(root * t) + kappa / 4 * np.sinh(root * t) / root)
        full = cd.with_cavity(SpinEnsemble(n_spins, 0), r, 3.0, photons=1, excitations=excitations)
        np.testing.assert_allclose(full[:, 1, 1].real, abs(left) ** 2, atol=1e-8)
        if r < 0.1:  # 8 r²(2n − 3) for many spins
            rate = kappa / 2 - 2 * root.real
            change = rate / (4 * coupling**2 / kappa) - 1
            assert change == pytest.approx(4 * coupling**2 / kappa**2, rel=0.1)


@pytest.mark.ledger("eq-32", "eq-34", method="integration")
def test_the_printed_coupling_pumps_instead():
    ensemble = SpinEnsemble(4, 0.2)
    pumped = cd.with_cavity(ensemble, 0.05, 4.0, printed=True)[-1]
    lost = cd.with_cavity(ensemble, 0.05, 4.0)[-1]
    assert pumped[-1, -1].real > 0.85  # every spin up
    assert lost[0, 0].real > 0.85
    # exactly Eq. 35 with S+^2 in the dissipator, in the limit
    pair = pair_lowering(4, "even") / 4
    drive = 0.2 * (pair + pair.T)
    start = np.eye(9)[0]
    final = expm_multiply(4.0 * liouvillian(drive, [pair.T]), start.astype(complex))
    assert trace_distance(final.reshape(3, 3), pumped) < 0.01


@pytest.mark.ledger("ground-state-reaches-the-even-cat", method="integration")
def test_eliminated_reaches_the_steady_state():
    ensemble = SpinEnsemble(6, 0.4, 0.3)
    final = cd.eliminated(ensemble, 60.0, 2)[-1]
    np.testing.assert_allclose(final, dicke.steady_state(ensemble, "even"), atol=1e-8)


def test_slow_rates_are_eigenvalues():
    generator = cd.joint_liouvillian(SpinEnsemble(4, 0.2), 0.2, 3)
    exact = np.linalg.eigvals(generator.toarray())
    exact = exact[np.argsort(np.abs(exact))][1:4]
    found = cd.slow_rates(generator, 3)
    # which one of a conjugate pair comes first is rounding
    np.testing.assert_allclose(found.real, exact.real, atol=1e-9)
    np.testing.assert_allclose(abs(found.imag), abs(exact.imag), atol=1e-9)
    assert np.all(exact.real < 0)


@pytest.mark.ledger("gamma2-grows-with-n", method="spectrum")
def test_more_spins_are_faster_only_while_the_elimination_holds():
    """The slowest rate from N = 8 to 16 at fixed g2 and κ, with the cavity and without."""
    ensembles = [SpinEnsemble(n, 0.2) for n in (8, 16)]
    own = [-cd.slow_rates(cd.spin_liouvillian(e), 1)[0].real for e in ensembles]
    alone, exponents = 2 + np.log2(own[1] / own[0]), []
    for bare in (0.002, 0.02):  # g2/κ
        rates = [
            -cd.slow_rates(cd.joint_liouvillian(e, bare * e.n_spins, 4), 1)[0].real * e.n_spins**2
            for e in ensembles
        ]
        exponents.append(np.log2(rates[1] / rates[0]))
    assert exponents[0] == pytest.approx(alone, abs=0.05)
    assert exponents[1] < alone - 0.3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: cd.joint_liouvillian(e, 0.0), "adiabaticity = 0.0; allowed: a number above 0"),
        (lambda e: cd.joint_liouvillian(e, -1.0), "adiabaticity = -1"),
        (lambda e: cd.with_cavity(e, 0.1, -1.0), "t_max = -1"),
        (lambda e: cd.with_cavity(e, 0.1, 1.0, 1), "n_times = 1; allowed: .*at least 2"),
        (lambda e: cd.with_cavity(e, 0.1, 1.0, photons=0), "photons = 0"),
        (lambda e: cd.with_cavity(e, 0.1, 1.0, excitations=3), "excitations = 3; allowed: .* 2"),
        (lambda e: cd.eliminated(e, 1.0, excitations=-1), "excitations = -1"),
        (lambda e: cd.spin_liouvillian(e, "neither"), "parity = 'neither'"),
        (lambda e: cd.eliminated(SpinEnsemble(2, 1, detunings=[0, 1]), 1.0), "identical spins"),
    ],
)
def test_refuses_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call(SpinEnsemble(2, 0.2))
