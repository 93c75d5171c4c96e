from __future__ import annotations

import errno
import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import DataError, StoreError
from xstilts.core.files import open_text, read_json, write_atomic, write_json


def _handles() -> int:
    listing = Path("/proc/self/fd")
    return len(list(listing.iterdir())) if listing.exists() else 0


def _refuse(number: int) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise OSError(number, os.strerror(number), str(args[0]))

    return call


def test_write_makes_folders_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    write_atomic(path, "größe\n")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("place", ["replace", "fsync"])
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "writing is not allowed here"),
        (errno.EIO, "the disk, or the way to it, broke"),
        (errno.ESTALE, "the disk, or the way to it, broke"),
    ],
)
def test_a_failing_disk_is_one_paragraph_and_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, number: int, words: str
) -> None:
    path = tmp_path / "a.txt"
    write_atomic(path, "old")
    monkeypatch.setattr(os, place, _refuse(number))
    with pytest.raises(StoreError, match=words) as caught:
        write_atomic(path, "new")
    monkeypatch.undo()
    assert "\n" not in str(caught.value) and caught.value.where and caught.value.hint
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="each other's place"):
        write_atomic(tmp_path / "folder", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_json_round_trip_and_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"é": [1, 2.5, None]})
    assert read_json(path) == {"é": [1, 2.5, None]}
    with pytest.raises(ValueError, match="Out of range"):
        write_json(path, float("nan"))
    assert read_json(path) == {"é": [1, 2.5, None]}
    path.write_text('{"a":\n oops}')
    with pytest.raises(StoreError, match=r"a\.json:2: this is not JSON"):
        read_json(path)
    with pytest.raises(StoreError, match="no such file"):
        read_json(tmp_path / "b.json")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(StoreError, match="UTF-8"):
        read_json(path)


def test_open_text_tells_gzip_by_content_and_keeps_newlines(tmp_path: Path) -> None:
    text = "ä\r\nb\u2028c\n"
    plain, packed = tmp_path / "plain.gz", tmp_path / "packed.txt"
    plain.write_bytes(text.encode())
    packed.write_bytes(gzip.compress(text.encode()))
    for path in (plain, packed):
        with open_text(path) as lines:
            assert lines.read() == text
        with open_text(path) as lines:
            assert list(lines) == ["ä\r\n", "b\u2028c\n"]
    (tmp_path / "empty").write_bytes(b"")
    with open_text(tmp_path / "empty") as lines:
        assert lines.read() == ""


def test_open_text_closes_the_file_under_gzip(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"x\n" * 10))
    before = _handles()
    for _ in range(5):
        with open_text(path) as lines:
            next(lines)
    after = _handles()
    assert after == before


def test_open_text_of_a_missing_file_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.tsv: there is no such file"):
        open_text(tmp_path / "gone.tsv")
    with pytest.raises(DataError, match="this is a folder, not a file"):
        open_text(tmp_path)
