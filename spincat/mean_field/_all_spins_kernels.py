r"""Compiled loops of `spincat.mean_field.all_spins`: right-hand sides and linear solves in O(N).

Spin m feels the others through four sums over j ≠ m (σ = ⟨σ⁺⟩, P = (1 + ⟨σᶻ⟩)/2),

.. math::
    c = \tfrac1N\sum\sigma_j,\quad e = \tfrac1N\sum v_j,\quad t = \tfrac1N\sum\sigma_j^2,\quad
    q = \tfrac1N\sum v_j\sigma_j,\qquad v_j = P_j - |\sigma_j|^2 ,

each the sum over all spins without the own term.  Spins may stand for groups of equal ones: the sum
over all then counts each with its multiplicity, and the own term is taken out once, so that a spin
does see the others of its group.  The sums combine to a field F and a rate Q,

.. math::
    F = (N|c|^2 + 2e)\,c + (d - t)\,c^* - \tfrac2N q,\quad Q = |c|^2 + e/N,\quad
    \dot\sigma = (i\delta - 2Q)\sigma + zF,\quad
    \dot z = -4Q(1+z) - 4\,\mathrm{Re}(\sigma^*F) ,

with the coupling d = -2iηe^{iφ}.  These are exact in a product state; Eqs. 22-23 are the same with
v = P, t = q = 0: ``product`` = False.
``multiplicities`` = None stands for ones and costs nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from spincat.shared.checks import check_equations
from spincat.shared.types import Complexes, Equations, Floats

State = tuple[Complexes, Floats]
"""σ and z of each spin."""
Sums = tuple[float, float, float, float, float, float, float, float]
compiled = njit(cache=True, fastmath=True, error_model="numpy")
"""Without the check of each divisor, which would keep loops over spins from being vectorised."""
TINY = 1e-30
"""Length of a complex step, whose square does not matter."""


@compiled
def _own_terms(x: float, y: float, z: float, product: bool) -> tuple[float, ...]:
    """What the spin with σ = x + iy adds to N times the sums."""
    v = (1 + z) / 2
    if not product:
        return x, y, v, 0.0, 0.0, 0.0, 0.0
    v -= x * x + y * y
    return x, y, v, x * x - y * y, 2 * x * y, v * x, v * y


@compiled
def totals(sigma: Complexes, z: Floats, multiplicities: Floats | None, product: bool) -> Sums:
    """N times Re c, Im c, e, Re t, Im t, Re q, Im q over all spins, and N."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = 0.0
    n = float(sigma.size)
    if multiplicities is None:
        for m in range(sigma.size):
            g = _own_terms(sigma[m].real, sigma[m].imag, z[m], product)
            s0 += g[0]
            s1 += g[1]
            s2 += g[2]
            s3 += g[3]
            s4 += g[4]
            s5 += g[5]
            s6 += g[6]
    else:
        n = 0.0
        for m in range(sigma.size):
            g, k = _own_terms(sigma[m].real, sigma[m].imag, z[m], product), multiplicities[m]
            s0 += k * g[0]
            s1 += k * g[1]
            s2 += k * g[2]
            s3 += k * g[3]
            s4 += k * g[4]
            s5 += k * g[5]
            s6 += k * g[6]
            n += k
    return s0, s1, s2, s3, s4, s5, s6, n


@compiled
def _surroundings(
    x: float, y: float, z: float, sums: Sums, coupling: complex, product: bool
) -> tuple[float, ...]:
    """Re c, Im c, e, Re d - t, Im d - t, Re F, Im F, Q of the spin with this state."""
    g, n, inv = _own_terms(x, y, z, product), sums[7], 1.0 / sums[7]
    cr, ci, e = (sums[0] - g[0]) * inv, (sums[1] - g[1]) * inv, (sums[2] - g[2]) * inv
    br, bi = coupling.real - (sums[3] - g[3]) * inv, coupling.imag - (sums[4] - g[4]) * inv
    square = cr * cr + ci * ci
    a, q = n * square + 2 * e, 2 * inv * inv
    fr = a * cr + br * cr + bi * ci - q * (sums[5] - g[5])
    fi = a * ci + bi * cr - br * ci - q * (sums[6] - g[6])
    return cr, ci, e, br, bi, fr, fi, square + e * inv


@compiled
def _rates(
    x: float, y: float, z: float, detuning: float, sums: Sums, coupling: complex, product: bool
) -> tuple[float, float, float]:
    """Time derivatives of x, y and z of one spin: Eqs. 22-23."""
    _, _, _, _, _, fr, fi, q = _surroundings(x, y, z, sums, coupling, product)
    dx, dy = -2 * q * x - detuning * y + z * fr, -2 * q * y + detuning * x + z * fi
    return dx, dy, -4 * q * (1 + z) - 4 * (x * fr + y * fi)


@compiled
def derivative(
    sigma: Complexes, z: Floats, detunings: Floats, coupling: complex,
    multiplicities: Floats | None, product: bool, dsigma: Complexes, dz: Floats,
) -> None:  # fmt: skip
    """Write the time derivatives to ``dsigma`` and ``dz``."""
    sums = totals(sigma, z, multiplicities, product)
    for m in range(sigma.size):
        dx, dy, dw = _rates(
            sigma[m].real, sigma[m].imag, z[m], detunings[m], sums, coupling, product
        )
        dsigma[m] = complex(dx, dy)
        dz[m] = dw


@compiled
def jacobian(
    sigma: Complexes, z: Floats, detunings: Floats, coupling: complex,
    multiplicities: Floats | None, product: bool,
) -> Floats:  # fmt: skip
    """The derivatives of (ẋ, ẏ, ż) of each spin by (x, y, z) of each, shape (3, G, 3, G).

    By complex steps: the equations are polynomials, so that the result is exact to rounding.
    """
    size = sigma.size
    sums = totals(sigma, z, multiplicities, product)
    result = np.empty((3, size, 3, size))
    for k in range(3):
        h = 1j * TINY
        hx, hy, hz = h * (k == 0), h * (k == 1), h * (k == 2)
        for j in range(size):
            f = 1j if multiplicities is None else 1j * multiplicities[j]
            g = _own_terms(sigma[j].real + hx, sigma[j].imag + hy, z[j] + hz, product)
            shifted: Any = (
                sums[0] + f * g[0].imag, sums[1] + f * g[1].imag, sums[2] + f * g[2].imag,
                sums[3] + f * g[3].imag, sums[4] + f * g[4].imag, sums[5] + f * g[5].imag,
                sums[6] + f * g[6].imag, sums[7],
            )  # fmt: skip
            for m in range(size):
                here = 1.0 if m == j else 0.0
                rates = _rates(
                    sigma[m].real + here * hx, sigma[m].imag + here * hy, z[m] + here * hz,
                    detunings[m], shifted, coupling, product,
                )  # fmt: skip
                for i in range(3):
                    result[i, m, k, j] = rates[i].imag / TINY
    return result


@compiled
def factorise(
    shift: float, sigma: Complexes, z: Floats, detunings: Floats, coupling: complex,
    multiplicities: Floats | None, product: bool, inverses: Floats, columns: Floats,
) -> Floats:  # fmt: skip
    """Prepare (shift - J)⁻¹, where J neglects that single spins change the sums e, t and q.

    What is left is J = B + U V, one 3 by 3 block per spin and a matrix of rank 2: V adds up σ with
    the multiplicities, U is the response of (ẋ, ẏ, ż) to c.  The blocks of (shift - B)⁻¹ go to
    ``inverses`` (9, N) and (shift - B)⁻¹ U to ``columns`` (6, N); returned is the capacitance
    matrix of Woodbury's formula, 1 - V (shift - B)⁻¹ U, shape (2, 2).
    """
    sums = totals(sigma, z, multiplicities, product)
    n, inv = sums[7], 1.0 / sums[7]
    s00, s01, s10, s11 = 1.0, 0.0, 0.0, 1.0
    for m in range(sigma.size):
        x, y, w, delta = sigma[m].real, sigma[m].imag, z[m], detunings[m]
        cr, ci, e, br, bi, fr, fi, q = _surroundings(x, y, w, sums, coupling, product)
        # dF = a dc + b dc*, dQ = 2 Re(c* dc)
        a = 2 * n * (cr * cr + ci * ci) + 2 * e
        br, bi = br + n * (cr * cr - ci * ci), bi + 2 * n * cr * ci
        u00, u01 = (w * (a + br) - 4 * x * cr) * inv, (w * bi - 4 * x * ci) * inv
        u10, u11 = (w * bi - 4 * y * cr) * inv, (w * (a - br) - 4 * y * ci) * inv
        u20 = -4 * (x * (a + br) + y * bi + 2 * (1 + w) * cr) * inv
        u21 = -4 * (x * bi + y * (a - br) + 2 * (1 + w) * ci) * inv
        # The own σ is not in c, so U comes off again on the diagonal.
        m00, m01, m02 = shift + 2 * q + u00, delta + u01, -fr
        m10, m11, m12 = -delta + u10, shift + 2 * q + u11, -fi
        m20, m21, m22 = 4 * fr + u20, 4 * fi + u21, shift + 4 * q
        i00, i01, i02 = m11 * m22 - m12 * m21, m02 * m21 - m01 * m22, m01 * m12 - m02 * m11
        i10, i11, i12 = m12 * m20 - m10 * m22, m00 * m22 - m02 * m20, m02 * m10 - m00 * m12
        i20, i21, i22 = m10 * m21 - m11 * m20, m01 * m20 - m00 * m21, m00 * m11 - m01 * m10
        scale = 1 / (m00 * i00 + m01 * i10 + m02 * i20)
        inverses[0, m], inverses[1, m], inverses[2, m] = i00 * scale, i01 * scale, i02 * scale
        inverses[3, m], inverses[4, m], inverses[5, m] = i10 * scale, i11 * scale, i12 * scale
        inverses[6, m], inverses[7, m], inverses[8, m] = i20 * scale, i21 * scale, i22 * scale
        c00, c01 = (i00 * u00 + i01 * u10 + i02 * u20), (i00 * u01 + i01 * u11 + i02 * u21)
        c10, c11 = (i10 * u00 + i11 * u10 + i12 * u20), (i10 * u01 + i11 * u11 + i12 * u21)
        c20, c21 = (i20 * u00 + i21 * u10 + i22 * u20), (i20 * u01 + i21 * u11 + i22 * u21)
        columns[0, m], columns[1, m], columns[2, m] = c00 * scale, c01 * scale, c10 * scale
        columns[3, m], columns[4, m], columns[5, m] = c11 * scale, c20 * scale, c21 * scale
        weight = scale if multiplicities is None else scale * multiplicities[m]
        s00 -= c00 * weight
        s01 -= c01 * weight
        s10 -= c10 * weight
        s11 -= c11 * weight
    return np.array([[s00, s01], [s10, s11]])


@compiled
def solve(
    inverses: Floats, columns: Floats, capacitance: Floats, multiplicities: Floats | None,
    sigma: Complexes, z: Floats,
) -> None:  # fmt: skip
    """Replace the right-hand side (``sigma``, ``z``) by (shift - J)⁻¹ times it (Woodbury).

    ``capacitance`` is what ``factorise`` returned.
    """
    gr = gi = 0.0
    for m in range(sigma.size):
        x, y, w = sigma[m].real, sigma[m].imag, z[m]
        re = inverses[0, m] * x + inverses[1, m] * y + inverses[2, m] * w
        im = inverses[3, m] * x + inverses[4, m] * y + inverses[5, m] * w
        z[m] = inverses[6, m] * x + inverses[7, m] * y + inverses[8, m] * w
        sigma[m] = complex(re, im)
        gr += re if multiplicities is None else multiplicities[m] * re
        gi += im if multiplicities is None else multiplicities[m] * im
    det = capacitance[0, 0] * capacitance[1, 1] - capacitance[0, 1] * capacitance[1, 0]
    wr = (capacitance[1, 1] * gr - capacitance[0, 1] * gi) / det
    wi = (capacitance[0, 0] * gi - capacitance[1, 0] * gr) / det
    for m in range(sigma.size):
        re, im = columns[0, m] * wr + columns[1, m] * wi, columns[2, m] * wr + columns[3, m] * wi
        sigma[m] += complex(re, im)
        z[m] += columns[4, m] * wr + columns[5, m] * wi


@compiled
def combine(
    weights: Floats, stages: tuple[Complexes, Floats], start: tuple[Complexes, Floats],
    out: tuple[Complexes, Floats],
) -> None:  # fmt: skip
    """Write ``start`` plus the weighted sum of the first stages, (s, N) each, to ``out``."""
    sigma, z = out
    for m in range(z.size):
        sigma[m], z[m] = start[0][m], start[1][m]
    for i in range(weights.size):
        weight, us, uz = weights[i], stages[0][i], stages[1][i]
        for m in range(z.size):
            sigma[m] += weight * us[m]
            z[m] += weight * uz[m]


class EquationsOfMotion:
    """What the kernels need of spins or of groups of equal ones, besides their state."""

    def __init__(
        self, detunings: Floats, coupling: complex, equations: Equations,
        multiplicities: Floats | None = None,
    ) -> None:  # fmt: skip
        self.detunings, self.coupling, self.multiplicities = detunings, coupling, multiplicities
        self.product = check_equations(equations, "paper", "product") == "product"

    def derivative(self, state: State, out: State | None = None) -> State:
        """The time derivative of (σ, z), which is written to ``out``."""
        out = (np.empty_like(state[0]), np.empty_like(state[1])) if out is None else out
        derivative(
            *state, self.detunings, self.coupling, self.multiplicities, self.product, out[0], out[1]
        )
        return out

    def jacobian(self, state: State) -> Floats:
        """The derivatives of (ẋ, ẏ, ż), of each spin, by (x, y, z) of each, (3, G, 3, G)."""
        return np.asarray(
            jacobian(*state, self.detunings, self.coupling, self.multiplicities, self.product)
        )

    def factorise(self, shift: float, state: State, inverses: Floats, columns: Floats) -> Floats:
        """Prepare the linear systems of a step: the function ``factorise``."""
        capacitance = factorise(
            shift, *state, self.detunings, self.coupling, self.multiplicities, self.product,
            inverses, columns,
        )  # fmt: skip
        return np.asarray(capacitance)
