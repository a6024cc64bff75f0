"""What the captions of the chapters say of a figure is what its cells do."""

import sys
from pathlib import Path

import jupytext
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))

from figure_sources import MADE_BY

from spincat.run import notebooks


@pytest.mark.parametrize("path", notebooks.list_notebooks(), ids=lambda path: path.stem)
def test_a_chapter_calls_the_functions_that_the_registry_names(path):
    cells = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    for number, source in enumerate(cells):
        for line in source.splitlines():
            if "figures.save(" not in line:
                continue
            name = line.rsplit('"', 2)[1]
            compute, draw = MADE_BY[name]
            for function, called_by in ((compute, cells[: number + 1]), (draw, [source])):
                call = f".{function.__name__}("
                assert any(call in text for text in called_by), (name, call)
                assert function.__module__.rpartition(".")[2] in "".join(cells), name


def test_no_figure_is_named_twice():
    assert len({(compute, draw) for compute, draw in MADE_BY.values()}) == len(MADE_BY)
