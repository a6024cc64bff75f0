"""The map of Fig. 4 against a loop of SciPy's LSODA over its points, in one run.

    .venv/bin/python benchmarks/phase_map.py            # 200 points by LSODA, half a minute
    .venv/bin/python benchmarks/phase_map.py --quick    # 40 points and a coarser map, for the book

LSODA follows every point to Γ2 t = 3000, with a right-hand side of plain Python numbers; the map
ends where it knows the limit.  The points are random; the error is that to the map with a
tolerance of 1e-11 per step, in the points that have come to their limit.
"""

import argparse
import math
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np
from free_evolution import processor
from scipy.integrate import solve_ivp

from spincat.mean_field import mirror_halves, phase_diagram

N_SPINS, T_LSODA = 10_000, 3000.0
WANTED_SECONDS, WANTED_RATIO = 30, 100
"""What the map is made for: 200 x 200 points on two threads, and a point against LSODA."""


def rhs(_, state, n, eta, delta):
    """Eqs. 26-28 as a user would write them for speed: no arrays."""
    amplitude, zeta, z = state
    cos2, cosine, sine = math.cos(zeta) ** 2, math.cos(2 * zeta), math.sin(2 * zeta)
    square = amplitude * amplitude
    a, b = cos2 - cosine / n, cos2 - 1 / n
    total = 1 + z + (n - 2) * square * cos2
    return (
        amplitude * (-2 * eta * z * a + z * b * total - 2 * square * cos2),
        delta + z * sine * (eta * (1 - 2 / n) - total / 2),
        square * (8 * eta * a - 4 * b * total - 4 * (1 + z) * cos2),
    )


def lsoda(etas, deltas, rtol):
    """Final states of a loop over the points, and processor seconds per point."""
    start, states = time.process_time(), []
    for eta, delta in zip(etas, deltas, strict=True):
        solution = solve_ivp(
            rhs, (0, T_LSODA), mirror_halves.steady_state(N_SPINS, eta), method="LSODA",
            args=(N_SPINS, eta, delta), rtol=rtol, atol=rtol / 100,
        )  # fmt: skip
        states.append(solution.y[:, -1])
    return np.array(states), (time.process_time() - start) / len(etas)


def by_map(eta, delta, rtol):
    """A, ζ and z of the same points by the map with the same last time, NaN if not converged."""
    points = [
        phase_diagram.phase_map(N_SPINS, [x], [y], t_max=T_LSODA, rtol=rtol)
        for x, y in zip(eta, delta, strict=True)
    ]
    names = "amplitude", "phase_spread", "z"
    states = np.array([[p[name].item() for name in names] for p in points])
    return np.where([[p["converged"].item()] for p in points], states, np.nan)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="40 points, a map of 100 x 100")
    quick = parser.parse_args().quick
    side, count = (100, 40) if quick else (200, 200)

    eta, delta = N_SPINS / 16 * np.linspace(0, 1, side + 1)[1:], np.linspace(0, 0.08, side)
    phase_diagram.phase_map(N_SPINS, eta[:1], delta[:1])  # compile before timing
    print(f"{processor()}; N = {N_SPINS}, {side} x {side} points to the end of each")
    wall, processor_time = time.perf_counter(), time.process_time()
    dataset = phase_diagram.phase_map(N_SPINS, eta, delta)
    wall, processor_time = time.perf_counter() - wall, time.process_time() - processor_time
    print(f"spincat: {wall:.2f} s, {processor_time:.2f} s of one processor")
    per_point = processor_time / side**2
    if not quick:
        share = 100 * wall / WANTED_SECONDS
        print(f"wanted: below {WANTED_SECONDS} s on 2 cores, of which one takes {share:.0f} %")
    fates = [int((dataset["fate"] == k).sum()) for k in range(len(phase_diagram.FATES))]
    print(", ".join(f"{n} {f}" for n, f in zip(fates, phase_diagram.FATES, strict=True)))

    rng = np.random.default_rng(1)
    random = rng.uniform(eta[0], eta[-1], count), rng.uniform(0, 0.08, count)
    exact = by_map(*random, 1e-11)
    settled = np.isfinite(exact[:, 0])
    print(
        f"\n{count} random points to t = {T_LSODA:g}, {settled.sum()} of which have come to ",
        end="",
    )
    print(
        "their limit by then;\nprocessor time per point, and largest error in A, zeta and z there:"
    )
    error = np.nanmax(np.abs(by_map(*random, mirror_halves.RTOL) - exact))
    assert error < 1e-5, error
    print(f"{'spincat, point of the map':<26} {1e3 * per_point:8.3f} ms {'':11} {error:.0e}")
    for rtol in (1e-6, 1e-8):
        states, seconds = lsoda(*random, rtol)
        difference = np.nanmax(np.abs(states - exact))
        assert difference < 1e-3, difference
        print(
            f"{f'LSODA, rtol = {rtol:g}':<26} {1e3 * seconds:8.3f} ms "
            f"ratio {seconds / per_point:5.0f} {difference:.0e}"
        )
    print(f"wanted: a ratio of at least {WANTED_RATIO}")


if __name__ == "__main__":
    main()
