"""Unequal spins by `evolve_low_rank` against QuTiP's `mcsolve`, dynamiqs and the full solver.

    .venv/bin/python benchmarks/low_rank.py            # a quarter of an hour
    .venv/bin/python benchmarks/low_rank.py --quick    # half a minute, for the book

The job: the fidelity of one draw of N spins at Γ2 t = 200, or 50 with --quick.  QuTiP's
trajectories start in the same states of one parity, and are as many as make their standard
error the error of `evolve_low_rank`: their time is extrapolated from a few.  dynamiqs has a
low-rank solver of its own, which is measured on the processor if it is installed (it is not
one of the project's dependencies), with as many columns as `evolve_low_rank` needs, its
first call, which compiles, left out.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import qutip

from spincat.many_spins import _mixtures, evolve_low_rank
from spincat.many_spins.low_rank import product_block
from spincat.master_equation import cat_fidelity
from spincat.model import Gaussian
from spincat.shared.provenance import processor

ETA, DELTA, STATE, TOL = 0.2, 0.01, "even", 1e-4
COLUMNS = 24
NO_BAR = {"progress_bar": "", "map": "serial"}


def timed(function, *arguments, **more):
    """Seconds of the processor and result of a call."""
    start = time.process_time()
    result = function(*arguments, **more)
    return time.process_time() - start, result


def one_draw(n_spins):
    return Gaussian(DELTA).draw(n_spins, 1, seed=1)[0]


def low_rank(n_spins, t_max):
    return evolve_low_rank(one_draw(n_spins), ETA, [t_max], STATE, tol=TOL)


def operators(n_spins):
    """Hamiltonian with the drive, jump operator and initial state, of one parity."""
    block = product_block(one_draw(n_spins), ETA, STATE, n_spins)
    jump = qutip.Qobj(block.back @ block.lowering)
    drive = 1j * ETA * (jump.dag() - jump)
    return qutip.Qobj(block.hamiltonian) + drive, jump, qutip.Qobj(block.start)


def by_trajectories(n_spins, t_max, wanted, count):
    """Seconds of as many trajectories as have the standard error ``wanted``, from ``count``."""
    hamiltonian, jump, start = operators(n_spins)
    seconds, result = timed(
        qutip.mcsolve, hamiltonian, start, [0.0, t_max], [jump], e_ops=[start.proj()],
        ntraj=count, seeds=1, options={**NO_BAR, "method": "vern7"},
    )  # fmt: skip
    needed = max(1.0, (result.std_expect[0][-1] / wanted) ** 2)
    return seconds / count * needed, needed


def by_dynamiqs(n_spins, t_max, columns):
    """Seconds and fidelity of the low-rank solver of dynamiqs, or None if it is not installed."""
    try:
        import dynamiqs
        import jax
    except ImportError:
        return None
    dynamiqs.set_precision("double")
    hamiltonian, jump, start = (item.full() for item in operators(n_spins))
    method = dynamiqs.method.LowRank(
        columns, dynamiqs.method.Tsit5(rtol=1e-6, atol=1e-6), key=jax.random.PRNGKey(1)
    )

    def solve():
        result = dynamiqs.mesolve(
            hamiltonian, [jump], start, np.array([0.0, t_max]),
            exp_ops=[start @ start.conj().T], method=method, save_states=False,
            progress_meter=False,
        )  # fmt: skip
        return float(np.asarray(result.expects)[0, -1].real)

    solve()
    return timed(solve)


def compare(n_spins, t_max, trajectories):
    low_rank(n_spins, 0.1)  # compiles
    seconds, data = timed(low_rank, n_spins, t_max)
    error = data["error"].item()
    print(f"\nN = {n_spins}: {seconds:.2f} s, error {error:.1e} (estimate)", flush=True)
    if n_spins <= 10:
        full, exact = timed(cat_fidelity, one_draw(n_spins), ETA, [t_max], STATE)
        true = abs(data["fidelity"].item() - exact[0])
        print(f"  true error {true:.1e}; density matrix {full:.2f} s, ratio {full / seconds:.2g}")
    many, needed = by_trajectories(n_spins, t_max, error, trajectories)
    print(
        f"  QuTiP mcsolve, {needed:.0f} trajectories to this error (extrapolated from "
        f"{trajectories}): {many:.3g} s, ratio {many / seconds:.2g}", flush=True,
    )  # fmt: skip
    if (found := by_dynamiqs(n_spins, t_max, COLUMNS)) is not None:
        print(
            f"  dynamiqs, {COLUMNS} columns: {found[0]:.3g} s, ratio {found[0] / seconds:.2g}, "
            f"differs by {abs(found[1] - data['fidelity'].item()):.1e}", flush=True,
        )  # fmt: skip


def growth(sizes, t_max):
    print("\nGrowth with N, to the same time: states, seconds, seconds for a state")
    for n_spins in sizes:
        seconds, data = timed(low_rank, n_spins, t_max)
        states = len(product_block(one_draw(n_spins), ETA, STATE, data.attrs["n_max"]).start)
        print(
            f"  N = {n_spins:2d}  {states:7d}  {seconds:7.2f}  {seconds / states:.1e}", flush=True
        )


def limit(n_spins):
    """One action of K on a mixture, against the additions it needs and the memory it moves."""
    block = product_block(one_draw(n_spins), ETA, STATE, n_spins)
    mixture = _mixtures._Mixture(block, 2 * ETA, TOL)
    x = np.ones((len(block.start), COLUMNS), dtype=complex)
    terms = len(_mixtures._series(mixture.norm**2 / 4 * np.array([1.0]), 0.0, 1e-8)) - 1
    seconds = min(timed(mixture._without_jump, x, 0j, np.array([1.0]), 1e-8)[0] for _ in range(5))
    entries = 4 * block.lowering.nnz + block.hamiltonian.nnz
    other = np.empty_like(x)
    rate = 4 * COLUMNS * entries * terms / seconds
    copy = min(timed(np.copyto, other, x)[0] for _ in range(20))
    print(
        f"\nOne action, N = {n_spins}, {len(x)} states, {COLUMNS} columns: "
        f"{1e3 * seconds / terms:.2f} ms; {rate / 1e9:.1f} Gflop/s; "
        f"as long as {seconds / terms / copy:.0f} copies of the columns, of which it reads "
        f"{entries / len(x):.0f} for each row"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer spins and trajectories")
    quick = parser.parse_args().quick
    t_max = 50.0 if quick else 200.0
    print(processor())
    for n_spins in (8,) if quick else (8, 10, 12):
        compare(n_spins, t_max, 10 if quick else 100)
    limit(10 if quick else 12)
    growth((8, 10) if quick else (8, 10, 12, 14, 16), t_max)


if __name__ == "__main__":
    main()
