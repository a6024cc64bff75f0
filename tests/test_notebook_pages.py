"""The page of an executed notebook: one file, mathematics and pictures inside."""

from __future__ import annotations

import base64
import os
import re

import nbformat
import pytest
from bs4 import BeautifulSoup

from spincat.run import notebook_pages

PROSE = r"""# A toy

See {cite}`Mok2024`, Eq. {eq}`our-energy`, Eq. {eq}`eq-16`, {numref}`fig-2`, [](../book/notation.md)
and [the model](sec2_model.md), {download}`the data <figures/toy.csv>`,
{nb-download}`all of it <toy.ipynb>`.

```{math}
:label: our-energy
E = \\abs{\\alpha}^2
```
"""
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}


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
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), folder / "toy.ipynb")
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
    assert 'href="toy.ipynb"' in text
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


# -- notebooks that others wrote


SECRET = "what no page may show"
HEADING = "# <b>Toy</b> `</title><script>alert(1)</script>`"
EMBEDDED = [
    "![](figures/own.png)",
    '<img src="figures/own.png">',
    '<img src="figures/../figures/own.png?v=2" srcset="https://example.org/2x.png 2x">',
    f"![](data:image/png;base64,{PIXEL})",
    f'<img src="data:image/png;base64,{PIXEL}">',
    "![](attachment:pasted.png)",
]
REPLACED = [
    "![](figures/missing.png)",
    '<img src="figures/missing.png">',
    "<img>",
    '<img alt="no picture" src="">',
    '<img src="SECRET">',
    '<img src="file://SECRET">',
    '<img src="figures/../../secret.txt">',
    '<img src="figures/link.txt">',
    '<img src="figures">',
    '<img src="%00">',
    '<img src="PATH">'.replace("PATH", "long" * 2000),
    "![](SECRET)",
    "![](../../../../../../../../..SECRET)",
    "![](figures/link.txt)",
]
LINKED = ["![](https://example.org/a.png)", '<img src="https://example.org/[.png">']
LEFT_OUT = [
    "```{include} SECRET\n```",
    "```{literalinclude} ../../../../../../../../..SECRET\n```",
    "```{raw} html\n:file: SECRET\n```",
    "```{csv-table}\n:file: SECRET\n```",
    "```{eval-rst}\n.. include:: SECRET\n```",
]
OUTPUT = '<img src="SECRET"><script src="https://example.org/a.js"></script>'


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """The page of a notebook with pictures and files from everywhere."""
    folder = tmp_path_factory.mktemp("foreign")
    secret, name = folder / "secret.txt", "we ird [*]{0}% ü"
    secret.write_text(SECRET, encoding="utf-8")
    figures = folder / "run" / "figures"
    figures.mkdir(parents=True)
    (figures / "own.png").write_bytes(base64.b64decode(PIXEL))
    (figures / "link.txt").symlink_to(secret)
    os.mkfifo(figures / "pipe")
    prose = "\n\n".join([HEADING, *EMBEDDED, *REPLACED, *LINKED, *LEFT_OUT, "The end."])
    cell = nbformat.v4.new_markdown_cell(prose.replace("SECRET", str(secret)))
    cell["attachments"] = {"pasted.png": {"image/png": PIXEL}}
    html = {"text/html": OUTPUT.replace("SECRET", str(secret))}
    code = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data", html)])
    code.metadata["mystnb"] = None
    notebook = nbformat.v4.new_notebook(cells=[cell, code], metadata=KERNEL)
    nbformat.write(notebook, folder / "run" / f"{name}.ipynb")
    page = notebook_pages.write(folder / "run" / f"{name}.ipynb")
    assert page.name == f"{name}.html"
    return page.read_text(encoding="utf-8")


def test_only_pictures_of_the_notebooks_own_folder_are_embedded(foreign):
    pictures = BeautifulSoup(foreign, "html.parser").find_all("img")
    assert [picture["src"] for picture in pictures] == [f"data:image/png;base64,{PIXEL}"] * len(
        EMBEDDED
    )
    assert "srcset" not in foreign
    assert SECRET not in foreign
    assert base64.b64encode(SECRET.encode()).decode() not in foreign
    assert foreign.count(" is not in the folder figures)") == len(REPLACED) + 1
    assert "(picture no picture is not" in foreign
    assert foreign.count(">picture https://example.org/") == len(LINKED)
    assert "The end." in foreign


def test_the_title_is_text(foreign):
    title = foreign[foreign.index("<title>") + 7 :]
    assert title.startswith("Toy &lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; ")


def test_the_browser_is_told_to_ask_for_nothing(foreign):
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', foreign)
    assert "default-src 'none'" in policy[1]
    assert not re.search("http|\\*|self", policy[1])
    assert {"base-uri 'none'", "form-action 'none'"} <= set(policy[1].split("; "))


ASKING = """<meta http-equiv="refresh" content="0;url=//a.example"><base href="//a.example/">
<link rel="dns-prefetch" href="//a.example">"""


def test_nothing_of_a_notebook_is_executed_for_its_page(tmp_path):
    """MyST takes settings from the metadata: to execute the notebook, or its prose as a template.

    What would have the browser leave the page, and no policy holds back, is not in it.
    """
    ran = tmp_path / "ran"
    prose = "{{ 6 * 7 }}"
    cells = [nbformat.v4.new_markdown_cell(f"# Toy\n\n{ASKING}\n\n{prose}")]
    cells += [nbformat.v4.new_code_cell(f"open({str(ran)!r}, 'w').close()")]
    settings = {
        "mystnb": {"execution_mode": "force"},
        "myst": {"enable_extensions": ["substitution"]},
    }
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=KERNEL | settings)
    nbformat.write(notebook, tmp_path / "toy.ipynb")
    page = notebook_pages.write(tmp_path / "toy.ipynb").read_text("utf-8")
    assert not ran.exists()
    assert prose in page
    assert "a.example" not in page


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"nbformat": 4}', None])
def test_a_damaged_notebook_has_no_page(tmp_path, content):
    path = tmp_path / "toy.ipynb"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    (tmp_path / "toy.html").write_text("of an earlier run", encoding="utf-8")
    with pytest.raises(notebook_pages.PageError, match=r"toy\.ipynb could not be made a page: \S"):
        notebook_pages.write(path)
    assert (tmp_path / "toy.html").read_text(encoding="utf-8") == "of an earlier run"
