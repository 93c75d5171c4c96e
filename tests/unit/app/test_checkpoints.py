"""Checkpoints that are given by folder: what is damaged in one is named before anything is loaded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import toy_kinds
from toy_tokenizers import of_characters
from xstilts.app.checkpoints import checkpoint_folder
from xstilts.core.errors import EncoderError, XstiltsError
from xstilts.engine.artefact import sealed
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


def test_the_beginning_of_a_key_is_enough_where_it_is_of_one(folder: Path) -> None:
    store = folder.parent / "store"
    for identity in ("01e3abe27817ca957e21", "01ffabe27817ca957e21"):
        key = f"train-{identity}"
        shutil.copytree(folder, store / "steps" / key)
        (store / "steps" / key / "done.json").write_text(json.dumps(sealed({"key": key, "name": "train"})))
    options = Options(store=store)
    for written in ("train-01e3", "01e3abe2"):
        assert checkpoint_folder(written, options).name == "train-01e3abe27817ca957e21"
    with pytest.raises(EncoderError, match="any of 2 steps"):
        checkpoint_folder("train-01", options)
    with pytest.raises(EncoderError, match="Allowed: train-01e3abe2, train-01ffabe2"):
        checkpoint_folder("train-77", options)
    with pytest.raises(EncoderError, match="neither a checkpoint folder nor a training step"):
        checkpoint_folder("train", options)
