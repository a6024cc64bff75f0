r"""Compiled integration of Eqs. 26-28: Rosenbrock steps in Cartesian coordinates.

With ⟨σ⁺⟩ = e^{iπ/4}(x ± iy) for the two halves, x + iy = A e^{iζ}, Eqs. 26-28 are polynomials,

    x' = -δy + (1 - 1/N) z x (g - 2η) - 2x³,         g = 1 + z + (N - 2)x²,
    y' = δx - (z/N)(2η + g) y - 2x²y,
    z' = 8η[x² - (x² - y²)/N] - 4[x² - (x² + y²)/N] g - 4(1 + z)x² :

no sine, no division by A, and nothing special where the coherence vanishes.  The fast rate is of
order η, the slow ones of order one or less, hence linearly implicit steps with the exact Jacobian.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int8]

UNCONVERGED, SYNCHRONISED, INCOHERENT, OSCILLATING, DRIFTING = range(5)
FAILED = -1

# RODAS, an L-stable Rosenbrock method of order 4 with an embedded one of order 3
# (Hairer and Wanner, Solving ordinary differential equations II, Sec. IV.7).
GAMMA = 0.25
STAGES = 6
_A = np.zeros((STAGES, STAGES))
_A[1, 0] = 1.544
_A[2, :2] = 0.9466785280815826, 0.2557011698983284
_A[3, :3] = 3.314825187068521, 2.896124015972201, 0.9986419139977817
_A[4, :4] = 1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950
_A[5, :5] = *_A[4, :4], 1.0
_C = np.zeros((STAGES, STAGES))
_C[1, 0] = -5.6688
_C[2, :2] = -2.430093356833875, -0.2063599157091915
_C[3, :3] = -0.1073529058151375, -9.594562251023355, -20.47028614809616
_C[4, :4] = 7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160
_C[5, :5] = (
    8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136,
    -6.058818238834054,
)  # fmt: skip
_LEAST_STEP = 1e-13


@njit(cache=True, fastmath={"contract", "nsz"})
def flow(u: Floats, n: float, eta: float, delta: float, out: Floats) -> None:
    """Write the time derivative of u = (x, y, z) to ``out``."""
    x, y, z = u[0], u[1], u[2]
    g = 1 + z + (n - 2) * x * x
    out[0] = -delta * y + (1 - 1 / n) * z * x * (g - 2 * eta) - 2 * x**3
    out[1] = delta * x - z / n * (2 * eta + g) * y - 2 * x * x * y
    out[2] = 8 * eta * (x * x - (x * x - y * y) / n)
    out[2] -= 4 * (x * x - (x * x + y * y) / n) * g + 4 * (1 + z) * x * x


@njit(cache=True, fastmath={"contract", "nsz"})
def flow_jacobian(u: Floats, n: float, eta: float, delta: float, out: Floats) -> None:
    """Write the derivative of :func:`flow` by u to ``out``, shape (3, 3)."""
    x, y, z = u[0], u[1], u[2]
    g, gx, p = 1 + z + (n - 2) * x * x, 2 * (n - 2) * x, 1 - 1 / n
    rest = x * x - (x * x + y * y) / n
    out[0, 0] = p * z * (g - 2 * eta + x * gx) - 6 * x * x
    out[0, 1] = -delta
    out[0, 2] = p * x * (g - 2 * eta + z)
    out[1, 0] = delta - z / n * gx * y - 4 * x * y
    out[1, 1] = -z / n * (2 * eta + g) - 2 * x * x
    out[1, 2] = -(2 * eta + g + z) * y / n
    out[2, 0] = 16 * eta * p * x - 8 * p * x * g - 4 * rest * gx - 8 * (1 + z) * x
    out[2, 1] = (16 * eta + 8 * g) * y / n
    out[2, 2] = -4 * rest - 4 * x * x


@njit(cache=True)
def _invert(m: Floats, out: Floats) -> None:
    """Write the inverse of a 3x3 matrix to ``out``."""
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        for r in range(3):
            s, t = (r + 1) % 3, (r + 2) % 3
            out[r, i] = m[j, s] * m[k, t] - m[j, t] * m[k, s]
    determinant = m[0, 0] * out[0, 0] + m[0, 1] * out[1, 0] + m[0, 2] * out[2, 0]
    out /= determinant


@njit(cache=True, fastmath={"contract", "nsz"})
def _step(
    u: Floats, h: float, n: float, eta: float, delta: float, jac: Floats, work: Floats, new: Floats
) -> float:
    """One step of length h from u to ``new``; return its largest component of error by scale."""
    k, matrix, inverse, right = work[:STAGES], work[6:9], work[9:12], work[12]
    for i in range(3):
        for j in range(3):
            matrix[i, j] = -jac[i, j]
        matrix[i, i] += 1 / (GAMMA * h)
    _invert(matrix, inverse)
    for stage in range(STAGES):
        for i in range(3):
            new[i] = u[i]
            for s in range(stage):
                new[i] += _A[stage, s] * k[s, i]
        flow(new, n, eta, delta, right)
        for i in range(3):
            for s in range(stage):
                right[i] += _C[stage, s] / h * k[s, i]
        for i in range(3):
            k[stage, i] = (
                inverse[i, 0] * right[0] + inverse[i, 1] * right[1] + inverse[i, 2] * right[2]
            )
    error = 0.0
    for i in range(3):
        new[i] += k[STAGES - 1, i]
        error = max(error, abs(k[STAGES - 1, i]))
    return error


@njit(cache=True)
def _stable(m: Floats) -> bool:
    """Whether all eigenvalues of a 3x3 matrix have negative real parts (Routh and Hurwitz)."""
    trace = m[0, 0] + m[1, 1] + m[2, 2]
    minors = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0] + m[0, 0] * m[2, 2] - m[0, 2] * m[2, 0]
    minors += m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1]
    determinant = m[0, 0] * (m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1])
    determinant -= m[0, 1] * (m[1, 0] * m[2, 2] - m[1, 2] * m[2, 0])
    determinant += m[0, 2] * (m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0])
    return bool(trace < 0 and determinant < 0 and -trace * minors > -determinant)


@njit(cache=True)
def _newton(
    u: Floats, n: float, eta: float, delta: float, jac: Floats, work: Floats, out: Floats
) -> float:
    """Write u - J⁻¹f to ``out`` and return the largest component of that step."""
    flow(u, n, eta, delta, work[0])
    _invert(jac, work[9:12])
    largest = 0.0
    for i in range(3):
        step = 0.0
        for j in range(3):
            step += work[9 + i, j] * work[0, j]
        out[i] = u[i] - step
        largest = max(largest, abs(step))
    return largest


@njit(cache=True)
def _reach_fixed_point(
    u: Floats, n: float, eta: float, delta: float, near: float, jac: Floats, work: Floats
) -> bool:
    """Move u to a stable fixed point if Newton's method finds one within ``near``."""
    start, new = u.copy(), np.empty(3)
    for _ in range(8):
        flow_jacobian(u, n, eta, delta, jac)
        step = _newton(u, n, eta, delta, jac, work, new)
        u[:] = new
        if not step < near:
            break
        if step < 1e-14:
            break
    flow_jacobian(u, n, eta, delta, jac)
    if np.abs(u - start).max() < near and step < 1e-3 * near and _stable(jac):
        return True
    u[:] = start
    return False


@njit(cache=True)
def advance(
    u: Floats, t: float, t_end: float, h: float, n: float, eta: float, delta: float, rtol: float,
    jac: Floats, work: Floats, new: Floats,
) -> tuple[float, float]:  # fmt: skip
    """One accepted step of u from t, not beyond ``t_end``; return the time and the next h.

    The error of each component is kept below ``rtol``: x, y and z are of order one.  A step that
    would have to be shorter than any time scale of the problem returns h = 0.
    """
    flow_jacobian(u, n, eta, delta, jac)
    while h > _LEAST_STEP:
        last = t + h >= t_end
        length = t_end - t if last else h
        error = _step(u, length, n, eta, delta, jac, work, new) / rtol
        factor = 6.0 if error < 1e-4 else max(0.2, min(6.0, 0.9 * error**-0.25))
        if error <= 1:
            u[:] = new
            # a step cut short by t_end says little about how long the next one may be
            return (t_end, max(h, length * factor)) if last else (t + length, h * factor)
        h = length * (factor if factor < 1 else 0.2)  # a NaN too
    return t, 0.0


@njit(cache=True)
def _crossing(t: float, after: float, size: float, size_after: float, threshold: float) -> float:
    """When a decaying size falls below the threshold, between two times at which it is known."""
    if not size > threshold > size_after > 0:
        return after
    return float(t + (after - t) * np.log(size / threshold) / np.log(size / size_after))


@njit(cache=True)
def settle(
    u: Floats, n: float, eta: float, delta: float, t_max: float, tolerance: float, rtol: float
) -> tuple[int, float]:
    """Follow u from t = 0 until it is within ``tolerance`` of a limit, or to ``t_max``.

    Return what became of it and the time.  A limit is a fixed point whose Jacobian is stable and
    that Newton's method confirms (u is then moved to it), or a state without coherence whose z is
    positive and so keeps the coherence away (u then has x = y = 0).
    """
    jac, work, new = np.empty((3, 3)), np.empty((13, 3)), np.empty(3)
    t, h, before, winding, turns, rise = 0.0, 1e-3 / (1 + eta), 0.0, 0.0, 0, 0.0
    distance = amplitude = np.inf
    low, high = np.full(2, np.inf), np.full(2, -np.inf)  # of z, third and last quarter of the time
    while True:
        distance_before, amplitude_before = distance, amplitude
        amplitude = np.hypot(u[0], u[1])
        if amplitude < tolerance and u[2] > 1e3 * tolerance:
            u[:2] = 0.0
            return INCOHERENT, _crossing(before, t, amplitude_before, amplitude, tolerance)
        flow_jacobian(u, n, eta, delta, jac)
        distance = _newton(u, n, eta, delta, jac, work, new)
        if distance < tolerance < amplitude and _reach_fixed_point(
            u, n, eta, delta, 10 * tolerance, jac, work
        ):
            return SYNCHRONISED, _crossing(before, t, distance_before, distance, tolerance)
        if t >= t_max:
            break
        x, y, z, before = u[0], u[1], u[2], t
        t, h = advance(u, t, t_max, h, n, eta, delta, rtol, jac, work, new)
        if h == 0:
            return FAILED, t
        if t > 0.5 * t_max:
            quarter = 1 if t > 0.75 * t_max else 0
            low[quarter], high[quarter] = min(low[quarter], u[2]), max(high[quarter], u[2])
            winding += np.arctan2(x * u[1] - y * u[0], x * u[0] + y * u[1])
            turns += 1 if rise * (u[2] - z) < 0 else 0
            rise = u[2] - z
    if abs(winding) > np.pi:  # more than once into the mirror image, σ → -σ
        return DRIFTING, t
    motion = high - low
    if turns > 3 and motion[1] > max(0.9 * motion[0], 1e3 * tolerance):
        return OSCILLATING, t
    return UNCONVERGED, t


@njit(cache=True, nogil=True)
def settle_row(
    starts: Floats, n: float, eta: float, deltas: Floats, t_max: float, tolerance: float,
    rtol: float, kinds: Integers, times: Floats,
) -> None:  # fmt: skip
    """:func:`settle` for each detuning; ``starts`` (D, 3) is overwritten by the final states."""
    for i in range(len(deltas)):
        kind, times[i] = settle(starts[i], n, eta, deltas[i], t_max, tolerance, rtol)
        kinds[i] = kind


@njit(cache=True)
def trajectory(
    u: Floats, n: float, eta: float, delta: float, times: Floats, rtol: float, out: Floats
) -> bool:
    """Write u at increasing ``times`` to ``out``, shape (T, 3); return whether it got there."""
    jac, work, new = np.empty((3, 3)), np.empty((13, 3)), np.empty(3)
    t, h = 0.0, 1e-3 / (1 + eta)
    for i in range(len(times)):
        while t < times[i]:
            t, h = advance(u, t, times[i], h, n, eta, delta, rtol, jac, work, new)
            if h == 0:
                return False
        out[i] = u
    return True
