r"""A distribution of detunings as the line that a collective mode sees: response, density, chain.

The state with one excitation shared by all spins, :math:`a^\dagger|0\rangle`, overlaps with itself
after the time t by the characteristic function of the line w(δ).  Its transform is the response
G(ω), and the orthogonal polynomials of w(δ) turn the spins into a chain of modes whose first site
is a: these are three ways to say the same.  Haydock's recursion method is the reference (Solid
State Physics **35**, 215 (1980)).  Widths and frequencies are in units of Γ2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import wofz

from spincat.model.broadening import Broadening, Gaussian, Lorentzian, TwoPoint, Uniform
from spincat.shared.checks import (
    SMALLEST,
    check_finite,
    check_inside,
    check_instance,
    check_integer,
    check_numbers,
    refusal,
)
from spincat.shared.types import Complexes, Floats

__all__ = ["density", "hops", "response", "self_energy"]

MOST_HOPS = 10_000
"""Largest number of hops: no chain of oscillators is solved that is longer."""
FAR = 1e3
"""Widths from the centre, beyond which two hops of a chain give its self-energy to 1e-12."""


def response(line: Broadening, omega: ArrayLike) -> Complexes:
    r"""Response of a mode that is shared by spins with the detunings of a line.

    .. math::
        G(\omega) = \int \frac{w(\delta)\,d\delta}{\omega - \delta}
                  = -i\int_0^\infty e^{i\omega t}\, E[\cos\delta t]\, dt ,

    on the real axis as the limit from above: with
    :math:`W(z) = e^{-z^2}\operatorname{erfc}(-iz)` it is
    :math:`-i\sqrt{\pi/2}\,W(\omega/\sqrt2\delta)/\delta` for a Gaussian, 1/(ω + iδ) for a
    Lorentzian, artanh(√3δ/ω)/(√3δ) for a uniform line and ω/(ω² - δ²) for two points.

    Parameters
    ----------
    line
        One of the distributions of `spincat.model.broadening`.
    omega
        Frequencies ω/Γ2 with an imaginary part of at least 0, any shape.

    Returns
    -------
    Complexes
        Γ2·G, the shape of ``omega``.

    Raises
    ------
    ValueError
        If the line is of another kind, or a frequency is below the real axis, or where the
        response is infinite: at ±δ of two points, at the ends of a uniform line, at 0 without
        width.

    Examples
    --------
    >>> response(Gaussian(0.1), [0.0, 0.3]).round(3)
    array([0.   -12.533j, 3.932 -0.139j])
    >>> response(Lorentzian(0.1), [0.3]).round(3)
    array([3.-1.j])
    """
    check_line(line)
    frequencies = _check_omega(omega)
    with np.errstate(all="ignore"):  # where it is infinite it is refused below
        values = _response(line, frequencies)
    check_inside("omega", omega, bool(np.isfinite(values).all()), "where the response is finite")
    return np.asarray(values)


def _response(line: Broadening, omega: Complexes) -> Complexes:
    delta = line.delta
    if delta < SMALLEST:
        return 1 / omega
    if isinstance(line, Gaussian):
        return np.asarray(-1j * np.sqrt(np.pi / 2) / delta * wofz(omega / (np.sqrt(2) * delta)))
    if isinstance(line, Lorentzian):
        return 1 / (omega + 1j * delta)
    if isinstance(line, TwoPoint):
        return omega / ((omega - delta) * (omega + delta))
    half = np.sqrt(3) * delta
    inside = np.abs(omega) < half
    near, far = np.where(inside, omega / half, 0), half / np.where(inside, np.inf, omega)
    # artanh(1/z) = artanh(z) - iπ/2 above the real axis; both have |argument| < 1, without a cut
    return np.asarray(np.where(inside, np.arctanh(near) - 0.5j * np.pi, np.arctanh(far)) / half)


def self_energy(line: Broadening, omega: ArrayLike) -> Complexes:
    r"""Self-energy of a mode that is shared by spins with the detunings of a line.

    .. math::
        \Sigma(\omega) = \omega - \frac1{G(\omega)}
                       = \cfrac{t_1^2}{\omega - \cfrac{t_2^2}{\omega - \cdots}} ,

    with the response G of :func:`response` and the hops of :func:`hops`: -iδ at any frequency for a
    Lorentzian, which has no memory, and δ²/ω for two points.

    Parameters
    ----------
    line, omega
        As in :func:`response`.

    Returns
    -------
    Complexes
        Σ/Γ2, the shape of ``omega``.

    Raises
    ------
    ValueError
        If the line is of another kind, or a frequency is below the real axis, or 0 for two points.

    Examples
    --------
    >>> self_energy(Gaussian(0.1), [0.0, 0.3]).round(4)
    array([0.   -0.0798j, 0.046-0.009j ])
    """
    check_line(line)
    frequencies = _check_omega(omega)
    if line.delta < SMALLEST:
        return np.zeros_like(frequencies)
    if isinstance(line, Lorentzian):
        return np.full_like(frequencies, -1j * line.delta)
    if isinstance(line, TwoPoint):
        check_inside("omega", omega, bool(frequencies.all()), "other than 0 for two points")
        return line.delta * (line.delta / frequencies)
    first, second = hops(line, 2)
    with np.errstate(all="ignore"):
        values = _response(line, frequencies)
        inverse = np.where(np.isfinite(values), 1 / values, 0)  # infinite where a line jumps
        near = frequencies - inverse
        far = first * (first / (frequencies - second * (second / frequencies)))
    return np.where(np.abs(frequencies) < FAR * line.delta, near, far)


def density(line: Broadening, detunings: ArrayLike) -> Floats:
    r"""Density of a line, :math:`w(\delta) = -\operatorname{Im} G(\delta)/\pi`, units 1/Γ2.

    Parameters
    ----------
    line
        One of the distributions of `spincat.model.broadening`.
    detunings
        Detunings δ/Γ2, any shape.

    Returns
    -------
    Floats
        Γ2·w, the shape of ``detunings``; 0 beside the two detunings of a `TwoPoint`.

    Raises
    ------
    ValueError
        If the line is of another kind, or a detuning is where the density is infinite or jumps.

    Examples
    --------
    >>> density(Gaussian(0.1), [0.0, 0.3]).round(4)
    array([3.9894, 0.0443])
    """
    check_line(line)
    values = check_finite("detunings", detunings)
    with np.errstate(all="ignore"):
        result = -_response(line, values.astype(complex)).imag / np.pi
    check_inside("detunings", detunings, bool(np.isfinite(result).all()), "where it is finite")
    return np.asarray(result)


def hops(line: Broadening, order: int) -> Floats:
    r"""Hops t₁, t₂, ... of the chain of modes that a line makes of the spins.

    .. math::
        \sum_n \delta_n\, b_n^\dagger b_n
            = \sum_{k\ge1} t_k\,(c_{k-1}^\dagger c_k + \mathrm{h.c.}), \qquad c_0 = a ,

    with the coefficients of the recursion of the orthogonal polynomials of the line,
    :math:`\delta p_k = t_{k+1}p_{k+1} + t_kp_{k-1}`: δ√k for a Gaussian, √3δk/√(4k² - 1) for a
    uniform line, and one hop δ for two points.

    Parameters
    ----------
    line
        One of the distributions of `spincat.model.broadening`, with finite moments.
    order
        Number of hops, from 1 to 10 000.

    Returns
    -------
    Floats
        t_k/Γ2, shape (order,); zeros after the end of the chain.

    Raises
    ------
    ValueError
        If the line is of another kind or a `Lorentzian`, whose moments are infinite, or ``order``
        is outside its range.

    Examples
    --------
    >>> hops(Gaussian(0.1), 3).round(4)
    array([0.1   , 0.1414, 0.1732])
    >>> hops(TwoPoint(0.1), 3)
    array([0.1, 0. , 0. ])
    """
    check_line(line)
    if isinstance(line, Lorentzian):
        raise refusal("line", line, "a distribution with finite moments, a Lorentzian has no chain")
    k = np.arange(1.0, check_integer("order", order, 1, MOST_HOPS) + 1)
    if isinstance(line, Gaussian):
        return np.asarray(line.delta * np.sqrt(k))
    if isinstance(line, Uniform):
        return np.asarray(np.sqrt(3) * line.delta * k / np.sqrt(4 * k**2 - 1))
    return np.where(k == 1, line.delta, 0.0)


def check_line(line: Broadening) -> None:
    """Raise ``ValueError`` unless the line is of a kind whose response is known."""
    check_instance("line", line, Gaussian, Uniform, Lorentzian, TwoPoint)


def _check_omega(omega: ArrayLike) -> Complexes:
    frequencies = check_numbers("omega", omega) + 0.0  # + 0.0: no imaginary part of -0.0
    check_inside("omega", omega, bool(np.all(frequencies.imag >= 0)), "an imaginary part from 0 on")
    return np.asarray(frequencies)
