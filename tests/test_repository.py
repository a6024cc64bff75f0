"""Files that say the same thing twice say the same, and promise nothing that is not there."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest.mock import Mock, create_autospec

import distributed
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

import spincat
from spincat.run import grids, parameters, sweeps
from spincat.run.cli import main
from spincat.shared.declarations import Parameter

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAPER = "arXiv:2403.16491"


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def lock_entries():
    """Each entry of the lock: its requirement, and its hashes."""
    for entry in re.sub(r"\\\n\s*", "", LOCK).splitlines():
        if entry and not entry.startswith("#"):
            requirement, *hashes = re.split(r"\s*--hash=", entry)
            yield Requirement(requirement), hashes


def make_targets():
    return set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))


def repository_files():
    """The files that git tracks, and those that it would."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not in a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


# -- the lock


def test_the_lock_pins_each_entry_with_hashes():
    entries = list(lock_entries())
    assert len(entries) > 50
    for requirement, hashes in entries:
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), requirement


def test_the_lock_holds_no_address():
    assert "://" not in LOCK
    # Any option but --hash could name a registry.
    assert set(re.findall(r"(?:^|\s)(--?[a-z][a-z-]*)", LOCK)) == {"--hash"}


@pytest.mark.parametrize("extra", ["", *PROJECT["project"]["optional-dependencies"]])
def test_the_lock_satisfies_pyproject(extra):
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = extras[extra] if extra else PROJECT["project"]["dependencies"]
    locked = {}
    for requirement, _ in lock_entries():
        version = str(requirement.specifier).removeprefix("==")
        locked.setdefault(canonicalize_name(requirement.name), []).append(version)
    for requirement in map(Requirement, wanted):
        versions = locked.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement} is not in the lock: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_building_spincat_needs_nothing_outside_the_lock():
    # It is installed with --no-build-isolation; editables makes an editable install.
    locked = {canonicalize_name(requirement.name) for requirement, _ in lock_entries()}
    assert {*PROJECT["build-system"]["requires"], "editables"} <= locked


# -- conda and Binder


def test_environment_yml_installs_the_lock():
    environment = yaml.safe_load(read("environment.yml"))
    assert environment["name"] == PROJECT["project"]["name"]
    python, pip, lock = environment["dependencies"]
    assert pip == "pip"
    assert lock == {"pip": ["-r requirements.lock"]}
    version = re.fullmatch(r"python=(\d+\.\d+)", python)[1]
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(version)
    assert f"python-version {version} " in read("Makefile"), "the lock is for another Python"
    assert f'python-version: "{version}"' in read(".github/workflows/ci.yml")


@pytest.mark.parametrize("script", ["postBuild", ".ci/run"])
def test_scripts_can_be_executed_and_parsed(script):
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", ROOT / script], check=True)


def test_the_workflow_calls_ci_run():
    jobs = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"]]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]


def test_pre_commit_uses_the_tools_of_the_lock():
    for repository in yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            assert hook["language"] == "system"
            assert hook["entry"].startswith(".venv/bin/")


# -- version, licence and citation


def test_citation_cff():
    citation = yaml.safe_load(read("CITATION.cff"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == spincat.__version__
    assert citation["license"] == PROJECT["project"]["license"]
    assert citation["authors"] == PROJECT["project"]["authors"]
    (paper,) = citation["references"]
    assert paper["type"] == "article"
    assert [author["family-names"] for author in paper["authors"]] == ["Mok", "Kwek", "Touzard"]
    assert [known["value"] for known in paper["identifiers"]] == [PAPER]


def test_the_changelog_has_an_entry_for_this_version():
    headings = re.findall(r"^## \[(.+?)\]", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert headings[0] == "Unreleased" or headings[0] == spincat.__version__


def test_both_licences_are_there():
    assert read("LICENSE").startswith("BSD 3-Clause License\n")
    assert "Creative Commons Attribution 4.0 International Public License" in read("LICENSE-text")


# -- README and CONTRIBUTING


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "tests/README.md"])
def test_commands_in_documents_are_make_targets(document):
    named = set(re.findall(r"`make ([a-z]+)`", read(document)))
    assert named
    assert named <= make_targets()


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_files_in_documents_exist(document):
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", read(document))
    quoted = re.findall(
        r"`([\w./-]+\.(?:md|py|toml|lock|yml|cff)|LICENSE[\w-]*|\.ci/run)`", read(document)
    )
    assert [name for name in links + quoted if not (ROOT / name).exists()] == []


def test_the_readme_has_no_blank_to_fill_in():
    assert re.findall(r"@[A-Z]+@|TODO|TBD", README) == []
    assert PAPER in README


def test_the_python_example_of_the_readme_prints_what_it_says():
    code, shown = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL).groups()
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue() == shown
    assert len([line for line in code.splitlines() if line.strip()]) <= 5


@pytest.mark.parametrize("page", ["README.md", "book/rerun.md", "book/cluster.md"])
def test_the_commands_of_the_pages_name_what_exists(page):
    commands = re.findall(r"^\$ spincat (params|run|figure|sweep) (.*)", read(page), re.MULTILINE)
    assert commands
    for command, line in commands:
        name, *options = line.split()
        known = sweeps.parameters(name)
        given = [value for option, value in pairwise(options) if option == "-p"]
        parameters.assignments(known, given)
        grid = [value for option, value in pairwise(options) if option == "--grid"]
        grids.grid(known, grid)
        known_options = {o for p in main.commands[command].params for o in p.opts}
        assert {word for word in options if word.startswith("-")} <= known_options


@pytest.mark.parametrize("page", ["README.md", "book/rerun.md", "book/cluster.md"])
def test_an_extra_that_a_page_installs_is_declared(page):
    declared = PROJECT["project"]["optional-dependencies"]
    extras = re.findall(r'pip install "\.\[(\w+)\]"', read(page))
    assert set(extras) <= set(declared)
    assert extras or page == "book/rerun.md"
    # `make env` installs the lock, which is said to have them
    assert {"dask", "distributed"} <= set(re.findall(r"^([\w-]+)==", LOCK, re.MULTILINE))


def test_the_grammar_of_a_grid_is_the_same_in_the_book_and_in_the_help():
    rows = re.findall(r"^\| `(\S+)` \|.*\| `(\S+)` \|$", read("book/cluster.md"), re.MULTILINE)
    assert [form for form, _ in rows] == re.findall(r"\S+(?= \()", grids.GRID_FORMS)
    known = [Parameter(n, d) for n, d in [("n_spins", 8), ("seed", 1), ("delta", 0.1)]]
    lengths = [len(*grids.grid(known, [example]).values()) for _, example in rows]
    assert lengths == [3, 10, 10]


def test_the_slurm_example_calls_what_exists(monkeypatch):
    """With a stand-in for the package that submits jobs, which is in no extra."""
    (code,) = re.findall(r"```python\n(.*?)```", read("book/cluster.md"), re.DOTALL)
    used = {"scale": Mock(), "wait_for_workers": Mock(), "scheduler_address": "tcp://127.0.0.1:1"}
    assert all(hasattr(distributed.SpecCluster, name) for name in used)  # its base class
    cluster = SimpleNamespace(**used)
    package = ModuleType("dask_jobqueue")
    package.SLURMCluster = Mock(return_value=cluster)
    monkeypatch.setitem(sys.modules, "dask_jobqueue", package)
    run = create_autospec(sweeps.run)
    monkeypatch.setattr(sweeps, "run", run)
    exec(compile(code, "cluster.md", "exec"), {})
    (name, _, given, grid), options = run.call_args
    assert options == {"scheduler": cluster.scheduler_address}
    assert len(sweeps.plan(name, given, grid)) == 300


# -- nothing that belongs to one machine


def test_no_file_names_a_registry_or_a_home():
    # Put together here, or this file would be found too.
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "anaconda" + ".org"]
    options = r"(?:index-url|find-links|trusted-host|registry)\s*[=: ]\s*\S*://"
    homes = r"(?<![\w.])/(?:home|root|Users|work)/\w"
    pattern = re.compile("|".join([*map(re.escape, hosts), options, homes]))
    found = []
    for path in repository_files():
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in pattern.finditer(text)]
    assert found == []
