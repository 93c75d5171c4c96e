"""Perturbations of the catalogue, with a small list of words and small lexicons."""

from __future__ import annotations

from pathlib import Path

import pytest

from toy_noise import Make, maker, write_lists


@pytest.fixture(scope="session")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lists(tmp_path_factory.mktemp("lists"))


@pytest.fixture(scope="session")
def make(lists: Path) -> Make:
    """A perturbation by its name."""
    return maker(lists)
