"""The command ``spincat``: figures and notebooks with other parameters, one at a time or swept.

`cli` is the command line, `parameters` the declared parameters and what ``-p`` and ``--grid``
accept, `figure_runs`, `notebook_runs` and `notebook_pages` run one of them, and `sweeps` runs a
grid of them, whose datasets `grids` joins.  Nothing physical; it may import everything.
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
        parameters,
        sweeps,
    )

__all__ = [
    "cli",
    "figure_runs",
    "grids",
    "notebook_pages",
    "notebook_runs",
    "parameters",
    "sweeps",
]
__getattr__, __dir__, _ = lazy_loader.attach(__name__, __all__)
