"""spincat.run.notebooks: finding and reading small notebooks written here."""

from __future__ import annotations

import pytest
from test_notebook_runs import with_parameters, write

from spincat.run import notebooks
from spincat.shared.declarations import Parameter


def test_list_holds_the_notebooks_only(tmp_path):
    second, first = write(tmp_path, name="b"), write(tmp_path, name="a")
    (tmp_path / "notes.md").write_text("# Notes\n\n---\nkernelspec: none\n", encoding="utf-8")
    assert notebooks.list_notebooks(tmp_path) == [first, second]


def test_the_default_folder_is_the_checkouts():
    assert notebooks.list_notebooks() == notebooks.list_notebooks(notebooks.CHECKOUT_NOTEBOOKS)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        notebooks.list_notebooks(tmp_path / "nowhere")


def test_find_takes_a_path_a_name_or_a_file_name(tmp_path):
    path = write(tmp_path)
    for given in (path, str(path), "toy", "toy.md"):
        assert notebooks.find(given, tmp_path) == path


def test_the_beginning_of_a_name_is_refused_with_all_that_begin_so(tmp_path):
    for name in ("sec2_model", "sec2_model_again", "sec3"):
        write(tmp_path, name=name)
    assert notebooks.find("sec2_model", tmp_path).stem == "sec2_model"
    with pytest.raises(FileNotFoundError, match=r"'sec2_model_'.*'sec2_model_again'"):
        notebooks.find("sec2_model_", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"'sec2'.*'sec2_model' or 'sec2_model_again'"):
        notebooks.find("sec2", tmp_path)


def test_find_names_the_nearest(tmp_path):
    write(tmp_path, name="sec2_model")
    write(tmp_path, name="sec5_outlook")
    with pytest.raises(FileNotFoundError, match=r"'sec2_modle'.*'sec2_model'"):
        notebooks.find("sec2_modle", tmp_path)


def test_another_kind_of_file_is_refused(tmp_path):
    path = tmp_path / "notes.md"
    path.write_text("# Notes\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"notes\.md is not a notebook"):
        notebooks.parameters(path)


def test_title(tmp_path):
    assert notebooks.title(write(tmp_path)) == "A toy"
    assert notebooks.title(write(tmp_path, with_parameters("x = 1"), "bare")) == ""


# -- the table of parameters


def test_parameters(tmp_path):
    table = notebooks.parameters(write(tmp_path))
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
    table = notebooks.parameters(write(tmp_path, body))
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
    assert notebooks.check(tmp_path / "toy.md", {"eta": 0.5})["eta"] == 0.5
    for given in ({"n_spins": 5}, {"eta": 0.75}, {"n_spins": 4, "eta": 0.5}):
        with pytest.raises(ValueError, match=r" = \S+; allowed: "):
            notebooks.check(tmp_path / "toy.md", given)


def test_a_notebook_may_have_no_parameters(tmp_path):
    assert notebooks.parameters(write(tmp_path, "\n# Only prose\n")) == []


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
        notebooks.parameters(write(tmp_path, with_parameters(line)))


def test_two_tagged_cells_are_refused(tmp_path):
    path = write(tmp_path, with_parameters("a = 1") + with_parameters("b = 1"))
    with pytest.raises(ValueError, match=r"2 cells .*'parameters'"):
        notebooks.parameters(path)


def test_the_missing_extra_is_named(monkeypatch, tmp_path):
    path = write(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "jupytext", None)
    with pytest.raises(ModuleNotFoundError, match="extra 'book'"):
        notebooks.parameters(path)
