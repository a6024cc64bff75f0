"""The derivation of Appendix B: against matrices for arbitrary models, loops, and textbooks."""

from __future__ import annotations

import itertools
from functools import reduce

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from spincat.mean_field import all_spins
from spincat.symbolic import product_state as ps

PLUS = np.array([[0, 1], [0, 0]], complex)
MATRICES = {"1": np.eye(2), "+": PLUS, "-": PLUS.T, "z": np.diag([1.0 + 0j, -1])}
SUMS = {"+": ps.S_PLUS, "-": ps.S_MINUS, "z": ps.S_Z, "d": ps.S_DELTA}
DETUNINGS = np.array([0.3, -0.8, 0.5, 1.1])
ETA, GAMMA = sp.symbols("eta Gamma_2", positive=True)
PHASE = sp.Symbol("varphi", real=True)
DRIVE = sp.exp(sp.I * PHASE) * ps.S_MINUS**2 + sp.exp(-sp.I * PHASE) * ps.S_PLUS**2
TERMS = {
    name: ps.drift(name, ETA / ps.N * DRIVE + ps.S_DELTA / 2, [(GAMMA / ps.N**2, ps.S_MINUS**2)])
    for name in "+z"
}


def spins(n_spins, seed):
    generator = np.random.default_rng(seed)
    bloch = generator.normal(size=(n_spins, 3))
    bloch *= generator.uniform(size=(n_spins, 1)) / np.linalg.norm(bloch, axis=1)[:, None]
    return (bloch[:, 0] + 1j * bloch[:, 1]) / 2, bloch[:, 2]


def number(expression, sigma, z, detunings, m):
    """The value of a right-hand side for spin m."""
    s, w, d = (np.delete(x, m) for x in (sigma, z, detunings))
    values = {ps.N: len(z), ps.SIGMA: sigma[m], ps.Z: z[m], ps.DELTA: detunings[m]}
    for a, b, c, k in itertools.product(range(5), repeat=4):
        if b <= a and any((a, b, c, k)):
            value = (s**a * s.conj() ** b * ((1 + w) / 2) ** c * d**k).sum() / len(z)
            values[ps.mean(a, b, c, k)] = value
    known = {x: sp.sympify(complex(values[x])) for x in expression.free_symbols}
    return complex(expression.subs(known))


def on_spin(m, matrix, n_spins):
    return reduce(np.kron, [matrix if k == m else np.eye(2) for k in range(n_spins)])


def matrix_of(word, n_spins):
    weights = {letter: np.ones(n_spins) for letter in "+-z"} | {"d": DETUNINGS[:n_spins]}
    result = np.eye(2**n_spins, dtype=complex)
    for letter in word:
        local = MATRICES["z" if letter == "d" else letter]
        result = result @ sum(
            weights[letter][m] * on_spin(m, local, n_spins) for m in range(n_spins)
        )
    return result


# -- single steps


@given(st.text("+-z", max_size=5))
def test_products_of_one_spin(letters):
    product = reduce(np.matmul, [MATRICES[x] for x in letters], np.eye(2))
    reduced = sum(complex(v) * MATRICES[x] for x, v in ps.pauli(letters).items())
    np.testing.assert_array_equal(product, reduced + np.zeros((2, 2)))


def test_number_of_partitions():
    assert [len(list(ps.partitions(range(k)))) for k in range(6)] == [1, 1, 2, 5, 15, 52]


@pytest.mark.parametrize("operators", [("+", "+-"), ("+", "+", "-"), ("z", "dz", "-"), ("-+",) * 4])
def test_sums_over_distinct_indices(operators):
    """Möbius inversion against loops over all choices of distinct spins other than m."""
    n_spins, m = 5, 2
    sigma, z = spins(n_spins, 1)
    detunings = np.linspace(-1, 1, n_spins)
    values = []
    for operator in operators:
        matrix = reduce(np.matmul, [MATRICES["z" if x == "d" else x] for x in operator])
        rho = [
            np.array([[(1 + w) / 2, s.conj()], [s, (1 - w) / 2]])
            for s, w in zip(sigma, z, strict=True)
        ]
        weight = detunings ** operator.count("d")
        values.append([w * np.trace(matrix @ r) for w, r in zip(weight, rho, strict=True)])
    others = [j for j in range(n_spins) if j != m]
    direct = sum(
        np.prod([values[k][j] for k, j in enumerate(choice)])
        for choice in itertools.permutations(others, len(operators))
    )
    found = number(ps.in_means(operators), sigma, z, detunings, m)
    assert found == pytest.approx(direct, abs=1e-13)


@pytest.mark.ledger("eq-43", method="derivation")
def test_coinciding_indices_of_eq_43():
    assert ps.distinct_sums(tuple("++-")) == {("+", "+", "-"): 1, ("+", "+-"): 2}
    assert ps.distinct_sums(tuple("+-")) == {("+", "-"): 1, ("+-",): 1}


# -- whole equations


@settings(max_examples=25)
@given(
    st.integers(1, 4),
    st.integers(0, 10**6),
    st.sampled_from("+-z"),
    st.lists(st.text("+-zd", min_size=1, max_size=3), min_size=1, max_size=2),
    st.lists(st.text("+-zd", min_size=1, max_size=2), min_size=1, max_size=2),
)
@pytest.mark.ledger("eq-40", "eq-41", "eq-42", method="numerics")
def test_any_collective_model_against_matrices(n_spins, seed, name, energy, jump):
    sigma, z = spins(n_spins, seed)
    half, operator = (sum(matrix_of(w, n_spins) for w in x) for x in (energy, jump))
    hamiltonian = half + half.conj().T
    rho = reduce(
        np.kron,
        [
            np.array([[(1 + w) / 2, s.conj()], [s, (1 - w) / 2]])
            for s, w in zip(sigma, z, strict=True)
        ],
    )
    square = operator.conj().T @ operator
    change = -1j * (hamiltonian @ rho - rho @ hamiltonian)
    change += operator @ rho @ operator.conj().T - (square @ rho + rho @ square) / 2
    exact = np.trace(on_spin(0, MATRICES[name], n_spins) @ change)
    half, operator = (sum(sp.prod(SUMS[x] for x in w) for w in y) for y in (energy, jump))
    other = sum(sp.prod(SUMS[x] for x in word) for word in map(_adjoint, energy))
    found = ps.equation(ps.drift(name, half + other, [(sp.S.One, operator)]))
    assert number(found, sigma, z, DETUNINGS[:n_spins], 0) == pytest.approx(exact, abs=1e-10)


def _adjoint(word):
    return "".join({"+": "-", "-": "+"}.get(letter, letter) for letter in reversed(word))


@pytest.mark.parametrize("exclusions", [True, False])
@pytest.mark.parametrize("name", ["+", "z"])
@pytest.mark.ledger("eq-22", "eq-23", "eq-45", "eq-46", method="derivation")
def test_equations_of_the_paper_are_the_compiled_ones(name, exclusions):
    sigma, z = spins(7, 3)
    detunings = np.linspace(-1, 1, 7)
    rhs = all_spins.product_state_rhs if exclusions else all_spins.paper_rhs
    compiled = rhs(sigma, z, 0.7, detunings, 0.4)[name == "z"]
    derived = ps.equation(TERMS[name], exclusions=exclusions)
    derived = derived.subs({ETA: 0.7, GAMMA: 1, PHASE: 0.4})
    for m in range(7):
        assert number(derived, sigma, z, detunings, m) == pytest.approx(compiled[m], abs=1e-13)


@pytest.mark.ledger("eq-40", "eq-41", "eq-42", "eq-44", method="derivation")
def test_first_step_is_eqs_40_to_42_and_44():
    phasor = sp.exp(sp.I * PHASE)
    rate = GAMMA / ps.N**2
    assert TERMS["+"] == {
        ("+", ()): sp.I * ps.DELTA,
        ("z", ("-",)): -2 * sp.I * ETA * phasor / ps.N,
        ("z", tuple("++-")): rate,
        ("+", tuple("+-")): -2 * rate,
    }
    assert TERMS["z"] == {
        ("-", ("-",)): 4 * sp.I * ETA * phasor / ps.N,
        ("+", ("+",)): -4 * sp.I * ETA / phasor / ps.N,
        ("+", tuple("+--")): -2 * rate,
        ("-", tuple("++-")): -2 * rate,
        ("1", tuple("+-")): -4 * rate,
        ("z", tuple("+-")): -4 * rate,
    }


@pytest.mark.ledger("neglected-terms-are-small", method="derivation")
def test_what_the_paper_neglects_begins_one_order_below():
    exact, printed = (
        ps.by_order(ps.rest_value(tuple("++-"), exclusions=kept) / ps.N**2)
        for kept in (True, False)
    )
    assert list(exact) == [1, 0, -1]
    assert list(printed) == [1, 0]
    assert exact[1] == printed[1]
    neglected = sp.expand(exact[0] - printed[0])
    assert neglected == -2 * ps.C1 * ps.S2 - ps.T2 * sp.conjugate(ps.C1)


def test_superradiance_of_identical_spins():
    """D[S₋] without detunings: ż = -γ(1 + z) - 2γ(N-1)|σ|², σ̇ = -γσ/2 + γ(N-1)zσ/2."""
    rate = sp.Symbol("gamma", positive=True)
    own = ps.SIGMA, sp.conjugate(ps.SIGMA)
    for name, expected in (
        ("+", -rate * own[0] / 2 + rate * (ps.N - 1) * ps.Z * own[0] / 2),
        ("z", -rate * (1 + ps.Z) - 2 * rate * (ps.N - 1) * own[0] * own[1]),
    ):
        found = ps.equation(ps.drift(name, sp.S.Zero, [(rate, ps.S_MINUS)]))
        assert sp.expand(ps.identical_spins(found) - expected) == 0


def test_symbols_of_the_steps():
    shown = ps.before_sums(TERMS["+"])
    assert sp.Symbol(r"\langle R_{+}R_{+}R_{-}\rangle") in shown.free_symbols
    assert ps.coupling(("+", "-")).free_symbols == {
        sp.Symbol(r"\sum'_{i}\langle \sigma^+_i\sigma^-_i\rangle"),
        sp.Symbol(r"\sum'_{ij}\langle \sigma^+_i\rangle\langle \sigma^-_j\rangle"),
    }


@pytest.mark.parametrize(
    "polynomial",
    [ps.S_PLUS * sp.Symbol("B", commutative=False), sp.sqrt(ps.S_PLUS), ps.S_PLUS**-1],
)
def test_other_operators_are_refused(polynomial):
    with pytest.raises(ValueError, match="allowed: powers"):
        ps.words(polynomial)


@pytest.mark.parametrize("observable", ["d", "x", ""])
def test_other_observables_are_refused(observable):
    with pytest.raises(ValueError, match="observable"):
        ps.drift(observable, ps.S_Z)
