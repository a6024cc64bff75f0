"""Wigner functions of states on the Holstein-Primakoff ladder, by QuTiP (bottom of Fig. 3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spincat.shared.checks import check_memory, check_row, check_square
from spincat.shared.types import Floats

FAR = 6.0
"""Beyond √N and this distance W is below 1e-30, and taken as zero: the sum overflows there."""


def wigner(rho: ArrayLike, real: ArrayLike, imaginary: ArrayLike) -> Floats:
    r"""Return the Wigner function of ρ, the N + 1 levels taken as number states of an oscillator.

    .. math::
        W(\beta) = \frac2\pi\operatorname{Tr}
            \left[D(\beta)(-1)^{\hat n}D^\dagger(\beta)\rho\right],
        \qquad \int W\,\mathrm d^2\beta = 1 .

    Parameters
    ----------
    rho
        Density matrix, shape (N + 1, N + 1).
    real, imaginary
        Re β and Im β of the grid, shapes (X,) and (Y,).

    Returns
    -------
    Floats
        Shape (Y, X).

    Raises
    ------
    ValueError
        If ``rho`` is not square or so large that the sum overflows, or the grid is not finite.

    Examples
    --------
    >>> ground = np.diag([1.0, 0.0, 0.0])
    >>> wigner(ground, [0.0, 1.0], [0.0]).round(4)  # (2/π) exp(-2|β|²)
    array([[0.6366, 0.0862]])
    """
    import qutip  # on request only: it takes a second to import

    matrix = check_square("rho", rho)
    if matrix.ndim != 2 or len(matrix) < 2:
        raise ValueError(f"rho has shape {matrix.shape}; allowed: (N + 1, N + 1) with N >= 1")
    grid = check_row("real", real), check_row("imaginary", imaginary)
    check_memory("real", grid[0].size, 64.0 * grid[0].size * grid[1].size)
    distance = np.hypot(*np.meshgrid(*grid))
    near = distance < np.sqrt(len(matrix)) + FAR
    with np.errstate(over="ignore", invalid="ignore"):
        # g = 2 makes the coordinates Re β and Im β; Clenshaw's sum is stable for many excitations.
        values = qutip.wigner(qutip.Qobj(matrix), *grid, g=2, method="clenshaw")
    values = np.where(near, values, 0.0)
    if not np.isfinite(values).all():
        raise ValueError(f"rho has {len(matrix)} levels; allowed: fewer, the sum overflows")
    return values
