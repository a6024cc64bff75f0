"""Fig. 2 by `product_space` against QuTiP, in one run on one thread, and how far from the limit.

    .venv/bin/python benchmarks/full_master_equation.py            # ten minutes, most for QuTiP
    .venv/bin/python benchmarks/full_master_equation.py --quick    # half a minute, for the book
    .venv/bin/python benchmarks/full_master_equation.py --t-max 40 # a shorter figure than claimed
    .venv/bin/python benchmarks/full_master_equation.py --skip default --skip-12

Seconds are those of the processor, so that other work on the machine does not count; only what two
processes gain is told by the clock, and not with --quick.

QuTiP solves two draws, one of each parity, to the full length with each set of options; its total
for the figure is the mean of the two times by the number of draws, and their spread is printed.
With --quick it solves one draw to a short length, and the second part of that, without the denser
steps of the start, gives the rest of the length: this supposes that later steps are all alike,
which only the full run can confirm.
"""

import argparse
import concurrent.futures
import multiprocessing
import os
import re
import resource
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numba import njit

from spincat.master_equation import _product_space_kernels as kernels
from spincat.master_equation import product_space
from spincat.master_equation._product_space_blocks import SLAB, parity_block
from spincat.model.broadening import Gaussian
from spincat.shared.provenance import processor

ETA, DRAWS, WIDTHS, PARITIES = 0.2, 10, (1e-3, 1e-2), ("even", "odd")
BEST = {"method": "vern7", "matrix_form": True, "nsteps": 10**6}
SLOWER = "vern7, matrix_form, 1e-8"
QUTIP = {
    SLOWER: {**BEST, "rtol": 1e-8, "atol": 1e-10},
    "vern7, matrix_form, 1e-6": {**BEST, "rtol": 1e-6, "atol": 1e-8},
    "default": None,
}


def figure(times, tol, n_spins=8, draws=DRAWS):
    """Processor seconds and fidelities of all curves of Fig. 2."""
    values, start = {}, time.process_time()
    for width in WIDTHS:
        for parity in PARITIES:
            values[width, parity] = curve(width, parity, times, tol, n_spins, draws)
    return time.process_time() - start, values


def peak_memory():
    """Peak resident memory in MB; ru_maxrss would still hold that of the parent process."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def curve(width, parity, times, tol=1e-6, n_spins=8, draws=DRAWS):
    """Fidelities of the draws of one curve of Fig. 2."""
    detunings = Gaussian(width).draw(n_spins, draws, seed=1)
    return product_space.cat_fidelity(detunings, ETA, times, parity, tol=tol)


def two_processes(times):
    """Seconds of all curves of Fig. 2 by two processes that are running already."""
    jobs = [(width, parity, times) for width in WIDTHS for parity in PARITIES]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        list(pool.map(curve, *zip(*[(1e-3, p, times[:2]) for p in PARITIES], strict=True)))
        start = time.perf_counter()
        list(pool.map(curve, *zip(*jobs, strict=True)))
        return time.perf_counter() - start


def qutip_run(parity, times, options, exact):
    """Processor seconds of QuTiP for the first draw of width 1e-2, and its largest error."""
    detunings = Gaussian(1e-2).draw(8, DRAWS, seed=1)[0]
    start = time.process_time()
    value = product_space.cat_fidelity_qutip(detunings, ETA, times, parity, options=options)
    seconds = time.process_time() - start
    return seconds, np.abs(value - exact[1e-2, parity][0][: len(times)]).max()


def best_time(function, count, runs=7):
    """Seconds per repetition of ``function(count)``, the best of several runs."""
    function(1)
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        function(count)
        seconds.append(time.perf_counter() - start)
    return min(seconds) / count


@njit(fastmath=True)
def add_in_cache(count, x, y):
    """The additions of the kernel on data that never leave the first-level cache."""
    for _ in range(count):
        for i in range(x.shape[0] - 6):
            for w in range(x.shape[1]):
                y[i, w] += ((x[i, w] + x[i + 1, w]) + (x[i + 2, w] + x[i + 3, w])) + (
                    x[i + 4, w] + x[i + 5, w]
                )


def limits():
    """Additions per second from the first-level cache, and bytes per second of a long copy."""
    x, y = np.zeros((14, 128)), np.zeros((14, 128))
    adding = best_time(lambda count: add_in_cache(count, x, y), 20_000)
    long, other = np.zeros(2**23), np.zeros(2**23)
    copying = best_time(lambda count: [np.copyto(other, long) for _ in range(count)], 3)
    return 6 * 8 * 128 / adding, 2 * long.nbytes / copying


def action(n_spins):
    """Seconds of one action of the Liouvillian, its additions, and its least traffic in bytes."""
    block = parity_block(n_spins, "even")
    size, count = block.size, {8: 200, 10: 10}.get(n_spins, 1)
    pair, work = np.zeros((2, size, size)), np.zeros((2, size, size))
    slabs = np.zeros((4, size, min(SLAB, size)))
    ones, energies = np.ones(count + 1), block.energies(np.full(n_spins, 0.01))
    none, weights = np.zeros((0, size, size)), np.zeros((count + 1, 0))
    norms, moments = np.zeros(count + 1), np.zeros((count + 1, 0))

    def act(repetitions):
        kernels.advance(
            0, repetitions, pair, block.down, block.down_starts, block.up, block.up_starts,
            energies, 1.0, 1.0, ones, 0 * ones, 1.0, work, slabs, none, weights, norms, moments,
            none,
        )  # fmt: skip

    # S or its transpose five times, with as many additions as it has entries; ten more per element
    # for the shifts, the dephasing, the recurrence and the norm.
    additions = 5 * len(block.down) * size + 10 * size**2
    return best_time(act, count, 3), additions, 3 * pair[0].nbytes


def report_action(n_spins, adding, copying):
    seconds, additions, traffic = action(n_spins)
    in_cache = additions / adding
    # Below some megabytes nothing has to come from memory.
    limit = max(in_cache, traffic / copying if traffic > 3e7 else 0.0)
    print(
        f"{n_spins:>3} {1e3 * seconds:10.3f} ms {additions / 1e6:10.2f}e6 "
        f"{additions / seconds / 1e9:10.1f}e9/s {1e3 * limit:10.3f} ms {seconds / limit:8.1f}"
    )


def report_qutip(times, exact, ours, arguments):
    """QuTiP's seconds for a draw and for the figure, and the ratio to ``ours``."""
    runs = "a short run of one draw" if arguments.quick else "full runs of two draws"
    print(f"\nQuTiP, width 1e-2: {runs}, extrapolated to the {4 * DRAWS} draws of the figure;")
    print("ratio to one process of spincat with tol = 1e-6:")
    for name, options in QUTIP.items():
        if name in arguments.skip:
            continue
        if arguments.quick:
            seconds, error, how = short_run(times, options, exact)
        else:
            found = [qutip_run(parity, times, options, exact) for parity in PARITIES]
            each, errors = np.array(found).T
            seconds, error = each.mean(), errors.max()
            how = f"even {each[0]:.1f} s, odd {each[1]:.1f} s, spread {np.ptp(each) / seconds:.0%}"
        total = 4 * DRAWS * seconds
        print(f"{name:<25} {seconds:6.1f} s a draw ({how})", flush=True)
        print(f"{'':<25} {total:6.0f} s in all, ratio {total / ours:.0f}, error {error:.0e}")


def short_run(times, options, exact):
    """Seconds for the whole length by those for its first 100th and 40th, and the error."""
    from qutip.ui.progressbar import BaseProgressBar, progress_bars  # here: QuTiP takes memory

    class Marks(BaseProgressBar):
        """Keeps the processor's seconds at each time of a run."""

        def __init__(self, *_, **__):
            super().__init__()
            Marks.seconds = [time.process_time()]

        def update(self):
            Marks.seconds.append(time.process_time())

    progress_bars["marks"] = Marks
    options = {**(options or {}), "progress_bar": "marks"}
    less, more = ((len(times) - 1) // part for part in (100, 40))
    qutip_run("even", times[:2], options, exact)  # QuTiP has work to do at its first call
    _, error = qutip_run("even", times[: more + 1], options, exact)
    first, last = (Marks.seconds[number] - Marks.seconds[0] for number in (less, more))
    rest = (last - first) * (times[-1] - times[more]) / (times[more] - times[less])
    how = f"to t = {times[less]:g} {first:.1f} s, to t = {times[more]:g} {last:.1f} s"
    return last + rest, error, how


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--t-max", type=float, default=400.0)
    parser.add_argument("--skip", nargs="*", choices=QUTIP, default=[], help="options of QuTiP")
    parser.add_argument("--skip-12", action="store_true", help="no draw of N = 12")
    parser.add_argument(
        "--quick", action="store_true", help="short runs of QuTiP, no N = 12, no two processes"
    )
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.skip.append(SLOWER)
    times = np.linspace(0, arguments.t_max, 201)

    figure(times[:2], 1e-6)  # compile before timing
    imported = peak_memory()
    print(f"{processor()}, one thread")
    print(f"Fig. 2: N = 8, eta = {ETA}, {4 * DRAWS} draws to t = {arguments.t_max:g}")
    _, exact = figure(times, 1e-8 if arguments.quick else 1e-10)
    ours = {}
    for tol in (1e-6,) if arguments.quick else (1e-6, 1e-8):
        ours[tol], values = figure(times, tol)
        error = max(np.abs(values[key] - exact[key]).max() for key in exact)
        print(f"spincat, tol = {tol:g}: {ours[tol]:7.2f} s, largest error {error:.0e}", flush=True)
    if not arguments.quick:  # while the book is built, other pages use the second core
        both = two_processes(times)
        print(
            f"two processes, tol = 1e-06: {both:.2f} s, {ours[1e-6] / both:.2f} times one process"
        )
    print(
        f"peak memory {peak_memory():.0f} MB, of which {imported:.0f} MB before the first curve\n"
    )

    adding, copying = limits()
    print(f"Limits measured: {adding / 1e9:.1f}e9 additions/s in the first-level cache, ", end="")
    print(f"{copying / 1e9:.1f} GB/s copied in memory")
    print("  N     an action    additions       achieved          limit  times the limit")
    for n_spins in (8, 10):
        report_action(n_spins, adding, copying)

    for n_spins in (10,) if arguments.skip_12 or arguments.quick else (10, 12):
        detunings = Gaussian(1e-2).draw(n_spins, 1, seed=1)
        start = time.process_time()
        value = product_space.cat_fidelity(detunings, ETA, times, "even", tol=1e-6)[0]
        seconds = time.process_time() - start
        print(
            f"N = {n_spins}, one draw of width 1e-2: {seconds:.1f} s, F = {value[-1]:.6f}, ", end=""
        )
        print(f"peak memory {peak_memory():.0f} MB", flush=True)

    report_qutip(times, exact, ours[1e-6], arguments)


if __name__ == "__main__":
    main()
