"""The built book as a reader meets it: in a browser, on a telephone, in the dark, offline."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

# Findings that are defects of the theme: (rule of axe, part of the element's HTML, reason).
THEME_DEFECTS: list[tuple[str, str, str]] = []

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}

# Text that a reader sees, outside code: TeX that MathJax left alone would stand there.
RAW_TEX = r"""() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest("pre, code, script, style, template, noscript, mjx-container")
        && /\$\$|\\begin\{|\\\(|\\\[/.test(walker.currentNode.data))
      found.push(walker.currentNode.data.trim().slice(0, 80));
  }
  return found;
}"""

# MathJax marks what it cannot parse as an error, and shows an unknown command in red.
TEX_ERRORS = r"""() => [...document.querySelectorAll(
    "mjx-merror, [data-mjx-error], mjx-assistive-mml merror, mjx-assistive-mml [mathcolor=red]"
  )].map(node => node.getAttribute("data-mjx-error") || node.textContent)"""

NOT_TYPESET = r"""() => [...document.querySelectorAll(".math")]
  .filter(node => !node.querySelector("mjx-container")).map(node => node.textContent)"""

# Formulas are drawn in the colour of the text around them, whose contrast axe measures.
COLOURED_MATH = r"""() => [...document.querySelectorAll("mjx-container")].flatMap(box => {
  const { color } = getComputedStyle(box.parentElement);
  return [box, ...box.querySelectorAll("*")]
    .filter(node => getComputedStyle(node).color !== color).map(node => node.outerHTML);
}).slice(0, 5)"""

# Most elements of a page are the strokes of its formulas, which hold nothing for axe to find: it
# takes a fraction of the time if an empty box of the same size stands for each.
EMPTY_FORMULAS = r"""() => {
  const boxes = [...document.querySelectorAll("mjx-container")];
  const sizes = boxes.map(box => box.getBoundingClientRect());
  boxes.forEach((box, i) => {
    box.replaceChildren();
    box.style.display = "inline-block";
    box.style.minWidth = box.style.width = `${sizes[i].width}px`;
    box.style.height = `${sizes[i].height}px`;
  });
}"""

WITHOUT_ALT = r"""() => [...document.images]
  .filter(image => !image.alt.trim()).map(image => image.src)"""

# Elements of the text that reach beyond the screen and cannot be scrolled into view.
CUT_OFF = r"""() => {
  const reachable = node => {
    for (let up = node.parentElement; up && up !== document.body; up = up.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)
          && up.getBoundingClientRect().right <= window.innerWidth + 1) return true;
    return false;
  };
  return [...document.querySelectorAll("main *")]
    .filter(node => node.checkVisibility() && node.getBoundingClientRect().width > 1
      && node.getBoundingClientRect().right > window.innerWidth + 1
      // Invisible MathML for screen readers; the list of contents, which waits beside the screen.
      && !node.closest("mjx-assistive-mml, .bd-sidebar-secondary") && !reachable(node))
    .map(node => node.outerHTML.slice(0, 160));
}"""


@dataclass
class Inspection:
    """What was found on one page; every list is empty for a good page."""

    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    tex: list[str] = field(default_factory=list)
    without_alt: list[str] = field(default_factory=list)
    sideways: list[str] = field(default_factory=list)
    barriers: dict[str, list[str]] = field(default_factory=dict)


Inspector = Callable[[str], Inspection]


def open_page(browser: Browser, url: str, found: Inspection) -> Page:
    """Load a page until MathJax is done, noting errors and requests to other hosts."""
    page = browser.new_page(viewport=DESK, color_scheme="light", reduced_motion="reduce")

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(url).netloc:
            route.continue_()
        else:
            found.foreign.append(route.request.url)
            route.abort()

    page.on(
        "console", lambda said: found.errors.append(said.text) if said.type == "error" else None
    )
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.route("**/*", guard)
    page.goto(url)
    settle(page)
    return page


def settle(page: Page) -> None:
    """Wait until MathJax is done."""
    page.evaluate("() => window.MathJax?.startup?.promise")
    page.locator("main").wait_for()


def barriers(page: Page, **rules: object) -> list[str]:
    """Return what axe-core calls serious or critical, without the defects of the theme."""
    options = {
        "resultTypes": ["violations"],
        "preload": False,  # axe would ask for @imported style sheets at wrong addresses
        **rules,
    }
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]}"
        for violation in Axe().run(page, options=options).response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if not any(
            rule == violation["id"] and part in node["html"] for rule, part, _ in THEME_DEFECTS
        )
    ]


def inspect(browser: Browser, url: str) -> Inspection:
    """Load a page once and look at it on a desk, in the dark and on a telephone."""
    found = Inspection()
    page = open_page(browser, url, found)
    found.tex = [
        text
        for script in (TEX_ERRORS, RAW_TEX, NOT_TYPESET, COLOURED_MATH)
        for text in page.evaluate(script)
    ]
    found.without_alt = page.evaluate(WITHOUT_ALT)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("document.documentElement.dataset.theme == 'dark'")
    found.tex += page.evaluate(COLOURED_MATH)
    page.evaluate(EMPTY_FORMULAS)
    # The dark page differs from the light one in its colours alone.
    found.barriers["dark"] = barriers(page, runOnly=["color-contrast"])
    page.emulate_media(color_scheme="light")
    page.wait_for_function("document.documentElement.dataset.theme == 'light'")
    found.barriers["light"] = barriers(page)
    page.set_viewport_size(PHONE)
    page.reload()  # the theme decides at loading what scrolls, and makes that reachable by keyboard
    settle(page)
    width = page.evaluate("document.scrollingElement.scrollWidth")
    found.sideways = [f"the page is {width} wide"] * (width > PHONE["width"]) + page.evaluate(
        CUT_OFF
    )
    page.evaluate(EMPTY_FORMULAS)
    without_contrast = {"color-contrast": {"enabled": False}}  # the colours are those of the desk
    found.barriers["phone"] = barriers(page, rules=without_contrast)
    page.close()
    return found


@pytest.fixture(scope="module")
def inspection(browser: Browser, address: str) -> Inspector:
    """Inspect each page once, for all tests that ask for it."""
    done: dict[str, Inspection] = {}

    def look(page_name: str) -> Inspection:
        if page_name not in done:
            done[page_name] = inspect(browser, address + page_name)
        return done[page_name]

    return look


def test_a_page_loads_without_an_error(inspection: Inspector, page_name: str) -> None:
    assert inspection(page_name).errors == []


def test_a_page_asks_no_other_host(inspection: Inspector, page_name: str) -> None:
    assert inspection(page_name).foreign == []


def test_mathematics_is_typeset(inspection: Inspector, page_name: str) -> None:
    assert inspection(page_name).tex == []


def test_every_image_has_an_alternative_text(inspection: Inspector, page_name: str) -> None:
    assert inspection(page_name).without_alt == []


def test_a_telephone_need_not_scroll_sideways(inspection: Inspector, page_name: str) -> None:
    assert inspection(page_name).sideways == []


@pytest.mark.parametrize("look", ["light", "dark", "phone"])
def test_a_page_has_no_barrier(inspection: Inspector, page_name: str, look: str) -> None:
    assert inspection(page_name).barriers[look] == []


def test_the_first_page_leads_to_the_book(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.wait_for_url("**/book/index.html")
    page.close()


def test_search_finds_a_word_without_the_network(browser: Browser, address: str) -> None:
    found = Inspection()
    page = open_page(browser, f"{address}book/index.html", found)
    page.locator("button.search-button__button:visible").first.click()
    page.locator("#pst-search-dialog input[type=search]").fill("dephasing")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.wait_for()
    assert page.locator("#search-results li a").count() >= 2
    assert found == Inspection()
    page.close()
