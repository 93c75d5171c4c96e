"""Fixtures every test may use. Real files are optional: tests that need them skip where they are not."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from fake_hub import Server
from xstilts.pipeline import precision

# A busy machine makes examples slowly, which says nothing of the code.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Tests are named by texts and numbers, never by bytes: a packed file holds the second it was packed in, and
    two processes that collect in different seconds would hold different tests."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests begin first, so that no worker ends with one while the other has nothing left to do."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session", autouse=True)
def heard_interrupts() -> None:
    """Ctrl-C is heard where the tests run in the background too: a shell lets such a job ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def unsynced_files() -> Iterator[None]:
    """Files are written and renamed as ever, but nobody waits until they are on the disk: that is for a machine which
    loses power, and took the third part of a small study's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real public data beside the checkout."""
    folder = SHARED / "data"
    if not (folder / "FORMATS.md").exists():
        pytest.skip("no real data beside the checkout (../shared/data)")
    return folder


@pytest.fixture(scope="session")
def shared_golden() -> Path:
    """The folder with the official evaluators' outputs beside the checkout."""
    folder = SHARED / "golden"
    if not (folder / "README.md").exists():
        pytest.skip("no golden cases beside the checkout (../shared/golden)")
    return folder


@pytest.fixture(autouse=True)
def plain_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """`precision: auto` is fp32 on every machine that runs the tests: what they compare depends on it."""
    monkeypatch.setattr(precision, "this_processor", precision.Processor)
    monkeypatch.setattr(precision, "_NVIDIA", Path("/no/such/driver"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A hub of our own on the loopback; nobody is told where it is."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    for name in ("HF_ENDPOINT", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    here = Server()
    yield here
    here.http.shutdown()
    here.http.server_close()


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Writes a file into a folder of this test, as it is given."""

    def write(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write
