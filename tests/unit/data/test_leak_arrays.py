"""The arrays of the leakage audit find what comparing every row with every row finds, however large a piece is."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.data import leak_near, leak_tokens
from xstilts.data.leak_near import LEAST_PARTS, LIKENESS
from xstilts.data.leak_tokens import BREAK, Words, token_rows
from xstilts.data.leak_words import leak_tokens as tokens_of
from xstilts.data.leak_words import run_length
from xstilts.data.leakage import EXACT, NEAR, NONE, NORMALISED, RUN, LeakageIndex
from xstilts.data.text_keys import text_key

Row = tuple[str, ...]


def parts(row: Row, unspaced: bool) -> set[object]:
    """What near rows are told by."""
    tokens = [token for text in row for token in tokens_of(text, unspaced)]
    return set(pairwise(tokens)) if unspaced else set(tokens)


def runs(row: Row, language: str, unspaced: bool) -> set[Row]:
    length = run_length(language)
    texts = [tokens_of(text, unspaced) for text in row]
    return {tuple(text[i : i + length]) for text in texts for i in range(len(text) - length + 1)}


def plain_level(test: Row, other: Row, language: str, unspaced: bool) -> int:
    if test == other:
        return EXACT
    if text_key(test) and text_key(test) == text_key(other):
        return NORMALISED
    ours, theirs = parts(test, unspaced), parts(other, unspaced)
    if min(len(ours), len(theirs)) >= LEAST_PARTS and len(ours & theirs) / len(ours | theirs) >= LIKENESS:
        return NEAR
    return RUN if runs(test, language, unspaced) & runs(other, language, unspaced) else NONE


LETTERS = "abcdefghijklm"


def rows(letters: str, longest: int, most: int) -> st.SearchStrategy[list[Row]]:
    text = st.lists(st.sampled_from(letters), max_size=longest).map(" ".join)
    row = st.tuples(text) | st.tuples(text, text)
    return st.lists(row, min_size=1, max_size=most)


@st.composite
def changed(draw: st.DrawFn, tests: list[Row]) -> Row:
    """A test row in which some letters are others; at most one is of no test row, for those count each by itself."""
    row = draw(st.sampled_from(tests))
    texts = [text.split(" ") for text in row]
    for _ in range(draw(st.integers(0, 3))):
        words = draw(st.sampled_from(texts))
        words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(LETTERS))
    if draw(st.booleans()):
        texts[0].append("z")
    return tuple(map(" ".join, texts))


@settings(max_examples=120, deadline=None)
@given(st.data(), st.sampled_from(["en", "zh"]), st.sampled_from([1, 20, leak_tokens.PIECE]))
def test_levels_are_those_of_comparing_every_row_with_every_row(data: st.DataObject, language: str, piece: int) -> None:
    unspaced = language == "zh"
    tests = data.draw(rows(LETTERS, 40 if unspaced else 12, 6))
    others = data.draw(st.lists(changed(tests), max_size=4))
    index = LeakageIndex()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leak_tokens, "PIECE", piece)
        patch.setattr(leak_near, "_COMPARED", piece)
        index.add(tests, language)
        found = index.levels(others, language).tolist()
    expected = [min((plain_level(t, o, language, unspaced) for o in others), default=NONE) for t in tests]
    assert found == expected


ODD = " \u00a0\u3000\x0b\x1c\u0301\u1161가aﬁ."  # blanks of several kinds, and what composes with its neighbours


@given(st.text(max_size=40) | st.text(ODD, max_size=20), st.sampled_from(["en", "th"]))
def test_words_normalised_one_by_one_are_those_of_the_text(text: str, language: str) -> None:
    met: list[str] = []

    def number(token: str) -> int:
        if token not in met:
            met.append(token)
        return met.index(token)

    (piece,) = token_rows([(text, text)], language, Words(number, language == "th"))
    once = tokens_of(text, language == "th")
    assert [met[i] if i >= 0 else None for i in piece.ids] == [*once, None, *once]
    assert piece.ids.tolist().count(BREAK) == 1


def test_words_are_forgotten_when_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leak_tokens, "WORDS_KEPT", 2)
    asked: list[str] = []

    def number(token: str) -> int:
        asked.append(token)
        return len(token)

    (piece,) = token_rows([("a bb a ccc a",)], "en", Words(number, unspaced=False))
    assert piece.ids.tolist() == [1, 2, 1, 3, 1] and asked == ["a", "bb", "ccc", "a"]
