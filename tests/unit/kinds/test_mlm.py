"""Blocks of text for masked language modelling."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from xstilts.core.errors import DataError, EncoderError
from xstilts.data.examples import TextExample
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.tokenizers import specials
from xstilts.metrics.masked_lm import MaskedAccuracy


def text(words: str) -> TextExample:
    return TextExample(id="1", group="1", text=words, where="a.txt:5")


def test_blocks_hold_every_token_once(tokenizer: Tokenizer) -> None:
    long = text("The German painter was born in Ulm in 1990 and died in the 1990s.")
    encoded = MaskedLM().encode([text("Ulm"), long], tokenizer, 12)
    columns = encoded.columns
    whole = tokenizer.encode(long.text, add_special_tokens=False).ids
    found = [ids[start:stop] for ids, (start, stop) in zip(columns["ids"], columns["text"], strict=True)]
    assert [i for block in found[1:] for i in block] == whole
    assert columns["gold"] == found
    assert max(map(len, columns["ids"])) <= 12 and encoded.split == 1
    assert columns["mask"] == [[specials(tokenizer).mask]] * len(encoded)


def test_guesses_of_all_blocks_are_counted_together() -> None:
    kind = MaskedLM()
    outputs = [(np.array([5, 6]), np.array([5, 7])), (np.array([8]), np.array([8])), (np.array([9]), np.array([1]))]
    examples = [text("a"), text("b")]
    guesses = kind.postprocess(examples, {"example": [0, 0, 1]}, outputs)
    assert guesses == [{"gold": [5, 6, 8], "guess": [5, 7, 8]}, {"gold": [9], "guess": [1]}]
    assert kind.count(MaskedAccuracy(), examples, guesses, "en").tolist() == [[2, 3], [0, 1]]
    assert kind.count(MaskedAccuracy(), examples, kind.chance_guesses(["a", "b"]), "en").sum(axis=0)[0] == 0


def test_texts_and_tokenizers_that_cannot_be_used(bert: Tokenizer) -> None:
    with pytest.raises(DataError, match=r"a\.txt:5: an empty text"):
        MaskedLM().check(text(" \t"))
    assert MaskedLM().encode([text("\u200f")], bert, 16).unusable == 1
    with pytest.raises(EncoderError, match="no mask token"):
        MaskedLM().encode([text("a")], Tokenizer(models.WordLevel({"a": 0}, unk_token="a")), 16)


def test_a_pair_is_masked_on_both_sides_and_cut_longest_first(tokenizer: Tokenizer) -> None:
    pair = TextExample(id="1", group="1", text="The German painter was born in Ulm", pair="Ulm 1990")
    columns = MaskedLM().encode([pair], tokenizer, 12).columns
    (ids,), ((a, b, c, d),) = columns["ids"], columns["text"]
    sides = [tokenizer.encode(side, add_special_tokens=False).ids for side in (pair.text, pair.pair)]
    assert ids[c:d] == sides[1][: d - c] and ids[a:b] == sides[0][: b - a] and len(ids) <= 12
    assert columns["gold"] == [ids[a:b] + ids[c:d]]
    assert MaskedLM().encode([pair], tokenizer, 12).truncated == (len(sides[0]) + len(sides[1]) > b - a + d - c)
