"""Texts that look alike are told apart by their code points, wherever a value is not one of those allowed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.errors import DataError, nearest
from xstilts.core.lookalikes import code_points, look_alike

ALIKE = {
    "another form of a letter": ("e\u0301", "\u00e9", "U+0065 U+0301", "U+00E9"),
    "Cyrillic": ("\u041e", "O", "U+041E", "U+004F"),
    "Greek": ("\u0391DJ", "ADJ", "U+0391", "U+0041"),
    "another hyphen": ("B\u2011PER", "B-PER", "U+2011", "U+002D"),
    "a minus": ("B\u2212PER", "B-PER", "U+2212", "U+002D"),
    "nothing is seen": ("x\u200b", "x", "U+200B", "nothing"),
    "a blank at the end": ("x ", "x", "U+0020", "nothing"),
    "another blank": ("a\xa0b", "a b", "U+00A0", "U+0020"),
    "wide": ("\uff2f", "O", "U+FF2F", "U+004F"),
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_looks_alike_is_the_nearest_and_its_code_points_are_said(name: str) -> None:
    value, allowed, here, there = ALIKE[name]
    assert look_alike(value, allowed) and code_points(value, allowed) == (here, there)
    assert nearest(value, ["something", allowed]) == allowed
    message = str(DataError(f"'{value}' is none", value=value, allowed=["something", allowed]))
    assert f"Did you mean '{allowed}'? They look alike, but it has {here} where the allowed one has {there}." in message


@pytest.mark.parametrize(("one", "other"), [("B-PER", "B-ORG"), ("neutral", "Neutral"), ("0", "O"), ("x", "x")])
def test_what_a_reader_sees_is_no_lookalike(one: str, other: str) -> None:
    assert not look_alike(one, other)
    assert "look alike" not in str(DataError("no", value=one, allowed=[other]))


@given(st.text(max_size=8))
def test_composed_and_decomposed_texts_look_alike_or_are_equal(text: str) -> None:
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert composed == decomposed or look_alike(composed, decomposed)


@given(st.text(max_size=6), st.text(max_size=6))
def test_code_points_are_of_the_part_that_differs(one: str, other: str) -> None:
    here, there = code_points(one, other)
    assert (here, there) == code_points(other, one)[::-1]
    assert (here == there == "nothing") == (one == other)
