"""Execute the pages that have cells, on all cores: ``python book/execute.py [NAME ...]``.

The result, ``_build/executed/<folder>/<name>.ipynb``, is what the book shows and offers for
download (``book/_ext/executed_pages.py``), and what ``make reference`` stores for nbval.
A page is executed as ``spincat run`` does it, and has the same record beside it.
It is executed again when its code cells, the package, the lock or, for a page that measures, a
benchmark has changed (`fingerprint`); never for its prose.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from joblib import cpu_count

from spincat.run import notebook_runs, notebooks
from spincat.shared import provenance

ROOT = Path(__file__).resolve().parents[1]
EXECUTED = ROOT / "_build" / "executed"
CHAPTERS = ROOT / "notebooks"
FOLDERS = CHAPTERS, ROOT / "book"
BENCHMARKS = ROOT / "benchmarks"

LONGEST = ("performance", "sec3_2_stabilization", "sec4_1_identical_spins")
"""These are begun first, so that no core waits for one of them in the end."""

ALONE = "cluster"
"""This page tells by the clock what two processes gain: it is executed after all others."""


def pages() -> list[Path]:
    """Return every page with cells, in the order in which they are begun."""
    found = [page for folder in FOLDERS for page in notebooks.list_notebooks(folder)]
    return sorted(found, key=lambda page: (page.stem not in LONGEST, page.stem))


def result(page: Path) -> Path:
    """Return where the executed page is, or will be."""
    return EXECUTED / page.parent.name / f"{page.stem}.ipynb"


def record(page: Path) -> dict[str, Any]:
    """Return the record of the execution of a page; raises ``OSError`` where there is none."""
    text = result(page).with_suffix(".provenance.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def code(notebook: nbformat.NotebookNode) -> list[tuple[str, Sequence[str]]]:
    """Return the code cells of a notebook with their tags: all of it that execution depends on."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [(cell.source.strip(), sorted(cell.metadata.get("tags", []))) for cell in cells]


def fingerprint(page: Path) -> str:
    """Return a hash of all that the execution of a page depends on, but for the machine."""
    scripts = [] if page.parent == CHAPTERS else sorted(BENCHMARKS.glob("*.py"))
    parts = [
        code(jupytext.read(page)),
        provenance.code_hash(),
        provenance.lock_hash(),
        sys.version,
        *(path.read_text(encoding="utf-8") for path in (Path(__file__), *scripts)),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def is_fresh(page: Path) -> bool:
    """Tell whether the executed page is what another execution would give, but for its times."""
    made = result(page).with_suffix(".fingerprint")
    return (
        result(page).is_file() and made.is_file() and made.read_text("utf-8") == fingerprint(page)
    )


def execute(page: Path, made_from: str) -> str:
    """Execute a page; return "", or what went wrong: the cell and its traceback."""
    stamp = result(page).with_suffix(".fingerprint")
    stamp.unlink(missing_ok=True)
    try:
        notebook_runs.run(page, result(page).parent)
    except notebook_runs.NotebookError as error:
        failed = error.__cause__.__cause__ if error.__cause__ else None  # papermill's own
        return f"{error}\n{failed or ''}"
    stamp.write_text(made_from, encoding="utf-8")
    return ""


def bring_up_to_date(wanted: Iterable[Path]) -> list[str]:
    """Execute those pages that are not fresh, and return what went wrong."""
    stale = [page for page in wanted if not is_fresh(page)]
    for folder in FOLDERS:
        (EXECUTED / folder.name).mkdir(parents=True, exist_ok=True)
    scripts = EXECUTED / "book" / BENCHMARKS.name  # which pages call as ../benchmarks
    if not scripts.exists():
        scripts.symlink_to(BENCHMARKS)
    errors = []
    with ThreadPoolExecutor(cpu_count()) as pool:  # each page is executed by a process of its own
        for group in (
            [page for page in stale if page.stem != ALONE],
            [page for page in stale if page.stem == ALONE],
        ):
            # what is edited during the run is no part of it: the hash is that of its beginning
            running = {pool.submit(execute, page, fingerprint(page)): page for page in group}
            for done in as_completed(running):
                page, error = running[done], done.result()
                errors += [error] if error else []
                seconds = 0 if error else record(page)["seconds"]
                print(f"{page.stem}: {error or f'{seconds:.0f} s'}", flush=True)
    return errors


def main() -> None:
    """Execute the named pages, or all."""
    names = sys.argv[1:]
    if unknown := set(names) - {page.stem for page in pages()}:
        sys.exit(f"no page with cells: {', '.join(sorted(unknown))}")
    sys.exit(bool(bring_up_to_date(p for p in pages() if not names or p.stem in names)))


if __name__ == "__main__":
    main()
