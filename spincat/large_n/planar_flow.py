r"""The large-N limit of Eqs. 26-28: a flow of (ζ, z) in a plane, and its boundaries (Sec. IV.2).

With h = η/(NΓ2) fixed and N → ∞ the amplitude follows the constraint A²cos²ζ = 2h within a time of
order 1/(hN), and the phase spread ζ and the inversion z obey

.. math::
    \dot\zeta = \delta\cos^2\zeta - 4h(1+z)\sin\zeta\cos\zeta , \qquad
    \dot z = -8h\left[\frac{4h(1+z) + \delta\tan\zeta}{z} + 1 + z - \frac{4h}{\cos^2\zeta}\right] .

`spincat.symbolic.planar_flow` derives this, and every closed form below.  Eqs. 22-23 and the exact
equations of a product state have the same limit (`spincat.symbolic.slow_spins`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spincat.large_n import _planar_orbits as orbits
from spincat.shared.checks import check_finite, check_nonnegative, check_number, refusal
from spincat.shared.types import Floats

__all__ = [
    "BOGDANOV_TAKENS",
    "LARGEST_H",
    "fixed_points",
    "hopf_linewidth",
    "jacobian",
    "lyapunov_coefficient",
    "rhs",
    "saddle_node_linewidth",
    "stability_limit",
]


LARGEST_H = 1 / 16
"""Largest h with a synchronised state, the limit of Eq. 25."""
SMALLEST_H = 1e-16
"""Smallest h of a synchronised state: below it √(1 - 16h) is 1 in double precision."""
BOGDANOV_TAKENS = (13 * np.sqrt(2) - 18) / 8, np.sqrt(746 * np.sqrt(2) - 1055)
"""(h, δ/Γ2) where the Hopf line ends on the saddle-node line."""


def rhs(state: ArrayLike, h: float, delta: float) -> Floats:
    """Time derivative of (ζ, z) for N → ∞, the flow that the module displays.

    Parameters
    ----------
    state
        (ζ, z) along the last axis, shape (..., 2), with z < 0.
    h, delta
        Drive η/(NΓ2), 0 ≤ h ≤ 1/16, and detuning δ/Γ2 ≥ 0.

    Returns
    -------
    Derivatives with respect to Γ2·t, shape (..., 2).

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.

    Examples
    --------
    >>> rhs([0.5, -0.8], h=0.02, delta=0.05).round(4)
    array([ 0.0318, -0.0067])
    """
    zeta, z = check_state(state)
    h, delta = check_point(h, delta)
    cos, sin = np.cos(zeta), np.sin(zeta)
    d_zeta = cos * (delta * cos - 4 * h * (1 + z) * sin)
    d_z = -8 * h * ((4 * h * (1 + z) + delta * sin / cos) / z + 1 + z - 4 * h / cos**2)
    return np.stack([d_zeta, d_z], axis=-1)


def jacobian(state: ArrayLike, h: float, delta: float) -> Floats:
    """Matrix of the derivatives of :func:`rhs` (rows) by ζ and z (columns), shape (..., 2, 2).

    Raises
    ------
    ValueError
        If an argument is not finite or outside its range.
    """
    zeta, z = check_state(state)
    h, delta = check_point(h, delta)
    tan, cos2 = np.tan(zeta), np.cos(zeta) ** 2
    w = 1 + z
    rows = [
        [-delta * np.sin(2 * zeta) - 4 * h * w * np.cos(2 * zeta), -2 * h * np.sin(2 * zeta)],
        [-8 * h / cos2 * (delta / z - 8 * h * tan),
         -8 * h * (4 * h / z - (4 * h * w + delta * tan) / z**2 + 1)],
    ]  # fmt: skip
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def saddle_node_linewidth(h: ArrayLike) -> Floats:
    r"""The largest δ/Γ2 with a steady state: there it merges with a saddle and both vanish.

    .. math::
        \delta_{SN} = 2w\sqrt{h\left[w(1-w) - 4h\right]} , \qquad w = \frac{3+\sqrt{9-128h}}8 .

    Its maximum is 2/27, at h = 1/36.

    Parameters
    ----------
    h
        η/(NΓ2), from 0 to 1/16, any shape.

    Returns
    -------
    δ/Γ2, the shape of ``h``.

    Raises
    ------
    ValueError
        If ``h`` is not finite or outside its range.

    Examples
    --------
    >>> round(float(saddle_node_linewidth(1 / 36)) * 27, 6)
    2.0
    """
    values = check_h(h, LARGEST_H)
    return _detuning(values, orbits.saddle_node(4 * values))


def hopf_linewidth(h: ArrayLike) -> Floats:
    r"""The δ/Γ2 above which the steady state is unstable: a pair of eigenvalues crosses ±iω.

    .. math::
        \delta_{H} = 2w\sqrt{h\left[w(1-w) - 4h\right]} , \qquad w = \frac{\sqrt{25-96h}-1}6 .

    Parameters
    ----------
    h
        η/(NΓ2), from 0 to that of :data:`BOGDANOV_TAKENS`, above which there is no such point.

    Returns
    -------
    δ/Γ2, the shape of ``h``.

    Raises
    ------
    ValueError
        If ``h`` is not finite or outside its range.

    Examples
    --------
    >>> hopf_linewidth([0.01, 0.02, 0.03]).round(4)
    array([0.0563, 0.0699, 0.0729])
    """
    values = check_h(h, BOGDANOV_TAKENS[0])
    return _detuning(values, orbits.hopf(4 * values))


def stability_limit(h: ArrayLike) -> Floats:
    """The δ/Γ2 up to which there is a stable steady state: Hopf line, then saddle-node line.

    Parameters
    ----------
    h
        η/(NΓ2), from 0 to 1/16, any shape.

    Returns
    -------
    δ/Γ2, the shape of ``h``.

    Raises
    ------
    ValueError
        If ``h`` is not finite or outside 0 ≤ h ≤ 1/16.

    Examples
    --------
    >>> stability_limit([0.01, 0.05]).round(4)
    array([0.0563, 0.0542])
    """
    values = check_h(h, LARGEST_H)
    with_hopf = hopf_linewidth(np.minimum(values, BOGDANOV_TAKENS[0]))
    return np.where(values < BOGDANOV_TAKENS[0], with_hopf, saddle_node_linewidth(values))


def lyapunov_coefficient(h: ArrayLike) -> Floats:
    r"""First Lyapunov coefficient at the Hopf bifurcation, in units of Γ2.

    The amplitude r of tan ζ around the steady state obeys ṙ = αr + ar³ close to the bifurcation,
    α being the real part of the eigenvalues.  It is positive: the bifurcation is subcritical.

    Parameters
    ----------
    h
        As in :func:`hopf_linewidth`.

    Returns
    -------
    a in units of Γ2, the shape of ``h``.

    Raises
    ------
    ValueError
        If ``h`` is not finite or outside its range.

    Examples
    --------
    >>> lyapunov_coefficient([0.01, 0.02]).round(3)
    array([0.181, 0.774])
    """
    w = orbits.hopf(4 * check_h(h, BOGDANOV_TAKENS[0]))
    quartic = 32 * w**4 - 63 * w**3 - 38 * w**2 + 127 * w - 48
    above = (1 + w) ** 2 * (3 * w - 2) ** 2 * quartic
    with np.errstate(divide="ignore"):
        return np.asarray(above / (32 * (w - 1) ** 3 * (w**2 - 4 * w + 2)))


def fixed_points(h: float, delta: float) -> Floats:
    """The two steady states (ζ, z): the synchronised one, then the saddle.

    They solve (1 + z)(-z) = 4h/cos²ζ with δ = 4h(1 + z) tan ζ.

    Parameters
    ----------
    h, delta
        Drive 0 < h ≤ 1/16 and detuning 0 ≤ δ/Γ2 ≤ :func:`saddle_node_linewidth`.

    Returns
    -------
    Array of shape (2, 2), a row (ζ, z) for each.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> fixed_points(h=0.02, delta=0.05).round(3)
    array([[ 0.964, -0.566],
           [ 0.63 , -0.143]])
    """
    h, delta = check_driven(h, delta)
    if delta > saddle_node_linewidth(h):
        limit = float(saddle_node_linewidth(h))
        raise ValueError(f"delta = {delta!r}; allowed: at most {limit:.8g} for h = {h:.8g}")
    points = orbits.fixed_points(4 * h, delta / np.sqrt(4 * h))
    return np.array([[np.arctan(v / np.sqrt(4 * h)), w - 1] for v, w in points])


def _detuning(h: Floats, w: Floats) -> Floats:
    """δ at a fixed point, from w."""
    return np.asarray(np.sqrt(4 * h) * orbits.detuning(w, 4 * h))


def check_h(h: ArrayLike, largest: float) -> Floats:
    """Drives h of any shape in the plane; a continuum of spins excludes both ends of its range."""
    values = check_finite("h", h)
    if values.size and (values.min() < 0 or values.max() > largest):
        raise refusal("h", h, f"0 <= h <= {largest:.8g}")
    return values


def check_point(h: float, delta: float) -> tuple[float, float]:
    detuning = check_nonnegative("delta", delta)
    return float(check_h(check_number("h", h), LARGEST_H)), detuning


def check_driven(h: float, delta: float) -> tuple[float, float]:
    h, delta = check_point(h, delta)
    if h < SMALLEST_H:
        raise refusal("h", h, "0 < h <= 1/16" if h == 0 else f"{SMALLEST_H:g} <= h <= 1/16")
    return h, delta


def check_state(state: ArrayLike) -> tuple[Floats, Floats]:
    values = check_finite("state", state)
    if values.ndim == 0 or values.shape[-1] != 2:
        raise ValueError(f"state has shape {values.shape}; allowed: (..., 2), that is (ζ, z)")
    if values.size and values[..., 1].max() >= 0:
        raise ValueError(f"state has z = {values[..., 1].max()}; allowed: z < 0")
    return values[..., 0], values[..., 1]
