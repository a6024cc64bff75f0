"""Below the caption of each figure of a chapter: its functions, its data and the parameters.

``figures.save(figure, data, "name")`` gives a figure the name of its files, and
`spincat.figures.registry` knows by that name which function computes it and which one draws it.
The links to the files, which follow each figure, tell the name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.typing import ExtensionMetadata

from spincat.figures.registry import DRAWN_AGAIN, EVERY

PARAMETERS = "chapter-parameters"
MADE_BY = EVERY | DRAWN_AGAIN


def link(docname: str, function: Callable[..., Any]) -> addnodes.pending_xref:
    """Return a link to a function on the page of the package."""
    full_name = f"{function.__module__}.{function.__name__}"
    text = nodes.literal("", ".".join(full_name.split(".")[-2:]))
    target = {"refdomain": "py", "reftype": "func", "reftarget": full_name, "refdoc": docname}
    return addnodes.pending_xref("", text, refwarn=True, **target)


def legend(docname: str, data: str) -> nodes.legend:
    """Return the line of links below the caption of the figure with that file of data."""
    if Path(data).stem not in MADE_BY:
        raise ExtensionError(f"{docname}: {data} is of no figure in spincat.figures.registry")
    compute, draw = MADE_BY[Path(data).stem]
    file = addnodes.download_reference("", "data", reftarget=data, refdoc=docname)
    parameters = nodes.reference("", "parameters", refid=PARAMETERS, internal=True)
    parts: list[nodes.Node] = [nodes.Text("Computed by "), link(docname, compute)]
    parts += [nodes.Text(", drawn by "), link(docname, draw), nodes.Text(" ("), file]
    parts += [nodes.Text(", "), parameters, nodes.Text(").")]
    return nodes.legend("", nodes.paragraph("", "", *parts), classes=["figure-origin"])


def add_origins(app: Sphinx, doctree: nodes.document) -> None:
    """Put the links below the captions of one page."""
    figure = None
    for node in list(doctree.findall()):
        if isinstance(node, nodes.container) and "tag_parameters" in node["classes"]:
            node["ids"].append(PARAMETERS)
        elif isinstance(node, nodes.figure):
            figure = node
        elif figure is not None and isinstance(node, addnodes.download_reference):
            file = Path(node["reftarget"])
            if file.parent.name == "figures" and file.suffix == ".nc":
                figure += legend(app.env.docname, node["reftarget"])
                figure = None


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension."""
    # Before Sphinx collects the files that are offered for download, at priority 500.
    app.connect("doctree-read", add_origins, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
