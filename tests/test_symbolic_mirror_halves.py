"""Eqs. 26-28 from Eqs. 22-23: the SymPy derivation against brute-force sums and matrices."""

import numpy as np
import pytest
import sympy as sp
from spin_by_spin import BRUTE_FORCE

from spincat.symbolic import mirror_halves as derive

EQUATIONS = ["paper", "product"]
STATE = {"A": 0.23, "zeta": 0.37, "z": -0.71, "eta": 1.3, "delta": 0.11, "Gamma_2": 1.0}


def numbers(rates, n_spins):
    """Evaluate the three right-hand sides at STATE."""
    values = STATE | {"N": n_spins}
    by_name = {s.name: s for s in (*derive.rates("printed")[0].free_symbols, derive.delta)}
    at = {by_name[name]: value for name, value in values.items()}
    return np.array([float(rate.subs(at)) for rate in rates])


def spins(n_spins):
    """⟨σ⁺⟩, ⟨σᶻ⟩ and the detunings of N spins in the ansatz at STATE."""
    half = np.where(np.arange(n_spins) < n_spins // 2, 1, -1)
    sigma = STATE["A"] * np.exp(1j * (np.pi / 4 + half * STATE["zeta"]))
    return sigma, np.full(n_spins, STATE["z"]), half * STATE["delta"], half


@pytest.mark.parametrize("n_spins", [2, 4, 6])
@pytest.mark.parametrize("equations", EQUATIONS)
@pytest.mark.ledger("eq-26", "eq-27", "eq-28", method="numerics")
def test_the_equations_are_the_rates_of_every_spin(equations, n_spins):
    sigma, z, detunings, half = spins(n_spins)
    dsigma, dz = BRUTE_FORCE[equations](sigma, z, detunings, STATE["eta"])
    amplitude, phase, inversion = numbers(derive.rates(equations), n_spins)
    np.testing.assert_allclose(dsigma / sigma, amplitude + 1j * half * phase, rtol=1e-11)
    np.testing.assert_allclose(dz / STATE["A"] ** 2, inversion, rtol=1e-11)


@pytest.mark.parametrize("equations", EQUATIONS)
def test_both_halves_give_the_same_equations(equations):
    first, second = (derive.rates(equations, half) for half in (1, -1))
    for one, other in zip(first, second, strict=True):
        assert sp.expand(one - other) == 0


def test_the_corrected_form_is_the_derived_one():
    rates, abbreviations = derive.corrected_rates()
    for corrected, derived in zip(rates, derive.rates("paper"), strict=True):
        assert sp.simplify(corrected.subs(abbreviations) - derived) == 0


@pytest.mark.parametrize("equations", EQUATIONS)
@pytest.mark.ledger("eq-26", "eq-27", "eq-28", method="derivation")
def test_printed_plus_omitted_is_the_whole(equations):
    whole = numbers(derive.rates(equations), 14)
    printed = numbers(derive.rates("printed"), 14)
    omitted = numbers(derive.omitted_terms(equations), 14)
    np.testing.assert_allclose(printed + omitted, whole, rtol=1e-12)
    assert np.all(np.abs(omitted) > 1e-4)  # the printed ones are an approximation


@pytest.mark.parametrize(("equations", "power"), [("paper", 2), ("product", 1)])
def test_the_leading_term_is_what_remains_for_many_spins(equations, power):
    for omitted in derive.omitted_terms(equations):
        term = derive.leading_term(omitted)
        assert term.as_coeff_exponent(derive.N)[1] == -power
        at = {derive.a: 0.7, derive.w: 1.9, derive.zeta: 0.4, derive.Gamma_2: 1}
        at |= {derive.A: np.sqrt(0.7e-7), derive.z: -1 + 1.9e-7, derive.N: 10**7}
        value, whole = (float(x.subs(at).evalf(30)) for x in (term, omitted))
        assert value == pytest.approx(whole, rel=1e-5)


def test_the_paper_s_sums_are_products_of_single_sums():
    seen = derive.seen_by(1, "paper")
    modulus = seen.c1 * sp.conjugate(seen.c1)
    pair = seen.pair - seen.c2 / derive.N - modulus
    triple = seen.triple - seen.c1 * (2 * seen.c2 + derive.N * modulus)
    assert sp.simplify(sp.expand(pair)) == 0
    assert sp.simplify(sp.expand(triple)) == 0


def test_other_halves_and_equations_are_refused():
    with pytest.raises(ValueError, match="half = 2"):
        derive.coherence(2)
    with pytest.raises(ValueError, match="equations = 'exact'"):
        derive.seen_by(1, "exact")
