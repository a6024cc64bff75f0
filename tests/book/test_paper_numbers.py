"""The local Sphinx extension that shows the paper's own numbers, tried on tiny books."""

import io
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import docutils_namespace

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"
CONF = "extensions = ['paper_numbers']\nnumfig = True\nmath_numfig = False\n"

# Named so that the order of the table of contents is not the alphabetical order of reading.
INDEX = """
Book
====

.. toctree::

   second
   first
"""
SECOND = """
Early chapter
=============

.. math:: a = 1
   :label: our-early

.. math:: a = 16
   :label: eq-16

.. figure:: dot.svg
   :name: fig-extra

   An extra figure.

See :eq:`our-late`, :eq:`eq-3`, :numref:`fig-2` and :numref:`fig-late`.
"""
FIRST = """
Late chapter
============

.. math:: b = 1
   :label: our-late

.. math:: b = 3
   :label: eq-3

.. _fig-2:

.. figure:: dot.svg

   The paper's figure.

.. figure:: dot.svg
   :name: fig-late

   A late figure.

See :eq:`our-early`, :eq:`eq-16` and :numref:`fig-extra`.
"""

Build = Callable[[], dict[str, str]]


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Write the sources of a book of two chapters and return their folder."""
    for name, text in {"index": INDEX, "second": SECOND, "first": FIRST}.items():
        (tmp_path / f"{name}.rst").write_text(text)
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    return tmp_path


@pytest.fixture
def build(pages: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    """Build the book, as often as called, with warnings as errors; return the pages."""
    monkeypatch.syspath_prepend(str(EXTENSIONS))

    def run() -> dict[str, str]:
        warnings = io.StringIO()
        with docutils_namespace():
            out = pages / "_out"
            app = Sphinx(
                pages, pages, out, out / ".doctrees", "html", status=None, warning=warnings
            )
            app.build()
        assert warnings.getvalue() == ""
        return {name: (out / f"{name}.html").read_text() for name in ("first", "second")}

    yield run
    sys.modules.pop("paper_numbers", None)


def beside(page: str) -> list[str]:
    """Return the numbers that stand beside equations and figures, in the order of the page."""
    return re.findall(r'class="(?:eqno|caption-number)">([^<]+?) ?<', page)


def links(page: str) -> list[str]:
    """Return the texts of the links to equations and figures."""
    text = page[page.index("<p>See") :].partition("</p>")[0]
    return re.findall(r">(\(\w+\)|Fig\. \w+)<", text)


def test_numbers_stand_beside_equations_and_figures(build: Build) -> None:
    pages = build()
    assert beside(pages["second"]) == ["(C1)", "(16)", "Fig. C1"]
    assert beside(pages["first"]) == ["(C2)", "(3)", "Fig. 2", "Fig. C2"]


def test_links_on_other_pages_show_the_same_numbers(build: Build) -> None:
    pages = build()
    assert links(pages["second"]) == ["(C2)", "(3)", "Fig. 2", "Fig. C2"]
    assert links(pages["first"]) == ["(C1)", "(16)", "Fig. C1"]


def test_a_page_that_did_not_change_gets_new_numbers(build: Build, pages: Path) -> None:
    build()
    added = ".. math:: c = 1\n   :label: our-new\n\n.. figure:: dot.svg\n\n   A new figure.\n\n"
    (pages / "second.rst").write_text(
        SECOND.replace(".. math:: a = 1\n", added + ".. math:: a = 1\n")
    )
    after = build()
    assert beside(after["second"]) == ["(C1)", "Fig. C1", "(C2)", "(16)", "Fig. C2"]
    assert beside(after["first"]) == ["(C3)", "(3)", "Fig. 2", "Fig. C3"]
    assert links(after["first"]) == ["(C2)", "(16)", "Fig. C2"]


def test_labels_may_move_to_another_page(build: Build, pages: Path) -> None:
    build()
    (pages / "first.rst").write_text(
        FIRST.replace("eq-3\n", "eq-16\n").replace("_fig-2:", "_fig-1:")
    )
    (pages / "second.rst").write_text(
        SECOND.replace("eq-16\n", "eq-3\n").replace("name: fig-extra", "name: fig-2")
        + "\n.. _fig-extra:\n\n"
        ".. figure:: dot.svg\n\n   The extra figure.\n"
    )
    after = build()
    assert beside(after["second"]) == ["(C1)", "(3)", "Fig. 2", "Fig. C1"]
    assert beside(after["first"]) == ["(C2)", "(16)", "Fig. 1", "Fig. C2"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("eq-16\n", "eq-51\n", "eq-1 to eq-50"),
        ("eq-16\n", "eq-0\n", "eq-1 to eq-50"),
        ("name: fig-extra", "name: fig-5", "fig-1 to fig-4"),
        ("eq-16\n", "eq-3\n", "labelled already"),
        ("eq-16\n", "our-late\n", "labelled already"),
        ("eq-16\n", "our-early\n", "labelled already"),
        ("name: fig-extra", "name: fig-2", "labelled already"),
        ("eq-16\n", "gap\n", "our-<name>"),
    ],
)
def test_a_wrong_label_stops_the_build(
    build: Build, pages: Path, old: str, new: str, message: str
) -> None:
    (pages / "second.rst").write_text(SECOND.replace(old, new))
    with pytest.raises(ExtensionError, match=message):
        build()


def test_a_figure_named_twice_on_one_page_stops_the_build(build: Build, pages: Path) -> None:
    (pages / "first.rst").write_text(
        FIRST + "\n.. figure:: dot.svg\n   :name: fig-2\n\n   Again.\n"
    )
    with pytest.raises(ExtensionError, match="labelled already"):
        build()
