"""The examples in docstrings run, and every solver that a folder names has one."""

import doctest
import importlib
import inspect
import pkgutil
import re

import pytest

import spincat

FOLDERS = ["free", "large_n", "many_spins", "master_equation", "mean_field", "model"]
"""Folders whose public names all have an example."""
MODULES = [
    module.name
    for module in pkgutil.walk_packages(spincat.__path__, "spincat.")
    if not module.name.endswith("__main__")  # runs when it is imported
]
WITH_EXAMPLES = [
    name for name in MODULES if ">>> " in inspect.getsource(importlib.import_module(name))
]


def public(folder):
    """The functions and classes that a folder re-exports."""
    package = importlib.import_module(f"spincat.{folder}")
    named = {name: getattr(package, name) for name in package.__all__}
    return {name: value for name, value in named.items() if callable(value)}


each_name = pytest.mark.parametrize(
    ("folder", "name"),
    [
        pytest.param(folder, name, id=f"{folder}.{name}")
        for folder in FOLDERS
        for name in public(folder)
    ],
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_run(name):
    found = doctest.testmod(importlib.import_module(name), report=False)
    assert found.attempted > 0
    assert found.failed == 0


@each_name
def test_each_solver_shows_how_it_is_called(folder, name):
    value = public(folder)[name]
    called = r"\w+" if inspect.isabstract(value) else name
    assert re.search(rf"^>>> .*\b{called}\(", inspect.getdoc(value), re.MULTILINE)


@each_name
def test_each_parameter_and_result_is_explained(folder, name):
    value = public(folder)[name]
    text, parameters = inspect.getdoc(value), inspect.signature(value).parameters
    for parameter in parameters:
        assert re.search(rf"^(.*, )?{parameter}(, .*)?$|``{parameter}``", text, re.MULTILINE)
    assert inspect.isclass(value) or "\nReturns\n-------\n" in text
