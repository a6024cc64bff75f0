"""Sharing out: the same digits for any number of workers."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
import xarray as xr

from spincat.figures import sec4_2_boundary
from spincat.mean_field import phase_diagram
from spincat.shared import parallel

ETA, DELTA = np.linspace(5.0, 60.0, 9), np.linspace(0, 0.08, 7)


def results():
    """A map, an edge and critical linewidths, each shared out by rows or points."""
    return (
        phase_diagram.phase_map(1000, ETA, DELTA),
        phase_diagram.simulated_edge(1000, ETA),
        sec4_2_boundary.compute_linewidths(2, 100, h=(0.02,), factors=(0.9, 1.1)),
    )


def test_no_digit_depends_on_the_number_of_workers():
    grid, edge, lines = results()
    for shared in (parallel.workers(2), joblib.parallel_config("threading", n_jobs=3)):
        with shared:
            same_grid, same_edge, same_lines = results()
        xr.testing.assert_identical(same_grid, grid)
        np.testing.assert_array_equal(same_edge, edge)
        xr.testing.assert_identical(same_lines, lines)


def test_blocks_hold_every_row_once_and_in_order(monkeypatch):
    for workers in (1, 2, 5, 50):
        monkeypatch.setattr(parallel, "effective_n_jobs", lambda _, count=workers: count)
        blocks = parallel.in_blocks(np.copy, 23)
        assert np.concatenate(blocks).tolist() == list(range(23))
        assert len(blocks) == {1: 1, 2: 8, 5: 20, 50: 23}[workers]


@pytest.mark.parametrize("jobs", [0, 1.5, -1])
def test_a_number_of_processes_is_a_positive_integer(jobs):
    with pytest.raises(ValueError, match=f"jobs = {jobs}; allowed: an integer of at least 1"):
        parallel.check_workers(jobs, None)
