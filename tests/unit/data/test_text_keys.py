"""Text keys are equal where rows say the same, and only there."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.data.examples import (
    ChoiceExample,
    DependencyExample,
    DependencyRolesExample,
    Example,
    FrameExample,
    ParseExample,
    PassageExample,
    RolesExample,
    SentenceExample,
    SpanExample,
    TagExample,
    TextExample,
)
from xstilts.data.text_keys import NO_TEXT, shared_mask, text_key, text_keys

AT = {"id": "1", "group": "1"}
WORDS = ("Das", "Haus", ".")
CHOICE = ChoiceExample(prompts=("a", "a"), options=("b", "c"), **AT)
SPAN = SpanExample(question="q", context="c", **AT)
EXAMPLES = [
    (TextExample(text="Das Haus.", **AT), TextExample(text="das haus .", label="x", **AT)),
    (TextExample(text="a", pair="b", **AT), TextExample(text="A", pair="B ", label="x", **AT)),
    (CHOICE, replace(CHOICE, answer=1)),
    (SPAN, replace(SPAN, answers=(), impossible=True)),
    (TagExample(words=WORDS, **AT), TagExample(words=WORDS, tags=("D", "N", "P"), **AT)),
    (DependencyExample(words=WORDS, **AT), DependencyExample(words=WORDS, heads=(2, 0, 2), **AT)),
    (FrameExample(words=WORDS, **AT), FrameExample(words=WORDS, slots=("O",) * 3, intent="x", form="y", **AT)),
    (ParseExample(words=WORDS, **AT), ParseExample(words=WORDS, form="f(x)", database="y", **AT)),
    (RolesExample(words=WORDS, **AT), RolesExample(words=WORDS, predicates=(), **AT)),
    (DependencyRolesExample(words=WORDS, **AT), DependencyRolesExample(words=WORDS, predicates=(), **AT)),
    (SentenceExample(text="x", side="query", **AT), SentenceExample(text="X", side="candidate", **AT)),
    (PassageExample(query="q", passage="p", **AT), PassageExample(query="q", passage="p", relevant=("1",), **AT)),
]  # fmt: skip


@pytest.mark.parametrize(("blank", "labelled"), EXAMPLES)
def test_every_shape_is_compared_by_all_it_says_and_not_by_its_gold(blank: Example, labelled: Example) -> None:
    assert text_key(blank.texts) == text_key(labelled.texts) != NO_TEXT


def test_a_sentence_is_the_same_as_its_words() -> None:
    same = text_keys([TextExample(text="Das Haus.", **AT), TagExample(words=WORDS, **AT)])
    assert same[0] == same[1] and same.dtype == np.uint64


def test_what_says_something_else_has_another_key() -> None:
    keys = text_keys([blank for blank, _ in EXAMPLES])
    assert len(set(keys.tolist())) == 6  # four are the same sentence, in words
    assert text_key(["कि"]) != text_key(["का"]) and text_key(["-1"]) != text_key(["1"])


@given(st.text(max_size=30))
def test_case_spacing_and_composition_make_no_difference(text: str) -> None:
    assert text_key([f"  {text}\n"]) == text_key([text]) == text_key(text.split(" "))
    assert text_key([unicodedata.normalize("NFC", text)]) == text_key([unicodedata.normalize("NFD", text)])


@given(st.text("abAB .-", max_size=6), st.text("abAB .-", max_size=6))
def test_all_else_makes_one(one: str, other: str) -> None:
    same = one.lower().replace(" ", "") == other.lower().replace(" ", "")
    assert (text_key([one]) == text_key([other])) == same


def test_rows_without_text_are_nobodys() -> None:
    assert text_key([]) == text_key(["", " "]) == NO_TEXT
    keys = np.array([NO_TEXT, 3, 5], np.uint64)
    assert shared_mask(keys, keys).tolist() == [False, True, True]
    assert shared_mask(keys, np.zeros(0, np.uint64)).tolist() == [False] * 3
    assert shared_mask(keys, np.array([4, 5], np.uint64)).tolist() == [False, False, True]
