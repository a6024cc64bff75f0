"""The critical edition: pages and badges made from ``book/ledger.yml`` and the last test run.

``{ledger} equations`` (or ``figures``, ``claims``, ``errata``) shows the entries of one kind with
their verdicts, evidence and code, ``{ledger-grid}`` links every equation and figure from one small
table, and each labelled equation and figure of the paper gets a line with its verdict, equations
also with the functions that implement them.
The texts of the entries are MyST Markdown; see ``ledger_entries.py`` for what an entry may say.
"""

from __future__ import annotations

from html import escape
from typing import Any

import ledger_entries
from docutils import nodes
from docutils.statemachine import StringList
from ledger_entries import CONSEQUENCES, METHODS, VERDICTS, Entry, Evidence
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode
from sphinx.util.typing import ExtensionMetadata

LOGGER = logging.getLogger(__name__)
UNDECIDED = "undecided: its tests have not all passed"
SELECTIONS = {
    "equations": lambda entry: entry.kind == "equation",
    "figures": lambda entry: entry.kind == "figure",
    "claims": lambda entry: entry.kind == "claim",
    "errata": lambda entry: entry.consequence > 0,
}
FILTER = """<form class="ledger-filter" role="search" hidden>
<label>Search <input type="search" placeholder="number or word"></label>
<label>Verdict <select><option value="">all</option>{options}</select></label>
<output aria-live="polite"></output></form>"""


class EntryLink(nodes.General, nodes.Inline, nodes.Element):
    """A link to a page (``page``) or a place on it (``anchor``), resolved when titles are known."""


class CodeLink(nodes.General, nodes.Inline, nodes.Element):
    """A link to what the package's pages say of a function or class with the full ``name``."""


class ChapterEquation(nodes.General, nodes.Element):
    """The equation with a ``label``, as the chapter that derives it writes it."""


def shown(entry: Entry, evidence: Evidence) -> str:
    """The verdict as the reader sees it."""
    verdict = evidence.verdict(entry)
    return VERDICTS[verdict] if verdict else UNDECIDED


def css_class(entry: Entry, evidence: Evidence) -> str:
    """The class that colours a verdict."""
    return f"verdict-{evidence.verdict(entry) or 'undecided'}"


def note_files(env: BuildEnvironment) -> None:
    """Read the page again when the ledger or the record of the tests has changed."""
    for path in (ledger_entries.LEDGER, ledger_entries.RECORD):
        env.note_dependency(str(path))


def link(page: str, anchor: str = "", text: str = "", classes: tuple[str, ...] = ()) -> EntryLink:
    """Return a link that is resolved at the end of the build."""
    return EntryLink(page=page, anchor=anchor, text=text, classes=list(classes))


class LedgerDirective(SphinxDirective):
    """``{ledger} equations|figures|claims|errata``: the entries of one kind."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the cards, below a form that filters them if they are many."""
        select = SELECTIONS[self.arguments[0]]
        entries = ledger_entries.load()
        evidence = ledger_entries.evidence(entries)
        note_files(self.env)
        chosen = [entry for entry in entries.values() if select(entry)]
        errata = self.arguments[0] == "errata"
        if errata:
            chosen.sort(key=lambda entry: (entry.consequence, entry.kind != "claim"))
        made: list[nodes.Node] = [filter_form(chosen)] if len(chosen) > 8 else []
        before = 0
        for entry in chosen:
            if errata and entry.consequence != before:
                before = entry.consequence
                made.append(nodes.rubric("", CONSEQUENCES[before].capitalize()))
            made.append(self.card(entry, evidence[entry.name], errata))
        return made

    def card(self, entry: Entry, evidence: Evidence, erratum: bool) -> nodes.container:
        """Everything that is known of one entry; the errata page links to the full one."""
        classes = ["ledger-entry", css_class(entry, evidence)]
        card = nodes.container(classes=classes)
        card["ids"].append(entry.anchor if not erratum else f"erratum-{entry.name}")
        title = nodes.paragraph(classes=["ledger-title"])
        title += nodes.strong("", entry.title)
        title += nodes.inline("", shown(entry, evidence), classes=["ledger-verdict"])
        if entry.said:
            title += nodes.inline("", f"the paper, {entry.said}", classes=["ledger-said"])
        card += title
        if entry.printed or entry.instead:
            self.parse(card, "Printed:")
        if entry.printed:
            self.parse(card, f"$$\n{entry.printed}\n$$")
        elif entry.kind == "equation":
            card += ChapterEquation(label=entry.name)
        self.parse(card, entry.claim)
        word = {"conditional": "Condition", "open": "What is known"}.get(entry.verdict, "Instead")
        if entry.correct:
            self.parse(card, f"**{word}.** {entry.correct}")
        if entry.printed:
            card += ChapterEquation(label=entry.name)
        for label in entry.instead:
            self.parse(card, f"Eq. {{eq}}`{label}` of the chapter:")
            card += ChapterEquation(label=label)
        if entry.matters:
            self.parse(card, f"**Why it matters.** {entry.matters}")
        card += self.places(entry)
        if entry.code:
            card += nodes.paragraph("", "Code: ", *code(entry), classes=["ledger-code"])
        card += tests(evidence)
        return card

    def parse(self, parent: nodes.Element, text: str) -> None:
        """Parse Markdown into the card."""
        source = StringList(text.splitlines(), "book/ledger.yml")
        self.state.nested_parse(source, self.content_offset, parent)

    def places(self, entry: Entry) -> nodes.paragraph:
        """Where the book decides the entry."""
        line = nodes.paragraph("", "Evidence: ", classes=["ledger-places"])
        for number, place in enumerate(entry.where):
            page, _, anchor = place.partition("#")
            if number:
                line += nodes.Text("; ")
            line += link(page, anchor or self.default_anchor(entry, number))
        return line

    @staticmethod
    def default_anchor(entry: Entry, number: int) -> str:
        """The equation or figure itself, on the first page that an entry names."""
        if number or entry.kind == "claim":
            return ""
        return f"equation-{entry.name}" if entry.kind == "equation" else entry.name


def code(entry: Entry) -> list[nodes.Node]:
    """Links to all code of an entry, with commas between."""
    links: list[nodes.Node] = [CodeLink(name=name) for name in entry.code]
    return [part for made in links for part in (nodes.Text(", "), made)][1:]


def tests(evidence: Evidence) -> nodes.raw:
    """The tests behind a verdict, folded away."""
    ways = ", ".join(METHODS[name] for name in METHODS if name in evidence.methods)
    number = len(evidence.passed) + len(evidence.failed)
    if not number:
        return nodes.raw("", "<p class='ledger-tests'>No test is on record.</p>", format="html")
    state = f"{len(evidence.failed)} of them failed" if evidence.failed else "all passed"
    rows = [f"<li><code>{escape(name)}</code></li>" for name in evidence.passed]
    rows += [f"<li><code>{escape(name)}</code> failed</li>" for name in evidence.failed]
    plural = "test" if number == 1 else "tests"
    html = (
        f"<details class='ledger-tests'><summary>{number} {plural} ({ways}), {state}</summary>"
        f"<ul>{''.join(rows)}</ul></details>"
    )
    return nodes.raw("", html, format="html")


def filter_form(entries: list[Entry]) -> nodes.raw:
    """The form that hides entries by verdict and text; without scripts it stays hidden itself."""
    used = [name for name in VERDICTS if any(entry.verdict == name for entry in entries)]
    options = "".join(f'<option value="{name}">{VERDICTS[name]}</option>' for name in used)
    return nodes.raw("", FILTER.format(options=options), format="html")


class GridDirective(SphinxDirective):
    """``{ledger-grid}``: one small link for each equation and figure, coloured by verdict."""

    def run(self) -> list[nodes.Node]:
        """Return one paragraph of links."""
        entries = ledger_entries.load()
        evidence = ledger_entries.evidence(entries)
        note_files(self.env)
        grid = nodes.paragraph(classes=["ledger-grid"])
        for entry in entries.values():
            if entry.kind == "claim":
                continue
            text = entry.title.removeprefix("Eq. ")
            classes = (css_class(entry, evidence[entry.name]),)
            made = link(entry.page, entry.anchor, text, classes)
            made["reftitle"] = shown(entry, evidence[entry.name])
            grid += made
            grid += nodes.Text(" ")
        return [grid]


def note_equations(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the LaTeX of all labelled equations for the index."""
    env = app.env
    if not hasattr(env, "ledger_equations"):
        env.ledger_equations = {}  # type: ignore[attr-defined]
    for equation in doctree.findall(nodes.math_block):
        if equation.get("label"):
            env.ledger_equations[equation["label"]] = equation.astext()  # type: ignore[attr-defined]


def pages_to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write all pages again, without executing them, when a verdict has changed."""
    entries = ledger_entries.load()
    state = (entries, {name: repr(e) for name, e in ledger_entries.evidence(entries).items()})
    changed = state != getattr(env, "ledger_written", None)
    env.ledger_written = state  # type: ignore[attr-defined]
    return sorted(env.all_docs) if changed else []


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put in links and equations, and a line below each equation and figure of the paper."""
    for place in list(doctree.findall(EntryLink)):
        place.replace_self(resolved_link(app, docname, place))
    for place in list(doctree.findall(CodeLink)):
        place.replace_self(resolved_code(app, docname, place["name"]))
    for place in list(doctree.findall(ChapterEquation)):
        latex = app.env.ledger_equations[place["label"]]  # type: ignore[attr-defined]
        options: dict[str, Any] = dict.fromkeys(("number", "label", "docname"))
        place.replace_self(nodes.math_block(latex, latex, nowrap=False, **options))
    if docname == "book/equations":
        return
    entries = ledger_entries.load()
    evidence = ledger_entries.evidence(entries)
    for node in list(doctree.findall(lambda n: isinstance(n, nodes.math_block | nodes.figure))):
        names = [node.get("label")] if isinstance(node, nodes.math_block) else node["names"]
        for entry in (entries[name] for name in names if name in entries):
            text = f"{entry.title}: {shown(entry, evidence[entry.name])}"
            badge = nodes.paragraph(
                classes=["ledger-badge", css_class(entry, evidence[entry.name])]
            )
            badge += resolved_link(app, docname, link(entry.page, entry.anchor, text))
            if entry.kind == "equation":  # below a figure stands already what computes it
                for name in entry.code:
                    badge += [nodes.Text(" · "), resolved_code(app, docname, name)]
            node.parent.insert(node.parent.index(node) + 1, badge)


def resolved_link(app: Sphinx, docname: str, place: EntryLink) -> nodes.reference:
    """Return the reference that an `EntryLink` stands for."""
    page, anchor = place["page"], place["anchor"]
    text = place["text"] or app.env.titles[page].astext()
    made = make_refnode(app.builder, docname, page, anchor, nodes.inline("", text))
    made["classes"] += place["classes"]
    if "reftitle" in place:
        made["reftitle"] = place["reftitle"]
    return made


def resolved_code(app: Sphinx, docname: str, name: str) -> nodes.Node:
    """Return the reference that a `CodeLink` stands for, or its text if no page describes it."""
    text = nodes.literal("", name.removeprefix("spincat."))
    found = app.env.get_domain("py").objects.get(name)  # type: ignore[attr-defined]
    if not found:
        LOGGER.warning("book/ledger.yml names %s, which no page of the book describes", name)
        return text
    return make_refnode(app.builder, docname, found.docname, found.node_id, text, name)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension."""
    app.add_directive("ledger", LedgerDirective)
    app.add_directive("ledger-grid", GridDirective)
    app.add_node(EntryLink)
    app.add_node(CodeLink)
    app.add_node(ChapterEquation)
    app.connect("doctree-read", note_equations)
    app.connect("env-get-updated", pages_to_write)
    app.connect("doctree-resolved", resolve)
    app.add_js_file("ledger.js", loading_method="defer")
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": False,
        "parallel_write_safe": True,
    }
