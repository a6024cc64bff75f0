"""spincat.run.notebook_runs on small notebooks written here."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from spincat.run import notebook_pages, notebook_runs, notebooks

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


# -- ranges

CHECKED = with_parameters(
    "from spincat.figures.vocabulary import SeveralSpins\n\nn_spins: SeveralSpins = 6"
)


def test_a_value_outside_its_range_is_refused_before_any_work(tmp_path):
    path = write(tmp_path, CHECKED)
    assert notebooks.check(path, {"n_spins": 4}) == {"n_spins": 4}
    with pytest.raises(ValueError, match="n_spins = 1; allowed: at least 2"):
        notebook_runs.run(path, tmp_path / "out", {"n_spins": 1})
    assert not (tmp_path / "out").exists()


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
    listed = {"toy.ipynb": hashlib.sha256(earlier.read_bytes()).hexdigest()}
    (output / "toy.provenance.json").write_text(json.dumps({"files": listed}), encoding="utf-8")
    with pytest.raises(
        notebook_runs.NotebookError, match=r"(?s)toy\.md: .*ZeroDivisionError.*print\(1 / n_spins"
    ):
        notebook_runs.run(write(tmp_path), output, {"n_spins": 0})
    assert earlier.read_text(encoding="utf-8") == "an earlier result"
    names = sorted(path.name for path in output.iterdir())
    failed = ["toy.failed.ipynb", "toy.failed.provenance.json"]
    assert names == [*failed, "toy.ipynb", "toy.provenance.json"]
    assert json.loads((output / failed[1]).read_text("utf-8"))["parameters"]["n_spins"] == 0
    notebook_runs.run(tmp_path / "toy.md", output)
    assert not any((output / name).exists() for name in failed)


def test_a_file_of_the_user_is_no_failed_run(tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    (output / "toy.failed.ipynb").write_text("precious", encoding="utf-8")
    path = write(tmp_path)
    with pytest.raises(notebook_runs.NotebookError, match=r"ZeroDivisionError(?s:.*)not kept"):
        notebook_runs.run(path, output, {"n_spins": 0})
    notebook_runs.run(path, output)
    assert (output / "toy.failed.ipynb").read_text(encoding="utf-8") == "precious"


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


def test_a_dead_kernel_is_reported(tmp_path, capfd):
    path = write(tmp_path, "\n```{code-cell} ipython3\nimport os\n\nos._exit(1)\n```\n")
    with pytest.raises(notebook_runs.NotebookError, match="the kernel died"):
        notebook_runs.run(path, tmp_path / "out")
    assert capfd.readouterr() == ("", "")


def test_a_notebook_that_cannot_be_saved_is_no_result(tmp_path, monkeypatch):
    execute = notebook_runs._execute

    def on_a_full_disk(path, output, *more):
        output.symlink_to("/dev/full")
        execute(path, output, *more)

    monkeypatch.setattr(notebook_runs, "_execute", on_a_full_disk)
    with pytest.raises(notebook_runs.NotebookError, match=r"No space left on device\Z"):
        notebook_runs.run(write(tmp_path), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def executed_at_once(monkeypatch):
    """No kernel: the copy of the notebook holds the value of its parameter."""
    monkeypatch.setattr(
        notebook_runs, "_execute", lambda path, output, values, _: output.write_text(f"{values}")
    )


def test_of_two_runs_at_once_each_completes_with_its_own_page(
    tmp_path, monkeypatch, executed_at_once
):
    path, out = write(tmp_path), tmp_path / "out"

    def page(executed):
        if "{'n_spins': 2}" in executed.read_text():  # another run, while the page is made
            notebook_runs.run(path, out, {"n_spins": 3}, page=True)
        executed.with_suffix(".html").write_text(executed.read_text())

    monkeypatch.setattr(notebook_pages, "write", page)
    notebook_runs.run(path, out, {"n_spins": 2}, page=True)
    record = json.loads((out / "toy.provenance.json").read_text(encoding="utf-8"))
    assert record["parameters"]["n_spins"] == 2
    assert record["files"].keys() == {"toy.ipynb", "toy.html"}
    assert (out / "toy.html").read_text() == (out / "toy.ipynb").read_text() == "{'n_spins': 2}"


@pytest.mark.parametrize("error", [notebook_pages.PageError, KeyboardInterrupt, SystemExit])
def test_without_a_page_the_other_results_are_kept(tmp_path, monkeypatch, executed_at_once, error):
    def page(executed):
        raise error

    monkeypatch.setattr(notebook_pages, "write", page)
    with pytest.raises(error):
        notebook_runs.run(write(tmp_path), tmp_path / "out", page=True)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "toy.ipynb", "toy.provenance.json",
    }  # fmt: skip


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
