"""What the end-to-end tests share: a tiny encoder, built once, and a fresh study for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy
from tiny_study import encoder as build_encoder


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


@pytest.fixture
def study(tmp_path: Path, encoder: Path) -> Callable[..., TinyStudy]:
    """Makes a study in the test's folder; keyword arguments replace keys of the study file."""

    def make(name: str = "study", **changes: Any) -> TinyStudy:
        return TinyStudy(folder=tmp_path / name, encoder=encoder, changes=changes)

    return make


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the machine, and no network by accident."""
    for name in ("XSTILTS_DATA", "XSTILTS_STORE", "XSTILTS_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
