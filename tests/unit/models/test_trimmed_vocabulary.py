"""Trimmed vocabularies: the same pieces give the same states, special tokens stay what they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import toy_training
from xstilts.core.errors import DataError, EncoderError
from xstilts.heads.own_head import load_own_head
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.tokenizers import load_tokenizer, specials
from xstilts.models.trimmed_vocabulary import special_ids, trim_encoder, trim_tokenizer
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.pretrain.pieces import choose_pieces, count_pieces

LINES = {"en": ["the sunny day", "a rainy day"], "xx": ["THE DAY"]}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_training.encoder_folder(tmp_path_factory.mktemp("whole"))


def read(folder: Path) -> dict:
    return json.loads((folder / "tokenizer.json").read_text("utf-8"))


def states(folder: Path, text: str) -> torch.Tensor:
    ids = load_tokenizer(folder).encode(text).ids
    batch = Batch(
        ids_T=torch.tensor(ids), segments_T=torch.zeros(len(ids), dtype=torch.long), lengths_N=torch.tensor([len(ids)]),
        sequences_R=[1], examples_R=[0],
    )  # fmt: skip
    with torch.no_grad():
        return Encoder.load(folder).eval()(batch).last_TD


def trimmed(whole: Path, out: Path, size: int) -> Path:
    tokenizer = load_tokenizer(whole)
    counts = count_pieces(tokenizer, LINES, 100, {})
    trim_encoder(whole, choose_pieces(tokenizer, counts, special_ids(read(whole)), size), out)
    return out


def test_a_text_of_kept_pieces_has_the_states_it_had(whole: Path, tmp_path: Path):
    size = load_tokenizer(whole).get_vocab_size()
    small = trimmed(whole, tmp_path / "small", size)
    assert load_tokenizer(small).get_vocab_size() < size
    for text in ("the sunny day", "THE DAY", "a rainy day"):
        assert load_tokenizer(small).encode(text).tokens == load_tokenizer(whole).encode(text).tokens
        torch.testing.assert_close(states(small, text), states(whole, text))


def test_the_language_model_scores_kept_pieces_as_it_did(whole: Path, tmp_path: Path):
    tensors = load_file(whole / "model.safetensors")
    tensors["lm_head.bias"] = torch.randn(len(tensors["lm_head.bias"]))
    biased = shutil.copytree(whole, tmp_path / "biased")
    save_file(tensors, biased / "model.safetensors", metadata={"format": "pt"})
    small = trimmed(biased, tmp_path / "small", load_tokenizer(biased).get_vocab_size())
    pieces = [load_tokenizer(biased).token_to_id(piece) for piece in pieces_of(small)]
    torch.testing.assert_close(scores(small, "the sunny day"), scores(biased, "the sunny day")[:, pieces])


def pieces_of(folder: Path) -> list[str]:
    tokenizer = load_tokenizer(folder)
    return [tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())]


def scores(folder: Path, text: str) -> torch.Tensor:
    head = load_own_head(MaskedLM(), Encoder.load(folder))
    assert head is not None, "it is the encoder's own, nothing of it is new"
    with torch.no_grad():
        return head.eval().get_submodule("part").tokens(states(folder, text))


def test_special_tokens_keep_their_roles(whole: Path, tmp_path: Path):
    small = trimmed(whole, tmp_path / "small", 60)
    before, after = specials(load_tokenizer(whole)), specials(load_tokenizer(small))
    for role in ("cls", "sep", "pad", "mask", "unk"):
        old, new = getattr(before, role), getattr(after, role)
        assert load_tokenizer(whole).id_to_token(old) == load_tokenizer(small).id_to_token(new)
    config = json.loads((small / "config.json").read_text("utf-8"))
    assert config["pad_token_id"] == after.pad
    assert config["vocab_size"] == load_tokenizer(small).get_vocab_size()


def test_what_is_no_piece_any_more_is_cut_into_pieces_that_are(whole: Path, tmp_path: Path):
    kept = trimmed(whole, tmp_path / "small", 60)
    unknown = specials(load_tokenizer(kept)).unk
    pieces = load_tokenizer(kept).encode("the sunny day", add_special_tokens=False)
    assert len(pieces.ids) >= len(load_tokenizer(whole).encode("the sunny day", add_special_tokens=False).ids)
    assert unknown not in pieces.ids


def test_languages_count_alike_and_weights_count(whole: Path):
    tokenizer = load_tokenizer(whole)
    many = {"en": ["the sunny day"] * 50, "xx": ["THE DAY"]}
    counts = count_pieces(tokenizer, many, 100, {})
    once = count_pieces(tokenizer, {**many, "en": ["the sunny day"]}, 100, {})
    np.testing.assert_allclose(counts, once)
    assert counts.sum() == pytest.approx(2.0)
    assert count_pieces(tokenizer, many, 100, {"xx": 3}).sum() == pytest.approx(4.0)


def test_too_few_pieces_for_the_characters(whole: Path):
    tokenizer = load_tokenizer(whole)
    with pytest.raises(DataError, match="fewer than the"):
        choose_pieces(tokenizer, count_pieces(tokenizer, LINES, 100, {}), special_ids(read(whole)), 8)


def test_other_tokenizers_are_refused():
    with pytest.raises(EncoderError, match="'WordPiece' tokenizer cannot be trimmed"):
        trim_tokenizer({"model": {"type": "WordPiece", "vocab": {}}}, [0])
