"""Solve the master equation with QuTiP over a grid of parameters and store the fidelities.

    .venv/bin/python tests/make_qutip_reference.py          # what is missing; from nothing 40 min
    .venv/bin/python tests/make_qutip_reference.py 2 3 4    # the same, for these N only

Each line of tests/data/qutip_fidelity.jsonl is one case: its parameters, seed and detunings, and
the fidelities by two tolerances of the integrator, whose difference tells how good they are (for
N = 8, where a run takes a minute, only at the largest width).  A case that is stored is not
computed again; delete its line for that.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np

from spincat.master_equation.product_space import cat_fidelity_qutip
from spincat.model.broadening import Gaussian

STORED = Path(__file__).resolve().parent / "data" / "qutip_fidelity.jsonl"
SIZES = 2, 3, 4, 5, 6, 7, 8
ETAS, WIDTHS, PARITIES = (0.05, 0.2, 0.5), (1e-3, 1e-2, 5e-2), ("even", "odd")
TIMES = [0.0, 2.0, 10.0, 40.0, 100.0, 200.0, 400.0]
# rtol, with atol a hundred times smaller: the first is the usual choice, the second checks it.
RTOLS = 1e-8, 1e-10

Case = dict[str, Any]


def cases(sizes: tuple[int, ...] = SIZES) -> list[Case]:
    """Parameters, seed and detunings of every case; each has its own seed and its own phase."""
    found = []
    for n_spins in sizes:
        grid = itertools.product(ETAS, WIDTHS, PARITIES)
        for index, (eta, delta, parity) in enumerate(grid):
            seed, phase = 100 * n_spins + index, round(0.5 + 0.3 * index, 1)  # never 0 modulo 2π
            case = {"n_spins": n_spins, "parity": parity, "eta": eta, "delta": delta}
            case |= {"phase": phase, "seed": seed, "times": TIMES}
            found.append(case | {"detunings": Gaussian(delta).draw(n_spins, 1, seed)[0].tolist()})
    return found


def stored() -> list[Case]:
    """The cases in the file, in its order."""
    return [json.loads(line) for line in STORED.read_text().splitlines()] if STORED.exists() else []


def rtols(case: Case) -> tuple[float, ...]:
    """The relative tolerances by which a case is solved."""
    return RTOLS if case["n_spins"] < 8 or case["delta"] == max(WIDTHS) else RTOLS[:1]


def solve(case: Case) -> Case:
    """The case with QuTiP's fidelities, one list for each relative tolerance."""
    fidelity = {}
    for rtol in rtols(case):
        options = {"method": "vern7", "matrix_form": True, "nsteps": 10**6}
        options |= {"rtol": rtol, "atol": rtol / 100}
        where = case["detunings"], case["eta"], case["times"], case["parity"]
        values = cat_fidelity_qutip(*where, phase=case["phase"], options=options)
        fidelity[f"{rtol:g}"] = np.round(values, 14).tolist()
    return case | {"qutip": version("qutip"), "fidelity": fidelity}


def main() -> None:
    sizes = tuple(int(argument) for argument in sys.argv[1:]) or SIZES
    done = {case["seed"]: case for case in stored()}
    for case in cases(sizes):
        if case["seed"] in done:
            continue
        done[case["seed"]] = solve(case)
        # written after every case: whoever stops this loses one
        lines = [json.dumps(done[seed]) + "\n" for seed in sorted(done)]
        STORED.parent.mkdir(exist_ok=True)
        STORED.with_suffix(".new").write_text("".join(lines))
        STORED.with_suffix(".new").replace(STORED)
        name = ", ".join(f"{key} = {case[key]}" for key in ("n_spins", "parity", "eta", "delta"))
        print(name, flush=True)


if __name__ == "__main__":
    main()
