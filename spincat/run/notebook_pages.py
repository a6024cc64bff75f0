r"""An executed notebook as one HTML file, which needs neither a network nor other files to read.

Sphinx renders it as it renders the book.  nbconvert 7.17 cannot, even with ``embed_images``: it
knows Markdown but not MyST, so that Eq. 26 becomes a code block, ``<code class="language-{math}">
{math}\n:label: eq-26 ...``, a reference the words ``{eq}<code>eq-22</code>``, and boxes
(``<p>:::{admonition} ...``), citations, terms and downloads stand there as source, figures without
their captions.  It takes MathJax 2 from another host and has no way to embed it.
"""

from __future__ import annotations

import base64
import mimetypes
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from spincat.run import _results
from spincat.run.notebooks import CHECKOUT_NOTEBOOKS
from spincat.shared import files
from spincat.shared.extras import import_extra

# Only in the repository; another notebook than those of the book does without.
BOOK = CHECKOUT_NOTEBOOKS.parent
NUMBERS = BOOK / "book" / "_ext" / "paper_numbers.py"

CSS = """
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif;
  color: #222; background: #fff; }
pre { padding: .6rem; overflow-x: auto; font-size: .85rem; line-height: 1.35; }
div.math, div.output { overflow-x: auto; }
img { max-width: 100%; }
figure { margin: 1rem 0; }
figcaption { font-style: italic; }
table { border-collapse: collapse; }
td, th { padding: .25rem .6rem; border-bottom: 1px solid #ccc; text-align: left; }
div.admonition { border-left: 4px solid #0072b2; padding: .1rem 1rem; background: #f2f6fa; }
p.admonition-title { font-weight: bold; }
a.headerlink { display: none; }
span.eqno { float: right; }
"""


class PageError(RuntimeError):
    """Sphinx could not make a page of a notebook."""


def write(executed: Path) -> Path:
    """Write ``<name>.html`` beside an executed notebook, with pictures and mathematics inside.

    Links to equations, figures and pages of other chapters become plain text.

    Raises ``PageError`` with Sphinx's message where it fails, and ``OSError`` where the page cannot
    be written, or where another run has replaced the notebook meanwhile.
    """
    target, digest = executed.with_suffix(".html"), files.digest(executed)
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder, "source"), Path(folder, "built")
        _prepare(executed, source)
        command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", str(source), str(built)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PageError(f"{executed.name} could not be made a page: {done.stderr.strip()}")
        html = _one_file(built / f"{executed.stem}.html", executed.parent)
    record = executed.with_suffix(".provenance.json").name
    _results.add(target, html.encode(), record, executed, digest)
    return target


def _prepare(executed: Path, source: Path) -> None:
    """Write a Sphinx project of the one notebook, with the mathematics and literature of the book.

    Its equations and figures bear the numbers of the paper, as in the book.
    """
    nbformat, yaml = import_extra("nbformat"), import_extra("yaml")
    source.mkdir()
    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata.pop("source_map", None)  # MyST-NB's, of a notebook with other cells
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    labels = set(re.findall(r":label: (\S+)", "\n".join(cell.source for cell in prose)))
    figures = {c.metadata.get("mystnb", {}).get("figure", {}).get("name") for c in notebook.cells}
    extensions, config = ["myst_nb"], {}
    if NUMBERS.is_file() and all(re.fullmatch(r"eq-\d+|our-.+", label) for label in labels):
        extensions.append(NUMBERS.stem)
    bibliography = BOOK / "book" / "references.bib"
    if bibliography.is_file():
        shutil.copy(bibliography, source)
        extensions.append("sphinxcontrib.bibtex")
        config = yaml.safe_load((BOOK / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
    for cell in prose:
        cell.source = _without_foreign_links(cell.source, labels | figures)
    if "sphinxcontrib.bibtex" in extensions and any("{cite}" in cell.source for cell in prose):
        text = "## Literature\n\n```{bibliography}\n:filter: docname in docnames\n```"
        notebook.cells.append(nbformat.v4.new_markdown_cell(text))
    nbformat.write(notebook, source / executed.name)
    if (executed.parent / "figures").is_dir():
        shutil.copytree(executed.parent / "figures", source / "figures")
    settings = {
        "project": executed.stem,
        "root_doc": executed.stem,
        "extensions": extensions,
        "bibtex_bibfiles": ["references.bib"],
        "html_theme": "basic",
        "myst_enable_extensions": ["attrs_inline", "colon_fence", "deflist", "dollarmath"],
        "mathjax3_config": config.get("mathjax3_config", {}),
        "nb_execution_mode": "off",
        "nb_render_markdown_format": "myst",
        "nb_ipywidgets_js": {},
        "numfig": True,
        "math_numfig": False,
    }
    lines = ["import sys", f"sys.path.append({str(NUMBERS.parent)!r})"]
    lines += [f"{name} = {value!r}" for name, value in settings.items()]
    (source / "conf.py").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _without_foreign_links(text: str, own: set[str]) -> str:
    """Replace what links to other chapters by text."""

    def plain(match: re.Match[str]) -> str:
        role, label = match.groups()
        if label in own:
            return match[0]
        number = label.partition("-")[2] if re.fullmatch(r"(eq|fig)-\d+", label) else "…"
        return f"({number})" if role == "eq" else f"Fig. {number}"

    text = re.sub(r"\{(eq|numref)\}`([^`]+)`", plain, text)
    text = re.sub(r"\[([^\]]+)\]\([^)\s]+\.md[^)]*\)", r"\1", text)
    return re.sub(r"\[\]\((?:[^)\s]*/)?([^)\s/]+)\.md[^)]*\)", r"*\1*", text)


def _one_file(page: Path, beside: Path) -> str:
    """Put style, pictures and MathJax into the page, and let its downloads name their files."""
    soup: Any = import_extra("bs4").BeautifulSoup(page.read_text("utf-8"), "html.parser")
    body = soup.find("div", class_="body")
    for image in body.find_all("img"):
        image["src"] = _data_url(page.parent / unquote(image["src"]))
    for link in body.find_all("a", class_="download"):
        name = Path(unquote(link.get("href", ""))).name
        link["href"] = f"figures/{name}" if (beside / "figures" / name).exists() else name
    static = page.parent / "_static"
    styles = [static / "pygments.css", *sorted(static.glob("mystnb*.css"))]
    css = "\n".join(path.read_text("utf-8") for path in styles) + CSS
    title = (soup.title.string if soup.title else None) or page.stem
    config = [s.string for s in soup.find_all("script") if s.string and "MathJax" in s.string]
    scripts = "".join(f"<script>{text}</script>" for text in config)
    if soup.find(class_="math") or "\\(" in body.decode():
        scripts += f"<script>{_mathjax()}</script>"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{css}</style>{scripts}</head>\n<body>{body.decode_contents()}</body></html>\n"
    )


def _mathjax() -> str:
    """Return MathJax with everything it may need, including its fonts as curves."""
    spec = find_spec("sphinx-mathjax-offline")
    folder = Path((spec.submodule_search_locations or ["."])[0]) if spec else Path()
    file = folder / "static" / "mathjax" / "tex-svg-full.js"
    if not file.is_file():
        import_extra("sphinx-mathjax-offline")  # says what to install
    return file.read_text("utf-8").replace("</script", "<\\/script")


def _data_url(file: Path) -> str:
    kind = mimetypes.guess_type(file.name)[0] or "image/png"
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
