r"""Two oppositely detuned halves: from Eqs. 22-23 to Eqs. 26-28, and Appendix C by expansion.

Half of the N spins have the detuning +δ, half −δ.  With the ansatz
:math:`\langle\sigma^+\rangle = A e^{i(\pi/4\pm\zeta)}` and one :math:`\langle\sigma^z\rangle = z`
every sum over the other spins is a sum over the two halves.  The phase φ of the drive is zero, as
in the paper.

The sums over two and three spins can be taken in two ways.  The paper lets indices coincide that
cannot, which gives products of single sums: "paper", Eqs. 22-23.  The sums over different spins are
exact if the spins are not correlated: "product".  What the paper prints, Eqs. 26-28, is "printed".
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import sympy as sp

from spincat.shared.caching import cached
from spincat.shared.checks import check_choice, check_equations
from spincat.shared.types import Equations
from spincat.symbolic.spin_rates import rates_of_spin, with_conjugate

#: Modulus A of ⟨σ⁺⟩ and number of spins N.
A, N = sp.symbols("A N", positive=True)
#: Phase spread ζ, inversion z and detuning δ.
zeta, z, delta = sp.symbols("zeta z delta", real=True)
#: Strength of the drive and rate of the loss.
eta, Gamma_2 = sp.symbols("eta Gamma_2", positive=True)
#: A² and 1 + z in units of 1/N, both of order one at a fixed drive.
a, w = sp.symbols("a w", positive=True)


class Sums(NamedTuple):
    """What a spin m sees of the others; sums over i, j, k run over all spins but m."""

    c1: sp.Expr  #: (1/N) Σ ⟨σ⁺_i⟩
    c2: sp.Expr  #: (1/N) Σ ⟨σ⁺_i σ⁻_i⟩ = (1/2N) Σ (1 + z)
    pair: sp.Expr  #: (1/N²) Σ ⟨σ⁺_i σ⁻_j⟩
    triple: sp.Expr  #: (1/N²) Σ ⟨σ⁺_i σ⁺_j σ⁻_k⟩


class Rates(NamedTuple):
    """The right-hand sides of three equations of motion."""

    amplitude: sp.Expr  #: of (dA/dt)/A, as Eq. 26
    phase: sp.Expr  #: of dζ/dt, as Eq. 27
    inversion: sp.Expr  #: of (dz/dt)/A², as Eq. 28


def coherence(half: int) -> sp.Expr:
    r"""Return the ansatz :math:`A e^{i(\pi/4 \pm \zeta)}` for the half with detuning ±δ.

    Parameters
    ----------
    half
        +1 or −1.

    Raises
    ------
    ValueError
        If ``half`` is neither.
    """
    half = check_choice("half", half, (1, -1))
    return A * sp.exp(sp.I * (sp.pi / 4 + half * zeta))


def seen_by(half: int, equations: Equations = "paper") -> Sums:
    r"""Sum over all spins but one, which belongs to ``half``.

    The other spins are N/2 − 1 of the same half and N/2 of the other.  Since a spin can be excited
    only once, i ≠ j in the triple, and k is one of the two or a third spin.  "product" counts the
    different spins, :math:`n_u(n_v-\delta_{uv})(n_w-\delta_{uw}-\delta_{vw})` triples from the
    halves u, v, w; "paper" counts :math:`n_u n_v n_w`, and then

    .. math::
        \text{pair} = \frac{c_2}{N} + |c_1|^2, \qquad \text{triple} = c_1(2c_2 + N|c_1|^2) .

    Parameters
    ----------
    half
        +1 or −1, the half of the spin that is left out.
    equations
        "paper" or "product".
    """
    half = check_choice("half", half, (1, -1))
    exclude = check_equations(equations, "paper", "product") == "product"
    sigma = {u: coherence(u) for u in (1, -1)}
    count = {u: N / 2 - int(u == half) for u in sigma}
    excited = (1 + z) / 2
    c1 = sum(count[u] * sigma[u] for u in sigma) / N
    c2 = sum(count.values()) * excited / N
    pair, triple = c2 / N, sp.S.Zero
    for u, v in product(sigma, repeat=2):
        two = count[u] * (count[v] - int(exclude and u == v))
        pair += two * sigma[u] * sp.conjugate(sigma[v]) / N**2
        triple += 2 * two * excited * sigma[v] / N**2
        for w in sigma:
            three = two * (count[w] - int(exclude and w == u) - int(exclude and w == v))
            triple += three * sigma[u] * sigma[v] * sp.conjugate(sigma[w]) / N**2
    return Sums(sp.factor(c1), sp.factor(c2), sp.expand(pair), sp.expand(triple))


@cached()
def rates(equations: Equations, half: int = 1) -> Rates:
    r"""Return the right-hand sides for the spins of one half.

    "printed" are Eqs. 26-28.  The others follow from Eqs. 22-23 with the ansatz, and nothing is
    dropped: "paper" is what Eqs. 26-28 have to approximate.  In terms of `Sums`,

    .. math::
        \frac{\dot A}{A} \pm i\dot\zeta &= \pm i\delta + \frac{1}{\sigma}\left[
            -2i\eta z c_1^* + \Gamma_2 z\,\text{triple}\right] - 2\Gamma_2\,\text{pair} ,\\
        \dot z &= 8\eta\,\mathrm{Im}(\sigma c_1) - 4\Gamma_2(1+z)\,\text{pair}
            - 4\Gamma_2\,\mathrm{Re}(\sigma\,\text{triple}^*) .

    Parameters
    ----------
    equations
        "printed", "paper" or "product".
    half
        +1 or −1; the ansatz is consistent if both give the same equations.

    Raises
    ------
    ValueError
        If ``equations`` or ``half`` is none of these.

    Examples
    --------
    >>> rates("printed").phase.subs({delta: 0, eta: 0, N: 4})
    -Gamma_2*z*(2*A**2*cos(zeta)**2 + z + 1)*sin(2*zeta)/2
    """
    sigma, half = coherence(half), int(half)
    if check_equations(equations, "printed", "paper", "product") == "printed":
        c = sp.cos(zeta) ** 2
        return _in_printed_form(1 + z + N * A**2 * (1 - 2 / N) * c, A**2 * c)
    seen = seen_by(half, equations)
    spin, c_1, triple = map(with_conjugate, (sigma, seen.c1, seen.triple))
    d_sigma, d_z = rates_of_spin(spin, z, c_1, triple, seen.pair, eta, gamma=Gamma_2)
    amplitude, phase = _parts(d_sigma / sigma + sp.I * half * delta)
    return Rates(_tidy(amplitude), _tidy(half * phase), _tidy(_parts(d_z / A**2)[0]))


def _in_printed_form(bracket: sp.Expr, pair: sp.Expr) -> Rates:
    """Eqs. 26-28 with something else for their square bracket and for their A²cos²ζ."""
    c = sp.cos(zeta) ** 2
    drive = c - sp.cos(2 * zeta) / N
    return Rates(
        -2 * eta * z * drive + Gamma_2 * z * (c - 1 / N) * bracket - 2 * Gamma_2 * pair,
        delta + (eta * (1 - 2 / N) - Gamma_2 * bracket / 2) * z * sp.sin(2 * zeta),
        8 * eta * drive - 4 * Gamma_2 * (c - 1 / N) * bracket - 4 * Gamma_2 * (1 + z) * pair / A**2,
    )


def corrected_rates() -> tuple[Rates, dict[sp.Symbol, sp.Expr]]:
    r"""Return Eqs. 22-23 with the ansatz in the form of Eqs. 26-28, but without omissions.

    Two abbreviations differ from the printed ones: B replaces the square bracket, and P, the mean
    of pairs in `Sums`, replaces :math:`A^2\cos^2\zeta`.

    Returns
    -------
        The right-hand sides with the symbols B and P, and what B and P stand for.
    """
    B, P = sp.symbols("B P")
    c = sp.cos(zeta) ** 2
    bracket = (1 + z) * (1 - 1 / N) + N * A**2 * (1 - 2 / N) * c + A**2 / N
    pair = A**2 * (1 - 2 / N) * c + A**2 / N**2 + (1 + z) * (1 - 1 / N) / (2 * N)
    return _in_printed_form(B, P), {B: bracket, P: pair}


def omitted_terms(equations: Equations = "paper") -> Rates:
    r"""Return what Eqs. 26-28 leave out: the other `rates` minus the printed ones.

    Parameters
    ----------
    equations
        "paper" compares with Eqs. 22-23, "product" with the exact equations.
    """
    pairs = zip(rates(equations), rates("printed"), strict=True)
    return Rates(*(_tidy(whole - printed) for whole, printed in pairs))


def leading_term(expression: sp.Expr) -> sp.Expr:
    r"""Return the leading term for large N at a fixed drive, where A² = a/N and 1 + z = w/N.

    Parameters
    ----------
    expression
        A difference such as `omitted_terms`, not zero.
    """
    x = sp.Symbol("x", positive=True)
    scaled = sp.together(expression.subs({A: sp.sqrt(a * x), z: -1 + w * x, N: 1 / x}))
    top, bottom = (sp.Poly(sp.expand(part), x) for part in sp.fraction(scaled))
    (up,), high = top.terms()[-1]
    (down,), low = bottom.terms()[-1]
    return sp.factor(high / low) * N ** (down - up)


def _parts(expression: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Return the real and the imaginary part of a polynomial in exp(iζ) and real symbols."""
    return sp.expand(sp.expand(expression).rewrite(sp.cos)).as_real_imag()  # type: ignore[no-any-return]


def _tidy(expression: sp.Expr) -> sp.Expr:
    """Write what is even in ζ with cos²ζ, what is odd with sin 2ζ, and collect the rates."""
    c, s = sp.symbols("c s")
    value = sp.expand(sp.expand_trig(expression)).subs({sp.cos(zeta): c, sp.sin(zeta): s})
    value = sp.rem(sp.Poly(value, s, c), sp.Poly(s**2 + c**2 - 1, s, c)).as_expr()
    parts = value.coeff(s, 0), sp.expand(value.coeff(s, 1) / (2 * c))  # s c = sin 2ζ / 2
    even, odd = (
        sp.collect(sp.expand(part), [eta, Gamma_2], sp.factor).subs(c, sp.cos(zeta))
        for part in parts
    )
    return even + odd * sp.sin(2 * zeta)
