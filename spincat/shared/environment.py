"""What a run takes from the user's environment, and what it does not.

Kernels, and the processes that execute notebooks, get an environment made by :func:`clean`; the
command ``spincat`` brings its own process to the same settings (:func:`prepare`).  Kept is what
tells where things are (``PATH``, ``HOME``, ``PYTHONPATH``, proxies, ...); what could change a
number, a picture or the success of a run is not: configuration of Matplotlib, IPython, Jupyter and
Numba, locale and width of the terminal, numbers of threads, modules in the working folder.

Nothing that takes long is imported here, as the command calls this before anything else.
"""

from __future__ import annotations

import atexit
import os
import site
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from spincat.shared import files

ROOT = Path(__file__).resolve().parents[2]

DROPPED = (
    "PYTHON", "IPYTHON", "JUPYTER", "JPY_", "MPL", "MATPLOTLIB", "NUMBA_", "OMP_", "OPENBLAS_",
    "MKL_", "LC_", "LANG", "COLUMNS", "LINES", "SOURCE_DATE_EPOCH", "GIT_", "TQDM_",
    "LOKY_", "JOBLIB_MULTIPROCESSING",
)  # fmt: skip
"""How the names of the variables begin that are not handed on."""

KEPT = "PYTHONPATH", "PYTHONUSERBASE", "NUMBA_CACHE_DIR"
"""Names that begin so, but only tell where things are."""

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A sum over several threads has no fixed order; processes share out what takes long."""

SETTINGS = {
    "COLUMNS": "80",  # SymPy breaks its text output at the width of the terminal
    "LC_ALL": "C",  # which is installed everywhere; texts are UTF-8 all the same
    "PYTHONUTF8": "1",
    "PYTHONSAFEPATH": "1",  # a random.py in the working folder is not Python's random
    "JUPYTER_NO_CONFIG": "1",
    **ONE_THREAD,
}
"""The surroundings of every kernel."""


def clean(folder: Path, outside: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child process, which may keep its own files in ``folder``.

    ``outside`` is what it is made from, by default the environment of this process.
    """
    given = os.environ if outside is None else outside
    kept = {k: v for k, v in given.items() if k in KEPT or not k.upper().startswith(DROPPED)}
    paths = [path for path in kept.get("PYTHONPATH", "").split(os.pathsep) if path]
    if str(ROOT) not in site.getsitepackages():  # where a child finds the package in any case
        paths.insert(0, str(ROOT))
    own = {"IPYTHONDIR": "ipython", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data",
           "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTER_PATH": "jupyter"}  # fmt: skip
    return {
        **kept,
        **SETTINGS,
        # packages of the user's own where this process has them, too, and nowhere else
        **({} if site.ENABLE_USER_SITE else {"PYTHONNOUSERSITE": "1"}),
        **{name: str(folder / part) for name, part in own.items()},
        "MATPLOTLIBRC": _matplotlibrc(),
        "PYTHONPATH": os.pathsep.join(map(os.path.abspath, paths)),
    }


def prepare() -> None:
    """Bring this process to the settings of :func:`clean`, before NumPy and Matplotlib load."""
    # the locale and the streams of this process are open already: only what is read later
    later = (
        "MPL", "MATPLOTLIB", "NUMBA_", "OMP_", "OPENBLAS_", "MKL_", "SOURCE_DATE_EPOCH", "GIT_",
        "TQDM_", "LOKY_", "JOBLIB_MULTIPROCESSING",
    )  # fmt: skip
    for name in [*os.environ]:
        if name.upper().startswith(later) and name not in KEPT:
            del os.environ[name]
    os.environ.update(
        {"MPLBACKEND": "Agg", "MATPLOTLIBRC": _matplotlibrc(), "PYTHONSAFEPATH": "1", **ONE_THREAD}
    )


def give_numba_a_cache() -> None:
    """Let Numba keep compiled code in a temporary folder if it could do so nowhere else.

    It asks for the package's own folder, or one in the user's home, and ends the import without.
    """
    home = Path(os.path.expanduser(os.environ.get("XDG_CACHE_HOME") or "~/.cache"))
    if "NUMBA_CACHE_DIR" in os.environ or _can_write(ROOT / "spincat") or _can_write(home):
        return
    folder = files.scratch_folder()
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    atexit.register(files.remove, folder)


def _can_write(folder: Path) -> bool:
    """Tell whether files could be made in a folder, or it in the nearest that exists."""
    # `Path.exists` raises an error inside of a folder of somebody else
    there = next((path for path in (folder, *folder.parents) if os.path.exists(path)), folder)
    return os.path.isdir(there) and os.access(there, os.W_OK | os.X_OK)


def _matplotlibrc() -> str:
    """Return the path of Matplotlib's own settings, without importing it."""
    spec = find_spec("matplotlib")
    folder = Path((spec.submodule_search_locations or ["."])[0]) if spec else Path()
    return str(folder / "mpl-data" / "matplotlibrc")
