"""The API page has a section for every public module of the package."""

import pkgutil
import re
from pathlib import Path

import spincat

API = Path(__file__).parents[2] / "book" / "api.md"
# The command line is described on the page on running notebooks again.
NOT_LISTED = {"spincat.run.cli", "spincat.symbolic"}


def test_every_public_module_is_on_the_api_page() -> None:
    listed = re.findall(r"automodule:: (\S+)", API.read_text(encoding="utf-8"))
    modules = {module.name for module in pkgutil.walk_packages(spincat.__path__, "spincat.")}
    public = {name for name in modules if not any(part.startswith("_") for part in name.split("."))}
    assert sorted(listed) == sorted(public - NOT_LISTED)
