"""Store what the cells of the notebooks print, without what changes from run to run, for nbval.

A reference holds code cells and their outputs and no prose.
Run it (``make reference``, ``make reference NAME=sec2_model``) after a notebook or a result has
changed on purpose, and read the difference that git shows before you commit it.
It takes the execution that the book shows, and executes anew only what is not fresh
(``book/execute.py``); nbval then executes each notebook a second time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from nbval.plugin import coalesce_streams

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "book"))

import execute

REFERENCES = Path(__file__).resolve().parent / "reference"

# nbval never compares pictures (tests/baseline does): stored, they would only be ballast.
PICTURES = ("image/png", "image/jpeg")


def stripped(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop prose, times, versions, random cell names, pictures and outputs that nbval ignores."""
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if "nbval-ignore-output" in tags:
            cell.outputs = []
        # One text however many pieces the kernel sent it in.
        cell.outputs = coalesce_streams(cell.outputs)
        for output in cell.outputs:
            for kind in PICTURES:
                output.get("data", {}).pop(kind, None)
    return notebook


def make(notebook: Path) -> Path:
    """Write the reference of a notebook that has been executed."""
    executed = nbformat.read(execute.result(notebook), as_version=4)
    target = REFERENCES / f"{notebook.stem}.ipynb"
    nbformat.write(nbformat.from_dict(stripped(executed)), target)
    return target


def main() -> None:
    chapters = [page for page in execute.pages() if page.parent == execute.CHAPTERS]
    names = sys.argv[1:]
    if unknown := set(names) - {page.stem for page in chapters}:
        sys.exit(f"no notebook: {', '.join(sorted(unknown))}")
    chosen = [page for page in chapters if not names or page.stem in names]
    if execute.bring_up_to_date(chosen):
        sys.exit("no reference was written: cells failed")
    for notebook in chosen:
        target = make(notebook)
        print(f"tests/reference/{target.name}  {target.stat().st_size / 1000:.0f} kB")
    for path in REFERENCES.glob("*.ipynb"):
        if path.stem not in {page.stem for page in chapters}:
            path.unlink()


if __name__ == "__main__":
    main()
