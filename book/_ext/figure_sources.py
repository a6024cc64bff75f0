"""Below the caption of each figure of a chapter: its functions, its data and the parameters.

The cell of a figure draws it by ``figure = module.draw...(data)`` and saves it by
``figures.save(figure, data, "name")``; ``data`` comes from ``module.compute...`` in that cell or in
one above it, and the modules from ``from spincat.figures import ...``.  These lines are read, so a
chapter need not say it a second time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

PARAMETERS = "chapter-parameters"


@dataclass(frozen=True)
class Origin:
    """What made a figure: the full names of two functions, and the name of its files."""

    compute: str
    draw: str
    name: str


def origins(sources: Sequence[str]) -> list[Origin | None]:
    """Return the origin of the figure of each cell, None for a cell that saves none."""
    modules: dict[str, str] = {}
    computed: dict[str, str] = {}
    found: list[Origin | None] = []
    for source in sources:
        draw = data = name = None
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module == "spincat.figures":
                modules |= {a.asname or a.name: f"spincat.figures.{a.name}" for a in node.names}
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                function = called(node.value, modules)
                if ".compute" in function:
                    computed[node.targets[0].id] = function
                elif ".draw" in function and isinstance(node.value, ast.Call):
                    draw, data = function, ast.unparse(node.value.args[0])
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("figures.save"):
                name = ast.literal_eval(node.args[2])
        compute = computed.get(re.split(r"\W", str(data))[0])
        found.append(Origin(compute, draw, name) if compute and draw and name else None)
    return found


def called(node: ast.expr, modules: dict[str, str]) -> str:
    """Return the full name of the function of a figure that an expression calls, or ""."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        module = modules.get(ast.unparse(node.func.value))
        return f"{module}.{node.func.attr}" if module else ""
    return ""


def link(docname: str, function: str) -> addnodes.pending_xref:
    """Return a link to a function on the page of the package."""
    text = nodes.literal("", ".".join(function.split(".")[-2:]))
    target = {"refdomain": "py", "reftype": "func", "reftarget": function, "refdoc": docname}
    return addnodes.pending_xref("", text, refwarn=True, **target)


def legend(docname: str, origin: Origin) -> nodes.legend:
    """Return the line of links below a caption."""
    file = f"figures/{origin.name}.nc"
    data = addnodes.download_reference("", "data", reftarget=file, refdoc=docname)
    parameters = nodes.reference("", "parameters", refid=PARAMETERS, internal=True)
    parts: list[nodes.Node] = [nodes.Text("Computed by "), link(docname, origin.compute)]
    parts += [nodes.Text(", drawn by "), link(docname, origin.draw), nodes.Text(" ("), data]
    parts += [nodes.Text(", "), parameters, nodes.Text(").")]
    return nodes.legend("", nodes.paragraph("", "", *parts), classes=["figure-origin"])


def add_origins(app: Sphinx, doctree: nodes.document) -> None:
    """Put the links below the captions of one page."""
    is_code = {"nb_element": "cell_code"}
    cells = [c for c in doctree.findall(nodes.container) if is_code.items() <= c.attributes.items()]
    inputs = [next(cell.findall(nodes.literal_block), None) for cell in cells]
    try:
        found = origins([block.astext() if block else "" for block in inputs])
    except SyntaxError:  # a page with shell commands or magics has no figures of this kind
        return
    for cell, origin in zip(cells, found, strict=True):
        if "tag_parameters" in cell["classes"]:
            cell["ids"].append(PARAMETERS)
        for figure in cell.findall(nodes.figure) if origin else ():
            figure += legend(app.env.docname, origin)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension."""
    # Before Sphinx collects the files that are offered for download, at priority 500.
    app.connect("doctree-read", add_origins, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
