r"""An executed notebook as one HTML file, which needs neither a network nor other files to read.

Sphinx renders it as it renders the book.  nbconvert 7.17 cannot, even with ``embed_images``: it
knows Markdown but not MyST, so that Eq. 26 becomes a code block, ``<code class="language-{math}">
{math}\n:label: eq-26 ...``, a reference the words ``{eq}<code>eq-22</code>``, and boxes
(``<p>:::{admonition} ...``), citations, terms and downloads stand there as source, figures without
their captions.  It takes MathJax 2 from another host and has no way to embed it.
"""

from __future__ import annotations

import base64
import html
import mimetypes
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from spincat.run import _page_pictures
from spincat.run.notebooks import CHECKOUT_NOTEBOOKS
from spincat.shared import environment, files
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


# The browser asks for nothing, whatever the raw HTML of a notebook may name.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data:; font-src data:; base-uri 'none'; form-action 'none'"
)


class PageError(RuntimeError):
    """Sphinx could not make a page of a notebook."""


def write(executed: Path) -> Path:
    """Write ``<name>.html`` beside an executed notebook, with pictures and mathematics inside.

    Links to equations, figures and pages of other chapters become plain text, and so does a
    picture that is neither an output nor a file of ``figures/`` beside the notebook.

    It takes the place of a file of that name.
    Raises ``PageError`` with Sphinx's message where it fails, and ``OSError`` where the page cannot
    be written.
    """
    target = executed.with_suffix(".html")
    try:
        page = _page(executed)
    except (PageError, ModuleNotFoundError):
        raise
    except Exception as error:  # each library raises its own, for what a notebook may hold
        words = " ".join(str(error).split())
        raise PageError(f"{executed.name} could not be made a page: {words}") from error
    files.write({target: page.encode()})
    return target


def _page(executed: Path) -> str:
    """Let Sphinx make the page in a folder of its own."""
    with files.scratch() as folder:
        source, built = folder / "source", folder / "built"
        _prepare(executed, source)
        command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", str(source), str(built)]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", env=environment.clean(folder),
            check=False,
        )  # fmt: skip
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "WARNING: " not in line]
            words = " ".join(lines).strip()
            raise PageError(f"{executed.name} could not be made a page: {words}")
        return _one_file(built / f"{_sphinx_name(executed)}.html", executed)


def _prepare(executed: Path, source: Path) -> None:
    """Write a Sphinx project of the one notebook, with the mathematics and literature of the book.

    Its equations and figures bear the numbers of the paper, as in the book.
    """
    nbformat, yaml = import_extra("nbformat"), import_extra("yaml")
    source.mkdir()
    notebook = nbformat.read(executed, as_version=4)
    # Settings of MyST would have the notebook executed again, or its prose as a template.
    known = "kernelspec", "language_info"
    notebook.metadata = {key: notebook.metadata[key] for key in known if key in notebook.metadata}
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    labels = set(re.findall(r":label: (\S+)", "\n".join(cell.source for cell in prose)))
    own = {*labels, *(_figure_name(cell) for cell in notebook.cells)}
    extensions, config = ["myst_nb", _page_pictures.__name__], {}
    if NUMBERS.is_file() and all(re.fullmatch(r"eq-\d+|our-.+", label) for label in labels):
        extensions.append(NUMBERS.stem)
    bibliography = BOOK / "book" / "references.bib"
    if bibliography.is_file():
        shutil.copy(bibliography, source)
        extensions.append("sphinxcontrib.bibtex")
        config = yaml.safe_load((BOOK / "_config.yml").read_text("utf-8"))["sphinx"]["config"]
    for cell in prose:
        cell.source = _with_attachments(_without_foreign_links(cell.source, own), cell)
    if "sphinxcontrib.bibtex" in extensions and any("{cite}" in cell.source for cell in prose):
        text = "## Literature\n\n```{bibliography}\n:filter: docname in docnames\n```"
        notebook.cells.append(nbformat.v4.new_markdown_cell(text))
    nbformat.write(notebook, source / f"{_sphinx_name(executed)}.ipynb")
    if (executed.parent / "figures").is_dir():
        shutil.copytree(executed.parent / "figures", source / "figures", ignore=_no_files)
    _configure(source, executed, extensions, config.get("mathjax3_config", {}))


def _configure(
    source: Path, executed: Path, extensions: list[str], mathjax: dict[str, Any]
) -> None:
    settings = {
        "project": executed.stem,
        "root_doc": _sphinx_name(executed),
        "extensions": extensions,
        "bibtex_bibfiles": ["references.bib"],
        "html_theme": "basic",
        "myst_enable_extensions": ["attrs_inline", "colon_fence", "deflist", "dollarmath"],
        "mathjax3_config": mathjax,
        "nb_execution_mode": "off",
        "nb_render_markdown_format": "myst",
        "nb_ipywidgets_js": {},
        "numfig": True,
        "math_numfig": False,
    }
    lines = ["import sys", f"sys.path += {[str(BOOK), str(NUMBERS.parent)]!r}"]
    lines += [f"{name} = {value!r}" for name, value in settings.items()]
    (source / "conf.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    # no {include} of a file of this machine, and no {raw} from another one
    (source / "docutils.conf").write_text("[general]\nfile_insertion_enabled: no\n", "utf-8")


def _with_attachments(text: str, cell: Any) -> str:
    """Return the prose with the pictures that are pasted into its cell."""
    for name, pictures in cell.get("attachments", {}).items():
        for kind, data in list(pictures.items())[:1]:
            text = text.replace(f"attachment:{name}", f"data:{kind};base64,{data}")
    return text


def _sphinx_name(executed: Path) -> str:
    """Return the notebook's own name if Sphinx, which takes some letters for patterns, can."""
    return executed.stem if re.fullmatch(r"\w[\w.-]*", executed.stem, re.ASCII) else "page"


def _figure_name(cell: Any) -> str | None:
    """Return the name of the figure that an output of the cell is, if it says so."""
    found: Any = cell.metadata
    for key in ("mystnb", "figure", "name"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else None


def _no_files(folder: str, names: list[str]) -> list[str]:
    """Return what is neither a file nor a folder of its own: links and pipes."""
    found = [(name, Path(folder, name)) for name in names]
    return [n for n, path in found if path.is_symlink() or not (path.is_file() or path.is_dir())]


def _without_foreign_links(text: str, own: set[str | None]) -> str:
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


def _one_file(page: Path, executed: Path) -> str:
    """Put style, pictures and MathJax into the page, and let its downloads name their files."""
    soup: Any = import_extra("bs4").BeautifulSoup(page.read_text("utf-8"), "html.parser")
    body, beside = soup.find("div", class_="body"), executed.parent
    for tag in body.find_all(["base", "link", "meta"]):  # which the policy does not hold back
        tag.decompose()
    for image in body.find_all("img"):
        _embed(image, soup, page.parent, beside)
    for link in body.find_all("a", class_="download"):
        name = Path(unquote(link.get("href", ""))).name
        link["href"] = f"figures/{name}" if (beside / "figures" / name).exists() else name
    static = page.parent / "_static"
    styles = [static / "pygments.css", *sorted(static.glob("mystnb*.css"))]
    css = "\n".join(path.read_text("utf-8") for path in styles) + CSS
    title = html.escape((soup.title.string if soup.title else None) or executed.stem)
    config = [s.string for s in soup.find_all("script") if s.string and "MathJax" in s.string]
    scripts = "".join(f"<script>{text}</script>" for text in config)
    if soup.find(class_="math") or "\\(" in body.decode():
        scripts += f"<script>{_mathjax()}</script>"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{css}</style>{scripts}</head>\n<body>{body.decode_contents()}</body></html>\n"
    )


def _embed(image: Any, soup: Any, built: Path, beside: Path) -> None:
    """Put a picture into the page, or a text or a link in its place."""
    source = image.get("src", "")
    del image["srcset"]
    if source.startswith("data:"):
        return
    file = _inside(source, built, built) or _inside(source, beside, beside / "figures")
    if file:
        image["src"] = _data_url(file)
        return
    words = image.get("alt") or source or "without an address"
    instead = soup.new_tag("a" if source.startswith(("http://", "https://")) else "em")
    if instead.name == "a":
        instead["href"], instead.string = source, f"picture {words}"
    else:
        instead.string = _page_pictures.missing(words)
    image.replace_with(instead)


def _inside(source: str, relative_to: Path, folder: Path) -> Path | None:
    """Return the file that a relative address means, if it is in the folder."""
    try:
        parts = urlsplit(source)
        path = Path(os.path.realpath(relative_to / unquote(parts.path)))
    except ValueError:  # no address, or no name of a file
        return None
    own = not parts.scheme and not parts.netloc and path.is_relative_to(os.path.realpath(folder))
    return path if own and os.path.isfile(path) else None


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
