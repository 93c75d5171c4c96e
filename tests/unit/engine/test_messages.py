from __future__ import annotations

import io
import os

import pytest

from xstilts.engine.backends.base import Ended, Progressed
from xstilts.engine.backends.messages import Reporter, emit, parse
from xstilts.engine.execute import Result

EVENTS = [
    Progressed("k", 1, 2.5, "updates", "loss 1.31, größer"),
    Ended("k", Result("failed", 1.25, "a.tsv:3: two\nlines")),
    Ended("k", Result("done", 3)),
]


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_one_line_that_reads_back(event: Progressed | Ended) -> None:
    stream = io.StringIO()
    emit(stream, event)
    assert stream.getvalue().count("\n") == 1
    assert parse("k", stream.getvalue()) == event


NOISE = ["", "loading", "1", "[]", "{}", '{"progress": [1]}', '{"progress": ["a", 1, "", ""]}', '{"ended": {}}']
MORE = '{"ended": {"status": "done", "seconds": 1, "error": "", "x": 1}}'


@pytest.mark.parametrize("line", [*NOISE, MORE])
def test_other_lines_are_no_events(line: str) -> None:
    assert parse("k", line) is None


def test_progress_is_thinned_but_its_end_is_always_told() -> None:
    stream = io.StringIO()
    report = Reporter(stream, "k")
    for done in range(1, 1001):
        report(done, 1000, "rows")
    told = [parse("k", line) for line in stream.getvalue().splitlines()]
    assert 2 <= len(told) < 50
    assert told[0] == Progressed("k", 1, 1000, "rows") and told[-1] == Progressed("k", 1000, 1000, "rows")


def test_in_a_file_that_grows_progress_is_thinned_more() -> None:
    stream = io.StringIO()
    report = Reporter(stream, "k", is_file=True)
    for done in range(1, 1001):
        report(done, 1000, "rows")
    assert [parse("k", line) for line in stream.getvalue().splitlines()] == [
        Progressed("k", 1, 1000, "rows"),
        Progressed("k", 1000, 1000, "rows"),
    ]


def test_a_child_whose_parent_is_gone_stops() -> None:
    read, write = os.pipe()
    os.close(read)
    stream = os.fdopen(write, "w")
    with pytest.raises(KeyboardInterrupt):
        emit(stream, EVENTS[0])
    with pytest.raises(BrokenPipeError):  # what is still buffered has nowhere to go
        stream.close()
