r"""A Rosenbrock method for `spincat.mean_field.all_spins`: stiff, adaptive, O(N) per step.

The collective motion relaxes at rates of the order η, up to N/16 and more, while single spins turn
and relax at rates of the order one.  The method is ROS34PW2 of Rang and Angermann (*New Rosenbrock
W-methods of order 3 for partial differential algebraic equations of index 1*, BIT 45, 761, 2005):
order 3 with an error estimate of order 2, L-stable, four linear systems with one matrix
(1/γh) - J per step.  Its order does not ask for the exact Jacobian.  So J may be one 3 by 3 block
per spin plus a matrix of rank 2, all that is fast, and Woodbury's formula solves the systems in
O(N).
"""

from __future__ import annotations

import numpy as np

from spincat.mean_field import _all_spins_kernels as kernels
from spincat.mean_field._all_spins_kernels import EquationsOfMotion, State
from spincat.shared.errors import ConvergenceError
from spincat.shared.types import Complexes, Floats

# The coefficients α, γ, b and the b of the error estimate, as published.
ALPHA = np.zeros((4, 4))
ALPHA[1, 0] = 0.87173304301691801
ALPHA[2, :2] = 0.84457060015369423, -0.11299064236484185
ALPHA[3, 2] = 1.0
GAMMA = 0.43586652150845900 * np.eye(4)
GAMMA[1, 0] = -0.87173304301691801
GAMMA[2, :2] = -0.90338057013044082, 0.054180672388095326
GAMMA[3, :3] = 0.24212380706095346, -1.2232505839045147, 0.54526025533510214
WEIGHTS = np.array([0.24212380706095346, -1.2232505839045147, 1.5452602553351020, GAMMA[3, 3]])
LOWER_WEIGHTS = np.array([0.37810903145819369, -0.096042292212423178, 0.5, 0.21793326075422950])
# The same for u = Γk, which needs no product with J.
A, M = ALPHA @ np.linalg.inv(GAMMA), WEIGHTS @ np.linalg.inv(GAMMA)
C, E = np.eye(4) / GAMMA[0, 0] - np.linalg.inv(GAMMA), M - LOWER_WEIGHTS @ np.linalg.inv(GAMMA)
MOST_STEPS = 300_000
"""Largest number of steps, which take half a minute for a few spins."""
SMALLEST_STEP = 1e-13
"""Shortest step, relative to the last time: below it the steps do not add up any more."""


class Stepper:
    """The state of all spins and one step of the method."""

    def __init__(self, state: State, motion: EquationsOfMotion) -> None:
        n = state[1].size
        self.state, self.motion, self.weights = state, motion, motion.multiplicities
        self.n_spins = float(n) if self.weights is None else float(self.weights.sum())
        self.zero = np.zeros(n, complex), np.zeros(n)
        self.stages = np.empty((4, n), complex), np.empty((4, n))
        self.inverses, self.columns = np.empty((9, n)), np.empty((6, n))

    def attempt(self, step: float) -> tuple[State, float]:
        """The state after ``step``, and the size of its error."""
        end = np.empty_like(self.state[0]), np.empty_like(self.state[1])
        shift = 1 / (GAMMA[0, 0] * step)
        capacitance = self.motion.factorise(shift, self.state, self.inverses, self.columns)
        for i in range(4):
            stage = self.stages[0][i], self.stages[1][i]
            kernels.combine(A[i, :i], self.stages, self.state, end)
            self.motion.derivative(end, stage)
            kernels.combine(C[i, :i] / step, self.stages, stage, stage)
            kernels.solve(self.inverses, self.columns, capacitance, self.weights, *stage)
        kernels.combine(E, self.stages, self.zero, end)
        error = self.norm(end)
        kernels.combine(M, self.stages, self.state, end)
        return end, error

    def norm(self, change: State) -> float:
        """Size of a change, relative to the coherence and the excitation of the present state.

        Both are averaged over the spins, and 1/N is added to each, which is what quantum
        fluctuations of order one excitation amount to.
        """
        (sigma, z), (d_sigma, d_z) = self.state, change
        floor = 1 / self.n_spins
        size = self._square(d_sigma) / (self._square(sigma) + floor)
        return float(np.sqrt(size + self._square(d_z) / (self._square(1 + z) + floor)))

    def _square(self, values: Complexes | Floats) -> float:
        r"""The sum of \|values\|² over all spins."""
        weighted = values if self.weights is None else self.weights * values
        return float(np.vdot(values, weighted).real)


def trajectory(stepper: Stepper, times: Floats, tol: float) -> State:
    """States at the increasing ``times`` from t = 0, each step with an error of about ``tol``."""
    shape = len(times), stepper.state[1].size
    result = np.empty(shape, complex), np.empty(shape)
    slope = np.empty(shape[1], complex), np.empty(shape[1])
    stepper.motion.derivative(stepper.state, slope)
    count = 0
    now, step, end = 0.0, min(1e-2 / max(stepper.norm(slope), 1e-300), times[-1]), times[-1]
    for i, target in enumerate(times):
        while now < target:
            while True:
                count += 1
                if count > MOST_STEPS:
                    raise ConvergenceError(
                        f"times up to {end:g} need more than {MOST_STEPS} steps, now at t = {now:g}"
                    )
                last = step >= (target - now) * (1 - 1e-10)
                length = target - now if last else step
                if step < SMALLEST_STEP * end:
                    raise ConvergenceError(
                        f"the step fell to {step:.1e} at t = {now:.6g}; allowed: "
                        f"at least {SMALLEST_STEP * end:.1e}"
                    )
                state, error = stepper.attempt(length)
                factor = 5.0 if error < 1e-3 * tol else min(5.0, 0.9 * (tol / error) ** (1 / 3))
                if error <= tol:
                    break
                step = length * (max(0.2, factor) if np.isfinite(error) else 0.2)
            now, stepper.state = (target if last else now + length), state
            # A step cut short by the target says nothing against the longer one.
            step = max(step, length * factor) if last else length * factor
        result[0][i], result[1][i] = stepper.state
    return result
