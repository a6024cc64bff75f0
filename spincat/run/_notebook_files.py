"""Read a notebook that anybody may have written: what is wrong with one is said in one sentence."""

from __future__ import annotations

import ast
import json
import re
import warnings
from pathlib import Path
from typing import Any

from spincat.shared.extras import import_extra

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What Python's parser raises, of null bytes and of a thousand brackets too."""


_OPTIONS = re.compile(
    r"^ *(`{3,}|~{3,})\{(?:code|raw)-cell\}.*\n"
    r"((?:---.*\n(?:(?!---|\1).*\n)*)?)((?:[^\S\n]*:.*\n)*)",
    re.MULTILINE,
)
"""The options of a cell, as YAML between lines or as a list ``:name: value``."""

LARGEST = 200_000_000
"""Bytes of a notebook, with its outputs."""


def text(path: Path) -> str:
    """Return the text of a file, whatever its line ends, without a byte order mark.

    Raises ``ValueError`` where it cannot be read, or it or its name is not UTF-8.
    """
    if re.search("[\0-\x1f\x7f\ud800-\udfff]", path.name):  # as it could not be listed
        raise ValueError(
            f"{str(path)!a} cannot be read: its name has control characters or is not UTF-8"
        )
    if not path.is_file():  # to open a pipe would wait for somebody who writes to it
        raise ValueError(f"{path} cannot be read: it is not a file, or a link to none")
    if (size := path.stat().st_size) > LARGEST:
        raise ValueError(f"{path} has {size} bytes; allowed: at most {LARGEST} for a notebook")
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} cannot be read: it is not UTF-8 ({error.reason})") from error


def read(path: Path) -> Any:
    """Read a text notebook (or an .ipynb), without the outputs that it may hold.

    Raises ``ValueError`` for another kind of file, a damaged one, and another language than Python.
    """
    content, jupytext, nbformat = text(path), import_extra("jupytext"), import_extra("nbformat")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is repaired here, as cells without an id
            if path.suffix.lower() == ".ipynb":
                notebook = _from_json(content, nbformat)
            else:
                _check_header(content)
                notebook = jupytext.reads(content, {"extension": path.suffix.lower()})
            if "kernelspec" not in notebook.metadata:
                raise ValueError("it has no header that names a kernel")
            _complete(notebook)
            # YAML has dates, and texts that are no UTF-8: a run could not be saved
            plain = json.dumps(notebook, ensure_ascii=False, default=str).encode("utf-8")
            notebook = nbformat.from_dict(json.loads(plain))
            nbformat.validate(notebook, relax_add_props=True)
    except Exception as error:  # the parsers raise whatever they stumble over
        raise ValueError(f"{path} is not a notebook: {_sentence(error)}") from error
    if (language := _foreign_language(notebook.metadata)) is not None:
        raise ValueError(
            f"{path} is a notebook for {language}; allowed: a kernelspec with language: python"
        )
    return notebook


def _check_header(content: str) -> None:
    """Raise ``ValueError`` for aliases of YAML, a few of which can stand for a billion entries."""
    yaml = import_extra("yaml")
    header = content.removeprefix("---\n").partition("\n---\n")[0] if content[:4] == "---\n" else ""
    of_cells = [
        match[2].removeprefix("---\n") or re.sub(r"^\s*:", "", match[3], flags=re.MULTILINE)
        for match in _OPTIONS.finditer(content)
    ]
    for options in (header, *of_cells):
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(options)):
            raise ValueError("it has an alias of YAML (*name); allowed: each value written out")


def _from_json(content: str, nbformat: Any) -> Any:
    whole = json.loads(content)
    if not isinstance(whole, dict) or "nbformat" not in whole:
        raise ValueError("its JSON is no object with an entry 'nbformat'")
    return nbformat.convert(nbformat.reader.reads(content), 4)


def _complete(notebook: Any) -> None:
    """Add what others leave out and nobody misses, and drop old outputs, damaged ones too."""
    spec = notebook.metadata["kernelspec"]
    if isinstance(spec, dict):
        spec.setdefault("name", "python3" if spec.get("language") else "")
        spec.setdefault("display_name", spec["name"])
    for cell in notebook.cells:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)


def _sentence(error: Exception) -> str:
    """Return the message of an error on one line, with the place if the error knows it."""
    words = str(getattr(error, "message", None) or error).split() or [type(error).__name__]
    place = re.search(r"^On instance(.*):$", str(error), re.MULTILINE)  # nbformat's way to say it
    return " ".join([*words, *(["at", place[1]] if place else [])])[:300]


def _foreign_language(metadata: Any) -> str | None:
    """Return the language of the kernel if it is not Python.

    What environments call their kernels says nothing; only without a language the name decides.
    """
    spec = metadata["kernelspec"]
    language = spec.get("language") or metadata.get("language_info", {}).get("name")
    if language:
        return None if "python" in str(language).lower() else repr(language)
    name = spec["name"]
    return None if re.search(r"python|\bpy", name.lower()) else f"a kernel {name!r}"


def tagged(cell: Any, tag: str) -> bool:
    """Return whether a cell has a tag."""
    return tag in cell.metadata.get("tags", [])


def statements(source: str) -> list[ast.stmt]:
    """Return the statements of a cell, with what IPython makes of its magics.

    Raises one of ``UNREADABLE`` where it is not Python.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a backslash in a text: not our code
        try:
            return ast.parse(source).body
        except SyntaxError:
            transformer = import_extra("IPython.core.inputtransformer2").TransformerManager()
            plain: str = transformer.transform_cell(source)
            return ast.parse(plain).body


def refusal(path: Path, cell: str, error: BaseException) -> ValueError:
    """Return the error that says where a cell is not Python."""
    line = getattr(error, "lineno", None)
    where = f"{path}, cell {cell}" + (f", line {line}" if line else "")
    return ValueError(f"{where}: {getattr(error, 'msg', None) or _sentence(Exception(error))}")
