r"""Equations of motion in a product state for any collective model (Appendix B): Eqs. 40-46.

The Hamiltonian and the jump operators are polynomials in sums over all N spins, Σσ⁺, Σσ⁻ and Σσᶻ.
Three steps lead from them to the time derivative of ⟨σ⁺_m⟩ or ⟨σᶻ_m⟩, each for symbolic N:

1. every sum is split into the term of spin m and the rest R; the products on m are reduced;
2. in each product of sums over the rest, indices that coincide are separated from distinct ones,
   once per partition of the positions into blocks; each block is reduced by the Pauli algebra;
3. in a product state, a sum over distinct indices is a product of means over the other spins and of
   corrections for the indices that must not coincide (Möbius inversion on the partitions).

Nothing is neglected.  What the paper neglects are the corrections of step 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import sympy as sp

from spincat.shared.checks import check_integer

Word = tuple[str, ...]
"""A product of single-spin operators or sums of them, from "+", "-", "z" and "d" (δσᶻ)."""
Terms = dict[tuple[str, Word], sp.Expr]
"""Maps an operator of spin m ("1", "+", "-", "z") and a word of the rest to the coefficient."""

#: Number of spins N; positive, so that power counting in it is unambiguous.
N = sp.Symbol("N", positive=True)
#: Sums over all spins of σ⁺, σ⁻, σᶻ, and of δ_j σᶻ_j, which do not commute.
S_PLUS, S_MINUS, S_Z, S_DELTA = sp.symbols(
    r"S_{+} S_{-} S_{z} \sum_{j}\delta_{j}\sigma^{z}_{j}", commutative=False
)
#: ⟨σ⁺_m⟩, ⟨σᶻ_m⟩ and the detuning of spin m.
SIGMA = sp.Symbol(r"\sigma_m")
Z, DELTA = sp.symbols(r"z_m delta_m", real=True)
#: Means (1/N)Σ over j ≠ m of σ, σ², Pσ and \|σ\|²σ, with P = (1 + z)/2.
C1, T2, P1, S3 = sp.symbols("c_1 t_2 p_1 s_3")
#: Means of P and \|σ\|².
C2, S2 = sp.symbols("c_2 s_2", real=True)

_LETTERS = {S_PLUS: "+", S_MINUS: "-", S_Z: "z", S_DELTA: "d"}
_ADJOINT = {"+": "-", "-": "+", "z": "z", "d": "d"}
_HALF = sp.Rational(1, 2)
_PRODUCTS: dict[str, dict[str, sp.Expr]] = {
    "++": {}, "--": {}, "+-": {"1": _HALF, "z": _HALF}, "-+": {"1": _HALF, "z": -_HALF},
    "z+": {"+": sp.S.One}, "+z": {"+": -sp.S.One}, "z-": {"-": -sp.S.One}, "-z": {"-": sp.S.One},
    "zz": {"1": sp.S.One},
}  # fmt: skip
# Single-spin variables of step 3: σ, σ*, P and δ of one of the other spins.
_S, _S_BAR, _P, _D = _VARIABLES = sp.symbols("s sbar P d")
_EXPECTATION = {"1": sp.S.One, "+": _S, "-": _S_BAR, "z": 2 * _P - 1}
_OWN = {"1": sp.S.One, "+": SIGMA, "-": sp.conjugate(SIGMA), "z": Z}
_NAMES = {(1, 0, 0): C1, (0, 0, 1): C2, (1, 1, 0): S2, (2, 0, 0): T2, (1, 0, 1): P1, (2, 1, 0): S3}


def words(polynomial: sp.Expr) -> dict[Word, sp.Expr]:
    """Return the words of a polynomial in ``S_PLUS``, ``S_MINUS``, ``S_Z``, ``S_DELTA``.

    Raises
    ------
    ValueError
        If it contains any other operator, or a power that is not a number.
    """
    result: dict[Word, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(polynomial)):
        numbers, operators = term.args_cnc()
        word: Word = ()
        for operator in operators:
            base, power = operator.as_base_exp()
            if base not in _LETTERS or not power.is_Integer or power < 0:
                raise ValueError(f"polynomial has {operator}; allowed: powers of {list(_LETTERS)}")
            word += (_LETTERS[base],) * int(power)
        result[word] = result.get(word, sp.S.Zero) + sp.Mul(*numbers)
    return result


def adjoint(polynomial: dict[Word, sp.Expr]) -> dict[Word, sp.Expr]:
    """Return the words of the adjoint."""
    return {
        tuple(_ADJOINT[letter] for letter in reversed(word)): sp.conjugate(value)
        for word, value in polynomial.items()
    }


def pauli(letters: Iterable[str]) -> dict[str, sp.Expr]:
    """Reduce a product of operators of one spin to a combination of "1", "+", "-" and "z"."""
    result = {"1": sp.S.One}
    for letter in letters:
        longer: dict[str, sp.Expr] = {}
        for left, value in result.items():
            reduced = {letter: sp.S.One} if left == "1" else _PRODUCTS[left + letter]
            for operator, factor in reduced.items():
                longer[operator] = longer.get(operator, sp.S.Zero) + value * factor
        result = longer
    return {operator: value for operator, value in result.items() if value != 0}


def separate(word: Word) -> Terms:
    """Step 1: split each sum of a word into spin m, or none for an operator of m, and the rest.

    A letter with a bar, such as "+|", stands for the operator of spin m alone.
    """
    result: Terms = {}
    free = [i for i, letter in enumerate(word) if not letter.endswith("|")]
    for choice in range(2 ** len(free)):
        here = {position for k, position in enumerate(free) if choice >> k & 1}
        rest = tuple(word[i] for i in free if i not in here)
        local = [x.rstrip("|") for i, x in enumerate(word) if i in here or i not in free]
        weight = DELTA ** local.count("d")
        for operator, value in pauli("z" if x == "d" else x for x in local).items():
            key = operator, rest
            result[key] = result.get(key, sp.S.Zero) + weight * value
    return result


def drift(
    observable: str, hamiltonian: sp.Expr, jumps: Sequence[tuple[sp.Expr, sp.Expr]] = ()
) -> Terms:
    r"""Step 1 of the time derivative of "+" or "z" of spin m.

    .. math::
        \frac{\mathrm d}{\mathrm dt}\langle O\rangle = i\langle[H, O]\rangle + \sum\gamma
            \langle L^\dagger O L - \tfrac12 L^\dagger L O - \tfrac12 O L^\dagger L\rangle .

    Parameters
    ----------
    observable
        "+" for σ⁺_m, "-" or "z".
    hamiltonian
        Polynomial in the sums, such as ``S_MINUS**2 + S_PLUS**2``.
    jumps
        Pairs of a rate γ and a jump operator L, a polynomial in the sums.

    Returns
    -------
    Coefficients of products of an operator of spin m and a word of the rest, exact in any state.

    Raises
    ------
    ValueError
        If the observable is none of these or an operator is not a polynomial in the sums.
    """
    if observable not in _ADJOINT or observable == "d":
        raise ValueError(f"observable = {observable!r}; allowed: '+', '-' or 'z'")
    own = (observable + "|",)
    products: dict[Word, sp.Expr] = {}
    energy = words(hamiltonian)
    for word, value in energy.items():
        _add(products, word + own, sp.I * value)
        _add(products, own + word, -sp.I * value)
    for rate, operator in jumps:
        jump = words(operator)
        for left, a in adjoint(jump).items():
            for right, b in jump.items():
                _add(products, left + own + right, rate * a * b)
                _add(products, left + right + own, -rate * a * b / 2)
                _add(products, own + left + right, -rate * a * b / 2)
    result: Terms = {}
    for word, value in products.items():
        for key, factor in separate(word).items():
            _add(result, key, value * factor)
    return {key: value for key, value in result.items() if sp.simplify(value) != 0}


def _add(total: dict, key: object, value: sp.Expr) -> None:  # type: ignore[type-arg]
    total[key] = sp.expand(total.get(key, sp.S.Zero) + value)


def partitions(items: Sequence[int]) -> Iterator[list[list[int]]]:
    """Yield all partitions of ``items`` into blocks, the order of the items kept in each."""
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for partition in partitions(rest):
        yield [[first], *partition]
        for i, block in enumerate(partition):
            yield [*partition[:i], [first, *block], *partition[i + 1 :]]


def distinct_sums(word: Word) -> dict[Word, sp.Expr]:
    """Step 2: write a product of sums over the rest as sums over distinct indices.

    Returns
    -------
    Maps the operators of distinct spins to the number of such sums, without those that vanish:
    ("+", "+-") is the sum of σ⁺_i σ⁺_j σ⁻_j over i ≠ j, both other than m.
    """
    result: dict[Word, sp.Expr] = {}
    for partition in partitions(range(len(word))):
        blocks = [tuple(word[i] for i in block) for block in partition]
        if all(pauli(_plain(block)) for block in blocks):
            key = tuple(sorted("".join(block) for block in blocks))
            result[key] = result.get(key, sp.S.Zero) + 1
    return result


def _plain(block: Iterable[str]) -> Iterator[str]:
    return ("z" if letter == "d" else letter for letter in block)


def _block_value(block: str) -> sp.Expr:
    """Expectation value of a product of operators of one spin, in σ, σ*, P and δ."""
    value = sum(factor * _EXPECTATION[x] for x, factor in pauli(_plain(block)).items())
    return sp.expand(_D ** block.count("d") * value)


def mean(sigmas: int, conjugates: int, populations: int, detunings: int = 0) -> sp.Expr:
    r"""(1/N)Σσ^a σ*^b P^c δ^d over j ≠ m, as a symbol; (N-1)/N for the empty product."""
    for name, power in zip(
        ("sigmas", "conjugates", "populations", "detunings"),
        (sigmas, conjugates, populations, detunings), strict=True,
    ):  # fmt: skip
        check_integer(name, power, 0)
    if conjugates > sigmas:
        return sp.conjugate(mean(conjugates, sigmas, populations, detunings))
    key = sigmas, conjugates, populations
    if not any((*key, detunings)):
        return (N - 1) / N
    if not detunings and key in _NAMES:
        return _NAMES[key]
    powers = zip((r"\sigma", r"\sigma^*", "P", r"\delta"), (*key, detunings), strict=True)
    name = r"\,".join(rf"({x})^{{{power}}}" for x, power in powers if power)
    return sp.Symbol(rf"\overline{{{name}}}", real=True if sigmas == conjugates else None)


def in_means(operators: Word, *, exclusions: bool = True) -> sp.Expr:
    r"""Step 3: a sum over distinct indices of a product of expectation values, in means.

    .. math::
        \sum_{\mathrm{distinct}}\prod_k f_k = \sum_\pi\prod_{B\in\pi}(-1)^{|B|-1}(|B|-1)!
            \sum_{j\ne m}\prod_{k\in B}f_k(j) ,

    over all partitions π of the factors.  Without ``exclusions`` only the partition into single
    factors is kept: the indices may then coincide, which is the paper's approximation.
    """
    values = [_block_value(operator) for operator in operators]
    total = sp.S.Zero
    for partition in partitions(range(len(values))):
        if not exclusions and len(partition) < len(values):
            continue
        product = sp.S.One
        for block in partition:
            polynomial = sp.Poly(sp.prod(values[k] for k in block), *_VARIABLES)
            summed = sum(factor * mean(*powers) for powers, factor in polynomial.terms())
            product *= (-1) ** (len(block) - 1) * sp.factorial(len(block) - 1) * N * summed
        total += product
    return sp.expand(total)


def coupling(word: Word) -> sp.Expr:
    """The expectation value of one word of the rest after step 2, as symbols for the sums."""
    total = sp.S.Zero
    for blocks, count in distinct_sums(word).items():
        indices = "ijkl"[: len(blocks)]
        factors = (_latex(x, f"_{i}") for x, i in zip(blocks, indices, strict=True))
        total += count * sp.Symbol(rf"\sum'_{{{indices}}}" + "".join(factors))
    return total


def rest_symbol(word: Word) -> sp.Symbol:
    r"""A symbol for the expectation value of a word, such as ⟨R₊R₋⟩, with R₊ the sum over j ≠ m."""
    return sp.Symbol(r"\langle " + "".join(f"R_{{{x}}}" for x in word) + r"\rangle")


def before_sums(terms: Terms) -> sp.Expr:
    """The right-hand side after step 1, with symbols for what is left (Eqs. 40-42 and 44)."""
    return sp.Add(
        *(v * _OWN[x] * (rest_symbol(word) if word else 1) for (x, word), v in terms.items())
    )


def _latex(block: str, index: str) -> str:
    letters = {"+": r"\sigma^+", "-": r"\sigma^-", "z": r"\sigma^z", "d": r"\delta\sigma^z"}
    return r"\langle " + "".join(letters[x] + index for x in block) + r"\rangle"


def rest_value(word: Word, *, exclusions: bool = True) -> sp.Expr:
    """Steps 2 and 3 of one word of the rest: its value in a product state.

    Without ``exclusions``, see `in_means`, these are the sums of Eq. 43.
    """
    sums = distinct_sums(word)
    return sp.expand(sum(v * in_means(x, exclusions=exclusions) for x, v in sums.items()))


def equation(terms: Terms, *, exclusions: bool = True) -> sp.Expr:
    """All three steps: the right-hand side in σ_m, z_m and means over the other spins.

    Without ``exclusions``, see `in_means`, these are Eqs. 44-46.
    """
    values = {word: rest_value(word, exclusions=exclusions) for _, word in terms}
    return sp.expand(sum(v * _OWN[x] * values[word] for (x, word), v in terms.items()))


def by_order(expression: sp.Expr) -> dict[int, sp.Expr]:
    """Sort a right-hand side by its power of N, highest first; the means are of order one."""
    result: dict[int, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(expression)):
        factor, power = term.as_coeff_exponent(N)
        result[int(power)] = result.get(int(power), sp.S.Zero) + factor
    return dict(sorted(result.items(), reverse=True))


def identical_spins(expression: sp.Expr) -> sp.Expr:
    """Put σ_m and z_m for every spin, so that each mean is (N-1)/N times its summand."""
    values = dict(zip(_VARIABLES, (SIGMA, sp.conjugate(SIGMA), (1 + Z) / 2, DELTA), strict=True))
    means = {
        mean(*key): (N - 1) / N * sp.prod(x**k for x, k in zip(values.values(), key, strict=False))
        for key in _NAMES
    }
    return sp.factor(expression.subs(means, simultaneous=True))
