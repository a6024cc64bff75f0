"""The built book as a reader meets it: in a browser, on a telephone, in the dark, offline."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route

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
MEASURE_FORMULAS = r"""look => document.querySelectorAll("mjx-container").forEach(box => {
  const { width, height } = box.getBoundingClientRect();
  (box.sizes ??= {})[look] = { minWidth: `${width}px`, width: `${width}px`, height: `${height}px` };
})"""
EMPTY_FORMULAS = r"""look => document.querySelectorAll("mjx-container").forEach(box => {
  box.replaceChildren();
  Object.assign(box.style, { display: "inline-block", ...box.sizes[look] });
})"""

# Measuring a contrast takes axe milliseconds, and a page shows thousands of words in a few dozen
# looks: the colour and font of the word itself and the grounds below it up to the root of the page.
# The look of a link is also that of the block of text from which it must differ.
NOTE_LOOKS = r"""() => {
  const numbers = new Map(), grounds = new Map(), here = new Map();
  const number = key => numbers.get(key) ?? numbers.set(key, numbers.size).get(key);
  window.looks ??= new Map();
  for (const node of document.querySelectorAll(":not(mjx-container *)")) {
    const style = getComputedStyle(node), below = grounds.get(node.parentElement);
    const ground = [
      style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.position,
      node.matches(":disabled, [aria-disabled]"),
    ].join();
    const plain = ground === "rgba(0, 0, 0, 0),none,1,none,static,false";
    grounds.set(node, plain ? below : number(`on ${below}: ${ground}`));
    const look = [
      grounds.get(node), node.tagName, style.color, style.textShadow, style.fontSize,
      style.fontWeight,
    ];
    if (node.tagName === "A") {
      let block = node.parentElement;
      while (getComputedStyle(block).display.startsWith("inline")) block = block.parentElement;
      const alone = block.textContent.trim() === node.textContent.trim();
      look.push(here.get(block), alone, style.textDecorationLine);
    }
    here.set(node, number(look.join()));
    window.looks.set(node, `${window.looks.get(node)} ${here.get(node)}`);
  }
}"""

# Three words of each look stay as they are; of code, where most words are, the rest between them is
# put into one element, for axe need not see its colours either in what else it looks for.
SPARE_REPEATED_LOOKS = r"""() => {
  const shown = new Map(), words = new Set(), kept = new Set(), repeated = [];
  for (const [node, look] of window.looks) {
    const spoken = node.matches("input, select, textarea")
      || [...node.childNodes].some(child => child.nodeType === Node.TEXT_NODE && child.data.trim());
    if (!spoken || !node.checkVisibility({ visibilityProperty: true })) continue;
    shown.set(look, (shown.get(look) ?? 0) + 1);
    if (shown.get(look) > 3) { repeated.push(node); continue; }
    words.add(node);
    for (let up = node; up; up = up.parentElement) kept.add(up);  // their backgrounds
  }
  window.repeated = repeated.filter(node => !kept.has(node));
  for (const code of document.querySelectorAll(".highlight pre")) {
    let rest = null;
    for (const node of words.has(code) ? [] : [...code.childNodes]) {
      if (kept.has(node)) { rest = null; continue; }
      if (!rest) {
        rest = document.createElement("span");
        window.repeated.push(rest);
        node.before(rest);
      }
      rest.append(node.textContent);
      node.remove();
    }
  }
}"""

# A word hidden by its style keeps its place.
HIDE_REPEATED_LOOKS = r"""() =>
  window.repeated.forEach(node => { node.style.visibility = "hidden"; })"""

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


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[BrowserContext]:
    """The surroundings of all pages, which share what the browser has read and compiled."""
    context = browser.new_context(viewport=DESK, color_scheme="dark", reduced_motion="reduce")
    yield context
    context.close()


def open_page(desk: BrowserContext, url: str, found: Inspection) -> Page:
    """Load a page until MathJax is done, noting errors and requests to other hosts."""
    page = desk.new_page()
    here = {urlsplit(url).netloc, ""}  # data in the page itself have no host
    # Noted, not routed: the browser finds no other host, and what is routed is not cached.
    page.on(
        "request",
        lambda asked: (
            found.foreign.append(asked.url) if urlsplit(asked.url).netloc not in here else None
        ),
    )
    page.on(
        "console", lambda said: found.errors.append(said.text) if said.type == "error" else None
    )
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.goto(url)
    page.evaluate("() => window.MathJax?.startup?.promise")
    page.locator("main").wait_for()
    return page


def come_to_rest(page: Page) -> None:
    """Wait until the theme has made what scrolls reachable by keyboard, as it does at each change.

    It does so 300 ms after the last change of the page's size or elements.
    """
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 350)))")


def switch(page: Page, theme: Literal["light", "dark"]) -> None:
    page.emulate_media(color_scheme=theme)
    page.wait_for_function(f"document.documentElement.dataset.theme == '{theme}'")


# What axe finds by colours; of each look of a page it is enough to ask about a few words.
BY_COLOURS = ["color-contrast", "link-in-text-block"]
# Text outside of landmarks: a moderate finding, which takes long to look for.
MODERATE = ["region"]
OTHERWISE = {rule: {"enabled": False} for rule in BY_COLOURS + MODERATE}


def barriers(page: Page, **options: object) -> list[str]:
    """Return what axe-core calls serious or critical, without the defects of the theme."""
    wanted = {
        "resultTypes": ["violations"],
        "preload": False,  # axe would ask for @imported style sheets at wrong addresses
        **options,
    }
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]}"
        for violation in page.evaluate(
            "options => axe.run(options).then(found => found.violations)", wanted
        )
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if not any(
            rule == violation["id"] and part in node["html"] for rule, part, _ in THEME_DEFECTS
        )
    ]


def inspect(desk: BrowserContext, url: str) -> Inspection:
    """Load a page once and look at it in the dark, on a telephone and on a desk."""
    found = Inspection()
    page = open_page(desk, url, found)
    found.tex = page.evaluate(COLOURED_MATH)
    page.evaluate(NOTE_LOOKS)
    switch(page, "light")
    found.tex += [
        text
        for script in (TEX_ERRORS, RAW_TEX, NOT_TYPESET, COLOURED_MATH)
        for text in page.evaluate(script)
    ]
    found.without_alt = page.evaluate(WITHOUT_ALT)
    page.evaluate(NOTE_LOOKS)
    page.evaluate(MEASURE_FORMULAS, "desk")
    # A page that gets narrow is the page that is loaded on a telephone, without typesetting again.
    page.set_viewport_size(PHONE)
    width = page.evaluate("document.scrollingElement.scrollWidth")
    found.sideways = [f"the page is {width} wide"] * (width > PHONE["width"]) + page.evaluate(
        CUT_OFF
    )
    page.evaluate(MEASURE_FORMULAS, "phone")
    page.evaluate(EMPTY_FORMULAS, "phone")
    page.evaluate(SPARE_REPEATED_LOOKS)
    page.evaluate(Axe().axe_script)
    come_to_rest(page)
    found.barriers["phone"] = barriers(page, rules=OTHERWISE)  # the colours are those of the desk
    page.set_viewport_size(DESK)
    page.evaluate(EMPTY_FORMULAS, "desk")
    come_to_rest(page)
    found.barriers["light"] = barriers(page, rules=OTHERWISE)
    page.evaluate(HIDE_REPEATED_LOOKS)
    found.barriers["light"] += barriers(page, runOnly=BY_COLOURS)
    # The dark page differs from the light one in its colours alone.
    switch(page, "dark")
    found.barriers["dark"] = barriers(page, runOnly=BY_COLOURS)
    page.close()
    return found


@pytest.fixture(scope="module")
def inspection(desk: BrowserContext, address: str) -> Inspector:
    """Inspect each page once, for all tests that ask for it."""
    done: dict[str, Inspection] = {}

    def look(page_name: str) -> Inspection:
        if page_name not in done:
            done[page_name] = inspect(desk, address + page_name)
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


# One barrier of each kind, at the end of a page that has none.
WRONG = """
<p>A last <span style="color: #bbb">GREY</span> word, and <b id="night">another</b>.</p>
<style>
[data-theme=dark] #night { color: #444 }
[data-theme=light] p a[href="/"] { color: #e00; text-decoration: none }
[data-theme=light] #red { color: #d00 }
</style>
<p>A word on <span style="background: #777">its OWN</span> ground.</p>
<div style="background: #777"><p>A word on a ground BELOW</p></div>
<p>By <a href="/">colour</a> most <a href="/">links</a> are <a href="/">told</a> from text.</p>
<p id="red">It hardly <a href="/">TELLS</a> this one.</p>
<div class="highlight"><pre><span></span><span style="color: #999">token</span></pre></div>
<p>$$RAW$$ <img src="http://example.org/foreign.png"></p><button></button>
<div style="width: 900px">WIDE</div>
"""


def test_what_is_wrong_at_one_place_is_found(desk: BrowserContext, address: str) -> None:
    def spoil(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text().replace("</article>", WRONG))

    desk.route("**/rerun.html", spoil)
    found = inspect(desk, f"{address}book/rerun.html")
    desk.unroute("**/rerun.html")
    assert found.foreign == found.without_alt == ["http://example.org/foreign.png"]
    assert len(found.errors) == 1
    assert found.tex == ["$$RAW$$"]
    assert any("WIDE" in node for node in found.sideways)
    words = r"GREY|night|token|<button>|OWN|BELOW|TELLS"
    wrong = {
        look: sorted(re.findall(words, " ".join(nodes))) for look, nodes in found.barriers.items()
    }
    assert wrong["light"] == ["<button>", "BELOW", "GREY", "OWN", "TELLS", "token"]
    assert wrong["dark"] == ["BELOW", "OWN", "night"]
    assert wrong["phone"] == ["<button>"]


def test_the_first_page_leads_to_the_book(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.wait_for_url("**/book/index.html")
    page.close()


def test_search_finds_a_word_without_the_network(desk: BrowserContext, address: str) -> None:
    found = Inspection()
    page = open_page(desk, f"{address}book/index.html", found)
    page.locator("button.search-button__button:visible").first.click()
    page.locator("#pst-search-dialog input[type=search]").fill("dephasing")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.wait_for()
    assert page.locator("#search-results li a").count() >= 2
    assert found == Inspection()
    page.close()
