"""Characters and tokens: nothing is ever shifted."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizer_families import FAMILIES, TEXTS
from tokenizers import Tokenizer

from xstilts.kinds.alignment import align, windows

TOYS = {name: train(TEXTS, 500) for name, train in FAMILIES.items()}
NASTY = st.text(alphabet="aB1. ,(\u00a0\u3000\n\t½ﬁé\u0301中国กำไ\u0e33かが🙂\u200f\u200b\ufeff\x00▁Ġ", max_size=24)


@pytest.mark.parametrize("name", TOYS)
@settings(deadline=None)
@given(context=NASTY, data=st.data())
def test_every_span_of_characters_comes_back(name: str, context: str, data: st.DataObject) -> None:
    [offsets] = align(TOYS[name], [context])
    start = data.draw(st.integers(0, len(context)))
    end = data.draw(st.integers(start, len(context)))
    covered = {c for s, e in zip(offsets.starts, offsets.ends, strict=True) for c in range(s, e)}
    span = offsets.cover(start, end)
    if span is None:
        assert not covered & set(range(start, end))
        return
    left, right = int(offsets.starts[span.first]), int(offsets.ends[span.last])
    assert context[left + span.left : right - span.right] == context[start:end]
    # The run holds all characters that any token has, and a token less on either side would lose some.
    assert all(left <= c < right for c in range(start, end) if c in covered)
    assert offsets.ends[span.first] > start and offsets.starts[span.last] < end
    # A cut happens inside a token; a negative one only over characters without a token.
    assert span.left < offsets.ends[span.first] - left and span.right < right - offsets.starts[span.last]
    assert not covered & {*range(start, left), *range(right, end)}


@pytest.mark.parametrize("name", TOYS)
@settings(deadline=None)
@given(context=NASTY)
@example(context="  中 国")
@example(context="a \u200f b")
def test_offsets_are_tidy(name: str, context: str) -> None:
    [offsets] = align(TOYS[name], [context])
    for start, end in zip(offsets.starts.tolist(), offsets.ends.tolist(), strict=True):
        if start >= 0:
            text = context[start:end]
            assert text and text == text.strip()
        else:
            assert end == -1
    real = [start for start in offsets.starts.tolist() if start >= 0]
    assert real == sorted(real)


@pytest.mark.parametrize("name", TOYS)
def test_no_written_character_is_lost(name: str) -> None:
    for text, offsets in zip(TEXTS, align(TOYS[name], TEXTS), strict=True):
        covered = {c for s, e in zip(offsets.starts, offsets.ends, strict=True) for c in range(s, e)}
        assert covered == {i for i, c in enumerate(text) if not c.isspace()}


def test_a_lone_word_mark_covers_nothing(xlmr: Tokenizer) -> None:
    [offsets] = align(xlmr, ["🙂 中国"])
    marks = [i for i, id in enumerate(offsets.ids) if id == xlmr.token_to_id("▁")]
    assert marks and all(offsets.starts[i] == -1 for i in marks)


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(1, 60), st.data())
def test_windows_cover_every_token(size: int, room: int, data: st.DataObject) -> None:
    step = data.draw(st.integers(1, room))
    ranges = windows(size, room, step)
    assert {i for start, stop in ranges for i in range(start, stop)} == set(range(size))
    assert all(stop - start <= room for start, stop in ranges)
    assert [start for start, _ in ranges] == list(range(0, step * len(ranges), step))
    assert len(ranges) == 1 or ranges[-2][1] < size  # no window that adds nothing
    # Any run that is not longer than the overlap lies in one window whole.
    length = data.draw(st.integers(1, max(room - step, 1)))
    first = data.draw(st.integers(0, max(size - length, 0)))
    if first + length <= size:
        assert any(start <= first and first + length <= stop for start, stop in ranges)
