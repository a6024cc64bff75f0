"""The Makefile in copies, with settings of pip and stray files, and on other systems."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))
WITHOUT_ENVIRONMENT = {"help", "clean"}

FAKE_PYTHON = """#!/bin/sh
# stands for every program of the environment: notes how it was called, and with what settings
echo "$0 $*" >> "$NOTES"
env >> "$NOTES"
case "$*" in
  *"-m venv "*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  *"config list"*) echo "${FAKE_CONFIGURATION-}" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path):
    """A folder with the Makefile, a Python that only takes notes, and no network."""
    folder = tmp_path / "a checkout"  # a space in the path of the folder is no obstacle
    for name in ("spincat", "book/_ext", "book/_static", "tests"):
        (folder / name).mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml", "book/execute.py", "tests/test_nothing.py"):
        (folder / name).touch()
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    (tmp_path / "python").write_text(FAKE_PYTHON, encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    return folder


def make(folder, *words, **variables):
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    notes = folder.parent / "notes"
    environment |= {"PYTHON": str(folder.parent / "python"), "NOTES": str(notes), **variables}
    done = subprocess.run(
        ["make", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done, notes.read_text(encoding="utf-8") if notes.exists() else ""


# -- the environment belongs to its folder


def test_an_environment_notes_its_folder(checkout):
    done, _ = make(checkout, "env")
    assert done.returncode == 0, done.stderr
    assert (checkout / ".venv/.installed").read_text().strip() == f"{checkout}/.venv"
    done, notes = make(checkout, "bench")
    assert done.returncode == 0, done.stderr
    assert notes.count("-m venv") == 1  # and is not made again


@pytest.mark.parametrize("target", sorted(TARGETS - WITHOUT_ENVIRONMENT))
def test_a_copied_environment_is_noticed_before_any_work(checkout, target):
    make(checkout, "env")
    copy = shutil.copytree(checkout, checkout.parent / "copy")
    (checkout.parent / "notes").unlink()
    done, notes = make(copy, target)
    assert done.returncode == 2
    (message,) = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert f"{checkout}/.venv" in message
    assert "rm -rf .venv && make env" in message
    assert notes == ""
    assert (copy / ".venv/bin/python").exists()  # nothing is removed


def test_a_copied_environment_can_be_used_on_purpose(checkout):
    make(checkout, "env")
    copy = shutil.copytree(checkout, checkout.parent / "copy")
    done, _ = make(copy, "-o", ".venv/.installed", "bench")
    assert done.returncode == 0, done.stderr


def test_an_environment_without_that_note_is_known_by_what_python_noted(checkout):
    (checkout / ".venv").mkdir()
    (checkout / ".venv/pyvenv.cfg").write_text("command = python3 -m venv /elsewhere/.venv\n")
    done, notes = make(checkout, "env")
    assert (done.returncode, notes) == (2, "")
    assert "/elsewhere/.venv" in done.stderr


# -- settings of the shell


def test_settings_of_the_shell_do_not_lead_pip_elsewhere(checkout):
    elsewhere = {"PIP_TARGET": "/x", "PIP_PREFIX": "/x", "PIP_ROOT": "/x", "PIP_DRY_RUN": "1",
                 "PIP_CONSTRAINT": "/x", "PIP_PYTHON": "/x", "PIP_NO_SUCH_OPTION": "1",
                 "PYTHONHOME": "/x", "VIRTUAL_ENV": "/x"}  # fmt: skip
    kept = {"PIP_INDEX_URL": "file:///x", "PIP_EXTRA_INDEX_URL": "file:///y", "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": "/x", "PIP_CERT": "/x", "PIP_CONFIG_FILE": "/x", "PIP_PROXY": "x",
            "HTTPS_PROXY": "x", "SSL_CERT_FILE": "/x"}  # fmt: skip
    done, notes = make(checkout, "env", PIP_USER="1", **elsewhere, **kept)
    assert done.returncode == 0, done.stderr
    settings = set(notes.splitlines())
    assert {f"{name}={value}" for name, value in kept.items()} <= settings
    assert "PIP_USER=0" in settings
    names = {line.partition("=")[0] for line in settings}
    assert names.isdisjoint(elsewhere)
    calls = [line for line in notes.splitlines() if " -m pip " in line]
    assert len(calls) == 3
    assert all("/.venv/bin/python -I -m pip " in f"/{call}" for call in calls)


@pytest.mark.parametrize("line", ["global.target='/x'", "install.prefix='/x'", "install.root='/x'"])
def test_a_configuration_that_leads_pip_elsewhere_is_named(checkout, line):
    done, notes = make(checkout, "env", FAKE_CONFIGURATION=line)
    assert done.returncode == 2
    assert line in done.stdout
    assert "install elsewhere" in done.stdout
    assert " install " not in notes.partition("config list")[2]
    assert not (checkout / ".venv/.installed").exists()


def test_a_configuration_of_where_packages_come_from_is_none_of_makes_business(checkout):
    done, _ = make(checkout, "env", FAKE_CONFIGURATION="global.find-links='/x'")
    assert done.returncode == 0, done.stderr


# -- files that come and go


def test_stray_links_and_removed_files_do_not_stop_make(checkout):
    for folder in ("spincat", "book/_ext", "tests"):
        (checkout / folder / ".#edited.py").symlink_to("someone@nowhere.1234")
        (checkout / folder / "dangling.py").symlink_to("nowhere.py")
        (checkout / folder / "kept.py").touch()
    (checkout / "removed.py").touch()
    git = ["git", "-c", "user.name=x", "-c", "user.email=x", "-C", str(checkout)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    (checkout / "removed.py").unlink()
    database = make(checkout, "-pn", "help")[0].stdout
    for name, some in [("SOURCES", "spincat"), ("FRAME", "book/_ext"), ("CHECKED", "tests")]:
        (listed,) = re.findall(rf"^{name} :?= (.*)", database, re.MULTILINE)
        assert f"{some}/kept.py" in listed.split()
        assert not re.search("edited|dangling|removed", listed)


# -- other systems

# What BSD (macOS) and busybox do not have, or do otherwise.
GNU_ONLY = {
    "sed": r"sed\b[^|\n]*\\[tn]|sed -i|sed -r",
    "find": r"-printf|-not\b|-regextype",
    "grep": r"grep -\w*P",
    "others": r"readlink -f|stat -c|date -d|xargs -r|sort -V|cp -\w*a|touch -d|\bseq\b|\btac\b",
    "long options": r"\b(?:grep|sed|find|touch|cp|mv|rm|sort|tr|xargs|head|cut) (?:-\w+ )*--\w",
}


@pytest.mark.parametrize("name", ["Makefile", ".ci/run", "postBuild"])
def test_scripts_use_nothing_that_only_gnu_has(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert {
        kind: re.findall(gnu, text) for kind, gnu in GNU_ONLY.items() if re.search(gnu, text)
    } == {}


@pytest.mark.parametrize(
    "line",
    ["sed -E 's/a/\\t/'", "find . -not -name x", "touch -d now", "cp -pa x y", "grep --quiet x"],
)
def test_how_what_only_gnu_has_is_found(line):
    assert any(re.search(gnu, line) for gnu in GNU_ONLY.values())


def test_the_makefile_is_for_make_3_81():
    """The make of macOS, which has no newer functions and operators."""
    newer = r"^\.ONESHELL|\$\(file |^\w+ *(?:::=|:::=|!=)|\$\(let |\$\(intcmp |\.EXTRA_PREREQS|&:"
    assert re.findall(newer, MAKEFILE, re.MULTILINE) == []


def test_help_lists_every_target_with_what_it_does(checkout):
    lines = make(checkout, "help")[0].stdout.splitlines()
    shown = dict(re.fullmatch(r"  make (\w+) +(\S.*)", line).groups() for line in lines)
    assert set(shown) == TARGETS
    assert len({line.index(shown[line.split()[1]]) for line in lines}) == 1  # in a column
