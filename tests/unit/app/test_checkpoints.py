"""Checkpoints that are given by folder: what is damaged in one is named before anything is loaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import toy_kinds
from toy_tokenizers import of_characters
from xstilts.app.checkpoints import checkpoint_folder
from xstilts.core.errors import XstiltsError
from xstilts.pipeline.options import Options


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return toy_kinds.checkpoint(tmp_path)


def test_a_whole_one_is_found(folder: Path) -> None:
    assert checkpoint_folder(str(folder), Options(store=folder.parent / "store")) == folder


def fewer_blocks(folder: Path) -> None:
    path = folder / "encoder" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "num_hidden_layers": 2}))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: of_characters(folder / "encoder", 400), "of another encoder"),
        (fewer_blocks, "more blocks"),
        (lambda folder: (folder / "parts.json").write_text('{"weights": "all"}'), "should name the `weights`"),
        (lambda folder: (folder / "parts.json").write_text("[]"), "should name the `weights`"),
        (lambda folder: (folder / "adapter.json").write_text('{"base": []}'), "`base`"),
        (
            lambda folder: (folder / "adapter.json").write_text(
                '{"base": {"fingerprint": "x", "place": "encoder"}, '
                '"adapters": [{"method": "lora", "settings": {}, "file": "../../evil"}]}'
            ),
            "`base`",
        ),
    ],
)
def test_what_is_damaged_is_named(damage: Callable[[Path], object], said: str, folder: Path) -> None:
    damage(folder)
    with pytest.raises(XstiltsError) as refusal:
        checkpoint_folder(str(folder), Options(store=folder.parent / "store"))
    assert said in str(refusal.value) and str(folder) in str(refusal.value)
