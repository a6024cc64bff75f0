"""The command ``spincat``: figures and notebooks with other parameters, one at a time or swept.

`cli` is the command line; `parameters` reads what stands after ``-p`` and `grids` what stands after
``--grid``; `notebooks` reads and checks notebooks; `figure_runs`, `notebook_runs` and
`notebook_pages` run one figure or notebook, and `sweeps` runs a grid of them, whose datasets
`swept_data` joins.  What a results folder holds, and who may write to it, says `_results`, with
`_records` for the records of runs and `_points` for the points of sweeps.
Nothing physical; it may import everything.
"""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from spincat.run import (
        cli,
        figure_runs,
        grids,
        notebook_pages,
        notebook_runs,
        notebooks,
        parameters,
        sweeps,
        swept_data,
    )

__all__ = [
    "cli",
    "figure_runs",
    "grids",
    "notebook_pages",
    "notebook_runs",
    "notebooks",
    "parameters",
    "sweeps",
    "swept_data",
]
__getattr__, __dir__, _ = lazy_loader.attach(__name__, __all__)
