"""Fixtures every test may use. Real files are optional: tests that need them skip where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


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
