"""Execute every notebook and store the result, without what changes from run to run, for nbval.

Run it (``make reference``) after a notebook or a result has changed on purpose, and read the
difference that git shows before you commit it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbval.plugin import coalesce_streams

from spincat.run import notebook_runs

REFERENCES = Path(__file__).resolve().parent / "reference"

# The surroundings in which references are made and compared.
KERNEL_ENVIRONMENT = {
    "COLUMNS": "80",  # SymPy breaks its text output at the width of the terminal
    "MPLBACKEND": "",  # left to the kernel: with Agg, no figure would be shown
    "OMP_NUM_THREADS": "1",  # a sum over several threads has no fixed order
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}

# nbval never compares pictures (tests/baseline does): stored, they would only be ballast.
PICTURES = ("image/png", "image/jpeg")


def stripped(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop times, versions, random cell names, pictures and outputs that nbval ignores."""
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        tags = cell.metadata.get("tags", [])
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type != "code":
            continue
        if "nbval-ignore-output" in tags:
            cell.outputs = []
        # One text however many pieces the kernel sent it in.
        cell.outputs = coalesce_streams(cell.outputs)
        for output in cell.outputs:
            for kind in PICTURES:
                output.get("data", {}).pop(kind, None)
    return notebook


def make(notebook: Path, references: Path = REFERENCES) -> Path:
    """Execute one notebook in a temporary folder and write its reference."""
    with tempfile.TemporaryDirectory() as folder:
        executed = nbformat.read(notebook_runs.run(notebook, folder), as_version=4)
    target = references / f"{notebook.stem}.ipynb"
    nbformat.write(nbformat.from_dict(stripped(executed)), target)
    return target


def main() -> None:
    os.environ.update(KERNEL_ENVIRONMENT)
    chosen = [notebook_runs.find(name) for name in sys.argv[1:]]
    notebooks = chosen or notebook_runs.list_notebooks()
    for notebook in notebooks:
        target = make(notebook)
        print(f"tests/reference/{target.name}  {target.stat().st_size / 1000:.0f} kB")
    if not chosen:
        for stale in {path.stem for path in REFERENCES.glob("*.ipynb")} - {
            n.stem for n in notebooks
        }:
            (REFERENCES / f"{stale}.ipynb").unlink()


if __name__ == "__main__":
    main()
