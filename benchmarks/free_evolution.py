"""Free-evolution fidelities against the NumPy expressions a user would write, in one run.

    .venv/bin/python benchmarks/free_evolution.py

Both sides run on one thread and must agree to 1e-10.  A line is the median of three runs of
spincat and one run of NumPy, which takes seconds; these are those of the processor.
"""

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import numpy as np

from spincat.free import dephasing
from spincat.model.broadening import Gaussian
from spincat.shared.provenance import processor

N_SPINS, N_TIMES = 200, 400


def coherent_broadcast(detunings, theta, times):
    """Eq. 10 in one broadcast expression: an array of shape (draws, N, T)."""
    cosines = np.cos(detunings[:, :, None] * times)
    return np.prod(1 - 0.5 * (1 - cosines) * np.sin(theta) ** 2, axis=1)


def cat_broadcast(detunings, theta, times):
    """Eq. 15 for the odd cat in one broadcast expression."""
    phases = np.exp(-1j * detunings[:, :, None] * times)
    cos2, sin2 = np.cos(theta / 2) ** 2, np.sin(theta / 2) ** 2
    plus, minus = (np.prod(cos2 + s * sin2 * phases, axis=1) for s in (1, -1))
    return np.abs(plus - minus) ** 2 / (1 - np.cos(theta) ** detunings.shape[1]) ** 2


def draw_by_draw(expression: Callable) -> Callable:
    """The same expression in a loop over draws: less memory, same arithmetic."""

    def loop(detunings, theta, times):
        return np.concatenate([expression(row[None], theta, times) for row in detunings])

    return loop


def odd(detunings, theta, times):
    return dephasing.cat_fidelity(detunings, theta, times, "odd")


def median_time(function: Callable, *arguments, runs: int = 3):
    """Median seconds of ``runs`` calls, and the last result."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        result = function(*arguments)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), result


def compare(draws):
    """Rows of (what, times, NumPy seconds, spincat seconds, ratio, largest difference)."""
    theta = 1 / np.sqrt(N_SPINS)
    detunings = Gaussian(1.0).draw(N_SPINS, draws, seed=1)
    grids = {
        "equally spaced": np.linspace(0, 5, N_TIMES),
        "arbitrary": np.sort(np.random.default_rng(2).uniform(0, 5, N_TIMES)),
    }
    kinds = {
        "coherent": (dephasing.coherent_fidelity, coherent_broadcast),
        "odd cat": (odd, cat_broadcast),
    }
    for name, (ours, broadcast) in kinds.items():
        for spacing, times in grids.items():
            ours(detunings[:1], theta, times)  # compile before timing
            fast, value = median_time(ours, detunings, theta, times)
            for style, numpy_way in (
                ("broadcast", broadcast),
                ("draw by draw", draw_by_draw(broadcast)),
            ):
                slow, expected = median_time(numpy_way, detunings, theta, times, runs=1)
                difference = np.abs(value - expected).max()
                assert difference < 1e-10, (name, spacing, difference)
                yield f"{name}, NumPy {style}", spacing, slow, fast, slow / fast, difference


def growth():
    """Rows of (N, seconds, nanoseconds per spin, draw and time) for the odd cat."""
    times = np.linspace(0, 5, N_TIMES)
    for n_spins in (200, 2_000, 20_000, 200_000):
        draws = max(1, 2_000_000 // n_spins // 10)
        detunings = Gaussian(1.0).draw(n_spins, draws, seed=1)
        seconds, _ = median_time(odd, detunings, 1 / np.sqrt(n_spins), times)
        yield n_spins, draws, seconds, 1e9 * seconds / (n_spins * draws * N_TIMES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draws", type=int, default=1000)
    draws = parser.parse_args().draws
    print(f"{processor()}, one thread; N = {N_SPINS}, {draws} draws, {N_TIMES} times\n")
    print(f"{'':<30} {'times':<15} {'NumPy':>8} {'spincat':>9} {'ratio':>6}  difference")
    for what, spacing, slow, fast, ratio, difference in compare(draws):
        print(f"{what:<30} {spacing:<15} {slow:7.2f}s {fast:8.3f}s {ratio:6.1f}  {difference:.0e}")
    print("\nGrowth of the odd cat with N, equally spaced times:")
    for n_spins, draws, seconds, cost in growth():
        print(f"N = {n_spins:>7}, {draws:>4} draws: {seconds:6.3f} s, {cost:.2f} ns per factor")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"\nPeak memory of this process: {peak:.1f} GB, almost all of it for NumPy's broadcast.")


if __name__ == "__main__":
    main()
