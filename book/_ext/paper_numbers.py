"""The paper's own numbers for equations and figures, on every page of the book.

A math label ``eq-16`` is shown as (16) and a figure named ``fig-2`` as "Fig. 2", as in
arXiv:2403.16491, beside the equation or figure itself and in every ``{eq}`` and ``{numref}``
link to it.  What the companion adds is numbered apart, in the order in which the book is read:
equations labelled ``our-...`` are (C1), (C2), ..., and captioned figures of any other name are
"Fig. C1", "Fig. C2", ...

A number that the paper does not have, a number given twice, and a math label of any other form
stop the build.  The configuration must have ``numfig = True`` and ``math_numfig = False``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.math import MathDomain
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.typing import ExtensionMetadata

LAST_EQUATION = 50
LAST_FIGURE = 4
COMPANION = "C"


def paper_number(label: str, prefix: str, last: int) -> int | None:
    """Return the paper's number in ``label``, None if the label claims none, or raise."""
    match = re.fullmatch(rf"{prefix}-(\d+)", label)
    if match is None:
        return None
    if not 1 <= int(match[1]) <= last:
        raise ExtensionError(
            f"label {label!r}: the paper's numbers are {prefix}-1 to {prefix}-{last}"
        )
    return int(match[1])


def reading_order(env: BuildEnvironment) -> Iterator[str]:
    """Yield the documents in the order of the table of contents."""
    waiting = [env.config.root_doc]
    seen: set[str] = set()
    while waiting:
        docname = waiting.pop(0)
        if docname not in seen:
            seen.add(docname)
            waiting[:0] = env.toctree_includes.get(docname, [])
            yield docname


class PaperMathDomain(MathDomain):
    """Sphinx's math domain, with the number taken from the label."""

    def note_equation(self, docname: str, labelid: str, location: Any = None) -> None:
        """Register an equation; companion equations get their number once all pages are read."""
        if labelid in self.equations:
            owner = self.equations[labelid][0]
            raise ExtensionError(f"equation {labelid!r} in {docname}: labelled already in {owner}")
        number = paper_number(labelid, "eq", LAST_EQUATION)
        if number is None and not labelid.startswith("our-"):
            raise ExtensionError(
                f"equation {labelid!r} in {docname}; allowed: eq-<number> or our-<name>"
            )
        self.equations[labelid] = (docname, number or 0)

    def number_companion_equations(self) -> None:
        """Number the equations that are not the paper's in reading order."""
        count = 0
        for docname in reading_order(self.env):
            for label, (owner, _) in self.equations.items():
                if owner == docname and label.startswith("our-"):
                    count += 1
                    self.equations[label] = (docname, f"{COMPANION}{count}")  # type: ignore[assignment]


def paper_figures(env: BuildEnvironment) -> dict[str, tuple[str, str]]:
    """Return the store of the paper's figures: label -> (document, id of the figure)."""
    if not hasattr(env, "paper_figures"):
        env.paper_figures = {}  # type: ignore[attr-defined]
    return env.paper_figures  # type: ignore[attr-defined, no-any-return]


def forget_documents(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Drop what is known of the pages about to be read, so a label may move between them."""
    for docname in docnames:
        env.get_domain("math").clear_doc(docname)
        forget_document(app, env, docname)


def forget_document(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Drop the figures of one page, which was removed or is about to be read again."""
    figures = paper_figures(env)
    for label in [label for label, (owner, _) in figures.items() if owner == docname]:
        del figures[label]


def note_figures(app: Sphinx, doctree: nodes.document) -> None:
    """Register the figures of a page that bear a number of the paper."""
    env = app.env
    figures = paper_figures(env)
    for figure in doctree.findall(nodes.figure):
        # A name that a page gives twice is moved from "names" to "dupnames" by docutils.
        for label in figure["names"] + figure["dupnames"]:
            if paper_number(label, "fig", LAST_FIGURE) is None:
                continue
            if label in figures or label in figure["dupnames"]:
                owner = figures.get(label, (env.docname,))[0]
                raise ExtensionError(
                    f"figure {label!r} in {env.docname} is labelled already in {owner}"
                )
            figures[label] = (env.docname, figure["ids"][0])


def number_figures(env: BuildEnvironment) -> None:
    """Replace Sphinx's running figure numbers by the paper's, and by C1, C2, ... elsewhere."""
    paper = {
        place: paper_number(label, "fig", LAST_FIGURE)
        for label, place in paper_figures(env).items()
    }
    count = 0
    for docname in reading_order(env):
        figures: dict[str, Any] = env.toc_fignumbers.get(docname, {}).get("figure", {})
        for figure_id in figures:
            number = paper.get((docname, figure_id))
            if number is None:
                count += 1
            figures[figure_id] = (number or f"{COMPANION}{count}",)


def assign_numbers(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Give all numbers once every page is read; return the pages to be written again."""
    domain = env.get_domain("math")
    assert isinstance(domain, PaperMathDomain)
    domain.number_companion_equations()
    number_figures(env)
    numbers = (dict(domain.equations), {doc: dict(n) for doc, n in env.toc_fignumbers.items()})
    changed = numbers != getattr(env, "paper_numbers_written", None)
    env.paper_numbers_written = numbers  # type: ignore[attr-defined]
    # Any page may link to a number that moved; writing is cheap and executes nothing.
    return sorted(env.all_docs) if changed else []


def show_equation_numbers(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the final number beside each labelled equation."""
    equations = app.env.get_domain("math").equations  # type: ignore[attr-defined]
    for equation in doctree.findall(nodes.math_block):
        if equation.get("label"):
            equation["number"] = equations[equation["label"]][1]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension."""
    app.add_domain(PaperMathDomain, override=True)
    app.connect("env-before-read-docs", forget_documents)
    app.connect("env-purge-doc", forget_document)
    app.connect("doctree-read", note_figures)
    # After Sphinx's own numbering, which is connected to the same event with priority 500.
    app.connect("env-get-updated", assign_numbers, priority=900)
    app.connect("doctree-resolved", show_equation_numbers)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": False,
        "parallel_write_safe": True,
    }
