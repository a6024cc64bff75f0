"""Notebooks that others wrote, or something damaged: one sentence, before any work."""

from __future__ import annotations

import json
import os

import nbformat
import pytest
from click.testing import CliRunner
from test_notebook_runs import HEADER, with_parameters, write

from spincat.run import _notebook_files, notebook_runs, notebooks, sweeps
from spincat.run.cli import main


def cell(source, options=""):
    return f"\n```{{code-cell}} ipython3\n{options}{source}\n```\n"


def ipynb(*cells, **changes):
    """The JSON of a notebook with a parameter, after some cells, and with other entries."""
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = {"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": spec}}
    last = {"metadata": {"tags": ["parameters"]}, "source": "x = 1"}
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    whole["cells"] = [{**code, **one} for one in (*cells, last)]
    return json.dumps({**whole, **changes})


def typed(line, imports=""):
    return HEADER + cell(imports) + with_parameters(line)


X = with_parameters("x = 1")
JULIA = HEADER.replace("language: python", "language: julia")
NAMELESS = HEADER.replace("  language: python\n", "")

TEXTS = [
    (HEADER.replace("kernelspec:", "kernelspec: ["), "while parsing"),
    (HEADER.replace("jupytext:", "kernelspec: *x\njupytext:"), "alias of YAML"),
    (HEADER + cell("1", "---\na: &a [1]\nb: *a\n---\n"), "alias of YAML"),
    (HEADER + cell("1", ":a: &a [1]\n:b: *a\n"), "alias of YAML"),
    (HEADER.replace("python3", "!!python/object:os.system x"), "constructor for the tag"),
    (HEADER.replace("python3", "\a"), "#x0007"),
    (HEADER.replace("python3", "[1]"), "[1] is not of type 'string' at ['metadata']['kernelspec']"),
    ("---\nkernelspec:\n---\n" + X, "None is not of type 'object'"),
    (
        HEADER + cell("x = 1", ":tags:\n\n"),
        "None is not of type 'array' at ['metadata']['tags']",
    ),
    (HEADER + cell("x = 1", ":tags: [[a]]\n\n"), "['a'] is not of type 'string'"),
    (HEADER + cell("x = 1", ":tags: [a\n\n"), "Invalid YAML"),
    (HEADER + '\n+++ {"x"\n\nprose\n' + X, "Markdown cell 0"),
    (HEADER + cell("x = (") + X, "cell 1, line 1: '(' was never closed"),
    (HEADER + cell("x = 1\n  y = 2") + X, "cell 1, line 2: unexpected indent"),
    (HEADER + X + cell("%matplotlib inline\nimport"), "cell 2, line 2: "),
    (HEADER + with_parameters("%env A=1\nx = 1"), "cell 'parameters', line 1: invalid syntax"),
    (HEADER + with_parameters("x = 'a"), "cell 'parameters', line 1: unterminated"),
    (HEADER + with_parameters(f"x = {'9' * 5000}"), "digits"),
    (HEADER + with_parameters("x = {[]: 1}"), "unhashable"),
    (HEADER + with_parameters(f"x = {'-' * 3000}1"), "recursion"),
    (HEADER + with_parameters("x = y"), "line 1: malformed node"),
    (HEADER + with_parameters("x = 1\nx = 2"), "x is there twice"),
    (
        HEADER + with_parameters("for x in 1, 2: pass"),
        "line 1: for x in (1, 2):; allowed: name = value",
    ),
    (JULIA + X, "a notebook for 'julia'; allowed: a kernelspec with language: python"),
    (NAMELESS.replace("name: python3", "name: ir") + X, "a notebook for a kernel 'ir'"),
    (HEADER.encode("utf-16"), "not UTF-8"),
    (b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X\xff", "not UTF-8"),  # a Mac's ._toy.md
    (HEADER.encode() + b"# \xe9\n", "not UTF-8 (invalid continuation byte)"),
]

TYPES = [
    ("x: 5 = 3", "", "the type cannot be read"),
    ("x: 'int' = 3", "", "'int'; allowed: a type"),
    ("x: Annotated[int] = 3", "from typing import Annotated", "at least two"),
    ("x: Annotated[int, Ge('a')] = 3", "from typing import Annotated", "'Ge' is not defined"),
    (
        "x: Annotated[int, Ge('a')] = 3",
        "from typing import Annotated\nfrom annotated_types import Ge",
        "the type cannot be read",
    ),
    (
        "x: Annotated[int, Below('y')] = 3",
        "from typing import Annotated\nfrom spincat.shared.declarations import Below",
        "the range ends at y, which is no parameter",
    ),
    (
        "y = 'a'\nx: Annotated[int, Below('y')] = 3",
        "from typing import Annotated\nfrom spincat.shared.declarations import Below",
        "line 2: the type cannot be read",
    ),
    ("x: array = 3", "from numpy import array", "array of numpy; allowed: those of spincat"),
    ("x: Spin = 3", "from spincat.figures.vocabulary import Spin", "has no type Spin"),
    ("x: y.z = 3", "import y", "y.z; allowed"),
    ("x: dict[str, int] = 3", "", "'dict' is not defined"),
]

NOTEBOOKS = [
    ("", "Expecting value"),
    ("{", "Expecting property name"),
    ("[]", "its JSON is no object"),
    ("{}", "'nbformat'"),
    ("null", "its JSON is no object"),
    ("[" * 100_000, "recursion"),
    (ipynb(nbformat=99), "version 99"),
    (ipynb(metadata={}), "no header that names a kernel"),
    (ipynb(metadata=None), "'NoneType'"),
    (ipynb(metadata={"kernelspec": []}), "[] is not of type 'object'"),
    (ipynb(metadata={"kernelspec": {"name": 3, "language": "python"}}), "3 is not of type"),
    (ipynb(metadata={"kernelspec": {"name": "ir", "language": "R"}}), "for 'R'"),
    (ipynb(cells=None), "'NoneType'"),
    (ipynb(cells=[3]), "'int'"),
    (ipynb(cells=[{}]), "missing an expected key"),
    (ipynb({"source": 3}), "3 is not valid"),
    (ipynb({"source": "\ud800"}), "surrogates not allowed"),
    (ipynb({"source": "a\0b"}), "cell 1"),
    (ipynb({"source": "x", "metadata": {"tags": None}}), "None is not of type 'array'"),
    (ipynb({"source": "x", "metadata": {"tags": "parameters"}}), "is not of type 'array'"),
    (ipynb({"source": "x =="}), "cell 1, line 1: invalid syntax"),
]

EVERY = [
    *(("bad.md", content, words) for content, words in TEXTS),
    *(("bad.md", typed(line, imports), words) for line, imports, words in TYPES),
    *(("bad.ipynb", content, words) for content, words in NOTEBOOKS),
]


def spincat(*arguments):
    return CliRunner().invoke(main, list(map(str, arguments)))


def sentence(shown):
    """The one line that says what is wrong."""
    assert not shown.exception or isinstance(shown.exception, SystemExit)
    lines = [
        line for line in shown.stderr.splitlines() if line and not line.startswith(("Us", "Tr"))
    ]
    assert len(lines) == 1, shown.stderr
    assert len(lines[0]) < 500
    return lines[0]


@pytest.mark.parametrize(("name", "content", "words"), EVERY, ids=range(len(EVERY)))
def test_a_damaged_notebook_is_refused_in_one_sentence(tmp_path, name, content, words):
    path = tmp_path / "in" / name
    path.parent.mkdir()
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    out = tmp_path / "out"
    for command in (
        ["params", path],
        ["run", path, "-o", out],
        ["run", path, "-p", "x=2", "-o", out],
        ["sweep", path, "--grid", "x=1,2", "-o", out],
    ):
        shown = spincat(*command)
        assert shown.exit_code == 2, shown.output
        assert str(path) in sentence(shown)
        assert words in sentence(shown)
        assert shown.stdout == ""
    assert not out.exists()


def test_a_text_that_no_file_could_hold_is_refused(tmp_path):
    path = write(tmp_path, with_parameters("x = 'a'"))
    for given in (["run", path, "-p", "x=\udcff"], ["sweep", path, "--grid", "x=\udcff,b"]):
        shown = spincat(*given, "-o", tmp_path / "out")
        assert shown.exit_code == 2
        assert "x = '\\udcff'; allowed: str" in sentence(shown)
    path.write_text(HEADER + with_parameters('x = "\\ud800"'), encoding="utf-8")
    assert "x = '\\ud800'; allowed: str" in sentence(spincat("run", path, "-o", tmp_path / "out"))


# -- what is not refused


def test_nothing_of_a_notebook_is_executed_by_the_command(tmp_path):
    mark = tmp_path / "executed"
    touch = f'open({str(mark)!r}, "w").close()'
    trap = f"{touch}\nimport sys\n\nsys.exit(0)"
    checks = f"if x > 1:\n    {touch}\n    raise ValueError(x)"
    for body in (
        cell(trap) + X + cell(checks) + cell(trap),
        with_parameters(f"from this import s\n\nx: int = 1  # {touch}"),
    ):
        path = tmp_path / "toy.md"
        path.write_text(HEADER + body, encoding="utf-8")
        assert notebooks.check(path, {"x": 2}) == {"x": 2}
        assert spincat("params", path).exit_code == spincat("list", tmp_path).exit_code == 0
        assert len(sweeps.plan(str(path), {}, {"x": [1, 2]})) == 2
    for line in (
        f"x: __import__('os').system('touch {mark}') = 1",
        f"x: list[\"__import__('os').system('touch {mark}')\"] = [1]",
        f"x: Annotated[int, Predicate(lambda x: {touch})] = 1",
        f"x: Annotated[int, Predicate(system)] = 'touch {mark}'",
        f"x: (lambda: {touch})() = 1",
        f"x: ForwardRef(\"open('{mark}', 'w')\") = 1",
    ):
        imports = "from typing import Annotated, ForwardRef\nfrom annotated_types import Predicate"
        path.write_text(typed(line, f"{imports}\nfrom os import system"), encoding="utf-8")
        shown = spincat("run", path, "-p", "x=2", "-o", tmp_path / "out")
        assert shown.exit_code == 2
        assert "line 1" in sentence(shown) or "system of os" in sentence(shown)
    assert not mark.exists()


@pytest.mark.parametrize(
    "spec",
    [
        {"name": "conda-env-py", "display_name": "mine", "language": "python"},
        {"name": "mine", "language": "python"},
        {"name": "python3"},
        {"language": "Python"},
        {"name": "pypy"},
    ],
)
def test_kernels_of_python_have_many_names(tmp_path, spec):
    path = tmp_path / "toy.ipynb"
    path.write_text(ipynb(metadata={"kernelspec": spec}), encoding="utf-8")
    assert notebooks.check(path, {"x": 2}) == {"x": 2}


def test_what_others_leave_out_or_add_is_no_reason_to_refuse(tmp_path):
    path = tmp_path / "toy.ipynb"
    damaged = [{"output_type": "stream"}]  # an old output, of which nothing remains
    magics = {"source": ["%%time\n", "y = !ls\n", "y?"], "outputs": damaged, "id": "a b", "more": 1}
    raising = {"source": "x = (", "metadata": {"tags": ["raises-exception"]}}
    path.write_text(ipynb(magics, raising, {"source": "await x; '\\d'"}), encoding="utf-8")
    assert notebooks.check(path, {}) == {"x": 1}
    assert [cell.outputs for cell in notebooks.read(path).cells] == [[]] * 4
    old = json.loads(ipynb(nbformat=3, nbformat_minor=0, cells=[]))
    code = {"cell_type": "code", "input": "z = 1", "language": "python", "outputs": []}
    old["worksheets"] = [{"cells": [code], "metadata": {}}]
    path.write_text(json.dumps(old), encoding="utf-8")
    assert notebooks.read(path).cells[0].source == "z = 1"
    dated = tmp_path / "dated.md"
    dated.write_text(HEADER.replace("jupytext:", "date: 2024-03-25\njupytext:") + X, "utf-8")
    assert notebooks.check(dated, {}) == {"x": 1}


def test_a_cell_that_deletes_its_folder_is_told_by_its_name(tmp_path):
    path = write(tmp_path, cell("import os, shutil\n\nshutil.rmtree(os.getcwd())"))
    shown = spincat("run", path, "-o", tmp_path / "out")
    assert shown.exit_code == 1
    assert "toy.md" in shown.stderr
    assert "Traceback" not in shown.stderr
    assert shown.stdout == ""
    assert not list(tmp_path.glob("out/*"))


# -- folders


def test_a_folder_is_listed_whatever_else_is_in_it(tmp_path):
    write(tmp_path, "\n# A \u202etoy\n" + X)
    write(tmp_path, "\n# Its copy\n", "toy copy")
    (tmp_path / "notes.md").write_text("# Notes\n", encoding="utf-8")
    (tmp_path / "toy.md~").write_text("a backup", encoding="utf-8")
    (tmp_path / "._toy.md").write_bytes(b"\x00\x05\x16\x07\xff")
    (tmp_path / ".#toy.md").symlink_to("user@host.1234")
    (tmp_path / "loop.md").symlink_to("loop.md")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "latin.md").write_bytes(HEADER.encode() + b"# \xe9\n")
    (tmp_path / "broken.md").write_text(HEADER + cell("x = 1", ":tags: [\n\n"), encoding="utf-8")
    (tmp_path / "julia.md").write_text(JULIA, encoding="utf-8")
    os.mkfifo(tmp_path / "pipe.md")
    bad = [".#toy", "._toy", "broken", "folder", "julia", "latin", "loop", "pipe"]
    shown = spincat("list", tmp_path)
    assert shown.exit_code == 0
    titles = ["  toy copy  Its copy", "  toy       A  toy"]
    assert shown.stdout.splitlines() == ["Notebooks:", *titles]
    assert len(shown.stderr.splitlines()) == len(bad)
    assert all(f"{tmp_path / name}.md " in shown.stderr for name in bad)
    for name in bad:
        assert spincat("params", tmp_path / f"{name}.md").exit_code == 2
    assert notebooks.find("toy copy", tmp_path).stem == "toy copy"


@pytest.mark.parametrize("name", [b"\xff.md", b"a\nb.md", b"\x1b[31m.md"])
def test_a_name_that_cannot_be_shown_is_refused(tmp_path, name):
    path = tmp_path / os.fsdecode(name)
    try:
        path.write_text(HEADER + X, encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes no such name")
    write(tmp_path)
    shown = spincat("list", tmp_path)
    assert (shown.exit_code, shown.stdout) == (0, "Notebooks:\n  toy  A toy\n")
    assert ascii(path.name)[1:-1] in sentence(shown)
    shown = spincat("run", path, "-o", tmp_path / "out")
    assert shown.exit_code == 2
    assert ascii(path.name)[1:-1] in sentence(shown)


@pytest.mark.parametrize("name", ["pipe", "folder", "nowhere", "a" * 5000, "", "/dev/null"])
def test_what_is_no_file_is_refused_at_once(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    (tmp_path / "folder").mkdir()
    out = tmp_path / "out"
    for command in (["params"], ["run", "-o", out], ["sweep", "--grid", "x=1", "-o", out]):
        shown = spincat(command[0], name, *command[1:])
        assert shown.exit_code == 2
        assert len([line for line in shown.stderr.splitlines() if "Error: " in line]) == 1
    assert not out.exists()


# -- line ends


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_notebook_with_the_line_ends_of_windows_is_the_same(tmp_path, mark):
    text = HEADER + "\n# A toy\n" + X + cell('print("""a\nb""", x)')
    same, windows = tmp_path / "toy.md", tmp_path / "windows" / "toy.md"
    windows.parent.mkdir()
    same.write_bytes(text.encode())
    windows.write_bytes(mark + text.replace("\n", "\r\n").encode())
    assert spincat("list", windows.parent).stdout == spincat("list", tmp_path).stdout
    one, other = (sweeps.plan(str(path), {}, {"x": [2]}) for path in (same, windows))
    assert one == other
    executed = notebook_runs.run(windows, tmp_path / "out", {"x": 2})
    assert nbformat.read(executed, as_version=4).cells[-1].outputs[0].text == "a\nb 2\n"


def test_an_ipynb_is_swept(tmp_path):
    path = tmp_path / "toy.ipynb"
    path.write_text("\ufeff" + ipynb({"source": "y = 1"}), encoding="utf-8")
    (point,) = sweeps.plan(str(path), {}, {"x": [2]})
    (tmp_path / "text.md").write_text(point.source, encoding="utf-8")
    assert [cell.source for cell in notebooks.read(tmp_path / "text.md").cells] == [
        "y = 1",
        "x = 1",
    ]
    assert notebooks.parameters(tmp_path / "text.md") == notebooks.parameters(path)


def test_a_sweep_does_not_read_its_notebook_for_each_point(tmp_path, monkeypatch):
    read, count = _notebook_files.text, []
    monkeypatch.setattr(_notebook_files, "text", lambda path: count.append(path) or read(path))
    path = write(tmp_path, X)
    assert len(sweeps.plan(str(path), {}, {"x": [1]})) == 1
    for_one = len(count)
    assert len(sweeps.plan(str(path), {}, {"x": list(range(1000))})) == 1000
    assert len(count) == 2 * for_one


def test_a_cell_that_exits_is_no_success(tmp_path):
    """Papermill takes sys.exit(0) for one, and the cells below were not executed."""
    path = write(tmp_path, X + cell("import sys; sys.exit(0)") + cell("open('data', 'w')"))
    with pytest.raises(notebook_runs.NotebookError, match="SystemExit: 0"):
        notebook_runs.run(path, tmp_path / "out")
    assert not (tmp_path / "out" / "toy.provenance.json").exists()


def test_braces_in_the_name_of_a_notebook_are_no_format(tmp_path):
    path = write(tmp_path, X).rename(tmp_path / "a{0}{x}%s.md")
    assert notebook_runs.run(path, tmp_path / "o{}").name == "a{0}{x}%s.ipynb"


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_a_result_whose_name_is_not_utf_8_is_told(tmp_path):
    path = write(tmp_path, X + cell(r"open(b'\xff.txt', 'w').close()"))
    with pytest.raises(OSError, match="not UTF-8"):
        notebook_runs.run(path, tmp_path / "out")


def test_a_notebook_that_would_fill_the_memory_is_refused(tmp_path):
    bomb = "a: &a [1, 2]\nb: [*a, *a]\n"
    aliases = write(tmp_path, X)
    aliases.write_text(
        aliases.read_text("utf-8").replace("jupytext:", f"{bomb}jupytext:", 1), "utf-8"
    )
    large = tmp_path / "large.md"
    with large.open("wb") as file:
        file.truncate(300_000_000)
    with pytest.raises(ValueError, match="alias"):
        notebooks.parameters(aliases)
    with pytest.raises(ValueError, match="300000000 bytes"):
        notebooks.parameters(large)
