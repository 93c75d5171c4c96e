"""Links between pieces, and between the words they belong to."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from xstilts.data.examples import TextExample
from xstilts.pretrain.links import beginnings, links, word_links
from xstilts.pretrain.tokenizer import learn_tokenizer

ENGLISH = ["the red house", "the red dog", "the big house", "the big dog", "a red dog", "a big house"]
GERMAN = ["das rote Haus", "das rote Tier", "das weite Haus", "das weite Tier", "ein rote Tier", "ein weite Haus"]


@pytest.mark.parametrize(
    ("pieces", "first"),
    [
        (["▁un", "able", ".", "年", "の", "ไป", "▁"], [True, False, True, True, True, True, True]),
        (["un", "##able", ".", "##年", "[CLS]"], [True, False, True, True, True]),
    ],
)
def test_which_pieces_begin_a_word(pieces: list[str], first: list[bool]) -> None:
    tokenizer = Tokenizer(models.WordLevel({piece: number for number, piece in enumerate(pieces)}, pieces[0]))
    assert beginnings(tokenizer).tolist() == first


def test_words_are_linked_by_their_first_pieces_and_once() -> None:
    begins_V = np.array([True, False])
    own = word_links(np.array([[1, 0], [2, 0], [2, 2]]), np.array([0, 1, 1, 0]), np.array([0, 0, 1]), begins_V)
    assert own.tolist() == [[0, 0], [0, 1]]
    none = np.zeros((0, 2), dtype=np.int64)
    assert word_links(none, np.array([0]), np.array([0]), begins_V).shape == (0, 2)


def test_translations_are_linked_language_by_language() -> None:
    tokenizer = learn_tokenizer({"en": ENGLISH * 9, "de": GERMAN * 9}, 90)
    pairs = list(zip(ENGLISH, GERMAN, strict=True)) * 9
    examples = [TextExample(id=str(i), group=str(i), text=a, pair=b) for i, (a, b) in enumerate(pairs)]
    found = links([*examples, TextExample(id="x", group="x", text="", pair="")], ["de"] * 55, {}, tokenizer, 64, told)
    assert len(found) == 55 and not len(found[-1].pieces) and not len(found[-1].words)
    second_words = [_starts(tokenizer, text)[1] for text in (ENGLISH[0], GERMAN[0])]
    assert second_words in found[0].words.tolist()  # red, rote
    for (english, german), own in zip(pairs, found, strict=False):
        assert {int(i) for i in own.words[:, 0]} <= set(_starts(tokenizer, english))
        assert {int(j) for j in own.words[:, 1]} <= set(_starts(tokenizer, german))


def told(done: int, total: int, language: str) -> None:
    assert (done, total, language) == (0, 1, "de")


def _starts(tokenizer: Tokenizer, text: str) -> list[int]:
    pieces = tokenizer.encode(text, add_special_tokens=False).tokens
    return [place for place, piece in enumerate(pieces) if piece.startswith("▁")]
