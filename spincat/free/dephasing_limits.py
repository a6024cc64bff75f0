r"""The limits of the free-evolution fidelities that the paper takes (Eqs. 12-14 and 17-21).

All hold for N → ∞ at fixed \|α\|, with cosᴺθ → exp(-2\|α\|²); the exact expressions for any N are
in `spincat.free.dephasing`.  With x = \|α\|² and v = exp(-δ²t²/2) the averages of Eqs. 12 and 18
are

.. math::
    \overline{F} = e^{-2x(1-v)}, \qquad \overline{F_+} = \frac{\cosh^2vx}{\cosh^2x}, \qquad
    \overline{F_-} = \frac{\sinh^2vx}{\sinh^2x} .
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spincat.free.dephasing import _exponent
from spincat.shared.checks import check_complex, check_finite, check_parity, check_positive_integer
from spincat.shared.types import Floats, Parity


def bosonic_coherent_fidelity(alpha: complex, delta: float, times: ArrayLike) -> Floats:
    r"""Mean fidelity of a coherent state for N → ∞ (Eq. 12): exp[-2\|α\|²(1 - exp(-δ²t²/2))].

    Parameters
    ----------
    alpha
        Amplitude α.
    delta, times
        Standard deviation δ/Γ2 of the detunings and times Γ2·t, any shape, infinity included.

    Returns
    -------
    Floats
        Mean fidelities of the shape of ``times``.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> bosonic_coherent_fidelity(0.5, 0.1, [0.0, 10.0, np.inf]).round(4)
    array([1.    , 0.8214, 0.6065])
    """
    return np.asarray(np.exp(2 * _intensity(alpha) * np.expm1(-_exponent(delta, times) / 2)))


def small_coherent_fidelity(alpha: complex, delta: float, times: ArrayLike) -> Floats:
    r"""Leading order in \|α\| of Eq. 12 (Eq. 13): 1 - 2\|α\|²(1 - exp(-δ²t²/2)).

    Parameters
    ----------
    alpha
        Amplitude α.
    delta, times
        Standard deviation δ/Γ2 of the detunings and times Γ2·t, any shape, infinity included.

    Returns
    -------
    Floats
        Mean fidelities of the shape of ``times``.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> small_coherent_fidelity(0.1, 0.1, [0.0, 10.0, np.inf]).round(4)
    array([1.    , 0.9921, 0.98  ])
    """
    return np.asarray(1 + 2 * _intensity(alpha) * np.expm1(-_exponent(delta, times) / 2))


def small_coherent_variance(n_spins: int, alpha: complex, delta: float, times: ArrayLike) -> Floats:
    r"""Variance at small \|α\|, Eq. 14 corrected: (2\|α\|⁴/N)(1 - exp(-δ²t²))².

    The paper prints the bracket without its square; the exact variance for any N is
    :func:`spincat.free.dephasing.var_coherent_fidelity`.

    Parameters
    ----------
    n_spins
        Number of spins N.
    alpha
        Amplitude α.
    delta, times
        Standard deviation δ/Γ2 of the detunings and times Γ2·t, any shape, infinity included.

    Returns
    -------
    Floats
        Variances of the shape of ``times``.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> small_coherent_variance(100, 0.5, 0.1, [0.0, 10.0, np.inf]).round(6)
    array([0.      , 0.000499, 0.00125 ])
    """
    n_spins = check_positive_integer("n_spins", n_spins)
    bracket = np.expm1(-_exponent(delta, times))
    return np.asarray(2 * _intensity(alpha) ** 2 / n_spins * bracket**2)


def bosonic_overlap(alpha: complex) -> float:
    r"""Overlap of \|α⟩ and \|-α⟩, the limit of cosᴺθ (Eq. 17): exp(-2\|α\|²).

    Parameters
    ----------
    alpha
        Amplitude α.

    Returns
    -------
    float
        Overlap, between 0 and 1.

    Raises
    ------
    ValueError
        If ``alpha`` is not finite.

    Examples
    --------
    >>> round(bosonic_overlap(1.0), 4)
    0.1353
    """
    return float(np.exp(-2 * _intensity(alpha)))


def bosonic_cat_fidelity(alpha: complex, delta: float, times: ArrayLike, parity: Parity) -> Floats:
    r"""Mean fidelity of a cat state for N → ∞ (Eq. 18), as a ratio of hyperbolic functions.

    .. math::
        \overline{F_+} = \frac{\cosh^2(v|\alpha|^2)}{\cosh^2|\alpha|^2}, \quad
        \overline{F_-} = \frac{\sinh^2(v|\alpha|^2)}{\sinh^2|\alpha|^2}, \quad
        v = e^{-\delta^2t^2/2}

    At t = ∞ this is Eq. 19: sech²\|α\|² and 0.

    Parameters
    ----------
    alpha
        Amplitude α.
    delta, times
        Standard deviation δ/Γ2 of the detunings and times Γ2·t, any shape, infinity included.
    parity
        ``"even"`` or ``"odd"``.

    Returns
    -------
    Floats
        Mean fidelities of the shape of ``times``.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the state vanishes (an odd cat at α = 0).

    Examples
    --------
    >>> bosonic_cat_fidelity(1.0, 0.1, [0.0, 10.0, np.inf], "even").round(4)
    array([1.    , 0.5944, 0.42  ])
    >>> bosonic_cat_fidelity(1.0, 0.1, [0.0, 10.0, np.inf], "odd").round(4)
    array([1.    , 0.3007, 0.    ])
    """
    x, v = _intensity(alpha, parity), np.exp(-_exponent(delta, times) / 2)
    sign = 1 if parity == "even" else -1
    # cosh(gx)/cosh(x) with the growing exponentials divided out
    half = np.expm1(-2 * v * x) if sign < 0 else -1 - np.exp(-2 * v * x)
    full = np.expm1(-2 * x) if sign < 0 else -1 - np.exp(-2 * x)
    return np.asarray((np.exp((v - 1) * x) * half / full) ** 2)


def short_time_cat_fidelity(
    alpha: complex, delta: float, times: ArrayLike, parity: Parity
) -> Floats:
    r"""Mean fidelity of a cat state to order t² (Eq. 20).

    .. math::
        \overline{F_+} \approx 1 - |\alpha|^2\tanh(|\alpha|^2)\,\delta^2t^2, \qquad
        \overline{F_-} \approx 1 - |\alpha|^2\coth(|\alpha|^2)\,\delta^2t^2

    Eq. 21 is its limit \|α\| ≪ 1, 1 - \|α\|⁴δ²t² (even) and 1 - δ²t² (odd); for \|α\| ≫ 1 both
    become 1 - \|α\|²δ²t².

    Parameters
    ----------
    alpha
        Amplitude α.
    delta, times
        Standard deviation δ/Γ2 of the detunings and times Γ2·t, any shape.
    parity
        ``"even"`` or ``"odd"``.

    Returns
    -------
    Floats
        Mean fidelities of the shape of ``times``.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the state vanishes (an odd cat at α = 0).

    Examples
    --------
    >>> short_time_cat_fidelity(0.5, 0.1, [0.0, 1.0], "even").round(5)
    array([1.     , 0.99939])
    >>> short_time_cat_fidelity(0.5, 0.1, [0.0, 1.0], "odd").round(5)
    array([1.     , 0.98979])
    """
    x, finite = _intensity(alpha, parity), check_finite("times", times)
    rate = x * np.tanh(x) if parity == "even" else x / np.tanh(x)
    return np.asarray(1 - rate * _exponent(delta, finite))


def odd_cat_floor(n_spins: int, alpha: complex) -> float:
    r"""Long-time mean fidelity of an odd cat to order 1/N: \|α\|⁴/(N sinh²\|α\|²).

    The paper's Eq. 19 keeps the order N⁰ only, which is zero.

    Parameters
    ----------
    n_spins, alpha
        Number of spins N and amplitude α.

    Returns
    -------
    float
        Mean fidelity for t → ∞.

    Raises
    ------
    ValueError
        If an argument is outside its range, or the state vanishes (α = 0).

    Examples
    --------
    >>> round(odd_cat_floor(100, 1.0), 5)
    0.00724
    """
    x = _intensity(alpha, "odd")
    return float((2 * x * np.exp(-x) / np.expm1(-2 * x)) ** 2) / check_positive_integer(
        "n_spins", n_spins
    )


def _intensity(alpha: complex, parity: Parity | None = None) -> float:
    r"""\|α\|², refused where a cat of this parity vanishes."""
    size = abs(check_complex("alpha", alpha))
    if parity is not None and check_parity(parity) == "odd" and size < 1e-150:
        raise ValueError(f"alpha = {alpha!r} has no odd cat state; allowed: abs(alpha) > 1e-150")
    return size**2
