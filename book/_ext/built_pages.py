"""Corrections to the built pages, which Jupyter Book and its theme have no switch for.

* Thebe, which runs cells on a server of another host, is not used here, but Jupyter Book adds its
  scripts to every page (and twice, which is an error in the browser's console): they are taken out.
* docutils marks the bibliography as a list whose entries have a role that is no list entry's;
  a screen reader then announces an empty list.
* The pages load ``tex-chtml.js`` of MathJax, which asks for its fonts, for TeX extensions, and,
  where a reader turns them on in its menu, for speech and exploration.  The other bundles (SVG
  output, MathML input, all-in-one builds) would be most of the size of the book: they are removed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

# What stays below _static/mathjax.
KEPT = (
    "tex-chtml.js",
    "a11y/",
    "input/tex/extensions/",
    "output/chtml/fonts/",
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
    "sre/mathmaps/nemeth.json",
)


def is_thebe(asset: Any) -> bool:
    """Tell whether a script or style sheet of a page belongs to Thebe."""
    attributes = getattr(asset, "attributes", {})
    return "thebe" in f"{asset} {attributes.get('body', '')}".lower()


def correct_page(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Take Thebe out of a page, and give the entries of a bibliography the role of list entries."""
    for assets in ("script_files", "css_files"):
        context[assets] = [asset for asset in context.get(assets, []) if not is_thebe(asset)]
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def prune_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Delete the files of MathJax that are neither the bundle nor loaded by it."""
    folder = Path(app.outdir, "_static", "mathjax")
    if error or not folder.is_dir():
        return
    for path in sorted(folder.rglob("*"), reverse=True):  # files before their folders
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif not path.relative_to(folder).as_posix().startswith(KEPT):
            path.unlink()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension."""
    app.connect("html-page-context", correct_page, priority=900)
    # After sphinx-mathjax-offline, which copies the files at the same event with priority 500.
    app.connect("build-finished", prune_mathjax, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
