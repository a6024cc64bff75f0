"""The exact product-state equations against NumPy, memory and SciPy, and with groups of spins.

    .venv/bin/python benchmarks/mean_field.py          # half a minute
    .venv/bin/python benchmarks/mean_field.py --quick  # for the book

One thread.  The limit by memory is measured in the same run, by a compiled loop that reads and
writes the same arrays in the same order, σ and z twice since the sums come first, but computes next
to nothing.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from free_evolution import processor
from numba import njit
from scipy.integrate import RK45

from spincat import SpinEnsemble
from spincat.mean_field import SpinGroups, all_spins
from spincat.mean_field import _all_spins_kernels as kernels
from spincat.mean_field import _all_spins_stepper as stepper

BYTES_PER_SPIN = 2 * 24 + 8 + 24


@njit(fastmath=True)
def traffic(sigma, z, detunings, d_sigma, d_z):
    """The memory traffic of one evaluation, with the least arithmetic."""
    x = y = w = 0.0
    for m in range(z.size):
        x += sigma[m].real
        y += sigma[m].imag
        w += z[m]
    for m in range(z.size):
        d_sigma[m] = complex(x + sigma[m].real, y + sigma[m].imag)
        d_z[m] = w + z[m] + detunings[m]


def numpy_rhs(sigma, z, eta, detunings):
    """`mean_field.product_state_rhs` as one writes it in NumPy, O(N) as well."""
    n = len(z)
    square, population = np.abs(sigma) ** 2, (1 + z) / 2
    variance = population - square
    c = (sigma.sum() - sigma) / n
    e = (variance.sum() - variance) / n
    t = (np.sum(sigma**2) - sigma**2) / n
    q = (np.sum(variance * sigma) - variance * sigma) / n
    field = (n * np.abs(c) ** 2 + 2 * e) * c + (-2j * eta - t) * np.conj(c) - 2 / n * q
    rate = np.abs(c) ** 2 + e / n
    d_sigma = (1j * detunings - 2 * rate) * sigma + z * field
    return d_sigma, -4 * rate * (1 + z) - 4 * (np.conj(sigma) * field).real


def best(function, *arguments, runs=10, **keywords):
    """Seconds of the fastest of several calls, and the last result."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        result = function(*arguments, **keywords)
        seconds.append(time.process_time() - start)
    return min(seconds), result


def state(n_spins):
    """Weakly excited spins that all differ."""
    generator = np.random.default_rng(1)
    sigma = 0.1 + 0.1j + 0.05 * (generator.normal(size=n_spins) + 1j)
    return sigma, -np.sqrt(1 - 4 * np.abs(sigma) ** 2), 0.05 * generator.normal(size=n_spins)


def evaluations():
    """One line per N: NumPy, the function with its checks, the kernels alone, the limit."""
    for n_spins in (10**4, 10**5, 10**6):
        sigma, z, detunings = state(n_spins)
        eta = 0.01 * n_spins
        slow, expected = best(numpy_rhs, sigma, z, eta, detunings)
        checked, ours = best(all_spins.product_state_rhs, sigma, z, eta, detunings)
        out = np.empty_like(sigma), np.empty_like(z)

        def bare(sigma=sigma, z=z, detunings=detunings, eta=eta, out=out):
            kernels.derivative(sigma, z, detunings, -2j * eta, None, True, *out)

        alone, _ = best(bare, runs=30)
        scale = np.abs(expected[0]).max()
        error = max(np.abs(a - b).max() for a, b in zip(ours, expected, strict=True)) / scale
        assert error < 1e-10, error
        limit, _ = best(traffic, sigma, z, detunings, *out, runs=30)
        speed = BYTES_PER_SPIN * n_spins / limit / 1e9
        print(
            f"{n_spins:>8} {1e6 * slow:9.0f} {1e6 * checked:9.0f} {slow / checked:6.1f} "
            f"{1e6 * alone:9.0f} {slow / alone:6.1f} {1e6 * limit:9.0f} ({speed:5.1f} GB/s) "
            f"{alone / limit:14.2f}  {error:.0e}"
        )


def groups(n_groups, n_spins, t_max):
    """The cost of many spins in groups of equal ones, over that of one spin for each group."""
    detunings = 0.02 * np.random.default_rng(3).normal(size=n_groups)
    start = np.full(n_groups, 0.15 * (1 + 1j)), np.full(n_groups, -0.9)
    seconds, rates = {}, {}
    for n in (n_groups, n_spins):
        counts = np.full(n_groups, n // n_groups)
        few = SpinGroups(counts, 0.02 * n, 0.0, detunings)
        at = *start, few.eta, detunings
        rates[n], _ = best(all_spins.product_state_rhs, *at, multiplicities=counts, runs=300)
        all_spins.integrate(few, *start, [1e-3])  # compile before timing
        seconds[n], _ = best(all_spins.integrate, few, *start, [t_max], runs=3)
    print(
        f"\nN = {n_spins} in {n_groups} groups over N = {n_groups}: "
        f"one evaluation {rates[n_spins] / rates[n_groups]:.2f}, to t = {t_max:g} "
        f"{seconds[n_spins] / seconds[n_groups]:.2f} ({seconds[n_spins]:.2f} s)"
    )


def explicit_step(ensemble, start, duration):
    """Seconds and evaluations per unit of time of SciPy's RK45 from the locked state on."""
    n = ensemble.n_spins

    def slope(_, y):
        pair = y[: 2 * n].view(complex), y[2 * n :]
        d_sigma, d_z = numpy_rhs(*pair, ensemble.eta, ensemble.detunings)
        return np.concatenate([d_sigma.view(float), d_z])

    y = np.concatenate([start[0].view(float), start[1]])
    solver = RK45(slope, 0.0, y, duration, rtol=1e-6, atol=1e-8)
    begin = time.process_time()
    while solver.status == "running":
        solver.step()
    return (time.process_time() - begin) / duration, solver.nfev / duration


def integration(n_spins, t_max, duration):
    """A locked ensemble to ``t_max``; RK45 runs for ``duration`` and is extrapolated."""
    detunings = 0.02 * np.random.default_rng(2).normal(size=n_spins)
    ensemble = SpinEnsemble(n_spins, 0.02 * n_spins, 0.0, detunings)
    start = np.full(n_spins, 0.15 * (1 + 1j)), np.full(n_spins, -0.9)
    all_spins.integrate(ensemble, *start, [1e-3])  # compile before timing
    steps, attempt = [], stepper.Stepper.attempt
    stepper.Stepper.attempt = lambda *a: (steps.append(a[1]), attempt(*a))[1]
    seconds, ours = best(all_spins.integrate, ensemble, *start, [100.0, t_max], runs=1)
    count = len(steps)
    stepper.Stepper.attempt = attempt
    finer = all_spins.integrate(ensemble, *start, [100.0, t_max], tol=1e-8)
    error = max(np.abs(a - b).max() for a, b in zip(ours, finer, strict=True))
    cost, calls = explicit_step(ensemble, (ours[0][0].copy(), ours[1][0]), duration)
    print(f"\nN = {n_spins}, eta = {ensemble.eta:g}, width 0.02, to t = {t_max:g}:")
    print(f"spincat, tol = 1e-6: {seconds:.2f} s, {count} steps, largest error {error:.0e}")
    print(
        f"SciPy RK45: {calls:.0f} evaluations per unit of time in a run of {duration:g}; ", end=""
    )
    print(f"extrapolated {cost * t_max:.0f} s, ratio {cost * t_max / seconds:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="RK45 for a shorter time")
    quick = parser.parse_args().quick
    print(f"{processor()}, one thread")
    print("Microseconds of one evaluation of all derivatives:")
    print(
        f"{'N':>8} {'NumPy':>9} {'spincat':>9} {'ratio':>6} {'kernels':>9} {'ratio':>6} "
        f"{'memory':>9} {'':12} {'kernels/memory':>9}  difference"
    )
    evaluations()
    groups(400, 10**6, 300.0)
    integration(10**4, 3000.0, 1.0 if quick else 10.0)


if __name__ == "__main__":
    main()
