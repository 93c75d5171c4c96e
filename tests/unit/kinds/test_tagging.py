"""First pieces, long sentences, words without pieces, open label sets."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import TagExample
from xstilts.kinds.tagging import Tagging, split, word_pieces
from xstilts.kinds.tokenizers import specials
from xstilts.metrics.chunks import ChunkF1, TokenAccuracy

NER = Tagging(labels=("O", "B-PER", "I-PER"))
WORDS = ("The", "German", "painter", "Việt Nam", "中", "国", "(", "\u200f", "1990")


def sentence(*words: str, tags: tuple[str, ...] | None = None) -> TagExample:
    return TagExample(id="1", group="1", words=words, tags=tags, where="dev.tsv:9")


def test_each_word_has_the_pieces_it_has_in_a_sentence(tokenizer: Tokenizer) -> None:
    words = [word for word in WORDS if word.isascii()]
    found = word_pieces(tokenizer, {*words, "first"})
    inside = tokenizer.encode("first " + " ".join(words), add_special_tokens=False).ids
    assert [i for word in words for i in found[word]] == inside[-sum(len(found[word]) for word in words) :]


def test_first_points_at_each_words_first_piece(tokenizer: Tokenizer) -> None:
    encoded = NER.encode([sentence(*WORDS, tags=("O",) * 8 + ("B-PER",))], tokenizer, 128)
    ids, first = encoded.columns["ids"][0], encoded.columns["first"][0]
    found = word_pieces(tokenizer, WORDS)
    assert [ids[place] for place in first] == [found[word][0] for word in WORDS]
    assert np.diff(first).tolist() == [len(found[word]) for word in WORDS[:-1]]
    assert encoded.columns["gold"] == [[0] * 8 + [1]]
    assert encoded.columns["word"] == [list(range(9))]


def test_a_word_without_pieces_is_unknown_and_still_tagged(bert: Tokenizer) -> None:
    assert bert.encode("\u200f", add_special_tokens=False).ids == []
    example = sentence("The", "\u200f", "painter")
    encoded = NER.encode([example], bert, 64)
    assert encoded.columns["ids"][0][encoded.columns["first"][0][1]] == specials(bert).unk
    guesses = NER.postprocess([example], encoded.columns, [np.array([0, 1, 2])])
    assert guesses == [["O", "B-PER", "I-PER"]]


def test_long_sentences_are_split_and_put_together_again(tokenizer: Tokenizer) -> None:
    words = WORDS * 5
    tags = tuple(NER.labels[i % 3] for i in range(len(words)))
    example = sentence(*words, tags=tags)
    encoded = NER.encode([sentence("Ulm", tags=("O",)), example], tokenizer, 24)
    assert encoded.split == 1 and len(encoded) > 2 and encoded.truncated == 0
    assert max(map(len, encoded.columns["ids"])) <= 24
    assert [w for row in encoded.columns["word"][1:] for w in row] == list(range(len(words)))
    logits = [np.eye(3)[gold] for gold in encoded.columns["gold"]]
    assert NER.postprocess([sentence("Ulm"), example], encoded.columns, logits) == [["O"], list(tags)]


def test_a_word_longer_than_a_row_keeps_what_fits(xlmr: Tokenizer) -> None:
    word = "Donaudampfschifffahrtsgesellschaft"
    encoded = NER.encode([sentence("Ulm", word, "Köln", tags=("O", "O", "O"))], xlmr, 10)
    assert encoded.truncated == 1 and encoded.split == 1
    assert sum(map(len, encoded.columns["word"])) == 3
    assert max(map(len, encoded.columns["ids"])) == 10
    with pytest.raises(StudyError, match="leaves no room"):
        NER.encode([sentence("Ulm")], xlmr, 2)


@settings(deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=40), st.integers(1, 20))
def test_splitting_covers_every_word_once(sizes: list[int], room: int) -> None:
    ranges = split(sizes, room)
    assert [word for start, stop in ranges for word in range(start, stop)] == list(range(len(sizes)))
    for start, stop in ranges:
        assert sum(sizes[start:stop]) <= room or stop - start == 1
    for (start, _), (_, stop) in pairwise(ranges):
        assert sum(sizes[start:stop]) > room  # no two neighbours would have fitted together


def test_bad_sentences_are_named() -> None:
    with pytest.raises(DataError, match=r"dev\.tsv:9: 1 tags for 2 words"):
        NER.check(sentence("a", "b", tags=("O",)))
    with pytest.raises(DataError, match=r"dev\.tsv:9: tag 'B-PRE' .* Did you mean 'B-PER'\?"):
        NER.check(sentence("a", tags=("B-PRE",)))
    with pytest.raises(DataError, match="a sentence without words"):
        NER.check(sentence())


def test_tags_outside_an_open_set_are_never_right(xlmr: Tokenizer) -> None:
    ccg = Tagging(labels=("N", "NP"), open_labels=True)
    example = sentence("Ulm", "Köln", tags=("N", r"S\NP"))
    ccg.check(example)
    assert ccg.encode([example], xlmr, 32).columns["gold"] == [[0, -1]]
    assert ccg.count(TokenAccuracy(), [example], [["N", "NP"]], "en").sum(axis=0).tolist() == [1, 2]


def test_the_floor_is_one_tag_and_metrics_follow_the_tags() -> None:
    assert NER.chance_guesses([["O", "B-PER"], ["O"]]) == [["O", "O"], ["O"]]
    assert NER.metrics == (ChunkF1(), TokenAccuracy())
    assert Tagging(labels=("NOUN", "VERB")).metrics == (TokenAccuracy(),)
