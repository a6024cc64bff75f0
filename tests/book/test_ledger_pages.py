"""The critical edition as a reader meets it: verdict and evidence of anything in two clicks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from spincat.shared.verdicts import VerdictTable


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page without scripts: the links need none, and mathematics would be typeset for nothing."""
    page = browser.new_page(java_script_enabled=False)
    yield page
    page.close()


@pytest.mark.parametrize("label", [*map(str, range(1, 51)), *(f"Fig. {n}" for n in range(1, 5))])
def test_verdict_and_evidence_in_two_clicks(page: Page, address: str, label: str) -> None:
    name = label.replace("Fig. ", "fig-") if label.startswith("Fig") else f"eq-{label}"
    page.goto(f"{address}book/index.html", wait_until="commit")
    page.locator(".ledger-grid a").get_by_text(label, exact=True).click(no_wait_after=True)
    entry = page.locator(f"#entry-{name}")
    entry.wait_for()  # of the page that the click leads to
    assert entry.locator(".ledger-verdict").inner_text() in VerdictTable.VERDICTS.values()
    assert "passed" in entry.locator(".ledger-tests summary").inner_text()
    code = entry.locator(".ledger-code a").first.get_attribute("href")
    assert code
    assert code.partition("#")[2].startswith("spincat.")
    entry.locator(".ledger-places a").first.click(no_wait_after=True)
    page.wait_for_url("**/notebooks/**", wait_until="commit")
    target = page.url.partition("#")[2]
    assert target in (f"equation-{name}", name)
    page.locator(f"[id='{target}']").wait_for(state="attached")


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
