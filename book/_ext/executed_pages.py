"""Pages show what ``book/execute.py`` has executed; Sphinx executes nothing.

MyST-NB asks a client for the outputs of each notebook that it reads.  The client here takes them
from the executed notebook, which must have the code cells of the page; its prose is that of the
page, so a reworded paragraph needs no execution.
Links to ``figures/...`` lead to what the execution has left beside the executed notebook.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import myst_nb.sphinx_
import nbformat
from docutils import nodes
from myst_nb.core.execute import ExecutionError, NotebookClientBase
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import execute


class ExecutedPage(NotebookClientBase):
    """The outputs of a page that has been executed."""

    def start_client(self) -> None:
        """Put outputs and counts into the cells."""
        page = Path(str(self.path))
        if not execute.is_fresh(page):
            raise ExecutionError(f"{page} or the package was edited since: run `make book`")
        executed = nbformat.read(execute.result(page), as_version=4)
        done = (cell for cell in executed.cells if cell.cell_type == "code")
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                made = next(done)
                cell.outputs, cell.execution_count = made.outputs, made.execution_count
        self.notebook.metadata["language_info"] = executed.metadata["language_info"]
        made = execute.record(page)
        self.exec_metadata = {
            "mtime": datetime.fromisoformat(made["finished"]).timestamp(),
            "runtime": made["seconds"],
            "method": "papermill",
            "succeeded": True,
            "error": None,
            "traceback": None,
        }


def clients(app: Sphinx) -> Callable[..., NotebookClientBase]:
    """Return what makes a client for each notebook of the book."""

    def create(notebook: Any, source: str, *arguments: Any) -> NotebookClientBase:
        # the page is read again when it has been executed again
        app.env.note_dependency(str(execute.result(Path(source))))
        return ExecutedPage(notebook, Path(source), *arguments[:2])

    return create


def offer_executed_files(app: Sphinx, doctree: nodes.document) -> None:
    """Let links to ``figures/...`` lead to what the execution has left."""
    folder = execute.EXECUTED.relative_to(app.srcdir) / Path(app.env.docname).parent
    for link in doctree.findall(addnodes.download_reference):
        if link["reftarget"].startswith("figures/"):
            link["reftarget"] = f"/{folder.as_posix()}/{link['reftarget']}"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension."""
    myst_nb.sphinx_.create_client = clients(app)
    # Before Sphinx collects the files that are offered for download, at priority 500.
    app.connect("doctree-read", offer_executed_files, priority=450)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
