"""The pages on the package have a section for every public module, by folder."""

import pkgutil
import re
from pathlib import Path

import pytest

import spincat

BOOK = Path(__file__).parents[2] / "book"
FOLDERS = [module.name for module in pkgutil.iter_modules(spincat.__path__) if module.ispkg]


def listed(page: str) -> list[str]:
    text = (BOOK / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(r"automodule:: (\S+)", text)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_page_has_its_folder_and_every_public_module_once(folder: str) -> None:
    path = [f"{spincat.__path__[0]}/{folder}"]
    names = [module.name for module in pkgutil.iter_modules(path)]
    public = [f"spincat.{folder}.{name}" for name in names if not name.startswith("_")]
    found = listed(f"api_{folder}")
    assert found[0] == f"spincat.{folder}"
    assert sorted(found[1:]) == sorted(public)


def test_the_overview_leads_to_every_folder() -> None:
    text = (BOOK / "api.md").read_text(encoding="utf-8")
    assert listed("api") == ["spincat"]
    assert sorted(re.findall(r"\(api_(\w+)\.md\)", text)) == sorted(FOLDERS)
    assert sorted(path.stem for path in BOOK.glob("api_*.md")) == [f"api_{f}" for f in FOLDERS]
