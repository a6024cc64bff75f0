"""spincat.run.notebook_runs on small notebooks written here."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from spincat.run import notebook_runs
from spincat.shared.declarations import Parameter

HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3 (ipykernel)
  language: python
  name: python3
---
"""

TOY = """
# A toy

```{code-cell} ipython3
:tags: [parameters]

# What the toy takes.
n_spins = 6  # number of spins
eta = -0.4  # drive amplitude [η/Γ2]
parity = "even # odd"  # which cat [even or odd]
draw = True  # whether to draw
times = [0.0, 1.5]  # when to look [1/Γ2]
long = (
    1.5  # on a line of its own [1]
)
bare = 1
```

```{code-cell} ipython3
from pathlib import Path

Path("figures").mkdir(exist_ok=True)
Path("figures/toy.txt").write_text(f"{n_spins} {eta} {times}", encoding="utf-8")
```

```{code-cell} ipython3
print(1 / n_spins, parity, draw)
```
"""


def write(folder, body=TOY, name="toy"):
    path = folder / f"{name}.md"
    path.write_text(HEADER + body, encoding="utf-8")
    return path


def with_parameters(line):
    return f"\n```{{code-cell}} ipython3\n:tags: [parameters]\n\n{line}\n```\n"


# -- finding


def test_list_holds_the_notebooks_only(tmp_path):
    second, first = write(tmp_path, name="b"), write(tmp_path, name="a")
    (tmp_path / "notes.md").write_text("# Notes\n\n---\nkernelspec: none\n", encoding="utf-8")
    assert notebook_runs.list_notebooks(tmp_path) == [first, second]


def test_the_default_folder_is_the_checkouts():
    assert notebook_runs.list_notebooks() == notebook_runs.list_notebooks(
        notebook_runs.CHECKOUT_NOTEBOOKS
    )


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        notebook_runs.list_notebooks(tmp_path / "nowhere")


def test_find_takes_a_path_a_name_or_a_file_name(tmp_path):
    path = write(tmp_path)
    for given in (path, str(path), "toy", "toy.md"):
        assert notebook_runs.find(given, tmp_path) == path


def test_the_beginning_of_a_name_is_refused_with_all_that_begin_so(tmp_path):
    for name in ("sec2_model", "sec2_model_again", "sec3"):
        write(tmp_path, name=name)
    assert notebook_runs.find("sec2_model", tmp_path).stem == "sec2_model"
    with pytest.raises(FileNotFoundError, match=r"'sec2_model_'.*'sec2_model_again'"):
        notebook_runs.find("sec2_model_", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"'sec2'.*'sec2_model' or 'sec2_model_again'"):
        notebook_runs.find("sec2", tmp_path)


def test_find_names_the_nearest(tmp_path):
    write(tmp_path, name="sec2_model")
    write(tmp_path, name="sec5_outlook")
    with pytest.raises(FileNotFoundError, match=r"'sec2_modle'.*'sec2_model'"):
        notebook_runs.find("sec2_modle", tmp_path)


def test_another_kind_of_file_is_refused(tmp_path):
    path = tmp_path / "notes.md"
    path.write_text("# Notes\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"notes\.md is not a notebook"):
        notebook_runs.parameters(path)


def test_title(tmp_path):
    assert notebook_runs.title(write(tmp_path)) == "A toy"
    assert notebook_runs.title(write(tmp_path, with_parameters("x = 1"), "bare")) == ""


# -- the table of parameters


def test_parameters(tmp_path):
    table = notebook_runs.parameters(write(tmp_path))
    assert table == [
        Parameter("n_spins", 6, None, "number of spins", ""),
        Parameter("eta", -0.4, None, "drive amplitude", "η/Γ2"),
        Parameter("parity", "even # odd", None, "which cat", "even or odd"),
        Parameter("draw", True, None, "whether to draw", ""),
        Parameter("times", [0.0, 1.5], None, "when to look", "1/Γ2"),
        Parameter("long", 1.5, None, "on a line of its own", "1"),
        Parameter("bare", 1),
    ]
    types = ["int", "float", "str", "bool", "list of float", "float", "int"]
    assert [known.type for known in table] == types
    assert {known.range for known in table} == {""}  # none is declared


def test_types_come_from_where_the_cells_import_them(tmp_path):
    imports = "%matplotlib inline\n```\n\n```{code-cell} ipython3\nimport no_such_module\n"
    imports += "from spincat.figures.vocabulary import EvenSpins as Even, Eta\n"
    cell = (
        "from typing import Annotated\n\nfrom spincat.shared.declarations import Below\n\n"
        "n_spins: Even = 6  # number of spins\n"
        'eta: Annotated[Eta, Below("n_spins", over=8)] = 0.4  # [η/Γ2]\n'
        "count: int = 3"
    )
    body = f"\n```{{code-cell}} ipython3\n{imports}```\n" + with_parameters(cell)
    table = notebook_runs.parameters(write(tmp_path, body))
    assert [(p.name, p.type, p.range, p.unit, p.meaning) for p in table] == [
        ("n_spins", "int", "even, at least 4", "1", "number of spins"),
        (
            "eta",
            "float",
            "above 0 and below n_spins/8",
            "η/Γ2",
            "strength η of the two-photon drive",
        ),
        ("count", "int", "any", "", ""),
    ]
    assert notebook_runs.check(tmp_path / "toy.md", {"eta": 0.5})["eta"] == 0.5
    for given in ({"n_spins": 5}, {"eta": 0.75}, {"n_spins": 4, "eta": 0.5}):
        with pytest.raises(ValueError, match=r" = \S+; allowed: "):
            notebook_runs.check(tmp_path / "toy.md", given)


def test_a_notebook_may_have_no_parameters(tmp_path):
    assert notebook_runs.parameters(write(tmp_path, "\n# Only prose\n")) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("theta = 1 / 2", r"line 1: .*; allowed: a literal"),
        ("t_max = None", r"None is not a number"),
        ("pair = (1, 2)", r"\(1, 2\) is not a number"),
        ("a = b = 1", r"allowed: name = value"),
        ("import numpy", r"allowed: name = value"),
        ("n_spins: int", r"allowed: name = value"),
        ("n_spins: Spins = 3", r"line 1: name 'Spins' is not defined; allowed: a type imported"),
        ("n_spins: int = 2 + 1", r"line 1: .*; allowed: a literal"),
    ],
)
def test_what_is_not_a_literal_is_refused(tmp_path, line, message):
    with pytest.raises(ValueError, match=message):
        notebook_runs.parameters(write(tmp_path, with_parameters(line)))


def test_two_tagged_cells_are_refused(tmp_path):
    path = write(tmp_path, with_parameters("a = 1") + with_parameters("b = 1"))
    with pytest.raises(ValueError, match=r"2 cells .*'parameters'"):
        notebook_runs.parameters(path)


# -- ranges, which the notebook's own cell checks

CHECKED = (
    with_parameters(
        "from spincat.figures.vocabulary import SeveralSpins\n\nn_spins: SeveralSpins = 6"
    )
    + """
```{code-cell} ipython3
from math import sqrt

root = sqrt(n_spins)
print("this is not shown")
```

```{code-cell} ipython3
if n_spins > 1000:
    raise MemoryError(f"n_spins = {n_spins} is too large")
if n_spins < 2 or n_spins == 999:
    raise ValueError(f"n_spins = {n_spins}")
work = 1 / 0
```

```{code-cell} ipython3
raise AssertionError("no check: it is below the first cell that raises")
```
"""
)


def test_a_value_outside_its_range_is_refused_before_any_work(tmp_path, capsys):
    path = write(tmp_path, CHECKED)
    assert notebook_runs.check(path, {"n_spins": 4}) == {"n_spins": 4}
    with pytest.raises(ValueError, match="n_spins = 1; allowed: at least 2"):
        notebook_runs.run(path, tmp_path / "out", {"n_spins": 1})
    with pytest.raises(ValueError, match=r"n_spins = 999\n  n_spins = 999; allowed: at least"):
        notebook_runs.run(path, tmp_path / "out", {"n_spins": 999})
    with pytest.raises(ValueError, match="n_spins = 2000 is too large"):
        notebook_runs.check(path, {"n_spins": 2000})
    assert not (tmp_path / "out").exists()
    assert capsys.readouterr().out == ""


# -- executing


def test_run_leaves_the_notebook_and_its_figures_in_the_folder(tmp_path):
    output = tmp_path / "new {folder}"  # papermill would take the braces for a format
    given = {"n_spins": 4, "times": [2], "parity": 'o"dd\\'}
    executed = notebook_runs.run(write(tmp_path), output, given)
    assert executed == output / "toy.ipynb"
    files = sorted(p.name for p in output.iterdir())
    assert files == ["figures", "toy.ipynb", "toy.provenance.json"]
    assert (output / "figures/toy.txt").read_text(encoding="utf-8") == "4 -0.4 [2.0]"
    last = nbformat.read(executed, as_version=4).cells[-1]
    assert last.outputs[0].text == '0.25 o"dd\\ True\n'
    record = json.loads((output / "toy.provenance.json").read_text(encoding="utf-8"))
    assert record["parameters"] == {
        "eta": -0.4,
        "draw": True,
        "long": 1.5,
        "bare": 1,
        **given,
        "times": [2.0],
    }
    assert record["seconds"] > 0
    assert list(record["files"]) == ["figures/toy.txt", "toy.ipynb"]


def test_a_failing_cell_is_shown_and_an_earlier_result_is_kept(tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    earlier = output / "toy.ipynb"
    earlier.write_text("an earlier result", encoding="utf-8")
    with pytest.raises(
        notebook_runs.NotebookError, match=r"(?s)toy\.md: .*ZeroDivisionError.*print\(1 / n_spins"
    ):
        notebook_runs.run(write(tmp_path), output, {"n_spins": 0})
    assert earlier.read_text(encoding="utf-8") == "an earlier result"
    assert sorted(p.name for p in output.iterdir()) == ["toy.failed.ipynb", "toy.ipynb"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_nothing_that_looks_like_a_result(tmp_path, number, code):
    begin = 'from pathlib import Path\n\nPath("figures").mkdir()\nPath("figures/begun").touch()'
    wait = f"{begin}\nimport time\n\ntime.sleep(60)"
    path = write(tmp_path, f"\n```{{code-cell}} ipython3\n{wait}\n```\n")
    out = tmp_path / "out"
    (out / "figures").mkdir(parents=True)
    (out / "figures/begun").write_text("an earlier result", encoding="utf-8")
    command = [sys.executable, "-m", "spincat", "run", str(path), "-o", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not list(out.glob(".toy.*/figures/begun")):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(number)
    printed, _ = process.communicate(timeout=30)
    assert (process.returncode, printed) == (code, b"")
    assert [p.name for p in out.iterdir()] == ["figures"]
    assert (out / "figures/begun").read_text(encoding="utf-8") == "an earlier result"


def test_a_dead_kernel_is_reported(tmp_path):
    path = write(tmp_path, "\n```{code-cell} ipython3\nimport os\n\nos._exit(1)\n```\n")
    with pytest.raises(notebook_runs.NotebookError, match="the kernel died"):
        notebook_runs.run(path, tmp_path / "out")


@pytest.mark.parametrize("given", [{"n_spin": 4}, {"n_spins": "four"}])
def test_nothing_is_done_before_a_refusal(tmp_path, given):
    output = tmp_path / "out"
    with pytest.raises(ValueError, match="n_spin"):
        notebook_runs.run(write(tmp_path), output, given)
    assert not output.exists()


def test_a_notebook_is_not_overwritten_by_its_run(tmp_path):
    path = tmp_path / "toy.ipynb"
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    )
    nbformat.write(notebook, path)
    with pytest.raises(ValueError, match="overwrite"):
        notebook_runs.run(path, tmp_path)


def test_the_missing_extra_is_named(monkeypatch, tmp_path):
    path = write(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "jupytext", None)
    with pytest.raises(ModuleNotFoundError, match="extra 'book'"):
        notebook_runs.parameters(path)
