"""Pairs of translations as rows, and the nearest translation as a guess."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer

from xstilts.core.errors import DataError
from xstilts.data.examples import TextExample
from xstilts.heads.registry import head_key
from xstilts.kinds.translation import TranslationRanking
from xstilts.metrics.labels import Accuracy


def pair(name: str, text: str, other: str | None) -> TextExample:
    return TextExample(id=name, group=name, text=text, pair=other, where="p.tsv:3")


def test_a_row_holds_both_sides_and_says_which_texts_are_equal(tokenizer: Tokenizer) -> None:
    examples = [pair("a", "born in Ulm", "in Ulm geboren"), pair("b", "born in Ulm", "Ulm 1990"), pair("c", "Ulm", "")]
    encoded = TranslationRanking().encode(examples, tokenizer, 6)
    columns = encoded.columns
    assert columns["example"] == [0, 1] and encoded.unusable == 1
    assert [sum(lengths) for lengths in columns["lengths"]] == [len(ids) for ids in columns["ids"]]
    assert max(max(lengths) for lengths in columns["lengths"]) <= 6
    (first, other), (again, last) = columns["same"]
    assert first == again and len({first, other, last}) == 3 and max(first, other, last) < 2**31


def test_the_guess_is_the_example_whose_pair_is_nearest() -> None:
    examples = [pair(name, name, name) for name in "abc"]
    vectors = np.eye(3, dtype=np.float32)
    outputs = [(vectors[0], 5 * vectors[0]), (vectors[1], vectors[2]), (vectors[2] * 2, vectors[1])]
    kind = TranslationRanking()
    guesses = kind.postprocess(examples, {"example": [0, 1, 2]}, outputs)
    assert guesses == ["a", "c", "b"]
    assert kind.postprocess(examples, {"example": []}, []) == [None] * 3
    golds = [kind.gold(example) for example in examples]
    assert kind.count(Accuracy(), examples, guesses, "en").sum() >= 1 and kind.chance_guesses(golds) == ["a"] * 3


def test_a_text_without_a_translation() -> None:
    with pytest.raises(DataError, match=r"p\.tsv:3: a text without its translation"):
        TranslationRanking().check(pair("a", "one", " "))


def test_heads_of_other_settings_are_other_heads() -> None:
    keys = {
        head_key(TranslationRanking()),
        head_key(TranslationRanking(layer=0)),
        head_key(TranslationRanking(words=0.0)),
    }
    assert len(keys) == 3
