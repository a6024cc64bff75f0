"""The figures of the paper and of the book by name: what computes each, and what draws it."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr
from matplotlib.figure import Figure

from spincat.figures import (
    appendix_a,
    appendix_c,
    fig1,
    fig2,
    fig3,
    fig4,
    fixed_amplitude,
    many_spins,
    sec2,
    sec3_2,
    sec4_1,
    sec4_2_boundary,
    sec4_2_halves,
    sec5,
)

EVERY: dict[str, tuple[Callable[[], xr.Dataset], Callable[[xr.Dataset], Figure]]] = {
    "fig1": (fig1.compute, fig1.draw),
    "larger_amplitudes": (fig1.compute_amplitudes, fig1.draw_amplitudes),
    "odd_floor": (fig1.compute_floor, fig1.draw_floor),
    "sec2_excitation": (sec2.compute_excitation, sec2.draw_excitation),
    "sec2_validity": (sec2.compute_validity, sec2.draw_validity),
    "fig2": (fig2.compute, fig2.draw),
    "total_spin_sectors": (sec3_2.compute_total_spin_sectors, sec3_2.draw_total_spin_sectors),
    "advantage_map": (sec3_2.compute_advantage, sec3_2.draw_advantage),
    "advantage_sizes": (sec3_2.compute_sizes, sec3_2.draw_sizes),
    "initial_decay": (sec3_2.compute_decay, sec3_2.draw_decay),
    "fig3": (fig3.compute, fig3.draw),
    "fig3_observables": (fig3.compute, fig3.draw_observables),
    "fig3_wigner": (fig3.compute_wigner, fig3.draw_wigner),
    "coherence_rates": (sec4_1.compute_rates, sec4_1.draw_rates),
    "spin_inversion": (sec4_1.compute_inversion, sec4_1.draw_inversion),
    "spin_length": (sec4_1.compute_length, sec4_1.draw_length),
    "beyond_eq_25": (sec4_1.compute_beyond, sec4_1.draw_beyond),
    "fig4": (fig4.compute, fig4.draw),
    "two_halves_courses": (sec4_2_halves.compute_courses, sec4_2_halves.draw_courses),
    "two_halves_edges": (fig4.compute_edges, fig4.draw_edges),
    "two_halves_departure": (sec4_2_halves.compute_departure, sec4_2_halves.draw_departure),
    "exact_boundary": (sec4_2_boundary.compute_lines, sec4_2_boundary.draw_lines),
    "phase_portraits": (sec4_2_boundary.compute_portraits, sec4_2_boundary.draw_portraits),
    "critical_linewidth": (sec4_2_boundary.compute_linewidths, sec4_2_boundary.draw_linewidths),
    "logical_qubit": (sec5.compute_logical, sec5.draw_logical),
    "many_halves": (many_spins.compute_halves, many_spins.draw_sizes),
    "many_draws": (many_spins.compute_draws, many_spins.draw_sizes),
    "held_mode": (many_spins.compute_held, many_spins.draw_held),
    "zeno_limit": (many_spins.compute_zeno, many_spins.draw_zeno),
    "figures_of_merit": (fixed_amplitude.compute_merit, fixed_amplitude.draw_merit),
    "saturation": (fixed_amplitude.compute_saturation, fixed_amplitude.draw_saturation),
    "flips": (fixed_amplitude.compute_flips, fixed_amplitude.draw_flips),
    "reversal": (fixed_amplitude.compute_reversal, fixed_amplitude.draw_reversal),
    "avoided_crossing": (appendix_a.compute_crossing, appendix_a.draw_crossing),
    "pair_decay": (appendix_a.compute_decay, appendix_a.draw_decay),
    "elimination_error": (appendix_a.compute_elimination, appendix_a.draw_elimination),
    "small_detuning_rates": (appendix_c.compute_rates, appendix_c.draw_rates),
    "small_detuning_spreads": (appendix_c.compute_spreads, appendix_c.draw_spreads),
    "small_detuning_response": (appendix_c.compute_response, appendix_c.draw_response),
}

DRAWN_AGAIN: dict[str, tuple[Callable[[], xr.Dataset], Callable[[xr.Dataset], Figure]]] = {
    "driven_and_free": (fig2.compute, fig2.draw_free),
    "quasi_dark": (fig2.compute, fig2.draw_quasi_dark),
}
"""What a chapter draws and saves of the numbers of another figure; no figures of their own."""
