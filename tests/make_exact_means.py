"""Average 1000 exact solutions for each curve of Fig. 2 and store the means, for test_quasi_dark.

    .venv/bin/python tests/make_exact_means.py    # about ten minutes, on one thread

tests/data/exact_means.json holds the parameters, the seed of the detunings, the times, and for
each curve the mean fidelity with its standard error.  Nothing in it comes from quasi-dark states.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np

from spincat.master_equation.product_space import cat_fidelity
from spincat.model.broadening import Gaussian

STORED = Path(__file__).resolve().parent / "data" / "exact_means.json"
# Fig. 2; the seed is neither that of the draws it shows nor that of its mean.
PARAMETERS = {"n_spins": 8, "eta": 0.2, "draws": 1000, "seed": 1000, "tol": 1e-5}
CURVES = [(delta, parity) for delta in (1e-3, 1e-2) for parity in ("even", "odd")]
TIMES = np.linspace(0, 400, 21)


def checksum(delta: float) -> float:
    """Sum of the squared detunings: another seed or another generator would change it."""
    rows = Gaussian(delta).draw(PARAMETERS["n_spins"], PARAMETERS["draws"], PARAMETERS["seed"])
    return float(np.sum((rows / delta) ** 2))


def curve(delta: float, parity: str) -> dict[str, Any]:
    """Mean and standard error of one curve."""
    rows = Gaussian(delta).draw(PARAMETERS["n_spins"], PARAMETERS["draws"], PARAMETERS["seed"])
    values = cat_fidelity(rows, PARAMETERS["eta"], TIMES, parity, tol=PARAMETERS["tol"])
    error = values.std(axis=0, ddof=1) / np.sqrt(len(rows))
    rounded = {"mean": np.round(values.mean(axis=0), 8), "error": np.round(error, 8)}
    start = {"delta": delta, "parity": parity, "checksum": checksum(delta)}
    return start | {name: value.tolist() for name, value in rounded.items()}


def main() -> None:
    found = []
    for delta, parity in CURVES:
        found.append(curve(delta, parity))
        print(f"delta = {delta:g}, {parity}: F(400) = {found[-1]['mean'][-1]:.4f}", flush=True)
    STORED.parent.mkdir(exist_ok=True)
    result = {**PARAMETERS, "times": TIMES.tolist(), "curves": found}
    STORED.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
