"""The glossary: chapters link its terms, and the links carry the definitions, without a script."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from test_links import parsed

Definitions = dict[str, str]


@pytest.fixture(scope="module")
def definitions(book: Path) -> Definitions:
    """The definition of each term, by the address that links to it have."""
    found: Definitions = {}
    for block in parsed(book / "book" / "glossary.html").select("main dl.glossary"):
        waiting: list[str] = []
        for node in block.find_all(["dt", "dd"], recursive=False):
            if node.name == "dt":
                waiting.append(node["id"])
            else:
                found |= dict.fromkeys(waiting, " ".join(node.p.text.split()))
                waiting = []
    assert found
    return found


def links(page: Path) -> list[tuple[str, str]]:
    """The term and the hover text of each link to the glossary in the text of a page."""
    chosen = parsed(page).select("main a[href*='glossary.html#term-']")
    return [(a["href"].partition("#")[2], a.get("title", "")) for a in chosen]


def test_a_chapter_links_terms_with_their_definitions(
    book: Path, chapter_name: str, definitions: Definitions
) -> None:
    found = links(book / chapter_name)
    assert len(found) >= 3
    for term, title in found:
        assert title == definitions[term]
        assert "\\" not in title, "TeX would be shown as it is written"


def test_a_chapter_links_a_term_once(book: Path, chapter_name: str) -> None:
    terms = [term for term, _ in links(book / chapter_name)]
    assert sorted({term for term in terms if terms.count(term) > 1}) == []


def test_every_term_is_linked_from_a_chapter(book: Path, definitions: Definitions) -> None:
    chapters = (book / "notebooks").glob("*.html")
    assert definitions.keys() - {term for page in chapters for term, _ in links(page)} == set()


def test_the_keyboard_shows_a_definition(browser: Browser, book: Path) -> None:
    page = browser.new_page()
    page.goto((book / "book" / "index.html").as_uri())
    link = page.locator("main a[href*='glossary.html#term-']").first
    shown = "link => getComputedStyle(link, '::after').content"
    assert link.evaluate(shown) == "none"
    link.focus()
    page.keyboard.press("Shift+Tab")  # the focus is shown only if the keyboard has moved it
    page.keyboard.press("Tab")
    assert (link.get_attribute("title") or "missing") in link.evaluate(shown)
    page.close()
