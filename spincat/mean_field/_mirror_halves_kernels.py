r"""Compiled integration of Eqs. 26-28: Rosenbrock steps in Cartesian coordinates.

With ⟨σ⁺⟩ = e^{iπ/4}(x ± iy) for the two halves, x + iy = A e^{iζ}, they are polynomials, `flow`:
no sine, no division by A, and nothing special where the coherence vanishes.  The fast rate is of
order η, the slow ones of order one or less, hence linearly implicit steps with the exact Jacobian.
`flow` and `flow_jacobian` are the one form of these equations that is written by hand, for speed;
the tests compare them with those compiled from `spincat.symbolic.mirror_halves`.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spincat.shared.types import Floats

Fates = NDArray[np.int8]

UNCONVERGED, SYNCHRONISED, INCOHERENT, OSCILLATING, DRIFTING = range(5)
FAILED = -1

# RODAS, an L-stable Rosenbrock method of order 4 with an embedded one of order 3
# (Hairer and Wanner, Solving ordinary differential equations II, Sec. IV.7).
_GAMMA = 0.25
_A2 = (1.544, 0.0, 0.0, 0.0)
_A3 = (0.9466785280815826, 0.2557011698983284, 0.0, 0.0)
_A4 = (3.314825187068521, 2.896124015972201, 0.9986419139977817, 0.0)
_A5 = (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950)
_C2 = (-5.6688, 0.0, 0.0, 0.0)
_C3 = (-2.430093356833875, -0.2063599157091915, 0.0, 0.0)
_C4 = (-0.1073529058151375, -9.594562251023355, -20.47028614809616, 0.0)
_C5 = (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160)
_C6 = (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136)
_C65 = -6.058818238834054
_LEAST_STEP = 1e-13
MOST_STEPS = 30_000_000
"""Largest number of steps, which take half a minute."""
MANY_TURNS = 40 * np.pi
"""A phase spread that has grown by so much keeps growing."""

# Three numbers and the nine of a matrix, row by row: tuples stay in registers.
Triple = tuple[float, float, float]
Matrix = tuple[float, float, float, float, float, float, float, float, float]
Row = tuple[float, float, float, float]


@njit(cache=True, fastmath={"contract", "nsz"})
def flow(u: Triple, n: float, eta: float, delta: float) -> Triple:
    """The time derivative of u = (x, y, z): Eqs. 26-28."""
    x, y, z = u
    g = 1 + z + (n - 2) * x * x
    rest = x * x - (x * x + y * y) / n
    return (
        -delta * y + (1 - 1 / n) * z * x * (g - 2 * eta) - 2 * x * x * x,
        delta * x - z / n * (2 * eta + g) * y - 2 * x * x * y,
        8 * eta * (x * x - (x * x - y * y) / n) - 4 * rest * g - 4 * (1 + z) * x * x,
    )


@njit(cache=True, fastmath={"contract", "nsz"})
def flow_jacobian(u: Triple, n: float, eta: float, delta: float) -> Matrix:
    """The derivative of :func:`flow` by u."""
    x, y, z = u
    g, gx, p = 1 + z + (n - 2) * x * x, 2 * (n - 2) * x, 1 - 1 / n
    rest = x * x - (x * x + y * y) / n
    return (
        p * z * (g - 2 * eta + x * gx) - 6 * x * x,
        -delta,
        p * x * (g - 2 * eta + z),
        delta - z / n * gx * y - 4 * x * y,
        -z / n * (2 * eta + g) - 2 * x * x,
        -(2 * eta + g + z) * y / n,
        16 * eta * p * x - 8 * p * x * g - 4 * rest * gx - 8 * (1 + z) * x,
        (16 * eta + 8 * g) * y / n,
        -4 * rest - 4 * x * x,
    )


# without Python's error for a division by zero: NaN is an error of a step like any other
@njit(cache=True, fastmath={"contract", "nsz"}, error_model="numpy")
def _invert(m: Matrix) -> Matrix:
    """The inverse of a 3x3 matrix; infinite or NaN if it has none."""
    a, b, c, d, e, f, g, h, i = m
    p, q, r = e * i - f * h, f * g - d * i, d * h - e * g
    s = 1 / (a * p + b * q + c * r)
    return (
        s * p, s * (c * h - b * i), s * (b * f - c * e),
        s * q, s * (a * i - c * g), s * (c * d - a * f),
        s * r, s * (b * g - a * h), s * (a * e - b * d),
    )  # fmt: skip


@njit(cache=True, fastmath={"contract", "nsz"})
def _times(m: Matrix, v: Triple) -> Triple:
    """A matrix times a vector."""
    return (
        m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
        m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
        m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
    )


@njit(cache=True, fastmath={"contract", "nsz"})
def _plus(u: Triple, c: float, row: Row, k1: Triple, k2: Triple, k3: Triple, k4: Triple) -> Triple:
    """u + c (row[0] k1 + row[1] k2 + row[2] k3 + row[3] k4)."""
    return (
        u[0] + c * (row[0] * k1[0] + row[1] * k2[0] + row[2] * k3[0] + row[3] * k4[0]),
        u[1] + c * (row[0] * k1[1] + row[1] * k2[1] + row[2] * k3[1] + row[3] * k4[1]),
        u[2] + c * (row[0] * k1[2] + row[1] * k2[2] + row[2] * k3[2] + row[3] * k4[2]),
    )


@njit(cache=True, fastmath={"contract", "nsz"})
def step(
    u: Triple, h: float, n: float, eta: float, delta: float, jac: Matrix, slope: Triple
) -> tuple[Triple, float]:
    """One step of length h: the new state, and the largest component of its error."""
    c = 1 / h
    k, o = c / _GAMMA, (0.0, 0.0, 0.0)
    inverse = _invert(
        (
            k - jac[0], -jac[1], -jac[2], -jac[3], k - jac[4], -jac[5], -jac[6], -jac[7],
            k - jac[8],
        )
    )  # fmt: skip
    k1 = _times(inverse, slope)
    f = flow(_plus(u, 1.0, _A2, k1, o, o, o), n, eta, delta)
    k2 = _times(inverse, _plus(f, c, _C2, k1, o, o, o))
    f = flow(_plus(u, 1.0, _A3, k1, k2, o, o), n, eta, delta)
    k3 = _times(inverse, _plus(f, c, _C3, k1, k2, o, o))
    f = flow(_plus(u, 1.0, _A4, k1, k2, k3, o), n, eta, delta)
    k4 = _times(inverse, _plus(f, c, _C4, k1, k2, k3, o))
    v = _plus(u, 1.0, _A5, k1, k2, k3, k4)
    k5 = _times(inverse, _plus(flow(v, n, eta, delta), c, _C5, k1, k2, k3, k4))
    v = v[0] + k5[0], v[1] + k5[1], v[2] + k5[2]
    f = _plus(flow(v, n, eta, delta), c, _C6, k1, k2, k3, k4)
    d = c * _C65
    e = _times(inverse, (f[0] + d * k5[0], f[1] + d * k5[1], f[2] + d * k5[2]))
    return (v[0] + e[0], v[1] + e[1], v[2] + e[2]), max(abs(e[0]), abs(e[1]), abs(e[2]))


@njit(cache=True)
def advance(
    u: Triple, t: float, t_end: float, h: float, n: float, eta: float, delta: float, rtol: float,
    jac: Matrix, slope: Triple,
) -> tuple[Triple, float, float]:  # fmt: skip
    """One accepted step from t, not beyond ``t_end``: the new state, its time and the next h.

    The error of each component is kept below ``rtol``: x, y and z are of order one.  A step that
    would have to be shorter than any time scale of the problem returns h = 0.
    """
    while h > _LEAST_STEP:
        last = t + h >= t_end
        length = t_end - t if last else h
        new, error = step(u, length, n, eta, delta, jac, slope)
        error /= rtol
        factor = 6.0 if error < 1e-4 else max(0.2, min(6.0, 0.9 / np.sqrt(np.sqrt(error))))
        if error <= 1:
            # a step cut short by t_end says little about how long the next one may be
            longer = max(h, length * factor) if last else h * factor
            return new, t_end if last else t + length, longer
        h = length * (factor if factor < 1 else 0.2)  # a NaN too
    return u, t, 0.0


@njit(cache=True)
def _stable(m: Matrix) -> bool:
    """Whether all eigenvalues of a 3x3 matrix have negative real parts (Routh and Hurwitz)."""
    a, b, c, d, e, f, g, h, i = m
    minors = a * e - b * d + a * i - c * g + e * i - f * h
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    trace = a + e + i
    return bool(trace < 0 and determinant < 0 and -trace * minors > -determinant)


@njit(cache=True)
def _size(u: Triple) -> float:
    return max(abs(u[0]), abs(u[1]), abs(u[2]))


@njit(cache=True)
def _fixed_point(u: Triple, n: float, eta: float, delta: float, near: float) -> tuple[Triple, bool]:
    """The fixed point that Newton's method finds, and whether it is stable and ``near`` u."""
    new, change = u, np.inf
    for _ in range(8):
        shift = _times(_invert(flow_jacobian(new, n, eta, delta)), flow(new, n, eta, delta))
        new, change = (new[0] - shift[0], new[1] - shift[1], new[2] - shift[2]), _size(shift)
        if not 1e-14 < change < near:
            break
    close = _size((new[0] - u[0], new[1] - u[1], new[2] - u[2])) < near and change < 1e-3 * near
    return new, bool(close and _stable(flow_jacobian(new, n, eta, delta)))


@njit(cache=True)
def _crossing(t: float, after: float, size: float, size_after: float, threshold: float) -> float:
    """When a decaying size falls below the threshold, between two times at which it is known."""
    if not size > threshold > size_after > 0:
        return after
    return float(t + (after - t) * np.log(size / threshold) / np.log(size / size_after))


@njit(cache=True)
def settle(
    u: Triple, n: float, eta: float, delta: float, t_max: float, tolerance: float, rtol: float
) -> tuple[Triple, int, float]:
    """Follow u from t = 0 until it is within ``tolerance`` of a limit, or to ``t_max``.

    Return the last state, what became of it, and the time.  A limit is a fixed point whose Jacobian
    is stable and that Newton's method confirms (it is the state returned), or a state without
    coherence whose z is positive and so keeps the coherence away (x = y = 0 is returned).  A phase
    spread that has grown by MANY_TURNS ends the run too.
    """
    t, h, before, angle, winding, turns, rise = 0.0, 1e-3 / (1 + eta), 0.0, 0.0, 0.0, 0, 0.0
    distance = amplitude = 0.0
    count = 0
    low, high = np.full(2, np.inf), np.full(2, -np.inf)  # of z, third and last quarter of the time
    while True:
        distance_before, amplitude_before = distance, amplitude
        amplitude = np.sqrt(u[0] * u[0] + u[1] * u[1])
        if amplitude < tolerance and u[2] > 1e3 * tolerance:
            time = _crossing(before, t, amplitude_before, amplitude, tolerance)
            return (0.0, 0.0, u[2]), INCOHERENT, time
        jac, slope = flow_jacobian(u, n, eta, delta), flow(u, n, eta, delta)
        distance = _size(_times(_invert(jac), slope))  # Newton's step
        if distance < tolerance < amplitude:
            limit, found = _fixed_point(u, n, eta, delta, 10 * tolerance)
            if found:
                time = _crossing(before, t, distance_before, distance, tolerance)
                return limit, SYNCHRONISED, time
        if t >= t_max:
            break
        (x, y, z), before = u, t
        u, t, h = advance(u, t, t_max, h, n, eta, delta, rtol, jac, slope)
        count += 1
        if h == 0 or count > MOST_STEPS:
            return u, FAILED, t
        turned = np.arctan2(x * u[1] - y * u[0], x * u[0] + y * u[1])
        angle += turned
        if abs(angle) > MANY_TURNS:
            return u, DRIFTING, t
        if t > 0.5 * t_max:
            quarter = 1 if t > 0.75 * t_max else 0
            low[quarter], high[quarter] = min(low[quarter], u[2]), max(high[quarter], u[2])
            winding += turned
            turns += 1 if rise * (u[2] - z) < 0 else 0
            rise = u[2] - z
    if abs(winding) > np.pi:  # more than once into the mirror image, σ → -σ
        return u, DRIFTING, t
    motion = high - low
    if turns > 3 and motion[1] > max(0.9 * motion[0], 1e3 * tolerance):
        return u, OSCILLATING, t
    return u, UNCONVERGED, t


@njit(cache=True, nogil=True)
def settle_row(
    states: Floats, n: float, eta: float, deltas: Floats, t_max: float, tolerance: float,
    rtol: float, fates: Fates, times: Floats,
) -> None:  # fmt: skip
    """:func:`settle` for each detuning; ``states`` (D, 3) is overwritten by the final ones."""
    for i in range(len(deltas)):
        start = states[i, 0], states[i, 1], states[i, 2]
        state, fates[i], times[i] = settle(start, n, eta, deltas[i], t_max, tolerance, rtol)
        states[i, 0], states[i, 1], states[i, 2] = state


@njit(cache=True)
def trajectory(
    u: Triple, n: float, eta: float, delta: float, times: Floats, rtol: float, out: Floats,
    most: int,
) -> bool:  # fmt: skip
    """Write u at increasing ``times`` to ``out``, shape (T, 3); return whether it got there.

    It does not if a step is too short, or there are more than ``most``.
    """
    t, h, count = 0.0, 1e-3 / (1 + eta), 0
    for i in range(len(times)):
        while t < times[i]:
            count += 1
            if count > most:
                return False
            jac, slope = flow_jacobian(u, n, eta, delta), flow(u, n, eta, delta)
            u, t, h = advance(u, t, times[i], h, n, eta, delta, rtol, jac, slope)
            if h == 0:
                return False
        out[i, 0], out[i, 1], out[i, 2] = u
    return True
