"""Strong scaling of a sweep on this machine: one process and two, and what is not shared out.

    .venv/bin/python benchmarks/sweeps.py              # about a minute
    .venv/bin/python benchmarks/sweeps.py --quick      # less of it, for the book

The grid and the numbers are the same in all rows; the datasets are compared digit by digit.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import xarray as xr

from spincat.run import sweeps

GIVEN = {"n_spins": 6, "deltas": [0.01], "draws": 3, "draws_many": 40, "exact_draws": 20}


def timed(folder, points, jobs):
    """Seconds of a sweep of Fig. 2 over as many seeds, and its dataset."""
    start = time.perf_counter()
    datasets = sweeps.run("fig2", folder, GIVEN, {"seed": list(range(points))}, jobs=jobs)
    return time.perf_counter() - start, datasets["fig2"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer points")
    points = 6 if parser.parse_args().quick else 32
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        timed(folder / "compile", 1, 1)  # before timing
        one, expected = timed(folder / "one", points, 1)
        again, _ = timed(folder / "one", points, 1)
        cold, first = timed(folder / "cold", points, 2)
        warm, second = timed(folder / "warm", points, 2)
    for dataset in (first, second):
        xr.testing.assert_identical(dataset, expected)
    print(f"{points} points of Fig. 2 with six spins on {os.cpu_count()} cores, same digits\n")
    print("processes                 seconds  speed-up")
    print(f"1                        {one:8.2f}      1.00")
    print(f"2, with their start      {cold:8.2f}  {one / cold:8.2f}")
    print(f"2, running already       {warm:8.2f}  {one / warm:8.2f}\n")
    print(f"the same command again   {again:8.2f}: reading and joining, which is not shared out,")
    print(f"so no number of workers can be faster than {one / again:.1f} times one process here.")


if __name__ == "__main__":
    main()
