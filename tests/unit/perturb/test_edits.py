"""Edits: the new text, and where spans of the old one are in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from xstilts.perturb.edits import Edit, Rewriting

OLD = "".join(chr(0x4E00 + i) for i in range(12))  # every character occurs once


@st.composite
def rewritings(draw: st.DrawFn) -> Rewriting:
    """Edits that replace, delete and insert, what they put in being Latin letters and pieces of what they take out."""
    borders = sorted(draw(st.lists(st.integers(0, len(OLD)), max_size=12)))
    edits = []
    for start, end in zip(borders[::2], borders[1::2], strict=False):
        if not edits or start > edits[-1].end or (start == edits[-1].end and start < end):
            new = draw(st.text("xyz", max_size=3)) + (OLD[start:end] if draw(st.booleans()) else "")
            edits.append(Edit(start, end, new))
    return Rewriting(OLD, edits, len(edits), len(edits))


@given(rewritings())
def test_the_new_text_is_the_old_one_with_its_edits_from_right_to_left(rewriting):
    text = OLD
    for edit in reversed(rewriting.edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    assert rewriting.text == text
    assert [text[start:end] for start, end in rewriting.new_edits] == [edit.text for edit in rewriting.edits]


@given(rewritings(), st.integers(0, len(OLD)), st.integers(0, len(OLD)))
def test_a_new_span_holds_what_is_left_of_the_old_one_and_nothing_else_of_the_text(rewriting, one, other):
    start, end = sorted((one, other))
    span = rewriting.new_span(start, end)
    crossed = any(edit.start < border < edit.end for edit in rewriting.edits for border in (start, end))
    assert (span is None) == crossed
    if span is not None and start < end:
        there = rewriting.text[slice(*span)]
        left = {char for char in OLD[start:end] if char in rewriting.text}
        assert {char for char in there if char in OLD} == left


def test_what_is_put_in_at_the_border_of_a_span_is_outside():
    rewriting = Rewriting("ab cd", [Edit(0, 0, "x"), Edit(2, 2, "y"), Edit(3, 3, "z"), Edit(5, 5, "w")])
    assert rewriting.text == "xaby zcdw"
    assert [rewriting.text[slice(*rewriting.new_span(*span))] for span in ((0, 2), (3, 5))] == ["ab", "cd"]


def moved(order: list[int]) -> Rewriting:
    """Five words of one letter in another order."""
    old = "a b c d e"
    spans = [(2 * i, 2 * i + 1) for i in range(5)]
    edits = [Edit(*spans[i], old[slice(*spans[j])], spans[j]) for i, j in enumerate(order) if i != j]
    return Rewriting(old, edits)


def test_a_moved_word_is_found_where_it_went():
    rewriting = moved([1, 0, 2, 3, 4])
    assert rewriting.text == "b a c d e"
    assert rewriting.new_span(0, 1) == (2, 3)


@given(st.permutations(range(5)), st.integers(0, 4), st.integers(0, 4))
def test_words_that_moved_are_one_span_only_where_nothing_else_stands_among_them(order, one, other):
    first, last = sorted((one, other))
    rewriting = moved(order)
    old, span = rewriting.old[2 * first : 2 * last + 1], rewriting.new_span(2 * first, 2 * last + 1)
    stays = sorted(order[first : last + 1]) == list(range(first, last + 1))
    assert (span is not None) == (stays or first == last)
    if span is not None:
        assert sorted(rewriting.text[slice(*span)].split()) == old.split()
