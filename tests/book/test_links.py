"""The files of the built book: links lead somewhere, downloads hold what they promise."""

import json
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup


@cache
def parsed(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


class Tags(HTMLParser):
    """The ids and the links of a page, in a fraction of the time that its whole tree takes."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[str, int] = {}  # and how often each is there
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids[value or ""] = self.ids.get(value or "", 0) + 1
            elif name in ("href", "src"):
                self.links.add(value or "")


@cache
def tags(file: Path) -> Tags:
    found = Tags()
    found.feed(file.read_text(encoding="utf-8"))
    return found


def broken(file: Path, link: str) -> bool:
    """Tell whether a link inside the book names a missing file or a missing anchor."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if not target.is_file():
        return True
    fragment = unquote(parts.fragment)
    return bool(fragment) and target.suffix == ".html" and fragment not in tags(target).ids


def test_no_link_is_broken(book: Path, page_name: str) -> None:
    file = book / page_name
    assert sorted(link for link in tags(file).links if broken(file, link)) == []


def test_no_id_is_given_twice(book: Path, page_name: str) -> None:
    assert sorted(name for name, times in tags(book / page_name).ids.items() if times > 1) == []


def downloads(file: Path, suffix: str) -> list[Path]:
    links = parsed(file).select("main a.download[href]")
    return [(file.parent / a["href"]).resolve() for a in links if a["href"].endswith(suffix)]


def test_a_chapter_offers_its_notebook_with_outputs(book: Path, chapter_name: str) -> None:
    files = downloads(book / chapter_name, ".ipynb")
    assert [file.stem for file in files] == [Path(chapter_name).stem]
    cells = json.loads(files[0].read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    kinds = [output["output_type"] for cell in code for output in cell["outputs"]]
    assert all(cell["execution_count"] for cell in code)
    assert "error" not in kinds
    assert kinds


def test_figures_of_the_paper_are_offered_with_their_data(book: Path, chapter_name: str) -> None:
    numbers = [
        tag["id"].removeprefix("fig-")
        for tag in parsed(book / chapter_name).select("figure[id^=fig-]")
    ]
    wanted = {
        f"fig{number}{end}"
        for number in numbers
        if number.isdigit()
        for end in (".pdf", ".nc", ".csv")
    }
    offered = {
        file.name for end in (".pdf", ".nc", ".csv") for file in downloads(book / chapter_name, end)
    }
    assert wanted <= offered


def test_every_figure_links_to_its_functions_its_data_and_the_parameters(
    book: Path, chapter_name: str
) -> None:
    page = parsed(book / chapter_name)
    for figure in page.select("div.cell figure"):
        line = figure.select_one("figcaption .figure-origin")
        assert line, figure["id"]
        compute, draw, data, parameters = (link["href"] for link in line.select("a"))
        assert re.fullmatch(
            r"Computed by \S+, drawn by \S+ \(data, parameters\)\.", line.text.strip()
        )
        assert re.search(r"#spincat\.figures\.\w+\.compute\w*$", compute)
        assert re.search(r"#spincat\.figures\.\w+\.draw\w*$", draw)
        assert data.endswith(".nc")
        assert page.select_one(f"div.tag_parameters{parameters}")
