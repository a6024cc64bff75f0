"""Other Pythons, systems and ways to install: the lock, the wheel alone, the container."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# -- the lock, by the markers of its entries and of what the packages say of themselves

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SYSTEMS = {
    "Linux x86-64": ("posix", "linux", "Linux", "x86_64"),
    "Linux Arm": ("posix", "linux", "Linux", "aarch64"),
    "macOS Arm": ("posix", "darwin", "Darwin", "arm64"),
    "Windows x86-64": ("nt", "win32", "Windows", "AMD64"),
}
FIELDS = "os_name", "sys_platform", "platform_system", "platform_machine"
LOCK = [
    Requirement(re.split(r"\s*--hash=", entry)[0])
    for entry in re.sub(r"\\\n\s*", "", (ROOT / "requirements.lock").read_text()).splitlines()
    if entry and not entry.startswith("#")
]
INSTALLED = {canonicalize_name(d.metadata["Name"]): d for d in metadata.distributions()}


def surroundings(python, system):
    """The values of markers for CPython of this version on this system."""
    named = dict(zip(FIELDS, SYSTEMS[system], strict=True))
    versions = {"python_version": python, "python_full_version": f"{python}.0"}
    return {**default_environment(), **named, **versions, "implementation_version": f"{python}.0"}


def missing(locked, environment, wanted):
    """What is wanted, directly or not, and not in the lock; a package that is only for other
    systems is not installed here and cannot be asked what it wants."""
    known, todo, found = set(), [*wanted], set()
    while todo:
        requirement, extra = todo.pop()
        if requirement.marker and not requirement.marker.evaluate({**environment, "extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        if name not in locked or not requirement.specifier.contains(locked[name], prereleases=True):
            found.add(str(requirement))
        for inner in {"", *requirement.extras}:
            if (name, inner) not in known and name in INSTALLED:
                known.add((name, inner))
                todo += [(Requirement(text), inner) for text in INSTALLED[name].requires or ()]
    return found


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_lock_has_one_version_of_all_that_is_needed(python, system):
    environment = surroundings(python, system)
    applying = [e for e in LOCK if e.marker is None or e.marker.evaluate(environment)]
    names = [canonicalize_name(entry.name) for entry in applying]
    assert len(set(names)) == len(names)
    locked = {
        name: str(e.specifier).removeprefix("==") for name, e in zip(names, applying, strict=True)
    }
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    wanted = [(Requirement(text), "") for group in groups for text in group]
    assert missing(locked, environment, wanted) == set()
    without = {name: version for name, version in locked.items() if name != "llvmlite"}
    assert len(missing(without, environment, wanted)) == 1  # so what is not there is found


@pytest.mark.parametrize("python", PYTHONS)
def test_no_package_of_the_lock_refuses_a_python(python):
    assert SpecifierSet(PROJECT["requires-python"]).contains(f"{python}.0")
    assert f"Programming Language :: Python :: {python}" in PROJECT["classifiers"]
    refusing = [
        entry.name
        for entry in LOCK
        if (here := INSTALLED.get(canonicalize_name(entry.name)))
        and not SpecifierSet(here.metadata.get("Requires-Python") or "").contains(f"{python}.0")
    ]
    assert refusing == []


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_the_documents_name_the_systems_and_the_one_without(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    assert f"{PYTHONS[0]} to {PYTHONS[-1]}" in text
    assert "Intel Mac" in text
    assert "llvmlite" in text


# -- the wheel alone, as in an environment without the repository

WITHOUT_EXTRAS = """
import json, sys
for module in ("jupytext", "papermill", "nbformat", "nbconvert", "dask", "distributed"):
    sys.modules[module] = None  # as if it were not installed
from spincat.__main__ import main
codes = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["spincat", *words]
    try:
        main()
    except SystemExit as end:
        codes.append(end.code)
import spincat
print(spincat.__file__, codes)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Run commands with the unpacked wheel and without the extras, in the folder of the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    zipfile.ZipFile(built).extractall(folder / "unpacked")

    def run(*commands):
        program = [sys.executable, "-c", WITHOUT_EXTRAS, json.dumps(commands)]
        environment = {"PYTHONPATH": str(folder / "unpacked"), "HOME": str(folder)}
        done = subprocess.run(
            program, cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        printed, _, last = done.stdout.rstrip("\n").rpartition("\n")
        where, codes = last.split(maxsplit=1)
        assert Path(where).is_relative_to(folder)
        return json.loads(codes), printed, done.stderr

    return run


def test_the_wheel_alone_lists_describes_draws_and_sweeps(wheel):
    codes, printed, errors = wheel(
        ["list"],
        ["params", "fig1"],
        ["figure", "avoided_crossing", "--format", "pdf", "-o", "drawn"],
        ["sweep", "avoided_crossing", "--grid", "n_spins=4,6", "-o", "swept"],
    )
    assert (codes, errors) == ([0, 0, 0, 0], "")
    assert "\n  fig1 " in printed
    assert "\nVariables: fidelity" in printed
    endings = "pdf", "nc", "csv", "provenance.json"
    files = [
        *(f"drawn/avoided_crossing.{ending}" for ending in endings),
        "swept/avoided_crossing.nc",
    ]
    assert printed.split()[-5:] == files


def test_the_wheel_alone_says_what_it_needs_for_more(wheel, tmp_path):
    notebook, out = tmp_path / "notebook.md", tmp_path / "out"
    notebook.write_text("# A notebook\n")
    codes, printed, errors = wheel(
        ["run", "sec2_model", "-o", str(out)],
        ["run", str(notebook), "-o", str(out)],
        ["figure", "fig4", "--scheduler", "tcp://127.0.0.1:9", "-o", str(out)],
    )
    assert (codes, printed, out.exists()) == ([2, 2, 2], "", False)
    needed = [line for line in errors.splitlines() if line.startswith("Error: ")]
    for line, what in zip(needed, ("repository", "extra 'book'", "extra 'cluster'"), strict=True):
        assert what in line


# -- the container

RECIPE = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8")).splitlines()
    if line and not line.startswith("#")
]


def arguments(instruction):
    return [rest for name, rest in RECIPE if name == instruction]


def test_the_container_has_the_python_of_the_other_environments():
    assert RECIPE[0][0] == "FROM"
    version = re.fullmatch(r"python:(\d+\.\d+)\.\d+-bookworm", RECIPE[0][1])[1]
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["dependencies"][0] == f"python={version}"


def test_the_container_is_made_by_make_and_not_by_root():
    names = [name for name, _ in RECIPE]
    assert arguments("USER") == ["spincat"]
    assert "useradd" in arguments("RUN")[0]
    # by the recipe of the Makefile, so that the same versions are installed in the same way
    assert arguments("RUN")[-1] == "make env"
    assert names.index("USER") < len(names) - 1 - names[::-1].index("RUN")
    for copied in arguments("COPY"):
        *sources, _ = [word for word in copied.split() if not word.startswith("--")]
        assert all((ROOT / source).exists() for source in sources)


def test_the_container_runs_the_command():
    folder = arguments("WORKDIR")[0]
    (script,) = json.loads(*arguments("ENTRYPOINT"))
    assert script == f"{folder}/.venv/bin/{next(iter(PROJECT['scripts']))}"
    assert json.loads(*arguments("CMD")) == ["--help"]


def test_the_container_gets_what_git_has_and_nothing_else():
    ignored = [
        line.removeprefix("**/")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]

    def is_ignored(name):
        parts = Path(name).parts
        heads = ["/".join(parts[: i + 1]) for i in range(len(parts))]
        return any(fnmatch(part, pattern) for part in (*parts, *heads) for pattern in ignored)

    assert all(is_ignored(name) for name in (".venv/bin/python", "_build/html/a", "runs/a.nc"))
    assert is_ignored("spincat/run/__pycache__/cli.pyc")
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not in a git checkout")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [name for name in listed.stdout.splitlines() if is_ignored(name)] == []
