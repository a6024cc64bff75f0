"""The critical edition as a reader meets it: verdict and evidence of anything in two clicks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page
from test_links import tags

from spincat.shared.verdicts import VerdictTable

LABELS = [*map(str, range(1, 51)), *(f"Fig. {n}" for n in range(1, 5))]


@pytest.fixture(scope="module")
def plain(browser: Browser) -> Iterator[BrowserContext]:
    """No scripts: the links need none, and mathematics would be typeset for nothing."""
    context = browser.new_context(java_script_enabled=False)
    yield context
    context.close()


@pytest.fixture(scope="module")
def opened(plain: BrowserContext, address: str) -> Callable[[str], Page]:
    """The page at an address, loaded once for all links that lead to it."""
    pages: dict[str, Page] = {}

    def page(url: str) -> Page:
        url = url.partition("#")[0]
        if url not in pages:
            pages[url] = plain.new_page()
            pages[url].goto(url)
        return pages[url]

    return page


def number_of(label: str) -> str:
    return label.replace("Fig. ", "fig-") if label.startswith("Fig") else f"eq-{label}"


def in_the_grid(page: Page, label: str) -> Locator:
    return page.locator(".ledger-grid a").get_by_text(label, exact=True)


def leads_to(link: Locator) -> str:
    """Where a click on a visible link leads: without a script, to its address."""
    assert link.is_visible()
    address = link.evaluate("link => link.closest('a').href")
    assert isinstance(address, str)
    return address


@pytest.mark.parametrize("label", LABELS)
def test_verdict_and_evidence_in_two_clicks(
    opened: Callable[[str], Page], address: str, book: Path, label: str
) -> None:
    name = number_of(label)
    first = leads_to(in_the_grid(opened(f"{address}book/index.html"), label))
    assert first.endswith(f"#entry-{name}")
    entry = opened(first).locator(f"#entry-{name}")
    assert entry.locator(".ledger-verdict").inner_text() in VerdictTable.VERDICTS.values()
    assert "passed" in entry.locator(".ledger-tests summary").inner_text()
    second = urlsplit(leads_to(entry.locator(".ledger-places a").first))
    assert second.path.startswith("/notebooks/")
    assert second.fragment in (f"equation-{name}", name)
    assert second.fragment in tags(book / unquote(second.path[1:])).ids
    code = urlsplit(leads_to(entry.locator(".ledger-code a").first))
    assert code.fragment.startswith("spincat.")
    assert code.fragment in tags(book / unquote(code.path[1:])).ids


@pytest.mark.parametrize("label", ["26", "Fig. 2"])
def test_the_two_clicks(plain: BrowserContext, address: str, label: str) -> None:
    page, name = plain.new_page(), number_of(label)
    page.goto(f"{address}book/index.html", wait_until="commit")
    in_the_grid(page, label).click(no_wait_after=True)
    entry = page.locator(f"#entry-{name}")
    entry.wait_for()  # of the page that the click leads to
    entry.locator(".ledger-places a").first.click(no_wait_after=True)
    page.wait_for_url("**/notebooks/**", wait_until="commit")
    page.locator(f"[id='{page.url.partition('#')[2]}']").wait_for(state="attached")
    page.close()


def test_the_claims_can_be_filtered_without_a_server(browser: Browser, book: Path) -> None:
    page = browser.new_page()
    page.goto((book / "book" / "claims.html").as_uri())
    entries = page.locator(".ledger-entry")
    everything = entries.count()
    page.locator(".ledger-filter select").select_option("refuted")
    refuted = page.locator(".ledger-entry:visible").count()
    assert 0 < refuted < everything
    page.locator(".ledger-filter select").select_option("")
    page.locator(".ledger-filter input").fill("odd cat")
    found = page.locator(".ledger-entry:visible")
    assert 0 < found.count() < everything
    assert "odd cat" in found.first.inner_text().lower()
    page.close()
