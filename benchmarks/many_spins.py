"""Classes of equal spins by `many_spins` against QuTiP, in one run on one thread.

    .venv/bin/python benchmarks/many_spins.py            # some minutes, most for QuTiP
    .venv/bin/python benchmarks/many_spins.py --quick    # a minute, for the book

The job: two halves ±δ to Γ2 t = 20.  QuTiP's `mesolve` has the product of two Dicke spaces, of
(N/2 + 1)² states of both parities, and the Liouvillian in either of its two forms.  It is run to
two short times, and its total is extrapolated from the difference between them: later steps are
taken for alike.  Its error is that at the second of these times.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import qutip
from numba import njit

from spincat.many_spins import _density, classes
from spincat.many_spins.classes import evolve_classes
from spincat.model import SpinEnsemble, spin_cat
from spincat.shared.provenance import processor

ETA, DELTA, T_MAX, STATE = 0.5, 0.05, 20.0, "even"
QUTIP = {
    "vern7, matrix_form": {"method": "vern7", "matrix_form": True},
    "vern7, superoperator": {"method": "vern7"},
}
SMALL = 16
"""Largest N for which QuTiP's superoperator is made: (N/2 + 1)⁴ rows."""


def timed(function, *arguments, **more):
    """Seconds and result of a call."""
    start = time.process_time()
    result = function(*arguments, **more)
    return time.process_time() - start, result


def halves(n_spins, times, **more):
    """The dataset of two halves."""
    half = n_spins // 2
    return evolve_classes([half, half], [DELTA, -DELTA], ETA, times, STATE, **more)


def qutip_fidelity(n_spins, t_max, options):
    """Fidelity at ``t_max`` by `mesolve` on the product of two Dicke spaces."""
    half = n_spins // 2
    one, eye = [qutip.jmat(half / 2, axis) for axis in "-z"], qutip.qeye(half + 1)
    lower = qutip.tensor(one[0], eye) + qutip.tensor(eye, one[0])
    energy = DELTA * (qutip.tensor(one[1], eye) - qutip.tensor(eye, one[1]))
    pair = (lower * lower / n_spins).to("csr")
    ensemble = SpinEnsemble(n_spins, ETA)
    ladder = spin_cat(n_spins, ensemble.theta, ensemble.azimuth, parity=STATE)
    symmetric = qutip.tensor(*2 * [qutip.basis(half + 1, half)])
    ket = ladder[0] * symmetric
    for amplitude in ladder[1:]:
        symmetric = (lower.dag() * symmetric).unit()
        ket += amplitude * symmetric
    run = qutip.mesolve(
        (energy + ETA * (pair + pair.dag())).to("csr"), ket.unit(), [0, t_max], [pair],
        e_ops=[ket.unit().proj()],
        options={"progress_bar": "", "nsteps": 10**7, "rtol": 1e-6, "atol": 1e-8, **options},
    )  # fmt: skip
    return run.expect[0][-1]


def report_qutip(n_spins, short):
    """Seconds of both for one N, QuTiP's extrapolated from two short times, and their ratio."""
    times = np.linspace(0, T_MAX, 41)
    ours, found = timed(halves, n_spins, times)
    exact = halves(n_spins, [0.0, *short], tol=1e-9).fidelity.values
    same = halves(n_spins, [0.0, *short]).fidelity.values
    print(
        f"N = {n_spins:<4} spincat, tol 1e-6    {ours:10.2f} s, error {abs(same - exact).max():.0e}"
        f" (n_max = {found.n_max})",
        flush=True,
    )
    for name, options in QUTIP.items():
        if n_spins > SMALL and "superoperator" in name:
            continue
        (first, _), (second, value) = (timed(qutip_fidelity, n_spins, t, options) for t in short)
        total = second + (second - first) / (short[1] - short[0]) * (T_MAX - short[1])
        print(
            f"         {name:<21} {total:10.2f} s, error {abs(value - exact[-1]):.0e}, "
            f"ratio {total / ours:.0f}  ({first:.1f} s and {second:.1f} s to t = {short[0]:g} "
            f"and {short[1]:g})",
            flush=True,
        )


def report_cost(label, jobs, tol):
    """Seconds for a list of (text, sizes, eta, n_max)."""
    print(f"\n{label}, to t = {T_MAX:g}, tol = {tol:g}")
    print("                               states  n_max    seconds   purity")
    for text, sizes, eta, n_max in jobs:
        rates = np.linspace(DELTA, -DELTA, len(sizes)) if len(sizes) > 1 else [0.0]
        times = np.linspace(0, T_MAX, 41)
        seconds, found = timed(
            evolve_classes, sizes, rates, eta, times, STATE, n_max=n_max, tol=tol
        )
        states = classes._count(np.array(sizes), found.n_max, STATE)
        print(
            f"{text:<30} {states:6.0f} {found.n_max:6d} {seconds:10.2f} "
            f"{found.purity.values[-1]:8.4f}",
            flush=True,
        )


@njit(fastmath=True)
def add_in_cache(count, x, y):
    """The operations of the kernel on data that never leave the first-level cache."""
    for _ in range(count):
        for i in range(x.shape[0] - 4):
            for w in range(x.shape[1]):
                y[i, w] += (0.3 * x[i, w] + 0.2 * x[i + 1, w]) + (
                    0.1 * x[i + 2, w] + 0.4 * x[i + 3, w]
                )


def report_kernel(sizes):
    """An action of the Liouvillian against what its operations and its traffic would take."""
    x, y, count = np.zeros((12, 128)), np.zeros((12, 128)), 20_000
    add_in_cache(1, x, y)
    rate = count * 8 * 128 * 4 / timed(add_in_cache, count, x, y)[0]  # multiply-adds a second
    long, other = np.zeros(2**23), np.zeros(2**23)
    copying = 2 * long.nbytes / min(timed(np.copyto, other, long)[0] for _ in range(5))
    print(f"\nLimits: {rate / 1e9:.1f}e9 multiply-adds/s in the cache, {copying / 1e9:.1f} GB/s")
    print("states   an action          limit   times the limit")
    for half in sizes:
        ladder = classes.initial_ladder(ETA, STATE, 2 * half)
        rates = np.array([DELTA, -DELTA])
        block = classes.class_block(np.array([half, half]), rates, 0.0, ladder, 2 * half, STATE)
        solver = _density._Solver(block, 2 * ETA, 0.0, 1)
        matrix, older, out = np.zeros((3, *solver.shape))
        repetitions = max(3, int(1e7 / solver.size**2))
        solver.step(matrix, older, out, 0.1, 0.1, 1.0)
        start = time.process_time()
        for _ in range(repetitions):
            solver.step(matrix, older, out, 0.1, 0.1, 1.0)
        seconds = (time.process_time() - start) / repetitions
        # The jump operator or its transpose acts five times; six more for each element.
        operations = 5 * len(solver.jumps.data) * solver.size + 6 * solver.size**2
        traffic = 9 * matrix.nbytes if matrix.nbytes > 4e6 else 0.0
        limit = max(operations / rate, traffic / copying)
        print(
            f"{len(block.number):6d} {1e3 * seconds:8.2f} ms {1e3 * limit:11.2f} ms "
            f"{seconds / limit:12.1f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="smaller N")
    arguments = parser.parse_args()
    halves(4, [0.0, 1.0])  # imports and compiles
    classes.evolve_classes([4] * 5, [0.0] * 5, 0.1, [0.0, 0.1], STATE, tol=1e-3)
    print(f"{processor()}, one thread")
    print(f"Two halves at ±{DELTA}, eta = {ETA}, {STATE}, to t = {T_MAX:g}")
    qutip_fidelity(4, 0.1, QUTIP["vern7, matrix_form"])
    report_qutip(8, (2.0, 6.0))
    report_qutip(16, (1.0, 3.0))
    report_qutip(32, (0.1, 0.3) if arguments.quick else (0.5, 1.5))
    if not arguments.quick:
        report_qutip(64, (0.2, 0.6))
    pairs = [(f"2 classes of {n}", [n, n], ETA, None) for n in (8, 16, 32, 64, 500)]
    report_cost(f"More spins, eta = {ETA}", pairs[: 3 if arguments.quick else None], 1e-6)
    cuts = [(f"2 classes of 50, n_max = {n}", [50, 50], ETA, n) for n in (18, 22, 26, 30)]
    report_cost(f"More excitations, eta = {ETA}", cuts[: 2 if arguments.quick else None], 1e-3)
    many = [(f"{k} classes of 8", [8] * k, 0.2, None) for k in (1, 2, 4, 6, 8)]
    report_cost("More classes, eta = 0.2", many[: 3 if arguments.quick else None], 1e-4)
    report_kernel((8, 16, 24) if arguments.quick else (8, 16, 24, 32, 50))


if __name__ == "__main__":
    main()
