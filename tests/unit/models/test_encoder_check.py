"""Encoder folders are checked from small files and headers: what is whole passes, and what is not is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from fake_hub import COMMIT, Server
from tiny_encoders import VOCABULARY, published
from toy_tokenizers import of_characters
from toy_translators import marian
from xstilts.core.errors import EncoderError
from xstilts.data.locate import Roots
from xstilts.models import encoder_check
from xstilts.models.encoder_check import check_encoder, check_once
from xstilts.models.encoders import find_encoder
from xstilts.models.translators import find_translator
from xstilts.nn.encoder import Encoder

NAMES = (
    "xlm-roberta", "roberta", "camembert", "bert", "electra", "modernbert", "eurobert", "distilbert", "deberta-v2",
    "mpnet", "rembert",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("whole"), "xlm-roberta")


def made(folder: Path, name: str) -> Path:
    published(folder, name)
    of_characters(folder, VOCABULARY)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "encoder"))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_published_whole_passes(name: str, tmp_path: Path) -> None:
    check_encoder(made(tmp_path, name))


def test_positions_that_a_class_does_not_use_may_be_any(tmp_path: Path) -> None:
    published(tmp_path, "modernbert")
    of_characters(tmp_path, VOCABULARY)
    configure(max_position_embeddings=-1)(tmp_path)
    check_encoder(tmp_path)


def test_shards_and_the_names_of_the_first_checkpoints_pass(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    old = {name.replace("LayerNorm.weight", "LayerNorm.gamma"): tensor for name, tensor in tensors.items()}
    shard(folder, old)
    check_encoder(folder)
    Encoder.load(folder)


def shard(folder: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Write the weights in two files with an index."""
    (folder / "model.safetensors").unlink()
    names = sorted(tensors)
    parts = {"model-1-of-2.safetensors": names[::2], "model-2-of-2.safetensors": names[1::2]}
    for file, held in parts.items():
        save_file({name: tensors[name] for name in held}, folder / file)
    index = {name: file for file, held in parts.items() for name in held}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))


def configure(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return change


def weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def rewrite(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        change(tensors)
        save_file(tensors, folder / "model.safetensors")

    return rewrite


def without_a_shard(folder: Path) -> None:
    shard(folder, load_file(folder / "model.safetensors"))
    (folder / "model-2-of-2.safetensors").unlink()


def shard_of_others(folder: Path) -> None:
    shard(folder, load_file(folder / "model.safetensors"))
    shutil.copyfile(folder / "model-1-of-2.safetensors", folder / "model-2-of-2.safetensors")


QUERY = "roberta.encoder.layer.1.attention.self.query.weight"
DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "width": (configure(hidden_size=36), "config.json needs"),
    "feed-forward": (configure(intermediate_size=44), "config.json needs 44"),
    "positions": (configure(max_position_embeddings=128), "config.json needs 128x32"),
    "no positions": (configure(max_position_embeddings=-1), "config.json"),
    "fewer blocks": (configure(num_hidden_layers=2), "more blocks than config.json says, 'roberta.encoder.layer.2"),
    "more blocks": (configure(num_hidden_layers=4), "the weights lack 16 tensors"),
    "heads": (configure(num_attention_heads=5), "5, which does not divide `hidden_size` 32"),
    "no such activation": (configure(hidden_act="gelatine"), "gelatine"),
    "padding": (configure(pad_token_id=500), "config.json"),
    "no text": (configure(hidden_act=7), "config.json"),
    "another class": (configure(model_type="bert"), "lack"),
    "lost": (weights(lambda tensors: tensors.pop(QUERY)), "lack 1 tensors of a 'xlm-roberta' encoder, 'encoder."),
    "turned": (weights(lambda tensors: tensors.update({QUERY: torch.ones(32, 31)})), "is 32x31; config.json needs"),
    "whole numbers": (
        weights(lambda tensors: tensors.update({QUERY: torch.ones(32, 32, dtype=torch.int8)})), "of type I8, and"
    ),
    "a shard": (without_a_shard, "'model-2-of-2.safetensors' is not there"),
    "the other shard": (shard_of_others, "'model-2-of-2.safetensors' does not hold the tensor"),
    "an adapter": (lambda folder: (folder / "adapter_config.json").write_text("{}"), "adapter"),
    "larger tokenizer": (lambda folder: of_characters(folder, VOCABULARY + 1), "its token 97 is"),
    "handful of pieces": (lambda folder: of_characters(folder, 40), "40 pieces for an encoder of 97 token vectors"),
    "no special tokens": (lambda folder: of_characters(folder, VOCABULARY, frame=False), "no special tokens"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_not_whole_is_named(name: str, folder: Path) -> None:
    damage, said = DAMAGES[name]
    damage(folder)
    with pytest.raises(EncoderError) as refusal:
        find_encoder(str(folder), Roots(store=folder.parent / "store"), {})
    assert said in str(refusal.value) and str(folder) in str(refusal.value)


def test_no_weight_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the file is replaced by a hole: only its length counts."""
    path = folder / "model.safetensors"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(size // 2)
        file.truncate(size)
    check_encoder(folder)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were checked."""
    found: list[Path] = []
    monkeypatch.setattr(encoder_check, "check_encoder", found.append)
    return found


def test_what_passed_is_not_checked_again(folder: Path, tmp_path: Path, checked: list[Path]) -> None:
    for identity in ("a", "a", "b"):
        check_once(folder, identity, tmp_path)
    assert checked == [folder, folder]
    (tmp_path / "cache" / "encoders.json").write_text("[]")
    check_once(folder, "a", tmp_path)
    assert len(checked) == 3


def test_other_versions_check_again(
    folder: Path, tmp_path: Path, checked: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    check_once(folder, "a", tmp_path)
    monkeypatch.setattr(encoder_check, "library_versions", lambda: {"transformers": "9.0.0"})
    for _ in range(2):
        check_once(folder, "a", tmp_path)
    monkeypatch.setattr(encoder_check, "VERSION", encoder_check.VERSION + 1)
    check_once(folder, "a", tmp_path)
    assert len(checked) == 3


def test_what_became_an_adapter_is_refused_though_it_passed(folder: Path, tmp_path: Path) -> None:
    assert find_encoder(str(folder), Roots(store=tmp_path), {}).folder == folder
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(EncoderError, match="adapter for another model"):
        find_encoder(str(folder), Roots(store=tmp_path), {})


def test_what_did_not_pass_is_checked_again(folder: Path, tmp_path: Path) -> None:
    of_characters(folder, 40)
    for _ in range(2):
        with pytest.raises(EncoderError):
            check_once(folder, "a", tmp_path)


def test_what_is_fetched_is_checked_once(
    folder: Path, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    server.model = {(COMMIT, path.name): path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(encoder_check, "check_encoder", lambda folder: pytest.fail("checked once more"))
    find_encoder("o/n", Roots(store=tmp_path / "store"), {}, fetch=lambda text: None)


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_cut_translation_model_is_named(file: str, tmp_path: Path) -> None:
    folder = marian(tmp_path / "model")
    assert find_translator(str(folder), Roots(store=tmp_path / "store")).folder == folder
    (folder / file).write_bytes((folder / file).read_bytes()[:-3])
    with pytest.raises(EncoderError, match=file):
        find_translator(str(folder), Roots(store=tmp_path / "store"))
