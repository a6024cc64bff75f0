r"""Eqs. 22-23 of one spin in SymPy, for whatever the other spins are.

`spincat.symbolic.identical_spins`, `spincat.symbolic.mirror_halves` and
`spincat.symbolic.slow_spins` put in what the others are in their case.
"""

from __future__ import annotations

from typing import NamedTuple

import sympy as sp


class Pair(NamedTuple):
    """A number and its complex conjugate, which may be a symbol of its own."""

    value: sp.Expr
    conjugate: sp.Expr


def with_conjugate(value: sp.Expr) -> Pair:
    """Return a number with the conjugate that SymPy makes of it."""
    return Pair(value, sp.conjugate(value))


def rates_of_spin(
    sigma: Pair, z: sp.Expr, c_1: Pair, t: Pair, q: sp.Expr, eta: sp.Expr,
    *, gamma: sp.Expr = sp.S.One, turn: sp.Expr = sp.S.One,
) -> tuple[sp.Expr, sp.Expr]:  # fmt: skip
    r"""Return dσ/dt without the detuning, and dz/dt, of Eqs. 22-23.

    .. math::
        \dot\sigma &= -2i\eta e^{i\varphi} zc_1^* - 2\Gamma_2\sigma Q + \Gamma_2 zT ,\\
        \dot z &= 8\eta\operatorname{Im}(e^{-i\varphi}\sigma c_1) - 4\Gamma_2(1+z)Q
            - 4\Gamma_2\operatorname{Re}(\sigma T^*) .

    Parameters
    ----------
    sigma, z
        ⟨σ⁺⟩ and ⟨σᶻ⟩ of the spin.
    c_1, t, q
        What it sees of the others: (1/N)Σ⟨σ⁺_j⟩, and the sums over triples and pairs of spins,
        T = c₁(2c₂ + N\|c₁\|²) and Q = c₂/N + \|c₁\|² in Eqs. 22-23.
    eta, gamma
        Strength of the drive and rate of the loss.
    turn
        exp(iφ) of the phase of the drive.
    """
    (value, conjugate), (c_1, c_1_conjugate), (t, t_conjugate) = sigma, c_1, t
    d_sigma = -2 * sp.I * eta * turn * z * c_1_conjugate + gamma * (z * t - 2 * value * q)
    absorbed = -4 * sp.I * eta * (value * c_1 / turn - turn * conjugate * c_1_conjugate)
    lost = (1 + z) * q + (value * t_conjugate + conjugate * t) / 2
    return d_sigma, absorbed - 4 * gamma * lost
