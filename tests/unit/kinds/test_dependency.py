"""Whole sentences as rows, trees as gold and guesses, and what is no tree."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import DependencyExample
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.special_tokens import Frame
from xstilts.kinds.tagging import word_pieces
from xstilts.kinds.windows import central, one_window, overlapping, windows
from xstilts.metrics.tallies import headline
from xstilts.metrics.trees import Attachment

KIND = Dependency(labels=("root", "nsubj", "obj", "det"))
WORDS = ("The", "German", "painter", "Việt Nam", "中", "国", "(", "\u200f", "1990")


def tree(words, heads=None, relations=None) -> DependencyExample:
    given = {"heads": heads and tuple(heads), "relations": relations and tuple(relations)}
    return DependencyExample(id="1", group="1", where="dev.conllu:7", words=tuple(words), **given)


def chain(words) -> DependencyExample:
    """Each word under the one before it."""
    return tree(words, range(len(words)), ["root"] + ["obj"] * (len(words) - 1))


def test_a_sentence_is_one_row_with_heads_then_relations(tokenizer: Tokenizer) -> None:
    encoded = KIND.encode([tree(WORDS[:3], (3, 3, 0), ("det", "obj", "root")), tree(WORDS)], tokenizer, 64)
    assert encoded.columns["gold"] == [[3, 3, 0, 3, 2, 0], []]
    ids, first = encoded.columns["ids"][1], encoded.columns["first"][1]
    pieces = word_pieces(tokenizer, WORDS)
    assert [ids[place] for place in first] == [pieces[word][0] for word in WORDS]
    assert encoded.notes == {"windows": 0} and encoded.truncated == 0


def test_a_long_sentence_is_read_in_windows_and_still_one_row(tokenizer: Tokenizer) -> None:
    words = [f"{word}" for _ in range(8) for word in WORDS]
    encoded = KIND.encode([chain(words)], tokenizer, 24)
    (ids,), (first,), (lengths,) = (encoded.columns[name] for name in ("ids", "first", "lengths"))
    assert len(encoded) == 1 and encoded.notes == {"windows": 1} and encoded.truncated == 0
    assert len(lengths) > 3 and max(lengths) <= 24 and sum(lengths) == len(ids) == len(encoded.columns["segments"][0])
    pieces = word_pieces(tokenizer, words)
    sizes = encoded.columns["pieces"][0]
    assert [ids[at : at + size] for at, size in zip(first, sizes, strict=True)] == [pieces[word] for word in words]
    assert max(sizes) > 1, "a word of one piece would not tell its mean from its first"
    assert len(encoded.columns["gold"][0]) == 2 * len(words)


def test_a_word_longer_than_a_window_keeps_what_fits(xlmr: Tokenizer) -> None:
    word = "Donaudampfschifffahrtsgesellschaft"
    encoded = KIND.encode([chain(["Ulm", word, "Köln", word])], xlmr, 10)
    assert encoded.truncated == 1 and max(encoded.columns["lengths"][0]) <= 10
    (first,), (sizes,) = encoded.columns["first"], encoded.columns["pieces"]
    assert len(set(first)) == 4 and all(
        at + size <= len(encoded.columns["ids"][0]) for at, size in zip(first, sizes, strict=True)
    )


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=60), st.integers(9, 30))
def test_windows_overlap_and_every_word_is_read_where_it_is_central(sizes: list[int], room: int) -> None:
    ranges = overlapping(sizes, room)
    assert all(sum(sizes[start:stop]) <= room for start, stop in ranges)
    assert {word for start, stop in ranges for word in range(start, stop)} == set(range(len(sizes)))
    for (start, stop), (later, end) in pairwise(ranges):
        assert start < later <= stop < end and sum(sizes[later:stop]) <= room // 2
    for word, number in enumerate(central(sizes, ranges)):
        around = [min(sum(sizes[a:word]), sum(sizes[word + 1 : b])) for a, b in ranges if a <= word < b]
        start, stop = ranges[number]
        assert min(sum(sizes[start:word]), sum(sizes[word + 1 : stop])) == max(around)


@given(st.lists(st.integers(1, 9), max_size=30), st.integers(0, 5))
def test_a_sentence_that_fits_is_one_window(sizes: list[int], more: int) -> None:
    words = [[10 * word + piece for piece in range(size)] for word, size in enumerate(sizes)]
    pieces = [piece for ids in words for piece in ids]
    shape = Frame(((1, 2), (3,)), ((0, 0), (1,)), (0,))
    assert one_window(shape, words, pieces) == windows(shape, words, len(pieces) + more)


def test_guesses_are_trees_by_name(xlmr: Tokenizer) -> None:
    examples = [tree(["Ulm"]), tree(["The", "German", "painter"])]
    rows = KIND.encode(examples, xlmr, 32).columns
    outputs = [np.array([[0, 0]]), np.array([[3, 3], [3, 2], [0, 0]])]
    guesses = KIND.postprocess(examples, rows, outputs)
    assert guesses == [
        {"heads": [0], "relations": ["root"]},
        {"heads": [3, 3, 0], "relations": ["det", "obj", "root"]},
    ]
    gold = tree(["The", "German", "painter"], (2, 3, 0), ("det", "obj", "root"))
    (metric,) = KIND.metrics
    counts = KIND.count(metric, [gold], guesses[1:], "de")
    assert headline(metric, counts.sum(axis=0)) == pytest.approx(200 / 3)


@pytest.mark.parametrize(
    ("heads", "what"),
    [
        ((2, 1, 0), r"the words 1, 2 run in a circle"),
        ((0, 0, 1), r"2 words are roots: 1, 2"),
        ((2, 3, 1), "no word is the root"),
        ((0, 1, 4), "the head 4 is no word"),
        ((0, 1), "2 heads for 3 words"),
    ],
)  # fmt: skip
def test_what_is_no_tree_is_named_with_its_line(heads: tuple[int, ...], what: str) -> None:
    with pytest.raises(DataError, match=rf"dev\.conllu:7: .*{what}"):
        KIND.check(tree("abc", heads, ("root", "obj", "obj")))


def test_other_sentences_that_cannot_be_used() -> None:
    with pytest.raises(DataError, match=r"dev\.conllu:7: a sentence without words"):
        KIND.check(tree(()))
    with pytest.raises(DataError, match="1 relations for 2 words"):
        KIND.check(tree("ab", (0, 1), ("root",)))
    with pytest.raises(DataError, match="both heads and relations"):
        KIND.check(tree("ab", (0, 1)))
    with pytest.raises(DataError, match=r"'nsub' is not .* Did you mean 'nsubj'\?"):
        KIND.check(tree("ab", (0, 1), ("root", "nsub")))
    with pytest.raises(StudyError, match="at least one unit"):
        Dependency(labels=("root",), arc=0)
    with pytest.raises(StudyError, match="a share"):
        Dependency(labels=("root",), dropout=1.0)


def test_crossing_arcs_and_single_words_are_trees() -> None:
    KIND.check(tree("abcd", (3, 4, 0, 3), ("obj", "det", "root", "nsubj")))
    KIND.check(tree("a", (0,), ("root",)))
    KIND.check(tree("ab"))


def test_a_relation_outside_an_open_set_is_never_right(xlmr: Tokenizer) -> None:
    kind = Dependency(labels=("root", "nsubj"), open_labels=True)
    example = tree(["Ulm", "Köln"], (0, 1), ("root", "clf"))
    kind.check(example)
    assert kind.encode([example], xlmr, 32).columns["gold"] == [[0, 1, 0, -1]]
    guess = {"heads": [0, 1], "relations": ["root", "nsubj"]}
    assert headline(Attachment(), kind.count(Attachment(), [example], [guess], "de")[0]) == 50.0


def test_the_floor_hangs_every_word_from_the_one_before() -> None:
    golds = [KIND.gold(chain("abcde"))]
    assert KIND.chance_guesses(golds) == [{"heads": [0, 1, 2, 3, 4], "relations": ["obj"] * 5}]
    assert KIND.gold(tree("ab")) is None


def test_parsers_of_different_size_read_the_same_rows() -> None:
    assert Dependency(labels=("root",), arc=7, dropout=0.0).as_encoded == Dependency(labels=("root",)).as_encoded
