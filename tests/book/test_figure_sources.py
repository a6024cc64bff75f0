"""The local Sphinx extension that links each figure to what made it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))

from figure_sources import Origin, origins

IMPORTS = "import spincat\nfrom spincat.figures import fig2, sec3_2 as more\n"


def test_the_functions_are_those_that_the_cells_call():
    cells = [
        IMPORTS,
        "data = fig2.compute(8)\nfigure = fig2.draw(data)\nfigures.save(figure, data, 'fig2')",
        "print(data)",
        "split = more.compute_total_spin_sectors(8)",
        "figure = more.draw_total_spin_sectors(split.isel(draw=0))\n"
        "spincat.figures.save(figure, split, 'sectors')",
        "figure = fig2.draw_free(data)\nfigures.save(figure, data[names], 'free')",
    ]
    assert origins(cells) == [
        None,
        Origin("spincat.figures.fig2.compute", "spincat.figures.fig2.draw", "fig2"),
        None,
        None,
        Origin(
            "spincat.figures.sec3_2.compute_total_spin_sectors",
            "spincat.figures.sec3_2.draw_total_spin_sectors",
            "sectors",
        ),
        Origin("spincat.figures.fig2.compute", "spincat.figures.fig2.draw_free", "free"),
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "figure = plt.figure()\nfigures.save(figure, data, 'other')",
        "figure = fig2.draw(unknown)\nfigures.save(figure, unknown, 'other')",
        "figure = fig2.draw(data)",
    ],
)
def test_a_cell_of_another_form_has_no_origin(cell):
    assert origins([IMPORTS + "data = fig2.compute()", cell]) == [None, None]
