from __future__ import annotations

import errno
import gzip
import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import DataError, StoreError
from xstilts.core.files import (
    file_fingerprint,
    open_text,
    read_json,
    write_atomic,
    write_json,
)

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def _old(path: Path, seconds: int = 100) -> Path:
    stamp = path.stat().st_mtime - seconds
    os.utime(path, (stamp, stamp))
    return path


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
    ("number", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "writing is not allowed here")]
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


def test_fingerprint_is_sha256_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert file_fingerprint(tmp_path / "a") == EMPTY
    with pytest.raises(DataError, match="cannot be read"):
        file_fingerprint(tmp_path / "b")


def test_a_known_file_is_not_read_again_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, cache = tmp_path / "a", tmp_path / "cache" / "files.json"
    path.write_bytes(b"one")
    first = file_fingerprint(_old(path), cache)
    reads: list[Path] = []
    opened = Path.open

    def counted(name: Path, *args: Any, **kwargs: Any) -> Any:
        if name == path:
            reads.append(path)
        return opened(name, *args, **kwargs)

    monkeypatch.setattr(Path, "open", counted)
    assert file_fingerprint(path, cache) == first and reads == []
    path.write_bytes(b"two")
    reads.clear()
    assert file_fingerprint(_old(path, 50), cache) != first and reads
    assert set(json.loads(cache.read_text())) == {str(path.resolve())}


def test_a_file_written_this_second_is_not_trusted_to_the_cache(tmp_path: Path) -> None:
    path, cache = tmp_path / "a", tmp_path / "files.json"
    path.write_bytes(b"one")
    file_fingerprint(path, cache)
    assert not cache.exists()


@pytest.mark.parametrize("junk", [b"", b"{oops", b"[1]", b"\xff"])
def test_a_spoilt_cache_is_replaced(tmp_path: Path, junk: bytes) -> None:
    path, cache = tmp_path / "a", tmp_path / "files.json"
    path.write_bytes(b"")
    cache.write_bytes(junk)
    assert file_fingerprint(_old(path), cache) == EMPTY
    assert len(json.loads(cache.read_text())) == 1


def test_a_cache_that_cannot_be_written_costs_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"")
    _old(tmp_path / "a")
    monkeypatch.setattr(os, "replace", _refuse(errno.ENOSPC))
    assert file_fingerprint(tmp_path / "a", tmp_path / "files.json") == EMPTY


def _fingerprint_all(folder: Path, names: list[str]) -> None:
    for name in names:
        file_fingerprint(folder / name, folder / "cache" / "files.json")


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    names = [f"f{i}" for i in range(20)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
        _old(tmp_path / name)
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=_fingerprint_all, args=(tmp_path, part)) for part in (names[:10], names[10:])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(json.loads((tmp_path / "cache" / "files.json").read_text())) == 20
