"""``{parameters}``: a table of the names that parameters of figures and chapters have.

It is made of the declarations in ``spincat.figures.vocabulary``, which the checks use too.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from spincat.figures.vocabulary import NAMES
from spincat.shared.declarations import Parameter

HEAD = "In the code", "Meaning", "Type", "Widest range", "Unit"
WIDTHS = 25, 30, 13, 19, 13  # a name stays on one line


class ParameterTable(SphinxDirective):
    """The table; it takes no argument."""

    def run(self) -> list[nodes.Node]:
        """Return the table, one row for each name."""
        group = nodes.tgroup(cols=len(HEAD))
        group += [nodes.colspec(colwidth=width) for width in WIDTHS]
        body = nodes.tbody()
        for name, annotation in NAMES.items():
            known = Parameter(name, None, annotation)
            texts = [nodes.Text(x) for x in (known.meaning, known.type, known.range, known.unit)]
            body += _row([nodes.literal(text=name), *texts])
        head = nodes.thead()
        head += _row([nodes.Text(text) for text in HEAD])
        group += [head, body]
        table = nodes.table()
        table += group
        return [table]


def _row(cells: list[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("parameters", ParameterTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
