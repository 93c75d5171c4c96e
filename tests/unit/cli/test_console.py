"""The console: markup and escape sequences of data are text, and no stream ends a run."""

from __future__ import annotations

import io
import json
import os
import sys
import warnings
from contextlib import nullcontext

import pytest
from rich.table import Table
from rich.text import Text

from xstilts.cli.console import dependable_streams, make_console, say
from xstilts.cli.options import print_json
from xstilts.core.errors import StoreError


@pytest.mark.parametrize("name", ["a[/]b", "a[bold]b", "[red]", ":smile:", "a\x1b]0;title\x07b", "\x9b31m"])
def test_names_are_printed_as_they_are(name: str, capsys: pytest.CaptureFixture[str]):
    table = Table()
    table.add_column(name)
    table.add_row(name)
    console = make_console()
    for content in (name, Text(name), table):
        console.print(content)
    say(name)
    said = capsys.readouterr().out
    assert "\x1b" not in said and "\x9b" not in said and "\x07" not in said
    if name.isprintable():
        assert said.count(name) == 5


class Broken(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.mark.parametrize("stream", [Broken(), Closed(), None])
def test_a_stream_that_cannot_be_written_ends_nothing(stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    with dependable_streams():
        say("one")
        make_console().print("two")
        make_console(stderr=True).print("three")
    assert sys.stdout is stream


def test_what_an_encoding_lacks_is_written_in_characters_that_it_has(monkeypatch: pytest.MonkeyPatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    with dependable_streams():
        say("a → b · 3 × 4 − नम")
        make_console().print(Text("– …"))
    assert raw.getvalue().decode("ascii").split("\n")[:2] == ["a -> b . 3 x 4 - \\u0928\\u092e", "- ..."]


def test_json_keeps_its_values_where_only_ascii_can_be_written(monkeypatch: pytest.MonkeyPatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    value = {"a → b": "nöne − 😀 \x1b[31m \x9b"}
    with dependable_streams():
        print_json(value)
    assert raw.getvalue().isascii() and json.loads(raw.getvalue()) == value


def test_json_that_is_lost_is_an_error_and_a_reader_that_goes_away_is_none(monkeypatch: pytest.MonkeyPatch):
    for stream, is_lost in ((Broken(), True), (Closed(), False), (None, False)):
        monkeypatch.setattr(sys, "stdout", stream)
        with dependable_streams(), pytest.raises(StoreError, match="No space left") if is_lost else nullcontext():
            print_json({})


def test_warnings_steer_no_terminal(capsys: pytest.CaptureFixture[str]):
    before = warnings.formatwarning
    with dependable_streams(), warnings.catch_warnings():
        warnings.simplefilter("always")
        assert "\x1b" not in warnings.formatwarning("ignored: \x1b[31m", UserWarning, "file.py", 1, "")
    assert warnings.formatwarning is before


@pytest.mark.parametrize("columns", ["0", "-3", "many", "5", "1" * 5000, "99999999"])
def test_impossible_widths_are_forgotten(columns: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", columns)
    with dependable_streams():
        assert "COLUMNS" not in os.environ
    monkeypatch.setenv("COLUMNS", "100")
    with dependable_streams():
        assert os.environ["COLUMNS"] == "100"
