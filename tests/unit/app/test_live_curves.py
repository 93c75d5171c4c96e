"""Curves of a training that runs: its log is read on, line by whole line."""

from __future__ import annotations

from pathlib import Path

import pytest

from xstilts.app.watch import live_curves
from xstilts.app.watch.live_curves import LiveCurves


def test_a_log_is_read_on_from_its_last_whole_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, curves, parsed = tmp_path / "log.jsonl", LiveCurves(), []
    whole = live_curves.curves_of
    monkeypatch.setattr(live_curves, "curves_of", lambda text: parsed.append(text) or whole(text))
    assert curves.read(log) == ((), ())
    log.write_text('{"update": 1, "loss": 2.0}\n{"update": 2, "lo')
    assert curves.read(log) == (((1, 2.0),), ())
    with log.open("a") as file:
        file.write('ss": 1.5}\n{"update": 2, "score": 40.0}\n')
    assert curves.read(log) == (((1, 2.0), (2, 1.5)), ((2, 40.0),))
    assert curves.read(log) == (((1, 2.0), (2, 1.5)), ((2, 40.0),))
    assert [text.count("update") for text in parsed] == [1, 2, 0]


def test_a_log_that_was_begun_again_gives_a_new_curve(tmp_path: Path) -> None:
    log, curves = tmp_path / "log.jsonl", LiveCurves()
    log.write_text('{"update": 1, "loss": 2.0}\n{"update": 2, "loss": 3.0}\n')
    assert len(curves.read(log)[0]) == 2
    log.write_text('{"update": 1, "loss": 9.0}\n')
    assert curves.read(log) == (((1, 9.0),), ())
    log.unlink()
    assert curves.read(log) == ((), ())


def test_a_log_that_cannot_be_read_gives_none(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"\xff\xfe no log\n")
    assert LiveCurves().read(log) == ((), ())
    assert LiveCurves().read(tmp_path) == ((), ())
