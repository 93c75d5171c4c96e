"""Token vectors: translations that were never aligned word by word end up near one another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForMaskedLM

from xstilts.core.errors import DataError
from xstilts.train.tokenizer import learn_tokenizer
from xstilts.train.vectors import VectorSettings, build

SMALL = VectorSettings(vocabulary=400, width=34, layers=1, heads=2, positions=40)


def parallel(sentences: int, seed: int = 0) -> dict[str, list[str]]:
    """Sentences of a made-up world: concept k is a different word in each language."""
    rng = np.random.default_rng(seed)
    names = {"en": "bcdfgh", "ru": "бвгдж", "th": "กขคงจ"}
    words = {
        language: ["".join(np.random.default_rng((k, 9)).choice(list(letters), 6)) for k in range(60)]
        for language, letters in names.items()
    }
    drawn = [rng.choice(60, size=6, replace=False) for _ in range(sentences)]
    return {language: [" ".join(own[k] for k in ks) for ks in drawn] for language, own in words.items()}


def sentence_vectors(folder: Path, lines: list[str]) -> torch.Tensor:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = AutoModelForMaskedLM.from_pretrained(folder).eval()
    with torch.inference_mode():
        ids = [torch.tensor([tokenizer.encode(line).ids]) for line in lines]
        states = [model(one, output_hidden_states=True).hidden_states[0][0, 1:-1].mean(0) for one in ids]
    return torch.nn.functional.normalize(torch.stack(states), dim=1)


def test_unseen_translations_find_each_other(tmp_path: Path) -> None:
    build(parallel(300), tmp_path, SMALL)
    unseen = parallel(60, seed=1)
    a, b = (sentence_vectors(tmp_path, unseen[language]) for language in ("en", "th"))
    found = ((a @ b.T).argmax(1) == torch.arange(60)).float().mean()
    assert found > 0.5, f"{found:.2f}; chance is {1 / 60:.2f}"


def test_the_same_text_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        build(parallel(80), tmp_path / name, SMALL)
    for file in ("model.safetensors", "tokenizer.json", "config.json", "tokenizer_config.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_layer_norm_keeps_the_weight_of_rare_tokens(tmp_path: Path) -> None:
    text = parallel(200)
    text = {language: [f"{line} x" for line in lines] for language, lines in text.items()}  # x stands everywhere
    build(text, tmp_path, SMALL)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    model = AutoModelForMaskedLM.from_pretrained(tmp_path).eval()
    rare = text["en"][0].split()[0]
    encoding = tokenizer.encode(f"{rare} x")
    with torch.inference_mode():
        states = model(torch.tensor([encoding.ids]), output_hidden_states=True).hidden_states[0][0]
    common = states[encoding.tokens.index("▁x")].norm()
    assert states[1].norm() > 1.5 * common


def test_the_tokenizer_learns_every_script_and_frames_pairs() -> None:
    tokenizer = learn_tokenizer(parallel(80), 400)
    for lines in parallel(5, seed=3).values():
        encoding = tokenizer.encode(lines[0], lines[1])
        assert "<unk>" not in encoding.tokens
        assert encoding.tokens[0] == "<s>" and encoding.tokens.count("</s>") == 3


def test_lines_that_do_not_pair_up_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"same number of lines.*en 2, de 1"):
        build({"en": ["a b", "c"], "de": ["a"]}, tmp_path)
    with pytest.raises(DataError, match="no text"):
        learn_tokenizer({"en": [""]}, 100)


def test_no_piece_joins_a_word_to_punctuation_or_a_number() -> None:
    lines = [f'"Well," said {name}, "it\'s 200km (or 1,000).“' for name in ("Ann", "Bob", "Cyd")] * 40
    tokenizer = learn_tokenizer({"en": lines}, 300)
    tokens = tokenizer.encode(lines[0], add_special_tokens=False).tokens
    assert "".join(tokens).replace("▁", "") == lines[0].replace(" ", "").replace("“", '"')
    for token in tokens:
        kinds = {"letter" if c.isalpha() else "digit" if c.isdigit() else "mark" for c in token if c != "▁"}
        assert len(kinds) <= 1, token


def test_a_word_is_written_alike_in_running_text_and_alone() -> None:
    lines = {"fr": ["l'homme d'Alma (12) a dit : « oui »"] * 9, "zh": ["我們今天到北京。他說「好」,2010年"] * 9}
    tokenizer = learn_tokenizer({**lines, "hi": ["मैं हूँ।"] * 9}, 200)

    def tokens(text: str) -> list[str]:
        return tokenizer.encode(text, add_special_tokens=False).tokens

    for text, words in ((lines["fr"][0], ["l'", "homme", "d'", "Alma"]), (lines["zh"][0], ["我們今天到北京", "。"])):
        assert tokens(text)[: len(tokens(" ".join(words)))] == [piece for word in words for piece in tokens(word)]
    assert "".join(tokens("我們。")) == "我們." and tokens("。")[-1] == tokens("।")[-1] == tokens(".")[-1] == "."


def test_a_language_of_more_weight_gets_more_of_the_vocabulary() -> None:
    lines = {code: [f"{code}{i:03}abc{code}" for i in range(400)] for code in ("xa", "yb")}

    def share(weight: dict[str, int]) -> float:
        pieces = learn_tokenizer(lines, 120, 20, weight).get_vocab()
        return sum("y" in piece for piece in pieces) / sum("x" in piece for piece in pieces)

    assert share({"yb": 8}) >= share({})
