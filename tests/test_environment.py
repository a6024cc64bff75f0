"""spincat.shared.environment, and runs in surroundings that are not ours."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import threading
from pathlib import Path

import matplotlib as mpl
import nbformat
import pytest
import ready_kernels
from test_notebook_runs import with_parameters, write

from spincat.run import figure_runs, notebook_pages, notebook_runs
from spincat.shared import environment, provenance

# What some user has set: each of these ended a run, or changed its result.
FOREIGN = {
    "MPLBACKEND": "nonsense",
    "NUMBA_NUM_THREADS": "0",
    "NUMBA_DISABLE_JIT": "1",
    "SOURCE_DATE_EPOCH": "abc",
    "PYTHONIOENCODING": "latin-1",
    "PYTHONHASHSEED": "77",
    "PYTHONOPTIMIZE": "2",
    "LC_ALL": "xx_XX.UTF-8",
    "COLUMNS": "20",
    "OMP_NUM_THREADS": "7",
    "JUPYTER_PREFER_ENV_PATH": "0",
    "GIT_DIR": "/nowhere",
    "TQDM_MININTERVAL": "abc",
    "LOKY_PICKLER": "nonsense",
    "OPENBLAS_CORETYPE": "Prescott",
}


def test_only_what_tells_where_things_are_is_kept(tmp_path):
    outside = {**FOREIGN, "HOME": "/h", "PATH": "/p", "PYTHONPATH": "", "NUMBA_CACHE_DIR": "/c"}
    made = environment.clean(tmp_path, outside)
    assert {name: made[name] for name in ("HOME", "PATH", "NUMBA_CACHE_DIR")} == {
        "HOME": "/h",
        "PATH": "/p",
        "NUMBA_CACHE_DIR": "/c",
    }
    assert {made.get(name) for name in FOREIGN} <= {None, *environment.SETTINGS.values()}
    # an empty entry is the current directory
    assert "" not in made["PYTHONPATH"].split(os.pathsep)
    assert Path(made["MATPLOTLIBRC"]).is_file()


def test_a_child_has_packages_of_the_user_where_its_parent_has_them(tmp_path, monkeypatch):
    outside = {"PYTHONUSERBASE": "/u", "PYTHONNOUSERSITE": "1"}
    for enabled in (False, None):
        monkeypatch.setattr(site, "ENABLE_USER_SITE", enabled)
        assert environment.clean(tmp_path, outside)["PYTHONNOUSERSITE"] == "1"
    monkeypatch.setattr(site, "ENABLE_USER_SITE", True)
    made = environment.clean(tmp_path, {"PYTHONUSERBASE": "/u"})
    assert made["PYTHONUSERBASE"] == "/u"
    assert "PYTHONNOUSERSITE" not in made


def test_relative_folders_of_modules_stay_those_of_the_caller(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = environment.clean(tmp_path, {"PYTHONPATH": f"mine{os.pathsep}{os.pathsep}/theirs"})
    paths = made["PYTHONPATH"].split(os.pathsep)
    assert paths[-2:] == [str(tmp_path / "mine"), "/theirs"]


# -- a notebook in foreign surroundings

SURROUNDINGS = """
```{code-cell} ipython3
import os
import random
import sys

import matplotlib as mpl
import numba

import spincat
from spincat.shared import environment, provenance

found = {"executable": sys.executable, "spincat": spincat.__file__, "random": random.__file__,
         "code": provenance.code_hash(), "backend": mpl.get_backend().rpartition("_")[2],
         "usetex": mpl.rcParams["text.usetex"], "marker": mpl.rcParams["lines.marker"],
         "jit": numba.config.DISABLE_JIT, "started": "STARTED" in globals(),
         "settings": {n: os.environ.get(n) for n in environment.SETTINGS}}
import json
print(json.dumps(found))
```
"""


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    """A working folder and a home full of what must not matter."""
    home, here = tmp_path / "home", tmp_path / "here"
    here.mkdir()
    (here / "matplotlibrc").write_text("text.usetex: True\nlines.marker: o\n")
    for name in ("random", "numpy", "yaml", "spincat_kernels", "ipykernel_launcher"):
        (here / f"{name}.py").write_text("raise RuntimeError('a module of the working folder')\n")
    startup = home / ".ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("STARTED = True\n")
    kernel = home / "data/kernels/python3"
    kernel.mkdir(parents=True)
    spec = {"argv": ["/no/such/python"], "display_name": "Theirs", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    (home / ".jupyter").mkdir()
    (home / ".jupyter/jupyter_config.py").write_text("raise RuntimeError('configuration')\n")
    monkeypatch.chdir(here)
    for name, value in FOREIGN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(home))
    # where Matplotlib keeps a list of fonts that takes it seconds to make
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path(mpl.get_cachedir()).parent))
    monkeypatch.setenv("IPYTHONDIR", str(home / ".ipython"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(home / "data"))
    monkeypatch.setenv("JUPYTER_PATH", str(home / "data"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(home / ".jupyter"))
    return here


def test_a_kernel_runs_this_python_and_this_package_whatever_the_surroundings(foreign, tmp_path):
    executed = notebook_runs.run(write(tmp_path, SURROUNDINGS), tmp_path / "out")
    found = json.loads(nbformat.read(executed, as_version=4).cells[-1].outputs[0].text)
    assert found == {
        "executable": sys.executable,
        "spincat": str(provenance.PACKAGE / "__init__.py"),
        "random": threading.__file__.replace("threading", "random"),
        "code": provenance.code_hash(),
        "backend": "inline",
        "usetex": False,
        "marker": "None",
        "jit": 0,
        "started": False,
        "settings": environment.SETTINGS,
    }


INSIDE = """
```{code-cell} ipython3
import os
import sys

before = {name.partition(".")[0] for name in sys.modules}

import matplotlib as mpl
import matplotlib.pyplot as plt

from spincat.shared import environment

names = sorted(os.environ.keys() - {"JPY_SESSION_NAME"})
settings = {name: os.environ[name] for name in environment.SETTINGS}
flags = sys.flags.utf8_mode, sys.flags.safe_path, sys.flags.optimize
found = [sys.path, flags, dict(mpl.rcParams), plt.get_backend(), names, settings]
print(sorted(before & {"spincat", "pytest", "conftest"}))
print(*found, sep="\\n")
```
"""


def test_a_kernel_that_was_ready_is_like_any_other(tmp_path, monkeypatch):
    """The tests execute chapters in such kernels, and the book in ordinary ones."""
    path = write(tmp_path, INSIDE)
    ordinary = notebook_runs.run(path, tmp_path / "ordinary")
    monkeypatch.setattr(notebook_runs, "_answer", ready_kernels.answer)
    forked = notebook_runs.run(path, tmp_path / "forked")
    shown = [
        nbformat.read(executed, as_version=4).cells[-1].outputs[-1].text.splitlines()
        for executed in (ordinary, forked)
    ]
    assert shown[0] == shown[1]
    assert shown[0][0] == "[]"


PICTURE = "\n```{code-cell} ipython3\nimport matplotlib.pyplot as plt\n\nplt.plot([0, 1])\nplt.show()\n```\n"  # noqa: E501


def test_a_picture_is_the_same_in_all_surroundings(foreign, tmp_path, monkeypatch):
    there = notebook_runs.run(write(tmp_path, PICTURE), tmp_path / "there")
    monkeypatch.undo()
    here = notebook_runs.run(tmp_path / "toy.md", tmp_path / "usual")
    pictures = [
        nbformat.read(path, as_version=4).cells[-1].outputs[-1].data["image/png"]
        for path in (there, here)
    ]
    assert pictures[0] == pictures[1]


def test_a_kernel_with_another_code_refuses_to_import_the_package(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "_CODE", "0123456789abcdef")
    body = "\n```{code-cell} ipython3\nimport spincat\n```\n"
    with pytest.raises(notebook_runs.NotebookError, match=r"ImportError.*edited"):
        notebook_runs.run(write(tmp_path, body), tmp_path / "out")


def test_notebooks_executed_by_threads_do_not_mix(tmp_path):
    body = with_parameters("x = 0") + (
        "\n```{code-cell} ipython3\nfrom pathlib import Path\n\nimport time\n\n"
        "time.sleep(0.3)\nPath('figures').mkdir()\nPath('figures/x.txt').write_text(str(x))\n"
        "print(x, Path.cwd().parent.name)\n```\n"
    )
    path, before, failed = write(tmp_path, body), Path.cwd(), []

    def execute(x):
        try:
            notebook_runs.run(path, tmp_path / f"out{x}", {"x": x})
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=execute, args=(x,)) for x in range(1, 4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert Path.cwd() == before  # of all threads of the caller
    assert failed == []
    for x in range(1, 4):
        assert (tmp_path / f"out{x}/figures/x.txt").read_text() == str(x)
        cells = nbformat.read(tmp_path / f"out{x}/toy.ipynb", as_version=4).cells
        assert cells[-1].outputs[-1].text == f"{x} out{x}\n"


# -- the command


def spincat(*arguments, cwd):
    command = [sys.executable, "-c", "from spincat.__main__ import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def test_a_figure_is_the_same_in_all_surroundings(foreign, tmp_path, monkeypatch):
    given = ["-p", "n_spins=6", "-p", "draws=2", "-p", "n_times=5", "--format", "png"]
    monkeypatch.setenv("PYTHONPATH", str(environment.ROOT))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    monkeypatch.delenv("PYTHONIOENCODING")  # read by Python before any of our code
    there = spincat("figure", "fig1", *given, "-o", str(tmp_path / "there"), cwd=foreign)
    assert there.returncode == 0, there.stderr
    monkeypatch.undo()
    here = spincat("figure", "fig1", *given, "-o", str(tmp_path / "usual"), cwd=tmp_path)
    assert here.returncode == 0, here.stderr
    for name in ("fig1.png", "fig1.csv"):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "usual" / name).read_bytes()


def test_a_style_of_the_user_is_an_option(tmp_path):
    given = {"n_spins": 6, "draws": 2, "n_times": 5}
    mine = tmp_path / "mine.mplstyle"
    mine.write_text("lines.linewidth: 7\n")
    pictures = [
        figure_runs.run("fig1", tmp_path / name, given, formats=["svg"], styles=styles)[0]
        for name, styles in (("usual", []), ("mine", [str(mine)]))
    ]
    assert pictures[0].read_bytes() != pictures[1].read_bytes()
    record = json.loads((tmp_path / "mine/fig1.provenance.json").read_text("utf-8"))
    assert record["styles"] == [str(mine)]
    os.mkfifo(tmp_path / "pipe")
    for style in ("nowhere", "/dev/zero", str(tmp_path / "pipe"), "/", "http://127.0.0.1:9/x"):
        with pytest.raises(ValueError, match=f"style '{style}'"):
            figure_runs.run("fig1", tmp_path / "none", given, styles=[style])
    assert not (tmp_path / "none").exists()


def test_names_are_shown_by_every_terminal(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    command = [sys.executable, "-m", "spincat", "list"]
    shown = subprocess.run(command, capture_output=True, encoding="latin-1", check=True)
    assert "\\u" in shown.stdout  # of a Greek letter


@pytest.mark.skipif(os.name == "nt", reason="a shell of Unix")
@pytest.mark.parametrize("closed", ["<&- 2>&-", ">&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(closed, tmp_path):
    made = f"figure fig1 -p n_spins=4 --format pdf -o {tmp_path}"
    command = f"{sys.executable} -m spincat {made} {closed}"
    done = subprocess.run(command, shell=True, capture_output=True, check=True)
    assert done.stderr == b""
    assert (tmp_path / "fig1.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("arguments", [("list",), ("about",), ("cite",)])
def test_a_full_disk_behind_the_output_is_told(arguments, tmp_path):
    command = [sys.executable, "-m", "spincat", *arguments]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch("Error: .*[Nn]o space.*\n", done.stderr)


def test_a_page_is_made_in_all_surroundings(foreign, tmp_path, monkeypatch):
    executed = notebook_runs.run(write(tmp_path, PICTURE), tmp_path / "out")
    there = notebook_pages.write(executed).read_text("utf-8")
    monkeypatch.undo()
    assert notebook_pages.write(executed).read_text("utf-8") == there


# -- compiled code without a place to keep it


def test_numba_gets_a_folder_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    environment.give_numba_a_cache()
    assert "NUMBA_CACHE_DIR" not in os.environ  # this installation can be written to
    monkeypatch.setattr(environment, "ROOT", Path("/dev/null"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    environment.give_numba_a_cache()
    assert "NUMBA_CACHE_DIR" not in os.environ  # but for the user's cache
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/cache")
    environment.give_numba_a_cache()
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    assert folder.is_dir()
    folder.rmdir()


@pytest.mark.parametrize("cache", ["/" + 300 * "a", "~nobody-of-this-name/cache", "relative"])
def test_numba_gets_a_folder_whatever_is_called_a_cache(cache, tmp_path, monkeypatch):
    """Path.exists and Path.expanduser raise errors, as of a home that belongs to another user."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(environment, "ROOT", Path("/dev/null"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setenv("XDG_CACHE_HOME", cache)
    environment.give_numba_a_cache()
    Path(os.environ["NUMBA_CACHE_DIR"]).rmdir()
