"""A full disk is called one, whichever library met it: what it says, where, how much is free, what to do."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors import SafetensorError

from xstilts.core.errors import DataError, StoreError, XstiltsError
from xstilts.core.io_errors import writing

SAID = "the disk is full (No space left on device; "


def plain() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def quota() -> None:
    raise OSError(errno.EDQUOT, "Disk quota exceeded")


def safetensors() -> None:
    raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


def tokenizers() -> None:
    raise Exception("No space left on device (os error 28)")


def arrow() -> None:
    raise OSError("[Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device")


def raised_from() -> None:
    try:
        plain()
    except OSError as error:
        raise ValueError("the file is not closed") from error


def raised_meanwhile() -> None:
    try:
        plain()
    finally:
        raise RuntimeError("unexpected position 576 instead of 534")


def explained_otherwise() -> None:
    try:
        plain()
    except OSError as error:
        raise DataError("the tokenizer cannot be made") from error


@pytest.mark.parametrize(
    "fill", [plain, quota, safetensors, tokenizers, arrow, raised_from, raised_meanwhile, explained_otherwise]
)
def test_a_full_disk_is_told_by_its_number(tmp_path: Path, fill: Callable[[], None]) -> None:
    path = tmp_path / "not made yet" / "a.safetensors"
    with pytest.raises(StoreError) as caught, writing(path):
        fill()
    said = str(caught.value)
    assert said.startswith(f"{path}: the disk is full (") and " MB are free). Nothing already done is lost" in said
    assert ("quota" in said) == (fill is quota) and "store gc" in said and "\n" not in said
    free = float(said.partition("; ")[2].partition(" MB")[0].replace(",", ""))
    assert free == pytest.approx(shutil.disk_usage(tmp_path).free / 1e6, rel=0.5, abs=100)


def test_of_a_copy_the_new_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"^/b/new: the disk is full"), writing(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device", "/a/old", None, "/b/new")


def test_a_disk_without_room_for_names_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = list(os.statvfs(tmp_path))
    values[5:8] = 1000, 0, 0  # files: in all, free, free for users
    monkeypatch.setattr(os, "statvfs", lambda folder: os.statvfs_result(values))
    with pytest.raises(StoreError, match="no more files can be made, whatever their size"), writing(tmp_path):
        plain()


@pytest.mark.parametrize(
    "error",
    [
        ValueError("of 28 rows, 3 differ"),
        SafetensorError("Error while deserializing header: header too large"),
        SafetensorError("I/O error: No such file or directory (os error 2)"),
        DataError("a row says (os error 28)"),
        ValueError("a row says (os error 28)"),
        KeyError("errno 28"),
        UnicodeDecodeError("utf-8", b"x", 0, 1, "errno 28"),
        StoreError("the file cannot be read"),
        OSError(errno.ELOOP, "Too many levels of symbolic links"),
    ],
)
def test_other_errors_stay_what_they_are(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)) as caught, writing(tmp_path):
        raise error
    assert caught.value is error


def test_a_full_disk_that_was_dealt_with_is_not_told(tmp_path: Path) -> None:
    def otherwise() -> None:
        try:
            plain()
        except OSError:
            raise ValueError("the second disk is not there either") from None

    with pytest.raises(ValueError, match="the second disk"), writing(tmp_path):
        otherwise()


def test_the_innermost_place_is_the_one_that_is_named(tmp_path: Path) -> None:
    with pytest.raises(XstiltsError, match="inner: the disk"), writing(tmp_path / "outer"), writing(tmp_path / "inner"):
        plain()


def test_what_no_command_expected_ends_as_a_full_disk_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from xstilts.cli import main
    from xstilts.study import load

    monkeypatch.setattr(load, "find_study", lambda *arguments: safetensors())
    assert main(["plan", "quickstart"]) == 2
    assert "the disk is full" in (said := " ".join(capsys.readouterr().err.split())) and "defect" not in said


WRITERS = """
import io, shutil, sys, tarfile
from pathlib import Path
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from safetensors.numpy import save_file as save_arrays
from tokenizers import Tokenizer, models
from xstilts.core.errors import StoreError
from xstilts.core.files import write_json
from xstilts.core.io_errors import writing

disk, big = Path(sys.argv[1]), np.random.default_rng(0).random(500_000)
(source := disk.with_name("big")).write_bytes(big.tobytes())
table = pa.table({"x": big})

def arrow(path):
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)

def tar(path):
    with tarfile.open(path, "w") as out:
        out.add(source)

for write in (
    lambda path: save_arrays({"x": big}, path),
    lambda path: pq.write_table(table, path),
    arrow,
    tar,
    lambda path: Tokenizer(models.WordLevel({str(i) * 20: i for i in range(50_000)}, unk_token="0")).save(str(path)),
    lambda path: shutil.copyfile(source, path),
    lambda path: write_json(path, list(big)),
    lambda path: path.write_text("x" * 4_000_000),
):
    for left in disk.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    try:
        with writing(disk / "file"):
            write(disk / "file")
        print("nothing was raised")
    except StoreError as error:
        print(error)
"""


def test_real_libraries_on_a_disk_of_one_megabyte(tmp_path: Path) -> None:
    """In a mount namespace of its own, which ends with the process."""
    disk, script = tmp_path / "disk", tmp_path / "writers.py"
    disk.mkdir()
    script.write_text(WRITERS, "utf-8")
    mount = f"mount -t tmpfs -o size=1m tmpfs '{disk}' || exit 77; '{sys.executable}' '{script}' '{disk}'"
    namespace = ["unshare", "--mount", *(["--user", "--map-root-user"] if os.getuid() else []), "sh", "-c", mount]
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare here")
    done = subprocess.run(namespace, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode == 77 or done.stderr.startswith("unshare"):
        pytest.skip("no disk can be mounted here")
    lines = done.stdout.splitlines()
    assert len(lines) == 8, done.stdout + done.stderr
    assert all(SAID in line and line.startswith(str(disk)) for line in lines), done.stdout
