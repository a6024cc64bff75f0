"""Fig. 3 by `dicke_amplitude` against QuTiP and SciPy, in one run on one thread.

    .venv/bin/python benchmarks/collective_amplitude.py            # a minute
    .venv/bin/python benchmarks/collective_amplitude.py --quick    # a quarter of it, for the book

The job: 60 values of η at N = 100, each to Γ2 t = 10⁴.  QuTiP's `mesolve` is explicit, and the
fastest rates of the ladder are thousands of Γ2; it runs one value of η to two short times, and its
total is extrapolated from the difference between them.  With SciPy a user would solve the same
even-odd block, which QuTiP does not know of, with an implicit method and the sparse matrix.
"""

import argparse
import os
import resource
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import qutip
from scipy.integrate import solve_ivp

from spincat.master_equation import coherence_decay, dicke, dicke_amplitude

N, T_MAX, ETA = 100, 1e4, 10.0
ETAS = np.linspace(0.25, 15.0, 60).tolist()
QUTIP = {
    "mesolve, default": {"nsteps": 10**7},
    "mesolve, vern7, matrix_form, 1e-6": {
        "method": "vern7", "matrix_form": True, "rtol": 1e-6, "atol": 1e-8, "nsteps": 10**7,
    },
}  # fmt: skip


def timed(function, *arguments):
    """Seconds and result of a call."""
    start = time.process_time()
    result = function(*arguments)
    return time.process_time() - start, result


def figure():
    """The amplitudes of Fig. 3."""
    coherence_decay.slow_mode.cache_clear()
    return np.array([dicke_amplitude.amplitude(N, eta, [1e2, 1e3, T_MAX]) for eta in ETAS])


def qutip_model():
    """Hamiltonian, jump operator, initial state and a, from QuTiP's operators."""
    lower = qutip.jmat(N / 2, "-").full()[::-1, ::-1]
    pair = qutip.Qobj(lower @ lower / N).to("csr")
    phases = np.exp(-0.25j * np.pi * np.arange(N + 1))
    ket = qutip.Qobj((phases * dicke_amplitude.initial_amplitudes(N, ETA)).reshape(-1, 1))
    return ETA * (pair + pair.dag()), pair, ket, qutip.destroy(N + 1)


def mesolve(options, t_max):
    """Amplitude at ``t_max``."""
    hamiltonian, pair, ket, a = qutip_model()
    options = {"progress_bar": "", **options}
    run = qutip.mesolve(hamiltonian, ket, [0, t_max], [pair], e_ops=[a], options=options)
    return abs(run.expect[0][-1])


def scipy_block():
    """Amplitude at T_MAX from the even-odd block, by an implicit method."""
    block = dicke.generator(N, ETA, "even", "odd").tocsc()
    start = dicke_amplitude.initial_amplitudes(N, ETA)
    x = np.outer(start[::2], start[1::2])
    run = solve_ivp(
        lambda _, y: block @ y, (0, T_MAX), x.ravel(), "BDF", [T_MAX],
        jac=block, rtol=1e-6, atol=1e-9,
    )  # fmt: skip
    return abs(dicke_amplitude.expectation(run.y[:, -1].reshape(x.shape), N))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="QuTiP a shorter time, N up to 200")
    arguments = parser.parse_args()

    dicke_amplitude.amplitude(8, 1.0, [1.0])  # imports
    ours, _ = timed(figure)
    print(f"Fig. 3: N = {N}, {len(ETAS)} values of eta to t = {T_MAX:g}, one thread")
    print(f"{'spincat':<36} {ours:10.2f} s", flush=True)

    seconds, value = timed(scipy_block)
    exact = dicke_amplitude.amplitude(N, ETA, [T_MAX])[0]
    total = seconds * len(ETAS)
    print(
        f"{'SciPy, BDF, sparse, 1e-6':<36} {total:10.0f} s, ratio {total / ours:9.0f}, "
        f"error {abs(value - exact):.0e} (one eta, times {len(ETAS)})",
        flush=True,
    )
    short = (0.5, 2.0) if arguments.quick else (2.0, 10.0)
    for name, options in QUTIP.items():
        runs = [timed(mesolve, options, t) for t in short]
        per_time = (runs[1][0] - runs[0][0]) / (short[1] - short[0])
        total = per_time * T_MAX * len(ETAS)
        error = abs(runs[1][1] - dicke_amplitude.amplitude(N, ETA, [short[1]])[0])
        print(
            f"{name:<36} {total:10.1e} s, ratio {total / ours:9.1e}, error {error:.0e} "
            f"(one eta, {runs[0][0]:.1f} s and {runs[1][0]:.1f} s to t = {short[0]:g} and "
            f"{short[1]:g}, extrapolated)",
            flush=True,
        )

    print("\nOne value of eta, h = 0.1: seconds for the rate, and for |<a>| at t = 1 and later")
    print("  N   unknowns     rate   amplitude          r/Gamma_2")
    for n_spins in (50, 100, 200) if arguments.quick else (50, 100, 200, 400):
        eta = 0.1 * n_spins
        coherence_decay.slow_mode.cache_clear()
        first, rate = timed(coherence_decay.coherence_decay_rate, n_spins, eta)
        second, _ = timed(dicke_amplitude.amplitude, n_spins, eta, [1.0, 1e2, 1e4])
        unknowns = (n_spins // 2 + 1) * (n_spins // 2)
        print(f"{n_spins:>3} {unknowns:>10} {first:7.2f}s {first + second:10.2f}s {rate:18.6e}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
