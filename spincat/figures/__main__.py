"""Draw every figure with its default parameters: ``python -m spincat.figures FOLDER``."""

from __future__ import annotations

import sys
from collections.abc import Callable

import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.figure import Figure

from spincat import figures
from spincat.figures import fig1, fig2, fig4, sec2, sec3_2, sec4_2_boundary

EVERY: dict[str, tuple[Callable[[], xr.Dataset], Callable[[xr.Dataset], Figure]]] = {
    "fig1": (fig1.compute, fig1.draw),
    "larger_amplitudes": (fig1.compute_amplitudes, fig1.draw_amplitudes),
    "sec2_excitation": (sec2.compute_excitation, sec2.draw_excitation),
    "sec2_validity": (sec2.compute_validity, sec2.draw_validity),
    "odd_floor": (fig1.compute_floor, fig1.draw_floor),
    "fig2": (fig2.compute, fig2.draw),
    "total_spin_sectors": (sec3_2.compute_sectors, sec3_2.draw_sectors),
    "advantage_map": (sec3_2.compute_advantage, sec3_2.draw_advantage),
    "advantage_sizes": (sec3_2.compute_sizes, sec3_2.draw_sizes),
    "initial_decay": (sec3_2.compute_decay, sec3_2.draw_decay),
    "fig4": (fig4.compute, fig4.draw),
    "two_halves_courses": (fig4.compute_courses, fig4.draw_courses),
    "two_halves_edges": (fig4.compute_edges, fig4.draw_edges),
    "two_halves_departure": (fig4.compute_departure, fig4.draw_departure),
    "exact_boundary": (sec4_2_boundary.compute_lines, sec4_2_boundary.draw_lines),
    "phase_portraits": (sec4_2_boundary.compute_portraits, sec4_2_boundary.draw_portraits),
    "critical_linewidth": (sec4_2_boundary.compute_linewidths, sec4_2_boundary.draw_linewidths),
}


def main(folder: str) -> None:
    """Compute, draw and save every figure to ``folder``."""
    plt.switch_backend("Agg")
    plt.style.use(figures.STYLE)
    for name, (compute, draw) in EVERY.items():
        dataset = compute()
        print(figures.save(draw(dataset), dataset, name, folder) / f"{name}.pdf")


if __name__ == "__main__":
    main(sys.argv[1])
