"""Newton interpolation of exp(tL) at Leja points, and the bound on its error that ends it.

The points z_0, z_1, ... spread over the boundary of a region that holds the spectrum of L, each
as far from the earlier ones as possible, complex ones in conjugate pairs.  With a_k = Re z_k and
b_k = Im z_k the polynomials

    q_{k+1} = [(L - a_k) q_k + β_k q_{k-1}] / γ,    β_k = b_k²/γ for the second of a pair, else 0,

have real coefficients and, for γ near the capacity of the region, a size of order 1 at L.  Then
exp(tL) v = Σ_k c_k(t) q_k(L) v, where c solves c' = Z c, c(0) = (1, 0, ...), and Z is tridiagonal.
Cut off after k = m, at the end of a pair, the sum y(t) obeys y' = L y - γ c_m(t) q_{m+1} v exactly.
A quantum channel does not increase the trace norm, hence the error is at most the integral of the
norm of the last term.  This holds whether or not the region is well chosen; all that is not
rigorous is the sum that stands for the integral over time, and the estimate of rounding errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit

from spincat.shared.types import Complexes, Floats, Integers

EPS = float(np.finfo(float).eps)
MOST_POINTS = 2048
"""More points than this are not used for one segment of time."""
MOST_SEGMENTS = 4096


@dataclass(frozen=True, eq=False)
class Points:
    """Coefficients of the recurrence: ``a`` and ``beta`` of shape (K,), and ``gamma``."""

    a: Floats
    beta: Floats
    gamma: float


@dataclass(frozen=True, eq=False)
class Expansion:
    """Coefficients of all times, split into equal segments that are expanded one by one.

    ``table`` (T, K) holds c_k at each time since the start of its ``segment`` (T,), ``end`` (K,)
    at the end of a segment, ``largest`` (K,) the largest modulus of both, and ``integral`` (K,)
    the integral of its modulus over a segment.
    """

    points: Points
    segments: int
    segment: Integers
    table: Floats
    end: Floats
    largest: Floats
    integral: Floats

    def error(self, done: int, norms: Floats) -> float:
        """Bound on the error of the sum to k = ``done`` over one segment.

        ``norms`` holds the trace norms of q_k v up to k = ``done``, or bounds on them: the bound
        for the sum to the last complete pair before, plus the terms after it, plus an estimate of
        the rounding errors, which add like a random walk.
        """
        m = done - 1
        while self.points.beta[m + 1] != 0:
            m -= 1
        truncation = self.points.gamma * self.integral[m] * norms[m + 1]
        terms = self.largest[: done + 1] * norms[: done + 1]
        rounding = EPS * np.sum(np.sqrt(np.arange(1, done + 2)) * terms)
        return float(truncation + np.sum(terms[m + 1 :]) + rounding)


def expansion(spectrum: Complexes, spread: float, times: Floats, tol: float) -> Expansion:
    """Choose the points and the segments of time, and tabulate the coefficients.

    The eigenvalues of L are expected within ± i ``spread`` of ``spectrum``; if they are not, the
    expansion converges later or not at all, and its bound says so.

    Raises
    ------
    ValueError
        If the last time needs more than ``MOST_SEGMENTS`` segments.
    """
    t_max = float(times.max())
    reach = float(np.abs(spectrum).max()) + spread + 1 / max(t_max, 1e-9)
    spread += 1 / max(t_max, 1e-9)  # never a single point
    least = t_max * reach / 2e4  # so many segments are needed anyway
    segments, count = 1 << max(0, int(np.ceil(np.log2(max(least, 1.0))))), 256
    while segments <= MOST_SEGMENTS:
        length = t_max / segments
        segment = np.minimum((times / length).astype(int), segments - 1) if t_max else 0 * times
        local = np.append(times - length * segment, length)
        points = leja_points(spectrum, spread, count)
        order = np.argsort(local)
        rows, integral = coefficients(points.a, points.beta, points.gamma, 2 / reach, local[order])
        if points.gamma * integral[-8:].max() < 1e-6 * tol:
            break
        segments, count = (segments, 2 * count) if count < MOST_POINTS else (2 * segments, 256)
    else:
        allowed = 2e4 * MOST_SEGMENTS / reach
        raise ValueError(f"times end at {t_max:g}; allowed: at most about {allowed:.2g}")
    table = np.empty_like(rows)
    table[order] = rows
    largest = np.abs(table).max(axis=0)
    return Expansion(
        points, segments, segment.astype(np.int64), table[:-1], table[-1], largest, integral
    )


def leja_points(spectrum: Complexes, spread: float, count: int) -> Points:
    """At least ``count`` Leja points around the spectrum, widened by ± i ``spread``."""
    candidates = _upper_boundary(spectrum, spread, 2 * count)
    imag = np.where(candidates.imag > 1e-12 * np.abs(candidates).max(), candidates.imag, 0.0)
    chosen, log_product = _select(candidates.real.copy(), imag, count)
    square = imag[chosen] ** 2
    square[np.append(True, chosen[1:] != chosen[:-1])] = 0.0  # b² for the second of a pair
    # The product of the distances to K points grows like γ^K.
    gamma = float(np.exp(log_product / len(chosen)))
    return Points(candidates.real[chosen], square / gamma, gamma)


@njit(cache=True, fastmath={"contract", "nsz", "reassoc"})
def _select(x: Floats, y: Floats, count: int) -> tuple[Integers, float]:
    """Indices of Leja points, a conjugate pair (y > 0) twice, and log of the last product.

    The squared products of distances are kept relative to the largest: they would overflow.
    """
    chosen = np.empty(count + 1, dtype=np.int64)
    products = np.ones(len(x))
    log_scale, largest = 0.0, 1.0
    best = int(np.argmax(x - y))
    n = 0
    while n < count:
        a, b = x[best], y[best]
        chosen[n] = best
        n += 1
        if b > 0:
            chosen[n] = best
            n += 1
            for i in range(len(x)):
                real = (x[i] - a) ** 2
                products[i] *= (real + (y[i] - b) ** 2) * (real + (y[i] + b) ** 2) / largest
        else:
            for i in range(len(x)):
                products[i] *= ((x[i] - a) ** 2 + y[i] ** 2) / largest
        best = int(np.argmax(products))
        largest = products[best]
        log_scale += np.log(largest)
    return chosen[:n], log_scale / 2


@njit(cache=True, fastmath={"contract", "nsz"})
def coefficients(
    a: Floats, beta: Floats, gamma: float, step: float, times: Floats
) -> tuple[Floats, Floats]:
    """c_k at increasing times, shape (T, K), and integrals of the moduli from 0 to the last time.

    Taylor series of steps of at most ``step``; the integrals by the larger end of each step.
    """
    size = len(a)
    c, total = np.zeros(size), np.zeros(size)
    c[0] = 1.0
    term, new, before = c.copy(), c.copy(), c.copy()
    table = np.empty((len(times), size))
    now = 0.0
    for n in range(len(times)):
        steps = int(np.ceil((times[n] - now) / step))
        for _ in range(steps):
            h = (times[n] - now) / steps
            before[:] = c
            term[:] = c
            order, largest = 0, 1.0
            while largest > 1e-18 and order < 100:
                order += 1
                largest = 0.0
                for k in range(size):
                    value = a[k] * term[k]
                    if k > 0:
                        value += gamma * term[k - 1]
                    if k + 1 < size:
                        value -= beta[k + 1] * term[k + 1]
                    new[k] = value * h / order
                for k in range(size):
                    c[k] += new[k]
                    term[k] = new[k]
                    largest = max(largest, abs(new[k]))
            for k in range(size):
                total[k] += h * max(abs(before[k]), abs(c[k]))
        now = times[n]
        table[n] = c
    return table, total


def _upper_boundary(spectrum: Complexes, spread: float, count: int) -> Complexes:
    """Upper half of the boundary of the widened convex hull, ``count`` points on each edge."""
    x, y = spectrum.real, np.abs(spectrum.imag) + spread
    corners: list[complex] = []
    for n in np.lexsort((-y, x)):
        point = complex(x[n], y[n])
        while len(corners) > 1 and _turns_left(corners[-2], corners[-1], point):
            corners.pop()
        if not (corners and point.real == corners[-1].real):
            corners.append(point)
    corners = [complex(corners[0].real), *corners, complex(corners[-1].real)]
    # Leja points crowd near the corners, so do the candidates.
    fractions = (1 - np.cos(np.linspace(0, np.pi, count))) / 2
    edges = [p + (q - p) * fractions for p, q in pairwise(corners)]
    return np.unique(np.concatenate(edges))


def _turns_left(p: complex, q: complex, r: complex) -> bool:
    """Whether q is not above the line from p to r."""
    return ((q - p).conjugate() * (r - p)).imag >= 0
