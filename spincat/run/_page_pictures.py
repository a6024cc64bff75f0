"""An extension of Sphinx for `notebook_pages`: no picture comes from outside the project.

Sphinx copies what an image or a figure names from anywhere (``![](../../../etc/passwd)``).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from spincat.shared.extras import import_extra


def setup(app: Any) -> dict[str, bool]:
    """Look at the pictures before Sphinx collects them, which it does at priority 500."""
    app.connect("doctree-read", replace_foreign_pictures, priority=100)
    return {"parallel_read_safe": True}


def replace_foreign_pictures(app: Any, doctree: Any) -> None:
    """Put a text in the place of each picture that is no file of the project or of MyST-NB."""
    nodes = import_extra("docutils.nodes")
    project = Path(app.srcdir).resolve().parent  # beside it are the pictures of the cells
    for image in list(doctree.findall(nodes.image)):
        uri = image["uri"]
        if uri.startswith("data:") or "://" in uri:
            continue
        path = Path(os.path.realpath(app.env.relfn2path(uri, app.env.docname)[1]))
        if not (path.is_relative_to(project) and path.is_file()):
            image.replace_self(nodes.emphasis(text=missing(uri)))


def missing(name: str) -> str:
    """Return what the page says in the place of a picture."""
    return f"(picture {name} is not in the folder figures)"
