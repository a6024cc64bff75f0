r"""The mean of an expensive quantity from few values, with a cheap one as control variate.

Of M draws all have the control x and the first k also the quantity y.  With k-means, M-means and
the slope b of y against x, the estimate is ȳ_k + b (x̄_M - x̄_k).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST_FOR_A_SLOPE = 6
"""With fewer exact values b is 1: a slope from so few would add more error than it removes."""


def estimate(exact: Floats, control: Floats) -> tuple[Floats, Floats, Floats]:
    r"""Mean of ``exact``, its standard error, and the standard deviation of one draw.

    With s² the variance of the residuals (k - 2 degrees of freedom) the squared error is

    .. math::
        s^2\left[\frac1k + \frac{(\bar x_M - \bar x_k)^2}{S_{xx}}\right]
            + \frac{\operatorname{var}x}M\left[b^2 - \frac{s^2}{S_{xx}}\right] ,

    conditional on x in its first part: a fitted residual is uncorrelated with x.  The subtraction
    makes b² that of the true slope on average.  If b is set to 1, the residual y - x is correlated
    with x, and the squared error is var(y - x)/k + [var x + 2 cov(y - x, x)]/M.

    Parameters
    ----------
    exact, control
        y of shape (k, T) with k ≥ 2, and x of shape (M, T), the first k of the same draws.

    Returns
    -------
    Three arrays of shape (T,).
    """
    k, m = len(exact), len(control)
    x, y = (values - values.mean(axis=0) for values in (control[:k], exact))
    shift, s_xx = control.mean(axis=0) - control[:k].mean(axis=0), (x**2).sum(axis=0)
    varies = s_xx > 1e-20  # at t = 0 nothing does
    b, variance = np.ones_like(s_xx), control.var(axis=0, ddof=1)
    if k >= FEWEST_FOR_A_SLOPE:
        np.divide((x * y).sum(axis=0), s_xx, out=b, where=varies)
        rest = ((y - b * x) ** 2).sum(axis=0) / (k - 2)
        # shift²/s_xx, and the variance of b, by which b² is too large on average
        lever, excess = (
            np.divide(top, s_xx, out=np.zeros_like(s_xx), where=varies) for top in (shift**2, rest)
        )
        variance = np.maximum(b**2 - excess, 0.0) * variance
    else:
        rest = ((y - x) ** 2).sum(axis=0) / (k - 1)
        lever = np.zeros_like(s_xx)
        variance = variance + 2 * ((y - x) * x).sum(axis=0) / (k - 1)
        variance = np.maximum(variance, -rest)  # their sum is the variance of y
    error = np.sqrt(rest * (1 / k + lever) + variance / m)
    return exact.mean(axis=0) + b * shift, error, np.sqrt(rest + variance)
