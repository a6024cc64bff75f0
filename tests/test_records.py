"""Records read from the disk, whatever anyone wrote there."""

from __future__ import annotations

import hashlib
import json

import pytest

from spincat.run import _records

HASH = hashlib.sha256(b"content").hexdigest()
UNREADABLE = {
    "empty": b"",
    "list": b"[]",
    "object": b"{}",
    "null": b"null",
    "number": b"1",
    "text": b'"files"',
    "garbage": b"\0\xff\xfe garbage",
    "truncated": b'{"name": "toy", "files": {"a',
    "no UTF-8": b'{"name": "toy", "files": {"\xff": "1"}}',
    "nested": b"[" * 100_000,
    "files are a list": b'{"name": "toy", "files": ["a"]}',
    "files are null": b'{"name": "toy", "files": null}',
    "of another run": b'{"name": "other", "files": {}}',
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_record_lists_nothing(tmp_path, kind):
    path = tmp_path / "toy.provenance.json"
    path.write_bytes(UNREADABLE[kind])
    assert _records.read(path) is None
    assert _records.listed(path) == {}


def test_a_folder_is_no_record(tmp_path):
    (tmp_path / "toy.sweep.json").mkdir()
    assert _records.read(tmp_path / "toy.sweep.json") is None
    assert _records.read(tmp_path / "missing.sweep.json") is None


@pytest.mark.parametrize(
    "name",
    ["../file", "a/../../file", "/file", "//file", "..", ".", "", "a/..", "a.provenance.json"],
)
def test_names_that_lead_out_of_the_folder_are_none(tmp_path, name):
    path = tmp_path / "toy.provenance.json"
    listed = {name: HASH, "inside": HASH, "folder/inside": HASH, "number": 1, "nothing": None}
    path.write_text(json.dumps({"name": "toy", "files": listed}), encoding="utf-8")
    assert _records.listed(path) == {"inside": HASH, "folder/inside": HASH}


def test_what_would_fill_the_memory_is_neither_record_nor_result(tmp_path):
    path = tmp_path / "toy.provenance.json"
    with path.open("wb") as file:
        file.truncate(10**12)
    assert _records.read(path) is None
    assert _records.digest(tmp_path, path.name) is None


def test_a_record_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "toy.sweep.json"
    path.write_bytes(_records.content({"name": "toy", "η": 0.5}, {"figures/é.nc": HASH}))
    assert _records.read(path) == {"name": "toy", "η": 0.5, "files": {"figures/é.nc": HASH}}


def test_only_a_file_of_the_folder_itself_has_a_hash(tmp_path):
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    for path in (folder / "figures", outside):
        path.mkdir(parents=True)
        (path / "file").write_bytes(b"content")
    (folder / "link").symlink_to(outside)
    assert _records.digest(folder, "figures/file") == HASH
    for name in ("link/file", "figures", "missing", "figures/file/x", "\0", "\ud800", "x" * 300):
        assert _records.digest(folder, name) is None
