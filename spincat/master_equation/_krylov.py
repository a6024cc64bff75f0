r"""Krylov methods for one block of the density matrix of identical spins (`dicke`).

The generator L of a block is sparse, stiff and not normal: its entries grow as N², the slowest
rate may be 1e-100.  What is wanted are smooth solutions and slow modes, and both lie in the Krylov
space of the resolvent (1 - γL)⁻¹, which needs one sparse LU decomposition.

With V and H from the Arnoldi iteration and L_m = (1 - H⁻¹)/γ, y(t) = V exp(tL_m) e_1 \|x\| obeys

    y' = L y - (1 - γL) v_{m+1} g(t),      g(t) = h_{m+1,m} e_m^T H⁻¹ exp(tL_m) e_1 \|x\| / γ .

After an integration by parts the error is the evolution, which does not increase the trace norm,
of v_{m+1} times γ g at both ends of the interval and times g - γg' in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import scipy.sparse as sparse
from scipy.linalg import expm
from scipy.sparse.linalg import splu

from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Floats

MOST_VECTORS = 48
"""More Krylov vectors than this are not used: the interval of time is made shorter instead."""
POINTS = 40
"""Steps of the sum that stands for the integral in the bound on the error."""


class Krylov(NamedTuple):
    """Orthonormal rows ``vectors`` (m + 1, d) and the matrix (m, m) of the operator, with its h."""

    vectors: Floats
    matrix: Floats
    last: float


def resolvent(
    generator: sparse.csr_array, shift: float
) -> tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]:
    """Return the solvers of (shift - L) x = b and of its transpose."""
    lu = splu(sparse.csc_array(shift * sparse.eye_array(generator.shape[0]) - generator))
    return lu.solve, lambda right: lu.solve(right, "T")


def arnoldi(operator: Callable[[Floats], Floats], start: Floats, every: int) -> Iterator[Krylov]:
    """Yield the Krylov space of ``operator`` each time it has grown by ``every`` vectors."""
    vectors = np.zeros((MOST_VECTORS + 1, start.size))
    matrix = np.zeros((MOST_VECTORS + 1, MOST_VECTORS))
    vectors[0] = start / np.linalg.norm(start)
    for m in range(1, min(MOST_VECTORS, start.size) + 1):
        new = operator(vectors[m - 1])
        for _ in range(2):  # the second pass restores what rounding lost of orthogonality
            overlaps = vectors[:m] @ new
            new = new - overlaps @ vectors[:m]
            matrix[:m, m - 1] += overlaps
        matrix[m, m - 1] = np.linalg.norm(new)
        exhausted = matrix[m, m - 1] <= 1e-15 * np.abs(matrix[:m, m - 1]).max() or m == start.size
        if not exhausted:
            vectors[m] = new / matrix[m, m - 1]
        if m % every == 0 or exhausted:
            last = 0.0 if exhausted else float(matrix[m, m - 1])
            yield Krylov(vectors[: m + 1], matrix[:m, :m], last)
        if exhausted:
            return


def slowest(
    operator: Callable[[Floats], Floats], start: Floats, shift: float
) -> tuple[complex, Floats, float]:
    """Return the eigenvalue of L nearest to 0, its vector, and the real part of the next one.

    Nearest means with the largest real part.

    Parameters
    ----------
    operator
        (shift - L)⁻¹, or its transpose for the left eigenvector.
    start
        First vector, shape (d,).

    Raises
    ------
    ConvergenceError
        If the iteration does not converge, or the slowest modes are a complex pair.
    """
    for space in arnoldi(operator, start, every=4):
        values, basis = np.linalg.eig(space.matrix)
        order = np.argsort(-(shift - 1 / values).real)
        error = space.last * np.abs(basis[-1, order]) / np.abs(values[order])
        if error[0] < 1e-14 and np.all(error[1:2] < 1e-4):
            first, *rest = (shift - 1 / values)[order]
            if abs(first.imag) > 1e-9 * abs(first):
                raise ConvergenceError(
                    "the slowest modes are a complex pair: no single slowest mode"
                )
            if not rest and start.size > 1:
                # The start was the mode to all digits, and the next one was not seen.
                spread = np.cos(np.arange(start.size)) * np.abs(start).max() / 10
                return slowest(operator, start + spread, shift)
            vector = basis[:, order[0]].real @ space.vectors[: len(values)]
            return first, np.asarray(vector), float(rest[0].real) if rest else -np.inf
    raise ConvergenceError("the slowest mode did not converge")


def evolve(generator: sparse.csr_array, start: Floats, times: Floats, tol: float) -> Floats:
    """Return exp(tL) start at the increasing ``times`` ≥ 0, shape (T, d).

    Parameters
    ----------
    generator
        L, of a block of a density matrix: the trace norm must not grow.
    start
        Shape (d,).
    tol
        Bound on the error in the trace norm for each of the intervals of time, a decade each.

    Raises
    ------
    ConvergenceError
        If an interval does not converge however short it is made.
    """
    result, now, done = np.zeros((len(times), start.size)), 0.0, 0
    slope = float(np.linalg.norm(generator @ start))
    length = float(np.linalg.norm(start)) / slope if slope else np.inf
    shortest = 1e-17 / max(float(np.abs(generator.diagonal()).max()), 1e-290)
    while done < len(times):
        # The trace norm is at most √rank times the other, and does not grow.
        if np.linalg.norm(start) * start.size**0.25 < tol:
            break
        if times[done] - now <= shortest:
            result[done], done = start, done + 1
            continue
        # No longer than to ten times the next step: the early part of an interval is worse.
        step = min(length, times[-1] - now, 10 * (times[done] - now))
        inside = times[done : np.searchsorted(times, now + step, side="right")]
        states = _interval(generator, start, np.append(inside - now, step), tol)
        if states is not None:
            result[done : done + len(inside)] = states[:-1]
            start, now, done = states[-1], now + step, done + len(inside)
            length = max(length, 4 * step)
        elif step > 1e-9 * (times[done] - now):
            length = step / 4
        else:
            raise ConvergenceError(f"no convergence after Γ2 t = {now:g}")
    return result


def _interval(
    generator: sparse.csr_array, start: Floats, steps: Floats, tol: float
) -> Floats | None:
    """Return exp(tL) start at ``steps``, or None if the error does not fall below ``tol``."""
    gamma, norm = steps[-1] / 10, float(np.linalg.norm(start))
    solve, _ = resolvent(generator, 1 / gamma)
    for space in arnoldi(lambda x: solve(x) / gamma, start, every=8):
        m = len(space.matrix)
        inverse = np.linalg.inv(space.matrix)
        small = (np.eye(m) - inverse) / gamma
        row = space.last * inverse[-1] / gamma * norm
        with np.errstate(over="ignore", invalid="ignore"):  # a space too small may explode
            step = expm(small * steps[-1] / POINTS)
            path = np.zeros((POINTS + 1, m))
            path[0, 0] = 1
            for k in range(POINTS):
                path[k + 1] = step @ path[k]
            g, slope = path @ row, path @ small.T @ row
            error = 2 * gamma * np.abs(g).max() + np.abs(g - gamma * slope).mean() * steps[-1]
        if start.size**0.25 * error < tol:
            few = np.array([expm(small * t)[:, 0] for t in steps])
            return np.asarray(norm * few @ space.vectors[:m])
    return None
