r"""The mean of an expensive quantity from few values, with the help of two cheap ones.

Of M draws all have the control x and the anchor z, whose mean ζ is known, and the first k also the
quantity y.  A slope c of x against z improves the mean of x, and a slope b of y against x carries
this over to y:

.. math::
    \bar y_k + b\,(\bar x' - \bar x_k), \qquad \bar x' = \bar x_M - c\,(\bar z_M - \zeta) .
"""

from __future__ import annotations

import numpy as np

from spincat.shared.types import Floats

FEWEST_FOR_A_SLOPE = 6
"""With fewer values b is 1 and c is 0: a slope from so few would add more error than it removes."""


def estimate(
    exact: Floats, control: Floats, anchor: Floats, anchor_mean: Floats
) -> tuple[Floats, Floats, Floats]:
    r"""Mean of ``exact``, its standard error, and the standard deviation of one draw.

    With the residuals e = y - bx and x' = x - cz, their variances s² (k - 2 degrees of freedom,
    or k - 1 if b = 1) and s'² (M - 2), and sums S of squared deviations, the squared error is

    .. math::
        s^2\left[\frac1k + \frac{(\bar x' - \bar x_k)^2}{S_{xx}}\right]
            + b^2 s'^2\left[\frac1M + \frac{(\bar z_M - \zeta)^2}{S_{zz}}\right]
            + \frac{2b}{M}\operatorname{cov}(e, x') .

    The second term in each bracket is the error of the slope.

    Parameters
    ----------
    exact, control, anchor
        y of shape (k, T) with k ≥ 2, x and z of shape (M, T), the first k of the same draws.
    anchor_mean
        ζ, shape (T,).

    Returns
    -------
    Three arrays of shape (T,).
    """
    k, m = len(exact), len(control)
    x, y, z = (values - values.mean(axis=0) for values in (control[:k], exact, anchor))
    wide = control - control.mean(axis=0)
    excursion = anchor.mean(axis=0) - anchor_mean
    c, lever, _ = _fit(z, wide, excursion)
    better = wide - c * z
    shift = control.mean(axis=0) - c * excursion - control[:k].mean(axis=0)
    b, slope_error, excess = _fit(x, y, shift, otherwise=1.0)
    e = y - b * x
    freedom = k - 2 if k >= FEWEST_FOR_A_SLOPE else k - 1
    rest = (e**2).sum(axis=0) / freedom
    square = np.maximum(b**2 - rest * excess, 0.0)  # b² is too large by the variance of b
    remaining = square * (better**2).sum(axis=0) / (m - 2 if m >= FEWEST_FOR_A_SLOPE else m - 1)
    common = 2 * b * (e * better[:k]).sum(axis=0) / freedom
    # -rest: the sum of all variances is one, and not negative
    error = rest * (1 / k + slope_error) + remaining * lever
    error += np.maximum(remaining + common, -rest) / m
    single = square * wide.var(axis=0, ddof=1) + 2 * b * (e * x).sum(axis=0) / freedom
    return (
        exact.mean(axis=0) + b * shift,
        np.sqrt(np.maximum(error, 0.0)),  # a variance too, but for rounding
        np.sqrt(rest + np.maximum(single, -rest)),
    )


def _fit(
    x: Floats, y: Floats, distance: Floats, otherwise: float = 0.0
) -> tuple[Floats, Floats, Floats]:
    """Slope of y against x (both centred), distance²/S_xx and 1/S_xx; or ``otherwise``, 0 and 0."""
    s_xx = (x**2).sum(axis=0)
    slope, inverse = np.full_like(s_xx, otherwise), np.zeros_like(s_xx)
    varies = s_xx > 1e-20  # at t = 0 nothing does
    if len(x) >= FEWEST_FOR_A_SLOPE:
        np.divide((x * y).sum(axis=0), s_xx, out=slope, where=varies)
        np.divide(1.0, s_xx, out=inverse, where=varies)
    return slope, distance**2 * inverse, inverse
