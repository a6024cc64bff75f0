"""The page of an executed notebook: one file, mathematics and pictures inside."""

from __future__ import annotations

import re

import nbformat
import pytest

from spincat.run import notebook_pages

PROSE = r"""# A toy

See {cite}`Mok2024`, Eq. {eq}`our-energy`, Eq. {eq}`eq-16`, {numref}`fig-2`, [](../book/notation.md)
and [the model](sec2_model.md), {download}`the data <figures/toy.csv>`.

```{math}
:label: our-energy
E = \\abs{\\alpha}^2
```
"""
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a small executed notebook."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "figures").mkdir()
    (folder / "figures/toy.csv").write_text("1\n", encoding="utf-8")
    cells = [
        nbformat.v4.new_markdown_cell(PROSE.replace("\\\\", "\\")),
        nbformat.v4.new_code_cell(
            "print(6 * 7)", execution_count=1,
            outputs=[
                nbformat.v4.new_output("stream", text="forty-two <b>\n"),
                nbformat.v4.new_output("display_data", {"image/png": PIXEL}),
            ],
        ),
    ]  # fmt: skip
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), folder / "toy.ipynb")
    return notebook_pages.write(folder / "toy.ipynb")


@pytest.fixture(scope="module")
def text(page):
    return page.read_text(encoding="utf-8")


def test_the_page_stands_beside_the_notebook(page):
    assert [p.name for p in sorted(page.parent.iterdir())] == ["figures", "toy.html", "toy.ipynb"]


def test_the_page_asks_for_no_other_file(text):
    body = text[text.index("<body") :]
    assert re.findall(r'<(?:script|link|iframe)[^>]*(?:src|href)="[^"]*"', text) == []
    assert re.findall(r'src="(?!data:image/png;base64,)', body) == []
    assert re.findall(r"url\((?!data:)", text[text.index("<style") : text.index("</style")]) == []


def test_the_page_shows_code_results_and_prose(text):
    assert "<h1>A toy" in text
    assert "forty-two &lt;b&gt;" in text
    assert f"data:image/png;base64,{PIXEL}" in text


def test_links_to_other_chapters_are_text(text):
    assert "Eq. (16), Fig. 2, <em>notation</em>" in text
    assert "and the model," in text
    assert 'href="figures/toy.csv"' in text
    assert re.search(r'href="#equation-our-energy">.*?C1.*?</a>', text)
    assert "Kwek" in text  # the literature at the end


def test_mathematics_is_inside_with_the_macros_of_the_book(text):
    assert r"E = \abs{\alpha}^2" in text
    assert '"abs": [' in text
    assert len(text) > 2_000_000  # MathJax


def test_what_sphinx_refuses_is_said(tmp_path):
    cell = nbformat.v4.new_markdown_cell("# Toy\n\n```{math}\n:label: eq-99\nx\n```")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "toy.ipynb")
    with pytest.raises(notebook_pages.PageError, match=r"(?s)toy\.ipynb could .*eq-1 to eq-50"):
        notebook_pages.write(tmp_path / "toy.ipynb")
    assert [path.name for path in tmp_path.iterdir()] == ["toy.ipynb"]
