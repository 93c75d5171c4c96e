"""The start of pretraining: translations that were never aligned word by word already lie near one another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForMaskedLM

from toy_corpus import parallel
from xstilts.pretrain.corpus import Bundle, CorpusData
from xstilts.pretrain.recipe import EncoderShape
from xstilts.pretrain.start import build_start, unit_vectors
from xstilts.pretrain.tokenizer import learn_tokenizer, save_tokenizer

SHAPE = EncoderShape(layers=1, width=48, embedding=40, heads=2, feedforward=64, positions=40)


def start(folder: Path, sentences: int, shape: EncoderShape = SHAPE) -> Path:
    lines = parallel(sentences)
    corpus = CorpusData(texts={}, parallel=[Bundle(name="p", lines=lines)], lexicon={"th": []})
    tokenizer = learn_tokenizer(lines, 400)
    build_start(corpus, tokenizer, shape, seed=1, out=folder)
    save_tokenizer(tokenizer, folder, shape.positions)
    return folder


def sentence_vectors(folder: Path, lines: list[str]) -> torch.Tensor:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = AutoModelForMaskedLM.from_pretrained(folder).eval()
    with torch.inference_mode():
        ids = [torch.tensor([tokenizer.encode(line).ids]) for line in lines]
        states = [model(one, output_hidden_states=True).hidden_states[0][0, 1:-1].mean(0) for one in ids]
    return torch.nn.functional.normalize(torch.stack(states), dim=1)


def found(folder: Path) -> float:
    a, b = (sentence_vectors(folder, parallel(60, seed=1)[language]) for language in ("en", "th"))
    return float(((a @ b.T).argmax(1) == torch.arange(60)).float().mean())


def test_unseen_translations_find_each_other(tmp_path: Path) -> None:
    assert found(start(tmp_path / "vectors", 300)) > 0.5
    shape = EncoderShape(**{**vars(SHAPE), "vectors": False})
    assert found(start(tmp_path / "random", 300, shape)) < 0.2


def test_the_same_text_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        start(tmp_path / name, 80)
    for file in ("model.safetensors", "tokenizer.json", "config.json", "tokenizer_config.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_vectors_are_unit_long_and_zero_where_nothing_was_seen() -> None:
    sentence, token = np.array([0, 0, 1, 1, 2, 2, 3]), np.array([0, 1, 0, 2, 1, 2, 3])
    vectors = unit_vectors([(sentence, token)], vocabulary=6, size=4)
    lengths = np.linalg.norm(vectors, axis=1)
    assert vectors.shape == (6, 4) and np.allclose(lengths[:3], 1, atol=1e-5) and not lengths[4:].any()
