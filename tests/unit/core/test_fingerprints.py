"""Fingerprints are the content: a file that is another one is read again, however much it looks like the old one."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xstilts.core import fingerprints
from xstilts.core.errors import DataError
from xstilts.core.fingerprints import file_checksum, file_fingerprint

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
Digest = Callable[[Path], str]


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files may be remembered at once."""
    monkeypatch.setattr(fingerprints, "_SETTLED", -1.0)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read whole."""
    found: list[Path] = []
    whole = fingerprints._sha256
    monkeypatch.setattr(fingerprints, "_sha256", lambda path: (found.append(path), whole(path))[1])
    return found


def in_place(path: Path, content: bytes) -> None:
    """Write over a file and set its time back: only the time of change of its entry tells."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_ino == before.st_ino


def by_another(path: Path, content: bytes) -> None:
    """Put another file of the same size and time in the place, as `rsync --times` and `cp -p` do."""
    other, before = path.with_name("other"), path.stat()
    other.write_bytes(content)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)


def test_fingerprint_is_sha256_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert file_fingerprint(tmp_path / "a") == file_checksum(tmp_path / "a") == EMPTY
    with pytest.raises(DataError, match="cannot be read"):
        file_fingerprint(tmp_path / "b")


@pytest.mark.parametrize("digest", ["cached on the disk", "known in the process"])
@pytest.mark.parametrize("replace", [in_place, by_another])
def test_a_file_that_is_replaced_with_the_same_size_and_time_is_read_again(
    tmp_path: Path, settled: None, digest: str, replace: Callable[[Path, bytes], None]
) -> None:
    of: Digest = file_checksum if "process" in digest else lambda path: file_fingerprint(path, tmp_path / "files.json")
    path = tmp_path / "a"
    path.write_bytes(b"one" * 10_000)
    before, first = path.stat(), of(path)
    replace(path, b"two" * 10_000)
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert of(path) == file_fingerprint(path) != first


@pytest.mark.parametrize("size", [1, 5_000, 100_000])
@pytest.mark.parametrize("place", [0.0, 1.0])
def test_a_sample_of_bytes_is_compared_where_nothing_else_tells(
    tmp_path: Path, settled: None, monkeypatch: pytest.MonkeyPatch, size: int, place: float
) -> None:
    """What a disk changes by itself, or a machine whose clock was set back."""
    monkeypatch.setattr(fingerprints, "_stamp", lambda found: [1, 2, 3, 4])
    path, cache, content = tmp_path / "a", tmp_path / "files.json", bytearray(size)
    path.write_bytes(content)
    first = file_fingerprint(path, cache)
    content[int(place * (size - 1))] ^= 1
    path.write_bytes(content)
    assert file_fingerprint(path, cache) == file_fingerprint(path) != first


def test_all_of_a_small_file_is_its_sample(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for size in (0, 1, 4095, 4096, 4097, 12_000, 4 * 4096):
        content = bytearray(size)
        path.write_bytes(content)
        whole = fingerprints._sample(path, size)
        for place in range(0, size, 97):
            path.write_bytes(content[:place] + b"x" + content[place + 1 :])
            assert fingerprints._sample(path, size) != whole, (size, place)


def test_a_known_file_is_not_read_again_until_it_changes(tmp_path: Path, settled: None, reads: list[Path]) -> None:
    path, cache = tmp_path / "a", tmp_path / "cache" / "files.json"
    path.write_bytes(b"one")
    first = file_fingerprint(path, cache)
    assert file_fingerprint(path, cache) == first and reads == [path]
    path.write_bytes(b"two")
    assert file_fingerprint(path, cache) != first and reads == [path, path]
    assert set(json.loads(cache.read_text())) == {str(path.resolve())}


def test_a_checksum_is_known_in_the_process_once_the_file_is_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: list[Path]
) -> None:
    """Within a tick of the clock a file may change and keep its times."""
    monkeypatch.setattr(fingerprints, "_stamp", lambda found: [1, 2, 3, 4])
    path = tmp_path / "a"
    for content in (b"one", b"two"):
        path.write_bytes(content)
        assert file_checksum(path) == file_fingerprint(path)
    assert len(reads) == 4
    monkeypatch.setattr(fingerprints, "_SETTLED", -1.0)
    assert file_checksum(path) == file_checksum(path) and len(reads) == 5


def test_a_file_written_this_second_is_not_trusted_to_the_cache(tmp_path: Path) -> None:
    path, cache = tmp_path / "a", tmp_path / "files.json"
    path.write_bytes(b"one")
    os.utime(path, (0, 0))  # its time may say what it likes
    file_fingerprint(path, cache)
    assert not cache.exists()


@pytest.mark.parametrize("junk", ["", "{oops", "[1]", '{"PATH": 3}', '{"PATH": {}}', '{"PATH": [0, 0, "0000"]}'])
def test_a_spoilt_cache_is_replaced_and_one_of_an_earlier_version_too(tmp_path: Path, settled: None, junk: str) -> None:
    path, cache = tmp_path / "a", tmp_path / "files.json"
    path.write_bytes(b"")
    cache.write_text(junk.replace("PATH", str(path)))
    assert file_fingerprint(path, cache) == EMPTY
    assert json.loads(cache.read_text())[str(path)][-1] == EMPTY


def test_a_cache_that_cannot_be_written_costs_no_run(
    tmp_path: Path, settled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "a").write_bytes(b"")
    monkeypatch.setattr(os, "replace", full)
    assert file_fingerprint(tmp_path / "a", tmp_path / "files.json") == EMPTY


def _fingerprint_all(folder: Path, names: list[str]) -> None:
    for name in names:
        file_fingerprint(folder / name, folder / "cache" / "files.json")


def test_two_processes_share_a_cache(tmp_path: Path, settled: None) -> None:
    names = [f"f{i}" for i in range(20)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=_fingerprint_all, args=(tmp_path, part)) for part in (names[:10], names[10:])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(json.loads((tmp_path / "cache" / "files.json").read_text())) == 20
