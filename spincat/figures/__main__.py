"""Draw every figure with its default parameters: ``python -m spincat.figures FOLDER``."""

from __future__ import annotations

import sys

import matplotlib.pyplot as plt

from spincat import figures
from spincat.figures.registry import EVERY


def main(folder: str) -> None:
    """Compute, draw and save every figure to ``folder``."""
    plt.switch_backend("Agg")
    for name, (compute, draw) in EVERY.items():
        dataset = compute()
        with figures.style():
            saved = figures.save(draw(dataset), dataset, name, folder, ("pdf", "svg", "png"))
        print(saved / f"{name}.pdf")


if __name__ == "__main__":
    main(sys.argv[1])
