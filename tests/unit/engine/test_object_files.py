"""Objects by URL: answers, refusals, and answers that do not come."""

from __future__ import annotations

import errno
import os
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import StoreError
from xstilts.engine.remote import object_files
from xstilts.engine.remote.object_files import ObjectFiles, UnreachableError, check_url, patience_seconds
from xstilts.pipeline.options import check_store, default_store, store_folder


@pytest.fixture(params=["memory", "file"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectFiles:
    place = f"memory://{uuid.uuid4().hex}" if request.param == "memory" else f"file://{tmp_path}/bucket"
    return ObjectFiles(place, patience=0.0, down=tmp_path / "down")


def test_objects_are_written_read_listed_and_deleted(files: ObjectFiles, tmp_path: Path) -> None:
    assert files.read("a/b") is None and files.find("a/") == {}
    files.write("a/b", b"one")
    files.write("a/b", b"two")
    (tmp_path / "here").write_bytes(b"file")
    files.upload(tmp_path / "here", "a/c/d")
    found = files.find("a/")
    assert {name: info.size for name, info in found.items()} == {"a/b": 3, "a/c/d": 4}
    assert all(abs(info.modified - time.time()) < 100 for info in found.values())
    files.download("a/c/d", tmp_path / "there")
    assert (files.read("a/b"), (tmp_path / "there").read_bytes()) == (b"two", b"file")
    files.delete("a/b")
    files.delete("a/b")
    assert set(files.find("a/")) == {"a/c/d"}
    with pytest.raises(FileNotFoundError):
        files.download("a/b", tmp_path / "there")


def test_an_object_is_created_once(files: ObjectFiles) -> None:
    assert files.create("x", b"mine") and not files.create("x", b"yours") and files.create("x", b"mine")
    assert files.read("x") == b"mine"


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("how", ["the service says so", "its package is not known"])
def test_where_a_service_cannot_refuse_the_object_is_read_after_it_was_written(
    files: ObjectFiles, monkeypatch: pytest.MonkeyPatch, how: str, late: bool
) -> None:
    put = files._system.pipe_file
    if how == "its package is not known":
        monkeypatch.setattr(object_files, "_CONDITIONAL", ())

    def write(path: str, content: bytes, **more: Any) -> None:
        if more:
            cause = Exception()
            cause.response = {"Error": {"Code": "NotImplemented"}}  # type: ignore[attr-defined]
            raise OSError(errno.ENOSYS, "Not Implemented") from cause
        put(path, content)
        if late:  # another writes in the same moment
            put(path, b"yours")

    monkeypatch.setattr(files._system, "pipe_file", write)
    assert files.create("x", b"mine") is not late
    assert not files.create("x", b"third") and files.read("x") == (b"yours" if late else b"mine")


def _failing(files: ObjectFiles, patch: pytest.MonkeyPatch, errors: list[Exception]) -> list[Exception]:
    cat = files._system.cat_file

    def answer(path: str) -> bytes:
        if errors:
            raise errors.pop(0)
        return bytes(cat(path))

    patch.setattr(files._system, "cat_file", answer)
    return errors


def test_an_answer_that_does_not_come_is_asked_for_again(files: ObjectFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_files, "_FIRST", 0.001)
    files.write("x", b"1")
    files.patience = 5.0
    errors = _failing(files, monkeypatch, [TimeoutError(), ConnectionResetError(), OSError(errno.EIO, "busy")])
    assert files.read("x") == b"1" and errors == []


def test_after_waiting_in_vain_others_on_the_machine_ask_once(
    files: ObjectFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write("x", b"1")
    _failing(files, monkeypatch, [TimeoutError("slow")] * 2)
    with pytest.raises(UnreachableError, match=r"the store does not answer \(slow\)"):
        files.read("x")
    slept: list[float] = []
    monkeypatch.setattr(object_files.time, "sleep", slept.append)
    files.patience = 60.0
    with pytest.raises(UnreachableError):
        files.read("x")
    assert slept == [0.0] and files.read("x") == b"1"
    os.utime(files._down, (0, 0))
    assert not files._was_down()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError("Forbidden"), "the service refuses it (Forbidden)"),
        (type("NoCredentialsError", (Exception,), {})("none"), "no credentials were found (none)"),
        (ValueError("what"), "the store cannot be read (what)"),
    ],
)
def test_a_refusal_is_told_at_once(
    files: ObjectFiles, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    files.patience = 60.0
    _failing(files, monkeypatch, [error])
    with pytest.raises(StoreError) as told:
        files.read("x")
    assert said in str(told.value) and files.url in str(told.value) and type(told.value) is StoreError


def test_a_full_disk_is_no_fault_of_the_service(
    files: ObjectFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "x"))

    monkeypatch.setattr(files._system, "get_file", full)
    files.patience = 60.0
    with pytest.raises(StoreError, match="the disk is full"):
        files.download("x", tmp_path / "x")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s4://bucket", "there is no kind of store 's4://'. Did you mean 's3'?"),
        ("s3://", "names no bucket"),
        ("s3://user:secret@host/x", "must not have a password in it"),
    ],
)
def test_urls_that_can_be_none(url: str, said: str) -> None:
    with pytest.raises(StoreError) as told:
        check_url(url)
    assert said in str(told.value) and "secret" not in str(told.value)


def test_an_extra_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(protocol: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.get_filesystem_class", missing)
    with pytest.raises(StoreError, match=r"pip install 'xstilts\[remote\]'"):
        check_url("s3://bucket/x")


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_patience_that_is_no_number(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("XSTILTS_STORE_PATIENCE", text)
    with pytest.raises(StoreError, match="number of seconds"):
        patience_seconds()
    monkeypatch.setenv("XSTILTS_STORE_PATIENCE", "1.5")
    assert patience_seconds() == 1.5


def test_a_url_is_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XSTILTS_STORE_CACHE", str(tmp_path))
    folder = store_folder("memory://bucket/a/b/")
    assert folder.parent == tmp_path and folder == store_folder("memory://bucket/a/b")
    assert folder != store_folder("memory://bucket/a-b") and folder.name.startswith("bucket-a-b-")
    assert store_folder("plain/folder") == Path("plain/folder")
    monkeypatch.setenv("XSTILTS_STORE", "memory://bucket/a/b")
    assert default_store() == folder
    with pytest.raises(StoreError, match="store_folder"):
        check_store(Path("s3://bucket/a"))
