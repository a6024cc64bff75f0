"""Hover texts: a link to a term of the glossary shows its definition, without a script."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata


def note_definitions(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the first paragraph of each definition, by the id of its term."""
    env = app.env
    if not hasattr(env, "glossary_definitions"):
        env.glossary_definitions = {}  # type: ignore[attr-defined]
    for glossary in doctree.findall(addnodes.glossary):
        for item in glossary.findall(nodes.definition_list_item):
            text = next(iter(item.findall(nodes.paragraph))).astext().replace("\n", " ")
            for term in item.findall(nodes.term):
                env.glossary_definitions[term["ids"][0]] = text  # type: ignore[attr-defined]


def add_hover_texts(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give each resolved link to a term its definition as the title that browsers show."""
    definitions = getattr(app.env, "glossary_definitions", {})
    for reference in doctree.findall(nodes.reference):
        target = reference.get("refid") or reference.get("refuri", "").partition("#")[2]
        if target in definitions:
            reference["reftitle"] = definitions[target]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension."""
    app.connect("doctree-read", note_definitions)
    app.connect("doctree-resolved", add_hover_texts)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": False,
        "parallel_write_safe": True,
    }
