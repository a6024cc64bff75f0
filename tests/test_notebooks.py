"""Every notebook: its text form, its code, its executed reference, and other parameters.

nbval compares the outputs themselves: it collects tests/reference/*.ipynb (see tests/README.md).
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
import xarray as xr
import yaml
from make_reference import PICTURES, REFERENCES

from spincat.run import notebook_runs, notebooks

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = notebooks.list_notebooks()

# Other values than the defaults, small enough to run in seconds; every notebook has its line.
OTHER_PARAMETERS = {
    "sec5_outlook": {"n_spins": 60, "draws": 20, "seed": 7, "kappa_mhz": 0.3},
    "appendix_a_master_equation": {"eta": 0.4, "phase": 0.8, "mixing": 0.02, "seed": 7},
    "sec2_model": {"n_spins": 6, "eta": 0.4},
    "sec3_1_parity_dephasing": {"n_spins": 50, "draws": 4, "seed": 7},
    "sec3_2_stabilization": {"n_spins": 5, "eta": 0.3, "draws": 4, "seed": 7},
    "sec4_2_exact_boundary": {
        "n_spins": 12_000,
        "n_eta": 12,
        "n_delta": 10,
        "h_max": 0.06,
        "delta_max": 0.1,
        "t_max": 2e4,
        "initial_state": "ground",
        "initial_spread": -0.1,
        "h": 0.02,
        "seed": 7,
    },
    "sec4_2_two_ensembles": {
        "n_spins": 2000,
        "n_eta": 40,
        "n_delta": 40,
        "t_max": 2e4,
        "initial_state": "ground",
        "initial_spread": 0.1,
    },
    "appendix_b_mean_field": {"eta": 1.3, "phase": 1.1, "seed": 7},
    "appendix_c_small_detuning": {"n_spins": 2000, "eta": 4.0, "h": 0.04},
    "beyond_fixed_amplitude": {"eta": 0.45, "delta": 0.06, "largest": 20_000},
    "sec4_1_identical_spins": {"n_spins": 60, "eta_max": 9.0},
}

# Writes a notebook in the one form that survives every conversion.
NORMALISE = "convert it to ipynb and back, jupytext sorts the metadata of cells then: {}"

MAX_CELL_LINES = 12  # imports not counted
MAX_REFERENCE_BYTES = 300_000
JUPYTEXT_HEADER = {
    "notebook_metadata_filter": "-jupytext.text_representation.jupytext_version",
    "text_representation": {"extension": ".md", "format_name": "myst", "format_version": 0.13},
}

# The chapters in the order in which they are read.
CHAPTERS = [
    Path(chapter["file"]).name
    for part in yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    for chapter in part["chapters"]
    if chapter["file"].startswith("notebooks/")
]

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def reference_of(path: Path) -> Path:
    """The executed reference of a notebook."""
    reference = REFERENCES / path.with_suffix(".ipynb").name
    assert reference.exists(), "there is no reference: run `make reference`"
    return reference


def text_outputs(path: Path) -> list[list[str]]:
    """The text that each code cell of an executed notebook shows, cells that vary left out."""
    shown = []
    for cell in code_cells(nbformat.read(path, as_version=4)):
        if not {"nbval-ignore-output", "injected-parameters"} & set(tags(cell)):
            shown.append(
                [out.get("text") or out.get("data", {}).get("text/plain") for out in cell.outputs]
            )
    return shown


def test_there_are_notebooks():
    assert NOTEBOOKS


# -- the text form


@each_notebook
def test_the_text_survives_the_way_through_ipynb(path):
    text = path.read_text(encoding="utf-8")
    as_ipynb = nbformat.writes(jupytext.reads(text, fmt="md:myst"))
    back = jupytext.writes(nbformat.reads(as_ipynb, as_version=4), fmt="md:myst")
    assert back == text, "jupytext would write it differently: " + NORMALISE.format(path.stem)


@each_notebook
def test_the_header_names_no_version_of_jupytext(path):
    metadata = jupytext.read(path).metadata
    metadata["jupytext"].pop("default_lexer", None)  # jupytext's note on how the cells are marked
    assert metadata["jupytext"] == JUPYTEXT_HEADER
    assert metadata["kernelspec"]["name"] == "python3"


@each_notebook
def test_every_parameter_says_what_it_means(path):
    table = notebooks.parameters(path)
    assert table, "no cell is tagged 'parameters'"
    assert [known.name for known in table if not known.meaning] == []
    # its type declares the range that `spincat params` shows and `spincat run` checks
    assert [known.name for known in table if not (known.range and known.unit)] == []


@each_notebook
def test_parameters_are_checked_before_any_work(path):
    # `spincat run` before it starts anything, and in Jupyter the notebook itself
    assert "check_cell(globals())" in path.read_text(encoding="utf-8")
    defaults = {known.name: known.default for known in notebooks.parameters(path)}
    assert notebooks.check(path, defaults) == defaults


# -- one book


def sections(path: Path) -> dict[str, str]:
    """The text of a notebook by the headings of its sections; its opening has no heading."""
    text = "\n\n".join(
        "```" if cell.cell_type == "code" else cell.source for cell in jupytext.read(path).cells
    )
    opening, *rest = re.split(r"^## ", text, flags=re.MULTILINE)
    return {"": opening} | dict(part.split("\n", 1) for part in rest)


def linked_chapters(text: str) -> list[str]:
    return re.findall(r"\]\((\w+)\.md\)", text)


def test_the_book_has_all_chapters():
    assert sorted(CHAPTERS) == sorted(path.stem for path in NOTEBOOKS)


@each_notebook
def test_a_chapter_opens_with_its_question(path):
    paragraphs = sections(path)[""].split("```")[0].split("\n\n")
    marks = [re.match(r"\*\*(.+?)\*\*", paragraph) for paragraph in paragraphs]
    assert [mark[1] for mark in marks if mark] == ["Question.", "Answer in short."]
    assert "?" in next(text for text in paragraphs if text.startswith("**Question.**"))


@each_notebook
def test_a_chapter_closes_with_its_answer(path):
    parts = sections(path)
    assert list(parts)[-2:] == ["Checks against the paper", "About this run"]
    table, answer, after = parts["Checks against the paper"].partition("\n**Answer.** ")
    assert table.rstrip().endswith("```")
    assert answer
    assert "```" not in after
    assert "".join(parts.values()).count("**Answer.**") == 1


@each_notebook
def test_a_chapter_links_back_and_forward(path):
    number = CHAPTERS.index(path.stem)
    before, after = CHAPTERS[:number], CHAPTERS[number + 1 :]
    parts = sections(path)
    assert not before or set(linked_chapters(parts[""])) & set(before)
    closing = parts["Checks against the paper"]
    if after:
        assert after[0] in linked_chapters(closing)
    else:  # the critical edition follows
        assert "](../book/equations.md)" in closing


# -- the code


@each_notebook
def test_the_code_passes_ruff(path, tmp_path):
    ipynb = tmp_path / f"{path.stem}.ipynb"
    jupytext.write(jupytext.read(path), ipynb)
    # The project's rules, except those about docstrings: a notebook has none.
    options = ["--config", ROOT / "pyproject.toml", "--extend-ignore", "D", "--no-cache"]
    first_party = ["--config", "lint.isort.known-first-party = ['spincat']"]
    command = [sys.executable, "-m", "ruff", "check", *options, *first_party, ipynb]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@each_notebook
def test_cells_are_short(path):
    for cell in code_cells(jupytext.read(path)):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        lines = [line for line in lines if not line.startswith(("import ", "from "))]
        assert len(lines) <= MAX_CELL_LINES, cell.source


@each_notebook
def test_functions_are_defined_in_the_package_only(path):
    for cell in code_cells(jupytext.read(path)):
        defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        assert not any(isinstance(node, defined) for node in ast.walk(ast.parse(cell.source)))


# -- the executed reference, which nbval compares


@each_notebook
def test_the_reference_was_made_from_this_code(path):
    reference = nbformat.read(reference_of(path), as_version=4)
    now, then = (
        [(cell.source, tags(cell)) for cell in code_cells(notebook)]
        for notebook in (jupytext.read(path), reference)
    )
    remedy = f"its code was changed: run `make reference NAME={path.stem}`"
    assert then == now, remedy


@each_notebook
def test_nbval_has_something_to_compare(path):
    cells = code_cells(nbformat.read(reference_of(path), as_version=4))
    # nbval passes over the outputs of a cell without an execution count.
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert any(cell.outputs for cell in cells)
    assert {"nbval-skip", "raises-exception"}.isdisjoint(
        tag for cell in cells for tag in tags(cell)
    )


@each_notebook
def test_the_reference_holds_nothing_volatile(path):
    reference_path = reference_of(path)
    reference = nbformat.read(reference_path, as_version=4)
    assert set(reference.metadata) == {"kernelspec"}
    for number, cell in enumerate(reference.cells):
        assert cell.cell_type == "code"  # a reworded paragraph must not need a new reference
        assert cell.id == f"cell-{number}"
        assert set(cell.metadata) <= {"tags"}
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text
            assert not set(output.get("data", {})) & set(PICTURES)
    assert str(ROOT) not in reference_path.read_text(encoding="utf-8")
    assert reference_path.stat().st_size < MAX_REFERENCE_BYTES


def test_every_reference_has_its_notebook():
    assert {p.stem for p in REFERENCES.glob("*.ipynb")} == {p.stem for p in NOTEBOOKS}


# -- other parameters


def test_every_notebook_is_run_with_other_parameters():
    assert set(OTHER_PARAMETERS) == {path.stem for path in NOTEBOOKS}


@each_notebook
def test_other_parameters_run_and_change_the_results(path, tmp_path, notebooks_here):
    other = OTHER_PARAMETERS[path.stem]
    defaults = {known.name: known.default for known in notebooks.parameters(path)}
    assert all(defaults[name] != value for name, value in other.items())
    executed = notebook_runs.run(path, tmp_path, other)
    shown = text_outputs(executed)
    assert shown != text_outputs(reference_of(path))
    # What the book says of the paper must not hang on the default parameters.
    assert "undecided" not in str(shown)
    recorded: dict[str, list[object]] = {}
    for data in (tmp_path / "figures").glob("*.nc"):
        with xr.open_dataset(data) as dataset:
            for name in other.keys() & dataset.attrs.keys():
                recorded.setdefault(name, []).append(dataset.attrs[name])
    # A figure may have its own number of draws, say, but not every figure.
    assert [name for name, values in recorded.items() if other[name] not in values] == []
