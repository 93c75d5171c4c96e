"""The tokenizer that is learnt: every script, words apart from their punctuation, alike in text and alone."""

from __future__ import annotations

import pytest

from toy_corpus import parallel
from xstilts.core.errors import DataError
from xstilts.pretrain.tokenizer import learn_tokenizer


def test_the_tokenizer_learns_every_script_and_frames_pairs() -> None:
    tokenizer = learn_tokenizer(parallel(80), 400)
    for lines in parallel(5, seed=3).values():
        encoding = tokenizer.encode(lines[0], lines[1])
        assert "<unk>" not in encoding.tokens
        assert encoding.tokens[0] == "<s>" and encoding.tokens.count("</s>") == 3


def test_no_text_is_refused() -> None:
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
