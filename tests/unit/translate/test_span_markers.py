"""Marks around spans: an unchanged text keeps every span, a text whose marks are gone says so."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from xstilts.translate.span_markers import MARKER_PAIRS, UntranslatableError, mark_spans, strip_span, unmark_spans

# Marks, what looks like them in other scripts and cases, white space, letters of several scripts.
CHARACTERS = "ab <>/[]{}［】｛AB\n\u2028猫ß\u0301"
texts = st.text(alphabet=CHARACTERS, min_size=1, max_size=30)
plain_texts = st.text(alphabet="ab .\n猫ß", min_size=1, max_size=40)


@st.composite
def with_spans(draw, alphabet=texts) -> tuple[str, list[tuple[int, int]]]:
    """A text and up to three spans of it, wherever they lie: they nest, overlap, touch and stand at the ends."""
    text = draw(alphabet)
    spans = []
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        if text[start:end].strip():
            spans.append(strip_span(text, (start, end)))
    assume(spans)
    return text, spans


@given(with_spans())
def test_a_text_that_is_not_changed_keeps_its_spans_exactly(drawn):
    text, spans = drawn
    marked = mark_spans(text, spans)
    assert unmark_spans(marked.text, marked.pairs) == (text, tuple(spans))


@given(with_spans(), st.data())
def test_a_mark_that_is_destroyed_is_noticed(drawn, data):
    text, spans = drawn
    marked = mark_spans(text, spans)
    pair = data.draw(st.sampled_from(marked.pairs))
    gone = data.draw(st.sampled_from((pair.opening, pair.closing)))
    with pytest.raises(UntranslatableError, match=r"was lost|nothing stands"):
        unmark_spans(marked.text.replace(gone, ""), marked.pairs)
    with pytest.raises(UntranslatableError, match="stands twice"):
        unmark_spans(marked.text + gone, marked.pairs)


@given(with_spans(plain_texts))
def test_white_space_a_model_puts_inside_the_marks_is_no_part_of_a_span(drawn):
    text, spans = drawn
    marked = mark_spans(text, spans[:1])
    opening, closing = marked.pairs[0].opening, marked.pairs[0].closing
    spread = marked.text.replace(opening, f"{opening} ").replace(closing, f" {closing}")
    found, ((start, end),) = unmark_spans(spread, marked.pairs)
    first, last = spans[0]
    assert found[start:end] == text[first:last]
    assert "".join(found.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "span", "marked"),
    [
        ("Paris is big", (0, 5), "[Paris] is big"),
        ("it is big", (6, 9), "it is [big]"),
        ("an [old] city", (9, 13), "an [old] {city}"),
        ("［old］ {new} city", (12, 16), "［old］ {new} <a>city</a>"),
        ("[ { <A > city", (9, 13), "[ { <A > <b>city</b>"),
    ],
)
def test_marks_are_those_the_text_has_not(text: str, span: tuple[int, int], marked: str):
    made = mark_spans(text, [span])
    assert made.text == marked
    assert unmark_spans(made.text, made.pairs) == (text, (span,))


def test_spans_nest_and_overlap_in_marks_of_their_own():
    made = mark_spans("a big old city", [(2, 9), (2, 5), (6, 14)])
    assert made.text == "a [{big} <a>old] city</a>"
    with pytest.raises(UntranslatableError, match="holds the marks itself"):
        mark_spans("".join(pair.opening for pair in MARKER_PAIRS) + "x", [(0, 1)])


@pytest.mark.parametrize(
    ("translated", "found"),
    [
        ("die Stadt [ Paris ] ist groß", ("die Stadt Paris ist groß", "Paris")),
        ("[Paris ]ist groß", ("Paris ist groß", "Paris")),
        ("巴黎【很大】。", ("巴黎很大。", "很大")),
        ("[ Paris ]", ("Paris", "Paris")),
    ],
)
def test_marks_as_models_write_them(translated: str, found: tuple[str, str]):
    text, ((start, end),) = unmark_spans(translated, mark_spans("Paris", [(0, 5)]).pairs)
    assert (text, text[start:end]) == found


@pytest.mark.parametrize(
    ("translated", "why"),
    [
        ("Paris] ist groß", "was lost"),
        ("[Paris] ist [groß]", "stands twice"),
        ("]Paris[ ist groß", "changed places"),
        ("[ ] Paris ist groß", "nothing stands"),
    ],
)
def test_what_cannot_be_projected_has_a_reason(translated: str, why: str):
    with pytest.raises(UntranslatableError, match=why):
        unmark_spans(translated, mark_spans("Paris is big", [(0, 5)]).pairs)
